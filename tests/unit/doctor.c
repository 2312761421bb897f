/* SPDX-License-Identifier: GPL-2.0-only */
/* doctor.c - machines made of files, and what is said of them. */
#include "capture.h"
#include "cli/doctor.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

static char root[] = "/tmp/host-stress-doctor-XXXXXX";
static struct doctor_line lines[DOCTOR_MAX_LINES];
static size_t n;

static void put(const char *path, const char *text)
{
	char *full = str_format("%s%s", root, path);
	int fd;

	for (char *p = full + strlen(root) + 1; (p = strchr(p, '/')); *p++ = '/') {
		*p = '\0';
		mkdir(full, 0755);
	}
	fd = open(full, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	free(full);
}

static void drop(const char *path)
{
	char *full = str_format("%s%s", root, path);

	assert_int_equal(unlink(full), 0);
	free(full);
}

/* A host that has everything. */
static int machine(void **state)
{
	(void)state;
	put("/proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu vmx sse\n\n");
	put("/dev/kvm", "");
	put("/sys/module/kvm_intel/refcnt", "0\n");
	put("/sys/module/kvm/initstate", "live\n");
	put("/sys/kernel/btf/vmlinux", "");
	put("/sys/kernel/btf/kvm", "");
	put("/sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
	put("/sys/devices/system/node/has_memory", "0-1\n");
	put("/sys/kernel/mm/ksm/run", "0\n");
	put("/sys/kernel/mm/ksm/pages_sharing", "0\n");
	put("/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
	put("/proc/sys/kernel/io_uring_disabled", "0\n");
	put("/proc/meminfo",
	    "MemTotal: 8388608 kB\nMemAvailable: 4194304 kB\nSwapTotal: 0 kB\nHugetlb: 2048 kB\n");
	return 0;
}

static void look(enum place place, bool is_root)
{
	struct doctor_asked asked = {root, place, is_root, 1ull << 30};

	n = doctor_look(lines, &asked);
}

static const struct doctor_line *line(const char *what)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(lines[i].what, what))
			return &lines[i];
	fail_msg("no line about %s", what);
	return NULL;
}

static void is(const char *what, enum doctor_state state, const char *part)
{
	const struct doctor_line *l = line(what);

	assert_int_equal(l->state, state);
	if (!strstr(l->text, part))
		fail_msg("%s: '%s' lacks '%s'", what, l->text, part);
}

static void a_good_host(void **state)
{
	(void)state;
	look(PLACE_HOST, true);
	for (size_t i = 0; i < n; i++)
		if (lines[i].state != DOCTOR_FINE)
			fail_msg("%s: %s", lines[i].what, lines[i].text);
	assert_int_equal(n, 10);
}

static void no_virtualisation(void **state)
{
	(void)state;
	put("/proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu vmx_not sse\n\n");
	look(PLACE_HOST, true);
	is("KVM", DOCTOR_LACKS, "/dev/kvm is there, and the CPUs have neither vmx nor svm");
	look(PLACE_LAB, true);
	is("KVM", DOCTOR_UNUSED, "neither");
}

static void no_device(void **state)
{
	(void)state;
	put("/proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu svm sse\n\n");
	drop("/dev/kvm");
	look(PLACE_HOST, true);
	is("KVM", DOCTOR_LACKS, "svm, but no /dev/kvm");
	assert_string_equal(line("KVM")->mend, "modprobe kvm_amd");
}

static void not_root(void **state)
{
	(void)state;
	look(PLACE_HOST, false);
	is("root", DOCTOR_LACKS, "no");
	look(PLACE_LAB, false);
	is("root", DOCTOR_UNUSED, "no");
}

static void without_btf(void **state)
{
	(void)state;
	drop("/sys/kernel/btf/kvm");
	look(PLACE_HOST, true);
	is("BTF", DOCTOR_NOTE, "but not kvm's");
	drop("/sys/module/kvm/initstate"); /* built in: kvm's types are the kernel's */
	look(PLACE_HOST, true);
	is("BTF", DOCTOR_FINE, "yes");
	drop("/sys/kernel/btf/vmlinux");
	look(PLACE_HOST, true);
	is("BTF", DOCTOR_NOTE, "none of the kernel");
}

static void locked_down(void **state)
{
	(void)state;
	put("/sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
	look(PLACE_HOST, true);
	is("lockdown", DOCTOR_FINE, "integrity");
	put("/sys/kernel/security/lockdown", "none integrity [confidentiality]\n");
	look(PLACE_HOST, true);
	is("lockdown", DOCTOR_NOTE, "confidentiality: BPF may not");
}

static void shared_and_swapped(void **state)
{
	(void)state;
	put("/sys/kernel/mm/ksm/pages_sharing", "77\n");
	put("/proc/meminfo", "MemAvailable: 1024 kB\nSwapTotal: 2097152 kB\n");
	put("/proc/sys/kernel/io_uring_disabled", "2\n");
	put("/sys/devices/system/node/has_memory", "0\n");
	look(PLACE_HOST, true);
	is("KSM", DOCTOR_LACKS, "shares 77 pages");
	is("swap", DOCTOR_NOTE, "2048 MiB");
	is("memory", DOCTOR_LACKS, "1 MiB available, a run takes up to 1024");
	is("io_uring", DOCTOR_LACKS, "io_uring_disabled is 2");
	is("NUMA nodes", DOCTOR_NOTE, "1 with memory");
	look(PLACE_LAB, false);
	is("KSM", DOCTOR_UNUSED, "shares 77 pages");
	is("memory", DOCTOR_LACKS, "1 MiB available");
	is("io_uring", DOCTOR_LACKS, "io_uring_disabled is 2");
}

/* A control group within another that allows less; the hierarchy's root has no such file. */
static void limited(void **state)
{
	(void)state;
	put("/proc/self/cgroup", "1:freezer:/x\n0::/user.slice/run\n");
	put("/sys/fs/cgroup/user.slice/run/memory.max", "max\n");
	look(PLACE_HOST, true);
	is("memory", DOCTOR_FINE, "4096 MiB available");
	put("/sys/fs/cgroup/user.slice/memory.max", "629145600\n");
	look(PLACE_HOST, true);
	is("memory", DOCTOR_LACKS,
	   "/sys/fs/cgroup/user.slice/memory.max allows 600 MiB, a run takes up to 1024");
	put("/sys/fs/cgroup/user.slice/run/memory.max", "1048576\n");
	look(PLACE_LAB, true);
	is("memory", DOCTOR_LACKS, "/sys/fs/cgroup/user.slice/run/memory.max allows 1 MiB");
	drop("/proc/self/cgroup");
	look(PLACE_HOST, true);
	is("memory", DOCTOR_FINE, "4096 MiB available");
	put("/proc/self/cgroup", "0::/\n");
	put("/sys/fs/cgroup/memory.max", "2097152\n");
	look(PLACE_HOST, true);
	is("memory", DOCTOR_LACKS, "/sys/fs/cgroup/memory.max allows 2 MiB");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_good_host, machine),
		cmocka_unit_test_setup(no_virtualisation, machine),
		cmocka_unit_test_setup(no_device, machine),
		cmocka_unit_test_setup(not_root, machine),
		cmocka_unit_test_setup(without_btf, machine),
		cmocka_unit_test_setup(locked_down, machine),
		cmocka_unit_test_setup(shared_and_swapped, machine),
		cmocka_unit_test_setup(limited, machine),
	};
	char *remove = NULL;
	int failed;

	if (!mkdtemp(root))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	remove = str_format("rm -rf %s", root);
	return system(remove) || failed;
}
