/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * verdict.c - every way a run can end, with and without corrupted data, stress begun, a cured QEMU
 * and an exercised phase, against a table written from design and not from the code. A wrong 0 or 1
 * would mislead git bisect for good, so each of the combinations is asked.
 */
#include "capture.h"
#include "judge/verdict.h"

#include <stdlib.h>

enum flaw {
	NONE,
	NOT_DONE,
	NOT_EXERCISED, /* says the phase */
	PROOF_SHORT,   /* exercised says the phase, but not its counters */
	NO_PROOF,
	NO_GATE, /* a proof that needs nothing */
	NO_TOUCH,
	NO_CHECK,
	NO_CLOCK,
	LOST_FRAMES,
	FLAWS,
};

static void add(struct result *r, const char *name, const char *sources)
{
	struct phase_result *p;

	assert_int_equal(result_add_phase(r, name, sources, &p), 0);
	p->done = p->exercised = true;
	p->duration_ns = NSEC_PER_SEC;
	p->touch.count = 1000;
	p->integrity.checked = 1000;
}

static void make(struct result *r, enum run_end end, enum flaw flaw)
{
	struct phase_result *p;

	*r = (struct result){.end = end, .qemu_cured = true, .stress_begun = true};
	add(r, "idle", "null");
	add(r, "ksm-merge", "ksm-merge");
	p = &r->phases[1];
	p->proof[0] = (struct proof){"pages_merged", 1000, 1000};
	p->proof[1] = (struct proof){"pages_seen_merging", 100, 100};
	p->nproof = 2;
	if (flaw == NOT_DONE)
		p->done = false;
	else if (flaw == NOT_EXERCISED)
		p->exercised = false;
	else if (flaw == PROOF_SHORT)
		p->proof[1].moved = 99;
	else if (flaw == NO_PROOF)
		p->nproof = 0;
	else if (flaw == NO_GATE)
		p->proof[0].needed = p->proof[1].needed = 0;
	else if (flaw == NO_TOUCH)
		p->touch.count = 0;
	else if (flaw == NO_CHECK)
		p->integrity.checked = 0;
	else if (flaw == NO_CLOCK)
		p->duration_ns = 0;
	else if (flaw == LOST_FRAMES)
		p->lost = 1;
}

static void expect(struct result *r, int code)
{
	assert_int_equal(verdict_judge(r), 0);
	if ((int)r->verdict.code != code)
		fail_msg("end %d, cured %d, begun %d: %d instead of %d (%s)", r->end, r->qemu_cured,
			 r->stress_begun, r->verdict.code, code,
			 r->verdict.nreasons ? r->verdict.reasons[0] : "no reason");
	assert_int_equal(r->verdict.nreasons == 0, code == VERDICT_PASS);
}

static const struct {
	enum run_end end;
	int begun;     /* the code of a clean result on a cured QEMU, stress begun */
	int not_begun; /* … not begun */
	int uncured;   /* … on an uncured one, stress begun */
	int corrupted; /* with a corrupted word, whatever else */
	const char *says;
} ends[] = {
	{RUN_COMPLETE, 0, 0, 0, 1, ""},
	{RUN_GUEST_CRASHED, 1, 125, 125, 1, "the guest died"},
	{RUN_QEMU_CRASHED, 1, 125, 125, 1, "QEMU or its KVM died"},
	{RUN_QEMU_KILLED, 125, 125, 125, 1, "QEMU was killed"},
	{RUN_GUEST_SILENT, 125, 125, 125, 1, "the guest fell silent"},
	{RUN_GUEST_LIVELOCK, 1, 125, 125, 1, "the guest hung in a livelock"},
	{RUN_KERNEL_DIED, 1, 125, 125, 1, "the kernel under test died"},
	{RUN_KERNEL_HUNG, 125, 125, 125, 1, "the kernel under test fell silent"},
	{RUN_PROBE_SILENT, 125, 125, 125, 1, "the probes did not see the invalidation"},
	{RUN_KERNEL_LACKS, 125, 125, 125, 1, "the kernel under test lacks what was asked for"},
	{RUN_INTERRUPTED, 128, 128, 128, 128, "interrupted"},
	{RUN_ERROR, 128, 128, 128, 128, "host-stress could not go on"},
	{(enum run_end)99, 128, 128, 128, 128, "host-stress could not go on"},
};

static void every_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		struct result r;

		make(&r, ends[i].end, NONE);
		expect(&r, ends[i].begun);
		if (r.verdict.nreasons)
			assert_memory_equal(r.verdict.reasons[0], ends[i].says,
					    strlen(ends[i].says));
		r.stress_begun = false;
		expect(&r, ends[i].not_begun);
		r.qemu_cured = false;
		expect(&r, ends[i].not_begun);
		r.stress_begun = true;
		expect(&r, ends[i].uncured);
		if (ends[i].end != RUN_COMPLETE && ends[i].uncured == 125 &&
		    ends[i].end != RUN_QEMU_KILLED && ends[i].end != RUN_PROBE_SILENT &&
		    ends[i].end != RUN_KERNEL_LACKS)
			assert_non_null(strstr(r.verdict.reasons[0], "interrupts twice"));
		result_free(&r);
	}
}

/* Corruption weighs more than any end and any flaw, except an interruption or an error of ours. */
static void corruption_wins(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		for (int flaw = NONE; flaw < FLAWS; flaw++)
			for (int phase = 0; phase < 2; phase++) {
				struct result r;

				make(&r, ends[i].end, (enum flaw)flaw);
				r.phases[phase].integrity.errors = 3;
				expect(&r, ends[i].corrupted);
				assert_non_null(strstr(r.verdict.reasons[0], "corrupted"));
				r.qemu_cured = r.stress_begun = false;
				expect(&r, ends[i].corrupted);
				/* A page that the dirty log lacks is as bad. */
				r.phases[phase].integrity.errors = 0;
				r.phases[phase].integrity.unlogged = 1;
				expect(&r, ends[i].corrupted);
				assert_non_null(strstr(r.verdict.reasons[0], "dirty log"));
				result_free(&r);
			}
}

/* No flaw may pass, and none may be blamed on the kernel. */
static void flaws_cannot_be_judged(void **state)
{
	(void)state;
	for (int flaw = NOT_DONE; flaw < FLAWS; flaw++)
		for (int cured = 0; cured < 2; cured++) {
			struct result r;

			make(&r, RUN_COMPLETE, (enum flaw)flaw);
			r.qemu_cured = cured;
			expect(&r, VERDICT_CANNOT_JUDGE);
			assert_non_null(strstr(r.verdict.reasons[0], "ksm-merge"));
			if (flaw == PROOF_SHORT)
				assert_non_null(strstr(r.verdict.reasons[0], "pages_seen_merging "
									     "moved by 99"));
			result_free(&r);
		}
}

static void nothing_ran(void **state)
{
	struct result r = {.qemu_cured = true, .stress_begun = true};

	(void)state;
	expect(&r, VERDICT_CANNOT_JUDGE);
	result_free(&r);
}

/* The control needs no proof counter, but a guest that works. */
static void idle_needs_touches(void **state)
{
	struct result r = {.qemu_cured = true, .stress_begun = true};

	(void)state;
	add(&r, "idle", "null");
	expect(&r, VERDICT_PASS);
	r.phases[0].touch.count = 0;
	expect(&r, VERDICT_CANNOT_JUDGE);
	result_free(&r);
}

/* A dead source can be what is looked for; a phase that has nothing to show otherwise is not. */
static void unexercised_is_bad(void **state)
{
	(void)state;
	for (int flaw = NOT_DONE; flaw < FLAWS; flaw++) {
		struct result r;

		make(&r, RUN_COMPLETE, (enum flaw)flaw);
		r.on_unexercised = ON_UNEXERCISED_BAD;
		expect(&r, flaw == PROOF_SHORT ? VERDICT_FAIL : VERDICT_CANNOT_JUDGE);
		r.phases[1].exercised = false;
		r.phases[1].why_not = strdup("it stood still");
		if (flaw == PROOF_SHORT) {
			expect(&r, VERDICT_FAIL);
			assert_non_null(strstr(r.verdict.reasons[0], "exercised: it stood still"));
			r.phases[1].lost = 1;
			expect(&r, VERDICT_CANNOT_JUDGE);
			r.phases[1].lost = 0;
			r.end = RUN_GUEST_SILENT;
			expect(&r, VERDICT_CANNOT_JUDGE);
		}
		result_free(&r);
	}
}

/* A livelock that it came out of is one all the same, but not by probes that are in doubt. */
static void livelock(void **state)
{
	struct result r;

	(void)state;
	make(&r, RUN_COMPLETE, NONE);
	r.phases[1].faults = (struct fault_figures){.classes_known = true, .sent_back_most = 9999};
	expect(&r, VERDICT_PASS);
	r.phases[1].faults.sent_back_most = LIVELOCK_LEAST;
	expect(&r, VERDICT_FAIL);
	assert_non_null(
		strstr(r.verdict.reasons[0], "phase ksm-merge: KVM sent a vCPU back 10000"));
	r.qemu_cured = false;
	expect(&r, VERDICT_CANNOT_JUDGE);
	r.qemu_cured = true;
	r.end = RUN_INTERRUPTED;
	expect(&r, VERDICT_ERROR);
	r.end = RUN_COMPLETE;
	r.phases[1].faults.classes_known = false;
	expect(&r, VERDICT_PASS);
	r.phases[1].faults = (struct fault_figures){.known = true,
						    .classes_known = true,
						    .sent_back_most = 20000,
						    .unmatched = 900,
						    .total = 1000};
	expect(&r, VERDICT_PASS);
	result_free(&r);
}

/* A second judgement replaces the first; the details of the end stand behind it. */
static void judged_anew(void **state)
{
	struct result r;

	(void)state;
	make(&r, RUN_GUEST_CRASHED, NOT_DONE);
	r.end_detail = strdup("panic at frob+0x1");
	expect(&r, VERDICT_FAIL);
	expect(&r, VERDICT_FAIL);
	assert_int_equal(r.verdict.nreasons, 1);
	assert_non_null(strstr(r.verdict.reasons[0], "panic at frob+0x1"));
	result_free(&r);
}

/* Codes that a shell, timeout(1) or git bisect give a meaning of their own never come out. */
static void names(void **state)
{
	(void)state;
	assert_string_equal(verdict_name(VERDICT_PASS), "pass");
	assert_string_equal(verdict_name(VERDICT_FAIL), "fail");
	assert_string_equal(verdict_name(VERDICT_CANNOT_JUDGE), "cannot judge");
	assert_string_equal(verdict_name(VERDICT_ERROR), "error");
	assert_string_equal(verdict_name((enum verdict_code)77), "error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_end),
		cmocka_unit_test(corruption_wins),
		cmocka_unit_test(flaws_cannot_be_judged),
		cmocka_unit_test(nothing_ran),
		cmocka_unit_test(idle_needs_touches),
		cmocka_unit_test(livelock),
		cmocka_unit_test(unexercised_is_bad),
		cmocka_unit_test(judged_anew),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
