/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * knobs.c - sysfs, procfs and debugfs writes that are undone (knobs.h, docs/knobs.md).
 *
 * Journal records: "pid N" of the holder; "set PATH OLD" before the first write to a file; "done
 * PATH" after it was put back while others were not. For what was made and has to go: "write PATH
 * VALUE" writes the value, "swap DEVICE" is swapoff(2), "dir PATH" is rmdir(2).
 */
#include "knobs.h"
#include "journal.h"
#include "writer.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <time.h>
#include <unistd.h>

#define KNOB_RESTORE_NS (5 * NSEC_PER_SEC)
#define GROUP_LOOK_NS 20000000

/* How it is put back: the kind of its record. */
static const char KIND_SET[] = "set", KIND_WRITE[] = "write", KIND_SWAP[] = "swap",
		  KIND_DIR[] = "dir";

struct knob {
	const char *kind;
	char *path;
	char *old;
	int err; /* of the last try to put it back */
};

struct knobs {
	char *root;
	struct journal journal;
	struct knob *v; /* not put back yet, oldest first */
	size_t n;
	size_t room;
	bool tell;	/* each knob that is put back */
	bool restoring; /* all: the journal is emptied after the last */
};

static struct knob *knob_find(const struct knobs *k, const char *path)
{
	for (size_t i = 0; i < k->n; i++)
		if (!strcmp(k->v[i].path, path))
			return &k->v[i];
	return NULL;
}

static void knob_drop(struct knobs *k, struct knob *knob)
{
	free(knob->path);
	free(knob->old);
	k->n--;
	memmove(knob, knob + 1, (char *)(k->v + k->n) - (char *)knob);
}

static int knob_keep(struct knobs *k, const char *kind, const char *path, const char *old)
{
	struct knob knob;

	if (k->n == k->room) {
		size_t room = k->room ? 2 * k->room : 16;
		struct knob *bigger = reallocarray(k->v, room, sizeof(*bigger));

		if (!bigger)
			return err_say(-ENOMEM, "cannot remember %s: out of memory", path);
		k->v = bigger;
		k->room = room;
	}
	knob = (struct knob){.kind = kind, .path = strdup(path), .old = strdup(old)};
	if (!knob.path || !knob.old) {
		free(knob.path);
		free(knob.old);
		return err_say(-ENOMEM, "cannot remember %s: out of memory", path);
	}
	k->v[k->n++] = knob;
	return 0;
}

static int visit_record(void *arg, const char *kind, const char *path, const char *value)
{
	struct knobs *k = arg;
	static const char *const kinds[] = {KIND_SET, KIND_WRITE, KIND_SWAP, KIND_DIR};
	struct knob *known = knob_find(k, path);

	for (size_t i = 0; i < ARRAY_SIZE(kinds) && !known; i++)
		if (!strcmp(kind, kinds[i]))
			return knob_keep(k, kinds[i], path, value);
	if (!strcmp(kind, "done") && known)
		knob_drop(k, known);
	return 0;
}

static int root_write(const struct knobs *k, const char *path, const char *value)
{
	auto_free char *full = str_format("%s%s", k->root, path);

	return full ? file_write(full, value) : -ENOMEM;
}

/*
 * In a process of its own: whoever waits in the kernel for a lock that never comes cannot be woken,
 * and nobody else would put the other knobs back. -ETIMEDOUT: it is left behind.
 */
static int write_apart(const struct knobs *k, const char *path, const char *value,
		       uint64_t limit_ns)
{
	auto_free char *full = str_format("%s%s", k->root, path);
	pid_t pid = full ? writer_fork(full, value) : -ENOMEM;
	int err;

	if (pid < 0)
		return (int)pid;
	err = writer_reap(pid, limit_ns);
	if (err != -EINPROGRESS)
		return err;
	kill(pid, SIGKILL);
	return -ETIMEDOUT;
}

/* "a [b] c" becomes "b"; a text that is no such choice stays as it is. */
static ssize_t choice_only(char *buf, size_t len, char left, char right)
{
	char *open = strchr(buf, left), *close = open ? strchr(open, right) : NULL;

	if (!close || strchr(close, left) || memchr(open, ' ', close - open))
		return len;
	if ((open > buf && open[-1] != ' ') || (close[1] && close[1] != ' '))
		return len;
	len = close - open - 1;
	memmove(buf, open + 1, len);
	buf[len] = '\0';
	return len;
}

ssize_t knob_read(const struct knobs *k, const char *path, char *buf, size_t size)
{
	auto_free char *full = str_format("%s%s", k->root, path);
	ssize_t len = full ? file_read(full, buf, size) : -ENOMEM;

	if (len >= 0)
		len = choice_only(buf, len, '[', ']');
	if (len >= 0)
		len = choice_only(buf, len, '(', ')'); /* debugfs sched/preempt */
	return len;
}

/* The file went with its module or its device: there is nothing left to put back. */
static bool is_gone(int err)
{
	return err == -ENOENT || err == -ENODEV || err == -ENXIO || err == -ENOTDIR;
}

/* EINVAL: there is no swapping to it any more. */
static int swap_end(const char *device)
{
	return !swapoff(device) || errno == EINVAL ? 0 : -errno;
}

/*
 * A control group is busy as long as a process of it is there: after SIGKILL to us our QEMU's end
 * takes a moment.
 */
static int dir_end(const struct knobs *k, const char *path)
{
	const struct timespec pause = {.tv_nsec = GROUP_LOOK_NS};
	auto_free char *full = str_format("%s%s", k->root, path);
	uint64_t end = mono_ns() + KNOB_RESTORE_NS;

	while (full && rmdir(full)) {
		if (errno != EBUSY || mono_ns() > end)
			return -errno;
		nanosleep(&pause, NULL);
	}
	return full ? 0 : -ENOMEM;
}

/* A refused write of the value that stands there anyway is no loss. */
static int put_back(const struct knobs *k, const struct knob *knob)
{
	char now[KNOB_MAX_BYTES];
	int err;

	if (knob->kind == KIND_SWAP)
		return swap_end(knob->path);
	if (knob->kind == KIND_DIR)
		return dir_end(k, knob->path);
	/* The kernel takes a write of no bytes for no write. */
	err = write_apart(k, knob->path, *knob->old ? knob->old : "\n", KNOB_RESTORE_NS);

	if (err && err != -ETIMEDOUT && !is_gone(err) &&
	    knob_read(k, knob->path, now, sizeof(now)) >= 0 && !strcmp(now, knob->old))
		return 0;
	return err;
}

/* Best effort: without its record it is put back once more by the next try. */
static void knob_settle(struct knobs *k, struct knob *knob)
{
	if (knob->err)
		note_say("%s is gone; its old value '%s' is not put back", knob->path, knob->old);
	else if (k->tell && knob->kind == KIND_DIR)
		note_say("%s is removed", knob->path);
	else if (k->tell)
		note_say("%s is back at '%s'", knob->path, knob->old);
	if ((k->n > 1 || !k->restoring) && journal_add(&k->journal, "done", knob->path, ""))
		note_say("%s was put back all the same", knob->path);
	knob_drop(k, knob);
}

/* One round over all, newest first. True: it helped. */
static bool restore_round(struct knobs *k, unsigned int *restored)
{
	bool helped = false;

	for (size_t i = k->n; i-- > 0;) {
		struct knob *knob = &k->v[i];

		if (knob->err == -ETIMEDOUT) /* it will not get better while we wait */
			continue;
		knob->err = put_back(k, knob);
		if (knob->err && !is_gone(knob->err))
			continue;
		if (!knob->err)
			(*restored)++;
		knob_settle(k, knob);
		helped = true;
	}
	return helped;
}

/*
 * A knob may be refused until another is back: rounds go on as long as they help. @empties: the
 * caller empties the journal if nothing is left.
 */
static int restore_all(struct knobs *k, unsigned int *restored, bool empties)
{
	int err = 0;

	*restored = 0;
	for (size_t i = 0; i < k->n; i++)
		k->v[i].err = 0;
	k->restoring = empties;
	while (k->n && restore_round(k, restored))
		;
	k->restoring = false;
	for (size_t i = k->n; i-- > 0;)
		err = err_say(k->v[i].err,
			      "cannot put '%s' back into %s: %s; write it by hand, or try "
			      "`host-stress recover` later",
			      k->v[i].old, k->v[i].path, strerror(-k->v[i].err));
	return err;
}

static int write_pid(struct knobs *k)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", getpid());
	return journal_add(&k->journal, "pid", pid, "");
}

static void knobs_free(struct knobs *k, bool remove)
{
	journal_close(&k->journal, remove);
	while (k->n)
		knob_drop(k, &k->v[k->n - 1]);
	free(k->v);
	free(k->root);
	free(k);
}

/* @restore_err: 0, or what could not be put back (said). */
static int knobs_new(struct knobs **out, const char *root, const char *journal, bool create,
		     unsigned int *recovered, int *restore_err)
{
	struct knobs *k = calloc(1, sizeof(*k));
	unsigned int damaged;
	int err;

	if (k)
		k->root = strdup(root);
	if (!k || !k->root) {
		free(k);
		return err_say(-ENOMEM, "cannot open the journal %s: out of memory", journal);
	}
	err = journal_open(&k->journal, journal, create);
	if (!err)
		err = journal_read(&k->journal, visit_record, k, &damaged);
	if (err) {
		knobs_free(k, false);
		return err;
	}
	if (damaged)
		journal_save(&k->journal);
	k->tell = true;
	*restore_err = restore_all(k, recovered, true);
	k->tell = false;
	if (!*restore_err && damaged)
		*restore_err = -EBADMSG;
	*out = k;
	return 0;
}

int knobs_open(struct knobs **out, const char *root, const char *journal, unsigned int *recovered)
{
	struct knobs *k;
	unsigned int count;
	int err, restore_err;

	err = knobs_new(&k, root, journal, true, recovered ? recovered : &count, &restore_err);
	if (err)
		return err;
	err = k->n ? 0 : journal_empty(&k->journal);
	if (!err)
		err = write_pid(k);
	if (err) {
		knobs_free(k, !k->n);
		return err;
	}
	*out = k;
	return 0;
}

int knobs_recover(const char *root, const char *journal, unsigned int *recovered)
{
	struct knobs *k;
	int err, restore_err;

	*recovered = 0;
	err = knobs_new(&k, root, journal, false, recovered, &restore_err);
	if (err)
		return err == -ENOENT ? 0 : err;
	knobs_free(k, !k->n);
	return restore_err;
}

static int knob_record(struct knobs *k, const char *kind, const char *path, const char *old)
{
	int err = knob_keep(k, kind, path, old);

	if (err)
		return err;
	err = journal_add(&k->journal, kind, path, old);
	if (err)
		knob_drop(k, &k->v[k->n - 1]);
	return err;
}

/* Puts the old value on record before anything is changed. */
static int remember(struct knobs *k, const char *path)
{
	char old[KNOB_MAX_BYTES];
	ssize_t len = knob_read(k, path, old, sizeof(old));

	if (len < 0)
		return len == -ENOENT ? len : err_sys(len, "cannot read %s%s", k->root, path);
	return knob_record(k, KIND_SET, path, old);
}

static int write_or_say(const struct knobs *k, const char *path, const char *value)
{
	int err = root_write(k, path, value);

	if (!err || err == -ENOENT || err == -EINTR)
		return err;
	return err_say(err, "cannot write '%s' to %s%s: %s%s", value, k->root, path, strerror(-err),
		       err == -EACCES || err == -EPERM ? "; run as root" : "");
}

/* After a failed write the knob stays on record: some have changed all the same (ksm/run). */
int knob_write(struct knobs *k, const char *path, const char *value)
{
	int err = knob_find(k, path) ? 0 : remember(k, path);

	return err ? err : write_or_say(k, path, value);
}

int knob_write_u64(struct knobs *k, const char *path, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	return knob_write(k, path, text);
}

int knob_rewrite(struct knobs *k, const char *path, const char *value, uint64_t limit_ns)
{
	return knob_find(k, path) ? write_apart(k, path, value, limit_ns) : 0;
}

int knob_trigger(struct knobs *k, const char *path, const char *value)
{
	return write_or_say(k, path, value);
}

int knob_owe_write(struct knobs *k, const char *path, const char *value)
{
	return knob_record(k, KIND_WRITE, path, value);
}

int knob_owe_swapoff(struct knobs *k, const char *device)
{
	return knob_record(k, KIND_SWAP, device, "off");
}

int knob_make_dir(struct knobs *k, const char *path)
{
	auto_free char *full = str_format("%s%s", k->root, path);
	int err = full ? knob_record(k, KIND_DIR, path, "") : -ENOMEM;

	if (err)
		return err;
	if (!mkdir(full, 0755))
		return 0;
	err = err_sys(-errno, "cannot make %s", full);
	knob_forget(k, path); /* what is there already is not ours to take away */
	return err;
}

int knob_pay(struct knobs *k, const char *path)
{
	struct knob *knob = knob_find(k, path);

	if (!knob)
		return 0;
	knob->err = put_back(k, knob);
	if (knob->err && !is_gone(knob->err))
		return err_sys(knob->err, "cannot put '%s' back into %s", knob->old, path);
	knob_settle(k, knob);
	return 0;
}

void knob_forget(struct knobs *k, const char *path)
{
	struct knob *knob = knob_find(k, path);

	if (knob)
		knob_settle(k, knob);
}

int knobs_restore(struct knobs *k)
{
	unsigned int restored;
	bool any = k->n;
	int err = restore_all(k, &restored, true);

	return k->n || !any ? err : journal_empty(&k->journal);
}

int knobs_restore_recorded(struct knobs *k)
{
	unsigned int restored, damaged;
	int err;

	while (k->n)
		knob_drop(k, &k->v[k->n - 1]);
	err = journal_read(&k->journal, visit_record, k, &damaged);
	k->tell = true;
	return restore_all(k, &restored, false) ?: err;
}

int knobs_close(struct knobs *k)
{
	int err;

	if (!k)
		return 0;
	err = knobs_restore(k);
	knobs_free(k, !k->n);
	return err;
}
