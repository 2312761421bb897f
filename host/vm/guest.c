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
	g->stalls = calloc(GUEST_STALLS, sizeof(*g->stalls));
	if (!g->vcpu || !g->hist || !g->stalls) {
		guest_free(g);
		return err_sys(-ENOMEM, "guest figures");
	}
	return 0;
}

void guest_free(struct guest *g)
{
	free(g->runs);
	free(g->by_gpa);
	free(g->vcpu);
	free(g->hist);
	free(g->stalls);
	free(g->touched.last);
	memset(g, 0, sizeof(*g));
}

void guest_new_epoch(struct guest *g, uint32_t epoch)
{
	g->epoch = epoch;
	g->ended = false;
	g->stall_records = 0;
	g->nstalls = 0;
	g->stalls_untaken = 0;
	g->filled = 0;
	g->discarded.pages = 0;
	g->touched = (struct guest_touched){.last = g->touched.last};
	memset(&g->end, 0, sizeof(g->end));
	memset(g->vcpu, 0, g->vcpus * sizeof(*g->vcpu));
	memset(g->hist, 0, g->vcpus * sizeof(*g->hist));
}

void guest_new_phase(struct guest *g)
{
	g->corrupted = (struct guest_corrupted){.earlier_epochs = g->epoch};
}

uint64_t guest_corrupted(const struct guest *g)
{
	const struct guest_corrupted *c = &g->corrupted;

	return c->records > c->counted ? c->records : c->counted;
}

/* A START keeps what the epoch before it had found, if that was not stopped: no sum over epochs. */
static void count_corrupted(struct guest *g, uint64_t words)
{
	if (words > g->corrupted.counted)
		g->corrupted.counted = words;
}

static uint64_t errors_in(const uint8_t *vcpus, uint32_t n)
{
	struct proto_vcpu_stats v;
	uint64_t errors = 0;

	for (uint32_t i = 0; i < n; i++) {
		memcpy(&v, vcpus + i * sizeof(v), sizeof(v));
		errors += v.errors;
	}
	return errors;
}

static int take_hello(struct guest *g, const uint8_t *p, uint32_t length)
{
	if (length != sizeof(g->hello))
		return -EBADMSG;
	memcpy(&g->hello, p, sizeof(g->hello));
	g->hello_seen = true;
	return 0;
}

static int take_stats(struct guest *g, const uint8_t *p, uint32_t length)
{
	struct proto_stats s;

	if (length < sizeof(s))
		return -EBADMSG;
	memcpy(&s, p, sizeof(s));
	if (s.vcpus > g->vcpus || length != sizeof(s) + s.vcpus * sizeof(*g->vcpu))
		return -EBADMSG;
	if (!g->first_tsc) {
		g->first_tsc = s.tsc;
		g->first_mono_ns = s.mono_ns;
	}
	g->last_tsc = s.tsc;
	g->last_mono_ns = s.mono_ns;
	if (s.epoch == g->epoch)
		memcpy(g->vcpu, p + sizeof(s), s.vcpus * sizeof(*g->vcpu));
	if (s.epoch > g->corrupted.earlier_epochs)
		count_corrupted(g, errors_in(p + sizeof(s), s.vcpus));
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

static bool stall_fits(const struct guest *g, const struct proto_stall *s)
{
	return s->page < g->mapped_pages && s->vcpu < g->vcpus &&
	       !(s->flags & ~(PROTO_STALL_WRITE | PROTO_STALL_BUSY));
}

static void add_stall(struct guest *g, const struct proto_stall *s)
{
	g->stall_records++;
	if (g->nstalls < GUEST_STALLS)
		g->stalls[g->nstalls++] = *s;
	else
		g->stalls_untaken++;
}

static int take_stalls(struct guest *g, const uint8_t *p, uint32_t length)
{
	struct proto_stall s;
	uint32_t epoch;
	int n = batch_size(p, length, sizeof(s), &epoch);

	for (int i = 0; i < n && epoch == g->epoch; i++) {
		memcpy(&s, p + sizeof(struct proto_batch) + (size_t)i * sizeof(s), sizeof(s));
		if (!stall_fits(g, &s))
			return -EBADMSG;
		add_stall(g, &s);
	}
	return n < 0 ? n : 0;
}

static int take_pong(struct guest *g, const uint8_t *p, uint32_t length)
{
	struct proto_ping ping;

	if (length != sizeof(ping))
		return -EBADMSG;
	memcpy(&ping, p, sizeof(ping));
	g->pong = (struct guest_pong){.cookie = ping.cookie, .tsc = ping.tsc, .ns = mono_ns()};
	return 0;
}

static int take_corrupt(struct guest *g, const uint8_t *p, uint32_t length)
{
	struct proto_corrupt c;
	uint32_t epoch;
	int n = batch_size(p, length, sizeof(c), &epoch);

	for (int i = 0; i < n; i++) {
		memcpy(&c, p + sizeof(struct proto_batch) + (size_t)i * sizeof(c), sizeof(c));
		if (g->corrupted.records++ < GUEST_SHOWN_ERRORS)
			note_say("guest data corrupted: page %u, byte %u, expected %016llx, found "
				 "%016llx%s",
				 c.page, c.word * 8u, (unsigned long long)c.expected,
				 (unsigned long long)c.found,
				 c.vcpu == 0xffff ? " (check at the end of the phase)" : "");
	}
	return n < 0 ? n : 0;
}

static int take_discarded(struct guest *g, const uint8_t *p, uint32_t length)
{
	struct proto_discard discard;

	if (length != sizeof(discard))
		return -EBADMSG;
	memcpy(&discard, p, sizeof(discard));
	if (!discard.pages)
		return -EBADMSG;
	if (discard.epoch == g->epoch)
		g->discarded = discard;
	return 0;
}

static int take_filled(struct guest *g, const uint8_t *p, uint32_t length)
{
	struct proto_fill fill;

	if (length != sizeof(fill))
		return -EBADMSG;
	memcpy(&fill, p, sizeof(fill));
	if (fill.step >= PATTERN_STEPS)
		return -EBADMSG;
	if (fill.epoch == g->epoch) /* not of one that a START has just ended */
		g->filled = fill.step + 1;
	return 0;
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
	count_corrupted(g, guest_totals(g).errors + end.sweep_errors);
	return 0;
}

static int take_error(struct guest *g, const uint8_t *p, uint32_t length)
{
	snprintf(g->error, sizeof(g->error), "%.*s", (int)length, (const char *)p);
	text_plain(g->error, strlen(g->error));
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
		err = guest_take_map(g, p, h->length);
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
	case PROTO_TOUCHED:
		err = guest_take_touched(g, p, h->length);
		break;
	case PROTO_FILLED:
		err = take_filled(g, p, h->length);
		break;
	case PROTO_DISCARDED:
		err = take_discarded(g, p, h->length);
		break;
	case PROTO_PONG:
		err = take_pong(g, p, h->length);
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
		t.time_tsc += v->time_tsc;
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
	out->overflow = guest_totals(g).overflow;
}

const struct proto_stall *guest_stalls(const struct guest *g, size_t *n)
{
	*n = g->nstalls;
	return g->stalls;
}

void guest_stalls_taken(struct guest *g)
{
	g->nstalls = 0;
}

uint64_t guest_tsc_hz(const struct guest *g)
{
	uint64_t ns = g->last_mono_ns - g->first_mono_ns, first = g->hello.tsc_hz, hz;

	if (g->clock_hz)
		return g->clock_hz;
	if (ns < NSEC_PER_SEC / 10)
		return first;
	hz = (uint64_t)((unsigned __int128)(g->last_tsc - g->first_tsc) * NSEC_PER_SEC / ns);
	return first && hz > first + first / (1000000 / GUEST_PAUSED_PPM) ? first : hz;
}

uint64_t guest_tsc_ns(const struct guest *g, uint64_t ticks)
{
	uint64_t hz = guest_tsc_hz(g);

	return hz ? (uint64_t)((unsigned __int128)ticks * NSEC_PER_SEC / hz) : 0;
}
