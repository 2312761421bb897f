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
#define MARK_NS (100 * NSEC_PER_USEC) /* reading pf_taken takes less */
#define HIGH_GPA (1ull << 32)

static int thread_ids(struct run *r, struct probe_spec *spec)
{
	json_t *cpus = NULL, *cpu;
	size_t i;
	int err = qmp_command(r->vm.qmp, "query-cpus-fast", NULL, &cpus, false);

	if (err)
		return err;
	json_array_foreach (cpus, i, cpu) {
		json_int_t index = json_integer_value(json_object_get(cpu, "cpu-index"));

		if (index >= 0 && index < PROBE_MAX_VCPUS)
			spec->vcpu[index] =
				(pid_t)json_integer_value(json_object_get(cpu, "thread-id"));
	}
	spec->vcpus = (unsigned int)r->o->vcpus;
	json_decref(cpus);
	return 0;
}

/*
 * Guest RAM is one piece of QEMU's address space; in the guest's it has a hole below 4 GiB
 * (hw/i386/microvm.c, pc.c).
 */
static int ram_layout(struct run *r, struct probe_spec *spec)
{
	uint64_t base, high = 0;
	int err = vm_hva(&r->vm, 0, &base);

	if (err)
		return err;
	err = vm_hva(&r->vm, HIGH_GPA, &high);
	if (err && err != -EPROTO) /* no RAM there: all of it lies below */
		return err;
	spec->ram_hva = base;
	spec->ram_bytes = r->vm.ram_bytes;
	spec->ram[0] = (struct guest_ram){0, base, high ? high - base : r->vm.ram_bytes};
	if (high)
		spec->ram[1] =
			(struct guest_ram){HIGH_GPA, high, r->vm.ram_bytes - spec->ram[0].bytes};
	return 0;
}

static int set_text(struct run *r, char **to, const char *text)
{
	free(*to);
	*to = str_format("%s", text);
	return *to ? 0 : run_ended(r, -ENOMEM, RUN_ERROR, "no memory for the result");
}

static int open_probe(struct run *r, struct observe *w, struct probe_spec *spec)
{
	struct probe_figures *f = &r->result.probes;
	char why[400];
	int err = probe_open(&w->probe, spec, why, sizeof(why));

	if (err)
		return run_ended(r, err, RUN_ERROR, "--probes %s does not work here: %s",
				 probe_backend_name(spec->wanted), why);
	w->joins = probe_backend(w->probe) != BACKEND_COUNTERS;
	if (spec->stretch_ns && probe_backend(w->probe) != BACKEND_BPF)
		return run_ended(r, -EOPNOTSUPP, RUN_ERROR, "--stretch needs the probes by BPF: %s",
				 why[0] ? why : "--probes bpf");
	f->stretch_ns = spec->stretch_ns;
	f->stretch_count = r->o->stretch_count;
	if (why[0] && set_text(r, &f->why, why))
		return -ENOMEM;
	return set_text(r, &f->backend, probe_backend_name(probe_backend(w->probe)));
}

int observe_open(struct run *r)
{
	struct probe_spec spec = {.wanted = (enum probe_backend)r->o->probes,
				  .qemu = r->vm.child.pid,
				  .stretch_ns = r->o->stretch_ns,
				  .stretch_counted = r->o->stretch_count > 0,
				  .long_ns = r->o->stall_ns / 2,
				  .interfere = r->o->interfere};
	struct observe *w = calloc(1, sizeof(*w));
	struct attrib_config config = {0};
	int err;

	r->observe = w;
	if (!w)
		return run_ended(r, -ENOMEM, RUN_ERROR, "no memory for the probes");
	err = thread_ids(r, &spec) ?: ram_layout(r, &spec);
	if (err)
		return run_trouble(r)
			       ?: run_ended(r, err, RUN_ERROR, "QEMU does not tell its layout");
	apart_place(r, spec.vcpu, spec.vcpus);
	err = open_probe(r, w, &spec);
	if (err || !w->joins)
		return err;
	config.vcpus = spec.vcpus;
	memcpy(config.ram, spec.ram, sizeof(config.ram));
	err = attrib_open(&w->attrib, &config);
	if (err)
		return run_ended(r, err, RUN_ERROR, "no memory for the probes' events");
	if (set_text(r, &r->result.clock.method, observe_clock_open(r)))
		return -ENOMEM;
	selftest_begin(&w->test, r->vm.child.pid, spec.ram_hva, counters_faults(r->counters),
		       r->result.paging && !strcmp(r->result.paging, "shadow"));
	err = observe_drain_start(w);
	return err ? run_ended(r, err, RUN_ERROR, "no thread for the probes' events") : 0;
}

/* A stall that the clock cannot place is asked for all the same, with an error that leaves it
 * unknown. */
void observe_take_stalls(struct run *r)
{
	struct observe *w = r->observe;
	size_t n;
	const struct proto_stall *s = guest_stalls(&r->guest, &n);

	for (size_t i = 0; i < n; i++) {
		struct attrib_stall in = {.error_ns = UINT64_MAX / 8, .vcpu = s[i].vcpu};

		if (s[i].vcpu >= r->o->vcpus)
			continue; /* the guest talks nonsense; not among the records */
		if (!observe_clock_stall(r, &s[i], &in))
			in.end_ns = guest_tsc_ns(&r->guest, s[i].length_tsc);
		attrib_stall(w->attrib, &in);
	}
	guest_stalls_taken(&r->guest);
	w->stalls = 0;
}

/* Stalls wait until all events of their time have come; the guest sends them once in 100 ms. */
static bool stalls_are_ripe(struct run *r, struct observe *w)
{
	size_t n;

	guest_stalls(&r->guest, &n);
	if (n != w->stalls)
		w->stalls_ns = mono_ns();
	w->stalls = n;
	return n && w->complete_ns > w->stalls_ns;
}

void observe_turn(struct run *r)
{
	struct observe *w = r->observe;

	if (!w || !w->joins)
		return;
	observe_clock_turn(r);
	observe_lock(w);
	if (stalls_are_ripe(r, w))
		observe_take_stalls(r);
	observe_unlock(w);
}

static int judge_selftest(struct run *r, struct observe *w)
{
	char text[300];
	int err;

	observe_lock(w);
	observe_catch_up(w, mono_ns());
	err = selftest_judge(&w->test, counters_faults(r->counters), text, sizeof(text));
	observe_unlock(w);
	if (set_text(r, &r->result.probes.selftest, text))
		return -ENOMEM;
	return err ? run_ended(r, err, RUN_PROBE_SILENT, "%s", text) : 0;
}

int observe_ready(struct run *r)
{
	struct observe *w = r->observe;
	int err;

	if (r->o->interfere) {
		err = interfere_start(&w->interfere, r->knobs, r->o->seed);
		if (err)
			return run_ended(r, err, RUN_ERROR, "--interfere does not work here");
		r->result.probes.interfere = true;
		if (!interfere_preempts(w->interfere))
			note_say("--interfere: this kernel cannot be made preemptible at run time "
				 "(debugfs sched/preempt); see how many windows were preempted");
	}
	if (!w->joins)
		return 0;
	observe_clock_compare(r);
	observe_lock(w);
	err = selftest_force(&w->test, backend_is_shared((enum backend)r->o->backend));
	observe_unlock(w);
	if (err)
		return run_trouble(r)
			       ?: run_ended(r, err, RUN_PROBE_SILENT,
					    "the probes cannot be "
					    "tested: no window could be forced on guest RAM");
	return judge_selftest(r, w);
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

void observe_close(struct run *r)
{
	struct observe *w = r->observe;

	if (!w)
		return;
	observe_drain_stop(w);
	if (w->attrib)
		fill_doubts(&r->result.probes, w);
	interfere_stop(w->interfere);
	attrib_close(w->attrib);
	probe_close(w->probe);
	free(w);
	r->observe = NULL;
}

/* Under the lock. The moment is the reading of pf_taken: the probes' events up to it are all that
 * belongs to it. */
static int take_mark(struct run *r, struct mark *m)
{
	struct observe *w = r->observe;
	int err;

	for (int i = 0; i < MARK_TRIES; i++) {
		uint64_t before = mono_ns();

		m->faults = counters_faults(r->counters);
		m->ns = mono_ns();
		if (m->ns - before < MARK_NS) /* else somebody else was on this CPU meanwhile */
			break;
	}
	err = probe_windows(w->probe, &m->windows);
	observe_catch_up(w, m->ns);
	return err ? run_ended(r, err, RUN_ERROR, "the probes cannot be read: %s", strerror(-err))
		   : 0;
}

int observe_begin(struct run *r)
{
	struct observe *w = r->observe;
	int err;

	if (!w->joins)
		return 0;
	observe_clock_compare(r);
	observe_lock(w);
	err = take_mark(r, &w->before);
	if (!err)
		attrib_begin(w->attrib, w->before.ns);
	observe_unlock(w);
	probe_stretch(w->probe, r->o->stretch_count);
	return err;
}

int observe_end(struct run *r)
{
	struct observe *w = r->observe;
	int err;

	if (!w->joins)
		return 0;
	probe_stretch(w->probe, 0);
	observe_lock(w);
	err = take_mark(r, &w->after);
	if (!err)
		attrib_end(w->attrib, w->after.ns);
	observe_unlock(w);
	observe_clock_compare(r);
	return err;
}

uint32_t observe_wants(const struct run *r)
{
	return r->observe->joins ? PROTO_WANT_TOUCHED : 0;
}
