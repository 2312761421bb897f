/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * writer.c - a write that does not come back holds nobody up and can be ended; and what sources
 * make before there is a VM, a control group, is on record first and taken away.
 */
#include "knobs_made.h"
#include "base/cgroup.h"
#include "base/writer.h"

#include <sys/syscall.h>
#include <time.h>

#define FILE_PATH "/proc/words"
#define PIPE "/proc/pipe" /* opening it for writing waits for a reader */

static bool orphaned;

pid_t getppid(void)
{
	return orphaned ? 1 : (pid_t)syscall(SYS_getppid);
}

static const char *full(const char *path)
{
	static char text[256];

	snprintf(text, sizeof(text), "%s%s", top, path);
	return text;
}

static int poll_until_done(struct writer *w)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	int err;

	for (int i = 0; (err = writer_poll(w)) == -EINPROGRESS && i < 10000; i++)
		nanosleep(&pause, NULL);
	assert_int_equal(w->pid, 0);
	return err;
}

static void writes_and_tells(void **state)
{
	struct writer w = {0};

	(void)state;
	assert_int_equal(writer_start(&w, full(FILE_PATH), "offline", NSEC_PER_SEC), 0);
	assert_int_equal(poll_until_done(&w), 0);
	assert_string_equal(get(FILE_PATH), "offline");
	assert_int_equal(writer_do(full(FILE_PATH), "online", NSEC_PER_SEC), 0);
	assert_string_equal(get(FILE_PATH), "online");
	assert_int_equal(writer_do(full("/proc/missing"), "1", NSEC_PER_SEC), -ENOENT);
	assert_int_equal(writer_stop(&w), 0);
}

/* Whoever wanted it was killed before the writer could ask to be ended with it. */
static void an_orphan_writes_nothing(void **state)
{
	(void)state;
	put(FILE_PATH, "newer");
	orphaned = true;
	assert_int_equal(writer_do(full(FILE_PATH), "older", NSEC_PER_SEC), -EINTR);
	orphaned = false;
	assert_string_equal(get(FILE_PATH), "newer");
}

static void ends_what_hangs(void **state)
{
	struct writer w = {0};
	pid_t pid;

	(void)state;
	assert_int_equal(mkfifo(full(PIPE), 0600), 0);
	assert_int_equal(writer_start(&w, full(PIPE), "offline", 50 * NSEC_PER_MSEC), 0);
	assert_int_equal(writer_poll(&w), -EINPROGRESS);
	assert_int_equal(poll_until_done(&w), -EINTR);
	assert_int_equal(writer_do(full(PIPE), "offline", 50 * NSEC_PER_MSEC), -EINTR);
	assert_int_equal(writer_start(&w, full(PIPE), "offline", 100 * NSEC_PER_SEC), 0);
	pid = w.pid;
	assert_int_equal(writer_poll(&w), -EINPROGRESS);
	assert_int_equal(writer_reap(w.pid, NSEC_PER_MSEC), -EINPROGRESS);
	assert_int_equal(writer_stop(&w), 0);
	assert_int_equal(w.pid, 0);
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(errno, ESRCH);
	remove_path(PIPE);
}

/* A directory is on record before it is there, goes again, also by recover; what is in use stays.
 */
static void directories(void **state)
{
	struct capture said;
	struct knobs *k = open_knobs();
	unsigned int n;
	int status;
	pid_t pid;

	(void)state;
	assert_int_equal(knob_make_dir(k, "/sys/group"), 0);
	assert_int_equal(access(full("/sys/group"), F_OK), 0);
	assert_int_equal(knobs_close(k), 0);
	assert_int_equal(access(full("/sys/group"), F_OK), -1);
	assert_no_journal();
	make_dir("/sys/group"); /* somebody else's */
	k = open_knobs();
	capture_begin(&said, STDERR_FILENO);
	assert_int_equal(knob_make_dir(k, "/sys/group"), -EEXIST);
	capture_end(&said);
	assert_int_equal(knobs_close(k), 0);
	assert_int_equal(access(full("/sys/group"), F_OK), 0);
	remove_path("/sys/group");
	pid = fork();
	if (!pid)
		_exit(knobs_open(&k, top, journal, NULL) || knob_make_dir(k, "/sys/group"));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(access(full("/sys/group"), F_OK), 0);
	capture_begin(&said, STDERR_FILENO);
	assert_int_equal(knobs_recover(top, journal, &n), 0);
	capture_end(&said);
	assert_int_equal(n, 1);
	assert_int_equal(access(full("/sys/group"), F_OK), -1);
	assert_no_journal();
}

static void groups(void **state)
{
	struct knobs *k = open_knobs();
	char why[160] = "";

	(void)state;
	assert_int_equal(cgroup_probe(top, why, sizeof(why)), -ENOENT);
	assert_non_null(strstr(why, "cgroup.controllers"));
	make_dir("/sys/fs");
	make_dir(CGROUP_TOP);
	put(CGROUP_TOP "/cgroup.controllers", "cpu memory.x hugememory\n");
	assert_int_equal(cgroup_probe(top, why, sizeof(why)), -ENOENT);
	put(CGROUP_TOP "/cgroup.controllers", "cpu memory pids\n");
	assert_int_equal(cgroup_probe(top, why, sizeof(why)), 0);
	put(CGROUP_TOP "/cgroup.subtree_control", "cpu\n");
	assert_int_equal(cgroup_make(k), 0);
	assert_string_equal(get(CGROUP_TOP "/cgroup.subtree_control"), "+memory");
	assert_int_equal(access(full(CGROUP_OURS), F_OK), 0);
	assert_int_equal(knobs_close(k), 0);
	assert_string_equal(get(CGROUP_TOP "/cgroup.subtree_control"), "-memory");
	assert_int_equal(access(full(CGROUP_OURS), F_OK), -1);
	/* Somebody has it on: it stays on. */
	put(CGROUP_TOP "/cgroup.subtree_control", "memory\n");
	k = open_knobs();
	assert_int_equal(cgroup_make(k), 0);
	assert_int_equal(knobs_close(k), 0);
	assert_string_equal(get(CGROUP_TOP "/cgroup.subtree_control"), "memory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_and_tells), cmocka_unit_test(an_orphan_writes_nothing),
		cmocka_unit_test(ends_what_hangs),  cmocka_unit_test(directories),
		cmocka_unit_test(groups),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
