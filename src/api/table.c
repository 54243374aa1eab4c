#include "api/table.h"

#include <stddef.h>

#include "base/macros.h"
#include "wire/messages.h"

#define API_TABLE_ENTRY(name, key, first, last, snake, handler) \
	{ #name, key, first, last, &snake##_request_type, &snake##_response_type, handler },
const struct api_entry api_table[] = { API_TABLE(API_TABLE_ENTRY) };
#undef API_TABLE_ENTRY

const size_t api_table_count = ARRAY_LENGTH(api_table);

const struct api_entry *
api_table_find(int16_t key)
{
	for (size_t i = 0; i < api_table_count && api_table[i].key <= key; i++)
		if (api_table[i].key == key)
			return &api_table[i];
	return NULL;
}
