/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * damon.c - DAMON by its sysfs files (Documentation/admin-guide/mm/damon/usage.rst).
 *
 * All are knobs in the journal: put back newest first, so that "state" is off again before the
 * numbers of things are 0 again, which is refused while it is on.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "idle.h"

#define ADMIN "/sys/kernel/mm/damon/admin/kdamonds/"
#define CONTEXT ADMIN "0/contexts/0/"
#define SCHEMES CONTEXT "schemes/"
#define STATE ADMIN "0/state"
/* On by default since 6.17 on some distributions' kernels, and suffers no other beside it. */
#define DAMON_STAT "/sys/module/damon_stat/parameters/enabled"

bool damon_is_there(const struct env *env)
{
	char why[160];

	return !source_has(env, ADMIN "nr_kdamonds", why, sizeof(why));
}

static int write_all(struct env *env, const char *const (*set)[2], size_t n)
{
	int err = 0;

	for (size_t i = 0; i < n && !err; i++)
		err = knob_write(env->knobs, set[i][0], set[i][1]);
	return err == -ENOENT ? err_say(err, "this kernel's DAMON lacks a file of 6.1") : err;
}

/* From the first test page to the last, as one region to begin with. */
static int write_target(struct env *env)
{
	uint64_t low = UINT64_MAX, high = 0;
	int err;

	for (size_t i = 0; i < env->nruns; i++) {
		const struct guest_run *r = &env->runs[i];
		uint64_t end = r->hva + (uint64_t)r->pages * PAGE_BYTES;

		low = r->hva < low ? r->hva : low;
		high = end > high ? end : high;
	}
	err = knob_write_u64(env->knobs, CONTEXT "targets/0/pid_target", (uint64_t)env->qemu_pid);
	if (!err)
		err = knob_write(env->knobs, CONTEXT "targets/0/regions/nr_regions", "1");
	if (!err)
		err = knob_write_u64(env->knobs, CONTEXT "targets/0/regions/0/start", low);
	return err ? err : knob_write_u64(env->knobs, CONTEXT "targets/0/regions/0/end", high);
}

#define ALL_SIZES(scheme)                                                          \
	{SCHEMES scheme "/action", "stat"},                                        \
		{SCHEMES scheme "/access_pattern/sz/max", "18446744073709551615"}, \
	{                                                                          \
		SCHEMES scheme "/access_pattern/age/max", "4294967295"             \
	}

int damon_start(struct env *env)
{
	static const char *const before[][2] = {
		{ADMIN "nr_kdamonds", "1"},
		{ADMIN "0/contexts/nr_contexts", "1"},
		{CONTEXT "operations", "vaddr"},
		{CONTEXT "monitoring_attrs/intervals/sample_us", "1000"},
		{CONTEXT "monitoring_attrs/intervals/aggr_us", "10000"},
		{CONTEXT "monitoring_attrs/intervals/update_us", "1000000"},
		{CONTEXT "monitoring_attrs/nr_regions/max", "1000"},
		{CONTEXT "monitoring_attrs/nr_regions/min", "200"},
		{CONTEXT "targets/nr_targets", "1"},
	};
	static const char *const after[][2] = {
		{SCHEMES "nr_schemes", "2"},
		ALL_SIZES("0"),
		{SCHEMES "0/access_pattern/nr_accesses/max", "4294967295"},
		{SCHEMES "0/access_pattern/nr_accesses/min", "1"},
		ALL_SIZES("1"),
		{STATE, "on"},
	};
	int err = source_knob(env, DAMON_STAT, "N");

	if (!err)
		err = write_all(env, before, ARRAY_SIZE(before));

	if (!err)
		err = write_target(env);
	return err ? err : write_all(env, after, ARRAY_SIZE(after));
}

int damon_stop(struct env *env)
{
	return knob_write(env->knobs, STATE, "off");
}

static int read_sum(const struct env *env, const char *path, uint64_t *pages)
{
	char text[32];
	ssize_t len = knob_read(env->knobs, path, text, sizeof(text));

	if (len < 0)
		return err_sys((int)len, "cannot read %s", path);
	*pages = strtoull(text, NULL, 10) / PAGE_BYTES;
	return 0;
}

int damon_sums(const struct env *env, uint64_t *young, uint64_t *idle)
{
	int err = knob_trigger(env->knobs, STATE, "update_schemes_stats");

	if (!err)
		err = read_sum(env, SCHEMES "0/stats/sz_tried", young);
	return err ? err : read_sum(env, SCHEMES "1/stats/sz_tried", idle);
}
