/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * counters.c - snapshots of /proc/vmstat, /sys/kernel/mm/ksm, the VM's debugfs directory and KVM
 * exits (counters.h).
 *
 * Nothing is mounted for it: a system without debugfs or tracefs has shorter snapshots.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "counters.h"
#include "exits.h"

struct counters {
	char *root;
	char *vm_dir; /* NULL: no debugfs, or KVM is not in it */
	struct exits *exits;
};

/* Families of /proc/vmstat that invalidations show up in (mm/vmstat.c vmstat_text). */
static const char *const vmstat_prefixes[] = {
	"pgfault", "pgmajfault", "pgmigrate_", "thp_",	   "compact_", "numa_",	     "cow_ksm",
	"ksm_",	   "pswp",	 "pgsteal_",   "balloon_", "nr_tlb_",  "swpin_zero",
};

static bool is_wanted(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(vmstat_prefixes); i++)
		if (!strncmp(name, vmstat_prefixes[i], strlen(vmstat_prefixes[i])))
			return true;
	return false;
}

/* Metrics the number in @text, when it is one and nothing else, as @prefix@name. */
static int set_number(struct metrics *m, const char *prefix, const char *name, const char *text)
{
	char full[128], *end;
	uint64_t value;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (end == text || *end || errno || *text == '-')
		return 0;
	snprintf(full, sizeof(full), "%s%s", prefix, name);
	return metrics_set(m, full, value);
}

static int read_vmstat(const char *root, struct metrics *m)
{
	auto_free char *path = str_format("%s/proc/vmstat", root), *text = NULL;
	char *rest, *line;
	size_t len;
	int err = path ? file_slurp(path, &text, &len) : -ENOMEM;

	if (err)
		return err == -ENOENT ? 0 : err;
	rest = text;
	while (!err && (line = strsep(&rest, "\n"))) {
		char *value = strchr(line, ' ');

		if (!value || !is_wanted(line))
			continue;
		*value++ = '\0';
		err = set_number(m, "vmstat.", line, value);
	}
	return err;
}

/*
 * Every file of @dir that holds one number. Those of debugfs whose names end in _hist show only
 * the first of their buckets.
 */
static int read_dir(const char *dir, const char *prefix, struct metrics *m)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	int err = 0;

	while (d && !err && (entry = readdir(d))) {
		auto_free char *path = str_format("%s/%s", dir, entry->d_name);
		size_t len = strlen(entry->d_name);
		char text[64];

		if (!path)
			err = -ENOMEM;
		else if (entry->d_type != DT_DIR &&
			 (len < 5 || strcmp(entry->d_name + len - 5, "_hist")) &&
			 file_read(path, text, sizeof(text)) > 0)
			err = set_number(m, prefix, entry->d_name, text);
	}
	if (d)
		closedir(d);
	return err;
}

/* The VM's directory is named after its process and the file descriptor of the VM, "123-11". */
static char *find_vm(const char *root, pid_t pid)
{
	auto_free char *dir = str_format("%s/sys/kernel/debug/kvm", root);
	DIR *d = dir ? opendir(dir) : NULL;
	struct dirent *entry;
	char *found = NULL, *end;

	while (d && !found && (entry = readdir(d)))
		if (strtol(entry->d_name, &end, 10) == pid && *end == '-')
			found = str_format("%s/%s", dir, entry->d_name);
	if (d)
		closedir(d);
	return found;
}

int counters_open(struct counters **out, const char *root, pid_t qemu_pid)
{
	struct counters *c = calloc(1, sizeof(*c));

	if (c)
		c->root = strdup(root);
	if (!c || !c->root) {
		free(c);
		return -ENOMEM;
	}
	c->vm_dir = find_vm(root, qemu_pid);
	if (*root || exits_open(&c->exits, qemu_pid))
		c->exits = NULL;
	*out = c;
	return 0;
}

void counters_close(struct counters *c)
{
	if (!c)
		return;
	exits_close(c->exits);
	free(c->vm_dir);
	free(c->root);
	free(c);
}

int counters_read(struct counters *c, struct metrics *m)
{
	auto_free char *ksm = str_format("%s/sys/kernel/mm/ksm", c->root);
	int err = ksm ? 0 : -ENOMEM;

	metrics_free(m);
	if (!err)
		err = read_vmstat(c->root, m);
	if (!err)
		err = read_dir(ksm, "ksm.", m);
	if (!err && c->vm_dir)
		err = read_dir(c->vm_dir, "kvm.", m);
	if (!err && c->exits)
		err = exits_read(c->exits, m);
	return err;
}

uint64_t counters_faults(const struct counters *c)
{
	return counters_faults_at(c, &(uint64_t){0}, &(uint64_t){0});
}

/* A file of debugfs tells once for each open (fs/libfs.c simple_attr_open()). */
uint64_t counters_faults_at(const struct counters *c, uint64_t *from_ns, uint64_t *to_ns)
{
	auto_free char *path = c->vm_dir ? str_format("%s/pf_taken", c->vm_dir) : NULL;
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	char text[32];
	ssize_t len = 0;

	*from_ns = mono_ns();
	if (fd >= 0)
		len = read(fd, text, sizeof(text) - 1);
	*to_ns = mono_ns();
	if (fd >= 0)
		close(fd);
	text[len > 0 ? len : 0] = '\0';
	return strtoull(text, NULL, 10);
}

bool vmstat_find(const char *name, uint64_t *value)
{
	auto_free char *text = NULL;
	size_t len, name_len = strlen(name);
	const char *line;

	if (file_slurp("/proc/vmstat", &text, &len))
		return false;
	for (line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, name_len) || line[name_len] != ' ')
			continue;
		*value = strtoull(line + name_len, NULL, 10);
		return true;
	}
	return false;
}

uint64_t vmstat_read(const char *name)
{
	uint64_t value = 0;

	return vmstat_find(name, &value) ? value : 0;
}
