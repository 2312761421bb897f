/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lab_bochs.c - Bochs's arguments and the kernel's command line: what a run depends on stands
 * there, and nothing that would make two runs differ.
 */
#include "capture.h"

#include <errno.h>

#include "lab/bochs.h"
#include "lab/cmdline.h"
#include "lab/rom.h"

static struct opts o = {.memory_bytes = 64 << 20, .lab_cpus = 1, .lab_cpu = LAB_CPU_INTEL};
static struct lab_machine m = {.bochs = "/b/bochs",
			       .initrd_fd = 30,
			       .rom_fd = 31,
			       .kernel_fd = 32,
			       .kernel_base = 0x1000000,
			       .initrd_base = 0x3b6ed000,
			       .stream_fd = {40, 41, 42, 43, 44},
			       .cpus = {.cpus = 1}};
static char *argv[LABQEMU_MAX_ARGS];

/* The one argument that begins so. */
static const char *argument(const char *begin)
{
	const char *found = NULL;

	for (size_t i = 0; argv[i]; i++)
		if (!strncmp(argv[i], begin, strlen(begin))) {
			assert_null(found);
			found = argv[i] + strlen(begin);
		}
	if (!found)
		fail_msg("no %s", begin);
	return found;
}

static void arguments(void **state)
{
	(void)state;
	assert_int_equal(bochs_args(argv, &m, &o), 0);
	assert_string_equal(argv[0], "/b/bochs");
	assert_non_null(strstr(argument("cpu: "), "count=1, ips=500000000,"));
	assert_non_null(strstr(argument("cpu: "), "exclude_features=\"rdrand,rdseed\""));
	assert_string_equal(argument("memory: "), "guest=1024, host=1024, block_size=8192");
	assert_string_equal(argument("romimage: "), "file=/proc/self/fd/31");
	assert_string_equal(argument("optramimage1: "), "file=/proc/self/fd/32, address=0x1000000");
	assert_string_equal(argument("optramimage2: "),
			    "file=/proc/self/fd/30, address=0x3b6ed000");
	assert_string_equal(argument("com1: "), "enabled=1, mode=file, dev=/proc/self/fd/40");
	assert_string_equal(argument("byte_ports: "), "0x680=41, 0x681=42, 0x682=43, 0x683=44");
	assert_string_equal(argument("clock: "), "sync=none, time0=1767225600, rtc_sync=0");
	assert_string_equal(argument("panic: "), "action=fatal");
	labqemu_free(argv);
}

/* One CPU has no turns: its run is the same whatever the seed. */
static void turns(void **state)
{
	(void)state;
	assert_int_equal(bochs_args(argv, &m, &o), 0);
	assert_null(strstr(argument("cpu: "), "turn"));
	labqemu_free(argv);
	m.cpus = (struct lab_figures){.cpus = 2, .turn = 9999, .schedule = 77};
	assert_int_equal(bochs_args(argv, &m, &o), 0);
	assert_non_null(strstr(argument("cpu: "), "count=2, "));
	assert_non_null(
		strstr(argument("cpu: "), ", turn_shortest=1, turn_longest=9999, turn_seed=77"));
	labqemu_free(argv);
	m.cpus = (struct lab_figures){.cpus = 1};
}

/* An older one of ours has turns, too, but they are not the same twice. */
static void equal_turns(void **state)
{
	(void)state;
	assert_true(bochs_has_turns("Bochs 3.0 (Debian 3.0+dfsg-1, host-stress patch 9)"));
	assert_true(bochs_has_turns("Bochs 3.0 (Debian 3.0+dfsg-1, host-stress patch 10)"));
	assert_false(bochs_has_turns("Bochs 3.0 (Debian 3.0+dfsg-1, host-stress patch 8)"));
	assert_false(bochs_has_turns("Bochs 3.0"));
}

/* An older one of ours knows the model, too, and its guest hangs. */
static void newer_model(void **state)
{
	(void)state;
	assert_int_equal(bochs_args(argv, &m, &o), 0);
	assert_non_null(strstr(argument("cpu: "), "model=corei7_haswell_4770, count=1, "));
	labqemu_free(argv);
	o.lab_model = LAB_MODEL_SKYLAKE;
	assert_int_equal(bochs_args(argv, &m, &o), 0);
	assert_non_null(strstr(argument("cpu: "), "model=corei7_skylake_x, count=1, "));
	labqemu_free(argv);
	o.lab_model = LAB_MODEL_HASWELL;
	assert_true(bochs_has_apicv("Bochs 3.0 (Debian 3.0+dfsg-1, host-stress patch 13)"));
	assert_false(bochs_has_apicv("Bochs 3.0 (Debian 3.0+dfsg-1, host-stress patch 12)"));
	assert_false(bochs_has_apicv("Bochs 3.0"));
}

/* Blocks that do not fill up would be no memory, and the two nodes are equal. */
static void memory(void **state)
{
	static const uint64_t sizes[][2] = {{1024, 1024}, {1000, 992}, {256, 256}, {2048, 2048}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		o.lab_memory_bytes = sizes[i][0] << 20;
		assert_int_equal(bochs_memory(&o), sizes[i][1] << 20);
	}
	o.lab_memory_bytes = 0;
}

static void command_line(void **state)
{
	static struct rom rom;
	struct lab_machine qemu = {.qemu = "/q"};
	char text[CMDLINE_BYTES];

	(void)state;
	assert_non_null(strstr(cmdline(text, &m, &o), " tsc_early_khz=500000"));
	assert_non_null(strstr(text, "panic_on_taint=0x20"));
	assert_null(strstr(text, "kvm"));
	assert_null(strstr(text, "idle="));
	assert_null(strstr(cmdline(text, &qemu, &o), "tsc_early_khz"));
	m.cpus.cpus = qemu.cpus.cpus = 2;
	assert_null(strstr(cmdline(text, &qemu, &o), "idle="));
	assert_non_null(strstr(cmdline(text, &m, &o), " idle=halt"));
	m.cpus.cpus = 1;
	o.kvm_params = (struct texts){{"tdp_mmu=0", "ept=0"}, 2};
	assert_non_null(strstr(cmdline(text, &m, &o), " kvm.tdp_mmu=0 kvm_amd.tdp_mmu=0"));
	assert_non_null(strstr(text, " kvm_intel.ept=0"));
	assert_int_equal(cmdline_fits(&m, &o), 0);
	assert_true(sizeof(rom.in.cmdline) >= CMDLINE_BYTES);
	o.kvm_params = (struct texts){0};
}

static void too_long(void **state)
{
	static struct capture c;
	char text[CMDLINE_BYTES], value[600];
	int err;

	(void)state;
	memset(value, '1', sizeof(value));
	memcpy(value, "x=", 2);
	value[sizeof(value) - 1] = '\0';
	o.kvm_params = (struct texts){{value, value, "y=1"}, 3};
	cmdline(text, &m, &o); /* cut, not past its end */
	assert_int_equal(strlen(text), sizeof(text) - 1);
	capture_begin(&c, STDERR_FILENO);
	err = cmdline_fits(&m, &o);
	capture_end(&c);
	assert_int_equal(err, -E2BIG);
	assert_non_null(strstr(c.text, "--kvm-param"));
	o.kvm_params = (struct texts){0};
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arguments),   cmocka_unit_test(turns),
		cmocka_unit_test(equal_turns), cmocka_unit_test(newer_model),
		cmocka_unit_test(memory),      cmocka_unit_test(command_line),
		cmocka_unit_test(too_long),
	};

	return cmocka_run_group_tests_name("lab_bochs", tests, NULL, NULL);
}
