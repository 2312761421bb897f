/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vcpuclock.c - KVM's files about a vCPU's TSC: signs, what a processor without scaling leaves out,
 * what is no number; and that the two clocks are read together.
 */
#include "capture.h"
#include "counters/vcpuclock.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>
#include <x86intrin.h>

#define RATIO "tsc-scaling-ratio"
#define BITS "tsc-scaling-ratio-frac-bits"

static char dir[] = "/tmp/vcpuclock-XXXXXX";

static void put(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (!text) {
		unlink(path);
		return;
	}
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	(void)state;
	put("tsc-offset", NULL);
	put(RATIO, NULL);
	put(BITS, NULL);
	return rmdir(dir);
}

/* The guest was started later than the host: its TSC is behind. */
static void offset_alone(void **state)
{
	struct hostclock_scale s = {.ratio = 7};

	(void)state;
	put("tsc-offset", "-45033312856\n");
	assert_int_equal(vcpuclock_read(dir, &s), 0);
	assert_true(s.offset == -45033312856);
	assert_int_equal(s.ratio, 0);
	put("tsc-offset", "0\n");
	assert_int_equal(vcpuclock_read(dir, &s), 0);
	assert_true(s.offset == 0);
}

static void scaled(void **state)
{
	struct hostclock_scale s;

	(void)state;
	put("tsc-offset", "-1\n");
	put(RATIO, "281474976710656\n"); /* 1.0 of VMX: 48 bits */
	put(BITS, "48\n");
	assert_int_equal(vcpuclock_read(dir, &s), 0);
	assert_true(s.offset == -1 && s.ratio == 1ull << 48);
	assert_int_equal(s.frac_bits, 48);
	put(BITS, NULL); /* half of it is nothing */
	assert_int_equal(vcpuclock_read(dir, &s), 0);
	assert_int_equal(s.ratio, 0);
	put(RATIO, NULL);
}

static void unreadable(void **state)
{
	static const char *const none[] = {"", "\n", "x\n", "12 34\n", "12x"};
	struct hostclock_scale s;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		put("tsc-offset", none[i]);
		assert_int_equal(vcpuclock_read(dir, &s), -EBADMSG);
	}
	put("tsc-offset", NULL);
	assert_int_equal(vcpuclock_read(dir, &s), -ENOENT);
	assert_int_equal(vcpuclock_scale(1, 0, &s), -ENOENT); /* init runs no VM */
}

/* Each reading lies between what was read around it; the error is what it can be off by. */
static void now(void **state)
{
	uint64_t tsc, ns, error, tsc_before = __rdtsc(), before = mono_ns();

	(void)state;
	vcpuclock_now(&tsc, &ns, &error);
	assert_in_range(ns, before, mono_ns());
	assert_in_range(tsc, tsc_before, __rdtsc());
	assert_true(error < NSEC_PER_SEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(offset_alone),
		cmocka_unit_test(scaled),
		cmocka_unit_test(unreadable),
		cmocka_unit_test(now),
	};

	return cmocka_run_group_tests_name("vcpuclock", tests, make_dir, remove_dir);
}
