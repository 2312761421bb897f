/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cgroup_reclaim.c - the VM's control group has to give memory back (memory.reclaim, 5.19), as a
 * host's daemon asks for; it goes to zram, and the guest brings back what it needs.
 *
 * Kernel: mm/memcontrol.c memory_reclaim() ->
 * try_to_free_mem_cgroup_pages() -> mm/vmscan.c shrink_folio_list() -> try_to_unmap(): a window of
 * one page each, event CLEAR. Unlike with reclaim.c the kernel chooses the pages, by age, and asks
 * KVM which were in use (folio_referenced()).
 * Pages are counted where they are touched first: so QEMU is put into a group of its own right
 * before its guest fills its test pages; what the guest has booted with stays where it was.
 * Silent when: other pages of the group go. Hence test pages are looked at: in swap now and not
 * before, and present again later.
 */
#include <errno.h>
#include <stdio.h>

#include "base/writer.h"
#include "base/cgroup.h"
#include "counters/counters.h"
#include "look.h"
#include "zram.h"

#define RECLAIM CGROUP_OURS "/memory.reclaim"
#define AT_ONCE "4M" /* of little at once only cold pages go, where lru_gen is off */
#define PAUSE_NS (2 * NSEC_PER_MSEC)
#define LIMIT_NS (2 * NSEC_PER_SEC) /* a group that is busy gives little: the kernel tries long */
#define SPARE_BYTES (16ull << 20)

struct state {
	struct look look;
	struct zram zram;
	struct source_thp thp;
	struct writer writer;
	uint64_t asked, out, back, pswpout_before;
};

static int group_probe(const struct env *env, char *why, size_t size)
{
	int err = source_not_hugetlb(env, "are never swapped", why, size);

	return err ? err : cgroup_probe("", why, size) ?: zram_probe(env, why, size);
}

static int group_start(struct env *env, void *state)
{
	struct state *s = state;
	uint64_t bytes = (uint64_t)env->pages * PAGE_BYTES;
	char why[160];
	int err = source_has(env, RECLAIM, why, sizeof(why));

	if (err)
		return err_say(err, "cgroup-reclaim: %s", why);
	s->pswpout_before = vmstat_read("pswpout");
	err = source_calm(env);
	if (!err)
		err = source_thp_never(env, &s->thp);
	if (!err)
		err = look_open(&s->look, env, LOOK_MAX_PAGES);
	if (!err)
		err = zram_make(&s->zram, env, bytes + bytes / 4 + SPARE_BYTES);
	source_split_all(env);
	return err;
}

/* How many pages are in swap, or are present, that were not at the look before. */
static uint64_t turned(const struct look *l, uint64_t flag)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < l->n; i++)
		n += l->now[i] & ~l->before[i] & flag ? 1 : 0;
	return n;
}

/*
 * A busy guest brings pages back within milliseconds: so there are looks while the kernel reclaims,
 * too. A group that cannot give so much gives what it can, and says EAGAIN.
 */
static int group_step(struct env *env, void *state, uint64_t *again_ns)
{
	struct state *s = state;
	int err = look_again(&s->look, env);

	*again_ns = PAUSE_NS;
	if (err)
		return err;
	s->out += turned(&s->look, LOOK_SWAPPED);
	s->back += turned(&s->look, LOOK_PRESENT);
	if (!s->writer.pid)
		return writer_start(&s->writer, RECLAIM, AT_ONCE, LIMIT_NS);
	err = writer_poll(&s->writer);
	s->asked += err != -EINPROGRESS;
	if (!err || err == -EINPROGRESS || err == -EAGAIN || err == -EINTR)
		return 0;
	return err_sys(err, "cannot write to " RECLAIM);
}

/* New memory is charged to the group: with all test pages in it, each in use, none goes. */
static void group_why(struct env *env, void *state, char *why, size_t size)
{
	(void)env;
	if (!((struct state *)state)->out)
		snprintf(why, size,
			 "what the group gave away was no test page, those are in use: give "
			 "cgroup-reclaim before KSM's sources and khugepaged");
}

static int group_stop(struct env *env, void *state)
{
	struct state *s = state;
	int err = writer_stop(&s->writer);

	err = zram_end(&s->zram, env) ?: err;
	look_close(&s->look);
	return source_thp_restore(env, &s->thp) ?: err;
}

static int group_proof(struct env *env, void *state, struct proof *out)
{
	const struct state *s = state;
	uint64_t needed = source_needed(s->look.n ?: env->pages) / 4 ?: 1;

	out[0] = (struct proof){"group_pages_out", s->out, needed};
	out[1] = (struct proof){"group_pages_back", s->back, needed};
	out[2] = (struct proof){"pswpout_of_group", vmstat_read("pswpout") - s->pswpout_before,
				needed};
	out[3] = (struct proof){"reclaims", s->asked, 1};
	return 4;
}

const struct source source_cgroup_reclaim = {
	.name = "cgroup-reclaim",
	.help = "the VM's control group gives memory back (memory.reclaim), to zram",
	.proof_help = "group_pages_out, group_pages_back: test pages; pswpout_of_group; reclaims",
	.cgroup = true,
	.state_bytes = sizeof(struct state),
	.probe = group_probe,
	.start = group_start,
	.step = group_step,
	.stop = group_stop,
	.proof = group_proof,
	.why = group_why,
};
