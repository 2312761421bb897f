// SPDX-License-Identifier: GPL-2.0-only
/*
 * probe_tracefs.c - backend B: kprobe events and tracepoints in a trace instance of our own, for
 * kernels without BTF.
 *
 * It takes no offset, enumeration or inlining from a version of the kernel, but finds them out
 * (probe_tracefs_learn.c, _text.c), and proves on an invalidation of our own that a window is seen
 * as it is. What cannot be found is not known: `transition`, where the functions that make it are
 * inlined beyond telling apart.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "probe_tracefs.h"
#include "tracefs.h"
#include "windows.h"

struct tracefs {
	struct probe_spec spec;
	struct setup setup;
	struct join_config config;
	struct join *join;
	struct range_layout layout;
	struct windows windows; /* of what has been drained */
	probe_handler *handler; /* of the drain that goes on */
	void *handler_arg;
};

static int no(char *why, size_t size, const char *what, int err)
{
	snprintf(why, size, "tracefs: %s: %s", what, strerror(-err));
	return -EOPNOTSUPP;
}

static enum probe_thread thread_kind(void *arg, pid_t tid)
{
	const struct tracefs *t = arg;

	return thread_whose(t->spec.qemu, tid);
}

static int read_callers(struct tracefs *t)
{
	FILE *f = fopen("/proc/kallsyms", "re");

	if (!f)
		return -errno;
	callers_read(&t->config.callers, f);
	fclose(f);
	return 0;
}

static int read_retvals(struct tracefs *t)
{
	auto_free char *path = tracefs_path(t->setup.root, "events/kvmmmu/fast_page_fault/format");
	auto_free char *text = NULL;
	int err = path ? file_slurp(path, &text, NULL) : -ENOMEM;

	return err ?: retvals_parse(text, &t->config.retvals);
}

/* SVM's exits carry an error code, VMX's a qualification. */
static bool is_svm(void)
{
	FILE *f = fopen("/proc/cpuinfo", "re");
	char line[4096];
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f) && strncmp(line, "flags", 5) != 0)
		;
	found = f && !strncmp(line, "flags", 5) && strstr(line, " svm ");
	if (f)
		fclose(f);
	return found;
}

/*
 * Has exactly our own window come, whole? It is an UNMAP (0): the CLEAR (1) by which the layout was
 * found looks like the flags (MMU_NOTIFIER_RANGE_BLOCKABLE, 1) beside it.
 */
struct proof {
	uint64_t address, id;
	unsigned int started, ended, strange;
};

static void prove(void *arg, const struct probe_event *e)
{
	struct proof *p = arg;

	if (e->type == PROBE_START && e->address == p->address && e->length == 4096 &&
	    e->reason == REASON_UNMAP && e->thread == THREAD_AGENT) {
		p->id = e->id;
		p->started++;
	} else if (e->type == PROBE_END && e->id == p->id) {
		p->ended++;
	} else {
		p->strange++;
	}
}

struct proving {
	struct tracefs *t;
	struct proof proof;
};

/* The caller that START tells must not be what the kretprobe has put in its place. */
static void to_proof(void *arg, const struct record *r)
{
	struct proving *p = arg;
	const struct caller *no = &p->t->config.callers.trampoline;

	if (r->kind == RECORD_START && r->value[3] >= no->begin && r->value[3] < no->end)
		p->proof.strange++;
	join_record(p->t->join, r, prove, &p->proof);
}

static int prove_window(struct tracefs *t, struct own_window *w, char *why, size_t size)
{
	struct proving p = {t, {.address = (uintptr_t)w->page}};
	const struct proof *seen = &p.proof;
	int err = own_window_unmap(w);

	t->config.ram_begin = p.proof.address;
	t->config.ram_bytes = 4096;
	if (!err)
		err = stream_read(t->setup.stream, UINT64_MAX, to_proof, &p);
	if (err)
		return no(why, size, "an invalidation of our own", err);
	if (seen->started == 1 && seen->ended == 1 && !seen->strange)
		return 0;
	snprintf(why, size,
		 "tracefs: of one invalidation of our own %u starts, %u ends and %u other "
		 "events were seen",
		 seen->started, seen->ended, seen->strange);
	return -EOPNOTSUPP;
}

/* Everything about windows that can be tried on ourselves. */
static int learn(struct tracefs *t, char *why, size_t size)
{
	struct own_window w;
	uint64_t own_mm = 0;
	int err = own_window_open(&w);

	why[0] = '\0';
	if (!err)
		err = watch_started(&t->setup);
	if (!err)
		err = learn_layout(&t->setup, &w, &t->layout, &own_mm, why, size);
	if (!err)
		err = watch_define(&t->setup, &t->layout);
	if (!err)
		err = watch_windows(&t->setup, own_mm);
	if (!err)
		err = prove_window(t, &w, why, size);
	own_window_close(&w);
	return !err || why[0] ? err : no(why, size, "an invalidation of our own", err);
}

static void ignore(void *arg, const struct probe_event *e)
{
	(void)arg;
	(void)e;
}

static void to_nobody(void *arg, const struct record *r)
{
	struct tracefs *t = arg;

	join_record(t->join, r, ignore, NULL);
}

/* Windows last: a vCPU's window is to have its fault around it. */
static int watch(struct tracefs *t, char *why, size_t size)
{
	uint64_t mm = 0;
	int err = learn_mm(&t->setup, t->spec.qemu, &mm);

	t->config.ram_begin = t->spec.ram_hva;
	t->config.ram_bytes = t->spec.ram_bytes;
	if (err)
		return no(why, size, "the mm of QEMU cannot be found by mm_access()", err);
	err = watch_faults(&t->setup, &t->spec, &t->config.levels);
	if (err)
		return no(why, size, "kvm_tdp_page_fault and kvm:kvm_page_fault", err);
	err = watch_wait(&t->setup, &t->spec);
	if (err)
		return no(why, size, "migration_entry_wait_on_locked", err);
	err = watch_switch(&t->setup, &t->spec);
	if (err)
		return no(why, size, "sched:sched_switch", err);
	err = watch_virq(&t->setup, &t->spec);
	if (err)
		return no(why, size, "kvm:kvm_inj_virq", err);
	err = watch_windows(&t->setup, mm);
	if (!err)
		err = stream_read(t->setup.stream, mono_ns(), to_nobody, t);
	return err ? no(why, size, "filters of the window events", err) : 0;
}

static int open_all(struct tracefs *t, char *why, size_t size)
{
	int err;

	if (!pid_is_global())
		return no(why, size, "thread numbers mean something else in this PID namespace",
			  -ESRCH);
	if (!tracefs_root())
		return no(why, size, "not mounted at /sys/kernel/tracing, or not readable",
			  -ENOENT);
	err = setup_open(&t->setup);
	if (err)
		return no(why, size, "a trace instance of our own", err);
	err = read_retvals(t);
	if (err)
		return no(why, size, "RET_PF_* in kvmmmu:fast_page_fault", err);
	err = read_callers(t);
	if (err)
		return no(why, size, "/proc/kallsyms", err);
	err = join_open(&t->join, &t->config);
	if (!err)
		err = learn(t, why, size);
	return err ?: watch(t, why, size);
}

static void tracefs_close(void *state)
{
	struct tracefs *t = state;

	if (!t)
		return;
	if (setup_close(&t->setup))
		note_say("tracing of this run goes on until then and costs time");
	join_close(t->join);
	free(t);
}

static int tracefs_open(void **state, const struct probe_spec *spec, char *why, size_t size)
{
	struct tracefs *t = calloc(1, sizeof(*t));
	int err;

	if (!t)
		return -ENOMEM;
	t->spec = *spec;
	t->config = (struct join_config){
		.spec = &t->spec,
		.svm = is_svm(),
		.thread = thread_kind,
		.thread_arg = t,
	};
	err = spec->stretch_ns ? -EOPNOTSUPP : open_all(t, why, size);
	if (spec->stretch_ns)
		snprintf(why, size, "tracefs: cannot make windows longer (--stretch)");
	if (err) {
		tracefs_close(t);
		return err;
	}
	*state = t;
	return 0;
}

static void to_user(void *arg, const struct probe_event *e)
{
	struct tracefs *t = arg;

	windows_event(&t->windows, e);
	t->handler(t->handler_arg, e);
}

static void to_join(void *arg, const struct record *r)
{
	struct tracefs *t = arg;

	join_record(t->join, r, to_user, t);
}

/* What comes while we read is left for the next time: every CPU is read once, not chased. */
static int tracefs_drain(void *state, probe_handler *handler, void *arg)
{
	struct tracefs *t = state;

	t->handler = handler;
	t->handler_arg = arg;
	return stream_read(t->setup.stream, mono_ns(), to_join, t);
}

/* As of the last drain. */
static int tracefs_windows(void *state, struct probe_windows *w)
{
	const struct tracefs *t = state;

	*w = t->windows.sum;
	return 0;
}

static int tracefs_lost(void *state, uint64_t *lost)
{
	struct tracefs *t = state;

	return setup_lost(&t->setup, lost);
}

const struct probe_ops probe_tracefs = {
	.backend = BACKEND_TRACEFS,
	.open = tracefs_open,
	.close = tracefs_close,
	.drain = tracefs_drain,
	.windows = tracefs_windows,
	.lost = tracefs_lost,
};
