/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * apart.h - in the lab: CPUs of their own for the vCPUs that touch.
 *
 * The lab's CPUs are in different NUMA nodes, so that pages can migrate, and then the scheduler
 * wakes a thread where its waker runs, though another CPU is idle: QEMU's main loop, the spare vCPU
 * and this program held the measured vCPU up ten times a second. A host is left as it is.
 */
#ifndef APART_H
#define APART_H

#include <sys/types.h>

/* Each vCPU that touches to a CPU of its own, all else of @qemu and of us to the rest. Best effort.
 */
void apart_place(pid_t qemu, const pid_t *vcpu, unsigned int vcpus);

#endif
