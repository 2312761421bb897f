// SPDX-License-Identifier: GPL-2.0-only
/* preflight.c - see preflight.h. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "preflight.h"
#include "base/cgroup.h"
#include "base/procs.h"
#include "vm/vm.h"

bool preflight_has_flag(const char *cpuinfo, const char *flag)
{
	const char *line = strstr(cpuinfo, "\nflags");
	const char *end = line ? strchr(line + 1, '\n') : NULL;
	size_t n = strlen(flag);

	for (const char *p = line; p && (p = strstr(p, flag)) && p < end; p += n)
		if (p[-1] == ' ' && (p[n] == ' ' || p[n] == '\n'))
			return true;
	return false;
}

static bool kvm_opens(void)
{
	auto_close int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	return fd >= 0;
}

static bool cpu_virtualises(void)
{
	auto_free char *cpuinfo = NULL;
	size_t len;

	if (file_slurp("/proc/cpuinfo", &cpuinfo, &len))
		return false;
	return preflight_has_flag(cpuinfo, "svm") || preflight_has_flag(cpuinfo, "vmx");
}

bool preflight_hardware_kvm(void)
{
	return cpu_virtualises() && kvm_opens();
}

enum place preflight_place(const struct opts *o)
{
	if (o->place != PLACE_AUTO)
		return o->place;
	return geteuid() == 0 && preflight_hardware_kvm() ? PLACE_HOST : PLACE_LAB;
}

char *preflight_paging(void)
{
	static const struct {
		const char *file, *name;
	} modules[] = {{"/sys/module/kvm_intel/parameters/ept", "ept"},
		       {"/sys/module/kvm_amd/parameters/npt", "npt"}};
	char text[8];

	for (size_t i = 0; i < ARRAY_SIZE(modules); i++)
		if (file_read(modules[i].file, text, sizeof(text)) > 0)
			return str_format("%s", strchr("Y1", text[0]) ? modules[i].name : "shadow");
	return NULL;
}

/* Name of a running process that tunes what we tune, NULL if there is none. */
static const char *find_tuner(void)
{
	static const char *const tuners[] = {"ksmtuned", "numad"};

	for (size_t i = 0; i < ARRAY_SIZE(tuners); i++)
		if (proc_named(tuners[i]))
			return tuners[i];
	return NULL;
}

int preflight_strangers(bool force)
{
	const char *tuner = find_tuner();
	uint64_t sharing;

	if (force)
		return 0;
	if (tuner)
		return err_say(
			-EBUSY,
			"%s is running and would change the same knobs; stop it, or go on with "
			"--force",
			tuner);
	if (file_u64("/sys/kernel/mm/ksm/pages_sharing", &sharing) == 0 && sharing)
		return err_say(-EBUSY,
			       "KSM on this host shares %" PRIu64
			       " pages already, which a run would "
			       "unmerge; stop their owners, or go on with --force",
			       sharing);
	return 0;
}

int preflight_memory(const struct opts *o)
{
	char where[CGROUP_WHERE_BYTES];
	uint64_t limit = cgroup_memory_limit("", where), needs = vm_ram_bytes(o->memory_bytes);

	if (o->force || limit >= needs)
		return 0;
	return err_say(-ENOMEM,
		       "%s allows this control group %" PRIu64 " MiB, and the VM may take %" PRIu64
		       " MiB: raise it, give a smaller --memory, or go on with --force",
		       where, limit >> 20, needs >> 20);
}

int preflight_kvm(void)
{
	if (geteuid() != 0)
		return err_say(-EPERM, "--place host needs root (KSM, page migration and debugfs); "
				       "run it as root, or use --place lab, which does not");
	if (!cpu_virtualises())
		return err_say(-ENODEV, "the CPUs here have neither vmx nor svm, so KVM boots no "
					"stock kernel on them; --place lab does without");
	if (!kvm_opens())
		return err_sys(-errno,
			       "/dev/kvm cannot be opened (is kvm_intel or kvm_amd loaded, and "
			       "virtualisation on in the firmware?); --place lab does without");
	return 0;
}
