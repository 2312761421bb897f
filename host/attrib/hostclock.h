/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hostclock.h - guest TSC to host CLOCK_MONOTONIC, with an error bound. Pure.
 *
 * Two ways. By offset: KVM presents tsc_guest = (tsc_host * ratio >> frac_bits) + offset
 * (arch/x86/kvm/x86.c kvm_read_l1_tsc(); debugfs vcpuN/tsc-offset, tsc-scaling-ratio,
 * tsc-scaling-ratio-frac-bits), and pairs (tsc_host, CLOCK_MONOTONIC) are taken on the host. By
 * ping-pong: the host sends, the guest answers with its TSC, the host receives; the true host time
 * of the answer lies between the two, and the shortest round trip bounds the error by half of
 * itself. Both give points (guest TSC, host ns, +- error); between two points time runs straight.
 */
#ifndef HOSTCLOCK_H
#define HOSTCLOCK_H

#include "base/util.h"

#define HOSTCLOCK_POINTS 64
/*
 * How far the rate may be off a chord's, at least: NTP steers CLOCK_MONOTONIC against the TSC. In
 * parts per million: when the neighbouring chords are known, and when there are two points only
 * (the most that the kernel lets NTP steer: include/linux/timex.h MAXFREQ).
 */
#define HOSTCLOCK_DRIFT_PPM 1
#define HOSTCLOCK_STEER_PPM 500
#define HOSTCLOCK_HZ_PPM 10
#define HOSTCLOCK_HZ_NS (100 * NSEC_PER_MSEC)

struct hostclock_point {
	uint64_t tsc; /* of the guest */
	uint64_t ns;  /* of the host */
	uint64_t error_ns;
};

struct hostclock {
	struct hostclock_point point[HOSTCLOCK_POINTS]; /* by tsc */
	uint64_t bend_ns[HOSTCLOCK_POINTS]; /* [i]: dropped points lay so far off the line from i to
					       i + 1, at most */
	unsigned int n;
};

/* KVM's mapping of one vCPU. */
struct hostclock_scale {
	int64_t offset;
	uint64_t ratio; /* 0: not scaled */
	unsigned int frac_bits;
};

uint64_t hostclock_guest_tsc(const struct hostclock_scale *s, uint64_t host_tsc);

/*
 * Adds a point; @c is all zero at first. When full, an inner point is dropped: the one without
 * which the bound around it is least. A point that contradicts the last (its latest possible time
 * is before the last's earliest) is refused: -ERANGE. -EINVAL: its TSC is not later than the
 * last's.
 */
must_check int hostclock_add(struct hostclock *c, const struct hostclock_point *p);

/* One answer to a ping: sent, guest's TSC, received. error_ns UINT64_MAX: received before sent. */
struct hostclock_point hostclock_pong(uint64_t sent_ns, uint64_t guest_tsc, uint64_t received_ns);

/*
 * Host time of @tsc in *@ns, and the bound of its error in *@error_ns: of the neighbouring points,
 * and what the rate may have changed between them (hostclock.c derives it). Outside of the points
 * it is extrapolated from the two outermost, and the bound grows with the distance. -ENODATA: fewer
 * than two points. Two points alone are known ill between them: take a third.
 */
must_check int hostclock_map(const struct hostclock *c, uint64_t tsc, uint64_t *ns,
			     uint64_t *error_ns);

/* Ticks a second from the first point to the last, by the host's clock. 0: the points do not tell
 * it within HOSTCLOCK_HZ_PPM, or lie less than HOSTCLOCK_HZ_NS apart. */
uint64_t hostclock_hz(const struct hostclock *c);

/* The worst bound between any two neighbouring points: what the result prints. UINT64_MAX: none. */
uint64_t hostclock_error(const struct hostclock *c);

#endif
