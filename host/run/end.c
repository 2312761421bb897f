// SPDX-License-Identifier: GPL-2.0-only
/* end.c - see end.h: is the run over, and why. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "end.h"
#include "livelock.h"

#define RUN_STATUS_FD 3 /* images/lab/init.c */
#define RUN_DRAIN_TURNS 50
#define RUN_SILENT_TURNS 3 /* silence counts only when the loop has really looked */

int run_ended(struct result *res, int err, enum run_end end, const char *fmt, ...)
{
	va_list ap;
	char text[300];

	if (res->end != RUN_COMPLETE)
		return err;
	if (end == RUN_ERROR && signals_got()) /* a call that it broke off is no error of ours */
		return run_ended(res, err, RUN_INTERRUPTED, "interrupted by SIG%s",
				 sigabbrev_np(signals_got()));
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	res->end = end;
	res->end_detail = str_format("%s", text);
	return err;
}

void run_begun(struct run *r)
{
	if (!r->result.stress_begun && r->o->inside && write_full(RUN_STATUS_FD, "begun\n", 6))
		note_say("the lab was not told that stress has begun");
	r->result.stress_begun = true;
}

void run_mark(struct run *r, const char *fmt, ...)
{
	char name[TIMING_NAME_BYTES], line[TIMING_NAME_BYTES + 32];
	uint64_t now = mono_ns();
	va_list ap;
	int n;

	va_start(ap, fmt);
	vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	if (!r->o->inside) {
		timing_mark(&r->timing, name, now, 0);
		return;
	}
	n = snprintf(line, sizeof(line), "at %" PRIu64 " %s\n", now, name);
	if (write_full(RUN_STATUS_FD, line, (size_t)n))
		note_say("the lab was not told that %s begins", name);
}

void run_tell(struct run *r, const char *fmt, ...)
{
	char line[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (r->o->inside || r->o->verbose) {
		progress_line("%s", line);
		return;
	}
	pace_note(&r->pace, line);
	pace_turn(&r->pace, &r->timing, mono_ns());
}

/* What QEMU and the guest had said before the end is still in the sockets. */
static void drain(struct run *r)
{
	for (int i = 0; i < RUN_DRAIN_TURNS; i++)
		if (loop_once(r->loop, RUN_TICK_NS))
			break;
}

static int qemu_gone(struct run *r)
{
	const char *reason;
	int status = r->vm.child.status;
	int sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	char how[80];

	drain(r);
	reason = r->vm.qmp ? qmp_shutdown_reason(r->vm.qmp) : "";
	child_end(&r->vm.child, how, sizeof(how));
	if (r->guest.error[0])
		return run_ended(&r->result, -ECHILD, RUN_GUEST_CRASHED, "the guest gave up: %s",
				 r->guest.error);
	if (sig == SIGSEGV || sig == SIGBUS || sig == SIGABRT || sig == SIGILL || sig == SIGFPE)
		return run_ended(&r->result, -ECHILD, RUN_QEMU_CRASHED, "QEMU died: %s", how);
	if (sig == SIGKILL && vmstat_read("oom_kill") > r->oom_kills)
		return run_ended(&r->result, -ECHILD, RUN_QEMU_KILLED,
				 "QEMU was killed for want of memory (its control group's "
				 "memory.max, or the machine's); give a smaller --memory");
	if (sig)
		return run_ended(&r->result, -ECHILD, RUN_QEMU_KILLED,
				 "QEMU was stopped from outside: %s", how);
	if (strncmp(reason, "guest", 5) == 0) {
		console_lines(&r->vm.console, kernlog_crash, &r->result.crash);
		return run_ended(&r->result, -ECHILD, RUN_GUEST_CRASHED,
				 "the guest died (%s; its console says why)", reason);
	}
	return run_ended(&r->result, -ECHILD, RUN_QEMU_KILLED, "QEMU left without a word: %s", how);
}

/*
 * QEMU stops the guest when KVM cannot run it, and says so (QEMU 7.2: kvm_cpu_exec() and
 * target/i386/kvm/kvm.c, kvm_arch_handle_exit()). Want of memory is not the kernel's fault, and a
 * guest could print "KVM: " itself.
 */
static int guest_stopped(struct run *r)
{
	static const char *const words[] = {"error: kvm run failed", "KVM internal error",
					    "KVM: entry failed", "KVM: exception ",
					    "KVM: unknown exit reason"};
	char line[120];

	drain(r);
	if (console_find(&r->vm.console, "error: kvm run failed Cannot allocate memory", line,
			 sizeof(line)))
		return run_ended(&r->result, -ECHILD, RUN_QEMU_KILLED, "%s", line);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (console_find(&r->vm.console, words[i], line, sizeof(line)))
			return run_ended(&r->result, -ECHILD, RUN_QEMU_CRASHED,
					 "KVM could not run the guest: %s", line);
	return run_ended(&r->result, -ECHILD, RUN_QEMU_KILLED,
			 "it stopped the guest without a word");
}

/* State letter of a thread if it is one of QEMU's "CPU n/KVM", else 0. */
static char vcpu_state(pid_t qemu, const char *tid)
{
	auto_free char *path = str_format("/proc/%d/task/%s/stat", qemu, tid);
	char stat[1024], *name, *end;

	if (!path || file_read(path, stat, sizeof(stat)) < 0)
		return 0;
	name = strchr(stat, '(');
	end = strrchr(stat, ')');
	return name && end && strncmp(name, "(CPU ", 5) == 0 ? end[2] : 0;
}

/* "R" for a spinning vCPU, "S" for a sleeping one, in @out. */
static void vcpu_states(pid_t qemu, char *out, size_t size)
{
	auto_free char *path = str_format("/proc/%d/task", qemu);
	DIR *tasks = path ? opendir(path) : NULL;
	struct dirent *d;
	size_t at = 0;

	while (tasks && (d = readdir(tasks)) && at + 1 < size) {
		out[at] = d->d_name[0] == '.' ? 0 : vcpu_state(qemu, d->d_name);
		at += out[at] != 0;
	}
	out[at] = '\0';
	if (tasks)
		closedir(tasks);
}

int run_silent(struct run *r, int err, const char *fmt, ...)
{
	char text[200], livelock[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (r->result.end == RUN_COMPLETE && livelock_found(r->observe, livelock, sizeof(livelock)))
		return run_ended(&r->result, err, RUN_GUEST_LIVELOCK, "%s: %s", text, livelock);
	return run_ended(&r->result, err, RUN_GUEST_SILENT, "%s", text);
}

static int guest_silent(struct run *r)
{
	char states[32];

	vcpu_states(r->vm.child.pid, states, sizeof(states));
	return run_silent(r, -EHOSTDOWN,
			  "the guest has said nothing for %.0f s; vCPU threads: %s (R: spinning, "
			  "S: asleep, T: stopped)",
			  (double)r->o->silence_ns / 1e9, states[0] ? states : "none");
}

static bool is_silent(struct run *r)
{
	if (!r->guest.ready || chan_last_ns(r->vm.chan) + r->o->silence_ns > mono_ns()) {
		r->silent_turns = 0;
		return false;
	}
	return ++r->silent_turns > RUN_SILENT_TURNS;
}

/* Whatever happens to L1 from now on, corrupted data were found. */
static void tell_corrupted(struct run *r)
{
	uint64_t words = r->corrupted + guest_corrupted(&r->guest);
	size_t n = r->result.nphases;
	char line[120];
	int len;

	if (!r->o->inside || words == r->corruption)
		return;
	r->corruption = words;
	len = snprintf(line, sizeof(line), "corrupted %" PRIu64 " %s\n", words,
		       n ? r->result.phases[n - 1].name : "none");
	if (write_full(RUN_STATUS_FD, line, (size_t)len))
		note_say("the lab was not told of corrupted data");
}

int run_trouble(struct run *r)
{
	tell_corrupted(r);
	guard_beat(r->guard);
	if (r->result.end != RUN_COMPLETE)
		return -ECANCELED;
	if (guard_acted(r->guard))
		return run_ended(
			&r->result, -ETIME, RUN_KERNEL_HUNG,
			"this program hung in the kernel for %.0f s; its settings were put "
			"back meanwhile",
			(double)RUN_HANG_NS / 1e9);
	if (signals_got())
		return run_ended(&r->result, -EINTR, RUN_INTERRUPTED, "interrupted by SIG%s",
				 sigabbrev_np(signals_got()));
	if (r->vm.child.exited)
		return qemu_gone(r);
	if (r->guest.error[0])
		return run_ended(&r->result, -EPROTO, RUN_GUEST_CRASHED, "the guest gave up: %s",
				 r->guest.error);
	if (r->guest.ready && r->vm.qmp && qmp_stopped(r->vm.qmp))
		return guest_stopped(r);
	return is_silent(r) ? guest_silent(r) : 0;
}
