// SPDX-License-Identifier: GPL-2.0-only
/* observe.c - see observe.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "end.h"
#include "observe.h"
#include "apart.h"
#include "observe_parts.h"

#define MARK_TRIES 10
#define HIGH_GPA (1ull << 32)

static int thread_ids(struct observe *w, struct probe_spec *spec)
{
	json_t *cpus = NULL, *cpu;
	size_t i;
	int err = qmp_command(w->c.vm->qmp, "query-cpus-fast", NULL, &cpus, false);

	if (err)
		return err;
	json_array_foreach (cpus, i, cpu) {
		json_int_t index = json_integer_value(json_object_get(cpu, "cpu-index"));

		if (index >= 0 && index < PROBE_MAX_VCPUS)
			spec->vcpu[index] =
				(pid_t)json_integer_value(json_object_get(cpu, "thread-id"));
	}
	spec->vcpus = (unsigned int)w->c.o->vcpus;
	json_decref(cpus);
	return 0;
}

/*
 * Guest RAM is one piece of QEMU's address space; in the guest's it has a hole below 4 GiB
 * (hw/i386/microvm.c, pc.c).
 */
static int ram_layout(struct observe *w, struct probe_spec *spec)
{
	uint64_t base, high = 0;
	int err = vm_hva(w->c.vm, 0, &base);

	if (err)
		return err;
	err = vm_hva(w->c.vm, HIGH_GPA, &high);
	if (err && err != -EPROTO) /* no RAM there: all of it lies below */
		return err;
	spec->ram_hva = base;
	spec->ram_bytes = w->c.vm->ram_bytes;
	spec->ram[0] = (struct guest_ram){0, base, high ? high - base : w->c.vm->ram_bytes};
	if (high)
		spec->ram[1] =
			(struct guest_ram){HIGH_GPA, high, w->c.vm->ram_bytes - spec->ram[0].bytes};
	return 0;
}

static int set_text(struct observe *w, char **to, const char *text)
{
	free(*to);
	*to = str_format("%s", text);
	return *to ? 0 : run_ended(w->c.result, -ENOMEM, RUN_ERROR, "no memory for the result");
}

/*
 * Without the TDP MMU KVM maps up to eight pages around the faulting one (arch/x86/kvm/mmu/mmu.c
 * direct_pte_prefetch()), and no probe of ours tells of them.
 */
static bool maps_ahead(const struct knobs *k)
{
	char text[8];

	return k && knob_read(k, "/sys/module/kvm/parameters/tdp_mmu", text, sizeof(text)) > 0 &&
	       *text == 'N';
}

static int open_probe(struct observe *w, struct probe_spec *spec)
{
	struct probe_figures *f = &w->c.result->probes;
	char why[400];
	int err = probe_open(&w->probe, spec, why, sizeof(why));

	if (err)
		return run_ended(w->c.result, err, RUN_ERROR, "--probes %s does not work here: %s",
				 probe_backend_name(spec->wanted), why);
	w->joins = probe_backend(w->probe) != BACKEND_COUNTERS;
	if (spec->stretch_ns && probe_backend(w->probe) != BACKEND_BPF)
		return run_ended(w->c.result, -EOPNOTSUPP, RUN_ERROR,
				 "--stretch needs the probes by BPF: %s",
				 why[0] ? why : "--probes bpf");
	if (w->c.o->trace && !w->joins)
		return run_ended(w->c.result, -EOPNOTSUPP, RUN_ERROR,
				 "--trace needs the probes by BPF: %s",
				 why[0] ? why : "--probes bpf");
	f->stretch_ns = spec->stretch_ns;
	f->stretch_count = w->c.o->stretch_count;
	if (why[0] && set_text(w, &f->why, why))
		return -ENOMEM;
	return set_text(w, &f->backend, probe_backend_name(probe_backend(w->probe)));
}

int observe_open(struct observe **out, const struct observe_config *c)
{
	struct probe_spec spec = {.wanted = (enum probe_backend)c->o->probes,
				  .qemu = c->vm->child.pid,
				  .stretch_ns = c->o->stretch_ns,
				  .stretch_counted = c->o->stretch_count > 0,
				  .long_ns = c->o->stall_ns / 2,
				  .interfere = c->o->interfere};
	struct observe *w = calloc(1, sizeof(*w));
	struct attrib_config config = {0};
	int err;

	*out = w;
	if (!w)
		return run_ended(c->result, -ENOMEM, RUN_ERROR, "no memory for the probes");
	w->c = *c;
	err = thread_ids(w, &spec) ?: ram_layout(w, &spec);
	if (err)
		return w->c.trouble(w->c.arg)
			       ?: run_ended(w->c.result, err, RUN_ERROR,
					    "QEMU does not tell its layout");
	if (w->c.o->inside && w->c.result->spare_vcpus)
		apart_place(spec.qemu, spec.vcpu, spec.vcpus);
	err = open_probe(w, &spec);
	if (err || !w->joins)
		return err;
	config.vcpus = spec.vcpus;
	memcpy(config.ram, spec.ram, sizeof(config.ram));
	err = attrib_open(&w->attrib, &config);
	if (err)
		return run_ended(w->c.result, err, RUN_ERROR, "no memory for the probes' events");
	if (w->c.o->trace && trace_open(w->c.trace, "host-stress", config.vcpus, TRACE_RUN_EVENTS))
		return run_ended(w->c.result, -ENOMEM, RUN_ERROR, "no memory for the trace");
	if (set_text(w, &w->c.result->clock.method, observe_clock_open(w)))
		return -ENOMEM;
	w->maps_ahead = maps_ahead(w->c.knobs);
	if (w->maps_ahead)
		note_say("tdp_mmu=0: KVM maps pages beside the one that faulted, which no probe "
			 "tells of; transitions and refault ratios are not known");
	selftest_begin(&w->test, w->c.vm->child.pid, spec.ram_hva, counters_faults(w->c.counters),
		       w->c.result->paging && !strcmp(w->c.result->paging, "shadow"));
	err = observe_drain_start(w);
	return err ? run_ended(w->c.result, err, RUN_ERROR, "no thread for the probes' events") : 0;
}

/* A stall that the clock cannot place is asked for all the same, with an error that leaves it
 * unknown. */
void observe_take_stalls(struct observe *w)
{
	size_t n;
	const struct proto_stall *s = guest_stalls(w->c.guest, &n);

	for (size_t i = 0; i < n; i++) {
		struct attrib_stall in = {.error_ns = UINT64_MAX / 8, .vcpu = s[i].vcpu};

		if (s[i].vcpu >= w->c.o->vcpus)
			continue; /* the guest talks nonsense; not among the records */
		if (!observe_clock_stall(w, &s[i], &in))
			in.end_ns = guest_tsc_ns(w->c.guest, s[i].length_tsc);
		attrib_stall(w->attrib, &in);
	}
	guest_stalls_taken(w->c.guest);
	w->stalls = 0;
}

/* Stalls wait until all events of their time have come; the guest sends them once in 100 ms. */
static bool stalls_are_ripe(struct observe *w)
{
	size_t n;

	guest_stalls(w->c.guest, &n);
	if (n != w->stalls)
		w->stalls_ns = mono_ns();
	w->stalls = n;
	return n && w->complete_ns > w->stalls_ns;
}

void observe_turn(struct observe *w)
{
	if (!w || !w->joins)
		return;
	observe_clock_turn(w);
	observe_lock(w);
	if (stalls_are_ripe(w))
		observe_take_stalls(w);
	observe_unlock(w);
}

/*
 * KVM's count is read first: the guest goes on, and where all of its memory has just been zapped
 * there may be faults by the end of catching up that nobody has been told of yet.
 */
static int judge_selftest(struct observe *w)
{
	char text[300];
	uint64_t taken;
	int err;

	observe_lock(w);
	taken = counters_faults(w->c.counters);
	observe_catch_up(w, mono_ns());
	err = selftest_judge(&w->test, taken, text, sizeof(text));
	observe_unlock(w);
	if (set_text(w, &w->c.result->probes.selftest, text))
		return -ENOMEM;
	return err ? run_ended(w->c.result, err, RUN_PROBE_SILENT, "%s", text) : 0;
}

int observe_ready(struct observe *w)
{
	int err;

	if (w->c.o->interfere) {
		err = interfere_start(&w->interfere, w->c.knobs, w->c.o->seed);
		if (err)
			return run_ended(w->c.result, err, RUN_ERROR,
					 "--interfere does not work here");
		w->c.result->probes.interfere = true;
		if (!interfere_preempts(w->interfere))
			note_say("--interfere: this kernel cannot be made preemptible at run time "
				 "(debugfs sched/preempt); see how many windows were preempted");
	}
	if (w->c.o->grace_periods) {
		err = w->joins ? grace_start(&w->grace, w->probe) : -EOPNOTSUPP;
		if (err)
			return run_ended(w->c.result, err, RUN_ERROR,
					 "--grace-periods needs the probes by BPF");
	}
	if (!w->joins)
		return 0;
	observe_clock_compare(w);
	observe_lock(w);
	err = selftest_force(&w->test, backend_is_shared((enum backend)w->c.o->backend));
	observe_unlock(w);
	if (err)
		return w->c.trouble(w->c.arg)
			       ?: run_ended(w->c.result, err, RUN_PROBE_SILENT,
					    "the probes cannot be "
					    "tested: no window could be forced on guest RAM");
	return judge_selftest(w);
}

/* What makes all that the probes say doubtful. What cannot be read is no 0. */
static void fill_doubts(struct probe_figures *f, struct observe *w)
{
	struct attrib_doubts doubts = attrib_doubts(w->attrib);
	uint64_t unpaired;
	int err = probe_lost(w->probe, &f->lost, &unpaired);

	if (!err)
		err = w->drain_err;
	f->counted = !err;
	f->late = doubts.late;
	f->unpaired = doubts.unpaired + unpaired;
	if (err)
		note_say("what the probes lost cannot be read (%s): nothing is judged by them",
			 strerror(-err));
}

void observe_close(struct observe *w)
{
	if (!w)
		return;
	observe_drain_stop(w);
	if (w->attrib)
		fill_doubts(&w->c.result->probes, w);
	interfere_stop(w->interfere);
	grace_stop(w->grace);
	attrib_close(w->attrib);
	probe_close(w->probe);
	free(w);
}

struct reading {
	const struct counters *counters;
	struct mark *mark;
};

static void read_faults(void *arg)
{
	struct reading *r = arg;
	uint64_t from, to;

	r->mark->faults = counters_faults_at(r->counters, &from, &to);
	r->mark->reading_ns = to - from;
	r->mark->ns = to;
}

static bool is_better(const struct mark *m, const struct mark *than)
{
	return m->still != than->still ? m->still : m->reading_ns < than->reading_ns;
}

/*
 * Under the lock. KVM's count of faults, its moment, and the windows that had ended by then. A vCPU
 * on another CPU goes on faulting while the count is read, and this thread may lose its CPU there:
 * of several tries the quickest is the one with the fewest faults in between. Windows that end
 * meanwhile make a try worse than any without. The probes' events up to the moment are all that
 * belongs to it.
 */
static int take_mark(struct observe *w, struct mark *m)
{
	struct mark *t = &w->tried;
	struct reading r = {w->c.counters, t};
	int err = 0;

	m->still = false;
	m->reading_ns = UINT64_MAX;
	for (int i = 0; i < MARK_TRIES && !err; i++) {
		err = probe_windows(w->probe, &t->windows, read_faults, &r, &t->still);
		if (!err && is_better(t, m))
			*m = *t;
	}
	observe_catch_up(w, m->ns);
	if (!err && !m->still)
		note_say("a phase's count of windows may differ by a few from the trace's: windows "
			 "ended at each of %d tries to cut it off",
			 MARK_TRIES);
	return err ? run_ended(w->c.result, err, RUN_ERROR, "the probes cannot be read: %s",
			       strerror(-err))
		   : 0;
}

static void begin_stretch(struct observe *w)
{
	const struct result *r = w->c.result;

	attrib_begin(w->attrib, w->before.ns);
	if (w->c.o->trace)
		trace_begin(*w->c.trace, w->attrib, r->phases[r->nphases - 1].name, w->before.ns);
}

int observe_begin(struct observe *w)
{
	int err;

	if (!w->joins)
		return 0;
	observe_clock_compare(w);
	observe_lock(w);
	err = take_mark(w, &w->before);
	if (!err)
		begin_stretch(w);
	observe_unlock(w);
	grace_begin(w->grace);
	probe_stretch(w->probe, w->c.o->stretch_count);
	return err;
}

int observe_end(struct observe *w)
{
	int err;

	if (!w->joins)
		return 0;
	probe_stretch(w->probe, 0);
	grace_end(w->grace, &w->grace_found);
	observe_lock(w);
	err = take_mark(w, &w->after);
	if (!err)
		attrib_end(w->attrib, w->after.ns);
	observe_unlock(w);
	observe_clock_compare(w);
	return err;
}

uint32_t observe_wants(const struct observe *w)
{
	return w->joins ? PROTO_WANT_TOUCHED : 0;
}
