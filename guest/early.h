/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * early.h - what a small program that runs as PID 1 of an initramfs does first and last.
 *
 * Shared by the guest (L2) and the lab's init (L1). Needs nothing but libc.
 */
#ifndef EARLY_H
#define EARLY_H

/* Prints a line on stderr (PID 1: the console), prefixed with @early_name if that is set. */
extern const char *early_name;
__attribute__((format(printf, 1, 2))) void early_say(const char *format, ...);

/*
 * Mounts devtmpfs, proc and sysfs (what is mounted already stays) and opens the console as fd 0, 1
 * and 2 where the kernel found none. 0, or the first error as -errno, which has been said.
 */
int early_mount(void);

/*
 * Loads the kernel modules that the file @list names, one per line, in that order. A line is a
 * path (relative: to the list's directory), then perhaps parameters; '#' begins a comment. Present
 * modules and a missing list are no error. 0, or the first error as -errno; each has been said.
 */
int early_modules(const char *list);

/* Writes @text to the file @path: 0 or -errno, silently: the caller knows whether it matters. */
int early_write(const char *path, const char *text);

/* Reads up to @size - 1 bytes of file @path into @text and ends them with NUL: bytes or -errno. */
int early_read(const char *path, char *text, int size);

/* Powers off. Never returns; a machine that cannot be powered off sleeps for ever. */
__attribute__((noreturn)) void early_power_off(void);

#endif
