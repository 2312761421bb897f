/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * signals.h - every signal that can end this process asks it to stop, so that it leaves nothing
 * changed.
 *
 * Handlers without SA_RESTART: a signal also ends a system call that waits, loop.c's and a source's
 * write of run=2 alike. What the process inherited as ignored stays ignored (nohup, background jobs
 * of a script).
 */
#ifndef SIGNALS_H
#define SIGNALS_H

#include "util.h"

/* @handler for every signal that asks to stop and is not ignored. */
void signals_catch(void (*handler)(int sig));
/* From now on they are noted for the two below. */
void signals_watch(void);
/* The first that came, 0: none. */
int signals_got(void);
/* How many have come: a wait that a signal shall end compares. */
unsigned int signals_count(void);

/*
 * For a process that has changed knobs: if it crashes (SIGSEGV, SIGABRT and the like), `host-stress
 * recover` runs as soon as it is dead.
 */
void signals_recover_after_crash(void);

/*
 * To be called first of all: SIGPIPE becomes an error of write(2), and where 0, 1 or 2 are closed
 * something stands there that gives errors, or the next file opened (the journal) would be the
 * standard error.
 */
void signals_prepare(void);

#endif
