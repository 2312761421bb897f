/* SPDX-License-Identifier: GPL-2.0-only */
/* say.h - a comparison in sentences: what differs, by how much, and by which rule that counts. */
#ifndef COMPARE_SAY_H
#define COMPARE_SAY_H

#include "report.h"

#define SAY_LINE 512

/* "+58%", "x10", "from 0", "=" or "-" (not known on both sides). */
const char *say_change(const struct compared *c, char *buf, size_t size);
/* "200/s", "27.1us": a mean with its unit; "-". */
const char *say_mean(const struct compared *c, const struct sample *s, char *buf, size_t size);

/* "PASS", "FAIL", "DIFFERENT", "EQUAL" or "CANNOT JUDGE". */
const char *say_word(const struct compare_report *r);
/* What follows the word; empty: nothing. */
const char *say_answer(const struct compare_report *r, char *buf, size_t size);
/* What a figure must do to count here. */
const char *say_rule(const struct comparison *c, char *buf, size_t size);

/*
 * The order to show figures in: by the size of their change, those that may be chance behind the
 * others, the idle phase last; figures that the user named in his order. Indices of c->v, to be
 * freed; NULL: no memory.
 */
size_t *say_order(const struct comparison *c);

#endif
