// SPDX-License-Identifier: GPL-2.0-only
/* kernlog.c - see kernlog.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernlog.h"

#define FINDING_LINES 80 /* a stack, registers and modules; behind that it is somebody else's */

/* include/linux/panic.h: what the kernel sets when it complains, not for modules or firmware. */
#define TAINT_BAD_PAGE (1ull << 5)
#define TAINT_DIE (1ull << 7)
#define TAINT_WARN (1ull << 9)
#define TAINT_SOFTLOCKUP (1ull << 14)
#define TAINTS (TAINT_BAD_PAGE | TAINT_DIE | TAINT_WARN | TAINT_SOFTLOCKUP)

const char *const kernlog_kind_names[KERNLOG_KINDS] = {
	[KERNLOG_WARNING] = "warning",
	[KERNLOG_BUG] = "bug",
	[KERNLOG_SOFT_LOCKUP] = "soft_lockup",
	[KERNLOG_HARD_LOCKUP] = "hard_lockup",
	[KERNLOG_RCU_STALL] = "rcu_stall",
	[KERNLOG_TASKS_RCU_STALL] = "tasks_rcu_stall",
	[KERNLOG_HUNG_TASK] = "hung_task",
	[KERNLOG_CHECKER] = "checker",
	[KERNLOG_LOCKDEP] = "lockdep",
	[KERNLOG_BAD_PAGE] = "bad_page",
	[KERNLOG_TAINT] = "taint",
};

/* Where a complaint begins, the more special first. All of @and stand in the line. */
static const struct {
	enum kernlog_kind kind;
	const char *first, *and;
} begins[] = {
	{KERNLOG_SOFT_LOCKUP, "BUG: soft lockup", ""},
	{KERNLOG_HARD_LOCKUP, "hard LOCKUP on cpu", ""},
	{KERNLOG_CHECKER, "BUG: KASAN:", ""},
	{KERNLOG_CHECKER, "BUG: KCSAN:", ""},
	{KERNLOG_CHECKER, "BUG: KMSAN:", ""},
	{KERNLOG_CHECKER, "BUG: KFENCE:", ""},
	{KERNLOG_CHECKER, "UBSAN:", ""},
	{KERNLOG_BAD_PAGE, "BUG: Bad page", ""},
	{KERNLOG_BAD_PAGE, "BUG: Bad rss-counter", ""},
	{KERNLOG_TASKS_RCU_STALL, "rcu_tasks", "detected stalls"},
	{KERNLOG_TASKS_RCU_STALL, "rcu_tasks", "jiffies old"},
	{KERNLOG_RCU_STALL, "rcu:", "detected stall"},
	{KERNLOG_RCU_STALL, "rcu:", "self-detected stall"},
	{KERNLOG_RCU_STALL, "rcu:", "kthread starved"},
	{KERNLOG_HUNG_TASK, "INFO: task ", "blocked for more than"},
	{KERNLOG_LOCKDEP, "WARNING: possible ", "detected"},
	{KERNLOG_LOCKDEP, "WARNING: inconsistent lock state", ""},
	{KERNLOG_LOCKDEP, "WARNING: suspicious RCU usage", ""},
	{KERNLOG_LOCKDEP, "WARNING: bad unlock balance", ""},
	{KERNLOG_LOCKDEP, "BUG: sleeping function called from invalid context", ""},
	{KERNLOG_LOCKDEP, "BUG: scheduling while atomic", ""},
	{KERNLOG_WARNING, "WARNING: ", " at "},
	{KERNLOG_BUG, "kernel BUG at ", ""},
	{KERNLOG_BUG, "BUG: ", ""},
	{KERNLOG_BUG, "Oops: ", ""},
	{KERNLOG_BUG, "general protection fault", ""},
	{KERNLOG_BUG, "Kernel panic - not syncing", ""},
};

/* Names of mm, KVM and of the VM's threads, as they stand in stacks, files and commands. */
static const char *const ours[] = {
	"kvm",	   "KVM",	 "ksm",	      "mm/",	     "mmu_notifier",	 "migrat",
	"compact", "rmap_walk",	 "try_to_",   "do_wp_page",  "wp_page_copy",	 "handle_mm_fault",
	"huge_p",  "thp_",	 "khugepage", "do_swap_",    "shrink_",		 "madvise",
	"folio_",  "unmap_",	 "zap_p",     "change_prot", "clear_refs_write", "userfaultfd",
	"qemu",	   "host-stress"};

static void cut(char *text, const char *from, size_t len)
{
	char *at = strstr(text, from);

	if (at)
		memmove(at, at + len, strlen(at + len) + 1);
}

/* A number that stands for itself becomes '#': a process, a CPU; not that of a source's line. */
static void hide_numbers(char *title)
{
	for (char *at = title; (at = strpbrk(at, "0123456789"));) {
		size_t n = strspn(at, "0123456789");
		bool line = at > title && at[-1] == ':' && strstr(title, ".c:");
		bool word = at > title && strchr(" #:", at[-1]) && !line;

		if (word) {
			*at = '#';
			memmove(at + 1, at + n, strlen(at + n) + 1);
			at++;
		} else {
			at += n;
		}
	}
}

/* Numbers that differ from boot to boot go: "CPU: 1 PID: 35 ", "+0x10/0x20", "[ksmd:35]". */
static void normalise(char *title)
{
	char *cpu = strstr(title, "CPU: "), *at;

	if (cpu && (at = strstr(cpu, " at ")))
		memmove(cpu, at + 1, strlen(at + 1) + 1);
	while ((at = strstr(title, "+0x")))
		cut(title, at, 3 + strspn(at + 3, "0123456789abcdefx/"));
	hide_numbers(title);
	title[strcspn(title, "\n")] = '\0';
}

enum kernlog_kind kernlog_kind(const char *line, char title[KERNLOG_TITLE])
{
	for (size_t i = 0; i < sizeof(begins) / sizeof(*begins); i++) {
		const char *at = strstr(line, begins[i].first);

		if (!at || !strstr(at, begins[i].and))
			continue;
		snprintf(title, KERNLOG_TITLE, "%s", at);
		normalise(title);
		return begins[i].kind;
	}
	return KERNLOG_KINDS;
}

static bool names_us(const char *line)
{
	for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++)
		if (strstr(line, ours[i]))
			return true;
	return false;
}

static struct kernlog_finding *add(struct kernlog *k, enum kernlog_kind kind, const char *title,
				   const char *phase, bool stress)
{
	struct kernlog_finding *f;

	f = k->n < KERNLOG_MOST ? realloc(k->v, (k->n + 1) * sizeof(*f)) : NULL;
	if (!f) {
		k->more++;
		return NULL;
	}
	k->v = f;
	f = &k->v[k->n++];
	*f = (struct kernlog_finding){.kind = kind, .stress = stress};
	snprintf(f->title, sizeof(f->title), "%s", title);
	snprintf(f->phase, sizeof(f->phase), "%s", phase ? phase : "");
	return f;
}

/* A line of the open finding. A module list names kvm whatever has happened. */
static void go_on(struct kernlog *k, const char *line)
{
	struct kernlog_finding *f = &k->v[k->n - 1];
	size_t at = strlen(f->text);

	if (k->lines++ < KERNLOG_LINES)
		snprintf(f->text + at, sizeof(f->text) - at, "%s%s", at ? "\n" : "", line);
	if (!strstr(line, "Modules linked in:"))
		f->names_us |= names_us(line);
	if (strstr(line, "end trace") || k->lines >= FINDING_LINES)
		k->lines = 0;
}

/* Within an oops further lines look like beginnings: "BUG: …", "Oops: …", "Kernel panic …". */
static bool within(const struct kernlog *k, enum kernlog_kind kind)
{
	return k->lines && kind == KERNLOG_BUG && k->v[k->n - 1].kind != KERNLOG_WARNING;
}

void kernlog_line(struct kernlog *k, const char *line, const char *phase, bool stress)
{
	char title[KERNLOG_TITLE];
	enum kernlog_kind kind = kernlog_kind(line, title);

	if (kind != KERNLOG_KINDS && !within(k, kind)) {
		k->lines = 0;
		if (!add(k, kind, title, phase, stress))
			return;
		k->lines = 1;
		k->v[k->n - 1].names_us = names_us(line);
		snprintf(k->v[k->n - 1].text, KERNLOG_BYTES, "%s", line);
	} else if (k->lines) {
		go_on(k, line);
	}
}

void kernlog_free(struct kernlog *k)
{
	free(k->v);
	k->v = NULL;
	k->n = 0;
}

void kernlog_close(struct kernlog *k)
{
	k->lines = 0;
}

void kernlog_tainted(struct kernlog *k, uint64_t before, uint64_t after, const char *phase,
		     bool stress)
{
	uint64_t fresh = after & ~before & ~k->taint;
	char title[KERNLOG_TITLE];

	k->taint |= after & ~before;
	if (!(fresh & TAINTS) || k->n)
		return;
	snprintf(title, sizeof(title), "the kernel became tainted (%llu), and no line says by what",
		 (unsigned long long)fresh);
	add(k, KERNLOG_TAINT, title, phase, stress);
}

/* "Kernel panic" and the "Oops:" that ends an oops say less than how it began. */
void kernlog_crash(void *arg, const char *line)
{
	char **title = arg, found[KERNLOG_TITLE];
	enum kernlog_kind kind = kernlog_kind(line, found);
	bool vague = !strncmp(found, "Kernel panic", 12) || !strncmp(found, "Oops", 4);

	if (kind == KERNLOG_KINDS || (*title && (vague || kind == KERNLOG_WARNING)))
		return;
	free(*title);
	*title = strdup(found);
}
