// SPDX-License-Identifier: GPL-2.0-only
/* report.c - see report.h. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/out.h"
#include "report.h"
#include "report/cells.h"
#include "result/names.h"

#define KINDS_MOST 8
#define WORST_SHOWN 5
#define VCPUS_SHOWN 16
#define TAKERS_SHOWN 5

static uint64_t per_s(uint64_t n, uint64_t ns)
{
	return ns ? (uint64_t)((double)n * 1e9 / (double)ns) : 0;
}

static void print_left_out(const struct vm_found *v, FILE *out)
{
	if (v->left_out_vcpus)
		fprintf(out, "not watched: %u vCPU%s that had not run when the watch began\n",
			v->left_out_vcpus, v->left_out_vcpus == 1 ? "" : "s");
	if (v->left_out_bytes)
		fprintf(out, "not watched: %.1f MiB of slots that lie apart from the RAM\n",
			(double)v->left_out_bytes / (1 << 20));
}

static void print_head(const struct watch_report *r, FILE *out)
{
	const struct vm_found *v = &r->vm;
	char time[CELL], lost[CELL], late[CELL], unpaired[CELL];

	fprintf(out, "%s (%d): %u vCPU%s, %.1f MiB of RAM; kernel %s%s\n", v->name, v->pid,
		v->vcpus, v->vcpus == 1 ? "" : "s", (double)v->ram_bytes / (1 << 20), r->kernel,
		r->gone ? "; the VM has ended" : "");
	print_left_out(v, out);
	fprintf(out, "watched for %s; of the probes' events %s were lost, %s late, %s unpaired\n",
		cell_ns(time, r->ns), cell_count(lost, r->lost), cell_count(late, r->doubts.late),
		cell_count(unpaired, r->unpaired + r->doubts.unpaired));
}

static void print_kinds(const struct watch_report *r, FILE *out)
{
	enum probe_thread thread = THREAD_OTHER;
	enum probe_reason reason = REASON_OTHER;
	char name[CELL], c[9][CELL];

	fprintf(out, "\n%-24s %9s %7s %8s %8s %8s %7s %7s %7s %8s\n", "windows by", "count",
		"per s", "<=4K", "<=2M", ">2M", "p50", "p99", "max", "preempt");
	for (size_t n = 0; n < KINDS_MOST && seen_most(r->seen, n, &thread, &reason); n++) {
		const struct seen_kind *k = &r->seen->kind[thread][reason];

		snprintf(name, sizeof(name), "%s/%s", probe_thread_name(thread),
			 probe_reason_name(reason));
		fprintf(out, "%-24s %9s %7s %8s %8s %8s %7s %7s %7s %8s\n", name,
			cell_count(c[0], k->count), cell_short(c[1], true, per_s(k->count, r->ns)),
			cell_short(c[2], true, k->by_size[SEEN_PAGE]),
			cell_short(c[3], true, k->by_size[SEEN_HUGE]),
			cell_short(c[4], true, k->by_size[SEEN_MORE]),
			cell_ns(c[5], hist_quantile(&k->ns, 50, 100)),
			cell_ns(c[6], hist_quantile(&k->ns, 99, 100)), cell_ns(c[7], k->ns.max),
			cell_short(c[8], true, k->preempted));
	}
	if (!r->seen->windows)
		fprintf(out, "none\n");
}

static void print_classes(const struct watch_report *r, FILE *out)
{
	const struct attrib_figures *f = r->figures;
	char c[8][CELL];

	fprintf(out,
		"\n%-10s %9s %7s   inside %s, retried %s, collateral %s, refault %s, upgrade %s, "
		"other %s\n",
		"faults", cell_count(c[0], f->faults),
		cell_short(c[1], true, per_s(f->faults, r->ns)),
		cell_count(c[2], f->by_class[CLASS_INSIDE]),
		cell_count(c[3], f->by_class[CLASS_RETRIED]),
		cell_count(c[4], f->by_class[CLASS_COLLATERAL]),
		cell_count(c[5], f->by_class[CLASS_REFAULT]),
		cell_count(c[6], f->by_class[CLASS_UPGRADE]),
		cell_count(c[7], f->by_class[CLASS_OTHER]));
}

static void print_takers(const struct seen *s, FILE *out)
{
	int who;

	for (size_t n = 0; n < TAKERS_SHOWN && (who = seen_taker(s, n)) >= 0; n++) {
		char ns[CELL], count[CELL];

		fprintf(out, "%s%s %s in %s", n ? ", " : "off their CPU for ", s->comms.name[who],
			cell_ns(ns, s->taker[who].ns), cell_count(count, s->taker[who].count));
	}
	if (s->comms.n)
		fputc('\n', out);
}

static void print_vcpus(const struct watch_report *r, FILE *out)
{
	unsigned int n = r->vm.vcpus < VCPUS_SHOWN ? r->vm.vcpus : VCPUS_SHOWN;

	fprintf(out, "\n%-10s %9s %9s %9s   %9s %9s %9s   %9s\n", "vCPU", "faults", "in them",
		"longest", "preempted", "for", "longest", "asleep");
	for (unsigned int i = 0; i < n; i++) {
		const struct seen_vcpu *v = &r->seen->vcpu[i];
		char c[7][CELL];

		fprintf(out, "%-10u %9s %9s %9s   %9s %9s %9s   %9s\n", i,
			cell_count(c[0], v->faults), cell_ns(c[1], v->fault_ns),
			cell_ns(c[2], v->longest_fault_ns), cell_count(c[3], v->preemptions),
			cell_ns(c[4], v->preempted_ns), cell_ns(c[5], v->longest_preempted_ns),
			cell_ns(c[6], v->asleep_ns));
	}
	if (n < r->vm.vcpus)
		fprintf(out, "… and %u more in the JSON\n", r->vm.vcpus - n);
	print_takers(r->seen, out);
}

static void print_longest(const struct watch_report *r, FILE *out)
{
	size_t n = r->seen->nworst < WORST_SHOWN ? r->seen->nworst : WORST_SHOWN;

	if (n)
		fprintf(out, "\nlongest windows\n");
	for (size_t i = 0; i < n; i++) {
		const struct seen_window *w = &r->seen->worst[i];
		char c[5][CELL];

		fprintf(out,
			"%9s %s (thread %u) by %s: range_start took %s, %s KiB at 0x%" PRIx64
			"%s; ",
			cell_ns(c[0], w->t2 - w->t0), probe_thread_name(w->thread), w->tid,
			probe_reason_name(w->reason), cell_ns(c[1], w->t1 - w->t0),
			cell_count(c[2], w->bytes / 1024), w->hva,
			w->preempted ? ", off its CPU meanwhile" : "");
		if (w->faults)
			fprintf(out, "%s%s faults ran into it, %s sent back, KVM held one for %s\n",
				w->at_least ? "at least " : "", cell_count(c[3], w->faults),
				cell_count(c[4], w->retried), cell_ns(c[1], w->waited_ns));
		else
			fprintf(out, "no fault ran into it\n");
	}
}

int watch_print(const struct watch_report *r, FILE *out)
{
	errno = 0;
	print_head(r, out);
	print_kinds(r, out);
	print_classes(r, out);
	print_vcpus(r, out);
	print_longest(r, out);
	fprintf(out,
		"\nnot seen: the guest's stalls, and pages that a window did not take away; both "
		"need the guest's clock,\nwhich only a guest of host-stress's own tells\n");
	return out_end(out);
}

int watch_print_live(const struct watch_report *r, FILE *out)
{
	fputs("\033[H\033[J", out);
	return watch_print(r, out);
}

int watch_print_line(struct watch_report *r, FILE *out)
{
	enum probe_thread thread = THREAD_OTHER;
	enum probe_reason reason = REASON_OTHER;
	uint64_t ns = r->ns - r->before.ns;
	char c[4][CELL];

	errno = 0;
	fprintf(out, "%6.0f s  %7s windows/s  %7s faults/s  longest window %7s",
		(double)r->ns / 1e9,
		cell_count(c[0], per_s(r->seen->windows - r->before.windows, ns)),
		cell_count(c[1], per_s(r->figures->faults - r->before.faults, ns)),
		cell_ns(c[2], r->seen->ns.max));
	if (seen_most(r->seen, 0, &thread, &reason))
		fprintf(out, "  most by %s/%s", probe_thread_name(thread),
			probe_reason_name(reason));
	fputc('\n', out);
	r->before.windows = r->seen->windows;
	r->before.faults = r->figures->faults;
	r->before.ns = r->ns;
	return out_end(out);
}
