// SPDX-License-Identifier: GPL-2.0-only
/*
 * inject.c - see inject.h. x86-64.
 *
 * The thread has to be in a system call when it is stopped, because a syscall instruction then
 * stands right before its instruction pointer (0f 05), which is the only one we know of. orig_rax
 * = -1 keeps the kernel from restarting the interrupted call before ours is made; with the old
 * registers back in place it is restarted by the kernel's usual rules
 * (arch/x86/kernel/signal.c arch_do_signal_or_restart()).
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "inject.h"

#define SYSCALL_BYTES 0x050f /* little-endian */
#define STOP_TRIES 8
#define LOOK_AGAIN_NS NSEC_PER_MSEC

uint64_t inject_patience_ns = 5 * NSEC_PER_SEC;

/*
 * Waits for @pid's next stop, of which SIGCHLD tells at once where it is blocked. Its status, or
 * -errno; an end is -ESRCH. A thread that the kernel does not let go (D) does not stop: waitpid()
 * alone would wait as long as it hangs, deaf to signals.
 */
static int wait_stop(pid_t pid)
{
	const struct timespec look_again = {.tv_nsec = LOOK_AGAIN_NS};
	uint64_t end = mono_ns() + inject_patience_ns;
	sigset_t child, old;
	int status;
	pid_t got;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	pthread_sigmask(SIG_BLOCK, &child, &old);
	while (!(got = waitpid(pid, &status, __WALL | WNOHANG)) && mono_ns() < end)
		(void)sigtimedwait(&child, NULL, &look_again);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (got != pid)
		return got ? -errno : -ETIMEDOUT;
	return WIFSTOPPED(status) ? status : -ESRCH;
}

/* A signal that came meanwhile is given back when QEMU goes on. */
static int stop(pid_t pid, int *signal)
{
	long options = PTRACE_O_TRACECLONE;
	int status;

	*signal = 0;
	if (ptrace(PTRACE_SEIZE, pid, NULL, (void *)options))
		return -errno;
	if (ptrace(PTRACE_INTERRUPT, pid, NULL, NULL))
		return -errno;
	status = wait_stop(pid);
	if (status >= 0 && status >> 16 != PTRACE_EVENT_STOP)
		*signal = WSTOPSIG(status);
	return status < 0 ? status : 0;
}

static bool in_syscall(pid_t pid, const struct user_regs_struct *regs)
{
	long word;

	errno = 0;
	word = ptrace(PTRACE_PEEKTEXT, pid, (void *)(uintptr_t)(regs->rip - 2), NULL);
	return !errno && (word & 0xffff) == SYSCALL_BYTES;
}

/* The child of a clone() is attached to us, too, and stopped: it never runs. */
static void end_child(pid_t parent)
{
	unsigned long child = 0;
	int status;

	if (ptrace(PTRACE_GETEVENTMSG, parent, NULL, &child) || !child)
		return;
	kill((pid_t)child, SIGKILL);
	while (waitpid((pid_t)child, &status, __WALL) == (pid_t)child && WIFSTOPPED(status))
		ptrace(PTRACE_CONT, child, NULL, NULL);
}

/* Over one instruction: the system call. */
static int step(pid_t pid)
{
	for (int i = 0; i < STOP_TRIES; i++) {
		int status;

		if (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL))
			return -errno;
		status = wait_stop(pid);
		if (status < 0)
			return status;
		if (status >> 16 == PTRACE_EVENT_CLONE)
			end_child(pid);
		else if (WSTOPSIG(status) == SIGTRAP)
			return 0;
		else
			return -EINTR; /* the signal is lost with it: QEMU's timers come again */
	}
	return -EINTR;
}

static int make_call(pid_t pid, long number, const uint64_t arg[6], int64_t *ret)
{
	struct user_regs_struct old, regs;
	int err;

	if (ptrace(PTRACE_GETREGS, pid, NULL, &old))
		return -errno;
	if (!in_syscall(pid, &old))
		return -EAGAIN;
	regs = old;
	regs.rip -= 2;
	regs.rax = (unsigned long long)number;
	regs.orig_rax = -1ull;
	regs.rdi = arg[0];
	regs.rsi = arg[1];
	regs.rdx = arg[2];
	regs.r10 = arg[3];
	regs.r8 = arg[4];
	regs.r9 = arg[5];
	if (ptrace(PTRACE_SETREGS, pid, NULL, &regs))
		return -errno;
	err = step(pid);
	if (!err && ptrace(PTRACE_GETREGS, pid, NULL, &regs))
		err = -errno;
	*ret = (int64_t)regs.rax;
	if (ptrace(PTRACE_SETREGS, pid, NULL, &old) && !err)
		err = -errno;
	return err;
}

static int no_patience(pid_t pid, const char *why)
{
	return err_say(-ETIMEDOUT, "QEMU's main thread (%d) %s, for %.1f s now; see /proc/%d/stack",
		       pid, why, (double)inject_patience_ns / NSEC_PER_SEC, pid);
}

int inject_call(pid_t pid, long number, const uint64_t arg[6], int64_t *ret)
{
	int signal, err = stop(pid, &signal);

	if (!err)
		err = signal ? -EAGAIN : make_call(pid, number, arg, ret);
	(void)ptrace(PTRACE_DETACH, pid, NULL, (void *)(long)signal);
	if (!err || err == -EAGAIN)
		return err;
	if (err == -ETIMEDOUT)
		return no_patience(pid, "does not stop: it hangs in the kernel");
	return err_sys(err, "QEMU (%d) could not be made to make system call %ld", pid, number);
}

int inject_call_soon(pid_t pid, long number, const uint64_t arg[6], int64_t *ret)
{
	uint64_t end = mono_ns() + inject_patience_ns;
	int err;

	while ((err = inject_call(pid, number, arg, ret)) == -EAGAIN) {
		if (mono_ns() >= end)
			return no_patience(pid, "is in no system call");
		sched_yield(); /* it soon sleeps again */
	}
	return err;
}

/* CLONE_PARENT: the child is ours and not QEMU's, which would not know what to do with its end. */
int inject_fork(pid_t pid)
{
	const uint64_t arg[6] = {CLONE_PARENT};
	int64_t ret = 0;
	int err = inject_call(pid, SYS_clone, arg, &ret);

	if (err || ret > 0)
		return err;
	return err_sys((int)ret, "QEMU (%d) cannot fork", pid);
}

int inject_probe(char *why, size_t size)
{
	char scope[16];

	/* Yama; 3: nobody may. */
	if (file_read("/proc/sys/kernel/yama/ptrace_scope", scope, sizeof(scope)) > 0 &&
	    *scope == '3') {
		snprintf(
			why, size,
			"ptrace is switched off (kernel.yama.ptrace_scope=3, until the next boot)");
		return -EPERM;
	}
	return 0;
}
