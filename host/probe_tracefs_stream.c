// SPDX-License-Identifier: GPL-2.0-only
/*
 * probe_tracefs_stream.c - one stream of records by time out of the ring buffers of all CPUs.
 *
 * per_cpu/cpuN/trace_pipe_raw gives a sub-buffer per read(2), also one that is only partly filled;
 * what lies in one is decoded by libtraceevent's kbuffer. Within a CPU time only goes forward, so
 * one page of each CPU and its next record are all that merging needs.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <traceevent/kbuffer.h>
#include <unistd.h>

#include "probe_tracefs.h"

#define COMMIT_MASK 0xfffffu /* RB_WRITE_MASK; flags for lost records lie above (ring_buffer.c) */

struct stream_cpu {
	int fd;
	uint16_t cpu;
	char *page;
	struct kbuffer *kbuf;
	void *data; /* of the next record; NULL: read another page */
	bool dry;   /* nothing more in this stream_read() */
	unsigned long long ns;
};

struct stream {
	struct stream_cpu *cpus; /* by number */
	size_t n;
	size_t page_bytes;
	uint64_t strange;
	struct record_format formats[RECORD_KINDS];
	uint8_t kind[UINT16_MAX + 1]; /* of an event's id, + 1 */
};

/* Whether the commit counter lies within the page: all that kbuffer does not ask itself. */
static bool page_is_sane(const struct stream *s, const struct stream_cpu *c)
{
	size_t header = (size_t)kbuffer_start_of_data(c->kbuf);
	uint64_t commit;

	memcpy(&commit, c->page + 8, sizeof(commit));
	return (commit & COMMIT_MASK) <= s->page_bytes - header;
}

/* Makes @data the next record, if there is one now. */
static int cpu_fill(const struct stream *s, struct stream_cpu *c)
{
	while (!c->data && !c->dry) {
		ssize_t n = read(c->fd, c->page, s->page_bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			return -errno;
		c->dry = n <= 0;
		if (c->dry)
			return 0;
		if ((size_t)n != s->page_bytes || kbuffer_load_subbuffer(c->kbuf, c->page) ||
		    !page_is_sane(s, c))
			return -EPROTO;
		c->data = kbuffer_read_event(c->kbuf, &c->ns);
	}
	return 0;
}

/* The CPU whose next record is the oldest, or NULL. */
static int oldest(struct stream *s, struct stream_cpu **out)
{
	*out = NULL;
	for (size_t i = 0; i < s->n; i++) {
		struct stream_cpu *c = &s->cpus[i];
		int err = cpu_fill(s, c);

		if (err)
			return err;
		if (c->data && (!*out || c->ns < (*out)->ns))
			*out = c;
	}
	return 0;
}

static void hand_out(struct stream *s, struct stream_cpu *c, record_handler *handler, void *arg)
{
	struct record r = {.ns = c->ns, .cpu = c->cpu};
	size_t len = (size_t)kbuffer_event_size(c->kbuf);
	uint16_t id = 0;

	if (len >= sizeof(id))
		memcpy(&id, c->data, sizeof(id));
	if (s->kind[id] && record_decode(&s->formats[s->kind[id] - 1], c->data, len, &r))
		handler(arg, &r);
	else
		s->strange++;
	c->data = kbuffer_next_event(c->kbuf, &c->ns);
}

int stream_read(struct stream *s, uint64_t until_ns, record_handler *handler, void *arg)
{
	struct stream_cpu *c;
	int err;

	for (size_t i = 0; i < s->n; i++)
		s->cpus[i].dry = false;
	while (!(err = oldest(s, &c)) && c && c->ns <= until_ns)
		hand_out(s, c, handler, arg);
	return err;
}

void stream_format(struct stream *s, const struct record_format *f)
{
	s->formats[f->kind] = *f;
	s->kind[f->id] = (uint8_t)(f->kind + 1);
}

uint64_t stream_strange(const struct stream *s)
{
	return s->strange;
}

static int cpu_open(struct stream *s, struct stream_cpu *c, const char *instance)
{
	auto_free char *path = str_format("%s/per_cpu/cpu%u/trace_pipe_raw", instance, c->cpu);

	c->fd = path ? open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC) : -1;
	if (c->fd < 0)
		return path ? -errno : -ENOMEM;
	c->page = calloc(1, s->page_bytes);
	c->kbuf = kbuffer_alloc(KBUFFER_LSIZE_8, KBUFFER_ENDIAN_LITTLE);
	return c->page && c->kbuf ? 0 : -ENOMEM;
}

static int by_number(const void *a, const void *b)
{
	const struct stream_cpu *x = a, *y = b;

	return (x->cpu > y->cpu) - (x->cpu < y->cpu);
}

/* One for every possible CPU: also for those that are off now. */
static int list_cpus(struct stream *s, const char *instance)
{
	auto_free char *path = str_format("%s/per_cpu", instance);
	DIR *dir = path ? opendir(path) : NULL;
	struct dirent *d;
	unsigned int cpu;
	int err = dir ? 0 : -errno;

	while (!err && (d = readdir(dir))) {
		struct stream_cpu *bigger;

		if (sscanf(d->d_name, "cpu%u", &cpu) != 1 || cpu > UINT16_MAX)
			continue;
		bigger = reallocarray(s->cpus, s->n + 1, sizeof(*bigger));
		err = bigger ? 0 : -ENOMEM;
		if (!err) {
			s->cpus = bigger;
			s->cpus[s->n++] = (struct stream_cpu){.fd = -1, .cpu = (uint16_t)cpu};
		}
	}
	if (dir)
		closedir(dir);
	qsort(s->cpus, s->n, sizeof(*s->cpus), by_number);
	return err ?: s->n ? 0 : -ENOENT;
}

int stream_open(struct stream **out, const char *instance, size_t page_bytes)
{
	struct stream *s = calloc(1, sizeof(*s));
	int err = s ? list_cpus(s, instance) : -ENOMEM;

	if (s)
		s->page_bytes = page_bytes;
	for (size_t i = 0; !err && i < s->n; i++)
		err = cpu_open(s, &s->cpus[i], instance);
	if (err) {
		stream_close(s);
		return err;
	}
	*out = s;
	return 0;
}

void stream_close(struct stream *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++) {
		util_close(&s->cpus[i].fd);
		free(s->cpus[i].page);
		if (s->cpus[i].kbuf)
			kbuffer_free(s->cpus[i].kbuf);
	}
	free(s->cpus);
	free(s);
}
