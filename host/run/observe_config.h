/* SPDX-License-Identifier: GPL-2.0-only */
/* observe_config.h - what the probes' side of a run is about (observe.h). */
#ifndef OBSERVE_CONFIG_H
#define OBSERVE_CONFIG_H

#include "cli/opts.h"
#include "counters/counters.h"
#include "result/result.h"
#include "vm/guest.h"
#include "vm/vm.h"

struct knobs;
struct trace;

/* What it needs of a run; all outlives it. */
struct observe_config {
	const struct opts *o;
	struct vm *vm;
	struct guest *guest;
	struct counters *counters;
	struct knobs *knobs;
	struct result *result;	   /* gets probes, clock and, when it is over, the end */
	int (*trouble)(void *arg); /* run_trouble() */
	void *arg;
	struct trace **trace; /* gets --trace's, to be written and closed at the end */
};

#endif
