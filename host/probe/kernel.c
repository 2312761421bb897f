// SPDX-License-Identifier: GPL-2.0-only
/* kernel.c - see kernel.h. */
#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/util.h"
#include "event.h"
#include "kernel.h"

struct enum_name {
	const char *name;
	uint8_t ours;
};

/* include/linux/mmu_notifier.h */
static const struct enum_name reason_names[] = {
	{"MMU_NOTIFY_UNMAP", REASON_UNMAP},
	{"MMU_NOTIFY_CLEAR", REASON_CLEAR},
	{"MMU_NOTIFY_PROTECTION_VMA", REASON_PROTECTION_VMA},
	{"MMU_NOTIFY_PROTECTION_PAGE", REASON_PROTECTION_PAGE},
	{"MMU_NOTIFY_SOFT_DIRTY", REASON_SOFT_DIRTY},
	{"MMU_NOTIFY_RELEASE", REASON_RELEASE},
	{"MMU_NOTIFY_MIGRATE", REASON_MIGRATE},
	{"MMU_NOTIFY_EXCLUSIVE", REASON_EXCLUSIVE},
	{0},
};

/* arch/x86/kvm/mmu/mmu_internal.h */
static const struct enum_name outcome_names[] = {
	{"RET_PF_RETRY", OUTCOME_RETRY},
	{"RET_PF_EMULATE", OUTCOME_EMULATE},
	{"RET_PF_WRITE_PROTECTED", OUTCOME_EMULATE},
	{"RET_PF_FIXED", OUTCOME_FIXED},
	{"RET_PF_SPURIOUS", OUTCOME_SPURIOUS},
	{0},
};

static int our_number(const struct enum_name *names, const char *name)
{
	for (; names->name; names++)
		if (!strcmp(names->name, name))
			return names->ours;
	return -1;
}

/* Fills @table[kernel's value] = our value from the enum, named or not, that has @mark. */
static int read_enum(const struct btf *btf, const char *mark, const struct enum_name *names,
		     volatile uint8_t *table, size_t size)
{
	for (uint32_t id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);
		const struct btf_enum *e = btf_is_enum(t) ? btf_enum(t) : NULL;
		bool found = false;

		for (int i = 0; e && i < btf_vlen(t) && !found; i++)
			found = !strcmp(btf__name_by_offset(btf, e[i].name_off), mark);
		if (!found)
			continue;
		for (int i = 0; i < btf_vlen(t); i++) {
			int ours = our_number(names, btf__name_by_offset(btf, e[i].name_off));

			if (ours >= 0 && e[i].val >= 0 && (size_t)e[i].val < size)
				table[e[i].val] = (uint8_t)ours;
		}
		return 0;
	}
	return -ENOENT;
}

int kernel_reasons(const struct btf *vmlinux, volatile uint8_t *table, size_t size)
{
	memset((void *)table, REASON_OTHER, size);
	return read_enum(vmlinux, "MMU_NOTIFY_CLEAR", reason_names, table, size);
}

int kernel_outcomes(const struct btf *kvm, volatile uint8_t *table, size_t size)
{
	memset((void *)table, OUTCOME_OTHER, size);
	return read_enum(kvm, "RET_PF_RETRY", outcome_names, table, size);
}

const struct btf *kernel_kvm(const struct btf *vmlinux, const struct btf *module)
{
	if (module)
		return module;
	return vmlinux && kernel_has_function(vmlinux, "kvm_vm_ioctl") ? vmlinux : NULL;
}

int kernel_tracepoint_args(const struct btf *btf, const char *name)
{
	char full[64];
	const struct btf_type *t;
	int id;

	snprintf(full, sizeof(full), "btf_trace_%s", name);
	id = btf__find_by_name_kind(btf, full, BTF_KIND_TYPEDEF);
	t = id < 0 ? NULL : btf__type_by_id(btf, btf__type_by_id(btf, (uint32_t)id)->type);
	t = t && btf_is_ptr(t) ? btf__type_by_id(btf, t->type) : NULL;
	return t && btf_is_func_proto(t) ? btf_vlen(t) - 1 : 0; /* the first is the probe's own */
}

bool kernel_has_function(const struct btf *kvm, const char *name)
{
	return btf__find_by_name_kind(kvm, name, BTF_KIND_FUNC) > 0;
}

bool kernel_is_preemptible(void)
{
	struct utsname name;
	char mode[128];

	if (file_read("/sys/kernel/debug/sched/preempt", mode, sizeof(mode)) > 0)
		return !strstr(mode, "(none)") && !strstr(mode, "(voluntary)");
	return uname(&name) || strstr(name.version, "PREEMPT");
}

bool kernel_has_tracepoint(const struct btf *kvm, const char *name)
{
	char type[64];

	snprintf(type, sizeof(type), "btf_trace_%s", name);
	return btf__find_by_name_kind(kvm, type, BTF_KIND_TYPEDEF) > 0;
}
