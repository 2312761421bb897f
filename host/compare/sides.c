/* SPDX-License-Identifier: GPL-2.0-only */
/* sides.c - see sides.h. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/plan.h"
#include "result/read.h"
#include "sides.h"

static int add_file(struct runs *s, const char *path)
{
	struct result *r;
	int err;

	if (s->n == COMPARE_MAX_RUNS)
		return err_say(-E2BIG, "%s: more than %d runs of one kernel", path,
			       COMPARE_MAX_RUNS);
	r = calloc(1, sizeof(*r));
	s->names[s->n] = strdup(path);
	s->owned[s->n++] = r;
	if (!r || !s->names[s->n - 1])
		return err_sys(-ENOMEM, "%s", path);
	err = result_read_file(r, path);
	if (err)
		return err;
	if (r->verdict.code == VERDICT_ERROR || !r->nphases)
		return err_say(-EINVAL, "%s: the run broke off: %s", path,
			       r->verdict.nreasons ? r->verdict.reasons[0] : "no phase ran");
	s->set.r[s->set.n] = r;
	s->set.name[s->set.n++] = s->names[s->n - 1];
	return 0;
}

int runs_read(struct runs *s, const char *list)
{
	for (;;) {
		size_t n = strcspn(list, ",");
		auto_free char *path = str_format("%.*s", (int)n, list);
		int err = path ? add_file(s, path) : err_sys(-ENOMEM, "%s", list);

		if (err || !list[n])
			return err;
		list += n + 1;
	}
}

void runs_close(struct runs *s)
{
	while (s->n) {
		s->n--;
		if (s->owned[s->n])
			result_free(s->owned[s->n]);
		free(s->owned[s->n]);
		free(s->names[s->n]);
	}
	s->set.n = 0;
}

static int same_stress(const struct result *a, const struct result *b, bool other_builds, char *why,
		       size_t size)
{
	int err = compare_setup(a, b, why, size);

	if (!err && !other_builds)
		err = compare_build(a, b, why, size);

	return err ?: plan_same(a->command, b->command, why, size);
}

/* Every run against the first: being the same is transitive, but for the TSC's tolerance. */
static int check_side(const struct result *first, struct run_set *s, bool other_builds)
{
	char why[320];
	int err = 0;

	for (size_t i = 0; i < s->n && !err; i++) {
		err = same_stress(first, s->r[i], other_builds, why, sizeof(why));
		if (err)
			err_say(err, "%s cannot be compared: %s", s->name[i], why);
	}
	if (!err && compare_unique(s, why, sizeof(why)))
		err = err_say(-EINVAL, "%s", why);
	return err;
}

static int check_good(const struct run_set *s)
{
	for (size_t i = 0; i < s->n; i++)
		for (size_t k = 0; k < s->r[i]->nphases; k++)
			if (integrity_is_broken(&s->r[i]->phases[k].integrity))
				return err_say(-EINVAL,
					       "%s is no good run: guest memory was corrupted",
					       s->name[i]);
	return 0;
}

/* Of two runs whose stress is the same. -EINVAL with the reason in @why. */
static int same_seeds(const struct result *a, const struct result *b, char *why, size_t size)
{
	if (result_same_chance(a, b))
		return 0;
	if (a->seed != b->seed)
		snprintf(why, size, "the seed differs: %" PRIu64 " and %" PRIu64, a->seed, b->seed);
	else if (a->lab.schedule != b->lab.schedule)
		snprintf(why, size, "the schedule differs: %" PRIu64 " and %" PRIu64,
			 a->lab.schedule, b->lab.schedule);
	else
		snprintf(why, size, "the lab's CPUs or their turns differ");
	return -EINVAL;
}

static int check_seeds(const struct run_set *good, const struct run_set *bad)
{
	char why[160];

	if (!good->r[0]->deterministic || good->n > 1 || bad->n > 1 ||
	    !same_seeds(good->r[0], bad->r[0], why, sizeof(why)))
		return 0;
	return err_say(-EINVAL, "%s cannot be compared: %s", bad->name[0], why);
}

static int read_side(struct runs *s, const struct texts *lists)
{
	int err = 0;

	for (size_t i = 0; i < lists->n && !err; i++)
		err = runs_read(s, lists->v[i]);
	return err;
}

static int compare(struct sides *s, const struct texts *by)
{
	char why[400] = "out of memory";
	int err = compare_open(&s->c, &s->good.set, &s->bad.set, by->v, by->n, why, sizeof(why));

	return err ? err_say(err, "%s%s", err == -EINVAL ? "--by: " : "", why) : 0;
}

int sides_open(struct sides *s, const struct texts *good, const struct texts *bad,
	       const struct texts *by, bool other_builds, bool other_seeds)
{
	int err;

	*s = (struct sides){.other_builds = other_builds};
	err = read_side(&s->good, good);
	if (!err)
		err = read_side(&s->bad, bad);
	if (!err)
		err = check_side(s->good.set.r[0], &s->good.set, other_builds);
	if (!err)
		err = check_side(s->good.set.r[0], &s->bad.set, other_builds);
	if (!err)
		err = check_good(&s->good.set);
	if (!err && !other_seeds)
		err = check_seeds(&s->good.set, &s->bad.set);
	if (!err)
		err = compare(s, by);
	if (err)
		sides_close(s);
	return err;
}

void sides_close(struct sides *s)
{
	compare_close(&s->c);
	runs_close(&s->good);
	runs_close(&s->bad);
}

static int one_kernel(const struct run_set *is, char *why, size_t size)
{
	for (size_t i = 1; i < is->n; i++)
		if (strcmp(is->r[0]->kernel ?: "", is->r[i]->kernel ?: "")) {
			snprintf(why, size, "the kernel differs: '%s' and '%s'",
				 is->r[0]->kernel ?: "unknown", is->r[i]->kernel ?: "unknown");
			return -EINVAL;
		}
	return 0;
}

int sides_accept(const struct sides *s, struct run_set *is, char *why, size_t size)
{
	const struct result *good = s->good.set.r[0];
	int err = one_kernel(is, why, size);

	for (size_t i = 0; i < is->n && !err; i++)
		err = same_stress(good, is->r[i], s->other_builds, why, size);
	if (!err)
		err = compare_unique(is, why, size);
	for (size_t i = 0; i < is->n && !err && s->c.exact; i++)
		err = same_seeds(good, is->r[i], why, size);
	return err;
}
