/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * proto.c - the frame reader against everything that a stream can do to it.
 *
 * Two invariants are checked in every test by drain(): the reader answers 0 after finitely many
 * frames and then has room for more; and every byte it was given is in a good frame, skipped, in a
 * duplicate, or still waiting.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire/proto.h"

#define HEADER sizeof(struct proto_header)
#define STREAM_BYTES (1u << 20)

static struct proto_reader reader;
static uint8_t stream[STREAM_BYTES];
static size_t filled;

/* What drain() saw. */
static struct {
	uint32_t frames;
	uint64_t bytes; /* of good frames */
	uint32_t last_seq;
	uint16_t last_type;
	uint32_t last_length;
	uint8_t payload[PROTO_MAX_PAYLOAD];
} seen;

static int set_up(void **state)
{
	(void)state;
	proto_reader_init(&reader);
	memset(&seen, 0, sizeof(seen));
	filled = 0;
	return 0;
}

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static size_t add_frame(uint16_t type, uint32_t seq, const void *payload, uint32_t length)
{
	struct proto_header h;
	size_t at = filled;

	assert_true(filled + HEADER + length <= sizeof(stream));
	proto_seal(&h, type, seq, payload, length);
	memcpy(stream + filled, &h, HEADER);
	if (length)
		memcpy(stream + filled + HEADER, payload, length);
	filled += HEADER + length;
	return at;
}

static void add_numbered(uint32_t seq)
{
	char text[] = "payload";

	add_frame(PROTO_STATS, seq, text, sizeof(text));
}

static void add_garbage(size_t bytes, uint64_t seed)
{
	for (size_t i = 0; i < bytes; i++)
		stream[filled++] = next_random(&seed) >> 32;
}

static void drain(void)
{
	struct proto_header h;
	const uint8_t *payload;
	size_t room;

	while (proto_next(&reader, &h, &payload) > 0) {
		assert_true(h.length <= PROTO_MAX_PAYLOAD);
		assert_true(payload >= reader.buf &&
			    payload + h.length <= reader.buf + sizeof(reader.buf));
		memcpy(seen.payload, payload, h.length);
		seen.frames++;
		seen.bytes += HEADER + h.length;
		seen.last_seq = h.seq;
		seen.last_type = h.type;
		seen.last_length = h.length;
		assert_true(seen.frames < 1000000);
	}
	proto_reader_space(&reader, &room);
	assert_true(room >= HEADER + PROTO_MAX_PAYLOAD);
	assert_int_equal(reader.n.frames, seen.frames);
	if (!reader.n.duplicate)
		assert_int_equal(reader.n.bytes,
				 seen.bytes + reader.n.skipped_bytes + proto_pending(&reader));
}

static void feed(const uint8_t *data, size_t bytes, size_t step)
{
	while (bytes) {
		size_t room, part = bytes < step ? bytes : step;
		uint8_t *to = proto_reader_space(&reader, &room);

		part = part < room ? part : room;
		memcpy(to, data, part);
		proto_reader_fed(&reader, part);
		data += part;
		bytes -= part;
		drain();
	}
}

static void feed_all(void)
{
	feed(stream, filled, sizeof(stream));
}

/* bad_header, bad_payload, lost, late, duplicate */
static void expect(uint64_t header, uint64_t payload, uint64_t lost, uint64_t late,
		   uint64_t duplicate)
{
	assert_int_equal(reader.n.bad_header, header);
	assert_int_equal(reader.n.bad_payload, payload);
	assert_int_equal(reader.n.lost, lost);
	assert_int_equal(reader.n.late, late);
	assert_int_equal(reader.n.duplicate, duplicate);
}

/* RFC 3720 appendix B.4; the last is the check value of the CRC catalogues (CRC-32/ISCSI). */
static void test_crc_vectors(void **state)
{
	static const uint8_t read10[48] = {
		0x01, 0xc0, [16] = 0x14, [22] = 0x04, [27] = 0x14, [31] = 0x18, 0x28, [40] = 0x02};
	uint8_t data[32];

	(void)state;
	memset(data, 0, sizeof(data));
	assert_int_equal(proto_crc32c(0, data, sizeof(data)), 0x8a9136aa);
	memset(data, 0xff, sizeof(data));
	assert_int_equal(proto_crc32c(0, data, sizeof(data)), 0x62a8ab43);
	for (int i = 0; i < 32; i++)
		data[i] = i;
	assert_int_equal(proto_crc32c(0, data, sizeof(data)), 0x46dd794e);
	for (int i = 0; i < 32; i++)
		data[i] = 31 - i;
	assert_int_equal(proto_crc32c(0, data, sizeof(data)), 0x113fdb5c);
	assert_int_equal(proto_crc32c(0, read10, sizeof(read10)), 0xd9963a56);
	assert_int_equal(proto_crc32c(0, "123456789", 9), 0xe3069283);
	assert_int_equal(proto_crc32c(proto_crc32c(0, "1234", 4), "56789", 5), 0xe3069283);
	assert_int_equal(proto_crc32c(0, NULL, 0), 0);
}

static void test_round_trip(void **state)
{
	static uint8_t payload[PROTO_MAX_PAYLOAD];
	static const uint32_t lengths[] = {
		0, 1, 7, 8, 4096, PROTO_MAX_PAYLOAD - 1, PROTO_MAX_PAYLOAD};
	uint32_t n = sizeof(lengths) / sizeof(lengths[0]);
	uint64_t seed = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = next_random(&seed);
	for (uint32_t i = 0; i < n; i++) {
		filled = 0;
		add_frame(PROTO_HIST + i, i, payload, lengths[i]);
		feed_all();
		assert_int_equal(seen.frames, i + 1);
		assert_int_equal(seen.last_seq, i);
		assert_int_equal(seen.last_type, PROTO_HIST + i);
		assert_int_equal(seen.last_length, lengths[i]);
		assert_memory_equal(seen.payload, payload, lengths[i]);
	}
	expect(0, 0, 0, 0, 0);
	assert_int_equal(reader.n.skipped_bytes, 0);
	assert_int_equal(proto_pending(&reader), 0);
}

/* The longest frames there are: as many pages, records and runs as fit are never one too many. */
static void test_full_payloads(void **state)
{
	static const struct {
		size_t head, record;
	} part[] = {
		{sizeof(struct proto_touched), sizeof(uint32_t)},
		{sizeof(struct proto_batch), sizeof(struct proto_stall)},
		{0, sizeof(struct proto_run)},
	};
	static uint8_t payload[PROTO_MAX_PAYLOAD];

	(void)state;
	for (uint32_t i = 0; i < sizeof(part) / sizeof(part[0]); i++) {
		uint32_t room = PROTO_MAX_PAYLOAD - part[i].head;
		uint32_t length = part[i].head + room / part[i].record * part[i].record;

		assert_in_range(length, PROTO_MAX_PAYLOAD - part[i].record + 1, PROTO_MAX_PAYLOAD);
		filled = 0;
		add_frame(PROTO_TOUCHED, 2 * i, payload, length);
		add_frame(PROTO_PONG, 2 * i + 1, payload, sizeof(struct proto_ping));
		feed(stream, filled, 1000);
		assert_int_equal(seen.frames, 2 * (i + 1));
		assert_int_equal(seen.last_type, PROTO_PONG);
	}
	expect(0, 0, 0, 0, 0);
}

static void test_byte_by_byte_and_odd_pieces(void **state)
{
	static uint8_t payload[3000];
	static const size_t steps[] = {1, 2, 3, 23, 24, 25, 1000, 16408, 20000};

	for (size_t s = 0; s < sizeof(steps) / sizeof(steps[0]); s++) {
		set_up(state);
		add_garbage(77, 99);
		for (uint32_t i = 0; i < 40; i++)
			add_frame(PROTO_MAP, i, payload, i * 70);
		feed(stream, filled, steps[s]);
		assert_int_equal(seen.frames, 40);
		assert_int_equal(reader.n.skipped_bytes, 77);
		expect(0, 0, 0, 0, 0);
	}
}

static void test_truncation_everywhere(void **state)
{
	char text[] = "some payload of a frame";
	size_t whole;

	add_frame(PROTO_STATS, 0, text, sizeof(text));
	whole = filled;
	for (size_t cut = 0; cut < whole; cut++) {
		set_up(state);
		feed(stream, cut, cut);
		assert_int_equal(seen.frames, 0);
		assert_int_equal(proto_pending(&reader), cut);
		/* The stream goes on with whole frames: the short one costs no other. */
		filled = whole;
		for (uint32_t i = 1; i < 4; i++)
			add_frame(PROTO_STATS, i, text, sizeof(text));
		feed(stream + whole, filled - whole, 1000);
		assert_int_equal(seen.frames, 3);
		assert_int_equal(seen.last_seq, 3);
		/* Counted once: as lost, as a broken header, or as a broken payload. */
		assert_int_equal(reader.n.lost + reader.n.bad_header + reader.n.bad_payload, 1);
	}
}

static void test_every_bit_flip(void **state)
{
	char text[] = "0123456789";
	size_t whole = 3 * (HEADER + sizeof(text)), one = HEADER + sizeof(text);

	for (size_t bit = 0; bit < one * 8; bit++) {
		size_t at = one + bit / 8;

		set_up(state);
		for (uint32_t i = 0; i < 3; i++)
			add_frame(PROTO_STATS, i, text, sizeof(text));
		assert_int_equal(filled, whole);
		stream[at] ^= 1 << bit % 8;
		feed(stream, filled, 7);
		assert_int_equal(seen.frames, 2);
		assert_int_equal(seen.last_seq, 2);
		assert_int_equal(reader.n.skipped_bytes, one);
		if (at < one + 4) { /* the magic */
			expect(0, 0, 1, 0, 0);
			continue;
		}
		/* The payload's CRC is the header's last field; a flip in it is a bad payload. */
		if (at < one + offsetof(struct proto_header, payload_crc))
			expect(1, 0, 0, 0, 0);
		else
			expect(0, 1, 0, 0, 0);
		assert_int_equal(reader.n.bad_offset, one);
	}
}

static void test_resync_after_garbage(void **state)
{
	(void)state;
	add_garbage(100000, 1);
	add_numbered(0);
	add_garbage(5, 2);
	memcpy(stream + filled, "HSS1HSS1HHSSHSS", 15);
	filled += 15;
	add_numbered(1);
	add_garbage(50000, 3);
	feed(stream, filled, 4096);
	assert_int_equal(seen.frames, 2);
	assert_true(reader.n.skipped_bytes >= 150020 - 4);
	assert_int_equal(reader.n.lost, 0);
}

/* "HSS1" over and over: every fourth byte begins a header that is none. */
static void test_magic_flood(void **state)
{
	(void)state;
	for (int i = 0; i < 50000; i++) {
		memcpy(stream + filled, "HSS1", 4);
		filled += 4;
	}
	add_numbered(0);
	feed(stream, filled, 1000);
	assert_int_equal(seen.frames, 1);
	assert_true(reader.n.bad_header >= 49990);
}

static void test_lost_late_duplicate(void **state)
{
	static const uint32_t order[] = {0, 1, 1, 5, 3, 3, 4, 6, 0};

	(void)state;
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		add_numbered(order[i]);
	feed_all();
	/* handed on: 0 1 5 3 4 6; 2 3 4 were missed at 5, 3 and 4 came late */
	assert_int_equal(seen.frames, 6);
	expect(0, 0, 3, 2, 3);
}

static void test_gap_beyond_memory(void **state)
{
	(void)state;
	add_numbered(0);
	add_numbered(1000);
	add_numbered(1000);
	add_numbered(999);
	add_numbered(10); /* too old to tell: handed on as late, so that a restart is seen */
	add_numbered(1001);
	feed_all();
	assert_int_equal(seen.frames, 5);
	expect(0, 0, 999, 2, 1);
}

/* Where the reader's 64 bits of memory end. */
static void test_gap_of_63_to_65(void **state)
{
	for (uint32_t gap = 62; gap < 67; gap++) {
		set_up(state);
		for (uint32_t i = 0; i < 3; i++)
			add_numbered(i);
		add_numbered(2 + gap);
		add_numbered(2 + gap);
		add_numbered(1 + gap);
		add_numbered(gap);
		feed_all();
		assert_int_equal(seen.frames, 6);
		expect(0, 0, gap - 1, 2, 1);
	}
}

static void test_numbers_wrap(void **state)
{
	(void)state;
	reader.next_seq = UINT32_MAX - 1;
	add_numbered(UINT32_MAX - 1);
	add_numbered(UINT32_MAX);
	add_numbered(0);
	add_numbered(UINT32_MAX);
	add_numbered(2);
	feed_all();
	assert_int_equal(seen.frames, 4);
	expect(0, 0, 1, 0, 1);
}

/* A length that lies is found by the header's CRC, before anybody waits for that many bytes. */
static void test_length_corrupt(void **state)
{
	uint32_t huge = UINT32_MAX;
	size_t at;

	(void)state;
	add_numbered(0);
	at = filled;
	add_numbered(1);
	memcpy(stream + at + offsetof(struct proto_header, length), &huge, 4);
	add_numbered(2);
	feed_all();
	assert_int_equal(seen.frames, 2);
	expect(1, 0, 0, 0, 0);
	assert_int_equal(proto_pending(&reader), 0);
}

static void reseal_header(struct proto_header *h)
{
	h->header_crc = proto_crc32c(0, h, offsetof(struct proto_header, header_crc));
}

/* A sealed header that asks for more than a frame may have, or speaks another version. */
static void test_version_and_limit(void **state)
{
	(void)state;
	for (int what = 0; what < 2; what++) {
		struct proto_header h;
		size_t at;

		set_up(state);
		add_numbered(0);
		at = filled;
		add_numbered(1);
		memcpy(&h, stream + at, HEADER);
		if (what)
			h.version++;
		else
			h.length = PROTO_MAX_PAYLOAD + 1;
		reseal_header(&h);
		memcpy(stream + at, &h, HEADER);
		add_numbered(2);
		feed_all();
		assert_int_equal(seen.frames, 2);
		expect(1, 0, 0, 0, 0);
		assert_int_equal(reader.n.bad_offset, at);
	}
}

/* More bytes than there is room for are not taken. */
static void test_fed_too_much(void **state)
{
	size_t room;

	(void)state;
	proto_reader_space(&reader, &room);
	proto_reader_fed(&reader, room + 1000);
	assert_int_equal(reader.n.bytes, sizeof(reader.buf));
	drain();
}

/*
 * Random damage to random streams: cut, doubled, flipped, swapped pieces. What is judged is that
 * nothing hangs or overruns (drain(); run under valgrind or the sanitizers) and that good frames
 * which follow are found again.
 */
static void damage(uint64_t *seed)
{
	size_t at = next_random(seed) % filled, length = 1 + next_random(seed) % 200;

	if (at + length > filled)
		length = filled - at;
	switch (next_random(seed) % 4) {
	case 0:
		stream[at] ^= 1 << next_random(seed) % 8;
		break;
	case 1:
		memmove(stream + at, stream + at + length, filled - at - length);
		filled -= length;
		break;
	case 2:
		memmove(stream + at + length, stream + at, filled - at);
		filled += length;
		break;
	default:
		for (size_t i = 0; i < length; i++)
			stream[at + i] = next_random(seed);
	}
}

static void test_fuzz(void **state)
{
	static uint8_t payload[2048];
	uint64_t seed = 0x5eed;

	for (int round = 0; round < 3000; round++) {
		uint32_t frames = 1 + next_random(&seed) % 30, before;

		set_up(state);
		for (uint32_t i = 0; i < frames; i++)
			add_frame(next_random(&seed), i, payload,
				  next_random(&seed) % sizeof(payload));
		for (uint32_t i = next_random(&seed) % 8; i; i--)
			damage(&seed);
		feed(stream, filled, 1 + next_random(&seed) % 5000);
		assert_true(seen.frames <= frames);
		/* A full frame's worth of good frames always ends what a damaged one waits for. */
		before = seen.frames;
		filled = 0;
		for (uint32_t i = 0; i < 9; i++)
			add_frame(PROTO_STATS, 1000 + i, payload, sizeof(payload));
		feed_all();
		/* … and perhaps frames that lay inside what the damaged one claimed. */
		assert_true(seen.frames - before >= 9);
		assert_int_equal(seen.last_seq, 1008);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_crc_vectors, set_up),
		cmocka_unit_test_setup(test_round_trip, set_up),
		cmocka_unit_test_setup(test_full_payloads, set_up),
		cmocka_unit_test_setup(test_byte_by_byte_and_odd_pieces, set_up),
		cmocka_unit_test_setup(test_truncation_everywhere, set_up),
		cmocka_unit_test_setup(test_every_bit_flip, set_up),
		cmocka_unit_test_setup(test_resync_after_garbage, set_up),
		cmocka_unit_test_setup(test_magic_flood, set_up),
		cmocka_unit_test_setup(test_lost_late_duplicate, set_up),
		cmocka_unit_test_setup(test_gap_beyond_memory, set_up),
		cmocka_unit_test_setup(test_gap_of_63_to_65, set_up),
		cmocka_unit_test_setup(test_numbers_wrap, set_up),
		cmocka_unit_test_setup(test_length_corrupt, set_up),
		cmocka_unit_test_setup(test_version_and_limit, set_up),
		cmocka_unit_test_setup(test_fed_too_much, set_up),
		cmocka_unit_test_setup(test_fuzz, set_up),
	};

	return cmocka_run_group_tests_name("proto", tests, NULL, NULL);
}
