#include "model.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

void
model_init(struct model *model)
{
	static const uint64_t seed[2] = { 1, 2 };

	context_init(&model->context, 5, seed);
	arena_init(&model->arena, SIZE_MAX);
}

void
model_fini(struct model *model)
{
	context_fini(&model->context);
	arena_fini(&model->arena);
}

static void
set_broker(struct model *model, int32_t id, const char *rack, const char *more)
{
	struct payload_complaint complaint;
	char text[512], rack_text[64] = "";

	if (rack != NULL)
		snprintf(rack_text, sizeof(rack_text), "\"rack\":\"%s\",", rack);
	snprintf(text, sizeof(text), "{\"features\":{},\"listener_security_protocol_map\":"
	    "{\"PLAINTEXT\":\"PLAINTEXT\",\"OUT\":\"SSL\"},"
	    "\"endpoints\":[\"PLAINTEXT://h%d:9092\",\"OUT://o%d:9093\"],%s\"jmx_port\":-1,"
	    "\"port\":9092,\"host\":\"h%d\",\"version\":5,\"timestamp\":\"1\"%s}", id, id, rack_text, id,
	    more);
	cr_assert_eq(context_broker_set(&model->context, id, id * 100, slice_of_text(text),
	    &complaint), ERROR_NONE, "%s", complaint.text);
}

void
model_broker(struct model *model, int32_t id, const char *rack)
{
	set_broker(model, id, rack, "");
}

void
model_doubtful(struct model *model, int32_t id, const char *topic, int32_t index)
{
	char more[128];

	snprintf(more, sizeof(more), ",\"klamm_doubtful_partitions\":{\"%s\":[%d]}", topic,
	    (int)index);
	set_broker(model, id, NULL, more);
}

struct payload_int32_list
model_ids(struct model *model, const char *text)
{
	int32_t *ids = arena_array(&model->arena, 16, sizeof(*ids));
	size_t count = 0;
	char *end;

	while (*text == ' ' || (*text >= '0' && *text <= '9')) {
		ids[count++] = (int32_t)strtol(text, &end, 10);
		text = *end == ',' ? end + 1 : end;
	}
	return (struct payload_int32_list){ ids, count };
}

const char *
model_text(struct payload_int32_list ids)
{
	static char text[256];
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < ids.count; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%d", i == 0 ? "" : ",",
		    ids.values[i]);
	return text;
}

struct context_topic *
model_topic(struct model *model, const char *name, const char *partitions)
{
	struct uuid id = { { 9 } };
	struct context_topic *topic;
	int32_t index = 0;

	snprintf((char *)id.bytes + 1, sizeof(id.bytes) - 1, "%s", name);
	topic = context_topic_add(&model->context, slice_of_text(name), id);
	while (partitions != NULL) {
		context_partition_add(topic, index++, model_ids(model, partitions));
		partitions = strchr(partitions, ';');
		partitions = partitions == NULL ? NULL : partitions + 1;
	}
	return topic;
}

struct context_partition *
model_led(struct context_topic *topic, int32_t index, int32_t leader, const char *isr)
{
	struct context_partition *partition = context_partition_find(topic, index);
	struct model scratch;

	cr_assert_not_null(partition);
	arena_init(&scratch.arena, SIZE_MAX);
	context_partition_set_leadership(partition, &(struct payload_partition_state){
		.controller_epoch = 4, .leader = leader, .leader_epoch = 7,
		.isr = model_ids(&scratch, isr) }, 3);
	arena_fini(&scratch.arena);
	partition->state = PARTITION_ONLINE;
	for (int32_t i = 0; i < partition->replica_count; i++)
		partition->replicas[i].state = REPLICA_ONLINE;
	return partition;
}
