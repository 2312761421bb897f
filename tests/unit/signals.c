/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * signals.c - which signals ask to stop, what stays ignored, and what follows a crash. Each in a
 * child. Would pass silently if no child came to its end: each says a number.
 */
#include "capture.h"
#include "base/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DONE 42

/* The last two: the first and the last that libc leaves to us of the real-time ones. */
static const int asking[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGTERM,   SIGALRM, SIGUSR1, SIGUSR2,
			     SIGXCPU, SIGXFSZ, SIGPWR,	SIGVTALRM, SIGPROF, 34,	     64};

/* Wait status of a child that runs @body. */
static int status_of(void (*body)(void))
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		struct rlimit none = {0};

		setrlimit(RLIMIT_CORE, &none);
		body();
		_exit(DONE);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void expect_done(void (*body)(void))
{
	int status = status_of(body);

	if (!WIFEXITED(status) || WEXITSTATUS(status) != DONE)
		fail_msg("wait status 0x%x", (unsigned int)status);
}

/* Whoever runs the test may have had some ignored (nohup). */
static void all_are_noted(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(asking); i++)
		signal(asking[i], SIG_DFL);
	signals_watch();
	for (size_t i = 0; i < ARRAY_SIZE(asking); i++) {
		raise(asking[i]);
		if (signals_got() != SIGHUP || signals_count() != i + 1)
			_exit((int)i);
	}
}

static void ignored_stay_ignored(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(asking); i++)
		signal(asking[i], SIG_IGN);
	signal(SIGUSR2, SIG_DFL);
	signals_watch();
	for (size_t i = 0; i < ARRAY_SIZE(asking); i++)
		raise(asking[i]);
	if (signals_got() != SIGUSR2 || signals_count() != 1)
		_exit(1);
}

static void signals_ask_to_stop(void **state)
{
	(void)state;
	expect_done(all_are_noted);
	expect_done(ignored_stay_ignored);
}

static void next_file_is_no_standard_one(void)
{
	for (int fd = 0; fd < 3; fd++)
		close(fd);
	signals_prepare();
	if (open("/dev/null", O_RDWR) != 3 || read(0, &(char){0}, 1) >= 0 || errno != EBADF ||
	    write(1, "x", 1) >= 0 || errno != EBADF || write(2, "x", 1) >= 0 || errno != EBADF)
		_exit(1);
}

static void broken_pipe_is_an_error(void)
{
	int fd[2];

	signals_prepare();
	if (pipe(fd) || close(fd[0]) || write(fd[1], "x", 1) >= 0 || errno != EPIPE)
		_exit(1);
}

static void standard_files(void **state)
{
	(void)state;
	expect_done(next_file_is_no_standard_one);
	expect_done(broken_pipe_is_an_error);
}

static char recovered[] = "/tmp/host-stress-signals-XXXXXX";

static void crash(void)
{
	setenv("HS_TEST_RECOVERED", recovered, 1);
	signals_recover_after_crash();
	abort();
}

/* The crash kills as it would have, and recover (see main()) comes afterwards. */
static void a_crash_is_recovered_from(void **state)
{
	struct timespec pause = {.tv_nsec = 10000000};
	int status, tries = 1000;

	(void)state;
	close(mkstemp(recovered));
	status = status_of(crash);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	while (!access(recovered, F_OK) && tries--)
		nanosleep(&pause, NULL);
	assert_int_equal(access(recovered, F_OK), -1);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signals_ask_to_stop),
		cmocka_unit_test(standard_files),
		cmocka_unit_test(a_crash_is_recovered_from),
	};

	if (argc == 2 && !strcmp(argv[1], "recover"))
		return unlink(getenv("HS_TEST_RECOVERED"));
	return cmocka_run_group_tests_name("signals", tests, NULL, NULL);
}
