#include "wire/api_keys.h"

#include <criterion/criterion.h>

#include "wire/messages.h"

Test(api_keys, are_62_in_ascending_order_and_each_is_found)
{
	cr_assert_eq(api_key_count, 62);
	for (size_t i = 0; i < api_key_count; i++) {
		cr_assert_eq(api_key_find(api_key_table[i].key), &api_key_table[i]);
		if (i > 0)
			cr_assert_lt(api_key_table[i - 1].key, api_key_table[i].key);
	}
}

Test(api_keys, have_a_request_and_a_response_with_their_versions)
{
	for (size_t i = 0; i < api_key_count; i++) {
		for (int is_response = 0; is_response < 2; is_response++) {
			const struct message_type *type =
			    message_type_find(api_key_table[i].key, is_response != 0);

			cr_assert_not_null(type);
			cr_assert(version_range_has(type->versions,
			    api_key_table[i].first_version));
			cr_assert(version_range_has(type->versions,
			    api_key_table[i].last_version));
		}
	}
}

Test(api_keys, know_their_names_and_flexible_versions)
{
	cr_assert_str_eq(api_key_find(API_KEY_PRODUCE)->name, "Produce");
	cr_assert_eq(api_key_find(API_KEY_PRODUCE)->last_version, 11);
	cr_assert_eq(api_key_find(API_KEY_PRODUCE)->first_flexible_version, 9);
	cr_assert_eq(api_key_find(API_KEY_SASL_HANDSHAKE)->first_flexible_version, INT16_MAX);
}

Test(api_keys, of_others_are_not_found)
{
	cr_assert_null(api_key_find(-1));
	cr_assert_null(api_key_find(52));
	cr_assert_null(api_key_find(70));
	cr_assert_null(api_key_find(INT16_MAX));
	cr_assert_null(api_key_find(INT16_MIN));
}
