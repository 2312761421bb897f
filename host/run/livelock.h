/* SPDX-License-Identifier: GPL-2.0-only */
/* livelock.h - why a guest is silent: one of its vCPUs is sent back for ever (attrib/chain.h). */
#ifndef RUN_LIVELOCK_H
#define RUN_LIVELOCK_H

#include <stdbool.h>
#include <stddef.h>

struct observe;

/*
 * Whether KVM is sending a vCPU back again and again, with no window to blame; @text says so then.
 * @w may be NULL: the probes are not there yet.
 */
bool livelock_found(struct observe *w, char *text, size_t size);

#endif
