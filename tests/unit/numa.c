/* SPDX-License-Identifier: GPL-2.0-only */
/* numa.c - the kernel's lists of nodes. */
#include "capture.h"
#include "base/numa.h"

static void lists(void **state)
{
	(void)state;
	assert_int_equal(numa_parse("0\n"), 1);
	assert_int_equal(numa_parse("0-1\n"), 3);
	assert_int_equal(numa_parse("1,3-5\n"), 0x3a);
	assert_true(numa_parse("0-63") == UINT64_MAX);
	assert_true(numa_parse("0-1023") == UINT64_MAX);
	assert_int_equal(numa_parse("2,64,70-80\n"), 4);
	assert_int_equal(numa_parse("\n"), 0);
	assert_int_equal(numa_parse(""), 0);
	assert_int_equal(numa_parse("3-1"), 0);
}

static void this_machine(void **state)
{
	(void)state;
	assert_true(numa_usable() != 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists),
		cmocka_unit_test(this_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
