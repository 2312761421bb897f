// SPDX-License-Identifier: GPL-2.0-only
/* guard.c - see guard.h. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guard.h"

#define LOOKS 20 /* in the time of its patience */

/* Of both processes. */
struct shared {
	uint64_t beats;
	bool acted;
};

struct guard {
	struct shared *shared;
	pid_t pid;
};

/* State letter of the main thread of @pid; 0: it is gone. */
static char state_of(pid_t pid)
{
	auto_free char *path = str_format("/proc/%d/stat", pid);
	char stat[1024], *name_end;

	if (!path || file_read(path, stat, sizeof(stat)) < 0)
		return 0;
	name_end = strrchr(stat, ')');
	return name_end && name_end[1] == ' ' ? name_end[2] : 0;
}

static void rest(uint64_t ns)
{
	nanosleep(&(struct timespec){(time_t)(ns / NSEC_PER_SEC), (long)(ns % NSEC_PER_SEC)}, NULL);
}

/* Returns when @parent hangs; ends with it. */
static void watch(const struct shared *s, pid_t parent, uint64_t patience_ns)
{
	uint64_t beats = 0, since = mono_ns();

	while (getppid() == parent) {
		uint64_t now = __atomic_load_n(&s->beats, __ATOMIC_ACQUIRE);

		if (now != beats || state_of(parent) != 'D')
			since = mono_ns();
		else if (mono_ns() - since >= patience_ns)
			return;
		beats = now;
		rest(patience_ns / LOOKS);
	}
	_exit(0);
}

/* Signals from a terminal are for the one that is guarded. */
static void ignore_signals(void)
{
	static const int from_terminal[] = {SIGINT, SIGQUIT, SIGHUP, SIGTSTP};

	for (size_t i = 0; i < ARRAY_SIZE(from_terminal); i++)
		signal(from_terminal[i], SIG_IGN);
	signal(SIGTERM, SIG_DFL);
}

int guard_start(struct guard **out, uint64_t patience_ns, void (*act)(void *arg), void *arg)
{
	struct guard *g = calloc(1, sizeof(*g));
	pid_t parent = getpid();

	if (!g)
		return err_sys(-ENOMEM, "the guard");
	g->shared = mmap(NULL, sizeof(*g->shared), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (g->shared == MAP_FAILED) {
		free(g);
		return err_sys(-ENOMEM, "the guard");
	}
	g->pid = fork();
	if (!g->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		ignore_signals();
		prctl(PR_SET_NAME, "hs-guard");
		watch(g->shared, parent, patience_ns);
		__atomic_store_n(&g->shared->acted, true, __ATOMIC_RELEASE);
		act(arg);
		_exit(0);
	}
	if (g->pid < 0) {
		int err = err_sys(-errno, "the guard");

		munmap(g->shared, sizeof(*g->shared));
		free(g);
		return err;
	}
	*out = g;
	return 0;
}

void guard_beat(struct guard *g)
{
	if (g)
		__atomic_add_fetch(&g->shared->beats, 1, __ATOMIC_RELEASE);
}

bool guard_acted(const struct guard *g)
{
	return g && __atomic_load_n(&g->shared->acted, __ATOMIC_ACQUIRE);
}

void guard_stop(struct guard *g)
{
	if (!g)
		return;
	if (!guard_acted(g)) /* else it is at it, or has ended */
		kill(g->pid, SIGKILL);
	waitpid(g->pid, NULL, 0);
	munmap(g->shared, sizeof(*g->shared));
	free(g);
}
