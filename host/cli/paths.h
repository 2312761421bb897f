/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * paths.h - where the images and the lab's QEMU are: what was asked for, else beside the program in
 * a source tree (build/), else PREFIX/lib/host-stress of an installation, else (QEMU only) on
 * $PATH.
 */
#ifndef PATHS_H
#define PATHS_H

#include "opts.h"

struct paths {
	char *images;	    /* directory with guest/, lab/ and kernels/ */
	char *qemu;	    /* program */
	char *firmware;	    /* its firmware directory, NULL: QEMU knows itself */
	char *bochs;	    /* program; NULL: not --lab-cpu intel */
	char *guest_kernel; /* L2's vmlinux or bzImage */
	char *guest_initrd;
};

/* 0, or -ENOENT said with what to do ("make image"). */
must_check int paths_find(struct paths *p, const struct opts *o);
/* QEMU and its firmware alone, into what is empty. 0 or -errno (said). */
must_check int paths_find_qemu(struct paths *p, const struct opts *o);
void paths_free(struct paths *p);

/* A helper script, from scripts/lib/ beside the program or the installation; NULL: not there. */
char *paths_script(const char *name);

/* First line of `QEMU --version`, to be freed; NULL (said) when it cannot be run. */
char *qemu_version(const char *qemu);
/* What images/bochs/build calls @bochs, to be freed; NULL (said): it is none of ours. */
char *bochs_version(const char *bochs);
/* Whether that version line is of our lab QEMU with images/qemu/'s cure of the doubled interrupt.
 */
bool qemu_is_cured(const char *version);
/* Whether it is of one that can bound the turns of its CPUs, with its flags in order. */
bool qemu_has_turns(const char *version);

/* The program that is run when @name, without a slash, is given: of $PATH. *@full is to be freed.
 */
bool paths_program(const char *name, char **full);

#endif
