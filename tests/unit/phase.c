/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * phase.c - one phase against a guest and a monitor that only pretend, with sources made here: what
 * is measured, what does not count as exercised, what corruption and damage come to however it
 * ends, and that a source that was started is stopped. Would pass silently if the fake guest did
 * nothing, so its touches are compared.
 */
#include <limits.h>
#include <signal.h>
#include <sys/wait.h>

#include "fake_run.h"
#include "base/signals.h"
#include "probe/probe.h"
#include "run/end.h"
#include "run/observe.h"
#include "run/phase.h"

#define WAIT_NS (10 * NSEC_PER_SEC)
#define PHASE_NS (50 * NSEC_PER_MSEC)

static struct opts opts;
static struct run *run;
static struct fake fake;

/* --- sources */

/* What the sources do, and what was asked of them. */
static struct {
	uint64_t each;	  /* proof of a step */
	uint64_t lazy_ns; /* none before so long after the start */
	int start, step;  /* what they answer */
	bool qemu_dies;	  /* at the first step */
	bool job;
	unsigned int busy; /* so many steps can do nothing just now */
	unsigned int starts, steps, stops;
	bool over; /* told to stop() */
	uint64_t moved, began_ns;
} act;

static int can(const struct env *env, char *why, size_t size)
{
	(void)env;
	(void)why;
	(void)size;
	return 0;
}

static int cannot(const struct env *env, char *why, size_t size)
{
	(void)env;
	snprintf(why, size, "no such hardware");
	return -ENODEV;
}

static int start(struct env *env, void *state)
{
	(void)env;
	(void)state;
	act.starts++;
	act.began_ns = mono_ns();
	return act.start;
}

static int step(struct env *env, void *state, uint64_t *again_ns)
{
	(void)env;
	(void)state;
	act.steps++;
	*again_ns = NSEC_PER_MSEC;
	if (act.steps <= act.busy)
		return -EAGAIN;
	if (mono_ns() - act.began_ns >= act.lazy_ns)
		act.moved += act.each;
	if (act.qemu_dies) {
		run->vm.child.exited = true;
		run->vm.child.status = SIGKILL;
	}
	return act.step;
}

static int stop(struct env *env, void *state)
{
	(void)state;
	act.stops++;
	act.over = env->over;
	return 0;
}

static int proof(struct env *env, void *state, struct proof *out)
{
	(void)env;
	(void)state;
	out[0] = (struct proof){.name = "things_moved", .moved = act.moved, .needed = 5};
	return 1;
}

static const struct source works = {
	.name = "works", .probe = can, .start = start, .step = step, .stop = stop, .proof = proof};
static const struct source absent = {.name = "absent",
				     .probe = cannot,
				     .start = start,
				     .step = step,
				     .stop = stop,
				     .proof = proof};
static const struct source work = {.name = "work",
				   .job = true,
				   .probe = can,
				   .start = start,
				   .step = step,
				   .stop = stop,
				   .proof = proof};

/* --- the run */

static int guest_is_there(void *arg)
{
	(void)arg;
	return run->guest.ready && run->guest.mapped_pages == FAKE_PAGES;
}

static int in_trouble(void *arg)
{
	return run_trouble(arg);
}

static void open_run(void)
{
	const struct observe_config config = {&opts,	     &run->vm, &run->guest,
					      run->counters, NULL,     &run->result,
					      in_trouble,    run,      NULL};

	fake_start(&fake);
	assert_int_equal(chan_open(&run->vm.chan, run->loop, fake.guest, guest_frame, &run->guest),
			 0);
	assert_int_equal(qmp_open(&run->vm.qmp, run->loop, fake.monitor, WAIT_NS), 0);
	qmp_watch(run->vm.qmp, in_trouble, run);
	assert_int_equal(loop_until(run->loop, guest_is_there, NULL, WAIT_NS), 1);
	assert_int_equal(counters_open(&run->counters, "/nonexistent", getpid()), 0);
	assert_int_equal(kvmstats_open(&run->kvmstats, run->vm.qmp), 0);
	assert_int_equal(observe_open(&run->observe, &config), 0);
}

static int set_up(void **state)
{
	(void)state;
	memset(&fake, 0, sizeof(fake));
	memset(&act, 0, sizeof(act));
	act.each = 10;
	memset(&opts, 0, sizeof(opts));
	opts.vcpus = 1;
	opts.probes = BACKEND_COUNTERS;
	opts.phase_time_ns = PHASE_NS;
	opts.silence_ns = opts.boot_timeout_ns = 100 * NSEC_PER_SEC;
	opts.proof_timeout_ns = 200 * NSEC_PER_MSEC;
	opts.stall_ns = NSEC_PER_MSEC;
	opts.nphases = 2;
	strcpy(opts.phases[0].name, "idle");
	strcpy(opts.phases[1].name, "works");
	opts.phases[1].sources[0] = &works;
	opts.phases[1].nsources = 1;
	run = fake_run_open(&opts);
	if (!run)
		return -1;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	observe_close(run->observe);
	counters_close(run->counters);
	kvmstats_close(run->kvmstats);
	fake_run_close(&fake, run);
	return 0;
}

static const struct phase_result *last(void)
{
	assert_true(run->result.nphases > 0);
	return &run->result.phases[run->result.nphases - 1];
}

static void ended(enum run_end end, const char *words)
{
	assert_string_equal(run_end_name(run->result.end), run_end_name(end));
	if (!strstr(run->result.end_detail, words))
		fail_msg("'%s' is not in '%s'", words, run->result.end_detail);
}

/* --- what is measured */

static void an_idle_phase(void **state)
{
	const struct phase_result *p;

	(void)state;
	open_run();
	assert_int_equal(phase_run(run, 0), 0);
	p = last();
	assert_string_equal(p->name, "idle");
	assert_true(p->done && p->exercised);
	assert_in_range(p->duration_ns, PHASE_NS, 100 * PHASE_NS);
	assert_true(p->touch.count > 0);
	assert_int_equal(p->integrity.checked, p->touch.count + FAKE_PAGES * 512);
	assert_int_equal(p->integrity.errors, 0);
	assert_int_equal(p->lost, 0);
	assert_in_range(p->touch.p50_ns, FAKE_TOUCH_NS, FAKE_TOUCH_NS * 33 / 32 + 1);
	assert_int_equal(p->touch.max_ns, FAKE_TOUCH_NS);
	assert_int_equal(p->faults.total, 10); /* the monitor was asked at both ends of the clock */
	assert_true(run->result.stress_begun);
}

/* The warm-up is an epoch of its own, which the judged one does not count. */
static void a_source_that_works(void **state)
{
	const struct phase_result *p;

	(void)state;
	open_run();
	assert_int_equal(phase_run(run, 1), 0);
	p = last();
	assert_true(p->done && p->exercised);
	assert_null(p->why_not);
	assert_int_equal(p->nproof, 1);
	assert_in_range(p->proof[0].moved, 5, act.moved - act.each);
	assert_int_equal(act.starts, 1);
	assert_int_equal(act.stops, 1);
	assert_false(act.over);
	assert_int_equal(__atomic_load_n(&fake.epochs, __ATOMIC_SEQ_CST), 2);
}

/* The clock goes on until as much has moved as is needed. */
static void a_slow_source(void **state)
{
	(void)state;
	act.each = 1;
	opts.phase_time_ns = 1;
	open_run();
	assert_int_equal(phase_run(run, 1), 0);
	assert_true(last()->exercised);
	assert_in_range(last()->proof[0].moved, 5, 100);
	assert_true(last()->duration_ns >= 4 * NSEC_PER_MSEC); /* five steps, 1 ms between */
}

/* A job's clock starts with its first step: all that it does is counted, in one epoch. */
static void a_job(void **state)
{
	(void)state;
	opts.phases[1].sources[0] = &work;
	open_run();
	assert_int_equal(phase_run(run, 1), 0);
	assert_true(last()->exercised && last()->job);
	assert_int_equal(last()->proof[0].moved, 10);
}

/* --- what is no exercise */

static void a_job_without_the_time(void **state)
{
	(void)state;
	act.lazy_ns = 100 * NSEC_PER_SEC;
	opts.phase_time_ns = 1;
	opts.proof_timeout_ns = 20 * NSEC_PER_MSEC;
	opts.phases[1].sources[0] = &work;
	open_run();
	assert_int_equal(phase_run(run, 1), 0);
	assert_false(last()->exercised);
	assert_non_null(strstr(last()->why_not, "things_moved moved by 0, needed 5"));
}

/* Its memory is checked all the same, and the run goes on. */
static void a_source_that_does_nothing(void **state)
{
	(void)state;
	act.each = 0;
	fake.corrupt = 2;
	open_run();
	assert_int_equal(phase_run(run, 1), 0);
	assert_false(last()->exercised);
	assert_non_null(strstr(last()->why_not, "things_moved did not move within 0.2 s"));
	assert_int_equal(last()->integrity.errors, 2);
	assert_int_equal(act.stops, 1);
	assert_int_equal(run->result.end, RUN_COMPLETE);
}

static void a_source_that_stops_halfway(void **state)
{
	(void)state;
	act.each = 1;
	act.lazy_ns = 0;
	opts.phase_time_ns = 1;
	opts.proof_timeout_ns = 2 * NSEC_PER_MSEC; /* for one more, not for five */
	open_run();
	assert_int_equal(phase_run(run, 1), 0);
	if (last()->exercised) /* a slow machine may have made five steps in one turn's time */
		assert_true(last()->proof[0].moved >= 5);
	else
		assert_non_null(strstr(last()->why_not, "moved"));
}

static void a_source_that_cannot_work(void **state)
{
	(void)state;
	opts.phases[1].sources[0] = &absent;
	open_run();
	assert_int_equal(phase_run(run, 1), 0);
	assert_false(last()->exercised);
	assert_string_equal(last()->why_not, "absent cannot work here: no such hardware");
	assert_int_equal(act.starts, 0);
	assert_int_equal(act.stops, 0);
	assert_int_equal(last()->touch.count, 0);
}

/* It is asked again, also in a scene, which wants one piece of work of it and no more. */
static void a_source_that_is_busy(void **state)
{
	(void)state;
	act.busy = 3;
	open_run();
	assert_int_equal(phase_run(run, 1), 0);
	assert_true(last()->exercised);
}

static void a_busy_scene(void **state)
{
	(void)state;
	opts.scene = true;
	act.busy = 3;
	open_run();
	assert_int_equal(phase_run(run, 1), 0);
	assert_true(last()->exercised);
	assert_int_equal(act.steps, 4);
	assert_int_equal(last()->proof[0].moved, 10);
}

static void a_scene_that_stays_busy(void **state)
{
	(void)state;
	opts.scene = true;
	opts.proof_timeout_ns = NSEC_PER_MSEC;
	act.busy = UINT_MAX;
	open_run();
	assert_int_equal(phase_run(run, 1), 0);
	assert_false(last()->exercised);
	assert_string_equal(last()->why_not, "things_moved moved by 0, needed 1");
}

/* --- how it can end */

static void a_source_that_fails(void **state)
{
	(void)state;
	act.step = -EIO;
	open_run();
	assert_int_equal(phase_run(run, 1), -EIO);
	ended(RUN_ERROR, "source works failed");
	assert_false(last()->done);
	assert_int_equal(act.stops, 1);
}

/* QEMU has died under it: that is what happened, and no source is blamed. */
static void qemu_dies_under_a_source(void **state)
{
	(void)state;
	act.step = -ESRCH;
	act.qemu_dies = true;
	open_run();
	assert_int_equal(phase_run(run, 1), -ECHILD);
	ended(RUN_QEMU_KILLED, "stopped from outside");
	assert_int_equal(act.stops, 1);
	assert_true(act.over);
}

static void a_source_that_does_not_start(void **state)
{
	(void)state;
	act.start = -EBUSY;
	open_run();
	assert_int_equal(phase_run(run, 1), -EBUSY);
	ended(RUN_ERROR, "source works could not start");
	assert_int_equal(act.steps, 0);
	assert_int_equal(act.stops, 1);
}

static void a_guest_that_never_answers(void **state)
{
	(void)state;
	fake.deaf = true;
	opts.boot_timeout_ns = 100 * NSEC_PER_MSEC;
	open_run();
	assert_true(phase_run(run, 0) < 0);
	ended(RUN_GUEST_SILENT, "did not answer the end of a phase within");
}

static void a_guest_that_falls_silent(void **state)
{
	(void)state;
	fake.mute = fake.deaf = true;
	opts.silence_ns = 300 * NSEC_PER_MSEC;
	opts.phase_time_ns = 100 * NSEC_PER_SEC;
	open_run();
	assert_true(phase_run(run, 0) < 0);
	ended(RUN_GUEST_SILENT, "said nothing");
}

static void counters_that_cannot_be_read(void **state)
{
	(void)state;
	fake.refuse = "query-stats";
	open_run();
	assert_true(phase_run(run, 0) < 0);
	ended(RUN_ERROR, "counters cannot be read");
}

/* --- what was found counts, whatever comes of the phase */

static void corruption(void **state)
{
	(void)state;
	fake.corrupt = 3;
	open_run();
	assert_int_equal(phase_run(run, 0), 0);
	assert_int_equal(last()->integrity.errors, 3);
	assert_int_equal(phase_run(run, 1), 0);
	assert_int_equal(last()->integrity.errors, 3); /* its own only */
	assert_int_equal(run->corrupted, 6);
}

/* The sweep has found a flip and said so, then the guest was gone. */
static void corruption_before_the_end(void **state)
{
	(void)state;
	fake.corrupt = 1;
	fake.dies_at_stop = true;
	opts.boot_timeout_ns = 200 * NSEC_PER_MSEC;
	open_run();
	assert_true(phase_run(run, 0) < 0);
	assert_false(last()->done);
	assert_int_equal(last()->integrity.errors, 1);
}

static void a_damaged_frame(void **state)
{
	(void)state;
	fake.damages_one = true;
	open_run();
	assert_int_equal(phase_run(run, 0), 0);
	assert_int_equal(last()->lost, 1);
	assert_int_equal(phase_run(run, 0), 0);
	assert_int_equal(last()->lost, 1); /* its own only */
}

/* What the touches of the epoch were is not known then. */
static void damaged_sums(void **state)
{
	(void)state;
	fake.damages_last = true;
	fake.stalls = 2;
	open_run();
	assert_int_equal(phase_run(run, 0), 0);
	/* No underflow: fewer counted than came. */
	assert_true(last()->lost > 0 && last()->lost < UINT32_MAX);
	assert_int_equal(last()->stalls.records_lost, 0);
}

/*
 * Last: a signal that has come stays. It has ended a write of run=2, which is no error of the
 * source's then.
 */
static int interrupted_step(struct env *env, void *state, uint64_t *again_ns)
{
	raise(SIGTERM);
	return step(env, state, again_ns) ?: -EINTR;
}

static void a_signal(void **state)
{
	static struct source interrupted;

	(void)state;
	interrupted = works;
	interrupted.step = interrupted_step;
	opts.phases[1].sources[0] = &interrupted;
	open_run();
	signals_watch();
	assert_true(phase_run(run, 1) < 0);
	ended(RUN_INTERRUPTED, "SIGTERM");
	assert_int_equal(act.stops, 1);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(an_idle_phase),
		T(a_source_that_works),
		T(a_slow_source),
		T(a_job),
		T(a_source_that_does_nothing),
		T(a_job_without_the_time),
		T(a_source_that_stops_halfway),
		T(a_source_that_cannot_work),
		T(a_source_that_is_busy),
		T(a_busy_scene),
		T(a_scene_that_stays_busy),
		T(a_source_that_fails),
		T(qemu_dies_under_a_source),
		T(a_source_that_does_not_start),
		T(a_guest_that_never_answers),
		T(a_guest_that_falls_silent),
		T(counters_that_cannot_be_read),
		T(corruption),
		T(corruption_before_the_end),
		T(a_damaged_frame),
		T(damaged_sums),
		T(a_signal),
	};

	return cmocka_run_group_tests_name("phase", tests, NULL, NULL);
}
