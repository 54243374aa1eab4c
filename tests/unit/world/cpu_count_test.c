#include <criterion/criterion.h>
#include <string.h>

#include "world/cpu_count.h"

Test(cpu_count, of_a_v2_limit_is_rounded_up)
{
	cr_assert_eq(cpu_count_of_max("200000 100000\n"), 2);
	cr_assert_eq(cpu_count_of_max("150000 100000"), 2);
	cr_assert_eq(cpu_count_of_max("10000 100000\n"), 1);
	cr_assert_eq(cpu_count_of_max("9000000000000000000 1\n"), 4096);
}

Test(cpu_count, of_no_v2_limit_is_none)
{
	cr_assert_eq(cpu_count_of_max("max 100000\n"), 0);
}

Test(cpu_count, of_a_v2_limit_that_makes_no_sense_is_none)
{
	cr_assert_eq(cpu_count_of_max(""), 0);
	cr_assert_eq(cpu_count_of_max("\n"), 0);
	cr_assert_eq(cpu_count_of_max("200000"), 0);
	cr_assert_eq(cpu_count_of_max("200000 0"), 0);
	cr_assert_eq(cpu_count_of_max("-5 100000"), 0);
	cr_assert_eq(cpu_count_of_max("2x 100000"), 0);
	cr_assert_eq(cpu_count_of_max("99999999999999999999 100000"), 0);
}

Test(cpu_count, of_a_v1_quota)
{
	cr_assert_eq(cpu_count_of_quota("-1\n", "100000\n"), 0);
	cr_assert_eq(cpu_count_of_quota("350000\n", "100000\n"), 4);
	cr_assert_eq(cpu_count_of_quota("", "100000\n"), 0);
	cr_assert_eq(cpu_count_of_quota("350000\n", "junk"), 0);
	cr_assert_eq(cpu_count_of_quota("350000\n", "0\n"), 0);
}

static const char both[] = "12:cpuset:/a\n4:cpu,cpuacct:/docker/1f\n1:name=systemd:/x\n0::/slice/y\n";

Test(cpu_count, finds_the_path_of_a_controller)
{
	char path[32];

	cr_assert(cpu_count_path(both, "cpu", path, sizeof(path)));
	cr_assert_str_eq(path, "/docker/1f");
	cr_assert(cpu_count_path(both, "cpuacct", path, sizeof(path)));
	cr_assert_str_eq(path, "/docker/1f");
	cr_assert(cpu_count_path(both, "", path, sizeof(path)));
	cr_assert_str_eq(path, "/slice/y");
	cr_assert(cpu_count_path("0::/", "", path, sizeof(path)));
	cr_assert_str_eq(path, "/");
}

Test(cpu_count, finds_no_path_in_text_without_one)
{
	char path[8];

	cr_assert_not(cpu_count_path("", "cpu", path, sizeof(path)));
	cr_assert_not(cpu_count_path("junk\n\n4:cpu\n:\n", "cpu", path, sizeof(path)));
	cr_assert_not(cpu_count_path("4:cpus:/a\n5:acpu,b:/c\n", "cpu", path, sizeof(path)));
	cr_assert_not(cpu_count_path("4:cpu:relative\n", "cpu", path, sizeof(path)));
	cr_assert_not(cpu_count_path("4:cpu:/too/long/for/it\n", "cpu", path, sizeof(path)));
	cr_assert_not(cpu_count_path("4:cpu:/a\n", "", path, sizeof(path)));
}

Test(cpu_count, of_this_machine_is_at_least_one)
{
	cr_assert_geq(cpu_count(), 1);
}
