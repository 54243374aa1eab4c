#include "log/boot_id_file.h"

#include <criterion/criterion.h>

#include "memory_disk.h"

static struct memory_disk disk;

static void
setup(void)
{
	memory_disk_init(&disk);
}

static void
teardown(void)
{
	memory_disk_fini(&disk);
}

TestSuite(boot_id_file, .init = setup, .fini = teardown);

Test(boot_id_file, comes_back_as_it_was_written)
{
	struct boot_id id = { "1f-2" }, again;

	cr_assert_eq(boot_id_file_write(&disk.disk, "/d/klamm-boot-id", &id), ERROR_NONE);
	cr_expect(slice_equal_text(memory_disk_get(&disk, "/d/klamm-boot-id"), "0\n1f-2\n"));
	cr_expect_not_null(strstr(memory_disk_trace(&disk), "sync"));
	cr_assert_eq(boot_id_file_read(&disk.disk, "/d/klamm-boot-id", &again), ERROR_NONE);
	cr_expect_str_eq(again.text, "1f-2");
}

Test(boot_id_file, says_nothing_where_it_is_not_or_is_damaged)
{
	static const char *const bad[] = { "", "0\n", "0\n\n", "1\nab\n", "0\nab", "0\na b\n",
		"0\nab\ncd\n", "0\n0123456789012345678901234567890123456789\n" };
	struct boot_id id = { "x" };

	cr_expect_eq(boot_id_file_read(&disk.disk, "/d/klamm-boot-id", &id), ERROR_NONE);
	cr_expect_str_eq(id.text, "");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memory_disk_put(&disk, "/d/klamm-boot-id", bad[i], strlen(bad[i]));
		cr_expect_eq(boot_id_file_read(&disk.disk, "/d/klamm-boot-id", &id), ERROR_NONE);
		cr_expect_str_eq(id.text, "", "%s", bad[i]);
	}
}

Test(boot_id_file, goes_where_the_id_is_unknown)
{
	struct boot_id id = { "1f-2" }, unknown = { "" };

	cr_assert_eq(boot_id_file_write(&disk.disk, "/d/klamm-boot-id", &id), ERROR_NONE);
	cr_expect_eq(boot_id_file_write(&disk.disk, "/d/klamm-boot-id", &unknown), ERROR_NONE);
	cr_expect(slice_is_null(memory_disk_get(&disk, "/d/klamm-boot-id")));
	cr_expect_eq(boot_id_file_write(&disk.disk, "/d/klamm-boot-id", &unknown), ERROR_NONE);
}
