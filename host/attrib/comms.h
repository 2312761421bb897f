/* SPDX-License-Identifier: GPL-2.0-only */
/* comms.h - names of threads that took a vCPU's CPU, by number. */
#ifndef ATTRIB_COMMS_H
#define ATTRIB_COMMS_H

#include "probe/event.h"
#include "base/util.h"

#define COMMS 64 /* the last stands for all that found no room */

struct comms {
	char name[COMMS][PROBE_COMM];
	uint32_t n;
};

/* Kernel threads of one kind, one a CPU or a queue, are one: "kworker/0:1-events" is "kworker". */
uint32_t comms_number(struct comms *c, const char comm[PROBE_COMM]);

#endif
