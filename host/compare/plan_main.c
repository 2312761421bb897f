/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_main.c - see plan_main.h. For scripts (scripts/bisect-run): whoever builds a kernel for some
 * minutes before a run wants to know first that the options will be taken, and which figures the
 * result will be about.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/out.h"
#include "baseline.h"
#include "judge/limits.h"
#include "plan_main.h"

/* Names in the order they were asked for, each once. */
struct names {
	char **v;
	size_t n;
};

static int add(struct names *to, const char *phase, const struct figure *f)
{
	auto_free char *name =
		str_format("%s%s%s%s", phase ?: "", phase ? "." : "", f->spec->path, f->key);

	for (size_t i = 0; i < to->n && name; i++)
		if (!strcmp(to->v[i], name))
			return 0;
	return name ? result_add_text(&to->v, &to->n, name) : -ENOMEM;
}

/* A figure without a phase stands for every phase but the first, the idle control. */
static int add_figure(struct names *to, const struct figure *f, const struct figure_phases *phases)
{
	int err = 0;

	if (f->phase != FIGURE_EACH)
		return add(to, f->phase == FIGURE_RUN ? NULL : phases->name[f->phase], f);
	for (size_t i = 1; i < phases->n && !err; i++)
		err = add(to, phases->name[i], f);
	return err;
}

static int add_limit(struct names *to, const char *text, const struct figure_phases *phases)
{
	struct limit limit;
	char why[400];
	int err = limit_parse(&limit, text, phases, why, sizeof(why));

	if (err)
		return err_say(err, "--fail-if '%s': %s", text, why);
	for (int i = 0; i < limit.n && !err; i++)
		if (limit.node[i].op == LIMIT_FIGURE)
			err = add_figure(to, &limit.node[i].figure, phases);
	return err;
}

static int add_named(struct names *to, const char *text, const struct figure_phases *phases)
{
	struct figure f;
	char why[400];

	if (!figure_parse(&f, text, strlen(text), phases))
		return add_figure(to, &f, phases);
	figure_explain(text, strlen(text), phases, why, sizeof(why));
	return err_say(-EINVAL, "--by '%s': %s", text, why);
}

static int add_all(struct names *to, const struct opts *o, const struct figure_phases *phases)
{
	int err = 0;

	for (size_t i = 0; i < o->fail_if.n && !err; i++)
		err = add_limit(to, o->fail_if.v[i], phases);
	for (size_t i = 0; i < o->by.n && !err; i++)
		err = add_named(to, o->by.v[i], phases);
	for (const struct figure_spec *s = figure_phase_table; s->path && !err; s++)
		if (s->picked)
			err = add_figure(to, &(struct figure){.spec = s, .phase = FIGURE_EACH},
					 phases);
	return err;
}

static int print(const struct figure_phases *phases, const struct names *figures)
{
	for (size_t i = 0; i < phases->n; i++)
		printf("phase %s\n", phases->name[i]);
	for (size_t i = 0; i < figures->n; i++)
		printf("figure %s\n", figures->v[i]);
	return out_end_standard("the plan");
}

static int check_baselines(const struct opts *o, int argc, char **argv)
{
	auto_free char *command = str_join(argv, argc);
	struct baseline *b;
	int err = command ? baseline_open(&b, o, command) : err_sys(-ENOMEM, "plan");

	if (!err)
		baseline_close(b);
	return err;
}

int plan_main(const struct opts *o, int argc, char **argv)
{
	const char *names[OPTS_MAX_PHASES];
	struct figure_phases phases = {.name = names, .n = o->nphases};
	struct names figures = {0};
	int err;

	for (size_t i = 0; i < o->nphases; i++)
		names[i] = o->phases[i].name;
	err = add_all(&figures, o, &phases);
	if (!err)
		err = check_baselines(o, argc, argv);
	if (!err)
		err = print(&phases, &figures);
	while (figures.n)
		free(figures.v[--figures.n]);
	free(figures.v);
	return err ? VERDICT_ERROR : VERDICT_PASS;
}
