// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - one run on this kernel: boots the VM, takes it through its phases, and leaves everything
 * as it was.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/build.h"
#include "compare/against.h"
#include "compare/baseline.h"
#include "base/knobs.h"
#include "report/outcome.h"
#include "report/trace.h"
#include "source/ksm.h"
#include "cli/plan.h"
#include "cli/preflight.h"
#include "boot.h"
#include "complaints.h"
#include "end.h"
#include "main.h"
#include "phase.h"
#include "run.h"
#include "judge/verdict.h"
#include "observe.h"

#define RUN_CONSOLE_LINES 20 /* shown of a dead guest */

static void fill_channel(struct run *r)
{
	struct channel_figures *f = &r->result.channel;
	const struct proto_counters *n;

	if (!r->vm.chan)
		return;
	n = chan_counters(r->vm.chan);
	*f = (struct channel_figures){
		.frames = n->frames,
		.bad_header = n->bad_header,
		.bad_payload = n->bad_payload,
		.skipped_bytes = n->skipped_bytes,
		.lost = n->lost,
		.late = n->late,
		.duplicate = n->duplicate,
		.short_frames = chan_short_frames(r->vm.chan),
		.foreign = r->guest.foreign,
	};
}

static void fill_clock(struct run *r)
{
	uint64_t hz = guest_tsc_hz(&r->guest), first = r->guest.hello.tsc_hz;

	r->result.tsc_hz = hz;
	if (hz && first)
		r->result.tsc_error = (double)(first > hz ? first - hz : hz - first) / (double)hz;
}

static int stress(struct run *r)
{
	int err = guest_init(&r->guest, (uint32_t)r->o->vcpus);

	complaints_open(r);

	if (err)
		return run_ended(&r->result, err, RUN_ERROR, "no memory");
	err = boot_vm(r);
	for (size_t i = 0; i < r->o->nphases && !err; i++)
		err = phase_run(r, i);
	return err;
}

/*
 * A QEMU that SIGKILL does not end waits in the kernel, which is what a deadlock of the kernel
 * under test looks like; a disk that does not answer looks like it as well.
 */
static void stop_vm(struct run *r)
{
	char stuck[400], *more;

	if (!vm_stop(&r->vm, stuck, sizeof(stuck))) {
		if (r->env.over && ksm_forget(r->knobs))
			note_say("pages of the guest may still count as shared by KSM");
		return;
	}
	if (r->result.end == RUN_COMPLETE) {
		run_ended(&r->result, -ETIME, RUN_KERNEL_HUNG, "QEMU cannot be killed: %s", stuck);
		return;
	}
	more = str_format("%s; QEMU cannot be killed: %s", r->result.end_detail ?: "", stuck);
	if (more) {
		free(r->result.end_detail);
		r->result.end_detail = more;
	}
}

/* Undoes boot_vm(), whatever has come of them. */
static void leave(struct run *r)
{
	complaints_close(r);
	if (!r->vm.loop)
		return;
	fill_channel(r);
	fill_clock(r);
	if (r->result.nphases) /* told after the last phase's end */
		r->result.phases[r->result.nphases - 1].integrity.errors +=
			guest_corrupted(&r->guest);
	observe_close(r->observe);
	r->observe = NULL;
	kvmstats_close(r->kvmstats);
	counters_close(r->counters);
	stop_vm(r);
	if (r->o->verbose || (r->result.end != RUN_COMPLETE && r->result.end != RUN_INTERRUPTED)) {
		progress_end();
		console_show(&r->vm.console, "guest", RUN_CONSOLE_LINES);
	}
	guest_free(&r->guest);
}

static char *kernel_name(void)
{
	struct utsname u;

	return uname(&u) ? NULL : str_format("%s %s", u.release, u.version);
}

/* On a host the image is the guest's kernel and initramfs; the lab's were summed up outside. */
static int describe_build(struct result *res, const struct paths *p, const char *shown)
{
	const char *comma = shown ? strchr(shown, ',') : NULL;

	res->build[BUILD_PROGRAM] = str_format("%s", build_program);
	if (comma) {
		res->build[BUILD_IMAGE] = str_format("%.*s", (int)(comma - shown), shown);
		res->build[BUILD_EMULATOR] = str_format("%s", comma + 1);
	} else {
		auto_free char *kernel = build_of_file(p->guest_kernel);
		auto_free char *initrd = build_of_file(p->guest_initrd);

		if (kernel && initrd)
			res->build[BUILD_IMAGE] = str_format("%.8s%.8s", kernel, initrd);
		res->build[BUILD_EMULATOR] = build_of_file(p->qemu);
	}
	for (int i = 0; i < BUILDS; i++)
		if (!res->build[i])
			return err_sys(-ENOMEM, "the build's sums");
	return 0;
}

/* Each vCPU has a page of its own at least. */
static uint32_t shared_pages(const struct opts *o)
{
	uint64_t pages = o->memory_bytes / PROTO_PAGE_SIZE;
	uint64_t shared = (uint64_t)((unsigned __int128)pages * o->shared_ppm / PROTO_PPM);

	return (uint32_t)(shared < pages - o->vcpus ? shared : pages - o->vcpus);
}

static int describe(struct run *r, int argc, char **argv)
{
	const struct opts *o = r->o;
	struct result *res = &r->result;
	const char *inside = o->inside ?: "kvm"; /* on a host */
	char *guest = strrchr(r->paths.guest_kernel, '/');

	res->place = str_format("%s", o->inside ? "lab" : "host");
	res->accel = str_format("%.*s", (int)strcspn(inside, ","), inside);
	res->paging = preflight_paging();
	res->deterministic = strstr(inside, "deterministic") != NULL;
	res->seed = o->seed;
	res->kernel = kernel_name();
	res->command = o->shown_command ? str_format("%s", o->shown_command) : str_join(argv, argc);
	res->guest_kernel = str_format("%s", guest ? guest + 1 : r->paths.guest_kernel);
	res->memory_bytes = o->memory_bytes;
	res->vcpus = (uint32_t)o->vcpus;
	/* One more where there is a CPU for it: the guest's own work stays off those that touch. */
	res->spare_vcpus = sysconf(_SC_NPROCESSORS_ONLN) > (long)o->vcpus;
	res->groups = (uint32_t)o->groups;
	res->write_ppm = (uint32_t)o->write_ppm;
	res->shared_pages = shared_pages(o);
	res->pattern = o->pattern;
	res->backend = o->backend;
	res->qemu = o->shown_qemu ? str_format("%s", o->shown_qemu) : qemu_version(r->paths.qemu);
	if (!res->qemu)
		return -ENOEXEC;
	if (describe_build(res, &r->paths, o->shown_build))
		return -ENOMEM;
	/* The doubled interrupt is TCG's: in the lab it is L1's QEMU that must be cured. */
	res->qemu_cured = strncmp(inside, "tcg", 3) != 0 || strstr(inside, "cured") != NULL;
	return res->kernel && res->command ? plan_note(res, o) : err_sys(-ENOMEM, "result");
}

/* In the guard's process. */
static void hangs(void *arg)
{
	struct run *r = arg;
	char stuck[400];

	note_say("this program hangs in the kernel (%s); another process puts the settings back",
		 child_stuck(getppid(), stuck, sizeof(stuck)));
	if (knobs_restore_recorded(r->knobs))
		note_say("not every knob could be put back");
}

/* Knobs before the host is looked at: a killed run may have left KSM on. */
static int tidy_up(struct run *r)
{
	int err = knobs_open(&r->knobs, "", KNOBS_JOURNAL, NULL);

	if (!err)
		signals_recover_after_crash();
	if (!err && !r->o->inside)
		err = guard_start(&r->guard, RUN_HANG_NS, hangs, r);
	return err;
}

/* Everything that can fail before the VM starts; said by whoever failed. */
static int prepare(struct run *r, int argc, char **argv)
{
	int err = paths_find(&r->paths, r->o);

	if (!err)
		err = describe(r, argc, argv);
	if (!err)
		err = against_check(r->o, r->result.command)
			      ?: baseline_open(&r->baseline, r->o, r->result.command);
	if (!err)
		err = loop_open(&r->loop);
	if (!err)
		err = preflight_kvm();
	if (!err)
		err = tidy_up(r);
	if (!err)
		err = preflight_strangers(r->o->force);
	r->oom_kills = vmstat_read("oom_kill");
	return err ?: preflight_memory(r->o);
}

/* Whatever the run has come to. 0 or -errno (said). */
static int write_trace(const struct run *r)
{
	uint64_t left_out;

	if (!r->trace)
		return 0;
	left_out = trace_left_out(r->trace);
	if (left_out)
		note_say("--trace: %" PRIu64 " events left out, those that a phase had beyond %d",
			 left_out, TRACE_RUN_EVENTS);
	return trace_write(r->trace, r->o->trace);
}

int run_main(const struct opts *o, int argc, char **argv)
{
	struct run *r = calloc(1, sizeof(*r));
	int err, code = VERDICT_ERROR;

	if (!r) {
		err_sys(-ENOMEM, "run");
		return VERDICT_ERROR;
	}
	r->o = o;
	signals_watch();
	run_mark(r, "prepare");
	err = prepare(r, argc, argv);
	if (!err) {
		pace_open(&r->pace, o, "host");
		err = stress(r);
		if (err) /* whoever failed has said more; else the run is not complete all the same
			  */
			run_ended(&r->result, err, RUN_ERROR, "it failed: %s", strerror(-err));
		run_mark(r, "leave");
		leave(r);
		guard_stop(r->guard);
		r->guard = NULL;
		if (knobs_close(r->knobs))
			run_ended(&r->result, -EIO, RUN_ERROR, "not every knob could be put back");
		r->knobs = NULL;
		progress_end();
		run_mark(r, "result");
		pace_close(&r->pace, &r->timing, r->result.end == RUN_COMPLETE);
		err = verdict_judge(&r->result) ?: baseline_judge(r->baseline, &r->result)
			      ?: against_judge(o, &r->result);
		code = err ? VERDICT_ERROR : outcome_show(&r->result, o, &r->timing);
		if (write_trace(r))
			code = VERDICT_ERROR;
	}
	guard_stop(r->guard);
	(void)!knobs_close(r->knobs);
	loop_close(r->loop);
	paths_free(&r->paths);
	baseline_close(r->baseline);
	trace_close(r->trace);
	result_free(&r->result);
	if (!r->env.left)
		free(r);
	return code;
}
