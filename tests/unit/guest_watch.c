/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guest_watch.c - what the guest program tells beside its figures: the time when asked, when each
 * page was touched last, and which stalls its own kernel made.
 *
 * Guest and test read the same TSC, so times are compared directly.
 */
#include <sched.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "guest/tsc.h"
#include "guest_proc.h"

#define MANY_PAGES 20000u

static uint32_t last_touch[MANY_PAGES];
static uint64_t touched_start;

static void ping(uint64_t cookie)
{
	struct proto_ping p = {.cookie = cookie};

	send_frame(PROTO_PING, &p, sizeof(p));
}

/* The time in the answer lies between the question and the answer. */
static void expect_pong(uint64_t cookie)
{
	const struct proto_ping *pong = (const void *)guest.payload;
	uint64_t sent = tsc_ordered();

	ping(cookie);
	wait_for(PROTO_PONG);
	assert_int_equal(guest.h.length, sizeof(*pong));
	assert_true(pong->cookie == cookie);
	assert_true(pong->tsc > sent && pong->tsc < tsc_ordered());
}

static void test_ping_at_every_step(void **state)
{
	struct proto_orders o = good_orders();

	(void)state;
	wait_for(PROTO_HELLO);
	expect_pong(1);
	send_orders(&o);
	expect_pong(UINT64_MAX);
	wait_for(PROTO_READY);
	expect_pong(3);
	send_epoch(PROTO_START, 1);
	wait_for_touches(1, 1000);
	expect_pong(4);
	send_frame(PROTO_PING, &o, sizeof(struct proto_ping) - 1); /* left out */
	expect_pong(5);
	quit_cleanly();
}

/* More questions than there is room for answers: the guest goes on, and no frame is broken. */
static void test_ping_flood(void **state)
{
	struct proto_orders o = good_orders();

	(void)state;
	get_ready(&o);
	for (uint64_t i = 1; i <= 20000; i++)
		ping(i);
	run_epoch(1);
	assert_int_equal(epoch.hist.total, epoch.last.touches);
	assert_int_equal(guest.in.n.lost + guest.in.n.bad_header + guest.in.n.bad_payload, 0);
	quit_cleanly();
}

/* The guest locks its pages; who is not root may lock a few megabytes. */
static bool many_can_be_locked(void)
{
	struct rlimit most;

	if (geteuid() == 0 ||
	    (!getrlimit(RLIMIT_MEMLOCK, &most) && most.rlim_cur >= MANY_PAGES * 4096ull))
		return true;
	fprintf(stderr, "ulimit -l is too low here for %u pages\n", MANY_PAGES);
	return false;
}

static void stop_and_ask(uint32_t number)
{
	struct proto_epoch order = {.epoch = number, .flags = PROTO_WANT_TOUCHED};

	send_frame(PROTO_STOP, &order, sizeof(order));
}

/* Takes one frame of TOUCHED; answers the page after its last. */
static uint32_t take_touched(uint32_t number, uint32_t next)
{
	const struct proto_touched *head = (const void *)guest.payload;
	uint32_t pages = (guest.h.length - sizeof(*head)) / sizeof(uint32_t);

	assert_int_equal(head->epoch, number);
	assert_int_equal(head->first_page, next);
	assert_in_range(pages, 1, MANY_PAGES - next);
	if (next)
		assert_true(head->start_tsc == touched_start);
	touched_start = head->start_tsc;
	memcpy(last_touch + next, head + 1, pages * sizeof(uint32_t));
	return next + pages;
}

/* All of the epoch's frames up to its end: how many pages were said to be touched. */
static uint32_t collect_touched(uint32_t number, uint32_t pages)
{
	uint64_t end = now_ms() + WAIT_MS;
	uint32_t next = 0, touched = 0;

	memset(&epoch, 0, sizeof(epoch));
	do {
		if (next_frame(end))
			fail_msg("no EPOCH_END of epoch %u", number);
		take_epoch_frame(number);
		if (guest.h.type == PROTO_TOUCHED)
			next = take_touched(number, next);
	} while (guest.h.type != PROTO_EPOCH_END);
	assert_int_equal(next, pages);
	for (uint32_t page = 0; page < pages; page++)
		touched += !!last_touch[page];
	return touched;
}

static void test_last_touch_of_every_page(void **state)
{
	struct proto_orders o = good_orders();
	uint64_t before, running, after, latest = 0;

	(void)state;
	if (!many_can_be_locked())
		skip();
	o.pages = MANY_PAGES;
	get_ready(&o);
	before = tsc_ordered();
	send_epoch(PROTO_START, 1);
	wait_for_touches(1, 30 * MANY_PAGES); /* e^-30 of the pages are left out */
	running = stats()->tsc;
	wait_for_touches(1, vcpu_stats(0)->touches + 1);
	stop_and_ask(1);
	assert_int_equal(collect_touched(1, MANY_PAGES), MANY_PAGES);
	after = tsc_ordered();
	assert_true(touched_start > before - (1 << PROTO_TOUCHED_SHIFT));
	for (uint32_t page = 0; page < MANY_PAGES; page++) {
		uint64_t least = (uint64_t)(last_touch[page] - 1) << PROTO_TOUCHED_SHIFT;

		assert_true(touched_start + least < after);
		latest = least > latest ? least : latest;
	}
	assert_true(touched_start + latest + (1 << PROTO_TOUCHED_SHIFT) > running);
	quit_cleanly();
}

static void test_not_asked_not_told(void **state)
{
	struct proto_orders o = good_orders();

	(void)state;
	get_ready(&o);
	send_epoch(PROTO_START, 1);
	wait_for_touches(1, 1000);
	send_epoch(PROTO_STOP, 1);
	do {
		assert_int_equal(next_frame(now_ms() + WAIT_MS), 0);
		assert_int_not_equal(guest.h.type, PROTO_TOUCHED);
	} while (guest.h.type != PROTO_EPOCH_END);
	quit_cleanly();
}

/*
 * What was touched in the epoch before is not touched in this, whether the guest rested in between
 * or was started anew while it ran. Only an epoch with few touches can show it. A START that finds
 * the workers running counts touches that ended up to a step before it, and the one in which its
 * worker was: some dozens.
 */
static void old_touches_do_not_count(bool rest)
{
	struct proto_orders o = good_orders();
	uint32_t touched;

	if (!many_can_be_locked())
		skip();
	o.pages = MANY_PAGES;
	get_ready(&o);
	for (uint32_t number = 2; number < 40; number += 2) {
		send_epoch(PROTO_START, number - 1);
		wait_for_touches(number - 1, 10 * MANY_PAGES);
		if (rest) {
			send_epoch(PROTO_STOP, number - 1);
			wait_for(PROTO_EPOCH_END);
		}
		send_epoch(PROTO_START, number);
		stop_and_ask(number);
		touched = collect_touched(number, MANY_PAGES);
		assert_in_range(touched, 0, epoch.last.touches + (rest ? 0 : 100));
		if (epoch.last.touches < MANY_PAGES / 2)
			break;
	}
	assert_true(epoch.last.touches < MANY_PAGES / 2);
	quit_cleanly();
}

static void test_rest_forgets_touches(void **state)
{
	(void)state;
	old_touches_do_not_count(true);
}

static void test_restart_forgets_touches(void **state)
{
	(void)state;
	old_touches_do_not_count(false);
}

static bool has_rseq(void)
{
	return syscall(SYS_rseq, NULL, 0, 0, 0) == -1 && errno != ENOSYS;
}

/* A process that wants the worker's CPU for itself. */
static pid_t start_rival(void)
{
	pid_t pid = fork();
	cpu_set_t set;

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	CPU_ZERO(&set);
	CPU_SET(0, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		_exit(1);
	for (;;)
		;
}

static uint64_t switches(pid_t tid)
{
	static const char *const name[] = {"\nvoluntary_ctxt_switches:",
					   "\nnonvoluntary_ctxt_switches:"};
	char path[64], text[4096] = "";
	uint64_t sum = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/status", guest.pid, tid);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_true(fread(text, 1, sizeof(text) - 1, f) > 0);
	fclose(f);
	for (int i = 0; i < 2; i++) {
		const char *at = strstr(text, name[i]);

		assert_non_null(at);
		sum += strtoull(at + strlen(name[i]), NULL, 10);
	}
	return sum;
}

/* The busy ones of the stalls in the frame that has come. */
static uint32_t busy_in_frame(void)
{
	const struct proto_stall *s = (const void *)(guest.payload + sizeof(struct proto_batch));
	uint32_t n = (guest.h.length - sizeof(struct proto_batch)) / sizeof(*s), busy = 0;

	for (uint32_t i = 0; i < n; i++)
		busy += !!(s[i].flags & PROTO_STALL_BUSY);
	return busy;
}

/* A worker that shares its CPU has long stalls, and says that they are its kernel's. */
static void test_preempted_worker_is_busy(void **state)
{
	struct proto_orders o = good_orders();
	uint64_t end = now_ms() + WAIT_MS;
	uint32_t busy = 0;
	pid_t rival;

	(void)state;
	if (!has_rseq())
		skip();
	o.stall_ns = 1000000;
	get_ready(&o);
	send_epoch(PROTO_START, 1);
	rival = start_rival();
	while (busy < 5 && now_ms() < end && !next_frame(end))
		busy += guest.h.type == PROTO_STALLS ? busy_in_frame() : 0;
	kill(rival, SIGKILL);
	waitpid(rival, NULL, 0);
	if (busy < 5)
		fail_msg("%u busy stalls in %d ms beside a rival", busy, WAIT_MS);
	quit_cleanly();
}

/* Every touch is a stall here; no more of them are busy than the kernel has switched. */
static void test_no_more_busy_than_switches(void **state)
{
	struct proto_orders o = good_orders();
	uint64_t before, busy = 0;
	pid_t tid;

	(void)state;
	if (!has_rseq())
		skip();
	o.stall_ns = 1;
	get_ready(&o);
	tid = worker_tid();
	before = switches(tid);
	send_epoch(PROTO_START, 1);
	for (int frames = 0; frames < 20;) {
		assert_int_equal(next_frame(now_ms() + WAIT_MS), 0);
		if (guest.h.type == PROTO_STALLS) {
			busy += busy_in_frame();
			frames++;
		}
	}
	assert_in_range(busy, 0, switches(tid) - before);
	quit_cleanly();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		guest_test(test_ping_at_every_step),
		guest_test(test_ping_flood),
		guest_test(test_last_touch_of_every_page),
		guest_test(test_not_asked_not_told),
		guest_test(test_rest_forgets_touches),
		guest_test(test_restart_forgets_touches),
		guest_test(test_preempted_worker_is_busy),
		guest_test(test_no_more_busy_than_switches),
	};

	return cmocka_run_group_tests_name("guest_watch", tests, NULL, NULL);
}
