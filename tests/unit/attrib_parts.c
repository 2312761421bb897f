/* SPDX-License-Identifier: GPL-2.0-only */
/* attrib_parts.c - what the time of a stall was spent on, each ns once, and which stalls are told.
 */
#include "attrib_made.h"

static void left_for(uint64_t begin, uint64_t end, uint32_t reason)
{
	put((struct probe_event){
		.type = PROBE_EXIT, .begin_ns = begin, .ns = end, .address = reason, .vcpu = 0});
}

static void off_by(uint64_t begin, uint64_t end, const char *comm)
{
	struct probe_event e = {.type = PROBE_OFF, .begin_ns = begin, .ns = end, .vcpu = 0};

	memcpy(e.comm, comm, strnlen(comm, PROBE_COMM));
	put(e);
}

/* @part of the stall [begin, end) alone; all parts together are as long as it is. */
static uint64_t part_of(uint64_t begin, uint64_t end, enum attrib_part part)
{
	uint64_t before[PARTS], all = 0;

	memcpy(before, sums()->part_ns, sizeof(before));
	ask(begin, end, 0);
	for (int i = 0; i < PARTS; i++)
		all += sums()->part_ns[i] - before[i];
	assert_int_equal(all, end - begin);
	return sums()->part_ns[part] - before[part];
}

static void test_other_exit(void **state)
{
	(void)state;
	left_for(2010, 2090, 0x60);
	check_cause(2000, 2100, CAUSE_OTHER_EXIT, 80);
	assert_int_equal(part_of(2000, 2100, PART_OTHER_EXIT), 80);
	assert_int_equal(part_of(2000, 2100, PART_NOT_SEEN), 20);
	assert_int_equal(sums()->exits.n, 1);
	assert_int_equal(sums()->exits.of[0].key, 0x60);
	assert_int_equal(sums()->exits.of[0].ns, 240);
}

/* Off the CPU before the tracepoint of the exit has come: out of the guest all the same. */
static void test_exit_told_late(void **state)
{
	(void)state;
	off_by(2010, 2040, "ksmd");
	left_for(2060, 2090, 0x60);
	assert_int_equal(part_of(2000, 2100, PART_PREEMPTED), 30);
	assert_int_equal(part_of(2000, 2100, PART_OTHER_EXIT), 50);
	assert_int_equal(part_of(2000, 2100, PART_NOT_SEEN), 20);
}

/* From the exit to the entry a fault is the fault's; how long it went on comes with the next. */
static void test_around_a_fault(void **state)
{
	struct probe_event e = fault_of(0, 2010, 2050, 5, OUTCOME_FIXED);

	(void)state;
	e.id = 7;
	put(e);
	assert_int_equal(part_of(2000, 2100, PART_OTHER_FAULT), 47);
	e = fault_of(0, 3010, 3050, 5, OUTCOME_FIXED);
	e.id = 11ull << 32 | 3;
	put(e);
	assert_int_equal(part_of(2000, 2100, PART_OTHER_FAULT), 58);
	off_by(3055, 3060, "ksmd");
	e = fault_of(0, 4010, 4050, 5, OUTCOME_FIXED);
	e.id = 15ull << 32;
	put(e);
	assert_int_equal(part_of(3000, 3100, PART_OTHER_FAULT), 43 + 10);
	assert_int_equal(part_of(3000, 3100, PART_PREEMPTED), 5);
}

/* A chain goes on through exits in which the host alone had something to do. */
static void test_chain_through_exits(void **state)
{
	(void)state;
	put(start_of(1000, 1010, 1, 5, 1));
	fault(2000, 2010, 5, OUTCOME_RETRY);
	left_for(2040, 2050, 0x60);
	fault(2090, 2100, 5, OUTCOME_RETRY);
	assert_int_equal(part_of(2000, 2100, PART_INSIDE), 90);
	assert_int_equal(part_of(2000, 2100, PART_OTHER_EXIT), 10);
}

static void test_preempted_by_whom(void **state)
{
	(void)state;
	off_by(2000, 2030, "ksmd");
	off_by(2030, 2035, "kworker/0:1-events");
	off_by(2035, 2036, "kworker/1:3");
	off_by(2036, 2080, "ksmd");
	assert_int_equal(part_of(2000, 2100, PART_PREEMPTED), 80);
	assert_int_equal(sums()->preempted_by.n, 2);
	assert_string_equal(attrib_comm(a, sums()->preempted_by.of[0].key), "ksmd");
	assert_int_equal(sums()->preempted_by.of[0].ns, 74);
	assert_string_equal(attrib_comm(a, sums()->preempted_by.of[1].key), "kworker");
	assert_int_equal(sums()->preempted_by.of[1].ns, 6);
}

/* A stall of which nothing can be known is not seen at all, and adds up, too. */
static void test_parts_of_the_unknown(void **state)
{
	(void)state;
	off(2000, 2100, 0);
	attrib_reached(a, 2050);
	{
		const struct attrib_stall s = {.begin_ns = 2000, .end_ns = 2100, .vcpu = 9};

		attrib_stall(a, &s);
	}
	assert_int_equal(sums()->part_ns[PART_NOT_SEEN], 100);
}

/* The 16 longest, the longest first; of equal ones the earlier. */
static void test_longest_are_told(void **state)
{
	const struct told *t;

	(void)state;
	attrib_reached(a, 1000000);
	for (uint64_t i = 0; i < 40; i++)
		ask(2000 + 1000 * i, 2000 + 1000 * i + 100 + 10 * (i * 7 % 20), 0);
	t = attrib_told(a);
	assert_int_equal(t->n, TOLD_STALLS);
	for (uint32_t i = 0; i < t->n; i++) {
		assert_int_equal(t->stall[i].ns, 100 + 10 * (19 - i / 2));
		if (i % 2)
			assert_true(t->stall[i - 1].begin_ns < t->stall[i].begin_ns);
	}
	attrib_begin(a, 2000000);
	assert_int_equal(attrib_told(a)->n, 0);
}

static void test_told_pieces(void **state)
{
	const struct told_piece *p;
	const struct told_stall *s;
	struct probe_event e = end_of(2950, 1);

	(void)state;
	put(by(start_of(1000, 1010, 1, 5, 1), REASON_CLEAR, THREAD_KSMD));
	for (uint64_t i = 0; i < 50; i++)
		fault(2000 + 10 * i, 2005 + 10 * i, 5, OUTCOME_RETRY);
	off_by(2500, 2900, "host-stress");
	fault(2900, 2940, 5, OUTCOME_RETRY);
	e.address = 4;
	put(e);
	fault(2960, 2990, 5, OUTCOME_FIXED);
	ask(2000, 3000, 0);
	s = &attrib_told(a)->stall[0];
	assert_int_equal(s->n, 4);
	p = s->piece;
	assert_int_equal(p->part, PART_INSIDE);
	assert_int_equal(p->ns, 500 + 60); /* the chain of retries lasts until the window is over */
	assert_int_equal(p->at_ns, 0);
	assert_int_equal(p->until_ns, 960);
	assert_true(p->window && p->known);
	assert_int_equal(p->thread, THREAD_KSMD);
	assert_int_equal(p->t0, 1000);
	assert_int_equal(p->t2, 2950);
	assert_int_equal(p->stack, 4);
	assert_int_equal(p->tid, 77);
	assert_int_equal(p->gpa, gpa_of(5));
	assert_int_equal(p[1].part, PART_PREEMPTED);
	assert_int_equal(p[1].ns, 400);
	assert_string_equal(attrib_comm(a, p[1].what), "host-stress");
	assert_int_equal(p[2].part, PART_REFAULT);
	assert_int_equal(p[2].ns, 30);
	assert_true(p[2].window);
	assert_int_equal(p[3].part, PART_NOT_SEEN);
	assert_int_equal(p[0].ns + p[1].ns + p[2].ns + p[3].ns + s->rest_ns, s->ns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		made(test_other_exit),	      made(test_exit_told_late),
		made(test_around_a_fault),    made(test_chain_through_exits),
		made(test_preempted_by_whom), made(test_parts_of_the_unknown),
		made(test_longest_are_told),  made(test_told_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
