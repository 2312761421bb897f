// SPDX-License-Identifier: GPL-2.0-only
/* chan.c - see chan.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chan.h"

#define CHAN_SEND_BYTES 65536 /* frames to the guest are few and short */

struct chan {
	struct loop *loop;
	int fd;
	chan_handler *handler;
	void *arg;
	uint64_t last_ns;
	bool closed;
	struct op read_op, write_op;
	uint32_t seq;
	size_t sent, queued; /* out[sent..queued) still has to go */
	uint8_t out[CHAN_SEND_BYTES];
	struct proto_counters told;
	struct proto_reader reader;
};

static void start_read(struct chan *c)
{
	size_t room;
	uint8_t *at = proto_reader_space(&c->reader, &room);

	if (loop_read(c->loop, &c->read_op, c->fd, at, room))
		c->closed = true;
}

/* The first of each kind is worth a line; the numbers are in the result. */
static void tell_once(uint64_t *told, uint64_t now, const char *what, uint64_t offset)
{
	if (now && !*told)
		note_say("guest channel: first %s frame, at byte %llu of the stream; the result "
			 "counts "
			 "them",
			 what, (unsigned long long)offset);
	*told = now;
}

static void tell(struct chan *c)
{
	const struct proto_counters *n = &c->reader.n;

	tell_once(&c->told.bad_header, n->bad_header, "broken (header)", n->bad_offset);
	tell_once(&c->told.bad_payload, n->bad_payload, "broken (payload)", n->bad_offset);
	tell_once(&c->told.lost, n->lost, "lost", c->reader.offset);
	tell_once(&c->told.late, n->late, "late", c->reader.offset);
	tell_once(&c->told.duplicate, n->duplicate, "duplicated", c->reader.offset);
}

static void read_done(struct op *op, int res)
{
	struct chan *c = container_of(op, struct chan, read_op);
	struct proto_header h;
	const uint8_t *payload;

	if (res == -EINTR || res == -EAGAIN) {
		start_read(c);
		return;
	}
	if (res <= 0) {
		c->closed = true;
		return;
	}
	proto_reader_fed(&c->reader, (size_t)res);
	while (proto_next(&c->reader, &h, &payload)) {
		c->last_ns = mono_ns();
		c->handler(c->arg, &h, payload);
	}
	tell(c);
	start_read(c);
}

static void start_write(struct chan *c)
{
	if (c->sent == c->queued)
		c->sent = c->queued = 0;
	else if (loop_write(c->loop, &c->write_op, c->fd, c->out + c->sent, c->queued - c->sent))
		c->closed = true;
}

static void write_done(struct op *op, int res)
{
	struct chan *c = container_of(op, struct chan, write_op);

	if (res < 0 && res != -EINTR && res != -EAGAIN) {
		c->closed = true;
		return;
	}
	if (res > 0)
		c->sent += (size_t)res;
	start_write(c);
}

int chan_open(struct chan **out, struct loop *l, int fd, chan_handler *handler, void *arg)
{
	struct chan *c = calloc(1, sizeof(*c));

	if (!c) {
		close(fd);
		return err_sys(-ENOMEM, "guest channel");
	}
	c->loop = l;
	c->fd = fd;
	c->handler = handler;
	c->arg = arg;
	c->last_ns = mono_ns();
	c->read_op.done = read_done;
	c->write_op.done = write_done;
	proto_reader_init(&c->reader);
	start_read(c);
	*out = c;
	return 0;
}

void chan_close(struct chan *c)
{
	if (!c)
		return;
	loop_cancel(c->loop, &c->read_op);
	loop_cancel(c->loop, &c->write_op);
	close(c->fd);
	free(c);
}

int chan_send(struct chan *c, uint16_t type, const void *payload, uint32_t length)
{
	struct proto_header h;

	if (c->closed)
		return -EPIPE;
	if (!c->write_op.busy && c->sent) {
		memmove(c->out, c->out + c->sent, c->queued - c->sent);
		c->queued -= c->sent;
		c->sent = 0;
	}
	if (c->queued + sizeof(h) + length > sizeof(c->out))
		return -ENOBUFS;
	proto_seal(&h, type, c->seq++, payload, length);
	memcpy(c->out + c->queued, &h, sizeof(h));
	if (length)
		memcpy(c->out + c->queued + sizeof(h), payload, length);
	c->queued += sizeof(h) + length;
	if (!c->write_op.busy)
		start_write(c);
	return 0;
}

const struct proto_counters *chan_counters(const struct chan *c)
{
	return &c->reader.n;
}

unsigned int chan_short_frames(const struct chan *c)
{
	return c->closed && proto_pending(&c->reader) > 0;
}

uint64_t chan_last_ns(const struct chan *c)
{
	return c->last_ns;
}

bool chan_closed(const struct chan *c)
{
	return c->closed;
}
