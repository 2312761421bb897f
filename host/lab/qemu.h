/* SPDX-License-Identifier: GPL-2.0-only */
/* qemu.h - the command line of the QEMU that boots the lab's L1. */
#ifndef LABQEMU_H
#define LABQEMU_H

#include "machine.h"

/*
 * How many CPUs @m has and how they take turns, from what was asked for; what it cannot do is
 * refused. @m knows its QEMU and its clock by now; @version is the QEMU's. 0 or -EINVAL (said).
 */
must_check int labqemu_choose(struct lab_machine *m, const struct opts *o, const char *version);

/*
 * L1's memory: as asked, or 1G, and more where the VM needs it: each of the two nodes must hold the
 * pages that the guest touches, or migration could not go on.
 */
uint64_t labqemu_memory(const struct opts *o);

/* Fills @argv (NULL-terminated, strings to be freed by labqemu_free). 0 or -ENOMEM (said). */
must_check int labqemu_args(char *argv[LABQEMU_MAX_ARGS], const struct lab_machine *m,
			    const struct opts *o);
void labqemu_free(char *argv[LABQEMU_MAX_ARGS]);

#endif
