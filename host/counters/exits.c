/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * exits.c - see exits.h.
 *
 * The reason's place in the record is read from the tracepoint's format file: vcpu_id was added in
 * front of it at times. Reason numbers: SVM's exit codes (up to 0x403) or VMX's basic reasons with
 * flags in the high bits; what lies outside the table is counted together.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/kvm.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <asm/svm.h>
#include <asm/vmx.h>

#include "exits.h"
#include "base/tracefs.h"

#ifndef XM_VECTOR /* svm.h names it, kvm.h does not define it */
#define XM_VECTOR 19
#endif

#define REASONS 1029u /* 0 .. 0x403, and all others */

struct exits {
	int map;
	int prog;
	int event;
	unsigned int cpus;
	uint64_t *counts; /* REASONS rows of one count per possible CPU */
};

static const struct {
	uint32_t code;
	const char *name;
} svm_names[] = {SVM_EXIT_REASONS}, vmx_names[] = {VMX_EXIT_REASONS};

static int bpf(int cmd, union bpf_attr *attr)
{
	long res = syscall(SYS_bpf, cmd, attr, sizeof(*attr));

	return res < 0 ? -errno : (int)res;
}

/* Reads @file of the tracepoint. */
static ssize_t read_tracepoint(const char *file, char *buf, size_t size)
{
	const char *root = tracefs_root();
	auto_free char *path = root ? tracefs_path(root, "events/kvm/kvm_exit/%s", file) : NULL;

	return path ? file_read(path, buf, size) : -ENOENT;
}

static int find_reason(unsigned int *offset)
{
	char format[16384], *field; /* SVM and VMX names make it long */
	ssize_t len = read_tracepoint("format", format, sizeof(format));

	if (len < 0)
		return (int)len;
	field = strstr(format, " exit_reason;");
	if (!field || sscanf(field, " exit_reason; offset:%u; size:4;", offset) != 1)
		return -EPROTO;
	return 0;
}

static int possible_cpus(unsigned int *cpus)
{
	char text[256], *last;
	ssize_t len = file_read("/sys/devices/system/cpu/possible", text, sizeof(text));

	if (len < 0)
		return (int)len;
	last = strrchr(text, '-');
	*cpus = (unsigned int)strtoul(last ? last + 1 : text, NULL, 10) + 1;
	return 0;
}

static int make_map(void)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_PERCPU_ARRAY,
		.key_size = sizeof(uint32_t),
		.value_size = sizeof(uint64_t),
		.max_entries = REASONS,
	};

	return bpf(BPF_MAP_CREATE, &attr);
}

#define INSN(c, d, s, o, i) \
	((struct bpf_insn){.code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i)})
#define CALL(helper) INSN(BPF_JMP | BPF_CALL, 0, 0, 0, helper)

static int make_prog(int map, pid_t pid, unsigned int offset)
{
	struct bpf_insn insns[] = {
		INSN(BPF_ALU64 | BPF_MOV | BPF_X, 6, 1, 0, 0),		       /* r6 = record */
		CALL(BPF_FUNC_get_current_pid_tgid),			       /* r0 */
		INSN(BPF_ALU64 | BPF_RSH | BPF_K, 0, 0, 0, 32),		       /* tgid */
		INSN(BPF_JMP | BPF_JNE | BPF_K, 0, 0, 13, pid),		       /* not ours: out */
		INSN(BPF_LDX | BPF_MEM | BPF_W, 1, 6, (int16_t)offset, 0),     /* r1 = reason */
		INSN(BPF_JMP | BPF_JLT | BPF_K, 1, 0, 1, REASONS - 1),	       /* in the table */
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, 1, 0, 0, REASONS - 1),       /* others */
		INSN(BPF_STX | BPF_MEM | BPF_W, 10, 1, -4, 0),		       /* the key */
		INSN(BPF_LD | BPF_DW | BPF_IMM, 1, BPF_PSEUDO_MAP_FD, 0, map), /* r1 = map */
		INSN(0, 0, 0, 0, 0),
		INSN(BPF_ALU64 | BPF_MOV | BPF_X, 2, 10, 0, 0),
		INSN(BPF_ALU64 | BPF_ADD | BPF_K, 2, 0, 0, -4), /* r2 = &key */
		CALL(BPF_FUNC_map_lookup_elem),
		INSN(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 3, 0),
		INSN(BPF_LDX | BPF_MEM | BPF_DW, 1, 0, 0, 0),
		INSN(BPF_ALU64 | BPF_ADD | BPF_K, 1, 0, 0, 1), /* this CPU's own: no lock */
		INSN(BPF_STX | BPF_MEM | BPF_DW, 0, 1, 0, 0),
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0), /* out: no perf sample */
		INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
	};
	static const char license[] = "GPL";
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_TRACEPOINT,
		.insns = (uintptr_t)insns,
		.insn_cnt = ARRAY_SIZE(insns),
		.license = (uintptr_t)license,
	};

	return bpf(BPF_PROG_LOAD, &attr);
}

/* The event is opened on one CPU; its program runs on all (kernel/trace/bpf_trace.c). */
static int make_event(int prog)
{
	struct perf_event_attr attr = {.type = PERF_TYPE_TRACEPOINT,
				       .size = sizeof(attr),
				       .sample_period = 1};
	char id[32];
	ssize_t len = read_tracepoint("id", id, sizeof(id));
	int fd, err;

	if (len < 0)
		return (int)len;
	attr.config = strtoull(id, NULL, 10);
	fd = (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (!ioctl(fd, PERF_EVENT_IOC_SET_BPF, prog))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static int open_all(struct exits *e, pid_t pid)
{
	unsigned int offset;
	int err = pid_is_global() ? find_reason(&offset) : -ESRCH;

	if (!err)
		err = possible_cpus(&e->cpus);
	if (err)
		return err;
	e->counts = calloc((size_t)REASONS * e->cpus, sizeof(*e->counts));
	if (!e->counts)
		return -ENOMEM;
	e->map = make_map();
	e->prog = e->map < 0 ? e->map : make_prog(e->map, pid, offset);
	e->event = e->prog < 0 ? e->prog : make_event(e->prog);
	return e->event < 0 ? e->event : 0;
}

int exits_open(struct exits **out, pid_t pid)
{
	struct exits *e = calloc(1, sizeof(*e));
	int err;

	if (!e)
		return -ENOMEM;
	e->map = e->prog = e->event = -1;
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
	util_close(&e->event);
	util_close(&e->prog);
	util_close(&e->map);
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
		 code == REASONS - 1 ? "other" : exits_name(code, name, sizeof(name)));
	return metrics_set(m, text, count);
}

int exits_read(struct exits *e, struct metrics *m)
{
	int err = 0;

	for (uint32_t code = 0; code < REASONS && !err; code++) {
		uint64_t *counts = e->counts + (size_t)code * e->cpus, sum = 0;
		union bpf_attr attr = {
			.map_fd = (uint32_t)e->map,
			.key = (uintptr_t)&code,
			.value = (uintptr_t)counts,
		};

		err = bpf(BPF_MAP_LOOKUP_ELEM, &attr);
		for (unsigned int cpu = 0; cpu < e->cpus && !err; cpu++)
			sum += counts[cpu];
		if (!err && sum)
			err = set_reason(m, code, sum);
	}
	return err;
}
