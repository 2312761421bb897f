// SPDX-License-Identifier: GPL-2.0-only
/* cgroup.c - see cgroup.h. Documentation/admin-guide/cgroup-v2.rst: memory.max, and the file of
 * /proc that names the group. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cgroup.h"

/* Our group's path, "" for the root of the hierarchy as we see it: the line "0::/a/b". */
static bool own_group(const char *root, char *path, size_t size)
{
	auto_free char *file = str_format("%s/proc/self/cgroup", root), *text = NULL;
	const char *line;
	size_t len;

	if (!file || file_slurp(file, &text, &len))
		return false;
	line = strncmp(text, "0::/", 4) == 0 ? text : strstr(text, "\n0::/");
	if (!line)
		return false;
	line += *line == '\n' ? 5 : 4;
	len = strcspn(line, "\n");
	snprintf(path, size, "%s%.*s", len ? "/" : "", (int)len, line);
	return true;
}

uint64_t cgroup_memory_limit(const char *root, char where[CGROUP_WHERE_BYTES])
{
	char path[CGROUP_WHERE_BYTES / 2], *slash;
	uint64_t least = UINT64_MAX, limit;

	*where = '\0';
	if (!own_group(root, path, sizeof(path)))
		return least;
	do {
		auto_free char *file = str_format("%s/sys/fs/cgroup%s/memory.max", root, path);

		if (file && file_u64(file, &limit) == 0 && limit < least) {
			least = limit;
			snprintf(where, CGROUP_WHERE_BYTES, "/sys/fs/cgroup%s/memory.max", path);
		}
		slash = strrchr(path, '/');
		if (slash)
			*slash = '\0';
	} while (slash);
	return least;
}

#define CONTROLLERS CGROUP_TOP "/cgroup.controllers"
#define SUBTREE CGROUP_TOP "/cgroup.subtree_control"

static bool has_memory(const char *words)
{
	const char *at = strstr(words, "memory");

	return at && (at == words || at[-1] == ' ') && strchr(" \n", at[strlen("memory")]);
}

int cgroup_probe(const char *root, char *why, size_t size)
{
	auto_free char *file = str_format("%s" CONTROLLERS, root);
	char words[256];

	if (file && file_read(file, words, sizeof(words)) >= 0 && has_memory(words))
		return 0;
	snprintf(why, size, "no control groups that count memory (" CONTROLLERS " of cgroup v2)");
	return -ENOENT;
}

int cgroup_make(struct knobs *k)
{
	char words[256];
	ssize_t len = knob_read(k, SUBTREE, words, sizeof(words));
	int err = 0;

	if (len < 0)
		return err_sys((int)len, "cannot read " SUBTREE);
	if (!has_memory(words)) {
		err = knob_owe_write(k, SUBTREE, "-memory");
		if (!err)
			err = knob_trigger(k, SUBTREE, "+memory");
	}
	return err ? err : knob_make_dir(k, CGROUP_OURS);
}

int cgroup_enter(struct knobs *k, pid_t pid)
{
	char number[16];

	snprintf(number, sizeof(number), "%d", (int)pid);
	return knob_trigger(k, CGROUP_OURS "/cgroup.procs", number);
}
