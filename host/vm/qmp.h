/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * qmp.h - QEMU's machine protocol over one socket end: one command at a time, answers as jansson
 * values. QEMU: docs/interop/qmp-spec.txt; every message is one line.
 */
#ifndef QMP_H
#define QMP_H

#include <jansson.h>

#include "base/loop.h"

struct qmp;

/* Takes @fd over; waits for the greeting and leaves negotiation mode. 0 or -errno (said). */
must_check int qmp_open(struct qmp **q, struct loop *l, int fd, uint64_t timeout_ns);
void qmp_close(struct qmp *q);

/*
 * Runs @name with @args (stolen; NULL: none). *@ret (NULL: not wanted) is a new reference to the
 * answer's "return". 0, -EREMOTEIO (QEMU answered with an error, said unless @quiet), -ETIME,
 * -EPIPE, -errno.
 */
must_check int qmp_command(struct qmp *q, const char *name, json_t *args, json_t **ret, bool quiet);

/*
 * From now on @trouble is asked while a command waits for its answer; what it answers, unless 0,
 * ends the wait.
 */
void qmp_watch(struct qmp *q, int (*trouble)(void *arg), void *arg);

/* QEMU version as "7.2.22 (package)", from the greeting. */
const char *qmp_version(const struct qmp *q);
/* The reason of the last SHUTDOWN event or "" */
const char *qmp_shutdown_reason(const struct qmp *q);
/*
 * QEMU has stopped the vCPUs (event STOP) and is not leaving, as when KVM_RUN fails or reports an
 * internal error (QEMU 7.2: accel/kvm/kvm-all.c, kvm_cpu_exec()).
 */
bool qmp_stopped(const struct qmp *q);
/* The next stop is meant: qmp_stopped() does not tell it until QEMU goes on (event RESUME). */
void qmp_expect_stop(struct qmp *q);
/* Stops the vCPUs for a while, which qmp_stopped() then does not tell, and lets them go on. */
must_check int qmp_pause(struct qmp *q);
must_check int qmp_resume(struct qmp *q);

#endif
