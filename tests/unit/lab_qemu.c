// SPDX-License-Identifier: GPL-2.0-only
/*
 * lab_qemu.c - how many CPUs the lab's QEMU is given, in which NUMA nodes, and how they take turns;
 * what a machine cannot do is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <string.h>
#include <cmocka.h>

#include "capture.h"
#include "lab/qemu.h"

#define OURS "QEMU emulator version 7.2.22 (Debian 1:7.2, host-stress patch 6)"

static struct opts options(uint64_t cpus)
{
	return (struct opts){.lab_cpus = cpus, .seed = 7, .memory_bytes = 1 << 20};
}

static struct lab_machine chosen(const struct opts *o)
{
	struct lab_machine m = {.qemu = "q", .kernel = "k", .deterministic = true};

	assert_int_equal(labqemu_choose(&m, o, OURS), 0);
	return m;
}

/* Whether one of the arguments is @text. */
static void has_argument(const struct opts *o, const char *text)
{
	struct lab_machine m = chosen(o);
	char *argv[LABQEMU_MAX_ARGS];
	size_t i = 0;

	assert_int_equal(labqemu_args(argv, &m, o), 0);
	while (argv[i] && strcmp(argv[i], text))
		i++;
	if (!argv[i])
		fail_msg("no '%s'", text);
	labqemu_free(argv);
}

static void both_nodes(void **state)
{
	struct opts one = options(1), two = options(2), five = options(5);

	(void)state;
	has_argument(&one, "node,nodeid=0,memdev=node0,cpus=0-0");
	has_argument(&one, "node,nodeid=1,memdev=node1");
	has_argument(&two, "node,nodeid=1,memdev=node1,cpus=1-1");
	has_argument(&five, "node,nodeid=0,memdev=node0,cpus=0-2");
	has_argument(&five, "node,nodeid=1,memdev=node1,cpus=3-4");
	has_argument(&five, "5");
}

static void turns(void **state)
{
	struct opts o = options(1);

	(void)state;
	has_argument(&o, "shift=1,sleep=off");
	o.lab_cpus = 2;
	has_argument(&o, "shift=1,sleep=off,turn=10000,turn-min=1,turn-seed=7");
	o.lab_schedule = UINT64_MAX;
	o.lab_turn = 300;
	o.lab_hold_ns = 1000000;
	has_argument(&o, "shift=1,sleep=off,turn=300,turn-min=1,turn-seed=18446744073709551615,"
			 "hold=1000000");
}

static void refused(const struct opts *o, bool deterministic, const char *version, const char *says)
{
	struct lab_machine m = {.deterministic = deterministic};
	struct capture c;
	int err;

	capture_begin(&c, STDERR_FILENO);
	err = labqemu_choose(&m, o, version);
	capture_end(&c);
	if (!err || !strstr(c.text, says))
		fail_msg("%d, '%s' without '%s'", err, c.text, says);
}

static void bochs_takes_no_hold(void)
{
	struct lab_machine m = {.deterministic = true, .bochs = "b"};
	struct opts o = options(2);

	assert_int_equal(labqemu_choose(&m, &o, "Bochs 3.0"), 0);
	assert_int_equal(m.cpus.turn, 10000);
	o.lab_hold_ns = 1000000;
	assert_int_equal(labqemu_choose(&m, &o, "Bochs 3.0"), -EINVAL);
}

static void refusals(void **state)
{
	struct opts o = options(1);

	(void)state;
	o.lab_turn = 10;
	refused(&o, true, OURS, "--lab-turn: only for a lab of several CPUs");
	o = options(2);
	o.lab_hold_ns = 1000000;
	refused(&o, false, OURS, "--lab-hold: only for the deterministic lab");
	o = options(2);
	refused(&o, true, "QEMU emulator version 7.2.22 (Debian)", "--lab-cpus: the turns");
	refused(&o, true, "QEMU emulator version 7.2.22 (x, host-stress patch 3)", "give 1");
	refused(&o, true, OURS ", without 0004", "give 1");
	bochs_takes_no_hold();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_nodes),
		cmocka_unit_test(turns),
		cmocka_unit_test(refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
