// SPDX-License-Identifier: GPL-2.0-only
/*
 * init.c - PID 1 of the lab's L1: prepares the machine, runs one program and hands its output out.
 *
 * Everything comes in with the initramfs (/lab/…) and leaves by four write-only byte ports (QEMU's
 * isa-debugcon: an outb each, no interrupt, no buffer, nothing to wait for), so the outside cannot
 * influence the run. host/lab/streams.c is the other side; docs/lab.md tells the whole.
 *
 *   /lab/settings   a line "timeout SECONDS" (virtual)
 *   /lab/command    argv, each ended by NUL
 *   /lab/kvm-params lines "name=value", for KVM's modules
 *   /lab/result.json  what the program wrote there goes out by the result port
 *   /lab/trace        if it is there, behind that and a NUL
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "guest/early.h"
#include "wire/lab_ports.h"

#define RNDADDENTROPY _IOW('R', 3, int[2])
#define MAX_PARAMS 32
#define PARAM_BYTES 4096
#define FAREWELL_S 36000 /* virtual, and asleep: a minute or more of wall time */

enum { OUT, ERR, STATUS, STREAMS };

struct settings {
	long timeout_s;
};

/* --kvm-param */
struct params {
	int n;
	char *name[MAX_PARAMS], *value[MAX_PARAMS];
};

static void port_write(unsigned short port, const char *text, size_t len)
{
	__asm__ volatile("rep outsb" : "+S"(text), "+c"(len) : "d"(port) : "memory");
}

static void status(const char *text)
{
	port_write(LAB_PORT_STATUS, text, strlen(text));
}

/*
 * The run is over: the outside ends QEMU when it reads this. Until then L1 stays silent, or how
 * much of its last words is read would depend on how soon the outside has its turn.
 */
__attribute__((noreturn)) static void finish(const char *word, int number)
{
	char line[64];

	snprintf(line, sizeof(line), "%s %d\n", word, number);
	tcdrain(STDERR_FILENO);
	status(line);
	sleep(FAREWELL_S);
	early_power_off();
}

/* For --timing: what begins now, by our clock. */
static void mark(const char *name)
{
	struct timespec ts;
	char line[64];

	clock_gettime(CLOCK_MONOTONIC, &ts);
	snprintf(line, sizeof(line), "at %lld%09ld %s\n", (long long)ts.tv_sec, ts.tv_nsec, name);
	status(line);
}

static void mount_rest(void)
{
	static const char *const dirs[][3] = {
		{"debugfs", "/sys/kernel/debug", "debugfs"},
		{"tracefs", "/sys/kernel/tracing", "tracefs"},
		{"cgroup2", "/sys/fs/cgroup", "cgroup2"},
		{"tmpfs", "/run", "tmpfs"},
		{"tmpfs", "/tmp", "tmpfs"},
	};

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		mkdir(dirs[i][1], 0755);
		/* ENODEV: the kernel has none, like one of our own without control groups. */
		if (mount(dirs[i][0], dirs[i][1], dirs[i][2], 0, NULL) && errno != EBUSY &&
		    errno != ENODEV && errno != ENOENT)
			early_say("no %s: %s", dirs[i][1], strerror(errno));
	}
}

static void read_settings(struct settings *s)
{
	FILE *f = fopen("/lab/settings", "r");
	char key[32];
	long value;

	while (f && fscanf(f, "%31s %ld", key, &value) == 2) {
		if (!strcmp(key, "timeout"))
			s->timeout_s = value;
	}
	if (f)
		fclose(f);
}

/*
 * There is no entropy here, and the first getrandom() (QEMU's) would spin for a second of L1's
 * time while the kernel makes some of timer jitter (try_to_generate_entropy in
 * drivers/char/random.c), which is not random here either. So the pool is told to be content.
 */
static void give_entropy(void)
{
	/* struct rand_pool_info of linux/random.h, which musl has not */
	static const struct {
		int bits, size;
		char bytes[64];
	} pool = {512, 64, "not random, and the same each time"};
	int fd = open("/dev/random", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || ioctl(fd, RNDADDENTROPY, &pool))
		early_say("the kernel takes no entropy: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
}

/* Whether the first CPU's flags in /proc/cpuinfo have @flag as a word. */
static bool cpu_has(const char *flag)
{
	static char text[8192];
	char *word;

	if (early_read("/proc/cpuinfo", text, sizeof(text)) < 0)
		return false;
	for (word = strtok(text, " \n"); word; word = strtok(NULL, " \n"))
		if (!strcmp(word, flag))
			return true;
	return false;
}

/* Whether the module's file @path speaks of its parameter @name: "parmtype=name:bool". */
static bool module_takes(const char *path, const char *name)
{
	char wanted[96];
	int len = snprintf(wanted, sizeof(wanted), "parmtype=%s:", name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
	char *file = size > 0 ? mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
	bool found = file != MAP_FAILED && memmem(file, size, wanted, len);

	if (file != MAP_FAILED)
		munmap(file, size);
	if (fd >= 0)
		close(fd);
	return found;
}

/* "name=value" for each of KVM's modules of the list @order that takes it: into a list of our own,
 * which is beside it. */
static const char *add_params(const char *order, const struct params *p)
{
	static const char own[] = "/modules/with-params";
	FILE *from = fopen(order, "re"), *to = from ? fopen(own, "we") : NULL;
	char line[128], path[160];

	while (to && fgets(line, sizeof(line), from)) {
		line[strcspn(line, "\n")] = '\0';
		fputs(line, to);
		snprintf(path, sizeof(path), "/modules/%s", line);
		for (int i = 0; i < p->n && !strncmp(line, "kvm", 3); i++)
			if (module_takes(path, p->name[i]))
				fprintf(to, " %s=%s", p->name[i], p->value[i]);
		fputc('\n', to);
	}
	if (from)
		fclose(from);
	if (!to)
		return order;
	fclose(to);
	return own;
}

/* A parameter that no module shows is not there: nothing else would ever say so. */
static void check_params(const struct params *p)
{
	static const char *const modules[] = {"kvm", "kvm_amd", "kvm_intel"};
	char path[160];

	for (int i = 0; i < p->n; i++) {
		bool found = false;

		for (size_t k = 0; k < sizeof(modules) / sizeof(modules[0]) && !found; k++) {
			snprintf(path, sizeof(path), "/sys/module/%s/parameters/%s", modules[k],
				 p->name[i]);
			found = !access(path, F_OK);
		}
		if (!found)
			finish(LAB_NO_PARAM, i);
	}
}

static void read_params(struct params *p)
{
	static char text[PARAM_BYTES];
	char *rest;

	if (early_read("/lab/kvm-params", text, sizeof(text)) < 0)
		return;
	for (char *line = strtok_r(text, "\n", &rest); line && p->n < MAX_PARAMS;
	     line = strtok_r(NULL, "\n", &rest)) {
		char *equals = strchr(line, '=');

		if (!equals)
			continue;
		*equals = '\0';
		p->name[p->n] = line;
		p->value[p->n++] = equals + 1;
	}
}

static void load_kvm(void)
{
	const char *order = cpu_has("svm") ? "/modules/svm" : "/modules/vmx";
	struct params p = {0};

	read_params(&p);
	early_modules(p.n ? add_params(order, &p) : order);
	check_params(&p);
}

static int read_command(char *text, char **argv)
{
	int fd = open("/lab/command", O_RDONLY), n = 0;
	ssize_t len = fd < 0 ? -1 : read(fd, text, LAB_COMMAND_BYTES - 1);

	if (fd >= 0)
		close(fd);
	if (len <= 0)
		return -ENOENT;
	text[len] = '\0';
	for (char *p = text; p < text + len && n < LAB_COMMAND_ARGS - 1; p += strlen(p) + 1)
		argv[n++] = p;
	argv[n] = NULL;
	return n;
}

/* The program's fd 1, 2 and 3 are ours to relay; 3 takes status words ("begun"). */
static pid_t spawn(char **argv, int from[STREAMS])
{
	int pipes[STREAMS][2];
	pid_t pid;

	for (int i = 0; i < STREAMS; i++) {
		if (pipe2(pipes[i], O_CLOEXEC))
			return -1;
		from[i] = pipes[i][0];
	}
	pid = fork();
	if (pid == 0) {
		setenv("PATH", "/usr/bin:/usr/sbin:/bin:/sbin", 1);
		setenv("HOME", "/", 1);
		for (int i = 0; i < STREAMS; i++)
			dup2(pipes[i][1], i + 1);
		execv(argv[0], argv);
		dprintf(2, "lab: cannot run %s: %s\n", argv[0], strerror(errno));
		_exit(128);
	}
	for (int i = 0; i < STREAMS; i++)
		close(pipes[i][1]);
	return pid;
}

/* Hands out what has come. Bytes; 0: nothing came in time; -1: no stream is open any more. */
static int relay(struct pollfd *fds, int timeout_ms)
{
	static const unsigned short ports[STREAMS] = {LAB_PORT_STDOUT, LAB_PORT_STDERR,
						      LAB_PORT_STATUS};
	char buf[4096];
	int open_streams = 0, moved = 0;

	poll(fds, STREAMS, timeout_ms);
	for (int i = 0; i < STREAMS; i++) {
		ssize_t n = 0;

		if (fds[i].fd < 0)
			continue;
		if (fds[i].revents)
			n = read(fds[i].fd, buf, sizeof(buf));
		if (n > 0)
			port_write(ports[i], buf, (size_t)n);
		if (fds[i].revents && n <= 0) {
			close(fds[i].fd);
			fds[i].fd = -1;
		}
		moved += n > 0 ? (int)n : 0;
		open_streams += fds[i].fd >= 0;
	}
	return open_streams ? moved : -1;
}

static long now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

static void send_file(const char *path, const char *before, size_t len)
{
	char buf[4096];
	int fd = open(path, O_RDONLY);
	ssize_t n;

	if (fd >= 0)
		port_write(LAB_PORT_RESULT, before, len);
	while (fd >= 0 && (n = read(fd, buf, sizeof(buf))) > 0)
		port_write(LAB_PORT_RESULT, buf, (size_t)n);
	if (fd >= 0)
		close(fd);
}

static void send_result(void)
{
	send_file("/lab/result.json", "", 0);
	send_file("/lab/trace", "", 1); /* the text's NUL */
}

/* Ends by finish(). Streams that a daemon left open are given up when the program has ended. */
static void run(char **argv, long timeout_s)
{
	struct pollfd fds[STREAMS];
	int from[STREAMS], wstatus = 0, gone = 0;
	long end = now_s() + timeout_s;
	pid_t pid = spawn(argv, from);

	if (pid < 0)
		finish("error", errno);
	for (int i = 0; i < STREAMS; i++)
		fds[i] = (struct pollfd){.fd = from[i], .events = POLLIN};
	while (!gone && relay(fds, 1000) >= 0) {
		pid_t ended;

		while ((ended = waitpid(-1, &wstatus, WNOHANG)) > 0 && ended != pid)
			;
		gone = ended == pid;
		if (timeout_s && now_s() >= end)
			finish("timeout", (int)timeout_s);
	}
	while (!gone && waitpid(-1, &wstatus, 0) != pid)
		;
	while (relay(fds, 0) > 0)
		;
	send_result();
	if (WIFSIGNALED(wstatus))
		finish("signal", WTERMSIG(wstatus));
	finish("exit", WEXITSTATUS(wstatus));
}

int main(void)
{
	static char text[LAB_COMMAND_BYTES], *argv[LAB_COMMAND_ARGS];
	struct settings s = {0};

	early_name = "lab";
	early_mount();
	mount_rest();
	read_settings(&s);
	if (ioperm(LAB_PORT_STDOUT, LAB_PORTS, 1)) {
		early_say("no access to the output ports (CONFIG_X86_IOPL_IOPERM): %s",
			  strerror(errno));
		early_power_off();
	}
	status("booted\n");
	mark("L1.init");
	load_kvm();
	early_modules("/modules/more"); /* what sources need, as far as this kernel has it */
	give_entropy();
	signal(SIGPIPE, SIG_IGN);
	if (read_command(text, argv) < 1)
		finish("error", ENOENT);
	run(argv, s.timeout_s);
}
