/* SPDX-License-Identifier: GPL-2.0-only */
/* attrib_config.h - what attrib is given, and what it tells one who wants more than sums. */
#ifndef ATTRIB_CONFIG_H
#define ATTRIB_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "probe/ram.h"

struct attrib_config {
	struct guest_ram ram[2]; /* bytes 0: not used */
	uint32_t vcpus;
};

/* What attrib has found, for whoever wants more than sums: what a stretch counts, and that alone.
 */
struct attrib_seen {
	enum attrib_seen_kind {
		ATTRIB_WINDOW, /* has ended: thread, reason, tid, window, middle (t1), address,
				  bytes (HVA), preempted */
		ATTRIB_FAULT,  /* vcpu, class, window, address (GPA), sent_back */
		ATTRIB_AGAIN,  /* a fault that was seen has another class: the same */
		ATTRIB_OFF,    /* vcpu; asleep, or what: who ran (attrib_comm()) */
		ATTRIB_EXIT,   /* vcpu; what: the reason */
		ATTRIB_STALL,  /* vcpu, cause */
		ATTRIB_SEEN_KINDS,
	} kind;
	uint64_t begin, middle, end; /* host time */
	uint64_t address, bytes;
	uint32_t vcpu, tid, what;
	uint32_t window; /* serial of this window, or of that behind the fault; 0: none */
	uint8_t class, cause, thread, reason;
	bool preempted, asleep, sent_back;
};
typedef void attrib_tap(void *arg, const struct attrib_seen *s);

#endif
