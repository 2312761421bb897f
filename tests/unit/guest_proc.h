/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guest_proc.h - the real guest program as a process, driven over a socketpair instead of a port.
 *
 * Everything but PID 1's own duties runs: workers, sweep, queue, time-outs. The program is
 * $HOST_STRESS_GUEST, or build/guest/init. Every wait has a time-out that names what it waited for.
 */
#ifndef GUEST_PROC_H
#define GUEST_PROC_H

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "wire/hist.h"
#include "wire/proto.h"

#define WAIT_MS 20000
#define PAGES 600u
#define GROUPS 7u

static struct {
	pid_t pid;
	int fd;
	uint32_t seq;
	struct proto_reader in;
	/* the latest frame, copied */
	struct proto_header h;
	_Alignas(8) uint8_t payload[PROTO_MAX_PAYLOAD];
} guest;

static inline uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static inline void run_guest(int fd)
{
	const char *program = getenv("HOST_STRESS_GUEST");
	char number[16];

	program = program ? program : "build/guest/init";
	snprintf(number, sizeof(number), "%d", fd);
	/* Its complaints about our bad frames are expected; they would only hide the results. */
	if (!getenv("HOST_STRESS_GUEST_STDERR") && !freopen("/dev/null", "w", stderr))
		_exit(126);
	execl(program, program, "--port-fd", number, NULL);
	_exit(127);
}

static inline int set_up(void **state)
{
	int pair[2], small = 8192;

	(void)state;
	memset(&guest, 0, sizeof(guest));
	proto_reader_init(&guest.in);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		return -1;
	/* So little room that every long frame is written in parts. */
	setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	guest.pid = fork();
	if (guest.pid < 0)
		return -1;
	if (!guest.pid) {
		close(pair[0]);
		run_guest(pair[1]);
	}
	close(pair[1]);
	guest.fd = pair[0];
	return 0;
}

static inline int tear_down(void **state)
{
	(void)state;
	if (guest.fd >= 0)
		close(guest.fd);
	if (guest.pid > 0) {
		kill(guest.pid, SIGKILL);
		waitpid(guest.pid, NULL, 0);
	}
	return 0;
}

/* The exit code, or -1 after the time-out. */
static inline int exit_code(void)
{
	struct timespec pause = {.tv_nsec = 5000000};
	uint64_t end = now_ms() + WAIT_MS;
	int status;

	while (now_ms() < end) {
		if (waitpid(guest.pid, &status, WNOHANG) == guest.pid) {
			guest.pid = 0;
			return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
		}
		nanosleep(&pause, NULL);
	}
	return -1;
}

static inline void send_raw(const void *data, size_t bytes)
{
	assert_int_equal(send(guest.fd, data, bytes, MSG_NOSIGNAL), bytes);
}

static inline void send_frame(uint16_t type, const void *payload, uint32_t length)
{
	struct proto_header h;

	proto_seal(&h, type, guest.seq++, payload, length);
	send_raw(&h, sizeof(h));
	if (length)
		send_raw(payload, length);
}

static inline int receive(uint64_t end)
{
	struct pollfd fd = {.fd = guest.fd, .events = POLLIN};
	size_t room;
	uint8_t *to = proto_reader_space(&guest.in, &room);
	uint64_t now = now_ms();
	ssize_t n;

	if (now >= end || poll(&fd, 1, end - now) <= 0)
		return -ETIMEDOUT;
	n = read(guest.fd, to, room);
	if (n <= 0)
		return -EPIPE;
	proto_reader_fed(&guest.in, n);
	return 0;
}

/* The next frame of any type into guest.h and guest.payload: 0, -ETIMEDOUT or -EPIPE. */
static inline int next_frame(uint64_t end)
{
	const uint8_t *payload;

	while (!proto_next(&guest.in, &guest.h, &payload)) {
		int err = receive(end);

		if (err)
			return err;
	}
	memcpy(guest.payload, payload, guest.h.length);
	return 0;
}

static inline void wait_for(uint16_t type)
{
	uint64_t end = now_ms() + WAIT_MS;

	do {
		int err = next_frame(end);

		if (err)
			fail_msg("waited for frame type %u: %s", type, strerror(-err));
		if (guest.h.type == PROTO_ERROR && type != PROTO_ERROR)
			fail_msg("guest: %.*s", (int)guest.h.length, (char *)guest.payload);
	} while (guest.h.type != type);
}

static inline struct proto_orders good_orders(void)
{
	return (struct proto_orders){
		.seed = 5,
		.stall_ns = 1000000000,
		.pages = PAGES,
		.groups = GROUPS,
		.write_ppm = 100000,
		.vcpus = 1,
		.report_ms = 100,
	};
}

static inline void send_orders(const struct proto_orders *o)
{
	send_frame(PROTO_ORDERS, o, sizeof(*o));
}

static inline void send_epoch(uint16_t type, uint32_t epoch)
{
	struct proto_epoch order = {.epoch = epoch};

	send_frame(type, &order, sizeof(order));
}

static inline void get_ready(const struct proto_orders *o)
{
	wait_for(PROTO_HELLO);
	send_orders(o);
	wait_for(PROTO_READY);
}

static inline const struct proto_stats *stats(void)
{
	return (const void *)guest.payload;
}

static inline const struct proto_vcpu_stats *vcpu_stats(uint32_t vcpu)
{
	return (const struct proto_vcpu_stats *)(stats() + 1) + vcpu;
}

static inline void wait_for_touches(uint32_t epoch, uint64_t touches)
{
	uint64_t end = now_ms() + WAIT_MS;

	do {
		if (now_ms() > end)
			fail_msg("epoch %u never had %llu touches", epoch,
				 (unsigned long long)touches);
		wait_for(PROTO_STATS);
	} while (stats()->epoch != epoch || vcpu_stats(0)->touches < touches);
}

static inline void quit_cleanly(void)
{
	send_frame(PROTO_QUIT, NULL, 0);
	assert_int_equal(exit_code(), 0);
}

/* The one worker of a guest with one. */
static inline pid_t worker_tid(void)
{
	char path[64];
	struct dirent *entry;
	pid_t tid = 0;
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%d/task", guest.pid);
	tasks = opendir(path);
	assert_non_null(tasks);
	while ((entry = readdir(tasks))) {
		if (atoi(entry->d_name) > 0 && atoi(entry->d_name) != guest.pid)
			tid = atoi(entry->d_name);
	}
	closedir(tasks);
	return tid;
}

/* What one epoch reported, frame by frame, from START to EPOCH_END. */
static struct {
	struct hist hist;
	struct proto_vcpu_stats last;
	uint64_t stalls, corrupts;
	struct proto_corrupt corrupt;
	struct proto_epoch_end end;
} epoch;

static inline void take_epoch_frame(uint32_t number)
{
	const struct proto_hist *hist = (const void *)guest.payload;
	const struct proto_bucket *bucket = (const void *)(hist + 1);
	const struct proto_batch *batch = (const void *)guest.payload;

	switch (guest.h.type) {
	case PROTO_STATS:
		assert_int_equal(guest.h.length,
				 sizeof(struct proto_stats) + sizeof(struct proto_vcpu_stats));
		if (stats()->epoch == number)
			epoch.last = *vcpu_stats(0);
		break;
	case PROTO_HIST:
		assert_int_equal(hist->epoch, number);
		for (size_t i = 0; i < (guest.h.length - sizeof(*hist)) / sizeof(*bucket); i++) {
			assert_in_range(bucket[i].index, 0, HIST_BUCKETS - 1);
			assert_true(bucket[i].count >= epoch.hist.count[bucket[i].index]);
			epoch.hist.count[bucket[i].index] = bucket[i].count;
		}
		break;
	case PROTO_STALLS:
		assert_int_equal(batch->epoch, number);
		epoch.stalls += (guest.h.length - sizeof(*batch)) / sizeof(struct proto_stall);
		break;
	case PROTO_CORRUPT:
		assert_int_equal(batch->epoch, number);
		epoch.corrupts += (guest.h.length - sizeof(*batch)) / sizeof(struct proto_corrupt);
		memcpy(&epoch.corrupt, batch + 1, sizeof(epoch.corrupt));
		break;
	case PROTO_ERROR:
		fail_msg("guest: %.*s", (int)guest.h.length, (char *)guest.payload);
		break;
	}
}

static inline void collect_epoch(uint32_t number)
{
	uint64_t end = now_ms() + WAIT_MS;

	memset(&epoch, 0, sizeof(epoch));
	do {
		if (next_frame(end))
			fail_msg("no EPOCH_END of epoch %u", number);
		take_epoch_frame(number);
	} while (guest.h.type != PROTO_EPOCH_END);
	memcpy(&epoch.end, guest.payload, sizeof(epoch.end));
	assert_int_equal(epoch.end.epoch, number);
	for (unsigned int i = 0; i < HIST_BUCKETS; i++)
		epoch.hist.total += epoch.hist.count[i];
}

static inline void run_epoch(uint32_t number)
{
	send_epoch(PROTO_START, number);
	wait_for_touches(number, 100000);
	send_epoch(PROTO_STOP, number);
	collect_epoch(number);
}

#define guest_test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

#endif
