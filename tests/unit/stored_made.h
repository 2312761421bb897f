/* SPDX-License-Identifier: GPL-2.0-only */
/* stored_made.h - results as files in a directory of their own, for the tests that read them. */
#ifndef STORED_MADE_H
#define STORED_MADE_H

#include "compare/baseline.h"
#include "compare/main.h"
#include "made.h"
#include "cli/plan.h"
#include "report/report.h"
#include "result/json.h"
#include "result/read.h"
#include "compare/sides.h"
#include "judge/verdict.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <sys/stat.h>

/* plan.c and opts.c go by the real option_table; sources and commands are not asked. */

static char dir[] = "/tmp/host-stress-sides-XXXXXX";

static inline int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static inline int remove_dir(void **state)
{
	auto_free char *command = str_format("rm -r %s", dir);

	(void)state;
	return system(command);
}

static inline const char *path_of(const char *name)
{
	static char path[4][128];
	static int next;

	next = (next + 1) % 4;
	snprintf(path[next], sizeof(path[0]), "%s/%s", dir, name);
	return path[next];
}

/* migrate stalls @factor times as often. */
static inline void store(const char *name, double factor, const char *kernel,
			 void (*change)(struct result *))
{
	struct result r;

	made(&r);
	free(r.kernel);
	r.kernel = strdup(kernel);
	r.phases[3].stalls.count = (uint64_t)(200 * factor);
	if (change)
		change(&r);
	assert_int_equal(verdict_judge(&r), 0);
	assert_int_equal(result_json_file(&r, path_of(name)), 0);
	result_free(&r);
}

static inline void full(struct result *r)
{
	assert_int_equal(result_add_text(&r->fail_if, &r->nfail_if, "touch.p999 > 20us"), 0);
	assert_int_equal(result_add_text(&r->fail_if, &r->nfail_if, "guest.boot_ns > 5s"), 0);
	assert_int_equal(result_add_text(&r->fail_if, &r->nfail_if, "migrate.kvm.x > 5"), 0);
	r->phases[0].faults.known = false;
	r->phases[0].faults.total = r->phases[0].faults.fixed = r->phases[0].faults.retried_most =
		0;
	r->phases[0].why_not = strdup("because \"of\"\nthat");
	r->phases[0].exercised = false;
	r->phases[2].touch.count = r->phases[2].touch.p50_ns = r->phases[2].touch.p99_ns = 0;
	r->phases[2].touch.p999_ns = r->phases[2].touch.max_ns = 0;
	r->phases[2].faults.unmatched = -3;
	r->phases[2].refault_ratio = NAN;
	r->phases[2].windows.preempted_known = false;
	r->phases[2].windows.preempted = 0;
	r->probes.why = strdup("no BTF in this kernel");
	r->probes.lost = 9;
	r->probes.late = 10;
	r->probes.unpaired = 11;
	r->probes.stretch_ns = 50000;
	r->probes.interfere = true;
	r->seed = UINT64_MAX;
	r->channel.foreign = 7;
	r->baseline.nearer = strdup("bad");
	assert_int_equal(result_add_text(&r->baseline.lines, &r->baseline.nlines, "a line"), 0);
	r->against = (struct against_result){.kernel = strdup("6.1"), .figures = 12, .worse = 3};
	assert_int_equal(metrics_set(&r->here, "wall_ns.pack", 31234), 0);
}

#endif
