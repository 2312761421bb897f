/* SPDX-License-Identifier: GPL-2.0-only */
/* table.c - the sources by name. A new source is one file here and one line below. */
#include <string.h>

#include "source.h"

extern const struct source source_null, source_ksm_merge, source_ksm_unmerge, source_cow,
	source_migrate, source_compact, source_ksm02, source_soft_dirty, source_numa_balance,
	source_migrate_pages, source_thp_collapse, source_khugepaged, source_thp_split, source_age,
	source_reclaim, source_fork, source_remap, source_punch, source_dirty_log, source_uffd_wp,
	source_balloon, source_memslot, source_offline, source_unmap, source_block_offline,
	source_cgroup_reclaim;

/* clang-format off */
const struct source *const source_table[] = {
	&source_null,
	&source_ksm_merge,
	&source_ksm_unmerge,
	&source_cow,
	&source_migrate,
	&source_compact,
	&source_ksm02,
	&source_soft_dirty,
	&source_numa_balance,
	&source_migrate_pages,
	&source_thp_collapse,
	&source_khugepaged,
	&source_thp_split,
	&source_age,
	&source_reclaim,
	&source_punch,
	&source_balloon,
	&source_dirty_log,
	&source_uffd_wp,
	&source_fork,
	&source_remap,
	&source_memslot,
	&source_offline,
	&source_unmap,
	&source_block_offline,
	&source_cgroup_reclaim,
	NULL,
};
/* clang-format on */

const struct source *source_find(const char *name, size_t len)
{
	for (const struct source *const *s = source_table; *s; s++)
		if (strlen((*s)->name) == len && !memcmp((*s)->name, name, len))
			return *s;
	return NULL;
}
