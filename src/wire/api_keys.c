#include "wire/api_keys.h"

const struct api_key_info *
api_key_find(int16_t key)
{
	size_t low = 0;
	size_t high = api_key_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (api_key_table[middle].key == key)
			return &api_key_table[middle];
		if (api_key_table[middle].key < key)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}
