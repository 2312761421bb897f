/* SPDX-License-Identifier: GPL-2.0-only */
/* attrib_stall.c - the cause of every stall, in hand-made streams. Times are in ns, stalls short.
 */
#include "attrib_made.h"

static void check_window(struct attrib_answer answer, enum attrib_cause cause,
			 enum probe_reason reason, enum probe_thread thread)
{
	assert_int_equal(answer.cause, cause);
	assert_true(answer.window);
	assert_int_equal(answer.reason, reason);
	assert_int_equal(answer.thread, thread);
}

static void test_refault(void **state)
{
	struct attrib_answer answer;

	(void)state;
	put(by(start_of(1000, 1010, 1, 5, 1), REASON_MIGRATE, THREAD_AGENT));
	put(end_of(1100, 1));
	fault(2010, 2090, 5, OUTCOME_FIXED);
	answer = ask(2000, 2100, 0);
	check_window(answer, CAUSE_REFAULT, REASON_MIGRATE, THREAD_AGENT);
	assert_int_equal(answer.explained_ns, 80);
	assert_int_equal(sums()->stalls[CAUSE_REFAULT], 1);
	assert_int_equal(sums()->stall_ns[CAUSE_REFAULT], 100);
	assert_int_equal(sums()->stall_window[REASON_MIGRATE][THREAD_AGENT], 1);
}

static void test_other_fault(void **state)
{
	(void)state;
	fault(2010, 2090, 5, OUTCOME_FIXED);
	check_cause(2000, 2100, CAUSE_OTHER_FAULT, 80);
	assert_false(ask(2000, 2100, 0).window);
}

/* Sent back for no reason that is known: that a window had zapped the page before is none. */
static void test_sent_back_without_window(void **state)
{
	(void)state;
	window(1000, 1010, 1100, 5, 1);
	fault(2010, 2090, 5, OUTCOME_RETRY);
	check_cause(2000, 2100, CAUSE_OTHER_FAULT, 80);
	assert_false(ask(2000, 2100, 0).window);
}

static void test_inside(void **state)
{
	(void)state;
	put(by(start_of(1000, 1010, 1, 5, 1), REASON_CLEAR, THREAD_KSMD));
	fault(2010, 2090, 5, OUTCOME_RETRY);
	put(end_of(2100, 1));
	check_window(ask(2000, 2100, 0), CAUSE_INSIDE, REASON_CLEAR, THREAD_KSMD);
}

static void test_retried_and_collateral(void **state)
{
	(void)state;
	put(by(start_of(2020, 2030, 1, 5, 1), REASON_UNMAP, THREAD_QEMU));
	put(end_of(2050, 1));
	fault(2010, 2090, 5, OUTCOME_RETRY);
	check_window(ask(2000, 2100, 0), CAUSE_RETRIED, REASON_UNMAP, THREAD_QEMU);
	put(by(start_of(3020, 3030, 1, 5, 1), REASON_SOFT_DIRTY, THREAD_OTHER));
	put(end_of(3050, 1));
	fault(3010, 3090, 6, OUTCOME_RETRY);
	check_window(ask(3000, 3100, 0), CAUSE_RETRIED, REASON_SOFT_DIRTY, THREAD_OTHER);
}

/* The vCPU's own copy is to blame, though ksmd's window was open over the page all the time. */
static void test_cow(void **state)
{
	struct probe_event e = by(start_of(2020, 2030, 1, 5, 1), REASON_CLEAR, THREAD_VCPU);

	(void)state;
	e.tid = 1000;
	put(by(start_of(1000, 1010, 2, 5, 1), REASON_MIGRATE, THREAD_KSMD));
	put(e);
	put(end_of(2050, 1));
	e = fault_of(0, 2010, 2080, 5, OUTCOME_RETRY);
	e.flags = PROBE_OWN_COPY | PROBE_WRITE;
	put(e);
	put(end_of(2081, 2));
	fault(2083, 2090, 5, OUTCOME_FIXED);
	check_window(ask(2000, 2100, 0), CAUSE_COW, REASON_CLEAR, THREAD_VCPU);
	assert_int_equal(ask(2000, 2100, 0).explained_ns, 73); /* and the way back to the guest */
	check_classes(1, 0, 0, 1, 0);
}

/* The vCPU's own window, but no copy of this page in this fault: nothing special. */
static void test_own_window_without_copy(void **state)
{
	struct probe_event e = by(start_of(2020, 2030, 1, 5, 1), REASON_CLEAR, THREAD_VCPU);

	(void)state;
	e.tid = 1000;
	put(e);
	put(end_of(2050, 1));
	put(by(start_of(2055, 2060, 2, 5, 1), REASON_MIGRATE, THREAD_KSMD));
	put(end_of(2070, 2));
	fault(2010, 2080, 5, OUTCOME_RETRY);
	check_window(ask(2000, 2100, 0), CAUSE_RETRIED, REASON_MIGRATE, THREAD_KSMD);
}

/* Asleep until the page has moved: the fault's own time. */
static void test_migration_wait(void **state)
{
	struct probe_event e = fault_of(0, 2010, 2090, 5, OUTCOME_RETRY);

	(void)state;
	put(by(start_of(1000, 1010, 1, 5, 1), REASON_MIGRATE, THREAD_AGENT));
	put(end_of(1100, 1));
	off(2015, 2085, PROBE_ASLEEP);
	e.flags = PROBE_MIGRATION;
	put(e);
	check_window(ask(2000, 2100, 0), CAUSE_MIGRATION_WAIT, REASON_MIGRATE, THREAD_AGENT);
	assert_int_equal(ask(2000, 2100, 0).explained_ns, 80);
}

/* Before the fault's class and its own copy: it is the wait that takes long. */
static void test_migration_wait_goes_first(void **state)
{
	struct probe_event e = fault_of(0, 2010, 2090, 5, OUTCOME_RETRY);

	(void)state;
	put(start_of(1000, 1010, 1, 5, 1));
	e.flags = PROBE_MIGRATION | PROBE_OWN_COPY;
	put(e);
	assert_int_equal(ask(2000, 2100, 0).cause, CAUSE_MIGRATION_WAIT);
}

/* A wait whose window nobody saw: none is named. */
static void test_migration_wait_without_window(void **state)
{
	struct probe_event e = fault_of(0, 2010, 2090, 5, OUTCOME_RETRY);

	(void)state;
	e.flags = PROBE_MIGRATION;
	put(e);
	assert_int_equal(ask(2000, 2100, 0).cause, CAUSE_MIGRATION_WAIT);
	assert_false(ask(2000, 2100, 0).window);
}

/* The vCPU stopped for 50 ms in the midst of windows; none gets it. */
static void test_not_running(void **state)
{
	const uint64_t ms = 1000000;
	struct attrib_answer answer;

	(void)state;
	put(start_of(1 * ms, 1 * ms + 10, 1, 5, 1));
	for (int i = 0; i < 100; i++)
		window(3 * ms + 1000 * i, 3 * ms + 1000 * i + 10, 3 * ms + 1000 * i + 500, 6, 1);
	off(2 * ms, 52 * ms, PROBE_ASLEEP);
	fault(52 * ms + 10, 52 * ms + 20, 5, OUTCOME_RETRY);
	put(end_of(53 * ms, 1));
	answer = ask(2 * ms - 100, 52 * ms + 100, 1000);
	assert_int_equal(answer.cause, CAUSE_NOT_RUNNING);
	assert_int_equal(answer.explained_ns, 50 * ms);
	assert_false(answer.window);
	for (int r = 0; r < REASONS; r++)
		for (int t = 0; t < THREADS; t++)
			assert_int_equal(sums()->stall_window[r][t], 0);
	assert_int_equal(sums()->stalls[CAUSE_NOT_RUNNING], 1);
}

/* Preempted within a fault is not the fault's. */
static void test_preempted_within_a_fault(void **state)
{
	(void)state;
	window(1000, 1010, 1100, 5, 1);
	off(2020, 2080, 0);
	fault(2010, 2090, 5, OUTCOME_FIXED);
	check_cause(2000, 2100, CAUSE_NOT_RUNNING, 60);
	window(3000, 3010, 3100, 5, 1);
	off(4020, 4040, 0);
	off(4041, 4050, PROBE_ASLEEP);
	fault(4010, 4090, 5, OUTCOME_FIXED);
	check_cause(4000, 4100, CAUSE_REFAULT, 60);
}

/* Off the CPU from before the stall, or from before the fault: each ns once. */
static void test_parts_are_clipped(void **state)
{
	(void)state;
	window(1000, 1010, 1100, 5, 1);
	off(1900, 2060, 0);
	fault(2040, 2090, 5, OUTCOME_FIXED);
	check_cause(2000, 2100, CAUSE_NOT_RUNNING, 60);
	window(3000, 3010, 3100, 5, 1);
	fault(3900, 4060, 5, OUTCOME_FIXED);
	off(4060, 4300, 0);
	check_cause(4000, 4100, CAUSE_REFAULT, 60);
	check_cause(4080, 4280, CAUSE_NOT_RUNNING, 200);
	fault(4400, 4500, 5, OUTCOME_FIXED);
	off(4600, 4700, 0);
	check_cause(4420, 4480, CAUSE_OTHER_FAULT, 60);
	check_cause(4520, 4580, CAUSE_UNKNOWN, 0);
	check_cause(4580, 4660, CAUSE_NOT_RUNNING, 60);
}

/* 5000 retries: the time between them, in which the guest only enters and faults, is theirs. */
static void test_chain_of_retries(void **state)
{
	struct attrib_answer answer;

	(void)state;
	put(by(start_of(1000, 1010, 1, 5, 1), REASON_PROTECTION_VMA, THREAD_AGENT));
	for (uint64_t i = 0; i < 5000; i++)
		fault(2010 + 10 * i, 2013 + 10 * i, 5, OUTCOME_RETRY);
	put(end_of(52005, 1));
	fault(52010, 52013, 5, OUTCOME_FIXED);
	answer = ask(2000, 52020, 10);
	check_window(answer, CAUSE_INSIDE, REASON_PROTECTION_VMA, THREAD_AGENT);
	assert_int_equal(answer.explained_ns, 50000);
	/* a stall of some other vCPU has nothing of it */
	{
		const struct attrib_stall s = {.begin_ns = 2000, .end_ns = 52020, .vcpu = 1};

		assert_int_equal(attrib_stall(a, &s).cause, CAUSE_UNKNOWN);
	}
}

/* An interrupt whose delivery faults is injected again at each retry. */
static void test_interrupt_that_is_injected_again(void **state)
{
	const uint64_t begins[] = {2000, 2030, 2060};

	(void)state;
	virq(1990);
	put(start_of(1900, 1910, 1, 5, 1));
	for (size_t i = 0; i < ARRAY_SIZE(begins); i++) {
		fault(begins[i], begins[i] + 5, 5, OUTCOME_RETRY);
		put((struct probe_event){.type = PROBE_VIRQ,
					 .begin_ns = begins[i] + 20,
					 .ns = begins[i] + 20,
					 .flags = PROBE_AGAIN});
	}
	put(end_of(2085, 1));
	fault(2090, 2095, 5, OUTCOME_FIXED);
	check_cause(2000, 2095, CAUSE_INSIDE, 90);
}

/* Not a chain: another page, a fault that was not sent back, an interrupt, the vCPU off. */
static void test_what_breaks_a_chain(void **state)
{
	(void)state;
	put(start_of(1000, 1010, 1, 0, 10));
	fault(2000, 2010, 5, OUTCOME_RETRY);
	fault(2090, 2100, 6, OUTCOME_RETRY);
	check_cause(2000, 2100, CAUSE_UNKNOWN, 0);
	fault(3000, 3010, 5, OUTCOME_EMULATE);
	fault(3090, 3100, 5, OUTCOME_RETRY);
	check_cause(3000, 3100, CAUSE_UNKNOWN, 0);
	fault(4000, 4010, 5, OUTCOME_RETRY);
	virq(4011);
	fault(4090, 4100, 5, OUTCOME_RETRY);
	check_cause(4000, 4100, CAUSE_INTERRUPT, 80);
	fault(5000, 5010, 5, OUTCOME_RETRY);
	off(5015, 5085, 0);
	fault(5090, 5100, 5, OUTCOME_RETRY);
	check_cause(5000, 5100, CAUSE_NOT_RUNNING, 70);
	fault(6000, 6010, 5, OUTCOME_RETRY);
	fault(6090, 6100, 5, OUTCOME_RETRY);
	check_cause(6000, 6100, CAUSE_INSIDE, 100);
}

static void test_interrupt(void **state)
{
	const struct attrib_stall busy = {.begin_ns = 3000, .end_ns = 3100, .guest_busy = true};

	(void)state;
	virq(2000);
	check_cause(2000, 2100, CAUSE_INTERRUPT, 100);
	check_cause(2001, 2100, CAUSE_UNKNOWN, 0);
	virq(2950);
	check_cause(2900, 2950, CAUSE_INTERRUPT, 50);
	check_cause(2900, 2949, CAUSE_UNKNOWN, 0);
	fault(3010, 3020, 5, OUTCOME_FIXED);
	check_cause(3000, 3100, CAUSE_UNKNOWN, 0);
	assert_int_equal(attrib_stall(a, &busy).cause, CAUSE_INTERRUPT);
	assert_int_equal(attrib_stall(a, &busy).explained_ns, 90);
	/* the interrupt explains what is left, not what something else took */
	window(3200, 3210, 3220, 5, 1);
	virq(4005);
	fault(4010, 4090, 5, OUTCOME_FIXED);
	check_cause(4000, 4100, CAUSE_REFAULT, 80);
}

/* At least half, no less. */
static void test_half(void **state)
{
	(void)state;
	off(2000, 2050, 0);
	check_cause(2000, 2100, CAUSE_NOT_RUNNING, 50);
	check_cause(2000, 2101, CAUSE_UNKNOWN, 0);
	check_cause(2001, 2100, CAUSE_UNKNOWN, 0);
}

/* The causes with windows behind them count together, and the largest of them is named. */
static void test_windows_together(void **state)
{
	(void)state;
	put(start_of(1000, 1010, 1, 5, 1));
	fault(2000, 2020, 5, OUTCOME_RETRY); /* inside, till 2025 */
	put(end_of(2021, 1));
	fault(2025, 2060, 5, OUTCOME_FIXED); /* refault */
	off(2060, 2100, 0);
	check_cause(2000, 2100, CAUSE_REFAULT, 35);
	check_cause(2000, 2120, CAUSE_REFAULT, 35);
	check_cause(2000, 2121, CAUSE_UNKNOWN, 0);
	check_cause(2030, 2100, CAUSE_NOT_RUNNING, 40);
}

/* Two windows behind one cause: the one that took longer. */
static void test_larger_window(void **state)
{
	(void)state;
	put(by(start_of(1000, 1010, 1, 5, 1), REASON_CLEAR, THREAD_KSMD));
	put(by(start_of(1000, 1010, 2, 6, 1), REASON_MIGRATE, THREAD_AGENT));
	fault(2000, 2040, 5, OUTCOME_RETRY);
	fault(2040, 2060, 6, OUTCOME_RETRY);
	fault(2060, 2100, 6, OUTCOME_RETRY);
	check_window(ask(2000, 2100, 0), CAUSE_INSIDE, REASON_MIGRATE, THREAD_AGENT);
}

static void test_clock_error(void **state)
{
	(void)state;
	off(2000, 2070, 0);
	assert_int_equal(ask(2000, 2100, 20).cause, CAUSE_NOT_RUNNING);
	assert_int_equal(ask(2000, 2100, 21).cause, CAUSE_UNKNOWN); /* might be 49 of 100 */
	/* shorter than four times the error, though nothing else could be */
	off(3000, 4000, 0);
	assert_int_equal(ask(3500, 3600, 25).cause, CAUSE_NOT_RUNNING);
	assert_int_equal(ask(3500, 3600, 26).cause, CAUSE_UNKNOWN);
	assert_int_equal(ask(3500, 3500, 0).cause, CAUSE_UNKNOWN);
	assert_int_equal(ask(3500, 3400, 0).cause, CAUSE_UNKNOWN);
}

/* Which of two window causes is the larger the error must not be able to change either. */
static void test_clock_error_between_causes(void **state)
{
	(void)state;
	window(1000, 1010, 1100, 6, 1);
	put(start_of(1200, 1210, 1, 5, 1));
	fault(2000, 2040, 5, OUTCOME_RETRY);
	fault(2040, 2100, 6, OUTCOME_FIXED);
	assert_int_equal(ask(2000, 2100, 0).cause, CAUSE_REFAULT);
	assert_int_equal(ask(2000, 2100, 10).cause, CAUSE_REFAULT);
	assert_int_equal(ask(2000, 2100, 11).cause, CAUSE_UNKNOWN);
}

/* An interrupt that may have come before the stall explains nothing. */
static void test_clock_error_and_interrupt(void **state)
{
	(void)state;
	virq(2010);
	assert_int_equal(ask(2000, 2100, 10).cause, CAUSE_INTERRUPT);
	assert_int_equal(ask(2000, 2100, 11).cause, CAUSE_UNKNOWN);
	virq(3090);
	assert_int_equal(ask(3000, 3100, 10).cause, CAUSE_INTERRUPT);
	assert_int_equal(ask(3000, 3100, 11).cause, CAUSE_UNKNOWN);
}

/* A window that turned up late changes the cause of the stalls of before, too. */
static void test_late_start(void **state)
{
	(void)state;
	fault(2010, 2090, 5, OUTCOME_RETRY);
	check_cause(2000, 2100, CAUSE_OTHER_FAULT, 80);
	put(by(start_of(1900, 5000, 1, 5, 1), REASON_PROTECTION_VMA, THREAD_AGENT));
	reach(5000);
	check_window(ask(2000, 2100, 0), CAUSE_INSIDE, REASON_PROTECTION_VMA, THREAD_AGENT);
}

static void test_asked_too_early(void **state)
{
	const struct attrib_stall s = {.begin_ns = 2000, .end_ns = 2100, .error_ns = 10};

	(void)state;
	off(2000, 2100, 0);
	reach(2109);
	assert_int_equal(attrib_stall(a, &s).cause, CAUSE_UNKNOWN);
	reach(2110);
	assert_int_equal(attrib_stall(a, &s).cause, CAUSE_NOT_RUNNING);
}

/* What comes too late neither hides what came in time nor takes more than its own length. */
static void test_too_late(void **state)
{
	(void)state;
	off(2000, 2100, 0);
	reach(3000);
	off(1000, 1100, 0);
	check_cause(2000, 2100, CAUSE_NOT_RUNNING, 100);
	check_cause(2900, 3000, CAUSE_NOT_RUNNING, 100); /* moved there */
	check_cause(2100, 2900, CAUSE_UNKNOWN, 0);
	check_cause(1000, 1100, CAUSE_UNKNOWN, 0);
	assert_int_equal(attrib_doubts(a).late, 1);
}

static void test_unknown_vcpu(void **state)
{
	const struct attrib_stall s = {.begin_ns = 2000, .end_ns = 2100, .vcpu = 2};

	(void)state;
	reach(3000);
	assert_int_equal(attrib_stall(a, &s).cause, CAUSE_UNKNOWN);
	assert_int_equal(sums()->stalls[CAUSE_UNKNOWN], 1);
	assert_int_equal(sums()->stall_ns[CAUSE_UNKNOWN], 100);
}

/* The history is bounded; what is older than it is unknown, not something else. */
static void test_older_than_history(void **state)
{
	const uint64_t faults = ATTRIB_MOMENTS / 2 - 1; /* of one of two vCPUs; with one time off */
	const uint64_t after = 3000 + 10 * faults;

	(void)state;
	off(1000, 1900, 0);
	off(2000, 2900, 0);
	for (uint64_t i = 0; i < faults; i++)
		fault(3000 + 10 * i, 3005 + 10 * i, 5, OUTCOME_FIXED);
	check_cause(2000, 2900, CAUSE_NOT_RUNNING, 900);
	assert_int_equal(ask(1900, 2900, 0).cause, CAUSE_NOT_RUNNING);
	assert_int_equal(ask(1899, 2900, 0).cause, CAUSE_UNKNOWN);
	assert_int_equal(ask(1905, 2900, 5).cause, CAUSE_NOT_RUNNING);
	assert_int_equal(ask(1905, 2900, 6).cause, CAUSE_UNKNOWN);
	fault(after, after + 5, 5, OUTCOME_FIXED);
	reach(after + 5);
	assert_int_equal(ask(2899, 3500, 0).cause, CAUSE_UNKNOWN);
	assert_int_equal(ask(3000, 3005, 0).cause, CAUSE_OTHER_FAULT);
	/* the other vCPU's is its own */
	put((struct probe_event){.type = PROBE_OFF, .begin_ns = 1, .ns = after + 100, .vcpu = 1});
	{
		const struct attrib_stall s = {.begin_ns = 2000, .end_ns = 2100, .vcpu = 1};

		reach(after + 100);
		assert_int_equal(attrib_stall(a, &s).cause, CAUSE_NOT_RUNNING);
	}
}

/* Records of stalls come when the stretch is over, and still are its. */
static void test_after_the_end(void **state)
{
	(void)state;
	off(2000, 2100, 0);
	end_at(3000);
	attrib_settle(a, 0, NULL, NULL);
	check_cause(2000, 2100, CAUSE_NOT_RUNNING, 100);
	assert_int_equal(attrib_figures(a)->stalls[CAUSE_NOT_RUNNING], 1);
	begin_at(4000);
	assert_int_equal(attrib_figures(a)->stalls[CAUSE_NOT_RUNNING], 0);
	assert_int_equal(attrib_figures(a)->stall_ns[CAUSE_NOT_RUNNING], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		made(test_refault),
		made(test_other_fault),
		made(test_sent_back_without_window),
		made(test_inside),
		made(test_retried_and_collateral),
		made(test_cow),
		made(test_own_window_without_copy),
		made(test_migration_wait),
		made(test_migration_wait_goes_first),
		made(test_migration_wait_without_window),
		made(test_not_running),
		made(test_preempted_within_a_fault),
		made(test_parts_are_clipped),
		made(test_chain_of_retries),
		made(test_interrupt_that_is_injected_again),
		made(test_what_breaks_a_chain),
		made(test_interrupt),
		made(test_half),
		made(test_windows_together),
		made(test_larger_window),
		made(test_clock_error),
		made(test_clock_error_between_causes),
		made(test_clock_error_and_interrupt),
		made(test_late_start),
		made(test_asked_too_early),
		made(test_too_late),
		made(test_unknown_vcpu),
		made(test_older_than_history),
		made(test_after_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
