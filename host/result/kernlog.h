/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernlog.h - the kernel's own complaints, found in the lines that it says: warnings, BUG()s,
 * lockups, stalls, reports of its checkers. Pure.
 */
#ifndef KERNLOG_H
#define KERNLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KERNLOG_TITLE 160
#define KERNLOG_MOST 32	   /* findings kept; more are counted */
#define KERNLOG_LINES 12   /* of a finding's text that are kept */
#define KERNLOG_BYTES 1600 /* of them */

enum kernlog_kind {
	KERNLOG_WARNING,     /* lib/bug.c, kernel/panic.c __warn() */
	KERNLOG_BUG,	     /* BUG(), oops, general protection fault */
	KERNLOG_SOFT_LOCKUP, /* kernel/watchdog.c */
	KERNLOG_HARD_LOCKUP,
	KERNLOG_RCU_STALL,	 /* kernel/rcu/tree_stall.h */
	KERNLOG_TASKS_RCU_STALL, /* kernel/rcu/tasks.h */
	KERNLOG_HUNG_TASK,	 /* kernel/hung_task.c */
	KERNLOG_CHECKER,	 /* KASAN, KCSAN, KMSAN, UBSAN */
	KERNLOG_LOCKDEP,	 /* kernel/locking/lockdep.c, suspicious RCU usage */
	KERNLOG_BAD_PAGE,	 /* mm/page_alloc.c bad_page(), mm/memory.c print_bad_pte() */
	KERNLOG_TAINT,		 /* the kernel became tainted, and no line says by what */
	KERNLOG_KINDS,
};
extern const char *const kernlog_kind_names[KERNLOG_KINDS];

struct kernlog_finding {
	enum kernlog_kind kind;
	char title[KERNLOG_TITLE]; /* without numbers that differ from boot to boot */
	char phase[64];		   /* in which it was read; "" before the first */
	char text[KERNLOG_BYTES];  /* its first lines */
	bool stress;		   /* stress had begun */
	bool names_us;		   /* its lines name mm, KVM or a thread of the VM */
};

struct kernlog {
	bool read;	/* false: nobody could listen */
	uint64_t lost;	/* times that the kernel had overwritten what was not read yet */
	uint64_t taint; /* of /proc/sys/kernel/tainted: what has come during the run */
	size_t n;
	uint64_t more; /* findings beyond KERNLOG_MOST */
	struct kernlog_finding *v;
	unsigned int lines; /* of the finding that is still open; 0: none is */
};

/* Takes the next @line, said during @phase. */
void kernlog_line(struct kernlog *k, const char *line, const char *phase, bool stress);
/* Frees what it holds. */
void kernlog_free(struct kernlog *k);
/* What comes next belongs to no finding so far. */
void kernlog_close(struct kernlog *k);
/* The kernel's taint flags have become @after; what a finding explains is none of its own. */
void kernlog_tainted(struct kernlog *k, uint64_t before, uint64_t after, const char *phase,
		     bool stress);
/*
 * For console lines of a machine that died: *@arg, a char *, becomes the title of the first
 * complaint, or of the last one that is worse than a warning. To be freed.
 */
void kernlog_crash(void *arg, const char *line);
/* Kind of complaint that begins in @line, its title into @title; KERNLOG_KINDS: none does. */
enum kernlog_kind kernlog_kind(const char *line, char title[KERNLOG_TITLE]);

#endif
