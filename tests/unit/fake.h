/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fake.h - for unit tests of what stands between the agent and a VM: a guest and a QEMU's monitor
 * that only pretend, each at the far end of a socketpair, both played by one thread. What they do
 * wrong is decided beforehand, by the fields of struct fake.
 *
 * The guest's TSC runs at 2 GHz and is 2 * CLOCK_MONOTONIC.
 */
#ifndef FAKE_H
#define FAKE_H

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/loop.h"
#include "wire/hist.h"
#include "wire/proto.h"

#define FAKE_TICKS 2 /* of the TSC in a ns */
#define FAKE_HEARTBEAT_MS 5
#define FAKE_PAGES 64u
#define FAKE_GPA 0x100000ull
#define FAKE_TOUCH_NS 100u
#define FAKE_STALL_NS (100 * NSEC_PER_MSEC)

struct fake {
	/* the guest */
	bool waits;	   /* for ORDERS, before it fills its memory */
	bool deaf;	   /* STOP is never answered */
	bool mute;	   /* says nothing at all any more once an epoch has begun */
	uint32_t corrupt;  /* words that it tells of by records, in each epoch, before the end */
	bool dies_at_stop; /* after those: the channel is closed instead of an answer */
	bool damages_one;  /* an epoch's first heartbeat arrives damaged */
	bool damages_last; /* … or the STATS at its end */
	uint32_t stalls;   /* from its begin, told at the end of an epoch */
	/* the monitor */
	const char *refuse;  /* atomic: this command answers with an error */
	const char *ignore;  /* this one with nothing */
	uint64_t layout;     /* where guest RAM is in QEMU; 0: 0x7f0000000000 */
	bool bent;	     /* ... but not in one piece */
	bool hole;	     /* guest RAM has a part above 4 GiB */
	uint64_t faults;     /* pf_taken, as query-stats has it; 10 more each time it is asked */
	char words[4][200];  /* QMP: lines it says unasked, at its next turn */
	unsigned int nwords; /* atomic: words[0..nwords) are there */

	int guest, monitor; /* our ends, which the code under test takes over */
	int far[2];
	pthread_t thread;
	bool stop;
	unsigned int commands; /* atomic: that the monitor has taken */
	unsigned int epochs;   /* atomic: that have been started */
	struct proto_reader in;
	uint32_t seq, epoch;
	bool ending;	    /* this STATS is the last of its epoch */
	unsigned int beats; /* in this epoch */
	uint64_t began_ns, touches, last_heartbeat;
	unsigned int said; /* atomic: of words[] */
	char line[4096];
	size_t fill;
};

static inline void fake_write(int fd, const void *data, size_t bytes)
{
	while (bytes) {
		ssize_t n = send(fd, data, bytes, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		data = (const char *)data + n;
		bytes -= (size_t)n;
	}
}

static inline void fake_frame(struct fake *f, uint16_t type, const void *payload, uint32_t length)
{
	uint8_t frame[sizeof(struct proto_header) + 2048];

	proto_seal((struct proto_header *)frame, type, f->seq++, payload, length);
	if (length)
		memcpy(frame + sizeof(struct proto_header), payload, length);
	if (type == PROTO_STATS &&
	    (f->ending ? f->damages_last : f->damages_one && f->epoch && !f->beats++))
		frame[sizeof(struct proto_header)] ^= 1;
	fake_write(f->far[0], frame, sizeof(struct proto_header) + length);
}

static inline void fake_stats(struct fake *f, uint32_t epoch)
{
	uint64_t now = mono_ns();
	struct {
		struct proto_stats s;
		struct proto_vcpu_stats v;
	} m = {.s = {.tsc = now * FAKE_TICKS, .mono_ns = now, .epoch = epoch, .vcpus = 1}};

	m.v.touches = f->touches;
	m.v.checks = f->touches;
	m.v.max_tsc = FAKE_TOUCH_NS * FAKE_TICKS;
	m.v.time_tsc = f->touches * FAKE_TOUCH_NS * FAKE_TICKS;
	m.v.stalls = f->ending ? f->stalls : 0;
	m.v.stall_tsc = m.v.stalls * FAKE_STALL_NS * FAKE_TICKS;
	fake_frame(f, PROTO_STATS, &m, sizeof(m));
	f->last_heartbeat = now;
}

static inline void fake_batch(struct fake *f, uint16_t type, const void *record, size_t size,
			      uint32_t n, uint32_t epoch)
{
	struct {
		struct proto_batch b;
		uint8_t records[1024];
	} m = {.b = {.epoch = epoch}};

	if (!n)
		return;
	for (uint32_t i = 0; i < n; i++)
		memcpy(m.records + i * size, record, size);
	fake_frame(f, type, &m, (uint32_t)(sizeof(m.b) + n * size));
}

static inline void fake_touched(struct fake *f, uint32_t epoch)
{
	struct {
		struct proto_touched t;
		uint32_t last[FAKE_PAGES];
	} m = {.t = {.start_tsc = f->began_ns * FAKE_TICKS, .epoch = epoch}};

	for (uint32_t i = 0; i < FAKE_PAGES; i++)
		m.last[i] = 1 + (uint32_t)(((mono_ns() - f->began_ns) * FAKE_TICKS) >>
					   PROTO_TOUCHED_SHIFT);
	fake_frame(f, PROTO_TOUCHED, &m, sizeof(m));
}

static inline void fake_end_epoch(struct fake *f, uint32_t flags)
{
	uint32_t epoch = f->epoch;
	struct proto_corrupt corrupt = {.expected = 1, .page = 3, .vcpu = 0xffff};
	struct proto_stall stall = {.start_tsc = f->began_ns * FAKE_TICKS,
				    .length_tsc = FAKE_STALL_NS * FAKE_TICKS};
	struct {
		struct proto_hist h;
		struct proto_bucket b;
	} hist = {{epoch, 0}, {f->touches, hist_index(FAKE_TOUCH_NS * FAKE_TICKS), 0}};
	struct proto_epoch_end end = {.epoch = epoch, .swept_pages = FAKE_PAGES};

	f->ending = true;
	fake_stats(f, epoch);
	f->ending = false;
	f->epoch = 0;
	fake_batch(f, PROTO_STALLS, &stall, sizeof(stall), f->stalls, epoch);
	fake_frame(f, PROTO_HIST, &hist, sizeof(hist));
	fake_batch(f, PROTO_CORRUPT, &corrupt, sizeof(corrupt), f->corrupt, epoch);
	if (f->dies_at_stop) {
		shutdown(f->far[0], SHUT_RDWR);
		return;
	}
	if (flags & PROTO_WANT_TOUCHED)
		fake_touched(f, epoch);
	end.sweep_errors = f->corrupt;
	fake_frame(f, PROTO_EPOCH_END, &end, sizeof(end));
}

/* The guest's memory is filled, and where it is is told. */
static inline void fake_filled(struct fake *f)
{
	struct proto_run map = {.gpa = FAKE_GPA, .pages = FAKE_PAGES};

	fake_frame(f, PROTO_MAP, &map, sizeof(map));
	fake_frame(f, PROTO_READY, NULL, 0);
}

static inline void fake_order(struct fake *f, const struct proto_header *h, const uint8_t *payload)
{
	struct proto_epoch e = {0};
	struct proto_ping ping;

	if (h->type == PROTO_PING) {
		memcpy(&ping, payload, sizeof(ping));
		ping.tsc = mono_ns() * FAKE_TICKS;
		fake_frame(f, PROTO_PONG, &ping, sizeof(ping));
		return;
	}
	if (h->type == PROTO_ORDERS && f->waits)
		fake_filled(f);
	if (h->type != PROTO_START && h->type != PROTO_STOP)
		return;
	memcpy(&e, payload, sizeof(e));
	if (h->type == PROTO_STOP && !f->deaf)
		fake_end_epoch(f, e.flags);
	if (h->type != PROTO_START)
		return;
	f->epoch = e.epoch;
	f->touches = f->beats = 0;
	f->began_ns = mono_ns();
	__atomic_fetch_add(&f->epochs, 1, __ATOMIC_SEQ_CST);
}

static inline void fake_take_guest(struct fake *f)
{
	struct proto_header h;
	const uint8_t *payload;
	size_t room;
	uint8_t *to = proto_reader_space(&f->in, &room);
	ssize_t n = recv(f->far[0], to, room, MSG_DONTWAIT);

	if (n <= 0)
		return;
	proto_reader_fed(&f->in, (size_t)n);
	while (proto_next(&f->in, &h, &payload))
		fake_order(f, &h, payload);
}

static inline void fake_answer(struct fake *f, const char *id, const char *name, const char *value)
{
	const char *refuse;
	char text[1024];
	int n;

	if (f->ignore && !strcmp(name, f->ignore))
		return;
	refuse = __atomic_load_n(&f->refuse, __ATOMIC_ACQUIRE);
	if (refuse && !strcmp(name, refuse))
		n = snprintf(text, sizeof(text),
			     "{\"error\": {\"class\": \"GenericError\", \"desc\": \"no %s here\"}, "
			     "\"id\": %s}\r\n",
			     name, id);
	else
		n = snprintf(text, sizeof(text), "{\"return\": %s, \"id\": %s}\r\n", value, id);
	fake_write(f->far[1], text, (size_t)n);
}

/* "gpa2hva 0x…" */
static inline void fake_gpa2hva(struct fake *f, const char *id, const char *line)
{
	const char *at = strstr(line, "gpa2hva 0x");
	uint64_t gpa = at ? strtoull(at + 8, NULL, 16) : 0;
	char value[200];

	if (gpa >= 1ull << 32 && !f->hole)
		snprintf(value, sizeof(value), "\"No memory is mapped at address 0x%llx\\r\\n\"",
			 (unsigned long long)gpa);
	else
		snprintf(value, sizeof(value),
			 "\"Host virtual address for 0x%llx (ram) is 0x%llx\\r\\n\"",
			 (unsigned long long)gpa,
			 (unsigned long long)((f->layout ?: 0x7f0000000000ull) +
					      (f->bent ? gpa / 2 : 0) +
					      (gpa >= 1ull << 32 ? gpa - (1ull << 30) : gpa)));
	fake_answer(f, id, "human-monitor-command", value);
}

static inline void fake_command(struct fake *f, const char *line)
{
	const char *execute = strstr(line, "\"execute\":\""), *id = strstr(line, "\"id\":");
	char name[64] = "", number[24] = "0", value[300];

	if (execute)
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(execute + 11, "\""),
			 execute + 11);
	if (id)
		snprintf(number, sizeof(number), "%.*s", (int)strspn(id + 5, "0123456789"), id + 5);
	__atomic_fetch_add(&f->commands, 1, __ATOMIC_SEQ_CST);
	if (!strcmp(name, "human-monitor-command")) {
		fake_gpa2hva(f, number, line);
	} else if (!strcmp(name, "query-cpus-fast")) {
		snprintf(value, sizeof(value), "[{\"cpu-index\": 0, \"thread-id\": %d}]",
			 (int)getpid());
		fake_answer(f, number, name, value);
	} else if (!strcmp(name, "query-stats-schemas")) {
		fake_answer(f, number, name,
			    "[{\"target\": \"vcpu\", \"provider\": \"kvm\", \"stats\": ["
			    "{\"name\": \"pf_taken\", \"type\": \"cumulative\"}]}]");
	} else if (!strcmp(name, "query-stats")) {
		snprintf(value, sizeof(value),
			 "[{\"provider\": \"kvm\", \"stats\": [{\"name\": \"pf_taken\", \"value\": "
			 "%llu}]}]",
			 (unsigned long long)f->faults);
		f->faults += strstr(line, "vcpu") ? 10 : 0;
		fake_answer(f, number, name, strstr(line, "vcpu") ? value : "[]");
	} else {
		fake_answer(f, number, name, "{}");
	}
}

static inline void fake_take_monitor(struct fake *f)
{
	ssize_t n = recv(f->far[1], f->line + f->fill, sizeof(f->line) - 1 - f->fill, MSG_DONTWAIT);
	char *nl;

	if (n <= 0)
		return;
	f->fill += (size_t)n;
	f->line[f->fill] = '\0';
	while ((nl = strchr(f->line, '\n'))) {
		*nl = '\0';
		fake_command(f, f->line);
		f->fill -= (size_t)(nl + 1 - f->line);
		memmove(f->line, nl + 1, f->fill + 1);
	}
}

static inline void fake_say(struct fake *f)
{
	unsigned int n = __atomic_load_n(&f->nwords, __ATOMIC_ACQUIRE);

	for (; f->said < n; __atomic_store_n(&f->said, f->said + 1, __ATOMIC_RELEASE))
		fake_write(f->far[1], f->words[f->said], strlen(f->words[f->said]));
}

static inline void *fake_play(void *arg)
{
	struct fake *f = arg;

	while (!__atomic_load_n(&f->stop, __ATOMIC_ACQUIRE)) {
		struct pollfd fds[2] = {{.fd = f->far[0], .events = POLLIN},
					{.fd = f->far[1], .events = POLLIN}};

		(void)poll(fds, 2, FAKE_HEARTBEAT_MS);
		fake_take_guest(f);
		fake_take_monitor(f);
		fake_say(f);
		if (f->epoch)
			f->touches += 100;
		if (!(f->mute && f->epoch) &&
		    mono_ns() - f->last_heartbeat > FAKE_HEARTBEAT_MS * NSEC_PER_MSEC)
			fake_stats(f, f->epoch);
	}
	return NULL;
}

/* The monitor says @line, which ends in "\r\n", at its next turn, which is not waited for. */
static inline void fake_monitor_says(struct fake *f, const char *line)
{
	snprintf(f->words[f->nwords], sizeof(f->words[0]), "%s", line);
	__atomic_store_n(&f->nwords, f->nwords + 1, __ATOMIC_RELEASE);
}

/* Over far[]: the guest has booted and filled its memory, and the monitor greets. */
static inline void fake_greet(struct fake *f)
{
	static const char greeting[] =
		"{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 2, \"minor\": 1, \"major\": 9}, "
		"\"package\": \"fake\"}, \"capabilities\": []}}\r\n";
	struct proto_hello hello = {.tsc_hz = FAKE_TICKS * NSEC_PER_SEC, .vcpus = 1};

	f->seq = 0;
	proto_reader_init(&f->in);
	fake_frame(f, PROTO_HELLO, &hello, sizeof(hello));
	if (!f->waits)
		fake_filled(f);
	fake_write(f->far[1], greeting, strlen(greeting));
}

static inline void fake_start(struct fake *f)
{
	int pair[2][2];

	for (int i = 0; i < 2; i++)
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair[i]), 0);
	f->guest = pair[0][0];
	f->monitor = pair[1][0];
	f->far[0] = pair[0][1];
	f->far[1] = pair[1][1];
	fake_greet(f);
	assert_int_equal(pthread_create(&f->thread, NULL, fake_play, f), 0);
}

static inline void fake_stop(struct fake *f)
{
	__atomic_store_n(&f->stop, true, __ATOMIC_RELEASE);
	pthread_join(f->thread, NULL);
	close(f->far[0]);
	close(f->far[1]);
}

#endif
