/* SPDX-License-Identifier: GPL-2.0-only */
/* runs.h - where the guest's test pages are, in its and in QEMU's address space. */
#ifndef RUNS_H
#define RUNS_H

#include <stdint.h>

/* Where the guest's test pages are in QEMU's address space: runs in page order, hva 4 KiB aligned.
 */
struct guest_run {
	uint64_t hva;
	uint64_t gpa;
	uint32_t page;
	uint32_t pages;
};

#endif
