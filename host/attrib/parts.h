/* SPDX-License-Identifier: GPL-2.0-only */
/* parts.h - what the files of attrib share; private to attrib*.c. */
#ifndef ATTRIB_PARTS_H
#define ATTRIB_PARTS_H

#include "attrib.h"

#define PAGE_BYTES 4096
#define PAGE_NONE UINT32_MAX /* not guest RAM */

/* attrib_queue.c: sorts events by ns, in order of arrival where that is equal. */

#define QUEUE_ROOM 16384 /* powers of two */

struct queued {
	struct probe_event e;
	uint64_t seq;
};

/*
 * A sorted ring, into which an event is inserted when few others have to make way (CPUs that are
 * drained together), and a heap for the rest (CPUs drained one after the other).
 */
struct queue {
	struct queued *ring, *heap;
	uint32_t head, tail, nheap;
	uint64_t seq;
};

must_check int queue_open(struct queue *q);
void queue_close(struct queue *q);
void queue_push_between(struct queue *q, const struct probe_event *e);
const struct probe_event *queue_first_of_both(const struct queue *q);
void queue_pop_of_both(struct queue *q);

static inline bool queue_full(const struct queue *q)
{
	return q->tail - q->head == QUEUE_ROOM || q->nheap == QUEUE_ROOM;
}

static inline void queue_set(struct queued *to, const struct probe_event *e, uint64_t seq)
{
	to->e = *e;
	if (e->begin_ns > e->ns)
		to->e.begin_ns = e->ns;
	to->seq = seq;
}

/* Not when full. */
static inline void queue_push(struct queue *q, const struct probe_event *e)
{
	if (q->head == q->tail || q->ring[(q->tail - 1) % QUEUE_ROOM].e.ns <= e->ns)
		queue_set(&q->ring[q->tail++ % QUEUE_ROOM], e, q->seq++);
	else
		queue_push_between(q, e);
}

/* NULL: empty. */
static inline const struct probe_event *queue_first(const struct queue *q)
{
	if (q->nheap)
		return queue_first_of_both(q);
	return q->head == q->tail ? NULL : &q->ring[q->head % QUEUE_ROOM].e;
}

static inline void queue_pop(struct queue *q)
{
	if (q->nheap)
		queue_pop_of_both(q);
	else
		q->head++;
}

/* attrib_window.c: windows that are open or have ended not long ago. */

#define WINDOWS_OPEN 128
#define WINDOWS_ENDED 4096 /* power of two */

/* Pages of guest RAM: a run in each of its two pieces, by the numbers of page_number(). */
struct span {
	uint32_t first[2], pages[2];
};

static inline bool span_has(const struct span *s, uint32_t page)
{
	return page - s->first[0] < s->pages[0] || page - s->first[1] < s->pages[1];
}

static inline uint32_t span_pages(const struct span *s)
{
	return s->pages[0] + s->pages[1];
}

struct window {
	uint64_t t0, t1, t2; /* t2 UINT64_MAX: open */
	uint64_t id;
	struct span span; /* none: not on guest RAM, only kept for its END */
	uint32_t serial, tid;
	uint8_t reason, thread, transition;
};

struct windows {
	struct window open[WINDOWS_OPEN];   /* in no order */
	struct window ended[WINDOWS_ENDED]; /* ring, by t2 */
	uint32_t nopen, serial;
	uint64_t nended;
};

/* What there is to know of a fault when it is judged. */
struct fault {
	uint64_t begin, end;
	uint32_t page, tid;
	bool sent_back, own_copy;
};

/* A piece's first page has the number of all pages before it. */
struct span span_clip(const struct attrib_ram *ram, uint64_t hva, uint64_t bytes);
uint32_t page_number(const struct attrib_ram *ram, uint64_t gpa); /* PAGE_NONE */
uint64_t page_gpa(const struct attrib_ram *ram, uint32_t page);

/* Answers how many windows had to be given up, their ENDs lost. */
unsigned int windows_start(struct windows *ws, const struct probe_event *e, const struct span *span,
			   const struct window **w);
/* The open window that @e ends, NULL if it is not on guest RAM. False: there is none. */
bool windows_end(struct windows *ws, const struct probe_event *e, const struct window **w);
uint64_t windows_open_on_ram(const struct windows *ws);
/* CLASS_OTHER: @w has nothing to do with it. */
enum attrib_class window_judge(const struct window *w, const struct fault *f);
/* The same for all windows; *@behind is the one to blame, NULL if none. */
enum attrib_class windows_judge(const struct windows *ws, const struct fault *f,
				const struct window **behind);

/* attrib_page.c: which pages are zapped, by whom. */

#define PAGE_ZAPPED 1
#define PAGE_COUNTS 2 /* zapped in the present stretch */
#define PAGE_OPEN 4   /* the window that zapped it has not ended */

struct page {
	uint64_t when;	 /* t1 while PAGE_OPEN, then t2 */
	uint32_t window; /* serial */
	uint8_t state, transition, reason, thread;
};
_Static_assert(sizeof(struct page) == 16, "the promise in attrib.h");

/* A page that was zapped and not mapped at the end of a stretch. */
struct left {
	uint64_t when; /* as in struct page */
	uint32_t page;
	uint8_t transition;
	bool open; /* the window that zapped it */
};

void pages_zap(struct attrib *a, const struct window *w);
void pages_window_ended(struct attrib *a, const struct window *w);
/* Maps the page of a fault, and all in the mapping's @bytes around it. Was it zapped? */
bool pages_map(struct attrib *a, uint32_t page, uint64_t gpa, uint64_t bytes);
void pages_begin(struct attrib *a);
/* Puts the pages that count aside, as they are now. */
void pages_end(struct attrib *a);
void pages_settle(struct attrib *a, uint64_t error_ns, attrib_touch *last_touch, void *arg);

/* attrib_stall.c: what each vCPU went through. */

struct moment {
	uint64_t begin, end;
	uint32_t page;
	uint16_t stretch; /* in which it was counted */
	uint8_t type;	  /* PROBE_FAULT, PROBE_OFF, PROBE_VIRQ */
	uint8_t flags;
	uint8_t class;
	bool sent_back;
	bool window; /* behind it: */
	uint8_t reason, thread;
};
_Static_assert(sizeof(struct moment) == 32, "the promise in attrib.h");

struct history {
	struct moment *moment; /* ring, by end */
	uint64_t n;	       /* ever */
	uint64_t size;	       /* power of two */
	uint64_t forgotten;    /* end of the last that was overwritten */
};

uint64_t history_size(uint32_t vcpus);
/* The place of the newest, for the caller to fill whole. */
struct moment *history_add(struct history *h, uint64_t end);

/* attrib.c */

/* So many events come before those whose turn it is are judged together. */
#define ATTRIB_BATCH 64

struct attrib {
	struct attrib_config config;
	uint64_t newest;	    /* event that has come */
	uint64_t done;		    /* everything up to here has been judged */
	uint64_t hold;		    /* nothing after it is judged now */
	uint64_t last_fault;	    /* end of the latest fault that has been judged */
	uint16_t stretch;	    /* 0: none yet */
	bool counting;		    /* in a stretch */
	struct attrib_figures *sum; /* figures, or outside of a stretch: waste */
	struct attrib_figures figures, waste;
	struct queue queue;
	struct windows windows;
	struct page *page;
	uint32_t npages;
	struct left *left;	 /* by pages_end(); NULL: no memory for them */
	uint32_t nleft;		 /* pages zapped and not mapped when the stretch ended */
	uint64_t end;		 /* of that stretch */
	struct history *history; /* of each vCPU */
	struct moment nowhere;	 /* of a vCPU that is not ours */
};

#endif
