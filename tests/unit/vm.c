/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vm.c - a VM whose QEMU is this program once more: what it is started with, that guest and monitor
 * are connected, where guest pages are in it, and what is said of a QEMU that does not come up or
 * does not go.
 */
#include <signal.h>

#include "fake.h"
#include "capture.h"
#include "vm/guest.h"
#include "vm/vm.h"

#define WAIT_NS (10 * NSEC_PER_SEC)

static char self[] = "/proc/self/exe";
static struct loop *loop;
static struct vm vm;
static struct guest guest;
static struct vm_spec spec;

/* --- QEMU, as $FAKE_QEMU wants it */

static int fd_of(int argc, char **argv, const char *id)
{
	char wanted[64];

	snprintf(wanted, sizeof(wanted), "socket,id=%s,fd=", id);
	for (int i = 1; i < argc; i++)
		if (!strncmp(argv[i], wanted, strlen(wanted)))
			return atoi(argv[i] + strlen(wanted));
	return -1;
}

static bool is(const char *how)
{
	return strcmp(getenv("FAKE_QEMU") ?: "", how) == 0;
}

static int be_qemu(int argc, char **argv)
{
	static struct fake fake;

	if (is("refuses")) {
		printf("qemu: could not access KVM kernel module\n");
		return 1;
	}
	if (is("immortal"))
		signal(SIGTERM, SIG_IGN);
	for (int i = 1; i < argc; i++)
		printf("%s ", argv[i]);
	printf("\n");
	fflush(stdout);
	fake.far[0] = fd_of(argc, argv, "port");
	fake.far[1] = fd_of(argc, argv, "qmp");
	fake.bent = is("bent");
	fake.hole = is("hole");
	fake.refuse = is("does not go on") ? "cont" : NULL;
	if (is("mute"))
		pause();
	fake_greet(&fake);
	fake_play(&fake);
	return 0;
}

/* --- the tests */

static int set_up(void **state)
{
	(void)state;
	memset(&vm, 0, sizeof(vm));
	memset(&guest, 0, sizeof(guest));
	setenv("FAKE_QEMU", "", 1);
	spec = (struct vm_spec){.qemu = self,
				.machine = "microvm",
				.kernel = "the-kernel",
				.initrd = "the-initrd",
				.memory_bytes = 16 << 20,
				.vcpus = 1,
				.boot_timeout_ns = WAIT_NS};
	guest.ordered = FAKE_PAGES;
	if (guest_init(&guest, 1) || loop_open(&loop))
		return -1;
	guest.ordered = FAKE_PAGES;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	(void)vm_stop(&vm, NULL, 0);
	loop_close(loop);
	guest_free(&guest);
	return 0;
}

static int start(const char *how)
{
	setenv("FAKE_QEMU", how, 1);
	return vm_start(&vm, loop, &spec, guest_frame, &guest);
}

static int guest_is_ready(void *arg)
{
	(void)arg;
	return guest.ready;
}

static bool was_given(const char *what)
{
	char line[4096];

	return console_find(&vm.console, what, line, sizeof(line));
}

static void comes_up(void **state)
{
	char stuck[200];

	(void)state;
	assert_int_equal(start("good"), 0);
	assert_int_equal(loop_until(loop, guest_is_ready, NULL, WAIT_NS), 1);
	assert_int_equal(guest.mapped_pages, FAKE_PAGES);
	assert_string_equal(qmp_version(vm.qmp), "9.1.2 fake");
	assert_true(was_given("-machine microvm,accel=kvm,memory-backend=ram"));
	assert_true(
		was_given("-object memory-backend-ram,id=ram,size=153092096,share=off,merge=on"));
	assert_true(was_given("-kernel the-kernel -initrd the-initrd"));
	assert_true(was_given("-smp 1 "));
	assert_false(was_given("isolcpus"));
	assert_int_equal(vm_stop(&vm, stuck, sizeof(stuck)), 0);
	assert_null(vm.qmp);
	assert_int_equal(vm_stop(&vm, stuck, sizeof(stuck)), 0); /* there is none any more */
}

static void as_ordered(void **state)
{
	(void)state;
	spec.machine = "q35";
	spec.backend = BACKEND_HUGETLB;
	spec.firmware_dir = "/some/firmware";
	spec.vcpus = 2;
	spec.spare = 1;
	spec.balloon = true;
	assert_int_equal(start("good"), 0);
	assert_int_equal(loop_until(loop, guest_is_ready, NULL, WAIT_NS), 1);
	assert_true(was_given("-machine q35,"));
	assert_true(was_given("memory-backend-memfd,id=ram,size=153092096,share=on,hugetlb=on"));
	assert_true(was_given("-L /some/firmware"));
	assert_true(was_given("-smp 3 "));
	assert_true(was_given("isolcpus=domain,managed_irq,0-1 irqaffinity=2"));
	assert_true(was_given("virtio-balloon-pci"));
}

static void pages_are_found(void **state)
{
	struct guest_run runs[] = {{.gpa = 0x100000, .pages = 4},
				   {.gpa = 1ull << 32, .page = 4, .pages = 2},
				   {.gpa = 0x200000, .page = 6, .pages = 2}};
	uint64_t hva;

	(void)state;
	assert_int_equal(start("hole"), 0);
	assert_int_equal(vm_hva(&vm, 0, &hva), 0);
	assert_int_equal(hva, 0x7f0000000000ull);
	assert_int_equal(vm_translate(&vm, runs, 3), 0);
	assert_int_equal(runs[0].hva, 0x7f0000100000ull);
	assert_int_equal(runs[1].hva, 0x7f0000000000ull + (3ull << 30));
	assert_int_equal(runs[2].hva, 0x7f0000200000ull);
}

static void no_page_is_guessed(void **state)
{
	struct guest_run high = {.gpa = 1ull << 32, .pages = 1};
	struct guest_run low[] = {{.gpa = 0x100000, .pages = 1}, {.gpa = 0x300000, .pages = 1}};
	uint64_t hva;

	(void)state;
	assert_int_equal(start("bent"), 0);
	assert_int_equal(vm_hva(&vm, 1ull << 32, &hva), -EPROTO);
	assert_int_equal(vm_translate(&vm, &high, 1), -EPROTO);
	assert_int_equal(vm_translate(&vm, low, 2), -EPROTO);
}

/* Started by @how it fails with @err, and what is said has @words in it. */
static void fails(const char *how, int err, const char *words)
{
	struct capture out;
	int got;

	capture_begin(&out, STDERR_FILENO);
	got = start(how);
	capture_end(&out);
	assert_int_equal(got, err);
	if (!strstr(out.text, words))
		fail_msg("'%s' is not in '%s'", words, out.text);
	assert_null(vm.loop); /* nothing is left of it */
}

static void no_program(void **state)
{
	(void)state;
	spec.qemu = "/nonexistent/qemu";
	fails("good", -ENOENT, "/nonexistent/qemu");
}

static void qemu_says_why(void **state)
{
	(void)state;
	fails("refuses", -EPIPE, "could not access KVM kernel module");
}

static void qemu_does_not_go_on(void **state)
{
	(void)state;
	fails("does not go on", -EREMOTEIO, "no cont here");
}

static void qemu_says_nothing(void **state)
{
	(void)state;
	spec.boot_timeout_ns = 100 * NSEC_PER_MSEC;
	fails("mute", -ETIME, "waiting for QEMU's greeting");
}

/* After the grace it is killed, and that is no failure. */
static void deaf_to_sigterm(void **state)
{
	uint64_t begin;
	char stuck[200];

	(void)state;
	assert_int_equal(start("immortal"), 0);
	assert_int_equal(loop_until(loop, guest_is_ready, NULL, WAIT_NS), 1);
	begin = mono_ns();
	assert_int_equal(vm_stop(&vm, stuck, sizeof(stuck)), 0);
	assert_true(mono_ns() - begin >= NSEC_PER_SEC);
	assert_int_equal(vm.child.status, SIGKILL);
}

int main(int argc, char **argv)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(comes_up),	    T(as_ordered),    T(pages_are_found),     T(no_page_is_guessed),
		T(no_program),	    T(qemu_says_why), T(qemu_does_not_go_on), T(qemu_says_nothing),
		T(deaf_to_sigterm),
	};

	if (argc > 1)
		return be_qemu(argc, argv);
	return cmocka_run_group_tests_name("vm", tests, NULL, NULL);
}
