// SPDX-License-Identifier: GPL-2.0-only
/*
 * poke.c - the tests' hand inside L1: changes guest memory behind everybody's back.
 *
 *   poke flip PID SEED   flips one bit in a test page of the guest that QEMU PID runs
 *   poke flips PID SEED  one in each page that holds the same; says in how many
 *   poke deny PID SEED   makes such a page inaccessible: KVM_RUN fails with EFAULT
 *   poke wreck PID FILE  overwrites the guest's program, of which FILE is a copy
 *   poke share           holds mergeable identical pages until it is killed
 *   poke heed COMMAND    runs it with SIGINT and SIGQUIT as a terminal would start it: a script
 *                        starts its background jobs with both ignored
 *   poke nodes PID       moves all memory of process PID to node 1, then back to node 0
 *   poke nodes PID MS    the same each MS, until the process is gone
 *   poke pace PID MS     how often a second plain.sh's guest went round, over so long
 *   poke stop PID MS     stops thread "CPU 0/KVM" of QEMU PID, and it alone, for so long
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "wire/pattern.h"

#define PAGE 4096
#define CHUNK (1 << 20)
#define PLAIN_ROUNDS 0x500 /* in its RAM */

static char buf[CHUNK];

static ssize_t move(pid_t pid, unsigned long at, size_t len, int write)
{
	struct iovec local = {buf, len}, remote = {(void *)at, len};

	return write ? process_vm_writev(pid, &local, 1, &remote, 1, 0)
		     : process_vm_readv(pid, &local, 1, &remote, 1, 0);
}

/* QEMU's biggest mapping is the guest's RAM. */
static int find_ram(pid_t pid, unsigned long *start, unsigned long *end)
{
	char path[64], line[512];
	unsigned long from, to;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	f = fopen(path, "r");
	*start = *end = 0;
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%lx-%lx rw", &from, &to) == 2 && strstr(line, " rw-p ") &&
		    to - from > *end - *start) {
			*start = from;
			*end = to;
		}
	if (f)
		fclose(f);
	return *end ? 0 : -1;
}

static int is_test_page(const char *page, uint64_t seed)
{
	uint64_t word;

	for (unsigned int w = 0; w < PAGE / 8; w++) {
		memcpy(&word, page + 8 * w, 8);
		if (word != pattern_word(seed, 0, w))
			return 0;
	}
	return 1;
}

/* Address of a test page in QEMU, 0: none was found. */
static unsigned long find_page(pid_t pid, uint64_t seed, unsigned long start, unsigned long end)
{
	for (unsigned long at = start; at < end; at += CHUNK) {
		unsigned long bytes = end - at < CHUNK ? end - at : CHUNK;

		if (move(pid, at, bytes, 0) != (ssize_t)bytes)
			continue;
		for (unsigned long off = 0; off < bytes; off += PAGE)
			if (is_test_page(buf + off, seed))
				return at + off;
	}
	return 0;
}

static int flip(pid_t pid, unsigned long page)
{
	if (move(pid, page + 1000, 1, 0) != 1)
		return 1;
	buf[0] ^= 4;
	return move(pid, page + 1000, 1, 1) != 1;
}

static int flip_all(pid_t pid, uint64_t seed, unsigned long at, unsigned long end)
{
	int n = 0;

	while ((at = find_page(pid, seed, at, end))) {
		n += !flip(pid, at);
		at += PAGE;
	}
	printf("%d\n", n);
	return !n;
}

/* Stops thread @tid and it alone, until PTRACE_DETACH. 0 or -1 (said). */
static int seize(pid_t tid)
{
	if (!tid || ptrace(PTRACE_SEIZE, tid, 0, 0) || ptrace(PTRACE_INTERRUPT, tid, 0, 0) ||
	    waitpid(tid, NULL, __WALL) != tid) {
		perror("poke: stopping a thread of QEMU");
		return -1;
	}
	return 0;
}

/* In a traced thread that was stopped in a system call: another one. Its result, or -EPERM. */
static long call_in(pid_t pid, long nr, unsigned long a, unsigned long b, unsigned long c)
{
	struct user_regs_struct old, now;
	int status;

	if (ptrace(PTRACE_GETREGS, pid, 0, &old) || move(pid, old.rip - 2, 2, 0) != 2 ||
	    memcmp(buf, "\x0f\x05", 2) != 0)
		return -EPERM;
	now = old;
	now.rip -= 2;
	now.rax = (unsigned long)nr;
	now.orig_rax = -1ul;
	now.rdi = a;
	now.rsi = b;
	now.rdx = c;
	if (ptrace(PTRACE_SETREGS, pid, 0, &now) || ptrace(PTRACE_SINGLESTEP, pid, 0, 0) ||
	    waitpid(pid, &status, __WALL) != pid || ptrace(PTRACE_GETREGS, pid, 0, &now) ||
	    ptrace(PTRACE_SETREGS, pid, 0, &old))
		return -EPERM;
	return (long)now.rax;
}

static int deny(pid_t pid, unsigned long page)
{
	long err;

	if (seize(pid))
		return 1;
	err = call_in(pid, SYS_mprotect, page, PAGE, PROT_NONE);
	if (err)
		fprintf(stderr, "poke: mprotect() in QEMU: %ld\n", err);
	return ptrace(PTRACE_DETACH, pid, 0, 0) || err;
}

/* Pages of the guest's RAM that hold a page of its program's file are made int3s: its PID 1 dies.
 */
static int wreck(pid_t pid, const char *program, unsigned long start, unsigned long end)
{
	static char file[64][PAGE], trap[PAGE];
	FILE *f = fopen(program, "r");
	size_t n = f ? fread(file, PAGE, 64, f) : 0;
	int hits = 0;

	if (f)
		fclose(f);
	memset(trap, 0xcc, sizeof(trap));
	for (unsigned long at = start; at < end; at += CHUNK) {
		if (move(pid, at, CHUNK, 0) != CHUNK)
			continue;
		for (unsigned long off = 0; off < CHUNK; off += PAGE)
			for (size_t i = 1; i < n; i++) {
				struct iovec local = {trap, PAGE},
					     remote = {(void *)(at + off), PAGE};

				if (!memcmp(buf + off, file[i], PAGE))
					hits += process_vm_writev(pid, &local, 1, &remote, 1, 0) ==
						PAGE;
			}
	}
	if (!hits)
		fprintf(stderr, "poke: no page of %s found in the guest\n", program);
	return !hits;
}

static int share(void)
{
	char *p = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED || madvise(p, CHUNK, MADV_MERGEABLE))
		return 1;
	memset(p, 0x5a, CHUNK);
	for (;;)
		pause();
}

/* 0: not found. QEMU names its threads (debug-threads=on). */
static pid_t find_vcpu(pid_t pid)
{
	char path[64], name[32];
	struct dirent *entry;
	pid_t tid = 0;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	d = opendir(path);
	while (d && !tid && (entry = readdir(d))) {
		FILE *f;

		snprintf(path, sizeof(path), "/proc/%d/task/%.10s/comm", pid, entry->d_name);
		f = fopen(path, "r");
		if (f && fgets(name, sizeof(name), f) && !strcmp(name, "CPU 0/KVM\n"))
			tid = atoi(entry->d_name);
		if (f)
			fclose(f);
	}
	if (d)
		closedir(d);
	return tid;
}

/* Until @ms after *@from, which moves on. */
static void sleep_until(struct timespec *from, long ms)
{
	from->tv_sec += (from->tv_nsec + ms * 1000000) / 1000000000;
	from->tv_nsec = (from->tv_nsec + ms * 1000000) % 1000000000;
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, from, NULL);
}

/*
 * A tracer stops one thread; SIGSTOP would stop them all. On one CPU the vCPU is also off it while
 * we run: we sleep before, so that its time off begins with ours on, and afterwards, so that it
 * goes first.
 */
static int stop(pid_t pid, long ms)
{
	pid_t tid = find_vcpu(pid);
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	sleep_until(&now, 20);
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (seize(tid))
		return 1;
	sleep_until(&now, ms);
	if (ptrace(PTRACE_DETACH, tid, 0, 0)) {
		perror("poke: letting the vCPU's thread go");
		return 1;
	}
	sleep_until(&now, 20);
	return 0;
}

static int nodes(pid_t pid)
{
	const unsigned long first = 1, second = 2;

	if (syscall(SYS_migrate_pages, pid, 3, &first, &second) < 0 ||
	    syscall(SYS_migrate_pages, pid, 3, &second, &first) < 0) {
		perror("poke: moving pages");
		return 1;
	}
	return 0;
}

static int nodes_each(pid_t pid, long ms)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	while (!nodes(pid)) {
		at.tv_nsec += ms * 1000000;
		at.tv_sec += at.tv_nsec / 1000000000;
		at.tv_nsec %= 1000000000;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
	}
	return 1;
}

static int read_rounds(pid_t pid, unsigned long ram, uint32_t *rounds, struct timespec *at)
{
	int got = move(pid, ram + PLAIN_ROUNDS, sizeof(*rounds), 0) == (ssize_t)sizeof(*rounds);

	clock_gettime(CLOCK_MONOTONIC, at);
	memcpy(rounds, buf, sizeof(*rounds));
	return got ? 0 : -1;
}

static int pace(pid_t pid, long ms)
{
	struct timespec wait = {ms / 1000, ms % 1000 * 1000000}, from, to;
	unsigned long start, end;
	uint32_t before, after;
	double s;

	if (find_ram(pid, &start, &end) || read_rounds(pid, start, &before, &from) ||
	    nanosleep(&wait, NULL) || read_rounds(pid, start, &after, &to))
		return 1;
	s = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
	printf("%.0f\n", (uint32_t)(after - before) / s);
	return 0;
}

int main(int argc, char **argv)
{
	unsigned long start, end, page;
	uint64_t seed;
	pid_t pid = argc > 2 ? atoi(argv[2]) : 0;

	if (argc == 2 && !strcmp(argv[1], "share"))
		return share();
	if (argc > 2 && !strcmp(argv[1], "heed")) {
		signal(SIGINT, SIG_DFL);
		signal(SIGQUIT, SIG_DFL);
		execv(argv[2], argv + 2);
		return 127;
	}
	if (argc == 3 && !strcmp(argv[1], "nodes"))
		return nodes(pid);
	if (argc == 4 && !strcmp(argv[1], "nodes"))
		return nodes_each(pid, atol(argv[3]));
	if (argc == 4 && !strcmp(argv[1], "pace"))
		return pace(pid, atol(argv[3]));
	if (argc == 4 && !strcmp(argv[1], "stop"))
		return stop(pid, atol(argv[3]));
	if (argc != 4 || pid <= 0 || find_ram(pid, &start, &end)) {
		fprintf(stderr, "poke: no guest RAM of process '%s'\n", argc > 2 ? argv[2] : "");
		return 1;
	}
	if (!strcmp(argv[1], "wreck"))
		return wreck(pid, argv[3], start, end);
	seed = strtoull(argv[3], NULL, 0);
	if (!strcmp(argv[1], "flips"))
		return flip_all(pid, seed, start, end);
	page = find_page(pid, seed, start, end);
	if (!page) {
		fprintf(stderr, "poke: no test page found in %lu KiB\n", (end - start) >> 10);
		return 1;
	}
	return strcmp(argv[1], "deny") == 0 ? deny(pid, page) : flip(pid, page);
}
