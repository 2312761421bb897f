// SPDX-License-Identifier: GPL-2.0-only
/*
 * perfetto.c - see perfetto.h. Field numbers: Perfetto's protos/perfetto/trace/trace_packet.proto
 * and those of its folder track_event.
 */
#include "perfetto.h"

#define SEQUENCE 1

enum { TRACE_PACKET = 1 };
enum { PACKET_TIME = 8, PACKET_SEQUENCE = 10, PACKET_EVENT = 11, PACKET_TRACK = 60 };
enum { TRACK_UUID = 1, TRACK_NAME = 2, TRACK_PARENT = 5 };
enum {
	EVENT_NOTE = 4,
	EVENT_TYPE = 9,
	EVENT_TRACK = 11,
	EVENT_CATEGORY = 22,
	EVENT_NAME = 23,
	EVENT_FLOW = 47,
	EVENT_FLOW_END = 48
};
enum { NOTE_NUMBER = 3, NOTE_NAME = 10 };

static size_t packet_begin(struct pbuf *b, uint64_t ns)
{
	size_t at = pbuf_begin(b, TRACE_PACKET);

	if (ns)
		pbuf_number(b, PACKET_TIME, ns);
	pbuf_number(b, PACKET_SEQUENCE, SEQUENCE);
	return at;
}

void perfetto_track(struct pbuf *b, uint64_t uuid, uint64_t parent, const char *name)
{
	size_t packet = packet_begin(b, 0), track = pbuf_begin(b, PACKET_TRACK);

	pbuf_number(b, TRACK_UUID, uuid);
	pbuf_text(b, TRACK_NAME, name);
	if (parent)
		pbuf_number(b, TRACK_PARENT, parent);
	pbuf_end(b, track);
	pbuf_end(b, packet);
}

void perfetto_note(struct pbuf *b, const char *name, uint64_t value)
{
	size_t at = pbuf_begin(b, EVENT_NOTE);

	pbuf_text(b, NOTE_NAME, name);
	pbuf_number(b, NOTE_NUMBER, value);
	pbuf_end(b, at);
}

struct perfetto_event perfetto_event(struct pbuf *b, uint64_t ns, uint64_t track,
				     enum perfetto_type type)
{
	struct perfetto_event e;

	e.packet = packet_begin(b, ns);
	e.event = pbuf_begin(b, PACKET_EVENT);
	pbuf_number(b, EVENT_TYPE, (uint64_t)type);
	pbuf_number(b, EVENT_TRACK, track);
	return e;
}

void perfetto_end(struct pbuf *b, struct perfetto_event e)
{
	pbuf_end(b, e.event);
	pbuf_end(b, e.packet);
}

void perfetto_called(struct pbuf *b, const char *category, const char *name)
{
	pbuf_text(b, EVENT_CATEGORY, category);
	pbuf_text(b, EVENT_NAME, name);
}

void perfetto_flow(struct pbuf *b, bool ends, uint64_t number)
{
	pbuf_fixed64(b, ends ? EVENT_FLOW_END : EVENT_FLOW, number);
}
