/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * opts.c - the command line: what is taken, what is refused and in which words. The sources and
 * commands are fakes. Would pass silently if a refusal named the wrong option: each is compared.
 */
#include "opts_made.h"
#include "cli/paths.h"

static void defaults(void **state)
{
	struct opts o = taken("");

	(void)state;
	assert_int_equal(o.duration_ns, 30 * NSEC_PER_SEC);
	assert_int_equal(o.phase_time_ns, 0);
	assert_int_equal(o.nphases, 6);
	assert_string_equal(o.phases[0].name, "idle");
	assert_string_equal(o.phases[0].sources[0]->name, "null");
	assert_string_equal(o.phases[5].name, "compact");
	assert_int_equal(o.memory_bytes, 64 << 20);
	assert_int_equal(o.vcpus, 1);
	assert_int_equal(o.groups, 16);
	assert_int_equal(o.write_ppm, 20000);
	assert_int_equal(o.stall_ns, 100000);
	assert_int_equal(o.seed, 1);
	assert_int_equal(o.silence_ns, 10 * NSEC_PER_SEC);
	assert_int_equal(o.boot_timeout_ns, 60 * NSEC_PER_SEC);
	assert_int_equal(o.proof_timeout_ns, 10 * NSEC_PER_SEC);
	assert_string_equal(o.machine, "microvm");
	assert_null(o.kernel);
	assert_null(o.json);
	assert_int_equal(o.place, PLACE_AUTO);
	assert_int_equal(o.deterministic, DETERMINISTIC_AUTO);
	assert_int_equal(o.lab_cpu, LAB_CPU_AMD);
	assert_int_equal(o.kvm_params.n, 0);
	assert_int_equal(o.lab_cpus, 2); /* one more than vCPUs */
	assert_int_equal(o.lab_turn, 0);
	assert_int_equal(o.lab_schedule, 0);
	assert_int_equal(o.lab_hold_ns, 0);
	assert_int_equal(o.lab_memory_bytes, 0); /* by --memory */
	assert_int_equal(o.virtual_timeout_ns, 0);
	assert_int_equal(o.wall_timeout_ns, 0);
	assert_false(o.force || o.verbose || o.inside || o.shown_command);
	assert_ptr_equal(o.command, &command_table[0]);
	assert_int_equal(o.rest, 1);
}

static void takes_the_stress(void **state)
{
	struct opts o = taken("--phase-time 1.5s --memory=128M --vcpus 64 --groups 3 --write-share "
			      "1.5% --stall 200us --seed=18446744073709551615 --machine q35");

	(void)state;
	assert_int_equal(o.duration_ns, 0);
	assert_int_equal(o.phase_time_ns, 1500000000);
	assert_int_equal(o.memory_bytes, 128 << 20);
	assert_int_equal(o.vcpus, 64);
	assert_int_equal(o.groups, 3);
	assert_int_equal(o.write_ppm, 15000);
	assert_int_equal(o.stall_ns, 200000);
	assert_int_equal(o.seed, UINT64_MAX);
	assert_string_equal(o.machine, "q35");
}

static void takes_the_rest(void **state)
{
	struct opts o = taken("--silence 1s --boot-timeout 2s --proof-timeout 3s --place lab "
			      "--deterministic --lab-cpus 2 --lab-memory 2G --virtual-timeout 4m "
			      "--wall-timeout 5h --shown-command x --verbose");

	(void)state;
	assert_int_equal(o.silence_ns, NSEC_PER_SEC);
	assert_int_equal(o.boot_timeout_ns, 2 * NSEC_PER_SEC);
	assert_int_equal(o.proof_timeout_ns, 3 * NSEC_PER_SEC);
	assert_int_equal(o.place, PLACE_LAB);
	assert_int_equal(o.deterministic, DETERMINISTIC_YES);
	assert_int_equal(o.lab_cpus, 2);
	assert_int_equal(o.lab_memory_bytes, 2ull << 30);
	assert_int_equal(o.virtual_timeout_ns, 240 * NSEC_PER_SEC);
	assert_int_equal(o.wall_timeout_ns, 5 * 3600 * NSEC_PER_SEC);
	assert_string_equal(o.shown_command, "x");
	assert_true(o.verbose);
	o = taken("--place host --inside tcg --force");
	assert_string_equal(o.inside, "tcg");
	assert_true(o.force);
	assert_int_equal(taken("--no-deterministic").deterministic, DETERMINISTIC_NO);
	assert_int_equal(taken("--place host --place auto").place, PLACE_AUTO);
}

static void takes_sources(void **state)
{
	struct opts o = taken("--sources ksm-merge+migrate,null,cow,cow");

	(void)state;
	assert_int_equal(o.nphases, 5);
	assert_string_equal(o.phases[1].name, "ksm-merge+migrate");
	assert_int_equal(o.phases[1].nsources, 2);
	assert_string_equal(o.phases[1].sources[0]->name, "ksm-merge");
	assert_string_equal(o.phases[1].sources[1]->name, "migrate");
	assert_string_equal(o.phases[2].sources[0]->name, "null");
	assert_string_equal(o.phases[4].name, "cow");
}

/* The load of ksm02 brings its own source, which does nothing without it, and does not write. */
static void takes_a_pattern(void **state)
{
	struct opts o = taken("");

	(void)state;
	assert_int_equal(o.pattern, PATTERN_GROUPS);
	o = taken("--pattern groups --sources cow");
	assert_int_equal(o.pattern, PATTERN_GROUPS);
	assert_int_equal(o.write_ppm, 20000);
	o = taken("--pattern ksm02");
	assert_int_equal(o.pattern, PATTERN_KSM02);
	assert_int_equal(o.nphases, 2);
	assert_string_equal(o.phases[1].name, "ksm02");
	assert_int_equal(o.write_ppm, 0);
	o = taken("--sources ksm02+migrate,cow --pattern ksm02 --write-share 0%");
	assert_int_equal(o.nphases, 3);
	assert_int_equal(taken("--shared-pages 25% --sources cow").shared_ppm, 250000);
	refused("--pattern ksm02 --shared-pages 1%", "--shared-pages|ksm02");
	refused("--pattern ksm02 --sources cow,ksm02+cow", "--sources|'ksm02+cow'|of their own");
	refused("--pattern ksm02 --sources cow+ksm02", "'cow+ksm02'|of their own");
	assert_int_equal(taken("--pattern ksm02 --sources cow+migrate,ksm02").nphases, 3);
	refused("--pattern ksm03", "--pattern|'ksm03'|groups, ksm02");
	refused("--sources cow,ksm02", "--sources|--pattern ksm02");
	refused("--pattern ksm02 --write-share 3%", "--write-share|--pattern ksm02");
	refused("--pattern ksm02 --write-share 2%", "--write-share|--pattern ksm02");
	refused("--pattern ksm02 --groups 16", "--groups|--pattern ksm02");
	refused("--pattern ksm02 --fail-if 'cow.lost > 3'", "'cow'|idle, ksm02");
}

static void refuses_sources(void **state)
{
	char line[256] = "--sources cow";

	(void)state;
	refused("--sources foo", "--sources|'foo'|null, ksm-merge, ksm-unmerge, cow");
	refused("--sources ksm", "'ksm'");
	refused("--sources cow,", "--sources|''");
	refused("--sources cow,,cow", "--sources|''");
	refused("--sources +cow", "--sources|''");
	refused("--sources=", "--sources");
	refused("--sources cow+cow", "--sources|'cow+cow'|twice");
	refused("--sources cow+null+migrate", "--sources|1 to 2");
	for (int i = 2; i < OPTS_MAX_PHASES; i++)
		strcat(line, ",cow");
	assert_int_equal(taken(line).nphases, OPTS_MAX_PHASES);
	strcat(line, ",cow");
	refused(line, "--sources|1 to 31");
}

static void refuses_numbers(void **state)
{
	(void)state;
	refused("--duration 0s", "--duration|'0s'|100ms to 1000h");
	refused("--duration 30", "--duration|'30'|ns us ms s m h");
	refused("--duration -5s", "--duration|'-5s'");
	refused("--duration 1001h", "--duration|1000h");
	refused("--duration 5sec", "--duration|'5sec'");
	refused("--duration 599ms", "--duration|6 phases|600ms");
	assert_int_equal(taken("--duration 600ms").duration_ns, 600 * NSEC_PER_MSEC);
	refused("--phase-time 99ms", "--phase-time|100ms");
	refused("--duration 3s --phase-time 1s", "--duration|--phase-time");
	refused("--memory 0", "--memory|1M to 1T");
	refused("--memory 1023K", "--memory|1M to 1T");
	refused("--memory 2T", "--memory|1M to 1T");
	refused("--memory 64MB", "--memory|'64MB'|K M G T");
	refused("--memory 5000000", "--memory|5000000|4096");
	refused("--vcpus 0", "--vcpus|1 to 64");
	refused("--vcpus 65", "--vcpus|1 to 64");
	refused("--vcpus 1.5", "--vcpus");
	refused("--groups 1K", "--groups|a whole number");
	refused("--groups 0", "--groups|1 to ");
	refused("--groups 8193", "--groups|1 to 8192");
	assert_int_equal(taken("--groups 8192").groups, 8192);
	refused("--memory 1M --groups 129", "--groups|1 to 128");
	refused("--write-share 101%", "--write-share|0% to 100%");
	refused("--write-share 2", "--write-share|0% to 100%");
	refused("--stall 99ns", "--stall|100ns to 10s");
	refused("--seed -1", "--seed|0 to 18446744073709551615");
	refused("--seed 18446744073709551616", "--seed|18446744073709551615");
	refused("--lab-cpu via", "--lab-cpu|amd, intel");
	refused("--kvm-param tdp_mmu", "--kvm-param|'tdp_mmu'|NAME=VALUE");
	refused("--kvm-param =0", "--kvm-param|NAME=VALUE");
	refused("--kvm-param kvm.tdp_mmu=0", "--kvm-param|NAME=VALUE");
	refused("--kvm-param tdp_mmu=", "--kvm-param|NAME=VALUE");
	refused("--kvm-param 'tdp_mmu=0 panic=0'", "--kvm-param|NAME=VALUE");
	refused("--lab-cpu intel --place host", "--lab-cpu|give --place lab");
	refused("--kvm-param tdp_mmu=0 --place host", "--kvm-param|give --place lab");
	refused("--lab-cpu intel --qemu /bin/true", "--qemu|Bochs");
	refused("--lab-cpu intel --no-deterministic", "--no-deterministic|Bochs");
	assert_int_equal(taken("--lab-cpu intel").lab_cpus, 1);
	assert_int_equal(taken("--lab-cpu intel --lab-cpus 4").lab_cpus, 4);
	assert_int_equal(taken("--lab-cpu intel").lab_model, LAB_MODEL_HASWELL);
	assert_int_equal(taken("--lab-model skylake --lab-cpu intel").lab_model, LAB_MODEL_SKYLAKE);
	refused("--lab-cpu intel --lab-model icelake", "--lab-model|haswell, skylake");
	refused("--lab-model skylake", "--lab-model|only the Intel lab|--lab-cpu intel");
	refused("--lab-model haswell --lab-cpu amd", "--lab-model|only the Intel lab");
	refused("lab --lab-model skylake -- true", "--lab-model|only the Intel lab");
	refused("--lab-model skylake --place host", "--lab-model|give --place lab");
	refused("--lab-cpus 9", "--lab-cpus|1 to 8");
	refused("--stretch-count 2", "--stretch-count|--stretch");
	refused("--max-page-sharing 9 --sources null,migrate", "--max-page-sharing|ksm-merge");
	taken("--max-page-sharing 9 --sources migrate+ksm-merge");
	refused("--lab-turn 0", "--lab-turn|1 to 1000000000");
	refused("--lab-hold 99us", "--lab-hold|100us to 10s");
	refused("--lab-schedule 0", "--lab-schedule|1 to 18446744073709551615");
	refused("--virtual-timeout 0s", "--virtual-timeout|1s to ");
}

static void refuses_words(void **state)
{
	(void)state;
	refused("--foo", "'--foo'|--help");
	refused("--foo=3", "'--foo=3'|--help");
	refused("--dur 3s", "'--dur'|--help");
	refused("-x", "'-x'|--help");
	refused("-duration 3s", "'-duration'|--help");
	refused("--duration", "--duration|needs a value|TIME");
	refused("--json --force", "--json|needs a value|FILE");
	refused("--force=1", "--force|takes no value");
	refused("--place moon", "--place|'moon'|auto, host, lab");
	refused("--machine pc", "--machine|'pc'|microvm, q35");
	refused("frob", "'frob'|run, lab, plan, recover, help, report, watch, show, compare");
	refused("run x", "run|'x'");
	refused("-- x", "run|'x'");
}

static void checks_files(void **state)
{
	char dir[] = "/tmp/host-stress-opts-XXXXXX", line[300];
	auto_free char *program = NULL;
	struct paths paths;
	struct opts o;

	(void)state;
	refused("--kernel /nonexistent", "--kernel: cannot read '/nonexistent': No such file");
	refused("--kernel=", "--kernel: cannot read ''");
	refused("--overlay /", "--overlay|'/' is a directory");
	refused("--guest-kernel /nonexistent", "--guest-kernel");
	refused("--guest-initrd /nonexistent", "--guest-initrd");
	refused("--modules /dev/null", "--modules|no directory");
	refused("--image-dir /nonexistent", "--image-dir|No such file");
	refused("--qemu /etc/passwd", "--qemu: cannot execute '/etc/passwd': Permission");
	refused("--json /nonexistent/x", "--json: cannot write '/nonexistent/x': No such file");
	refused("--json /", "--json|no regular file");
	refused("--json /dev/null", "--json|no regular file");
	refused("--json=", "--json|no file name");
	snprintf(line, sizeof(line), "--json /tmp/%0250d", 1);
	refused(line, "--json|too long");
	assert_non_null(mkdtemp(dir));
	snprintf(line, sizeof(line), "--json %s/r --kernel /dev/null --modules %s", dir, dir);
	assert_string_equal(taken(line).kernel, "/dev/null");
	assert_string_equal(taken(line).modules, dir);
	snprintf(line, sizeof(line), "%s/r", dir);
	assert_int_equal(access(line, F_OK), -1); /* nothing made yet */
	snprintf(line, sizeof(line), "--json %s/new/", dir);
	refused(line, "--json");
	rmdir(dir);
	assert_string_equal(taken("--qemu /bin/sh").qemu, "/bin/sh");
	/* A name is looked for where it is run from, not in this directory. */
	o = taken("--qemu sh");
	assert_string_equal(o.qemu, "sh");
	o.guest_kernel = o.guest_initrd = "/dev/null";
	assert_int_equal(paths_find(&paths, &o), 0);
	assert_true(paths_program("sh", &program));
	assert_string_equal(paths.qemu, program); /* what was looked at is what runs */
	paths_free(&paths);
	refused("--qemu README.md", "--qemu|$PATH");
	refused("--qemu host-stress", "--qemu|$PATH");
}

static void takes_commands(void **state)
{
	struct opts o = taken("--verify lab --verbose");

	(void)state;
	assert_string_equal(o.command->name, "lab");
	assert_true(o.verify && o.verbose);
	assert_int_equal(o.rest, 4);
	o = taken("lab --verify -- --two");
	assert_int_equal(o.rest, 4);
	o = taken("run --");
	assert_int_equal(o.rest, 3);
}

/* Options stand before, behind and between the other words. */
static void takes_operands(void **state)
{
	static const char *const lines[] = {
		"--by x --markdown compare a b c",
		"compare a b c --by x --markdown",
		"compare a --by x b --markdown c",
		"--by=x compare a b --markdown c --",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct opts o = taken(lines[i]);

		assert_string_equal(o.command->name, "compare");
		assert_int_equal(o.noperands, 3);
		assert_string_equal(o.operand[0], "a");
		assert_string_equal(o.operand[1], "b");
		assert_string_equal(o.operand[2], "c");
		assert_int_equal(o.by.n, 1);
		assert_true(o.markdown);
	}
	refused("compare a", "compare needs GOOD BAD [NEW...]|help compare");
	refused("compare", "compare needs GOOD BAD");
	refused("compare a b c d e", "compare takes no 'e'");
	refused("compare a b -- c", "compare takes no 'c'");
	refused("recover one", "recover takes no 'one'");
	refused("recover --force", "--force|not for 'recover'");
	refused("compare a b --memory 8M", "--memory|not for 'compare'");
	refused("--markdown --memory 8M", "--markdown|not for 'run'");
	refused("lab true", "lab takes no 'true'|behind --");
}

/* Limits are checked by the phases of the command line, wherever --sources stands. */
static void takes_limits(void **state)
{
	struct opts o = taken("--fail-if 'stall.p999 > 200us' --sources cow+migrate "
			      "--fail-if=cow+migrate.faults.total>3 --ktap --by a --by b "
			      "--baseline-good a,b --baseline-bad c --baseline-bad d --earlier e");

	(void)state;
	assert_int_equal(o.fail_if.n, 2);
	assert_string_equal(o.fail_if.v[0], "stall.p999 > 200us");
	assert_true(o.ktap && !o.markdown);
	assert_int_equal(o.by.n, 2);
	assert_string_equal(o.baseline_good.v[0], "a,b");
	assert_int_equal(o.baseline_bad.n, 2);
	assert_int_equal(o.earlier.n, 1);
}

static void refuses_limits(void **state)
{
	char line[1024] = "plan --by a";

	(void)state;
	refused("--fail-if 'stall.p99 > 200'", "--fail-if 'stall.p99 > 200': |unit");
	refused("--fail-if 'migrat.faults.total > 3'", "--fail-if|near it: migrate.faults.total");
	refused("--fail-if 'migrate.lost > 3' --sources cow", "'migrate'|idle, cow");
	refused("--fail-if=", "--fail-if|LIMIT");
	refused("--fail-if", "--fail-if|needs a value");
	refused("--fail-if 'lost > 3' compare a b", "--fail-if|not for 'compare'");
	refused("lab --fail-if 'lost > 3' -- true", "--fail-if: only for a run");
	refused("--baseline-good a", "--baseline-good and --baseline-bad");
	refused("--baseline-bad a", "--baseline-good and --baseline-bad");
	refused("--earlier a", "--earlier");
	for (int i = 1; i < OPTS_MAX_TEXTS; i++)
		strcat(line, " --by a");
	assert_int_equal(taken(line).by.n, OPTS_MAX_TEXTS);
	strcat(line, " --by a");
	refused(line, "--by: too often|32");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),	   cmocka_unit_test(takes_the_stress),
		cmocka_unit_test(takes_the_rest),  cmocka_unit_test(takes_sources),
		cmocka_unit_test(refuses_sources), cmocka_unit_test(takes_a_pattern),
		cmocka_unit_test(refuses_numbers), cmocka_unit_test(refuses_words),
		cmocka_unit_test(checks_files),	   cmocka_unit_test(takes_commands),
		cmocka_unit_test(takes_operands),  cmocka_unit_test(takes_limits),
		cmocka_unit_test(refuses_limits),
	};

	return cmocka_run_group_tests_name("opts", tests, NULL, NULL);
}
