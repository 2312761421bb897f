/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * numa_balance.c - automatic NUMA balancing scans the VM's memory as often as it can.
 *
 * Kernel: kernel/sched/fair.c task_numa_work(), which QEMU's own threads run on their way out of
 * the kernel: change_prot_numa() makes a stretch of scan_size_mb PROT_NONE, in one window of event
 * PROTECTION_VMA for each 1 GiB of addresses (mm/mprotect.c); the guest's next touch of a page is a
 * NUMA hinting fault, which may migrate the page.
 * Silent when: balancing is not built in, or the scan delays are longer than the phase. Hence the
 * counts of PTEs made PROT_NONE and of hinting faults, and of how often the VM's memory has been
 * gone through (/proc/QEMU/sched), which is the VM's alone; the other two are the system's. A huge
 * page would be one PTE and one fault, so they are split first.
 * Pages that are still PROT_NONE at the end would keep KSM from merging up to 6.5, so each test
 * page is read once then: up to 6.5 pin_user_pages_remote() takes the hinting fault.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "counters/counters.h"
#include "common.h"

#define BALANCING "/proc/sys/kernel/numa_balancing"
#define DEBUG "/sys/kernel/debug/sched/numa_balancing/" /* 5.13; nothing is set before */
#define READ_AT_ONCE 64u

struct state {
	struct source_thp thp;
	uint64_t updates_before, faults_before, passes_before;
};

static uint64_t vm_passes(const struct env *env)
{
	auto_free char *path = str_format("/proc/%d/sched", env->qemu_pid);
	static const char name[] = "mm->numa_scan_seq";
	char text[8192], *at;

	if (!path || file_read(path, text, sizeof(text)) < 0)
		return 0;
	at = strstr(text, name);
	at = at ? strchr(at, ':') : NULL;
	return at ? strtoull(at + 1, NULL, 10) : 0;
}

static int balance_probe(const struct env *env, char *why, size_t size)
{
	return source_has(env, BALANCING, why, size)
		       ?: source_not_hugetlb(env, "are left alone by it", why, size);
}

static int balance_start(struct env *env, void *state)
{
	/* 64 MiB at least every 25 ms of a vCPU's time: task_scan_min() allows no less. */
	static const struct {
		const char *path, *value;
	} set[] = {
		{DEBUG "scan_size_mb", "64"},	    {DEBUG "scan_delay_ms", "1"},
		{DEBUG "scan_period_min_ms", "25"}, {DEBUG "scan_period_max_ms", "25"},
		{DEBUG "hot_threshold_ms", "25"},   {BALANCING, "1"},
	};
	struct state *s = state;
	int err = 0;

	s->updates_before = vmstat_read("numa_pte_updates");
	s->faults_before = vmstat_read("numa_hint_faults");
	s->passes_before = vm_passes(env);
	for (size_t i = 0; i < ARRAY_SIZE(set) && !err; i++)
		err = source_knob(env, set[i].path, set[i].value);
	if (!err)
		err = source_thp_never(env, &s->thp);
	source_split_all(env);
	return err;
}

static int balance_step(struct env *env, void *state, uint64_t *again_ns)
{
	(void)env, (void)state;
	*again_ns = NSEC_PER_SEC;
	return 0;
}

/* Errors do not matter: what cannot be read stays as it is. */
static void read_all(const struct env *env)
{
	struct iovec remote[READ_AT_ONCE], local[READ_AT_ONCE];
	char bytes[READ_AT_ONCE];

	for (uint32_t page = 0; page < env->pages;) {
		size_t n = 0;

		for (; n < READ_AT_ONCE && page < env->pages; n++, page++) {
			remote[n] = (struct iovec){(void *)(uintptr_t)env_hva(env, page), 1};
			local[n] = (struct iovec){&bytes[n], 1};
		}
		(void)!process_vm_readv(env->qemu_pid, local, n, remote, n, 0);
	}
}

static int balance_stop(struct env *env, void *state)
{
	const struct state *s = state;
	int err = source_knob(env, BALANCING, "0");

	read_all(env);
	return source_thp_restore(env, &s->thp) ?: err;
}

static int balance_proof(struct env *env, void *state, struct proof *out)
{
	const struct state *s = state;
	uint64_t needed = source_needed(env->pages);

	out[0] = (struct proof){"numa_scan_passes", vm_passes(env) - s->passes_before, 1};
	out[1] = (struct proof){"numa_pte_updates",
				vmstat_read("numa_pte_updates") - s->updates_before, needed};
	out[2] = (struct proof){"numa_hint_faults",
				vmstat_read("numa_hint_faults") - s->faults_before, needed};
	return 3;
}

const struct source source_numa_balance = {
	.name = "numa-balance",
	.help = "automatic NUMA balancing, scanning as often as it can",
	.proof_help = "numa_scan_passes over the VM's memory; /proc/vmstat's counts",
	.balances = true,
	.state_bytes = sizeof(struct state),
	.probe = balance_probe,
	.start = balance_start,
	.step = balance_step,
	.stop = balance_stop,
	.proof = balance_proof,
};
