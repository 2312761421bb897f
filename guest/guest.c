/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guest.c - the state machine between the host's orders and the workers.
 *
 * One thread, one loop: exchange bytes, take frames, do what is due by the clock, do one slice of
 * the present step. Nothing waits for the host for ever: what cannot be sent stays in its cursor or
 * ring and is tried again, only STATS and HELLO are dropped.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "early.h"
#include "guest.h"
#include "orders.h"

#define MS 1000000ull
#define HELLO_NS (1000 * MS)
#define WAIT_MS 100 /* longest sleep: a lost wake-up costs no more */
#define STOP_WAIT_MS 2
#define FLUSH_MS 2000
#define CALIBRATE_MS 20

static const char *fatal_text;

void guest_fatal(const char *text)
{
	__atomic_store_n(&fatal_text, text, __ATOMIC_RELEASE);
}

/* Ends with a text for the console and the host: the first failure wins. */
__attribute__((format(printf, 2, 3))) static void guest_fail(struct guest *g, const char *format,
							     ...)
{
	char text[200];
	va_list args;

	if (g->step == GUEST_OVER)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	early_say("%s", text);
	port_send(&g->port, PROTO_ERROR, text, strlen(text));
	g->result = 1;
	g->step = GUEST_OVER;
}

static void guest_hello(struct guest *g)
{
	struct proto_hello hello = orders_hello(g->tsc_hz);

	port_send(&g->port, PROTO_HELLO, &hello, sizeof(hello)); /* no room: the next one */
}

static void guest_orders(struct guest *g, const void *payload, uint32_t length)
{
	const char *fault = "length", *where;
	int err;

	if (g->step != GUEST_HELLO) { /* our HELLO was repeated, the host answered twice */
		g->unfit++;
		return;
	}
	if (length == sizeof(g->orders)) {
		memcpy(&g->orders, payload, length);
		fault = orders_fault(&g->orders);
	}
	if (fault) {
		guest_fail(g, "bad ORDERS: %s", fault);
		return;
	}
	err = memory_open(&g->memory, &g->orders, &where);
	if (err) {
		guest_fail(g, "%u test pages: %s: %s", g->orders.pages, where, strerror(-err));
		return;
	}
	/* Off the workers' vCPUs where there is another; where there is none the kernel places us.
	 */
	crew_pin(g->orders.vcpus);
	report_open(&g->report, &g->port, &g->crew, g->orders.vcpus);
	g->stats_ns = clock_ns();
	g->step = GUEST_FILL;
}

static void guest_start(struct guest *g, uint32_t epoch)
{
	crew_start(&g->crew, epoch);
	g->epoch = epoch;
	g->filling = false; /* a DISCARD is followed first: the next must not take its place */
	ring_take(&g->report.corrupts.ring, ring_used(&g->report.corrupts.ring));
	g->stats_ns = clock_ns() + g->orders.report_ms * MS;
	g->step = GUEST_RUN;
}

static void guest_stop(struct guest *g, uint32_t flags)
{
	crew_stop(&g->crew);
	g->touched_page = flags & PROTO_WANT_TOUCHED ? 0 : g->orders.pages;
	g->step = GUEST_STOP;
}

static void guest_epoch(struct guest *g, uint16_t type, const void *payload, uint32_t length)
{
	struct proto_epoch order = {0};

	if (length == sizeof(order))
		memcpy(&order, payload, sizeof(order));
	if (order.flags & (type == PROTO_STOP ? ~PROTO_WANT_TOUCHED : ~0u))
		g->unfit++;
	else if (type == PROTO_START && order.epoch && g->step >= GUEST_REST)
		guest_start(g, order.epoch);
	else if (type == PROTO_STOP && order.epoch == g->epoch && g->step == GUEST_RUN)
		guest_stop(g, order.flags);
	else
		g->unfit++;
}

static void guest_fill(struct guest *g, const void *payload, uint32_t length)
{
	struct proto_fill fill = {0};

	if (length == sizeof(fill))
		memcpy(&fill, payload, sizeof(fill));
	if (g->orders.pattern != PATTERN_KSM02 || g->step != GUEST_RUN || g->filling ||
	    fill.epoch != g->epoch || fill.step >= PATTERN_STEPS) {
		g->unfit++;
		return;
	}
	touch_step(&g->memory.touch, fill.step);
	crew_fill(&g->crew, fill.step);
	g->fill_step = fill.step;
	g->filling = true;
}

static void guest_filled(struct guest *g)
{
	struct proto_fill fill = {.epoch = g->epoch, .step = g->fill_step};

	if (g->filling && crew_follows(&g->crew) &&
	    !port_send(&g->port, PROTO_FILLED, &fill, sizeof(fill)))
		g->filling = false;
}

static bool discard_is_fit(const struct guest *g, const struct proto_discard *d)
{
	return g->step == GUEST_RUN && !g->discarding && !g->filling && d->epoch == g->epoch &&
	       d->pages && d->pages <= PROTO_MAX_DISCARD && d->first < g->orders.pages &&
	       d->pages <= g->orders.pages - d->first && d->gone <= 1;
}

static void guest_discard(struct guest *g, const void *payload, uint32_t length)
{
	struct proto_discard discard = {0};

	if (length == sizeof(discard))
		memcpy(&discard, payload, sizeof(discard));
	if (!discard_is_fit(g, &discard)) {
		g->unfit++;
		return;
	}
	crew_discard(&g->crew, &discard);
	g->discarding = true;
}

static void guest_discarded(struct guest *g)
{
	if (g->discarding && crew_follows(&g->crew) &&
	    !port_send(&g->port, PROTO_DISCARDED, &g->crew.discard, sizeof(g->crew.discard)))
		g->discarding = false;
}

/* Written at once: what it waits here, the host has to take for an error of the clock. */
static void guest_ping(struct guest *g, const void *payload, uint32_t length)
{
	struct proto_ping ping;

	if (length != sizeof(ping)) {
		g->unfit++;
		return;
	}
	memcpy(&ping, payload, sizeof(ping));
	port_push(&g->port); /* what is before it in the queue */
	ping.tsc = tsc_ordered();
	port_send(&g->port, PROTO_PONG, &ping, sizeof(ping)); /* no room: no answer */
	port_push(&g->port);
}

static void guest_frame(struct guest *g, const struct proto_header *h, const uint8_t *payload)
{
	switch (h->type) {
	case PROTO_ORDERS:
		guest_orders(g, payload, h->length);
		break;
	case PROTO_START:
	case PROTO_STOP:
		guest_epoch(g, h->type, payload, h->length);
		break;
	case PROTO_FILL:
		guest_fill(g, payload, h->length);
		break;
	case PROTO_DISCARD:
		guest_discard(g, payload, h->length);
		break;
	case PROTO_PING:
		guest_ping(g, payload, h->length);
		break;
	case PROTO_QUIT:
		g->step = GUEST_OVER;
		break;
	default:
		g->unfit++;
	}
}

/* Damage is said on the console, once a second at most: the host learns of it by its time-outs. */
static void guest_say_bad(struct guest *g)
{
	const struct proto_counters *n = &g->port.in.n;
	uint64_t bad = n->bad_header + n->bad_payload + n->skipped_bytes + n->lost + n->late +
		       n->duplicate + g->unfit;

	if (bad == g->bad_seen)
		return;
	g->bad_seen = bad;
	early_say("frames from the host: %llu good, %llu bad headers, %llu bad payloads, latest at "
		  "offset %llu, %llu bytes skipped, %llu lost, %llu late, %llu duplicates, %llu "
		  "unfit",
		  (unsigned long long)n->frames, (unsigned long long)n->bad_header,
		  (unsigned long long)n->bad_payload, (unsigned long long)n->bad_offset,
		  (unsigned long long)n->skipped_bytes, (unsigned long long)n->lost,
		  (unsigned long long)n->late, (unsigned long long)n->duplicate,
		  (unsigned long long)g->unfit);
}

/* A period that was missed is not made up for. */
static bool is_due(uint64_t *when, uint64_t now, uint64_t period)
{
	if (now < *when)
		return false;
	*when = *when + period > now ? *when + period : now + period;
	return true;
}

static void guest_clock(struct guest *g)
{
	uint64_t now = clock_ns();

	if (is_due(&g->hello_ns, now, HELLO_NS)) {
		guest_say_bad(g);
		if (g->step == GUEST_HELLO)
			guest_hello(g);
	}
	if (g->step == GUEST_HELLO || g->step == GUEST_OVER)
		return;
	if (is_due(&g->stats_ns, now, g->orders.report_ms * MS)) {
		report_stats(&g->report, g->epoch); /* no room: the next one */
		if (g->epoch)
			report_records(&g->report, g->epoch); /* what has no room stays */
	}
}

static void guest_pin(struct guest *g)
{
	int err = crew_error(&g->crew);

	if (err)
		guest_fail(g, "a worker cannot be pinned to its vCPU: %s", strerror(-err));
	else if (crew_follows(&g->crew) && !port_send(&g->port, PROTO_READY, NULL, 0))
		g->step = GUEST_REST;
}

static void guest_map(struct guest *g)
{
	int err = memory_map(&g->memory, &g->port, !g->in_vm);

	if (!err || err == -ENOSPC)
		return;
	if (err < 0) {
		guest_fail(g, "pagemap of the test memory: %s", strerror(-err));
		return;
	}
	err = crew_open(&g->crew, &g->memory.touch, &g->orders,
			clock_ns_to_tsc(g->orders.stall_ns, g->tsc_hz));
	if (err)
		guest_fail(g, "cannot start %u workers: %s", g->orders.vcpus, strerror(-err));
	else
		g->step = GUEST_PIN;
}

static void guest_begin_sweep(struct guest *g)
{
	g->discarding = false; /* followed by now, and the epoch of its answer has ended */
	g->memory.cursor = 0;
	g->sweep_errors = 0;
	g->step = GUEST_SWEEP;
}

static void guest_begin_result(struct guest *g)
{
	g->hist_vcpu = 0;
	g->hist_index = 0;
	g->stats_sent = false;
	g->step = GUEST_RESULT;
}

static int guest_last_hists(struct guest *g)
{
	int err = 0;

	while (!err && g->hist_vcpu < g->crew.count) {
		err = report_hist(&g->report, g->epoch, g->hist_vcpu, &g->hist_index);
		if (g->hist_index == HIST_BUCKETS) {
			g->hist_index = 0;
			g->hist_vcpu++;
		}
	}
	return err;
}

/* Goes on where it found no room the time before; nothing of it is dropped. */
static void guest_result(struct guest *g)
{
	struct proto_epoch_end end = {
		.epoch = g->epoch,
		.swept_pages = g->orders.pages,
		.sweep_errors = g->sweep_errors,
	};

	if (!g->stats_sent && report_stats(&g->report, g->epoch))
		return;
	g->stats_sent = true;
	if (guest_last_hists(g))
		return;
	while (report_records_left(&g->report)) {
		if (report_records(&g->report, g->epoch))
			return;
	}
	while (g->touched_page < g->orders.pages) {
		if (report_touched(&g->report, g->epoch, &g->touched_page))
			return;
	}
	if (port_send(&g->port, PROTO_EPOCH_END, &end, sizeof(end)))
		return;
	g->epoch = 0;
	g->step = GUEST_REST;
}

/* One slice of the present step. */
static void guest_work(struct guest *g)
{
	switch (g->step) {
	case GUEST_FILL:
		if (memory_fill(&g->memory))
			g->step = GUEST_MAP;
		break;
	case GUEST_MAP:
		guest_map(g);
		break;
	case GUEST_PIN:
		guest_pin(g);
		break;
	case GUEST_RUN:
		guest_filled(g);
		guest_discarded(g);
		break;
	case GUEST_STOP:
		if (crew_follows(&g->crew))
			guest_begin_sweep(g);
		break;
	case GUEST_SWEEP:
		if (memory_sweep(&g->memory, &g->sweep_errors, &g->report.corrupts))
			guest_begin_result(g);
		break;
	case GUEST_RESULT:
		guest_result(g);
		break;
	default:
		break;
	}
}

/* How long to sleep for the port: not at all while there is work that needs no room. */
static int guest_wait_ms(const struct guest *g)
{
	uint64_t now = clock_ns(), due = g->hello_ns;

	if (g->step == GUEST_FILL || g->step == GUEST_SWEEP)
		return 0;
	if (g->step == GUEST_STOP || g->step == GUEST_PIN ||
	    (g->step == GUEST_RUN && (g->filling || g->discarding)))
		return STOP_WAIT_MS;
	if (g->step == GUEST_MAP || g->step == GUEST_RESULT)
		return port_has_room(&g->port, PROTO_MAX_PAYLOAD) ? 0 : WAIT_MS;
	if (g->step != GUEST_HELLO && g->stats_ns < due)
		due = g->stats_ns;
	if (due <= now)
		return 0;
	return due - now < WAIT_MS * MS ? (int)((due - now) / MS) + 1 : WAIT_MS;
}

static void guest_listen(struct guest *g)
{
	int err = port_exchange(&g->port, guest_wait_ms(g));
	struct proto_header h;
	const uint8_t *payload;

	while (g->step != GUEST_OVER && proto_next(&g->port.in, &h, &payload) > 0)
		guest_frame(g, &h, payload);
	if (err && g->step != GUEST_OVER) {
		early_say("the port is gone: %s", strerror(-err));
		g->result = 2;
		g->step = GUEST_OVER;
	}
}

int guest_run(struct guest *g)
{
	g->step = GUEST_HELLO;
	g->result = 0;
	g->tsc_hz = clock_tsc_hz(CALIBRATE_MS);
	g->hello_ns = clock_ns();
	if (!g->tsc_hz)
		guest_fail(g, "the TSC stands still");
	while (g->step != GUEST_OVER) {
		const char *fatal = __atomic_load_n(&fatal_text, __ATOMIC_ACQUIRE);

		guest_clock(g);
		guest_work(g);
		if (fatal)
			guest_fail(g, "%s", fatal);
		if (g->step != GUEST_OVER)
			guest_listen(g);
	}
	guest_say_bad(g);
	if (g->result != 2)
		port_flush(&g->port, FLUSH_MS);
	return g->result;
}
