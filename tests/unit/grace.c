/* SPDX-License-Identifier: GPL-2.0-only */
/* grace.c - how long a probe takes to be taken and given back, with one that takes as long as told.
 */
#include "capture.h"
#include "run/grace.h"

#include <errno.h>
#include <time.h>

static uint64_t take_ns = 2 * NSEC_PER_MSEC, give_ns = 10 * NSEC_PER_MSEC;
static int answer;

static void rest(uint64_t ns)
{
	nanosleep(&(struct timespec){.tv_sec = (long)(ns / NSEC_PER_SEC),
				     .tv_nsec = (long)(ns % NSEC_PER_SEC)},
		  NULL);
}

/* Instead of probe/probe.c's. */
int probe_grace(struct probe *p, struct probe_grace *g)
{
	(void)p;
	if (answer)
		return answer;
	rest(take_ns);
	__atomic_store_n(&g->giving_ns, mono_ns(), __ATOMIC_RELEASE);
	rest(give_ns);
	g->given_ns = mono_ns();
	return 0;
}

static struct grace_figures measured(uint64_t for_ns)
{
	struct grace_figures f = {0};
	struct grace *g = NULL;

	assert_int_equal(grace_start(&g, NULL), 0);
	grace_begin(g);
	rest(for_ns);
	grace_end(g, &f);
	grace_stop(g);
	return f;
}

static void longest(void **state)
{
	struct grace_figures f = measured(300 * NSEC_PER_MSEC);

	(void)state;
	assert_true(f.known && f.rounds >= 1);
	assert_true(f.take_ns >= take_ns && f.give_back_ns >= give_ns);
}

/* One that does not end within the phase counts for as long as it has lasted. */
static void under_way(void **state)
{
	struct grace_figures f;

	(void)state;
	give_ns = 2 * NSEC_PER_SEC;
	f = measured(200 * NSEC_PER_MSEC);
	assert_true(f.known && f.rounds == 0);
	assert_true(f.give_back_ns >= 100 * NSEC_PER_MSEC && f.give_back_ns < 2 * NSEC_PER_SEC);
	give_ns = 10 * NSEC_PER_MSEC;
}

static void cannot(void **state)
{
	(void)state;
	answer = -EOPNOTSUPP;
	assert_false(measured(50 * NSEC_PER_MSEC).known);
	answer = 0;
}

static void not_asked_for(void **state)
{
	struct grace_figures f = {0};

	(void)state;
	grace_begin(NULL);
	grace_end(NULL, &f);
	grace_stop(NULL);
	assert_false(f.known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(longest),
		cmocka_unit_test(under_way),
		cmocka_unit_test(cannot),
		cmocka_unit_test(not_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
