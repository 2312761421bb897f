// SPDX-License-Identifier: GPL-2.0-only
/* child.c - see child.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"

#define CHILD_KILL_NS (5 * NSEC_PER_SEC) /* after SIGKILL */

void console_add(struct console *c, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		c->ring[(c->total + i) % sizeof(c->ring)] = text[i];
	c->total += len;
}

bool console_find(const struct console *c, const char *what, char *buf, size_t size)
{
	size_t kept = c->total < sizeof(c->ring) ? c->total : sizeof(c->ring);
	size_t len = strlen(what), i;

	for (size_t at = c->total; at >= c->total - kept + len; at--) {
		for (i = 0; i < len && c->ring[(at - len + i) % sizeof(c->ring)] == what[i]; i++)
			;
		if (i < len)
			continue;
		for (i = 0; i < size - 1 && at - len + i < c->total; i++) {
			buf[i] = c->ring[(at - len + i) % sizeof(c->ring)];
			if (buf[i] == '\r' || buf[i] == '\n')
				break;
		}
		text_plain(buf, i);
		buf[i] = '\0';
		return true;
	}
	return false;
}

void console_lines(const struct console *c, void (*take)(void *arg, const char *line), void *arg)
{
	size_t kept = c->total < sizeof(c->ring) ? c->total : sizeof(c->ring), n = 0;
	char line[512];

	for (size_t at = c->total - kept; at < c->total; at++) {
		char ch = c->ring[at % sizeof(c->ring)];

		if (ch != '\n' && ch != '\r' && n + 1 < sizeof(line))
			line[n++] = ch;
		line[n] = '\0';
		if (ch != '\n' && at + 1 < c->total)
			continue;
		take(arg, line);
		n = 0;
	}
}

void console_show(const struct console *c, const char *whose, unsigned int lines)
{
	size_t kept = c->total < sizeof(c->ring) ? c->total : sizeof(c->ring);
	size_t end = c->total, start;

	if (!kept) {
		fprintf(stderr, "  (%s console is empty)\n", whose);
		return;
	}
	while (end > c->total - kept && strchr("\r\n", c->ring[(end - 1) % sizeof(c->ring)]))
		end--;
	for (start = end; start > c->total - kept; start--)
		if (c->ring[(start - 1) % sizeof(c->ring)] == '\n' && lines-- == 1)
			break;
	fprintf(stderr, "  last lines of the %s console:\n  | ", whose);
	for (; start < end; start++) {
		char ch = c->ring[start % sizeof(c->ring)];

		if (ch == '\n')
			fputs("\n  | ", stderr);
		else if (ch != '\r')
			fputc(ch == '\t' || (ch >= ' ' && ch < 127) ? ch : '?', stderr);
	}
	fputc('\n', stderr);
}

/* Where memory runs out, in a control group or the machine, QEMU goes and not we, who put the
 * settings back. More than a default is anybody's right (fs/proc/base.c: __set_oom_adj()); it ends
 * with the process. */
static void offer_to_oom_killer(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	(void)!write(fd, "1000", 4);
	close(fd);
}

/* Between fork and exec: only async-signal-safe calls. */
static void become(char *const argv[], const int *fds, size_t nfds, int output, pid_t parent)
{
	sigset_t none;
	int null = open("/dev/null", O_RDONLY);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(125);
	offer_to_oom_killer();
	if (null < 0 || dup2(null, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0)
		_exit(125);
	for (size_t i = 0; i < nfds; i++)
		if (fcntl(fds[i], F_SETFD, 0) < 0)
			_exit(125);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	execv(argv[0], argv);
}

static void exit_done(struct op *op, int res)
{
	struct child *c = container_of(op, struct child, exit_op);

	if (res == -ECANCELED || c->exited)
		return;
	if (waitpid(c->pid, &c->status, WNOHANG) == c->pid)
		c->exited = true;
	else if (loop_poll(c->loop, &c->exit_op, c->pidfd, POLLIN))
		c->exited = true;
}

/* The pipe @report is closed by a successful exec and carries errno after a failed one. */
static int exec_result(int report)
{
	int err = 0;
	ssize_t n = read_full(report, &err, sizeof(err));

	return n == (ssize_t)sizeof(err) ? -err : 0;
}

int child_start(struct child *c, struct loop *l, char *const argv[], const int *fds, size_t nfds,
		int output)
{
	int report[2], err;
	pid_t parent = getpid();

	memset(c, 0, sizeof(*c));
	c->loop = l;
	c->pidfd = -1;
	c->exit_op.done = exit_done;
	if (pipe2(report, O_CLOEXEC))
		return err_sys(-errno, "pipe for starting %s", argv[0]);
	c->pid = fork();
	if (c->pid == 0) {
		become(argv, fds, nfds, output, parent);
		err = errno;
		_exit(write(report[1], &err, sizeof(err)) == sizeof(err) ? 125 : 126);
	}
	close(report[1]);
	err = c->pid < 0 ? -errno : exec_result(report[0]);
	close(report[0]);
	if (err) {
		if (c->pid > 0)
			waitpid(c->pid, NULL, 0);
		c->pid = 0;
		return err_sys(err, "cannot start %s", argv[0]);
	}
	c->pidfd = (int)syscall(SYS_pidfd_open, c->pid, 0);
	if (c->pidfd < 0) {
		err = err_sys(-errno, "pidfd_open of %s", argv[0]);
		(void)!child_stop(c, 0);
		return err;
	}
	return loop_poll(l, &c->exit_op, c->pidfd, POLLIN);
}

static int has_exited(void *arg)
{
	return ((struct child *)arg)->exited;
}

/* Without a pidfd nothing tells the loop of the end. */
static int is_reaped(void *arg)
{
	struct child *c = arg;

	if (!c->exited && waitpid(c->pid, &c->status, WNOHANG) == c->pid)
		c->exited = true;
	return c->exited;
}

int child_stop(struct child *c, uint64_t grace_ns)
{
	if (c->pid <= 0)
		return 0;
	if (!c->exited && grace_ns) {
		kill(c->pid, SIGTERM);
		loop_calm(c->loop);
		(void)!loop_until(c->loop, has_exited, c, grace_ns);
	}
	if (!c->exited) {
		kill(c->pid, SIGKILL);
		loop_calm(c->loop);
		(void)!loop_until(c->loop, is_reaped, c, CHILD_KILL_NS);
	}
	loop_cancel(c->loop, &c->exit_op);
	if (c->pidfd >= 0)
		close(c->pidfd);
	c->pidfd = -1;
	c->pid = 0;
	return c->exited ? 0 : -ETIME;
}

/* "NAME in SYMBOL" of thread @tid if it is in state D. */
static bool thread_stuck(pid_t pid, const char *tid, char *buf, size_t size)
{
	auto_free char *stat_path = str_format("/proc/%d/task/%s/stat", pid, tid);
	auto_free char *wait_path = str_format("/proc/%d/task/%s/wchan", pid, tid);
	char stat[1024], where[128] = "", *name, *end;

	if (!stat_path || !wait_path || file_read(stat_path, stat, sizeof(stat)) < 0)
		return false;
	name = strchr(stat, '(');
	end = strrchr(stat, ')');
	if (!name || !end || strncmp(end, ") D", 3))
		return false;
	if (file_read(wait_path, where, sizeof(where)) <= 0 || !strcmp(where, "0"))
		strcpy(where, "the kernel");
	snprintf(buf, size, "%.*s in %s", (int)(end - name - 1), name + 1, where);
	return true;
}

const char *child_stuck(pid_t pid, char *buf, size_t size)
{
	auto_free char *path = str_format("/proc/%d/task", pid);
	DIR *tasks = path ? opendir(path) : NULL;
	struct dirent *d;
	size_t at = 0;
	char one[160];

	snprintf(buf, size, "nothing that is known");
	while (tasks && (d = readdir(tasks)) && at < size)
		if (d->d_name[0] != '.' && thread_stuck(pid, d->d_name, one, sizeof(one)))
			at += (size_t)snprintf(buf + at, size - at, "%s%s", at ? ", " : "", one);
	if (tasks)
		closedir(tasks);
	return buf;
}

int child_run(struct loop *l, char *const argv[])
{
	struct child c;
	int err = child_start(&c, l, argv, NULL, 0, STDERR_FILENO);

	if (err)
		return err;
	err = loop_until(l, has_exited, &c, UINT64_MAX / 4);
	err = err > 0 && WIFEXITED(c.status) && WEXITSTATUS(c.status) == 0 ? 0 : -ECHILD;
	(void)!child_stop(&c, 0);
	return err;
}

const char *child_end(const struct child *c, char *buf, size_t size)
{
	if (!c->exited)
		snprintf(buf, size, "still running");
	else if (WIFSIGNALED(c->status))
		snprintf(buf, size, "killed by signal %d (%s)", WTERMSIG(c->status),
			 strsignal(WTERMSIG(c->status)));
	else
		snprintf(buf, size, "exit code %d", WEXITSTATUS(c->status));
	return buf;
}
