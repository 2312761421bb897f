/* SPDX-License-Identifier: GPL-2.0-only */
/* bochs.h - the command line of the Bochs that boots the Intel lab's L1. */
#ifndef BOCHS_H
#define BOCHS_H

#include "qemu.h"

/* It takes no more (its config.cc), and no memory that is no multiple of its blocks. */
#define BOCHS_MAX_MEMORY (2048ull << 20)
#define BOCHS_BLOCK_BYTES (8ull << 20)

/* Two runs with several CPUs are equal: no timer follows the host's clock (images/bochs/0009). */
bool bochs_has_turns(const char *version);
/* Virtual interrupts do no harm (images/bochs/0010, 0012, 0013). */
bool bochs_has_apicv(const char *version);
/* Bochs's name of --lab-model's CPU. */
const char *bochs_model(const struct opts *o);
/* L1's memory, in two equal nodes. */
uint64_t bochs_memory(const struct opts *o);
/* As labqemu_args(), which labqemu_free() frees. */
must_check int bochs_args(char *argv[LABQEMU_MAX_ARGS], const struct lab_machine *m,
			  const struct opts *o);

#endif
