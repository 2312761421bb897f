/* SPDX-License-Identifier: GPL-2.0-only */
/* intel.h - what Bochs is given to boot L1: the kernel as it stands in memory, and a ROM. */
#ifndef INTEL_H
#define INTEL_H

#include "pack.h"

/* Finds Bochs, and refuses more memory than it takes. 0 or -errno (said). */
must_check int intel_choose(struct lab *lab);
/* Behind lab_pack(): lays out kernel, initramfs and ROM in memory files. 0 or -errno (said). */
must_check int intel_prepare(struct lab *lab);

#endif
