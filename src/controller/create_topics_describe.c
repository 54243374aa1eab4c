#include "config/describe.h"
#include "controller/create_topics.h"

struct telling {
	struct arena *arena;
	struct create_topics_response_creatable_topic_result *result;
};

static struct slice
copy(struct arena *arena, const char *text)
{
	return text == NULL ? slice_null() :
	    slice_of_text(arena_text(arena, text, strlen(text)));
}

static void
tell(void *context, const struct config_description *description)
{
	struct telling *telling = context;
	struct create_topics_response_creatable_topic_configs *config =
	    &telling->result->configs.items[telling->result->configs.count++];

	*config = create_topics_response_creatable_topic_configs_defaults;
	config->name = copy(telling->arena, description->name);
	config->value = copy(telling->arena, description->value);
	config->read_only = description->read_only;
	config->config_source = (int8_t)description->source;
	config->is_sensitive = description->sensitive;
}

void
create_topic_describe(const struct broker_config *config, const struct payload_config *overrides,
    struct arena *arena, struct create_topics_response_creatable_topic_result *result)
{
	struct config_layers layers = { .file = config, .now = config };
	struct telling telling = { arena, result };
	struct config_problems problems;
	struct topic_values values;
	struct topic_config topic;
	struct config_map map;

	config_map_init(&map);
	config_problems_init(&problems);
	for (size_t i = 0; i < overrides->count; i++)
		config_map_set(&map, overrides->entries[i].name, overrides->entries[i].value, 0);
	topic_config_parse(config, &map, TOPIC_CONFIG_FOUND, &values, &topic, &problems);
	result->configs.items = arena_array(arena, CONFIG_TOPIC_KEY_COUNT,
	    sizeof(result->configs.items[0]));
	result->configs.count = 0;
	if (result->configs.items != NULL) /* else the arena's cap: they are left out */
		config_describe_topic(&layers, &map, &values, tell, &telling);
	topic_values_fini(&values);
	config_problems_fini(&problems);
	config_map_fini(&map);
}
