/* SPDX-License-Identifier: GPL-2.0-only */
/* screen.h - the answer's parts, shared by the one screen and the page (page.c). */
#ifndef SCREEN_H
#define SCREEN_H

#include "cells.h"

#define SCREEN_WORDS 64

struct screen_row {
	char lost[CELL], longest[CELL];
	char cause[SCREEN_WORDS + CELL], windows[SCREEN_WORDS + CELL];
};

/* The verdict and what it rests on, or its first reason, in one line; to be freed, NULL: no memory.
 */
char *screen_verdict(const struct result *r);
/* Phases that were planned, begun or not, and their names. */
size_t screen_phases(const struct result *r);
const char *screen_phase(const struct result *r, size_t i);
/* False: it gave no figures; lost then has the word for it. */
bool screen_row(const struct result *r, size_t i, struct screen_row *row);

#endif
