/* SPDX-License-Identifier: GPL-2.0-only */
/* run.h - one run on this kernel: what run.c and phase.c share. */
#ifndef RUN_H
#define RUN_H

#include "counters/counters.h"
#include "vm/guest.h"
#include "counters/kvmstats.h"
#include "cli/opts.h"
#include "cli/paths.h"
#include "result/result.h"
#include "base/signals.h"
#include "base/timing.h"
#include "vm/vm.h"

#define RUN_TICK_NS \
	(20 * NSEC_PER_MSEC) /* how often conditions are looked at when nothing happens */

struct run {
	const struct opts *o;
	struct paths paths;
	struct loop *loop;
	struct signals signals;
	struct knobs *knobs;
	struct vm vm;
	struct guest guest;
	struct counters *counters;
	struct kvmstats *kvmstats;
	struct observe *observe; /* NULL: not opened yet */
	struct env env;
	struct result result;
	struct baseline *baseline; /* NULL: none */
	struct timing timing;	   /* on the host; in the lab the program outside has it */
	uint32_t epoch;
	uint64_t lost;	     /* frames, in the phases that have run */
	uint64_t corrupted;  /* words, in the phases that have run */
	uint64_t corruption; /* words that the lab has been told of */
	unsigned int silent_turns;
};

/*
 * 0 while all is well. Else -errno, and result.end and end_detail say why: a signal came, QEMU or
 * the guest died, the guest fell silent. To be asked at every turn of every wait.
 */
must_check int run_trouble(struct run *r);
/* Sets how the run ended (the first word counts) and answers @err. */
int run_ended(struct run *r, int err, enum run_end end, const char *fmt, ...) printf_like(4, 5);

/* Stress has begun: from now on a crash is the kernel's. Inside the lab, L1's init is told (fd 3).
 */
void run_begun(struct run *r);
/* For --timing: what begins now. Inside the lab it goes out by fd 3, whether asked for or not, or
 * --timing would make another run of it. */
void run_mark(struct run *r, const char *fmt, ...) printf_like(2, 3);

/* Runs phase @i of the options; the result has it also when it broke off. 0 or -errno (run over).
 */
must_check int phase_run(struct run *r, size_t i);

/* `host-stress run`: here or, by way of lab.c, inside the lab. Exit code. */
int run_main(const struct opts *o, int argc, char **argv);

#endif
