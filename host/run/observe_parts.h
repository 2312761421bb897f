/* SPDX-License-Identifier: GPL-2.0-only */
/* observe_parts.h - what the files of observe share; private to observe*.c. */
#ifndef OBSERVE_PARTS_H
#define OBSERVE_PARTS_H

#include <pthread.h>

#include "attrib/attrib.h"
#include "attrib/hostclock.h"
#include "grace.h"
#include "probe/interfere.h"
#include "observe_config.h"
#include "report/trace.h"
#include "vm/ping.h"
#include "probe/probe.h"
#include "probe/selftest.h"
#include "counters/vcpuclock.h"

/* KVM's pf_taken and all that the probes count, at one moment. */
struct mark {
	uint64_t ns, faults;
	struct probe_windows windows;
	bool still;	     /* the windows are those that had ended at @ns, no more, no less */
	uint64_t reading_ns; /* how long it took to read @faults: there may be more by @ns */
};

struct observe {
	struct observe_config c;
	struct probe *probe;
	struct attrib *attrib;
	struct interfere *interfere;
	struct grace *grace; /* NULL: not asked for */
	struct grace_figures grace_found;
	pthread_mutex_t lock; /* of all that events go into: probe, attrib, test */
	pthread_t drainer;
	bool draining, stop;
	int drain_err;	      /* the last time that events could not be taken */
	uint64_t complete_ns; /* what happened up to here has been taken */
	bool maps_ahead;      /* KVM maps pages without a fault of their own */
	bool joins;	      /* there are events: attrib and the clock are used */
	bool scaled;	      /* the clock by KVM's offsets; else by pings */
	struct hostclock_scale scale[PROBE_MAX_VCPUS];
	struct hostclock clock[PROBE_MAX_VCPUS];
	uint64_t point_ns;  /* when the clocks were compared last */
	size_t stalls;	    /* not yet judged, when last looked at */
	uint64_t stalls_ns; /* when the newest of them came */
	struct ping ping;
	bool pinging; /* it waits for its answer */
	struct mark before, after, tried;
	struct selftest test;
};

/* observe_clock.c: the guest's TSC in host time. */
const char *observe_clock_open(struct observe *w); /* the method's name */
void observe_clock_turn(struct observe *w);	   /* compares the clocks from time to time */
void observe_clock_compare(struct observe *w);	   /* now */
/* @s in host time; false: the clock does not tell. */
bool observe_clock_stall(const struct observe *w, const struct proto_stall *s,
			 struct attrib_stall *out);

/* observe_drain.c: takes events, in a thread of its own. */
must_check int observe_drain_start(struct observe *w);
void observe_drain_stop(struct observe *w);
void observe_lock(struct observe *w);
void observe_unlock(struct observe *w);
/* Under the lock: takes what happened up to @ns, and nothing later; waits until all of it is there.
 */
void observe_catch_up(struct observe *w, uint64_t ns);

/* observe.c: stalls that have come to attrib, whatever is still under way. */
void observe_take_stalls(struct observe *w);

#endif
