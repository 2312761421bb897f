/* SPDX-License-Identifier: GPL-2.0-only */
/* perfetto.h - packets of a Perfetto trace: tracks, and slices on them. */
#ifndef REPORT_PERFETTO_H
#define REPORT_PERFETTO_H

#include "pbuf.h"

enum perfetto_type { PERFETTO_BEGIN = 1, PERFETTO_END, PERFETTO_INSTANT };

struct perfetto_event {
	size_t packet, event;
};

/* @parent 0: none. */
void perfetto_track(struct pbuf *b, uint64_t uuid, uint64_t parent, const char *name);
/* An event, until perfetto_end(); between the two what is to be said of it. */
struct perfetto_event perfetto_event(struct pbuf *b, uint64_t ns, uint64_t track,
				     enum perfetto_type type);
void perfetto_end(struct pbuf *b, struct perfetto_event e);
void perfetto_called(struct pbuf *b, const char *category, const char *name);
void perfetto_note(struct pbuf *b, const char *name, uint64_t value);
/* An arrow from the event that has it to the event that has it and @ends. */
void perfetto_flow(struct pbuf *b, bool ends, uint64_t number);

#endif
