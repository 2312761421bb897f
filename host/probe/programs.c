// SPDX-License-Identifier: GPL-2.0-only
/*
 * programs.c - see programs.h.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "kernel.h"
#include "programs.h"

/* Tells what exits that are no faults took. */
static bool is_of_exits(const struct bpf_program *prog)
{
	return strncmp(bpf_program__name(prog), "guest_", 6) == 0;
}

static bool is_copy(const struct bpf_program *prog)
{
	return strstr(bpf_program__name(prog), "_again");
}

/*
 * Without it a figure is not known, or an exit told by its number alone: the kernel may have
 * inlined its function, or not have its tracepoint yet.
 */
static bool is_optional(const struct bpf_program *prog)
{
	static const char *const parts[] = {"migration_", "copying_", "splitting_", "merging_",
					    "own_",	  "grace",    "given_back", "guest_"};

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (strncmp(bpf_program__name(prog), parts[i], strlen(parts[i])) == 0)
			return true;
	return false;
}

/* What a program is attached to: all of a tp_btf that is optional are KVM's. */
static bool is_there(const struct btf *kvm, const struct bpf_program *prog)
{
	const char *section = bpf_program__section_name(prog), *name = strchr(section, '/') + 1;

	return strncmp(section, "tp_btf/", 7) == 0 ? kernel_has_tracepoint(kvm, name)
						   : kernel_has_function(kvm, name);
}

static bool is_own(const struct bpf_program *prog)
{
	return strncmp(bpf_program__name(prog), "own_", 4) == 0;
}

/* Of those for faults only when several vCPUs may be in one on the same CPU. */
static bool needs_copy(const struct probe_bpf *skel, const struct bpf_program *prog)
{
	bool of_fault = strncmp(bpf_program__name(prog), "fault_", 6) == 0;

	return skel->rodata->preemptible && (!of_fault || skel->rodata->vcpus > 1);
}

/*
 * Leaves out the programs whose function is not there, and copies where none is needed. (The
 * skeleton attaches in the order of probe.bpf.c.)
 */
static void choose_programs(struct probe_bpf *skel, const struct btf *kvm)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, skel->obj)
	{
		if ((is_copy(prog) && !needs_copy(skel, prog)) ||
		    (is_optional(prog) && !is_there(kvm, prog)))
			bpf_program__set_autoload(prog, false);
		if (is_own(prog) || prog == skel->progs.grace)
			bpf_program__set_autoattach(prog, false);
	}
}

/* What of do_wp_page() copies, where that is inlined; of two functions one inlines the other. */
static void choose_copying(struct probe_bpf *skel)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, skel->obj)
	{
		if (!strncmp(bpf_program__name(prog), "copying_only_", 13) &&
		    bpf_program__autoload(skel->progs.copying_enter))
			bpf_program__set_autoload(prog, false);
	}
}

/*
 * Without try_to_merge_one_page() or copies ksmd's windows cannot be told apart; what is not told
 * is among TRANSITION_NONE.
 */
static void choose_transitions(struct programs *p, struct probe_bpf *skel)
{
	bool copies = bpf_program__autoload(skel->progs.copying_enter) ||
		      bpf_program__autoload(skel->progs.copying_only_enter);
	bool merges = bpf_program__autoload(skel->progs.merging_enter) && copies;

	skel->rodata->merges_told = merges;
	p->told[TRANSITION_NONE] = true;
	p->told[TRANSITION_WRITE_PROTECT] = p->told[TRANSITION_REPLACE] = merges;
	p->told[TRANSITION_COPY] = copies;
	p->told[TRANSITION_SPLIT] = bpf_program__autoload(skel->progs.splitting_enter);
}

static void choose_interrupt(struct probe_bpf *skel, const struct btf *kvm)
{
	bool tells = kernel_tracepoint_args(kvm, "kvm_inj_virq") >= 3;

	bpf_program__set_autoload(skel->progs.interrupt, tells);
	bpf_program__set_autoload(skel->progs.interrupt_before_6_0, !tells);
}

void programs_choose(struct programs *p, struct probe_bpf *skel, const struct btf *kvm)
{
	choose_programs(skel, kvm);
	choose_copying(skel);
	choose_transitions(p, skel);
	choose_interrupt(skel, kvm);
	bpf_program__set_autoattach(skel->progs.threads_init, false);
}

static struct bpf_link *attach_one(struct bpf_program *prog)
{
	return bpf_program__autoload(prog) ? bpf_program__attach(prog) : NULL;
}

/* Both or none: what has a beginning and no end is not known. */
static void attach_pair(struct programs *p, struct bpf_program *enter, struct bpf_program *exit,
			enum probe_own kind)
{
	struct bpf_link *first = attach_one(enter), *last = first ? attach_one(exit) : NULL;

	if (!last) {
		bpf_link__destroy(first);
		return;
	}
	p->own[p->nown++] = first;
	p->own[p->nown++] = last;
	p->own_known[kind] = true;
}

void programs_attach_own(struct programs *p, struct probe_bpf *skel)
{
	const struct {
		struct bpf_program *enter, *exit;
		enum probe_own kind;
	} all[] = {
#define OWN(name, kind) {skel->progs.own_##name##_enter, skel->progs.own_##name##_exit, kind}
		OWN(memslot, OWN_MEMSLOT),
		OWN(root, OWN_ROOT),
		OWN(nx_recovery, OWN_NX_RECOVERY),
		OWN(nx_recovery_7, OWN_NX_RECOVERY),
		OWN(dirty_log, OWN_DIRTY_LOG),
		OWN(dirty_log_page, OWN_DIRTY_LOG),
		OWN(age, OWN_AGE),
#undef OWN
	};

	_Static_assert(2 * ARRAY_SIZE(all) <= OWN_LINKS, "no place for the links");
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		attach_pair(p, all[i].enter, all[i].exit, all[i].kind);
}

void programs_detach_own(struct programs *p)
{
	while (p->nown)
		bpf_link__destroy(p->own[--p->nown]);
}

/*
 * Calls that the kernel skipped the program in, but for copies, whose misses are no loss by
 * themselves, exits and what KVM does by itself: a missed one is not seen, and nothing else is
 * wrong.
 */
static int add_misses(const struct bpf_program *prog, int64_t *lost)
{
	struct bpf_prog_info info = {0};
	uint32_t len = sizeof(info);
	int fd = bpf_program__fd(prog);

	if (fd < 0 || is_copy(prog) || is_of_exits(prog) || is_own(prog))
		return 0; /* left out */
	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	*lost += (int64_t)info.recursion_misses;
	return 0;
}

int programs_missed(const struct probe_bpf *skel, int64_t *sum)
{
	struct bpf_program *prog;
	int err = 0;

	bpf_object__for_each_program(prog, skel->obj)
	{
		err = err ?: add_misses(prog, sum);
	}
	return err;
}
