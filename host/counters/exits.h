/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * exits.h - KVM exits of one VM by reason, from the tracepoint kvm:kvm_exit
 * (arch/x86/kvm/trace.h).
 *
 * A BPF program on the tracepoint (exits.bpf.c) adds 1 to a per-CPU counter per reason, for the
 * VM's own process only. Two other ways were left: a hist trigger in tracefs stays behind after a
 * SIGKILL and needs CONFIG_HIST_TRIGGERS; perf events need one filter per reason and run all of
 * them at each exit. The program goes with the process.
 */
#ifndef EXITS_H
#define EXITS_H

#include "base/util.h"

struct exits;

/*
 * 0, or silently -errno where this kernel cannot: no tracefs mounted, no kvm module, no BPF, no
 * right to it, or a PID namespace in which @pid means something else than to the kernel.
 */
must_check int exits_open(struct exits **e, pid_t pid);
void exits_close(struct exits *e); /* NULL is fine */
/* Adds "exit.REASON" for every reason seen so far, names as the kernel's own trace has them. */
must_check int exits_read(struct exits *e, struct metrics *m);
/* Reason @code of this machine's KVM, as the tracepoint kvm_exit calls it: into @buf, answered. */
const char *exits_name(uint32_t code, char *buf, size_t size);

#endif
