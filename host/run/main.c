// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - one run on this kernel: boots the VM, takes it through its phases, and leaves everything
 * as it was.
 */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/build.h"
#include "base/cgroup.h"
#include "compare/against.h"
#include "compare/baseline.h"
#include "base/knobs.h"
#include "report/outcome.h"
#include "report/trace.h"
#include "source/ksm.h"
#include "cli/plan.h"
#include "cli/preflight.h"
#include "complaints.h"
#include "end.h"
#include "main.h"
#include "phase.h"
#include "run.h"
#include "judge/verdict.h"
#include "observe.h"

#define RUN_REPORT_MS 100    /* the guest's STATS: its heartbeat */
#define RUN_CONSOLE_LINES 20 /* shown of a dead guest */

static int in_trouble(void *arg)
{
	return run_trouble(arg);
}

static int guest_said_hello(void *arg)
{
	struct run *r = arg;

	return run_trouble(r) ?: r->guest.hello_seen;
}

static int guest_is_ready(void *arg)
{
	struct run *r = arg;

	observe_turn(r->observe);
	return run_trouble(r) ?: r->guest.ready;
}

static int wait_guest(struct run *r, int (*cond)(void *), uint64_t end_ns, const char *what)
{
	int err = -ETIME;

	while (err == -ETIME && mono_ns() < end_ns) {
		run_tell(r, "waiting for the guest to %s", what);
		err = loop_until(r->loop, cond, r, NSEC_PER_SEC);
	}
	if (err == -ETIME)
		return run_ended(&r->result, err, RUN_GUEST_SILENT,
				 "the guest did not %s within %.0f s (--boot-timeout)", what,
				 (double)r->o->boot_timeout_ns / 1e9);
	return err < 0 ? err : 0;
}

static int give_orders(struct run *r)
{
	const struct opts *o = r->o;
	struct proto_orders orders = {
		.seed = o->seed,
		.stall_ns = o->stall_ns,
		.pages = (uint32_t)(o->memory_bytes / PROTO_PAGE_SIZE),
		.groups = (uint32_t)o->groups,
		.write_ppm = (uint32_t)o->write_ppm,
		.vcpus = (uint32_t)o->vcpus,
		.report_ms = RUN_REPORT_MS,
		.pattern = (uint32_t)o->pattern,
		.shared = r->result.shared_pages,
	};
	int err;

	if (r->guest.hello.vcpus < o->vcpus)
		return run_ended(&r->result, -ENODEV, RUN_GUEST_SILENT,
				 "of its %" PRIu64 " vCPUs only %u came up (see its console)",
				 o->vcpus + r->result.spare_vcpus, r->guest.hello.vcpus);
	err = chan_send(r->vm.chan, PROTO_ORDERS, &orders, sizeof(orders));
	r->guest.ordered = orders.pages;
	return err ? run_ended(&r->result, err, RUN_GUEST_SILENT, "the guest takes no orders") : 0;
}

static int take_map(struct run *r)
{
	const struct opts *o = r->o;
	uint32_t pages = (uint32_t)(o->memory_bytes / PROTO_PAGE_SIZE);
	int err;

	if (r->guest.mapped_pages != pages)
		return run_ended(&r->result, -EPROTO, RUN_ERROR,
				 "the guest's page map has %u of %u pages (%" PRIu64
				 " frames lost on the channel)",
				 r->guest.mapped_pages, pages, chan_counters(r->vm.chan)->lost);
	err = guest_map_done(&r->guest);
	if (err)
		return run_ended(&r->result, err, RUN_ERROR, "the guest's page map cannot be used");
	err = vm_translate(&r->vm, r->guest.runs, r->guest.nruns);
	if (err)
		return run_trouble(r)
			       ?: run_ended(&r->result, err, RUN_ERROR,
					    "the guest's pages cannot be found in QEMU");
	r->env = (struct env){
		.knobs = r->knobs,
		.qemu_pid = r->vm.child.pid,
		.runs = r->guest.runs,
		.nruns = r->guest.nruns,
		.pages = pages,
		.groups = (uint32_t)o->groups,
		.seed = o->seed,
		.chan = r->vm.chan,
		.guest = &r->guest,
		.qmp = r->vm.qmp,
		.max_page_sharing = o->max_page_sharing,
		.disposable = o->inside != NULL,
		.backend = (enum backend)o->backend,
	};
	return 0;
}

/*
 * Off before the VM is there, not only while a source runs: a page of it that balancing has once
 * made PROT_NONE stays so until somebody touches it, and up to 6.5 ksmd merges nothing when such a
 * page is the root of its unstable tree ("mm/gup: reintroduce FOLL_NUMA as FOLL_HONOR_NUMA_FAULT"
 * cured it in 6.6; docs/sources.md).
 */
static int calm_host(struct run *r)
{
	int err = knob_write(r->knobs, "/proc/sys/kernel/numa_balancing", "0");

	return err && err != -ENOENT ? run_ended(&r->result, err, RUN_ERROR,
						 "NUMA balancing cannot be switched off")
				     : 0;
}

/* What the kernel must be told before QEMU makes guest RAM of that kind. */
static int prepare_ram(struct run *r)
{
	static const char shmem[] = "/sys/kernel/mm/transparent_hugepage/shmem_enabled";
	static const char thp[] = "/sys/kernel/mm/transparent_hugepage/enabled";
	static const char pool[] = "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages";
	uint64_t had = 0, need = vm_ram_bytes(r->o->memory_bytes) >> 21, got = 0;
	int err = 0;

	switch (r->o->backend) {
	case BACKEND_ANON: /* or what a scene comes to depends on khugepaged */
		err = r->o->scene ? knob_write(r->knobs, thp, "never") : 0;
		err = err == -ENOENT ? 0 : err;
		break;
	case BACKEND_THP:
		err = knob_write(r->knobs, thp, "always");
		break;
	case BACKEND_MEMFD_THP:
		err = knob_write(r->knobs, shmem, "always");
		break;
	case BACKEND_HUGETLB:
		(void)!file_u64(pool, &had);
		err = knob_write_u64(r->knobs, pool, had + need);
		if (!err && (file_u64(pool, &got) || got < had + need))
			err = -ENOMEM;
		break;
	}
	return err ? run_ended(&r->result, err, RUN_ERROR,
			       "no guest RAM of that kind (--backend): %s",
			       err == -ENOENT ? "this kernel cannot" : strerror(-err))
		   : 0;
}

static int open_counters(struct run *r)
{
	int err = counters_open(&r->counters, "", r->vm.child.pid);

	if (!err)
		err = kvmstats_open(&r->kvmstats, r->vm.qmp);
	return err ? run_trouble(r)
			       ?: run_ended(&r->result, err, RUN_ERROR, "no counters: %s",
					    strerror(-err))
		   : 0;
}

static int open_probes(struct run *r)
{
	const struct observe_config config = {
		.o = r->o,
		.vm = &r->vm,
		.guest = &r->guest,
		.counters = r->counters,
		.knobs = r->knobs,
		.trace = &r->trace,
		.result = &r->result,
		.trouble = in_trouble,
		.arg = r,
	};

	return observe_open(&r->observe, &config);
}

/*
 * What the run's sources want of the VM, and what each has to do before it is there. A source that
 * cannot work here says so in its phase, and wants nothing.
 */
static int before_vm(struct run *r, struct vm_spec *spec, bool *cgroup)
{
	const struct opts *o = r->o;
	const struct env env = {.knobs = r->knobs, .disposable = o->inside != NULL};
	char why[160];
	int err = 0;

	for (size_t i = 0; i < o->nphases; i++)
		for (size_t k = 0; k < o->phases[i].nsources && !err; k++) {
			const struct source *s = o->phases[i].sources[k];

			spec->balloon |= s->balloon;
			if (s->probe(&env, why, sizeof(why)))
				continue;
			if (s->cgroup && !*cgroup)
				err = cgroup_make(r->knobs);
			*cgroup |= s->cgroup;
			if (!err && s->before)
				err = s->before(&env);
		}
	return err ? run_ended(&r->result, err, RUN_ERROR, "the host could not be made ready") : 0;
}

static int boot_vm(struct run *r)
{
	const struct opts *o = r->o;
	struct vm_spec spec = {
		.qemu = r->paths.qemu,
		.firmware_dir = r->paths.firmware,
		.machine = o->machine,
		.backend = (enum backend)o->backend,
		.kernel = r->paths.guest_kernel,
		.initrd = r->paths.guest_initrd,
		.memory_bytes = o->memory_bytes,
		.vcpus = (unsigned int)o->vcpus,
		.spare = r->result.spare_vcpus,
		.deterministic = r->result.deterministic,
		.boot_timeout_ns = o->boot_timeout_ns,
	};
	uint64_t start = mono_ns(), end = start + o->boot_timeout_ns;
	bool cgroup = false;
	int err = before_vm(r, &spec, &cgroup);

	if (err)
		return err;
	run_mark(r, "guest.boot");
	err = vm_start(&r->vm, r->loop, &spec, guest_frame, &r->guest);
	if (err)
		return run_ended(&r->result, err, RUN_ERROR, "the VM could not be started");
	qmp_watch(r->vm.qmp, in_trouble, r);
	err = wait_guest(r, guest_said_hello, end, "boot");
	run_mark(r, "guest.fill");
	if (!err)
		err = open_counters(r);
	if (!err)
		err = open_probes(r);
	/* Now, so that the group has the test pages, and little of what the guest has booted with.
	 */
	if (!err && cgroup && cgroup_enter(r->knobs, r->vm.child.pid))
		err = run_ended(&r->result, -EIO, RUN_ERROR, "QEMU has no control group");
	if (!err)
		err = give_orders(r);
	if (!err)
		err = wait_guest(r, guest_is_ready, end, "fill its memory");
	if (!err)
		err = take_map(r);
	if (!err)
		err = observe_ready(r->observe);
	r->result.boot_ns = mono_ns() - start;
	return err;
}

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
	err = calm_host(r);
	if (!err)
		err = prepare_ram(r);
	if (!err)
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
