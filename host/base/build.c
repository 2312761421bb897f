// SPDX-License-Identifier: GPL-2.0-only
/* build.c - see build.h. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "build.h"

#ifndef HS_COMMIT
#define HS_COMMIT "not known"
#endif

#ifndef HS_IMAGE
#define HS_IMAGE ""
#endif

/* Sections of their own, of one size whatever stands in them: the Makefile writes the one and
 * leaves the other out of the sum. */
__attribute__((section(".hs_program"))) const char build_program[24] = "";
__attribute__((section(".hs_commit"))) const char build_commit[64] = HS_COMMIT;

const char build_image[] = HS_IMAGE;

/* Eight bytes at a time, for 70 MB are summed up at each start: equal or not is all that is asked.
 * The factor is that of FNV-1a, which goes byte by byte. */
uint64_t build_sum(uint64_t sum, const void *data, size_t len)
{
	const char *at = data;

	sum ^= len * 0x9e3779b97f4a7c15ull;
	for (; len >= sizeof(uint64_t); at += sizeof(uint64_t), len -= sizeof(uint64_t)) {
		uint64_t word;

		memcpy(&word, at, sizeof(word));
		sum = (sum ^ word) * 0x100000001b3ull;
		sum ^= sum >> 29;
	}
	for (; len; at++, len--)
		sum = (sum ^ (unsigned char)*at) * 0x100000001b3ull;
	return sum ^ sum >> 32;
}

char *build_of_file(const char *path)
{
	auto_free char *data = NULL;
	size_t len;
	int err = file_slurp(path, &data, &len);

	if (err) {
		err_sys(err, "cannot read %s", path);
		return NULL;
	}
	return str_format("%016" PRIx64, build_sum(0, data, len));
}
