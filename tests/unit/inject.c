/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * inject.c - system calls that another process is made to make: it makes them and goes on as
 * before, and one that cannot be had, because it never stops or never sleeps, is waited for only so
 * long.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "capture.h"
#include "vm/inject.h"

static const uint64_t none[6];
static pid_t begun; /* not yet waited for: a test that failed leaves nothing behind */

static void sleeps(int to)
{
	char byte;

	(void)!write(to, "", 1);
	(void)!read(STDIN_FILENO, &byte, 1); /* ends with the test's pipe */
}

static void spins(int to)
{
	(void)!write(to, "", 1);
	for (;;)
		__asm__ volatile("pause");
}

/* The parent of a vfork() waits for its child as a thread waits that hangs in the kernel (D). */
static void hangs(int to)
{
	pid_t pid =
		(pid_t)syscall(SYS_clone, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL, NULL, NULL, 0);

	if (!pid) {
		(void)!write(to, "", 1);
		for (;;)
			pause();
	}
	_exit(0);
}

/* A process of @how, as far as it says by itself; the end of *@hold ends it. */
static pid_t begin(void (*how)(int), int *hold)
{
	int ready[2], end[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready) | pipe2(end, O_CLOEXEC), 0);
	pid = fork();
	if (!pid) {
		setpgid(0, 0);
		close(end[1]);
		dup2(end[0], STDIN_FILENO);
		how(ready[1]);
		_exit(7);
	}
	setpgid(pid, pid);
	begun = pid;
	close(ready[1]);
	close(end[0]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	*hold = end[1];
	return pid;
}

static int end_of(pid_t pid, int hold)
{
	int status = -1;

	close(hold);
	assert_int_equal(waitpid(pid, &status, __WALL), pid);
	begun = 0;
	return status;
}

static void kill_all(pid_t pid, int hold)
{
	kill(-pid, SIGKILL);
	assert_true(WIFSIGNALED(end_of(pid, hold)));
}

static int tear_down(void **state)
{
	(void)state;
	if (begun) {
		kill(-begun, SIGKILL);
		(void)!waitpid(begun, NULL, __WALL);
		begun = 0;
	}
	return 0;
}

static void a_call_and_then_as_before(void **state)
{
	int64_t ret = 0;
	int hold;
	pid_t pid = begin(sleeps, &hold);

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(inject_call_soon(pid, SYS_getpid, none, &ret), 0);
		assert_int_equal(ret, pid);
	}
	assert_int_equal(inject_call_soon(pid, SYS_close, (uint64_t[6]){999}, &ret), 0);
	assert_int_equal(ret, -EBADF);
	assert_int_equal(inject_fork(pid), 0);
	assert_int_equal(WEXITSTATUS(end_of(pid, hold)), 7); /* its read() went on */
}

static void refused(pid_t pid, const char *why)
{
	struct capture c;
	int64_t ret = 0;
	uint64_t begun = mono_ns();
	int err;

	inject_patience_ns = 300 * NSEC_PER_MSEC;
	capture_begin(&c, STDERR_FILENO);
	err = inject_call_soon(pid, SYS_getpid, none, &ret);
	capture_end(&c);
	inject_patience_ns = 5 * NSEC_PER_SEC;
	assert_int_equal(err, -ETIMEDOUT);
	assert_true(mono_ns() - begun >= 300 * NSEC_PER_MSEC);
	assert_int_equal(capture_lines(&c), 1);
	assert_non_null(strstr(c.text, why));
}

static void one_that_never_sleeps(void **state)
{
	uint64_t end = mono_ns() + 10 * NSEC_PER_SEC;
	int64_t ret = 0;
	int hold, err;
	pid_t pid = begin(spins, &hold);

	(void)state;
	/* On a busy machine it may still be in the write() that told of it. */
	while (!(err = inject_call(pid, SYS_getpid, none, &ret)) && mono_ns() < end)
		usleep(1000);
	assert_int_equal(err, -EAGAIN);
	refused(pid, "is in no system call");
	kill_all(pid, hold);
}

static void one_that_never_stops(void **state)
{
	int hold;
	pid_t pid = begin(hangs, &hold);

	(void)state;
	refused(pid, "hangs in the kernel");
	kill_all(pid, hold);
}

static void one_that_is_gone(void **state)
{
	struct capture c;
	int64_t ret = 0;
	int hold, err;
	pid_t pid = begin(sleeps, &hold);

	(void)state;
	end_of(pid, hold);
	capture_begin(&c, STDERR_FILENO);
	err = inject_call_soon(pid, SYS_getpid, none, &ret);
	capture_end(&c);
	assert_int_equal(err, -ESRCH);
	assert_int_equal(capture_lines(&c), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_call_and_then_as_before, tear_down),
		cmocka_unit_test_teardown(one_that_never_sleeps, tear_down),
		cmocka_unit_test_teardown(one_that_never_stops, tear_down),
		cmocka_unit_test_teardown(one_that_is_gone, tear_down),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("inject", tests, NULL, NULL);
}
