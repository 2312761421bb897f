/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * main.c - the guest program: /init of the guest's initramfs, or a process under test.
 *
 * As PID 1 it mounts, loads modules, quietens the guest kernel, finds its port, and at the end of
 * whatever happens powers off. With --port-fd N it does nothing to the machine: it talks over that
 * fd, which tests give it, and exits with 0 (QUIT), 1 (PROTO_ERROR) or 2 (the host hung up).
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "early.h"
#include "guest.h"

#define MODULES "/modules/order"
#define PORT_WAIT_MS 30000
#define USAGE_CODE 128

static struct guest guest;

/* What would move the test memory inside the guest, or interrupt it; each where it exists. */
static void guest_quieten(void)
{
	static const struct {
		const char *path, *text;
	} knob[] = {
		{"/proc/sys/vm/compact_unevictable_allowed", "0"},
		{"/proc/sys/vm/compaction_proactiveness", "0"},
		{"/proc/sys/kernel/numa_balancing", "0"},
		{"/sys/kernel/mm/transparent_hugepage/khugepaged/defrag", "0"},
		{"/sys/kernel/mm/ksm/run", "0"},
		{"/proc/sys/kernel/watchdog", "0"},
	};

	for (size_t i = 0; i < sizeof(knob) / sizeof(knob[0]); i++) {
		int err = early_write(knob[i].path, knob[i].text);

		if (err && err != -ENOENT)
			early_say("%s: %s", knob[i].path, strerror(-err));
	}
}

/*
 * A fault that nothing can go on from, in the first place SIGBUS: the host's kernel says that a
 * page of the guest is poisoned. A worker leaves the port to the main thread and rests.
 */
static void on_fatal(int sig, siginfo_t *info, void *context)
{
	static int once;
	struct timespec second = {.tv_sec = 1};

	(void)context;
	if (!__atomic_exchange_n(&once, 1, __ATOMIC_RELAXED)) {
		static char text[96];

		/* musl's snprintf takes no lock and allocates nothing. */
		snprintf(text, sizeof(text), "signal %d (%s) code %d at %p", sig,
			 sig == SIGBUS	  ? "SIGBUS"
			 : sig == SIGSEGV ? "SIGSEGV"
					  : "fatal",
			 info->si_code, info->si_addr);
		if (syscall(SYS_gettid) != getpid())
			guest_fatal(text);
		else
			early_say("%s in the main thread", text);
	}
	if (syscall(SYS_gettid) != getpid()) {
		for (;;)
			nanosleep(&second, NULL);
	}
	if (guest.in_vm)
		early_power_off();
	_exit(1);
}

static void catch_fatal(void)
{
	static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
	struct sigaction action = {.sa_sigaction = on_fatal, .sa_flags = SA_SIGINFO};

	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

__attribute__((noreturn)) static void run_vm(void)
{
	int err;

	early_mount();
	early_modules(MODULES);
	guest_quieten();
	guest.in_vm = true;
	err = port_find(&guest.port, PORT_WAIT_MS);
	if (err)
		early_say(
			"no virtio-serial port named %s after %d s (is virtio_console in %s?): %s",
			PROTO_PORT, PORT_WAIT_MS / 1000, MODULES, strerror(-err));
	else
		guest_run(&guest);
	early_power_off();
}

static int run_process(const char *number)
{
	char *end;
	long fd = strtol(number, &end, 10);
	int err = *end || end == number || fd < 0 ? -EBADF : port_adopt(&guest.port, (int)fd);

	if (err) {
		early_say("--port-fd %s: %s", number, strerror(-err));
		return USAGE_CODE;
	}
	return guest_run(&guest);
}

int main(int argc, char **argv)
{
	early_name = "guest";
	catch_fatal();
	/* The kernel hands unknown words of its command line to PID 1: no options there. */
	if (getpid() == 1)
		run_vm();
	if (argc == 3 && !strcmp(argv[1], "--port-fd"))
		return run_process(argv[2]);
	early_say("this is /init of a guest; as a process it takes --port-fd N");
	return USAGE_CODE;
}
