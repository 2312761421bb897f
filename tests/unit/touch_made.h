/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * touch_made.h - for tests of the guest's touch loop: one worker over a small memory of its own,
 * the same object code as in the guest, run natively. Damage is done between two calls of
 * touch_run(), as the host's kernel would do it behind the guest's back.
 */
#ifndef TOUCH_MADE_H
#define TOUCH_MADE_H

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "guest/touch.h"
#include "guest/touch_loop.h"
#include "guest/tsc.h"

#define PAGES 64u
#define GROUPS 5u
#define NO_STALL UINT64_MAX

static uint64_t words[PAGES * PATTERN_WORDS] __attribute__((aligned(4096)));
static struct touch_state page_state[PAGES];
static struct touch touch;
static struct touch_corrupts swept;
static const uint32_t go = 1;

static inline struct proto_orders orders(uint32_t write_ppm)
{
	return (struct proto_orders){
		.seed = 11, .pages = PAGES, .groups = GROUPS, .write_ppm = write_ppm, .vcpus = 1};
}

static inline void set_up_with(const struct proto_orders *o, uint32_t vcpu, uint64_t stall_tsc)
{
	struct touch_memory m = {
		.words = words,
		.state = page_state,
		.seed = o->seed,
		.group_inverse = touch_group_inverse(o->groups),
		.groups = o->groups,
		.pages = o->pages,
	};

	memset(page_state, 0, sizeof(page_state));
	memset(&touch, 0, sizeof(touch));
	memset(&swept, 0, sizeof(swept));
	for (uint32_t page = 0; page < o->pages; page++)
		touch_fill(&m, page);
	touch_init(&touch, &m, o, vcpu, stall_tsc);
	touch_begin(&touch, 1);
}

static inline int set_up(void **state)
{
	struct proto_orders o = orders(200000);

	(void)state;
	set_up_with(&o, 0, NO_STALL);
	return 0;
}

static inline uint32_t sweep_all(void)
{
	uint32_t wrong = 0;

	for (uint32_t page = 0; page < PAGES; page++) {
		uint64_t clean[PATTERN_WORDS];

		touch_clean(&touch.memory, touch_group(&touch.memory, page), clean);
		wrong += touch_sweep(&touch.memory, page, clean, &swept);
	}
	return wrong;
}

static inline uint64_t *page_words(uint32_t page)
{
	return words + (size_t)page * PATTERN_WORDS;
}

static inline uint64_t clean_word(uint32_t page, uint32_t word)
{
	return pattern_word(touch.memory.seed, page % GROUPS, word);
}

static inline uint64_t tag_of(uint32_t page)
{
	return touch_tag(&touch.memory, page, page_state[page].changes);
}

#endif
