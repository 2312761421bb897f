// SPDX-License-Identifier: GPL-2.0-only
/*
 * kernlog.c - the kernel's complaints are found in its lines, told apart from its remarks, and get
 * a title that is the same in every boot; and what they make of a verdict.
 */
#include "capture.h"
#include "base/kmsg.h"
#include "judge/verdict.h"
#include "result/kernlog.h"

#include <stdlib.h>

static void kinds(void **state)
{
	static const struct {
		const char *line, *title;
		enum kernlog_kind kind;
	} cases[] = {
		{"WARNING: CPU: 1 PID: 35 at mm/ksm.c:2155 stable_tree_search+0x1a0/0x6f0",
		 "WARNING: at mm/ksm.c:2155 stable_tree_search", KERNLOG_WARNING},
		{"WARNING: arch/x86/kvm/mmu/tdp_mmu.c:500 at handle_changed_spte+0x3a/0x90, CPU#3: "
		 "ksmd/41",
		 "WARNING: arch/x86/kvm/mmu/tdp_mmu.c:500 at handle_changed_spte, CPU#: ksmd/41",
		 KERNLOG_WARNING},
		{"watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [ksmd:35]",
		 "BUG: soft lockup - CPU## stuck for #s! [ksmd:#]", KERNLOG_SOFT_LOCKUP},
		{"rcu: INFO: rcu_preempt self-detected stall on CPU", NULL, KERNLOG_RCU_STALL},
		{"INFO: rcu_tasks detected stalls on tasks:", NULL, KERNLOG_TASKS_RCU_STALL},
		{"rcu_tasks_wait_gp: rcu_tasks grace period number 9 (since boot) is 2503 jiffies "
		 "old.",
		 NULL, KERNLOG_TASKS_RCU_STALL},
		{"INFO: task kcompactd0:44 blocked for more than 120 seconds.", NULL,
		 KERNLOG_HUNG_TASK},
		{"BUG: KASAN: slab-use-after-free in kvm_mmu_page_fault+0x40/0x100", NULL,
		 KERNLOG_CHECKER},
		{"WARNING: possible circular locking dependency detected", NULL, KERNLOG_LOCKDEP},
		{"BUG: Bad page state in process CPU 0/KVM  pfn:12345", NULL, KERNLOG_BAD_PAGE},
		{"kernel BUG at mm/rmap.c:100!", "kernel BUG at mm/rmap.c:100!", KERNLOG_BUG},
		{"BUG: kernel NULL pointer dereference, address: 0000000000000008", NULL,
		 KERNLOG_BUG},
	};
	static const char *const quiet[] = {
		"kvm: SMP vm created on host with unstable TSC; guest TSC will not be reliable",
		"WARNING! The module is out of tree",
		"Warning: unable to open an initial console.",
		"systemd[1]: WARNING: low disk",
		"hrtimer: interrupt took 123456 ns",
		"debug: ok"};
	char title[KERNLOG_TITLE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (kernlog_kind(cases[i].line, title) != cases[i].kind)
			fail_msg("not found for what it is: %s", cases[i].line);
		if (i < 2 && cases[i].title)
			assert_non_null(strstr(title, "WARNING: "));
		assert_null(strstr(title, "+0x"));
		assert_null(strstr(title, "PID: 35"));
	}
	kernlog_kind(cases[0].line, title);
	assert_string_equal(title, cases[0].title);
	kernlog_kind(cases[10].line, title);
	assert_string_equal(title, cases[10].title);
	for (size_t i = 0; i < ARRAY_SIZE(quiet); i++)
		if (kernlog_kind(quiet[i], title) != KERNLOG_KINDS)
			fail_msg("no complaint: %s", quiet[i]);
}

/* The same complaint on two CPUs and with two PIDs has one title. */
static void titles(void **state)
{
	char a[KERNLOG_TITLE], b[KERNLOG_TITLE];

	(void)state;
	kernlog_kind("watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [ksmd:35]", a);
	kernlog_kind("watchdog: BUG: soft lockup - CPU#0 stuck for 48s! [ksmd:41]", b);
	assert_string_equal(a, b);
	kernlog_kind("WARNING: CPU: 12 PID: 1234 at mm/memory.c:77 zap+0x1/0x2 [kvm]", a);
	kernlog_kind("WARNING: CPU: 0 PID: 9 at mm/memory.c:77 zap+0x1/0x2 [kvm]", b);
	assert_string_equal(a, b);
}

static void say(struct kernlog *k, const char *const *lines, bool stress)
{
	for (; *lines; lines++)
		kernlog_line(k, *lines, "ksm-merge", stress);
	kernlog_close(k);
}

static const char *const kvm_warning[] = {
	"------------[ cut here ]------------",
	"WARNING: CPU: 0 PID: 77 at arch/x86/kernel/foo.c:12 foo+0x1/0x2",
	"Modules linked in: kvm_amd kvm",
	"Call Trace:",
	" <TASK>",
	" kvm_mmu_notifier_invalidate_range_start+0x10/0x20",
	"---[ end trace 0000000000000000 ]---",
	"something else that says kvm",
	NULL,
};

static const char *const other_warning[] = {
	"WARNING: CPU: 0 PID: 77 at drivers/net/foo.c:12 foo+0x1/0x2",
	"Modules linked in: kvm_amd kvm",
	"Call Trace:",
	" net_rx_action+0x10/0x20",
	"---[ end trace 0000000000000000 ]---",
	NULL,
};

static const char *const oops[] = {
	"BUG: kernel NULL pointer dereference, address: 0000000000000008",
	"#PF: supervisor read access in kernel mode",
	"Oops: 0000 [#1] PREEMPT SMP",
	"RIP: 0010:ksm_scan_thread+0x1/0x2",
	"Kernel panic - not syncing: Fatal exception",
	NULL,
};

/* Which lines are whose; a module list names kvm always and says nothing. */
static void findings(void **state)
{
	struct kernlog k = {.read = true};

	(void)state;
	say(&k, kvm_warning, true);
	say(&k, other_warning, true);
	say(&k, oops, false);
	assert_int_equal(k.n, 3);
	assert_true(k.v[0].names_us && k.v[0].stress);
	assert_non_null(strstr(k.v[0].text, "invalidate_range_start"));
	assert_null(strstr(k.v[0].text, "something else"));
	assert_false(k.v[1].names_us);
	assert_int_equal(k.v[2].kind, KERNLOG_BUG);
	assert_true(k.v[2].names_us);
	assert_false(k.v[2].stress);
	for (int i = 0; i < 40; i++)
		say(&k, kvm_warning, true);
	assert_int_equal(k.n, KERNLOG_MOST);
	assert_int_equal(k.more, 43 - KERNLOG_MOST);
	kernlog_free(&k);
}

static void taint(void **state)
{
	struct kernlog k = {.read = true};

	(void)state;
	kernlog_tainted(&k, 0, 1 << 12, "cow", true); /* a module from elsewhere */
	assert_int_equal(k.n, 0);
	kernlog_tainted(&k, 1 << 12, 1 << 12 | 1 << 9, "cow", true);
	assert_int_equal(k.n, 1);
	assert_int_equal(k.v[0].kind, KERNLOG_TAINT);
	kernlog_tainted(&k, 1 << 12, 1 << 12 | 1 << 9, "cow", true); /* the same once more */
	assert_int_equal(k.n, 1);
	kernlog_free(&k);
}

static void crash_title(void **state)
{
	char *title = NULL;

	(void)state;
	kernlog_crash(&title, "WARNING: CPU: 0 PID: 1 at a.c:1 b+0x1/0x2");
	for (const char *const *line = oops; *line; line++)
		kernlog_crash(&title, *line);
	assert_non_null(title);
	assert_memory_equal(title, "BUG: kernel NULL pointer dereference", 36);
	free(title);
}

static void records(void **state)
{
	char record[] = "4,1234,5678901,-;the text; with a semicolon\n SUBSYSTEM=x\n";
	char none[] = "4,1234,5678901,-";

	(void)state;
	assert_string_equal(kmsg_text(record), "the text; with a semicolon");
	assert_null(kmsg_text(none));
}

static void make(struct result *r)
{
	struct phase_result *p;

	*r = (struct result){.qemu_cured = true, .stress_begun = true};
	assert_int_equal(result_add_phase(r, "idle", "null", &p), 0);
	p->done = p->exercised = true;
	p->duration_ns = p->touch.count = p->integrity.checked = 1000;
	r->kernlog.read = true;
}

static int judged(const char *const *lines, bool stress, int on_warn, bool cured)
{
	struct result r;
	int code;

	make(&r);
	say(&r.kernlog, lines, stress);
	r.on_warn = on_warn;
	r.qemu_cured = cured;
	assert_int_equal(verdict_judge(&r), 0);
	code = r.verdict.code;
	result_free(&r);
	return code;
}

static void verdicts(void **state)
{
	(void)state;
	assert_int_equal(judged(kvm_warning, true, ON_WARN_AUTO, true), VERDICT_FAIL);
	assert_int_equal(judged(kvm_warning, false, ON_WARN_AUTO, true), VERDICT_PASS);
	assert_int_equal(judged(kvm_warning, true, ON_WARN_NOTE, true), VERDICT_PASS);
	assert_int_equal(judged(kvm_warning, true, ON_WARN_AUTO, false), VERDICT_CANNOT_JUDGE);
	assert_int_equal(judged(other_warning, true, ON_WARN_AUTO, true), VERDICT_PASS);
	assert_int_equal(judged(other_warning, true, ON_WARN_BAD, true), VERDICT_FAIL);
}

static int crashed(const char *crash, const char *match)
{
	struct result r;
	int code;

	make(&r);
	r.end = RUN_KERNEL_DIED;
	r.end_detail = strdup("L1 was under stress");
	r.crash = crash ? strdup(crash) : NULL;
	r.crash_match = match ? strdup(match) : NULL;
	assert_int_equal(verdict_judge(&r), 0);
	code = r.verdict.code;
	result_free(&r);
	return code;
}

/* Another crash must not divert a bisection. */
static void crash_match(void **state)
{
	(void)state;
	assert_int_equal(crashed("kernel BUG at mm/ksm.c:1!", NULL), VERDICT_FAIL);
	assert_int_equal(crashed("kernel BUG at mm/ksm.c:1!", "mm/ksm\\.c"), VERDICT_FAIL);
	assert_int_equal(crashed("kernel BUG at mm/ksm.c:1!", "mm/rmap"), VERDICT_CANNOT_JUDGE);
	assert_int_equal(crashed(NULL, "mm/rmap"), VERDICT_CANNOT_JUDGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds),       cmocka_unit_test(titles),
		cmocka_unit_test(findings),    cmocka_unit_test(taint),
		cmocka_unit_test(crash_title), cmocka_unit_test(records),
		cmocka_unit_test(verdicts),    cmocka_unit_test(crash_match),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
