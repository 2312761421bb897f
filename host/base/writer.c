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

#define LOOK_NS 50000 /* doubled up to */
#define LOOK_MOST_NS 20000000
#define STOP_NS (2 * NSEC_PER_SEC)

/* Only what may be called after a fork() in a process with threads. */
__attribute__((noreturn)) static void write_and_exit(const char *path, const char *value,
						     pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent) /* killed before that: `recover` may have written since */
		_exit(EINTR);
	/* Of our files, the journal's lock above all, nothing stays open in a writer that hangs. */
	syscall(SYS_close_range, 3, ~0u, 0);
	_exit(-file_write(path, value));
}

pid_t writer_fork(const char *path, const char *value)
{
	pid_t parent = getpid(), pid = fork();

	if (!pid)
		write_and_exit(path, value, parent);
	return pid < 0 ? -errno : pid;
}

static int came_to(int status)
{
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
}

int writer_reap(pid_t pid, uint64_t limit_ns)
{
	struct timespec pause = {.tv_nsec = LOOK_NS};
	uint64_t end = mono_ns() + limit_ns;
	int status;

	while (waitpid(pid, &status, WNOHANG) != pid) {
		if (mono_ns() > end)
			return -EINPROGRESS;
		nanosleep(&pause, NULL);
		if (pause.tv_nsec < LOOK_MOST_NS)
			pause.tv_nsec *= 2;
	}
	return came_to(status);
}

int writer_start(struct writer *w, const char *path, const char *value, uint64_t limit_ns)
{
	pid_t pid = writer_fork(path, value);

	w->end_ns = mono_ns() + limit_ns;
	w->pid = pid < 0 ? 0 : pid;
	return pid < 0 ? err_sys((int)pid, "no process to write to %s", path) : 0;
}

int writer_poll(struct writer *w)
{
	int status;

	if (waitpid(w->pid, &status, WNOHANG) == w->pid) {
		w->pid = 0;
		return came_to(status);
	}
	if (mono_ns() > w->end_ns)
		kill(w->pid, SIGKILL);
	return -EINPROGRESS;
}

int writer_do(const char *path, const char *value, uint64_t limit_ns)
{
	struct writer w;
	int err = writer_start(&w, path, value, limit_ns);

	if (!err)
		err = writer_reap(w.pid, limit_ns);
	if (err == -EINPROGRESS)
		err = writer_stop(&w) ?: -EINTR;
	return err;
}

int writer_stop(struct writer *w)
{
	if (!w->pid)
		return 0;
	kill(w->pid, SIGKILL);
	if (writer_reap(w->pid, STOP_NS) == -EINPROGRESS)
		return err_say(-ETIME, "a write to the kernel does not end; not waiting");
	w->pid = 0;
	return 0;
}
