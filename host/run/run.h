/* SPDX-License-Identifier: GPL-2.0-only */
/* run.h - one run on this kernel: what its files share. */
#ifndef RUN_H
#define RUN_H

#include "counters/counters.h"
#include "vm/guest.h"
#include "counters/kvmstats.h"
#include "cli/opts.h"
#include "cli/pace.h"
#include "cli/paths.h"
#include "result/result.h"
#include "base/guard.h"
#include "base/kmsg.h"
#include "base/signals.h"
#include "base/timing.h"
#include "vm/vm.h"

#define RUN_TICK_NS \
	(20 * NSEC_PER_MSEC) /* how often conditions are looked at when nothing happens */

/* Of our own main thread, in state D: the kernel's own khungtaskd waits for 120 s. */
#define RUN_HANG_NS (60 * NSEC_PER_SEC)

struct run {
	const struct opts *o;
	struct paths paths;
	struct loop *loop;
	struct knobs *knobs;
	struct guard *guard; /* NULL: in the lab, which goes with all that was changed */
	struct vm vm;
	struct guest guest;
	struct counters *counters;
	struct kvmstats *kvmstats;
	struct observe *observe; /* NULL: not opened yet */
	struct trace *trace;	 /* NULL: none is asked for */
	struct env env;
	struct result result;
	struct kmsg kmsg;
	uint64_t oom_kills;	   /* of /proc/vmstat, when the run began */
	uint64_t taint;		   /* /proc/sys/kernel/tainted when the run began */
	struct baseline *baseline; /* NULL: none */
	struct timing timing;	   /* on the host; in the lab the program outside has it */
	struct pace pace;
	uint32_t epoch;
	uint64_t lost;	     /* frames, in the phases that have run */
	uint64_t corrupted;  /* words, in the phases that have run */
	uint64_t corruption; /* words that the lab has been told of */
	unsigned int silent_turns;
};

#endif
