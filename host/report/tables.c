/* SPDX-License-Identifier: GPL-2.0-only */
/* tables.c - the text report's tables of guest, KVM and proof (report_text.c). */
#include <math.h>

#include "cells.h"

#define PROOF_INDENT 40

void print_touches(FILE *out, const struct result *r)
{
	fprintf(out, "\n%-20s %7s %9s %9s %7s %7s %7s %7s %9s %7s\n", "guest", "time", "touches",
		"per s", "p50", "p99", "p99.9", "max", "stalls", "stalled");
	for (size_t i = 0; i < r->nphases; i++) {
		const struct phase_result *p = &r->phases[i];
		const struct touch_figures *t = &p->touch;
		double s = (double)p->duration_ns / 1e9;
		char c[9][CELL];

		fprintf(out, "%-20.20s %7s %9s %9s %7s %7s %7s %7s %9s %7s\n", p->name,
			cell_ns(c[0], p->duration_ns), cell_count(c[1], t->count),
			cell_known(c[2], s > 0, s > 0 ? (uint64_t)((double)t->count / s) : 0),
			cell_ns(c[3], t->p50_ns), cell_ns(c[4], t->p99_ns),
			cell_ns(c[5], t->p999_ns), cell_ns(c[6], t->max_ns),
			cell_count(c[7], p->stalls.count), cell_ns(c[8], p->stalls.total_ns));
	}
}

/* By time: a stall of 20 ms is one touch of many, but 20 ms of the guest's time. */
void print_times(FILE *out, const struct result *r)
{
	fprintf(out, "\n%-20s %7s %8s %8s %8s %8s %7s %7s %7s %7s\n", "guest's time", "all",
		">=10us", ">=100us", ">=1ms", ">=10ms", "p50", "p90", "p99", "p99.9");
	for (size_t i = 0; i < r->nphases; i++) {
		const struct time_figures *t = &r->phases[i].time;
		bool any = t->total_ns > 0;
		char c[5 + TIME_SHARES][CELL];

		fprintf(out, "%-20.20s %7s", r->phases[i].name, cell_ns(c[0], t->total_ns));
		for (int k = 0; k < TIME_SHARES; k++)
			fprintf(out, " %8s", cell_percent(c[1 + k], any ? t->share[k] : NAN));
		fprintf(out, " %7s %7s %7s %7s\n", cell_some(c[5], any, t->p50_ns),
			cell_some(c[6], any, t->p90_ns), cell_some(c[7], any, t->p99_ns),
			cell_some(c[8], any, t->p999_ns));
	}
}

static uint64_t exits_of(const struct phase_result *p, bool *known)
{
	uint64_t sum = 0;

	*known = p->exits.n > 0;
	for (size_t i = 0; i < p->exits.n; i++)
		sum += p->exits.v[i].value;
	if (!*known)
		*known = metrics_get(&p->kvm, "exits", &sum);
	return sum;
}

/* What stands behind either table: flushes of the TLB as requested, and exits. */
static void print_flushes(FILE *out, const struct phase_result *p)
{
	uint64_t flushes = 0, exits;
	/* remote_tlb_flush counts only those that had to wait for another CPU */
	bool known = metrics_get(&p->kvm, "remote_tlb_flush_requests", &flushes) ||
		     metrics_get(&p->kvm, "remote_tlb_flush", &flushes);
	bool exits_known;
	char c[2][CELL];

	exits = exits_of(p, &exits_known);
	fprintf(out, " %7s %7s\n", cell_short(c[0], known, flushes),
		cell_short(c[1], exits_known, exits));
}

/* By KVM's counters alone. */
static void print_counted(FILE *out, const struct result *r)
{
	fprintf(out, "\n%-20s %9s %9s %9s %9s %9s %9s %7s %7s\n", "KVM", "faults", "fixed",
		"emulated", "spurious", "fast", "retried<=", "flushes", "exits");
	for (size_t i = 0; i < r->nphases; i++) {
		const struct fault_figures *f = &r->phases[i].faults;
		char c[6][CELL];

		fprintf(out, "%-20.20s %9s %9s %9s %9s %9s %9s", r->phases[i].name,
			cell_known(c[0], f->known, f->total), cell_known(c[1], f->known, f->fixed),
			cell_known(c[2], f->known, f->emulate),
			cell_known(c[3], f->known, f->spurious),
			cell_known(c[4], f->known, f->fast),
			cell_known(c[5], f->known, f->retried_most));
		print_flushes(out, &r->phases[i]);
	}
}

static void print_classes_of(FILE *out, const struct phase_result *p)
{
	const struct fault_figures *f = &p->faults;
	bool known = f->classes_known;
	char c[9][CELL];

	fprintf(out, "%-19.19s %9s %7s %7s %7s %7s %7s %7s %9s %5s", p->name,
		cell_known(c[0], f->known, f->total), cell_short(c[1], known, f->inside),
		cell_short(c[2], known, f->retried), cell_short(c[3], known, f->collateral),
		cell_short(c[4], known, f->refault), cell_short(c[5], known, f->upgrade),
		cell_short(c[6], known, f->other + f->own_refault),
		cell_signed(c[7], known && f->known, f->unmatched),
		cell_ratio(c[8], p->transitions[TRANSITION_NONE].known ? p->refault_ratio : NAN));
	print_flushes(out, p);
}

/* By the probes; what counters say beside it stands in the JSON. */
static void print_classes(FILE *out, const struct result *r)
{
	fprintf(out, "\n%-19s %9s %7s %7s %7s %7s %7s %7s %9s %5s %7s %7s\n", "KVM", "faults",
		"inside", "retried", "collat.", "refault", "upgrade", "other", "unmatched", "ratio",
		"flushes", "exits");
	for (size_t i = 0; i < r->nphases; i++)
		print_classes_of(out, &r->phases[i]);
	for (size_t i = 0; i < r->nphases; i++)
		if (faults_doubtful(&r->phases[i].faults))
			fprintf(out,
				"%*s%s: the classes do not add up to KVM's faults; nothing judges "
				"by "
				"them\n",
				INDENT, "", r->phases[i].name);
}

void print_faults(FILE *out, const struct result *r)
{
	bool any = false;

	for (size_t i = 0; i < r->nphases; i++)
		any |= r->phases[i].faults.classes_known;
	if (any)
		print_classes(out, r);
	else
		print_counted(out, r);
}

static bool has_job(const struct result *r)
{
	for (size_t i = 0; i < r->nphases; i++)
		if (r->phases[i].job)
			return true;
	return false;
}

/* What the same work costs; of other phases the JSON has it. */
void print_cpu(FILE *out, const struct result *r)
{
	if (!has_job(r))
		return;
	fprintf(out, "\n%-20s %7s %9s %7s %7s %7s %9s %9s %7s %7s\n", "CPU time", "time", "QEMU",
		"guest", "user", "system", "ksmd", "agent", "user", "system");
	for (size_t i = 0; i < r->nphases; i++) {
		const struct phase_result *p = &r->phases[i];
		const struct cpu_figures *q = &p->cpu[CPU_QEMU], *k = &p->cpu[CPU_KSMD],
					 *a = &p->cpu[CPU_AGENT];
		char c[9][CELL];

		fprintf(out, "%-20.20s %7s %9s %7s %7s %7s %9s %9s %7s %7s\n", p->name,
			cell_ns(c[0], p->duration_ns), cell_some(c[1], q->known, q->time.total_ns),
			cell_some(c[2], q->known, q->time.guest_ns),
			cell_some(c[3], q->known, q->time.user_ns),
			cell_some(c[4], q->known, q->time.system_ns),
			cell_some(c[5], k->known, k->time.total_ns),
			cell_some(c[6], a->known, a->time.total_ns),
			cell_some(c[7], a->known, a->time.user_ns),
			cell_some(c[8], a->known, a->time.system_ns));
	}
}

/* "5,357 of 100 pages_seen_merging, 5,763 of 1,000 pages_merged" */
static void say_proof(const struct phase_result *p, char *text, size_t size)
{
	char moved[CELL], needed[CELL];
	size_t at = 0;

	snprintf(text, size, "-");
	for (size_t i = 0; i < p->nproof && at < size; i++)
		at += (size_t)snprintf(text + at, size - at, "%s%s of %s %s", i ? ", " : "",
				       cell_count(moved, p->proof[i].moved),
				       cell_count(needed, p->proof[i].needed), p->proof[i].name);
}

void print_proof(FILE *out, const struct result *r)
{
	fprintf(out, "\n%-20s %9s %7s  moved of needed\n", "proof", "exercised", "waited");
	for (size_t i = 0; i < r->nphases; i++) {
		const struct phase_result *p = &r->phases[i];
		char waited[CELL], text[512];

		fprintf(out, "%-20.20s %9s %7s  ", p->name, p->exercised ? "yes" : "no",
			cell_ns(waited, p->waited_ns));
		say_proof(p, text, sizeof(text));
		print_wrapped(out, PROOF_INDENT, text);
		if (p->why_not)
			print_field(out, "", p->why_not);
	}
}
