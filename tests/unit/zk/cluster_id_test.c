#include "zk/cluster_id.h"

#include <criterion/criterion.h>

Test(cluster_id, is_the_text_of_a_random_uuid)
{
	static const uint8_t random[16] = { 0xff, 0xf3, 0x26, 0x37, 0x59, 0xd3, 0x1c, 0x58, 0x04, 0xab,
		0xcc, 0x20, 0x26, 0x2d, 0x67, 0x06 };
	char text[UUID_TEXT_SIZE + 1];

	cr_assert(cluster_id_from_random(random, text));
	cr_expect_str_eq(text, "__MmN1nTTFiEq8wgJi1nBg");
	cr_expect(cluster_id_is_usual(slice_of_text(text)));
}

Test(cluster_id, is_drawn_again_when_it_looks_like_an_option)
{
	static const uint8_t random[16] = { 0xf8 };
	char text[UUID_TEXT_SIZE + 1];

	cr_expect_not(cluster_id_from_random(random, text));
}

Test(cluster_id, of_another_kind_is_told)
{
	static const char *const others[] = { "", "my-cluster", "AAAAAAAAAAAAAAAAAAAAAA",
		"3_MmN1nTTFiEq8wgJi1nBg=", "3_MmN1nTTFiEq8wgJi1nB!" };

	for (size_t i = 0; i < ARRAY_LENGTH(others); i++)
		cr_expect_not(cluster_id_is_usual(slice_of_text(others[i])), "%s", others[i]);
	cr_expect(cluster_id_is_usual(slice_of_text("3_MmN1nTTFiEq8wgJi1nBg")));
}
