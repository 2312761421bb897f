// SPDX-License-Identifier: GPL-2.0-only
/*
 * probe_tracefs_setup.c - a trace instance of our own, its events and filters, and what was lost.
 *
 * Kprobe events are created for the whole kernel and enabled in our instance alone. What a killed
 * run leaves is removed by tracefs_sweep().
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe_tracefs.h"
#include "tracefs.h"

#define BUFFER_MIN_KB 1024u /* per CPU */
#define BUFFER_MAX_KB 16384u
#define BUFFER_SHARE 16 /* all buffers take at most this part of the memory */

static const struct {
	const char *system; /* NULL: a kprobe event of our own group */
	const char *name;
	char type[8]; /* of a kprobe event; a return waits: as many as threads may be within */
} events[RECORD_KINDS] = {
	[RECORD_STARTED] = {NULL, "started", "r256"},
	[RECORD_START] = {NULL, "start", "p"},
	[RECORD_ENDED] = {NULL, "ended", "r256"},
	[RECORD_FAULTED] = {NULL, "faulted", "r256"},
	[RECORD_FAULT] = {"kvm", "kvm_page_fault", ""},
	[RECORD_LEVEL] = {"kvmmmu", "kvm_mmu_spte_requested", ""},
	[RECORD_WAIT] = {NULL, "wait", "p"},
	[RECORD_SWITCH] = {"sched", "sched_switch", ""},
	[RECORD_VIRQ] = {"kvm", "kvm_inj_virq", ""},
	[RECORD_LOOK] = {NULL, "look", "p"},
	[RECORD_MM] = {NULL, "mm", "r256"},
};

static int write_option(const struct setup *s, const char *file, const char *text)
{
	auto_free char *path = str_format("%s/%s", s->instance, file);

	return path ? file_write(path, text) : -ENOMEM;
}

/* Half of what the smallest share leaves is still megabytes: ten thousands of records per CPU. */
static int size_buffers(const struct setup *s)
{
	uint64_t cpus = (uint64_t)sysconf(_SC_NPROCESSORS_CONF);
	uint64_t kb = (uint64_t)sysconf(_SC_PHYS_PAGES) * 4 / BUFFER_SHARE / cpus;
	char text[24];

	kb = kb > BUFFER_MAX_KB ? BUFFER_MAX_KB : kb < BUFFER_MIN_KB ? BUFFER_MIN_KB : kb;
	snprintf(text, sizeof(text), "%" PRIu64, kb);
	return write_option(s, "buffer_size_kb", text);
}

/* Bytes of a sub-buffer: events/header_page ends in its data's place and size. */
static int page_bytes(const struct setup *s, size_t *bytes)
{
	auto_free char *path = tracefs_path(s->root, "events/header_page");
	char text[1024], *data;
	unsigned int offset, size;
	ssize_t len = path ? file_read(path, text, sizeof(text)) : -ENOMEM;

	if (len < 0)
		return (int)len;
	data = strstr(text, " data;");
	if (!data || sscanf(data, " data; offset:%u; size:%u;", &offset, &size) != 2)
		return -EPROTO;
	*bytes = offset + size;
	return 0;
}

/* overwrite off: when a buffer is full new records are dropped, what lies there stays whole. */
static int configure(struct setup *s)
{
	size_t bytes = 0;
	int err = write_option(s, "trace_clock", "mono");

	if (!err)
		err = write_option(s, "options/overwrite", "0");
	if (!err)
		err = size_buffers(s);
	if (!err)
		err = page_bytes(s, &bytes);
	return err ?: stream_open(&s->stream, s->instance, bytes);
}

int setup_open(struct setup *s)
{
	int err;

	*s = (struct setup){.root = tracefs_root()};
	if (!s->root)
		return -ENOENT;
	snprintf(s->suffix, sizeof(s->suffix), "_%d", getpid());
	err = tracefs_own_names(&s->name, &s->group);
	if (!err)
		s->instance = tracefs_path(s->root, "instances/%s", s->name);
	if (!err && !s->instance)
		err = -ENOMEM;
	if (!err && mkdir(s->instance, 0700))
		err = -errno;
	return err ?: configure(s);
}

static int close_said(int err, const char *what, const char *name)
{
	return err ? err_say(err, "cannot remove the %s %s: %s; `host-stress recover` can, later",
			     what, name, strerror(-err))
		   : 0;
}

int setup_close(struct setup *s)
{
	int err = 0;

	stream_close(s->stream); /* an open file keeps the instance */
	if (s->name)
		err = close_said(tracefs_remove_instance(s->root, s->name), "trace instance",
				 s->name);
	if (s->group)
		err = close_said(tracefs_remove_group(s->root, s->group), "kprobe events", s->group)
			      ?: err;
	free(s->instance);
	free(s->name);
	free(s->group);
	*s = (struct setup){0};
	return err;
}

static char *event_path(const struct setup *s, enum record_kind kind, const char *file)
{
	bool ours = !events[kind].system;

	return str_format("%s/events/%s/%s%s/%s", s->instance,
			  ours ? s->group : events[kind].system, events[kind].name,
			  ours ? s->suffix : "", file);
}

static int take_format(struct setup *s, enum record_kind kind)
{
	auto_free char *path = event_path(s, kind, "format"), *text = NULL;
	struct record_format format;
	int err = path ? file_slurp(path, &text, NULL) : -ENOMEM;

	if (!err)
		err = format_parse(text, kind, &format);
	if (!err)
		stream_format(s->stream, &format);
	return err;
}

int setup_kprobe(struct setup *s, enum record_kind kind, const char *function, const char *args)
{
	auto_free char *path = tracefs_path(s->root, "kprobe_events");
	auto_free char *text = str_format("%s:%s/%s%s %s %s\n", events[kind].type, s->group,
					  events[kind].name, s->suffix, function, args);
	int err = path && text ? tracefs_append(path, text) : -ENOMEM;

	return err ?: take_format(s, kind);
}

int setup_tracepoint(struct setup *s, enum record_kind kind)
{
	return take_format(s, kind);
}

static int event_write(const struct setup *s, enum record_kind kind, const char *file,
		       const char *text)
{
	auto_free char *path = event_path(s, kind, file);

	return path ? file_write(path, text) : -ENOMEM;
}

int setup_enable(struct setup *s, enum record_kind kind, const char *filter)
{
	int err = filter ? event_write(s, kind, "filter", filter) : 0;

	return err ?: event_write(s, kind, "enable", "1");
}

int setup_drop(struct setup *s, enum record_kind kind)
{
	auto_free char *path = tracefs_path(s->root, "kprobe_events");
	auto_free char *text = str_format("-:%s/%s%s\n", s->group, events[kind].name, s->suffix);
	int err = event_write(s, kind, "enable", "0");

	if (!err)
		err = path && text ? tracefs_append(path, text) : -ENOMEM;
	return err;
}

static int buffers_lost(const struct setup *s, uint64_t *lost)
{
	unsigned int cpus = (unsigned int)sysconf(_SC_NPROCESSORS_CONF);

	for (unsigned int cpu = 0; cpu < cpus; cpu++) {
		auto_free char *path = str_format("%s/per_cpu/cpu%u/stats", s->instance, cpu);
		char text[1024];
		ssize_t len = path ? file_read(path, text, sizeof(text)) : -ENOMEM;

		if (len < 0 && len != -ENOENT)
			return (int)len;
		if (len >= 0)
			*lost += stats_lost(text);
	}
	return 0;
}

int setup_lost(struct setup *s, uint64_t *lost)
{
	auto_free char *path = tracefs_path(s->root, "kprobe_profile"), *profile = NULL;
	int err = path ? file_slurp(path, &profile, NULL) : -ENOMEM;

	*lost = stream_strange(s->stream);
	if (!err)
		*lost += profile_missed(profile, s->suffix);
	return err ?: buffers_lost(s, lost);
}
