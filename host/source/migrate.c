/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * migrate.c - moves the guest's pages to and fro between two NUMA nodes.
 *
 * Kernel: mm/migrate.c do_pages_move -> migrate_pages -> try_to_migrate (notifier window of one
 * page, or of a huge page), then a migration entry until the copy is done; batched since 6.3
 * ("migrate_pages: batch flushing TLB").
 * Silent when: the status array says nothing of pages in a batch that failed, so where the pages
 * lie is asked before and after. A huge page moves as one and would count for 512 windows, so they
 * are split first and khugepaged is kept away; those that move whole all the same
 * (thp_migration_success, 5.9) count once. Where --backend wants them whole, one page of each is
 * asked for, and counts.
 */
#include <errno.h>

#include "base/numa.h"
#include "counters/counters.h"
#include "nodes.h"

#define BATCH 128u
#define PAUSE_NS NSEC_PER_MSEC

struct state {
	struct source_thp thp;
	int node[2];
	uint32_t cursor;
	uint32_t stride; /* pages from one that is moved to the next */
	uint64_t moved;
	uint64_t huge_before;
	uint64_t proven; /* the most that proof has answered: it never goes back */
	void *pages[BATCH];
	int before[BATCH], target[BATCH], status[BATCH];
};

static int migrate_probe(const struct env *env, char *why, size_t size)
{
	(void)env;
	return nodes_probe(why, size);
}

static int migrate_start(struct env *env, void *state)
{
	struct state *s = state;
	int err;

	if (nodes_find(s->node) < 2)
		return err_say(-ENODEV, "migrate needs two NUMA nodes with memory");
	s->cursor = (uint32_t)(env->seed % env->pages);
	s->stride = backend_is_huge(env->backend) ? SOURCE_HUGE / PAGE_BYTES : 1;
	s->huge_before = vmstat_read("thp_migration_success");
	err = source_calm(env);
	if (!err)
		err = source_thp_never(env, &s->thp);
	source_split_all(env);
	return err;
}

static int ask_nodes(struct env *env, struct state *s, unsigned int n, int *where)
{
	if (move_pages(env->qemu_pid, n, s->pages, NULL, where, 0) < 0)
		return err_sys(-errno, "cannot ask where QEMU's (%d) pages lie", env->qemu_pid);
	return 0;
}

/* move_pages(2) answers how many did not move (since 4.17); a busy page or a full node is no error.
 */
static int move_batch(struct env *env, struct state *s, unsigned int n)
{
	long left = move_pages(env->qemu_pid, n, s->pages, s->target, s->status, MPOL_MF_MOVE_ALL);
	int err = left < 0 ? -errno : 0;

	if (!err || err == -EBUSY || err == -ENOMEM || err == -EAGAIN)
		return 0;
	return err_sys(err, "cannot move pages of QEMU (%d) between nodes %d and %d", env->qemu_pid,
		       s->node[0], s->node[1]);
}

static int migrate_step(struct env *env, void *state, uint64_t *again_ns)
{
	struct state *s = state;
	unsigned int most = env->pages / s->stride ?: 1, n = most < BATCH ? most : BATCH;
	int err;

	*again_ns = PAUSE_NS;
	for (unsigned int i = 0; i < n; i++) {
		s->pages[i] = (void *)(uintptr_t)env_hva(env, s->cursor);
		s->cursor = (s->cursor + s->stride) % env->pages;
	}
	err = ask_nodes(env, s, n, s->before);
	for (unsigned int i = 0; i < n; i++)
		s->target[i] = s->node[s->before[i] == s->node[0]];
	if (!err)
		err = move_batch(env, s, n);
	if (!err)
		err = ask_nodes(env, s, n, s->status);
	for (unsigned int i = 0; i < n && !err; i++)
		s->moved += s->before[i] >= 0 && s->before[i] != s->target[i] &&
			    s->status[i] == s->target[i];
	return err;
}

static int migrate_stop(struct env *env, void *state)
{
	struct state *s = state;

	return source_thp_restore(env, &s->thp);
}

static int migrate_proof(struct env *env, void *state, struct proof *out)
{
	struct state *s = state;
	uint64_t huge = vmstat_read("thp_migration_success") - s->huge_before;
	uint64_t extra = s->stride > 1 ? 0 : huge * (SOURCE_HUGE / PAGE_BYTES - 1);

	if (s->moved > extra + s->proven)
		s->proven = s->moved - extra;
	out[0] = (struct proof){"pages_migrated", s->proven,
				source_needed(env->pages / (s->stride ?: 1))};
	return 1;
}

const struct source source_migrate = {
	.name = "migrate",
	.help = "move_pages(2) moves the guest's pages between two NUMA nodes",
	.proof_help = "pages_migrated: test pages on the other node than before, huge pages as one",
	.state_bytes = sizeof(struct state),
	.probe = migrate_probe,
	.start = migrate_start,
	.step = migrate_step,
	.stop = migrate_stop,
	.proof = migrate_proof,
};
