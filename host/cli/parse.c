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

unsigned int option_sets(const struct option_spec *s)
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

const struct option_spec *option_next(int argc, char **argv, int *i)
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

static int default_sources(struct opts *o)
{
	const struct option_spec *sources = option_find("sources", strlen("sources"));

	if (o->nphases)
		return 0;
	return take_sources(o, o->pattern == PATTERN_KSM02 ? "ksm02" : sources->shown);
}

int opts_parse(struct opts *o, const struct command *commands, int argc, char **argv)
{
	int err = set_defaults(o, commands);

	if (!err)
		err = parse_words(o, argc, argv);
	o->program = o->rest < argc;
	if (!err && o->help)
		return opts_help(o->commands, o->by_name ? o->command : NULL);
	if (!err)
		err = default_sources(o);
	if (!err)
		err = opts_check(o, argc, argv);
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
