/* SPDX-License-Identifier: GPL-2.0-only */
/* kernel.h - what the running kernel's BTF says of itself and of KVM, for the probes on it. */
#ifndef PROBE_KERNEL_H
#define PROBE_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct btf;

/*
 * KVM's types: @module's, whose base is @vmlinux, or with CONFIG_KVM=y, where KVM has no BTF of its
 * own, the kernel's. NULL: in neither.
 */
const struct btf *kernel_kvm(const struct btf *vmlinux, const struct btf *module);

/*
 * @table[the kernel's number] = our enum reason or outcome; the numbers differ between kernels. 0,
 * or -ENOENT: the kernel has no such enum.
 */
int kernel_reasons(const struct btf *vmlinux, volatile uint8_t *table, size_t size);
int kernel_outcomes(const struct btf *kvm, volatile uint8_t *table, size_t size);

/* @kvm's types rest on the kernel's: both are looked through. */
bool kernel_has_function(const struct btf *kvm, const char *name);
bool kernel_has_tracepoint(const struct btf *kvm, const char *name);
/* How many arguments a tracepoint has. */
int kernel_tracepoint_args(const struct btf *btf, const char *name);

/* Can a thread be preempted in the kernel? Where nobody says: yes. */
bool kernel_is_preemptible(void);

#endif
