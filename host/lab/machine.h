/* SPDX-License-Identifier: GPL-2.0-only */
/* machine.h - the machine that L1 runs on, whoever emulates it. Plain data. */
#ifndef MACHINE_H
#define MACHINE_H

#include "cli/opts.h"
#include "result/result.h"

enum lab_stream { LAB_CONSOLE, LAB_STDOUT, LAB_STDERR, LAB_STATUS, LAB_RESULT, LAB_STREAMS };

struct lab_machine {
	const char *qemu, *firmware;
	const char *bochs;  /* NULL: QEMU emulates L1 */
	const char *kernel; /* vmlinux or bzImage */
	int initrd_fd;
	int rom_fd, kernel_fd; /* Bochs: the firmware; the kernel as it stands in memory */
	uint64_t kernel_base, initrd_base;
	int stream_fd[LAB_STREAMS]; /* write ends */
	bool kvm;		    /* nested KVM instead of TCG */
	bool deterministic;
	struct lab_figures cpus; /* and their turns */
};

#define LABQEMU_MAX_ARGS 96

/*
 * One instruction of Bochs's is one tick of all its clocks: so many make a second, as in the QEMU
 * lab under -icount shift=1. The TSC counts ticks, and nothing in the machine says so but the
 * kernel's command line.
 */
#define BOCHS_TICKS_PER_SECOND "500000000"
#define BOCHS_TSC_OPTION " tsc_early_khz=500000"

#endif
