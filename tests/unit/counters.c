/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * counters.c - snapshots of a made-up system: what is a number and wanted is there under its name,
 * all else is left out, and nothing at all is no error. Would pass silently if everything were left
 * out, so single values are compared.
 */
#include "capture.h"
#include "counters/counters.h"

#include <stdlib.h>
#include <sys/stat.h>

static char root[64];

static void put_file(const char *path, const char *text)
{
	char full[256];
	FILE *f;

	snprintf(full, sizeof(full), "%s%s", root, path);
	for (char *p = full + strlen(root) + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		(void)mkdir(full, 0700);
		*p = '/';
	}
	f = fopen(full, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int make_root(void **state)
{
	(void)state;
	strcpy(root, "/tmp/counters.XXXXXX");
	return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", root);
	return system(command);
}

static uint64_t get(const struct metrics *m, const char *name)
{
	uint64_t value;

	if (!metrics_get(m, name, &value))
		fail_msg("no %s", name);
	return value;
}

static void absent(const struct metrics *m, const char *name)
{
	uint64_t value;

	assert_false(metrics_get(m, name, &value));
}

static void snapshot(struct metrics *m, pid_t pid)
{
	struct counters *c;

	assert_int_equal(counters_open(&c, root, pid), 0);
	assert_int_equal(counters_read(c, m), 0);
	counters_close(c);
}

static void an_empty_system(void **state)
{
	struct metrics m = {0};

	(void)state;
	snapshot(&m, 1);
	assert_int_equal(m.n, 0);
	metrics_free(&m);
}

static void all_kinds(void **state)
{
	struct metrics m = {0};

	(void)state;
	put_file("/proc/vmstat", "nr_free_pages 7\npgmigrate_success 11\ncow_ksm 12\n"
				 "compact_isolated 18446744073709551615\nbroken\n");
	put_file("/sys/kernel/mm/ksm/pages_sharing", "13\n");
	put_file("/sys/kernel/mm/ksm/advisor_mode", "[none] scan-time\n");
	put_file("/sys/kernel/mm/ksm/general_profit", "-5\n");
	put_file("/sys/kernel/debug/kvm/pf_taken", "99\n");
	put_file("/sys/kernel/debug/kvm/4242-11/pf_taken", "14\n");
	put_file("/sys/kernel/debug/kvm/4242-11/halt_wait_hist", "15\n");
	put_file("/sys/kernel/debug/kvm/4242-11/mmu_rmaps_stat", "16 17\n");
	put_file("/sys/kernel/debug/kvm/4242-11/vcpu0/guest_mode", "1\n");
	put_file("/sys/kernel/debug/kvm/42-11/pf_taken", "98\n");
	assert_int_equal(metrics_set(&m, "stale", 1), 0);
	snapshot(&m, 4242);
	assert_int_equal(get(&m, "vmstat.pgmigrate_success"), 11);
	assert_int_equal(get(&m, "vmstat.cow_ksm"), 12);
	assert_true(get(&m, "vmstat.compact_isolated") == UINT64_MAX);
	assert_int_equal(get(&m, "ksm.pages_sharing"), 13);
	assert_int_equal(get(&m, "kvm.pf_taken"), 14);
	assert_int_equal(m.n, 5);
	absent(&m, "stale");
	metrics_free(&m);
	snapshot(&m, 424);
	absent(&m, "kvm.pf_taken");
	metrics_free(&m);
}

/* On the machine the test runs on: every Linux has pgfault. */
static void this_system(void **state)
{
	uint64_t before = vmstat_read("pgfault"), value = 7;

	(void)state;
	assert_true(before > 0);
	assert_true(vmstat_find("pgfault", &value) && value >= before);
	value = 7;
	assert_false(vmstat_find("pgfaul", &value));
	assert_int_equal(value, 7);
	assert_int_equal(vmstat_read("no_such_line"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_empty_system, make_root, remove_root),
		cmocka_unit_test_setup_teardown(all_kinds, make_root, remove_root),
		cmocka_unit_test(this_system),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
