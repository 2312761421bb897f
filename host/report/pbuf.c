// SPDX-License-Identifier: GPL-2.0-only
/* pbuf.c - see pbuf.h. */
#include <stdlib.h>
#include <string.h>

#include "pbuf.h"

enum { VARINT = 0, FIXED64 = 1, BYTES = 2 };

#define LENGTH_MOST 5 /* bytes of a length's varint */

void pbuf_free(struct pbuf *b)
{
	free(b->data);
	*b = (struct pbuf){0};
}

static uint8_t *more(struct pbuf *b, size_t n)
{
	if (b->n + n > b->room) {
		size_t room = 2 * (b->n + n) + 1024;
		uint8_t *data = realloc(b->data, room);

		if (!data) {
			b->failed = true;
			return NULL;
		}
		b->data = data;
		b->room = room;
	}
	b->n += n;
	return b->data + b->n - n;
}

static void put(struct pbuf *b, const void *data, size_t n)
{
	uint8_t *to = b->failed ? NULL : more(b, n);

	if (to)
		memcpy(to, data, n);
}

static size_t varint(uint8_t *to, uint64_t value)
{
	size_t n = 0;

	for (; value >= 0x80; value >>= 7)
		to[n++] = (uint8_t)(value | 0x80);
	to[n++] = (uint8_t)value;
	return n;
}

static void put_varint(struct pbuf *b, uint64_t value)
{
	uint8_t bytes[10];

	put(b, bytes, varint(bytes, value));
}

static void put_tag(struct pbuf *b, uint32_t field, unsigned int type)
{
	put_varint(b, (uint64_t)field << 3 | type);
}

void pbuf_number(struct pbuf *b, uint32_t field, uint64_t value)
{
	put_tag(b, field, VARINT);
	put_varint(b, value);
}

void pbuf_fixed64(struct pbuf *b, uint32_t field, uint64_t value)
{
	uint8_t bytes[8];

	for (int i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(value >> (8 * i));
	put_tag(b, field, FIXED64);
	put(b, bytes, sizeof(bytes));
}

void pbuf_text(struct pbuf *b, uint32_t field, const char *text)
{
	put_tag(b, field, BYTES);
	put_varint(b, strlen(text));
	put(b, text, strlen(text));
}

size_t pbuf_begin(struct pbuf *b, uint32_t field)
{
	put_tag(b, field, BYTES);
	return b->n;
}

/* The length is known only now: what is there moves back to make room for it. */
void pbuf_end(struct pbuf *b, size_t at)
{
	size_t len = b->n - at, n;
	uint8_t bytes[LENGTH_MOST * 2];

	n = varint(bytes, len);
	put(b, bytes, n);
	if (b->failed)
		return;
	memmove(b->data + at + n, b->data + at, len);
	memcpy(b->data + at, bytes, n);
}
