/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * observe.c - a run's probes from opening to a phase's figures, with a probe of our own in the
 * place of BPF's, a guest and a monitor that only pretend (fake.h), and this process in QEMU's: its
 * memory is what the self-test forces its windows on.
 *
 * What events come to is attrib.c's and tested there; here it is whether they get there, in whose
 * time, and what is said when something of it fails. Would pass silently if nothing arrived, so
 * counts are compared.
 */
#include "observe_made.h"

/* --- opening and testing the probes */

static void all_is_well(void **state)
{
	(void)state;
	assert_int_equal(open_it(), 0);
	assert_string_equal(run->result.probes.backend, "bpf");
	assert_string_equal(run->result.clock.method, "ping-pong");
	assert_int_equal(probe.spec.vcpu[0], getpid());
	assert_int_equal(probe.spec.ram_hva, (uintptr_t)ram);
	assert_int_equal(probe.spec.ram[0].bytes, 2 << 20);
	assert_int_equal(probe.spec.ram[1].bytes, 0);
	assert_int_equal(observe_ready(run->observe), 0);
	assert_string_equal(run->result.probes.selftest,
			    "passed: 1 window forced and seen, 0 faults seen of 0 that KVM took");
	assert_int_equal(observe_wants(run->observe), PROTO_WANT_TOUCHED);
	probe.lost_events = 7;
	observe_close(run->observe);
	run->observe = NULL;
	assert_true(probe.closed);
	assert_true(run->result.probes.counted);
	assert_int_equal(run->result.probes.lost, 7);
}

static void none_works(void **state)
{
	struct phase_result res = {0};

	(void)state;
	probe.open = -EOPNOTSUPP;
	assert_int_equal(open_it(), 0);
	assert_string_equal(run->result.probes.backend, "counters");
	assert_string_equal(run->result.probes.why, "no BTF");
	assert_int_equal(observe_ready(run->observe), 0);
	assert_int_equal(observe_begin(run->observe), 0);
	assert_int_equal(observe_end(run->observe), 0);
	observe_fill(run->observe, &res);
	assert_false(res.windows.known || res.stalls.causes_known || res.faults.classes_known);
	assert_int_equal(observe_wants(run->observe), 0);
}

static void the_wanted_one_does_not_work(void **state)
{
	(void)state;
	probe.open = -EOPNOTSUPP;
	opts.probes = BACKEND_BPF;
	assert_int_equal(open_it(), -EOPNOTSUPP);
	ended(RUN_ERROR, "--probes bpf does not work here: no BTF");
}

static void stretching_needs_bpf(void **state)
{
	(void)state;
	probe.open = -EOPNOTSUPP;
	opts.stretch_ns = 1000;
	assert_int_equal(open_it(), -EOPNOTSUPP);
	ended(RUN_ERROR, "--stretch needs the probes by BPF");
}

static void no_layout(void **state)
{
	(void)state;
	__atomic_store_n(&fake.refuse, "query-cpus-fast", __ATOMIC_RELEASE);
	assert_true(open_it() < 0);
	ended(RUN_ERROR, "QEMU does not tell its layout");
}

/* What has happened to the run is said, not what came of it. */
static void qemu_dies_meanwhile(void **state)
{
	(void)state;
	__atomic_store_n(&fake.refuse, "query-cpus-fast", __ATOMIC_RELEASE);
	run->vm.child.exited = true;
	run->vm.child.status = 9;
	assert_true(open_it() < 0);
	ended(RUN_QEMU_KILLED, "stopped from outside");
}

static void a_blind_probe(void **state)
{
	(void)state;
	probe.blind = true;
	assert_int_equal(open_it(), 0);
	assert_true(observe_ready(run->observe) < 0);
	ended(RUN_PROBE_SILENT, "the window probe is silent");
}

static void a_probe_blind_to_faults(void **state)
{
	(void)state;
	assert_int_equal(open_it(), 0);
	kvm_has_taken(12);
	assert_true(observe_ready(run->observe) < 0);
	ended(RUN_PROBE_SILENT, "the fault probe is silent: KVM took 12 faults");
}

/* --- a phase */

/* vCPU 0's thread off its CPU from @from to now, because of another. */
static void preempted_since(uint64_t from)
{
	struct probe_event e = {.type = PROBE_OFF, .begin_ns = from, .tid = 77};

	strcpy(e.comm, "noisy");
	put(e);
}

static bool blind; /* KVM takes faults that no probe sees */

static void fault_now(void)
{
	struct probe_event e = {.type = PROBE_FAULT,
				.begin_ns = mono_ns(),
				.address = FAKE_GPA,
				.length = 4096,
				.outcome = OUTCOME_FIXED};

	if (!blind)
		put(e);
}

/* From the beginning of an epoch to its figures. */
static void play(struct phase_result *res)
{
	uint64_t began = mono_ns();

	assert_int_equal(open_it(), 0);
	assert_int_equal(observe_ready(run->observe), 0);
	turns(120 * NSEC_PER_MSEC); /* the clock needs two points */
	began = mono_ns();
	epoch(PROTO_START, 0);
	assert_int_equal(loop_until(run->loop, has_begun, NULL, WAIT_NS), 1);
	assert_int_equal(observe_begin(run->observe), 0);
	probe.seen.count = 3;
	probe.seen.by_reason[REASON_CLEAR] = 3;
	probe.seen.by_thread[THREAD_KSMD] = 3;
	hist_add(&probe.seen.total, 500);
	turns(FAKE_STALL_NS + 20 * NSEC_PER_MSEC);
	preempted_since(began - NSEC_PER_MSEC);
	fault_now(); /* behind it: a thread that is off its CPU takes none */
	kvm_has_taken(1);
	assert_int_equal(observe_end(run->observe), 0);
	turns(120 * NSEC_PER_MSEC); /* ... and one behind */
	epoch(PROTO_STOP, observe_wants(run->observe));
	assert_int_equal(loop_until(run->loop, has_ended, NULL, WAIT_NS), 1);
	observe_fill(run->observe, res);
}

static void free_phase(struct phase_result *res)
{
	/* a result takes what belongs to it along */
	run->result.phases = calloc(1, sizeof(*res));
	assert_non_null(run->result.phases);
	run->result.phases[0] = *res;
	run->result.nphases = 1;
}

static void a_phase(void **state)
{
	struct phase_result res = {0};
	uint64_t ns = 0;

	(void)state;
	fake.stalls = 2;
	opts.stretch_ns = 1000;
	opts.stretch_count = 5;
	play(&res);
	assert_int_equal(probe.stretched, 5);
	assert_true(res.windows.known);
	assert_int_equal(res.windows.count, 3);
	assert_int_equal(res.windows.by_event[REASON_CLEAR], 3);
	assert_int_equal(res.windows.by_thread[THREAD_KSMD], 3);
	assert_int_equal(res.windows.total.max_ns, 500);
	assert_true(res.faults.classes_known && res.transitions[TRANSITION_NONE].known);
	assert_true(res.transitions[TRANSITION_REPLACE].known);
	assert_false(res.transitions[TRANSITION_COPY].known); /* not a 0 */
	assert_int_equal(res.faults.total, 1);
	assert_int_equal(res.faults.unmatched, 0);
	assert_true(res.stalls.causes_known);
	assert_int_equal(res.stalls.by_cause[CAUSE_NOT_RUNNING].count, 2);
	assert_in_range(res.stalls.by_cause[CAUSE_NOT_RUNNING].total_ns, 2 * FAKE_STALL_NS * 9 / 10,
			2 * FAKE_STALL_NS * 11 / 10);
	assert_true(metrics_get(&res.stalls.preempted_by, "noisy", &ns));
	assert_in_range(ns, 2 * FAKE_STALL_NS * 9 / 10, 2 * FAKE_STALL_NS * 11 / 10);
	assert_int_equal(res.stalls.records_lost, 0);
	assert_in_range(run->result.clock.error_ns, 1, FAKE_STALL_NS / 4);
	free_phase(&res);
}

static void check_own_refaults(bool given_back, bool known)
{
	struct phase_result res = {0};

	probe.seen.given_back_known = given_back;
	for (int i = 0; i < OWN_KINDS; i++)
		probe.seen.own_known[i] = i != OWN_ROOT;
	play(&res);
	assert_true(res.own_zaps[OWN_MEMSLOT].refaults_known);
	assert_false(res.own_zaps[OWN_ROOT].refaults_known);
	assert_int_equal(res.own_zaps[OWN_DIRTY_LOG].refaults_known, known);
	assert_int_equal(res.own_zaps[OWN_AGE].refaults_known, known);
	free_phase(&res);
}

/* Nobody tells what KVM gives back: the figure is null, and never a 0. */
static void what_kvm_gives_back_is_not_told(void **state)
{
	(void)state;
	check_own_refaults(false, false);
}

static void what_kvm_gives_back_is_told(void **state)
{
	(void)state;
	check_own_refaults(true, true);
}

/* What came back unseen would count as kept: no figure, and never a 0. */
static void a_phase_of_unseen_faults(void **state)
{
	struct phase_result res = {0};

	(void)state;
	blind = true;
	play(&res);
	blind = false;
	assert_false(res.faults.classes_known || res.transitions[TRANSITION_NONE].known);
	assert_true(isnan(res.refault_ratio));
	assert_true(res.windows.known);
	free_phase(&res);
}

static void a_phase_without_the_tdp_mmu(void **state)
{
	struct phase_result res = {0};
	char command[300], journal[100];
	struct knobs *knobs;

	(void)state;
	snprintf(command, sizeof(command),
		 "mkdir -p %s/sys/module/kvm/parameters && echo N "
		 ">%s/sys/module/kvm/parameters/tdp_mmu",
		 root, root);
	assert_int_equal(system(command), 0);
	snprintf(journal, sizeof(journal), "%s/journal", root);
	assert_int_equal(knobs_open(&knobs, root, journal, NULL), 0);
	run->knobs = knobs;
	play(&res);
	assert_true(res.faults.classes_known);
	assert_false(res.transitions[TRANSITION_NONE].known ||
		     res.transitions[TRANSITION_REPLACE].known);
	assert_true(isnan(res.refault_ratio));
	free_phase(&res);
	run->knobs = NULL;
	assert_int_equal(knobs_close(knobs), 0);
}

static bool traced(const char *path, const char *word)
{
	auto_free char *text = NULL;
	size_t len;

	assert_int_equal(file_slurp(path, &text, &len), 0);
	return memmem(text, len, word, strlen(word));
}

/* The same phase with --trace: what was judged is in the file, by its class and cause. */
static void a_traced_phase(void **state)
{
	char path[] = "/tmp/host-stress-observe-XXXXXX";
	struct phase_result *res;
	int fd = mkstemp(path);
	uint64_t faults = 0;

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	fake.stalls = 2;
	opts.trace = path;
	assert_int_equal(result_add_phase(&run->result, "ksm-merge", "ksm-merge", &res), 0);
	play(res);
	for (uint32_t i = 0; i < res->series.n; i++)
		faults += res->series.sum[SERIES_FAULTS][i];
	assert_int_equal(faults, 1);
	assert_int_equal(trace_left_out(run->trace), 0);
	assert_int_equal(trace_write(run->trace, path), 0);
	trace_close(run->trace);
	run->trace = NULL;
	assert_true(traced(path, "ksm-merge"));
	assert_true(traced(path, "other_fault"));
	assert_true(traced(path, "preempted by noisy"));
	assert_true(traced(path, "not_running"));
	unlink(path);
}

static void tracing_needs_bpf(void **state)
{
	(void)state;
	probe.open = -EOPNOTSUPP;
	opts.trace = "/tmp/none";
	assert_int_equal(open_it(), -EOPNOTSUPP);
	ended(RUN_ERROR, "--trace needs the probes by BPF");
}

/* A drain that failed: something may be missing, and nobody knows how much. */
static void what_cannot_be_read_is_not_0(void **state)
{
	struct phase_result res = {0};

	(void)state;
	play(&res);
	free_phase(&res);
	__atomic_store_n(&probe.drain, -EIO, __ATOMIC_RELEASE);
	turns(50 * NSEC_PER_MSEC);
	observe_close(run->observe);
	run->observe = NULL;
	assert_false(run->result.probes.counted);
}

static void lost_events_cannot_be_counted(void **state)
{
	(void)state;
	assert_int_equal(open_it(), 0);
	probe.lost = -EIO;
	observe_close(run->observe);
	run->observe = NULL;
	assert_false(run->result.probes.counted);
}

static void windows_cannot_be_counted(void **state)
{
	(void)state;
	assert_int_equal(open_it(), 0);
	assert_int_equal(observe_ready(run->observe), 0);
	probe.windows = -EIO;
	assert_int_equal(observe_begin(run->observe), -EIO);
	ended(RUN_ERROR, "the probes cannot be read");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(all_is_well),
		T(none_works),
		T(the_wanted_one_does_not_work),
		T(stretching_needs_bpf),
		T(no_layout),
		T(qemu_dies_meanwhile),
		T(a_blind_probe),
		T(a_probe_blind_to_faults),
		T(a_phase),
		T(a_phase_of_unseen_faults),
		T(what_kvm_gives_back_is_not_told),
		T(what_kvm_gives_back_is_told),
		T(a_phase_without_the_tdp_mmu),
		T(a_traced_phase),
		T(tracing_needs_bpf),
		T(what_cannot_be_read_is_not_0),
		T(lost_events_cannot_be_counted),
		T(windows_cannot_be_counted),
	};

	return cmocka_run_group_tests_name("observe", tests, NULL, NULL);
}
