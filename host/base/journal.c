/* SPDX-License-Identifier: GPL-2.0-only */
/* journal.c - the file behind knobs.c (journal.h). */
#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIELDS 4 /* kind, path, value, checksum */
#define OPEN_TRIES 100

/* CRC32C bit by bit: some hundred bytes per run, and a torn line is all it has to find. */
static uint32_t crc32c(const char *data, size_t len)
{
	uint32_t crc = ~0u;

	while (len--) {
		crc ^= (unsigned char)*data++;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
	}
	return ~crc;
}

/* @out has room for 4 times the length of @text and a NUL. */
static void escape(char *out, const char *text)
{
	for (; *text; text++) {
		unsigned char c = *text;

		if (c < ' ' || c == '\\' || c == 0x7f)
			out += sprintf(out, "\\%03o", c);
		else
			*out++ = c;
	}
	*out = '\0';
}

static bool is_octal(const char *text)
{
	return strspn(text, "01234567") >= 3;
}

static void unescape(char *text)
{
	char *out = text;

	while (*text) {
		if (*text == '\\' && is_octal(text + 1)) {
			*out++ = (text[1] - '0') << 6 | (text[2] - '0') << 3 | (text[3] - '0');
			text += 4;
		} else {
			*out++ = *text++;
		}
	}
	*out = '\0';
}

/* Splits @line (its newline is gone) in place. False: damaged. */
static bool record_split(char *line, char *field[FIELDS])
{
	char *checksum = strrchr(line, '\t'), want[9];
	int n = 0;

	if (!checksum)
		return false;
	snprintf(want, sizeof(want), "%08" PRIx32, crc32c(line, checksum - line));
	if (strcmp(checksum + 1, want))
		return false;
	for (char *next = line; next && n < FIELDS; n++) {
		field[n] = next;
		next = strchr(next, '\t');
		if (next)
			*next++ = '\0';
	}
	if (n != FIELDS)
		return false;
	for (n = 0; n < FIELDS; n++)
		unescape(field[n]);
	return true;
}

static char *record_make(const char *kind, const char *path, const char *value)
{
	auto_free char *p = malloc(4 * strlen(path) + 1), *v = malloc(4 * strlen(value) + 1);
	auto_free char *body = NULL;

	if (!p || !v)
		return NULL;
	escape(p, path);
	escape(v, value);
	body = str_format("%s\t%s\t%s", kind, p, v);
	return body ? str_format("%s\t%08" PRIx32 "\n", body, crc32c(body, strlen(body))) : NULL;
}

/* /run may be missing in a small initramfs; only the last directory is ours alone. */
static int make_directories(const char *path)
{
	auto_free char *dir = strdup(path);
	char *last = dir ? strrchr(dir, '/') : NULL;

	if (!dir)
		return -ENOMEM;
	for (char *slash = dir; last && (slash = strchr(slash + 1, '/'));) {
		*slash = '\0';
		if (mkdir(dir, slash == last ? 0700 : 0755) && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return 0;
}

static int visit_pid(void *arg, const char *kind, const char *path, const char *value)
{
	(void)value;
	if (!strcmp(kind, "pid"))
		snprintf(arg, 32, ", pid %s,", path);
	return 0;
}

static int say_locked(struct journal *j)
{
	char pid[32] = "";
	unsigned int damaged;

	if (journal_read(j, visit_pid, pid, &damaged))
		pid[0] = '\0';
	return err_say(-EBUSY, "another host-stress%s is running (it holds %s); wait for its end",
		       pid, j->path);
}

/*
 * -EAGAIN: the holder before removed the file between our open and our lock. A lock by fcntl() is
 * the process's own: no writer that knobs.c has forked, and that hangs, keeps it.
 */
static int try_open(struct journal *j, bool create)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	struct stat ours, named;
	int err;

	err = create ? make_directories(j->path) : 0;
	if (err)
		return err;
	j->fd = open(j->path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | (create ? O_CREAT : 0), 0600);
	if (j->fd < 0)
		return create && errno == ENOENT ? -EAGAIN : -errno;
	if (fcntl(j->fd, F_SETLK, &lock))
		return errno == EAGAIN || errno == EACCES ? -EBUSY : -errno;
	if (fstat(j->fd, &ours))
		return -errno;
	if (stat(j->path, &named) || ours.st_ino != named.st_ino || ours.st_dev != named.st_dev)
		return -EAGAIN;
	return 0;
}

int journal_open(struct journal *j, const char *path, bool create)
{
	int err = -EAGAIN;

	*j = (struct journal){.path = strdup(path), .fd = -1};
	if (!j->path)
		return err_say(-ENOMEM, "cannot open the journal %s: out of memory", path);
	for (int i = 0; i < OPEN_TRIES && err == -EAGAIN; i++) {
		util_close(&j->fd);
		err = try_open(j, create);
	}
	if (err == -EBUSY)
		say_locked(j);
	else if (err && (create || err != -ENOENT))
		err_say(err, "cannot open the journal %s: %s; %s", path, strerror(-err),
			err == -EACCES || err == -EPERM ? "run as root"
							: "see that its directory can be written");
	if (err)
		journal_close(j, false);
	return err;
}

static int slurp(int fd, char **text, size_t *len)
{
	auto_free char *buf = NULL;
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) || lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	buf = malloc(st.st_size + 1);
	if (!buf)
		return -ENOMEM;
	n = read_full(fd, buf, st.st_size);
	if (n < 0)
		return n;
	buf[n] = '\0';
	*len = n;
	*text = buf;
	buf = NULL;
	return 0;
}

int journal_read(struct journal *j, journal_visit *visit, void *arg, unsigned int *damaged)
{
	auto_free char *text = NULL;
	char *field[FIELDS], *newline;
	size_t len = 0;
	int err;

	*damaged = 0;
	err = slurp(j->fd, &text, &len);
	if (err)
		return err_sys(err, "cannot read the journal %s", j->path);
	for (char *line = text; (newline = memchr(line, '\n', text + len - line));
	     line = newline + 1) {
		*newline = '\0';
		if (!record_split(line, field)) {
			note_say("the journal %s has a damaged line, which is skipped: '%s'",
				 j->path, line);
			(*damaged)++;
			continue;
		}
		err = visit(arg, field[0], field[1], field[2]);
		if (err)
			return err;
		j->end = newline + 1 - text;
	}
	return 0;
}

static int put_record(struct journal *j, const char *record)
{
	size_t len = strlen(record);
	int err = 0;

	if (ftruncate(j->fd, j->end) || lseek(j->fd, j->end, SEEK_SET) < 0)
		return -errno;
	err = write_full(j->fd, record, len);
	if (!err && fsync(j->fd))
		err = -errno;
	if (!err)
		j->end += len;
	else if (ftruncate(j->fd, j->end))
		return err; /* torn: the next one truncates again, a reader drops it */
	return err;
}

int journal_add(struct journal *j, const char *kind, const char *path, const char *value)
{
	auto_free char *record = record_make(kind, path, value);
	int err = record ? put_record(j, record) : -ENOMEM;

	if (!err)
		return 0;
	return err_say(err, "cannot write %s to the journal %s: %s; %s", path, j->path,
		       strerror(-err),
		       err == -ENOSPC || err == -EDQUOT ? "make room there"
							: "see that it can be written");
}

void journal_save(const struct journal *j)
{
	auto_free char *path = str_format("%s.damaged", j->path), *text = NULL;
	size_t len = 0;

	if (path && !slurp(j->fd, &text, &len) && !file_replace(path, text, len))
		note_say("the damaged journal is kept as %s", path);
}

int journal_empty(struct journal *j)
{
	if (ftruncate(j->fd, 0))
		return err_sys(-errno, "cannot empty the journal %s", j->path);
	j->end = 0;
	return 0;
}

static void remove_directory(const char *path)
{
	auto_free char *dir = strdup(path);
	char *slash = dir ? strrchr(dir, '/') : NULL;

	if (slash && slash > dir) {
		*slash = '\0';
		rmdir(dir); /* stays when there is something else in it */
	}
}

void journal_close(struct journal *j, bool remove)
{
	if (remove && j->fd >= 0) {
		if (unlink(j->path))
			note_say("cannot remove the journal %s: %s; it is empty and harmless",
				 j->path, strerror(errno));
		remove_directory(j->path);
	}
	util_close(&j->fd);
	util_free(&j->path);
}
