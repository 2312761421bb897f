/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * port.c - finds the virtio-serial port and moves bytes through it without ever blocking.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "early.h"
#include "port.h"

#define PORTS "/sys/class/virtio-ports"
#define LOOK_MS 20

static int port_open(struct port *p, const char *device)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/dev/%.32s", device);
	fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	return port_adopt(p, fd);
}

/* 0 when the port is open, -ENOENT when it is not there (yet), or why it cannot be opened. */
static int port_look(struct port *p)
{
	DIR *ports = opendir(PORTS);
	int err = -ENOENT;
	struct dirent *entry;

	while (ports && err == -ENOENT && (entry = readdir(ports))) {
		char path[128], name[64];

		snprintf(path, sizeof(path), PORTS "/%.32s/name", entry->d_name);
		if (entry->d_name[0] == '.' || early_read(path, name, sizeof(name)) < 0)
			continue;
		name[strcspn(name, "\n")] = '\0';
		if (!strcmp(name, PROTO_PORT))
			err = port_open(p, entry->d_name);
	}
	if (ports)
		closedir(ports);
	return err;
}

int port_find(struct port *p, int timeout_ms)
{
	uint64_t end = clock_ns() + (uint64_t)timeout_ms * 1000000;
	int err = port_look(p);

	/* The name, and devtmpfs's node, come a little after the device. */
	while (err == -ENOENT && clock_ns() < end) {
		poll(NULL, 0, LOOK_MS);
		err = port_look(p);
	}
	return err;
}

int port_adopt(struct port *p, int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	p->fd = fd;
	p->seq = 0;
	p->first = p->last = 0;
	p->connected = false;
	proto_reader_init(&p->in);
	return 0;
}

static int port_write(struct port *p)
{
	while (p->first < p->last) {
		ssize_t n = write(p->fd, p->queue + p->first, p->last - p->first);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		if (n == 0)
			return 0;
		p->first += n;
	}
	p->first = p->last = 0;
	return 0;
}

/* One read: the caller takes the frames out before the next, so there is room. */
static int port_read(struct port *p)
{
	size_t room;
	uint8_t *to = proto_reader_space(&p->in, &room);
	ssize_t n = read(p->fd, to, room);

	if (n > 0)
		proto_reader_fed(&p->in, n);
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		return -errno;
	return n ? 0 : -EPIPE;
}

/*
 * A virtio port says POLLHUP also until the host's "port open" message has arrived. That is waited
 * out, asleep, because poll() would return at once.
 */
static int port_not_connected(int timeout_ms)
{
	poll(NULL, 0, timeout_ms < LOOK_MS ? timeout_ms : LOOK_MS);
	return 0;
}

int port_exchange(struct port *p, int timeout_ms)
{
	struct pollfd fd = {.fd = p->fd, .events = POLLIN};

	if (p->first < p->last)
		fd.events |= POLLOUT;
	if (poll(&fd, 1, timeout_ms) < 0)
		return errno == EINTR ? 0 : -errno;
	if (!(fd.revents & POLLHUP))
		p->connected = true;
	else if (!p->connected)
		return port_not_connected(timeout_ms);
	/* What came before the hang-up is still read: it may be the order to power off. */
	if (fd.revents & (POLLIN | POLLHUP | POLLERR)) {
		int err = port_read(p);

		if (err || fd.revents & POLLHUP)
			return err;
	}
	/* Tried whatever poll() said: it costs little and cannot miss a wake-up. */
	return port_write(p);
}

static bool port_fits(const struct port *p, uint32_t length, uint32_t reserve)
{
	return p->last - p->first + sizeof(struct proto_header) + length + reserve <=
	       sizeof(p->queue);
}

bool port_has_room(const struct port *p, uint32_t length)
{
	return port_fits(p, length, PORT_RESERVE_BYTES);
}

int port_send(struct port *p, uint16_t type, const void *payload, uint32_t length)
{
	struct proto_header h;

	if (!port_fits(p, length, type == PROTO_ERROR ? 0 : PORT_RESERVE_BYTES))
		return -ENOSPC;
	if (p->last + sizeof(h) + length > sizeof(p->queue)) {
		memmove(p->queue, p->queue + p->first, p->last - p->first);
		p->last -= p->first;
		p->first = 0;
	}
	proto_seal(&h, type, p->seq++, payload, length);
	memcpy(p->queue + p->last, &h, sizeof(h));
	if (length)
		memcpy(p->queue + p->last + sizeof(h), payload, length);
	p->last += sizeof(h) + length;
	return 0;
}

void port_push(struct port *p)
{
	port_write(p);
}

int port_flush(struct port *p, int timeout_ms)
{
	uint64_t end = clock_ns() + (uint64_t)timeout_ms * 1000000;
	int err = port_write(p);

	while (!err && p->first < p->last) {
		struct pollfd fd = {.fd = p->fd, .events = POLLOUT};

		if (clock_ns() >= end)
			return -ETIMEDOUT;
		poll(&fd, 1, LOOK_MS);
		err = port_write(p);
	}
	return err;
}
