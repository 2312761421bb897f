/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trace.c - --trace: what attrib has found comes out again when the file is decoded. Would pass
 * silently if encoder and decoder were of one mind and wrong: the lab's test has another decoder,
 * in Python, and docs/trace.md says how Perfetto's own was tried.
 */
#include "capture.h"
#include "report/trace.h"

#include <stdlib.h>
#include <string.h>

#define RAM_HVA 0x10000000ull
#define NAMES 64
#define FLOWS 256

/* What has been decoded. */
static struct {
	struct {
		char category[32], name[64];
		unsigned int n;
	} slice[NAMES];
	size_t names;
	uint64_t flow[FLOWS], flow_end[FLOWS];
	size_t flows, flow_ends;
	unsigned int begins, ends, tracks, left_out, deepest, depth[2048];
	uint64_t last[2048]; /* time of each track's last event */
} got;

static uint64_t number(const uint8_t **p)
{
	uint64_t value = 0;
	int shift = 0;

	do
		value |= (uint64_t)(**p & 0x7f) << shift;
	while (shift += 7, *(*p)++ & 0x80);
	return value;
}

struct field {
	uint32_t number;
	uint64_t value; /* or length */
	const uint8_t *data;
};

static bool next(const uint8_t **p, const uint8_t *end, struct field *f)
{
	uint64_t tag;

	if (*p >= end)
		return false;
	tag = number(p);
	f->number = (uint32_t)(tag >> 3);
	switch (tag & 7) {
	case 0:
		f->value = number(p);
		break;
	case 1:
		memcpy(&f->value, *p, 8);
		*p += 8;
		break;
	case 2:
		f->value = number(p);
		f->data = *p;
		*p += f->value;
		break;
	default:
		fail_msg("wire type %u", (unsigned int)(tag & 7));
	}
	assert_true(*p <= end);
	return true;
}

static void count(const char *category, const char *name)
{
	size_t i = 0;

	while (i < got.names &&
	       (strcmp(got.slice[i].category, category) || strcmp(got.slice[i].name, name)))
		i++;
	assert_true(i < NAMES);
	if (i == got.names) {
		strcpy(got.slice[got.names].category, category);
		strcpy(got.slice[got.names++].name, name);
	}
	got.slice[i].n++;
}

static unsigned int counted(const char *category, const char *name)
{
	for (size_t i = 0; i < got.names; i++)
		if (!strcmp(got.slice[i].category, category) && !strcmp(got.slice[i].name, name))
			return got.slice[i].n;
	return 0;
}

static void copy(char *to, size_t size, const struct field *f)
{
	snprintf(to, size, "%.*s", (int)f->value, (const char *)f->data);
}

static void take_event(const struct field *event, uint64_t ns)
{
	const uint8_t *p = event->data, *end = p + event->value;
	char category[32] = "", name[64] = "";
	uint64_t type = 0, track = 0;
	struct field f;

	while (next(&p, end, &f)) {
		if (f.number == 9)
			type = f.value;
		else if (f.number == 11)
			track = f.value;
		else if (f.number == 22)
			copy(category, sizeof(category), &f);
		else if (f.number == 23)
			copy(name, sizeof(name), &f);
		else if (f.number == 47)
			got.flow[got.flows++] = f.value;
		else if (f.number == 48)
			got.flow_end[got.flow_ends++] = f.value;
	}
	assert_true(track && track < 2048);
	assert_true(ns >= got.last[track]);
	got.last[track] = ns;
	if (type == 2) {
		assert_true(got.depth[track]);
		got.depth[track]--;
		got.ends++;
		return;
	}
	count(category, name);
	if (type == 3)
		return;
	got.begins++;
	if (++got.depth[track] > got.deepest)
		got.deepest = got.depth[track];
}

static void decode(const char *path)
{
	auto_free char *text = NULL;
	const uint8_t *p, *end;
	struct field packet, f;
	size_t len;

	memset(&got, 0, sizeof(got));
	assert_int_equal(file_slurp(path, &text, &len), 0);
	for (p = (uint8_t *)text, end = p + len; next(&p, end, &packet);) {
		const uint8_t *q = packet.data;
		uint64_t ns = 0;

		assert_int_equal(packet.number, 1);
		while (next(&q, packet.data + packet.value, &f)) {
			if (f.number == 8)
				ns = f.value;
			got.tracks += f.number == 60;
			if (f.number == 11)
				take_event(&f, ns);
		}
	}
	assert_int_equal(got.begins, got.ends);
}

static struct attrib *a;
static struct trace *t;
static char path[] = "/tmp/host-stress-trace-XXXXXX";

static void event(const struct probe_event *e)
{
	attrib_event(a, e);
}

static void window(uint64_t id, uint64_t t0, uint64_t t2, uint32_t tid, uint64_t page)
{
	event(&(struct probe_event){.type = PROBE_START,
				    .id = id,
				    .begin_ns = t0,
				    .ns = (t0 + t2) / 2,
				    .address = RAM_HVA + 4096 * page,
				    .length = 4096,
				    .tid = tid,
				    .thread = THREAD_KSMD,
				    .reason = REASON_CLEAR});
	event(&(struct probe_event){.type = PROBE_END, .id = id, .begin_ns = t2, .ns = t2});
}

static void fault(uint64_t begin, uint64_t ns, uint64_t page, enum probe_outcome outcome)
{
	event(&(struct probe_event){.type = PROBE_FAULT,
				    .begin_ns = begin,
				    .ns = ns,
				    .address = 4096 * page,
				    .length = 4096,
				    .outcome = (uint8_t)outcome});
}

static int open_all(size_t most)
{
	const struct attrib_config config = {.ram = {{0, RAM_HVA, 1 << 20}}, .vcpus = 1};

	return attrib_open(&a, &config) ?: trace_open(&t, "vm", 1, most);
}

static void close_all(void)
{
	attrib_close(a);
	trace_close(t);
}

static void finish(uint64_t ns)
{
	attrib_end(a, ns);
	assert_int_equal(trace_end(t, ns), 0);
}

static void comes_back(void **state)
{
	struct attrib_stall stall = {.begin_ns = 2000, .end_ns = 4000};

	(void)state;
	assert_int_equal(open_all(1000), 0);
	window(1, 100, 200, 7, 1); /* before the stretch: not in it */
	attrib_begin(a, 1000);
	trace_begin(t, a, "first", 1000);
	window(1, 1100, 1200, 7, 1);
	fault(1300, 1400, 1, OUTCOME_FIXED); /* a refault of it */
	event(&(struct probe_event){
		.type = PROBE_OFF, .begin_ns = 1520, .ns = 1560, .comm = "kswapd0"});
	fault(1500, 1600, 9, OUTCOME_FIXED);
	/* began before the window is heard of, ends within it: judged again */
	fault(2010, 2030, 2, OUTCOME_RETRY);
	window(2, 2000, 2100, 8, 2);
	event(&(struct probe_event){.type = PROBE_EXIT, .begin_ns = 2200, .ns = 2300});
	attrib_reached(a, 10000);
	attrib_stall(a, &stall);
	finish(10000);
	attrib_begin(a, 11000);
	trace_begin(t, a, "second", 11000);
	window(3, 11100, 11200, 7, 3);
	finish(12000);
	assert_int_equal(trace_write(t, path), 0);
	assert_int_equal(trace_left_out(t), 0);
	decode(path);
	assert_int_equal(counted("phase", "first"), 1);
	assert_int_equal(counted("phase", "second"), 1);
	assert_int_equal(counted("window", "clear"), 3);
	assert_int_equal(counted("fault", "refault"), 1);
	assert_int_equal(counted("fault", "inside"), 1);
	assert_int_equal(counted("fault", "other_fault"), 1);
	assert_int_equal(counted("off", "preempted by kswapd0"), 1);
	assert_int_equal(counted("stall", "unknown"), 1);
	assert_int_equal(got.begins, 2 + 3 + 3 + 1 + 1 + 1);
	assert_int_equal(got.deepest, 2);    /* the time off the CPU within the fault */
	assert_int_equal(got.tracks, 2 + 4); /* the VM, phases; vCPU, its stalls, two threads */
	assert_int_equal(got.flows, 2);	     /* from each window to its one fault */
	assert_int_equal(got.flow_ends, 2);
	close_all();
}

/* Windows of one thread that lie across each other are on tracks of their own. */
static void crosses(void **state)
{
	struct probe_event e = {.type = PROBE_START,
				.id = 1,
				.begin_ns = 1100,
				.ns = 1110,
				.address = RAM_HVA,
				.length = 4096};

	(void)state;
	assert_int_equal(open_all(1000), 0);
	attrib_begin(a, 1000);
	trace_begin(t, a, "first", 1000);
	event(&e);
	e.id = 2;
	e.begin_ns = e.ns = 1200;
	event(&e);
	event(&(struct probe_event){.type = PROBE_END, .id = 1, .begin_ns = 1300, .ns = 1300});
	event(&(struct probe_event){.type = PROBE_END, .id = 2, .begin_ns = 1400, .ns = 1400});
	finish(2000);
	assert_int_equal(trace_write(t, path), 0);
	decode(path);
	assert_int_equal(counted("window", "unmap"), 2);
	assert_int_equal(got.deepest, 1);
	assert_int_equal(got.tracks, 2 + 2);
	close_all();
}

static void is_bounded(void **state)
{
	(void)state;
	assert_int_equal(open_all(8), 0);
	attrib_begin(a, 1000);
	trace_begin(t, a, "first", 1000);
	for (uint64_t i = 0; i < 20; i++)
		window(i + 1, 2000 + 100 * i, 2050 + 100 * i, 7, i);
	finish(9000);
	assert_int_equal(trace_write(t, path), 0);
	assert_int_equal(trace_left_out(t), 12);
	decode(path);
	assert_int_equal(counted("window", "clear"), 8);
	assert_int_equal(counted("left_out", "12 events left out"), 1);
	close_all();
}

static int make_path(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int remove_path(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_back),
		cmocka_unit_test(crosses),
		cmocka_unit_test(is_bounded),
	};

	return cmocka_run_group_tests_name("trace", tests, make_path, remove_path);
}
