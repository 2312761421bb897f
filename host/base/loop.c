// SPDX-License-Identifier: GPL-2.0-only
/*
 * loop.c - io_uring event loop; see loop.h.
 *
 * Everything is done with single-shot requests that Linux 5.11 and later knows. Waiting with a
 * time-out goes by io_uring_enter's own argument (IORING_FEAT_EXT_ARG, 5.11), so that no time-out
 * request is left behind.
 */
#include <errno.h>
#include <liburing.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "loop.h"
#include "signals.h"

#define LOOP_ENTRIES 64
#define LOOP_LOOK_NS (50 * NSEC_PER_MSEC) /* conditions may also be about time */

struct loop {
	struct io_uring ring;
	unsigned int signals; /* so many were known when waits began */
};

static int say_why(int err)
{
	if (err == -EPERM || err == -EACCES)
		return err_say(err, "io_uring is switched off here; allow it with "
				    "'sysctl kernel.io_uring_disabled=0', or in the container's "
				    "seccomp profile");
	if (err == -ENOSYS)
		return err_say(err, "this kernel has no io_uring, or a seccomp filter hides it; "
				    "Linux 5.11 or later with CONFIG_IO_URING is needed");
	if (err == -ENOMEM)
		return err_say(err, "io_uring: no memory; raise 'ulimit -l' (locked memory)");
	return err_sys(err, "io_uring_queue_init");
}

int loop_open(struct loop **out)
{
	struct loop *l = calloc(1, sizeof(*l));
	int err;

	if (!l)
		return err_sys(-ENOMEM, "event loop");
	err = io_uring_queue_init(LOOP_ENTRIES, &l->ring, 0);
	if (!err && !(l->ring.features & IORING_FEAT_EXT_ARG)) {
		io_uring_queue_exit(&l->ring);
		err = -ENOSYS;
	}
	if (err) {
		free(l);
		return say_why(err);
	}
	loop_calm(l);
	*out = l;
	return 0;
}

void loop_calm(struct loop *l)
{
	l->signals = signals_count();
}

void loop_close(struct loop *l)
{
	if (!l)
		return;
	io_uring_queue_exit(&l->ring);
	free(l);
}

/* A free submission entry; a full queue is handed to the kernel first. */
static struct io_uring_sqe *take_sqe(struct loop *l)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&l->ring);

	if (!sqe && io_uring_submit(&l->ring) >= 0)
		sqe = io_uring_get_sqe(&l->ring);
	return sqe;
}

/* A submission entry for @op, which is busy from now on; NULL with *@err. */
static struct io_uring_sqe *begin(struct loop *l, struct op *op, int *err)
{
	struct io_uring_sqe *sqe = op->busy || op->ending ? NULL : take_sqe(l);

	*err = op->busy ? -EBUSY : op->ending ? -ECANCELED : sqe ? 0 : -EAGAIN;
	op->busy |= sqe != NULL;
	return sqe;
}

int loop_read(struct loop *l, struct op *op, int fd, void *buf, size_t len)
{
	int err;
	struct io_uring_sqe *sqe = begin(l, op, &err);

	if (sqe) {
		io_uring_prep_read(sqe, fd, buf, (unsigned int)len, (__u64)-1);
		io_uring_sqe_set_data(sqe, op);
	}
	return err;
}

int loop_write(struct loop *l, struct op *op, int fd, const void *buf, size_t len)
{
	int err;
	struct io_uring_sqe *sqe = begin(l, op, &err);

	if (sqe) {
		io_uring_prep_write(sqe, fd, buf, (unsigned int)len, (__u64)-1);
		io_uring_sqe_set_data(sqe, op);
	}
	return err;
}

int loop_poll(struct loop *l, struct op *op, int fd, unsigned int events)
{
	int err;
	struct io_uring_sqe *sqe = begin(l, op, &err);

	if (sqe) {
		io_uring_prep_poll_add(sqe, fd, events);
		io_uring_sqe_set_data(sqe, op);
	}
	return err;
}

/* Runs what has completed; number of completions. */
static unsigned int dispatch(struct loop *l)
{
	struct io_uring_cqe *cqe;
	unsigned int n = 0;

	while (io_uring_peek_cqe(&l->ring, &cqe) == 0) {
		struct op *op = io_uring_cqe_get_data(cqe);
		int res = cqe->res;

		io_uring_cqe_seen(&l->ring, cqe);
		n++;
		if (!op)
			continue;
		op->busy = false;
		op->done(op, res);
	}
	return n;
}

void loop_cancel(struct loop *l, struct op *op)
{
	struct io_uring_sqe *sqe;

	if (!op->busy)
		return;
	sqe = take_sqe(l);
	if (sqe) {
		io_uring_prep_cancel(sqe, op, 0);
		io_uring_sqe_set_data(sqe, NULL);
	}
	op->ending = true; /* a read that had its bytes already would be followed by the next */
	while (op->busy && loop_once(l, NSEC_PER_SEC) == 0)
		;
	op->ending = false;
}

int loop_once(struct loop *l, uint64_t timeout_ns)
{
	struct __kernel_timespec ts = {
		.tv_sec = (long long)(timeout_ns / NSEC_PER_SEC),
		.tv_nsec = (long long)(timeout_ns % NSEC_PER_SEC),
	};
	struct io_uring_cqe *cqe;
	int err;

	err = io_uring_submit_and_wait_timeout(&l->ring, &cqe, 1, &ts, NULL);
	if (err < 0 && err != -ETIME && err != -EINTR)
		return err;
	return dispatch(l) ? 0 : -ETIME;
}

int loop_until(struct loop *l, int (*cond)(void *arg), void *arg, uint64_t timeout_ns)
{
	uint64_t now = mono_ns(), end = now + timeout_ns;
	int res;

	for (;;) {
		bool stop = signals_count() != l->signals; /* before @cond, which may know it too */

		res = cond(arg);
		if (res)
			return res;
		if (stop)
			return -EINTR;
		now = mono_ns();
		if (now >= end)
			return -ETIME;
		res = loop_once(l, end - now < LOOP_LOOK_NS ? end - now : LOOP_LOOK_NS);
		if (res && res != -ETIME)
			return res;
	}
}
