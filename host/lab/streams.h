/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * streams.h - what comes out of L1's ports: its console, standard output and error, status words
 * and result. Each is shown, kept or understood as it comes.
 */
#ifndef LAB_STREAMS_H
#define LAB_STREAMS_H

#include "pack.h"

/* Before all else: none is open. */
void streams_init(struct lab *lab);
/* --console's file, where one was asked for. 0 or -errno, told. */
must_check int streams_open_console(struct lab *lab);
/* Pipes from L1's ports; the emulator gets the other ends. 0 or -errno, told. */
must_check int streams_open(struct lab *lab);
/* Begins to read, when the @emulator has been started; closes our copies of its ends in any case.
 */
void streams_start(struct lab *lab, bool emulator);
/* L1 has said its last word: takes what it had said before in the other streams. */
void streams_drain(struct lab *lab);
/* The emulator has died: takes what is left, until all streams end. */
void streams_empty(struct lab *lab);
void streams_close(struct lab *lab);

#endif
