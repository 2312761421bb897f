// SPDX-License-Identifier: GPL-2.0-only
/* worst.c - see worst.h. */
#include <stdlib.h>

#include "worst.h"

void worst_free(struct worst_stalls *w)
{
	for (size_t i = 0; i < w->n; i++) {
		struct worst_stall *s = &w->stall[i];

		for (size_t k = 0; k < s->npieces; k++) {
			free(s->piece[k].by);
			free(s->piece[k].behind.stack);
		}
		free(s->piece);
	}
	free(w->stall);
	*w = (struct worst_stalls){0};
}
