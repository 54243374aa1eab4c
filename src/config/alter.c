#include "config/alter.h"

#include <string.h>

#include "config/list.h"

/* Kafka divides here at each comma, and keeps the blanks. */
static bool
next_element(struct slice *rest, struct slice *element)
{
	const uint8_t *comma;

	if (slice_is_null(*rest))
		return false;
	comma = rest->size == 0 ? NULL : memchr(rest->bytes, ',', rest->size);
	if (comma == NULL) {
		*element = *rest;
		*rest = slice_null();
	} else {
		*element = slice_of(rest->bytes, (size_t)(comma - rest->bytes));
		*rest = slice_of(comma + 1, rest->size - element->size - 1);
	}
	return true;
}

/* The elements of a list, each with how often it is there (as the line). */
static void
gather(struct config_map *elements, struct slice list)
{
	struct slice element;

	config_map_init(elements);
	while (next_element(&list, &element)) {
		const struct config_entry *known = config_map_find(elements, element);

		config_map_set(elements, element, slice_of_text(""),
		    known == NULL ? 1 : known->line + 1);
	}
}

static void
add_element(struct buffer *list, struct slice element)
{
	if (list->size > 0)
		buffer_append_slice(list, slice_of_text(","));
	buffer_append_slice(list, element);
}

static void
append(struct buffer *list, struct slice old, struct slice added)
{
	struct config_map known;
	struct slice element;

	gather(&known, old.size == 0 ? slice_null() : old);
	buffer_append_slice(list, old);
	while (next_element(&added, &element))
		if (config_map_find(&known, element) == NULL)
			add_element(list, element);
	config_map_fini(&known);
}

/* Each element takes one of its like away, the first ones first. */
static void
subtract(struct buffer *list, struct slice old, struct slice taken)
{
	struct config_map left;
	struct slice element;

	gather(&left, taken);
	while (next_element(&old, &element)) {
		const struct config_entry *entry = config_map_find(&left, element);

		if (entry == NULL || entry->line == 0)
			add_element(list, element);
		else
			config_map_set(&left, element, slice_of_text(""), entry->line - 1);
	}
	config_map_fini(&left);
}

/* What stands, else the default. */
static struct slice
value_of(const struct config_map *map, const struct config_key *key)
{
	const struct config_entry *entry = config_map_find(map, slice_of_text(key->name));

	if (entry != NULL)
		return slice_of_text(entry->value);
	return key->default_text == NULL ? slice_of_text("") : slice_of_text(key->default_text);
}

static void
alter_list(struct config_map *map, const struct config_key *key,
    const struct config_alteration *it)
{
	struct slice old = value_of(map, key);
	struct buffer list;

	buffer_init(&list);
	if (it->operation == CONFIG_ALTER_APPEND)
		append(&list, old, it->value);
	else
		subtract(&list, old, it->value);
	config_map_set(map, it->name, buffer_slice(&list), 0);
	buffer_fini(&list);
}

static bool
has_zero(struct slice text)
{
	return text.size > 0 && memchr(text.bytes, 0, text.size) != NULL;
}

/* NULL: it can be done. */
static const char *
fault_of(const struct config_alteration *it, const struct config_key *key)
{
	if (has_zero(it->name) || has_zero(it->value))
		return "a name or a value holds a zero byte";
	if (it->operation < CONFIG_ALTER_SET || it->operation > CONFIG_ALTER_SUBTRACT)
		return "there is no such operation";
	if (it->operation != CONFIG_ALTER_DELETE && slice_is_null(it->value))
		return "it may not be null";
	if (it->operation == CONFIG_ALTER_SET || it->operation == CONFIG_ALTER_DELETE)
		return NULL;
	if (key == NULL)
		return "no such key";
	return key->type == CONFIG_TYPE_LIST ? NULL : "only lists are appended to or subtracted from";
}

static void
complain(const struct config_alteration *it, const char *fault, struct config_problems *problems)
{
	struct buffer name;

	buffer_init(&name);
	buffer_append_slice(&name, it->name);
	buffer_append_slice(&name, slice_of("", 1));
	config_problems_add(problems, CONFIG_PROBLEM_INVALID,
	    (struct config_place){ .key = (const char *)name.bytes }, "%s", fault);
	buffer_fini(&name);
}

enum error
config_alter(struct config_map *map, enum config_scope scope,
    const struct config_alteration *alterations, size_t count, struct config_problems *problems)
{
	for (size_t i = 0; i < count; i++) {
		const struct config_alteration *it = &alterations[i];
		const struct config_key *key = config_key_find(scope, it->name);
		const char *fault = fault_of(it, key);

		if (fault != NULL) {
			complain(it, fault, problems);
			return ERROR_INVALID_ARGUMENT;
		}
		if (it->operation == CONFIG_ALTER_SET)
			config_map_set(map, it->name, it->value, 0);
		else if (it->operation == CONFIG_ALTER_DELETE)
			config_map_remove(map, it->name);
		else
			alter_list(map, key, it);
	}
	return ERROR_NONE;
}

void
config_alter_reason(const struct config_problems *problems, struct buffer *text, size_t room)
{
	for (size_t i = 0; i < problems->count; i++) {
		if (!config_problem_is_error(&problems->items[i]))
			continue;
		if (text->size > 0)
			buffer_append_slice(text, slice_of_text("; "));
		config_problem_print(&problems->items[i], NULL, text);
	}
	text->size = MIN(text->size, room);
}
