/* SPDX-License-Identifier: GPL-2.0-only */
/* ram.h - where guest RAM lies: in the guest, and in QEMU. */
#ifndef PROBE_RAM_H
#define PROBE_RAM_H

#include <stdint.h>

/* One piece of guest RAM in QEMU's address space; guest RAM is at most two (below, above 4 GiB). */
struct guest_ram {
	uint64_t gpa, hva, bytes; /* multiples of 4096 */
};

#endif
