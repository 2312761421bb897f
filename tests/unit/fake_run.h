/* SPDX-License-Identifier: GPL-2.0-only */
/* fake_run.h - a run whose guest and monitor only pretend (fake.h). */
#ifndef FAKE_RUN_H
#define FAKE_RUN_H

#include "fake.h"
#include "run/run.h"
#include "vm/chan.h"
#include "vm/qmp.h"

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
