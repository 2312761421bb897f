// SPDX-License-Identifier: GPL-2.0-only
/* complaints.c - what the kernel under test said of itself, as lines of the report. */
#include <inttypes.h>

#include "cells.h"

#define SHOWN 8

static int print_finding(FILE *out, const struct kernlog_finding *f, bool first)
{
	return field(out, first ? "complaint" : "", "%s%s%s: %s%s", f->phase[0] ? "in " : "",
		     f->phase[0] ? f->phase : "before the first phase",
		     f->names_us ? "" : ", of neither mm nor KVM", f->title,
		     f->stress ? "" : " (stress had not begun)");
}

int print_complaints(FILE *out, const struct result *r)
{
	const struct kernlog *k = &r->kernlog;
	uint64_t more = k->more + (k->n > SHOWN ? k->n - SHOWN : 0);
	int err = 0;

	for (size_t i = 0; i < k->n && i < SHOWN && !err; i++)
		err = print_finding(out, &k->v[i], i == 0);
	if (!err && more)
		err = field(out, "", "and %" PRIu64 " more (the JSON has up to %d)", more,
			    KERNLOG_MOST);
	if (!err && k->lost)
		err = field(out, "", "its log overran %" PRIu64 " times: more may have been said",
			    k->lost);
	if (!err && r->crash)
		err = field(out, "died of", "%s", r->crash);
	return err;
}
