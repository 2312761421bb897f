/* SPDX-License-Identifier: GPL-2.0-only */
/* result.c - making and freeing a result. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "result.h"

int verdict_reason(struct verdict *v, const char *fmt, ...)
{
	char **reasons = realloc(v->reasons, (v->nreasons + 1) * sizeof(*reasons));
	va_list args;
	int len;

	if (!reasons)
		return -ENOMEM;
	v->reasons = reasons;
	va_start(args, fmt);
	len = vasprintf(&reasons[v->nreasons], fmt, args);
	va_end(args);
	if (len < 0)
		return -ENOMEM;
	v->nreasons++;
	return 0;
}

const char *verdict_name(enum verdict_code code)
{
	switch (code) {
	case VERDICT_PASS:
		return "pass";
	case VERDICT_FAIL:
		return "fail";
	case VERDICT_CANNOT_JUDGE:
		return "cannot judge";
	case VERDICT_ERROR:
		break;
	}
	return "error";
}

/* Nothing is forced in these phases, so there is nothing to prove but that the guest worked. */
static bool is_idle(const struct phase_result *p)
{
	return !strcmp(p->sources, "null");
}

bool phase_exercised(const struct phase_result *p, char *why, size_t size)
{
	bool proven = is_idle(p);

	*why = '\0';
	for (size_t i = 0; i < p->nproof; i++) {
		const struct proof *proof = &p->proof[i];

		proven |= proof->needed > 0;
		if (proof->moved >= proof->needed)
			continue;
		snprintf(why, size, "%s moved by %" PRIu64 ", needed %" PRIu64, proof->name,
			 proof->moved, proof->needed);
		return false;
	}
	if (!proven)
		snprintf(why, size, "no proof counter tells what its source did");
	else if (!p->duration_ns)
		snprintf(why, size, "its clock never started");
	else if (!p->touch.count)
		snprintf(why, size, "the guest touched no page");
	else if (!p->integrity.checked)
		snprintf(why, size, "the guest compared no word");
	return !*why;
}

bool result_has_figures(const struct phase_result *p)
{
	return p->done || p->duration_ns;
}

const char *run_end_name(enum run_end end)
{
	static const char *const names[RUN_ENDS] = {
		[RUN_COMPLETE] = "complete",	     [RUN_GUEST_CRASHED] = "guest-crashed",
		[RUN_QEMU_CRASHED] = "qemu-crashed", [RUN_QEMU_KILLED] = "qemu-killed",
		[RUN_GUEST_SILENT] = "guest-silent", [RUN_GUEST_LIVELOCK] = "guest-livelock",
		[RUN_KERNEL_DIED] = "kernel-died",   [RUN_KERNEL_HUNG] = "kernel-hung",
		[RUN_PROBE_SILENT] = "probe-silent", [RUN_KERNEL_LACKS] = "kernel-lacks",
		[RUN_INTERRUPTED] = "interrupted",   [RUN_ERROR] = "error",
	};

	return names[end];
}

static void phase_free(struct phase_result *p)
{
	free(p->name);
	free(p->sources);
	free(p->why_not);
	free(p->touch_buckets);
	free(p->window_buckets);
	metrics_free(&p->stalls.preempted_by);
	metrics_free(&p->stalls.exits);
	worst_free(&p->stalls.worst);
	metrics_free(&p->kvm);
	metrics_free(&p->host);
	metrics_free(&p->exits);
}

int result_add_phase(struct result *r, const char *name, const char *sources,
		     struct phase_result **phase)
{
	struct phase_result *phases = realloc(r->phases, (r->nphases + 1) * sizeof(*phases));
	struct phase_result *p;

	if (!phases)
		return -ENOMEM;
	r->phases = phases;
	p = &phases[r->nphases];
	memset(p, 0, sizeof(*p));
	p->refault_ratio = NAN;
	p->windows.sent_back_each = p->windows.flushes_each = NAN;
	for (int i = 0; i < TIME_SHARES; i++)
		p->time.share[i] = NAN;
	p->name = strdup(name);
	p->sources = strdup(sources);
	if (!p->name || !p->sources) {
		phase_free(p);
		return -ENOMEM;
	}
	r->nphases++;
	*phase = p;
	return 0;
}

int result_add_text(char ***list, size_t *n, const char *text)
{
	char **longer = realloc(*list, (*n + 1) * sizeof(*longer));

	if (!longer)
		return -ENOMEM;
	*list = longer;
	longer[*n] = strdup(text);
	if (!longer[*n])
		return -ENOMEM;
	++*n;
	return 0;
}

bool result_same_chance(const struct result *a, const struct result *b)
{
	return a->seed == b->seed && a->lab.cpus == b->lab.cpus && a->lab.turn == b->lab.turn &&
	       a->lab.hold_ns == b->lab.hold_ns && a->lab.schedule == b->lab.schedule;
}

bool faults_doubtful(const struct fault_figures *f)
{
	return f->known && f->classes_known && (uint64_t)llabs(f->unmatched) > 16 + f->total / 100;
}

bool probes_doubtful(const struct probe_figures *f)
{
	return f->selftest && (!f->counted || f->lost || f->late || f->unpaired);
}

double transition_refault_ratio(const struct transition_figures *t)
{
	uint64_t again = t->refaults + t->touched;

	return again ? (double)t->refaults / (double)again : NAN;
}

static void free_texts(char **list, size_t n)
{
	while (n)
		free(list[--n]);
	free(list);
}

void result_free_limits(struct result *r)
{
	for (size_t i = 0; i < r->nlimits; i++) {
		free(r->limits[i].expr);
		free(r->limits[i].phase);
		free(r->limits[i].text);
	}
	free(r->limits);
	r->limits = NULL;
	r->nlimits = 0;
}

void result_free(struct result *r)
{
	kernlog_free(&r->kernlog);
	free(r->crash_match);
	free(r->crash);
	free_texts(r->verdict.reasons, r->verdict.nreasons);
	free_texts(r->planned, r->nplanned);
	free_texts(r->fail_if, r->nfail_if);
	result_free_limits(r);
	free(r->baseline.nearer);
	free(r->against.kernel);
	free_texts(r->baseline.lines, r->baseline.nlines);
	metrics_free(&r->here);
	free_texts(r->names, r->nnames);
	for (size_t i = 0; i < r->nphases; i++)
		phase_free(&r->phases[i]);
	free(r->phases);
	free(r->end_detail);
	free(r->place);
	free(r->accel);
	free(r->emulator);
	free(r->paging);
	free(r->kernel);
	free(r->command);
	free(r->qemu);
	for (int i = 0; i < BUILDS; i++)
		free(r->build[i]);
	free(r->guest_kernel);
	free(r->clock.method);
	free(r->probes.backend);
	free(r->probes.why);
	free(r->probes.selftest);
	memset(r, 0, sizeof(*r));
}
