/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * journal.h - a locked file of records that survives a SIGKILL at any byte (docs/knobs.md).
 *
 * A record is one line "KIND<tab>PATH<tab>VALUE<tab>CRC32C": control characters and backslashes are
 * written as \ooo, the checksum covers all before its tab. It counts only with its newline and a
 * right checksum, and is on disk when journal_add() returns.
 */
#ifndef JOURNAL_H
#define JOURNAL_H

#include "util.h"

struct journal {
	char *path;
	int fd;
	off_t end; /* of the last good record: the next goes there */
};

/* Called for each good record, oldest first. 0 or -errno. */
typedef int journal_visit(void *arg, const char *kind, const char *path, const char *value);

/*
 * Opens and locks. With @create the file and its directories are made as needed; else -ENOENT
 * (silent) where it is not there. -EBUSY (said) when another process has it.
 */
must_check int journal_open(struct journal *j, const char *path, bool create);
/* Reads all records. A torn last one is dropped; a damaged one before is said, shown and counted in
 * *@damaged. */
must_check int journal_read(struct journal *j, journal_visit *visit, void *arg,
			    unsigned int *damaged);
/* Adds a record and syncs. After an error (said) the file is as it was. */
must_check int journal_add(struct journal *j, const char *kind, const char *path,
			   const char *value);
/*
 * Copies it to PATH.damaged (said): lines that cannot be read are all that is left of some old
 * values, and the journal itself goes.
 */
void journal_save(const struct journal *j);
must_check int journal_empty(struct journal *j);
/* Unlocks; with @remove the file goes first, and its directory if it is empty. */
void journal_close(struct journal *j, bool remove);

#endif
