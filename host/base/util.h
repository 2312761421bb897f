/* SPDX-License-Identifier: GPL-2.0-only */
/* util.h - errors, cleanup, whole reads and writes: the bottom floor, includes nothing of ours. */
#ifndef UTIL_H
#define UTIL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define NSEC_PER_SEC 1000000000ull
#define NSEC_PER_MSEC 1000000ull
#define NSEC_PER_USEC 1000ull
#define PAGE_BYTES 4096u /* x86's smallest; BPF and the wire have names of their own */

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define must_check __attribute__((warn_unused_result))
#define printf_like(fmt, args) __attribute__((format(printf, fmt, args)))
/* An index in the place of a difference, since clang-format 14 takes "(ptr) -" for a cast. */
#define container_of(ptr, type, member) ((type *)&((char *)(ptr))[-(long)offsetof(type, member)])

#define auto_free __attribute__((cleanup(util_free)))
#define auto_close __attribute__((cleanup(util_close)))
void util_free(void *p);  /* *p is freed and becomes NULL */
void util_close(int *fd); /* *fd is closed if >= 0 and becomes -1 */

/*
 * One line on stderr: what was tried on what object, and what the user can do. err_say() puts
 * "host-stress: " before and answers @err (negative errno) for `return err_say(-EINVAL, …)`; an err
 * of 0 is a bug. err_sys() also appends strerror(-err). note_say() is for remarks that are no
 * error. All three end an unfinished progress line first.
 */
int err_say(int err, const char *fmt, ...) printf_like(2, 3);
int err_sys(int err, const char *fmt, ...) printf_like(2, 3);
void note_say(const char *fmt, ...) printf_like(1, 2);

/*
 * Progress on stderr: on a terminal the line is overwritten by the next, else progress_line()
 * prints it as a line of its own. progress_end() finishes an overwritten line.
 */
void progress_line(const char *fmt, ...) printf_like(1, 2);
void progress_end(void);

/* Full reads and writes through EINTR and short counts. Bytes read (less than @len at the end) or
 * -errno. */
must_check ssize_t read_full(int fd, void *buf, size_t len);
must_check int write_full(int fd, const void *buf, size_t len);

/* Reads @path into @buf as a string, trailing newline removed. Length, -EFBIG if it does not fit,
 * -errno. */
must_check ssize_t file_read(const char *path, char *buf, size_t size);
/* Whole file of any size (sysfs, procfs too), NUL-terminated, to be freed. 0 or -errno. */
must_check int file_slurp(const char *path, char **text, size_t *len);
/* Not more than @most bytes: -EFBIG. For files that somebody names; /dev/zero has no end. */
must_check int file_slurp_most(const char *path, size_t most, char **text, size_t *len);
/*
 * Opens without creating, writes @text in one write(2), as sysfs and procfs want it. 0 or -errno;
 * -EINTR is handed on: some of these files work for minutes.
 */
must_check int file_write(const char *path, const char *text);
/* Writes a whole file by way of a temporary one beside it, so that a reader never sees half. 0 or
 * -errno (said). */
must_check int file_replace(const char *path, const void *data, size_t len);
/* Unsigned number in a file such as a sysfs attribute. 0 or -errno. */
must_check int file_u64(const char *path, uint64_t *value);

uint64_t mono_ns(void); /* CLOCK_MONOTONIC */

/* strdup/asprintf that answer NULL only when memory is out. */
char *str_format(const char *fmt, ...) printf_like(1, 2);
char *str_join(char *const *words, int n); /* with a space between */

/*
 * What a guest, an L1 or a stored file says does not give orders to the user's terminal. In place:
 * text_plain() leaves printable ASCII, newlines and tabs of @len bytes, text_safe() also what is
 * above ASCII and no control character of UTF-8; the rest becomes '?'.
 */
void text_plain(char *text, size_t len);
void text_safe(char *text);

/* Named unsigned figures, in the order they were added. Names are copied. */
struct metric {
	char *name;
	uint64_t value;
};
struct metrics {
	struct metric *v;
	size_t n;
	size_t room;
};
must_check int metrics_set(struct metrics *m, const char *name,
			   uint64_t value); /* adds or replaces */
bool metrics_get(const struct metrics *m, const char *name, uint64_t *value);
/* @out = after - before for names in both, 0 where a counter went down; names only in one are left
 * out. */
must_check int metrics_delta(struct metrics *out, const struct metrics *before,
			     const struct metrics *after);
void metrics_free(struct metrics *m);

#endif
