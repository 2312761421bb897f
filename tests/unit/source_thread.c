// SPDX-License-Identifier: GPL-2.0-only
/*
 * source_thread.c - a source's own thread: its end is waited for, but neither for ever nor deaf to
 * signals, when a call into the kernel does not come back.
 */
#include <errno.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/signals.h"
#include "capture.h"
#include "source/thread.h"

static int cycles_made, hang;

static int a_cycle(void *state)
{
	int *result = state;

	__atomic_add_fetch(&cycles_made, 1, __ATOMIC_RELAXED);
	while (__atomic_load_n(&hang, __ATOMIC_RELAXED))
		usleep(1000);
	usleep(100);
	return *result;
}

static void begin(struct source_thread *t, int *result)
{
	*t = (struct source_thread){0};
	cycles_made = 0;
	assert_int_equal(source_thread_start(t, a_cycle, result), 0);
	while (!__atomic_load_n(&cycles_made, __ATOMIC_RELAXED))
		usleep(100);
}

static void ends_when_asked(void **state)
{
	struct source_thread t;
	struct env env = {0};
	int result = 0;
	uint64_t again = 0;

	(void)state;
	begin(&t, &result);
	assert_int_equal(source_thread_step(&t, &again), 0);
	assert_true(again > 0);
	assert_int_equal(source_thread_stop(&t, &env), 0);
	assert_false(env.left);
}

static void its_error_is_told(void **state)
{
	struct source_thread t;
	struct env env = {0};
	int result = -EIO;
	uint64_t again;

	(void)state;
	begin(&t, &result);
	while (!source_thread_step(&t, &again))
		usleep(100);
	assert_int_equal(source_thread_step(&t, &again), -EIO);
	assert_int_equal(source_thread_stop(&t, &env), 0);
}

/* Leaves the thread where it is; then it may end, so that the next test has none. */
static void left_behind(struct source_thread *t, struct env *env)
{
	struct capture c;

	capture_begin(&c, STDERR_FILENO);
	assert_int_equal(source_thread_stop(t, env), -ETIME);
	capture_end(&c);
	assert_true(env->left);
	assert_int_equal(capture_lines(&c), 1);
	assert_non_null(strstr(c.text, "has not come back"));
	__atomic_store_n(&hang, 0, __ATOMIC_RELAXED);
	assert_int_equal(pthread_join(t->thread, NULL), 0);
}

static void a_signal_ends_the_wait(void **state)
{
	struct itimerval soon = {.it_value.tv_usec = 50000};
	struct source_thread t;
	struct env env = {0};
	int result = 0;
	uint64_t begun;

	(void)state;
	hang = 1;
	begin(&t, &result);
	signals_watch();
	begun = mono_ns();
	setitimer(ITIMER_REAL, &soon, NULL);
	left_behind(&t, &env);
	assert_true(mono_ns() - begun < 500 * NSEC_PER_SEC); /* and not ten minutes */
}

/* A run that is over waits for two seconds only. */
static void the_end_of_a_run_is_bounded(void **state)
{
	struct source_thread t;
	struct env env = {.over = true};
	int result = 0;
	uint64_t begun = mono_ns();

	(void)state;
	hang = 1;
	begin(&t, &result);
	left_behind(&t, &env);
	assert_true(mono_ns() - begun < 500 * NSEC_PER_SEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends_when_asked),
		cmocka_unit_test(its_error_is_told),
		cmocka_unit_test(a_signal_ends_the_wait),
		cmocka_unit_test(the_end_of_a_run_is_bounded),
	};

	return cmocka_run_group_tests_name("source_thread", tests, NULL, NULL);
}
