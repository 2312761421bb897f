/* SPDX-License-Identifier: GPL-2.0-only */
/* limits_made.h - one limit over a made-up result, for the tests of limits. */
#ifndef LIMITS_MADE_H
#define LIMITS_MADE_H

#include "made.h"
#include "judge/verdict.h"

static const char *const names[] = {"idle", "ksm-merge", "ksm-merge+migrate", "migrate"};

/* Judges @expr over @r alone. */
static inline void judge(struct result *r, const char *expr)
{
	while (r->nfail_if)
		free(r->fail_if[--r->nfail_if]);
	assert_int_equal(result_add_text(&r->fail_if, &r->nfail_if, expr), 0);
	assert_int_equal(verdict_judge(r), 0);
	if (!r->nlimits)
		fail_msg("'%s' was not looked at", expr);
}

#endif
