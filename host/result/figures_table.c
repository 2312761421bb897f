/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * figures_table.c - every figure of a result, one line each (figures.h), and what people write
 * instead of their names.
 */
#include "figures.h"
#include "names.h"

#define PHASE(field) .offset = offsetof(struct phase_result, field)
#define KNOWN_IF(field) .known = offsetof(struct phase_result, field)
#define SOME_IF(field) .some = offsetof(struct phase_result, field)
#define RUN(field) .offset = offsetof(struct result, field)
#define SOME_RUN(field) .some = offsetof(struct result, field)
#define ALSO_IF(field) .also = offsetof(struct phase_result, field)
#define MISSED_IF(field) .missed = offsetof(struct phase_result, field)
#define NAMED_RUN(field) .named = offsetof(struct result, field)
#define KNOWN_RUN(field) .known = offsetof(struct result, field)

/* clang-format off */
#define CLASS(field, doc, ...) \
	{"faults." #field, doc, FIGURE_U64, FIGURE_COUNT, PHASE(faults.field), \
	 KNOWN_IF(faults.classes_known), .probe = true, .faults = true, ##__VA_ARGS__}

#define WINDOWS(path, doc, index, ...) \
	{"windows." path, doc, FIGURE_U64, FIGURE_COUNT, PHASE(windows.index), \
	 KNOWN_IF(windows.known), .probe = true, .detail = true, ##__VA_ARGS__},
#define EVENT(reason, name) \
	WINDOWS("by_event." name, "Windows of this event (enum mmu_notifier_event).", \
		by_event[reason], .any = "EVENT", .of = name)
#define SIZE(size, name) \
	WINDOWS("by_size." name, \
		"Windows that cover so much of guest RAM: page 4 KiB, huge up to 2 MiB.", \
		by_size[size], .any = "SIZE", .of = name)
#define OWN(kind, name) \
	{"own_zaps." name ".count", \
	 "What KVM did to its mappings by itself, without a notifier and a window: how often " \
	 "(docs/method.md); null where this kernel has no such function.", \
	 FIGURE_U64, FIGURE_COUNT, PHASE(own_zaps[kind].count), KNOWN_IF(own_zaps[kind].known), \
	 .probe = true, .detail = true, .any = "OWN", .of = name}, \
	{"own_zaps." name ".total_ns", \
	 "And for how long, all together.", \
	 FIGURE_U64, FIGURE_NS, PHASE(own_zaps[kind].ns), KNOWN_IF(own_zaps[kind].known), \
	 .probe = true, .adds = true, .detail = true, .any = "OWN", .of = name}, \
	{"own_zaps." name ".refaults", \
	 "Of faults.own_refault those that this kind brought: the first on what it zapped; of " \
	 "dirty_log first writes to what it write-protected; of age faults on mappings that it took " \
	 "to see them used, where the CPU sets no accessed bits. null where the probes could not " \
	 "tell.", \
	 FIGURE_U64, FIGURE_COUNT, PHASE(own_zaps[kind].refaults), \
	 KNOWN_IF(own_zaps[kind].refaults_known), \
	 .probe = true, .faults = true, .detail = true, .any = "OWN", .of = name},
#define THREAD(thread, name) \
	WINDOWS("by_thread." name, \
		"Windows that this thread opened: agent is host-stress itself, vcpu a vCPU's own " \
		"fault, qemu QEMU's other threads.", \
		by_thread[thread], .any = "THREAD", .of = name)

#define PART_start "range_start itself, t0 to t1: "
#define PART_empty "The guest can only fault, t1 to t2: "
#define PART_total "The whole window, t0 to t2: "
#define MEDIAN "median; a percentile is a bucket's end: never too low, at most 1/32 too high."
#define NINETY_NINTH "99th percentile."
#define PER_MILLE "99.9th percentile."
#define LONGEST "longest."
#define QUANTILE(part, which, doc, ...) \
	{"windows.ns." #part "." #which, PART_##part doc, FIGURE_U64, FIGURE_NS, PHASE(windows.part.which##_ns), \
	 KNOWN_IF(windows.known), SOME_IF(windows.count), .probe = true, ##__VA_ARGS__}
#define DURATION_SUM(part) \
	{"windows.ns." #part ".total", \
	 "Their sum.", \
	 FIGURE_U64, FIGURE_NS, PHASE(windows.part.total_ns), \
	 KNOWN_IF(windows.known), .probe = true, .adds = true}
#define DURATIONS(part) \
	QUANTILE(part, p50, MEDIAN), QUANTILE(part, p99, NINETY_NINTH), \
	QUANTILE(part, p999, PER_MILLE), QUANTILE(part, max, LONGEST), \
	DURATION_SUM(part)

/* What became of zapped pages is known by the faults, or by the guest's touches. */
#define PAGES(name, of_kind, field, doc, ...) \
	{"transitions." name "." #field, doc, FIGURE_U64, FIGURE_COUNT, PHASE(transitions[of_kind].field), \
	 KNOWN_IF(transitions[of_kind].known), .probe = true, .detail = true, .any = "KIND", .of = name, \
	 ##__VA_ARGS__},
#define TRANSITION(of_kind, name) \
	PAGES(name, of_kind, windows, "Windows of this kind on guest RAM.") \
	PAGES(name, of_kind, zapped, \
	      "Pages of the guest they zapped; a page that another window zapped again before it " \
	      "was mapped is that one's.") \
	PAGES(name, of_kind, refaults, "Those that a fault mapped again.", .faults = true) \
	PAGES(name, of_kind, touched, \
	      "Those that the guest touched again though no fault mapped them: what change_pte " \
	      "gives.", \
	      .faults = true, .guest = true) \
	PAGES(name, of_kind, untouched, \
	      "Those not mapped and not touched since.", \
	      .faults = true, .guest = true) \
	PAGES(name, of_kind, undecided, \
	      "Those touched within the clock's error of the window's end.", \
	      .faults = true, .guest = true) \
	PAGES(name, of_kind, neighbours, \
	      "Those mapped by the fault of another page (a huge mapping).", \
	      .faults = true) \
	{"transitions." name ".refault_ratio", \
	 "refaults / (refaults + touched); null when there were none.", \
	 FIGURE_REFAULT, FIGURE_SHARE, \
	 PHASE(transitions[of_kind]), KNOWN_IF(transitions[of_kind].known), .probe = true, .faults = true, \
	 .guest = true, .detail = true, .any = "KIND", .of = name},

#define SHARE(i, name, ns) \
	{"touch.time.share_" name, \
	 "Share of it in touches of at least " name ": at most 1/32 above that of touches of at " \
	 "least 32/33 as long.", \
	 FIGURE_DOUBLE, FIGURE_SHARE, PHASE(time.share[i]), \
	 SOME_IF(time.total_ns), .guest = true},
#define TIME(which, above) \
	{"touch.time." #which, \
	 "The guest spends at most " above " of its time in touches longer than this; by time, " \
	 "not by touch.", \
	 FIGURE_U64, FIGURE_NS, PHASE(time.which##_ns), SOME_IF(time.total_ns), .guest = true}

#define STALLS(name, cause, field, doc, unit, ...) \
	{"stalls.by_cause." name "." #field, doc, FIGURE_U64, unit, \
	 PHASE(stalls.by_cause[cause].field), \
	 KNOWN_IF(stalls.causes_known), MISSED_IF(stalls.records_lost), .guest = true, \
	 .probe = true, .faults = true, .detail = true, .any = "CAUSE", .of = name, \
	 ##__VA_ARGS__},
#define CAUSE(cause, name) \
	STALLS(name, cause, count, "Stalls of this one cause.", FIGURE_COUNT) \
	STALLS(name, cause, total_ns, "Their summed length.", FIGURE_NS, .adds = true)

#define STALL_TIME(path, doc, kind, field, ...) \
	{"stalls." path, doc, kind, FIGURE_NS, PHASE(stalls.field), \
	 MISSED_IF(stalls.records_lost), .guest = true, .probe = true, .faults = true, \
	 .adds = true, .detail = true, ##__VA_ARGS__}
#define PART(part, name) \
	STALL_TIME("parts." name ".total_ns", \
		   "Time of stalls that was of this part; each nanosecond of each stall is in " \
		   "exactly one, so all parts together are all of their time.", \
		   FIGURE_U64, part_ns[part], KNOWN_IF(stalls.causes_known), .any = "PART", \
		   .of = name),

#define CPU_TIME(name, user, field, doc) \
	{"cpu." name "." #field, doc, FIGURE_U64, FIGURE_NS, PHASE(cpu[user].time.field), \
	 KNOWN_IF(cpu[user].known), .adds = true, .any = "WHO", .of = name},
#define CPU(user, name) \
	CPU_TIME(name, user, total_ns, "Of all its threads: the scheduler's own sum, exact.") \
	CPU_TIME(name, user, user_ns, \
	      "In user mode, without the guest. This and the next two are from /proc/PID/stat, in " \
	      "steps of 10 ms, and on most kernels sampled: they need not add up to total_ns.") \
	CPU_TIME(name, user, system_ns, "In the kernel, KVM's handling of faults included.") \
	CPU_TIME(name, user, guest_ns, "In the guest.")

#define CAUSE_SHORT(cause, name) \
	{"stalls." name, "stalls.by_cause." name ".count"}, \
	{"stall." name, "stalls.by_cause." name ".count"},
#define WINDOW_SHORT(part) \
	{"windows." #part ".p50", "windows.ns." #part ".p50"}, \
	{"windows." #part ".p99", "windows.ns." #part ".p99"}, \
	{"windows." #part ".p999", "windows.ns." #part ".p999"}, \
	{"windows." #part ".p99.9", "windows.ns." #part ".p999"}, \
	{"windows." #part ".max", "windows.ns." #part ".max"}

const struct figure_spec figure_phase_table[] = {
	{"duration_ns",
	 "Length of the judged stretch, in nanoseconds of the clock of the kernel under test; "
	 "0 when it never began.",
	 FIGURE_U64, FIGURE_NS, PHASE(duration_ns), .setting = true, .job = true},
	{"waited_ns",
	 "From the start of the sources until every proof counter had moved, in nanoseconds.",
	 FIGURE_U64, FIGURE_NS, PHASE(waited_ns), .setting = true},
	{"touch.count",
	 "Touches of test pages by all vCPUs.",
	 FIGURE_U64, FIGURE_COUNT, PHASE(touch.count), .guest = true,
	 .picked = true, .steady = true},
	{"touch.writes",
	 "Those of them that wrote.",
	 FIGURE_U64, FIGURE_COUNT, PHASE(touch.writes), .guest = true},
	{"touch.rate",
	 "Touches per second, rounded down; null when duration_ns is 0.",
	 FIGURE_RATE, FIGURE_PER_S, PHASE(touch.count), .guest = true,
	 .setting = true, .job = true},
	{"touch.ns.p50",
	 "Median.",
	 FIGURE_U64, FIGURE_NS, PHASE(touch.p50_ns), SOME_IF(touch.count),
	 .guest = true, .picked = true},
	{"touch.ns.p99",
	 "99th percentile.",
	 FIGURE_U64, FIGURE_NS, PHASE(touch.p99_ns), SOME_IF(touch.count),
	 .guest = true, .picked = true},
	{"touch.ns.p999",
	 "99.9th percentile.",
	 FIGURE_U64, FIGURE_NS, PHASE(touch.p999_ns), SOME_IF(touch.count),
	 .guest = true, .picked = true},
	{"touch.ns.max",
	 "Longest touch; exact.",
	 FIGURE_U64, FIGURE_NS, PHASE(touch.max_ns), SOME_IF(touch.count),
	 .guest = true},
	{"touch.time.total",
	 "All touches together: the guest's time on all vCPUs, from START to STOP; exact.",
	 FIGURE_U64, FIGURE_NS, PHASE(time.total_ns), .guest = true, .setting = true},
	SHARE_NAMES(SHARE)
	TIME(p50, "half"), TIME(p90, "a tenth"), TIME(p99, "a hundredth"),
	TIME(p999, "a thousandth"),
	{"touch.overflow",
	 "Touches too long for the histogram; they are in count and max.",
	 FIGURE_U64, FIGURE_COUNT, PHASE(touch.overflow), .guest = true},
	{"stalls.threshold_ns",
	 "A touch that takes at least so many nanoseconds is a stall.",
	 FIGURE_U64, FIGURE_NS, PHASE(stalls.threshold_ns),
	 .setting = true},
	{"stalls.count", "Stalls.", FIGURE_U64, FIGURE_COUNT, PHASE(stalls.count), .guest = true,
	 .picked = true, .steady = true},
	{"stalls.total_ns",
	 "Their summed length in nanoseconds.",
	 FIGURE_U64, FIGURE_NS, PHASE(stalls.total_ns), .guest = true,
	 .adds = true},
	{"stalls.records_lost",
	 "Stalls whose single record did not reach the host; count and total_ns include them.",
	 FIGURE_U64, FIGURE_COUNT, PHASE(stalls.records_lost)},
	{"faults.total",
	 "Guest page faults KVM took (pf_taken).",
	 FIGURE_U64, FIGURE_COUNT, PHASE(faults.total), KNOWN_IF(faults.known),
	 .picked = true},
	{"faults.fixed",
	 "Resolved (pf_fixed).",
	 FIGURE_U64, FIGURE_COUNT, PHASE(faults.fixed), KNOWN_IF(faults.known)},
	{"faults.emulate",
	 "Ended in emulation (pf_emulate).",
	 FIGURE_U64, FIGURE_COUNT, PHASE(faults.emulate),
	 KNOWN_IF(faults.known)},
	{"faults.spurious",
	 "Found resolved already (pf_spurious).",
	 FIGURE_U64, FIGURE_COUNT, PHASE(faults.spurious),
	 KNOWN_IF(faults.known)},
	{"faults.fast",
	 "Resolved without mmu_lock (pf_fast).",
	 FIGURE_U64, FIGURE_COUNT, PHASE(faults.fast), KNOWN_IF(faults.known)},
	{"faults.retried_most",
	 "Upper bound of faults sent back to the guest because of an invalidation: total less "
	 "fixed, emulate, spurious and fast, at least 0.",
	 FIGURE_U64, FIGURE_COUNT, PHASE(faults.retried_most),
	 KNOWN_IF(faults.known), .picked = true},
	CLASS(inside,
	 "Their page lay in a window that was open when KVM began to handle them.",
	 .picked = true),
	CLASS(retried,
	 "KVM sent them back (RET_PF_RETRY), and a window over their page was open or ended "
	 "meanwhile."),
	CLASS(collateral,
	 "KVM sent them back because of a window over other pages: it keeps one range for all."),
	CLASS(refault,
	 "KVM mapped them, for the first time since a window had zapped the page.",
	 .picked = true),
	CLASS(upgrade,
	 "KVM mapped them for a write, and since a window had zapped the page only reads had "
	 "mapped it: a second fault that the window cost."),
	CLASS(own_refault,
	      "No window: the first on a page since KVM itself has zapped it, or in which KVM gave "
	      "back what it had taken from a mapping itself (own_zaps)."),
	CLASS(other, "The rest."),
	CLASS(sent_back, "Faults of whatever class that KVM sent back."),
	CLASS(sent_back_most,
	 "The most that KVM sent one vCPU back in a row, on one page and with no window over any: "
	 "a livelock when it does not end. 10,000 of them fail a run."),
	{"faults.unmatched",
	 "total less the seven classes: what the probes missed, below 0 what they saw too much."
	 " Nothing is judged by the classes when it is more than 1 % of total and 16.",
	 FIGURE_I64, FIGURE_COUNT, PHASE(faults.unmatched),
	 KNOWN_IF(faults.classes_known), ALSO_IF(faults.known), .setting = true},
	{"windows.count", "Windows.", FIGURE_U64, FIGURE_COUNT, PHASE(windows.count),
	 KNOWN_IF(windows.known), .probe = true, .picked = true},
	REASON_NAMES(EVENT)
	THREAD_NAMES(THREAD)
	SIZE_NAMES(SIZE)
	{"windows.sent_back_each", "Faults that KVM sent back for each window: faults.sent_back / windows.count.",
	 FIGURE_DOUBLE, FIGURE_SHARE, PHASE(windows.sent_back_each), KNOWN_IF(windows.known),
	 .probe = true, .faults = true},
	{"windows.flushes_each", "Remote TLB flushes for each window: kvm.remote_tlb_flush / windows.count.",
	 FIGURE_DOUBLE, FIGURE_SHARE, PHASE(windows.flushes_each), KNOWN_IF(windows.known),
	 .probe = true},
	DURATIONS(start),
	QUANTILE(empty, p50, MEDIAN),
	QUANTILE(empty, p99, NINETY_NINTH, .picked = true),
	QUANTILE(empty, p999, PER_MILLE),
	QUANTILE(empty, max, LONGEST),
	DURATION_SUM(empty),
	DURATIONS(total),
	{"windows.preempted",
	 "Windows whose thread was off its CPU within them; null where that is not known.",
	 FIGURE_U64, FIGURE_COUNT, PHASE(windows.preempted),
	 KNOWN_IF(windows.preempted_known), .probe = true},
	{"windows.open",
	 "Windows still open at the end.",
	 FIGURE_U64, FIGURE_COUNT, PHASE(windows.open), KNOWN_IF(windows.known),
	 .probe = true, .setting = true},
	{"windows.met",
	 "Windows that a vCPU ran into: a fault on a page of theirs began while they were open.",
	 FIGURE_U64, FIGURE_COUNT, PHASE(windows.met), KNOWN_IF(windows.known), .probe = true,
	 .faults = true},
	OWN_NAMES(OWN)
	{"grace.rounds",
	 "How often a probe was taken and given back (--grace-periods); this and the next two are null "
	 "when that was not asked for or cannot be done.",
	 FIGURE_U64, FIGURE_COUNT, PHASE(grace.rounds), KNOWN_IF(grace.known), .setting = true},
	{"grace.take_ns",
	 "The longest that taking it took.",
	 FIGURE_U64, FIGURE_NS, PHASE(grace.take_ns), KNOWN_IF(grace.known), .detail = true},
	{"grace.give_back_ns",
	 "The longest that giving it back took: a Tasks-RCU grace period, for which a thread has "
	 "to sleep or leave the kernel; one that did not end within the phase counts so far.",
	 FIGURE_U64, FIGURE_NS, PHASE(grace.give_back_ns), KNOWN_IF(grace.known), .detail = true},
	{"refault_ratio",
	 "Over all windows: refaults of all zapped pages that the guest touched again; null "
	 "when there were none, or it is not known.",
	 FIGURE_DOUBLE, FIGURE_SHARE, PHASE(refault_ratio),
	 KNOWN_IF(transitions[TRANSITION_NONE].known), .guest = true, .probe = true, .faults = true,
	 .picked = true},
	TRANSITION_NAMES(TRANSITION)
	CAUSE_NAMES(CAUSE)
	PART_NAMES(PART)
	STALL_TIME("preempted_by.",
		   "Of the part preempted: by name of the thread that ran; empty where it is not "
		   "known.",
		   FIGURE_SET, preempted_by),
	STALL_TIME("exits.",
		   "Of the part other_exit: by KVM's reason, names as in its tracepoint kvm_exit.",
		   FIGURE_SET, exits),
	CPU_NAMES(CPU)
	{"integrity.checked",
	 "8-byte words of test memory compared with what they must hold.",
	 FIGURE_U64, FIGURE_COUNT, PHASE(integrity.checked)},
	{"integrity.errors",
	 "Words that held something else.",
	 FIGURE_U64, FIGURE_COUNT, PHASE(integrity.errors)},
	{"integrity.unlogged",
	 "Pages that the guest wrote and KVM's dirty log did not have (source dirty-log, which "
	 "looks a sample of them up): what a migration would lose.",
	 FIGURE_U64, FIGURE_COUNT, PHASE(integrity.unlogged)},
	{"lost",
	 "Frames and records of this phase that did not arrive, of any kind.",
	 FIGURE_U64, FIGURE_COUNT, PHASE(lost)},
	{"proof.",
	 "How far each proof counter moved within duration_ns, by name (docs/sources.md); in "
	 "pages or events.",
	 FIGURE_PROOF, FIGURE_COUNT, PHASE(proof)},
	{"kvm.",
	 "By how much each of KVM's statistics of this VM grew within duration_ns, names as in"
	 " the kernel; empty where not known.",
	 FIGURE_SET, FIGURE_COUNT, PHASE(kvm)},
	{"host.",
	 "vmstat.*: by how much lines of /proc/vmstat grew, of the whole system. ksm.*: "
	 "/sys/kernel/mm/ksm as it stood at the end of the phase.",
	 FIGURE_SET, FIGURE_COUNT, PHASE(host)},
	{"exits.",
	 "KVM exits by reason, names as in the kernel's tracepoint kvm_exit; empty where it "
	 "cannot be had.",
	 FIGURE_SET, FIGURE_COUNT, PHASE(exits)},
	{0},
};

const struct figure_spec figure_run_table[] = {
	{"guest.memory_bytes",
	 "Test memory that the guest touched, in bytes.",
	 FIGURE_U64, FIGURE_COUNT, RUN(memory_bytes)},
	{"guest.vcpus",
	 "Guest CPUs that touch, each with one thread.",
	 FIGURE_U32, FIGURE_COUNT, RUN(vcpus)},
	{"guest.spare_vcpus",
	 "Guest CPUs that do not touch: one for all else the guest does, where the machine has a "
	 "CPU for it.",
	 FIGURE_U32, FIGURE_COUNT, RUN(spare_vcpus)},
	{"guest.groups", "Groups of identical pages.", FIGURE_U32, FIGURE_COUNT, RUN(groups)},
	{"guest.shared_pages",
	 "Of the test pages: that all vCPUs read, and write in turn (--shared-pages).",
	 FIGURE_U32, FIGURE_COUNT, RUN(shared_pages)},
	{"guest.boot_ns",
	 "From the start of QEMU until the guest was ready, in nanoseconds.",
	 FIGURE_U64, FIGURE_NS, RUN(boot_ns)},
	{"clock.tsc_hz",
	 "Guest TSC frequency in hertz, by the host's clock where the probes are there, else by the "
	 "guest's own; null when it was never measured.",
	 FIGURE_U64, FIGURE_COUNT, RUN(tsc_hz), SOME_RUN(tsc_hz)},
	{"clock.tsc_error",
	 "Relative difference between the guest's calibration and the longest baseline of the "
	 "run.",
	 FIGURE_DOUBLE, FIGURE_SHARE, RUN(tsc_error), SOME_RUN(tsc_hz)},
	{"clock.error_ns",
	 "Bound of the error of a guest time in host time, in nanoseconds; what it cannot "
	 "decide is called undecided or unknown.",
	 FIGURE_U64, FIGURE_NS, RUN(clock.error_ns), NAMED_RUN(clock.method),
	 .probe = true},
	{"probes.lost",
	 "Events lost in the whole run, for want of room or because the kernel skipped a "
	 "probe: what rests on events is not whole then, and no limit or baseline judges by "
	 "it. null with counters; null, too, when nobody knows, and then nothing is judged "
	 "by events either.",
	 FIGURE_U64, FIGURE_COUNT, RUN(probes.lost), KNOWN_RUN(probes.counted),
	 .probe = true},
	{"probes.late",
	 "Events of the whole run that came when later ones had been judged already. Not 0, "
	 "or null: as with lost.",
	 FIGURE_U64, FIGURE_COUNT, RUN(probes.late), KNOWN_RUN(probes.counted),
	 .probe = true},
	{"probes.unpaired",
	 "Halves whose other half is not there, in the whole run: ends of windows, "
	 "beginnings of windows, entries and returns of faults. Not 0, or null: as with lost.",
	 FIGURE_U64, FIGURE_COUNT, RUN(probes.unpaired), KNOWN_RUN(probes.counted),
	 .probe = true},
	{"probes.stretch_ns",
	 "By how much every window on guest RAM was made longer (--stretch), in nanoseconds.",
	 FIGURE_U64, FIGURE_NS, RUN(probes.stretch_ns), .setting = true},
	{"probes.stretch_count",
	 "How many windows of each phase were (--stretch-count); 0: all.",
	 FIGURE_U64, FIGURE_COUNT, RUN(probes.stretch_count), .setting = true},
	{"channel.frames", "Good frames.", FIGURE_U64, FIGURE_COUNT, RUN(channel.frames)},
	{"channel.bad_header",
	 "Frames with a broken header.",
	 FIGURE_U64, FIGURE_COUNT, RUN(channel.bad_header)},
	{"channel.bad_payload",
	 "Frames with a broken payload.",
	 FIGURE_U64, FIGURE_COUNT, RUN(channel.bad_payload)},
	{"channel.skipped_bytes",
	 "Bytes thrown away in search of the next frame.",
	 FIGURE_U64, FIGURE_COUNT, RUN(channel.skipped_bytes)},
	{"channel.lost",
	 "Sequence numbers that never came.",
	 FIGURE_U64, FIGURE_COUNT, RUN(channel.lost)},
	{"channel.late",
	 "Frames that came after they had been counted as lost.",
	 FIGURE_U64, FIGURE_COUNT, RUN(channel.late)},
	{"channel.duplicate",
	 "Frames that came twice.",
	 FIGURE_U64, FIGURE_COUNT, RUN(channel.duplicate)},
	{"channel.short_frames",
	 "Frames cut off by the end of the stream.",
	 FIGURE_U64, FIGURE_COUNT, RUN(channel.short_frames)},
	{"channel.foreign",
	 "Good frames that made no sense: wrong size, epoch or type.",
	 FIGURE_U64, FIGURE_COUNT, RUN(channel.foreign)},
	{0},
};

/* Shorthands. A stall is a long touch, so its percentiles are those of all touches. */
const struct figure_shorthand figure_shorthands[] = {
	CAUSE_NAMES(CAUSE_SHORT)
	{"touch.p50", "touch.ns.p50"},	   {"touch.p99", "touch.ns.p99"},
	{"touch.p999", "touch.ns.p999"},   {"touch.p99.9", "touch.ns.p999"},
	{"touch.max", "touch.ns.max"},	   {"stall.p50", "touch.ns.p50"},
	{"stall.p99", "touch.ns.p99"},	   {"stall.p999", "touch.ns.p999"},
	{"stall.p99.9", "touch.ns.p999"},  {"stall.max", "touch.ns.max"},
	{"stall.count", "stalls.count"},   {"stall.total_ns", "stalls.total_ns"},
	{"window.count", "windows.count"},
	WINDOW_SHORT(start), WINDOW_SHORT(empty), WINDOW_SHORT(total),
	{0},
};
/* clang-format on */
