/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ksm.c - starts and stops ksmd (mm/ksm.c).
 *
 * advisor_mode comes first: from 6.8 ("mm/ksm: add ksm advisor") pages_to_scan is refused with
 * EINVAL while it is scan-time. smart_scan (6.7, "mm/ksm: add \"smart\" page scanning mode") skips
 * pages that did not merge before, which is what pages of a busy guest look like.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/knobs.h"
#include "base/procs.h"
#include "ksm.h"
#include "ksm_why.h"

#define KSM "/sys/kernel/mm/ksm/"

int ksm_probe(const struct env *env, char *why, size_t size)
{
	int err = source_has(env, KSM "run", why, size);

	if (env && backend_is_shared(env->backend)) {
		snprintf(why, size,
			 "KSM merges private memory only, and this guest's RAM is "
			 "shared (--backend)");
		return -EINVAL;
	}
	return err ? err : watch_probe(why, size);
}

/* Best effort: it changes how fast merging goes, not what is merged. */
static void renice_ksmd(int nice)
{
	pid_t pid = sysconf(_SC_NPROCESSORS_ONLN) == 1 ? proc_named("ksmd") : 0;

	if (pid)
		(void)setpriority(PRIO_PROCESS, (id_t)pid, nice);
}

int ksm_merge(struct env *env)
{
	return knob_write(env->knobs, KSM "run", "1");
}

int ksm_unmerge(struct env *env)
{
	return knob_write(env->knobs, KSM "run", "2");
}

int ksm_prepare(struct env *env)
{
	static const struct {
		const char *path, *value;
	} set[] = {
		{KSM "run", "0"},
		{KSM "advisor_mode", "none"},
		{KSM "pages_to_scan", KSM_PAGES_TO_SCAN},
		{KSM "sleep_millisecs", KSM_SLEEP_MS},
		{KSM "smart_scan", "0"},
	};
	int err = source_calm(env);

	for (size_t i = 0; i < ARRAY_SIZE(set) && !err; i++)
		err = source_knob(env, set[i].path, set[i].value);
	/* Can be changed only while nothing is merged, which it is not yet. */
	if (!err && env->max_page_sharing)
		err = knob_write_u64(env->knobs, KSM "max_page_sharing", env->max_page_sharing);
	if (!err)
		renice_ksmd(KSM_NICE_ONE_CPU);
	return err;
}

int ksm_start(struct env *env)
{
	int err = ksm_prepare(env);

	ksm_look(env);
	return err ?: ksm_merge(env);
}

int ksm_stop(struct env *env)
{
	int unmerged, stopped;

	renice_ksmd(KSM_NICE_DEFAULT);
	if (env->over)
		return 0;
	unmerged = ksm_unmerge(env);
	stopped = knob_write(env->knobs, KSM "run", "0");
	return unmerged ? unmerged : stopped;
}

int ksm_forget(struct knobs *k)
{
	return knob_rewrite(k, KSM "run", "2", KSM_FORGET_NS);
}

uint64_t ksm_full_scans(struct env *env)
{
	char text[32];

	if (knob_read(env->knobs, KSM "full_scans", text, sizeof(text)) < 0)
		return 0;
	return strtoull(text, NULL, 10);
}
