// SPDX-License-Identifier: GPL-2.0-only
/* watch.c - see watch.h: attaches, takes events until it is told to stop or the VM is gone. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "attrib/attrib.h"
#include "base/loop.h"
#include "base/out.h"
#include "base/signals.h"
#include "report.h"
#include "report/trace.h"
#include "result/result.h"
#include "watch.h"

#define TURN_NS (20 * NSEC_PER_MSEC)
#define SLACK_NS (2 * NSEC_PER_MSEC)
#define SHOW_NS NSEC_PER_SEC
#define CATCH_UP_NS (100 * NSEC_PER_MSEC)

struct watcher {
	const struct opts *o;
	struct loop *loop;
	struct probe *probe;
	struct attrib *attrib;
	struct trace *trace; /* NULL: none is asked for */
	struct watch_report r;
	uint64_t begin_ns, shown_ns;
	uint64_t lost, unpaired; /* before it began: windows that the probes found open */
};

static void take_event(void *arg, const struct probe_event *e)
{
	struct watcher *w = arg;

	seen_event(w->r.seen, e);
	attrib_event(w->attrib, e);
}

static int open_probes(struct watcher *w)
{
	const struct vm_found *vm = &w->r.vm;
	struct probe_spec spec = {.wanted = BACKEND_BPF,
				  .qemu = vm->pid,
				  .ram_hva = vm->hva,
				  .ram_bytes = vm->bytes,
				  .vcpus = vm->vcpus};
	struct attrib_config config = {.vcpus = vm->vcpus};
	char why[400];
	int err;

	memcpy(spec.ram, vm->ram, sizeof(spec.ram));
	memcpy(config.ram, vm->ram, sizeof(config.ram));
	memcpy(spec.vcpu, vm->vcpu, sizeof(spec.vcpu));
	seen_open(w->r.seen, vm->ram);
	err = attrib_open(&w->attrib, &config);
	if (!err && w->o->trace)
		err = trace_open(&w->trace, vm->name, vm->vcpus, TRACE_WATCH_EVENTS);
	if (err)
		return err;
	err = probe_open(&w->probe, &spec, why, sizeof(why));
	return err ? err_say(err, "watch needs the probes by BPF: %s", why) : 0;
}

static int begin(struct watcher *w, const char *word)
{
	struct utsname u;
	pid_t pid;
	int err = geteuid() ? err_say(-EPERM, "watch needs root: it loads BPF programs") : 0;

	if (!err)
		err = slots_find(word, &pid);
	if (!err)
		err = slots_look(&w->r.vm, pid);
	if (!err)
		err = loop_open(&w->loop);
	if (!err)
		err = open_probes(w);
	snprintf(w->r.kernel, sizeof(w->r.kernel), "%s", uname(&u) ? "?" : u.release);
	return err;
}

/* Events up to @until as far as they have come. */
static int take(struct watcher *w, uint64_t until, uint64_t *complete)
{
	int err = probe_drain(w->probe, until, complete, take_event, w);

	if (!err)
		attrib_reached(w->attrib, *complete);
	return err;
}

/* All of them: a writer that was preempted needs a CPU, maybe this one, before they are there. */
static int catch_up(struct watcher *w, uint64_t until)
{
	uint64_t end = mono_ns() + CATCH_UP_NS, complete = 0;
	int err = take(w, until, &complete);

	while (!err && complete < until && mono_ns() < end) {
		err = loop_once(w->loop, SLACK_NS);
		err = err && err != -ETIME ? err : take(w, until, &complete);
	}
	return err;
}

static int fill(struct watcher *w, uint64_t now)
{
	struct watch_report *r = &w->r;
	int err;

	r->ns = now - w->begin_ns;
	r->figures = attrib_figures(w->attrib);
	r->doubts = attrib_doubts(w->attrib);
	err = probe_lost(w->probe, &r->lost, &r->unpaired);
	/* Less than at the begin: a copy made up for a miss of before meanwhile. */
	r->lost = r->lost > w->lost ? r->lost - w->lost : w->lost - r->lost;
	r->unpaired -= w->unpaired;
	return err;
}

static bool is_over(const struct watcher *w, uint64_t now)
{
	if (signals_got() || (w->o->duration_ns && now - w->begin_ns >= w->o->duration_ns))
		return true;
	return kill(w->r.vm.pid, 0) && errno == ESRCH;
}

static int look(struct watcher *w)
{
	bool terminal = isatty(STDOUT_FILENO);
	uint64_t now, complete;
	int err = catch_up(w, mono_ns()) ?: probe_lost(w->probe, &w->lost, &w->unpaired);

	now = mono_ns();
	err = err ?: catch_up(w, now);
	w->begin_ns = w->shown_ns = now;
	note_say("watching %s (%d), %u vCPU%s", w->r.vm.name, w->r.vm.pid, w->r.vm.vcpus,
		 w->r.vm.vcpus == 1 ? "" : "s");
	seen_begin(w->r.seen); /* what came before is no part of it */
	attrib_begin(w->attrib, now);
	if (w->trace)
		trace_begin(w->trace, w->attrib, "watched", now);
	while (!err && !is_over(w, now)) {
		int res = loop_once(w->loop, TURN_NS);

		now = mono_ns();
		err = res && res != -ETIME ? res : take(w, now, &complete);
		if (err || now - w->shown_ns < SHOW_NS)
			continue;
		w->shown_ns += SHOW_NS;
		err = fill(w, now);
		if (!err)
			err = terminal ? watch_print_live(&w->r, stdout)
				       : watch_print_line(&w->r, stdout);
		if (err == -EPIPE) { /* whoever read it has had enough, which is an end like ^C */
			err = 0;
			break;
		}
	}
	w->r.gone = kill(w->r.vm.pid, 0) && errno == ESRCH;
	if (!err)
		err = catch_up(w, now);
	attrib_end(w->attrib, now);
	if (!err)
		err = fill(w, now);
	if (!err && w->trace)
		err = trace_end(w->trace, now);
	return err ? err_sys(err, "watching") : 0;
}

static int write_trace(const struct trace *t, const char *path)
{
	uint64_t left_out = trace_left_out(t);

	if (left_out)
		note_say("--trace: %" PRIu64 " events left out, the last ones, beyond %d", left_out,
			 TRACE_WATCH_EVENTS);
	return trace_write(t, path);
}

static int finish(struct watcher *w)
{
	int err = out_said(watch_print(&w->r, stdout), "what was seen");

	if (err)
		return err;
	if (w->o->json)
		err = watch_write_json(&w->r, w->o->json);
	return err || !w->trace ? err : write_trace(w->trace, w->o->trace);
}

int watch_main(const struct opts *o, int argc, char **argv)
{
	struct watcher *w = calloc(1, sizeof(*w));
	int err;

	(void)argc, (void)argv;
	if (w)
		w->r.seen = calloc(1, sizeof(*w->r.seen));
	if (!w || !w->r.seen) {
		free(w);
		return -err_sys(-VERDICT_ERROR, "no memory");
	}
	w->o = o;
	signals_watch();
	err = begin(w, o->operand[0]) ?: look(w) ?: finish(w);
	trace_close(w->trace);
	attrib_close(w->attrib);
	probe_close(w->probe);
	loop_close(w->loop);
	free(w->r.seen);
	free(w);
	return err ? VERDICT_ERROR : VERDICT_PASS;
}
