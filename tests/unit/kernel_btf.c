/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel_btf.c - what probes learn of a kernel from its types, made here: KVM is a module or built
 * in, and the kernel's numbers are not ours.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <bpf/btf.h>
#include <cmocka.h>

#include "probe/bpf.h"
#include "probe/event.h"
#include "probe/kernel.h"

static void add_function(struct btf *btf, const char *name)
{
	int proto = btf__add_func_proto(btf, 0);

	assert_true(proto > 0);
	assert_true(btf__add_func(btf, name, BTF_FUNC_GLOBAL, proto) > 0);
}

static struct btf *a_kernel(void)
{
	struct btf *btf = btf__new_empty();

	assert_non_null(btf);
	add_function(btf, "do_wp_page");
	assert_true(btf__add_enum(btf, "mmu_notifier_event", 4) > 0);
	assert_int_equal(btf__add_enum_value(btf, "MMU_NOTIFY_UNMAP", 0), 0);
	assert_int_equal(btf__add_enum_value(btf, "MMU_NOTIFY_NEW_ONE", 1), 0);
	assert_int_equal(btf__add_enum_value(btf, "MMU_NOTIFY_CLEAR", 2), 0);
	assert_int_equal(btf__add_enum_value(btf, "MMU_NOTIFY_MIGRATE", 100000), 0);
	return btf;
}

static void add_kvm(struct btf *btf)
{
	add_function(btf, "kvm_vm_ioctl");
	assert_true(btf__add_enum(btf, NULL, 4) > 0); /* its name is another one in each kernel */
	assert_int_equal(btf__add_enum_value(btf, "RET_PF_RETRY", 5), 0);
	assert_int_equal(btf__add_enum_value(btf, "RET_PF_FIXED", 3), 0);
}

static void kvm_is_a_module(void **state)
{
	struct btf *vmlinux = a_kernel(), *module = btf__new_empty_split(vmlinux);

	(void)state;
	add_kvm(module);
	assert_ptr_equal(kernel_kvm(vmlinux, module), module);
	assert_true(kernel_has_function(module, "kvm_vm_ioctl"));
	assert_true(kernel_has_function(module, "do_wp_page"));
	assert_false(kernel_has_function(vmlinux, "kvm_vm_ioctl"));
	btf__free(module);
	btf__free(vmlinux);
}

/* CONFIG_KVM=y: there is no module, and its types are the kernel's. */
static void kvm_is_built_in(void **state)
{
	struct btf *vmlinux = a_kernel();
	uint8_t reasons[PROBE_BPF_REASONS], outcomes[PROBE_BPF_OUTCOMES];

	(void)state;
	add_kvm(vmlinux);
	assert_ptr_equal(kernel_kvm(vmlinux, NULL), vmlinux);
	assert_int_equal(kernel_reasons(vmlinux, reasons, sizeof(reasons)), 0);
	assert_int_equal(kernel_outcomes(vmlinux, outcomes, sizeof(outcomes)), 0);
	assert_int_equal(reasons[0], REASON_UNMAP);
	assert_int_equal(reasons[1], REASON_OTHER);
	assert_int_equal(reasons[2], REASON_CLEAR);
	assert_int_equal(outcomes[5], OUTCOME_RETRY);
	assert_int_equal(outcomes[3], OUTCOME_FIXED);
	assert_int_equal(outcomes[0], OUTCOME_OTHER);
	btf__free(vmlinux);
}

static void there_is_no_kvm(void **state)
{
	struct btf *vmlinux = a_kernel();
	uint8_t outcomes[PROBE_BPF_OUTCOMES];

	(void)state;
	assert_null(kernel_kvm(vmlinux, NULL));
	assert_null(kernel_kvm(NULL, NULL));
	assert_true(kernel_outcomes(vmlinux, outcomes, sizeof(outcomes)) < 0);
	btf__free(vmlinux);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kvm_is_a_module),
		cmocka_unit_test(kvm_is_built_in),
		cmocka_unit_test(there_is_no_kvm),
	};

	return cmocka_run_group_tests_name("kernel_btf", tests, NULL, NULL);
}
