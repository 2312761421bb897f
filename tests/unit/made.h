/* SPDX-License-Identifier: GPL-2.0-only */
/* made.h - for unit tests: a result made by hand, complete and exercised, to be changed and judged.
 */
#ifndef MADE_H
#define MADE_H

#include <stdlib.h>

#include "capture.h"
#include "result/result.h"

/* Windows of ksmd and of the agent, as many as there are faults; each zaps a page. */
static inline void made_seen(struct phase_result *p, uint64_t faults)
{
	const struct duration_figures d = {1200, 7000, 9000, 80000, faults * 1500};

	p->windows =
		(struct window_figures){.known = true, .count = faults, .preempted_known = true};
	p->windows.by_event[REASON_CLEAR] = faults;
	p->windows.by_thread[THREAD_KSMD] = faults - faults / 5;
	p->windows.by_thread[THREAD_AGENT] = faults / 5;
	if (faults)
		p->windows.start = p->windows.empty = p->windows.total = d;
	p->windows.start.total_ns /= 3;
	p->windows.preempted = faults / 1000;
	p->windows.open = 1;
	p->faults.classes_known = p->stalls.causes_known = true;
	p->faults.inside = faults / 10;
	p->faults.retried = faults / 20;
	p->faults.collateral = faults / 100;
	p->faults.sent_back = faults / 8;
	p->faults.refault = faults / 2;
	p->faults.upgrade = faults * 3 / 200;
	p->faults.other =
		faults - faults / 10 - faults / 20 - faults / 100 - faults / 2 - faults * 3 / 200;
	p->transitions[TRANSITION_REPLACE] =
		(struct transition_figures){faults,	faults, faults / 2, faults / 50,
					    faults / 4, 3,	2,	    true};
	p->transitions[TRANSITION_NONE].windows = 4;
	for (int i = 0; i < TRANSITIONS; i++)
		p->transitions[i].known = true;
	p->refault_ratio = transition_refault_ratio(&p->transitions[TRANSITION_REPLACE]);
	p->stalls.by_cause[CAUSE_INSIDE] = (struct cause_figures){150, 200000000};
	p->stalls.by_cause[CAUSE_NOT_RUNNING] = (struct cause_figures){49, 90000000};
	p->stalls.by_cause[CAUSE_UNKNOWN] = (struct cause_figures){1, 10000000};
	p->stalls.part_ns[PART_INSIDE] = 195000000;
	p->stalls.part_ns[PART_REFAULT] = 5000000;
	p->stalls.part_ns[PART_PREEMPTED] = 90000000;
	p->stalls.part_ns[PART_NOT_SEEN] = 10000000;
	assert_int_equal(metrics_set(&p->stalls.preempted_by, "ksmd", 70000000), 0);
	assert_int_equal(metrics_set(&p->stalls.preempted_by, "host-stress", 20000000), 0);
	p->stalls.by_window[REASON_CLEAR][THREAD_KSMD] = 140;
	p->stalls.by_window[REASON_CLEAR][THREAD_AGENT] = 10;
}

/* One stall: ksmd's window, and ksmd on the vCPU's CPU within it. */
static inline void made_worst(struct worst_stalls *w)
{
	struct worst_stall *s = calloc(1, sizeof(*s));
	struct worst_piece *p = calloc(3, sizeof(*p));

	assert_true(s && p);
	p[0] = (struct worst_piece){.until_ns = 7999000,
				    .ns = 2999000,
				    .count = 140,
				    .part = PART_INSIDE,
				    .page = true,
				    .gpa = 0x1234000,
				    .window = true,
				    .behind = {.thread = THREAD_KSMD,
					       .event = REASON_CLEAR,
					       .known = true,
					       .ended = true,
					       .tid = 45,
					       .start_ns = -100,
					       .open_ns = -50,
					       .end_ns = 7998000}};
	p[0].behind.stack =
		strdup("range_end < replace_page < try_to_merge_one_page < ksm_scan_thread");
	p[1] = (struct worst_piece){.at_ns = 1000000,
				    .until_ns = 6000000,
				    .ns = 5000000,
				    .count = 1,
				    .part = PART_PREEMPTED,
				    .by = strdup("ksmd")};
	p[2] = (struct worst_piece){.at_ns = 7999000,
				    .until_ns = 8000000,
				    .ns = 500,
				    .count = 1,
				    .part = PART_NOT_SEEN};
	*s = (struct worst_stall){.at_ns = -5,
				  .ns = 8000000,
				  .cause = CAUSE_NOT_RUNNING,
				  .piece = p,
				  .npieces = 3,
				  .rest_ns = 500};
	*w = (struct worst_stalls){s, 1};
}

static inline void made_phase(struct result *r, const char *name, uint64_t faults)
{
	struct phase_result *p;
	bool idle = r->nphases == 0;

	assert_int_equal(result_add_phase(r, name, idle ? "null" : name, &p), 0);
	p->done = p->exercised = true;
	p->duration_ns = NSEC_PER_SEC;
	p->waited_ns = 1000;
	p->touch.count = 1000000;
	p->touch.writes = 20000;
	p->touch.p50_ns = 400;
	p->touch.p99_ns = 9000;
	p->touch.p999_ns = 27000;
	p->touch.max_ns = 8000000;
	p->time = (struct time_figures){999000000, {0.5, 0.375, 0.125, 0}, 110000, 2100000, 7900000,
					8000000};
	p->stalls.threshold_ns = 100000;
	p->stalls.count = 200;
	p->stalls.total_ns = 300000000;
	p->faults.known = true;
	p->faults.total = faults;
	p->faults.fixed = faults - faults / 4;
	p->faults.retried_most = faults / 4;
	made_seen(p, faults);
	made_worst(&p->stalls.worst);
	p->integrity.checked = 5000000;
	p->cpu[CPU_QEMU] = (struct cpu_figures){true, {800000000, 10000000, 90000000, 700000000}};
	p->cpu[CPU_AGENT] = (struct cpu_figures){true, {60000000, 20000000, 40000000, 0}};
	assert_int_equal(metrics_set(&p->kvm, "pf_taken", faults), 0);
	assert_int_equal(metrics_set(&p->kvm, "halt_wait_ns", 0), 0);
	assert_int_equal(metrics_set(&p->host, "vmstat.cow_ksm", 55), 0);
	assert_int_equal(metrics_set(&p->host, "ksm.pages_sharing", 12000), 0);
	assert_int_equal(metrics_set(&p->host, "ksm.run", 1), 0);
	assert_int_equal(metrics_set(&p->exits, "npf", faults + 10), 0);
	if (idle)
		return;
	p->proof[0] = (struct proof){"pages_moved", 5000, 1000};
	p->nproof = 1;
}

/* idle, ksm-merge, ksm-merge+migrate, migrate: 0, 20000, 30000 and 40000 faults. */
static inline void made(struct result *r)
{
	*r = (struct result){.qemu_cured = true, .stress_begun = true, .deterministic = true};
	r->place = strdup("lab");
	r->lab.cpus = 1;
	r->accel = strdup("tcg");
	r->emulator = strdup("QEMU emulator version 7.2");
	r->paging = strdup("npt");
	r->kernel = strdup("6.12.0 #1");
	r->command = strdup("./host-stress --duration 4s");
	r->qemu = strdup("QEMU emulator version 7.2");
	r->guest_kernel = strdup("vmlinux");
	r->seed = 1;
	r->memory_bytes = 64 << 20;
	r->vcpus = 1;
	r->groups = 16;
	r->write_ppm = 20000;
	r->boot_ns = 4000000000;
	r->tsc_hz = 1000000000;
	r->tsc_error = 5.00001e-9;
	r->clock.method = strdup("tsc-offset");
	r->clock.error_ns = 40;
	r->probes.backend = strdup("bpf");
	r->probes.selftest = strdup("passed: 1 window");
	r->probes.counted = true;
	r->channel.frames = 51;
	made_phase(r, "idle", 0);
	made_phase(r, "ksm-merge", 20000);
	made_phase(r, "ksm-merge+migrate", 30000);
	made_phase(r, "migrate", 40000);
}

#endif
