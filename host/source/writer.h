/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * writer.h - a write to a kernel file that may take long, by a process of its own: the agent's loop
 * goes on meanwhile, and a call that only a signal ends can be ended. For triggers; what has to be
 * put back afterwards is the caller's to owe (base/knobs.h) before.
 */
#ifndef SOURCE_WRITER_H
#define SOURCE_WRITER_H

#include "common.h"

struct writer {
	pid_t pid; /* 0: none is at work */
	uint64_t end_ns;
};

/* After @limit_ns it is killed. 0 or -errno (said). */
must_check int writer_start(struct writer *w, const char *path, const char *value,
			    uint64_t limit_ns);
/* -EINPROGRESS: still at work; 0, or what the write came to: -errno, -EINTR when killed. */
must_check int writer_poll(struct writer *w);
/* All of it, waiting meanwhile: for what comes before the VM. */
must_check int writer_do(const char *path, const char *value, uint64_t limit_ns);
/* Kills it, and waits for that a little. 0 (also when there is none); -ETIME (said): left behind.
 */
must_check int writer_stop(struct writer *w);

#endif
