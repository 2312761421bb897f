/* SPDX-License-Identifier: GPL-2.0-only */
/* limits_parse.c - from the text of a limit to its tree (limits.h). Pure. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "limits.h"

#define MAX_DEPTH 16

struct parser {
	struct limit *l;
	const struct figure_phases *phases;
	int at;
	int depth;
	char *why;
	size_t size;
};

static int refuse(struct parser *p, const char *fmt, ...) printf_like(2, 3);
static int refuse(struct parser *p, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(p->why, p->size, fmt, args);
	va_end(args);
	return -EINVAL;
}

static const char *rest(struct parser *p)
{
	while (p->l->text[p->at] == ' ' || p->l->text[p->at] == '\t')
		p->at++;
	return p->l->text + p->at;
}

/* Index of a new node that begins at @from and ends here, or -EINVAL. */
static int add(struct parser *p, enum limit_op op, int from)
{
	if (p->l->n == LIMIT_MAX_NODES)
		return refuse(p, "too long: more than %d figures, numbers and operators",
			      LIMIT_MAX_NODES);
	p->l->node[p->l->n] = (struct limit_node){.op = op, .from = from, .to = p->at};
	return p->l->n++;
}

static const struct number_unit {
	const char *name;
	double factor;
	int time;
} number_units[] = {
	{"", 1, 0},    {"ns", 1, 1},  {"us", 1e3, 1}, {"ms", 1e6, 1}, {"s", 1e9, 1},
	{"K", 1e3, 0}, {"M", 1e6, 0}, {"G", 1e9, 0},  {"%", 1e-2, 0},
};

static const struct number_unit *unit_find(const char *text, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(number_units); i++)
		if (strlen(number_units[i].name) == len && !memcmp(number_units[i].name, text, len))
			return &number_units[i];
	return NULL;
}

static int take_number(struct parser *p, int from)
{
	const char *text = p->l->text + from;
	size_t digits = strspn(text, "0123456789"), len = digits, unit_len;
	const struct number_unit *unit;
	int i;

	if (text[len] == '.')
		len += 1 + strspn(text + len + 1, "0123456789");
	unit_len = strcspn(text + len, " 	()+-*/<>=!&|");
	unit = unit_find(text + len, unit_len);
	if (!unit || !digits || text[len - 1] == '.' || len > 30)
		return refuse(p,
			      "'%.*s' is no number; give digits and perhaps one of ns us ms s K M "
			      "G %%",
			      (int)(len + unit_len), text);
	p->at = from + (int)(len + unit_len);
	i = add(p, LIMIT_NUMBER, from);
	if (i < 0)
		return i;
	p->l->node[i].number = strtod(text, NULL) * unit->factor;
	p->l->node[i].time = unit->time;
	if (!unit_len && !p->l->node[i].number)
		p->l->node[i].time = LIMIT_ANY_TIME;
	return i;
}

/* The index of the one phase called so, or -EINVAL: which of two would be meant? */
static int check_phase(struct parser *p, int phase)
{
	for (size_t i = phase < 0 ? p->phases->n : 0; i < p->phases->n; i++)
		if ((int)i != phase && !strcmp(p->phases->name[i], p->phases->name[phase]))
			return refuse(p,
				      "two phases are called '%s' (--sources); name none, for both",
				      p->phases->name[phase]);
	return 0;
}

static int take_figure(struct parser *p, int from)
{
	const char *text = p->l->text + from;
	size_t len = figure_scan(text, p->phases);
	struct figure f;
	int i;

	if (figure_parse(&f, text, len, p->phases)) {
		figure_explain(text, len, p->phases, p->why, p->size);
		return -EINVAL;
	}
	if (check_phase(p, f.phase))
		return -EINVAL;
	p->at = from + (int)len;
	i = add(p, LIMIT_FIGURE, from);
	if (i < 0)
		return i;
	p->l->node[i].figure = f;
	p->l->node[i].time = f.unit == FIGURE_NS;
	p->l->each |= f.phase == FIGURE_EACH;
	return i;
}

static int take_sum(struct parser *p);

static int take_parenthesis(struct parser *p)
{
	int i;

	if (++p->depth > MAX_DEPTH)
		return refuse(p, "more than %d parentheses in each other", MAX_DEPTH);
	p->at++;
	i = take_sum(p);
	if (i < 0)
		return i;
	if (*rest(p) != ')')
		return refuse(p, "')' is missing at '%s'", rest(p));
	p->at++;
	p->depth--;
	return i;
}

static int take_factor(struct parser *p)
{
	const char *text = rest(p);

	if (*text == '(')
		return take_parenthesis(p);
	if ((*text >= '0' && *text <= '9') || *text == '.')
		return take_number(p, p->at);
	if (figure_scan(text, p->phases))
		return take_figure(p, p->at);
	if (!*text)
		return refuse(p, "a figure or a number is missing at its end");
	return refuse(p, "a figure or a number is missing at '%s'", text);
}

static bool same_time(const struct limit_node *a, const struct limit_node *b)
{
	return a->time == b->time || a->time == LIMIT_ANY_TIME || b->time == LIMIT_ANY_TIME;
}

static const char *time_name(int time)
{
	return time == 0 ? "a plain number" : time == 1 ? "a time" : "a power of time";
}

/* What comes out of @op in units of time; sums and comparisons want both sides alike. */
static int check_time(struct parser *p, enum limit_op op, const struct limit_node *a,
		      const struct limit_node *b, int *time)
{
	*time = a->time == LIMIT_ANY_TIME ? b->time : a->time;
	if (op == LIMIT_MUL || op == LIMIT_DIV) {
		if (a->time != LIMIT_ANY_TIME && b->time != LIMIT_ANY_TIME)
			*time = op == LIMIT_MUL ? a->time + b->time : a->time - b->time;
		return 0;
	}
	if (same_time(a, b))
		return 0;
	return refuse(p, "'%.*s' is %s and '%.*s' is %s; give a number its unit (ns us ms s)",
		      a->to - a->from, p->l->text + a->from, time_name(a->time), b->to - b->from,
		      p->l->text + b->from, time_name(b->time));
}

static int join(struct parser *p, enum limit_op op, int left, int right)
{
	struct limit_node *node = p->l->node;
	int time, err = check_time(p, op, &node[left], &node[right], &time), i;

	if (op == LIMIT_DIV && node[right].op == LIMIT_NUMBER && !node[right].number)
		return refuse(p, "it divides by 0");
	i = err ?: add(p, op, node[left].from);
	if (i < 0)
		return i;
	node[i].left = left;
	node[i].right = right;
	node[i].time = time;
	return i;
}

static int take_term(struct parser *p)
{
	int i = take_factor(p);

	while (i >= 0 && (*rest(p) == '*' || *rest(p) == '/')) {
		enum limit_op op = *rest(p) == '*' ? LIMIT_MUL : LIMIT_DIV;
		int right;

		p->at++;
		right = take_factor(p);
		i = right < 0 ? right : join(p, op, i, right);
	}
	return i;
}

static int take_sum(struct parser *p)
{
	int i = take_term(p);

	while (i >= 0 && (*rest(p) == '+' || *rest(p) == '-')) {
		enum limit_op op = *rest(p) == '+' ? LIMIT_ADD : LIMIT_SUB;
		int right;

		p->at++;
		right = take_term(p);
		i = right < 0 ? right : join(p, op, i, right);
	}
	return i;
}

/* Bytes of the comparison that @text begins with; 0: none. */
static int scan_comparison(const char *text, enum limit_op *op)
{
	static const struct {
		char text[3];
		enum limit_op op;
	} all[] = {{"<=", LIMIT_LE}, {">=", LIMIT_GE}, {"==", LIMIT_EQ},
		   {"!=", LIMIT_NE}, {"<", LIMIT_LT},  {">", LIMIT_GT}};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (!strncmp(text, all[i].text, strlen(all[i].text))) {
			*op = all[i].op;
			return (int)strlen(all[i].text);
		}
	return 0;
}

static int take_comparison(struct parser *p)
{
	enum limit_op op;
	int left = take_sum(p), right, len;

	if (left < 0)
		return left;
	len = scan_comparison(rest(p), &op);
	if (!len && !*rest(p))
		return refuse(p, "a comparison is missing: < <= > >= == or !=");
	if (!len)
		return refuse(p, "'%s' is not understood; a comparison is one of < <= > >= == !=",
			      rest(p));
	p->at += len;
	right = take_sum(p);
	if (right >= 0 && *rest(p))
		return refuse(p, "'%s' is left over; one comparison in each limit", rest(p));
	return right < 0 ? right : join(p, op, left, right);
}

static bool is_plain(const char *text)
{
	while (*text >= ' ' && *text <= '~')
		text++;
	return !*text;
}

static bool names_a_figure(const struct limit *l)
{
	for (int i = 0; i < l->n; i++)
		if (l->node[i].op == LIMIT_FIGURE)
			return true;
	return false;
}

int limit_parse(struct limit *l, const char *text, const struct figure_phases *phases, char *why,
		size_t size)
{
	struct parser p = {.l = l, .phases = phases, .why = why, .size = size};

	l->text = text;
	l->n = 0;
	l->each = false;
	if (!*text || strlen(text) > LIMIT_MAX_BYTES || !is_plain(text))
		return refuse(&p, "it must have 1 to %d characters, all of them plain ASCII",
			      LIMIT_MAX_BYTES);
	l->root = take_comparison(&p);
	if (l->root < 0)
		return l->root;
	return names_a_figure(l) ? 0 : refuse(&p, "it names no figure");
}
