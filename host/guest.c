// SPDX-License-Identifier: GPL-2.0-only
/* guest.c - see guest.h. Nothing that comes from the guest is trusted: sizes and numbers are
 * checked here. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest.h"

int guest_init(struct guest *g, uint32_t vcpus)
{
	memset(g, 0, sizeof(*g));
	g->vcpus = vcpus;
	g->vcpu = calloc(vcpus, sizeof(*g->vcpu));
	g->hist = calloc(vcpus, sizeof(*g->hist));
	if (!g->vcpu || !g->hist) {
		guest_free(g);
		return err_sys(-ENOMEM, "guest figures");
	}
	return 0;
}

void guest_free(struct guest *g)
{
	free(g->runs);
	free(g->vcpu);
	free(g->hist);
	memset(g, 0, sizeof(*g));
}

void guest_new_epoch(struct guest *g, uint32_t epoch)
{
	g->epoch = epoch;
	g->ended = false;
	g->stall_records = g->corrupt_records = 0;
	memset(&g->end, 0, sizeof(g->end));
	memset(&g->longest, 0, sizeof(g->longest));
	memset(g->vcpu, 0, g->vcpus * sizeof(*g->vcpu));
	memset(g->hist, 0, g->vcpus * sizeof(*g->hist));
}

void guest_trim(struct guest *g)
{
	struct guest_run *exact = realloc(g->runs, g->nruns * sizeof(*exact));

	if (exact) {
		g->runs = exact;
		g->room = g->nruns;
	}
}

static int take_hello(struct guest *g, const uint8_t *p, uint32_t length)
{
	if (length != sizeof(g->hello))
		return -EBADMSG;
	memcpy(&g->hello, p, sizeof(g->hello));
	g->hello_seen = true;
	return 0;
}

static int add_run(struct guest *g, const struct proto_run *run)
{
	if (run->page != g->mapped_pages || !run->pages || run->gpa % PROTO_PAGE_SIZE)
		return -EBADMSG;
	if (g->nruns ==
	    g->room) { /* grows by a quarter: at most 30 bytes a page even if all are apart */
		size_t room = g->room + g->room / 4 + 16;
		struct guest_run *grown = realloc(g->runs, room * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		g->runs = grown;
		g->room = room;
	}
	g->runs[g->nruns++] =
		(struct guest_run){.gpa = run->gpa, .page = run->page, .pages = run->pages};
	g->mapped_pages += run->pages;
	return 0;
}

static int take_map(struct guest *g, const uint8_t *p, uint32_t length)
{
	struct proto_run run;
	int err = length % sizeof(run) ? -EBADMSG : 0;

	for (; length >= sizeof(run) && !err; length -= sizeof(run), p += sizeof(run)) {
		memcpy(&run, p, sizeof(run));
		err = add_run(g, &run);
	}
	return err;
}

static int take_stats(struct guest *g, const uint8_t *p, uint32_t length)
{
	struct proto_stats s;

	if (length < sizeof(s))
		return -EBADMSG;
	memcpy(&s, p, sizeof(s));
	if (s.vcpus > g->vcpus || length != sizeof(s) + s.vcpus * sizeof(*g->vcpu))
		return -EBADMSG;
	g->stats = s;
	if (!g->first_tsc) {
		g->first_tsc = s.tsc;
		g->first_mono_ns = s.mono_ns;
	}
	g->last_tsc = s.tsc;
	g->last_mono_ns = s.mono_ns;
	if (s.epoch == g->epoch)
		memcpy(g->vcpu, p + sizeof(s), s.vcpus * sizeof(*g->vcpu));
	return 0;
}

static int take_hist(struct guest *g, const uint8_t *p, uint32_t length)
{
	struct proto_hist h;
	struct proto_bucket b;

	if (length < sizeof(h) || (length - sizeof(h)) % sizeof(b))
		return -EBADMSG;
	memcpy(&h, p, sizeof(h));
	if (h.vcpu >= g->vcpus)
		return -EBADMSG;
	if (h.epoch != g->epoch) /* of one that a START has just ended */
		return 0;
	for (size_t at = sizeof(h); at < length; at += sizeof(b)) {
		memcpy(&b, p + at, sizeof(b));
		if (b.index >= HIST_BUCKETS)
			return -EBADMSG;
		g->hist[h.vcpu].count[b.index] = b.count;
	}
	return 0;
}

static int batch_size(const uint8_t *p, uint32_t length, size_t record, uint32_t *epoch)
{
	struct proto_batch b;

	if (length < sizeof(b) || (length - sizeof(b)) % record)
		return -EBADMSG;
	memcpy(&b, p, sizeof(b));
	*epoch = b.epoch;
	return (int)((length - sizeof(b)) / record);
}

static int take_stalls(struct guest *g, const uint8_t *p, uint32_t length)
{
	struct proto_stall s;
	uint32_t epoch;
	int n = batch_size(p, length, sizeof(s), &epoch);

	for (int i = 0; i < n && epoch == g->epoch; i++) {
		memcpy(&s, p + sizeof(struct proto_batch) + (size_t)i * sizeof(s), sizeof(s));
		g->stall_records++;
		if (s.length_tsc > g->longest.length_tsc)
			g->longest = s;
	}
	return n < 0 ? n : 0;
}

static int take_corrupt(struct guest *g, const uint8_t *p, uint32_t length)
{
	struct proto_corrupt c;
	uint32_t epoch;
	int n = batch_size(p, length, sizeof(c), &epoch);

	for (int i = 0; i < n; i++) {
		memcpy(&c, p + sizeof(struct proto_batch) + (size_t)i * sizeof(c), sizeof(c));
		if (g->corrupt_records++ < GUEST_SHOWN_ERRORS)
			note_say("guest data corrupted: page %u, byte %u, expected %016llx, found "
				 "%016llx%s",
				 c.page, c.word * 8u, (unsigned long long)c.expected,
				 (unsigned long long)c.found,
				 c.vcpu == 0xffff ? " (check at the end of the phase)" : "");
	}
	return n < 0 ? n : 0;
}

static int take_end(struct guest *g, const uint8_t *p, uint32_t length)
{
	struct proto_epoch_end end;

	if (length != sizeof(end))
		return -EBADMSG;
	memcpy(&end, p, sizeof(end));
	if (end.epoch != g->epoch)
		return -EBADMSG;
	g->end = end;
	g->ended = true;
	return 0;
}

static int take_error(struct guest *g, const uint8_t *p, uint32_t length)
{
	snprintf(g->error, sizeof(g->error), "%.*s", (int)length, (const char *)p);
	return 0;
}

void guest_frame(void *arg, const struct proto_header *h, const uint8_t *p)
{
	struct guest *g = arg;
	int err = -EBADMSG;

	switch (h->type) {
	case PROTO_HELLO:
		err = take_hello(g, p, h->length);
		break;
	case PROTO_MAP:
		err = take_map(g, p, h->length);
		break;
	case PROTO_READY:
		g->ready = true;
		err = 0;
		break;
	case PROTO_STATS:
		err = take_stats(g, p, h->length);
		break;
	case PROTO_HIST:
		err = take_hist(g, p, h->length);
		break;
	case PROTO_STALLS:
		err = take_stalls(g, p, h->length);
		break;
	case PROTO_CORRUPT:
		err = take_corrupt(g, p, h->length);
		break;
	case PROTO_EPOCH_END:
		err = take_end(g, p, h->length);
		break;
	case PROTO_ERROR:
		err = take_error(g, p, h->length);
		break;
	}
	if (err)
		g->foreign++;
}

struct proto_vcpu_stats guest_totals(const struct guest *g)
{
	struct proto_vcpu_stats t = {0};

	for (uint32_t i = 0; i < g->vcpus; i++) {
		const struct proto_vcpu_stats *v = &g->vcpu[i];

		t.touches += v->touches;
		t.writes += v->writes;
		t.stalls += v->stalls;
		t.stall_tsc += v->stall_tsc;
		t.max_tsc = v->max_tsc > t.max_tsc ? v->max_tsc : t.max_tsc;
		t.overflow += v->overflow;
		t.checks += v->checks;
		t.errors += v->errors;
		t.stalls_lost += v->stalls_lost;
		t.errors_lost += v->errors_lost;
	}
	return t;
}

void guest_hist(const struct guest *g, struct hist *out)
{
	memset(out, 0, sizeof(*out));
	for (uint32_t i = 0; i < g->vcpus; i++)
		hist_merge(out, &g->hist[i]);
	for (unsigned int i = 0; i < HIST_BUCKETS; i++)
		out->total += out->count[i];
	out->max = guest_totals(g).max_tsc;
}

uint64_t guest_tsc_hz(const struct guest *g)
{
	uint64_t ns = g->last_mono_ns - g->first_mono_ns;

	if (ns < NSEC_PER_SEC / 10)
		return g->hello.tsc_hz;
	return (uint64_t)((unsigned __int128)(g->last_tsc - g->first_tsc) * NSEC_PER_SEC / ns);
}

uint64_t guest_tsc_ns(const struct guest *g, uint64_t ticks)
{
	uint64_t hz = guest_tsc_hz(g);

	return hz ? (uint64_t)((unsigned __int128)ticks * NSEC_PER_SEC / hz) : 0;
}
