// SPDX-License-Identifier: GPL-2.0-only
/*
 * bpf.c - backend A, in user space: loads probe.bpf.c (which of its programs: programs.c) and hands
 * its events on.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "probe.h"
#include "bpf.h"
#include "complaint.h"
#include "base/procs.h"
#include "kernel.h"
#include "programs.h"
#include "rings.h"

#include <probe.skel.h>

_Static_assert(PROBE_BPF_SUB == HIST_SUB && PROBE_BPF_MSB_MAX <= HIST_MSB_MAX &&
		       PROBE_BPF_BUCKETS <= HIST_BUCKETS,
	       "probe_bpf.h repeats hist.h");
_Static_assert(PROBE_MAX_VCPUS == PROBE_BPF_VCPUS, "probe_bpf.h repeats probe.h");

#define ADDING_TRIES 20 /* so often it is waited for windows that are being added, */
#define ADDING_NS 20000 /* so long each time */
#define SLOTS_LEAST (1u << 15)
#define RINGS_BYTES (256ull << 20) /* all together at most, but for SLOTS_LEAST */

struct bpf_state {
	struct probe_bpf *skel;
	void *memory; /* the rings, mapped */
	size_t ring_bytes;
	unsigned int nrings;
	uint32_t slots; /* of each */
	struct rings *reader;
	int cpus;
	struct probe_bpf_sums *sums; /* one for each possible CPU */
	struct programs programs;
};

static void set_target(struct probe_bpf *skel, const struct probe_spec *spec)
{
	skel->rodata->qemu_tgid = (uint32_t)spec->qemu;
	skel->rodata->agent_tgid = (uint32_t)getpid();
	skel->rodata->ksmd_tid = (uint32_t)proc_named("ksmd");
	skel->rodata->ram_begin = spec->ram_hva;
	skel->rodata->ram_end = spec->ram_hva + spec->ram_bytes;
	skel->rodata->stretch_ns = spec->stretch_ns;
	skel->rodata->stretch_counted = spec->stretch_counted;
	skel->rodata->long_ns = spec->long_ns;
	skel->rodata->vcpus = spec->vcpus;
	for (unsigned int i = 0; i < spec->vcpus; i++)
		skel->rodata->vcpu_tid[i] = (uint32_t)spec->vcpu[i];
}

/* Runs the iterator over all tasks once: threads get their storage, the VM's mm is found. */
static int look_at_tasks(struct probe_bpf *skel)
{
	struct bpf_link *link = bpf_program__attach_iter(skel->progs.threads_init, NULL);
	char buf[64];
	int fd, err;

	if (!link)
		return -errno;
	fd = bpf_iter_create(bpf_link__fd(link));
	err = fd < 0 ? fd : 0;
	while (!err && read(fd, buf, sizeof(buf)) > 0)
		;
	util_close(&fd);
	bpf_link__destroy(link);
	return err ?: skel->bss->mm_found ? 0 : -ESRCH;
}

static int read_enums(struct probe_bpf *skel, const struct btf *vmlinux, const struct btf *kvm)
{
	int err = kernel_reasons(vmlinux, skel->rodata->reason_of, PROBE_BPF_REASONS);

	return err ?: kernel_outcomes(kvm, skel->rodata->outcome_of, PROBE_BPF_OUTCOMES);
}

static int load(struct bpf_state *b, const struct probe_spec *spec, char *why, size_t size)
{
	struct btf *vmlinux = btf__load_vmlinux_btf();
	struct btf *module = vmlinux ? btf__load_module_btf("kvm", vmlinux) : NULL;
	const struct btf *kvm = kernel_kvm(vmlinux, module);
	int err;

	b->skel = kvm ? probe_bpf__open() : NULL;
	err = b->skel ? read_enums(b->skel, vmlinux, kvm) : -ENOENT;
	if (!err) {
		b->skel->rodata->preemptible = spec->interfere || kernel_is_preemptible();
		set_target(b->skel, spec);
		programs_choose(&b->programs, b->skel, kvm);
		b->skel->rodata->ring_mask = b->nrings - 1;
		b->skel->rodata->slot_mask = b->slots - 1;
		err = bpf_map__set_max_entries(b->skel->maps.rings, b->nrings);
		err = err ?: bpf_map__set_value_size(b->skel->maps.rings, (uint32_t)b->ring_bytes);
		err = err ?: probe_bpf__load(b->skel);
		err = err ?: look_at_tasks(b->skel);
		err = err ?: probe_bpf__attach(b->skel);
		if (!err) {
			programs_attach_own(&b->programs, b->skel);
			/* Last: who sees a window's begin has to see its end. */
			__atomic_store_n(&b->skel->bss->vm_mm, b->skel->bss->mm_found,
					 __ATOMIC_RELEASE);
		}
		if (err)
			snprintf(why, size, "BPF: %s", complaint_why(err));
	} else {
		snprintf(why, size, "no BTF of %s (CONFIG_DEBUG_INFO_BTF)",
			 vmlinux ? "kvm" : "the kernel");
	}
	btf__free(module);
	btf__free(vmlinux);
	return err ? -EOPNOTSUPP : 0;
}

static int map_rings(struct bpf_state *b)
{
	void *at = mmap(NULL, b->ring_bytes * b->nrings, PROT_READ, MAP_SHARED,
			bpf_map__fd(b->skel->maps.rings), 0);

	if (at == MAP_FAILED)
		return -errno;
	b->memory = at;
	return rings_open(&b->reader, at, b->nrings, b->slots);
}

static void bpf_close(void *state)
{
	struct bpf_state *b = state;

	if (!b)
		return;
	rings_close(b->reader);
	if (b->memory)
		munmap(b->memory, b->ring_bytes * b->nrings);
	programs_detach_own(&b->programs);
	probe_bpf__destroy(b->skel);
	free(b->sums);
	free(b);
}

/*
 * KSM takes all pages of the VM apart in one write to run, on one CPU, and two events a page: room
 * for four, as long as that is bearable.
 */
static void choose_rings(struct bpf_state *b, uint64_t pages)
{
	uint64_t most;

	for (b->nrings = 1; (int)b->nrings < b->cpus && b->nrings < PROBE_BPF_RINGS;)
		b->nrings *= 2;
	most = RINGS_BYTES / b->nrings / sizeof(struct probe_bpf_slot);
	for (b->slots = SLOTS_LEAST; b->slots < 4 * pages && b->slots < most;)
		b->slots *= 2;
	b->ring_bytes = rings_bytes(b->slots);
}

static int bpf_open(void **state, const struct probe_spec *spec, char *why, size_t size)
{
	struct bpf_state *b = calloc(1, sizeof(*b));
	int err;

	if (!b)
		return -ENOMEM;
	complaint_listen();
	b->cpus = libbpf_num_possible_cpus();
	choose_rings(b, spec->ram_bytes / PROBE_BPF_PAGE);
	err = b->cpus < 0 ? b->cpus : load(b, spec, why, size);
	if (!err) {
		b->sums = calloc((size_t)b->cpus, sizeof(*b->sums));
		err = b->sums ? map_rings(b) : -ENOMEM;
	}
	if (err) {
		bpf_close(b);
		return err;
	}
	*state = b;
	return 0;
}

static int bpf_drain(void *state, uint64_t until_ns, uint64_t *complete_ns, probe_handler *handler,
		     void *arg)
{
	struct bpf_state *b = state;
	int err = rings_read(b->reader, mono_ns());

	*complete_ns = rings_hand_out(b->reader, until_ns, handler, arg);
	return err;
}

static void add_span(struct hist *h, uint64_t *sum, const struct probe_bpf_sums *s, int span)
{
	for (unsigned int i = 0; i < PROBE_BPF_BUCKETS; i++) {
		h->count[i] += s->count[span][i];
		h->total += s->count[span][i];
	}
	h->max = s->max[span] > h->max ? s->max[span] : h->max;
	*sum += s->sum[span];
}

static void add_sums(struct probe_windows *w, const struct probe_bpf_sums *s)
{
	for (int r = 0; r < REASONS; r++)
		for (int t = 0; t < THREADS; t++) {
			w->count += s->windows[r][t];
			w->by_reason[r] += s->windows[r][t];
			w->by_thread[t] += s->windows[r][t];
		}
	for (int i = 0; i < SIZES; i++)
		w->by_size[i] += s->sizes[i];
	w->preempted += s->preempted;
	for (int i = 0; i < OWN_KINDS; i++) {
		w->own[i] += s->own[i];
		w->own_ns[i] += s->own_ns[i];
	}
	add_span(&w->start, &w->start_ns, s, SPAN_START);
	add_span(&w->empty, &w->empty_ns, s, SPAN_EMPTY);
	add_span(&w->total, &w->total_ns, s, SPAN_TOTAL);
}

static int read_sums(struct bpf_state *b, uint32_t key, struct probe_windows *w)
{
	if (bpf_map_lookup_elem(bpf_map__fd(b->skel->maps.sums), &key, b->sums))
		return -errno;
	for (int cpu = 0; cpu < b->cpus; cpu++)
		add_sums(w, &b->sums[cpu]);
	return 0;
}

/* Windows added so far; *still: nobody was in the midst of adding one. Who is may wait for this
 * CPU. */
static uint64_t wait_for_adding(struct bpf_state *b, bool *still)
{
	uint64_t done, begun;

	for (int i = 0;; i++) {
		done = __atomic_load_n(&b->skel->bss->closed, __ATOMIC_SEQ_CST);
		begun = __atomic_load_n(&b->skel->bss->closing, __ATOMIC_SEQ_CST);
		if (done == begun)
			return done;
		if (i == ADDING_TRIES) {
			*still = false;
			return begun;
		}
		nanosleep(&(struct timespec){.tv_nsec = ADDING_NS}, NULL);
	}
}

static int bpf_windows(void *state, struct probe_windows *w, void (*moment)(void *arg), void *arg,
		       bool *still)
{
	struct bpf_state *b = state;
	uint32_t now = b->skel->bss->sums_now;
	uint64_t added;
	int err;

	memset(w, 0, sizeof(*w));
	*still = true;
	wait_for_adding(b, still); /* to those that are not added to any more */
	err = read_sums(b, !now, w);
	__atomic_store_n(&b->skel->bss->sums_now, !now, __ATOMIC_SEQ_CST);
	added = wait_for_adding(b, still);
	moment(arg);
	if (__atomic_load_n(&b->skel->bss->closing, __ATOMIC_SEQ_CST) != added)
		*still = false;
	err = err ?: read_sums(b, now, w);
	memcpy(w->own_known, b->programs.own_known, sizeof(w->own_known));
	memcpy(w->told, b->programs.told, sizeof(w->told));
	w->given_back_known = bpf_program__autoload(b->skel->progs.given_back);
	return err;
}

static int bpf_lost(void *state, uint64_t *lost, uint64_t *unpaired)
{
	struct bpf_state *b = state;
	int64_t sum = (int64_t)rings_lost(b->reader);
	int err;

	for (int i = 0; i < LOST_KINDS; i++)
		sum += (int64_t)__atomic_load_n(&b->skel->bss->lost[i], __ATOMIC_RELAXED);
	for (int i = 0; i < PLACES; i++)
		sum += __atomic_load_n(&b->skel->bss->undone[i], __ATOMIC_RELAXED);
	err = programs_missed(b->skel, &sum);
	*unpaired = __atomic_load_n(&b->skel->bss->unpaired, __ATOMIC_RELAXED);
	*lost = (uint64_t)(sum < 0 ? -sum : sum); /* below 0: copies do not do what they should */
	return err;
}

/* By the kernel itself; "" if it does not tell. */
static const char *symbol_at(struct probe_bpf *skel, uint64_t address)
{
	struct bpf_test_run_opts opts = {.sz = sizeof(opts)};

	skel->bss->symbol_address = address;
	skel->bss->symbol[0] = '\0';
	if (bpf_prog_test_run_opts(bpf_program__fd(skel->progs.symbol_name), &opts))
		return "";
	return skel->bss->symbol;
}

/* Of the probe itself, or no name at all. */
static bool is_no_place(const char *symbol)
{
	return !*symbol || !strncmp(symbol, "bpf_", 4) || !strncmp(symbol, "0x", 2);
}

/* Return addresses: what was called lies just before. */
static void bpf_stack(void *state, uint32_t number, char *text, size_t size)
{
	struct bpf_state *b = state;
	uint64_t address[PROBE_BPF_DEPTH] = {0};
	size_t at = 0;

	if (bpf_map_lookup_elem(bpf_map__fd(b->skel->maps.stacks), &number, address))
		return;
	for (int i = 0; i < PROBE_BPF_DEPTH && address[i] && at + 1 < size; i++) {
		const char *symbol = symbol_at(b->skel, address[i] - 1);

		if (!is_no_place(symbol))
			at += (size_t)snprintf(text + at, size - at, "%s%s", at ? " < " : "",
					       symbol);
	}
}

static void bpf_stretch(void *state, uint64_t n)
{
	struct bpf_state *b = state;

	__atomic_store_n(&b->skel->bss->stretch_left, (int64_t)n, __ATOMIC_RELAXED);
}

/*
 * The last fentry probe of a function is given back by ftrace_shutdown(), which waits until every
 * thread has slept or been in user mode once (synchronize_rcu_tasks()), and every CPU has switched.
 */
static int bpf_grace(void *state, struct probe_grace *g)
{
	struct bpf_state *b = state;
	struct bpf_link *link;

	if (!bpf_program__autoload(b->skel->progs.grace))
		return -EOPNOTSUPP;
	link = bpf_program__attach(b->skel->progs.grace);
	if (!link)
		return -errno;
	__atomic_store_n(&g->giving_ns, mono_ns(), __ATOMIC_RELEASE);
	bpf_link__destroy(link);
	g->given_ns = mono_ns();
	return 0;
}

static uint64_t bpf_open_windows(void *state)
{
	struct bpf_state *b = state;

	return __atomic_load_n(&b->skel->bss->open_windows, __ATOMIC_RELAXED);
}

const struct probe_ops probe_bpf = {
	.backend = BACKEND_BPF,
	.open = bpf_open,
	.close = bpf_close,
	.drain = bpf_drain,
	.windows = bpf_windows,
	.lost = bpf_lost,
	.stretch = bpf_stretch,
	.stack = bpf_stack,
	.open_windows = bpf_open_windows,
	.grace = bpf_grace,
};
