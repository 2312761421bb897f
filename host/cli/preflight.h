/* SPDX-License-Identifier: GPL-2.0-only */
/* preflight.h - what must hold before anything is started or changed. */
#ifndef PREFLIGHT_H
#define PREFLIGHT_H

#include "opts.h"

/* Whole word @flag in the first flags line of /proc/cpuinfo's text. */
bool preflight_has_flag(const char *cpuinfo, const char *flag);

/*
 * Whether this machine can run the VM itself: vmx or svm in /proc/cpuinfo and /dev/kvm opens.
 * /dev/kvm alone proves nothing: paravirtual KVMs exist that cannot boot a stock kernel.
 */
bool preflight_hardware_kvm(void);

/* How this kernel's KVM maps guest memory: "ept", "npt" or "shadow", to be freed; NULL: unknown. */
char *preflight_paging(void);

/* Host or lab for PLACE_AUTO: host with hardware KVM and root, else lab. */
enum place preflight_place(const struct opts *o);

/* Refuses with -EPERM, -ENODEV, -EACCES and the like (said) without root, vmx or svm, or a /dev/kvm
 * that opens. */
must_check int preflight_kvm(void);

/*
 * Refuses with -EBUSY (said) where memory is merged already, or ksmtuned or numad runs, unless
 * @force: run=2 would unmerge somebody's production.
 */
must_check int preflight_strangers(bool force);

/* Refuses with -ENOMEM (said) where our control group's memory.max is less than the VM may take,
 * unless --force is given. */
must_check int preflight_memory(const struct opts *o);

#endif
