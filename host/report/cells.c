/* SPDX-License-Identifier: GPL-2.0-only */
/* cells.c - see report_cells.h. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cells.h"

#define COLUMNS 110

void print_wrapped(FILE *out, int indent, const char *text)
{
	const int room = COLUMNS - indent;

	for (;;) {
		int len = (int)strnlen(text, (size_t)room + 1), cut = len;

		if (len > room)
			for (cut = room; cut > 0 && text[cut] != ' ';)
				cut--;
		if (!cut && len) /* one word, too long for any line */
			cut = room;
		fprintf(out, "%.*s\n", cut, text);
		text += cut + (text[cut] == ' ');
		if (!*text)
			return;
		fprintf(out, "%*s", indent, "");
	}
}

void print_field(FILE *out, const char *label, const char *text)
{
	fprintf(out, "%-*s", INDENT, label);
	print_wrapped(out, INDENT, text);
}

int field(FILE *out, const char *label, const char *fmt, ...)
{
	va_list args;
	char *text;
	int len;

	va_start(args, fmt);
	len = vasprintf(&text, fmt, args);
	va_end(args);
	if (len < 0)
		return -ENOMEM;
	print_field(out, label, text);
	free(text);
	return 0;
}

const char *cell_ns(char *cell, uint64_t ns)
{
	static const char *const unit[] = {"ns", "us", "ms", "s", "ks", "Ms", "Gs"};
	double value = (double)ns;
	int digits = 0;
	size_t i = 0;

	for (; value >= (i == 3 ? 99999.5 : 999.5) && i + 1 < ARRAY_SIZE(unit); i++)
		value /= 1000;
	if (i && value < 99.95)
		digits = value < 9.995 ? 2 : 1;
	snprintf(cell, CELL, "%.*f%s", digits, value, unit[i]);
	return cell;
}

/* Three or four digits and M, G, T or P. */
static const char *cell_millions(char *cell, uint64_t n)
{
	static const char *const unit[] = {"M", "G", "T", "P"};
	double value = (double)n / 1e6;
	size_t i = 0;

	for (; value >= 9999.5 && i + 1 < ARRAY_SIZE(unit); i++)
		value /= 1000;
	snprintf(cell, CELL, "%.*f%s", value >= 1000 ? 0 : value >= 100 ? 1 : 2, value, unit[i]);
	return cell;
}

const char *cell_count(char *cell, uint64_t n)
{
	if (n >= 10000000)
		return cell_millions(cell, n);
	if (n >= 1000000)
		snprintf(cell, CELL, "%u,%03u,%03u", (unsigned int)(n / 1000000),
			 (unsigned int)(n / 1000 % 1000), (unsigned int)(n % 1000));
	else if (n >= 1000)
		snprintf(cell, CELL, "%u,%03u", (unsigned int)(n / 1000), (unsigned int)(n % 1000));
	else
		snprintf(cell, CELL, "%u", (unsigned int)n);
	return cell;
}

const char *cell_short(char *cell, bool known, uint64_t n)
{
	return known && n >= 1000000 ? cell_millions(cell, n) : cell_known(cell, known, n);
}

const char *cell_known(char *cell, bool known, uint64_t n)
{
	return known ? cell_count(cell, n) : "-";
}

const char *cell_some(char *cell, bool any, uint64_t ns)
{
	return any ? cell_ns(cell, ns) : "-";
}

const char *cell_signed(char *cell, bool known, int64_t n)
{
	char count[CELL];

	if (!known)
		return "-";
	snprintf(cell, CELL, "%s%s", n < 0 ? "-" : "", cell_count(count, (uint64_t)llabs(n)));
	return cell;
}

const char *cell_ratio(char *cell, double ratio)
{
	if (!isfinite(ratio))
		return "-";
	snprintf(cell, CELL, "%.3f", ratio);
	return cell;
}

const char *cell_percent(char *cell, double share)
{
	if (isfinite(share))
		snprintf(cell, CELL, "%.*f%%", share < 0.0995 && share > 0 ? 2 : 1, 100 * share);
	else
		snprintf(cell, CELL, "-");
	return cell;
}

const char *cell_doubts(char *text, const struct probe_figures *p)
{
	if (p->counted || !p->selftest)
		snprintf(text, DOUBTS,
			 "%" PRIu64 " events lost, %" PRIu64 " late, %" PRIu64 " unpaired", p->lost,
			 p->late, p->unpaired);
	else
		snprintf(text, DOUBTS, "nobody knows how many events were lost");
	return text;
}
