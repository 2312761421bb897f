// SPDX-License-Identifier: GPL-2.0-only
/*
 * rings.c - what bringing the events of several CPUs into one order costs: ns per event, for rings
 * in which each event has its successor in another ring, and for stretches of a ring alone.
 */
#include <stdio.h>
#include <stdlib.h>

#include "probe/rings.h"

#define SLOTS (1u << 15)
#define ROUNDS 40

static uint64_t taken;

static void take(void *arg, const struct probe_event *e)
{
	(void)arg;
	taken += e->ns > 0;
}

/* @run events of one ring, then as many of the next. */
static void fill(char *memory, unsigned int n, unsigned int run, uint64_t *ns)
{
	for (uint64_t i = 0; i < (uint64_t)n * (SLOTS / 2); i++) {
		struct probe_bpf_ring *ring = (void *)(memory + i / run % n * rings_bytes(SLOTS));
		struct probe_bpf_slot *slot = &ring->slot[ring->head & (SLOTS - 1)];

		slot->event = (struct probe_event){.type = PROBE_END, .ns = ++*ns};
		slot->seq = ++ring->head;
	}
}

static int measure(unsigned int n, unsigned int run)
{
	char *memory = calloc(n, rings_bytes(SLOTS));
	struct rings *r = NULL;
	uint64_t spent = 0, ns = 0;
	int err = memory ? rings_open(&r, memory, n, SLOTS) : -1;

	taken = 0;
	for (int i = 0; i < ROUNDS && !err; i++) {
		uint64_t start;

		fill(memory, n, run, &ns);
		start = mono_ns();
		err = rings_read(r, ns + 2 * RINGS_CLOCK_NS);
		rings_hand_out(r, UINT64_MAX, take, NULL);
		spent += mono_ns() - start;
	}
	if (!err)
		printf("%.1f ns per event of %u rings, %u in a row\n",
		       (double)spent / (double)taken, n, run);
	rings_close(r);
	free(memory);
	return err;
}

int main(void)
{
	const unsigned int n[] = {1, 2, 4, 16};
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(n); i++)
		err |= measure(n[i], 1) | measure(n[i], 20);
	return err != 0;
}
