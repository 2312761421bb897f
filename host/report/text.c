/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * text.c - the whole result for people: verdict, what ran where, tables of a row per phase, then
 * what was judged and lost (--tables; screen.c has the answer alone). No line is longer than 110
 * columns.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/out.h"
#include "report.h"
#include "cells.h"

static int print_turns(FILE *out, const struct lab_figures *l)
{
	if (!l->turn)
		return 0;
	return field(out, "turns",
		     "%" PRIu64 " lab CPUs, up to %" PRIu64 " instructions each, schedule %" PRIu64
		     "%s",
		     l->cpus, l->turn, l->schedule, l->hold_ns ? ", now and then held back" : "");
}

static int print_place(FILE *out, const struct result *r)
{
	bool lab = r->place && !strcmp(r->place, "lab");
	int err = field(out, "place", "%s, %s%s%s%s", r->place ? r->place : "?",
			r->accel ? r->accel : "?", r->paging ? ", " : "",
			r->paging ? r->paging : "", r->deterministic ? ", deterministic" : "");

	if (!err && lab && r->deterministic)
		err = field(out, "",
			    "virtual time; CPUs run in turn, so a vCPU retries more often in a "
			    "window than on hardware: compare kernels with these figures, do not "
			    "quote them");
	else if (!err && lab)
		err = field(out, "",
			    "an emulated or nested machine: compare kernels with these figures, do "
			    "not quote them");
	if (!err && r->emulator && r->qemu && strcmp(r->emulator, r->qemu))
		err = field(out, "emulator", "%s", r->emulator);
	if (!err && r->qemu)
		err = field(out, "QEMU", "%s", r->qemu);
	if (!err && !r->qemu_cured)
		err = field(out, "",
			    "this QEMU may deliver an interrupt twice, and the guest may hang or "
			    "crash for no fault of the kernel (docs/determinism.md)");
	return err;
}

static int print_guest(FILE *out, const struct result *r)
{
	char boot[CELL], pattern[CELL];

	if (!r->vcpus)
		return 0;
	snprintf(pattern, sizeof(pattern), "in %u groups", r->groups);
	if (r->pattern == PATTERN_KSM02)
		snprintf(pattern, sizeof(pattern), "and filled as by ksm02");
	if (r->backend != BACKEND_ANON)
		snprintf(pattern + strlen(pattern), sizeof(pattern) - strlen(pattern), ", %s",
			 backend_names[r->backend]);
	return field(out, "guest", "%s; %.1f MiB touched %s by %u vCPU%s%s, %g%% writes; up in %s",
		     r->guest_kernel ? r->guest_kernel : "?",
		     (double)r->memory_bytes / (1024 * 1024), pattern, r->vcpus,
		     r->vcpus == 1 ? "" : "s", r->spare_vcpus ? " (one more reports)" : "",
		     r->write_ppm / 1e4, cell_ns(boot, r->boot_ns));
}

/* Of the whole run, as it was asked for. */
int print_meddling(FILE *out, const struct probe_figures *p)
{
	char stretch[CELL];
	int err = 0;

	if (p->stretch_ns && p->stretch_count)
		err = field(out, "",
			    "%" PRIu64 " of each phase's windows on guest RAM were made %s longer "
			    "(--stretch, --stretch-count)",
			    p->stretch_count, cell_ns(stretch, p->stretch_ns));
	else if (p->stretch_ns)
		err = field(out, "", "every window on guest RAM was made %s longer (--stretch)",
			    cell_ns(stretch, p->stretch_ns));
	if (!err && p->interfere)
		err = field(out, "",
			    "invalidating threads were preempted inside their windows "
			    "(--interfere)");
	return err;
}

int print_counters(FILE *out, const struct probe_figures *p)
{
	return field(
		out, "probes",
		"counters%s%s%s: windows, classes of faults, refaults and causes of stalls are "
		"not known",
		p->why ? " (" : "", p->why ?: "", p->why ? ")" : "");
}

static int print_probes(FILE *out, const struct result *r)
{
	const struct probe_figures *p = &r->probes;
	char error[CELL], doubts[DOUBTS];
	int err;

	if (!p->backend)
		return 0;
	if (!strcmp(p->backend, "counters"))
		return print_counters(out, p);
	err = field(out, "probes", "%s, %s; self-test %s; %s%s%s%s", p->backend,
		    cell_doubts(doubts, p), p->selftest ?: "not run",
		    r->clock.method ? "host time of the guest by " : "no host time of the guest",
		    r->clock.method ?: "", r->clock.method ? ", error " : "",
		    r->clock.method ? cell_ns(error, r->clock.error_ns) : "");
	if (!err && p->why)
		err = field(out, "", "not a better backend: %s", p->why);
	if (!err && probes_doubtful(p))
		err = field(out, "",
			    "so windows, classes, refaults and causes are not whole: no limit and "
			    "no baseline judges by them");
	return err ?: print_meddling(out, p);
}

static int print_head(FILE *out, const struct result *r)
{
	int err = print_judged(out, r);

	if (!err && r->kernel)
		err = field(out, "kernel", "%s", r->kernel);
	if (!err)
		err = print_place(out, r);
	if (!err)
		err = print_guest(out, r);
	if (!err && r->tsc_hz)
		err = field(out, "clock", "guest TSC at %.6f GHz, error %.1e",
			    (double)r->tsc_hz / 1e9, r->tsc_error);
	if (!err)
		err = print_probes(out, r);
	if (!err)
		err = field(out, "seed", "%" PRIu64, r->seed);
	if (!err)
		err = print_turns(out, &r->lab);
	if (!err && r->command)
		err = field(out, "command", "%s", r->command);
	return err;
}

int print_losses(FILE *out, const struct result *r)
{
	uint64_t lost = 0, records = 0, overflow = 0;

	for (size_t i = 0; i < r->nphases; i++) {
		lost += r->phases[i].lost;
		records += r->phases[i].stalls.records_lost;
		overflow += r->phases[i].touch.overflow;
	}
	return field(out, "lost",
		     "%" PRIu64 " in phases, %" PRIu64 " stall records, %" PRIu64
		     " probe events, %" PRIu64 " late, %" PRIu64
		     " unpaired; histogram overflow %" PRIu64,
		     lost, records, r->probes.lost, r->probes.late, r->probes.unpaired, overflow);
}

static int print_lost(FILE *out, const struct result *r)
{
	const struct channel_figures *c = &r->channel;
	uint64_t checked = 0, errors = 0;
	int err;

	for (size_t i = 0; i < r->nphases; i++) {
		checked += r->phases[i].integrity.checked;
		errors += r->phases[i].integrity.errors;
	}
	fputc('\n', out);
	err = field(out, "integrity", "%" PRIu64 " words compared, %" PRIu64 " corrupted", checked,
		    errors);
	if (!err)
		err = print_losses(out, r);
	if (!err)
		err = field(out, "channel",
			    "%" PRIu64 " frames; %" PRIu64 " lost, %" PRIu64 " late, %" PRIu64
			    " duplicate, %" PRIu64 " short, %" PRIu64 " with a bad header, %" PRIu64
			    " with a bad payload, %" PRIu64 " out of place; %" PRIu64
			    " bytes skipped",
			    c->frames, c->lost, c->late, c->duplicate, c->short_frames,
			    c->bad_header, c->bad_payload, c->foreign, c->skipped_bytes);
	return err;
}

int print_limits(FILE *out, const struct result *r)
{
	static const char *const words[] = {
		[LIMIT_KEPT] = "kept",
		[LIMIT_EXCEEDED] = "EXCEEDED",
		[LIMIT_UNPROVEN] = "not judged",
		[LIMIT_UNKNOWN] = "not judged",
	};
	int err = 0;

	for (size_t i = 0; i < r->nlimits && !err; i++) {
		const struct limit_result *l = &r->limits[i];

		if (!i)
			fputc('\n', out);
		if (!i || strcmp(l->expr, r->limits[i - 1].expr))
			err = field(out, i ? "" : "limits", "fail if %s", l->expr);
		if (!err)
			err = field(out, "", "  %s %s: %s", l->phase ?: "run", words[l->state],
				    l->text);
	}
	return err;
}

int print_baseline(FILE *out, const struct baseline_result *b)
{
	int err;

	if (!b->nearer)
		return 0;
	fputc('\n', out);
	err = field(out, "baseline", "nearer to %s", b->nearer);
	for (size_t i = 0; i < b->nlines && !err; i++)
		err = field(out, "", "  %s", b->lines[i]);
	return err;
}

/* The phases that have figures; to be freed. */
static struct phase_result *shown_phases(const struct result *r, size_t *n)
{
	struct phase_result *shown = calloc(r->nphases + 1, sizeof(*shown));

	*n = 0;
	for (size_t i = 0; i < r->nphases && shown; i++)
		if (result_has_figures(&r->phases[i]))
			shown[(*n)++] = r->phases[i];
	return shown;
}

static int print_tables(FILE *out, const struct result *r)
{
	struct result shown = *r;

	shown.phases = shown_phases(r, &shown.nphases);
	if (!shown.phases)
		return -ENOMEM;
	if (shown.nphases) {
		print_touches(out, &shown);
		print_times(out, &shown);
		print_causes(out, &shown);
		print_parts(out, &shown);
		print_worst(out, &shown);
		print_faults(out, &shown);
		print_windows(out, &shown);
		print_transitions(out, &shown);
		print_cpu(out, &shown);
	}
	free(shown.phases);
	if (r->nphases)
		print_proof(out, r);
	return 0;
}

int report_tables(const struct result *r, FILE *out)
{
	int err;

	errno = 0;
	err = print_head(out, r);
	if (!err)
		err = print_tables(out, r);
	if (!err)
		err = print_limits(out, r);
	if (!err)
		err = print_baseline(out, &r->baseline);
	if (!err)
		err = print_lost(out, r);
	return err ?: out_end(out);
}
