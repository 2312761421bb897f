/* SPDX-License-Identifier: GPL-2.0-only */
/* lab.c - the options of the lab's machine, checked before anything starts (table.h). */
#include <errno.h>
#include <string.h>

#include "table.h"

static bool is_kvm_param(const char *text)
{
	size_t name = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_");
	size_t rest = name && text[name] == '=' ? strlen(text + name + 1) : 0;

	return rest && strcspn(text + name + 1, " \t\n\"") == rest;
}

/* What the Intel lab's Bochs cannot honour is refused, never passed over. */
int opts_check_lab(const struct opts *o)
{
	for (size_t i = 0; i < o->kvm_params.n; i++)
		if (!is_kvm_param(o->kvm_params.v[i]))
			return err_say(-EINVAL,
				       "--kvm-param: '%s' is not accepted; give NAME=VALUE, e.g. "
				       "tdp_mmu=0",
				       o->kvm_params.v[i]);
	if (o->lab_cpu != LAB_CPU_INTEL)
		return 0;
	if (o->qemu)
		return err_say(-EINVAL, "--qemu: with --lab-cpu intel Bochs emulates L1; leave "
					"it out");
	if (o->deterministic == DETERMINISTIC_NO)
		return err_say(-EINVAL, "--no-deterministic: Bochs knows no other clock than its "
					"own; leave it out, or use --lab-cpu amd");
	return 0;
}
