// SPDX-License-Identifier: GPL-2.0-only
/*
 * probe_tracefs_watch.c - which events, with which arguments, for which threads and memory.
 *
 * Each costs something at every pass, so a filter takes what is not the VM's before it is written
 * to the buffer, and nothing is recorded that another record tells.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probe_tracefs.h"

#define FILTER_BYTES 4000 /* a filter file takes less than a page */
#define START_FUNCTION "__mmu_notifier_invalidate_range_start"
#define END_FUNCTION "__mmu_notifier_invalidate_range_end"

/*
 * The kretprobe before any kprobe on the same function: of two the newer is called first, and it is
 * to see the true caller, which the kretprobe replaces.
 */
int watch_started(struct setup *s)
{
	int err = setup_kprobe(s, RECORD_STARTED, START_FUNCTION, "ret=$retval:s32");

	return err ?: setup_enable(s, RECORD_STARTED, NULL);
}

/* mm is for the filter. */
int watch_define(struct setup *s, const struct range_layout *l)
{
	auto_free char *args =
		str_format("start=+%u(%%di):x64 end=+%u(%%di):x64 event=+%u(%%di):u32 "
			   "caller=$stack0:x64 mm=+%u(%%di):x64",
			   l->start, l->end, l->event, l->mm);
	int err = args ? setup_kprobe(s, RECORD_START, START_FUNCTION, args) : -ENOMEM;

	return err ?: setup_kprobe(s, RECORD_ENDED, END_FUNCTION, "");
}

/*
 * A kretprobe has no arguments to filter by, but then the functions are called only for processes
 * that somebody watches: VMs, mostly.
 */
int watch_windows(struct setup *s, uint64_t mm)
{
	char filter[40];
	int err = setup_enable(s, RECORD_ENDED, NULL);

	snprintf(filter, sizeof(filter), "mm == 0x%" PRIx64, mm);
	return err ?: setup_enable(s, RECORD_START, filter);
}

static int enable_for_vcpus(struct setup *s, const struct probe_spec *spec, enum record_kind kind,
			    const char *and)
{
	char pids[FILTER_BYTES];
	auto_free char *filter = NULL;
	int err = filter_pids(pids, sizeof(pids), "common_pid", spec->vcpu, spec->vcpus);

	if (err)
		return err;
	filter = str_format("(%s)%s", pids, and);
	return filter ? setup_enable(s, kind, filter) : -ENOMEM;
}

int watch_faults(struct setup *s, const struct probe_spec *spec, bool *levels)
{
	int err = setup_kprobe(s, RECORD_FAULTED, "kvm_tdp_page_fault", "ret=$retval:s32");

	if (!err)
		err = setup_tracepoint(s, RECORD_FAULT);
	if (!err)
		err = enable_for_vcpus(s, spec, RECORD_FAULTED, "");
	*levels = !err && !setup_tracepoint(s, RECORD_LEVEL) &&
		  !enable_for_vcpus(s, spec, RECORD_LEVEL, " && level > 1");
	return err ?: enable_for_vcpus(s, spec, RECORD_FAULT, "");
}

/* By its names, the newest first. */
int watch_wait(struct setup *s, const struct probe_spec *spec)
{
	static const char *const names[] = {
		"softleaf_entry_wait_on_locked",
		"migration_entry_wait_on_locked",
		"__migration_entry_wait",
	};
	int err = -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(names) && err; i++)
		err = setup_kprobe(s, RECORD_WAIT, names[i], "");
	return err ?: enable_for_vcpus(s, spec, RECORD_WAIT, "");
}

/* vCPUs going and coming; threads known to invalidate, going: was their window interrupted? */
int watch_switch(struct setup *s, const struct probe_spec *spec)
{
	pid_t pids[256];
	char out[FILTER_BYTES / 2], in[FILTER_BYTES / 2];
	auto_free char *filter = NULL;
	size_t n = threads_list(0, pids, 0, ARRAY_SIZE(pids));
	int err;

	n = threads_list(getpid(), pids, n, ARRAY_SIZE(pids));
	n = threads_list(spec->qemu, pids, n, ARRAY_SIZE(pids));
	err = filter_pids(in, sizeof(in), "next_pid", spec->vcpu, spec->vcpus);
	if (!err)
		err = filter_pids(out, sizeof(out), "prev_pid", pids, n);
	if (err)
		return err;
	filter = str_format("%s || %s", in, out);
	err = filter ? setup_tracepoint(s, RECORD_SWITCH) : -ENOMEM;
	return err ?: setup_enable(s, RECORD_SWITCH, filter);
}

int watch_virq(struct setup *s, const struct probe_spec *spec)
{
	int err = setup_tracepoint(s, RECORD_VIRQ);

	return err ?: enable_for_vcpus(s, spec, RECORD_VIRQ, "");
}
