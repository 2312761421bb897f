/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * attrib_model_stalls.c - random stalls in random streams: their causes by attrib, and by going
 * through each ns of them.
 *
 * It would pass silently if a cause never came: each has to come 20 times.
 */
#include "attrib_definition.h"

static uint8_t cause_at[2 * SPAN];

static void paint(uint64_t from, uint64_t to, enum attrib_cause cause)
{
	for (; from < to; from++)
		cause_at[from] = cause;
}

static enum attrib_cause cause_of(int i)
{
	if (event[i].flags & PROBE_MIGRATION)
		return CAUSE_MIGRATION_WAIT;
	if (event[i].flags & PROBE_OWN_COPY)
		return CAUSE_COW;
	switch (class_in_the_end[i]) {
	case CLASS_INSIDE:
		return CAUSE_INSIDE;
	case CLASS_REFAULT:
	case CLASS_UPGRADE:
		return CAUSE_REFAULT;
	case CLASS_OTHER:
		return CAUSE_OTHER_FAULT;
	default:
		return CAUSE_RETRIED;
	}
}

/* Off the CPU since the last exit: out of the guest, for the exit that comes. */
static void paint_before_exit(int i)
{
	uint64_t off = NEVER;

	for (int k = 0; k < i; k++) {
		const struct probe_event *o = &event[k];

		if (o->vcpu != event[i].vcpu)
			continue;
		if (o->type == PROBE_FAULT || o->type == PROBE_EXIT)
			off = NEVER;
		else if (o->type == PROBE_OFF && off == NEVER)
			off = o->begin_ns;
	}
	if (off < event[i].begin_ns)
		paint(off, event[i].begin_ns, CAUSE_OTHER_EXIT);
}

static void paint_exits(uint32_t vcpu)
{
	for (int i = 0; i < nevents; i++)
		if (event[i].vcpu == vcpu && event[i].type == PROBE_EXIT)
			paint(event[i].begin_ns, event[i].ns, CAUSE_OTHER_EXIT);
}

static void paint_vcpu(uint32_t vcpu)
{
	int before = -1;

	memset(cause_at, CAUSE_UNKNOWN, sizeof(cause_at));
	for (int i = 0; i < nevents; i++)
		if (event[i].vcpu == vcpu && event[i].type == PROBE_EXIT)
			paint_before_exit(i);
	for (int i = 0; i < nevents; i++) {
		if (event[i].vcpu != vcpu || event[i].type < PROBE_FAULT)
			continue;
		if (event[i].type == PROBE_VIRQ && !(event[i].flags & PROBE_AGAIN))
			before = -1;
		if (event[i].type != PROBE_FAULT)
			continue;
		paint(event[i].begin_ns, event[i].ns, cause_of(i));
		if (before >= 0 && event[before].outcome == OUTCOME_RETRY &&
		    page_of(&event[before]) == page_of(&event[i]))
			paint(event[before].ns, event[i].begin_ns, cause_of(before));
		before = i;
	}
	paint_exits(vcpu);
	for (int i = 0; i < nevents; i++) {
		const struct probe_event *o = &event[i];
		bool within = false;

		if (o->vcpu != vcpu || o->type != PROBE_OFF)
			continue;
		for (int k = 0; k < nevents; k++)
			within |= event[k].type == PROBE_FAULT && event[k].vcpu == vcpu &&
				  event[k].begin_ns <= o->begin_ns && o->ns <= event[k].ns;
		if (!within || !(o->flags & PROBE_ASLEEP))
			paint(o->begin_ns, o->ns, CAUSE_NOT_RUNNING);
	}
}

/* What the cause would be if the stall were just there; *@share: how much of it each took. */
static bool could_be(const struct attrib_stall *s, int64_t shift, enum attrib_cause answer,
		     uint64_t *explained)
{
	uint64_t share[CAUSES] = {0}, windows = 0, largest = 0, length = s->end_ns - s->begin_ns;
	bool irq = s->guest_busy;

	for (uint64_t t = s->begin_ns + shift; t < s->end_ns + shift; t++)
		share[cause_at[t]]++;
	for (int i = 0; i < nevents; i++)
		irq |= event[i].type == PROBE_VIRQ && event[i].vcpu == s->vcpu &&
		       event[i].ns >= s->begin_ns + shift && event[i].ns <= s->end_ns + shift;
	if (irq)
		share[CAUSE_INTERRUPT] = share[CAUSE_UNKNOWN];
	for (int i = 0; i < CAUSE_OTHER_FAULT; i++) {
		windows += share[i];
		largest = share[i] > largest ? share[i] : largest;
	}
	*explained = answer == CAUSE_UNKNOWN ? 0 : share[answer];
	if (answer == CAUSE_UNKNOWN) {
		for (int i = CAUSE_OTHER_FAULT; i < CAUSE_UNKNOWN; i++)
			windows = share[i] > windows ? share[i] : windows;
		return 2 * windows < length;
	}
	if (answer < CAUSE_OTHER_FAULT)
		return 2 * windows >= length && share[answer] == largest;
	/* cppcheck-suppress arrayIndexOutOfBoundsCond; answer is a cause, below CAUSES */
	return 2 * share[answer] >= length;
}

static uint64_t answers[CAUSES];

static uint64_t sum_of_parts(void)
{
	const struct attrib_figures *f = attrib_figures(a);
	uint64_t sum = 0, keyed = f->preempted_by.rest_ns + f->exits.rest_ns;

	for (int i = 0; i < PARTS; i++)
		sum += f->part_ns[i];
	for (uint32_t i = 0; i < f->preempted_by.n; i++)
		keyed += f->preempted_by.of[i].ns;
	for (uint32_t i = 0; i < f->exits.n; i++)
		keyed += f->exits.of[i].ns;
	assert_int_equal(keyed, f->part_ns[PART_PREEMPTED] + f->part_ns[PART_OTHER_EXIT]);
	return sum;
}

static void check_stall(uint32_t vcpu, uint64_t error_ns)
{
	struct attrib_stall s = {
		.begin_ns = 2000 + pick(SPAN - 8000),
		.vcpu = vcpu,
		.error_ns = error_ns,
		.guest_busy = pick(20) == 0,
	};
	struct attrib_answer answer;
	uint64_t explained, before;

	s.end_ns = s.begin_ns + 4 * error_ns + 1 + some_time();
	before = sum_of_parts();
	answer = attrib_stall(a, &s);
	assert_int_equal(sum_of_parts() - before,
			 s.end_ns - s.begin_ns); /* neither more nor less */
	answers[answer.cause]++;
	if (answer.cause == CAUSE_UNKNOWN && error_ns)
		return; /* it need not know */
	for (int64_t shift = -(int64_t)error_ns; shift <= (int64_t)error_ns; shift++)
		if (!could_be(&s, shift, answer.cause, &explained))
			fail_msg("stall %lu..%lu of vCPU %u with error %lu: cause %u, but not "
				 "when it is %ld later",
				 s.begin_ns, s.end_ns, vcpu, error_ns, answer.cause, (long)shift);
	could_be(&s, 0, answer.cause, &explained);
	assert_int_equal(answer.explained_ns, explained);
}

static void test_stalls(void **state)
{
	(void)state;
	for (uint64_t i = 1; i <= 20; i++) {
		make_stream(1000 + i);
		model(0);
		run_stream(0);
		for (uint32_t vcpu = 0; vcpu < VCPUS; vcpu++) {
			paint_vcpu(vcpu);
			for (int k = 0; k < 300; k++)
				check_stall(vcpu, k % 2 ? 0 : pick(20));
		}
		made_close(NULL);
	}
	for (int i = 0; i < CAUSES; i++)
		assert_true(answers[i] > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stalls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
