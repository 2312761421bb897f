/* SPDX-License-Identifier: GPL-2.0-only */
/* verdict.c - the rules of docs/exit-codes.md. */
#include <errno.h>
#include <inttypes.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "limits.h"
#include "verdict.h"

/* Words, and pages that a migration would have left behind. */
static uint64_t corrupted_data(const struct result *r)
{
	uint64_t errors = 0;

	for (size_t i = 0; i < r->nphases; i++)
		errors += r->phases[i].integrity.errors + r->phases[i].integrity.unlogged;
	return errors;
}

static int name_corrupted(struct result *r)
{
	int err = 0;

	for (size_t i = 0; i < r->nphases && !err; i++) {
		const struct phase_result *p = &r->phases[i];

		if (p->integrity.errors)
			err = verdict_reason(&r->verdict,
					     "phase %s: %" PRIu64
					     " words were corrupted in guest memory",
					     p->name, p->integrity.errors);
		if (p->integrity.unlogged && !err)
			err = verdict_reason(&r->verdict,
					     "phase %s: %" PRIu64
					     " pages that the guest wrote were missing from KVM's "
					     "dirty log",
					     p->name, p->integrity.unlogged);
	}
	return err;
}

/* A complaint of the kernel that fails the run. Before stress began it is none of ours. */
static bool is_blamed(const struct result *r, const struct kernlog_finding *f)
{
	if (!f->stress || r->on_warn == ON_WARN_NOTE)
		return false;
	return f->names_us || r->on_warn == ON_WARN_BAD;
}

static int name_complaints(struct result *r, size_t *blamed)
{
	int err = 0;

	*blamed = 0;
	for (size_t i = 0; i < r->kernlog.n && !err; i++) {
		const struct kernlog_finding *f = &r->kernlog.v[i];

		if (!is_blamed(r, f))
			continue;
		++*blamed;
		err = verdict_reason(&r->verdict, "the kernel complained in phase %s: %s%s",
				     f->phase, f->title,
				     r->qemu_cured ? "" : " (with a QEMU that may have made it)");
	}
	return err;
}

/* One that the guest came out of again is one all the same. */
static int name_livelocks(struct result *r, size_t *blamed)
{
	int err = 0;

	for (size_t i = 0; i < r->nphases && !err && !probes_doubtful(&r->probes); i++) {
		const struct fault_figures *f = &r->phases[i].faults;

		if (!f->classes_known || f->sent_back_most < LIVELOCK_LEAST || faults_doubtful(f))
			continue;
		++*blamed;
		err = verdict_reason(&r->verdict,
				     "phase %s: KVM sent a vCPU back %" PRIu64
				     " times in a row on one page, with no window over any%s",
				     r->phases[i].name, f->sent_back_most,
				     r->qemu_cured ? "" : " (with a QEMU that may have made it)");
	}
	return err;
}

static int judge_phase(struct result *r, const struct phase_result *p)
{
	char why[256];

	if (!p->done)
		return verdict_reason(&r->verdict, "phase %s did not run to its end%s%s", p->name,
				      p->why_not ? ": " : "", p->why_not ? p->why_not : "");
	if (!phase_exercised(p, why, sizeof(why)))
		return verdict_reason(&r->verdict, "phase %s was not exercised: %s", p->name,
				      !p->exercised && p->why_not ? p->why_not : why);
	if (p->lost)
		return verdict_reason(&r->verdict,
				      "phase %s: %" PRIu64
				      " of the guest's frames were lost or damaged",
				      p->name, p->lost);
	if (!p->exercised)
		return verdict_reason(&r->verdict, "phase %s was not exercised: %s", p->name,
				      p->why_not ? p->why_not : "the run says so");
	return 0;
}

/* One reason for each outcome of a limit that is @state. */
static int name_limits(struct result *r, enum limit_state state, size_t *n)
{
	int err = 0;

	for (size_t i = 0; i < r->nlimits && !err; i++) {
		const struct limit_result *l = &r->limits[i];

		if (l->state != state)
			continue;
		++*n;
		err = verdict_reason(&r->verdict, "limit '%s' %s%s%s: %s", l->expr,
				     state == LIMIT_EXCEEDED ? "exceeded" : "not judged",
				     l->phase ? " in phase " : "", l->phase ?: "", l->text);
	}
	return err;
}

/* --on-unexercised bad: its sources were at work all the time, and yet their proof did not move. */
static bool is_dead(const struct result *r, const struct phase_result *p)
{
	char why[256];
	bool short_of = false;

	for (size_t i = 0; i < p->nproof; i++)
		short_of |= p->proof[i].moved < p->proof[i].needed;
	return r->on_unexercised == ON_UNEXERCISED_BAD && p->done && short_of && !p->lost &&
	       !phase_exercised(p, why, sizeof(why));
}

static bool has_dead(const struct result *r)
{
	for (size_t i = 0; i < r->nphases; i++)
		if (is_dead(r, &r->phases[i]))
			return true;
	return false;
}

/* An unproven limit needs no reason of its own: the phase it rests on has given one. */
static int judge_phases(struct result *r, enum verdict_code *code)
{
	size_t unknown = 0, unproven = 0;
	int err = 0;

	if (!r->nphases)
		err = verdict_reason(&r->verdict, "no phase ran");
	for (size_t i = 0; i < r->nphases && !err; i++)
		err = judge_phase(r, &r->phases[i]);
	if (!err)
		err = name_limits(r, LIMIT_UNKNOWN, &unknown);
	if (!err && !r->verdict.nreasons)
		err = name_limits(r, LIMIT_UNPROVEN, &unproven);
	*code = r->verdict.nreasons ? VERDICT_CANNOT_JUDGE : VERDICT_PASS;
	if (has_dead(r))
		*code = VERDICT_FAIL;
	return err;
}

/* Whether it died of what --crash-match asks for. A pattern that is none has been refused before.
 */
static bool is_wanted(const struct result *r)
{
	bool match;
	regex_t re;

	if (!r->crash_match)
		return true;
	if (regcomp(&re, r->crash_match, REG_EXTENDED | REG_NOSUB))
		return false;
	match = (r->crash && !regexec(&re, r->crash, 0, NULL, 0)) ||
		(r->end_detail && !regexec(&re, r->end_detail, 0, NULL, 0));
	regfree(&re);
	return match;
}

struct death {
	const char *uncured, *early, *other, *bad;
};

/* It is the kernel's doing only where nothing else is known that can do it. */
static const char *say_death(const struct result *r, const struct death *says,
			     enum verdict_code *code)
{
	if (!r->qemu_cured)
		return says->uncured;
	if (!r->stress_begun)
		return says->early;
	if (!is_wanted(r))
		return says->other;
	*code = VERDICT_FAIL;
	return says->bad;
}

static const struct death crash = {
	.uncured = "died, but this QEMU delivers interrupts twice and may have done it",
	.early = "died before stress began",
	.other = "died under stress, but not of what --crash-match asks for",
	.bad = "died under stress",
};

/* What it is silent for is known, and is the kernel's doing like a crash. */
static const struct death livelock = {
	.uncured = "fell silent, but this QEMU delivers interrupts twice and may have hung it",
	.early = "hung in a livelock before stress began",
	.other = "hung in a livelock, but not in what --crash-match asks for",
	.bad = "hung in a livelock",
};

/* A hang is no proof at all: a slow machine or another seed may undo it. */
static const char *say_hang(const struct result *r)
{
	return r->qemu_cured ? "fell silent; bad only if it does so with other seeds too"
			     : "fell silent, but this QEMU delivers interrupts twice and may have "
			       "hung it";
}

/* What the end of a run that is not complete says, and in *@code of the kernel. */
static const char *say_end(const struct result *r, const char **who, enum verdict_code *code)
{
	*who = "the guest ";
	*code = VERDICT_CANNOT_JUDGE;
	switch (r->end) {
	case RUN_GUEST_CRASHED:
		return say_death(r, &crash, code);
	case RUN_QEMU_CRASHED:
		*who = "QEMU or its KVM ";
		return say_death(r, &crash, code);
	case RUN_KERNEL_DIED:
		*who = "the kernel under test ";
		return say_death(r, &crash, code);
	case RUN_GUEST_SILENT:
		return say_hang(r);
	case RUN_GUEST_LIVELOCK:
		return say_death(r, &livelock, code);
	case RUN_KERNEL_HUNG:
		*who = "the kernel under test ";
		return say_hang(r);
	case RUN_QEMU_KILLED:
		*who = "QEMU ";
		return "was killed or left";
	case RUN_PROBE_SILENT:
		*who = "the probes ";
		return "did not see the invalidation that was forced to test them";
	case RUN_KERNEL_LACKS:
		*who = "the kernel under test ";
		return "lacks what was asked for";
	case RUN_INTERRUPTED:
	case RUN_COMPLETE:
	case RUN_ERROR:
		break;
	}
	*code = VERDICT_ERROR;
	*who = "";
	return r->end == RUN_INTERRUPTED ? "interrupted" : "host-stress could not go on";
}

static int judge_end(struct result *r, enum verdict_code *code)
{
	const char *who, *what = say_end(r, &who, code);

	return verdict_reason(&r->verdict, "%s%s%s%s", who, what, r->end_detail ? ": " : "",
			      r->end_detail ? r->end_detail : "");
}

/* A run that was broken off or went wrong here judges nothing, not even by corrupted data. */
static bool judges_nothing(const struct result *r)
{
	return (unsigned int)r->end >= RUN_INTERRUPTED;
}

/* Of a complete run. What was exceeded stands before what could not be judged. */
static int judge_complete(struct result *r, bool corrupted, enum verdict_code *code)
{
	size_t exceeded = 0;
	int err = name_limits(r, LIMIT_EXCEEDED, &exceeded);

	if (!err && !corrupted)
		err = judge_phases(r, code);
	if (exceeded)
		*code = VERDICT_FAIL;
	return err;
}

int verdict_judge(struct result *r)
{
	struct verdict *v = &r->verdict;
	enum verdict_code code = VERDICT_ERROR;
	bool corrupted = corrupted_data(r) > 0;
	size_t blamed = 0;
	int err;

	while (v->nreasons)
		free(v->reasons[--v->nreasons]);
	v->code = VERDICT_ERROR;

	err = limits_judge(r);
	if (!err)
		err = name_corrupted(r);
	if (!err)
		err = name_complaints(r, &blamed);
	if (!err)
		err = name_livelocks(r, &blamed);
	if (!err && r->end != RUN_COMPLETE)
		err = judge_end(r, &code);
	else if (!err)
		err = judge_complete(r, corrupted || blamed, &code);
	if (err)
		return err;
	if (blamed && !judges_nothing(r) && code != VERDICT_FAIL)
		code = r->qemu_cured ? VERDICT_FAIL : VERDICT_CANNOT_JUDGE;
	v->code = corrupted && !judges_nothing(r) ? VERDICT_FAIL : code;
	return 0;
}
