/* SPDX-License-Identifier: GPL-2.0-only */
/* units.c - sizes, times and shares as people write them (opts.h). Pure. */
#include "opts.h"

#include <errno.h>
#include <string.h>

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit size_units[] = {
	{"", 1}, {"K", 1ull << 10}, {"M", 1ull << 20}, {"G", 1ull << 30}, {"T", 1ull << 40}, {0},
};

static const struct unit time_units[] = {
	{"ns", 1},
	{"us", NSEC_PER_USEC},
	{"ms", NSEC_PER_MSEC},
	{"s", NSEC_PER_SEC},
	{"m", 60 * NSEC_PER_SEC},
	{"h", 3600 * NSEC_PER_SEC},
	{0},
};

static const struct unit share_units[] = {{"%", 10000}, {"", 1000000}, {0}};

/* Digits with at most one point in or before them. -EINVAL, or -ERANGE above 2^64-1. */
static int number_scan(const char **text, uint64_t *digits, uint64_t *divisor)
{
	const char *start = *text, *p = start;
	bool point = false;

	*digits = 0;
	*divisor = 1;
	for (; (*p >= '0' && *p <= '9') || (*p == '.' && !point); p++) {
		if (*p == '.') {
			point = true;
			continue;
		}
		if (__builtin_mul_overflow(*digits, 10, digits) ||
		    __builtin_add_overflow(*digits, *p - '0', digits))
			return -ERANGE;
		if (point && __builtin_mul_overflow(*divisor, 10, divisor))
			return -EINVAL;
	}
	*text = p;
	return p == start || p[-1] == '.' ? -EINVAL : 0;
}

/* A value that is no whole number of the smallest unit (0.5 bytes) is refused, not rounded. */
static int units_parse(const char *text, const struct unit *units, uint64_t *value)
{
	uint64_t digits, divisor;
	unsigned __int128 product;
	int err = number_scan(&text, &digits, &divisor);

	if (err)
		return err;
	while (units->name && strcmp(units->name, text))
		units++;
	if (!units->name)
		return -EINVAL;
	product = (unsigned __int128)digits * units->factor;
	if (product % divisor)
		return -EINVAL;
	product /= divisor;
	if (product > UINT64_MAX)
		return -ERANGE;
	*value = product;
	return 0;
}

int opts_size(const char *text, uint64_t *bytes)
{
	return units_parse(text, size_units, bytes);
}

int opts_time(const char *text, uint64_t *ns)
{
	return units_parse(text, time_units, ns);
}

int opts_share(const char *text, uint64_t *ppm)
{
	uint64_t value;
	int err = units_parse(text, share_units, &value);

	if (err)
		return err;
	if (value > 1000000)
		return -ERANGE;
	*ppm = value;
	return 0;
}

/* Differences of i * duration / n: they sum up by themselves, and differ by 1 ns at most. */
uint64_t opts_phase_time(uint64_t duration_ns, size_t n, size_t i)
{
	unsigned __int128 duration = duration_ns;

	return (uint64_t)(duration * (i + 1) / n) - (uint64_t)(duration * i / n);
}
