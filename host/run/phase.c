// SPDX-License-Identifier: GPL-2.0-only
/*
 * phase.c - one phase: start its sources, wait until their proof counters move, then let the clock
 * run, and take down the difference of everything between the clock's two ends.
 *
 * What could make a phase pass silently: a source that does nothing. So the clock does not start
 * before every proof counter has moved, it does not stop before each has moved as far as needed (or
 * the time-out is over), and only what moved between the clock's two ends counts.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "complaints.h"
#include "end.h"
#include "phase.h"
#include "phase_fill.h"
#include "judge/verdict.h"
#include "observe.h"
#include "base/procs.h"

#define PROGRESS_NS NSEC_PER_SEC
#define BLAME_NS (2 * NSEC_PER_SEC)

struct active {
	const struct source *source;
	void *state;
	uint64_t due_ns;
	bool started;
};

struct phase {
	struct run *run;
	const struct phase_spec *spec;
	struct phase_result *result;
	struct active active[OPTS_MAX_PAIR];
	uint64_t time_ns;
	struct snap before, after;
	uint64_t progress_ns;
	uint64_t faults_before;
	bool touching; /* an epoch of this phase has been asked for */
	bool job;      /* source.h */
	pid_t ksmd;    /* 0: this kernel has none */
};

static uint64_t lost_so_far(const struct run *r)
{
	const struct proto_counters *n = chan_counters(r->vm.chan);

	return n->lost + n->bad_header + n->bad_payload + n->duplicate + r->guest.foreign;
}

static int in_trouble(void *arg)
{
	return run_trouble(arg);
}

/*
 * A source's call fails also when QEMU has just died under it, and then that is what happened. The
 * kernel tears a killed process's memory down before it lets anybody know of the death, hence the
 * patience.
 */
static int blame(struct run *r, int err, const struct source *s, const char *what)
{
	int trouble = loop_until(r->loop, in_trouble, r, BLAME_NS);

	if (trouble < 0 && trouble != -ETIME)
		return trouble;
	return run_ended(&r->result, err, RUN_ERROR, "source %s %s", s->name, what);
}

static int read_proof(struct phase *p, struct snap *s)
{
	s->nproof = 0;
	for (size_t i = 0; i < p->spec->nsources; i++) {
		struct active *a = &p->active[i];
		int n = a->source->proof(&p->run->env, a->state, s->proof + s->nproof);

		if (n < 0)
			return blame(p->run, n, a->source, "has no proof counters");
		s->nproof += (size_t)n;
	}
	return 0;
}

static void read_cpu(const struct phase *p, struct snap *s)
{
	const pid_t pid[CPU_USERS] = {
		[CPU_QEMU] = p->run->vm.child.pid,
		[CPU_KSMD] = p->ksmd,
		[CPU_AGENT] = getpid(),
	};

	for (int i = 0; i < CPU_USERS; i++)
		s->cpu[i].known = pid[i] && !cputime_read(pid[i], &s->cpu[i].time);
}

/* All counters at one end of the clock. */
static int snap_take(struct phase *p, struct snap *s)
{
	struct run *r = p->run;
	int err;

	s->ns = mono_ns();
	err = counters_read(r->counters, &s->host);
	if (!err)
		err = kvmstats_read(r->kvmstats, r->vm.qmp, &s->kvm);
	if (err)
		return run_trouble(r)
			       ?: run_ended(&r->result, err,
					    err == -ETIME ? RUN_GUEST_SILENT : RUN_ERROR,
					    "counters cannot be read: %s", strerror(-err));
	read_cpu(p, s);
	return read_proof(p, s);
}

static void snap_free(struct snap *s)
{
	metrics_free(&s->host);
	metrics_free(&s->kvm);
}

static int send_epoch(struct run *r, uint16_t type, uint32_t flags)
{
	struct proto_epoch msg = {.epoch = r->epoch, .flags = flags};
	int err = chan_send(r->vm.chan, type, &msg, sizeof(msg));

	if (err)
		return run_trouble(r)
			       ?: run_ended(&r->result, err, RUN_GUEST_SILENT,
					    "the guest takes no orders any more");
	return 0;
}

static int start_epoch(struct run *r)
{
	r->epoch++;
	guest_new_epoch(&r->guest, r->epoch);
	return send_epoch(r, PROTO_START, 0);
}

static int epoch_ended(void *arg)
{
	struct run *r = arg;

	observe_turn(r->observe);
	return run_trouble(r) ?: r->guest.ended;
}

/* A guest that goes on with its heartbeat but never answers is not waited for either. */
static int stop_epoch(struct run *r)
{
	uint64_t end = mono_ns() + r->o->boot_timeout_ns;
	int err = send_epoch(r, PROTO_STOP, observe_wants(r->observe));

	if (err)
		return err;
	err = loop_until(r->loop, epoch_ended, r, end - mono_ns());
	if (err == -ETIME)
		return run_silent(r, err,
				  "the guest did not answer the end of a phase within %.0f s "
				  "(--boot-timeout)",
				  (double)r->o->boot_timeout_ns / 1e9);
	return err < 0 ? err : 0;
}

/* @whole_ns: how long it lasts at least, or at most. */
static void tell(struct phase *p, const char *what, uint64_t since_ns, uint64_t whole_ns)
{
	uint64_t now = mono_ns();
	struct proto_vcpu_stats t = guest_totals(&p->run->guest);
	double s = (double)(now - since_ns) / 1e9;

	if (now < p->progress_ns)
		return;
	p->progress_ns = now + PROGRESS_NS;
	run_tell(p->run,
		 "%-14s %s%.1f/%.1f s  %.0f touches/s  %" PRIu64 " stalls  %" PRIu64 " faults%s",
		 p->spec->name, what, s, (double)whole_ns / 1e9,
		 s > 0.05 ? (double)t.touches / s : 0.0, t.stalls,
		 counters_faults(p->run->counters) - p->faults_before,
		 t.errors ? "  DATA CORRUPTED" : "");
}

static int turn_loop(struct run *r, uint64_t wait_ns)
{
	int err = loop_once(r->loop, wait_ns);

	observe_turn(r->observe);
	return err == -ETIME ? 0 : err;
}

/* Runs what is due of the sources, then waits for events until the next is due, at most a tick. */
static int turn(struct phase *p)
{
	struct run *r = p->run;
	uint64_t now = mono_ns(), wait = RUN_TICK_NS;
	int err = run_trouble(r);

	for (size_t i = 0; i < p->spec->nsources && !err; i++) {
		struct active *a = &p->active[i];
		uint64_t again = RUN_TICK_NS;

		if (a->due_ns <= now) {
			err = a->source->step(&r->env, a->state, &again);
			if (err && err != -EAGAIN)
				return blame(r, err, a->source, "failed");
			err = 0;
			now = mono_ns();
			a->due_ns = now + again;
		}
		if (a->due_ns - now < wait)
			wait = a->due_ns - now;
	}
	if (err)
		return err;
	return turn_loop(r, wait);
}

/* First proof that has moved less than @least (0: than needed) from @from to @to; NULL: all have.
 */
static const struct proof *unmoved(const struct snap *from, const struct snap *to, uint64_t least)
{
	for (size_t i = 0; i < to->nproof; i++) {
		uint64_t need = least && to->proof[i].needed ? least : to->proof[i].needed;

		if (to->proof[i].moved - from->proof[i].moved < need)
			return &to->proof[i];
	}
	return NULL;
}

/* Why not more has moved, by the first of the sources that can tell; "" if none can. */
static void ask_why(struct phase *p, char *why, size_t size)
{
	*why = '\0';
	for (size_t i = 0; i < p->spec->nsources && !*why; i++)
		if (p->active[i].source->why)
			p->active[i].source->why(&p->run->env, p->active[i].state, why, size);
}

/* The proof that has not moved is judged by limits all the same: it may be what has changed. */
static void take_proof(struct phase_result *res, const struct snap *from, const struct snap *to)
{
	for (size_t i = 0; i < to->nproof; i++) {
		res->proof[i] = to->proof[i];
		res->proof[i].moved -= from->proof[i].moved;
	}
	res->nproof = to->nproof;
}

static int not_exercised(struct phase *p, const struct snap *from, const struct snap *to,
			 const struct proof *lazy)
{
	char why[256];

	take_proof(p->result, from, to);
	ask_why(p, why, sizeof(why));
	p->result->why_not =
		str_format("%s did not move within %.1f s (--proof-timeout)%s%s", lazy->name,
			   (double)p->run->o->proof_timeout_ns / 1e9, *why ? "; " : "", why);
	return p->result->why_not ? 0 : -ENOMEM;
}

/* Until every proof counter has moved: 1; 0: the time-out was over first (noted); -errno. */
static int wait_for_proof(struct phase *p)
{
	struct snap start = {.ns = mono_ns()}, now = {0};
	uint64_t end = start.ns + p->run->o->proof_timeout_ns;
	const struct proof *lazy;
	int err = p->job ? 1 : read_proof(p, &start);

	while (!err) {
		err = read_proof(p, &now);
		lazy = err ? NULL : unmoved(&start, &now, 1);
		if (err || !lazy)
			break;
		if (mono_ns() >= end)
			return not_exercised(p, &start, &now, lazy);
		tell(p, "waiting for proof ", start.ns, p->run->o->proof_timeout_ns);
		err = turn(p);
	}
	p->result->waited_ns = mono_ns() - start.ns;
	return err ?: 1;
}

/* The stretch that is judged. A job has all the time that another phase could take. */
static int run_clock(struct phase *p)
{
	uint64_t start = p->before.ns, end = start + (p->job ? 0 : p->time_ns);
	uint64_t last = start + p->time_ns + p->run->o->proof_timeout_ns;
	struct snap now = {0};
	int err = 0;

	for (;;) {
		if (mono_ns() >= end) {
			err = read_proof(p, &now);
			if (err || !unmoved(&p->before, &now, 0) || mono_ns() >= last)
				return err;
		}
		tell(p, "", start, p->time_ns);
		err = turn(p);
		if (err)
			return err;
	}
}

static void judge_proof(struct phase *p)
{
	struct phase_result *res = p->result;
	char why[256], more[256];

	take_proof(res, &p->before, &p->after);
	for (size_t i = 0; i < res->nproof && p->run->o->scene; i++)
		/* what comes back does so in the next piece of work */
		res->proof[i].needed = i == 0 && res->proof[i].needed;
	res->exercised = phase_exercised(res, why, sizeof(why));
	if (res->exercised)
		return;
	ask_why(p, more, sizeof(more));
	res->why_not = str_format("%s%s%s", why, *more ? "; " : "", more);
}

/*
 * --scene: the guest's pages are all mapped, it rests; each source does one piece of its work; then
 * the guest touches, each page many times. What that comes to is known beforehand, to the page.
 */
#define SCENE_NS (60 * NSEC_PER_MSEC)

static int touch_for_a_while(struct phase *p)
{
	uint64_t end = mono_ns() + SCENE_NS;
	int err = start_epoch(p->run);

	while (!err && mono_ns() < end)
		err = run_trouble(p->run) ?: turn_loop(p->run, RUN_TICK_NS);
	return err;
}

/* What a source cannot do just now it does soon, or not at all: its proof says which. */
static int work_once(struct phase *p, struct active *a)
{
	uint64_t end = mono_ns() + p->run->o->proof_timeout_ns, again;
	int err, trouble = 0;

	while ((err = a->source->step(&p->run->env, a->state, &again)) == -EAGAIN && !trouble &&
	       mono_ns() < end)
		trouble = run_trouble(p->run) ?: turn_loop(p->run, RUN_TICK_NS);
	if (err && err != -EAGAIN)
		return blame(p->run, err, a->source, "failed");
	return trouble;
}

static int play_scene(struct phase *p)
{
	for (size_t i = 0; i < p->spec->nsources; i++) {
		int err = work_once(p, &p->active[i]);

		if (err)
			return err;
	}
	return touch_for_a_while(p);
}

/* The epoch that maps all pages ends before the clock starts. 1 or -errno, as wait_for_proof(). */
static int prepare_scene(struct phase *p)
{
	return touch_for_a_while(p) ?: stop_epoch(p->run) ?: 1;
}

/* From START of the judged epoch to everything written down. */
static int measure(struct phase *p)
{
	struct run *r = p->run;
	int err;

	run_mark(r, "%s.measured", p->spec->name);
	err = r->o->scene ? 0 : start_epoch(r);
	if (!err)
		err = observe_begin(r->observe) ?: snap_take(p, &p->before);
	if (!err) {
		run_begun(r);
		err = r->o->scene ? play_scene(p) : run_clock(p);
	}
	if (!err)
		err = observe_end(r->observe) ?: snap_take(p, &p->after);
	run_mark(r, "%s.check", p->spec->name);
	if (!err)
		err = stop_epoch(r);
	if (err)
		return err;
	p->result->job = p->job;
	p->result->duration_ns = p->after.ns - p->before.ns;
	phase_fill_guest(p->result, &r->guest, r->o->stall_ns);
	phase_fill_cpu(p->result, &p->before, &p->after);
	err = phase_fill_counters(p->result, &p->before, &p->after);
	if (err)
		return run_ended(&r->result, err, RUN_ERROR, "no memory for the counters");
	observe_fill(r->observe, p->result);
	judge_proof(p);
	return 0;
}

/*
 * However the phase has ended, and whatever came too late for measure(): words found to be
 * corrupted, and frames that were damaged on the way.
 */
static void settle(struct phase *p)
{
	struct run *r = p->run;
	uint64_t lost = lost_so_far(r);

	if (p->touching)
		phase_fill_integrity(p->result, &r->guest);
	p->result->integrity.errors = guest_corrupted(&r->guest);
	p->result->lost += lost - r->lost;
	r->lost = lost;
	r->corrupted += p->result->integrity.errors;
	guest_new_phase(&r->guest);
}

/* 1: all started; 0: one of them cannot work here (noted); -errno. */
static int start_sources(struct phase *p)
{
	struct run *r = p->run;
	char why[160];
	int err;

	r->env.balances = false;
	for (size_t i = 0; i < p->spec->nsources; i++) {
		struct active *a = &p->active[i];

		a->source = p->spec->sources[i];
		p->job |= a->source->job;
		r->env.balances |= a->source->balances;
		a->state = calloc(1, a->source->state_bytes + 1);
		if (!a->state)
			return run_ended(&r->result, -ENOMEM, RUN_ERROR, "no memory for %s",
					 a->source->name);
		why[0] = '\0';
		if (a->source->probe(&r->env, why, sizeof(why))) {
			p->result->why_not =
				str_format("%s cannot work here: %s", a->source->name, why);
			return 0;
		}
	}
	for (size_t i = 0; i < p->spec->nsources; i++) {
		p->active[i].started = true;
		err = p->active[i].source->start(&r->env, p->active[i].state);
		if (err)
			return blame(r, err, p->active[i].source, "could not start");
	}
	return 1;
}

static int stop_sources(struct phase *p, int err)
{
	p->run->env.over = p->run->result.end != RUN_COMPLETE;
	for (size_t i = p->spec->nsources; i-- > 0;) {
		struct active *a = &p->active[i];
		int res = a->started ? a->source->stop(&p->run->env, a->state) : 0;

		if (a->started && a->source->unlogged)
			p->result->integrity.unlogged += a->source->unlogged(a->state);
		if (res && !err && p->run->result.end == RUN_COMPLETE)
			err = blame(p->run, res, a->source, "could not be stopped");
		if (res != -ETIME) /* a thread that is left behind works with it */
			free(a->state);
	}
	return err;
}

int phase_run(struct run *r, size_t i)
{
	struct phase p = {.run = r, .spec = &r->o->phases[i], .ksmd = proc_named("ksmd")};
	auto_free char *sources = str_format("%s", i ? p.spec->name : "null");
	int err;

	p.time_ns = r->o->phase_time_ns ?: opts_phase_time(r->o->duration_ns, r->o->nphases, i);
	err = result_add_phase(&r->result, p.spec->name, sources, &p.result);
	if (err)
		return run_ended(&r->result, err, RUN_ERROR, "no memory for the result");
	p.faults_before = counters_faults(r->counters);
	run_mark(r, "%s.warm-up", p.spec->name);
	err = start_sources(&p);
	if (err > 0) {
		p.touching = true;
		err = r->o->scene ? prepare_scene(&p) : start_epoch(r) ?: wait_for_proof(&p);
	}
	if (err > 0)
		err = measure(&p);
	else if (!err && p.touching)
		err = stop_epoch(
			r); /* its clock never started: the guest is checked all the same */
	run_mark(r, "%s.stop", p.spec->name);
	err = stop_sources(&p, err);
	complaints_take(r);
	settle(&p);
	p.result->done = !err;
	snap_free(&p.before);
	snap_free(&p.after);
	return err;
}
