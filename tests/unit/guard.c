/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guard.c - a program that hangs in the kernel has its knobs put back by its guard, one that only
 * rests or is busy has not. The program is a child of ours; it hangs in vfork(), whose parent waits
 * in state D. Would pass silently if the knob had never been changed, so that is waited for.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "capture.h"
#include "base/guard.h"
#include "base/knobs.h"

#define PATIENCE_NS (200 * NSEC_PER_MSEC)
#define WAIT_NS (20 * NSEC_PER_SEC)

static char top[] = "/tmp/guard.XXXXXX";
static char journal[64], knob[64];
/* Of all processes: set by the guard when it acts, and when it has. */
static struct {
	pid_t pid;
	bool done;
} * guarded;

static void nap(uint64_t ns)
{
	nanosleep(&(struct timespec){(time_t)(ns / NSEC_PER_SEC), (long)(ns % NSEC_PER_SEC)}, NULL);
}

static char value(void)
{
	char text[16] = "";

	assert_true(file_read(knob, text, sizeof(text)) >= 0);
	return text[0];
}

static bool becomes(char wanted, uint64_t ns)
{
	uint64_t end = mono_ns() + ns;

	while (value() != wanted && mono_ns() < end)
		nap(5 * NSEC_PER_MSEC);
	return value() == wanted;
}

static void put_back(void *knobs)
{
	guarded->pid = getpid();
	if (!knobs_restore_recorded(knobs))
		__atomic_store_n(&guarded->done, true, __ATOMIC_RELEASE);
}

enum how { HANGS, RESTS, BEATS, STOPS };

/* Changes a knob and then does so; beats only if it is said. */
static void program(enum how how)
{
	struct guard *guard;
	struct knobs *k;
	uint64_t end;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (knobs_open(&k, top, journal, NULL) ||
	    guard_start(&guard, PATIENCE_NS, put_back, k)) /* before it is changed, as in a run */
		_exit(1);
	if (knob_write(k, "/knob", "1"))
		_exit(1);
	switch (how) {
	case HANGS:
		if (!vfork()) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			sleep(1000);
			_exit(0);
		}
		break;
	case RESTS:
		sleep(1000);
		break;
	case BEATS:
		for (;;) {
			guard_beat(guard);
			nap(NSEC_PER_MSEC);
		}
	case STOPS:
		end = mono_ns() + 2 * PATIENCE_NS;
		while (mono_ns() < end)
			;
		guard_stop(guard);
		_exit(guard_acted(NULL) || knobs_close(k) ? 1 : 0);
	}
	_exit(1);
}

static pid_t start(enum how how)
{
	pid_t pid;

	guarded->pid = 0;
	guarded->done = false;
	assert_int_equal(file_write(knob, "0"), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		setpgid(0, 0);
		program(how);
	}
	setpgid(pid, pid);
	return pid;
}

/* With the child it hangs for. */
static void end(pid_t pid)
{
	kill(-pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void a_program_that_hangs(void **state)
{
	unsigned int recovered = 99;
	pid_t pid;

	(void)state;
	pid = start(HANGS);
	assert_true(becomes('1', WAIT_NS));
	for (uint64_t last = mono_ns() + WAIT_NS;
	     !__atomic_load_n(&guarded->done, __ATOMIC_ACQUIRE);) {
		assert_true(mono_ns() < last);
		nap(5 * NSEC_PER_MSEC);
	}
	assert_int_equal(value(), '0');
	assert_int_equal(waitpid(pid, NULL, WNOHANG), 0); /* it still hangs */
	assert_true(guarded->pid && guarded->pid != pid);
	end(pid);
	assert_int_equal(knobs_recover(top, journal, &recovered), 0);
	assert_int_equal(recovered, 0); /* the journal knows it too */
}

static void stays_changed(enum how how)
{
	unsigned int recovered = 99;
	pid_t pid = start(how);

	assert_true(becomes('1', WAIT_NS));
	nap(3 * PATIENCE_NS);
	assert_int_equal(value(), '1');
	end(pid);
	assert_int_equal(guarded->pid, 0);
	assert_int_equal(knobs_recover(top, journal, &recovered), 0); /* no guard holds it up */
	assert_int_equal(recovered, 1);
}

static void a_program_that_rests(void **state)
{
	(void)state;
	stays_changed(RESTS);
}

static void a_program_that_beats(void **state)
{
	(void)state;
	stays_changed(BEATS);
}

static void a_program_that_ends(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	pid = start(STOPS);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(value(), '0');
	assert_int_equal(guarded->pid, 0);
}

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(top))
		return -1;
	snprintf(journal, sizeof(journal), "%s/journal", top);
	snprintf(knob, sizeof(knob), "%s/knob", top);
	close(open(knob, O_CREAT | O_WRONLY, 0600));
	guarded = mmap(NULL, sizeof(*guarded), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	return guarded == MAP_FAILED ? -1 : 0;
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", top);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_program_that_hangs),
		cmocka_unit_test(a_program_that_rests),
		cmocka_unit_test(a_program_that_beats),
		cmocka_unit_test(a_program_that_ends),
	};

	return cmocka_run_group_tests_name("guard", tests, set_up, tear_down);
}
