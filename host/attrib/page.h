/* SPDX-License-Identifier: GPL-2.0-only */
/* page.h - which pages of guest RAM are zapped, by which window, and what becomes of them. */
#ifndef ATTRIB_PAGE_H
#define ATTRIB_PAGE_H

#include "window.h"

#define PAGE_ZAPPED 1
#define PAGE_COUNTS 2  /* zapped in the present stretch */
#define PAGE_OPEN 4    /* the window that zapped it has not ended */
#define PAGE_MAYBE 8   /* zapped, or mapped by a fault that began before the zap */
#define PAGE_BESIDE 32 /* PAGE_MAYBE, by another page's fault (huge mapping) */
#define PAGE_READ 16   /* mapped for reading only, as far as is known, since it was zapped */
#define PAGE_SINCE 64  /* a fault has mapped it since the stretch ended, whatever came then */

struct page {
	uint64_t when;	 /* t1 while PAGE_OPEN, then t2 */
	uint32_t window; /* serial */
	uint8_t state;
	uint8_t transition : 4;
	uint8_t own : 4; /* 1 + kind: KVM has zapped it by itself since it was mapped; 0: not */
	uint8_t reason, thread;
};
_Static_assert(sizeof(struct page) == 16, "the promise in attrib.h");

/* A page that was zapped and not mapped at the end of a stretch. */
struct left {
	uint64_t when; /* as in struct page */
	uint32_t page;
	uint8_t transition;
	bool open;	    /* the window that zapped it */
	bool maybe, beside; /* PAGE_MAYBE, PAGE_BESIDE */
};

/* Sums of transitions go to sum, outside of a stretch to waste. */
struct pages {
	struct guest_ram ram[2];
	struct page *page;
	uint32_t n;
	uint32_t nleft;	   /* pages zapped and not mapped when the stretch ended */
	struct left *left; /* by pages_end(); NULL: no memory for them */
	uint64_t end;	   /* of that stretch */
	struct attrib_transition *sum, waste[TRANSITIONS];
};

must_check int pages_open(struct pages *ps, const struct guest_ram *ram); /* 0 or -ENOMEM */
void pages_close(struct pages *ps);
void pages_zap(struct pages *ps, const struct window *w);
void pages_window_ended(struct pages *ps, const struct window *w);
/* A fault that has mapped its page, and all in the mapping's @bytes around it. */
struct mapping {
	uint64_t gpa, bytes;
	uint64_t begin; /* of the fault: what was zapped since may have been mapped before that */
	const struct windows *windows;
	uint32_t page;
	bool write;
};
void pages_map(struct pages *ps, const struct mapping *m);
/*
 * What a fault that maps @page is by itself: CLASS_REFAULT: the page is zapped; CLASS_UPGRADE: it
 * is mapped for reading only since then; else CLASS_OTHER. *@behind is who zapped it, or NULL.
 */
enum attrib_class pages_class(const struct pages *ps, uint32_t page, bool write,
			      const struct page **behind);
/* KVM zaps what it has mapped of these guest physical addresses, by itself. */
void pages_own_zap(struct pages *ps, enum probe_own kind, uint64_t gpa, uint64_t bytes);
/* A fault that maps @page, which no window has zapped, comes of that: 1 + kind; 0: it does not. */
uint8_t pages_own(const struct pages *ps, uint32_t page);
/* A stretch begins, whose sums are @sum[TRANSITIONS]. */
void pages_begin(struct pages *ps, struct attrib_transition *sum);
/* Puts the pages that count aside, as they are now: @ns. */
void pages_end(struct pages *ps, uint64_t ns);
void pages_settle(struct pages *ps, struct attrib_transition *sum, uint64_t error_ns,
		  attrib_touch *last_touch, void *arg);

#endif
