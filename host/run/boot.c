// SPDX-License-Identifier: GPL-2.0-only
/*
 * boot.c - brings a run's VM up: the host is made ready for it, the guest boots and fills its
 * memory, and counters, probes and the guest's page map are there when it has.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cgroup.h"
#include "base/knobs.h"
#include "boot.h"
#include "end.h"
#include "observe.h"

#define RUN_REPORT_MS 100 /* the guest's STATS: its heartbeat */

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

static int boot_guest(struct run *r)
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

int boot_vm(struct run *r)
{
	return calm_host(r) ?: prepare_ram(r) ?: boot_guest(r);
}
