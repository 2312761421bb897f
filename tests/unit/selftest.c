/* SPDX-License-Identifier: GPL-2.0-only */
/* selftest.c - what the probes' self-test makes of what was seen: a silent probe never passes. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "probe/selftest.h"

#define RAM 0x7f0000000000ull
#define VIDEO (RAM + 0xb0000)

/* @windows forced and seen of @taken faults that KVM took @seen were seen. */
static void judged(unsigned int windows, uint64_t seen, uint64_t taken, bool shadow, int err,
		   const char *says)
{
	struct selftest t;
	struct probe_event window = {.type = PROBE_START, .thread = THREAD_AGENT};
	char text[200];

	selftest_begin(&t, 1, RAM, 100, shadow);
	for (uint64_t i = 0; i < seen; i++)
		selftest_event(&t, &(struct probe_event){.type = PROBE_FAULT});
	t.forced = true;
	window.address = VIDEO;
	window.length = 4096;
	for (unsigned int i = 0; i < windows; i++)
		selftest_event(&t, &window);
	window.address = RAM;
	selftest_event(&t, &window); /* another page: not ours */
	assert_int_equal(selftest_judge(&t, 100 + taken, text, sizeof(text)), err);
	if (!strstr(text, says))
		fail_msg("says '%s', not '%s'", text, says);
}

static void judges(void **state)
{
	(void)state;
	judged(2, 28, 28, false, 0, "passed: 2 windows forced and seen, 28 faults seen of 28");
	judged(1, 0, 0, false, 0, "passed: 1 window forced");
	judged(0, 28, 28, false, -ENODATA, "the window probe is silent");
	judged(2, 0, 28, false, -ENODATA, "the fault probe is silent: KVM took 28 faults");
}

static void shadow_paging_is_named(void **state)
{
	(void)state;
	judged(2, 0, 28, true, -ENODATA, "shadow paging (ept=0, npt=0)");
	judged(2, 28, 28, true, -ENODATA, "shadow paging");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges),
		cmocka_unit_test(shadow_paging_is_named),
	};

	return cmocka_run_group_tests_name("selftest", tests, NULL, NULL);
}
