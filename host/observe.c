// SPDX-License-Identifier: GPL-2.0-only
/* observe.c - see observe.h. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hostclock.h"
#include "interfere.h"
#include "ping.h"
#include "probe.h"
#include "selftest.h"
#include "vcpuclock.h"
#include "observe.h"

#define SLACK_NS (2 * NSEC_PER_MSEC)   /* between one CPU's event and its place in the ring */
#define POINT_NS (100 * NSEC_PER_MSEC) /* how often the clocks are compared */
#define MARK_TRIES 10
#define MARK_NS (100 * NSEC_PER_USEC) /* reading pf_taken takes less */
#define HIGH_GPA (1ull << 32)

/* KVM's pf_taken and all that the probes count, at one moment. */
struct mark {
	uint64_t ns, faults, lost;
	struct probe_windows windows;
};

struct observe {
	struct probe *probe;
	struct attrib *attrib;
	struct interfere *interfere;
	bool joins;  /* there are events: attrib and the clock are used */
	bool scaled; /* the clock by KVM's offsets; else by pings */
	struct hostclock_scale scale[PROBE_MAX_VCPUS];
	struct hostclock clock[PROBE_MAX_VCPUS];
	uint64_t point_ns;  /* when the clocks were compared last */
	uint64_t stalls_ns; /* when the oldest stalls not yet judged came; 0: none */
	struct ping ping;
	struct mark before, after;
	struct selftest test;
};

static int thread_ids(struct run *r, struct probe_spec *spec)
{
	json_t *cpus = NULL, *cpu;
	size_t i;
	int err = qmp_command(r->vm.qmp, "query-cpus-fast", NULL, &cpus, false);

	if (err)
		return err;
	json_array_foreach (cpus, i, cpu) {
		json_int_t index = json_integer_value(json_object_get(cpu, "cpu-index"));

		if (index >= 0 && index < PROBE_MAX_VCPUS)
			spec->vcpu[index] =
				(pid_t)json_integer_value(json_object_get(cpu, "thread-id"));
	}
	spec->vcpus = (unsigned int)r->o->vcpus;
	json_decref(cpus);
	return 0;
}

/*
 * Guest RAM is one piece of QEMU's address space; in the guest's it has a hole below 4 GiB
 * (hw/i386/microvm.c, pc.c).
 */
static int ram_layout(struct run *r, struct probe_spec *spec)
{
	uint64_t base, high = 0;
	int err = vm_hva(&r->vm, 0, &base);

	if (err)
		return err;
	err = vm_hva(&r->vm, HIGH_GPA, &high);
	if (err && err != -EPROTO) /* no RAM there: all of it lies below */
		return err;
	spec->ram_hva = base;
	spec->ram_bytes = r->vm.ram_bytes;
	spec->ram[0] = (struct attrib_ram){0, base, high ? high - base : r->vm.ram_bytes};
	if (high)
		spec->ram[1] =
			(struct attrib_ram){HIGH_GPA, high, r->vm.ram_bytes - spec->ram[0].bytes};
	return 0;
}

static int set_text(struct run *r, char **to, const char *text)
{
	free(*to);
	*to = str_format("%s", text);
	return *to ? 0 : run_ended(r, -ENOMEM, RUN_ERROR, "no memory for the result");
}

static int open_probe(struct run *r, struct observe *w, struct probe_spec *spec)
{
	struct probe_figures *f = &r->result.probes;
	char why[400];
	int err = probe_open(&w->probe, spec, why, sizeof(why));

	if (err)
		return run_ended(r, err, RUN_ERROR, "--probes %s does not work here: %s",
				 probe_backend_name(spec->wanted), why);
	w->joins = probe_backend(w->probe) != BACKEND_COUNTERS;
	if (spec->stretch_ns && probe_backend(w->probe) != BACKEND_BPF)
		return run_ended(r, -EOPNOTSUPP, RUN_ERROR, "--stretch needs the probes by BPF: %s",
				 why[0] ? why : "--probes bpf");
	f->stretch_ns = spec->stretch_ns;
	if (why[0] && set_text(r, &f->why, why))
		return -ENOMEM;
	return set_text(r, &f->backend, probe_backend_name(probe_backend(w->probe)));
}

/* KVM's offsets of all vCPUs, or pings. */
static int open_clock(struct run *r, struct observe *w)
{
	int err = 0;

	for (unsigned int i = 0; i < r->o->vcpus && !err; i++)
		err = vcpuclock_scale(r->vm.child.pid, i, &w->scale[i]);
	w->scaled = !err;
	return set_text(r, &r->result.clock.method, w->scaled ? "tsc-offset" : "ping-pong");
}

int observe_open(struct run *r)
{
	struct probe_spec spec = {.wanted = (enum probe_backend)r->o->probes,
				  .qemu = r->vm.child.pid,
				  .stretch_ns = r->o->stretch_ns};
	struct observe *w = calloc(1, sizeof(*w));
	struct attrib_config config = {.slack_ns = SLACK_NS};
	int err;

	r->observe = w;
	if (!w)
		return run_ended(r, -ENOMEM, RUN_ERROR, "no memory for the probes");
	err = thread_ids(r, &spec) ?: ram_layout(r, &spec);
	if (err)
		return run_trouble(r)
			       ?: run_ended(r, err, RUN_ERROR, "QEMU does not tell its layout");
	err = open_probe(r, w, &spec);
	if (err || !w->joins)
		return err;
	config.vcpus = spec.vcpus;
	memcpy(config.ram, spec.ram, sizeof(config.ram));
	err = attrib_open(&w->attrib, &config);
	if (err)
		return run_ended(r, err, RUN_ERROR, "no memory for the probes' events");
	err = open_clock(r, w);
	if (err)
		return err;
	selftest_begin(&w->test, r->vm.child.pid, spec.ram_hva, counters_faults(r->counters));
	return 0;
}

static void take_event(void *arg, const struct probe_event *e)
{
	struct observe *w = arg;

	selftest_event(&w->test, e);
	attrib_event(w->attrib, e);
}

static void add_point(struct observe *w, unsigned int vcpu, const struct hostclock_point *p)
{
	if (hostclock_add(&w->clock[vcpu], p))
		return; /* contradicts the others: the clock's error bound stays what it is */
}

/* KVM's offset is read again each time: a guest may have written its TSC. */
static void compare_scaled(struct run *r, struct observe *w)
{
	uint64_t tsc, ns, error_ns;

	vcpuclock_now(&tsc, &ns, &error_ns);
	for (unsigned int i = 0; i < r->o->vcpus; i++) {
		struct hostclock_point p = {.ns = ns, .error_ns = error_ns};

		p.tsc = hostclock_guest_tsc(&w->scale[i], tsc);
		add_point(w, i, &p);
	}
}

/* The guest's main thread answers for all vCPUs: their TSCs are in step, or Linux would not use
 * them. */
static void take_pong(struct run *r, struct observe *w)
{
	const struct guest_pong *pong = &r->guest.pong;
	struct hostclock_point p;

	if (!w->ping.cookie || !ping_answered(&w->ping, &r->guest))
		return;
	p = hostclock_pong(w->ping.sent_ns, pong->tsc, pong->ns);
	w->ping.cookie = 0;
	for (unsigned int i = 0; i < r->o->vcpus; i++)
		add_point(w, i, &p);
}

static void compare_clocks(struct run *r, struct observe *w)
{
	w->point_ns = mono_ns();
	if (w->scaled)
		compare_scaled(r, w);
	else if (!w->ping.cookie && ping_send(&w->ping, r->vm.chan))
		w->ping.cookie = 0;
}

/* In host time; false: the clock does not tell. */
static bool stall_in_host_time(const struct run *r, const struct proto_stall *s,
			       struct attrib_stall *out)
{
	const struct hostclock *c = &r->observe->clock[s->vcpu];
	uint64_t error[2];

	if (hostclock_map(c, s->start_tsc, &out->begin_ns, &error[0]) ||
	    hostclock_map(c, s->start_tsc + s->length_tsc, &out->end_ns, &error[1]))
		return false;
	out->error_ns = error[0] > error[1] ? error[0] : error[1];
	out->vcpu = s->vcpu;
	out->guest_busy = s->flags & PROTO_STALL_BUSY;
	return true;
}

/* A stall that the clock cannot place is asked for all the same, with an error that leaves it
 * unknown. */
static void take_stalls(struct run *r, struct observe *w)
{
	size_t n;
	const struct proto_stall *s = guest_stalls(&r->guest, &n);

	for (size_t i = 0; i < n; i++) {
		struct attrib_stall in = {.error_ns = UINT64_MAX / 8, .vcpu = s[i].vcpu};

		if (s[i].vcpu >= r->o->vcpus)
			continue; /* the guest talks nonsense; not among the records */
		if (!stall_in_host_time(r, &s[i], &in))
			in.end_ns = guest_tsc_ns(&r->guest, s[i].length_tsc);
		attrib_stall(w->attrib, &in);
	}
	guest_stalls_taken(&r->guest);
	w->stalls_ns = 0;
}

/* Stalls wait until all events of their time have come. */
static bool stalls_are_ripe(struct run *r, struct observe *w)
{
	size_t n;

	guest_stalls(&r->guest, &n);
	if (!n)
		return false;
	if (!w->stalls_ns)
		w->stalls_ns = mono_ns();
	return mono_ns() - w->stalls_ns > 2 * SLACK_NS;
}

static void take_events(struct observe *w)
{
	uint64_t now = mono_ns();

	if (!probe_drain(w->probe, take_event, w))
		attrib_flush(w->attrib, now - SLACK_NS);
}

void observe_turn(struct run *r)
{
	struct observe *w = r->observe;

	if (!w || !w->joins)
		return;
	take_events(w);
	if (!w->scaled)
		take_pong(r, w);
	if (mono_ns() - w->point_ns >= POINT_NS)
		compare_clocks(r, w);
	if (stalls_are_ripe(r, w))
		take_stalls(r, w);
}

int observe_ready(struct run *r)
{
	struct observe *w = r->observe;
	char text[300];
	int err;

	if (r->o->interfere) {
		err = interfere_start(&w->interfere, r->knobs, r->o->seed);
		if (err)
			return run_ended(r, err, RUN_ERROR, "--interfere does not work here");
		r->result.probes.interfere = true;
		if (!interfere_preempts(w->interfere))
			note_say("--interfere: this kernel cannot be made preemptible at run time "
				 "(debugfs sched/preempt); see how many windows were preempted");
	}
	if (!w->joins)
		return 0;
	compare_clocks(r, w);
	err = selftest_force(&w->test);
	if (err)
		return run_trouble(r)
			       ?: run_ended(r, err, RUN_PROBE_SILENT,
					    "the probes cannot be "
					    "tested: no window could be forced on guest RAM");
	take_events(w);
	attrib_flush(w->attrib, UINT64_MAX);
	err = selftest_judge(&w->test, counters_faults(r->counters), text, sizeof(text));
	if (set_text(r, &r->result.probes.selftest, text))
		return -ENOMEM;
	return err ? run_ended(r, err, RUN_PROBE_SILENT, "%s", text) : 0;
}

void observe_close(struct run *r)
{
	struct observe *w = r->observe;

	if (!w)
		return;
	if (w->probe)
		(void)!probe_lost(w->probe, &r->result.probes.lost);
	interfere_stop(w->interfere);
	attrib_close(w->attrib);
	probe_close(w->probe);
	free(w);
	r->observe = NULL;
}

/* The moment is the reading of pf_taken: the probes' events up to it are all that belongs to it. */
static int take_mark(struct run *r, struct mark *m)
{
	struct observe *w = r->observe;
	int err;

	for (int i = 0; i < MARK_TRIES; i++) {
		uint64_t before = mono_ns();

		m->faults = counters_faults(r->counters);
		m->ns = mono_ns();
		if (m->ns - before < MARK_NS) /* else somebody else was on this CPU meanwhile */
			break;
	}
	err = probe_windows(w->probe, &m->windows);
	if (!err)
		err = probe_lost(w->probe, &m->lost);
	take_events(w);
	attrib_flush(w->attrib, m->ns);
	return err ? run_ended(r, err, RUN_ERROR, "the probes cannot be read: %s", strerror(-err))
		   : 0;
}

int observe_begin(struct run *r)
{
	struct observe *w = r->observe;
	int err;

	if (!w->joins)
		return 0;
	compare_clocks(r, w);
	err = take_mark(r, &w->before);
	if (!err)
		attrib_begin(w->attrib, w->before.ns);
	return err;
}

int observe_end(struct run *r)
{
	struct observe *w = r->observe;
	int err;

	if (!w->joins)
		return 0;
	err = take_mark(r, &w->after);
	if (!err)
		attrib_end(w->attrib, w->after.ns);
	compare_clocks(r, w);
	return err;
}

uint32_t observe_wants(const struct run *r)
{
	return r->observe->joins ? PROTO_WANT_TOUCHED : 0;
}

static void subtract(struct hist *h, const struct hist *before)
{
	uint64_t max = h->max;

	h->total = h->max = 0;
	for (unsigned int i = 0; i < HIST_BUCKETS; i++) {
		h->count[i] -= before->count[i];
		h->total += h->count[i];
		if (h->count[i]) /* the max of before and after is only good if it is in here */
			h->max = max < hist_high(i) ? max : hist_high(i);
	}
}

static void fill_duration(struct duration_figures *f, struct hist *after, const struct hist *before,
			  uint64_t total_ns)
{
	subtract(after, before);
	f->p50_ns = hist_quantile(after, 50, 100);
	f->p99_ns = hist_quantile(after, 99, 100);
	f->p999_ns = hist_quantile(after, 999, 1000);
	f->max_ns = after->max;
	f->total_ns = total_ns;
}

static void fill_windows(struct window_figures *f, struct observe *w)
{
	struct probe_windows *a = &w->after.windows, *b = &w->before.windows;

	f->known = true;
	f->count = a->count - b->count;
	for (int i = 0; i < REASONS; i++)
		f->by_event[i] = a->by_reason[i] - b->by_reason[i];
	for (int i = 0; i < THREADS; i++)
		f->by_thread[i] = a->by_thread[i] - b->by_thread[i];
	f->preempted = a->preempted - b->preempted;
	f->preempted_known = true;
	f->open = attrib_figures(w->attrib)->open;
	fill_duration(&f->start, &a->start, &b->start, a->start_ns - b->start_ns);
	fill_duration(&f->empty, &a->empty, &b->empty, a->empty_ns - b->empty_ns);
	fill_duration(&f->total, &a->total, &b->total, a->total_ns - b->total_ns);
}

/*
 * A probe that sees no faults where KVM counts many is one for another page fault handler (shadow
 * paging: FNAME(page_fault)): then no class is known.
 */
static void fill_classes(struct fault_figures *f, const struct observe *w)
{
	const struct attrib_figures *a = attrib_figures(w->attrib);
	uint64_t taken = w->after.faults - w->before.faults;

	f->classes_known = a->faults || !taken;
	if (!f->classes_known)
		return;
	f->inside = a->by_class[CLASS_INSIDE];
	f->retried = a->by_class[CLASS_RETRIED];
	f->collateral = a->by_class[CLASS_COLLATERAL];
	f->refault = a->by_class[CLASS_REFAULT];
	f->other = a->by_class[CLASS_OTHER];
	f->sent_back = a->sent_back;
	f->total = taken; /* read in the same moment as the events, unlike QEMU's answer */
	f->unmatched = (int64_t)(taken - a->faults);
}

static void fill_transitions(struct phase_result *res, const struct observe *w)
{
	const struct attrib_transition *t = attrib_figures(w->attrib)->transition;
	struct attrib_transition all = {0};

	res->transitions_known = true;
	for (int i = 0; i < TRANSITIONS; i++) {
		res->transitions[i] = (struct transition_figures){
			.windows = t[i].windows,
			.zapped = t[i].zapped,
			.refaults = t[i].refaults,
			.touched = t[i].touched,
			.untouched = t[i].untouched,
			.undecided = t[i].undecided,
			.neighbours = t[i].neighbours,
		};
		all.refaults += t[i].refaults;
		all.touched += t[i].touched;
	}
	res->refault_ratio = attrib_refault_ratio(&all);
}

static void fill_causes(struct stall_figures *f, const struct observe *w)
{
	const struct attrib_figures *a = attrib_figures(w->attrib);

	f->causes_known = true;
	for (int i = 0; i < CAUSES; i++)
		f->by_cause[i] = (struct cause_figures){a->stalls[i], a->stall_ns[i]};
	memcpy(f->by_window, a->stall_window, sizeof(f->by_window));
}

/* attrib_touch: of pages that the guest program does not touch nobody knows. */
static uint64_t last_touch(void *arg, uint64_t gpa)
{
	const struct run *r = arg;
	uint64_t tsc, ns, error_ns;
	uint32_t page;

	if (!guest_page_of(&r->guest, gpa, &page))
		return ATTRIB_TOUCH_UNKNOWN;
	tsc = guest_last_touch_tsc(&r->guest, page);
	if (!tsc)
		return 0;
	return hostclock_map(&r->observe->clock[0], tsc, &ns, &error_ns) ? ATTRIB_TOUCH_UNKNOWN
									 : ns;
}

void observe_fill(struct run *r, struct phase_result *res)
{
	struct observe *w = r->observe;
	uint64_t error_ns, tick_ns = guest_tsc_ns(&r->guest, 1ull << PROTO_TOUCHED_SHIFT);

	if (!w->joins)
		return;
	observe_turn(r); /* the last stalls came just before the epoch's end */
	attrib_flush(w->attrib, mono_ns());
	take_stalls(r, w);
	error_ns = hostclock_error(&w->clock[0]);
	attrib_settle(w->attrib, error_ns + tick_ns,
		      guest_touched_complete(&r->guest) ? last_touch : NULL, r);
	if (r->result.clock.error_ns < error_ns)
		r->result.clock.error_ns = error_ns;
	fill_windows(&res->windows, w);
	fill_classes(&res->faults, w);
	fill_transitions(res, w);
	fill_causes(&res->stalls, w);
	res->stalls.records_lost += r->guest.stalls_untaken;
}
