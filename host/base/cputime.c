/* SPDX-License-Identifier: GPL-2.0-only */
/* cputime.c - see cputime.h. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cputime.h"

#define FIELD_UTIME 14 /* proc_pid_stat(5); counted from 1 */
#define FIELD_STIME 15
#define FIELD_GUEST 43

static int parse_field(const char *behind_comm, int field, uint64_t *value)
{
	const char *at = behind_comm;

	for (int i = 2; i < field && at; i++) {
		at = strchr(at, ' ');
		at = at ? at + 1 : NULL;
	}
	return at && sscanf(at, "%" SCNu64, value) == 1 ? 0 : -EBADMSG;
}

int cputime_parse(const char *stat, uint64_t hz, struct cputime *t)
{
	const char *end = strrchr(stat, ')'); /* a name may hold anything, also ") " */
	uint64_t user, sys, guest;

	if (!end || parse_field(end, FIELD_UTIME, &user) || parse_field(end, FIELD_STIME, &sys) ||
	    parse_field(end, FIELD_GUEST, &guest))
		return -EBADMSG;
	t->user_ns = user * (NSEC_PER_SEC / hz); /* with the guest's; cputime_since() */
	t->system_ns = sys * (NSEC_PER_SEC / hz);
	t->guest_ns = guest * (NSEC_PER_SEC / hz);
	return 0;
}

int cputime_read(pid_t pid, struct cputime *t)
{
	auto_free char *path = str_format("/proc/%d/stat", pid);
	struct timespec total;
	char stat[1024];
	clockid_t clock;
	ssize_t len;

	if (!path)
		return -ENOMEM;
	if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &total))
		return -ESRCH;
	len = file_read(path, stat, sizeof(stat));
	if (len < 0)
		return (int)len;
	t->total_ns = (uint64_t)total.tv_sec * NSEC_PER_SEC + (uint64_t)total.tv_nsec;
	return cputime_parse(stat, (uint64_t)sysconf(_SC_CLK_TCK), t);
}

static uint64_t grown(uint64_t before, uint64_t after)
{
	return after > before ? after - before : 0;
}

struct cputime cputime_since(const struct cputime *before, const struct cputime *after)
{
	struct cputime t = {
		.total_ns = grown(before->total_ns, after->total_ns),
		.user_ns = grown(before->user_ns, after->user_ns),
		.system_ns = grown(before->system_ns, after->system_ns),
		.guest_ns = grown(before->guest_ns, after->guest_ns),
	};

	t.user_ns = grown(t.guest_ns, t.user_ns);
	return t;
}
