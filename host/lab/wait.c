// SPDX-License-Identifier: GPL-2.0-only
/*
 * wait.c - see wait.h.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/cputime.h"
#include "report.h"
#include "streams.h"
#include "wait.h"

#define LAB_STUCK_SHARE 50 /* less than a 50th of a CPU is no emulator that runs */
#define LAB_PATIENCE 8	   /* times the limit: the machine is too busy for a verdict */

static uint64_t timeout_ns(const struct opts *o)
{
	uint64_t ns = 300 * NSEC_PER_SEC + 60 * (o->duration_ns ?: o->phase_time_ns * o->nphases);

	if (o->wall_timeout_ns)
		return o->wall_timeout_ns;
	return o->lab_cpu == LAB_CPU_INTEL ? 2 * ns : ns; /* as much slower */
}

/*
 * Pure. Is it too late after @wall ns, of which the emulator ran @cpu? A limit that was asked for
 * is one of wall time. The default is one of the emulator's CPU time, or a busy machine would look
 * like a kernel that hangs; unless it hardly runs at all: it waits for ever, not for its turn.
 */
static bool is_late(const struct opts *o, uint64_t wall, uint64_t cpu)
{
	uint64_t limit = timeout_ns(o);

	if (wall < limit || o->wall_timeout_ns)
		return wall >= limit;
	return cpu >= limit || cpu < wall / LAB_STUCK_SHARE || wall >= limit * LAB_PATIENCE;
}

static uint64_t emulator_cpu_ns(const struct lab *lab)
{
	struct cputime t = {0};

	return cputime_read(lab->child.pid, &t) ? 0 : t.total_ns;
}

static int has_ended(void *arg)
{
	struct lab *lab = arg;

	return lab->over || lab->child.exited || signals_got();
}

/* L1's emulator ended before L1's init said anything. */
static void judge_dead(struct lab *lab)
{
	const char *emulator = lab->machine.bochs ? "Bochs" : "QEMU";
	/* QEMU leaves with code 0 on SIGTERM too (os-posix.c), which says nothing about L1; Bochs
	 * panics on SIGINT (main.cc) */
	const char *signalled = lab->machine.bochs ? "SIGNAL " : "terminating on signal";
	char how[80], last[160] = "", stopped[80];

	child_end(&lab->child, how, sizeof(how));
	console_find(&lab->console, "Kernel panic", last, sizeof(last));
	if (console_find(&lab->console, signalled, stopped, sizeof(stopped)))
		lab_ended(lab, RUN_QEMU_KILLED, "the lab's %s was stopped from outside: %s",
			  emulator, stopped);
	else if (WIFEXITED(lab->child.status) && WEXITSTATUS(lab->child.status) == 0)
		lab_ended(lab, RUN_KERNEL_DIED, "L1 %s%s%s",
			  lab->begun	? "was under stress"
			  : lab->booted ? "had booted"
					: "was booting",
			  last[0] ? "; its console: " : "", last);
	else if (WIFSIGNALED(lab->child.status))
		lab_ended(lab, RUN_QEMU_KILLED, "the lab's %s was %s", emulator, how);
	else
		lab_ended(lab, RUN_ERROR, "the lab's %s could not run L1: %s", emulator, how);
}

/* In turns of a second, between which the user is told how far it is. */
static int wait_turns(struct lab *lab)
{
	uint64_t begin = mono_ns(), now = begin;
	int res = -ETIME;

	while (res == -ETIME && !is_late(lab->o, now - begin, emulator_cpu_ns(lab))) {
		if (!lab->foreign)
			pace_turn(&lab->pace, &lab->timing, now);
		res = loop_until(lab->loop, has_ended, lab, NSEC_PER_SEC);
		now = mono_ns();
	}
	lab->waited_ns = now - begin;
	return res;
}

/* Puts into lab->verdict what L1 did not say itself; @res is wait_turns()'s. */
static void take_end(struct lab *lab, int res)
{
	if (res > 0 && !lab->over && lab->child.exited)
		streams_empty(lab);
	if (lab->over) {
		streams_drain(lab);
		return;
	}
	if (signals_got())
		lab_ended(lab, RUN_INTERRUPTED, "interrupted by SIG%s",
			  sigabbrev_np(signals_got()));
	else if (lab->child.exited)
		judge_dead(lab);
	else if (res == -ETIME)
		lab_ended(lab, RUN_KERNEL_HUNG,
			  "L1 gave no result within %.0f s of wall time "
			  "(--wall-timeout), in which its %s ran for %.0f s of CPU time",
			  (double)lab->waited_ns / 1e9, lab->machine.bochs ? "Bochs" : "QEMU",
			  (double)emulator_cpu_ns(lab) / 1e9);
	else
		lab_ended(lab, RUN_ERROR, "the lab's event loop failed: %s", strerror(-res));
}

void lab_wait(struct lab *lab)
{
	take_end(lab, wait_turns(lab));
	(void)!lines_end(&lab->out);
}
