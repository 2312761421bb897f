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

/* clang-format off */
#define CLASS(field, ...) \
	{"faults." #field, FIGURE_U64, FIGURE_COUNT, PHASE(faults.field), \
	 KNOWN_IF(faults.classes_known), .probe = true, .faults = true, ##__VA_ARGS__}

#define WINDOWS(path, index) \
	{"windows." path, FIGURE_U64, FIGURE_COUNT, PHASE(windows.index), \
	 KNOWN_IF(windows.known), .probe = true, .detail = true},
#define EVENT(reason, name) WINDOWS("by_event." name, by_event[reason])
#define THREAD(thread, name) WINDOWS("by_thread." name, by_thread[thread])

#define QUANTILE(part, which, ...) \
	{"windows.ns." #part "." #which, FIGURE_U64, FIGURE_NS, PHASE(windows.part.which##_ns), \
	 KNOWN_IF(windows.known), SOME_IF(windows.count), .probe = true, ##__VA_ARGS__}
#define DURATION_SUM(part) \
	{"windows.ns." #part ".total", FIGURE_U64, FIGURE_NS, PHASE(windows.part.total_ns), \
	 KNOWN_IF(windows.known), .probe = true, .adds = true}
#define DURATIONS(part) \
	QUANTILE(part, p50), QUANTILE(part, p99), QUANTILE(part, p999), QUANTILE(part, max), \
	DURATION_SUM(part)

/* What became of zapped pages is known by the faults, or by the guest's touches. */
#define PAGES(name, of, field, ...) \
	{"transitions." name "." #field, FIGURE_U64, FIGURE_COUNT, PHASE(transitions[of].field), \
	 KNOWN_IF(transitions_known), .probe = true, .detail = true, ##__VA_ARGS__},
#define TRANSITION(of, name) \
	PAGES(name, of, windows) \
	PAGES(name, of, zapped) \
	PAGES(name, of, refaults, .faults = true) \
	PAGES(name, of, touched, .faults = true, .guest = true) \
	PAGES(name, of, untouched, .faults = true, .guest = true) \
	PAGES(name, of, undecided, .faults = true, .guest = true) \
	PAGES(name, of, neighbours, .faults = true) \
	{"transitions." name ".refault_ratio", FIGURE_REFAULT, FIGURE_SHARE, \
	 PHASE(transitions[of]), KNOWN_IF(transitions_known), .probe = true, .faults = true, \
	 .guest = true, .detail = true},

#define STALLS(name, cause, field, unit, ...) \
	{"stalls.by_cause." name "." #field, FIGURE_U64, unit, \
	 PHASE(stalls.by_cause[cause].field), \
	 KNOWN_IF(stalls.causes_known), MISSED_IF(stalls.records_lost), .guest = true, \
	 .probe = true, .faults = true, .detail = true, ##__VA_ARGS__},
#define CAUSE(cause, name) \
	STALLS(name, cause, count, FIGURE_COUNT) \
	STALLS(name, cause, total_ns, FIGURE_NS, .adds = true)

#define CPU_TIME(name, user, field) \
	{"cpu." name "." #field, FIGURE_U64, FIGURE_NS, PHASE(cpu[user].time.field), \
	 KNOWN_IF(cpu[user].known), .adds = true},
#define CPU(user, name) \
	CPU_TIME(name, user, total_ns) \
	CPU_TIME(name, user, user_ns) \
	CPU_TIME(name, user, system_ns) \
	CPU_TIME(name, user, guest_ns)

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
	{"duration_ns", FIGURE_U64, FIGURE_NS, PHASE(duration_ns), .setting = true, .job = true},
	{"waited_ns", FIGURE_U64, FIGURE_NS, PHASE(waited_ns), .setting = true},
	{"touch.count", FIGURE_U64, FIGURE_COUNT, PHASE(touch.count), .guest = true,
	 .picked = true, .steady = true},
	{"touch.writes", FIGURE_U64, FIGURE_COUNT, PHASE(touch.writes), .guest = true},
	{"touch.rate", FIGURE_RATE, FIGURE_PER_S, PHASE(touch.count), .guest = true,
	 .setting = true, .job = true},
	{"touch.ns.p50", FIGURE_U64, FIGURE_NS, PHASE(touch.p50_ns), SOME_IF(touch.count),
	 .guest = true, .picked = true},
	{"touch.ns.p99", FIGURE_U64, FIGURE_NS, PHASE(touch.p99_ns), SOME_IF(touch.count),
	 .guest = true, .picked = true},
	{"touch.ns.p999", FIGURE_U64, FIGURE_NS, PHASE(touch.p999_ns), SOME_IF(touch.count),
	 .guest = true, .picked = true},
	{"touch.ns.max", FIGURE_U64, FIGURE_NS, PHASE(touch.max_ns), SOME_IF(touch.count),
	 .guest = true},
	{"touch.overflow", FIGURE_U64, FIGURE_COUNT, PHASE(touch.overflow), .guest = true},
	{"stalls.threshold_ns", FIGURE_U64, FIGURE_NS, PHASE(stalls.threshold_ns),
	 .setting = true},
	{"stalls.count", FIGURE_U64, FIGURE_COUNT, PHASE(stalls.count), .guest = true,
	 .picked = true, .steady = true},
	{"stalls.total_ns", FIGURE_U64, FIGURE_NS, PHASE(stalls.total_ns), .guest = true,
	 .adds = true},
	{"stalls.records_lost", FIGURE_U64, FIGURE_COUNT, PHASE(stalls.records_lost)},
	{"faults.total", FIGURE_U64, FIGURE_COUNT, PHASE(faults.total), KNOWN_IF(faults.known),
	 .picked = true, .steady = true},
	{"faults.fixed", FIGURE_U64, FIGURE_COUNT, PHASE(faults.fixed), KNOWN_IF(faults.known)},
	{"faults.emulate", FIGURE_U64, FIGURE_COUNT, PHASE(faults.emulate),
	 KNOWN_IF(faults.known)},
	{"faults.spurious", FIGURE_U64, FIGURE_COUNT, PHASE(faults.spurious),
	 KNOWN_IF(faults.known)},
	{"faults.fast", FIGURE_U64, FIGURE_COUNT, PHASE(faults.fast), KNOWN_IF(faults.known)},
	{"faults.retried_most", FIGURE_U64, FIGURE_COUNT, PHASE(faults.retried_most),
	 KNOWN_IF(faults.known), .picked = true},
	CLASS(inside, .picked = true),
	CLASS(retried),
	CLASS(collateral),
	CLASS(refault, .picked = true),
	CLASS(other),
	CLASS(sent_back),
	{"faults.unmatched", FIGURE_I64, FIGURE_COUNT, PHASE(faults.unmatched),
	 KNOWN_IF(faults.classes_known), ALSO_IF(faults.known), .setting = true},
	{"windows.count", FIGURE_U64, FIGURE_COUNT, PHASE(windows.count),
	 KNOWN_IF(windows.known), .probe = true, .picked = true},
	REASON_NAMES(EVENT)
	THREAD_NAMES(THREAD)
	DURATIONS(start),
	QUANTILE(empty, p50),
	QUANTILE(empty, p99, .picked = true),
	QUANTILE(empty, p999),
	QUANTILE(empty, max),
	DURATION_SUM(empty),
	DURATIONS(total),
	{"windows.preempted", FIGURE_U64, FIGURE_COUNT, PHASE(windows.preempted),
	 KNOWN_IF(windows.preempted_known), .probe = true},
	{"windows.open", FIGURE_U64, FIGURE_COUNT, PHASE(windows.open), KNOWN_IF(windows.known),
	 .probe = true, .setting = true},
	{"refault_ratio", FIGURE_DOUBLE, FIGURE_SHARE, PHASE(refault_ratio),
	 KNOWN_IF(transitions_known), .guest = true, .probe = true, .faults = true,
	 .picked = true},
	TRANSITION_NAMES(TRANSITION)
	CAUSE_NAMES(CAUSE)
	CPU_NAMES(CPU)
	{"integrity.checked", FIGURE_U64, FIGURE_COUNT, PHASE(integrity.checked)},
	{"integrity.errors", FIGURE_U64, FIGURE_COUNT, PHASE(integrity.errors)},
	{"lost", FIGURE_U64, FIGURE_COUNT, PHASE(lost)},
	{"proof.", FIGURE_PROOF, FIGURE_COUNT, PHASE(proof)},
	{"kvm.", FIGURE_SET, FIGURE_COUNT, PHASE(kvm)},
	{"host.", FIGURE_SET, FIGURE_COUNT, PHASE(host)},
	{"exits.", FIGURE_SET, FIGURE_COUNT, PHASE(exits)},
	{0},
};

const struct figure_spec figure_run_table[] = {
	{"guest.memory_bytes", FIGURE_U64, FIGURE_COUNT, RUN(memory_bytes)},
	{"guest.vcpus", FIGURE_U32, FIGURE_COUNT, RUN(vcpus)},
	{"guest.groups", FIGURE_U32, FIGURE_COUNT, RUN(groups)},
	{"guest.boot_ns", FIGURE_U64, FIGURE_NS, RUN(boot_ns)},
	{"clock.tsc_hz", FIGURE_U64, FIGURE_COUNT, RUN(tsc_hz), SOME_RUN(tsc_hz)},
	{"clock.tsc_error", FIGURE_DOUBLE, FIGURE_SHARE, RUN(tsc_error), SOME_RUN(tsc_hz)},
	{"clock.error_ns", FIGURE_U64, FIGURE_NS, RUN(clock.error_ns), NAMED_RUN(clock.method),
	 .probe = true},
	{"probes.lost", FIGURE_U64, FIGURE_COUNT, RUN(probes.lost), NAMED_RUN(probes.selftest),
	 .probe = true},
	{"probes.stretch_ns", FIGURE_U64, FIGURE_NS, RUN(probes.stretch_ns), .setting = true},
	{"channel.frames", FIGURE_U64, FIGURE_COUNT, RUN(channel.frames)},
	{"channel.bad_header", FIGURE_U64, FIGURE_COUNT, RUN(channel.bad_header)},
	{"channel.bad_payload", FIGURE_U64, FIGURE_COUNT, RUN(channel.bad_payload)},
	{"channel.skipped_bytes", FIGURE_U64, FIGURE_COUNT, RUN(channel.skipped_bytes)},
	{"channel.lost", FIGURE_U64, FIGURE_COUNT, RUN(channel.lost)},
	{"channel.late", FIGURE_U64, FIGURE_COUNT, RUN(channel.late)},
	{"channel.duplicate", FIGURE_U64, FIGURE_COUNT, RUN(channel.duplicate)},
	{"channel.short_frames", FIGURE_U64, FIGURE_COUNT, RUN(channel.short_frames)},
	{"channel.foreign", FIGURE_U64, FIGURE_COUNT, RUN(channel.foreign)},
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
