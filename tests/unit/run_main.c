/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * run_main.c - a whole run whose VM only pretends (fake.h): when its QEMU cannot be killed, which
 * is what a deadlock of the kernel looks like, the knobs are put back all the same, and the verdict
 * says where it hangs; and when the run itself hangs there, its guard puts them back. Would pass
 * silently if no knob had been written.
 */
#include "fake.h"
#include "capture.h"
#include "cli/paths.h"
#include "cli/preflight.h"
#include "base/guard.h"
#include "base/knobs.h"
#include "probe/probe.h"
#include "run/main.h"
#include "vm/vm.h"

#define WAIT_NS (10 * NSEC_PER_SEC)

static struct fake fake;
static struct opts opts;
static int stop_answers;
static unsigned int turn, written, stopped_at, closed_at, guarded_at, recorded;
static bool opened, acted;

/* --- in the place of base/knobs.c */

int knobs_open(struct knobs **k, const char *root, const char *journal, unsigned int *recovered)
{
	static char any;

	(void)root, (void)journal, (void)recovered;
	*k = (struct knobs *)&any;
	opened = true;
	return 0;
}

int knobs_close(struct knobs *k)
{
	if (k)
		closed_at = ++turn;
	return 0;
}

int knob_write(struct knobs *k, const char *path, const char *value)
{
	(void)k, (void)path, (void)value;
	written++;
	return 0;
}

int knobs_restore_recorded(struct knobs *k)
{
	assert_non_null(k);
	recorded++;
	return 0;
}

#define NONE(name, ...)                                  \
	int name(__VA_ARGS__)                            \
	{                                                \
		fail_msg("%s() is not for here", #name); \
		return 0;                                \
	}
#pragma GCC diagnostic ignored "-Wunused-parameter"
NONE(knob_write_u64, struct knobs *k, const char *path, uint64_t value)
NONE(knob_rewrite, struct knobs *k, const char *path, const char *value, uint64_t limit_ns)
NONE(knob_trigger, struct knobs *k, const char *path, const char *value)
NONE(knob_owe_write, struct knobs *k, const char *path, const char *value)
NONE(knob_owe_swapoff, struct knobs *k, const char *device)
NONE(knob_make_dir, struct knobs *k, const char *path)
NONE(knob_pay, struct knobs *k, const char *path)
NONE(knobs_restore, struct knobs *k)
NONE(knobs_recover, const char *root, const char *journal, unsigned int *recovered)

void knob_forget(struct knobs *k, const char *path)
{
}

ssize_t knob_read(const struct knobs *k, const char *path, char *buf, size_t size)
{
	return -ENOENT;
}

/* --- in the place of base/guard.c: a run that hangs is one whose guard acts at its first beat */

static bool hangs;
static void (*guard_act)(void *arg);
static void *guard_arg;

int guard_start(struct guard **g, uint64_t patience_ns, void (*act)(void *arg), void *arg)
{
	static char any;

	assert_true(opened); /* it has what is open now, and no more */
	assert_int_equal(written, 0);
	assert_true(patience_ns > 0);
	guard_act = act;
	guard_arg = arg;
	guarded_at = ++turn;
	*g = (struct guard *)&any;
	return 0;
}

void guard_beat(struct guard *g)
{
	if (g && hangs && !acted) {
		guard_act(guard_arg);
		acted = true;
	}
}

bool guard_acted(const struct guard *g)
{
	return g && acted;
}

void guard_stop(struct guard *g)
{
	(void)g;
}

/* --- in the place of vm/vm.c */

uint64_t vm_ram_bytes(uint64_t memory_bytes)
{
	return memory_bytes;
}

int vm_start(struct vm *vm, struct loop *l, const struct vm_spec *spec, chan_handler *handler,
	     void *arg)
{
	fake_start(&fake);
	vm->loop = l;
	vm->child.pid = getpid();
	vm->ram_bytes = 1 << 21;
	vm->console_fd = -1;
	assert_int_equal(chan_open(&vm->chan, l, fake.guest, handler, arg), 0);
	assert_int_equal(qmp_open(&vm->qmp, l, fake.monitor, WAIT_NS), 0);
	return 0;
}

int vm_stop(struct vm *vm, char *stuck, size_t size)
{
	stopped_at = ++turn;
	chan_close(vm->chan);
	qmp_close(vm->qmp);
	vm->loop = NULL;
	if (stuck)
		snprintf(stuck, size, "CPU 0/KVM in rmap_walk");
	return stop_answers;
}

int vm_hva(struct vm *vm, uint64_t gpa, uint64_t *hva)
{
	*hva = gpa;
	return 0;
}

int vm_translate(struct vm *vm, struct guest_run *runs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		runs[i].hva = 0x7f0000000000ull + runs[i].gpa;
	return 0;
}

/* --- in the place of cli/paths.c and cli/preflight.c */

int paths_find(struct paths *p, const struct opts *o)
{
	*p = (struct paths){.guest_kernel = strdup("k"), .guest_initrd = strdup("i")};
	return 0;
}

void paths_free(struct paths *p)
{
	free(p->guest_kernel);
	free(p->guest_initrd);
}

char *paths_script(const char *name)
{
	return NULL;
}

char *qemu_version(const char *qemu)
{
	return strdup("QEMU fake");
}

char *bochs_version(const char *bochs)
{
	return NULL;
}

bool qemu_is_cured(const char *version)
{
	return true;
}

bool qemu_has_turns(const char *version)
{
	return false;
}

bool paths_program(const char *name, char **full)
{
	return false;
}

bool preflight_has_flag(const char *cpuinfo, const char *flag)
{
	return false;
}

bool preflight_hardware_kvm(void)
{
	return false;
}

enum place preflight_place(const struct opts *o)
{
	return PLACE_HOST;
}

int preflight_kvm(void)
{
	return 0;
}

int preflight_strangers(bool force)
{
	return 0;
}

int preflight_memory(const struct opts *o)
{
	return 0;
}

char *preflight_paging(void)
{
	return strdup("tdp");
}

int paths_find_qemu(struct paths *p, const struct opts *o)
{
	return 0;
}

/* --- the tests */

static int run(const char *inside, const char *words)
{
	static char *argv[] = {"host-stress", NULL};
	static struct capture out, err;
	int code;

	memset(&fake, 0, sizeof(fake));
	fake.waits = true;
	turn = written = stopped_at = closed_at = guarded_at = recorded = 0;
	opened = acted = false;
	opts = (struct opts){.vcpus = 1,
			     .inside = inside,
			     .probes = BACKEND_COUNTERS,
			     .memory_bytes = FAKE_PAGES * 4096,
			     .groups = 1,
			     .machine = "microvm",
			     .shown_build = "image,emulator",
			     .shown_qemu = "QEMU fake",
			     .shown_command = "host-stress",
			     .phase_time_ns = 20 * NSEC_PER_MSEC,
			     .stall_ns = NSEC_PER_MSEC,
			     .silence_ns = 100 * NSEC_PER_SEC,
			     .boot_timeout_ns = WAIT_NS,
			     .proof_timeout_ns = NSEC_PER_SEC,
			     .force = true,
			     .no_save = true,
			     .nphases = 1};
	strcpy(opts.phases[0].name, "idle");
	capture_begin(&out, STDOUT_FILENO);
	capture_begin(&err, STDERR_FILENO);
	code = run_main(&opts, 1, argv);
	capture_end(&err);
	capture_end(&out);
	fake_stop(&fake);
	if (!strstr(out.text, words))
		fail_msg("code %d, no '%s' in:\n%s%s", code, words, out.text, err.text);
	return code;
}

static void ends_well(void **state)
{
	(void)state;
	stop_answers = 0;
	assert_int_equal(run(NULL, "PASS"), 0);
	assert_true(written > 0);
	assert_in_range(closed_at, stopped_at + 1, turn);
}

static void qemu_cannot_be_killed(void **state)
{
	(void)state;
	stop_answers = -ETIME;
	assert_int_equal(run(NULL, "CPU 0/KVM in rmap_walk"), 125);
	assert_true(written > 0);
	assert_in_range(closed_at, stopped_at + 1, turn);
}

/* On a host there is a guard before the first knob is written; the lab goes with all it has. */
static void is_guarded(void **state)
{
	(void)state;
	stop_answers = 0;
	hangs = true;
	assert_int_equal(run(NULL, "hung in the kernel"), 125);
	assert_int_equal(recorded, 1);
	assert_int_equal(guarded_at, 1);
	assert_int_equal(run("kvm", "PASS"), 0);
	assert_int_equal(recorded, 0);
	assert_int_equal(guarded_at, 0);
	hangs = false;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends_well),
		cmocka_unit_test(qemu_cannot_be_killed),
		cmocka_unit_test(is_guarded),
	};

	return cmocka_run_group_tests_name("run_main", tests, NULL, NULL);
}
