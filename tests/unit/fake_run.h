/* SPDX-License-Identifier: GPL-2.0-only */
/* fake_run.h - a run whose guest and monitor only pretend (fake.h). */
#ifndef FAKE_RUN_H
#define FAKE_RUN_H

#include "fake.h"
#include "run/run.h"
#include "vm/chan.h"
#include "vm/qmp.h"

/* One with @opts whose VM has come up, as far as it knows, but that is not connected yet; NULL. */
static inline struct run *fake_run_open(const struct opts *opts)
{
	struct run *run = calloc(1, sizeof(*run));

	if (!run || loop_open(&run->loop) || guest_init(&run->guest, 1))
		return NULL;
	run->o = opts;
	run->guest.ordered = FAKE_PAGES;
	run->vm.loop = run->loop;
	run->vm.child.pid = getpid();
	run->vm.ram_bytes = 2 << 20;
	return run;
}

static inline void fake_run_close(struct fake *fake, struct run *run)
{
	chan_close(run->vm.chan);
	qmp_close(run->vm.qmp);
	loop_close(run->loop);
	guest_free(&run->guest);
	result_free(&run->result);
	free(run);
	fake_stop(fake);
}

#endif
