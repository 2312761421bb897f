// SPDX-License-Identifier: GPL-2.0-only
/* vcpuclock.c - see vcpuclock.h. */
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <x86intrin.h>

#include "vcpuclock.h"

#define TRIES 9

static int read_number(const char *dir, const char *name, bool is_signed, uint64_t *value)
{
	auto_free char *path = str_format("%s/%s", dir, name);
	char text[32], *end;
	ssize_t len = path ? file_read(path, text, sizeof(text)) : -ENOMEM;

	if (len < 0)
		return (int)len;
	*value = is_signed ? (uint64_t)strtoll(text, &end, 10) : strtoull(text, &end, 10);
	return end == text || (*end && *end != '\n') ? -EBADMSG : 0;
}

int vcpuclock_read(const char *dir, struct hostclock_scale *scale)
{
	uint64_t offset, bits;
	int err = read_number(dir, "tsc-offset", true, &offset);

	if (err)
		return err;
	*scale = (struct hostclock_scale){.offset = (int64_t)offset};
	if (read_number(dir, "tsc-scaling-ratio", false, &scale->ratio) ||
	    read_number(dir, "tsc-scaling-ratio-frac-bits", false, &bits))
		scale->ratio = 0; /* this processor cannot scale */
	else
		scale->frac_bits = (unsigned int)bits;
	return 0;
}

int vcpuclock_scale(pid_t pid, unsigned int vcpu, struct hostclock_scale *scale)
{
	auto_free char *pattern = str_format("/sys/kernel/debug/kvm/%d-*/vcpu%u", (int)pid, vcpu);
	glob_t found = {0};
	int err = -ENOENT;

	if (!pattern)
		return -ENOMEM;
	if (!glob(pattern, 0, NULL, &found) && found.gl_pathc)
		err = vcpuclock_read(found.gl_pathv[0], scale);
	globfree(&found);
	return err;
}

void vcpuclock_now(uint64_t *tsc, uint64_t *ns, uint64_t *error_ns)
{
	uint64_t best = UINT64_MAX;

	for (int i = 0; i < TRIES; i++) {
		uint64_t before = mono_ns(), now, after;

		_mm_lfence();
		now = __rdtsc();
		_mm_lfence();
		after = mono_ns();
		if (after - before >= best)
			continue;
		best = after - before;
		*tsc = now;
		*ns = before + best / 2;
		*error_ns = best - best / 2;
	}
}
