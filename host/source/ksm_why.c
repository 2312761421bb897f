// SPDX-License-Identifier: GPL-2.0-only
/*
 * ksm_why.c - see ksm_why.h.
 *
 * mm/ksm.c: full_scans counts how often ksmd has been round all mergeable memory. It stands still
 * also when it waits for a page of its unstable tree that it may not follow: one that NUMA
 * balancing has made PROT_NONE, up to 6.4 (mm/gup.c gup_can_follow_protnone(); "mm/gup: reintroduce
 * FOLL_NUMA as FOLL_HONOR_NUMA_FAULT" cured that).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/knobs.h"
#include "counters/counters.h"
#include "ksm_why.h"

#define KSM "/sys/kernel/mm/ksm/"

static void say_scans(const struct ksm_facts *f, char *why, size_t size)
{
	uint64_t rounds = f->scans - f->scans_before;

	if (!rounds)
		snprintf(why, size,
			 "full_scans stands still at %" PRIu64
			 ": ksmd has not been once round %" PRIu64 " mergeable pages, at %" PRIu64
			 " a round (pages_to_scan)",
			 f->scans, f->mergeable, f->to_scan);
	else
		snprintf(why, size,
			 "ksmd has been %" PRIu64 " times round %" PRIu64
			 " mergeable pages (full_scans), at %" PRIu64 " a round, %" PRIu64
			 " of them changing faster than it comes round",
			 rounds, f->mergeable, f->to_scan, f->unstable);
}

void ksm_why_text(const struct ksm_facts *f, char *why, size_t size)
{
	size_t at;

	if (!f->mergeable)
		snprintf(why, size, "nothing of QEMU is mergeable");
	else if (!f->running)
		snprintf(why, size, "KSM does not run: somebody has written to run");
	else
		say_scans(f, why, size);
	at = strlen(why);
	if (f->prot_none && at < size)
		snprintf(why + at, size - at,
			 "; NUMA balancing has made %" PRIu64
			 " PTEs PROT_NONE that nobody has touched since",
			 f->prot_none);
}

static uint64_t number(struct env *env, const char *path)
{
	char text[32];

	return knob_read(env->knobs, path, text, sizeof(text)) < 0 ? 0 : strtoull(text, NULL, 10);
}

/* Of the process, by mappings with the flag "mg". */
static uint64_t mergeable_pages(pid_t pid)
{
	auto_free char *path = str_format("/proc/%d/smaps", pid);
	FILE *f = path ? fopen(path, "re") : NULL;
	unsigned long long kb, size = 0;
	uint64_t pages = 0;
	char line[512];

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "Size: %llu kB", &kb) == 1)
			size = kb;
		else if (!strncmp(line, "VmFlags:", 8) && strstr(line, " mg"))
			pages += size / 4;
	}
	if (f)
		fclose(f);
	return pages;
}

static uint64_t prot_none(void)
{
	uint64_t made = 0, touched = 0;

	if (!vmstat_find("numa_pte_updates", &made) || !vmstat_find("numa_hint_faults", &touched))
		return 0;
	return made > touched ? made - touched : 0;
}

void ksm_look(struct env *env)
{
	env->ksm_scans = number(env, KSM "full_scans");
	env->ksm_prot_none = prot_none();
}

void ksm_why(struct env *env, void *state, char *why, size_t size)
{
	uint64_t taken = prot_none();
	const struct ksm_facts f = {
		.running = number(env, KSM "run") == 1,
		.scans_before = env->ksm_scans,
		.scans = number(env, KSM "full_scans"),
		.to_scan = number(env, KSM "pages_to_scan"),
		.mergeable = mergeable_pages(env->qemu_pid),
		.unstable = number(env, KSM "pages_volatile"),
		.prot_none = taken > env->ksm_prot_none ? taken - env->ksm_prot_none : 0,
	};

	(void)state;
	ksm_why_text(&f, why, size);
}
