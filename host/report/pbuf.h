/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pbuf.h - writes protobuf's wire format (protobuf.dev/programming-guides/encoding) into memory.
 *
 * A trace needs four kinds of field of six messages. protobuf-c would bring a compiler and a
 * library, pinned for the toolchain as well, and 20,000 lines of Perfetto's .proto files or a copy
 * of parts of them, for what is 60 lines here.
 */
#ifndef REPORT_PBUF_H
#define REPORT_PBUF_H

#include "base/util.h"

struct pbuf {
	uint8_t *data;
	size_t n, room;
	bool failed; /* no memory: all that follows is nothing */
};

void pbuf_free(struct pbuf *b);
void pbuf_number(struct pbuf *b, uint32_t field, uint64_t value); /* varint */
void pbuf_fixed64(struct pbuf *b, uint32_t field, uint64_t value);
void pbuf_text(struct pbuf *b, uint32_t field, const char *text);
/* A message within the message: what is written until pbuf_end(), to which the answer goes. */
size_t pbuf_begin(struct pbuf *b, uint32_t field);
void pbuf_end(struct pbuf *b, size_t at);

#endif
