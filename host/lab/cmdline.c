// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmdline.c - see cmdline.h.
 *
 * A parameter of KVM's is given to each module that may have it: where KVM is built in, the kernel
 * takes it from here; where it is a module, L1's init hands it over (images/lab/init.c) and the
 * kernel passes over it. init says when no module knows it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmdline.h"

/* TAINT_BAD_PAGE (mm/page_alloc.c bad_page()): freed while in use, or the other way round. */
#define PANIC_ON_BAD_PAGE "panic_on_taint=0x20"

/*
 * No MWAIT in L1's idle loop: MONITOR has Bochs forget the translation of the linear address that
 * equals the line's physical one, so another CPU goes on writing to the line by a pointer, and the
 * CPU that waits for it is not woken before its next interrupt. (Without the instruction on the
 * CPU's list of features kvm_intel does not load: it wants to intercept it.)
 */
#define BOCHS_IDLE_OPTION " idle=halt"

/* Bytes of the whole line. */
static size_t put_line(char *buf, size_t size, const struct lab_machine *m, const struct opts *o)
{
	static const char *const modules[] = {"kvm", "kvm_amd", "kvm_intel"};
	size_t at;

	at = (size_t)snprintf(
		buf, size,
		"console=ttyS0 loglevel=4 oops=panic " PANIC_ON_BAD_PAGE
		" panic=-1 reboot=t nokaslr audit=0 lsm= "
		"mitigations=off no_timer_check cryptomgr.notests init_on_alloc=0 "
		"rcupdate.rcu_expedited=1 "
		"8250.nr_uarts=1 initcall_blacklist=jent_mod_init,load_system_certificate_list "
		"transparent_hugepage=madvise%s%s%s",
		m->kvm ? "" : " tsc=reliable random.trust_cpu=off",
		m->bochs ? BOCHS_TSC_OPTION : "",
		m->bochs && m->cpus.cpus > 1 ? BOCHS_IDLE_OPTION : "");
	for (size_t i = 0; i < o->kvm_params.n; i++)
		for (size_t k = 0; k < ARRAY_SIZE(modules); k++)
			at += (size_t)snprintf(at < size ? buf + at : NULL,
					       at < size ? size - at : 0, " %s.%s", modules[k],
					       o->kvm_params.v[i]);
	return at;
}

const char *cmdline(char *buf, const struct lab_machine *m, const struct opts *o)
{
	put_line(buf, CMDLINE_BYTES, m, o);
	return buf;
}

int cmdline_fits(const struct lab_machine *m, const struct opts *o)
{
	char buf[CMDLINE_BYTES];

	if (put_line(buf, sizeof(buf), m, o) < sizeof(buf))
		return 0;
	return err_say(-E2BIG, "--kvm-param: too many for the kernel's command line of %d bytes",
		       CMDLINE_BYTES);
}
