// SPDX-License-Identifier: GPL-2.0-only
/*
 * probe_tracefs_join.c - makes probe events of single records: entry and return of a function are
 * two records of one thread, a fault is up to four. Pure.
 *
 * A thread is in one range_start() and one fault at most, for neither calls itself. Its windows
 * nest: whoever opens a window closes it before it returns, with a struct mmu_notifier_range on its
 * stack. So the return of a range_end() closes the thread's last window, and which one that is need
 * not be recorded. What is lost can only leave a window open, or close one of the same thread.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "probe_tracefs.h"

#define SETS 128 /* of threads, by the low bits of their number */
#define WAYS 4
#define NESTED 8 /* windows of one thread that are open at one time */

#define ERROR_WRITE 2u	   /* bit 1 of SVM's error code and of VMX's exit qualification */
#define ERROR_RSVD 8u	   /* SVM: emulated MMIO, handled without kvm_tdp_page_fault() */
#define STATE_ASLEEP 0xffu /* any TASK_* bit of prev_state; 0x100 is "preempted" */

struct thread {
	pid_t tid;
	uint64_t used_ns;
	int vcpu; /* -1: none */
	uint8_t thread;
	uint32_t switches; /* times that it was switched out */
	struct window {
		uint64_t id;
		uint32_t switches; /* at t0 */
		bool ram;	   /* touches guest RAM: to be told */
	} open[NESTED];		   /* the last one is the innermost */
	unsigned int depth;
	uint32_t start_switches;
	bool starting, faulting, is_off;
	uint8_t fault_flags, fault_level, off_flags;
	uint64_t off_ns;
	struct record start, fault;
};

struct join {
	const struct join_config *config;
	uint64_t windows; /* so far: their ids */
	struct thread threads[SETS][WAYS];
};

struct out {
	probe_handler *handler;
	void *arg;
};

static int vcpu_of(const struct join *j, pid_t tid)
{
	const struct probe_spec *spec = j->config->spec;

	for (unsigned int i = 0; i < spec->vcpus; i++)
		if (spec->vcpu[i] == tid)
			return (int)i;
	return -1;
}

static struct thread *thread_find(struct join *j, pid_t tid)
{
	struct thread *set = j->threads[(unsigned int)tid % SETS];

	for (unsigned int i = 0; i < WAYS && tid; i++) /* 0: the idle thread, or a free place */
		if (set[i].tid == tid)
			return &set[i];
	return NULL;
}

/* The one of the set that is free or was idle longest; a vCPU goes only if all are vCPUs. */
static struct thread *thread_victim(struct thread *set)
{
	struct thread *victim = NULL;

	for (unsigned int i = 0; i < WAYS; i++) {
		struct thread *t = &set[i];

		if (!t->tid)
			return t;
		if (t->vcpu < 0 && (!victim || t->used_ns < victim->used_ns))
			victim = t;
	}
	return victim ?: set;
}

static struct thread *thread_get(struct join *j, pid_t tid, uint64_t ns)
{
	struct thread *t = thread_find(j, tid);

	if (!t) {
		t = thread_victim(j->threads[(unsigned int)tid % SETS]);
		*t = (struct thread){.tid = tid, .vcpu = vcpu_of(j, tid)};
		t->thread =
			t->vcpu >= 0 ? THREAD_VCPU : j->config->thread(j->config->thread_arg, tid);
	}
	t->used_ns = ns;
	return t;
}

static enum probe_reason reason_of(uint64_t event)
{
	/* Our numbers follow the kernel's, which have only ever grown at the end. */
	return event < REASON_OTHER ? (enum probe_reason)event : REASON_OTHER;
}

/* wp_page_copy() in a vCPU's fault; where the code is not known the reason must do. */
static bool is_own_copy(const struct join *j, const struct probe_event *e)
{
	if (j->config->callers.known[TRANSITION_COPY])
		return e->transition == TRANSITION_COPY;
	return e->reason == REASON_CLEAR;
}

/* The outermost goes when there is no room: its end must have been lost. */
static struct window *window_push(struct thread *t)
{
	if (t->depth == NESTED)
		memmove(t->open, t->open + 1, --t->depth * sizeof(*t->open));
	return &t->open[t->depth++];
}

static void start_returned(struct join *j, struct thread *t, const struct record *r,
			   const struct out *out)
{
	const uint64_t *v = t->start.value;
	const struct join_config *c = j->config;
	struct window *w = window_push(t);
	struct probe_event e = {
		.type = PROBE_START,
		.ns = r->ns,
		.begin_ns = t->start.ns,
		.id = ++j->windows,
		.address = v[0],
		.length = v[1] - v[0],
		.reason = reason_of(v[2]),
		.transition = caller_transition(&c->callers, v[3]),
		.tid = (uint32_t)r->tid,
		.cpu = r->cpu,
		.thread = t->thread,
	};

	*w = (struct window){
		.id = e.id,
		.switches = t->start_switches,
		.ram = v[0] < c->ram_begin + c->ram_bytes && v[1] > c->ram_begin,
	};
	if (!w->ram)
		return;
	if (t->faulting && is_own_copy(j, &e))
		t->fault_flags |= PROBE_OWN_COPY;
	out->handler(out->arg, &e);
}

static void end_returned(struct thread *t, const struct record *r, const struct out *out)
{
	const struct window *w = t->depth ? &t->open[--t->depth] : NULL;
	struct probe_event e = {
		.type = PROBE_END,
		.ns = r->ns,
		.begin_ns = r->ns,
		.tid = (uint32_t)r->tid,
		.cpu = r->cpu,
	};

	if (!w || !w->ram)
		return; /* the window of another VM, or begun before us */
	e.id = w->id;
	e.flags = w->switches != t->switches ? PROBE_PREEMPTED : 0;
	out->handler(out->arg, &e);
}

static enum probe_outcome outcome_of(const struct retvals *known, int64_t ret)
{
	if (ret == known->fixed)
		return OUTCOME_FIXED;
	if (ret == known->retry)
		return OUTCOME_RETRY;
	if (ret == known->spurious)
		return OUTCOME_SPURIOUS;
	return ret == known->emulate ? OUTCOME_EMULATE : OUTCOME_OTHER;
}

static void fault_returned(const struct join *j, const struct thread *t, const struct record *r,
			   const struct out *out)
{
	struct probe_event e = {
		.type = PROBE_FAULT,
		.ns = r->ns,
		.begin_ns = t->fault.ns,
		.address = t->fault.value[0],
		.tid = (uint32_t)r->tid,
		.cpu = r->cpu,
		.flags = t->fault_flags | (t->fault.value[1] & ERROR_WRITE ? PROBE_WRITE : 0),
		.outcome = outcome_of(&j->config->retvals, (int64_t)r->value[0]),
		.vcpu = (uint32_t)t->vcpu,
	};

	if (j->config->levels && e.outcome == OUTCOME_FIXED)
		e.length = 4096ull << 9 * (t->fault_level - 1);
	out->handler(out->arg, &e);
}

/* A thread goes off its CPU: only those that have been seen can have windows. */
static void switched_out(struct join *j, const struct record *r)
{
	struct thread *t = thread_find(j, (pid_t)r->value[0]);

	if (!t && vcpu_of(j, (pid_t)r->value[0]) >= 0)
		t = thread_get(j, (pid_t)r->value[0], r->ns);
	if (!t)
		return;
	t->switches++;
	t->is_off = true;
	t->off_ns = r->ns;
	t->off_flags = r->value[1] & STATE_ASLEEP ? PROBE_ASLEEP : 0;
}

static void switched_in(struct join *j, const struct record *r, const struct out *out)
{
	struct thread *t = thread_find(j, (pid_t)r->value[2]);
	struct probe_event e = {.type = PROBE_OFF, .ns = r->ns, .cpu = r->cpu};

	if (!t || !t->is_off)
		return;
	t->is_off = false;
	if (t->vcpu < 0)
		return;
	e.begin_ns = t->off_ns;
	e.tid = (uint32_t)t->tid;
	e.vcpu = (uint32_t)t->vcpu;
	e.flags = t->off_flags;
	out->handler(out->arg, &e);
}

/* The halves of a window. */
static void window_record(struct join *j, const struct record *r, const struct out *out)
{
	struct thread *t = thread_get(j, r->tid, r->ns);

	switch ((enum record_kind)r->kind) {
	case RECORD_START:
		t->starting = true;
		t->start = *r;
		t->start_switches = t->switches;
		break;
	case RECORD_STARTED: /* an error means that the window did not open */
		if (t->starting && !r->value[0])
			start_returned(j, t, r, out);
		t->starting = false;
		break;
	case RECORD_ENDED:
		end_returned(t, r, out);
		break;
	default:
		break;
	}
}

/*
 * kvm_tdp_page_fault() without a fault of the vCPU before it is a prefetch (an asynchronous fault
 * that has come to its end): no touch of the guest waits for it.
 */
static void fault_record(struct join *j, const struct record *r, const struct out *out)
{
	struct thread *t = thread_get(j, r->tid, r->ns);

	if (t->vcpu < 0)
		return; /* the filter's range of thread numbers was too wide */
	switch ((enum record_kind)r->kind) {
	case RECORD_FAULT:
		t->faulting = !j->config->svm || !(r->value[1] & ERROR_RSVD);
		t->fault = *r;
		t->fault_flags = 0;
		t->fault_level = 1;
		break;
	case RECORD_LEVEL:
		t->fault_level = r->value[0] >= 1 && r->value[0] <= 5 ? (uint8_t)r->value[0] : 1;
		break;
	case RECORD_WAIT:
		t->fault_flags |= PROBE_MIGRATION;
		break;
	case RECORD_FAULTED:
		if (t->faulting)
			fault_returned(j, t, r, out);
		t->faulting = false;
		break;
	default:
		break;
	}
}

static void virq_record(struct join *j, const struct record *r, const struct out *out)
{
	int vcpu = vcpu_of(j, r->tid);
	struct probe_event e = {
		.type = PROBE_VIRQ,
		.ns = r->ns,
		.begin_ns = r->ns,
		.tid = (uint32_t)r->tid,
		.cpu = r->cpu,
		.vcpu = (uint32_t)vcpu,
	};

	if (vcpu >= 0)
		out->handler(out->arg, &e);
}

void join_record(struct join *j, const struct record *r, probe_handler *handler, void *arg)
{
	struct out out = {handler, arg};

	switch ((enum record_kind)r->kind) {
	case RECORD_START:
	case RECORD_STARTED:
	case RECORD_ENDED:
		window_record(j, r, &out);
		break;
	case RECORD_FAULT:
	case RECORD_FAULTED:
	case RECORD_LEVEL:
	case RECORD_WAIT:
		fault_record(j, r, &out);
		break;
	case RECORD_SWITCH:
		switched_out(j, r);
		switched_in(j, r, &out);
		break;
	case RECORD_VIRQ:
		virq_record(j, r, &out);
		break;
	default: /* of the time of learning */
		break;
	}
}

int join_open(struct join **j, const struct join_config *config)
{
	*j = calloc(1, sizeof(**j));
	if (!*j)
		return -ENOMEM;
	(*j)->config = config;
	return 0;
}

void join_close(struct join *j)
{
	free(j);
}
