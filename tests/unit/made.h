/* SPDX-License-Identifier: GPL-2.0-only */
/* made.h - for unit tests: a result made by hand, complete and exercised, to be changed and judged.
 */
#ifndef MADE_H
#define MADE_H

#include <stdlib.h>

#include "capture.h"
#include "result.h"

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
	p->stalls.threshold_ns = 100000;
	p->stalls.count = 200;
	p->stalls.total_ns = 300000000;
	p->faults.known = true;
	p->faults.total = faults;
	p->faults.fixed = faults - faults / 4;
	p->faults.retried_most = faults / 4;
	p->integrity.checked = 5000000;
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
	r->accel = strdup("tcg");
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
	r->channel.frames = 51;
	made_phase(r, "idle", 0);
	made_phase(r, "ksm-merge", 20000);
	made_phase(r, "ksm-merge+migrate", 30000);
	made_phase(r, "migrate", 40000);
}

#endif
