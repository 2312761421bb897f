/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * qmp.c - QEMU's monitor: answers find their command, whatever comes between; a monitor that
 * refuses, is silent, talks nonsense or goes away is told apart, and no wait for it lasts for ever.
 */
#include "fake.h"
#include "vm/qmp.h"

#define WAIT_NS (10 * NSEC_PER_SEC)
#define SOON_NS (50 * NSEC_PER_MSEC)

static struct loop *loop;
static struct qmp *qmp;
static struct fake fake;
static int far_end = -1;

/* Against the fake monitor. */
static void connect_fake(uint64_t timeout_ns)
{
	fake_start(&fake);
	close(fake.guest);
	assert_int_equal(qmp_open(&qmp, loop, fake.monitor, timeout_ns), 0);
}

static int set_up(void **state)
{
	(void)state;
	memset(&fake, 0, sizeof(fake));
	qmp = NULL;
	return loop_open(&loop);
}

static int tear_down(void **state)
{
	(void)state;
	qmp_close(qmp);
	loop_close(loop);
	if (fake.thread)
		fake_stop(&fake);
	if (far_end >= 0)
		close(far_end);
	far_end = -1;
	return 0;
}

static void an_answer(void **state)
{
	json_t *ret = NULL;

	(void)state;
	connect_fake(WAIT_NS);
	assert_string_equal(qmp_version(qmp), "9.1.2 fake");
	assert_int_equal(qmp_command(qmp, "query-cpus-fast", NULL, &ret, false), 0);
	assert_int_equal(json_array_size(ret), 1);
	json_decref(ret);
	assert_int_equal(qmp_command(qmp, "cont", json_pack("{s:i}", "x", 1), NULL, false), 0);
}

static void a_refusal(void **state)
{
	(void)state;
	fake.refuse = "migrate";
	connect_fake(WAIT_NS);
	assert_int_equal(qmp_command(qmp, "migrate", NULL, NULL, true), -EREMOTEIO);
	assert_int_equal(qmp_command(qmp, "cont", NULL, NULL, false), 0); /* it goes on */
}

/* The answer that comes too late is not taken for the next command's. */
static void silence(void **state)
{
	json_t *ret = NULL;

	(void)state;
	fake.ignore = "stop";
	connect_fake(NSEC_PER_SEC);
	assert_int_equal(qmp_command(qmp, "stop", NULL, NULL, true), -ETIME);
	fake_monitor_says(&fake, "{\"return\": 7, \"id\": 2}\r\n");
	while (!__atomic_load_n(&fake.said, __ATOMIC_ACQUIRE))
		;
	assert_int_equal(loop_once(loop, WAIT_NS), 0);
	assert_int_equal(qmp_command(qmp, "query-cpus-fast", NULL, &ret, false), 0);
	assert_true(json_is_array(ret));
	json_decref(ret);
}

static int in_trouble(void *arg)
{
	return ++*(int *)arg > 2 ? -ECHILD : 0;
}

static void trouble_ends_a_wait(void **state)
{
	int asked = 0;

	(void)state;
	fake.ignore = "stop";
	connect_fake(WAIT_NS);
	qmp_watch(qmp, in_trouble, &asked);
	fake_monitor_says(&fake, "{\"event\": \"X\"}\r\n");
	fake_monitor_says(&fake, "{\"event\": \"Y\"}\r\n");
	assert_int_equal(qmp_command(qmp, "stop", NULL, NULL, true), -ECHILD);
}

/* It has been read when a command that was sent after it has its answer. */
static void take(const char *event)
{
	fake_monitor_says(&fake, event);
	for (int i = 0; i < 2; i++) /* the first is answered at the turn at whose end it is said */
		assert_int_equal(qmp_command(qmp, "cont", NULL, NULL, false), 0);
}

static void events(void **state)
{
	(void)state;
	connect_fake(WAIT_NS);
	assert_false(qmp_stopped(qmp));
	take("{\"event\": \"STOP\"}\r\n");
	assert_true(qmp_stopped(qmp));
	take("{\"event\": \"RESUME\"}\r\n");
	assert_false(qmp_stopped(qmp));
	qmp_expect_stop(qmp); /* ours */
	take("{\"event\": \"STOP\"}\r\n");
	assert_false(qmp_stopped(qmp));
	assert_string_equal(qmp_shutdown_reason(qmp), "");
	take("{\"event\": \"SHUTDOWN\", \"data\": {\"guest\": true, \"reason\": "
	     "\"guest-reset\"}}\r\n");
	assert_string_equal(qmp_shutdown_reason(qmp), "guest-reset");
}

/* Leaving stops the vCPUs too: that is no stop of KVM's. */
static void leaving_is_no_stop(void **state)
{
	(void)state;
	connect_fake(WAIT_NS);
	fake_monitor_says(&fake,
			  "{\"event\": \"SHUTDOWN\", \"data\": {\"reason\": \"guest-panic\"}}\r\n");
	take("{\"event\": \"STOP\"}\r\n");
	assert_false(qmp_stopped(qmp));
}

/* Without the fake: @text is all that comes, before the end if @ends. */
static int greeted_by(const char *text, bool ends, uint64_t timeout_ns)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	far_end = pair[1];
	fake_write(far_end, text, strlen(text));
	if (ends)
		shutdown(far_end, SHUT_WR);
	return qmp_open(&qmp, loop, pair[0], timeout_ns);
}

static void no_greeting(void **state)
{
	(void)state;
	assert_int_equal(greeted_by("", true, WAIT_NS), -EPIPE);
	assert_null(qmp);
}

static void nonsense_for_a_greeting(void **state)
{
	(void)state;
	assert_int_equal(greeted_by("{]\nQMP\n{\"QMP\": ", false, SOON_NS), -ETIME);
	assert_null(qmp);
}

/* A line without an end is given up, not kept in ever more memory. */
static void a_line_without_end(void **state)
{
	static char much[1 << 16];
	int pair[2];
	pid_t pid;

	(void)state;
	memset(much, 'x', sizeof(much));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		close(pair[0]);
		while (send(pair[1], much, sizeof(much), MSG_NOSIGNAL) > 0)
			;
		_exit(0);
	}
	close(pair[1]);
	assert_int_equal(qmp_open(&qmp, loop, pair[0], WAIT_NS), -EPIPE);
	assert_null(qmp);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(an_answer),
		T(a_refusal),
		T(silence),
		T(trouble_ends_a_wait),
		T(events),
		T(leaving_is_no_stop),
		T(no_greeting),
		T(nonsense_for_a_greeting),
		T(a_line_without_end),
	};

	return cmocka_run_group_tests_name("qmp", tests, NULL, NULL);
}
