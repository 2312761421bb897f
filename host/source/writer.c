/* SPDX-License-Identifier: GPL-2.0-only */
/* writer.c - see writer.h. */
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "writer.h"

#define LOOK_NS NSEC_PER_MSEC
#define STOP_NS (2 * NSEC_PER_SEC)

/* As after any fork() of a process with threads; nothing of ours stays open, the journal least. */
__attribute__((noreturn)) static void write_and_exit(const char *path, const char *value)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	syscall(SYS_close_range, 3, ~0u, 0);
	_exit(-file_write(path, value));
}

int writer_start(struct writer *w, const char *path, const char *value, uint64_t limit_ns)
{
	w->end_ns = mono_ns() + limit_ns;
	w->pid = fork();
	if (!w->pid)
		write_and_exit(path, value);
	if (w->pid > 0)
		return 0;
	w->pid = 0;
	return err_sys(-errno, "no process to write to %s", path);
}

int writer_poll(struct writer *w)
{
	int status;

	if (waitpid(w->pid, &status, WNOHANG) == w->pid) {
		w->pid = 0;
		return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
	}
	if (mono_ns() > w->end_ns)
		kill(w->pid, SIGKILL);
	return -EINPROGRESS;
}

int writer_do(const char *path, const char *value, uint64_t limit_ns)
{
	const struct timespec pause = {.tv_nsec = LOOK_NS};
	struct writer w;
	int err = writer_start(&w, path, value, limit_ns);

	if (err)
		return err;
	while ((err = writer_poll(&w)) == -EINPROGRESS)
		nanosleep(&pause, NULL);
	return err;
}

int writer_stop(struct writer *w)
{
	const struct timespec pause = {.tv_nsec = LOOK_NS};
	uint64_t end = mono_ns() + STOP_NS;

	if (!w->pid)
		return 0;
	kill(w->pid, SIGKILL);
	while (waitpid(w->pid, NULL, WNOHANG) != w->pid) {
		if (mono_ns() > end)
			return err_say(-ETIME, "a write to the kernel does not end; not waiting");
		nanosleep(&pause, NULL);
	}
	w->pid = 0;
	return 0;
}
