/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * exits.c - see exits.h.
 *
 * The reason's place in the record is read from the tracepoint's format file: vcpu_id was added in
 * front of it at times. Reason numbers: SVM's exit codes (up to 0x403) or VMX's basic reasons with
 * flags in the high bits; what lies outside the table is counted together.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <asm/svm.h>
#include <asm/vmx.h>

#include "exits.h"
#include "base/tracefs.h"
#include "exits.bpf.h"

#include <exits.skel.h>

#ifndef XM_VECTOR /* svm.h names it, kvm.h does not define it */
#define XM_VECTOR 19
#endif

struct exits {
	struct exits_bpf *skel;
	int cpus;
	uint64_t *counts; /* of one reason, for each possible CPU */
};

static const struct {
	uint32_t code;
	const char *name;
} svm_names[] = {SVM_EXIT_REASONS}, vmx_names[] = {VMX_EXIT_REASONS};

/* Reads the place of the reason from the tracepoint's own description. */
static int find_reason(unsigned int *offset)
{
	const char *root = tracefs_root();
	auto_free char *path = root ? tracefs_path(root, "events/kvm/kvm_exit/format") : NULL;
	char format[16384], *field; /* SVM and VMX names make it long */
	ssize_t len = path ? file_read(path, format, sizeof(format)) : -ENOENT;

	if (len < 0)
		return (int)len;
	field = strstr(format, " exit_reason;");
	if (!field || sscanf(field, " exit_reason; offset:%u; size:4;", offset) != 1)
		return -EPROTO;
	return 0;
}

static int load(struct exits *e, pid_t pid, unsigned int offset)
{
	int err;

	e->skel = exits_bpf__open();
	if (!e->skel)
		return -errno;
	e->skel->rodata->qemu = (uint32_t)pid;
	e->skel->rodata->reason_offset = offset;
	err = exits_bpf__load(e->skel);
	return err ?: exits_bpf__attach(e->skel);
}

static int open_all(struct exits *e, pid_t pid)
{
	libbpf_print_fn_t print;
	unsigned int offset;
	int err = pid_is_global() ? find_reason(&offset) : -ESRCH;

	if (err)
		return err;
	e->cpus = libbpf_num_possible_cpus();
	if (e->cpus < 0)
		return e->cpus;
	e->counts = calloc((size_t)e->cpus, sizeof(*e->counts));
	if (!e->counts)
		return -ENOMEM;
	print = libbpf_set_print(NULL);
	err = load(e, pid, offset);
	libbpf_set_print(print);
	return err;
}

int exits_open(struct exits **out, pid_t pid)
{
	struct exits *e = calloc(1, sizeof(*e));
	int err;

	if (!e)
		return -ENOMEM;
	err = open_all(e, pid);
	if (err) {
		exits_close(e);
		return err;
	}
	*out = e;
	return 0;
}

void exits_close(struct exits *e)
{
	if (!e)
		return;
	exits_bpf__destroy(e->skel);
	free(e->counts);
	free(e);
}

static bool is_svm(void)
{
	return !access("/sys/module/kvm_amd", F_OK);
}

static const char *reason_name(bool svm, uint32_t code)
{
	if (svm) {
		for (size_t i = 0; i < ARRAY_SIZE(svm_names); i++)
			if (svm_names[i].code == code)
				return svm_names[i].name;
		return NULL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(vmx_names); i++)
		if (vmx_names[i].code == code)
			return vmx_names[i].name;
	return NULL;
}

const char *exits_name(uint32_t code, char *buf, size_t size)
{
	bool svm = is_svm();
	const char *name = reason_name(svm, svm ? code : code & 0xffff);

	if (name)
		snprintf(buf, size, "%s", name);
	else
		snprintf(buf, size, "reason_%#x", code);
	return buf;
}

static int set_reason(struct metrics *m, uint32_t code, uint64_t count)
{
	char name[48], text[64];

	snprintf(text, sizeof(text), "exit.%s",
		 code == EXITS_REASONS - 1 ? "other" : exits_name(code, name, sizeof(name)));
	return metrics_set(m, text, count);
}

int exits_read(struct exits *e, struct metrics *m)
{
	int map = bpf_map__fd(e->skel->maps.counts), err = 0;

	for (uint32_t code = 0; code < EXITS_REASONS && !err; code++) {
		uint64_t sum = 0;

		if (bpf_map_lookup_elem(map, &code, e->counts))
			return -errno;
		for (int cpu = 0; cpu < e->cpus; cpu++)
			sum += e->counts[cpu];
		if (sum)
			err = set_reason(m, code, sum);
	}
	return err;
}
