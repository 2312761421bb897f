/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vcpuclock.h - what KVM tells in debugfs of a vCPU's TSC, and what time the host has.
 *
 * debugfs kvm/PID-FD/vcpuN/{tsc-offset,tsc-scaling-ratio,tsc-scaling-ratio-frac-bits}
 * (arch/x86/kvm/debugfs.c kvm_arch_create_vcpu_debugfs()); the last two are only there where the
 * processor can scale.
 */
#ifndef VCPUCLOCK_H
#define VCPUCLOCK_H

#include "attrib/hostclock.h"

/* vCPU @vcpu of the VM of process @pid. 0, -ENOENT (no debugfs, or KVM is not in it), -errno. */
must_check int vcpuclock_scale(pid_t pid, unsigned int vcpu, struct hostclock_scale *scale);

/* The same from the vCPU's directory; -EBADMSG: no number in a file. */
must_check int vcpuclock_read(const char *dir, struct hostclock_scale *scale);

/*
 * The host's TSC and CLOCK_MONOTONIC at one moment: the shortest of some tries; *@error_ns is half
 * of it, since the clock is read on both sides of the TSC.
 */
void vcpuclock_now(uint64_t *tsc, uint64_t *ns, uint64_t *error_ns);

#endif
