// SPDX-License-Identifier: GPL-2.0-only
/*
 * doctor.c - see doctor.h. A line for each thing that has made a run fail or its figures strange;
 * how a run itself finds out is in preflight.c, the sources' probe() and base/loop.c.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cgroup.h"
#include "base/loop.h"
#include "base/numa.h"
#include "base/out.h"
#include "base/procs.h"
#include "doctor.h"
#include "paths.h"
#include "preflight.h"
#include "result/result.h"

#define MIB (1ull << 20)

struct exam {
	struct doctor_line *lines;
	size_t n;
	const struct doctor_asked *asked;
};

static struct doctor_line *say(struct exam *e, const char *what, enum doctor_state state,
			       const char *fmt, ...) printf_like(4, 5);
static struct doctor_line *say(struct exam *e, const char *what, enum doctor_state state,
			       const char *fmt, ...)
{
	struct doctor_line *l = &e->lines[e->n < DOCTOR_MAX_LINES - 1 ? e->n++ : e->n];
	va_list ap;

	*l = (struct doctor_line){.what = what, .state = state};
	va_start(ap, fmt);
	vsnprintf(l->text, sizeof(l->text), fmt, ap);
	va_end(ap);
	return l;
}

static void mend(struct doctor_line *l, const char *command)
{
	snprintf(l->mend, sizeof(l->mend), "%s", command);
}

/* What only a run on this kernel needs is no lack in the lab. */
static enum doctor_state on_host(const struct exam *e, enum doctor_state state)
{
	return e->asked->place == PLACE_HOST ? state : DOCTOR_UNUSED;
}

static bool there(const struct exam *e, const char *path)
{
	auto_free char *full = str_format("%s%s", e->asked->root, path);

	return full && access(full, F_OK) == 0;
}

/* The text of a file, "" when it cannot be read; to be freed. */
static char *text_of(const struct exam *e, const char *path)
{
	auto_free char *full = str_format("%s%s", e->asked->root, path);
	char *text = NULL;
	size_t len;

	if (!full || file_slurp(full, &text, &len))
		return str_format("%s", "");
	return text;
}

static uint64_t number_of(const struct exam *e, const char *path)
{
	auto_free char *full = str_format("%s%s", e->asked->root, path);
	uint64_t n = 0;

	return full && !file_u64(full, &n) ? n : 0;
}

/* Value behind "KEY:" in a file of such lines, in its own unit. */
static uint64_t field(const char *text, const char *key)
{
	const char *at = text ? strstr(text, key) : NULL;

	return at ? strtoull(at + strlen(key), NULL, 10) : 0;
}

/* The word in brackets of "a [b] c". */
static void chosen(const char *text, char *word, size_t size)
{
	const char *from = strchr(text, '['), *to = from ? strchr(from, ']') : NULL;

	snprintf(word, size, "%.*s", to ? (int)(to - from - 1) : 0, to ? from + 1 : "");
}

static void look_at_root(struct exam *e)
{
	if (e->asked->is_root)
		say(e, "root", DOCTOR_FINE, "yes");
	else
		mend(say(e, "root", on_host(e, DOCTOR_LACKS), "no; only --place host needs it"),
		     "sudo host-stress");
}

static void look_at_kvm(struct exam *e)
{
	auto_free char *cpuinfo = text_of(e, "/proc/cpuinfo");
	bool svm = preflight_has_flag(cpuinfo, "svm"), vmx = preflight_has_flag(cpuinfo, "vmx");
	const char *module = svm ? "kvm_amd" : "kvm_intel";
	auto_free char *path = str_format("/sys/module/%s", module);
	auto_free char *command = str_format("modprobe %s", module);

	if (!svm && !vmx)
		say(e, "KVM", on_host(e, DOCTOR_LACKS),
		    "%s, and the CPUs have neither vmx nor svm: no stock kernel boots in it",
		    there(e, "/dev/kvm") ? "/dev/kvm is there" : "no /dev/kvm");
	else if (!there(e, "/dev/kvm"))
		mend(say(e, "KVM", on_host(e, DOCTOR_LACKS), "%s, but no /dev/kvm",
			 svm ? "svm" : "vmx"),
		     command);
	else
		say(e, "KVM", DOCTOR_FINE, "%s, /dev/kvm%s", svm ? "svm" : "vmx",
		    path && there(e, path) ? "" : ", built into the kernel");
}

static void look_at_btf(struct exam *e)
{
	if (!there(e, "/sys/kernel/btf/vmlinux"))
		say(e, "BTF", on_host(e, DOCTOR_NOTE),
		    "none of the kernel (CONFIG_DEBUG_INFO_BTF): no windows and faults, "
		    "KVM's counters only");
	else if (there(e, "/sys/module/kvm/initstate") && !there(e, "/sys/kernel/btf/kvm"))
		say(e, "BTF", on_host(e, DOCTOR_NOTE),
		    "the kernel's, but not kvm's (CONFIG_DEBUG_INFO_BTF_MODULES): no windows and "
		    "faults, KVM's counters only");
	else
		say(e, "BTF", DOCTOR_FINE, "yes");
}

static void look_at_lockdown(struct exam *e)
{
	auto_free char *text = text_of(e, "/sys/kernel/security/lockdown");
	char word[32];

	chosen(text, word, sizeof(word));
	if (!strcmp(word, "confidentiality"))
		say(e, "lockdown", on_host(e, DOCTOR_NOTE),
		    "confidentiality: BPF may not read kernel memory, KVM's counters only");
	else
		say(e, "lockdown", DOCTOR_FINE, "%s", word[0] ? word : "none");
}

static void look_at_nodes(struct exam *e)
{
	auto_free char *text = text_of(e, "/sys/devices/system/node/has_memory");
	int n = __builtin_popcountll(numa_parse(text));

	if (n > 1)
		say(e, "NUMA nodes", DOCTOR_FINE, "%d with memory", n);
	else
		say(e, "NUMA nodes", on_host(e, DOCTOR_NOTE),
		    "%d with memory: nothing to migrate between (boot with numa=fake=2)", n ?: 1);
}

static void look_at_ksm(struct exam *e)
{
	uint64_t sharing = number_of(e, "/sys/kernel/mm/ksm/pages_sharing");

	if (!there(e, "/sys/kernel/mm/ksm/run"))
		say(e, "KSM", on_host(e, DOCTOR_NOTE), "not in this kernel (CONFIG_KSM)");
	else if (sharing)
		mend(say(e, "KSM", on_host(e, DOCTOR_LACKS),
			 "shares %" PRIu64 " pages of somebody's, which a run would unmerge",
			 sharing),
		     "end their owners, or --force");
	else
		say(e, "KSM", DOCTOR_FINE, "run is %" PRIu64 ", nothing is shared",
		    number_of(e, "/sys/kernel/mm/ksm/run"));
}

static void look_at_swap(struct exam *e, const char *meminfo)
{
	uint64_t kib = field(meminfo, "SwapTotal:");

	if (kib)
		mend(say(e, "swap", on_host(e, DOCTOR_NOTE),
			 "%" PRIu64 " MiB: guest memory that goes there stalls the guest too",
			 kib >> 10),
		     "swapoff -a");
	else
		say(e, "swap", DOCTOR_FINE, "none");
}

static void look_at_huge_pages(struct exam *e, const char *meminfo)
{
	auto_free char *thp = text_of(e, "/sys/kernel/mm/transparent_hugepage/enabled");
	uint64_t kib = field(meminfo, "Hugetlb:");
	char word[32];

	chosen(thp, word, sizeof(word));
	say(e, "huge pages", DOCTOR_FINE,
	    "transparent: %s (a run sets and puts back what it needs); reserved: %" PRIu64 " MiB",
	    word[0] ? word : "not in this kernel", kib >> 10);
}

static void look_at_memory(struct exam *e, const char *meminfo)
{
	uint64_t mib = field(meminfo, "MemAvailable:") >> 10, needs = e->asked->memory_bytes / MIB;
	char where[CGROUP_WHERE_BYTES];
	uint64_t limit = cgroup_memory_limit(e->asked->root, where) / MIB;

	if (limit < needs && limit < mib) {
		say(e, "memory", DOCTOR_LACKS,
		    "%s allows %" PRIu64 " MiB, a run takes up to %" PRIu64, where, limit, needs);
		return;
	}
	say(e, "memory", mib < needs ? DOCTOR_LACKS : DOCTOR_FINE,
	    "%" PRIu64 " MiB available, a run takes up to %" PRIu64, mib, needs);
}

static void look_at_io_uring(struct exam *e)
{
	uint64_t off = number_of(e, "/proc/sys/kernel/io_uring_disabled");

	if (off == 2 || (off == 1 && !e->asked->is_root))
		mend(say(e, "io_uring", DOCTOR_LACKS,
			 "switched off (io_uring_disabled is %" PRIu64 ")", off),
		     "sysctl kernel.io_uring_disabled=0");
	else
		say(e, "io_uring", DOCTOR_FINE, "allowed");
}

size_t doctor_look(struct doctor_line *lines, const struct doctor_asked *asked)
{
	struct exam e = {.lines = lines, .asked = asked};
	auto_free char *meminfo = text_of(&e, "/proc/meminfo");

	look_at_root(&e);
	look_at_kvm(&e);
	look_at_btf(&e);
	look_at_lockdown(&e);
	look_at_nodes(&e);
	look_at_ksm(&e);
	look_at_swap(&e, meminfo);
	look_at_huge_pages(&e, meminfo);
	look_at_memory(&e, meminfo);
	look_at_io_uring(&e);
	return e.n;
}

/* Whether it stops a run. */
static bool print_line(const struct doctor_line *l)
{
	static const char *const words[] = {"ok", "-", "note", "LACKS"};

	printf("%-14s %-6s %s%s%s\n", l->what, words[l->state], l->text, l->mend[0] ? "; " : "",
	       l->mend);
	return l->state == DOCTOR_LACKS;
}

static bool look_at_parts(const struct opts *o)
{
	struct paths p;
	char *version;
	int err = paths_find(&p, o);

	if (err)
		return print_line(&(struct doctor_line){.what = "QEMU, images",
							.state = DOCTOR_LACKS,
							.text = "not complete, see above",
							.mend = "make image"});
	version = qemu_version(p.qemu);
	printf("%-14s %-6s %s\n", "QEMU", version ? "ok" : "LACKS", version ?: p.qemu);
	printf("%-14s %-6s %s\n", "images", "ok", p.images ?: p.guest_kernel);
	err = version ? 0 : -ENOEXEC;
	free(version);
	paths_free(&p);
	return err;
}

/* The sources of the run; in the lab they work, or not, on the kernel that is booted there. */
static bool look_at_sources(const struct opts *o, enum place place)
{
	bool lacks = false;

	for (const struct source *const *s = source_table; *s; s++) {
		struct doctor_line l = {.what = (*s)->name, .text = "can work on this kernel"};
		bool wanted = false;

		for (size_t i = 0; i < o->nphases; i++)
			for (size_t j = 0; j < o->phases[i].nsources; j++)
				wanted |= o->phases[i].sources[j] == *s;
		if (place == PLACE_HOST && (*s)->probe(NULL, l.text, sizeof(l.text)))
			l.state = wanted ? DOCTOR_LACKS : DOCTOR_NOTE;
		if (place == PLACE_HOST && (wanted || l.state))
			lacks |= print_line(&l);
	}
	if (place == PLACE_LAB)
		printf("%-14s %-6s %s\n", "sources", "ok",
		       "of the kernel that is booted in the lab: host-stress lab -- "
		       "/usr/bin/host-stress list");
	return lacks;
}

static const char *why_place(const struct opts *o, enum place place)
{
	if (o->place != PLACE_AUTO)
		return "asked for";
	if (place == PLACE_HOST)
		return "root, and KVM on CPUs with vmx or svm";
	return preflight_hardware_kvm() ? "not root" : "no KVM that boots a stock kernel";
}

int doctor_main(const struct opts *o, uint64_t lab_memory)
{
	struct doctor_line lines[DOCTOR_MAX_LINES];
	enum place place = preflight_place(o);
	struct doctor_asked asked = {
		.root = "",
		.place = place,
		.is_root = geteuid() == 0,
		.memory_bytes = place == PLACE_LAB ? lab_memory : 2 * o->memory_bytes + 256 * MIB,
	};
	bool lacks = false;
	size_t n;

	printf("a run would take place %s: %s\n\n",
	       place == PLACE_LAB ? "in the lab" : "on this host", why_place(o, place));
	n = doctor_look(lines, &asked);
	for (size_t i = 0; i < n; i++)
		lacks |= print_line(&lines[i]);
	lacks |= look_at_parts(o);
	lacks |= look_at_sources(o, place);
	printf("\n%s\n", lacks ? "a run is refused or cannot judge until what LACKS is mended"
			       : "a run can start");
	if (out_end_standard("what was found"))
		return VERDICT_ERROR;
	return lacks ? VERDICT_CANNOT_JUDGE : VERDICT_PASS;
}
