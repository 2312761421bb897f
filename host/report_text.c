/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * report_text.c - the result for people: verdict, what ran where, a row per phase in three tables,
 * then what was proven, compared and lost. No line is longer than 100 columns.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

#define COLUMNS 100
#define INDENT 10
#define PROOF_INDENT 40
#define CELL 24 /* room for one formatted figure */

/*
 * Text from column @indent on, where the line stands already; it is broken at spaces and goes on
 * below itself.
 */
static void print_wrapped(FILE *out, int indent, const char *text)
{
	const int room = COLUMNS - indent;

	for (;;) {
		int len = (int)strnlen(text, (size_t)room + 1), cut = len;

		if (len > room)
			for (cut = room; cut > 0 && text[cut] != ' ';)
				cut--;
		if (!cut && len) /* one word, too long for any line */
			cut = room;
		fprintf(out, "%.*s\n", cut, text);
		text += cut + (text[cut] == ' ');
		if (!*text)
			return;
		fprintf(out, "%*s", indent, "");
	}
}

static void print_field(FILE *out, const char *label, const char *text)
{
	fprintf(out, "%-*s", INDENT, label);
	print_wrapped(out, INDENT, text);
}

static int printf_like(3, 4) field(FILE *out, const char *label, const char *fmt, ...)
{
	va_list args;
	char *text;
	int len;

	va_start(args, fmt);
	len = vasprintf(&text, fmt, args);
	va_end(args);
	if (len < 0)
		return -ENOMEM;
	print_field(out, label, text);
	free(text);
	return 0;
}

/* Three digits and a unit: 812ns, 1.23us, 45.6ms; seconds up to 99999s. */
static const char *cell_ns(char *cell, uint64_t ns)
{
	static const char *const unit[] = {"ns", "us", "ms", "s", "ks", "Ms", "Gs"};
	double value = (double)ns;
	int digits = 0;
	size_t i = 0;

	for (; value >= (i == 3 ? 99999.5 : 999.5) && i + 1 < ARRAY_SIZE(unit); i++)
		value /= 1000;
	if (i && value < 99.95)
		digits = value < 9.995 ? 2 : 1;
	snprintf(cell, CELL, "%.*f%s", digits, value, unit[i]);
	return cell;
}

/* 1,234,567 up to seven digits, 12.35M above. */
static const char *cell_count(char *cell, uint64_t n)
{
	static const char *const unit[] = {"M", "G", "T", "P"};
	double value = (double)n / 1e6;
	size_t i = 0;

	if (n >= 10000000) {
		for (; value >= 9999.5 && i + 1 < ARRAY_SIZE(unit); i++)
			value /= 1000;
		snprintf(cell, CELL, "%.*f%s",
			 value >= 1000	? 0
			 : value >= 100 ? 1
					: 2,
			 value, unit[i]);
	} else if (n >= 1000000) {
		snprintf(cell, CELL, "%u,%03u,%03u", (unsigned int)(n / 1000000),
			 (unsigned int)(n / 1000 % 1000), (unsigned int)(n % 1000));
	} else if (n >= 1000) {
		snprintf(cell, CELL, "%u,%03u", (unsigned int)(n / 1000), (unsigned int)(n % 1000));
	} else {
		snprintf(cell, CELL, "%u", (unsigned int)n);
	}
	return cell;
}

static const char *cell_known(char *cell, bool known, uint64_t n)
{
	return known ? cell_count(cell, n) : "-";
}

static int print_verdict(FILE *out, const struct verdict *v)
{
	static const struct {
		enum verdict_code code;
		const char *word;
	} words[] = {
		{VERDICT_PASS, "PASS"},
		{VERDICT_FAIL, "FAIL"},
		{VERDICT_CANNOT_JUDGE, "CANNOT JUDGE"},
	};
	const char *word = "ERROR";
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i].code == v->code)
			word = words[i].word;
	fprintf(out, "%s (exit code %d)\n", word, v->code);
	for (size_t i = 0; i < v->nreasons && !err; i++)
		err = field(out, "", "%s", v->reasons[i]);
	return err;
}

static int print_place(FILE *out, const struct result *r)
{
	bool lab = r->place && !strcmp(r->place, "lab");
	int err = field(out, "place", "%s, %s%s", r->place ? r->place : "?",
			r->accel ? r->accel : "?", r->deterministic ? ", deterministic" : "");

	if (!err && lab && r->deterministic)
		err = field(out, "",
			    "virtual time; CPUs run in turn, so a vCPU retries more often in a "
			    "window than on hardware: compare kernels with these figures, do not "
			    "quote them");
	else if (!err && lab)
		err = field(out, "",
			    "an emulated or nested machine: compare kernels with these figures, do "
			    "not quote them");
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
	char boot[CELL];

	if (!r->vcpus)
		return 0;
	return field(out, "guest",
		     "%s; %.1f MiB touched in %u groups by %u vCPU%s, %g%% writes; up in %s",
		     r->guest_kernel ? r->guest_kernel : "?",
		     (double)r->memory_bytes / (1024 * 1024), r->groups, r->vcpus,
		     r->vcpus == 1 ? "" : "s", r->write_ppm / 1e4, cell_ns(boot, r->boot_ns));
}

static int print_head(FILE *out, const struct result *r)
{
	int err = print_verdict(out, &r->verdict);

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
		err = field(out, "seed", "%" PRIu64, r->seed);
	if (!err && r->command)
		err = field(out, "command", "%s", r->command);
	return err;
}

static void print_touches(FILE *out, const struct result *r)
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

static void print_faults(FILE *out, const struct result *r)
{
	fprintf(out, "\n%-20s %9s %9s %9s %9s %9s %9s %9s %9s\n", "KVM", "faults", "fixed",
		"emulated", "spurious", "fast", "retried<=", "flushes", "exits");
	for (size_t i = 0; i < r->nphases; i++) {
		const struct phase_result *p = &r->phases[i];
		const struct fault_figures *f = &p->faults;
		uint64_t flushes = 0, exits;
		/* remote_tlb_flush counts only those that had to wait for another CPU */
		bool flushes_known = metrics_get(&p->kvm, "remote_tlb_flush_requests", &flushes) ||
				     metrics_get(&p->kvm, "remote_tlb_flush", &flushes),
		     exits_known;
		char c[8][CELL];

		exits = exits_of(p, &exits_known);
		fprintf(out, "%-20.20s %9s %9s %9s %9s %9s %9s %9s %9s\n", p->name,
			cell_known(c[0], f->known, f->total), cell_known(c[1], f->known, f->fixed),
			cell_known(c[2], f->known, f->emulate),
			cell_known(c[3], f->known, f->spurious),
			cell_known(c[4], f->known, f->fast),
			cell_known(c[5], f->known, f->retried_most),
			cell_known(c[6], flushes_known, flushes),
			cell_known(c[7], exits_known, exits));
	}
}

/* A line per counter; the phase's name stands before the first. */
static void print_proofs_of(FILE *out, const struct phase_result *p)
{
	char moved[CELL], needed[CELL];

	for (size_t i = 0; i < p->nproof; i++)
		fprintf(out, "%*s%9s of %s %s\n", i ? PROOF_INDENT : 0, "",
			cell_count(moved, p->proof[i].moved),
			cell_count(needed, p->proof[i].needed), p->proof[i].name);
	if (!p->nproof)
		fprintf(out, "%9s\n", "-");
}

static void print_proof(FILE *out, const struct result *r)
{
	fprintf(out, "\n%-20s %9s %7s  %9s of needed\n", "proof", "exercised", "waited", "moved");
	for (size_t i = 0; i < r->nphases; i++) {
		const struct phase_result *p = &r->phases[i];
		char waited[CELL];

		fprintf(out, "%-20.20s %9s %7s  ", p->name, p->exercised ? "yes" : "no",
			cell_ns(waited, p->waited_ns));
		print_proofs_of(out, p);
		if (p->why_not)
			print_field(out, "", p->why_not);
	}
}

static int print_lost(FILE *out, const struct result *r)
{
	const struct channel_figures *c = &r->channel;
	uint64_t lost = 0, records = 0, overflow = 0, checked = 0, errors = 0;
	int err;

	for (size_t i = 0; i < r->nphases; i++) {
		lost += r->phases[i].lost;
		records += r->phases[i].stalls.records_lost;
		overflow += r->phases[i].touch.overflow;
		checked += r->phases[i].integrity.checked;
		errors += r->phases[i].integrity.errors;
	}
	fputc('\n', out);
	err = field(out, "integrity", "%" PRIu64 " words compared, %" PRIu64 " corrupted", checked,
		    errors);
	if (!err)
		err = field(out, "lost",
			    "%" PRIu64 " in phases, %" PRIu64 " stall records; histogram overflow "
			    "%" PRIu64,
			    lost, records, overflow);
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

static int print_limits(FILE *out, const struct result *r)
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

static int print_baseline(FILE *out, const struct baseline_result *b)
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

int report_text(const struct result *r, FILE *out)
{
	int err;

	errno = 0;
	err = print_head(out, r);
	if (!err && r->nphases) {
		print_touches(out, r);
		print_faults(out, r);
		print_proof(out, r);
	}
	if (!err)
		err = print_limits(out, r);
	if (!err)
		err = print_baseline(out, &r->baseline);
	if (!err)
		err = print_lost(out, r);
	if (!err && (fflush(out) || ferror(out)))
		err = errno ? -errno : -EIO;
	return err;
}
