/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guest_proc.c - the real guest program as a process, driven over a socketpair instead of a port.
 *
 * Everything but PID 1's own duties runs: workers, sweep, queue, time-outs. The program is
 * $HOST_STRESS_GUEST, or build/guest/init. Every wait has a time-out that names what it waited for.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
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

#include "../../guest/hist.h"
#include "../../guest/pattern.h"
#include "../../guest/proto.h"

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

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void run_guest(int fd)
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

static int set_up(void **state)
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

static int tear_down(void **state)
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
static int exit_code(void)
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

static void send_raw(const void *data, size_t bytes)
{
	assert_int_equal(send(guest.fd, data, bytes, MSG_NOSIGNAL), bytes);
}

static void send_frame(uint16_t type, const void *payload, uint32_t length)
{
	struct proto_header h;

	proto_seal(&h, type, guest.seq++, payload, length);
	send_raw(&h, sizeof(h));
	if (length)
		send_raw(payload, length);
}

static int receive(uint64_t end)
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
static int next_frame(uint64_t end)
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

static void wait_for(uint16_t type)
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

static struct proto_orders good_orders(void)
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

static void send_orders(const struct proto_orders *o)
{
	send_frame(PROTO_ORDERS, o, sizeof(*o));
}

static void send_epoch(uint16_t type, uint32_t epoch)
{
	struct proto_epoch order = {.epoch = epoch};

	send_frame(type, &order, sizeof(order));
}

static void get_ready(const struct proto_orders *o)
{
	wait_for(PROTO_HELLO);
	send_orders(o);
	wait_for(PROTO_READY);
}

static const struct proto_stats *stats(void)
{
	return (const void *)guest.payload;
}

static const struct proto_vcpu_stats *vcpu_stats(uint32_t vcpu)
{
	return (const struct proto_vcpu_stats *)(stats() + 1) + vcpu;
}

static void wait_for_touches(uint32_t epoch, uint64_t touches)
{
	uint64_t end = now_ms() + WAIT_MS;

	do {
		if (now_ms() > end)
			fail_msg("epoch %u never had %llu touches", epoch,
				 (unsigned long long)touches);
		wait_for(PROTO_STATS);
	} while (stats()->epoch != epoch || vcpu_stats(0)->touches < touches);
}

static void quit_cleanly(void)
{
	send_frame(PROTO_QUIT, NULL, 0);
	assert_int_equal(exit_code(), 0);
}

static void test_hello(void **state)
{
	const struct proto_hello *hello = (const void *)guest.payload;

	(void)state;
	wait_for(PROTO_HELLO);
	assert_int_equal(guest.h.seq, 0);
	assert_int_equal(guest.h.length, sizeof(*hello));
	assert_int_equal(hello->page_size, PROTO_PAGE_SIZE);
	assert_in_range(hello->tsc_hz, 100000000, 10000000000);
	assert_true(hello->vcpus >= 1);
	assert_true(hello->available_bytes > 1 << 20);
	/* until somebody answers */
	wait_for(PROTO_HELLO);
	assert_int_equal(guest.h.seq, 1);
	quit_cleanly();
}

static void test_map_covers_every_page_once(void **state)
{
	const struct proto_run *run = (const void *)guest.payload;
	struct proto_orders o = good_orders();
	uint32_t next = 0;

	(void)state;
	wait_for(PROTO_HELLO);
	send_orders(&o);
	do {
		assert_int_equal(next_frame(now_ms() + WAIT_MS), 0);
		for (uint32_t i = 0; guest.h.type == PROTO_MAP && i < guest.h.length / sizeof(*run);
		     i++) {
			assert_int_equal(run[i].page, next);
			assert_true(run[i].pages > 0);
			assert_true(run[i].gpa == PROTO_GPA_NONE ||
				    (run[i].gpa && !(run[i].gpa % PROTO_PAGE_SIZE)));
			next += run[i].pages;
		}
	} while (guest.h.type != PROTO_READY);
	assert_int_equal(next, PAGES);
	quit_cleanly();
}

/* What one epoch reported, frame by frame, from START to EPOCH_END. */
static struct {
	struct hist hist;
	struct proto_vcpu_stats last;
	uint64_t stalls, corrupts;
	struct proto_corrupt corrupt;
	struct proto_epoch_end end;
} epoch;

static void take_epoch_frame(uint32_t number)
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

static void collect_epoch(uint32_t number)
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

static void run_epoch(uint32_t number)
{
	send_epoch(PROTO_START, number);
	wait_for_touches(number, 100000);
	send_epoch(PROTO_STOP, number);
	collect_epoch(number);
}

static void test_epochs(void **state)
{
	struct proto_orders o = good_orders();

	(void)state;
	get_ready(&o);
	for (uint32_t number = 1; number < 4; number++) {
		run_epoch(number);
		/* the last STATS and HIST agree, touch by touch */
		assert_true(epoch.last.touches >= 100000);
		assert_int_equal(epoch.hist.total, epoch.last.touches);
		assert_int_equal(epoch.last.checks, 2 * epoch.last.touches);
		assert_true(epoch.last.writes > epoch.last.touches / 20);
		assert_true(epoch.last.max_tsc > 0);
		assert_int_equal(epoch.last.errors, 0);
		assert_int_equal(epoch.corrupts, 0);
		assert_int_equal(epoch.end.sweep_errors, 0);
		assert_int_equal(epoch.end.swept_pages, PAGES);
	}
	/* resting: the heartbeat goes on, with nothing in it */
	wait_for(PROTO_STATS);
	assert_int_equal(stats()->epoch, 0);
	assert_int_equal(vcpu_stats(0)->touches, 0);
	assert_true(stats()->tsc && stats()->mono_ns);
	assert_int_equal(guest.in.n.lost + guest.in.n.bad_header + guest.in.n.bad_payload, 0);
	quit_cleanly();
}

static void test_stats_come_in_time(void **state)
{
	struct proto_orders o = good_orders();
	uint64_t first, last;

	(void)state;
	get_ready(&o);
	send_epoch(PROTO_START, 9);
	wait_for_touches(9, 1);
	first = stats()->mono_ns;
	for (int i = 0; i < 10; i++)
		wait_for(PROTO_STATS);
	last = stats()->mono_ns;
	/* 10 periods of 100 ms; the machine may be slow, but it cannot be early */
	assert_in_range((last - first) / 1000000, 850, 5000);
	quit_cleanly();
}

/* All frames until the end of @number: no record may be older than @tsc. */
static void expect_fresh_stalls(uint32_t number, uint64_t tsc)
{
	uint64_t end = now_ms() + WAIT_MS;

	do {
		const struct proto_batch *batch = (const void *)guest.payload;
		const struct proto_stall *stall = (const void *)(batch + 1);

		assert_int_equal(next_frame(end), 0);
		if (guest.h.type == PROTO_STALLS && batch->epoch == number)
			assert_true(stall->start_tsc > tsc);
	} while (guest.h.type != PROTO_EPOCH_END);
	assert_int_equal(((struct proto_epoch_end *)guest.payload)->epoch, number);
}

static void test_start_while_running_restarts(void **state)
{
	struct proto_orders o = good_orders();
	uint64_t touches, tsc;

	(void)state;
	o.stall_ns = 1; /* so that the ring is full of the first epoch's records */
	get_ready(&o);
	send_epoch(PROTO_START, 1);
	for (int i = 0; i < 8; i++)
		wait_for_touches(1, 1);
	touches = vcpu_stats(0)->touches;
	tsc = stats()->tsc;
	send_epoch(PROTO_START, 2);
	wait_for_touches(2, 1);
	/* after one period, against eight: it began at 0 */
	assert_true(vcpu_stats(0)->touches < touches);
	send_epoch(PROTO_STOP, 1); /* not that one any more: left out */
	send_epoch(PROTO_STOP, 2);
	expect_fresh_stalls(2, tsc);
	quit_cleanly();
}

/* START is obeyed at once, also while the end of an epoch is being swept and reported. */
static void test_start_stop_flood(void **state)
{
	struct proto_orders o = good_orders();

	(void)state;
	get_ready(&o);
	for (uint32_t number = 1; number <= 200; number++) {
		send_epoch(PROTO_START, number);
		if (number % 3)
			send_epoch(PROTO_STOP, number);
	}
	send_epoch(PROTO_START, 1000);
	send_epoch(PROTO_STOP, 1000);
	do
		wait_for(PROTO_EPOCH_END);
	while (((struct proto_epoch_end *)guest.payload)->epoch != 1000);
	run_epoch(1001);
	assert_int_equal(epoch.hist.total, epoch.last.touches);
	quit_cleanly();
}

static void test_stalls_add_up(void **state)
{
	struct proto_orders o = good_orders();

	(void)state;
	o.stall_ns = 1;
	get_ready(&o);
	send_epoch(PROTO_START, 1);
	send_epoch(PROTO_STOP, 1);
	collect_epoch(1);
	assert_int_equal(epoch.last.stalls, epoch.last.touches);
	assert_int_equal(epoch.stalls + epoch.last.stalls_lost, epoch.last.stalls);
	quit_cleanly();
}

/*
 * A bit is flipped in the guest's memory from outside, as the integrity test does it in a
 * VM. It is looked for by its page's first pattern word.
 */
static uintptr_t find_pattern(uint64_t word)
{
	uintptr_t low, high, found = 0;
	char path[64], line[512];
	FILE *maps;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", guest.pid);
	fd = open(path, O_RDONLY);
	snprintf(path, sizeof(path), "/proc/%d/maps", guest.pid);
	maps = fopen(path, "r");
	assert_true(fd >= 0 && maps);
	while (!found && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx rw", &low, &high) != 2)
			continue;
		for (; low < high && !found; low += PROTO_PAGE_SIZE) {
			uint64_t first = 0;

			if (pread(fd, &first, sizeof(first), low) == sizeof(first) && first == word)
				found = low;
		}
	}
	fclose(maps);
	close(fd);
	return found;
}

static void flip(uintptr_t address)
{
	char path[64];
	uint64_t word;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", guest.pid);
	fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &word, sizeof(word), address), sizeof(word));
	word ^= 1ull << 40;
	assert_int_equal(pwrite(fd, &word, sizeof(word), address), sizeof(word));
	close(fd);
}

static void test_flipped_bit_is_reported(void **state)
{
	struct proto_orders o = good_orders();
	uintptr_t at;

	(void)state;
	o.write_ppm = 0;
	get_ready(&o);
	/* the first page of group 3, its host word */
	at = find_pattern(pattern_word(o.seed, 3, 0));
	assert_true(at != 0);
	flip(at + PATTERN_HOST_WORD * 8);
	/* no epoch long enough to touch it for sure, but the sweep looks at every word */
	send_epoch(PROTO_START, 1);
	send_epoch(PROTO_STOP, 1);
	collect_epoch(1);
	assert_int_equal(epoch.last.errors + epoch.end.sweep_errors, 1);
	assert_int_equal(epoch.corrupts, 1);
	assert_int_equal(epoch.corrupt.page, 3);
	assert_int_equal(epoch.corrupt.word, PATTERN_HOST_WORD);
	assert_true(epoch.corrupt.expected == pattern_word(o.seed, 3, PATTERN_HOST_WORD));
	assert_true((epoch.corrupt.found ^ epoch.corrupt.expected) == 1ull << 40);
	quit_cleanly();
}

static void expect_bad_orders(const void *payload, uint32_t length, const char *word)
{
	wait_for(PROTO_HELLO);
	send_frame(PROTO_ORDERS, payload, length);
	wait_for(PROTO_ERROR);
	guest.payload[guest.h.length] = '\0';
	if (!strstr((char *)guest.payload, word))
		fail_msg("\"%s\" does not name \"%s\"", (char *)guest.payload, word);
	assert_int_equal(exit_code(), 1);
}

static void test_bad_orders(void **state)
{
	static const struct {
		size_t offset;
		uint32_t value;
		const char *word;
	} bad[] = {
		{offsetof(struct proto_orders, vcpus), 0, "vcpus"},
		{offsetof(struct proto_orders, vcpus), 65, "vcpus"},
		{offsetof(struct proto_orders, vcpus), UINT32_MAX, "vcpus"},
		{offsetof(struct proto_orders, pages), 0, "pages"},
		{offsetof(struct proto_orders, pages), UINT32_MAX, "pages"},
		{offsetof(struct proto_orders, groups), 0, "groups"},
		{offsetof(struct proto_orders, groups), PAGES + 1, "groups"},
		{offsetof(struct proto_orders, write_ppm), 1000001, "write_ppm"},
		{offsetof(struct proto_orders, report_ms), 99, "report_ms"},
		{offsetof(struct proto_orders, report_ms), 60001, "report_ms"},
		{offsetof(struct proto_orders, stall_ns), 0, "stall_ns"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct proto_orders o = good_orders();

		if (i) {
			tear_down(state);
			assert_int_equal(set_up(state), 0);
		}
		o.stall_ns = 1000;
		memcpy((char *)&o + bad[i].offset, &bad[i].value, sizeof(bad[i].value));
		expect_bad_orders(&o, sizeof(o), bad[i].word);
	}
}

static void test_orders_of_wrong_length(void **state)
{
	struct proto_orders o = good_orders();

	(void)state;
	expect_bad_orders(&o, sizeof(o) - 1, "length");
}

static void test_orders_twice(void **state)
{
	struct proto_orders o = good_orders();

	(void)state;
	wait_for(PROTO_HELLO);
	send_orders(&o);
	send_orders(&o);
	wait_for(PROTO_READY);
	send_orders(&o);
	run_epoch(1);
	quit_cleanly();
}

/* Frames with good CRCs and nonsense in them, at every step. */
static void send_nonsense(void)
{
	uint8_t junk[300] = {0};

	for (uint16_t type = 0; type < 40; type++) {
		if (type != PROTO_ORDERS && type != PROTO_QUIT) {
			send_frame(type, junk, type * 7 % sizeof(junk));
			send_frame(type, junk, 0);
		}
	}
	send_epoch(PROTO_START, 0);
	send_epoch(PROTO_STOP, 0);
	send_epoch(PROTO_STOP, 12345);
}

static void send_damage(uint64_t seed)
{
	uint8_t junk[5000];
	struct proto_header h;

	for (size_t i = 0; i < sizeof(junk); i++) {
		seed = seed * 6364136223846793005ull + 1442695040888963407ull;
		junk[i] = seed >> 56;
	}
	send_raw(junk, sizeof(junk));
	/* a broken payload, a cut header, a magic alone, a lost and a doubled number */
	proto_seal(&h, PROTO_QUIT, guest.seq++, junk, 100);
	send_raw(&h, sizeof(h));
	send_raw(junk + 1, 100);
	send_raw(&h, 11);
	send_raw("HSS1HSS1HSS", 11);
	guest.seq += 3;
	send_frame(PROTO_START, junk, 8000);
	guest.seq--;
	send_frame(PROTO_QUIT, NULL, 0); /* a duplicate: must not be obeyed */
}

static void test_survives_garbage(void **state)
{
	struct proto_orders o = good_orders();

	(void)state;
	wait_for(PROTO_HELLO);
	send_damage(1);
	send_nonsense();
	send_damage(2);
	send_orders(&o);
	send_nonsense();
	wait_for(PROTO_READY);
	send_damage(3);
	send_nonsense();
	send_epoch(PROTO_START, 1);
	send_nonsense();
	send_damage(4);
	wait_for_touches(1, 100000);
	send_epoch(PROTO_STOP, 1);
	send_damage(5);
	collect_epoch(1);
	assert_int_equal(epoch.end.sweep_errors, 0);
	quit_cleanly();
}

/*
 * A frame that claims more than is sent keeps the reader waiting only until as many other bytes
 * have come: then the frames in between are found again.
 */
static void test_truncated_frame(void **state)
{
	struct proto_orders o = good_orders();
	uint8_t some[1000] = {0};
	struct proto_header h;

	(void)state;
	wait_for(PROTO_HELLO);
	proto_seal(&h, PROTO_START, guest.seq++, some, sizeof(some));
	send_raw(&h, sizeof(h));
	send_raw(some, 10);
	send_orders(&o);
	send_raw(some, sizeof(some));
	wait_for(PROTO_READY);
	run_epoch(1);
	quit_cleanly();
}

/* The host reads nothing for seconds: STATS are dropped and counted, the rest comes all the same.
 */
static void test_host_stops_reading(void **state)
{
	struct timespec pause = {.tv_sec = 2, .tv_nsec = 500000000};
	struct proto_orders o = good_orders();

	(void)state;
	o.stall_ns = 1; /* stalls fill every queue there is */
	get_ready(&o);
	send_epoch(PROTO_START, 1);
	nanosleep(&pause, NULL);
	send_epoch(PROTO_STOP, 1);
	collect_epoch(1);
	assert_true(epoch.last.stalls_lost > 0);
	assert_int_equal(epoch.stalls + epoch.last.stalls_lost, epoch.last.stalls);
	assert_int_equal(epoch.hist.total, epoch.last.touches);
	assert_int_equal(guest.in.n.lost, 0);
	quit_cleanly();
}

/* … and for good: QUIT is obeyed although nothing can be flushed. */
static void test_quit_without_reading(void **state)
{
	struct timespec pause = {.tv_sec = 1};
	struct proto_orders o = good_orders();

	(void)state;
	o.stall_ns = 1;
	get_ready(&o);
	send_epoch(PROTO_START, 1);
	nanosleep(&pause, NULL);
	send_frame(PROTO_QUIT, NULL, 0);
	assert_int_equal(exit_code(), 0);
}

static void hang_up(void)
{
	close(guest.fd);
	guest.fd = -1;
	assert_int_equal(exit_code(), 2);
}

static void test_hang_up_before_orders(void **state)
{
	(void)state;
	wait_for(PROTO_HELLO);
	hang_up();
}

static void test_hang_up_while_running(void **state)
{
	struct proto_orders o = good_orders();

	(void)state;
	get_ready(&o);
	send_epoch(PROTO_START, 1);
	wait_for_touches(1, 1000);
	hang_up();
}

static pid_t worker_tid(void)
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

/* A worker's SIGBUS (a poisoned page) ends in a clear word. */
static void test_fatal_signal(void **state)
{
	struct proto_orders o = good_orders();

	(void)state;
	get_ready(&o);
	send_epoch(PROTO_START, 1);
	wait_for_touches(1, 1000);
	assert_int_equal(tgkill(guest.pid, worker_tid(), SIGBUS), 0);
	wait_for(PROTO_ERROR);
	guest.payload[guest.h.length] = '\0';
	assert_non_null(strstr((char *)guest.payload, "SIGBUS"));
	assert_int_equal(exit_code(), 1);
}

static void test_two_workers(void **state)
{
	struct proto_orders o = good_orders();
	uint64_t end = now_ms() + WAIT_MS;

	(void)state;
	wait_for(PROTO_HELLO);
	if (((struct proto_hello *)guest.payload)->vcpus < 2)
		skip();
	o.vcpus = 2;
	send_orders(&o);
	wait_for(PROTO_READY);
	send_epoch(PROTO_START, 1);
	do {
		if (now_ms() > end)
			fail_msg("two workers never had 1000 touches each");
		wait_for(PROTO_STATS);
	} while (vcpu_stats(0)->touches < 1000 || vcpu_stats(1)->touches < 1000);
	assert_int_equal(stats()->vcpus, 2);
	send_epoch(PROTO_STOP, 1);
	wait_for(PROTO_EPOCH_END);
	assert_int_equal(((struct proto_epoch_end *)guest.payload)->sweep_errors, 0);
	quit_cleanly();
}

#define guest_test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		guest_test(test_hello),
		guest_test(test_map_covers_every_page_once),
		guest_test(test_epochs),
		guest_test(test_stats_come_in_time),
		guest_test(test_start_while_running_restarts),
		guest_test(test_start_stop_flood),
		guest_test(test_stalls_add_up),
		guest_test(test_flipped_bit_is_reported),
		guest_test(test_bad_orders),
		guest_test(test_orders_of_wrong_length),
		guest_test(test_orders_twice),
		guest_test(test_survives_garbage),
		guest_test(test_truncated_frame),
		guest_test(test_host_stops_reading),
		guest_test(test_quit_without_reading),
		guest_test(test_hang_up_before_orders),
		guest_test(test_hang_up_while_running),
		guest_test(test_fatal_signal),
		guest_test(test_two_workers),
	};

	return cmocka_run_group_tests_name("guest_proc", tests, NULL, NULL);
}
