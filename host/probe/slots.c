// SPDX-License-Identifier: GPL-2.0-only
/* slots.c - see slots.h. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "complaint.h"
#include "slots.h"
#include "slots_bpf.h"

#include <slots.skel.h>

#define ITEMS_MOST (512 + PROBE_MAX_VCPUS) /* slots and vCPUs */
#define MAX_GROUPS 64

static uint64_t end_of(const struct guest_ram *r)
{
	return r->gpa + r->bytes;
}

/* One piece of guest RAM may be several slots with holes between them (the VGA window), but all of
 * it lies equally far from its addresses in the VMM. */
struct group {
	struct guest_ram ram;
	uint64_t bytes; /* of its slots */
};

static void add_slot(struct group *g, size_t *n, const struct vm_slot *s)
{
	for (size_t i = 0; i < *n; i++) {
		struct guest_ram *r = &g[i].ram;
		uint64_t first = s->gpa < r->gpa ? s->gpa : r->gpa;
		uint64_t end = s->gpa + s->bytes > end_of(r) ? s->gpa + s->bytes : end_of(r);

		if (s->hva - s->gpa != r->hva - r->gpa)
			continue;
		*r = (struct guest_ram){first, first + (s->hva - s->gpa), end - first};
		g[i].bytes += s->bytes;
		return;
	}
	if (*n < MAX_GROUPS)
		g[(*n)++] = (struct group){{s->gpa, s->hva, s->bytes}, s->bytes};
}

static int more_bytes(const void *a, const void *b)
{
	const struct group *p = a, *q = b;

	return p->bytes < q->bytes ? 1 : p->bytes > q->bytes ? -1 : 0;
}

static bool overlap(const struct guest_ram *a, const struct guest_ram *b)
{
	return a->gpa < end_of(b) && b->gpa < end_of(a);
}

int slots_choose(struct vm_found *v, const struct vm_slot *slot, size_t n)
{
	struct group group[MAX_GROUPS];
	uint64_t all = 0, end = 0;
	size_t groups = 0, two;

	for (size_t i = 0; i < n; i++) {
		add_slot(group, &groups, &slot[i]);
		all += slot[i].bytes;
	}
	if (!groups)
		return -ENODATA;
	qsort(group, groups, sizeof(*group), more_bytes);
	/* a second piece is RAM above 4 GiB, not some device's memory */
	two = groups > 1 && !overlap(&group[0].ram, &group[1].ram) &&
	      group[1].bytes >= group[0].bytes / 16;
	v->ram[0] = group[0].ram;
	v->ram[1] = two ? group[1].ram : (struct guest_ram){0};
	if (two && v->ram[1].gpa < v->ram[0].gpa) {
		v->ram[0] = group[1].ram;
		v->ram[1] = group[0].ram;
	}
	v->hva = UINT64_MAX;
	v->ram_bytes = 0;
	for (size_t i = 0; i <= two; i++) {
		v->hva = v->ram[i].hva < v->hva ? v->ram[i].hva : v->hva;
		end = v->ram[i].hva + v->ram[i].bytes > end ? v->ram[i].hva + v->ram[i].bytes : end;
		v->ram_bytes += group[i].bytes;
	}
	v->bytes = end - v->hva;
	v->left_out_bytes = all - v->ram_bytes;
	return 0;
}

bool slots_name(const char *cmdline, size_t len, char *name, size_t size)
{
	const char *end = cmdline + len;

	for (const char *word = cmdline; word < end; word += strlen(word) + 1) {
		const char *value = word + strlen(word) + 1, *guest;

		if ((strcmp(word, "-name") && strcmp(word, "--name")) || value >= end)
			continue;
		guest = strstr(value, "guest=");
		if (guest)
			value = guest + strlen("guest=");
		snprintf(name, size, "%.*s", (int)strcspn(value, ","), value);
		return *name;
	}
	return false;
}

/* What descriptor @fd of @pid is. */
static enum slots_kind kind_of(pid_t pid, const char *fd)
{
	char path[300], to[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/fd/%s", pid, fd);
	n = readlink(path, to, sizeof(to) - 1);
	to[n > 0 ? n : 0] = '\0';
	if (!strcmp(to, "anon_inode:kvm-vm"))
		return SLOTS_SLOT;
	return strncmp(to, "anon_inode:kvm-vcpu:", 20) ? SLOTS_NONE : SLOTS_VCPU;
}

/* Number of VMs among the files of @pid; their kinds by number in @kinds where that is asked for,
 * and then -E2BIG if one of them has too high a number.
 */
static int scan_files(pid_t pid, uint8_t *kinds)
{
	auto_free char *path = str_format("/proc/%d/fd", pid);
	DIR *dir = path ? opendir(path) : NULL;
	struct dirent *d;
	bool beyond = false;
	int vms = 0;

	while (dir && (d = readdir(dir))) {
		enum slots_kind kind = kind_of(pid, d->d_name);
		unsigned long fd = strtoul(d->d_name, NULL, 10);

		vms += kind == SLOTS_SLOT;
		if (kinds && fd < SLOTS_FDS)
			kinds[fd] = (uint8_t)kind;
		beyond |= kinds && fd >= SLOTS_FDS && kind != SLOTS_NONE;
	}
	if (dir)
		closedir(dir);
	return beyond ? -E2BIG : vms;
}

static void name_of(pid_t pid, char *name, size_t size)
{
	auto_free char *path = str_format("/proc/%d/cmdline", pid), *text = NULL;
	auto_free char *comm = str_format("/proc/%d/comm", pid);
	size_t len;

	*name = '\0';
	if (path && !file_slurp(path, &text, &len) && slots_name(text, len, name, size))
		return;
	if (!comm || file_read(comm, name, size) < 0)
		snprintf(name, size, "?");
}

/* Whether @word is the VM's name or the process's, which the kernel cuts to 15 characters. */
static bool is_called(pid_t pid, const char *word)
{
	auto_free char *path = str_format("/proc/%d/comm", pid);
	char name[64], comm[32] = "";

	name_of(pid, name, sizeof(name));
	if (!path || file_read(path, comm, sizeof(comm)) < 0)
		return false;
	return !strcmp(name, word) || (*comm && !strncmp(comm, word, 15));
}

static int find_name(const char *word, pid_t *pid, char *others, size_t size)
{
	DIR *proc = opendir("/proc");
	struct dirent *d;
	int found = 0;

	*others = '\0';
	while (proc && (d = readdir(proc))) {
		pid_t p = (pid_t)strtol(d->d_name, NULL, 10);
		size_t at = strlen(others);

		if (p <= 0 || !is_called(p, word) || !scan_files(p, NULL))
			continue;
		*pid = p;
		snprintf(others + at, size - at, "%s%d", found++ ? ", " : "", p);
	}
	if (proc)
		closedir(proc);
	return found;
}

int slots_find(const char *word, pid_t *pid)
{
	char *end, others[200];
	long number = strtol(word, &end, 10);
	int found;

	if (number > 0 && number <= INT32_MAX && !*end) {
		*pid = (pid_t)number;
		return 0;
	}
	found = find_name(word, pid, others, sizeof(others));
	if (!found)
		return err_say(
			-ENOENT,
			"no process with a VM is called '%s', nor is a VM; give a PID (ls -l "
			"/proc/*/fd shows anon_inode:kvm-vm)",
			word);
	if (found > 1)
		return err_say(-EEXIST, "'%s' is the name of %d VMs; give one PID: %s", word, found,
			       others);
	return 0;
}

/* Reads what slots.bpf.c writes. */
static int read_items(struct slots_bpf *skel, struct slots_item *item, size_t *n)
{
	struct bpf_link *link = bpf_program__attach_iter(skel->progs.slots_show, NULL);
	int fd = link ? bpf_iter_create(bpf_link__fd(link)) : -errno;
	ssize_t got = 0;
	size_t fill = 0, room = *n * sizeof(*item);

	while (fd >= 0 && fill < room && (got = read(fd, (char *)item + fill, room - fill)) > 0)
		fill += (size_t)got;
	*n = fill / sizeof(*item);
	if (got < 0)
		got = -errno;
	else if (fill == room)
		got = -E2BIG; /* there may be more */
	bpf_link__destroy(link);
	if (fd < 0)
		return fd;
	close(fd);
	return (int)got < 0 ? (int)got : 0;
}

static int look_inside(struct slots_item *item, size_t *n, pid_t pid, const uint8_t *kinds)
{
	struct slots_bpf *skel;
	int err;

	complaint_listen();
	skel = slots_bpf__open();
	if (!skel)
		return -errno;
	skel->rodata->target = (uint32_t)pid;
	memcpy((void *)skel->rodata->kind_of_fd, kinds, SLOTS_FDS);
	err = slots_bpf__load(skel);
	if (!err)
		err = read_items(skel, item, n);
	slots_bpf__destroy(skel);
	return err;
}

static int sort_out(struct vm_found *v, const struct slots_item *item, size_t n)
{
	struct vm_slot slot[ITEMS_MOST];
	size_t slots = 0;

	for (size_t i = 0; i < n; i++) {
		const struct slots_item *s = &item[i];

		if (s->kind == SLOTS_SLOT && s->bytes)
			slot[slots++] = (struct vm_slot){s->gpa, s->hva, s->bytes};
		if (s->kind != SLOTS_VCPU)
			continue;
		if (!s->tid || s->vcpu >= PROBE_MAX_VCPUS) {
			v->left_out_vcpus++;
			continue;
		}
		v->vcpu[s->vcpu] = (pid_t)s->tid;
		if (v->vcpus <= s->vcpu)
			v->vcpus = s->vcpu + 1;
	}
	if (!v->vcpus)
		return err_say(-ENODATA, "process %d: no vCPU of its VM has run yet", v->pid);
	return slots_choose(v, slot, slots)
		       ? err_say(-ENODATA, "process %d: its VM has no memory", v->pid)
		       : 0;
}

int slots_look(struct vm_found *v, pid_t pid)
{
	struct slots_item item[ITEMS_MOST];
	uint8_t kinds[SLOTS_FDS] = {0};
	size_t n = ARRAY_SIZE(item);
	int vms = scan_files(pid, kinds), err;

	*v = (struct vm_found){.pid = pid};
	name_of(pid, v->name, sizeof(v->name));
	if (!vms)
		return err_say(
			-ENOENT,
			"process %d runs no VM of KVM's, or its files cannot be read (root is "
			"needed)",
			pid);
	if (vms < 0)
		return err_say(vms,
			       "process %d has more than %u files open, and its VM or a vCPU is "
			       "among the last",
			       pid, SLOTS_FDS);
	if (vms > 1)
		return err_say(-EEXIST, "process %d runs %d VMs; only one can be watched", pid,
			       vms);
	err = look_inside(item, &n, pid, kinds);
	if (err == -E2BIG)
		return err_say(err, "the VM of process %d has more than %d memory slots and vCPUs",
			       pid, ITEMS_MOST - 1);
	if (err)
		return err_say(
			err,
			"the VM of process %d cannot be looked into (BTF of kvm is needed, and "
			"Linux 5.17 or later): %s",
			pid, complaint_why(err));
	return sort_out(v, item, n);
}
