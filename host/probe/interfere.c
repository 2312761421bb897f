// SPDX-License-Identifier: GPL-2.0-only
/* interfere.c - see interfere.h. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "interfere.h"

#define PREEMPT_KNOB "/sys/kernel/debug/sched/preempt"

struct intruder {
	pthread_t thread;
	struct interfere *in;
	uint64_t random;
};

struct interfere {
	bool stop;
	bool preempts;
	unsigned int n;
	struct intruder intruder[];
};

/* splitmix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014). */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

/* Even over 0.5 .. 1.5 of the mean, so that it falls in step with nothing. */
static uint64_t next_wait(struct intruder *i)
{
	return INTERFERE_EVERY_NS / 2 + next_random(&i->random) % INTERFERE_EVERY_NS;
}

static void *intrude(void *arg)
{
	struct intruder *i = arg;
	uint64_t due = mono_ns();

	while (!__atomic_load_n(&i->in->stop, __ATOMIC_RELAXED)) {
		struct timespec ts;

		due += next_wait(i);
		ts = (struct timespec){.tv_sec = (time_t)(due / NSEC_PER_SEC),
				       .tv_nsec = (long)(due % NSEC_PER_SEC)};
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
		due = mono_ns();
		while (mono_ns() - due < INTERFERE_BUSY_NS)
			;
	}
	return NULL;
}

static int start_one(struct interfere *in, unsigned int cpu, uint64_t seed)
{
	struct intruder *i = &in->intruder[in->n];
	struct sched_param param = {.sched_priority = 1};
	pthread_attr_t attr;
	cpu_set_t set;
	int err;

	i->in = in;
	i->random = seed + cpu;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	pthread_attr_init(&attr);
	pthread_attr_setaffinity_np(&attr, sizeof(set), &set);
	pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
	pthread_attr_setschedpolicy(&attr, SCHED_FIFO);
	pthread_attr_setschedparam(&attr, &param);
	err = pthread_create(&i->thread, &attr, intrude, i);
	pthread_attr_destroy(&attr);
	in->n += !err;
	return -err;
}

/* -ENOENT: a kernel without PREEMPT_DYNAMIC; what it can do then is in its version string. */
static int make_preemptible(struct interfere *in, struct knobs *knobs)
{
	int err = knob_write(knobs, PREEMPT_KNOB, "full");

	in->preempts = !err;
	return err == -ENOENT ? 0 : err;
}

int interfere_start(struct interfere **out, struct knobs *knobs, uint64_t seed)
{
	cpu_set_t cpus;
	struct interfere *in;
	int err;

	CPU_ZERO(&cpus);
	if (sched_getaffinity(0, sizeof(cpus), &cpus))
		return err_sys(-errno, "--interfere: CPUs");
	in = calloc(1, sizeof(*in) + (size_t)CPU_COUNT(&cpus) * sizeof(in->intruder[0]));
	if (!in)
		return err_sys(-ENOMEM, "--interfere");
	err = make_preemptible(in, knobs);
	for (unsigned int cpu = 0; cpu < CPU_SETSIZE && !err; cpu++)
		if (CPU_ISSET(cpu, &cpus))
			err = start_one(in, cpu, seed);
	if (err) {
		interfere_stop(in);
		return err_sys(err, "--interfere: a SCHED_FIFO thread (CAP_SYS_NICE, "
				    "/proc/sys/kernel/sched_rt_runtime_us)");
	}
	*out = in;
	return 0;
}

void interfere_stop(struct interfere *in)
{
	if (!in)
		return;
	__atomic_store_n(&in->stop, true, __ATOMIC_RELAXED);
	for (unsigned int i = 0; i < in->n; i++)
		pthread_join(in->intruder[i].thread, NULL);
	free(in);
}

bool interfere_preempts(const struct interfere *in)
{
	return in->preempts;
}
