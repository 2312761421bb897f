/* SPDX-License-Identifier: GPL-2.0-only */
/* limits_doubts.c - --fail-if: no doubt ends as a pass, and nothing that was not proven. */
#include "limits_made.h"

#include <errno.h>
#include <math.h>

static void cannot(struct result *r, const char *expr, const char *says)
{
	for (size_t i = 0; i < 4; i++) {
		auto_free char *text = i == 1	? str_format("0 > %s", expr)
				       : i == 2 ? str_format("%s != 0", expr)
				       : i == 3 ? str_format("%s == 0", expr)
						: str_format("%s > 0", expr);
		bool said = false;

		judge(r, text);
		if (r->verdict.code != VERDICT_CANNOT_JUDGE)
			fail_msg("'%s': %d", text, r->verdict.code);
		for (size_t k = 0; k < r->verdict.nreasons; k++)
			said |= !!strstr(r->verdict.reasons[k], says);
		if (!said)
			fail_msg("'%s' says '%s', not '%s'", text, r->verdict.reasons[0], says);
	}
}

/* Whatever is not known neither passes nor fails. */
static void doubts(void **state)
{
	struct result r;

	(void)state;
	made(&r);
	cannot(&r, "migrate.kvm.nonesuch",
	       "figure migrate.kvm.nonesuch is not known on this kernel");
	cannot(&r, "kvm.nonesuch",
	       "in phase ksm-merge: figure ksm-merge.kvm.nonesuch is not known");
	cannot(&r, "migrate.exits.hlt", "not known");
	cannot(&r, "migrate.faults.total / migrate.lost",
	       "it divides by 'migrate.lost', which was 0");
	cannot(&r, "migrate.faults.total / (idle.faults.total + idle.faults.fixed)",
	       "divides by 'idle.faults.total + idle.faults.fixed', which was 0");
	r.phases[3].faults.known = false;
	cannot(&r, "migrate.faults.total", "not known");
	r.tsc_error = NAN;
	cannot(&r, "clock.tsc_error", "not known");
	r.tsc_error = INFINITY;
	cannot(&r, "clock.tsc_error", "not known");
	r.phases[1].lost = 3;
	cannot(&r, "ksm-merge.touch.p999", "3 frames or records of the guest were lost");
	cannot(&r, "ksm-merge.stalls.count", "3 frames or records of the guest were lost");
	judge(&r, "ksm-merge.faults.total > 0"); /* not the guest's to tell */
	assert_int_equal(r.verdict.code, VERDICT_FAIL);
	judge(&r, "ksm-merge.lost > 2");
	assert_int_equal(r.verdict.code, VERDICT_FAIL);
	result_free(&r);
}

/* What the probes did not see, or not wholly, on which backend soever. */
static void doubts_of_probes(void **state)
{
	static const char *const all[] = {
		"migrate.windows.count",
		"migrate.windows.by_event.clear",
		"migrate.windows.ns.empty.p99",
		"migrate.windows.preempted",
		"migrate.faults.inside",
		"migrate.faults.sent_back",
		"migrate.refault_ratio",
		"migrate.transitions.replace.zapped",
		"migrate.stalls.by_cause.cow.count",
		"migrate.transitions.replace.refault_ratio",
	};
	struct phase_result *p;
	struct result r;

	(void)state;
	made(&r);
	assert_int_equal(result_add_phase(&r, "new", "new", &p), 0);
	assert_true(isnan(p->refault_ratio)); /* not 0, which would be the best there is */
	p = &r.phases[3];
	r.probes.lost = 2;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		cannot(&r, all[i], "is not whole: 2 events of the probes were lost");
	judge(&r, "migrate.faults.total > 0"); /* KVM's own */
	assert_int_equal(r.verdict.code, VERDICT_FAIL);
	judge(&r, "probes.lost > 1");
	assert_int_equal(r.verdict.code, VERDICT_FAIL);
	r.probes.lost = 0;
	r.probes.late = 3;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		cannot(&r, all[i], "is in doubt: 3 events of the probes came late");
	judge(&r, "probes.late > 2");
	assert_int_equal(r.verdict.code, VERDICT_FAIL);
	r.probes.late = 0;
	r.probes.unpaired = 4;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		cannot(&r, all[i], "4 halves of windows and faults have no other half");
	judge(&r, "probes.unpaired > 3");
	assert_int_equal(r.verdict.code, VERDICT_FAIL);
	r.probes.unpaired = 0;
	r.probes.counted = false;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		cannot(&r, all[i], "is in doubt: nobody knows what the probes lost");
	cannot(&r, "probes.lost", "is not known");
	r.probes.counted = true;

	p->faults.unmatched = 417;
	cannot(&r, "migrate.faults.inside", "of KVM's 40000 faults 417 do not match");
	p->faults.unmatched = -417;
	cannot(&r, "migrate.refault_ratio", "of KVM's 40000 faults -417 do not match");
	judge(&r, "migrate.windows.count > 0"); /* rests on no fault */
	assert_int_equal(r.verdict.code, VERDICT_FAIL);
	judge(&r, "migrate.faults.unmatched < 0");
	assert_int_equal(r.verdict.code, VERDICT_FAIL);
	p->faults.unmatched = -416;
	judge(&r, "migrate.faults.inside > 0");
	assert_int_equal(r.verdict.code, VERDICT_FAIL);

	p->stalls.records_lost = 5;
	cannot(&r, "migrate.stalls.unknown", "5 stalls came without their records");
	p->stalls.records_lost = 0;
	p->lost = 3;
	cannot(&r, "migrate.stalls.unknown", "3 frames or records of the guest were lost");
	cannot(&r, "migrate.refault_ratio", "3 frames or records of the guest were lost");
	p->lost = 0;
	p->windows.preempted_known = false;
	cannot(&r, "migrate.windows.preempted", "is not known on this kernel");
	p->refault_ratio = NAN;
	cannot(&r, "migrate.refault_ratio", "is not known on this kernel");
	cannot(&r, "idle.windows.ns.empty.p99", "is not known"); /* no window */
	cannot(&r, "migrate.transitions.copy.refault_ratio", "is not known");
	p->faults.known = false;
	cannot(&r, "migrate.faults.unmatched", "is not known");

	free(r.probes.backend);
	r.probes.backend = strdup("counters");
	p->windows.known = p->faults.classes_known = false;
	memset(p->transitions, 0, sizeof(p->transitions));
	p->windows.preempted_known = p->stalls.causes_known = false;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		cannot(&r, all[i], "is not known: counters cannot tell it (--probes)");
	free(r.probes.selftest);
	r.probes.selftest = NULL;
	r.probes.counted = false;
	cannot(&r, "probes.lost", "counters cannot tell it");
	free(r.clock.method);
	r.clock.method = NULL;
	cannot(&r, "clock.error_ns", "counters cannot tell it");
	result_free(&r);
}

static void says_unproven(struct result *r, const char *expr, const char *reason)
{
	judge(r, expr);
	assert_int_equal(r->verdict.code, VERDICT_CANNOT_JUDGE);
	assert_int_equal(r->limits[0].state, LIMIT_UNPROVEN);
	assert_int_equal(r->verdict.nreasons, 1);
	if (!strstr(r->verdict.reasons[0], reason))
		fail_msg("'%s' instead of '%s'", r->verdict.reasons[0], reason);
}

/* No judgement without proof of exercise, whatever the figures say. */
static void needs_proof(void **state)
{
	struct result r;

	(void)state;
	made(&r);
	r.phases[3].proof[0].moved = 999;
	says_unproven(&r, "migrate.faults.total > 3", "pages_moved moved by 999, needed 1000");
	says_unproven(&r, "ksm-merge.faults.total > migrate.faults.total", "pages_moved");
	judge(&r, "migrate.proof.pages_moved < 1000"); /* that it is not is known */
	assert_int_equal(r.verdict.code, VERDICT_FAIL);
	assert_int_equal(r.limits[0].state, LIMIT_EXCEEDED);
	judge(&r, "migrate.proof.pages_moved < 999");
	assert_int_equal(r.limits[0].state, LIMIT_KEPT);
	assert_int_equal(r.verdict.code, VERDICT_CANNOT_JUDGE);
	says_unproven(&r, "migrate.proof.pages_moved > migrate.faults.total", "not exercised");
	judge(&r, "ksm-merge.faults.total > 3"); /* its own phase is proven */
	assert_int_equal(r.verdict.code, VERDICT_FAIL);
	judge(&r, "ksm-merge.faults.total < 3");
	assert_int_equal(r.verdict.code, VERDICT_CANNOT_JUDGE);
	judge(&r, "faults.total > 3"); /* one phase that exceeds it is enough */
	assert_int_equal(r.verdict.code, VERDICT_FAIL);
	r.phases[3].proof[0].moved = 1000;
	r.phases[3].exercised = false;
	says_unproven(&r, "migrate.faults.total > 3", "not exercised");
	r.phases[3].exercised = true;
	r.phases[3].done = false;
	says_unproven(&r, "migrate.faults.total > 3", "did not run to its end");
	says_unproven(&r, "migrate.proof.pages_moved < 5000", "did not run to its end");
	r.phases[3].done = true;
	r.phases[0].touch.count = 0;
	says_unproven(&r, "idle.faults.total == 0", "touched no page");
	result_free(&r);
}

/* A run that did not end judges no limit: who knows what ended it. Its phases may be fewer. */
static void needs_the_end(void **state)
{
	static const enum run_end ends[] = {RUN_QEMU_KILLED, RUN_GUEST_SILENT, RUN_KERNEL_HUNG};
	struct result r;

	(void)state;
	made(&r);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_int_equal(result_add_text(&r.planned, &r.nplanned, names[i]), 0);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		r.end = ends[i];
		judge(&r, "ksm-merge.faults.total > 3");
		assert_int_equal(r.verdict.code, VERDICT_CANNOT_JUDGE);
	}
	r.end = RUN_INTERRUPTED;
	judge(&r, "ksm-merge.faults.total > 3");
	assert_int_equal(r.verdict.code, VERDICT_ERROR);
	r.end = RUN_GUEST_SILENT;
	r.nphases = 3;
	judge(&r, "migrate.faults.total > 3");
	assert_int_equal(r.limits[0].state, LIMIT_UNPROVEN);
	assert_string_equal(r.limits[0].text, "phase migrate did not run to its end");
	r.end = RUN_COMPLETE; /* cannot be, and is no pass all the same */
	judge(&r, "migrate.faults.total > 3");
	assert_int_equal(r.verdict.code, VERDICT_CANNOT_JUDGE);
	r.end = RUN_GUEST_SILENT;
	r.nphases = 0;
	judge(&r, "faults.total > 3");
	assert_int_equal(r.nlimits, 3);
	assert_int_equal(r.limits[2].state, LIMIT_UNPROVEN);
	r.nphases = 4;
	result_free(&r);
}

/* Corruption stands first, and stays a fail without any limit. */
static void beside_corruption(void **state)
{
	struct result r;

	(void)state;
	made(&r);
	r.phases[1].integrity.errors = 2;
	judge(&r, "migrate.faults.total > 3");
	assert_int_equal(r.verdict.code, VERDICT_FAIL);
	assert_int_equal(r.verdict.nreasons, 2);
	assert_non_null(strstr(r.verdict.reasons[0], "corrupted"));
	assert_non_null(strstr(r.verdict.reasons[1], "limit"));
	result_free(&r);
}

/* What opts_parse() would have refused is still no pass when it comes as far as the verdict. */
static void nonsense_is_no_pass(void **state)
{
	struct result r;

	(void)state;
	made(&r);
	judge(&r, "frobnicate > 3");
	assert_int_equal(r.verdict.code, VERDICT_CANNOT_JUDGE);
	for (size_t i = 1; i < 4; i++)
		r.phases[i].done = false;
	assert_int_equal(result_add_text(&r.planned, &r.nplanned, "idle"), 0);
	judge(&r, "faults.total > 3");
	assert_int_equal(r.nlimits, 1);
	assert_int_equal(r.limits[0].state, LIMIT_UNPROVEN);
	result_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(doubts),
		cmocka_unit_test(doubts_of_probes),
		cmocka_unit_test(needs_proof),
		cmocka_unit_test(needs_the_end),
		cmocka_unit_test(beside_corruption),
		cmocka_unit_test(nonsense_is_no_pass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
