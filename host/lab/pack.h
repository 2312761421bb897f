/* SPDX-License-Identifier: GPL-2.0-only */
/* pack.h - the state of a lab, and what goes into it: kernel, modules, program, options. */
#ifndef LAB_PACK_H
#define LAB_PACK_H

#include "compare/baseline.h"
#include "base/child.h"
#include "base/lines.h"
#include "qemu.h"
#include "cli/pace.h"
#include "cli/paths.h"
#include "result/result.h"
#include "base/signals.h"
#include "base/timing.h"

struct stream {
	struct lab *lab;
	struct op op;
	int fd;
	bool closed;
	char buf[4096];
};

struct lab {
	const struct opts *o;
	struct paths paths;
	struct lab_machine machine;
	char *emulator; /* version line of what emulates L1 */
	char *kernel_file, *modules_file;
	struct loop *loop;
	struct child child;
	uint64_t waited_ns; /* for its end */
	struct stream streams[LAB_STREAMS];
	struct console console;
	int console_fd;	  /* --console */
	struct lines out; /* L1's standard output */
	char line[2048];  /* unfinished line of L1's standard error */
	size_t line_fill;
	char status[256]; /* unfinished status word */
	size_t status_fill;
	bool foreign; /* another program than host-stress runs inside */
	bool booted, begun, over;
	uint64_t corrupted; /* words of L2's that host-stress inside has found so far */
	char phase[64];	    /* in which the latest were found */
	char *command;	    /* as the user typed it */
	struct timing timing;
	struct pace pace;
	char word[32]; /* how L1's program ended: "exit", "signal", "timeout", "error" */
	int number;
	char *result;
	size_t result_fill, result_room;
	struct result verdict;	   /* our own, when L1 cannot give one (lab_report.c) */
	struct baseline *baseline; /* NULL: none; L1 knows nothing of it */
};

/* What runs L1, as the result names it. */
const char *lab_accel(const struct lab *lab);
/* The kernel under test and its modules, as options say or the image has them. 0 or -errno (said).
 */
must_check int lab_find_kernel(struct lab *lab);
/* Turns --modules DIR, a lib/modules/RELEASE tree, into an archive (scripts/lib/image). 0 or -errno
 * (said). */
must_check int lab_pack_modules(struct lab *lab);
/* Puts the whole initramfs into a memory file, lab->machine.initrd_fd. 0 or -errno (said). */
must_check int lab_pack(struct lab *lab, int argc, char **argv);

#endif
