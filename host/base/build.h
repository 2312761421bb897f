/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * build.h - which build this is. A lab's figures depend on every instruction of the program, L1's
 * image and QEMU, so a result names all three, and results of different builds are not compared in
 * silence.
 */
#ifndef BUILD_H
#define BUILD_H

#include <stdint.h>

#include "util.h"

/* The program's: SHA-256, cut short, of its file without the commit's name and debugging
 * information (Makefile). Empty in what is not linked as host-stress. */
extern const char build_program[24];
extern const char build_commit[64];

/* What the guest and L1's init were made from when the program was: the content of SOURCES beside
 * the image that goes with it. */
extern const char build_image[];

/* A file's: 64 bits over its bytes, as 16 hex digits; to be freed. NULL (said) if unreadable. */
char *build_of_file(const char *path);
/* The same of bytes at hand. @sum is 0, or what the bytes before them gave. */
uint64_t build_sum(uint64_t sum, const void *data, size_t len);

#endif
