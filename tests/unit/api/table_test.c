#include <criterion/criterion.h>

#include "api/table.h"
#include "base/macros.h"
#include "wire/api_keys.h"
#include "wire/messages.h"

Test(table, stands_by_ascending_key)
{
	for (size_t i = 1; i < api_table_count; i++)
		cr_assert_lt(api_table[i - 1].key, api_table[i].key);
}

Test(table, has_names_and_messages_of_its_keys)
{
	for (size_t i = 0; i < api_table_count; i++) {
		const struct api_entry *entry = &api_table[i];
		const struct api_key_info *known = api_key_find(entry->key);

		cr_assert_not_null(known, "%s", entry->name);
		cr_assert_str_eq(entry->name, known->name);
		cr_assert_eq(entry->request, message_type_find(entry->key, false));
		cr_assert_eq(entry->response, message_type_find(entry->key, true));
		cr_assert_not_null(entry->handle);
	}
}

/* What is not served yet must not look as if it were. */
Test(table, serves_all_versions_that_kafka_does_but_those_that_need_older_records)
{
	for (size_t i = 0; i < api_table_count; i++) {
		const struct api_entry *entry = &api_table[i];
		const struct api_key_info *known = api_key_find(entry->key);
		int16_t first = entry->key == API_KEY_FETCH ? 4 : known->first_version;

		cr_assert_eq(entry->first_version, first, "%s", entry->name);
		cr_assert_eq(entry->last_version, known->last_version, "%s", entry->name);
	}
}

Test(table, is_searched_by_key)
{
	for (int key = INT16_MIN; key <= INT16_MAX; key++) {
		const struct api_entry *found = api_table_find((int16_t)key), *wanted = NULL;

		for (size_t i = 0; i < api_table_count; i++)
			if (api_table[i].key == key)
				wanted = &api_table[i];
		cr_assert_eq(found, wanted, "%d", key);
	}
}
