/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * child.c - ending a child, also one that SIGKILL does not end, as it is when it waits in the
 * kernel; and signals to us that end a wait. This file's kill() stands for such a kernel; it would
 * pass silently if child.c asked another one, so the mortal child is ended by it too.
 */
#include "capture.h"
#include "base/child.h"
#include "base/signals.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static bool immortal;
static unsigned int kills;
static struct loop *loop;
static struct child child;

int kill(pid_t pid, int sig)
{
	kills++;
	return immortal ? 0 : (int)syscall(SYS_kill, pid, sig);
}

static void start(const char *script)
{
	static char sh[] = "/bin/sh", option[] = "-c";
	char *argv[] = {sh, option, (char *)script, NULL};

	kills = 0;
	assert_int_equal(child_start(&child, loop, argv, NULL, 0, STDERR_FILENO), 0);
}

static void end_for_good(pid_t pid)
{
	syscall(SYS_kill, pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* SIGINT to us after @ms. */
static void interrupt_in(unsigned int ms)
{
	struct itimerval in = {.it_value = {.tv_usec = ms * 1000}};

	assert_int_equal(setitimer(ITIMER_REAL, &in, NULL), 0); /* SIGALRM asks to stop as well */
}

static void ends_a_child(void **state)
{
	(void)state;
	start("exec sleep 1000");
	assert_int_equal(child_stop(&child, 10 * NSEC_PER_SEC), 0);
	assert_int_equal(kills, 1);
	assert_true(WIFSIGNALED(child.status) && WTERMSIG(child.status) == SIGTERM);
	start("trap '' TERM; echo; exec sleep 1000");
	assert_int_equal(child_stop(&child, 0), 0);
	assert_int_equal(WTERMSIG(child.status), SIGKILL);
	assert_int_equal(child_stop(&child, 0), 0); /* there is none any more */
}

/* Not for ever, and not deaf meanwhile: the first signal ends the grace, the next the wait. */
static void leaves_an_immortal_child_behind(void **state)
{
	uint64_t begin = mono_ns();
	pid_t pid;

	(void)state;
	immortal = true;
	start("exec sleep 1000");
	pid = child.pid;
	assert_int_equal(child_stop(&child, 1000), -ETIME);
	assert_int_equal(kills, 2);
	assert_in_range(mono_ns() - begin, NSEC_PER_SEC, 20 * NSEC_PER_SEC);
	end_for_good(pid);

	start("exec sleep 1000");
	pid = child.pid;
	begin = mono_ns();
	interrupt_in(50);
	assert_int_equal(child_stop(&child, 0), -ETIME);
	assert_in_range(mono_ns() - begin, 0, 3 * NSEC_PER_SEC);
	end_for_good(pid);
	immortal = false;
}

/* The signal for which it is stopped has been heard: the child has its grace all the same. */
static void has_its_grace_after_a_signal(void **state)
{
	(void)state;
	raise(SIGINT);
	start("exec sleep 1000");
	assert_int_equal(child_stop(&child, 10 * NSEC_PER_SEC), 0);
	assert_int_equal(kills, 1);
	raise(SIGINT);
	start("trap '' TERM; exec sleep 1000");
	assert_int_equal(child_stop(&child, 0), 0);
}

static int never(void *arg)
{
	(void)arg;
	return 0;
}

static void a_signal_ends_a_wait(void **state)
{
	(void)state;
	loop_calm(loop);
	interrupt_in(20);
	assert_int_equal(loop_until(loop, never, NULL, 100 * NSEC_PER_SEC), -EINTR);
	assert_int_equal(loop_until(loop, never, NULL, 100 * NSEC_PER_SEC), -EINTR);
	loop_calm(loop);
	assert_int_equal(loop_until(loop, never, NULL, NSEC_PER_MSEC), -ETIME);
}

/* A child that waits in the kernel is named with the place; vfork() waits so. */
static void says_what_is_stuck(void **state)
{
	char buf[200];

	(void)state;
	start("exec sleep 1000");
	assert_string_equal(child_stuck(child.pid, buf, sizeof(buf)), "nothing that is known");
	assert_int_equal(child_stop(&child, 0), 0);
	assert_string_equal(child_stuck(1 << 30, buf, sizeof(buf)), "nothing that is known");
}

static int oom_score_adj(pid_t pid)
{
	auto_free char *path = str_format("/proc/%d/oom_score_adj", pid);
	char text[16] = "";

	assert_true(file_read(path, text, sizeof(text)) > 0);
	return atoi(text);
}

/* Want of memory ends QEMU, not us; and we stay what we were. */
static void dies_first_of_want_of_memory(void **state)
{
	int ours = oom_score_adj(getpid());

	(void)state;
	start("exec sleep 1000");
	assert_int_equal(oom_score_adj(child.pid), 1000);
	assert_int_equal(oom_score_adj(getpid()), ours);
	assert_int_equal(child_stop(&child, 0), 0);
}

static int set_up(void **state)
{
	(void)state;
	signals_watch();
	return loop_open(&loop);
}

static int tear_down(void **state)
{
	(void)state;
	loop_close(loop);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends_a_child),
		cmocka_unit_test(leaves_an_immortal_child_behind),
		cmocka_unit_test(has_its_grace_after_a_signal),
		cmocka_unit_test(a_signal_ends_a_wait),
		cmocka_unit_test(says_what_is_stuck),
		cmocka_unit_test(dies_first_of_want_of_memory),
	};

	return cmocka_run_group_tests_name("child", tests, set_up, tear_down);
}
