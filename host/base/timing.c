// SPDX-License-Identifier: GPL-2.0-only
/* timing.c - see timing.h. */
#include <errno.h>
#include <string.h>

#include "timing.h"

void timing_mark(struct timing *t, const char *name, uint64_t wall_ns, uint64_t own_ns)
{
	struct timing_mark *m = &t->mark[t->n];

	if (t->n == TIMING_MAX)
		return;
	snprintf(m->name, sizeof(m->name), "%s", name);
	m->wall_ns = wall_ns;
	m->own_ns = own_ns;
	t->n++;
}

static uint64_t wall(const struct timing *t, size_t i)
{
	return t->mark[i + 1].wall_ns - t->mark[i].wall_ns;
}

/* By the lab's clock; false: not known. What lies before its start counts from there. */
static bool own(const struct timing *t, size_t i, uint64_t *ns)
{
	const struct timing_mark *m = &t->mark[i];

	*ns = m[1].own_ns - m->own_ns;
	return m[1].own_ns && m->own_ns;
}

static void print_row(FILE *out, const char *name, uint64_t wall_ns, bool known, uint64_t own_ns)
{
	fprintf(out, "  %-40s %8.2f s", name, (double)wall_ns / 1e9);
	if (known)
		fprintf(out, " %8.2f s", (double)own_ns / 1e9);
	fputc('\n', out);
}

int timing_print(const struct timing *t, FILE *out)
{
	uint64_t own_ns, all_own = 0;
	bool any = false;

	errno = 0;
	if (t->n < 2)
		return 0;
	for (size_t i = 0; i + 1 < t->n; i++)
		any |= own(t, i, &own_ns);
	fprintf(out, "%-42s %10s%s\n", "where the time went", "wall", any ? " lab's clock" : "");
	for (size_t i = 0; i + 1 < t->n; i++) {
		bool known = own(t, i, &own_ns);

		print_row(out, t->mark[i].name, wall(t, i), known, own_ns);
		all_own += known ? own_ns : 0;
	}
	print_row(out, "in all", t->mark[t->n - 1].wall_ns - t->mark[0].wall_ns, any, all_own);
	return ferror(out) ? -(errno ?: EIO) : 0;
}

static int add(struct metrics *m, const char *kind, const char *name, uint64_t ns)
{
	auto_free char *key = str_format("%s.%s", kind, name);
	uint64_t before = 0;

	if (!key)
		return -ENOMEM;
	metrics_get(m, key, &before);
	return metrics_set(m, key, before + ns);
}

int timing_note(const struct timing *t, struct metrics *m)
{
	uint64_t own_ns;
	int err = 0;

	for (size_t i = 0; i + 1 < t->n && !err; i++) {
		err = add(m, "wall_ns", t->mark[i].name, wall(t, i));
		if (!err && own(t, i, &own_ns))
			err = add(m, "virtual_ns", t->mark[i].name, own_ns);
	}
	return err;
}
