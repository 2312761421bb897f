/* SPDX-License-Identifier: GPL-2.0-only */
/* ksm_why.c - the sentence about a KSM that has not merged. */
#include "capture.h"
#include "source/ksm_why.h"

static const struct ksm_facts calm = {
	.running = true, .scans_before = 3, .scans = 9, .to_scan = 20000, .mergeable = 8192};

static void says(struct ksm_facts f, const char *what)
{
	char why[256];

	ksm_why_text(&f, why, sizeof(why));
	if (!strstr(why, what))
		fail_msg("'%s' does not say '%s'", why, what);
}

static void sentences(void **state)
{
	struct ksm_facts f = calm;

	(void)state;
	says(f, "ksmd has been 6 times round 8192 mergeable pages");
	f.unstable = 77;
	says(f, "77 of them changing faster");
	f.scans = 3;
	says(f, "full_scans stands still at 3");
	says(f, "8192 mergeable pages, at 20000 a round");
	f.prot_none = 12;
	says(f, "round (pages_to_scan); NUMA balancing has made 12 PTEs PROT_NONE");
	f.running = false;
	says(f, "KSM does not run");
	f.mergeable = 0;
	says(f, "nothing of QEMU is mergeable; NUMA");
}

/* What does not fit is cut off, not written behind the end. */
static void cut_off(void **state)
{
	struct ksm_facts f = calm;
	char why[40];

	(void)state;
	f.prot_none = 1;
	memset(why, 'x', sizeof(why));
	ksm_why_text(&f, why, 30);
	assert_int_equal(strlen(why), 29);
	assert_int_equal(why[30], 'x');
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(sentences), cmocka_unit_test(cut_off)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
