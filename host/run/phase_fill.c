// SPDX-License-Identifier: GPL-2.0-only
/*
 * phase_fill.c - a phase's figures: what the counters moved by between the clock's two ends, and
 * what the guest has sent of its epoch (see phase_fill.h).
 */
#include <stdlib.h>
#include <string.h>

#include "phase_fill.h"
#include "result/buckets.h"

static void fill_faults(struct fault_figures *f, const struct metrics *kvm)
{
	uint64_t sum;

	f->known = metrics_get(kvm, "pf_taken", &f->total);
	metrics_get(kvm, "pf_fixed", &f->fixed);
	metrics_get(kvm, "pf_emulate", &f->emulate);
	metrics_get(kvm, "pf_spurious", &f->spurious);
	metrics_get(kvm, "pf_fast", &f->fast);
	sum = f->fixed + f->emulate + f->spurious + f->fast;
	f->retried_most = f->total > sum ? f->total - sum : 0;
}

void phase_fill_cpu(struct phase_result *res, const struct snap *from, const struct snap *to)
{
	for (int i = 0; i < CPU_USERS; i++) {
		res->cpu[i].known = from->cpu[i].known && to->cpu[i].known;
		if (res->cpu[i].known)
			res->cpu[i].time = cputime_since(&from->cpu[i].time, &to->cpu[i].time);
	}
}

void phase_fill_integrity(struct phase_result *res, const struct guest *g)
{
	struct proto_vcpu_stats t = guest_totals(g);

	res->integrity.checked = t.checks + g->end.swept_pages * (PROTO_PAGE_SIZE / 8);
	res->integrity.errors = guest_corrupted(g);
}

#define SHARE_NS(i, name, ns) ns,

/* @time: of all touches together, exact, in ticks like the histogram. */
static void fill_time(struct time_figures *f, const struct guest *g, const struct hist *h,
		      uint64_t time)
{
	static const uint64_t from_ns[TIME_SHARES] = {SHARE_NAMES(SHARE_NS)};
	uint64_t hz = guest_tsc_hz(g);

	f->total_ns = guest_tsc_ns(g, time);
	for (int i = 0; i < TIME_SHARES && f->total_ns; i++) {
		uint64_t from = (uint64_t)((unsigned __int128)from_ns[i] * hz / NSEC_PER_SEC);

		f->share[i] = (double)hist_time_from(h, time, from) / (double)time;
	}
	f->p50_ns = guest_tsc_ns(g, hist_time_quantile(h, time, 50, 100));
	f->p90_ns = guest_tsc_ns(g, hist_time_quantile(h, time, 90, 100));
	f->p99_ns = guest_tsc_ns(g, hist_time_quantile(h, time, 99, 100));
	f->p999_ns = guest_tsc_ns(g, hist_time_quantile(h, time, 999, 1000));
}

static uint64_t tsc_ns(const void *guest, uint64_t tsc)
{
	return guest_tsc_ns(guest, tsc);
}

void phase_fill_guest(struct phase_result *res, const struct guest *g, uint64_t stall_ns)
{
	struct proto_vcpu_stats t = guest_totals(g);
	struct hist *h = calloc(1, sizeof(*h));

	res->touch.count = t.touches;
	res->touch.writes = t.writes;
	res->touch.overflow = t.overflow;
	res->stalls.threshold_ns = stall_ns;
	res->stalls.count = t.stalls;
	res->stalls.total_ns = guest_tsc_ns(g, t.stall_tsc);
	res->stalls.records_lost = t.stalls > g->stall_records ? t.stalls - g->stall_records : 0;
	phase_fill_integrity(res, g);
	if (!h)
		return;
	guest_hist(g, h);
	res->touch.p50_ns = guest_tsc_ns(g, hist_quantile(h, 50, 100));
	res->touch.p99_ns = guest_tsc_ns(g, hist_quantile(h, 99, 100));
	res->touch.p999_ns = guest_tsc_ns(g, hist_quantile(h, 999, 1000));
	res->touch.max_ns = guest_tsc_ns(g, h->max);
	fill_time(&res->time, g, h, t.time_tsc);
	res->touch_buckets = buckets_text(h, tsc_ns, g);
	/* histogram frames, or the last STATS, that did not come */
	res->lost += t.touches > h->total ? t.touches - h->total : h->total - t.touches;
	free(h);
}

/* KVM exits by reason ("exit.NAME"); a reason that had not come before the clock started is not in
 * @before. */
static int take_exits(struct phase_result *res, const struct metrics *before,
		      const struct metrics *after)
{
	int err = 0;

	for (size_t i = 0; i < after->n && !err; i++) {
		const struct metric *m = &after->v[i];
		uint64_t was = 0;

		if (strncmp(m->name, "exit.", 5) != 0)
			continue;
		metrics_get(before, m->name, &was);
		if (m->value > was)
			err = metrics_set(&res->exits, m->name + 5, m->value - was);
	}
	return err;
}

/* Figures of debugfs ("kvm.NAME") lose their prefix, KSM's are gauges. */
static int sort_host(struct phase_result *res, const struct metrics *delta,
		     const struct metrics *after, bool want_kvm)
{
	int err = 0;

	for (size_t i = 0; i < delta->n && !err; i++) {
		const struct metric *m = &delta->v[i];
		uint64_t gauge = m->value;

		if (strncmp(m->name, "exit.", 5) == 0) {
			continue;
		} else if (strncmp(m->name, "kvm.", 4) == 0) {
			err = want_kvm ? metrics_set(&res->kvm, m->name + 4, m->value) : 0;
		} else {
			if (strncmp(m->name, "ksm.", 4) == 0)
				metrics_get(after, m->name, &gauge);
			err = metrics_set(&res->host, m->name, gauge);
		}
	}
	return err;
}

int phase_fill_counters(struct phase_result *res, const struct snap *from, const struct snap *to)
{
	struct metrics delta = {0};
	int err = metrics_delta(&res->kvm, &from->kvm, &to->kvm);

	if (!err)
		err = metrics_delta(&delta, &from->host, &to->host);
	if (!err)
		err = sort_host(res, &delta, &to->host, res->kvm.n == 0);
	if (!err)
		err = take_exits(res, &from->host, &to->host);
	metrics_free(&delta);
	if (!err)
		fill_faults(&res->faults, &res->kvm);
	return err;
}
