/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * result_text.c - the text report: that it stays a page, says what was not seen instead of showing
 * zeros, and is the same of a result that was stored and read back (the lab's is printed outside).
 */
#include "made.h"
#include "result/names.h"
#include "report/report.h"
#include "result/json.h"
#include "result/read.h"
#include "judge/verdict.h"

#include <math.h>

#define COLUMNS 110

/* To be freed. */
static char *text_of(const struct result *r)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(report_tables(r, out), 0);
	fclose(out);
	return text;
}

static void shows(const struct result *r, const char *wanted)
{
	char *text = text_of(r);

	if (!strstr(text, wanted))
		fail_msg("no '%s' in\n%s", wanted, text);
	free(text);
}

static void hides(const struct result *r, const char *unwanted)
{
	char *text = text_of(r);

	if (strstr(text, unwanted))
		fail_msg("'%s' in\n%s", unwanted, text);
	free(text);
}

/* The default run's phases, with the longest figures that lines are made for. */
static void made_default(struct result *r)
{
	made(r);
	made_phase(r, "compact", 9999999);
	made_phase(r, "cow", 123456);
	for (size_t i = 1; i < r->nphases; i++) {
		r->phases[i].proof[1] = (struct proof){"compact_migrate_scanned", 49151, 1000};
		r->phases[i].nproof = 2;
	}
	r->phases[4].faults.unmatched = -1234567;
	r->phases[4].windows.empty.max_ns = 999400000;
	assert_int_equal(verdict_judge(r), 0);
}

/* A default run: 6 phases within 110 lines, each line within 110 columns. */
static void a_page(void **state)
{
	char *text, *line, *rest;
	struct result r;
	int lines = 0;

	(void)state;
	made_default(&r);
	text = text_of(&r);
	for (const char *p = text; (p = strchr(p, '\n')); p++)
		lines++;
	if (lines > 110)
		fail_msg("%d lines:\n%s", lines, text);
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (strlen(line) > COLUMNS)
			fail_msg("%zu columns: %s", strlen(line), line);
	free(text);
	result_free(&r);
}

static void tables(void **state)
{
	struct result r;

	(void)state;
	made(&r);
	assert_int_equal(verdict_judge(&r), 0);
	shows(&r, "\nKVM                    faults  inside retried collat. refault upgrade   other "
		  "unmatched ratio flushes   exits\n");
	shows(&r, "\nmigrate                40,000   4,000   2,000     400  20,000     600  13,000 "
		  "        0 0.962       -  40,010\n");
	shows(&r, "\nmigrate                40,000  1.20us  7.00us  1.20us  7.00us  80.0us  7.00us "
		  "     40  ksmd 80%/clear\n");
	shows(&r,
	      "\nidle                        0       -       -       -       -       -       -  "
	      "     0  -\n");
	shows(&r, "\nmigrate              replace         40,000    40,000    20,000      800    "
		  "10,000         3          2  0.962\n");
	shows(&r,
	      "\nstalls by cause    inside retried refault    cow mig.wait  other   exit    irq "
	      "off-CPU unknown  behind most\n");
	shows(&r,
	      "\nmigrate               150       0       0      0        0      0      0      0  "
	      "    49       1  ksmd/clear 140\n");
	shows(&r,
	      "\nmigrate               8.00ms  at -5ns, vCPU 0: inside 3.00ms in 140 (ksmd/clear, "
	      "8.00ms long, in replace_page\n                              "
	      "< try_to_merge_one_page < ksm_scan_thread); preempted ksmd 5.00ms\n");
	shows(&r, "\nstalled time             all  spent in\n");
	shows(&r,
	      "\nmigrate                300ms  inside 65.0%, preempted 30.0% (ksmd 23.3%, "
	      "host-stress 6.67%), not_seen 3.33%,\n                              refault 1.67%\n");
	shows(&r, "\nprobes    bpf, 0 events lost, 0 late, 0 unpaired; self-test passed: 1 window; "
		  "host "
		  "time of the guest by\n          tsc-offset, error 40ns\n");
	shows(&r, "0 stall records, 0 probe events, 0 late, 0 unpaired; histogram");
	hides(&r, "write_protect"); /* zapped nothing */
	result_free(&r);
}

/* A window of several kinds: a share below all is never shown as all. */
static void shares(void **state)
{
	struct result r;

	(void)state;
	made(&r);
	r.phases[3].windows.by_event[REASON_CLEAR] = 39999;
	r.phases[3].windows.by_event[REASON_MIGRATE] = 1;
	shows(&r, "  ksmd 80%/clear 99%\n");
	result_free(&r);
}

/* Doubts stand in the head and at the table. */
static void doubts(void **state)
{
	struct result r;

	(void)state;
	made(&r);
	hides(&r, "not whole");
	hides(&r, "add up");
	hides(&r, "--stretch");
	r.probes.lost = 12;
	shows(&r, "bpf, 12 events lost");
	shows(&r, "are not whole: no limit and no baseline");
	shows(&r, "0 stall records, 12 probe events, 0 late");
	r.probes.lost = 0;
	hides(&r, "not whole");
	r.probes.late = 3;
	shows(&r, "bpf, 0 events lost, 3 late, 0 unpaired");
	shows(&r, "are not whole: no limit and no baseline");
	r.probes.late = 0;
	r.probes.unpaired = 4;
	shows(&r, "bpf, 0 events lost, 0 late, 4 unpaired");
	shows(&r, "are not whole: no limit and no baseline");
	r.probes.unpaired = 0;
	r.probes.counted = false;
	shows(&r, "bpf, nobody knows how many events were lost");
	shows(&r, "are not whole: no limit and no baseline");
	r.phases[3].faults.unmatched = 417;
	shows(&r, "          migrate: the classes do not add up to KVM's faults");
	r.probes.why = strdup("no BTF in this kernel");
	shows(&r, "not a better backend: no BTF in this kernel");
	r.probes.stretch_ns = 50000;
	r.probes.interfere = true;
	shows(&r, "made 50.0us longer (--stretch)");
	shows(&r, "(--interfere)");
	result_free(&r);
}

/* Counters alone: no table of what nobody saw, one line that says so, and KVM's own figures. */
static void counters(void **state)
{
	struct result r;

	(void)state;
	made(&r);
	for (size_t i = 0; i < r.nphases; i++) {
		struct phase_result *p = &r.phases[i];

		p->windows.known = p->windows.preempted_known = p->faults.classes_known = false;
		memset(p->transitions, 0, sizeof(p->transitions));
		p->stalls.causes_known = false;
	}
	free(r.probes.backend);
	r.probes.backend = strdup("counters");
	r.probes.why = strdup("no kprobes");
	shows(&r,
	      "\nprobes    counters (no kprobes): windows, classes of faults, refaults and causes "
	      "of stalls are not known\n");
	shows(&r, "spurious      fast retried<=");
	hides(&r, "start50");
	hides(&r, "collat.");
	hides(&r, "zapped pages");
	hides(&r, "stalls by cause");
	r.phases[3].windows.known = true; /* one phase only: the others have no figures */
	shows(&r, "\nksm-merge                   -       -");
	result_free(&r);
}

/* What is printed outside the lab comes from JSON. */
static void read_back(void **state)
{
	struct result r, again;
	char *json, *text[2];

	(void)state;
	made_default(&r);
	r.probes.why = strdup("why");
	r.probes.interfere = true;
	r.pattern = PATTERN_KSM02;
	r.phases[1].job = true;
	assert_int_equal(result_add_text(&r.fail_if, &r.nfail_if, "faults.total > 30K"), 0);
	assert_int_equal(result_add_text(&r.fail_if, &r.nfail_if, "kvm.nonesuch > 1"), 0);
	assert_int_equal(verdict_judge(&r), 0);
	json = result_json(&r);
	assert_int_equal(result_read(&again, json, strlen(json), "it"), 0);
	text[0] = text_of(&r);
	text[1] = text_of(&again);
	assert_string_equal(text[0], text[1]);
	free(text[0]);
	free(text[1]);
	free(json);
	result_free(&r);
	result_free(&again);
}

/* Every number has a name of its own, and none outside of the lists is followed anywhere. */
static void names(void **state)
{
	(void)state;
	for (int i = 0; i < REASONS; i++)
		assert_int_equal(name_find(probe_reason_names, REASONS, probe_reason_names[i]), i);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(name_find(probe_thread_names, THREADS, probe_thread_names[i]), i);
	for (int i = 0; i < TRANSITIONS; i++)
		assert_int_equal(name_find(probe_transition_names, TRANSITIONS,
					   probe_transition_names[i]),
				 i);
	for (int i = 0; i < CAUSES; i++)
		assert_int_equal(name_find(attrib_cause_names, CAUSES, attrib_cause_names[i]), i);
	assert_int_equal(name_find(attrib_cause_names, CAUSES, "nonesuch"), -1);
	assert_int_equal(name_find(attrib_cause_names, CAUSES, NULL), -1);
	assert_string_equal(probe_reason_name(REASON_CLEAR), "clear");
	assert_string_equal(probe_reason_name((enum probe_reason)200), "other");
	assert_string_equal(probe_thread_name((enum probe_thread)200), "other");
	assert_string_equal(probe_transition_name((enum probe_transition)200), "other");
	assert_string_equal(attrib_cause_name((enum attrib_cause)200), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page), cmocka_unit_test(tables),   cmocka_unit_test(shares),
		cmocka_unit_test(doubts), cmocka_unit_test(counters), cmocka_unit_test(read_back),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests_name("result_text", tests, NULL, NULL);
}
