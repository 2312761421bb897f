/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * limits.c - --fail-if: what is understood, what is refused and in which words. Would pass silently
 * if a limit were never looked at: each is also asked turned round.
 */
#include "judge/limits.h"
#include "limits_made.h"

#include <errno.h>
#include <math.h>

static const struct figure_phases phases = {.name = names, .n = ARRAY_SIZE(names)};

static void expect(const char *expr, enum verdict_code code)
{
	struct result r;

	made(&r);
	judge(&r, expr);
	if (r.verdict.code != code)
		fail_msg("'%s': %d instead of %d (%s)", expr, r.verdict.code, code,
			 r.verdict.nreasons ? r.verdict.reasons[0] : r.limits[0].text);
	result_free(&r);
}

static void exceeded(const char *expr)
{
	expect(expr, VERDICT_FAIL);
}

static void kept(const char *expr)
{
	expect(expr, VERDICT_PASS);
}

static void comparisons(void **state)
{
	(void)state;
	exceeded("migrate.faults.total > 39999");
	kept("migrate.faults.total > 40000");
	exceeded("migrate.faults.total >= 40000");
	kept("migrate.faults.total >= 40001");
	exceeded("migrate.faults.total < 40001");
	kept("migrate.faults.total < 40000");
	exceeded("migrate.faults.total <= 40000");
	kept("migrate.faults.total <= 39999");
	exceeded("migrate.faults.total == 40000");
	kept("migrate.faults.total == 40001");
	exceeded("migrate.faults.total != 40001");
	kept("migrate.faults.total != 40000");
	exceeded("40001>migrate.faults.total");
}

static void arithmetic(void **state)
{
	(void)state;
	exceeded("2 + 3 * 4 == 14 + 0 * migrate.faults.total");
	exceeded("(2 + 3) * 4 == 20 + 0 * migrate.faults.total");
	exceeded("20 - 3 - 4 == 13 + 0 * migrate.faults.total");
	exceeded("24 / 4 / 2 == 3 + 0 * migrate.faults.total");
	exceeded("migrate.faults.retried_most / migrate.faults.total == 0.25");
	exceeded("migrate.faults.retried_most / migrate.faults.total > 24%");
	kept("migrate.faults.retried_most / migrate.faults.total > 26%");
	exceeded("migrate.faults.total - migrate.faults.fixed == migrate.faults.retried_most");
	exceeded("migrate.faults.total -1 == 39999");
	exceeded("((((migrate.faults.total))))*2 == 80000");
	exceeded("migrate.faults.total > 39.999K");
	exceeded("migrate.faults.total < 0.04001M");
	kept("migrate.faults.total > 1G");
	exceeded("migrate.touch.p999 == 27us");
	exceeded("migrate.touch.p999 == 27000ns");
	exceeded("migrate.touch.p999 == 0.027ms");
	exceeded("migrate.stalls.total_ns == 0.3s");
	exceeded("migrate.touch.p999 > 10 * idle.touch.p50 + 1us");
	exceeded("migrate.stalls.total_ns / migrate.duration_ns > 29%");
	kept("migrate.stalls.total_ns / migrate.duration_ns > 31%");
}

/* Every way to name a figure. */
static void figures(void **state)
{
	(void)state;
	exceeded("migrate.touch.ns.p999 == 27us");
	exceeded("migrate.touch.p99.9 == 27us");
	exceeded("migrate.stall.p999 == 27us");
	exceeded("migrate.stall.p99.9 == 27us");
	exceeded("migrate.stall.max == 8ms");
	exceeded("migrate.touch.p50 == 400ns");
	exceeded("migrate.stall.count == 200");
	exceeded("migrate.touch.rate == 1M");
	exceeded("migrate.kvm.pf_taken == 40000");
	exceeded("migrate.host.vmstat.cow_ksm == 55");
	exceeded("migrate.exits.npf == 40010");
	exceeded("migrate.proof.pages_moved == 5000");
	exceeded("migrate.kvm.halt_wait_ns < 1us");
	exceeded("idle.faults.total == 0");
	exceeded("ksm-merge.faults.total == 20000");
	exceeded("ksm-merge+migrate.faults.total == 30000");
	exceeded("ksm-merge+migrate.faults.total - ksm-merge.faults.total == 10000");
	exceeded("guest.boot_ns == 4s");
	exceeded("guest.vcpus == 1");
	exceeded("channel.frames == 51");
	exceeded("clock.tsc_error < 1%");
}

/* What the probes saw: each field by its own number, so that no two can be taken for each other. */
static void seen(void **state)
{
	(void)state;
	exceeded("migrate.windows.count == 40000");
	exceeded("migrate.windows.by_event.clear == 40000");
	exceeded("migrate.windows.by_event.migrate == 0");
	exceeded("migrate.windows.by_thread.ksmd == 32000");
	exceeded("migrate.windows.by_thread.agent == 8000");
	exceeded("migrate.windows.ns.empty.p99 == 7us");
	exceeded("migrate.windows.ns.start.p50 == 1200ns");
	exceeded("migrate.windows.ns.start.total == 20ms");
	exceeded("migrate.windows.ns.total.total == 60ms");
	exceeded("migrate.windows.preempted == 40");
	exceeded("migrate.windows.open == 1");
	exceeded("migrate.faults.inside == 4000");
	exceeded("migrate.faults.retried == 2000");
	exceeded("migrate.faults.collateral == 400");
	exceeded("migrate.faults.refault == 20000");
	exceeded("migrate.faults.upgrade == 600");
	exceeded("migrate.faults.other == 13000");
	exceeded("migrate.faults.sent_back == 5000");
	exceeded("migrate.faults.unmatched == 0");
	exceeded("migrate.refault_ratio > 0.96");
	kept("migrate.refault_ratio > 0.97");
	exceeded("migrate.transitions.replace.zapped == 40000");
	exceeded("migrate.transitions.replace.refaults == 20000");
	exceeded("migrate.transitions.replace.touched == 800");
	exceeded("migrate.transitions.replace.untouched == 10000");
	exceeded("migrate.transitions.replace.undecided == 3");
	exceeded("migrate.transitions.replace.neighbours == 2");
	exceeded("migrate.transitions.replace.refault_ratio > 96%");
	exceeded("migrate.transitions.other.windows == 4");
	exceeded("migrate.stalls.by_cause.inside.count == 150");
	exceeded("migrate.stalls.by_cause.vcpu_not_running.total_ns == 90ms");
	exceeded("clock.error_ns == 40ns");
	exceeded("probes.lost == 0");
	exceeded("probes.late == 0");
	exceeded("probes.unpaired == 0");
	exceeded("probes.stretch_ns == 0");
}

static void short_forms(void **state)
{
	(void)state;
	exceeded("migrate.stalls.unknown == 1");
	exceeded("migrate.stall.vcpu_not_running == 49");
	exceeded("migrate.stalls.unknown / migrate.stalls.count == 0.5%");
	exceeded("migrate.windows.empty.p99 == 7us");
	exceeded("migrate.windows.empty.p99.9 == 9us");
	exceeded("migrate.windows.total.max == 80us");
	exceeded("migrate.window.count == 40000");
}

/* Without a phase it is about every phase but idle, and says which exceeds it. */
static void every_phase(void **state)
{
	struct result r;

	(void)state;
	made(&r);
	judge(&r, "faults.total > 25K");
	assert_int_equal(r.verdict.code, VERDICT_FAIL);
	assert_int_equal(r.nlimits, 3);
	assert_string_equal(r.limits[0].phase, "ksm-merge");
	assert_int_equal(r.limits[0].state, LIMIT_KEPT);
	assert_int_equal(r.limits[1].state, LIMIT_EXCEEDED);
	assert_int_equal(r.limits[2].state, LIMIT_EXCEEDED);
	assert_true(r.limits[1].value == 30000 && r.limits[1].limit == 25000);
	assert_int_equal(r.verdict.nreasons, 2);
	assert_string_equal(
		r.verdict.reasons[0],
		"limit 'faults.total > 25K' exceeded in phase ksm-merge+migrate: 30000, "
		"limit 25000");
	judge(&r, "touch.p999 > 3 * idle.touch.p999");
	assert_int_equal(r.nlimits, 3);
	assert_int_equal(r.verdict.code, VERDICT_PASS);
	judge(&r, "faults.total == 0"); /* true of idle alone */
	assert_int_equal(r.verdict.code, VERDICT_PASS);
	judge(&r, "idle.faults.total == 0");
	assert_string_equal(r.limits[0].phase, "idle");
	judge(&r, "guest.boot_ns > 1s");
	assert_null(r.limits[0].phase);
	assert_string_equal(r.limits[0].text, "4s, limit 1s");
	result_free(&r);
}

static void refused(const char *expr, const char *words)
{
	char why[400] = "", expect[256];
	struct limit l;

	if (limit_parse(&l, expr, &phases, why, sizeof(why)) != -EINVAL)
		fail_msg("'%s' was accepted", expr);
	assert_null(strchr(why, '\n'));
	snprintf(expect, sizeof(expect), "%s", words);
	for (char *word = strtok(expect, "|"); word; word = strtok(NULL, "|"))
		if (!strstr(why, word))
			fail_msg("'%s' says '%s', without '%s'", expr, why, word);
}

static void refuses_names(void **state)
{
	(void)state;
	refused("migrate.faults.totl > 3", "'migrate.faults.totl'|near it: migrate.faults.total");
	refused("migrat.faults.total > 3", "'migrat.faults.total'|migrate.faults.total");
	refused("ksm-merg.faults.total > 3", "'ksm-merg.faults.total'|ksm-merge.faults.total");
	refused("migrate.kvn.pf_taken > 3", "migrate.kvm.pf_taken");
	refused("tuoch.p999 > 3us", "'tuoch.p999'|near it: touch.p999");
	refused("faults > 3", "'faults'");
	refused("windows.ksmd > 3", "near it: windows.by_thread.ksmd");
	refused("migrate.windows.ksmd > 3", "near it: migrate.windows.by_thread.ksmd");
	refused("windows.p99 > 3us",
		"near it: windows.start.p99, windows.empty.p99 or windows.total.p99");
	refused("replace.refault_ratio > 3", "near it: transitions.replace.refault_ratio");
	refused("windows.by_event.claer > 3", "near it: windows.by_event.clear");
	refused("refault_ration > 3", "near it: refault_ratio");
	refused("probes.losd > 3", "near it: probes.lost");
	refused("migrate > 3", "'migrate'");
	refused("migrate. > 3", "'migrate.'");
	refused("kvm. > 3", "'kvm.'");
	refused("kvm > 3", "'kvm'");
	refused("frobnicate > 3", "'frobnicate'|docs/limits.md");
	refused("cow.faults.total > 3", "'cow'|idle, ksm-merge, ksm-merge+migrate, migrate");
	refused("ksm-merge+cow.faults.total > 3", "'ksm-merge+cow'");
	refused("migrate.guest.boot_ns > 3s", "'migrate.guest.boot_ns'");
	refused("faults.total-faults.fixed > 3", "need spaces");
	refused("migrate.faults.total-5 > 3", "need spaces");
	refused("migrate.kvm.pf_taken-5 > 3", "need spaces");
	refused("olts > 3", "near it: lost");
	refused("migrate.faults.total+migrate.faults.fixed > 3", "need spaces");
	refused("host.lab_wall_ms.x.y.z."
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa > 3",
		"no figure");
}

static void refuses_grammar(void **state)
{
	char deep[80];

	(void)state;
	refused("", "1 to 400");
	refused("faults.total > 3\n", "ASCII");
	refused("faults.total", "comparison is missing");
	refused("faults.total >", "missing at its end");
	refused("> 3", "missing at '> 3'");
	refused("faults.total = 3", "'= 3'|==");
	refused("faults.total > 3 > 2", "left over");
	refused("faults.total > 3 && lost > 2", "'&& lost > 2'|left over");
	refused("(faults.total > 3", "')' is missing");
	refused("faults.total) > 3", "') > 3'");
	refused("faults.total > 3x", "'3x'|ns us ms s K M G %");
	refused("faults.total > 3.", "'3.'");
	refused("faults.total > .5", "'.5'");
	refused("faults.total > 1.2.3", "'1.2.3'");
	refused("faults.total > 0x10", "'0x10'");
	refused("faults.total > 1e5", "'1e5'");
	refused("faults.total > nan", "'nan'");
	refused("faults.total > -5", "missing at '-5'");
	refused("faults.total > 3 us", "left over");
	refused("1 > 2", "no figure");
	refused("faults.total / 0 > 2", "divides by 0");
	memset(deep, '(', sizeof(deep));
	snprintf(deep + 40, 40, "faults.total > 3");
	refused(deep, "16 parentheses");
	refused("lost+lost > 1", "need spaces");
	refused("1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1 > lost", "48");
}

/* A forgotten unit must not become nanoseconds. */
static void refuses_units(void **state)
{
	(void)state;
	refused("touch.p999 > 200", "'touch.p999' is a time|'200' is a plain number|unit");
	refused("faults.total > 200us", "'faults.total' is a plain number|'200us' is a time");
	refused("touch.p999 + faults.total > 1s", "is a time|is a plain number");
	refused("touch.p999 * touch.p999 > 1s", "is a power of time");
	refused("touch.p999 / touch.p50 > 2us", "is a plain number");
	refused("kvm.halt_wait_ns > 5", "is a time");
	kept("migrate.stalls.total_ns < 0");
	exceeded("migrate.touch.p999 > 0");
	exceeded("migrate.touch.p999 / migrate.touch.p50 > 2");
	exceeded("1 / migrate.touch.p999 < 1 / 1ns");
}

static void two_phases_of_one_name(void **state)
{
	static const char *const twice[] = {"idle", "cow", "cow"};
	const struct figure_phases two = {.name = twice, .n = 3};
	struct limit l;
	char why[400];

	(void)state;
	assert_int_equal(limit_parse(&l, "cow.lost > 0", &two, why, sizeof(why)), -EINVAL);
	assert_non_null(strstr(why, "two phases are called 'cow'"));
	assert_int_equal(limit_parse(&l, "lost > 0", &two, why, sizeof(why)), 0);
}

/* No infinity is compared: 8 factors of 1e37 are still a number, 9 are none. */
static void too_large(void **state)
{
	char expr[512] = "migrate.lost > 1";
	struct result r;

	(void)state;
	made(&r);
	for (int i = 0; i < 9; i++) {
		judge(&r, expr);
		assert_int_equal(r.verdict.code, VERDICT_PASS);
		strcat(expr, " * 10000000000000000000000000000G");
	}
	judge(&r, expr);
	assert_int_equal(r.verdict.code, VERDICT_CANNOT_JUDGE);
	assert_non_null(strstr(r.verdict.reasons[0], "too large a number"));
	result_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comparisons),	 cmocka_unit_test(arithmetic),
		cmocka_unit_test(figures),	 cmocka_unit_test(seen),
		cmocka_unit_test(short_forms),	 cmocka_unit_test(every_phase),
		cmocka_unit_test(refuses_names), cmocka_unit_test(refuses_grammar),
		cmocka_unit_test(refuses_units), cmocka_unit_test(two_phases_of_one_name),
		cmocka_unit_test(too_large),
	};

	return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
