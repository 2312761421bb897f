/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cputime.c - CPU time of a process: the fields of /proc/PID/stat, also behind a strange name, and
 * that what this process burns is seen, threads that have ended included.
 */
#include "capture.h"
#include "base/cputime.h"
#include "base/procs.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#define LINE(name, guest)                                                             \
	"42 " name " S 1 42 42 0 -1 4194304 5 6 7 8 150 25 0 0 20 0 1 0 100 4096 10 " \
	"18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 " guest " 0 0 0 0 0 0 0 0"

static void fields(void **state)
{
	struct cputime t;

	(void)state;
	assert_int_equal(cputime_parse(LINE("(qemu)", "100"), 100, &t), 0);
	assert_int_equal(t.user_ns, 1500000000);
	assert_int_equal(t.system_ns, 250000000);
	assert_int_equal(t.guest_ns, 1000000000);
	assert_int_equal(cputime_parse(LINE("(a) b (c)", "7"), 100, &t), 0);
	assert_int_equal(t.guest_ns, 70000000);
	assert_int_equal(t.user_ns, 1500000000);
}

static void broken_lines(void **state)
{
	struct cputime t;

	(void)state;
	assert_int_equal(cputime_parse("", 100, &t), -EBADMSG);
	assert_int_equal(cputime_parse("42 (qemu) S 1 42", 100, &t), -EBADMSG);
	assert_int_equal(cputime_parse("42 (qemu", 100, &t), -EBADMSG);
}

/* User time holds guest time; both are sampled, so that it may come out less. */
static void differences(void **state)
{
	struct cputime a = {100, 50, 20, 30}, b = {300, 150, 60, 90}, d;

	(void)state;
	d = cputime_since(&a, &b);
	assert_int_equal(d.total_ns, 200);
	assert_int_equal(d.user_ns, 40);
	assert_int_equal(d.system_ns, 40);
	assert_int_equal(d.guest_ns, 60);
	b.guest_ns = 400;
	assert_int_equal(cputime_since(&a, &b).user_ns, 0);
	b.system_ns = 10; /* the kernel's scaling may take a tick back */
	assert_int_equal(cputime_since(&a, &b).system_ns, 0);
}

#define BURNT (60 * NSEC_PER_MSEC)

static void *burn(void *arg)
{
	struct timespec t;

	do
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	while ((uint64_t)t.tv_sec * NSEC_PER_SEC + (uint64_t)t.tv_nsec < BURNT);
	return arg;
}

static void what_is_burnt_is_seen(void **state)
{
	struct cputime before, after, d;
	pthread_t thread;

	(void)state;
	assert_int_equal(cputime_read(getpid(), &before), 0);
	assert_int_equal(pthread_create(&thread, NULL, burn, NULL), 0);
	pthread_join(thread, NULL);
	assert_int_equal(cputime_read(getpid(), &after), 0);
	d = cputime_since(&before, &after);
	assert_in_range(d.total_ns, BURNT, 10 * BURNT);
	assert_int_equal(d.guest_ns, 0);
}

static void nobody(void **state)
{
	struct cputime t;

	(void)state;
	assert_true(cputime_read(0x3fffffff, &t) < 0);
	assert_int_equal(proc_named("no such process"), 0);
	assert_true(proc_named("cputime") > 0); /* this test */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields),      cmocka_unit_test(broken_lines),
		cmocka_unit_test(differences), cmocka_unit_test(what_is_burnt_is_seen),
		cmocka_unit_test(nobody),
	};

	return cmocka_run_group_tests_name("cputime", tests, NULL, NULL);
}
