/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * migrate_pages.c - moves the whole VM process between two NUMA nodes, as migratepages(8) and
 * cgroup cpusets (memory_migrate) do: all of QEMU's memory, not only guest RAM.
 *
 * Kernel: mm/mempolicy.c do_migrate_pages -> migrate_to_node -> migrate_pages, in long batches; a
 * notifier window per page, which since 6.3 ("migrate_pages: batch _unmap and _move") are all
 * closed before the first copy is made. Silent when: the other node is full, and pages of test
 * memory stay. Hence they are watched. Huge pages move whole and would count for 512 windows, so
 * they are split first and khugepaged is kept away.
 */
#include <errno.h>

#include "base/numa.h"
#include "nodes.h"
#include "pagewatch.h"
#include "thread.h"

struct state {
	struct env *env;
	struct watch watch;
	struct source_thp thp;
	struct source_thread thread;
	int node[2];
	int from;	      /* index of the node that is emptied next */
	uint64_t moved, left; /* atomic, from the thread */
};

static int pages_probe(const struct env *env, char *why, size_t size)
{
	(void)env;
	return nodes_probe(why, size) ?: watch_probe(why, size);
}

static int one_cycle(void *state)
{
	struct state *s = state;
	unsigned long from[16] = {0}, to[16] = {0};
	const unsigned long bits = 8 * sizeof(*from);
	int a = s->node[s->from], b = s->node[!s->from];
	int err = watch_all(&s->watch, s->env, false);
	long left;

	if (err)
		return err;
	from[(unsigned long)a / bits] |= 1ul << (unsigned long)a % bits;
	to[(unsigned long)b / bits] |= 1ul << (unsigned long)b % bits;
	left = migrate_pages(s->env->qemu_pid, sizeof(from) * 8, from, to);
	if (source_thread_ending(&s->thread))
		return 0;
	/* What found no room or was busy is tried again on the way back. */
	if (left < 0 && errno != EBUSY && errno != ENOMEM && errno != EAGAIN)
		return err_sys(-errno, "cannot migrate QEMU (%d) from node %d to node %d",
			       s->env->qemu_pid, a, b);
	s->from = !s->from;
	err = watch_all(&s->watch, s->env, true);
	__atomic_store_n(&s->moved, s->watch.moved, __ATOMIC_RELEASE);
	__atomic_fetch_add(&s->left, left > 0 ? (uint64_t)left : 0, __ATOMIC_RELEASE);
	return err;
}

static int pages_start(struct env *env, void *state)
{
	struct state *s = state;
	int err;

	s->env = env;
	if (nodes_find(s->node) < 2)
		return err_say(-ENODEV, "migrate-pages needs two NUMA nodes with memory");
	err = source_calm(env);
	if (!err)
		err = source_thp_never(env, &s->thp);
	if (!err)
		err = watch_open(&s->watch, env);
	source_split_all(env);
	return err ? err : source_thread_start(&s->thread, one_cycle, s);
}

static int pages_step(struct env *env, void *state, uint64_t *again_ns)
{
	const struct state *s = state;

	(void)env;
	return source_thread_step(&s->thread, again_ns);
}

static int pages_stop(struct env *env, void *state)
{
	struct state *s = state;
	int err = source_thread_stop(&s->thread, env);

	if (err)
		return err;
	watch_close(&s->watch);
	return source_thp_restore(env, &s->thp);
}

static int pages_proof(struct env *env, void *state, struct proof *out)
{
	const struct state *s = state;

	out[0] =
		(struct proof){"pages_moved_with_all", __atomic_load_n(&s->moved, __ATOMIC_ACQUIRE),
			       source_needed(env->pages)};
	out[1] = (struct proof){"migrate_pages_left", __atomic_load_n(&s->left, __ATOMIC_ACQUIRE),
				0};
	return 2;
}

const struct source source_migrate_pages = {
	.name = "migrate-pages",
	.help = "migrate_pages(2) moves the whole VM process between two nodes",
	.proof_help = "pages_moved_with_all: test pages at another place after it",
	.state_bytes = sizeof(struct state),
	.probe = pages_probe,
	.start = pages_start,
	.step = pages_step,
	.stop = pages_stop,
	.proof = pages_proof,
};
