// SPDX-License-Identifier: GPL-2.0-only
/*
 * figures.c - `host-stress figures`: the table of figures as docs/limits.md has it, and as the part
 * of docs/result.schema.json that is about them. tests/figures.t compares both.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/out.h"
#include "base/util.h"
#include "commands.h"
#include "result/json_figures.h"
#include "result/json_put.h"

#define NAME_BYTES 96

/* The path with the placeholder of its list in the place of one's own name. */
static void name_of(const struct figure_spec *s, char *buf, size_t size)
{
	auto_free char *own = s->of ? str_format(".%s.", s->of) : NULL;
	const char *at = own ? strstr(s->path, own) : NULL;

	if (at)
		snprintf(buf, size, "%.*s.%s%s", (int)(at - s->path), s->path, s->any,
			 at + strlen(own) - 1);
	else if (s->of) /* the name is the last part */
		snprintf(buf, size, "%.*s%s", (int)(strlen(s->path) - strlen(s->of)), s->path,
			 s->any);
	else
		snprintf(buf, size, "%s%s", s->path, figure_is_set(s) ? "NAME" : "");
}

/* Only the first of a list is shown; the list's names stand behind its description. */
static bool shown_before(const struct figure_spec *table, const struct figure_spec *s)
{
	char mine[NAME_BYTES], theirs[NAME_BYTES];

	name_of(s, mine, sizeof(mine));
	for (const struct figure_spec *t = table; s->of && t < s; t++) {
		name_of(t, theirs, sizeof(theirs));
		if (t->of && !strcmp(mine, theirs))
			return true;
	}
	return false;
}

/* " EVENT: `unmap` `clear` …" behind the first figure of the first list that is called so. */
static void print_names(const struct figure_spec *table, const struct figure_spec *s)
{
	char mine[NAME_BYTES], theirs[NAME_BYTES];

	for (const struct figure_spec *t = table; s->of && t < s; t++)
		if (t->any && !strcmp(t->any, s->any))
			return;
	if (!s->of)
		return;
	name_of(s, mine, sizeof(mine));
	printf(" %s:", s->any);
	for (const struct figure_spec *t = s; t->path; t++) {
		name_of(t, theirs, sizeof(theirs));
		if (t->of && !strcmp(mine, theirs))
			printf(" `%s`", t->of);
	}
}

static void print_table(const struct figure_spec *table)
{
	static const char *const units[] = {
		[FIGURE_COUNT] = "",
		[FIGURE_NS] = "time",
		[FIGURE_SHARE] = "share",
		[FIGURE_PER_S] = "per second",
	};
	char name[NAME_BYTES];

	printf("| figure | what | unit |\n|---|---|---|\n");
	for (const struct figure_spec *s = table; s->path; s++) {
		if (shown_before(table, s))
			continue;
		name_of(s, name, sizeof(name));
		printf("| `%s` | %s", name, s->doc);
		print_names(table, s);
		printf(" | %s |\n", units[s->unit]);
	}
}

static void print_all(void)
{
	printf("Of a phase:\n\n");
	print_table(figure_phase_table);
	printf("\nOf the whole run:\n\n");
	print_table(figure_run_table);
}

/* An object of the schema, which names all that must be there and allows nothing else. */
static json_t *open_object(json_t *properties)
{
	json_t *o = json_object(), *required = json_array(), *value;
	const char *key;

	json_object_foreach (properties, key, value)
		json_array_append_new(required, json_string(key));
	json_put(&o, "type", json_string("object"));
	json_put(&o, "properties", json_incref(properties));
	json_put(&o, "required", required);
	json_put(&o, "additionalProperties", json_false());
	return o;
}

/* A tree of figures, whose leaves are schemas already (they have a "type" that is no object of
 * figures), into objects of a schema. */
static json_t *closed(json_t *tree)
{
	json_t *properties = json_object(), *value, *o;
	const char *key;

	json_object_foreach (tree, key, value) {
		bool leaf = json_object_get(value, "description") != NULL;

		json_object_set_new(properties, key, leaf ? json_incref(value) : closed(value));
	}
	o = open_object(properties);
	json_decref(properties);
	return o;
}

static json_t *schema_of(const struct figure_spec *table)
{
	json_t *tree = json_object(), *o;

	for (const struct figure_spec *s = table; s->path; s++)
		json_put_at(&tree, s->path, json_figure_schema(s));
	o = tree ? closed(tree) : NULL;
	json_decref(tree);
	return o;
}

static int print_schema(void)
{
	json_t *o = json_object();
	auto_free char *text = NULL;

	json_put(&o, "phase", schema_of(figure_phase_table));
	json_put(&o, "run", schema_of(figure_run_table));
	text = o ? json_dumps(o, JSON_INDENT(2)) : NULL;
	json_decref(o);
	if (!text)
		return err_say(-ENOMEM, "no memory for the schema");
	printf("%s\n", text);
	return 0;
}

int figures_main(const struct opts *o, int argc, char **argv)
{
	(void)argc, (void)argv;
	if (o->noperands && strcmp(o->operand[0], "schema"))
		return -err_say(-VERDICT_ERROR, "figures takes no '%s', only 'schema'",
				o->operand[0]);
	if (!o->noperands)
		print_all();
	else if (print_schema())
		return VERDICT_ERROR;
	return out_end_standard("the figures") ? VERDICT_ERROR : VERDICT_PASS;
}
