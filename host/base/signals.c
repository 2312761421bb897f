// SPDX-License-Identifier: GPL-2.0-only
/* signals.c - see signals.h. Handlers do nothing that is not async-signal-safe. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "signals.h"

static volatile sig_atomic_t first, count;

/* All whose default is to end the process, but for crashes, SIGKILL and SIGPIPE. */
static const int asking[] = {
	SIGHUP,	 SIGINT,  SIGQUIT,   SIGTERM, SIGALRM,	 SIGUSR1, SIGUSR2,
	SIGXCPU, SIGXFSZ, SIGVTALRM, SIGPROF, SIGSTKFLT, SIGIO,	  SIGPWR,
};

static const int crashes[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGTRAP};

static void note(int sig)
{
	if (!first)
		first = sig;
	count = count + 1;
}

static void take_over(int sig, void (*handler)(int sig))
{
	struct sigaction act = {.sa_handler = handler}, old;

	if (!sigaction(sig, NULL, &old) && old.sa_handler != SIG_IGN)
		sigaction(sig, &act, NULL);
}

void signals_catch(void (*handler)(int sig))
{
	for (size_t i = 0; i < ARRAY_SIZE(asking); i++)
		take_over(asking[i], handler);
	for (int sig = SIGRTMIN; sig <= SIGRTMAX; sig++)
		take_over(sig, handler);
}

void signals_watch(void)
{
	signals_catch(note);
}

int signals_got(void)
{
	return first;
}

unsigned int signals_count(void)
{
	return (unsigned int)count;
}

/*
 * The journal is locked until this process is dead, hence a child that waits for that. fork() of
 * libc takes locks that the crash may hold. The crash itself goes on by the default action.
 */
static void crashed(int sig)
{
	static const char *const argv[] = {"host-stress", "recover", NULL};
	struct timespec pause = {.tv_nsec = 20000000};
	pid_t us = getpid();

	signal(sig, SIG_DFL);
	if (syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL)) {
		raise(sig);
		return;
	}
	while (getppid() == us)
		nanosleep(&pause, NULL);
	syscall(SYS_close_range, 3, ~0u, 0);
	execv("/proc/self/exe", (char *const *)argv);
	_exit(128);
}

void signals_recover_after_crash(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(crashes); i++)
		take_over(crashes[i], crashed);
}

/* The wrong way round, so that using it is an error, as it is without. */
void signals_prepare(void)
{
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			(void)!open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
	signal(SIGPIPE, SIG_IGN);
}
