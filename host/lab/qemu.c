// SPDX-License-Identifier: GPL-2.0-only
/*
 * qemu.c - see labqemu.h. Why each of the deterministic flags is there: docs/determinism.md.
 *
 * Nothing goes into the machine after power-on: no input device, no network, no shared directory;
 * the streams are write-only (isa-debugcon and a serial console, each on a pipe by way of QEMU's fd
 * sets).
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/lab_ports.h"
#include "cli/paths.h"
#include "cmdline.h"
#include "qemu.h"

#define LAB_TURN 10000 /* instructions: docs/determinism.md */
#define LAB_MEMORY_BYTES (1ull << 30)
/* L1's kernel, the initramfs twice (archive and files), QEMU, L2's own kernel */
#define LAB_OVERHEAD_BYTES (640ull << 20)

struct args {
	char **v;
	size_t n;
	bool failed;
};

static void add(struct args *a, const char *fmt, ...) printf_like(2, 3);
static void add(struct args *a, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (a->n + 1 >= LABQEMU_MAX_ARGS || vasprintf(&text, fmt, ap) < 0)
		a->failed = true;
	else
		a->v[a->n++] = text;
	va_end(ap);
}

/* With several CPUs: how they take turns (images/qemu/0004-*.patch, docs/determinism.md). */
static void add_icount(struct args *a, const struct lab_figures *l)
{
	char turns[120] = "";
	int n = 0;

	if (l->turn)
		n = snprintf(turns, sizeof(turns),
			     ",turn=%" PRIu64 ",turn-min=1,turn-seed=%" PRIu64, l->turn,
			     l->schedule);
	if (l->turn && l->hold_ns)
		snprintf(turns + n, sizeof(turns) - (size_t)n, ",hold=%" PRIu64, l->hold_ns);
	add(a, "-icount");
	add(a, "shift=1,sleep=off%s", turns);
}

static void add_cpu(struct args *a, const struct lab_machine *m, const struct opts *o)
{
	add(a, "-machine");
	add(a, "q35,hpet=off,vmport=off,smbus=off,sata=off");
	add(a, "-accel");
	if (m->kvm) {
		add(a, "kvm");
		add(a, "-cpu");
		add(a, "host");
		return;
	}
	add(a, "tcg,thread=%s", m->deterministic ? "single" : "multi");
	add(a, "-cpu");
	/* TCG runs rep stosb and movsb byte by byte: without ERMS the kernel clears by words */
	add(a, "max,-rdrand,-rdseed,-erms,-fsrm");
	if (m->deterministic) {
		add_icount(a, &m->cpus);
		add(a, "-seed");
		add(a, "%" PRIu64, o->seed);
		add(a, "-rtc");
		add(a, "clock=vm,base=2026-01-01T00:00:00");
	}
}

/* Of the options that are about turns the one that was given; NULL: none. */
static const char *turns_asked(const struct opts *o)
{
	return o->lab_turn	 ? "lab-turn"
	       : o->lab_hold_ns	 ? "lab-hold"
	       : o->lab_schedule ? "lab-schedule"
				 : NULL;
}

static int choose_turns(struct lab_machine *m, const struct opts *o)
{
	const char *asked = turns_asked(o);

	if (m->cpus.cpus == 1 || !m->deterministic)
		return asked ? err_say(-EINVAL, "--%s: only for %s", asked,
				       m->cpus.cpus == 1 ? "a lab of several CPUs; give --lab-cpus"
							 : "the deterministic lab, whose CPUs run "
							   "in turn")
			     : 0;
	if (m->bochs && o->lab_hold_ns)
		return err_say(-EINVAL, "--lab-hold: Bochs holds no CPU back; leave it out");
	m->cpus.turn = o->lab_turn ?: LAB_TURN;
	m->cpus.hold_ns = o->lab_hold_ns;
	m->cpus.schedule = o->lab_schedule ?: o->seed;
	return 0;
}

int labqemu_choose(struct lab_machine *m, const struct opts *o, const char *version)
{
	m->cpus = (struct lab_figures){.cpus = o->lab_cpus};
	if (!m->bochs && m->deterministic && o->lab_cpus > 1 && !qemu_has_turns(version))
		return err_say(-EINVAL,
			       "--lab-cpus: the turns of several CPUs are bounded only by the QEMU "
			       "of 'make image', and this is %s; give 1",
			       version);
	return choose_turns(m, o);
}

uint64_t labqemu_memory(const struct opts *o)
{
	uint64_t needed = 2 * o->memory_bytes + LAB_OVERHEAD_BYTES;

	if (o->lab_memory_bytes)
		return o->lab_memory_bytes;
	return needed > LAB_MEMORY_BYTES ? needed : LAB_MEMORY_BYTES;
}

/* @node's part of the CPUs, as an option of -numa: the first of two nodes has the odd one. */
static void cpus_of_node(char *text, size_t size, uint64_t cpus, uint64_t node)
{
	uint64_t first = node ? (cpus + 1) / 2 : 0, end = node ? cpus : (cpus + 1) / 2;

	text[0] = '\0';
	if (end > first)
		snprintf(text, size, ",cpus=%" PRIu64 "-%" PRIu64, first, end - 1);
}

/* Two nodes, so that pages can migrate; every CPU is named in one, as QEMU wants it. */
static void add_memory(struct args *a, const struct lab_machine *m, const struct opts *o)
{
	uint64_t half = (labqemu_memory(o) / 2) & ~((1ull << 20) - 1);
	char cpus[64];

	add(a, "-smp");
	add(a, "%" PRIu64, m->cpus.cpus);
	add(a, "-m");
	add(a, "%" PRIu64 "M", half >> 19);
	for (int node = 0; node < 2; node++) {
		add(a, "-object");
		add(a, "memory-backend-ram,id=node%d,size=%" PRIu64, node, half);
		cpus_of_node(cpus, sizeof(cpus), m->cpus.cpus, (uint64_t)node);
		add(a, "-numa");
		add(a, "node,nodeid=%d,memdev=node%d%s", node, node, cpus);
	}
}

static void add_kernel(struct args *a, const struct lab_machine *m, const struct opts *o)
{
	char text[CMDLINE_BYTES];

	add(a, "-kernel");
	add(a, "%s", m->kernel);
	add(a, "-initrd");
	add(a, "/proc/self/fd/%d", m->initrd_fd);
	add(a, "-append");
	add(a, "%s", cmdline(text, m, o));
}

static void add_streams(struct args *a, const struct lab_machine *m)
{
	static const int ports[LAB_STREAMS] = {
		[LAB_STDOUT] = LAB_PORT_STDOUT,
		[LAB_STDERR] = LAB_PORT_STDERR,
		[LAB_STATUS] = LAB_PORT_STATUS,
		[LAB_RESULT] = LAB_PORT_RESULT,
	};

	for (int i = 0; i < LAB_STREAMS; i++) {
		add(a, "-add-fd");
		add(a, "fd=%d,set=%d", m->stream_fd[i], i + 1);
		add(a, "-chardev");
		add(a, "file,id=stream%d,path=/dev/fdset/%d,append=on", i, i + 1);
		add(a, i == LAB_CONSOLE ? "-serial" : "-device");
		if (i == LAB_CONSOLE)
			add(a, "chardev:stream%d", i);
		else
			add(a, "isa-debugcon,iobase=%#x,chardev=stream%d", ports[i], i);
	}
}

int labqemu_args(char *argv[LABQEMU_MAX_ARGS], const struct lab_machine *m, const struct opts *o)
{
	struct args a = {.v = argv};

	memset(argv, 0, LABQEMU_MAX_ARGS * sizeof(*argv));
	add(&a, "%s", m->qemu);
	if (m->firmware) {
		add(&a, "-L");
		add(&a, "%s", m->firmware);
	}
	add(&a, "-name");
	add(&a, "host-stress-lab");
	add(&a, "-nodefaults");
	add(&a, "-no-user-config");
	add(&a, "-no-reboot");
	add(&a, "-display");
	add(&a, "none");
	add_cpu(&a, m, o);
	add_memory(&a, m, o);
	add_kernel(&a, m, o);
	add_streams(&a, m);
	if (!a.failed)
		return 0;
	labqemu_free(argv);
	return err_sys(-ENOMEM, "the lab's QEMU arguments");
}

void labqemu_free(char *argv[LABQEMU_MAX_ARGS])
{
	for (size_t i = 0; i < LABQEMU_MAX_ARGS; i++)
		free(argv[i]);
}
