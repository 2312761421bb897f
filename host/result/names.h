/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * names.h - what the numbers of probe_event.h and attrib.h are called in results, limits and
 * reports. The lists are here once: the table of figures (figures_table.c) is made of them too.
 */
#ifndef NAMES_H
#define NAMES_H

#include "base/backend.h"
#include "wire/pattern.h"
#include "attrib/attrib.h"
#include "probe/event.h"

#define OWN_NAMES(X)                      \
	X(OWN_MEMSLOT, "memslot")         \
	X(OWN_ROOT, "root")               \
	X(OWN_NX_RECOVERY, "nx_recovery") \
	X(OWN_DIRTY_LOG, "dirty_log")     \
	X(OWN_AGE, "age")
#define SIZE_NAMES(X)        \
	X(SIZE_PAGE, "page") \
	X(SIZE_HUGE, "huge") \
	X(SIZE_LARGER, "larger")
#define REASON_NAMES(X)                              \
	X(REASON_UNMAP, "unmap")                     \
	X(REASON_CLEAR, "clear")                     \
	X(REASON_PROTECTION_VMA, "protection_vma")   \
	X(REASON_PROTECTION_PAGE, "protection_page") \
	X(REASON_SOFT_DIRTY, "soft_dirty")           \
	X(REASON_RELEASE, "release")                 \
	X(REASON_MIGRATE, "migrate")                 \
	X(REASON_EXCLUSIVE, "exclusive")             \
	X(REASON_OTHER, "other")

#define THREAD_NAMES(X)                    \
	X(THREAD_KSMD, "ksmd")             \
	X(THREAD_AGENT, "agent")           \
	X(THREAD_KCOMPACTD, "kcompactd")   \
	X(THREAD_KHUGEPAGED, "khugepaged") \
	X(THREAD_KSWAPD, "kswapd")         \
	X(THREAD_VCPU, "vcpu")             \
	X(THREAD_QEMU, "qemu")             \
	X(THREAD_OTHER, "other")

/* In the order of reports; TRANSITION_NONE is all other windows. */
#define TRANSITION_NAMES(X)                          \
	X(TRANSITION_WRITE_PROTECT, "write_protect") \
	X(TRANSITION_REPLACE, "replace")             \
	X(TRANSITION_COPY, "copy")                   \
	X(TRANSITION_SPLIT, "split")                 \
	X(TRANSITION_NONE, "other")

#define CAUSE_NAMES(X)                            \
	X(CAUSE_INSIDE, "inside")                 \
	X(CAUSE_RETRIED, "retried")               \
	X(CAUSE_REFAULT, "refault")               \
	X(CAUSE_COW, "cow")                       \
	X(CAUSE_MIGRATION_WAIT, "migration_wait") \
	X(CAUSE_OTHER_FAULT, "other_fault")       \
	X(CAUSE_OTHER_EXIT, "other_exit")         \
	X(CAUSE_INTERRUPT, "guest_interrupt")     \
	X(CAUSE_NOT_RUNNING, "vcpu_not_running")  \
	X(CAUSE_UNKNOWN, "unknown")

#define PART_NAMES(X)                            \
	X(PART_INSIDE, "inside")                 \
	X(PART_RETRIED, "retried")               \
	X(PART_COLLATERAL, "collateral")         \
	X(PART_REFAULT, "refault")               \
	X(PART_UPGRADE, "upgrade")               \
	X(PART_OTHER_FAULT, "other_fault")       \
	X(PART_MIGRATION_WAIT, "migration_wait") \
	X(PART_COPY, "copy")                     \
	X(PART_OTHER_EXIT, "other_exit")         \
	X(PART_PREEMPTED, "preempted")           \
	X(PART_ASLEEP, "asleep")                 \
	X(PART_INTERRUPT, "guest_interrupt")     \
	X(PART_NOT_SEEN, "not_seen")

/* Shares of the guest's time in touches of at least so long. */
#define SHARE_NAMES(X)        \
	X(0, "10us", 10000)   \
	X(1, "100us", 100000) \
	X(2, "1ms", 1000000)  \
	X(3, "10ms", 10000000)
#define TIME_SHARES 4

/* Whose CPU time a result has. */
enum cpu_user { CPU_QEMU, CPU_KSMD, CPU_AGENT, CPU_USERS };
#define CPU_NAMES(X)        \
	X(CPU_QEMU, "qemu") \
	X(CPU_KSMD, "ksmd") \
	X(CPU_AGENT, "agent")

/* By number; what is out of range is called "other", a cause "unknown". */
const char *probe_reason_name(enum probe_reason reason);
const char *probe_thread_name(enum probe_thread thread);
const char *probe_transition_name(enum probe_transition transition);
const char *attrib_cause_name(enum attrib_cause cause);

extern const char *const probe_reason_names[REASONS],
	*const probe_thread_names[THREADS], *const probe_transition_names[TRANSITIONS],
						    *const attrib_cause_names[CAUSES],
							    *const attrib_part_names[PARTS];
extern const char *const cpu_names[CPU_USERS], *const pattern_names[PATTERNS],
						       *const backend_names[BACKENDS];

/* The number of @name in one of the tables, or -1. */
int name_find(const char *const *names, int n, const char *name);

#endif
