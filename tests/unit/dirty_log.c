/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dirty_log.c - the oracle of source dirty-log: a page that changed and is not in KVM's log is
 * found, and no other; and where QEMU's memory map says that a piece of RAM lies.
 */
#include <errno.h>

#include "capture.h"
#include "source/dirty_oracle.h"

static void a_missing_page_is_found(void **state)
{
	const uint64_t bit[] = {3, 64, 130, 5, 6}, was[] = {10, 20, 30, 0, 40};
	const uint64_t now[] = {11, 20, 31, 50, 0}, later[] = {10, 20, 31, 50, 0};
	uint64_t log[3] = {1ull << 3, 0, 1ull << 2};
	bool changed[5] = {false};
	uint32_t missed;

	(void)state;
	/* 0 and 2 were written, 1 was not; 3 came from and 4 went to nothing */
	oracle_note(changed, was, now, 5);
	oracle_note(changed, was, later, 5); /* 0 is as it was, and has been written all the same */
	assert_int_equal(oracle_compare(changed, bit, 5, log, &missed), 2);
	assert_int_equal(missed, 0);
	log[2] = ~(1ull << 2);
	assert_int_equal(oracle_compare(changed, bit, 5, log, &missed), 2);
	assert_int_equal(missed, 1);
	log[0] = 0;
	assert_int_equal(oracle_compare(changed, bit, 5, log, &missed), 2);
	assert_int_equal(missed, 2);
}

static void a_smaller_log_is_seen(void **state)
{
	uint64_t was[2] = {6, 0}, bits[2] = {7, 1};
	struct kvm_log l = {.pages = 65, .bits = bits, .was = was};

	(void)state;
	assert_false(kvm_log_has_shrunk(&l));
	was[1] = 3;
	assert_true(kvm_log_has_shrunk(&l));
	assert_true(kvm_log_has(bits, 64) && !kvm_log_has(bits, 65));
}

static void pieces_of_ram(void **state)
{
	static const char mtree[] =
		"FlatView #0\n AS \"memory\", root: system\n Root memory region: system\n"
		"  0000000000000000-00000000000bffff (prio 0, ram): ram KVM\n"
		"  00000000000c0000-00000000000fffff (prio 1, rom): isa-bios KVM\n"
		"  0000000000100000-0000000008ffffff (prio 0, ram): ram @0000000000100000 KVM\n"
		"  0000000009000000-00000000ffffffff (prio -1, i/o): hole\n"
		"FlatView #1\n"
		"  0000000000000000-0000000008ffffff (prio 0, ram): ram KVM\n";
	uint64_t first, bytes, most;

	(void)state;
	assert_int_equal(kvm_log_piece(mtree, 0x200000, &first, &bytes, &most), 0);
	assert_true(first == 0x100000 && bytes == 0x8f00000 && most == 0x9000000);
	assert_int_equal(kvm_log_piece(mtree, 0xbffff, &first, &bytes, &most), 0);
	assert_true(first == 0 && bytes == 0xc0000);
	assert_int_equal(kvm_log_piece(mtree, 0x9000000, &first, &bytes, &most), -ENOENT);
	assert_int_equal(kvm_log_piece("", 0, &first, &bytes, &most), -ENOENT);
	assert_true(most == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_missing_page_is_found),
		cmocka_unit_test(a_smaller_log_is_seen),
		cmocka_unit_test(pieces_of_ram),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
