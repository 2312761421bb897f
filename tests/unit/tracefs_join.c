// SPDX-License-Identifier: GPL-2.0-only
/*
 * tracefs_join.c - probe events out of made-up records: halves of windows and faults of several
 * threads at one time, what belongs to nobody, and what was lost.
 */
#include "capture.h"
#include "probe_tracefs.h"

#include <stdlib.h>

#define RAM 0x7f0000000000ull
#define RAM_BYTES 0x100000ull
#define VCPU0 500
#define VCPU1 501
#define KSMD 35
#define AGENT 77

static struct probe_spec spec = {.vcpu = {VCPU0, VCPU1}, .vcpus = 2};
static struct join_config config;
static struct join *join;
static unsigned int asked;
static struct probe_event seen[64];
static unsigned int n;

static enum probe_thread whose(void *arg, pid_t tid)
{
	(void)arg;
	asked++;
	return tid == KSMD ? THREAD_KSMD : tid == AGENT ? THREAD_AGENT : THREAD_OTHER;
}

static int make(void **state)
{
	(void)state;
	config = (struct join_config){
		.spec = &spec,
		.retvals = {.retry = 1, .emulate = 2, .fixed = 4, .spurious = 5},
		.ram_begin = RAM,
		.ram_bytes = RAM_BYTES,
		.svm = true,
		.levels = true,
		.thread = whose,
	};
	config.callers.v[0] = (struct caller){1000, 2000, TRANSITION_COPY};
	config.callers.n = 1;
	config.callers.known[TRANSITION_COPY] = true;
	asked = n = 0;
	return join_open(&join, &config);
}

static int unmake(void **state)
{
	(void)state;
	join_close(join);
	return 0;
}

static void see(void *arg, const struct probe_event *e)
{
	assert_ptr_equal(arg, &n);
	assert_true(n < ARRAY_SIZE(seen));
	seen[n++] = *e;
}

static void put(uint64_t ns, pid_t tid, enum record_kind kind, uint64_t a, uint64_t b, uint64_t c,
		uint64_t d)
{
	struct record r = {
		.ns = ns, .tid = tid, .cpu = 3, .kind = (uint8_t)kind, .value = {a, b, c, d}};

	join_record(join, &r, see, &n);
}

/* A window of one page, event CLEAR, from t0 to t1. */
static void open_window(pid_t tid, uint64_t t0, uint64_t t1, uint64_t address, uint64_t caller)
{
	put(t0, tid, RECORD_START, address, address + 4096, 1, caller);
	put(t1, tid, RECORD_STARTED, 0, 0, 0, 0);
}

static void close_window(pid_t tid, uint64_t t2)
{
	put(t2, tid, RECORD_ENDED, 0, 0, 0, 0);
}

static void one_window(void **state)
{
	(void)state;
	put(100, KSMD, RECORD_START, RAM + 4096, RAM + 12288, 6, 0);
	assert_int_equal(n, 0);
	put(150, KSMD, RECORD_STARTED, 0, 0, 0, 0);
	assert_int_equal(n, 1);
	assert_int_equal(seen[0].type, PROBE_START);
	assert_int_equal(seen[0].begin_ns, 100);
	assert_int_equal(seen[0].ns, 150);
	assert_int_equal(seen[0].address, RAM + 4096);
	assert_int_equal(seen[0].length, 8192);
	assert_int_equal(seen[0].reason, REASON_MIGRATE);
	assert_int_equal(seen[0].thread, THREAD_KSMD);
	assert_int_equal(seen[0].transition, TRANSITION_NONE);
	assert_int_equal(seen[0].tid, KSMD);
	assert_int_equal(seen[0].cpu, 3);
	close_window(KSMD, 300);
	assert_int_equal(n, 2);
	assert_int_equal(seen[1].type, PROBE_END);
	assert_int_equal(seen[1].ns, 300);
	assert_int_equal(seen[1].begin_ns, 300);
	assert_int_equal(seen[1].id, seen[0].id);
	assert_int_equal(seen[1].flags, 0);
	close_window(KSMD, 400); /* another VM's */
	assert_int_equal(n, 2);
}

/* Several threads at one time, one of them with a window in a window. */
static void nested(void **state)
{
	(void)state;
	open_window(KSMD, 100, 101, RAM, 0);
	open_window(AGENT, 102, 103, RAM, 0);
	open_window(KSMD, 104, 105, RAM + 4096, 0);
	close_window(KSMD, 106);
	close_window(AGENT, 107);
	close_window(KSMD, 108);
	assert_int_equal(n, 6);
	assert_int_equal(seen[3].id, seen[2].id);
	assert_int_equal(seen[4].id, seen[1].id);
	assert_int_equal(seen[5].id, seen[0].id);
	assert_true(seen[0].id != seen[1].id && seen[1].id != seen[2].id);
	assert_int_equal(asked, 2); /* once per thread */
}

/* Windows of QEMU's other memory are not told, but their ends must not close others. */
static void other_memory(void **state)
{
	(void)state;
	open_window(AGENT, 100, 101, RAM - 8192, 0);
	open_window(AGENT, 102, 103, RAM, 0);
	open_window(AGENT, 104, 105, RAM + RAM_BYTES, 0);
	assert_int_equal(n, 1);
	close_window(AGENT, 106);
	assert_int_equal(n, 1);
	close_window(AGENT, 107);
	assert_int_equal(n, 2);
	assert_int_equal(seen[1].id, seen[0].id);
	close_window(AGENT, 108);
	assert_int_equal(n, 2);
	put(200, AGENT, RECORD_START, 0, UINT64_MAX, 4, 0); /* the whole process: clear_refs */
	put(201, AGENT, RECORD_STARTED, 0, 0, 0, 0);
	assert_int_equal(n, 3);
	assert_int_equal(seen[2].reason, REASON_SOFT_DIRTY);
}

/* A window that did not open (-EAGAIN), an entry whose return was lost, a return without entry. */
static void halves(void **state)
{
	(void)state;
	put(100, AGENT, RECORD_START, RAM, RAM + 4096, 1, 0);
	put(101, AGENT, RECORD_STARTED, (uint64_t)-11, 0, 0, 0);
	assert_int_equal(n, 0);
	put(102, AGENT, RECORD_STARTED, 0, 0, 0, 0);
	assert_int_equal(n, 0);
	put(103, AGENT, RECORD_START, RAM, RAM + 4096, 1, 0);
	open_window(AGENT, 104, 105, RAM + 4096, 0);
	assert_int_equal(n, 1);
	assert_int_equal(seen[0].address, RAM + 4096);
	close_window(AGENT, 106);
	assert_int_equal(n, 2);
}

static void lost_ends_do_not_pile_up(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 20; i++)
		open_window(AGENT, 100 + 2 * i, 101 + 2 * i, RAM, 0);
	assert_int_equal(n, 20);
	close_window(AGENT, 200);
	assert_int_equal(seen[20].id, seen[19].id);
	for (unsigned int i = 0; i < 20; i++)
		close_window(AGENT, 201 + i);
	assert_true(n <= 20 + 8);
}

static void preempted(void **state)
{
	(void)state;
	open_window(KSMD, 100, 110, RAM, 0);
	put(120, 1, RECORD_SWITCH, KSMD, 256, 9, 0);
	close_window(KSMD, 130);
	assert_int_equal(seen[1].flags, PROBE_PREEMPTED);
	open_window(KSMD, 200, 210, RAM, 0);
	put(220, 1, RECORD_SWITCH, AGENT, 256, KSMD, 0);
	close_window(KSMD, 230);
	assert_int_equal(seen[3].flags, 0);
	put(300, KSMD, RECORD_START, RAM, RAM + 4096, 1, 0);
	put(310, KSMD, RECORD_SWITCH, KSMD, 1, 0, 0); /* between t0 and t1 */
	put(320, KSMD, RECORD_STARTED, 0, 0, 0, 0);
	close_window(KSMD, 330);
	assert_int_equal(seen[5].flags, PROBE_PREEMPTED);
	assert_int_equal(n, 6); /* no OFF for what is no vCPU */
}

static void vcpu_off(void **state)
{
	(void)state;
	put(90, 0, RECORD_SWITCH, 0, 0, VCPU1, 0); /* since when is not known */
	put(100, VCPU1, RECORD_SWITCH, VCPU1, 1, 0, 0);
	put(110, VCPU0, RECORD_SWITCH, VCPU0, 256, AGENT, 0);
	put(150, AGENT, RECORD_SWITCH, AGENT, 0, VCPU0, 0);
	put(190, 0, RECORD_SWITCH, 0, 0, VCPU1, 0);
	assert_int_equal(n, 2);
	assert_int_equal(seen[0].type, PROBE_OFF);
	assert_int_equal(seen[0].vcpu, 0);
	assert_int_equal(seen[0].tid, VCPU0);
	assert_int_equal(seen[0].begin_ns, 110);
	assert_int_equal(seen[0].ns, 150);
	assert_int_equal(seen[0].flags, 0); /* preempted */
	assert_int_equal(seen[1].vcpu, 1);
	assert_int_equal(seen[1].begin_ns, 100);
	assert_int_equal(seen[1].flags, PROBE_ASLEEP);
}

static void fault(uint64_t ns, pid_t tid, uint64_t address, uint64_t error)
{
	put(ns, tid, RECORD_FAULT, address, error, 0, 0);
}

static void faulted(uint64_t ns, pid_t tid, int ret)
{
	put(ns, tid, RECORD_FAULTED, (uint64_t)(int64_t)ret, 0, 0, 0);
}

static void faults(void **state)
{
	static const struct {
		int ret;
		enum probe_outcome outcome;
	} cases[] = {
		{4, OUTCOME_FIXED},   {1, OUTCOME_RETRY}, {5, OUTCOME_SPURIOUS},
		{2, OUTCOME_EMULATE}, {3, OUTCOME_OTHER}, {-14, OUTCOME_OTHER},
	};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		fault(100, VCPU1, 0x5678, 6);
		faulted(200, VCPU1, cases[i].ret);
		assert_int_equal(n, i + 1);
		assert_int_equal(seen[i].outcome, cases[i].outcome);
		assert_int_equal(seen[i].length, i ? 0 : 4096);
	}
	assert_int_equal(seen[0].type, PROBE_FAULT);
	assert_int_equal(seen[0].begin_ns, 100);
	assert_int_equal(seen[0].ns, 200);
	assert_int_equal(seen[0].address, 0x5678);
	assert_int_equal(seen[0].vcpu, 1);
	assert_int_equal(seen[0].flags, PROBE_WRITE);
}

/* Prefetches, emulated MMIO and threads that are no vCPU give no fault. */
static void no_faults(void **state)
{
	(void)state;
	faulted(100, VCPU0, 4);
	fault(110, VCPU0, 0xfee00000, 8 | 2);
	faulted(120, VCPU0, 4);
	fault(130, AGENT, 0x1000, 2);
	faulted(140, AGENT, 4);
	assert_int_equal(n, 0);
	config.svm = false; /* VMX: that bit says that the page was readable */
	fault(150, VCPU0, 0x1000, 8);
	faulted(160, VCPU0, 4);
	assert_int_equal(n, 1);
	assert_int_equal(seen[0].flags, 0);
}

static void what_a_fault_met(void **state)
{
	(void)state;
	fault(100, VCPU0, 0x1000, 2);
	open_window(VCPU0, 110, 120, RAM + 0x1000, 1500);
	close_window(VCPU0, 130);
	put(140, VCPU0, RECORD_LEVEL, 2, 0, 0, 0);
	faulted(150, VCPU0, 4);
	assert_int_equal(n, 3);
	assert_int_equal(seen[0].transition, TRANSITION_COPY);
	assert_int_equal(seen[0].thread, THREAD_VCPU);
	assert_int_equal(seen[2].flags, PROBE_WRITE | PROBE_OWN_COPY);
	assert_int_equal(seen[2].length, 2 << 20);
	fault(200, VCPU0, 0x1000, 0); /* nothing of it is left */
	put(210, VCPU1, RECORD_WAIT, 0, 0, 0, 0);
	open_window(AGENT, 220, 230, RAM + 0x1000, 1500); /* another thread's copy */
	put(240, VCPU0, RECORD_WAIT, 0, 0, 0, 0);
	faulted(250, VCPU0, 4);
	assert_int_equal(seen[4].flags, PROBE_MIGRATION);
	assert_int_equal(seen[4].length, 4096);
}

/* Where the copying function is not known the window's reason must do; where it is, it must not. */
static void copy_by_reason(void **state)
{
	(void)state;
	fault(100, VCPU0, 0x1000, 2);
	open_window(VCPU0, 110, 120, RAM + 0x1000, 0);
	faulted(150, VCPU0, 4);
	assert_int_equal(seen[1].flags, PROBE_WRITE);
	config.callers.known[TRANSITION_COPY] = false;
	config.levels = false;
	fault(200, VCPU0, 0x1000, 2);
	open_window(VCPU0, 210, 220, RAM + 0x1000, 0);
	faulted(250, VCPU0, 4);
	assert_int_equal(seen[3].flags, PROBE_WRITE | PROBE_OWN_COPY);
	assert_int_equal(seen[3].length, 0);
}

static void interrupts(void **state)
{
	(void)state;
	put(100, VCPU1, RECORD_VIRQ, 0, 0, 0, 0);
	put(110, AGENT, RECORD_VIRQ, 0, 0, 0, 0);
	assert_int_equal(n, 1);
	assert_int_equal(seen[0].type, PROBE_VIRQ);
	assert_int_equal(seen[0].vcpu, 1);
	assert_int_equal(seen[0].ns, 100);
	assert_int_equal(seen[0].begin_ns, 100);
}

/* More threads than there is room for: a vCPU's state stays. */
static void many_threads(void **state)
{
	(void)state;
	put(100, VCPU0, RECORD_SWITCH, VCPU0, 256, AGENT, 0);
	for (int i = 0; i < 3000; i++)
		put(101, 1000 + i, RECORD_START, RAM, RAM + 4096, 1, 0);
	put(102, AGENT, RECORD_SWITCH, AGENT, 256, VCPU0, 0);
	assert_int_equal(n, 1);
	assert_int_equal(seen[0].type, PROBE_OFF);
	assert_int_equal(seen[0].begin_ns, 100);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make, unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_window),
		TEST(nested),
		TEST(other_memory),
		TEST(halves),
		TEST(lost_ends_do_not_pile_up),
		TEST(preempted),
		TEST(vcpu_off),
		TEST(faults),
		TEST(no_faults),
		TEST(what_a_fault_met),
		TEST(copy_by_reason),
		TEST(interrupts),
		TEST(many_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
