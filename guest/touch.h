/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * touch.h - the touch loop's state: what one worker knows about its share of the test memory.
 *
 * Worker v of n owns the v-th of n equal parts of the pages: it alone reads and writes them and
 * their states, so that neither needs an atomic operation. The first pages may be shared by all
 * workers (shared.c). The main thread looks at
 * counters and histogram while they grow (each is one aligned 8-byte word) and takes records out of
 * the rings; it sweeps the memory only when the workers rest.
 */
#ifndef TOUCH_H
#define TOUCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/hist.h"
#include "wire/pattern.h"
#include "preempt.h"
#include "wire/proto.h"
#include "ring.h"

#define TOUCH_STALLS 1024u  /* records; powers of two */
#define TOUCH_CORRUPTS 256u /* records */
#define TOUCH_FOREVER UINT64_MAX
#define TOUCH_CHECKS 2u /* words that one touch compares */

/* What a worker knows of one page, side by side: the loop reads the one and writes the other. */
struct touch_state {
	/*
	 * How often it changed between clean (even) and tagged (odd). The odd number is the
	 * generation of its tag, the present one or the one before.
	 */
	uint32_t changes;
	uint32_t stamp; /* when it was touched last; struct touch_times */
};

/*
 * Stamps count steps of 2^PROTO_TOUCHED_SHIFT ticks from origin_tsc on, beginning with 1; 0: not
 * touched. The origin is the START that found the workers resting; then all stamps are forgotten.
 * A START that finds them running leaves the stamps alone, which are theirs, and only moves
 * start_tsc: what is older counts as not touched (touch_since()).
 */
struct touch_times {
	uint64_t origin_tsc;
	uint64_t start_tsc; /* of the epoch: a whole number of steps from the origin */
};

/* The test memory; shared by all workers, constant once it is filled, but for what it points to. */
struct touch_memory {
	uint64_t *words;
	struct touch_state *state; /* per page */
	uint64_t seed;
	uint64_t group_inverse; /* touch_group_inverse(groups) */
	uint32_t groups;
	uint32_t pages;
	uint32_t shared, vcpus; /* the first pages are everybody's; workers that there are */
	/* PATTERN_KSM02 */
	uint32_t third;	    /* pages of one; the last has the remainder, too; 0: another pattern */
	uint32_t letter[3]; /* the group of each, in the present step */
	uint32_t odd;	    /* 1 + the page whose last byte differs; 0: none */
};

struct touch_stalls {
	struct ring ring;
	struct proto_stall record[TOUCH_STALLS];
};

struct touch_corrupts {
	struct ring ring;
	struct proto_corrupt record[TOUCH_CORRUPTS];
};

/* Pages that the host takes with their words: each reads as zero once, and is filled anew then. */
struct touch_lost {
	uint32_t first, pages;		       /* pages 0: none */
	uint64_t back[PROTO_MAX_DISCARD / 64]; /* a bit for each that has been filled anew */
};

struct touch {
	/* set while the worker rests */
	struct touch_memory memory;
	uint32_t first; /* own pages */
	uint32_t pages;
	uint64_t write_share; /* of 2^32: how many touches of a clean page tag it */
	uint64_t stall_tsc;
	uint64_t stamp_base;
	uint16_t vcpu;
	/*
	 * The worker's. Of @n, max and overflow stay 0 (the histogram has them), and checks is what
	 * dropped epochs have left: the present one's are TOUCH_CHECKS for each touch.
	 */
	uint64_t random;
	struct preempt preempt;
	uint64_t preempted_tsc; /* the latest preemption: the touch that ran then was interrupted */
	struct proto_vcpu_stats n;
	struct touch_lost lost;
	struct hist hist;
	struct touch_stalls stalls;
	struct touch_corrupts corrupts;
};

/*
 * page % groups without a division: with inverse = ceil(2^64 / groups) the low half of
 * inverse * page is the fraction of page / groups, exact for all 32-bit numbers (Lemire, Kaser,
 * Kurz, "Faster remainder by direct computation", 2019).
 */
static inline uint64_t touch_group_inverse(uint32_t groups)
{
	return UINT64_MAX / groups + 1;
}

static inline uint32_t touch_group(const struct touch_memory *m, uint32_t page)
{
	if (m->third)
		return m->letter[(page >= m->third) + (page >= 2 * m->third)];
	return (uint32_t)((unsigned __int128)(m->group_inverse * page) * m->groups >> 64);
}

/* The bits of word @word in which a clean @page differs from its group's. */
static inline uint64_t touch_odd_bits(const struct touch_memory *m, uint32_t page, uint32_t word)
{
	return page + 1 == m->odd && word == PATTERN_HOST_WORD ? PATTERN_ODD : 0;
}

/* The tag that page @page has, or had last; @changes as in struct touch_state. */
static inline uint64_t touch_tag(const struct touch_memory *m, uint32_t page, uint32_t changes)
{
	return pattern_tag(m->seed, page, (changes - 1) | 1);
}

/* The stamp of @tsc; @base is touch_stamp_base(). */
static inline uint32_t touch_stamp(uint64_t tsc, uint64_t base)
{
	return (uint32_t)((tsc - base) >> PROTO_TOUCHED_SHIFT);
}

/*
 * Of a shared page every worker writes the stamp, and the thread that reports reads all of them
 * meanwhile: any of them is as good as another, so long as it is one that was written.
 */
static inline void touch_stamped(struct touch_state *state, uint32_t stamp)
{
	__atomic_store_n(&state->stamp, stamp, __ATOMIC_RELAXED);
}

static inline uint32_t touch_stamp_of(const struct touch_state *state)
{
	return __atomic_load_n(&state->stamp, __ATOMIC_RELAXED);
}

static inline uint64_t touch_stamp_base(const struct touch_times *times)
{
	return times->origin_tsc - (1ull << PROTO_TOUCHED_SHIFT);
}

/* Forgets when the pages were touched, and takes @tsc for the origin; the workers rest. */
void touch_forget(const struct touch_memory *m, struct touch_times *times, uint64_t tsc);
/* An epoch begins at @tsc, workers running or not. */
void touch_times_start(struct touch_times *times, uint64_t tsc);

/*
 * What TOUCHED says of a page with @stamp, at @now. When more time has gone by since the origin
 * than stamps can tell (2^42 ticks), nothing is known of any page: UINT32_MAX.
 */
uint32_t touch_since(const struct touch_times *times, uint32_t stamp, uint64_t now);

/* PATTERN_KSM02: what the pages hold in step @step (< PATTERN_STEPS); nothing is written. */
void touch_step(struct touch_memory *m, uint32_t step);

/* Takes @orders for worker @vcpu; @t is zeroed memory. */
void touch_init(struct touch *t, const struct touch_memory *memory,
		const struct proto_orders *orders, uint32_t vcpu, uint64_t stall_tsc);

/*
 * A counter of touch.n goes up. Only its worker writes it, but the thread that reports reads it
 * meanwhile: whole, and in whatever order.
 */
static inline void touch_count(uint64_t *n, uint64_t more)
{
	__atomic_store_n(n, *n + more, __ATOMIC_RELAXED);
}

/* Counters, histogram and random numbers start anew; by the worker, outside the timed stretch. */
void touch_begin(struct touch *t, uint32_t epoch);

/* Touches while *@go is @mine, at most @limit times. */
void touch_run(struct touch *t, const uint32_t *go, uint32_t mine, uint64_t limit);

/*
 * Compares all words of the own pages with what they must hold now, and writes those of @step. By
 * the worker, between two touch_run(). No touch: neither counted nor timed.
 */
void touch_refill(struct touch *t, uint32_t step);

/*
 * By the worker, between two touch_run(): its own among these pages may from now on read as zero
 * (@gone 0), or must have done so since that was said (1): one that has not still shows what it
 * held before, which is an error; all of them hold their group's words afterwards.
 */
void touch_discard(struct touch *t, uint32_t first, uint32_t pages, uint32_t gone);
/* One touch of a page that is shared; whether it wrote. */
bool touch_shared(struct touch *t, uint32_t page, uint64_t random);
/* A page that reads as zero where it may: filled anew. False: it may not. */
bool touch_came_back(struct touch *t, uint32_t page);

/* One wrong word: record it and repair it, so that one flip is one error. */
void touch_corrupt(struct touch_corrupts *to, const struct proto_corrupt *found, uint64_t *lost);

/* Writes the pattern of page @page's group to it, and its state; pages must be filled in ascending
 * order. */
void touch_fill(const struct touch_memory *m, uint32_t page);

/* The PATTERN_WORDS words of a clean page of @group, but for the odd page. */
void touch_clean(const struct touch_memory *m, uint32_t group, uint64_t *clean);

/*
 * Checks and repairs all words of page @page, while its worker rests, against @clean, its group's;
 * answers how many were wrong. Records of them go to @to, as far as there is room.
 */
uint32_t touch_sweep(const struct touch_memory *m, uint32_t page, const uint64_t *clean,
		     struct touch_corrupts *to);

#endif
