/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * loop.h - the agent's one event loop, on io_uring. Time-outs are those of its waits.
 *
 * An op is one request in flight; its done() is called from loop_once() with the result of the
 * read, write or poll (bytes, poll events, or -errno). done() may start the same op again. The
 * memory of an op and of its buffer must stay until done() has run; loop_cancel() waits for that,
 * and meanwhile the op cannot be started again.
 */
#ifndef LOOP_H
#define LOOP_H

#include "util.h"

struct loop;

struct op {
	void (*done)(struct op *op, int res);
	bool busy;
	bool ending; /* loop_cancel() is at it */
};

/*
 * -EPERM, -ENOSYS and the like are said in one line together with how to allow io_uring
 * (kernel.io_uring_disabled since 6.6, commit "io_uring: add a sysctl to disable io_uring
 * system-wide"; containers' seccomp filters).
 */
must_check int loop_open(struct loop **l);
void loop_close(struct loop *l);

/* Each answers 0 or -errno; -EBUSY when @op is in flight already, -ECANCELED while it is cancelled.
 */
must_check int loop_read(struct loop *l, struct op *op, int fd, void *buf, size_t len);
must_check int loop_write(struct loop *l, struct op *op, int fd, const void *buf, size_t len);
must_check int loop_poll(struct loop *l, struct op *op, int fd, unsigned int events);
/* Ends @op; done() has been called (with -ECANCELED or its result) when this comes back. */
void loop_cancel(struct loop *l, struct op *op);

/* Waits at most @timeout_ns for completions and runs them. 0, -ETIME (nothing came) or -errno. */
must_check int loop_once(struct loop *l, uint64_t timeout_ns);

/*
 * Runs until @cond answers non-zero, which is then returned (a negative one is an error of the
 * condition's own), or -ETIME after @timeout_ns, or -EINTR when a signal has come that asks to stop
 * (signals.h), or -errno.
 */
must_check int loop_until(struct loop *l, int (*cond)(void *arg), void *arg, uint64_t timeout_ns);

/* The signals that have come so far are known: only further ones end a wait. */
void loop_calm(struct loop *l);

#endif
