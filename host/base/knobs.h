/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * knobs.h - every write to sysfs, procfs and debugfs goes through here (docs/knobs.md).
 *
 * Before a file is written for the first time its old value is put into a journal and synced;
 * knobs_restore() writes the old values back in reverse order and empties the journal,
 * knobs_close() removes it. A journal that is still there when knobs_open() comes belongs to a run
 * that was killed: its values are put back first. The journal lives in /run, which like the knobs
 * themselves does not outlive a reboot.
 */
#ifndef KNOBS_H
#define KNOBS_H

#include "util.h"

#define KNOBS_JOURNAL "/run/host-stress/journal"
#define KNOB_MAX_BYTES 4096 /* of a value, with its NUL: what sysfs can show */

struct knobs;

/*
 * @root is put before every path ("" on a real system; a directory in tests). Takes a lock on the
 * journal: -EBUSY (said) when another host-stress holds it. *@recovered (may be NULL) is the number
 * of knobs put back from a killed run. One that cannot be put back is said, stays in the journal
 * and is no error here: its old value is tried again at the end.
 */
must_check int knobs_open(struct knobs **k, const char *root, const char *journal,
			  unsigned int *recovered);

/*
 * Journals the old value of @path once, then writes @value. Files that show a choice as "a [b] c"
 * or "a (b) c" are journalled as "b". 0 or -errno; said, but -ENOENT is silent (a knob that this
 * kernel does not have), and so is -EINTR (a signal that asks to stop, signals.h).
 */
must_check int knob_write(struct knobs *k, const char *path, const char *value);
/*
 * Writes again to a knob that this run has changed (0 where it has not), for at most @limit_ns: the
 * write may hang in the kernel. 0 or -errno, unsaid.
 */
must_check int knob_rewrite(struct knobs *k, const char *path, const char *value,
			    uint64_t limit_ns);
must_check int knob_write_u64(struct knobs *k, const char *path, uint64_t value);

/*
 * For files that are triggers and hold no value to put back (compact_memory). Nothing is
 * journalled; errors as above.
 */
must_check int knob_trigger(struct knobs *k, const char *path, const char *value);

/*
 * For what a source makes and takes away again: puts on record, before it is made, that @value has
 * to be written to @path (once for each path), or that swapping to @device has to end. 0 or -errno
 * (said).
 */
must_check int knob_owe_write(struct knobs *k, const char *path, const char *value);
must_check int knob_owe_swapoff(struct knobs *k, const char *device);
/* Makes a directory (a control group), which goes again once it is empty. 0 or -errno (said). */
must_check int knob_make_dir(struct knobs *k, const char *path);
/* What was to be made has not been: strikes it off the record, and nothing is written. */
void knob_forget(struct knobs *k, const char *path);
/* Does so now, or puts a knob back, and strikes it off the record; 0 also when there is none. */
must_check int knob_pay(struct knobs *k, const char *path);

/* Reads, with the root put before. Of a choice what is chosen. Length or -errno. */
must_check ssize_t knob_read(const struct knobs *k, const char *path, char *buf, size_t size);

/*
 * Puts all back, newest first, and tries every one even after an error: what cannot be put back is
 * said and stays in the journal, unless its file has gone with its module (said, no error). A write
 * that hangs in the kernel is given up after five seconds.
 */
must_check int knobs_restore(struct knobs *k);
/*
 * The same in a copy of this process made earlier (guard.h), by what the journal has by now; the
 * process that holds it hangs and cannot.
 */
must_check int knobs_restore_recorded(struct knobs *k);
/* Restores what is not restored yet, removes the journal if nothing is left in it, frees. NULL is
 * fine. */
int knobs_close(struct knobs *k);

/*
 * For `host-stress recover`: puts back what a killed run has left and removes its journal. 0 also
 * where there is none; -errno (said) if something could not be put back.
 */
must_check int knobs_recover(const char *root, const char *journal, unsigned int *recovered);

#endif
