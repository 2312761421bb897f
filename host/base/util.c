/* SPDX-License-Identifier: GPL-2.0-only */
/* util.c - errors, cleanup, whole reads and writes (util.h). */
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_BYTES 4096

static bool progress_open; /* a progress line stands unfinished on the terminal */

void util_free(void *p)
{
	void **pointer = p;

	free(*pointer);
	*pointer = NULL;
}

void util_close(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = saved;
}

/* One write(2) for the whole line, so that lines of several processes do not mix. */
static void line_put(char *line, size_t len)
{
	if (len > LINE_BYTES - 2)
		len = LINE_BYTES - 2;
	line[len] = '\n';
	if (write_full(STDERR_FILENO, line, len + 1))
		return; /* nobody is left to be told */
}

static size_t line_add(char *line, size_t at, const char *fmt, va_list ap)
{
	int n = at < LINE_BYTES ? vsnprintf(line + at, LINE_BYTES - at, fmt, ap) : 0;

	return at + (n > 0 ? (size_t)n : 0);
}

static void line_say(int err, const char *fmt, va_list ap)
{
	char line[LINE_BYTES] = "host-stress: ";
	size_t len = line_add(line, strlen(line), fmt, ap);

	if (err && len < LINE_BYTES)
		len += snprintf(line + len, LINE_BYTES - len, ": %s", strerror(-err));
	progress_end();
	line_put(line, len);
}

int err_say(int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line_say(0, fmt, ap);
	va_end(ap);
	return err;
}

int err_sys(int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line_say(err, fmt, ap);
	va_end(ap);
	return err;
}

void note_say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line_say(0, fmt, ap);
	va_end(ap);
}

/* A line that wraps could not be overwritten: cut it to the terminal's width. */
static size_t terminal_cut(size_t len)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || !size.ws_col)
		size.ws_col = 80;
	return len < size.ws_col ? len : size.ws_col - 1u;
}

void progress_line(const char *fmt, ...)
{
	char line[LINE_BYTES];
	size_t len;
	va_list ap;

	va_start(ap, fmt);
	len = line_add(line, 0, fmt, ap);
	va_end(ap);
	if (!isatty(STDERR_FILENO)) {
		line_put(line, len);
		return;
	}
	if (len >= LINE_BYTES)
		len = LINE_BYTES - 1;
	dprintf(STDERR_FILENO, "\r%.*s\033[K", (int)terminal_cut(len), line);
	progress_open = true;
}

void progress_end(void)
{
	if (progress_open)
		dprintf(STDERR_FILENO, "\n");
	progress_open = false;
}

ssize_t read_full(int fd, void *buf, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = read(fd, (char *)buf + done, len - done);

		if (!n)
			break;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			done += n;
	}
	return done;
}

int write_full(int fd, const void *buf, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = write(fd, (const char *)buf + done, len - done);

		if (!n)
			return -EIO;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			done += n;
	}
	return 0;
}

static int open_retry(const char *path, int flags)
{
	int fd;

	do
		fd = open(path, flags | O_CLOEXEC);
	while (fd < 0 && errno == EINTR);
	return fd < 0 ? -errno : fd;
}

ssize_t file_read(const char *path, char *buf, size_t size)
{
	auto_close int fd = open_retry(path, O_RDONLY);
	ssize_t len;

	if (fd < 0)
		return fd;
	if (!size)
		return -EFBIG;
	len = read_full(fd, buf, size);
	if (len < 0)
		return len;
	if (len && buf[len - 1] == '\n')
		len--;
	if ((size_t)len == size)
		return -EFBIG;
	buf[len] = '\0';
	return len;
}

int file_slurp(const char *path, char **text, size_t *len)
{
	return file_slurp_most(path, SIZE_MAX, text, len);
}

int file_slurp_most(const char *path, size_t most, char **text, size_t *len)
{
	auto_close int fd = open_retry(path, O_RDONLY);
	auto_free char *buf = NULL;
	size_t room = 4096, done = 0;

	if (fd < 0)
		return fd;
	for (;;) {
		char *bigger = realloc(buf, room);
		ssize_t n;

		if (!bigger)
			return -ENOMEM;
		buf = bigger;
		n = read_full(fd, buf + done, room - done - 1);
		if (n < 0)
			return n;
		done += n;
		if (done > most)
			return -EFBIG;
		if (done < room - 1)
			break;
		room *= 2;
	}
	buf[done] = '\0';
	*text = buf;
	buf = NULL;
	if (len)
		*len = done;
	return 0;
}

int file_write(const char *path, const char *text)
{
	/* Kernel files ignore O_TRUNC; the tests' plain files need it. */
	auto_close int fd = open_retry(path, O_WRONLY | O_TRUNC);
	size_t len = strlen(text);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = write(fd, text, len);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

int file_u64(const char *path, uint64_t *value)
{
	unsigned long long number;
	char text[64], *end;
	ssize_t len = file_read(path, text, sizeof(text));

	if (len < 0)
		return len;
	if (text[0] < '0' || text[0] > '9')
		return -EINVAL;
	errno = 0;
	number = strtoull(text, &end, 10);
	if (errno)
		return -errno;
	if (end[strspn(end, " \t\n")])
		return -EINVAL;
	*value = number;
	return 0;
}

uint64_t mono_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
}

char *str_format(const char *fmt, ...)
{
	va_list ap;
	char *text;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	return n < 0 ? NULL : text;
}

void text_plain(char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((text[i] < ' ' && text[i] != '\n' && text[i] != '\t') || text[i] > '~')
			text[i] = '?'; /* char has a sign: bytes from 0x80 on are below ' ' */
}

void text_safe(char *text)
{
	for (unsigned char *at = (unsigned char *)text; *at; at++) {
		bool c1 = at[0] == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0; /* U+0080 to U+009F */

		if ((*at < ' ' && *at != '\n' && *at != '\t') || *at == 0x7f || c1)
			*at = '?';
		if (c1)
			*++at = '?';
	}
}

/* @guess: where it probably is; snapshots of one kernel have the same order. */
static struct metric *metrics_find(const struct metrics *m, const char *name, size_t guess)
{
	if (guess < m->n && !strcmp(m->v[guess].name, name))
		return &m->v[guess];
	for (size_t i = 0; i < m->n; i++)
		if (!strcmp(m->v[i].name, name))
			return &m->v[i];
	return NULL;
}

static int metrics_add(struct metrics *m, const char *name, uint64_t value)
{
	char *copy;

	if (m->n == m->room) {
		size_t room = m->room ? 2 * m->room : 32;
		struct metric *bigger = reallocarray(m->v, room, sizeof(*bigger));

		if (!bigger)
			return -ENOMEM;
		m->v = bigger;
		m->room = room;
	}
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	m->v[m->n++] = (struct metric){.name = copy, .value = value};
	return 0;
}

int metrics_set(struct metrics *m, const char *name, uint64_t value)
{
	struct metric *old = metrics_find(m, name, 0);

	if (!old)
		return metrics_add(m, name, value);
	old->value = value;
	return 0;
}

bool metrics_get(const struct metrics *m, const char *name, uint64_t *value)
{
	struct metric *found = metrics_find(m, name, 0);

	if (found)
		*value = found->value;
	return found;
}

int metrics_delta(struct metrics *out, const struct metrics *before, const struct metrics *after)
{
	struct metrics delta = {0};

	for (size_t i = 0; i < after->n; i++) {
		const struct metric *now = &after->v[i], *then;
		int err;

		then = metrics_find(before, now->name, i);
		if (!then)
			continue;
		err = metrics_add(&delta, now->name,
				  now->value > then->value ? now->value - then->value : 0);
		if (err) {
			metrics_free(&delta);
			return err;
		}
	}
	metrics_free(out);
	*out = delta;
	return 0;
}

void metrics_free(struct metrics *m)
{
	for (size_t i = 0; i < m->n; i++)
		free(m->v[i].name);
	free(m->v);
	*m = (struct metrics){0};
}

char *str_join(char *const *words, int n)
{
	char *line = str_format("%s", n > 0 ? words[0] : "");

	for (int i = 1; i < n && line; i++) {
		char *longer = str_format("%s %s", line, words[i]);

		free(line);
		line = longer;
	}
	return line;
}

int file_replace(const char *path, const void *data, size_t len)
{
	auto_free char *temp = str_format("%s.XXXXXX", path);
	int fd = temp ? mkostemp(temp, O_CLOEXEC) : -1;
	int err = temp && fd < 0 ? -errno : temp ? 0 : -ENOMEM;

	if (!err)
		err = write_full(fd, data, len);
	if (!err && (fchmod(fd, 0644) || fsync(fd)))
		err = -errno;
	if (fd >= 0 && close(fd) && !err)
		err = -errno;
	if (!err && rename(temp, path))
		err = -errno;
	if (err && fd >= 0)
		unlink(temp);
	return err ? err_sys(err, "writing %s", path) : 0;
}
