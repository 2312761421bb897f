/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * parse.c - the command line (opts.h): takes argv by the table of options (opts_table.h).
 *
 * Not getopt_long: it permutes argv and takes abbreviations, and opts_for_inside() has to find
 * exactly the same options in the same argv again.
 */
#include "opts.h"
#include "paths.h"
#include "table.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LAB_CPUS_MOST 8 /* --lab-cpus */

#define PAGE_BYTES 4096u
#define MIN_PHASE_MS 100u

/* One word of the command line, taken apart. */
struct word {
	const struct option_spec *spec; /* NULL: no such option */
	const char *value;		/* behind "=", or the next word; NULL: none */
	int words;			/* of argv that it takes */
};

static bool is_option(const char *text)
{
	return text[0] == '-' && text[1];
}

const struct option_spec *option_find(const char *name, size_t len)
{
	for (const struct option_spec *s = option_table; s->name; s++)
		if (strlen(s->name) == len && !memcmp(s->name, name, len))
			return s;
	return NULL;
}

/* "--opt value" and "--opt=value". */
static struct word word_take(int argc, char **argv, int i)
{
	const char *name = argv[i] + (argv[i][1] == '-' ? 2 : 1);
	const char *equals = strchr(name, '=');
	struct word w = {.words = 1, .value = equals ? equals + 1 : NULL};

	if (!strcmp(argv[i], "-h"))
		name = "help";
	else if (!strcmp(argv[i], "-o"))
		name = "output";
	else if (argv[i][1] != '-')
		return w;
	w.spec = option_find(name, equals ? (size_t)(equals - name) : strlen(name));
	if (w.spec && w.spec->arg && !equals && i + 1 < argc && strncmp(argv[i + 1], "--", 2)) {
		w.value = argv[i + 1];
		w.words = 2;
	}
	return w;
}

/* "a time from 100ms to 1000h, e.g. 30s": what is accepted. */
static const char *kind_range(const struct option_spec *s, char *buf, size_t size)
{
	const char *kind = s->kind == OPT_TIME	  ? "a time"
			   : s->kind == OPT_SIZE  ? "a size"
			   : s->kind == OPT_SHARE ? "a share"
						  : "a whole number";
	const char *units = s->kind == OPT_TIME	  ? " (ns us ms s m h)"
			    : s->kind == OPT_SIZE ? " (K M G T)"
						  : "";

	snprintf(buf, size, "%s from %s to %s%s", kind, s->min, s->max, units);
	return buf;
}

static int number_parse(enum option_kind kind, const char *text, uint64_t *value)
{
	switch (kind) {
	case OPT_TIME:
		return opts_time(text, value);
	case OPT_SHARE:
		return opts_share(text, value);
	case OPT_COUNT: /* a size without a unit */
		if (text[strspn(text, "0123456789")])
			return -EINVAL;
		return opts_size(text, value);
	default:
		return opts_size(text, value);
	}
}

static int take_number(const struct option_spec *s, const char *text, uint64_t *field)
{
	uint64_t value, min, max;
	char range[128];

	if (number_parse(s->kind, s->min, &min) || number_parse(s->kind, s->max, &max))
		return err_say(-EINVAL, "--%s: its range in option_table is wrong", s->name);
	if (number_parse(s->kind, text, &value) || value < min || value > max)
		return err_say(-EINVAL, "--%s: '%s' is not accepted; give %s", s->name, text,
			       kind_range(s, range, sizeof(range)));
	*field = value;
	return 0;
}

/* The choices are listed as "a, b or c". */
static int choice_find(const struct option_spec *s, const char *text)
{
	char list[128] = "";

	for (int i = 0; i < OPTS_MAX_CHOICES && s->choices[i]; i++)
		if (!strcmp(s->choices[i], text))
			return i;
	for (int i = 0; i < OPTS_MAX_CHOICES && s->choices[i]; i++) {
		size_t at = strlen(list);

		snprintf(list + at, sizeof(list) - at, "%s%s", i ? ", " : "", s->choices[i]);
	}
	return err_say(-EINVAL, "--%s: '%s' is not accepted; give one of %s", s->name, text, list);
}

static int take_choice(const struct option_spec *s, const char *text, void *field)
{
	int i = choice_find(s, text);

	if (i < 0)
		return i;
	if (s->kind == OPT_NAME)
		*(const char **)field = s->choices[i];
	else
		*(int *)field = i;
	return 0;
}

/*
 * The result is written beside its last name and renamed: the directory counts, not the file. As
 * root this would replace a device such as /dev/null, so only plain files are taken.
 */
static int check_output(const struct option_spec *s, const char *path)
{
	const char *slash = strrchr(path, '/');
	auto_free char *dir = NULL;
	struct stat st;

	if (!lstat(path, &st) && !S_ISREG(st.st_mode))
		return err_say(-EINVAL, "--%s: '%s' is no regular file; give another name", s->name,
			       path);
	if (slash && !slash[1])
		return err_say(-EINVAL, "--%s: '%s' has no file name", s->name, path);
	/* With what file_replace() puts behind it; else the run would be over before it is known.
	 */
	if (strlen(slash ? slash + 1 : path) + strlen(".XXXXXX") > NAME_MAX ||
	    strlen(path) + strlen(".XXXXXX") >= PATH_MAX)
		return err_say(-EINVAL, "--%s: the name is too long; give a shorter one", s->name);
	dir = slash ? strndup(path, slash > path ? slash - path : 1) : strdup(".");
	if (!dir)
		return err_say(-ENOMEM, "--%s: out of memory", s->name);
	if (!*path || stat(dir, &st) || access(dir, W_OK | X_OK))
		return err_say(-EINVAL,
			       "--%s: cannot write '%s': %s; give a file in a "
			       "directory that can be written",
			       s->name, path, *path ? strerror(errno) : "no file name");
	if (!S_ISDIR(st.st_mode))
		return err_say(-EINVAL, "--%s: '%s' is not a directory", s->name, dir);
	return 0;
}

static int check_path(const struct option_spec *s, const char *path)
{
	const char *what = s->kind == OPT_DIR ? "directory" : "file";
	const char *verb = s->kind == OPT_PROGRAM ? "execute" : "read";
	auto_free char *program = NULL;
	struct stat st;
	bool found;

	if (s->kind == OPT_OUTPUT)
		return check_output(s, path);
	if (s->kind == OPT_PROGRAM && !strchr(path, '/')) /* found on $PATH, as it is run */
		return paths_program(path, &program)
			       ? 0
			       : err_say(-ENOENT,
					 "--%s: no program '%s' on $PATH; give its "
					 "name or a path with a slash",
					 s->name, path);
	found = !stat(path, &st);
	if (found && !s->or_dir && (s->kind == OPT_DIR) != S_ISDIR(st.st_mode))
		return err_say(-EINVAL, "--%s: '%s' is %s directory; give a %s", s->name, path,
			       s->kind == OPT_DIR ? "no" : "a", what);
	if (!found || access(path, s->kind == OPT_FILE ? R_OK : R_OK | X_OK))
		return err_say(-EINVAL, "--%s: cannot %s '%s': %s; give a %s that you can %s",
			       s->name, verb, path, strerror(errno), what, verb);
	return 0;
}

static int take_path(const struct option_spec *s, const char *path, const char **field)
{
	int err = check_path(s, path);

	if (!err)
		*field = path;
	return err;
}

static int say_no_source(const char *name, size_t len)
{
	char list[512] = "";

	for (size_t i = 0; source_table[i]; i++) {
		size_t at = strlen(list);

		snprintf(list + at, sizeof(list) - at, "%s%s", i ? ", " : "",
			 source_table[i]->name);
	}
	return err_say(-EINVAL, "--sources: no source is called '%.*s'; there are %s", (int)len,
		       name, list);
}

/* @text: "a" or "a+b", @len bytes of it. */
static int take_phase(struct phase_spec *p, const char *text, size_t len)
{
	const char *end = text + len, *name = text;

	*p = (struct phase_spec){0};
	for (;;) {
		size_t n = strcspn(name, "+,");
		const struct source *source = source_find(name, n);

		if (!n || !source)
			return say_no_source(name, n);
		if (p->nsources == OPTS_MAX_PAIR)
			return err_say(-EINVAL,
				       "--sources: '%.*s' has too many; 1 to %d sources "
				       "can run at once",
				       (int)len, text, OPTS_MAX_PAIR);
		for (size_t i = 0; i < p->nsources; i++)
			if (p->sources[i] == source)
				return err_say(-EINVAL,
					       "--sources: '%.*s' names one source twice; "
					       "give two different ones",
					       (int)len, text);
		p->sources[p->nsources++] = source;
		if (name + n == end)
			break;
		name += n + 1;
	}
	snprintf(p->name, sizeof(p->name), "%.*s", (int)len, text);
	return 0;
}

static int take_sources(struct opts *o, const char *text)
{
	o->phases[0] = (struct phase_spec){.name = "idle", .nsources = 1};
	o->phases[0].sources[0] = source_find("null", 4);
	o->nphases = 1;
	for (;;) {
		size_t len = strcspn(text, ",");
		int err;

		if (o->nphases == OPTS_MAX_PHASES)
			return err_say(-EINVAL, "--sources: too many; 1 to %d can be given",
				       OPTS_MAX_PHASES - 1);
		err = take_phase(&o->phases[o->nphases++], text, len);
		if (err)
			return err;
		if (!text[len])
			return 0;
		text += len + 1;
	}
}

static int take_text(const struct option_spec *s, const char *text, struct texts *field)
{
	if (!*text)
		return err_say(-EINVAL, "--%s: '' is not accepted; give %s", s->name, s->arg);
	if (field->n == OPTS_MAX_TEXTS)
		return err_say(-EINVAL, "--%s: too often; 1 to %d times", s->name, OPTS_MAX_TEXTS);
	field->v[field->n++] = text;
	return 0;
}

static int take_value(struct opts *o, const struct option_spec *s, const char *text)
{
	void *field = (char *)o + s->offset;

	switch (s->kind) {
	case OPT_TIME:
	case OPT_SIZE:
	case OPT_SHARE:
	case OPT_COUNT:
		return take_number(s, text, field);
	case OPT_CHOICE:
	case OPT_NAME:
		return take_choice(s, text, field);
	case OPT_FILE:
	case OPT_DIR:
	case OPT_PROGRAM:
	case OPT_OUTPUT:
		return take_path(s, text, field);
	case OPT_SOURCES:
		return take_sources(o, text);
	case OPT_TEXT:
		*(const char **)field = text;
		return 0;
	case OPT_TEXTS:
		return take_text(s, text, field);
	case OPT_FLAG:
		*(bool *)field = true;
		return 0;
	case OPT_SET:
		*(int *)field = s->set;
		return 0;
	case OPT_HELP:
		o->help = true;
		return 0;
	case OPT_VERSION:
		return opts_version();
	}
	return -EINVAL;
}

static unsigned int option_sets(const struct option_spec *s)
{
	return s->of ?: FOR_RUN;
}

bool option_for(const struct option_spec *s, const struct command *c)
{
	return option_sets(s) & (FOR_EVERY | c->takes);
}

static int take_option(struct opts *o, const char *text, const struct word *w)
{
	if (!w->spec)
		return err_say(-EINVAL, "no option is called '%s'; try --help", text);
	if (w->spec->arg && !w->value)
		return err_say(-EINVAL, "--%s: needs a value: --%s %s; try --help", w->spec->name,
			       w->spec->name, w->spec->arg);
	if (!w->spec->arg && w->value)
		return err_say(-EINVAL, "--%s: takes no value; leave out '=%s'", w->spec->name,
			       w->value);
	return take_value(o, w->spec, w->value);
}

static int take_command(struct opts *o, const char *text)
{
	char list[256] = "";

	for (const struct command *c = o->commands; c->name; c++) {
		size_t at = strlen(list);

		snprintf(list + at, sizeof(list) - at, "%s%s", c == o->commands ? "" : ", ",
			 c->name);
		if (!strcmp(c->name, text)) {
			o->command = c;
			return 0;
		}
	}
	return err_say(-EINVAL, "no command is called '%s'; there are %s; try --help", text, list);
}

static int set_defaults(struct opts *o, const struct command *commands)
{
	*o = (struct opts){.commands = commands, .command = commands};
	for (const struct option_spec *s = option_table; s->name; s++) {
		int err = s->def ? take_value(o, s, s->def) : 0;

		if (err)
			return err;
	}
	return 0;
}

/* What one option alone cannot know. */
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

/* The next option of @argv from *@i on; NULL: no more. */
static const struct option_spec *next_option(int argc, char **argv, int *i)
{
	while (*i < argc && strcmp(argv[*i], "--")) {
		struct word w = {.words = 1};

		if (is_option(argv[*i]))
			w = word_take(argc, argv, *i);
		*i += w.words;
		if (w.spec)
			return w.spec;
	}
	return NULL;
}

static bool is_given(const char *name, int argc, char **argv)
{
	const struct option_spec *s;

	for (int i = 1; (s = next_option(argc, argv, &i));)
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
 * page anew meanwhile: what is found there then would accuse an innocent kernel.
 */
static int check_pairs(const struct opts *o)
{
	for (size_t i = 1; i < o->nphases; i++)
		if (phase_has(&o->phases[i], "ksm02") && phase_has(&o->phases[i], "cow"))
			return err_say(-EINVAL,
				       "--sources: '%s' write the same words; give ksm02 and cow "
				       "in phases of their own",
				       o->phases[i].name);
	return 0;
}

/* Each page that goes is told to one vCPU, which finds it empty; the guest knows of one range. */
static int check_discards(const struct opts *o)
{
	bool one = has_source(o, "punch") || has_source(o, "unmap");

	if (o->shared_ppm && one)
		return err_say(-EINVAL,
			       "--shared-pages: not with the sources punch and unmap, which tell "
			       "one vCPU of each page that goes");
	for (size_t i = 1; i < o->nphases; i++)
		if (phase_has(&o->phases[i], "punch") && phase_has(&o->phases[i], "unmap"))
			return err_say(-EINVAL,
				       "--sources: '%s' both tell the guest what goes; give punch "
				       "and unmap in phases of their own",
				       o->phases[i].name);
	return 0;
}

/* ksm02 is a load of its own: a source that drives it, and a guest that only reads in between. */
static int check_pattern(struct opts *o, int argc, char **argv)
{
	bool ksm02 = o->pattern == PATTERN_KSM02;
	const struct option_spec *sources = option_find("sources", strlen("sources"));
	int err = o->nphases ? 0 : take_sources(o, ksm02 ? "ksm02" : sources->shown);

	if (err)
		return err;
	if (!ksm02)
		return has_source(o, "ksm02")
			       ? err_say(-EINVAL, "--sources: ksm02 needs --pattern ksm02")
			       : check_discards(o);
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

static int take_operand(struct opts *o, const char *text)
{
	if (!o->by_name) {
		o->by_name = true;
		return take_command(o, text);
	}
	if (o->noperands == OPTS_MAX_OPERANDS)
		return err_say(-E2BIG, "at most %d words can follow the command",
			       OPTS_MAX_OPERANDS);
	o->operand[o->noperands++] = text;
	return 0;
}

/* Options in any place, one command word and its operands among them, to the end or to "--". */
static int parse_words(struct opts *o, int argc, char **argv)
{
	for (o->rest = 1; o->rest < argc;) {
		const char *text = argv[o->rest];
		struct word w = {.words = 1};
		int err;

		if (!strcmp(text, "--")) {
			o->rest++;
			return 0;
		}
		if (is_option(text)) {
			w = word_take(argc, argv, o->rest);
			err = take_option(o, text, &w);
		} else {
			err = take_operand(o, text);
		}
		if (err)
			return err;
		o->rest += w.words;
	}
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

	for (int i = 1; (s = next_option(argc, argv, &i));)
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
	for (int i = 1; o->place == PLACE_AUTO && (s = next_option(argc, argv, &i));)
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

int opts_parse(struct opts *o, const struct command *commands, int argc, char **argv)
{
	int err = set_defaults(o, commands);

	if (!err)
		err = parse_words(o, argc, argv);
	o->program = o->rest < argc;
	if (!err && o->help)
		return opts_help(o->commands, o->by_name ? o->command : NULL);
	if (!err) {
		choose_place(o, argc, argv);
		err = opts_check_place(o, o->place, argc, argv);
	}
	if (!err)
		err = check_operands(o, argc, argv);
	if (!err)
		err = check_pattern(o, argc, argv);
	if (!err)
		err = check_memory(o);
	if (!err)
		err = check_times(o);
	choose_lab_cpus(o);
	if (!err)
		err = opts_check_lab(o);
	if (!err)
		err = opts_check_judgement(o);
	return err < 0 ? -EINVAL : err;
}

int opts_for_inside(int argc, char **argv, char **out)
{
	int n = 0;

	for (int i = 1; i < argc && strcmp(argv[i], "--");) {
		struct word w = {.words = 1};

		if (is_option(argv[i]))
			w = word_take(argc, argv, i);
		for (int j = 0; w.spec && w.spec->inside && j < w.words; j++)
			out[n++] = argv[i + j];
		i += w.words;
	}
	out[n] = NULL;
	return n;
}
