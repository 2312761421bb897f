/* SPDX-License-Identifier: GPL-2.0-only */
/* exits.bpf.h - what exits.c and exits.bpf.c share. */
#ifndef EXITS_BPF_H
#define EXITS_BPF_H

#define EXITS_REASONS 1029u /* 0 .. 0x403, and all others */

#endif
