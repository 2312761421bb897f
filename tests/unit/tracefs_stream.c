// SPDX-License-Identifier: GPL-2.0-only
/*
 * tracefs_stream.c - binary ring-buffer pages, made by hand (kernel/trace/ring_buffer.c struct
 * buffer_data_page, include/linux/ring_buffer.h enum ring_buffer_type), read out of plain files in
 * the place of per_cpu/cpuN/trace_pipe_raw.
 */
#include "capture.h"
#include "probe_tracefs.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#define PAGE 4096
#define HEADER 16
#define ID 300
#define PADDING 29u
#define EXTEND 30u
#define STAMP 31u
#define MISSED (1u << 31)
#define MISSED_STORED (1u << 30)

static char dir[64];
static struct stream *stream;

/* One page under construction. */
struct page {
	char data[PAGE];
	size_t at;
};

static void put(struct page *p, const void *data, size_t len)
{
	memcpy(p->data + HEADER + p->at, data, len);
	p->at += len;
}

static void put32(struct page *p, uint32_t v)
{
	put(p, &v, sizeof(v));
}

static void page_begin(struct page *p, uint64_t ns)
{
	*p = (struct page){0};
	memcpy(p->data, &ns, sizeof(ns));
}

/* A record of RECORD_LEVEL, 16 bytes: common fields, level. */
static void put_record(struct page *p, uint32_t delta, int tid, uint8_t level)
{
	uint16_t id = ID;
	char payload[16] = {0};

	memcpy(payload, &id, 2);
	memcpy(payload + 4, &tid, 4);
	payload[8] = (char)level;
	put32(p, delta << 5 | sizeof(payload) / 4);
	put(p, payload, sizeof(payload));
}

static void page_end(struct page *p, unsigned int cpu, uint32_t flags)
{
	char path[128];
	uint64_t commit = p->at | flags;
	FILE *f;

	memcpy(p->data + 8, &commit, sizeof(commit));
	snprintf(path, sizeof(path), "%s/per_cpu/cpu%u", dir, cpu);
	(void)mkdir(path, 0700);
	strcat(path, "/trace_pipe_raw");
	f = fopen(path, "a");
	assert_non_null(f);
	assert_int_equal(fwrite(p->data, PAGE, 1, f), 1);
	fclose(f);
}

static int make(void **state)
{
	char path[80];

	(void)state;
	strcpy(dir, "/tmp/stream.XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/per_cpu", dir);
	stream = NULL;
	return mkdir(path, 0700);
}

static int unmake(void **state)
{
	char command[128];

	(void)state;
	stream_close(stream);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command);
}

static void begin_stream(void)
{
	struct record_format f = {.id = ID,
				  .kind = RECORD_LEVEL,
				  .fields = 1,
				  .field = {{.offset = 8, .size = 1}}};

	assert_int_equal(stream_open(&stream, dir, PAGE), 0);
	stream_format(stream, &f);
}

struct seen {
	struct record r[64];
	unsigned int n;
};

static void see(void *arg, const struct record *r)
{
	struct seen *s = arg;

	assert_true(s->n < ARRAY_SIZE(s->r));
	s->r[s->n++] = *r;
}

static struct seen read_all(uint64_t until)
{
	struct seen s = {0};

	assert_int_equal(stream_read(stream, until, see, &s), 0);
	return s;
}

static void records_and_deltas(void **state)
{
	struct page p;
	struct seen s;

	(void)state;
	page_begin(&p, 1000);
	put_record(&p, 0, 7, 1);
	put_record(&p, 5, 8, 2);
	put_record(&p, 1u << 26, 9, 3);
	page_end(&p, 0, 0);
	begin_stream();
	s = read_all(UINT64_MAX);
	assert_int_equal(s.n, 3);
	assert_int_equal(s.r[0].ns, 1000);
	assert_int_equal(s.r[1].ns, 1005);
	assert_int_equal(s.r[2].ns, 1005 + (1u << 26));
	assert_int_equal(s.r[1].tid, 8);
	assert_int_equal(s.r[1].value[0], 2);
	assert_int_equal(s.r[1].kind, RECORD_LEVEL);
	assert_int_equal(stream_strange(stream), 0);
}

static void time_extends(void **state)
{
	struct page p;
	struct seen s;

	(void)state;
	page_begin(&p, 1000);
	put32(&p, 3u << 5 | EXTEND); /* 3 + (2 << 27) */
	put32(&p, 2);
	put_record(&p, 1, 7, 1);
	put32(&p, 11u << 5 | STAMP); /* absolute: 11 + (40 << 27) */
	put32(&p, 40);
	put_record(&p, 2, 8, 1);
	page_end(&p, 0, 0);
	begin_stream();
	s = read_all(UINT64_MAX);
	assert_int_equal(s.n, 2);
	assert_int_equal(s.r[0].ns, 1000 + 3 + (2ull << 27) + 1);
	assert_int_equal(s.r[1].ns, 11 + (40ull << 27) + 2);
}

/* A record that was taken back (a filter) leaves padding of its length; the rest of a page, too. */
static void padding(void **state)
{
	struct page p;
	struct seen s;

	(void)state;
	page_begin(&p, 1000);
	put_record(&p, 1, 7, 1);
	put32(&p, 4u << 5 | PADDING);
	put32(&p, 12); /* bytes behind the first word */
	put32(&p, 0xffffffff);
	put32(&p, 0xffffffff);
	put_record(&p, 1, 8, 2);
	put32(&p, PADDING);
	page_end(&p, 0, 0);
	page_begin(&p, 2000);
	put_record(&p, 1, 9, 3);
	page_end(&p, 0, 0);
	begin_stream();
	s = read_all(UINT64_MAX);
	assert_int_equal(s.n, 3);
	assert_int_equal(s.r[0].tid, 7);
	assert_int_equal(s.r[1].tid, 8);
	assert_int_equal(s.r[1].ns, 1006);
	assert_int_equal(s.r[2].ns, 2001);
}

/* A long record has its length in a word of its own. */
static void long_records(void **state)
{
	struct page p;
	struct seen s;
	char payload[200] = {0};

	(void)state;
	memcpy(payload, &(uint16_t){ID}, 2);
	memcpy(payload + 4, &(int){7}, 4);
	payload[8] = 4;
	page_begin(&p, 1000);
	put32(&p, 1u << 5);
	put32(&p, 4 + sizeof(payload));
	put(&p, payload, sizeof(payload));
	put_record(&p, 1, 8, 2);
	page_end(&p, 0, 0);
	begin_stream();
	s = read_all(UINT64_MAX);
	assert_int_equal(s.n, 2);
	assert_int_equal(s.r[0].value[0], 4);
	assert_int_equal(s.r[1].ns, 1002);
}

static void merged_by_time(void **state)
{
	struct page p;
	struct seen s;

	(void)state;
	for (unsigned int cpu = 0; cpu < 12; cpu++) { /* by name cpu10 comes before cpu2 */
		page_begin(&p, 1000 + cpu / 2);	      /* of equal times the lower number first */
		put_record(&p, 0, 100 + (int)cpu, 1);
		put_record(&p, 50 - 2 * cpu, 200 + (int)cpu, 1);
		page_end(&p, cpu, 0);
	}
	page_begin(&p, 1041);
	put_record(&p, 0, 300, 1); /* the second page of one, between the others' records */
	page_end(&p, 11, 0);
	begin_stream();
	s = read_all(UINT64_MAX);
	assert_int_equal(s.n, 25);
	for (unsigned int i = 1; i < s.n; i++)
		assert_true(s.r[i - 1].ns <= s.r[i].ns);
	for (unsigned int cpu = 0; cpu < 12; cpu++)
		assert_int_equal(s.r[cpu].cpu, cpu);
}

/* What is newer than the time given waits for the next call, whole. */
static void held_back(void **state)
{
	struct page p;
	struct seen s;

	(void)state;
	page_begin(&p, 1000);
	put_record(&p, 0, 7, 1);
	put_record(&p, 10, 8, 2);
	put_record(&p, 10, 9, 3);
	page_end(&p, 0, 0);
	begin_stream();
	assert_int_equal(read_all(999).n, 0);
	s = read_all(1010);
	assert_int_equal(s.n, 2);
	page_begin(&p, 1030);
	put_record(&p, 0, 10, 4);
	page_end(&p, 0, 0); /* comes while the last one still waits */
	s = read_all(1030);
	assert_int_equal(s.n, 2);
	assert_int_equal(s.r[0].tid, 9);
	assert_int_equal(s.r[0].ns, 1020);
	assert_int_equal(s.r[1].tid, 10);
}

/* Partly filled pages, empty ones, and ones behind which records were lost. */
static void partial_and_lost(void **state)
{
	struct page p;
	struct seen s;

	(void)state;
	page_begin(&p, 1000);
	page_end(&p, 0, 0);
	page_begin(&p, 2000);
	put_record(&p, 0, 7, 1);
	memset(p.data + HEADER + p.at, 0x41, 64); /* what an older lap has left there */
	page_end(&p, 0, MISSED);
	page_begin(&p, 3000);
	put_record(&p, 0, 8, 1);
	memcpy(p.data + HEADER + p.at, &(uint64_t){55}, 8); /* their number, behind the data */
	page_end(&p, 0, MISSED | MISSED_STORED);
	begin_stream();
	s = read_all(UINT64_MAX);
	assert_int_equal(s.n, 2);
	assert_int_equal(s.r[0].ns, 2000);
	assert_int_equal(s.r[1].ns, 3000);
}

static void full_page(void **state)
{
	struct page p;
	unsigned int n = 0;
	struct seen s;

	(void)state;
	page_begin(&p, 1000);
	while (p.at + 104 <= PAGE - HEADER) { /* 25 words and their header: the page is full */
		char payload[96] = {0};

		memcpy(payload, &(uint16_t){ID}, 2);
		put32(&p, 1u << 5 | sizeof(payload) / 4);
		put(&p, payload, sizeof(payload));
		n++;
	}
	page_end(&p, 0, 0);
	begin_stream();
	s = read_all(UINT64_MAX);
	assert_int_equal(s.n, n);
	assert_int_equal(s.r[n - 1].ns, 1000 + n);
}

static void damaged_page(void **state)
{
	struct page p;
	struct seen s = {0};

	(void)state;
	page_begin(&p, 1000);
	put_record(&p, 0, 7, 1);
	p.at = PAGE; /* more than there is room for */
	page_end(&p, 0, 0);
	begin_stream();
	assert_int_equal(stream_read(stream, UINT64_MAX, see, &s), -EPROTO);
	assert_int_equal(s.n, 0);
}

static void strangers_are_counted(void **state)
{
	struct page p;
	struct seen s;

	(void)state;
	page_begin(&p, 1000);
	put32(&p, 1u << 5 | 2);
	put32(&p, ID + 1); /* nobody's */
	put32(&p, 7);
	put32(&p, 1u << 5 | 2);
	put32(&p, ID); /* too short for its fields */
	put32(&p, 7);
	put_record(&p, 1, 8, 2);
	page_end(&p, 0, 0);
	begin_stream();
	s = read_all(UINT64_MAX);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.r[0].ns, 1003);
	assert_int_equal(stream_strange(stream), 2);
}

static void no_cpu(void **state)
{
	(void)state;
	assert_int_equal(stream_open(&stream, dir, PAGE), -ENOENT);
	assert_int_equal(stream_open(&stream, "/nonexistent", PAGE), -ENOENT);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make, unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(records_and_deltas),
		TEST(time_extends),
		TEST(padding),
		TEST(long_records),
		TEST(merged_by_time),
		TEST(held_back),
		TEST(partial_and_lost),
		TEST(full_page),
		TEST(damaged_page),
		TEST(no_cpu),
		TEST(strangers_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
