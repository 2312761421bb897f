/* SPDX-License-Identifier: GPL-2.0-only */
/* pace.c - see pace.h. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pace.h"

#define TERMINAL_NS NSEC_PER_SEC
#define ELSEWHERE_NS (10 * NSEC_PER_SEC)
#define BAR 20
#define MIB (1024.0 * 1024)

static void add(struct pace *p, const char *name, const char *kind, double units)
{
	struct pace_stretch *s = &p->stretch[p->n];

	if (p->n == PACE_STRETCHES)
		return;
	snprintf(s->name, sizeof(s->name), "%s", name);
	snprintf(s->key, sizeof(s->key), "%.15s.%.46s", p->place, kind);
	s->units = units;
	p->n++;
}

static void add_phase(struct pace *p, size_t i)
{
	const struct opts *o = p->o;
	const char *phase = o->phases[i].name;
	uint64_t ns = o->phase_time_ns ?: opts_phase_time(o->duration_ns, o->nphases, i);
	double mib = (double)o->memory_bytes / MIB;
	char name[TIMING_NAME_BYTES], kind[PACE_KEY];
	static const char *const part[] = {"warm-up", "measured", "check", "stop"};
	const double units[] = {mib, (double)ns / 1e9, mib, 1};

	for (size_t k = 0; k < ARRAY_SIZE(part); k++) {
		snprintf(name, sizeof(name), "%s.%s", phase, part[k]);
		snprintf(kind, sizeof(kind), "%.30s.%s", phase, part[k]);
		add(p, name, kind, units[k]);
	}
}

/* The row that run_mark() and lab_main() make. */
static void plan(struct pace *p)
{
	double mib = (double)p->o->memory_bytes / MIB;
	bool lab = strncmp(p->place, "lab", 3) == 0;

	if (lab)
		add(p, "L1.boot", "L1.boot", 1);
	add(p, "guest.boot", "guest.boot", 1);
	add(p, "guest.fill", "guest.fill", mib);
	for (size_t i = 0; i < p->o->nphases; i++)
		add_phase(p, i);
	add(p, "leave", "leave", 1);
}

static char *cache_path(void)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

	if (cache && *cache == '/')
		return str_format("%s/host-stress/pace", cache);
	return home && *home == '/' ? str_format("%s/.cache/host-stress/pace", home) : NULL;
}

static void read_cache(struct pace *p)
{
	auto_free char *text = NULL;
	char *line, *rest;
	size_t len;

	if (!p->path || file_slurp(p->path, &text, &len))
		return;
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		char key[PACE_KEY];
		uint64_t ns;

		if (sscanf(line, "%63s %" SCNu64, key, &ns) == 2 && metrics_set(&p->known, key, ns))
			return;
	}
}

void pace_open(struct pace *p, const struct opts *o, const char *place)
{
	*p = (struct pace){.o = o, .terminal = isatty(STDERR_FILENO)};
	p->quiet = o->inside || o->unreported;
	snprintf(p->place, sizeof(p->place), "%s", place);
	plan(p);
	if (o->shown_command || p->quiet) /* of scripts and tests: they leave nothing behind */
		return;
	p->path = cache_path();
	read_cache(p);
}

void pace_note(struct pace *p, const char *line)
{
	snprintf(p->said, sizeof(p->said), "%s", line);
}

/* Marks that are no planned stretch ("pack", "prepare") lie before or behind the row. */
static const struct timing_mark *mark_of(const struct timing *t, const char *name, size_t *at)
{
	for (size_t i = 0; i < t->n; i++)
		if (!strcmp(t->mark[i].name, name)) {
			*at = i;
			return &t->mark[i];
		}
	return NULL;
}

/* Of a stretch that is over: wall ns; false: it is not. */
static bool took(const struct timing *t, const char *name, uint64_t *ns)
{
	size_t at;
	const struct timing_mark *m = mark_of(t, name, &at);

	if (!m || at + 1 >= t->n)
		return false;
	*ns = m[1].wall_ns - m->wall_ns;
	return true;
}

/* By earlier runs, else by the same part of another phase of this run. */
static bool expect(const struct pace *p, const struct timing *t, const struct pace_stretch *s,
		   double *ns)
{
	const char *part = strrchr(s->name, '.');
	uint64_t value;

	if (metrics_get(&p->known, s->key, &value)) {
		*ns = (double)value * s->units;
		return true;
	}
	for (size_t i = p->n; part && i-- > 0;) {
		const struct pace_stretch *other = &p->stretch[i];
		const char *same = strrchr(other->name, '.');

		if (!same || strcmp(same, part) || !took(t, other->name, &value))
			continue;
		*ns = (double)value / other->units * s->units;
		return true;
	}
	return false;
}

/* The stretch that is running: the last that was marked. */
static size_t current(const struct pace *p, const struct timing *t, uint64_t *since_ns)
{
	size_t at;

	for (size_t i = p->n; i-- > 0;) {
		const struct timing_mark *m = mark_of(t, p->stretch[i].name, &at);

		if (m) {
			*since_ns = m->wall_ns;
			return i;
		}
	}
	return p->n;
}

bool pace_left(const struct pace *p, const struct timing *t, uint64_t now_ns, uint64_t *left_ns,
	       double *done)
{
	uint64_t since = now_ns;
	size_t at = current(p, t, &since);
	double left = 0, passed, ns;

	for (size_t i = at == p->n ? 0 : at; i < p->n; i++) {
		if (!expect(p, t, &p->stretch[i], &ns))
			return false;
		if (i == at)
			ns = ns > (double)(now_ns - since) ? ns - (double)(now_ns - since) : 0;
		left += ns;
	}
	passed = t->n ? (double)(now_ns - t->mark[0].wall_ns) : 0;
	*left_ns = (uint64_t)left;
	*done = left + passed > 0 ? passed / (left + passed) : 0;
	return true;
}

static const char *say_left(char *buf, size_t size, uint64_t ns)
{
	unsigned int s = (unsigned int)((ns + NSEC_PER_SEC / 2) / NSEC_PER_SEC);

	if (s < 100)
		snprintf(buf, size, "%u s left", s);
	else
		snprintf(buf, size, "%u min left", (s + 30) / 60);
	return buf;
}

static void say(const struct pace *p, const struct timing *t, uint64_t now_ns)
{
	char left[32] = "", bar[BAR + 1];
	uint64_t left_ns;
	double done;

	if (!pace_left(p, t, now_ns, &left_ns, &done)) {
		progress_line("%s", p->said);
		return;
	}
	for (int i = 0; i < BAR; i++)
		bar[i] = (i + 0.5) / BAR < done ? '#' : '.';
	bar[BAR] = '\0';
	say_left(left, sizeof(left), left_ns);
	if (p->terminal)
		progress_line("[%s] %2.0f%%, %s  %s", bar, 100 * done, left, p->said);
	else
		progress_line("%2.0f%%, %s  %s", 100 * done, left, p->said);
}

void pace_turn(struct pace *p, const struct timing *t, uint64_t now_ns)
{
	if (p->quiet || now_ns < p->next_ns || !*p->said)
		return;
	p->next_ns = now_ns + (p->terminal ? TERMINAL_NS : ELSEWHERE_NS);
	say(p, t, now_ns);
}

/* The mean of what was known and of this run: a machine is busy at times. */
static void learn(struct pace *p, const struct timing *t)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct pace_stretch *s = &p->stretch[i];
		uint64_t ns, before;

		if (!took(t, s->name, &ns) || s->units <= 0)
			continue;
		ns = (uint64_t)((double)ns / s->units);
		if (metrics_get(&p->known, s->key, &before))
			ns = (ns + before) / 2;
		if (metrics_set(&p->known, s->key, ns))
			return;
	}
}

/* For every directory above it; what fails shows when the file is written. */
static void make_dirs(char *path)
{
	for (char *c = path + 1; *c; c++) {
		if (*c != '/')
			continue;
		*c = '\0';
		(void)!mkdir(path, 0777);
		*c = '/';
	}
}

/* Nobody asked for this file: a home that takes none is no error. */
static void write_cache(const struct pace *p)
{
	auto_free char *text = NULL, *temporary = str_format("%s.%d", p->path, getpid());
	size_t size;
	FILE *out = open_memstream(&text, &size);
	FILE *file;
	bool good;

	if (!out)
		return;
	for (size_t i = 0; i < p->known.n; i++)
		fprintf(out, "%s %" PRIu64 "\n", p->known.v[i].name, p->known.v[i].value);
	if (fclose(out) || !temporary)
		return;
	make_dirs(p->path);
	file = fopen(temporary, "we");
	if (!file)
		return;
	good = fwrite(text, 1, size, file) == size;
	if (fclose(file) || !good || rename(temporary, p->path))
		unlink(temporary);
}

void pace_close(struct pace *p, const struct timing *t, bool whole)
{
	if (whole && p->path) {
		learn(p, t);
		write_cache(p);
	}
	metrics_free(&p->known);
	free(p->path);
	p->path = NULL;
}
