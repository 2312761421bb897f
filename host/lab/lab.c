// SPDX-License-Identifier: GPL-2.0-only
/*
 * lab.c - see lab.h. Chooses the machine and what goes in (pack.c), boots L1, relays what comes out
 * of its ports (streams.c), and ends the emulator as soon as L1's init (images/lab/init.c) has said
 * how it went (wait.c).
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compare/against.h"
#include "base/build.h"
#include "bochs.h"
#include "cmdline.h"
#include "intel.h"
#include "lab.h"
#include "report.h"
#include "streams.h"
#include "cli/plan.h"
#include "cli/preflight.h"
#include "verify.h"
#include "wait.h"

/* Of L1, besides the pages that the guest touches. */
#define LAB_LEAST_BYTES ((uint64_t)448 << 20)

static bool nested_kvm(void)
{
	static const char *const files[] = {"/sys/module/kvm_intel/parameters/nested",
					    "/sys/module/kvm_amd/parameters/nested"};
	char text[8];

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (file_read(files[i], text, sizeof(text)) > 0 && strchr("Y1", text[0]))
			return preflight_hardware_kvm();
	return false;
}

/* What the lab's figures depend on, besides the kernel. */
static int describe_build(struct lab *lab)
{
	auto_free char *base = str_format("%s/lab/base.cpio", lab->paths.images ?: "");
	char **build = lab->verdict.build;

	build[BUILD_PROGRAM] = str_format("%s", build_program);
	build[BUILD_IMAGE] = base ? build_of_file(base) : NULL;
	build[BUILD_EMULATOR] = build_of_file(lab->machine.bochs ?: lab->machine.qemu);
	return build[BUILD_PROGRAM] && build[BUILD_IMAGE] && build[BUILD_EMULATOR] ? 0 : -ENOENT;
}

static int choose_machine(struct lab *lab)
{
	struct lab_machine *m = &lab->machine;
	const struct opts *o = lab->o;
	int err;

	if (labqemu_memory(o) < o->memory_bytes + LAB_LEAST_BYTES)
		return err_say(-EINVAL,
			       "--lab-memory: too little for --memory; give at least %" PRIu64
			       "M, or leave "
			       "it out",
			       (o->memory_bytes + LAB_LEAST_BYTES) >> 20);
	m->qemu = lab->paths.qemu;
	m->firmware = lab->paths.firmware;
	m->kvm = o->deterministic != DETERMINISTIC_YES && nested_kvm();
	m->deterministic = !m->kvm && o->deterministic != DETERMINISTIC_NO;
	lab->verdict.qemu = qemu_version(m->qemu);
	if (!lab->verdict.qemu)
		return -ENOEXEC;
	lab->verdict.qemu_cured =
		m->kvm || o->lab_cpu == LAB_CPU_INTEL || qemu_is_cured(lab->verdict.qemu);
	lab->emulator = o->lab_cpu == LAB_CPU_INTEL ? NULL : str_format("%s", lab->verdict.qemu);
	err = o->lab_cpu == LAB_CPU_INTEL ? intel_choose(lab) : 0;
	if (!err)
		err = describe_build(lab);
	err = err ?: labqemu_choose(m, o, lab->verdict.qemu);
	return err ?: cmdline_fits(m, o) ?: lab_find_kernel(lab);
}

static int start(struct lab *lab)
{
	const struct lab_machine *m = &lab->machine;
	char *argv[LABQEMU_MAX_ARGS];
	int fds[LAB_STREAMS + 3], nfds = LAB_STREAMS;
	int err = m->bochs ? bochs_args(argv, m, lab->o) : labqemu_args(argv, m, lab->o);

	if (err)
		return err;
	timing_mark(&lab->timing, "L1.boot", mono_ns(), 1); /* its clock is about to start */
	memcpy(fds, m->stream_fd, sizeof(m->stream_fd));
	fds[nfds++] = m->initrd_fd;
	if (m->bochs) {
		fds[nfds++] = m->kernel_fd;
		fds[nfds++] = m->rom_fd;
	}
	err = child_start(&lab->child, lab->loop, argv, fds, (size_t)nfds,
			  m->stream_fd[LAB_CONSOLE]);
	labqemu_free(argv);
	streams_start(lab, !err);
	return err;
}

static int prepare(struct lab *lab, int argc, char **argv)
{
	int err = paths_find(&lab->paths, lab->o);

	signals_watch();
	lab->foreign = lab->o->rest < argc;
	lab->command = lab->o->shown_command ? str_format("%s", lab->o->shown_command)
					     : str_join(argv, argc);
	if (!err && !lab->command)
		err = err_sys(-ENOMEM, "lab");
	if (!err)
		err = plan_note(&lab->verdict, lab->o);
	if (!err)
		err = against_check(lab->o, lab->command)
			      ?: baseline_open(&lab->baseline, lab->o, lab->command);
	if (!err)
		err = loop_open(&lab->loop);
	if (!err)
		err = choose_machine(lab);
	if (!err)
		err = lab_pack_modules(lab);
	if (!err)
		err = lab_pack(lab, argc, argv);
	if (!err && lab->machine.bochs)
		err = intel_prepare(lab);
	if (!err)
		err = streams_open_console(lab);
	if (!err)
		err = streams_open(lab);
	return err;
}

static void lab_close(struct lab *lab)
{
	(void)!child_stop(&lab->child, 0);
	streams_close(lab);
	util_close(&lab->machine.initrd_fd);
	util_close(&lab->machine.kernel_fd);
	util_close(&lab->machine.rom_fd);
	util_close(&lab->console_fd);
	loop_close(lab->loop);
	paths_free(&lab->paths);
	baseline_close(lab->baseline);
	result_free(&lab->verdict);
	free(lab->command);
	free(lab->emulator);
	free(lab->kernel_file);
	free(lab->modules_file);
	free(lab->result);
	free(lab);
}

static void begin(struct lab *lab)
{
	char line[160];

	snprintf(line, sizeof(line), "booting %s as L1", lab->kernel_file);
	pace_open(&lab->pace, lab->o, lab->machine.kvm ? "lab-kvm" : "lab-tcg");
	pace_note(&lab->pace, line);
}

int lab_main(const struct opts *o, int argc, char **argv)
{
	struct lab *lab = calloc(1, sizeof(*lab));
	int code = VERDICT_ERROR;

	if (o->verify) {
		free(lab);
		return verify_main(o, argc, argv);
	}
	if (!lab) {
		err_sys(-ENOMEM, "lab");
		return code;
	}
	lab->o = o;
	timing_mark(&lab->timing, "pack", mono_ns(), 0);
	lab->machine.initrd_fd = lab->machine.kernel_fd = lab->machine.rom_fd = -1;
	streams_init(lab);
	if (prepare(lab, argc, argv) == 0 && start(lab) == 0) {
		begin(lab);
		lab_wait(lab);
		timing_mark(&lab->timing, "judge", mono_ns(), 0);
		pace_close(&lab->pace, &lab->timing, !lab->foreign && lab->over);
		code = lab_report(lab);
	}
	progress_end();
	lab_close(lab);
	return code;
}
