/* SPDX-License-Identifier: GPL-2.0-only */
/* setup.c - which results may be compared at all (compare.h). Pure. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "compare.h"

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static int differ(char *why, size_t size, const char *what, const char *a, const char *b)
{
	snprintf(why, size, "%s differs: '%s' and '%s'", what, a ?: "unknown", b ?: "unknown");
	return -EINVAL;
}

static int differ_u64(char *why, size_t size, const char *what, uint64_t a, uint64_t b)
{
	snprintf(why, size, "%s differs: %" PRIu64 " and %" PRIu64, what, a, b);
	return -EINVAL;
}

static int same_place(const struct result *a, const struct result *b, char *why, size_t size)
{
	if (!same_text(a->place, b->place))
		return differ(why, size, "the place", a->place, b->place);
	if (!same_text(a->accel, b->accel))
		return differ(why, size, "the accelerator", a->accel, b->accel);
	if (!same_text(a->emulator, b->emulator))
		return differ(why, size, "the emulator", a->emulator, b->emulator);
	if (!same_text(a->paging, b->paging))
		return differ(why, size, "the guest's paging", a->paging, b->paging);
	if (a->deterministic != b->deterministic)
		return differ(why, size, "determinism", a->deterministic ? "yes" : "no",
			      b->deterministic ? "yes" : "no");
	if (!same_text(a->qemu, b->qemu))
		return differ(why, size, "QEMU", a->qemu, b->qemu);
	if (!same_text(a->guest_kernel, b->guest_kernel))
		return differ(why, size, "the guest's kernel", a->guest_kernel, b->guest_kernel);
	return 0;
}

/* Another TSC is another machine; calibrations of one differ by some 1e-5. */
static int same_machine(const struct result *a, const struct result *b, char *why, size_t size)
{
	uint64_t gap = a->tsc_hz > b->tsc_hz ? a->tsc_hz - b->tsc_hz : b->tsc_hz - a->tsc_hz;

	if (a->tsc_hz && b->tsc_hz && gap > a->tsc_hz / 1000)
		return differ_u64(why, size, "the machine (its TSC, in Hz)", a->tsc_hz, b->tsc_hz);
	if (a->memory_bytes != b->memory_bytes)
		return differ_u64(why, size, "--memory", a->memory_bytes, b->memory_bytes);
	if (a->vcpus != b->vcpus)
		return differ_u64(why, size, "--vcpus", a->vcpus, b->vcpus);
	if (a->pattern != b->pattern)
		return differ(why, size, "--pattern", pattern_names[a->pattern],
			      pattern_names[b->pattern]);
	if (a->backend != b->backend)
		return differ(why, size, "--backend", backend_names[a->backend],
			      backend_names[b->backend]);
	if (a->groups != b->groups)
		return differ_u64(why, size, "--groups", a->groups, b->groups);
	if (a->write_ppm != b->write_ppm)
		return differ_u64(why, size, "--write-share (ppm)", a->write_ppm, b->write_ppm);
	if (a->shared_pages != b->shared_pages)
		return differ_u64(why, size, "--shared-pages", a->shared_pages, b->shared_pages);
	return 0;
}

static int same_phases(const struct result *a, const struct result *b, char *why, size_t size)
{
	if (!a->nphases || a->nphases != b->nphases)
		return differ_u64(why, size, "the number of phases", a->nphases, b->nphases);
	for (size_t i = 0; i < a->nphases; i++) {
		const struct phase_result *p = &a->phases[i], *q = &b->phases[i];

		if (!same_text(p->name, q->name) || !same_text(p->sources, q->sources))
			return differ(why, size, "a phase (--sources)", p->name, q->name);
		if (p->done && q->done && p->exercised && q->exercised &&
		    p->stalls.threshold_ns != q->stalls.threshold_ns)
			return differ_u64(why, size, "--stall (ns)", p->stalls.threshold_ns,
					  q->stalls.threshold_ns);
	}
	return 0;
}

/* Each backend has a cost of its own, and the two others change the windows themselves. */
static int same_probes(const struct result *a, const struct result *b, char *why, size_t size)
{
	const struct probe_figures *p = &a->probes, *q = &b->probes;

	if (!same_text(p->backend, q->backend))
		return differ(why, size, "the backend of the probes (--probes)", p->backend,
			      q->backend);
	if (p->stretch_ns != q->stretch_ns)
		return differ_u64(why, size, "--stretch (ns)", p->stretch_ns, q->stretch_ns);
	if (p->stretch_count != q->stretch_count)
		return differ_u64(why, size, "--stretch-count", p->stretch_count, q->stretch_count);
	if (a->nphases && b->nphases && a->phases[0].grace.known != b->phases[0].grace.known)
		return differ(why, size, "--grace-periods", a->phases[0].grace.known ? "yes" : "no",
			      b->phases[0].grace.known ? "yes" : "no");
	if (p->interfere != q->interfere)
		return differ(why, size, "--interfere", p->interfere ? "yes" : "no",
			      q->interfere ? "yes" : "no");
	return 0;
}

static int same_lab(const struct result *a, const struct result *b, char *why, size_t size)
{
	if (a->lab.cpus != b->lab.cpus)
		return differ_u64(why, size, "--lab-cpus", a->lab.cpus, b->lab.cpus);
	if (a->lab.turn != b->lab.turn)
		return differ_u64(why, size, "--lab-turn", a->lab.turn, b->lab.turn);
	if (a->lab.hold_ns != b->lab.hold_ns)
		return differ_u64(why, size, "--lab-hold (ns)", a->lab.hold_ns, b->lab.hold_ns);
	return 0;
}

int compare_setup(const struct result *a, const struct result *b, char *why, size_t size)
{
	int err = same_place(a, b, why, size);

	if (!err)
		err = same_lab(a, b, why, size);
	if (!err)
		err = same_machine(a, b, why, size);
	if (!err)
		err = same_probes(a, b, why, size);
	return err ?: same_phases(a, b, why, size);
}

int compare_build(const struct result *a, const struct result *b, char *why, size_t size)
{
	static const char *const parts[BUILDS] = {"program", "image", "emulator"};

	for (int i = 0; i < BUILDS; i++)
		if (a->build[i] && b->build[i] && strcmp(a->build[i], b->build[i])) {
			snprintf(why, size,
				 "the build of the %s differs: %s and %s (--other-builds compares "
				 "them all the same)",
				 parts[i], a->build[i], b->build[i]);
			return -EINVAL;
		}
	return 0;
}

static bool same_value(const struct figure *f, const struct result *a, const struct result *b)
{
	double va = 0, vb = 0;

	return figure_value(f, a, 0, &va) == figure_value(f, b, 0, &vb) && va == vb;
}

static bool same_metrics(const struct metrics *a, const struct metrics *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->v[i].name, b->v[i].name) || a->v[i].value != b->v[i].value)
			return false;
	return true;
}

static bool same_proof(const struct phase_result *a, const struct phase_result *b)
{
	if (a->nproof != b->nproof)
		return false;
	for (size_t i = 0; i < a->nproof; i++)
		if (strcmp(a->proof[i].name, b->proof[i].name) ||
		    a->proof[i].moved != b->proof[i].moved)
			return false;
	return true;
}

static bool same_figures(const struct result *a, const struct result *b, int phase)
{
	const struct figure_spec *s = phase == FIGURE_RUN ? figure_run_table : figure_phase_table;

	for (; s->path; s++) {
		struct figure f = {.spec = s, .phase = phase, .unit = s->unit};
		size_t at = s->offset, i = phase < 0 ? 0 : (size_t)phase;

		if (s->kind == FIGURE_SET
			    ? !same_metrics((const void *)((const char *)&a->phases[i] + at),
					    (const void *)((const char *)&b->phases[i] + at))
		    : s->kind == FIGURE_PROOF ? !same_proof(&a->phases[i], &b->phases[i])
					      : !same_value(&f, a, b))
			return false;
	}
	return true;
}

bool compare_identical(const struct result *a, const struct result *b)
{
	if (!result_same_chance(a, b) || a->nphases != b->nphases ||
	    !same_figures(a, b, FIGURE_RUN))
		return false;
	for (size_t i = 0; i < a->nphases; i++)
		if (strcmp(a->phases[i].name, b->phases[i].name) || !same_figures(a, b, (int)i))
			return false;
	return true;
}

/* 1: @b says nothing that @a does not say; 0: it does; -EINVAL: one of them must be wrong. */
static int is_again(const struct result *a, const struct result *b, const char *const *name,
		    char *why, size_t size)
{
	bool same = compare_identical(a, b);

	if (!a->deterministic && same)
		return snprintf(why, size, "%s and %s are the same run", name[0], name[1]), -EINVAL;
	if (!a->deterministic || !result_same_chance(a, b) || !same_text(a->kernel, b->kernel))
		return 0;
	if (same)
		return 1;
	snprintf(why, size,
		 "%s and %s have the same kernel and seed but differ, though both are "
		 "deterministic",
		 name[0], name[1]);
	return -EINVAL;
}

int compare_unique(struct run_set *s, char *why, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		int again = 0;

		for (size_t k = 0; k < n && !again; k++) {
			const char *names[] = {s->name[k], s->name[i]};

			again = is_again(s->r[k], s->r[i], names, why, size);
		}
		if (again < 0)
			return again;
		if (again)
			continue;
		s->r[n] = s->r[i];
		s->name[n++] = s->name[i];
	}
	s->n = n;
	return 0;
}
