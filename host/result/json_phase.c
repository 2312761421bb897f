/* SPDX-License-Identifier: GPL-2.0-only */
/* json_phase.c - one phase of the result as JSON (report_json.c). */
#include <math.h>

#include "names.h"
#include "json_phase.h"
#include "json_put.h"

static json_t *touch_json(const struct phase_result *p)
{
	const struct touch_figures *t = &p->touch;
	double rate = (double)t->count * 1e9 / (double)p->duration_ns;
	bool any = t->count > 0;
	json_t *o = json_object(), *ns = json_object();

	json_put(&ns, "p50", json_known(any, t->p50_ns));
	json_put(&ns, "p99", json_known(any, t->p99_ns));
	json_put(&ns, "p999", json_known(any, t->p999_ns));
	json_put(&ns, "max", json_known(any, t->max_ns));
	json_put(&o, "count", json_u64(t->count));
	json_put(&o, "writes", json_u64(t->writes));
	json_put(&o, "rate", json_known(p->duration_ns, p->duration_ns ? (uint64_t)rate : 0));
	json_put(&o, "ns", ns);
	json_put(&o, "overflow", json_u64(t->overflow));
	return o;
}

/* One figure for each of @names. */
static json_t *counts_json(const char *const *names, int n, bool known, const uint64_t *v)
{
	json_t *o = json_object();

	for (int i = 0; i < n; i++)
		json_put(&o, names[i], json_known(known, v[i]));
	return o;
}

static json_t *causes_json(const struct stall_figures *s)
{
	json_t *o = json_object();

	for (int i = 0; i < CAUSES; i++) {
		json_t *cause = json_object();

		json_put(&cause, "count", json_known(s->causes_known, s->by_cause[i].count));
		json_put(&cause, "total_ns", json_known(s->causes_known, s->by_cause[i].total_ns));
		json_put(&o, attrib_cause_names[i], cause);
	}
	return o;
}

static json_t *window_json(int thread, int event, uint64_t count)
{
	json_t *o = json_object();

	json_put(&o, "thread", json_text(probe_thread_names[thread]));
	json_put(&o, "event", json_text(probe_reason_names[event]));
	json_put(&o, "count", json_u64(count));
	return o;
}

/* Only the windows that stalls had behind them. */
static json_t *by_window_json(const struct stall_figures *s)
{
	json_t *array = s->causes_known ? json_array() : json_null();

	for (int i = 0; i < THREADS * REASONS && array && s->causes_known; i++) {
		int thread = i / REASONS, event = i % REASONS;
		uint64_t count = s->by_window[event][thread];

		if (count && json_array_append_new(array, window_json(thread, event, count))) {
			json_decref(array);
			array = NULL;
		}
	}
	return array;
}

static json_t *stalls_json(const struct stall_figures *s)
{
	json_t *o = json_object();

	json_put(&o, "threshold_ns", json_u64(s->threshold_ns));
	json_put(&o, "count", json_u64(s->count));
	json_put(&o, "total_ns", json_u64(s->total_ns));
	json_put(&o, "records_lost", json_u64(s->records_lost));
	json_put(&o, "by_cause", causes_json(s));
	json_put(&o, "by_window", by_window_json(s));
	return o;
}

static json_t *faults_json(const struct fault_figures *f)
{
	bool both = f->known && f->classes_known;
	json_t *o = json_object();

	json_put(&o, "total", json_known(f->known, f->total));
	json_put(&o, "inside", json_known(f->classes_known, f->inside));
	json_put(&o, "retried", json_known(f->classes_known, f->retried));
	json_put(&o, "collateral", json_known(f->classes_known, f->collateral));
	json_put(&o, "refault", json_known(f->classes_known, f->refault));
	json_put(&o, "other", json_known(f->classes_known, f->other));
	json_put(&o, "unmatched", both ? json_integer(f->unmatched) : json_null());
	json_put(&o, "sent_back", json_known(f->classes_known, f->sent_back));
	json_put(&o, "fixed", json_known(f->known, f->fixed));
	json_put(&o, "emulate", json_known(f->known, f->emulate));
	json_put(&o, "spurious", json_known(f->known, f->spurious));
	json_put(&o, "fast", json_known(f->known, f->fast));
	json_put(&o, "retried_most", json_known(f->known, f->retried_most));
	return o;
}

static json_t *duration_json(const struct window_figures *w, const struct duration_figures *d)
{
	bool any = w->known && w->count > 0;
	json_t *o = json_object();

	json_put(&o, "p50", json_known(any, d->p50_ns));
	json_put(&o, "p99", json_known(any, d->p99_ns));
	json_put(&o, "p999", json_known(any, d->p999_ns));
	json_put(&o, "max", json_known(any, d->max_ns));
	json_put(&o, "total", json_known(w->known, d->total_ns));
	return o;
}

static json_t *windows_json(const struct window_figures *w)
{
	json_t *o = json_object(), *ns = json_object();

	json_put(&ns, "start", duration_json(w, &w->start));
	json_put(&ns, "empty", duration_json(w, &w->empty));
	json_put(&ns, "total", duration_json(w, &w->total));
	json_put(&o, "count", json_known(w->known, w->count));
	json_put(&o, "by_event", counts_json(probe_reason_names, REASONS, w->known, w->by_event));
	json_put(&o, "by_thread", counts_json(probe_thread_names, THREADS, w->known, w->by_thread));
	json_put(&o, "ns", ns);
	json_put(&o, "preempted", json_known(w->preempted_known, w->preempted));
	json_put(&o, "open", json_known(w->known, w->open));
	return o;
}

static json_t *transition_json(bool known, const struct transition_figures *t)
{
	json_t *o = json_object();

	json_put(&o, "windows", json_known(known, t->windows));
	json_put(&o, "zapped", json_known(known, t->zapped));
	json_put(&o, "refaults", json_known(known, t->refaults));
	json_put(&o, "touched", json_known(known, t->touched));
	json_put(&o, "untouched", json_known(known, t->untouched));
	json_put(&o, "undecided", json_known(known, t->undecided));
	json_put(&o, "neighbours", json_known(known, t->neighbours));
	json_put(&o, "refault_ratio", json_share(known ? transition_refault_ratio(t) : NAN));
	return o;
}

#define PUT_TRANSITION(transition, name) \
	json_put(&o, name, transition_json(p->transitions_known, &p->transitions[transition]));

static json_t *transitions_json(const struct phase_result *p)
{
	json_t *o = json_object();

	TRANSITION_NAMES(PUT_TRANSITION)
	return o;
}

static json_t *cpu_json(const struct cpu_figures *c)
{
	json_t *o = json_object();

	json_put(&o, "total_ns", json_known(c->known, c->time.total_ns));
	json_put(&o, "user_ns", json_known(c->known, c->time.user_ns));
	json_put(&o, "system_ns", json_known(c->known, c->time.system_ns));
	json_put(&o, "guest_ns", json_known(c->known, c->time.guest_ns));
	return o;
}

static json_t *cpus_json(const struct phase_result *p)
{
	json_t *o = json_object();

	for (int i = 0; i < CPU_USERS; i++)
		json_put(&o, cpu_names[i], cpu_json(&p->cpu[i]));
	return o;
}

static json_t *integrity_json(const struct integrity_figures *i)
{
	json_t *o = json_object();

	json_put(&o, "checked", json_u64(i->checked));
	json_put(&o, "errors", json_u64(i->errors));
	return o;
}

static json_t *proof_json(const struct phase_result *p, bool needed)
{
	json_t *o = json_object();

	for (size_t i = 0; i < p->nproof; i++)
		json_put(&o, p->proof[i].name,
			 json_u64(needed ? p->proof[i].needed : p->proof[i].moved));
	return o;
}

json_t *json_phase(const struct phase_result *p)
{
	json_t *o = json_object();

	json_put(&o, "name", json_text(p->name));
	json_put(&o, "sources", json_text(p->sources));
	json_put(&o, "duration_ns", json_u64(p->duration_ns));
	json_put(&o, "job", json_boolean(p->job));
	json_put(&o, "waited_ns", json_u64(p->waited_ns));
	json_put(&o, "done", json_boolean(p->done));
	json_put(&o, "exercised", json_boolean(p->exercised));
	json_put(&o, "why_not", json_text(p->why_not));
	json_put(&o, "proof", proof_json(p, false));
	json_put(&o, "proof_needed", proof_json(p, true));
	json_put(&o, "touch", touch_json(p));
	json_put(&o, "stalls", stalls_json(&p->stalls));
	json_put(&o, "windows", windows_json(&p->windows));
	json_put(&o, "faults", faults_json(&p->faults));
	json_put(&o, "refault_ratio", json_share(p->transitions_known ? p->refault_ratio : NAN));
	json_put(&o, "transitions", transitions_json(p));
	json_put(&o, "cpu", cpus_json(p));
	json_put(&o, "kvm", json_metrics(&p->kvm));
	json_put(&o, "host", json_metrics(&p->host));
	json_put(&o, "exits", json_metrics(&p->exits));
	json_put(&o, "integrity", integrity_json(&p->integrity));
	json_put(&o, "lost", json_u64(p->lost));
	return o;
}
