// SPDX-License-Identifier: GPL-2.0-only
/*
 * rings.c - see rings.h.
 *
 * Each ring has a lane: a queue of events, sorted because they came so. The few that are out of
 * order within their ring go to a heap that all lanes share. The next event is the earliest of the
 * lanes' first ones and the heap's.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rings.h"

#define LANE_ROOM 1024 /* at first; power of two */

struct gap {
	uint64_t number;
	uint64_t since_ns; /* it was not taken yet */
};

struct lane {
	struct probe_event *event; /* ring of @room, from @head to @tail */
	uint32_t head, tail, room;
	uint64_t next;	  /* number of the first event that has not been looked at */
	uint64_t read_ns; /* numbers from @next on were not taken yet */
	struct gap gap[RINGS_GAPS];
	unsigned int ngaps;
};

struct stray {
	struct probe_event e;
	unsigned int lane;
};

struct rings {
	const char *memory;
	unsigned int n;
	uint32_t slots;
	uint64_t lost;
	uint64_t complete_ns; /* nothing that happened up to here is still to come */
	struct lane lane[PROBE_BPF_RINGS];
	struct stray *heap;
	size_t nheap, heap_room;
};

size_t rings_bytes(uint32_t slots)
{
	return sizeof(struct probe_bpf_ring) + slots * sizeof(struct probe_bpf_slot);
}

int rings_open(struct rings **out, const void *memory, unsigned int n, uint32_t slots)
{
	struct rings *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->memory = memory;
	r->n = n;
	r->slots = slots;
	*out = r;
	return 0;
}

void rings_close(struct rings *r)
{
	if (!r)
		return;
	for (unsigned int i = 0; i < r->n; i++)
		free(r->lane[i].event);
	free(r->heap);
	free(r);
}

/* By ns, then by type: a window's start goes before a fault's end. */
static bool earlier(const struct probe_event *a, unsigned int lane_a, const struct probe_event *b,
		    unsigned int lane_b)
{
	if (a->ns != b->ns)
		return a->ns < b->ns;
	return a->type != b->type ? a->type < b->type : lane_a < lane_b;
}

static bool stray_earlier(const struct stray *a, const struct stray *b)
{
	return earlier(&a->e, a->lane, &b->e, b->lane);
}

static int heap_push(struct rings *r, const struct probe_event *e, unsigned int lane)
{
	const struct stray new = {*e, lane};
	size_t i;

	if (r->nheap == r->heap_room) {
		size_t room = r->heap_room ? 2 * r->heap_room : 64;
		struct stray *heap = realloc(r->heap, room * sizeof(*heap));

		if (!heap)
			return -ENOMEM;
		r->heap = heap;
		r->heap_room = room;
	}
	for (i = r->nheap++; i > 0 && stray_earlier(&new, &r->heap[(i - 1) / 2]); i = (i - 1) / 2)
		r->heap[i] = r->heap[(i - 1) / 2];
	r->heap[i] = new;
	return 0;
}

static void heap_pop(struct rings *r)
{
	const struct stray *last = &r->heap[--r->nheap];
	size_t i = 0, child;

	while ((child = 2 * i + 1) < r->nheap) {
		if (child + 1 < r->nheap && stray_earlier(&r->heap[child + 1], &r->heap[child]))
			child++;
		if (!stray_earlier(&r->heap[child], last))
			break;
		r->heap[i] = r->heap[child];
		i = child;
	}
	r->heap[i] = *last;
}

static struct probe_event *lane_at(const struct lane *l, uint32_t i)
{
	return &l->event[i & (l->room - 1)];
}

static int lane_grow(struct lane *l)
{
	uint32_t room = l->room ? 2 * l->room : LANE_ROOM, n = l->tail - l->head;
	struct probe_event *event = malloc(room * sizeof(*event));

	if (!event)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		event[i] = *lane_at(l, l->head + i);
	free(l->event);
	l->event = event;
	l->room = room;
	l->head = 0;
	l->tail = n;
	return 0;
}

static int lane_put(struct rings *r, unsigned int i, struct probe_event *e)
{
	struct lane *l = &r->lane[i];

	if (e->begin_ns > e->ns)
		e->begin_ns = e->ns;
	if (l->head != l->tail && e->ns < lane_at(l, l->tail - 1)->ns)
		return heap_push(r, e, i);
	if (l->tail - l->head == l->room) {
		int err = lane_grow(l);

		if (err)
			return err;
	}
	*lane_at(l, l->tail++) = *e;
	return 0;
}

/* Copies event number @n: 1, 0: not there yet, -EOVERFLOW: overwritten. */
static int slot_read(const struct rings *r, unsigned int lane, uint64_t n, struct probe_event *e)
{
	const struct probe_bpf_ring *ring =
		(const void *)(r->memory + lane * rings_bytes(r->slots));
	const struct probe_bpf_slot *slot = &ring->slot[n & (r->slots - 1)];
	uint64_t seq = __atomic_load_n(&slot->seq, __ATOMIC_ACQUIRE);

	if (seq == n + 1) {
		*e = slot->event;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (__atomic_load_n(&slot->seq, __ATOMIC_RELAXED) == n + 1)
			return 1;
		return -EOVERFLOW;
	}
	return seq > n + 1 ? -EOVERFLOW : 0;
}

/* So many events wait for a gap that it is given up. */
static bool is_crowded(const struct rings *r)
{
	for (unsigned int i = 0; i < r->n; i++)
		if (r->lane[i].tail - r->lane[i].head > RINGS_WAITING)
			return true;
	return false;
}

/* Is the gap still one? 1, 0 or -ENOMEM. */
static int gap_stays(struct rings *r, unsigned int lane, const struct gap *g, uint64_t now_ns)
{
	struct probe_event e;
	int got = slot_read(r, lane, g->number, &e);

	if (got > 0)
		return lane_put(r, lane, &e);
	if (!got && now_ns - g->since_ns < RINGS_PATIENCE_NS && !is_crowded(r))
		return 1;
	r->lost++;
	return 0;
}

static int look_at_gaps(struct rings *r, unsigned int lane, uint64_t now_ns)
{
	struct lane *l = &r->lane[lane];
	unsigned int kept = 0;
	int err = 0;

	for (unsigned int i = 0; i < l->ngaps; i++) {
		int stays = err ? 1 : gap_stays(r, lane, &l->gap[i], now_ns);

		if (stays < 0)
			err = stays;
		if (stays)
			l->gap[kept++] = l->gap[i];
	}
	l->ngaps = kept;
	return err;
}

/* Event number @next of the ring. 1: taken in, or known as a gap; 0: gaps too many; -ENOMEM. */
static int look_at_next(struct rings *r, unsigned int lane)
{
	struct lane *l = &r->lane[lane];
	struct probe_event e;
	int got, err = 0;

	if (l->ngaps == RINGS_GAPS)
		return 0;
	got = slot_read(r, lane, l->next, &e);
	if (got > 0)
		err = lane_put(r, lane, &e);
	else if (!got)
		l->gap[l->ngaps++] = (struct gap){l->next, l->read_ns};
	else
		r->lost++;
	return err ?: 1;
}

static int lane_read(struct rings *r, unsigned int lane, uint64_t now_ns)
{
	const struct probe_bpf_ring *ring =
		(const void *)(r->memory + lane * rings_bytes(r->slots));
	struct lane *l = &r->lane[lane];
	uint64_t head = __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE);
	int res = look_at_gaps(r, lane, now_ns);

	if (res)
		return res;
	if (head - l->next > r->slots) { /* half a ring is left for the writers while we read */
		r->lost += head - l->next - r->slots / 2;
		l->next = head - r->slots / 2;
	}
	for (res = 1; l->next != head && res > 0; l->next += res > 0)
		res = look_at_next(r, lane);
	if (l->next == head)
		l->read_ns = now_ns;
	return res < 0 ? res : 0;
}

int rings_read(struct rings *r, uint64_t now_ns)
{
	uint64_t complete = now_ns;
	int err = 0;

	for (unsigned int i = 0; i < r->n; i++) {
		struct lane *l = &r->lane[i];

		err = lane_read(r, i, now_ns) ?: err;
		complete = l->read_ns < complete ? l->read_ns : complete;
		for (unsigned int k = 0; k < l->ngaps; k++)
			if (l->gap[k].since_ns < complete)
				complete = l->gap[k].since_ns;
	}
	complete = complete > RINGS_CLOCK_NS ? complete - RINGS_CLOCK_NS : 0;
	if (complete > r->complete_ns)
		r->complete_ns = complete;
	return err;
}

/* An event and the lane it comes from. */
struct front {
	const struct probe_event *e; /* NULL: none */
	unsigned int lane;
	bool heap;
};

static bool front_earlier(const struct front *a, const struct front *b)
{
	return !b->e || (a->e && earlier(a->e, a->lane, b->e, b->lane));
}

static struct front lane_front(const struct rings *r, unsigned int lane)
{
	const struct lane *l = &r->lane[lane];

	return (struct front){l->head == l->tail ? NULL : lane_at(l, l->head), lane, false};
}

static struct front heap_front(const struct rings *r)
{
	if (!r->nheap)
		return (struct front){0};
	return (struct front){&r->heap[0].e, r->heap[0].lane, true};
}

/* The earliest of all, and the one that is it without that lane. */
static void find_first(const struct rings *r, struct front *first, struct front *second)
{
	*first = heap_front(r);
	*second = (struct front){0};
	for (unsigned int i = 0; i < r->n; i++) {
		struct front f = lane_front(r, i);

		if (front_earlier(&f, first)) {
			*second = *first;
			*first = f;
		} else if (front_earlier(&f, second)) {
			*second = f;
		}
	}
}

uint64_t rings_hand_out(struct rings *r, uint64_t until_ns, probe_handler *handler, void *arg)
{
	struct front first, second;

	if (until_ns > r->complete_ns)
		until_ns = r->complete_ns;
	for (find_first(r, &first, &second); first.e && first.e->ns <= until_ns;) {
		handler(arg, first.e);
		if (first.heap)
			heap_pop(r);
		else
			r->lane[first.lane].head++;
		first = first.heap ? heap_front(r) : lane_front(r, first.lane);
		if (front_earlier(&second, &first))
			find_first(r, &first, &second);
	}
	return until_ns;
}

uint64_t rings_lost(const struct rings *r)
{
	return r->lost;
}
