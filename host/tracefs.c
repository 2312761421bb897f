// SPDX-License-Identifier: GPL-2.0-only
/* tracefs.c - see tracefs.h. */
#include "tracefs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INIT_PID_NS "pid:[4026531836]" /* include/linux/proc_ns.h PROC_PID_INIT_INO */

#define INSTANCE_FORMAT "host-stress-%d-%" PRIu64
#define GROUP_FORMAT "hs_%d_%" PRIu64
#define INSTANCE_SCAN "host-stress-%d-%" SCNu64 "%n"
#define GROUP_SCAN "hs_%d_%" SCNu64 "%n"
#define NAME_BYTES 64

const char *tracefs_root(void)
{
	static const char *const mounts[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};

	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
		auto_free char *events = tracefs_path(mounts[i], "events");

		if (events && !access(events, R_OK | X_OK))
			return mounts[i];
	}
	return NULL;
}

bool pid_is_global(void)
{
	char link[64];
	ssize_t len = readlink("/proc/self/ns/pid", link, sizeof(link) - 1);

	return len == (ssize_t)strlen(INIT_PID_NS) && !memcmp(link, INIT_PID_NS, (size_t)len);
}

int tracefs_append(const char *path, const char *text)
{
	auto_close int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);

	return fd < 0 ? -errno : write_full(fd, text, strlen(text));
}

int tracefs_remove_instance(const char *root, const char *name)
{
	auto_free char *path = tracefs_path(root, "instances/%s", name);

	if (!path)
		return -ENOMEM;
	return rmdir(path) && errno != ENOENT ? -errno : 0;
}

/* "p:GROUP/EVENT …", "r64:GROUP/EVENT …": GROUP into @group and "GROUP/EVENT" into @event. */
static bool split_event(const char *line, char group[NAME_BYTES], char event[2 * NAME_BYTES])
{
	const char *name = strchr(line, ':');
	const char *slash = name ? strchr(name, '/') : NULL;
	size_t len = name ? strcspn(name + 1, " \n") : 0;

	if (!slash || slash > name + len || slash - name > NAME_BYTES || len >= 2 * NAME_BYTES)
		return false;
	snprintf(group, NAME_BYTES, "%.*s", (int)(slash - name - 1), name + 1);
	snprintf(event, (size_t)2 * NAME_BYTES, "%.*s", (int)len, name + 1);
	return true;
}

int tracefs_remove_group(const char *root, const char *group)
{
	auto_free char *path = tracefs_path(root, "kprobe_events"), *text = NULL;
	char its[NAME_BYTES], event[2 * NAME_BYTES], command[2 * NAME_BYTES + 4];
	int err = path ? file_slurp(path, &text, NULL) : -ENOMEM;

	if (err)
		return err == -ENOENT ? 0 : err;
	for (char *line = text; line && *line; line = strchr(line, '\n')) {
		int failed = 0;

		line += *line == '\n';
		if (split_event(line, its, event) && !strcmp(its, group)) {
			snprintf(command, sizeof(command), "-:%s\n", event);
			failed = tracefs_append(path, command);
		}
		err = failed && failed != -ENOENT ? failed : err;
	}
	return err;
}

/* Start time of process @pid in clock ticks since boot: 22nd field, 20th after the name. */
static int start_time(pid_t pid, uint64_t *ticks)
{
	auto_free char *path = str_format("/proc/%d/stat", pid);
	char stat[1024], *field;
	ssize_t len = path ? file_read(path, stat, sizeof(stat)) : -ENOMEM;

	if (len < 0)
		return (int)len;
	field = strrchr(stat, ')');
	for (int i = 0; field && i < 20; i++)
		field = strchr(field + 1, ' ');
	if (!field)
		return -EPROTO;
	*ticks = strtoull(field + 1, NULL, 10);
	return 0;
}

int tracefs_own_names(char **instance, char **group)
{
	uint64_t start;
	int err = start_time(getpid(), &start);

	if (err)
		return err;
	*instance = str_format(INSTANCE_FORMAT, getpid(), start);
	*group = str_format(GROUP_FORMAT, getpid(), start);
	return *instance && *group ? 0 : -ENOMEM;
}

/* Is @name by @format, and has the process that it names ended? */
static bool is_orphan(const char *name, const char *format)
{
	uint64_t start, now;
	pid_t pid;
	int end = 0;

	if (sscanf(name, format, &pid, &start, &end) != 2 || !end || name[end] || pid <= 0)
		return false;
	return start_time(pid, &now) || now != start;
}

static int sweep_said(int err, const char *what, const char *name, unsigned int *removed)
{
	if (err)
		return err_say(err,
			       "cannot remove the %s %s of a killed run: %s; see who uses it, "
			       "then `host-stress recover`",
			       what, name, strerror(-err));
	note_say("removed the %s %s of a killed run", what, name);
	(*removed)++;
	return 0;
}

static int sweep_instances(const char *root, unsigned int *removed)
{
	auto_free char *path = tracefs_path(root, "instances");
	DIR *dir = path ? opendir(path) : NULL;
	struct dirent *d;
	int err = 0;

	while (dir && (d = readdir(dir)))
		if (is_orphan(d->d_name, INSTANCE_SCAN))
			err = sweep_said(tracefs_remove_instance(root, d->d_name), "trace instance",
					 d->d_name, removed)
				      ?: err;
	if (dir)
		closedir(dir);
	return err;
}

static int sweep_groups(const char *root, unsigned int *removed)
{
	auto_free char *path = tracefs_path(root, "kprobe_events"), *text = NULL;
	char group[NAME_BYTES], event[2 * NAME_BYTES], done[NAME_BYTES] = "";
	int err = 0;

	if (!path || file_slurp(path, &text, NULL))
		return 0; /* no kprobe events in this kernel */
	for (char *line = text; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!split_event(line, group, event) || !strcmp(group, done) ||
		    !is_orphan(group, GROUP_SCAN))
			continue;
		memcpy(done, group, sizeof(done));
		err = sweep_said(tracefs_remove_group(root, group), "kprobe events", group, removed)
			      ?: err;
	}
	return err;
}

/* An instance goes first: its events are enabled, and only disabled ones can be deleted. */
int tracefs_sweep(const char *root, unsigned int *removed)
{
	int err;

	*removed = 0;
	err = sweep_instances(root, removed);
	return sweep_groups(root, removed) ?: err;
}

int tracefs_recover(unsigned int *removed)
{
	const char *root = pid_is_global() ? tracefs_root() : NULL;

	*removed = 0;
	return root ? tracefs_sweep(root, removed) : 0;
}
