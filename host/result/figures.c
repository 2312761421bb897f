/* SPDX-License-Identifier: GPL-2.0-only */
/* figures.c - see figures.h. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "figures.h"

bool figure_is_set(const struct figure_spec *s)
{
	return s->kind == FIGURE_SET || s->kind == FIGURE_PROOF;
}

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '.';
}

/* The phase that @name begins with, a '.' behind it; -1: none. No phase's name has a '.' in it. */
static int phase_prefix(const char *name, size_t len, const struct figure_phases *phases)
{
	for (size_t i = 0; i < phases->n; i++) {
		size_t n = strlen(phases->name[i]);

		if (n < len && name[n] == '.' && !memcmp(name, phases->name[i], n))
			return (int)i;
	}
	return -1;
}

/* Behind what is no known phase also '-' and '+' go on when a letter follows at once: one name. */
size_t figure_scan(const char *text, const struct figure_phases *phases)
{
	int phase = phase_prefix(text, strlen(text), phases);
	size_t n = phase < 0 ? 0 : strlen(phases->name[phase]);

	for (;; n++) {
		bool joined = n && (text[n] == '-' || text[n] == '+') && text[n + 1] != '.' &&
			      is_name_char(text[n + 1]);

		if (!joined && !is_name_char(text[n]))
			return n;
	}
}

/* @path in @table; a set takes whatever stands behind its '.'. */
static const struct figure_spec *path_find(const struct figure_spec *table, const char *path,
					   size_t len)
{
	for (const struct figure_spec *s = table; s->path; s++) {
		size_t n = strlen(s->path);

		if (figure_is_set(s) ? n < len && len - n < FIGURE_KEY && !memcmp(s->path, path, n)
				     : n == len && !memcmp(s->path, path, n))
			return s;
	}
	return NULL;
}

static const struct figure_spec *phase_path_find(const char *path, size_t len)
{
	for (const struct figure_shorthand *s = figure_shorthands; s->name; s++)
		if (strlen(s->name) == len && !memcmp(s->name, path, len))
			return path_find(figure_phase_table, s->path, strlen(s->path));
	return path_find(figure_phase_table, path, len);
}

/* Names in sets: the kernel's own are times when they end so (halt_wait_ns). */
static enum figure_unit unit_of(const struct figure_spec *s, const char *key)
{
	size_t n = strlen(key);

	return n > 3 && !strcmp(key + n - 3, "_ns") ? FIGURE_NS : s->unit;
}

/* What figure_scan() takes for one name because '-' or '+' stands in it without spaces. */
static bool is_joined(const char *path, size_t len)
{
	return memchr(path, '-', len) || memchr(path, '+', len);
}

int figure_parse(struct figure *f, const char *name, size_t len, const struct figure_phases *phases)
{
	int phase = phase_prefix(name, len, phases);
	size_t skip = phase < 0 ? 0 : strlen(phases->name[phase]) + 1;
	const char *path = name + skip;

	*f = (struct figure){.phase = phase < 0 ? FIGURE_EACH : phase};
	len -= skip;
	if (is_joined(path, len))
		return -ENOENT;
	f->spec = phase_path_find(path, len);
	if (!f->spec && phase < 0) {
		f->phase = FIGURE_RUN;
		f->spec = path_find(figure_run_table, path, len);
	}
	if (!f->spec)
		return -ENOENT;
	if (figure_is_set(f->spec))
		snprintf(f->key, sizeof(f->key), "%.*s", (int)(len - strlen(f->spec->path)),
			 path + strlen(f->spec->path));
	f->unit = unit_of(f->spec, f->key);
	return 0;
}

const struct phase_result *figure_phase(const struct figure *f, const struct result *r, size_t each)
{
	size_t i = f->phase == FIGURE_EACH ? each : (size_t)f->phase;

	return f->phase == FIGURE_RUN || i >= r->nphases ? NULL : &r->phases[i];
}

static bool proof_value(const struct phase_result *p, const char *key, uint64_t *value)
{
	for (size_t i = 0; i < p->nproof; i++)
		if (!strcmp(p->proof[i].name, key)) {
			*value = p->proof[i].moved;
			return true;
		}
	return false;
}

static bool read_field(const struct figure *f, const char *base, const struct phase_result *p,
		       double *value)
{
	const void *field = base + f->spec->offset;
	uint64_t n = 0;
	bool known = true;

	switch (f->spec->kind) {
	case FIGURE_DOUBLE:
		*value = *(const double *)field;
		return true;
	case FIGURE_REFAULT:
		*value = transition_refault_ratio((const struct transition_figures *)field);
		return true;
	case FIGURE_I64:
		*value = (double)*(const int64_t *)field;
		return true;
	case FIGURE_RATE:
		*value = (double)*(const uint64_t *)field * 1e9 / (double)p->duration_ns;
		return true;
	case FIGURE_U32:
		n = *(const uint32_t *)field;
		break;
	case FIGURE_U64:
		n = *(const uint64_t *)field;
		break;
	case FIGURE_SET:
		known = metrics_get((const struct metrics *)field, f->key, &n);
		break;
	case FIGURE_PROOF:
		known = proof_value(p, f->key, &n);
		break;
	}
	*value = (double)n;
	return known;
}

bool figure_is_known(const struct figure_spec *s, const void *of)
{
	const char *base = of;

	return (!s->known || *(const bool *)(base + s->known)) &&
	       (!s->also || *(const bool *)(base + s->also)) &&
	       (!s->some || *(const uint64_t *)(base + s->some)) &&
	       (!s->named || *(const char *const *)(base + s->named));
}

/* Counts of the phase that make @s not whole. Of the whole run nothing does. */
static bool is_whole(const struct figure_spec *s, const struct result *r,
		     const struct phase_result *p)
{
	if (!p)
		return true;
	return !(s->guest && p->lost) && !(s->probe && probes_doubtful(&r->probes)) &&
	       !(s->missed && *(const uint64_t *)((const char *)p + s->missed)) &&
	       !(s->faults && faults_doubtful(&p->faults));
}

enum figure_state figure_value(const struct figure *f, const struct result *r, size_t each,
			       double *value)
{
	const struct phase_result *p = figure_phase(f, r, each);
	const char *base = f->phase == FIGURE_RUN ? (const char *)r : (const char *)p;
	double v;

	if (!base || !figure_is_known(f->spec, base))
		return FIGURE_UNKNOWN;
	if (!is_whole(f->spec, r, p))
		return FIGURE_LOST;
	if (!read_field(f, base, p, &v) || !isfinite(v))
		return FIGURE_UNKNOWN;
	*value = v;
	return FIGURE_KNOWN;
}

static void say_probes(const struct probe_figures *f, char *buf, size_t size)
{
	if (!f->counted)
		snprintf(buf, size, "is in doubt: nobody knows what the probes lost");
	else if (f->lost)
		snprintf(buf, size, "is not whole: %" PRIu64 " events of the probes were lost",
			 f->lost);
	else
		snprintf(buf, size,
			 "is in doubt: %" PRIu64 " events of the probes came late, %" PRIu64
			 " halves of windows and faults have no other half",
			 f->late, f->unpaired);
}

static const char *say_lost(const struct figure_spec *s, const struct result *r,
			    const struct phase_result *p, char *buf, size_t size)
{
	if (s->guest && p->lost)
		snprintf(buf, size,
			 "is not whole: %" PRIu64 " frames or records of the guest were lost",
			 p->lost);
	else if (s->probe && probes_doubtful(&r->probes))
		say_probes(&r->probes, buf, size);
	else if (s->missed && *(const uint64_t *)((const char *)p + s->missed))
		snprintf(buf, size, "is not whole: %" PRIu64 " stalls came without their records",
			 *(const uint64_t *)((const char *)p + s->missed));
	else
		snprintf(buf, size,
			 "is in doubt: of KVM's %" PRIu64 " faults %" PRIi64
			 " do not match those of the probes",
			 p->faults.total, p->faults.unmatched);
	return buf;
}

const char *figure_doubt(const struct figure *f, const struct result *r, size_t each, char *buf,
			 size_t size)
{
	const struct phase_result *p = figure_phase(f, r, each);
	const char *backend = r->probes.backend;

	if (p && figure_is_known(f->spec, (const char *)p) && !is_whole(f->spec, r, p))
		return say_lost(f->spec, r, p, buf, size);
	if (f->spec->probe && backend && !strcmp(backend, "counters"))
		snprintf(buf, size, "is not known: counters cannot tell it (--probes)");
	else
		snprintf(buf, size, "is not known on this kernel");
	return buf;
}

const char *figure_name(const struct figure *f, const struct result *r, size_t each, char *buf,
			size_t size)
{
	const struct phase_result *p = figure_phase(f, r, each);

	snprintf(buf, size, "%s%s%s%s", p ? p->name : "", p ? "." : "", f->spec->path, f->key);
	return buf;
}

/* Whole numbers as they are up to seven digits, what is larger with four digits and K M G T. */
static const char *format_number(double value, char *buf, size_t size)
{
	static const char *const factors[] = {"", "K", "M", "G", "T"};
	size_t i = 0;

	if (value == rint(value) && fabs(value) < 1e7) {
		snprintf(buf, size, "%.0f", value);
		return buf;
	}
	for (; fabs(value) >= 99995 && i + 1 < ARRAY_SIZE(factors); i++)
		value /= 1000;
	snprintf(buf, size, "%.*f%s",
		 fabs(value) >= 999.95	? 0
		 : fabs(value) >= 99.95 ? 1
		 : fabs(value) >= 1	? 2
					: 4,
		 value, factors[i]);
	return buf;
}

const char *figure_format(enum figure_unit unit, double value, char *buf, size_t size)
{
	static const char *const times[] = {"ns", "us", "ms", "s"};
	size_t i = 0;

	if (unit != FIGURE_NS)
		return format_number(value, buf, size);
	for (; fabs(value) >= 999.95 && i + 1 < ARRAY_SIZE(times); i++)
		value /= 1000;
	snprintf(buf, size, "%.4g%s", value, times[i]);
	return buf;
}
