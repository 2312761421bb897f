/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * run_end.c - whether a run is over, and why: each way for QEMU and guest to end is told from the
 * others, for they decide who is accused. The first word counts.
 */
#include <signal.h>
#include <sys/wait.h>

#include "fake_run.h"
#include "base/signals.h"
#include "run/end.h"

#define WAIT_NS (10 * NSEC_PER_SEC)
#define SIGNALLED(sig) (sig)

static struct opts opts;
static struct run *run;
static struct fake fake;

static int guest_is_there(void *arg)
{
	(void)arg;
	return run->guest.ready && run->guest.mapped_pages;
}

static int set_up(void **state)
{
	(void)state;
	memset(&fake, 0, sizeof(fake));
	memset(&opts, 0, sizeof(opts));
	opts.silence_ns = 100 * NSEC_PER_SEC;
	run = fake_run_open(&opts);
	if (!run)
		return -1;
	run->oom_kills = vmstat_read("oom_kill"); /* this machine's, before ours */
	fake_start(&fake);
	assert_int_equal(chan_open(&run->vm.chan, run->loop, fake.guest, guest_frame, &run->guest),
			 0);
	assert_int_equal(qmp_open(&run->vm.qmp, run->loop, fake.monitor, WAIT_NS), 0);
	assert_int_equal(loop_until(run->loop, guest_is_there, NULL, WAIT_NS), 1);
	assert_int_equal(run_trouble(run), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fake_run_close(&fake, run);
	return 0;
}

/* The run has ended so, and the sentence has @words in it; asked again it is over all the same. */
static void over(enum run_end end, const char *words)
{
	assert_true(run_trouble(run) < 0);
	assert_string_equal(run_end_name(run->result.end), run_end_name(end));
	if (!strstr(run->result.end_detail, words))
		fail_msg("'%s' is not in '%s'", words, run->result.end_detail);
	assert_int_equal(run_trouble(run), -ECANCELED);
	assert_string_equal(run_end_name(run->result.end), run_end_name(end));
}

static void qemu_left(int status)
{
	run->vm.child.exited = true;
	run->vm.child.status = status;
}

static void the_first_word_counts(void **state)
{
	(void)state;
	assert_int_equal(run_ended(&run->result, -EIO, RUN_ERROR, "%s %d", "number", 1), -EIO);
	assert_int_equal(run_ended(&run->result, -EPERM, RUN_QEMU_CRASHED, "two"), -EPERM);
	assert_int_equal(run->result.end, RUN_ERROR);
	assert_string_equal(run->result.end_detail, "number 1");
}

static void qemu_crashed(void **state)
{
	(void)state;
	qemu_left(SIGNALLED(SIGSEGV));
	over(RUN_QEMU_CRASHED, "killed by signal 11");
}

/* No crash of QEMU's: somebody else's doing, which accuses nobody. */
static void qemu_killed(void **state)
{
	(void)state;
	qemu_left(SIGNALLED(SIGKILL));
	over(RUN_QEMU_KILLED, "stopped from outside");
}

static void qemu_left_without_a_word(void **state)
{
	(void)state;
	qemu_left(0);
	over(RUN_QEMU_KILLED, "left without a word: exit code 0");
}

/* What was still in the sockets when QEMU's end was noticed is read first. */
static void the_guest_died(void **state)
{
	static const char last[] = "[    9.1] Oops: 0002 [#1] PREEMPT SMP\n";

	(void)state;
	console_add(&run->vm.console, last, strlen(last));
	fake_monitor_says(&fake,
			  "{\"event\": \"SHUTDOWN\", \"data\": {\"reason\": \"guest-reset\"}}\r\n");
	while (!qmp_shutdown_reason(run->vm.qmp)[0])
		(void)!loop_once(run->loop, NSEC_PER_MSEC);
	qemu_left(0);
	over(RUN_GUEST_CRASHED, "guest-reset");
	assert_non_null(run->result.crash);
}

static void the_guest_gave_up(void **state)
{
	(void)state;
	snprintf(run->guest.error, sizeof(run->guest.error), "out of memory");
	over(RUN_GUEST_CRASHED, "the guest gave up: out of memory");
}

/* … also when QEMU is gone already. */
static void the_guest_gave_up_last(void **state)
{
	(void)state;
	snprintf(run->guest.error, sizeof(run->guest.error), "out of memory");
	qemu_left(0);
	over(RUN_GUEST_CRASHED, "out of memory");
}

static void stopped(const char *console)
{
	console_add(&run->vm.console, console, strlen(console));
	fake_monitor_says(&fake, "{\"event\": \"STOP\"}\r\n");
	while (!qmp_stopped(run->vm.qmp))
		(void)!loop_once(run->loop, NSEC_PER_MSEC);
}

static void kvm_could_not_run_it(void **state)
{
	(void)state;
	stopped("boot\nKVM internal error. Suberror: 1\nRAX=0\n");
	over(RUN_QEMU_CRASHED, "KVM internal error. Suberror: 1");
}

static void no_memory_accuses_nobody(void **state)
{
	(void)state;
	stopped("error: kvm run failed Cannot allocate memory\n");
	over(RUN_QEMU_KILLED, "Cannot allocate memory");
}

/* A guest can print what it likes, but QEMU's words are its own. */
static void stopped_without_a_word(void **state)
{
	(void)state;
	stopped("KVM: it is all your fault\n");
	over(RUN_QEMU_KILLED, "without a word");
}

/* Silence counts when it is long enough and the loop has looked, not after one long call. */
static void silence(void **state)
{
	(void)state;
	fake_stop(&fake); /* no heartbeat any more */
	opts.silence_ns = 1;
	for (int i = 0; i < 3; i++)
		assert_int_equal(run_trouble(run), 0);
	over(RUN_GUEST_SILENT, "said nothing");
	fake_start(&fake); /* for tear_down() */
	close(fake.guest);
	close(fake.monitor);
}

static void no_silence_while_it_boots(void **state)
{
	(void)state;
	run->guest.ready = false;
	opts.silence_ns = 1;
	for (int i = 0; i < 9; i++)
		assert_int_equal(run_trouble(run), 0);
}

/* Last: a signal that has come stays. A call that it broke off is no error of ours. */
static void a_signal(void **state)
{
	(void)state;
	signals_watch();
	raise(SIGTERM);
	run_ended(&run->result, -EINTR, RUN_ERROR, "a write failed");
	assert_int_equal(run->result.end, RUN_INTERRUPTED);
	assert_string_equal(run->result.end_detail, "interrupted by SIGTERM");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(the_first_word_counts),
		T(qemu_crashed),
		T(qemu_killed),
		T(qemu_left_without_a_word),
		T(the_guest_died),
		T(the_guest_gave_up),
		T(the_guest_gave_up_last),
		T(kvm_could_not_run_it),
		T(no_memory_accuses_nobody),
		T(stopped_without_a_word),
		T(silence),
		T(no_silence_while_it_boots),
		T(a_signal),
	};

	return cmocka_run_group_tests_name("run_end", tests, NULL, NULL);
}
