// SPDX-License-Identifier: GPL-2.0-only
/* trace.c - see trace.h. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counters/exits.h"
#include "perfetto.h"
#include "probe/probe.h"
#include "result/names.h"
#include "trace.h"

#define VM_TRACK 1
#define PHASE_TRACK 2
#define FIRST_TRACK 16
#define TRACKS_MOST (2 * PROBE_MAX_VCPUS + 64)
#define TRACK_REST (TRACKS_MOST - 1) /* all that found no room */
#define LANES 4	       /* slices that lie across each other need tracks of their own */
#define DEEP 32	       /* slices within each other */
#define STALLS_SHARE 4 /* stalls are kept apart, up to a quarter of the events */

struct track {
	enum track_kind { TRACK_VCPU, TRACK_STALLS, TRACK_THREAD } kind;
	uint32_t id; /* of the vCPU, or the thread */
	uint8_t thread;
	bool named[LANES];
};

/* A stretch's events, in the order in which they ended, or were judged. */
struct kept {
	struct attrib_seen *v;
	size_t n, most;
};

struct slice {
	const struct attrib_seen *seen;
	uint32_t track;
	uint64_t flow; /* of a fault; 0: its window is not in the trace */
};

struct trace {
	struct pbuf out;
	struct attrib *attrib;
	char phase[64];
	uint64_t begin_ns;
	struct kept kept, stalls;
	struct slice *slice;  /* of all of them, sorted as they are put out */
	struct slice **fault; /* those with a window behind them, by window */
	size_t nslice, nfault;
	uint64_t left_out, left_out_ever;
	uint64_t flows; /* numbers in use */
	struct track track[TRACKS_MOST];
	uint32_t tracks;
};

int trace_open(struct trace **out, const char *name, uint32_t vcpus, size_t most)
{
	struct trace *t = calloc(1, sizeof(*t));
	char label[96];

	if (t) {
		t->kept.most = most;
		t->stalls.most = most / STALLS_SHARE;
		t->kept.v = malloc(t->kept.most * sizeof(*t->kept.v));
		t->stalls.v = malloc(t->stalls.most * sizeof(*t->stalls.v));
		t->slice = malloc((t->kept.most + t->stalls.most) * sizeof(*t->slice));
		t->fault = malloc(t->kept.most * sizeof(struct slice *));
	}
	if (!t || !t->kept.v || !t->stalls.v || !t->slice || !t->fault) {
		trace_close(t);
		return err_sys(-ENOMEM, "--trace");
	}
	snprintf(label, sizeof(label), "VM %s, %u vCPU%s", name, vcpus, vcpus == 1 ? "" : "s");
	perfetto_track(&t->out, VM_TRACK, 0, label);
	perfetto_track(&t->out, PHASE_TRACK, VM_TRACK, "phases");
	*out = t;
	return 0;
}

void trace_close(struct trace *t)
{
	if (!t)
		return;
	pbuf_free(&t->out);
	free(t->kept.v);
	free(t->stalls.v);
	free(t->slice);
	free(t->fault);
	free(t);
}

/* Which of the kept it is: they are sorted by their ends. */
static struct attrib_seen *find(struct kept *k, const struct attrib_seen *s)
{
	size_t low = 0, high = k->n;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (k->v[mid].end < s->end)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < k->n && k->v[low].end == s->end; low++)
		if (k->v[low].kind == ATTRIB_FAULT && k->v[low].vcpu == s->vcpu &&
		    k->v[low].begin == s->begin)
			return &k->v[low];
	return NULL;
}

static void take(void *arg, const struct attrib_seen *s)
{
	struct trace *t = arg;
	struct kept *k = s->kind == ATTRIB_STALL ? &t->stalls : &t->kept;
	struct attrib_seen *known;

	if (s->kind == ATTRIB_AGAIN) {
		known = find(k, s);
		if (known) {
			known->class = s->class;
			known->window = s->window;
		}
	} else if (k->n < k->most) {
		k->v[k->n++] = *s;
	} else {
		t->left_out++;
	}
}

void trace_begin(struct trace *t, struct attrib *a, const char *phase, uint64_t ns)
{
	snprintf(t->phase, sizeof(t->phase), "%s", phase);
	t->attrib = a;
	t->begin_ns = ns;
	t->kept.n = t->stalls.n = t->left_out = 0;
	attrib_tap_to(a, take, t);
}

static uint32_t track_of(struct trace *t, const struct attrib_seen *s)
{
	enum track_kind kind = s->kind == ATTRIB_STALL	  ? TRACK_STALLS
			       : s->kind == ATTRIB_WINDOW ? TRACK_THREAD
							  : TRACK_VCPU;
	uint32_t id = kind == TRACK_THREAD ? s->tid : s->vcpu, i = 0;

	while (i < t->tracks && (t->track[i].kind != kind || t->track[i].id != id))
		i++;
	if (i == t->tracks && i < TRACK_REST)
		t->track[t->tracks++] = (struct track){.kind = kind, .id = id, .thread = s->thread};
	return i;
}

/* By track; on each by begin, the longer first. */
static int in_order(const void *a, const void *b)
{
	const struct slice *p = a, *q = b;

	if (p->track != q->track)
		return p->track < q->track ? -1 : 1;
	if (p->seen->begin != q->seen->begin)
		return p->seen->begin < q->seen->begin ? -1 : 1;
	if (p->seen->end != q->seen->end)
		return p->seen->end > q->seen->end ? -1 : 1;
	return p->seen < q->seen ? -1 : p->seen > q->seen;
}

static int by_window(const void *a, const void *b)
{
	const struct slice *p = *(struct slice *const *)a, *q = *(struct slice *const *)b;

	if (p->seen->window != q->seen->window)
		return p->seen->window < q->seen->window ? -1 : 1;
	return p < q ? -1 : p > q;
}

/* The first of the faults that window @serial stands behind. */
static size_t first_fault(const struct trace *t, uint32_t serial)
{
	size_t low = 0, high = t->nfault;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (t->fault[mid]->seen->window < serial)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void add_slices(struct trace *t, const struct kept *k)
{
	for (size_t i = 0; i < k->n; i++)
		t->slice[t->nslice++] = (struct slice){&k->v[i], track_of(t, &k->v[i]), 0};
}

/* Each fault whose window is in the trace, too, gets a number for the arrow between them. */
static void number_flows(struct trace *t)
{
	t->nfault = 0;
	for (size_t i = 0; i < t->nslice; i++)
		if (t->slice[i].seen->kind == ATTRIB_FAULT && t->slice[i].seen->window)
			t->fault[t->nfault++] = &t->slice[i];
	qsort(t->fault, t->nfault, sizeof(struct slice *), by_window);
	for (size_t i = 0; i < t->nslice; i++) {
		const struct attrib_seen *w = t->slice[i].seen;

		if (w->kind != ATTRIB_WINDOW)
			continue;
		for (size_t f = first_fault(t, w->window);
		     f < t->nfault && t->fault[f]->seen->window == w->window; f++)
			t->fault[f]->flow = ++t->flows;
	}
}

static uint64_t uuid_of(struct trace *t, uint32_t track, uint32_t lane)
{
	struct track *k = &t->track[track];
	uint64_t uuid = FIRST_TRACK + (uint64_t)track * LANES + lane;
	char name[64];

	if (k->named[lane])
		return uuid;
	k->named[lane] = true;
	if (track == TRACK_REST)
		snprintf(name, sizeof(name), "all others");
	else if (k->kind == TRACK_VCPU)
		snprintf(name, sizeof(name), "vCPU %u", k->id);
	else if (k->kind == TRACK_STALLS)
		snprintf(name, sizeof(name), "vCPU %u: stalls", k->id);
	else
		snprintf(name, sizeof(name), "windows by %s %u", probe_thread_name(k->thread),
			 k->id);
	perfetto_track(&t->out, uuid, VM_TRACK, name);
	return uuid;
}

static void call_window(struct trace *t, const struct attrib_seen *s)
{
	perfetto_called(&t->out, "window", probe_reason_name(s->reason));
	perfetto_note(&t->out, "gpa", s->address);
	perfetto_note(&t->out, "bytes", s->bytes);
	perfetto_note(&t->out, "range_start_ns", s->middle - s->begin);
	if (s->preempted)
		perfetto_note(&t->out, "preempted", 1);
	for (size_t f = first_fault(t, s->window);
	     f < t->nfault && t->fault[f]->seen->window == s->window; f++)
		perfetto_flow(&t->out, false, t->fault[f]->flow);
}

static void call_vcpu(struct trace *t, const struct attrib_seen *s)
{
	char name[80], reason[64];

	if (s->kind == ATTRIB_EXIT) {
		perfetto_called(&t->out, "exit", exits_name(s->what, reason, sizeof(reason)));
	} else if (s->asleep) {
		perfetto_called(&t->out, "off", "asleep");
	} else {
		snprintf(name, sizeof(name), "preempted by %s", attrib_comm(t->attrib, s->what));
		perfetto_called(&t->out, "off", name);
	}
}

static void slice_begins(struct trace *t, const struct slice *slice, uint32_t lane)
{
	const struct attrib_seen *s = slice->seen;
	uint64_t uuid = uuid_of(t, slice->track, lane);
	struct perfetto_event e = perfetto_event(&t->out, s->begin, uuid, PERFETTO_BEGIN);

	if (s->kind == ATTRIB_WINDOW) {
		call_window(t, s);
	} else if (s->kind == ATTRIB_FAULT) {
		perfetto_called(&t->out, "fault", attrib_part_names[s->class]);
		perfetto_note(&t->out, "gpa", s->address);
		if (s->sent_back)
			perfetto_note(&t->out, "sent_back", 1);
	} else if (s->kind == ATTRIB_STALL) {
		perfetto_called(&t->out, "stall", attrib_cause_names[s->cause]);
	} else {
		call_vcpu(t, s);
	}
	perfetto_end(&t->out, e);
}

struct open_slice {
	uint64_t end, flow;
};

struct lane {
	struct open_slice open[DEEP];
	size_t n;
};

/* A fault may have begun before its window: the arrow goes to its end, which comes after. */
static void close_until(struct trace *t, struct lane *l, uint64_t uuid, uint64_t ns)
{
	while (l->n && l->open[l->n - 1].end <= ns) {
		const struct open_slice *o = &l->open[--l->n];
		struct perfetto_event e = perfetto_event(&t->out, o->end, uuid, PERFETTO_END);

		if (o->flow)
			perfetto_flow(&t->out, true, o->flow);
		perfetto_end(&t->out, e);
	}
}

/* On the first lane where it lies within what is open there; else its end is the other's. */
static void put_slice(struct trace *t, struct lane lanes[LANES], const struct slice *slice)
{
	uint64_t uuid = FIRST_TRACK + (uint64_t)slice->track * LANES, end = slice->seen->end;
	struct lane *l = lanes;

	for (int i = 0; i < LANES; i++)
		close_until(t, &lanes[i], uuid + (uint64_t)i, slice->seen->begin);
	while (l < lanes + LANES - 1 && l->n && (l->n == DEEP || l->open[l->n - 1].end < end))
		l++;
	if (l->n == DEEP) {
		t->left_out++;
		return;
	}
	if (l->n && l->open[l->n - 1].end < end)
		end = l->open[l->n - 1].end;
	slice_begins(t, slice, (uint32_t)(l - lanes));
	l->open[l->n++] = (struct open_slice){end, slice->flow};
}

static void put_slices(struct trace *t)
{
	struct lane lanes[LANES] = {{.n = 0}};

	for (size_t i = 0; i < t->nslice; i++) {
		uint32_t track = t->slice[i].track;

		put_slice(t, lanes, &t->slice[i]);
		if (i + 1 < t->nslice && t->slice[i + 1].track == track)
			continue;
		for (uint64_t lane = 0; lane < LANES; lane++)
			close_until(t, &lanes[lane], FIRST_TRACK + (uint64_t)track * LANES + lane,
				    UINT64_MAX);
	}
}

static void put_left_out(struct trace *t, uint64_t ns)
{
	struct perfetto_event e = perfetto_event(&t->out, ns, PHASE_TRACK, PERFETTO_INSTANT);
	char name[64];

	snprintf(name, sizeof(name), "%" PRIu64 " events left out", t->left_out);
	perfetto_called(&t->out, "left_out", name);
	perfetto_note(&t->out, "left_out", t->left_out);
	perfetto_end(&t->out, e);
}

int trace_end(struct trace *t, uint64_t ns)
{
	struct perfetto_event e = perfetto_event(&t->out, t->begin_ns, PHASE_TRACK, PERFETTO_BEGIN);

	perfetto_called(&t->out, "phase", t->phase);
	perfetto_end(&t->out, e);
	attrib_tap_to(t->attrib, NULL, NULL);
	t->nslice = 0;
	add_slices(t, &t->kept);
	add_slices(t, &t->stalls);
	qsort(t->slice, t->nslice, sizeof(*t->slice), in_order);
	number_flows(t);
	put_slices(t);
	if (t->left_out)
		put_left_out(t, ns);
	perfetto_end(&t->out, perfetto_event(&t->out, ns, PHASE_TRACK, PERFETTO_END));
	t->left_out_ever += t->left_out;
	return t->out.failed ? err_sys(-ENOMEM, "--trace") : 0;
}

uint64_t trace_left_out(const struct trace *t)
{
	return t->left_out_ever;
}

int trace_write(const struct trace *t, const char *path)
{
	return file_replace(path, t->out.data, t->out.n);
}
