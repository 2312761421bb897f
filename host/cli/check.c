/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check.c - what one option alone cannot know (opts.h): options that contradict each other, or mean
 * nothing to the command or at the place. Nothing that was asked for is left out in silence.
 */
#include "opts.h"
#include "table.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define LAB_CPUS_MOST 8 /* --lab-cpus */
#define MIN_PHASE_MS 100u

static int check_memory(const struct opts *o)
{
	uint64_t pages = o->memory_bytes / PAGE_BYTES;

	if (o->memory_bytes % PAGE_BYTES)
		return err_say(-EINVAL,
			       "--memory: %" PRIu64 " bytes are not a multiple of a page; "
			       "give a multiple of %u from 1M to 1T",
			       o->memory_bytes, PAGE_BYTES);
	if (o->groups > pages / 2)
		return err_say(-EINVAL,
			       "--groups: %" PRIu64 " are too many for %" PRIu64 " pages "
			       "of memory; give 1 to %" PRIu64 ", or more --memory",
			       o->groups, pages, pages / 2);
	return 0;
}

static bool is_given(const char *name, int argc, char **argv)
{
	const struct option_spec *s;

	for (int i = 1; (s = option_next(argc, argv, &i));)
		if (!strcmp(s->name, name))
			return true;
	return false;
}

static bool phase_has(const struct phase_spec *p, const char *name)
{
	for (size_t k = 0; k < p->nsources; k++)
		if (!strcmp(p->sources[k]->name, name))
			return true;
	return false;
}

static bool has_source(const struct opts *o, const char *name)
{
	for (size_t i = 1; i < o->nphases; i++)
		if (phase_has(&o->phases[i], name))
			return true;
	return false;
}

/*
 * cow writes back the host's word of a page as it has read it, and ksm02 has the guest fill the
 * page anew meanwhile, as it does with what punch and unmap have thrown away: what is found there
 * then would accuse an innocent kernel. The guest knows of one range that goes. What mremap() moves
 * and mmap() replaces is no longer watched by QEMU's userfaultfd, in the midst of a snapshot.
 */
static int check_pairs(const struct opts *o)
{
	static const struct {
		const char *one, *other, *what;
	} pairs[] = {
		{"ksm02", "cow", "write the same words"},
		{"punch", "cow", "write the same words"},
		{"unmap", "cow", "write the same words"},
		{"punch", "unmap", "both tell the guest what goes"},
		{"dirty-log", "uffd-wp", "both need QEMU's one migration"},
		{"uffd-wp", "remap", "would move memory away from QEMU's snapshot of it"},
		{"uffd-wp", "unmap", "would take memory away from QEMU's snapshot of it"},
	};

	for (size_t i = 1; i < o->nphases; i++)
		for (size_t j = 0; j < ARRAY_SIZE(pairs); j++)
			if (phase_has(&o->phases[i], pairs[j].one) &&
			    phase_has(&o->phases[i], pairs[j].other))
				return err_say(-EINVAL,
					       "--sources: '%s' %s; give %s and %s in phases of "
					       "their own",
					       o->phases[i].name, pairs[j].what, pairs[j].one,
					       pairs[j].other);
	return 0;
}

/* Each page that goes is told to one vCPU, which finds it empty. */
static int check_discards(const struct opts *o)
{
	bool one = has_source(o, "punch") || has_source(o, "unmap");

	if (o->shared_ppm && one)
		return err_say(-EINVAL,
			       "--shared-pages: not with the sources punch and unmap, which tell "
			       "one vCPU of each page that goes");
	return 0;
}

/* ksm02 is a load of its own: a source that drives it, and a guest that only reads in between. */
static int check_pattern(struct opts *o, int argc, char **argv)
{
	if (o->pattern != PATTERN_KSM02)
		return has_source(o, "ksm02")
			       ? err_say(-EINVAL, "--sources: ksm02 needs --pattern ksm02")
			       : check_pairs(o) ?: check_discards(o);
	if (o->write_ppm && is_given("write-share", argc, argv))
		return err_say(-EINVAL, "--write-share: with --pattern ksm02 no touch writes; "
					"leave it out");
	if (is_given("groups", argc, argv))
		return err_say(-EINVAL, "--groups: with --pattern ksm02 there are three; leave it "
					"out");
	if (o->shared_ppm)
		return err_say(-EINVAL, "--shared-pages: with --pattern ksm02 each vCPU fills its "
					"own pages; leave it out");
	o->write_ppm = 0;
	return check_pairs(o);
}

/* What does nothing without another option would be asked for in vain. */
static int check_company(const struct opts *o)
{
	bool shares = has_source(o, "ksm-merge") || has_source(o, "ksm-unmerge") ||
		      has_source(o, "cow") || has_source(o, "ksm02");

	if (!(o->command->takes & FOR_RUN))
		return 0;
	if (o->stretch_count && !o->stretch_ns)
		return err_say(-EINVAL, "--stretch-count: of the windows that --stretch makes "
					"longer; give that, too");
	if (o->max_page_sharing && !shares)
		return err_say(-EINVAL, "--max-page-sharing: none of these --sources has KSM share "
					"pages; add ksm-merge, or leave it out");
	return 0;
}

/* Also where it names the default: QEMU's one CPU is no Haswell. */
static int check_model(const struct opts *o, int argc, char **argv)
{
	if (o->lab_cpu == LAB_CPU_INTEL || !is_given("lab-model", argc, argv))
		return 0;
	return err_say(-EINVAL, "--lab-model: only the Intel lab has a choice of CPU models; give "
				"--lab-cpu intel, too, or leave it out");
}

static int check_times(struct opts *o)
{
	uint64_t least_ms = o->nphases * MIN_PHASE_MS;

	if (!(o->command->takes & FOR_RUN))
		return 0;
	if (o->duration_ns && o->phase_time_ns)
		return err_say(-EINVAL, "--phase-time: not together with --duration; give one");
	if (!o->duration_ns && !o->phase_time_ns)
		o->duration_ns = 30 * NSEC_PER_SEC;
	if (o->duration_ns && o->duration_ns < least_ms * NSEC_PER_MSEC)
		return err_say(-EINVAL,
			       "--duration: too short for %zu phases; give %" PRIu64 "ms to "
			       "1000h, or fewer --sources",
			       o->nphases, least_ms);
	return 0;
}

/* What is left of @o's command at @place. */
static unsigned int sets_left(const struct opts *o, enum place place, int argc)
{
	unsigned int sets = o->command->takes;

	sets &= o->rest < argc ? ~(unsigned int)FOR_RUN : ~(unsigned int)FOR_PROGRAM;
	if (place == PLACE_HOST)
		sets &= ~(unsigned int)(FOR_LAB | FOR_PROGRAM);
	if (place == PLACE_LAB)
		sets &= ~(unsigned int)FOR_HOST;
	return sets;
}

static int say_not_here(const struct opts *o, const struct option_spec *s, unsigned int sets)
{
	if (!option_for(s, o->command))
		return err_say(-EINVAL, "--%s: not for '%s'; try help %s", s->name,
			       o->command->name, o->command->name);
	if (!sets)
		return err_say(-EINVAL, "--place host: not for '%s'; leave it out",
			       o->command->name);
	if (sets == FOR_PROGRAM)
		return err_say(-EINVAL,
			       "--%s: only for a run of host-stress itself, not for the "
			       "program behind --",
			       s->name);
	return err_say(-EINVAL, "--%s: only for a run %s", s->name,
		       sets == FOR_HOST ? "in the lab; give --place lab"
					: "on a host; the lab's kernel has nothing else to do");
}

/* An option that means nothing to the command, or at the place, is a mistake, wherever it stands.
 */
int opts_check_place(const struct opts *o, enum place place, int argc, char **argv)
{
	unsigned int sets = sets_left(o, place, argc);
	const struct option_spec *s;

	for (int i = 1; (s = option_next(argc, argv, &i));)
		if (!(option_sets(s) & (sets | FOR_EVERY)))
			return say_not_here(o, s, sets);
	return 0;
}

/* An option of the lab asks for the lab: --kernel with another kernel's verdict would be a lie. */
static void choose_place(struct opts *o, int argc, char **argv)
{
	const struct option_spec *s;

	if (!(o->command->takes & FOR_HOST) && o->place == PLACE_AUTO)
		o->place = PLACE_LAB;
	for (int i = 1; o->place == PLACE_AUTO && (s = option_next(argc, argv, &i));)
		if (option_sets(s) == (FOR_LAB | FOR_PROGRAM))
			o->place = PLACE_LAB;
}

static int check_operands(const struct opts *o, int argc, char **argv)
{
	const struct command *c = o->command;

	if (o->rest < argc && !c->program)
		return err_say(-EINVAL, "%s takes no '%s'; try help %s", c->name, argv[o->rest],
			       c->name);
	if (o->noperands > c->most)
		return err_say(-EINVAL, "%s takes no '%s'%s; try help %s", c->name,
			       o->operand[c->most],
			       c->program ? "; a program stands behind --" : "", c->name);
	if (o->noperands < c->least)
		return err_say(-EINVAL, "%s needs %s; try help %s", c->name, c->operands, c->name);
	return 0;
}

/*
 * One CPU more than the guest has, so that guest and invalidator run at the same time. One where
 * that costs more than it shows: Bochs; and where turns are not bounded: another QEMU, the wall
 * clock.
 */
static void choose_lab_cpus(struct opts *o)
{
	bool turns = o->lab_cpu == LAB_CPU_AMD && !o->qemu && o->deterministic != DETERMINISTIC_NO;

	if (!o->lab_cpus)
		o->lab_cpus = !turns ? 1 : o->vcpus < LAB_CPUS_MOST ? o->vcpus + 1 : LAB_CPUS_MOST;
}

int opts_check(struct opts *o, int argc, char **argv)
{
	int err;

	choose_place(o, argc, argv);
	err = opts_check_place(o, o->place, argc, argv);
	if (!err)
		err = check_operands(o, argc, argv);
	if (!err)
		err = check_pattern(o, argc, argv);
	if (!err)
		err = check_memory(o);
	if (!err)
		err = check_company(o);
	if (!err)
		err = check_times(o);
	choose_lab_cpus(o);
	if (!err)
		err = check_model(o, argc, argv);
	if (!err)
		err = opts_check_lab(o);
	if (!err)
		err = opts_check_judgement(o);
	return err;
}
