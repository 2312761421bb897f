/* SPDX-License-Identifier: GPL-2.0-only */
/* observe_made.h - a probe of the test's own, and a run that observes by it (observe.c). */
#ifndef OBSERVE_MADE_H
#define OBSERVE_MADE_H

#include <math.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "fake_run.h"
#include "probe/probe.h"
#include "report/trace.h"
#include "run/end.h"
#include "base/knobs.h"
#include "run/observe.h"

#define WAIT_NS (10 * NSEC_PER_SEC)
#define VIDEO_GPA 0xb0000ull

static struct opts opts;
static struct run *run;
static struct fake fake;
static char root[64];
static uint8_t *ram;

/* --- the probe */

static struct {
	int open; /* what its calls answer */
	int drain, windows, lost;
	bool blind; /* sees no window */
	pthread_mutex_t lock;
	struct probe_event event[8];
	unsigned int nevents;
	struct probe_windows seen;
	unsigned int cuts;
	uint64_t lost_events, stretched;
	struct probe_spec spec;
	bool closed;
} probe = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int open_probe(void **state, const struct probe_spec *spec, char *why, size_t size)
{
	*state = &probe;
	probe.spec = *spec;
	if (probe.open)
		snprintf(why, size, "no BTF");
	return probe.open;
}

static void close_probe(void *state)
{
	assert_ptr_equal(state, &probe);
	probe.closed = true;
}

/* Whoever asks up to a moment has forced something before: windows on the screen's memory. */
static void see_forced(uint64_t ns, probe_handler *handler, void *arg)
{
	struct probe_event e = {.type = PROBE_START,
				.ns = ns,
				.begin_ns = ns,
				.thread = THREAD_AGENT,
				.address = (uintptr_t)ram + VIDEO_GPA,
				.length = 4096,
				.id = 1};

	handler(arg, &e);
	e.type = PROBE_END;
	handler(arg, &e);
}

static int drain(void *state, uint64_t until_ns, uint64_t *complete_ns, probe_handler *handler,
		 void *arg)
{
	int err = __atomic_load_n(&probe.drain, __ATOMIC_ACQUIRE); /* of the drainer's thread */

	(void)state;
	if (err)
		return err;
	pthread_mutex_lock(&probe.lock);
	*complete_ns = until_ns == UINT64_MAX ? mono_ns() : until_ns;
	if (until_ns != UINT64_MAX && !probe.blind)
		see_forced(until_ns, handler, arg);
	for (unsigned int i = 0; i < probe.nevents; i++)
		handler(arg, &probe.event[i]);
	probe.nevents = 0;
	pthread_mutex_unlock(&probe.lock);
	return 0;
}

static int windows(void *state, struct probe_windows *w, void (*moment)(void *arg), void *arg,
		   bool *still)
{
	(void)state;
	*w = probe.seen;
	*still = ++probe.cuts % 5 == 0; /* windows end at the other tries */
	w->count += *still ? 0 : probe.cuts;
	moment(arg);
	return probe.windows;
}

static int lost(void *state, uint64_t *events, uint64_t *unpaired)
{
	(void)state;
	*events = probe.lost_events;
	*unpaired = 0;
	return probe.lost;
}

static void stretch(void *state, uint64_t n)
{
	(void)state;
	probe.stretched += n;
}

static void stack(void *state, uint32_t number, char *text, size_t size)
{
	(void)state;
	snprintf(text, size, "stack %u", number);
}

static uint64_t open_windows(void *state)
{
	(void)state;
	return 0;
}

const struct probe_ops probe_bpf = {
	.backend = BACKEND_BPF,
	.open = open_probe,
	.close = close_probe,
	.drain = drain,
	.windows = windows,
	.lost = lost,
	.stretch = stretch,
	.stack = stack,
	.open_windows = open_windows,
};

/* It happens now, and began then. */
static void put(struct probe_event e)
{
	pthread_mutex_lock(&probe.lock);
	assert_true(probe.nevents < ARRAY_SIZE(probe.event));
	e.ns = mono_ns();
	probe.event[probe.nevents++] = e;
	pthread_mutex_unlock(&probe.lock);
}

/* It wants CAP_SYS_NICE, which has nothing to do with what is tested here. */
ssize_t process_madvise(int pidfd, const struct iovec *v, size_t n, int advice, unsigned int flags)
{
	assert_true(pidfd >= 0 && n == 1 && advice == MADV_COLD && !flags);
	return (ssize_t)v->iov_len;
}

/* --- the run */

/* KVM's own count, as debugfs would have it. */
static void kvm_has_taken(unsigned int faults)
{
	char path[200];
	FILE *f;

	snprintf(path, sizeof(path), "%s/sys/kernel/debug/kvm/%d-5/pf_taken", root, (int)getpid());
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "%u\n", faults);
	fclose(f);
}

static void make_debugfs(void)
{
	char command[200];

	strcpy(root, "/tmp/observe.XXXXXX");
	assert_non_null(mkdtemp(root));
	snprintf(command, sizeof(command), "mkdir -p %s/sys/kernel/debug/kvm/%d-5", root,
		 (int)getpid());
	assert_int_equal(system(command), 0);
	kvm_has_taken(0);
}

static int in_trouble(void *arg)
{
	return run_trouble(arg);
}

static int guest_is_there(void *arg)
{
	(void)arg;
	return run->guest.ready && run->guest.mapped_pages == FAKE_PAGES;
}

static int set_up(void **state)
{
	(void)state;
	memset(&fake, 0, sizeof(fake));
	probe.open = probe.drain = probe.windows = probe.lost = 0;
	probe.blind = probe.closed = false;
	probe.lost_events = probe.stretched = probe.nevents = 0;
	memset(&probe.seen, 0, sizeof(probe.seen));
	probe.seen.told[TRANSITION_NONE] = probe.seen.told[TRANSITION_REPLACE] = true;
	memset(&opts, 0, sizeof(opts));
	opts.vcpus = 1;
	opts.probes = BACKEND_AUTO;
	opts.silence_ns = 100 * NSEC_PER_SEC;
	opts.stall_ns = NSEC_PER_MSEC;
	ram = mmap(NULL, 2 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(ram != MAP_FAILED);
	fake.layout = (uintptr_t)ram;
	make_debugfs();
	run = fake_run_open(&opts);
	if (!run)
		return -1;
	fake_start(&fake);
	assert_int_equal(chan_open(&run->vm.chan, run->loop, fake.guest, guest_frame, &run->guest),
			 0);
	assert_int_equal(qmp_open(&run->vm.qmp, run->loop, fake.monitor, NSEC_PER_SEC), 0);
	assert_int_equal(loop_until(run->loop, guest_is_there, NULL, WAIT_NS), 1);
	assert_int_equal(guest_map_done(&run->guest), 0);
	return counters_open(&run->counters, root, getpid());
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	observe_close(run->observe);
	counters_close(run->counters);
	fake_run_close(&fake, run);
	munmap(ram, 2 << 20);
	snprintf(command, sizeof(command), "rm -r %s", root);
	return system(command);
}

static int open_it(void)
{
	const struct observe_config config = {&opts,	     &run->vm,	 &run->guest,
					      run->counters, run->knobs, &run->result,
					      in_trouble,    run,	 &run->trace};

	return observe_open(&run->observe, &config);
}

static void ended(enum run_end end, const char *words)
{
	assert_string_equal(run_end_name(run->result.end), run_end_name(end));
	if (!strstr(run->result.end_detail, words))
		fail_msg("'%s' is not in '%s'", words, run->result.end_detail);
}

static void turns(uint64_t ns)
{
	for (uint64_t end = mono_ns() + ns; mono_ns() < end;) {
		(void)!loop_once(run->loop, NSEC_PER_MSEC);
		observe_turn(run->observe);
	}
}

static void epoch(uint16_t type, uint32_t flags)
{
	struct proto_epoch msg = {.epoch = 1, .flags = flags};

	if (type == PROTO_START)
		guest_new_epoch(&run->guest, 1);
	assert_int_equal(chan_send(run->vm.chan, type, &msg, sizeof(msg)), 0);
}

static int has_begun(void *arg)
{
	(void)arg;
	return guest_totals(&run->guest).touches > 0;
}

static int has_ended(void *arg)
{
	(void)arg;
	observe_turn(run->observe);
	return run->guest.ended;
}

#endif
