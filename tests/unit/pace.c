/* SPDX-License-Identifier: GPL-2.0-only */
/* pace.c - how long the rest of a run takes, by earlier runs and by this one's own phases. */
#include "capture.h"
#include "cli/pace.h"

#include <stdlib.h>

static struct opts o = {
	.phase_time_ns = 2 * NSEC_PER_SEC,
	.nphases = 3,
	.memory_bytes = 64 << 20,
	.phases = {{.name = "idle"}, {.name = "cow"}, {.name = "migrate"}},
};

static char dir[] = "/tmp/host-stress-pace-XXXXXX";

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) && !setenv("XDG_CACHE_HOME", dir, 1) ? 0 : -1;
}

static int remove_dir(void **state)
{
	char path[128];

	(void)state;
	snprintf(path, sizeof(path), "%s/host-stress/pace", dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/host-stress", dir);
	rmdir(path);
	return rmdir(dir);
}

/* The marks of such a run up to @n; each stretch takes 1 s, the boot of L1 5 s. */
static uint64_t ran(struct timing *t, size_t n)
{
	static const char *const names[] = {
		"pack",		"L1.boot",	   "prepare",	       "guest.boot",
		"guest.fill",	"idle.warm-up",	   "idle.measured",    "idle.check",
		"idle.stop",	"cow.warm-up",	   "cow.measured",     "cow.check",
		"cow.stop",	"migrate.warm-up", "migrate.measured", "migrate.check",
		"migrate.stop", "leave",	   "result",
	};
	uint64_t ns = NSEC_PER_SEC;

	*t = (struct timing){0};
	for (size_t i = 0; i < ARRAY_SIZE(names) && (!n || i < n); i++) {
		timing_mark(t, names[i], ns, 0);
		ns += (i == 1 ? 5 : 1) * NSEC_PER_SEC;
	}
	return ns;
}

static void knows_nothing_at_first(void **state)
{
	struct timing t;
	struct pace p;
	uint64_t now = ran(&t, 2), left;
	double done;

	(void)state;
	pace_open(&p, &o, "lab-tcg");
	assert_false(pace_left(&p, &t, now, &left, &done));
	/* after the idle phase the others can be told, but not how long the end takes */
	now = ran(&t, 10);
	assert_false(pace_left(&p, &t, now, &left, &done));
	pace_close(&p, &t, false);
}

static void learns(void **state)
{
	struct timing t;
	struct pace p;
	uint64_t now, left;
	double done;

	(void)state;
	pace_open(&p, &o, "lab-tcg");
	ran(&t, 0);
	pace_close(&p, &t, true);

	pace_open(&p, &o, "lab-tcg");
	now = ran(&t, 10); /* a second into cow's warm-up */
	assert_true(pace_left(&p, &t, now, &left, &done));
	assert_int_equal(left, 8 * NSEC_PER_SEC);
	assert_true(done > 0.62 && done < 0.65); /* 14 of 22 s */
	/* one that takes longer than ever has nothing left, not less */
	assert_true(pace_left(&p, &t, now + 60 * NSEC_PER_SEC, &left, &done));
	assert_int_equal(left, 8 * NSEC_PER_SEC);
	pace_close(&p, &t, false);

	/* twice the memory, three times the time */
	o.memory_bytes *= 2;
	o.phase_time_ns *= 3;
	pace_open(&p, &o, "lab-tcg");
	assert_true(pace_left(&p, &t, now, &left, &done));
	assert_int_equal(left, (1 + 3 + 2 + 1 + 2 + 3 + 2 + 1 + 1) * NSEC_PER_SEC);
	pace_close(&p, &t, false);
	o.memory_bytes /= 2;
	o.phase_time_ns /= 3;

	pace_open(&p, &o, "host"); /* another place has other times */
	assert_false(pace_left(&p, &t, now, &left, &done));
	pace_close(&p, &t, false);
}

/* Without a terminal one line each ten seconds; within the lab and for scripts none is kept. */
static void speaks(void **state)
{
	struct capture c;
	struct timing t;
	struct pace p;
	uint64_t now = ran(&t, 10);

	(void)state;
	capture_begin(&c, STDERR_FILENO);
	pace_open(&p, &o, "lab-tcg");
	pace_turn(&p, &t, now); /* nothing to say */
	pace_note(&p, "cow 1.0/2.0 s");
	for (int i = 0; i < 30; i++)
		pace_turn(&p, &t, now + (uint64_t)i * NSEC_PER_SEC);
	pace_close(&p, &t, false);
	o.inside = "tcg";
	pace_open(&p, &o, "lab-tcg");
	assert_null(p.path);
	pace_note(&p, "cow 1.0/2.0 s");
	pace_turn(&p, &t, now);
	pace_close(&p, &t, true);
	o.inside = NULL;
	capture_end(&c);
	assert_int_equal(capture_lines(&c), 3);
	assert_non_null(strstr(c.text, "64%, 8 s left  cow 1.0/2.0 s\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_nothing_at_first),
		cmocka_unit_test(learns),
		cmocka_unit_test(speaks),
	};

	return cmocka_run_group_tests_name("pace", tests, make_dir, remove_dir);
}
