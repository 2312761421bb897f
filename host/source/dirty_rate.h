/* SPDX-License-Identifier: GPL-2.0-only */
/* dirty_rate.h - QEMU's measurement of the dirty rate by KVM's dirty log, which is on meanwhile. */
#ifndef SOURCE_DIRTY_RATE_H
#define SOURCE_DIRTY_RATE_H

#include "common.h"

/* One begins; it takes a second. 0 or -errno (said): also while another is under way. */
must_check int dirty_rate_ask(struct env *env);
/* 0: it has ended with *@mib_per_s. -EAGAIN: it is under way, -ENODATA: none was begun. Or -errno
 * (said). */
must_check int dirty_rate_told(struct env *env, uint64_t *mib_per_s);
/*
 * Waits for the end of the one under way, if there is one: the log is on until then, which the next
 * phase would pay for. 0 or -errno (said).
 */
must_check int dirty_rate_wait(struct env *env);

#endif
