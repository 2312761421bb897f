/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * child.h - a QEMU process: started with chosen file descriptors, tied to our life, its console
 * kept.
 */
#ifndef CHILD_H
#define CHILD_H

#include "loop.h"

#define CHILD_CONSOLE_BYTES 65536 /* the last so many bytes of console are kept */
#define CHILD_MAX_FDS 8

struct console {
	size_t total; /* bytes ever seen */
	char ring[CHILD_CONSOLE_BYTES];
};
void console_add(struct console *c, const char *text, size_t len);
/* The last line with @what in it, from @what on, into @buf; false when there is none. */
bool console_find(const struct console *c, const char *what, char *buf, size_t size);
/* Every line that is kept, oldest first. */
void console_lines(const struct console *c, void (*take)(void *arg, const char *line), void *arg);
/* Prints the last @lines lines on stderr, unprintable bytes as '?', each behind "  | ". */
void console_show(const struct console *c, const char *whose, unsigned int lines);

struct child {
	struct loop *loop;
	pid_t pid;
	int pidfd;
	struct op exit_op;
	bool exited;
	int status; /* as of waitpid() */
};

/*
 * Starts @argv[0] with the listed @fds open under their own numbers and nothing else but stdin
 * (/dev/null), stdout and stderr (@output). It gets SIGKILL when we die (PR_SET_PDEATHSIG), default
 * signal dispositions and an empty mask. 0 or -errno (said; -ENOENT for a program that cannot be
 * executed). The kernel's OOM killer takes it before all others.
 */
must_check int child_start(struct child *c, struct loop *l, char *const argv[], const int *fds,
			   size_t nfds, int output);
/*
 * SIGTERM, after @grace_ns SIGKILL; waits for the end, but not for ever: a process that waits in
 * the kernel dies when that lets it, and is left behind then. A signal to us ends either wait. 0
 * also for a child that never started (pid 0), or -ETIME.
 */
must_check int child_stop(struct child *c, uint64_t grace_ns);
/*
 * What the threads of process @pid wait for that SIGKILL cannot end, in words: "CPU 0/KVM in
 * mmap_read_lock". "nothing that is known" if there are none.
 */
const char *child_stuck(pid_t pid, char *buf, size_t size);
/* Runs @argv to its end, its output on our stderr. 0, -ECHILD when it failed, -errno. */
must_check int child_run(struct loop *l, char *const argv[]);
/* How it ended, in words: "exit code 1", "killed by signal 9 (Killed)". */
const char *child_end(const struct child *c, char *buf, size_t size);

#endif
