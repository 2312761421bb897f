// SPDX-License-Identifier: GPL-2.0-only
/* comms.c - see comms.h. */
#include <string.h>

#include "comms.h"

static void shorten(char to[PROBE_COMM], const char comm[PROBE_COMM])
{
	char *slash;

	memset(to, 0, PROBE_COMM);
	memcpy(to, comm, strnlen(comm, PROBE_COMM - 1));
	slash = strchr(to, '/');
	if (slash && !memchr(to, ' ', (size_t)(slash - to))) /* not "CPU 0/KVM" */
		memset(slash, 0, (size_t)(to + PROBE_COMM - slash));
}

uint32_t comms_number(struct comms *c, const char comm[PROBE_COMM])
{
	char name[PROBE_COMM];
	uint32_t i;

	shorten(name, comm);
	for (i = 0; i < c->n; i++)
		if (!memcmp(c->name[i], name, PROBE_COMM))
			return i;
	if (c->n == COMMS)
		return COMMS - 1;
	memcpy(c->name[i], c->n == COMMS - 1 ? "other\0\0\0\0\0\0\0\0\0\0" : name, PROBE_COMM);
	return c->n++;
}
