/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compact.c - makes memory compaction move the guest's pages, with one NUMA node or more.
 *
 * Kernel: mm/compaction.c compact_zone, order -1: movable pages go from the low end of a zone into
 * the free pages of partly used blocks at its high end, by migrate_pages -> try_to_migrate (a
 * notifier window per page). Huge pages are passed over (isolate_migratepages_block) and what has
 * once moved stays up there, so a second call does next to nothing. Each cycle therefore collapses
 * the guest's pages into huge pages elsewhere (process_madvise MADV_COLLAPSE, 6.1), which frees
 * the holes they lay in, splits them again and compacts.
 * Silent when: one of these steps does nothing. Hence pages are watched over the call alone, which
 * leaves out what collapsing moves; khugepaged is switched off (THP enabled=never), and the
 * system's compact_migrate_scanned and pgmigrate_success must move as well.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/knobs.h"
#include "counters/counters.h"
#include "scatter.h"
#include "pagewatch.h"
#include "thread.h"

#define FILLER_MIN (16ull << 20)
#define FILLER_MAX (256ull << 20)

struct state {
	struct env *env;
	struct watch watch;
	struct filler filler;
	struct source_thp thp;
	uint64_t *starts; /* scatter_list() */
	size_t nstarts;
	struct source_thread thread;
	uint64_t moved; /* atomic, from the thread */
	uint64_t scanned_before, migrated_before;
};

static int compact_probe(const struct env *env, char *why, size_t size)
{
	int err = source_has(env, "/proc/sys/vm/compact_memory", why, size);

	if (!err)
		err = source_not_hugetlb(env, "are passed over by compaction", why, size);
	return err ? err : watch_probe(why, size);
}

/* Collapsing and compacting take as long as the machine is large: in a thread. */
static int one_cycle(void *state)
{
	struct state *s = state;
	struct env *env = s->env;
	int err;

	for (size_t i = 0; i < s->nstarts && !source_thread_ending(&s->thread); i++)
		scatter(env, s->starts[i]);
	err = watch_all(&s->watch, env, false);
	if (!err)
		err = knob_trigger(env->knobs, "/proc/sys/vm/compact_memory", "1");
	if (err || source_thread_ending(&s->thread))
		return err;
	err = watch_all(&s->watch, env, true);
	__atomic_store_n(&s->moved, s->watch.moved, __ATOMIC_RELEASE);
	return err;
}

static int compact_start(struct env *env, void *state)
{
	struct state *s = state;
	uint64_t bytes = (uint64_t)env->pages * PAGE_BYTES / 2;
	int err = source_calm(env);

	s->env = env;
	s->scanned_before = vmstat_read("compact_migrate_scanned");
	s->migrated_before = vmstat_read("pgmigrate_success");
	bytes = bytes < FILLER_MIN ? FILLER_MIN : bytes > FILLER_MAX ? FILLER_MAX : bytes;
	if (!err)
		err = source_thp_never(env, &s->thp);
	if (!err)
		err = filler_make(&s->filler, bytes - bytes % (FILLER_KEEP * PAGE_BYTES));
	if (!err)
		err = watch_open(&s->watch, env);
	if (!err)
		err = scatter_list(env, &s->starts, &s->nstarts);
	source_split_all(env);
	return err ? err : source_thread_start(&s->thread, one_cycle, s);
}

static int compact_step(struct env *env, void *state, uint64_t *again_ns)
{
	const struct state *s = state;

	(void)env;
	return source_thread_step(&s->thread, again_ns);
}

static int compact_stop(struct env *env, void *state)
{
	struct state *s = state;
	int err = source_thread_stop(&s->thread, env);

	if (err)
		return err;
	filler_free(&s->filler);
	watch_close(&s->watch);
	free(s->starts);
	return source_thp_restore(env, &s->thp);
}

static int compact_proof(struct env *env, void *state, struct proof *out)
{
	const struct state *s = state;
	uint64_t needed = source_needed(env->pages);
	uint64_t scanned = vmstat_read("compact_migrate_scanned");
	uint64_t migrated = vmstat_read("pgmigrate_success");

	out[0] = (struct proof){"pages_compacted", __atomic_load_n(&s->moved, __ATOMIC_ACQUIRE),
				needed};
	out[1] = (struct proof){"compact_migrate_scanned", scanned - s->scanned_before, needed};
	out[2] = (struct proof){"pgmigrate_success", migrated - s->migrated_before, needed};
	return 3;
}

const struct source source_compact = {
	.name = "compact",
	.help = "memory compaction moves the guest's pages (compact_memory)",
	.proof_help =
		"pages_compacted: test pages at another place after it; /proc/vmstat's counts",
	.state_bytes = sizeof(struct state),
	.probe = compact_probe,
	.start = compact_start,
	.step = compact_step,
	.stop = compact_stop,
	.proof = compact_proof,
};
