/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * limits.c - judges limits by the figures of a result (limits.h). Every doubt is an outcome of its
 * own: git bisect believes what is called kept or exceeded.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "limits.h"

struct judge {
	const struct limit *l;
	const struct result *r;
	const struct figure_phases *phases;
	size_t each; /* the phase that figures without one stand for */
	char why[480];
};

/* Whether phase @i may be judged by; the verdict says the same of it once more. */
static bool phase_proven(struct judge *j, size_t i)
{
	const struct phase_result *p = i < j->r->nphases ? &j->r->phases[i] : NULL;
	char why[256];

	if (p && p->done && p->exercised && phase_exercised(p, why, sizeof(why)))
		return true;
	if (!p || !p->done)
		snprintf(j->why, sizeof(j->why), "phase %s did not run to its end",
			 j->phases->name[i]);
	else
		snprintf(j->why, sizeof(j->why), "phase %s was not exercised: %s", p->name,
			 phase_exercised(p, why, sizeof(why)) ? p->why_not ?: "the run says so"
							      : why);
	return false;
}

/* How far a proof counter has moved is known also when that is not far enough. */
static bool has_proof(const struct judge *j, size_t i)
{
	const struct phase_result *p = i < j->r->nphases ? &j->r->phases[i] : NULL;

	return p && p->done && p->nproof;
}

static bool all_proven(struct judge *j)
{
	for (int i = 0; i < j->l->n; i++) {
		const struct limit_node *node = &j->l->node[i];
		int phase = node->figure.phase;

		if (node->op != LIMIT_FIGURE || phase == FIGURE_RUN)
			continue;
		phase = phase == FIGURE_EACH ? (int)j->each : phase;
		if (node->figure.spec->kind == FIGURE_PROOF && has_proof(j, (size_t)phase))
			continue;
		if (!phase_proven(j, (size_t)phase))
			return false;
	}
	return true;
}

static bool eval_figure(struct judge *j, const struct figure *f, double *value)
{
	char name[128], doubt[160];

	if (figure_value(f, j->r, j->each, value) == FIGURE_KNOWN)
		return true;
	snprintf(j->why, sizeof(j->why), "figure %s %s",
		 figure_name(f, j->r, j->each, name, sizeof(name)),
		 figure_doubt(f, j->r, j->each, doubt, sizeof(doubt)));
	return false;
}

static double compute(enum limit_op op, double a, double b)
{
	switch (op) {
	case LIMIT_ADD:
		return a + b;
	case LIMIT_SUB:
		return a - b;
	case LIMIT_MUL:
		return a * b;
	default:
		return a / b;
	}
}

/* Notes why there is no value: @before, the text of @node, @behind. */
static bool no_value(struct judge *j, const struct limit_node *node, const char *before,
		     const char *behind)
{
	snprintf(j->why, sizeof(j->why), "%s'%.*s'%s", before, node->to - node->from,
		 j->l->text + node->from, behind);
	return false;
}

static bool eval(struct judge *j, int i, double *value)
{
	const struct limit_node *node = &j->l->node[i];
	double a, b;

	if (node->op == LIMIT_NUMBER) {
		*value = node->number;
		return true;
	}
	if (node->op == LIMIT_FIGURE)
		return eval_figure(j, &node->figure, value);
	if (!eval(j, node->left, &a) || !eval(j, node->right, &b))
		return false;
	if (node->op == LIMIT_DIV && b == 0)
		return no_value(j, &j->l->node[node->right], "it divides by ", ", which was 0");
	*value = compute(node->op, a, b);
	return isfinite(*value) || no_value(j, node, "", " is too large a number");
}

static bool compare(enum limit_op op, double a, double b)
{
	switch (op) {
	case LIMIT_LT:
		return a < b;
	case LIMIT_LE:
		return a <= b;
	case LIMIT_GT:
		return a > b;
	case LIMIT_GE:
		return a >= b;
	case LIMIT_EQ:
		return a == b;
	default:
		return a != b;
	}
}

/* The phase an outcome belongs to: the one it stands for, else the first that is named. */
static const char *phase_of(const struct judge *j)
{
	if (j->l->each)
		return j->phases->name[j->each];
	for (int i = 0; i < j->l->n; i++)
		if (j->l->node[i].op == LIMIT_FIGURE && j->l->node[i].figure.phase >= 0)
			return j->phases->name[j->l->node[i].figure.phase];
	return NULL;
}

static int put(struct result *r, const struct judge *j, struct limit_result *out)
{
	struct limit_result *longer = realloc(r->limits, (r->nlimits + 1) * sizeof(*longer));
	const char *phase = phase_of(j);

	if (!longer)
		return -ENOMEM;
	r->limits = longer;
	out->expr = strdup(j->l->text);
	out->phase = phase ? strdup(phase) : NULL;
	out->text = strdup(j->why);
	longer[r->nlimits++] = *out;
	return out->expr && out->text && !phase == !out->phase ? 0 : -ENOMEM;
}

static int judge_one(struct result *r, struct judge *j)
{
	const struct limit_node *root = &j->l->node[j->l->root];
	const struct limit_node *left = &j->l->node[root->left], *right = &j->l->node[root->right];
	struct limit_result out = {.state = LIMIT_UNPROVEN};
	char value[32], limit[32];

	if (!all_proven(j))
		return put(r, j, &out);
	if (!eval(j, root->left, &out.value) || !eval(j, root->right, &out.limit)) {
		out = (struct limit_result){.state = LIMIT_UNKNOWN};
		return put(r, j, &out);
	}
	out.state = compare(root->op, out.value, out.limit) ? LIMIT_EXCEEDED : LIMIT_KEPT;
	snprintf(j->why, sizeof(j->why), "%s, limit %s",
		 figure_format(left->time == 1 ? FIGURE_NS : FIGURE_COUNT, out.value, value,
			       sizeof(value)),
		 figure_format(right->time == 1 ? FIGURE_NS : FIGURE_COUNT, out.limit, limit,
			       sizeof(limit)));
	return put(r, j, &out);
}

/* An outcome of the whole limit, that no phase can be named for. */
static int put_unjudged(struct result *r, struct judge *j, struct limit *l, enum limit_state state)
{
	struct limit_result out = {.state = state};

	l->n = 0;
	l->each = false;
	return put(r, j, &out);
}

static int judge_text(struct result *r, const char *text, const struct figure_phases *phases)
{
	struct limit *l = calloc(1, sizeof(*l));
	struct judge j = {.l = l, .r = r, .phases = phases, .each = 1};
	int err = 0;

	if (!l)
		return -ENOMEM;
	if (limit_parse(l, text, phases, j.why, sizeof(j.why))) {
		err = put_unjudged(r, &j, l, LIMIT_UNKNOWN);
	} else if (!l->each) {
		err = judge_one(r, &j);
	} else if (phases->n < 2) {
		snprintf(j.why, sizeof(j.why), "no phase but the idle one was to run");
		err = put_unjudged(r, &j, l, LIMIT_UNPROVEN);
	} else {
		for (; j.each < phases->n && !err; j.each++)
			err = judge_one(r, &j);
	}
	free(l);
	return err;
}

int limits_judge(struct result *r)
{
	size_t n = r->nplanned ?: r->nphases;
	const char **names = calloc(n + 1, sizeof(*names));
	struct figure_phases phases = {.name = names, .n = n};
	int err = names ? 0 : -ENOMEM;

	for (size_t i = 0; i < n && names; i++)
		names[i] = r->nplanned ? r->planned[i] : r->phases[i].name;
	result_free_limits(r);
	for (size_t i = 0; i < r->nfail_if && !err; i++)
		err = judge_text(r, r->fail_if[i], &phases);
	free(names);
	return err;
}
