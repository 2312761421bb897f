// SPDX-License-Identifier: GPL-2.0-only
/* livelock.c - see livelock.h. */
#include <inttypes.h>
#include <stdio.h>

#include "livelock.h"
#include "observe_parts.h"

/* A chain that ended a while ago is not why it is silent; a window that is open may be. */
#define LIVELOCK_NOW_NS NSEC_PER_SEC

bool livelock_found(struct observe *w, char *text, size_t size)
{
	struct attrib_livelock l;

	if (!w || !w->joins)
		return false;
	observe_lock(w);
	observe_catch_up(w, mono_ns());
	l = attrib_livelock(w->attrib);
	observe_unlock(w);
	if (l.n < LIVELOCK_LEAST || l.end_ns + LIVELOCK_NOW_NS < mono_ns() ||
	    probe_open_windows(w->probe))
		return false;
	snprintf(text, size,
		 "KVM has sent vCPU %u back %" PRIu64 " times in a row, for %.1f s, on the page at "
		 "%#" PRIx64 ", and no window was over any page",
		 l.vcpu, l.n, (double)(l.end_ns - l.begin_ns) / 1e9, l.gpa);
	return true;
}
