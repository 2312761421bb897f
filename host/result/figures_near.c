/* SPDX-License-Identifier: GPL-2.0-only */
/* figures_near.c - what a misspelt name of a figure may have meant (figures.h). Pure. */
#include <stdio.h>
#include <string.h>

#include "figures.h"

#define NEAR 3
#define NAME_MAX_BYTES 128

struct near {
	char name[NAME_MAX_BYTES];
	size_t distance;
};

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

/*
 * Insertions, deletions, changes and swaps of neighbours that make @b of @a (optimal string
 * alignment; F. J. Damerau, "A technique for computer detection and correction of spelling
 * errors", CACM 7(3), 1964). Both shorter than NAME_MAX_BYTES.
 */
static size_t distance(const char *a, const char *b)
{
	size_t row[3][NAME_MAX_BYTES + 1], na = strlen(a), nb = strlen(b);
	size_t *before = row[0], *last = row[1], *now = row[2], *spare;

	for (size_t j = 0; j <= nb; j++)
		last[j] = before[j] = j;
	for (size_t i = 1; i <= na; i++) {
		now[0] = i;
		for (size_t j = 1; j <= nb; j++) {
			now[j] = min3(last[j] + 1, now[j - 1] + 1,
				      last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < now[j])
				now[j] = before[j - 2] + 1;
		}
		spare = before;
		before = last;
		last = now;
		now = spare;
	}
	return last[nb];
}

/*
 * Whether @name is @wrong with parts left out of @wrong, "windows.ksmd" of
 * "windows.by_thread.ksmd": how many, or 0. One part alone could mean anything.
 */
static size_t parts_left_out(const char *wrong, const char *name)
{
	size_t left_out = 0;

	if (!strchr(wrong, '.'))
		return 0;
	while (*name) {
		size_t n = strcspn(name, "."), w = strcspn(wrong, ".");

		if (w && w == n && !memcmp(wrong, name, n))
			wrong += w + (wrong[w] == '.');
		else
			left_out++;
		name += n + (name[n] == '.');
	}
	return *wrong ? 0 : left_out;
}

/* Keeps the NEAR nearest, the first found before its equals. */
static void offer(struct near *best, const char *wrong, const char *name)
{
	struct near it = {.distance = distance(wrong, name)};
	size_t left_out = parts_left_out(wrong, name);

	if (left_out && left_out < it.distance)
		it.distance = left_out;
	snprintf(it.name, sizeof(it.name), "%s", name);
	for (size_t i = 0; i < NEAR; i++) {
		struct near pushed = best[i];

		if (best[i].name[0] && best[i].distance <= it.distance)
			continue;
		best[i] = it;
		it = pushed;
	}
}

/* Behind the '.' of a set anything may stand: what stood there in the wrong name is taken over. */
static void offer_path(struct near *best, const char *wrong, const char *phase, const char *path)
{
	size_t n = strlen(path);
	const char *key = n && path[n - 1] == '.' ? strrchr(wrong, '.') : NULL;
	char name[2 * NAME_MAX_BYTES];

	if (n && path[n - 1] == '.' && !key)
		return;
	snprintf(name, sizeof(name), "%s%s%s%s", phase, *phase ? "." : "", path,
		 key ? key + 1 : "");
	if (strlen(name) < NAME_MAX_BYTES)
		offer(best, wrong, name);
}

static void offer_phases(struct near *best, const char *wrong, const struct figure_phases *phases,
			 const char *path)
{
	offer_path(best, wrong, "", path);
	for (size_t i = 0; i < phases->n; i++)
		offer_path(best, wrong, phases->name[i], path);
}

static void offer_all(struct near *best, const char *wrong, const struct figure_phases *phases)
{
	for (const struct figure_spec *s = figure_phase_table; s->path; s++)
		offer_phases(best, wrong, phases, s->path);
	for (const struct figure_shorthand *s = figure_shorthands; s->name; s++)
		offer_phases(best, wrong, phases, s->name);
	for (const struct figure_spec *s = figure_run_table; s->path; s++)
		offer_path(best, wrong, "", s->path);
}

/* "a, b or c" of those that are near enough to have been meant. */
static void say_near(const struct near *best, size_t len, char *why, size_t size)
{
	size_t far = len < 6 ? 2 : len < 12 ? 3 : 4, n = 0;

	while (n < NEAR && best[n].name[0] && best[n].distance <= far &&
	       best[n].distance <= best[0].distance + 2)
		n++;
	for (size_t i = 0; i < n; i++) {
		size_t at = strlen(why);

		snprintf(why + at, size - at, "%s%s",
			 !i	      ? "; near it: "
			 : i + 1 == n ? " or "
				      : ", ",
			 best[i].name);
	}
	if (!n)
		snprintf(why + strlen(why), size - strlen(why), "; docs/limits.md lists them");
}

static void list_phases(const struct figure_phases *phases, char *why, size_t size)
{
	for (size_t i = 0; i < phases->n; i++) {
		size_t at = strlen(why);

		snprintf(why + at, size - at, "%s%s", i ? ", " : "", phases->name[i]);
	}
}

/* A good path behind a phase that this run does not have: bytes of the phase's name, else 0. */
static size_t absent_phase(const char *name, size_t len)
{
	static const struct figure_phases none;
	const char *dot = memchr(name, '.', len);
	size_t n = dot ? (size_t)(dot - name) : 0;
	struct figure f;

	if (!n || figure_parse(&f, dot + 1, len - n - 1, &none) || f.phase != FIGURE_EACH)
		return 0;
	return n;
}

void figure_explain(const char *name, size_t len, const struct figure_phases *phases, char *why,
		    size_t size)
{
	struct near best[NEAR] = {0};
	char wrong[NAME_MAX_BYTES];
	size_t phase = absent_phase(name, len);

	snprintf(wrong, sizeof(wrong), "%.*s", (int)len, name);
	offer_all(best, wrong, phases);
	if (phase && best[0].distance > 2) {
		snprintf(why, size, "no phase of this run is called '%.*s'; it has ", (int)phase,
			 name);
		list_phases(phases, why, size);
		return;
	}
	snprintf(why, size, "no figure is called '%s'", wrong);
	if (strpbrk(wrong, "-+"))
		snprintf(why + strlen(why), size - strlen(why),
			 " (between figures '-' and '+' need spaces)");
	say_near(best, strlen(wrong), why, size);
}
