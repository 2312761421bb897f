// SPDX-License-Identifier: GPL-2.0-only
/* noise.c - see noise.h. */
#include <string.h>

#include "noise.h"

bool noise_of(const char *source, const char *path, double *most)
{
	for (const struct noise *n = noise_table; n->source; n++)
		if (!strcmp(n->source, source) && !strcmp(n->path, path)) {
			*most = n->most;
			return true;
		}
	return false;
}
