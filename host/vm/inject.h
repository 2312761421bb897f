/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * inject.h - lets QEMU make a system call of ours, for what only a process itself can do to its
 * memory: madvise(MADV_DONTNEED), mprotect, mremap, fork. QEMU needs no patch, and knows nothing.
 *
 * ptrace(2): QEMU's main thread alone is stopped while it waits in a system call, made to execute
 * that syscall instruction once more with other registers, and set back to where it was; the kernel
 * then restarts what was interrupted. vCPU threads go on running.
 */
#ifndef VM_INJECT_H
#define VM_INJECT_H

#include "base/util.h"

/* How long QEMU's main thread may take to stop, and to be found in a system call; a test has less.
 */
extern uint64_t inject_patience_ns;

/*
 * One call. *@ret is what it answered (-errno as the kernel has it). 0, -EAGAIN (the thread was not
 * in a system call just then: try later; not said), or -errno (said): -ETIMEDOUT if the thread does
 * not stop, because it hangs in the kernel.
 */
must_check int inject_call(pid_t pid, long number, const uint64_t arg[6], int64_t *ret);

/*
 * The same, again and again while that is -EAGAIN: QEMU's main thread soon sleeps again. If it does
 * not, -ETIMEDOUT (said).
 */
must_check int inject_call_soon(pid_t pid, long number, const uint64_t arg[6], int64_t *ret);

/* fork() of QEMU, whose child is killed before it runs. As inject_call(). */
must_check int inject_fork(pid_t pid);

/* 0, or -errno and @why: ptrace is there for this architecture. */
must_check int inject_probe(char *why, size_t size);

#endif
