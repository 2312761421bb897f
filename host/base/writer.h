/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * writer.h - a write to a kernel file that may take long, by a process of its own: whoever asks
 * goes on meanwhile, a call that only a signal ends can be ended, and one that nothing ends is left
 * behind. For triggers; what has to be put back afterwards is the caller's to owe (knobs.h) before.
 */
#ifndef HS_WRITER_H
#define HS_WRITER_H

#include <sys/types.h>

#include "util.h"

/* The process that writes, or -errno (not said); also in a process with threads. */
must_check pid_t writer_fork(const char *path, const char *value);
/* What the write of @pid came to: 0 or -errno, -EINTR when killed; -EINPROGRESS: still at work. */
must_check int writer_reap(pid_t pid, uint64_t limit_ns);

struct writer {
	pid_t pid; /* 0: none is at work */
	uint64_t end_ns;
};

/* After @limit_ns it is killed. 0 or -errno (said). */
must_check int writer_start(struct writer *w, const char *path, const char *value,
			    uint64_t limit_ns);
/* The same at once; kills it when its time is over. */
must_check int writer_poll(struct writer *w);
/* All of it, waiting meanwhile: as writer_poll(), -ETIME (said) where it does not end. */
must_check int writer_do(const char *path, const char *value, uint64_t limit_ns);
/* Kills it, and waits for that a little. 0 (also when there is none); -ETIME (said): left behind.
 */
must_check int writer_stop(struct writer *w);

#endif
