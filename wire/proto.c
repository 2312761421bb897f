/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * proto.c - CRC32C, sealing of frames and the reader that finds them again in a damaged stream.
 *
 * Pure: no system call, no clock, no allocation; guest and host compile this same file. The stream
 * format and the rules of resynchronisation are in docs/protocol.md.
 */
#include <errno.h>
#include <string.h>

#include "proto.h"

#define HEADER_BYTES sizeof(struct proto_header)
#define HEADER_SEALED offsetof(struct proto_header, header_crc)

/*
 * Four bits at a time: 64 bytes of table instead of 1 KB, and nothing here is hot (some ten frames
 * a second). The CRC instruction is left alone because a guest's CPU model may lack SSE4.2.
 */
uint32_t proto_crc32c(uint32_t crc, const void *data, size_t len)
{
	static const uint32_t table[16] = {
		0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
		0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
		0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
	};
	const uint8_t *p = data;

	crc = ~crc;
	while (len--) {
		crc ^= *p++;
		crc = (crc >> 4) ^ table[crc & 15];
		crc = (crc >> 4) ^ table[crc & 15];
	}
	return ~crc;
}

void proto_seal(struct proto_header *h, uint16_t type, uint32_t seq, const void *payload,
		uint32_t length)
{
	h->magic = PROTO_MAGIC;
	h->version = PROTO_VERSION;
	h->type = type;
	h->length = length;
	h->seq = seq;
	h->header_crc = proto_crc32c(0, h, HEADER_SEALED);
	h->payload_crc = proto_crc32c(0, payload, length);
}

void proto_reader_init(struct proto_reader *r)
{
	memset(r, 0, sizeof(*r));
}

uint8_t *proto_reader_space(struct proto_reader *r, size_t *room)
{
	size_t left = proto_pending(r);

	/* An unfinished frame moves to the front: behind it there is room for at least another. */
	if (r->start) {
		memmove(r->buf, r->buf + r->start, left);
		r->offset += r->start;
		r->start = 0;
		r->fill = left;
	}
	*room = sizeof(r->buf) - r->fill;
	return r->buf + r->fill;
}

void proto_reader_fed(struct proto_reader *r, size_t bytes)
{
	size_t room = sizeof(r->buf) - r->fill;

	if (bytes > room)
		bytes = room;
	r->fill += bytes;
	r->n.bytes += bytes;
}

size_t proto_pending(const struct proto_reader *r)
{
	return r->fill - r->start;
}

static void reader_skip(struct proto_reader *r, size_t bytes)
{
	r->start += bytes;
	r->n.skipped_bytes += bytes;
}

/* Throws away what cannot begin a frame; what remains is empty or a prefix of the magic or more. */
static void reader_seek_magic(struct proto_reader *r)
{
	static const uint8_t magic[4] = {
		PROTO_MAGIC & 0xff,
		PROTO_MAGIC >> 8 & 0xff,
		PROTO_MAGIC >> 16 & 0xff,
		PROTO_MAGIC >> 24,
	};
	size_t at = r->start;

	while (at < r->fill) {
		size_t left = r->fill - at;

		if (!memcmp(r->buf + at, magic, left < sizeof(magic) ? left : sizeof(magic)))
			break;
		at++;
	}
	reader_skip(r, at - r->start);
}

/*
 * The same rule for a broken header and a broken payload: give up the magic and look for the next
 * in the rest, because a frame that lost bytes has its successor inside what it claims as its own,
 * even inside its header.
 */
static void reader_reject(struct proto_reader *r, uint64_t *counter)
{
	(*counter)++;
	r->n.bad_offset = r->offset + r->start;
	reader_skip(r, sizeof(uint32_t));
}

/*
 * Notes that number @seq has come. Answers whether it is new: 0 for one that had come before.
 * Frames with a broken header have no number of their own; they fill the gap that they left.
 */
static int reader_number(struct proto_reader *r, uint32_t seq)
{
	uint32_t ahead = seq - r->next_seq, behind = r->next_seq - seq;
	int fresh = 1;

	if (ahead <= INT32_MAX) {
		r->n.lost += ahead > r->broken ? ahead - r->broken : 0;
		r->recent = ahead < 63 ? r->recent << (ahead + 1) | 1 : 1;
		r->next_seq = seq + 1;
		r->broken = 0;
	} else if (behind <= 64) {
		uint64_t bit = 1ull << (behind - 1);

		fresh = !(r->recent & bit);
		r->recent |= bit;
	}
	return fresh;
}

static int header_ok(const struct proto_header *h)
{
	return h->header_crc == proto_crc32c(0, h, HEADER_SEALED) && h->version == PROTO_VERSION &&
	       h->length <= PROTO_MAX_PAYLOAD;
}

/* Takes the frame at start, which is complete: 1 if it is to be handed on. */
static int reader_take(struct proto_reader *r, const struct proto_header *h, const uint8_t *payload)
{
	int late = r->next_seq - h->seq - 1 < INT32_MAX;

	if (h->payload_crc != proto_crc32c(0, payload, h->length)) {
		reader_number(r, h->seq); /* it came, if broken: not lost as well */
		reader_reject(r, &r->n.bad_payload);
		return 0;
	}
	r->start += HEADER_BYTES + h->length;
	if (!reader_number(r, h->seq)) {
		r->n.duplicate++;
		return 0;
	}
	r->n.late += late;
	r->n.frames++;
	return 1;
}

int proto_next(struct proto_reader *r, struct proto_header *h, const uint8_t **payload)
{
	for (;;) {
		reader_seek_magic(r);
		if (proto_pending(r) < HEADER_BYTES)
			return 0;
		memcpy(h, r->buf + r->start, HEADER_BYTES);
		if (!header_ok(h)) {
			r->broken++;
			reader_reject(r, &r->n.bad_header);
			continue;
		}
		if (proto_pending(r) < HEADER_BYTES + h->length)
			return 0;
		*payload = r->buf + r->start + HEADER_BYTES;
		if (reader_take(r, h, *payload))
			return 1;
	}
}
