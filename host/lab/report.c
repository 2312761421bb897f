// SPDX-License-Identifier: GPL-2.0-only
/*
 * report.c - see lab_report.h.
 *
 * L1 measures and nothing else: limits, baselines, the command line and the form of the report stay
 * out here, since whatever goes into L1 moves its memory and gives another interleaving. So the
 * same run may be judged by other limits and give the same figures.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare/against.h"
#include "report.h"
#include "wire/lab_ports.h"
#include "report/outcome.h"
#include "cli/plan.h"
#include "result/read.h"
#include "judge/verdict.h"

#define CONSOLE_LINES 25 /* of a dead L1 */

void lab_ended(struct lab *lab, enum run_end end, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	lab->verdict.end = end;
	free(lab->verdict.end_detail);
	lab->verdict.end_detail = str_format("%s", text);
}

/* Code of the program inside, where it is one of our own four; else -1, and why is noted. */
static int inside_code(struct lab *lab)
{
	static const int ours[] = {VERDICT_PASS, VERDICT_FAIL, VERDICT_CANNOT_JUDGE, VERDICT_ERROR};

	if (strcmp(lab->word, "exit") == 0)
		for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
			if (lab->number == ours[i])
				return ours[i];
	if (strcmp(lab->word, "timeout") == 0)
		lab_ended(lab, RUN_KERNEL_HUNG,
			  "no end after %d s of virtual time (--virtual-timeout)", lab->number);
	else if (strcmp(lab->word, LAB_NO_PARAM) == 0 && lab->number >= 0 &&
		 (size_t)lab->number < lab->o->kvm_params.n)
		lab_ended(lab, RUN_KERNEL_LACKS, "its KVM knows no parameter '%s' (--kvm-param)",
			  lab->o->kvm_params.v[lab->number]);
	else
		lab_ended(lab, RUN_ERROR, "the program inside the lab ended with: %s %d", lab->word,
			  lab->number);
	return -1;
}

/* Corrupted data that were found before L1 died or hung. */
static int note_corrupted(struct lab *lab)
{
	struct phase_result *p;
	int err = 0;

	if (lab->corrupted)
		err = result_add_phase(&lab->verdict, lab->phase, lab->phase, &p);
	if (lab->corrupted && !err)
		p->integrity.errors = lab->corrupted;
	return err;
}

/* Our own verdict, in the same forms as that of a run. */
static int report_own(struct lab *lab)
{
	struct result *r = &lab->verdict;

	if (note_corrupted(lab)) {
		err_sys(-ENOMEM, "result");
		return VERDICT_ERROR;
	}
	if (r->end == RUN_KERNEL_DIED)
		console_lines(&lab->console, kernlog_crash, &r->crash);
	r->place = str_format("lab");
	r->accel = str_format("%s", lab_accel(lab));
	r->emulator = str_format("%s", lab->emulator);
	r->deterministic = lab->machine.deterministic;
	r->seed = lab->o->seed;
	r->lab = lab->machine.cpus;
	r->kernel = str_format("%s (file)", lab->kernel_file);
	r->command = str_format("%s", lab->command);
	r->stress_begun =
		lab->o->on_crash == ON_CRASH_AUTO ? lab->begun : lab->o->on_crash == ON_CRASH_BAD;
	console_show(&lab->console, "L1", CONSOLE_LINES);
	return verdict_judge(r) ? VERDICT_ERROR : outcome_show(r, lab->o, &lab->timing);
}

/* L1 has judged by what it knew: how the run ended and what was exercised. */
static int judge(struct lab *lab, struct result *r, int code)
{
	int err;

	if ((int)r->verdict.code != code)
		return err_say(-EPROTO,
			       "the lab's result says %d, but the program inside ended with %d",
			       r->verdict.code, code);
	r->lab = lab->machine.cpus;
	free(r->command);
	r->command = str_format("%s", lab->command);
	free(r->emulator);
	r->emulator = str_format("%s", lab->emulator);
	err = plan_note(r, lab->o);
	return err ?: verdict_judge(r) ?: baseline_judge(lab->baseline, r) ?: against_judge(lab->o, r);
}

static int report_result(struct lab *lab, int code)
{
	struct result r;
	int err = result_read(&r, lab->result, lab->result_fill, "the lab's result");

	if (!err)
		err = judge(lab, &r, code);
	timing_mark(&lab->timing, "end", mono_ns(), 0);
	code = err ? VERDICT_ERROR : outcome_show(&r, lab->o, &lab->timing);
	result_free(&r);
	return code;
}

/* Behind the result and a NUL, which no JSON has. */
static int take_trace(struct lab *lab)
{
	char *nul = lab->result ? memchr(lab->result, '\0', lab->result_fill) : NULL;
	size_t len = nul ? (size_t)(nul - lab->result) : lab->result_fill;
	int err = 0;

	if (!nul)
		err = err_say(-ENODATA, "--trace: the lab gave none");
	else
		err = file_replace(lab->o->trace, nul + 1, lab->result_fill - len - 1);
	lab->result_fill = len;
	return err;
}

/* Another program behind "--" may leave a file /lab/result.json; it is handed on as it is. */
static int report_foreign(const struct lab *lab, int code)
{
	const char *path = lab->o->json;

	outcome_timing(lab->o, &lab->timing);
	if (!path)
		return code;
	if (!lab->result_fill) {
		err_say(-ENODATA, "--json: the lab gave no result file");
		return VERDICT_ERROR;
	}
	return file_replace(path, lab->result, lab->result_fill) ? VERDICT_ERROR : code;
}

static int report_inside(struct lab *lab, int code)
{
	if (lab->foreign)
		return report_foreign(lab, code);
	if (lab->result_fill)
		return report_result(lab, code);
	/* An error before there was anything to report has been said inside. */
	if (code != VERDICT_ERROR)
		err_say(-ENODATA, "the lab gave no result");
	return VERDICT_ERROR;
}

int lab_report(struct lab *lab)
{
	int code = lab->over ? inside_code(lab) : -1, err;

	progress_end();
	if (code < 0)
		return report_own(lab);
	err = lab->o->trace && (lab->result_fill || lab->foreign) ? take_trace(lab) : 0;
	code = report_inside(lab, code);
	return err ? VERDICT_ERROR : code;
}
