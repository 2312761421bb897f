/* SPDX-License-Identifier: GPL-2.0-only */
/* plan.c - see plan.h. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"
#include "plan.h"

int plan_note(struct result *r, const struct opts *o)
{
	int err = 0;

	for (size_t i = 0; i < o->nphases && !err; i++)
		err = result_add_text(&r->planned, &r->nplanned, o->phases[i].name);
	for (size_t i = 0; i < o->fail_if.n && !err; i++)
		err = result_add_text(&r->fail_if, &r->nfail_if, o->fail_if.v[i]);
	r->on_warn = o->on_warn;
	r->on_unexercised = o->on_unexercised;
	free(r->crash_match);
	r->crash_match = o->crash_match ? str_format("%s", o->crash_match) : NULL;
	if (!err && o->crash_match && !r->crash_match)
		err = -ENOMEM;
	return err ? err_sys(err, "result") : 0;
}

/* All options that shape the figures and that the result itself does not tell (--lab-cpus: key
 * lab). */
static const char *const shaping[] = {
	"probes",      "stretch",      "stretch-count", "interfere",  "duration",
	"phase-time",  "sources",      "memory",	"vcpus",      "groups",
	"write-share", "shared-pages", "pattern",	"backend",    "max-page-sharing",
	"scene",       "stall",	       "machine",	"lab-memory", "overlay",
	"lab-cpu",     "lab-model",    "kvm-param",	"lab-turn",   "lab-hold",
};

/*
 * Value of the last "--NAME VALUE" or "--NAME=VALUE" in @words, into @buf, or of @all of them one
 * behind the other; false: not there.
 */
static bool value_find(const char *words, const char *name, bool all, char *buf, size_t size)
{
	size_t at = 0;
	auto_free char *copy = str_format("%s", words), *option = str_format("--%s", name);
	size_t n = option ? strlen(option) : 0;
	bool found = false, next = false;
	char *rest;

	for (char *word = copy ? strtok_r(copy, " ", &rest) : NULL; word;
	     word = strtok_r(NULL, " ", &rest)) {
		const char *value = next && strncmp(word, "--", 2) ? word : NULL;

		next = n && !strcmp(word, option);
		if (n && !strncmp(word, option, n) && word[n] == '=')
			value = word + n + 1;
		if (value) {
			snprintf(buf + at, size - at, "%s%s", at ? "," : "", value);
			at = all ? strlen(buf) : 0;
			found = true;
		}
		if (!strcmp(word, "--"))
			break;
	}
	return found;
}

/* 1.5s and 1500ms are the same. */
static bool same_value(enum option_kind kind, const char *a, const char *b)
{
	uint64_t va, vb;

	switch (kind) {
	case OPT_TIME:
		return !opts_time(a, &va) && !opts_time(b, &vb) && va == vb;
	case OPT_SIZE:
	case OPT_COUNT:
		return !opts_size(a, &va) && !opts_size(b, &vb) && va == vb;
	case OPT_SHARE:
		return !opts_share(a, &va) && !opts_share(b, &vb) && va == vb;
	default:
		return false;
	}
}

/* --duration has its default only where --phase-time does not stand for it. */
static void value_of(const char *words, const struct option_spec *s, char *buf, size_t size)
{
	char other[16];

	if (value_find(words, s->name, s->kind == OPT_TEXTS, buf, size))
		return;
	if (!strcmp(s->name, "duration") &&
	    value_find(words, "phase-time", false, other, sizeof(other)))
		snprintf(buf, size, "none");
	else
		snprintf(buf, size, "%s", s->def ?: s->shown ?: "none");
}

int plan_same(const char *a, const char *b, char *why, size_t size)
{
	for (size_t i = 0; i < ARRAY_SIZE(shaping); i++) {
		const struct option_spec *s = option_find(shaping[i], strlen(shaping[i]));
		char va[128], vb[128];

		if (!s)
			continue;
		value_of(a ?: "", s, va, sizeof(va));
		value_of(b ?: "", s, vb, sizeof(vb));
		if (!strcmp(va, vb) || same_value(s->kind, va, vb))
			continue;
		snprintf(why, size, "--%s differs: %s and %s", s->name, va, vb);
		return -EINVAL;
	}
	return 0;
}
