// SPDX-License-Identifier: GPL-2.0-only
/* observe_clock.c - the guest's TSC in host time: KVM's offset, or pings (hostclock.h). */
#include "observe_parts.h"

#define POINT_NS (100 * NSEC_PER_MSEC) /* how often the clocks are compared */

/* KVM's offsets of all vCPUs, or pings. */
const char *observe_clock_open(struct observe *w)
{
	int err = 0;

	for (unsigned int i = 0; i < w->c.o->vcpus && !err; i++)
		err = vcpuclock_scale(w->c.vm->child.pid, i, &w->scale[i]);
	w->scaled = !err;
	return w->scaled ? "tsc-offset" : "ping-pong";
}

static void add_point(struct observe *w, unsigned int vcpu, const struct hostclock_point *p)
{
	if (hostclock_add(&w->clock[vcpu], p))
		return; /* contradicts the others: the clock's error bound stays what it is */
}

static void compare_scaled(struct observe *w)
{
	uint64_t tsc, ns, error_ns;

	vcpuclock_now(&tsc, &ns, &error_ns);
	for (unsigned int i = 0; i < w->c.o->vcpus; i++) {
		struct hostclock_point p = {.ns = ns, .error_ns = error_ns};

		p.tsc = hostclock_guest_tsc(&w->scale[i], tsc);
		add_point(w, i, &p);
	}
}

/* The guest's main thread answers for all vCPUs: their TSCs are in step, or Linux would not use
 * them. */
static void take_pong(struct observe *w)
{
	const struct guest_pong *pong = &w->c.guest->pong;
	struct hostclock_point p;

	if (!w->pinging || !ping_answered(&w->ping, w->c.guest))
		return;
	p = hostclock_pong(w->ping.sent_ns, pong->tsc, pong->ns);
	w->pinging = false;
	for (unsigned int i = 0; i < w->c.o->vcpus; i++)
		add_point(w, i, &p);
}

void observe_clock_compare(struct observe *w)
{

	w->point_ns = mono_ns();
	if (w->scaled)
		compare_scaled(w);
	else if (!w->pinging)
		w->pinging = !ping_send(&w->ping, w->c.vm->chan);
	w->c.guest->clock_hz = hostclock_hz(&w->clock[0]);
}

/* In host time; false: the clock does not tell. */
bool observe_clock_stall(const struct observe *w, const struct proto_stall *s,
			 struct attrib_stall *out)
{
	const struct hostclock *c = &w->clock[s->vcpu];
	uint64_t error[2];

	if (hostclock_map(c, s->start_tsc, &out->begin_ns, &error[0]) ||
	    hostclock_map(c, s->start_tsc + s->length_tsc, &out->end_ns, &error[1]))
		return false;
	out->error_ns = error[0] > error[1] ? error[0] : error[1];
	out->vcpu = s->vcpu;
	out->guest_busy = s->flags & PROTO_STALL_BUSY;
	return true;
}

void observe_clock_turn(struct observe *w)
{

	if (!w->scaled)
		take_pong(w);
	if (mono_ns() - w->point_ns >= POINT_NS)
		observe_clock_compare(w);
}
