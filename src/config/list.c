#include "config/list.h"

struct slice
config_trim(struct slice text)
{
	while (text.size > 0 && text.bytes[0] <= ' ')
		text = slice_of(text.bytes + 1, text.size - 1);
	while (text.size > 0 && text.bytes[text.size - 1] <= ' ')
		text.size--;
	return text;
}

struct config_list
config_list_of(const char *text)
{
	bool empty = text == NULL || config_trim(slice_of_text(text)).size == 0;

	return (struct config_list){ empty ? NULL : text };
}

bool
config_list_next(struct config_list *list, struct slice *element)
{
	if (list->rest == NULL)
		return false;
	size_t size = strcspn(list->rest, ",");
	*element = config_trim(slice_of(list->rest, size));
	list->rest = list->rest[size] == ',' ? list->rest + size + 1 : NULL;
	return true;
}

bool
config_list_has(const char *text, const char *word)
{
	struct config_list list = config_list_of(text);
	struct slice element;

	while (config_list_next(&list, &element)) {
		if (slice_equal_text(element, word))
			return true;
	}
	return false;
}

bool
config_list_pair(struct slice element, struct slice *name, struct slice *value)
{
	for (size_t at = element.size; at > 0; at--) {
		if (element.bytes[at - 1] != ':')
			continue;
		*name = config_trim(slice_of(element.bytes, at - 1));
		*value = config_trim(slice_of(element.bytes + at, element.size - at));
		return true;
	}
	return false;
}
