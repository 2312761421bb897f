/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cputime.h - the CPU time of a process, all of its threads, also those that have ended.
 *
 * Its total is the scheduler's own sum, exact to the nanosecond (clock_getcpuclockid(3)). How it
 * divides into user, system and guest is read from /proc/PID/stat, which most kernels know from
 * samples, one a timer tick, in steps of 10 ms: so the three need not add up to the total.
 */
#ifndef CPUTIME_H
#define CPUTIME_H

#include "util.h"

struct cputime {
	uint64_t total_ns;
	uint64_t user_ns;   /* outside of KVM's guest */
	uint64_t system_ns; /* KVM's handling of faults, too */
	uint64_t guest_ns;  /* in the guest */
};

/* 0 or -errno: there is no such process. */
must_check int cputime_read(pid_t pid, struct cputime *t);

/* Pure. The last three of @t, of a line of /proc/PID/stat with @hz ticks a second. -EBADMSG. */
must_check int cputime_parse(const char *stat, uint64_t hz, struct cputime *t);

/* @after - @before; user time is what guest time leaves of it, at least 0. */
struct cputime cputime_since(const struct cputime *before, const struct cputime *after);

#endif
