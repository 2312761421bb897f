/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * timing.c - --timing's table and its names in the result: every stretch with its own length, the
 * sum of all, the lab's clock only where it is known at both ends.
 */
#include "capture.h"
#include "base/timing.h"

static struct timing made(void)
{
	struct timing t = {0};

	timing_mark(&t, "pack", 5000000000, 0);
	timing_mark(&t, "boot", 5250000000, 1);
	timing_mark(&t, "idle", 8000000000, 1500000001);
	timing_mark(&t, "boot", 9000000000, 2000000001);
	timing_mark(&t, "judge", 9500000000, 0);
	timing_mark(&t, "end", 9600000000, 0);
	return t;
}

static char *printed(const struct timing *t)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_int_equal(timing_print(t, out), 0);
	fclose(out);
	return text;
}

static void prints_stretches(void **state)
{
	struct timing t = made();
	auto_free char *text = printed(&t);

	(void)state;
	assert_string_equal(text,
			    "where the time went                              wall lab's clock\n"
			    "  pack                                         0.25 s\n"
			    "  boot                                         2.75 s     1.50 s\n"
			    "  idle                                         1.00 s     0.50 s\n"
			    "  boot                                         0.50 s\n"
			    "  judge                                        0.10 s\n"
			    "  in all                                       4.60 s     2.00 s\n");
}

static void prints_without_lab(void **state)
{
	struct timing t = {0};
	auto_free char *none = printed(&t);
	auto_free char *text = NULL;

	(void)state;
	assert_true(!none || !*none);
	timing_mark(&t, "a", 1000, 0);
	timing_mark(&t, "b", 1000001000, 0);
	text = printed(&t);
	assert_string_equal(text, "where the time went                              wall\n"
				  "  a                                            1.00 s\n"
				  "  in all                                       1.00 s\n");
}

static void is_noted(void **state)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} want[] = {
		{"wall_ns.pack", 250000000},	 {"wall_ns.boot", 3250000000},
		{"virtual_ns.boot", 1500000000}, {"wall_ns.idle", 1000000000},
		{"virtual_ns.idle", 500000000},	 {"wall_ns.judge", 100000000},
	};
	struct timing t = made();
	struct metrics m = {0};
	uint64_t ns;

	(void)state;
	assert_int_equal(timing_note(&t, &m), 0);
	assert_int_equal(m.n, ARRAY_SIZE(want));
	for (size_t i = 0; i < m.n; i++) {
		assert_true(metrics_get(&m, want[i].name, &ns));
		assert_int_equal(ns, want[i].ns);
	}
	metrics_free(&m);
}

static void too_many(void **state)
{
	struct timing t = {0};

	(void)state;
	for (int i = 0; i < TIMING_MAX + 9; i++)
		timing_mark(&t, "x", (uint64_t)i, 0);
	assert_int_equal(t.n, TIMING_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prints_stretches),
		cmocka_unit_test(prints_without_lab),
		cmocka_unit_test(is_noted),
		cmocka_unit_test(too_many),
	};

	return cmocka_run_group_tests_name("timing", tests, NULL, NULL);
}
