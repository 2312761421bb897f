/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * limits.h - `--fail-if 'EXPR'`: a comparison of two arithmetic expressions over the figures of a
 * result (docs/limits.md). Pure.
 *
 *     limit  = sum ( "<" | "<=" | ">" | ">=" | "==" | "!=" ) sum
 *     sum    = term { ( "+" | "-" ) term }
 *     term   = factor { ( "*" | "/" ) factor }
 *     factor = number [ "ns" | "us" | "ms" | "s" | "K" | "M" | "G" | "%" ] | figure | "(" sum ")"
 *
 * Times and plain numbers do not mix: whoever forgets a unit is told so instead of being judged by
 * nanoseconds.
 */
#ifndef LIMITS_H
#define LIMITS_H

#include "result/figures.h"

#define LIMIT_MAX_BYTES 400
#define LIMIT_MAX_NODES 48

#define LIMIT_ANY_TIME 100

enum limit_op {
	LIMIT_NUMBER,
	LIMIT_FIGURE,
	LIMIT_ADD,
	LIMIT_SUB,
	LIMIT_MUL,
	LIMIT_DIV,
	LIMIT_LT,
	LIMIT_LE,
	LIMIT_GT,
	LIMIT_GE,
	LIMIT_EQ,
	LIMIT_NE,
};

struct limit_node {
	enum limit_op op;
	double number;
	struct figure figure;
	int left, right; /* indices */
	int time;	 /* power of time; LIMIT_ANY_TIME for a bare 0, which goes with all */
	int from, to;	 /* where it stands in the text */
};

struct limit {
	const char *text; /* the caller's */
	struct limit_node node[LIMIT_MAX_NODES];
	int n;
	int root;  /* a comparison */
	bool each; /* names a figure without its phase: stands for every phase but the idle one */
};

/* 0, or -EINVAL with the reason in @why (one line, no newline). */
must_check int limit_parse(struct limit *l, const char *text, const struct figure_phases *phases,
			   char *why, size_t size);

/*
 * Judges r->fail_if anew by the figures of @r and puts one outcome for each limit, or for each
 * phase that it stands for, into r->limits. Nothing is exceeded or kept that rests on a phase that
 * was not exercised, an unknown figure or a division by 0. 0 or -ENOMEM.
 */
must_check int limits_judge(struct result *r);

#endif
