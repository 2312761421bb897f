/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * knobs.c - whatever kills a run, the old values come back. The knobs are plain files under a
 * directory that stands for "/"; the killed run is a child that is traced and gets SIGKILL at every
 * entry and exit of a system call, so also between any two writes. Would pass silently if the child
 * never came to its writes: the test wants to have seen both untouched and changed knobs.
 */
#include "knobs_made.h"
#include "base/signals.h"

#include <sys/time.h>

/* What the traced child does. Its end without a kill is exit code 0. */
static int whole_run(void)
{
	struct knobs *k;
	int err = knobs_open(&k, top, journal, NULL);

	if (!err)
		err = write_all(k);
	return err ? err : knobs_close(k);
}

static int recover_run(void)
{
	unsigned int recovered;

	return knobs_recover(top, journal, &recovered);
}

static void child(int (*body)(void))
{
	int null = open("/dev/null", O_WRONLY);

	dup2(null, STDERR_FILENO);
	if (ptrace(PTRACE_TRACEME, 0, 0, 0))
		_exit(77);
	raise(SIGSTOP);
	_exit(body() ? 1 : 0);
}

/* Runs @body until its @stops'th system call stop and kills it there. False: it ended before. */
static bool killed_at(int (*body)(void), int stops)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		child(body);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
		print_message("ptrace is not allowed here\n");
		skip();
	}
	while (WIFSTOPPED(status) && stops-- > 0) {
		ptrace(PTRACE_SYSCALL, pid, 0, 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
	}
	if (!WIFSTOPPED(status)) {
		assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
		return false;
	}
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	return true;
}

static void killed_anywhere(void **state)
{
	unsigned int recovered, most = 0;
	int stops = 0, nothing = 0;
	struct capture c;

	(void)state;
	for (; killed_at(whole_run, stops); stops++) {
		if (recover_quietly(&recovered, &c))
			fail_msg("stop %d: '%s'", stops, c.text);
		assert_all_old("after recover");
		assert_no_journal();
		if (recovered > most)
			most = recovered;
		nothing += !recovered;
		reset_knobs();
	}
	assert_all_old("unkilled");
	assert_no_journal();
	assert_int_equal(most, ARRAY_SIZE(values));
	assert_true(nothing > 0);
	assert_true(stops > 20);
}

static void killed_in_recover(void **state)
{
	unsigned int recovered;
	struct capture c;
	int stops = 0;

	(void)state;
	for (;; stops++) {
		leave_journal();
		assert_string_equal(get(SCAN), "100000");
		if (!killed_at(recover_run, stops))
			break;
		assert_int_equal(recover_quietly(&recovered, &c), 0);
		assert_all_old("after the second recover");
		assert_no_journal();
	}
	assert_all_old("unkilled");
	assert_true(stops > 20);
}

static void next_start_recovers(void **state)
{
	unsigned int recovered = 0;
	struct capture c;
	struct knobs *k;

	(void)state;
	leave_journal();
	capture_begin(&c, STDERR_FILENO);
	assert_int_equal(knobs_open(&k, top, journal, &recovered), 0);
	capture_end(&c);
	assert_int_equal(recovered, ARRAY_SIZE(values));
	assert_non_null(strstr(c.text, SCAN " is back at '100'"));
	assert_all_old("opened again");
	assert_int_equal(write_all(k), 0);
	assert_string_equal(get(RUN), "2");
	assert_int_equal(knobs_close(k), 0);
	assert_all_old("closed again");
	assert_no_journal();
}

static void restores_old_values(void **state)
{
	struct knobs *k = open_knobs();
	struct stat st;
	char buf[128];

	(void)state;
	assert_int_equal(write_all(k), 0);
	assert_int_equal(knob_write_u64(k, SCAN, 5000), 0);
	assert_string_equal(get(SCAN), "5000");
	assert_string_equal(get(MODE), "none");
	assert_string_equal(get(WORDS), "7 4 1 7");
	assert_string_equal(get(TRIGGER), "1");
	assert_int_equal(stat(journal, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	snprintf(buf, sizeof(buf), "%s/run/host-stress", top);
	assert_int_equal(stat(buf, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(knobs_restore(k), 0);
	assert_all_old("restored");
	assert_int_equal(knob_write(k, RUN, "1"), 0); /* goes on after it */
	assert_int_equal(knobs_close(k), 0);
	assert_all_old("closed");
	assert_string_equal(get(TRIGGER), "1");
	assert_no_journal();
	assert_int_equal(access(buf, F_OK), -1);
	assert_int_equal(knobs_close(NULL), 0);
}

/*
 * A pipe without a reader hangs its writer, as KSM does when ksmd waits for a lock that QEMU holds.
 * The other knobs come back, and the journal is free for the next try.
 */
static void a_knob_that_hangs_stops_no_other(void **state)
{
	struct knobs *k = open_knobs();
	unsigned int recovered;
	struct capture c;
	char full[128];

	(void)state;
	assert_int_equal(write_all(k), 0);
	remove_path(SCAN);
	snprintf(full, sizeof(full), "%s%s", top, SCAN);
	assert_int_equal(mkfifo(full, 0600), 0);
	assert_int_equal(knob_rewrite(k, SCAN, "7", NSEC_PER_MSEC), -ETIMEDOUT);
	assert_int_equal(knob_rewrite(k, "/sys/ksm/other", "7", NSEC_PER_MSEC), 0);
	assert_int_equal(knob_rewrite(k, RUN, "7", NSEC_PER_SEC), 0);
	assert_string_equal(get(RUN), "7");
	capture_begin(&c, STDERR_FILENO);
	assert_int_equal(knobs_close(k), -ETIMEDOUT);
	capture_end(&c);
	assert_non_null(strstr(c.text, SCAN ": Connection timed out"));
	remove_path(SCAN);
	put(SCAN, "100000");
	assert_string_equal(get(RUN), "0");
	assert_int_equal(recover_quietly(&recovered, &c), 0);
	assert_int_equal(recovered, 1);
	assert_all_old("after the hang");
	assert_no_journal();
}

static void noted(int sig)
{
	(void)sig;
}

/*
 * As run=2 on a large guest: the write waits in the kernel, ^C ends it, nobody complains of that,
 * and the old value comes back.
 */
static void a_signal_ends_a_write(void **state)
{
	struct itimerval soon = {.it_value.tv_usec = 20000, .it_interval.tv_usec = 20000};
	struct knobs *k = open_knobs();
	struct capture c;
	int pipe;

	(void)state;
	assert_int_equal(knob_write(k, RUN, "1"), 0);
	pipe = full_pipe(RUN);
	signals_catch(noted);
	setitimer(ITIMER_REAL, &soon, NULL);
	capture_begin(&c, STDERR_FILENO);
	assert_int_equal(knob_write(k, RUN, "2"), -EINTR);
	assert_int_equal(knob_trigger(k, RUN, "2"), -EINTR);
	capture_end(&c);
	setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
	close(pipe);
	assert_string_equal(c.text, "");
	remove_path(RUN);
	put(RUN, "2");
	assert_int_equal(knobs_close(k), 0);
	assert_all_old("after the signal");
	assert_no_journal();
}

/* Both names are one file: the one written first has its true old value and must come last. */
static void restores_in_reverse(void **state)
{
	struct knobs *k = open_knobs();
	char full[128];

	(void)state;
	snprintf(full, sizeof(full), "%s/proc/alias", top);
	assert_int_equal(symlink("../sys/ksm/run", full), 0);
	assert_int_equal(knob_write(k, "/proc/alias", "1"), 0);
	assert_int_equal(knob_write(k, RUN, "2"), 0);
	assert_int_equal(knobs_close(k), 0);
	assert_string_equal(get(RUN), "0");
}

static void reads_choices(void **state)
{
	static const char *const cases[][2] = {
		{"always [madvise] never\n", "madvise"},
		{"[none] scan-time\n", "none"},
		{"lzo [lzo-rle]\n", "lzo-rle"},
		{"[only]\n", "only"},
		{"12\n", "12"},
		{"a[1] b\n", "a[1] b"},
		{"[a b] c\n", "[a b] c"},
		{"none voluntary (full) \n", "full"},
		{"(none) voluntary full lazy \n", "none"},
		{"f(x) y\n", "f(x) y"},
		{"(a b) c\n", "(a b) c"},
		{"(a) (b)\n", "(a) (b)"},
		{"[a] [b]\n", "[a] [b]"},
		{"[a\n", "[a"},
		{"\n", ""},
	};
	struct knobs *k = open_knobs();
	char buf[32];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		put(MODE, cases[i][0]);
		assert_int_equal(knob_read(k, MODE, buf, sizeof(buf)), strlen(cases[i][1]));
		assert_string_equal(buf, cases[i][1]);
	}
	assert_int_equal(knob_read(k, MODE "x", buf, sizeof(buf)), -ENOENT);
	assert_int_equal(knobs_close(k), 0);
}

static void missing_files_are_silent(void **state)
{
	struct knobs *k = open_knobs();
	struct capture c;

	(void)state;
	capture_begin(&c, STDERR_FILENO);
	assert_int_equal(knob_write(k, "/sys/none", "1"), -ENOENT);
	assert_int_equal(knob_write_u64(k, "/sys/none/x", 1), -ENOENT);
	assert_int_equal(knob_trigger(k, "/sys/none", "1"), -ENOENT);
	assert_int_equal(knobs_close(k), 0);
	assert_string_equal(capture_end(&c), "");
}

static void failed_writes_are_said(void **state)
{
	struct knobs *k = open_knobs();
	struct capture c;

	(void)state;
	capture_begin(&c, STDERR_FILENO);
	assert_int_equal(knob_write(k, "/sys", "1"), -EISDIR);
	assert_int_equal(knob_trigger(k, "/sys", "1"), -EISDIR);
	assert_int_equal(knobs_close(k), 0);
	capture_end(&c);
	assert_int_equal(capture_lines(&c), 2);
	assert_non_null(strstr(c.text, "/sys: Is a directory"));
}

static void failed_restore_is_kept(void **state)
{
	struct knobs *k = open_knobs();
	unsigned int recovered;
	struct capture c;

	(void)state;
	assert_int_equal(write_all(k), 0);
	remove_path(SCAN);
	make_dir(SCAN);
	capture_begin(&c, STDERR_FILENO);
	assert_int_equal(knobs_close(k), -EISDIR);
	capture_end(&c);
	assert_int_equal(capture_lines(&c), 1);
	assert_non_null(strstr(c.text, "cannot put '100' back into " SCAN ": Is a directory"));
	assert_int_equal(recover_quietly(&recovered, &c), -EISDIR); /* not yet */
	assert_int_equal(recovered, 0);
	assert_int_equal(access(journal, F_OK), 0);
	remove_path(SCAN);
	put(SCAN, "100");
	assert_all_old("all others");
	put(SCAN, "100000");
	put(MODE, "none"); /* the user's own, since then: already put back, not touched again */
	assert_int_equal(recover_quietly(&recovered, &c), 0);
	assert_int_equal(recovered, 1);
	assert_string_equal(get(SCAN), "100");
	assert_string_equal(get(MODE), "none");
	assert_no_journal();
	assert_int_equal(recover_quietly(&recovered, &c), 0);
	assert_int_equal(recovered, 0);
	assert_string_equal(c.text, "");
}

static void gone_with_its_module(void **state)
{
	struct knobs *k = open_knobs();
	struct capture c;

	(void)state;
	assert_int_equal(write_all(k), 0);
	remove_path(MODE);
	capture_begin(&c, STDERR_FILENO);
	assert_int_equal(knobs_close(k), 0);
	capture_end(&c);
	assert_int_equal(capture_lines(&c), 1);
	assert_non_null(strstr(c.text, MODE " is gone"));
	assert_no_journal();
	put(MODE, "none [scan-time]\n");
	assert_all_old("the others");
}

/* -1: this machine does not let us. */
static int enter_net_namespace(void)
{
	return unshare(CLONE_NEWNET) ||
			       access("/proc/sys/net/ipv4/ip_unprivileged_port_start", W_OK)
		       ? -1
		       : 0;
}

/*
 * Real knobs that refuse each other (net/ipv4/sysctl_net_ipv4.c): the port range may not reach
 * below the privileged ports. Newest first, the first of the two is refused until the other is
 * back.
 */
static int order_child(void)
{
	static const char range[] = "/proc/sys/net/ipv4/ip_local_port_range";
	static const char start[] = "/proc/sys/net/ipv4/ip_unprivileged_port_start";
	char range_old[64], range_now[64];
	uint64_t start_now;
	struct knobs *k;

	if (enter_net_namespace())
		return 77;
	if (knobs_open(&k, "", journal, NULL) || file_read(range, range_old, 64) < 0 ||
	    knob_write(k, range, "40000 60999") || knob_write(k, start, "500") ||
	    knob_write(k, range, "600 60999"))
		return 1;
	if (knobs_close(k) || file_read(range, range_now, 64) < 0 || file_u64(start, &start_now))
		return 2;
	return !strcmp(range_old, range_now) && start_now == 1024 ? 0 : 3;
}

static void rounds_until_it_helps(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	if (!pid)
		_exit(order_child());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77) {
		print_message("no network namespace of our own here\n");
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_no_journal();
}

/* What a source has made is taken away: by knob_pay(), at the end, and by recover. */
static void what_is_owed(void **state)
{
	struct knobs *k;
	unsigned int n;
	int status;
	pid_t pid;

	(void)state;
	assert_int_equal(knobs_open(&k, top, journal, NULL), 0);
	assert_int_equal(knob_owe_write(k, TRIGGER, "7"), 0);
	assert_int_equal(knob_pay(k, "/never/owed"), 0);
	assert_string_equal(get(TRIGGER), "");
	assert_int_equal(knob_pay(k, TRIGGER), 0);
	assert_string_equal(get(TRIGGER), "7");
	put(TRIGGER, "");
	/* Forgotten: nothing came of it, and nothing is written; the next is owed anew. */
	assert_int_equal(knob_owe_write(k, TRIGGER, "6"), 0);
	knob_forget(k, TRIGGER);
	knob_forget(k, "/never/owed");
	assert_int_equal(knob_pay(k, TRIGGER), 0);
	assert_string_equal(get(TRIGGER), "");
	assert_int_equal(knob_owe_write(k, TRIGGER, "8"), 0);
	assert_int_equal(knobs_close(k), 0);
	assert_string_equal(get(TRIGGER), "8");
	assert_no_journal();
	put(TRIGGER, "");
	pid = fork();
	if (!pid)
		_exit(knobs_open(&k, top, journal, NULL) || knob_write(k, RUN, "1") ||
		      knob_owe_write(k, TRIGGER, "9") || knob_pay(k, RUN));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_string_equal(get(TRIGGER), "");
	assert_string_equal(get(RUN), "0");
	put(RUN, "5"); /* somebody else's by now */
	assert_int_equal(recover_quietly(&n, &(struct capture){0}), 0);
	assert_int_equal(n, 1);
	assert_string_equal(get(TRIGGER), "9");
	assert_string_equal(get(RUN), "5");
	put(RUN, "0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		knob_test(restores_old_values),	   knob_test(a_knob_that_hangs_stops_no_other),
		knob_test(a_signal_ends_a_write),  knob_test(restores_in_reverse),
		knob_test(reads_choices),	   knob_test(missing_files_are_silent),
		knob_test(failed_writes_are_said), knob_test(killed_anywhere),
		knob_test(killed_in_recover),	   knob_test(next_start_recovers),
		knob_test(failed_restore_is_kept), knob_test(gone_with_its_module),
		knob_test(rounds_until_it_helps),  knob_test(what_is_owed),
	};

	return cmocka_run_group_tests_name("knobs", tests, NULL, NULL);
}
