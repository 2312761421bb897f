// SPDX-License-Identifier: GPL-2.0-only
/* complaints.c - see complaints.h. */
#include <string.h>

#include "complaints.h"

#define TAINTED "/proc/sys/kernel/tainted"

static const char *phase_name(const struct run *r)
{
	size_t n = r->result.nphases;

	return n ? r->result.phases[n - 1].name : "";
}

static void take(void *arg, const char *line)
{
	struct run *r = arg;

	kernlog_line(&r->result.kernlog, line, phase_name(r), r->result.stress_begun);
}

void complaints_open(struct run *r)
{
	int err = kmsg_open(&r->kmsg);

	r->result.kernlog.read = !err;
	if (err)
		note_say("the kernel's log cannot be read (%s): its warnings are not heard",
			 strerror(-err));
	if (file_u64(TAINTED, &r->taint))
		r->taint = ~0ull;
}

void complaints_take(struct run *r)
{
	struct kernlog *k = &r->result.kernlog;
	uint64_t taint = r->taint;

	if (!k->read)
		return;
	if (kmsg_read(&r->kmsg, take, r))
		k->read = false;
	k->lost = r->kmsg.lost;
	kernlog_close(k);
	if (!file_u64(TAINTED, &taint))
		kernlog_tainted(k, r->taint, taint, phase_name(r), r->result.stress_begun);
}

void complaints_close(struct run *r)
{
	complaints_take(r);
	kmsg_close(&r->kmsg);
}
