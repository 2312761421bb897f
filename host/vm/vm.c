// SPDX-License-Identifier: GPL-2.0-only
/*
 * vm.c - see vm.h.
 *
 * share=off: KSM merges private anonymous memory only (mm/ksm.c vma_ksm_compatible()); shared
 * memory is passed over without a word. merge=on makes QEMU call madvise(MADV_MERGEABLE) on it.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vm.h"

#define VM_MAX_ARGS 64
#define VM_STOP_GRACE_NS (2 * NSEC_PER_SEC)

struct args {
	char *v[VM_MAX_ARGS + 1];
	size_t n;
	bool failed;
};

static void add(struct args *a, char *text)
{
	if (!text || a->n == VM_MAX_ARGS) {
		a->failed = true;
		free(text);
		return;
	}
	a->v[a->n++] = text;
}

static void add_pair(struct args *a, const char *option, char *value)
{
	add(a, str_format("%s", option));
	add(a, value);
}

static void args_free(struct args *a)
{
	for (size_t i = 0; i < a->n; i++)
		free(a->v[i]);
}

/* Speed only, but for nokaslr and random.*. cmos_init: microvm has no RTC, and the driver looks for
 * one for a second. */
static char *guest_cmdline(const struct vm_spec *s)
{
	char apart[96] = "";

	/* Interrupts of devices and threads that may run anywhere stay off the vCPUs that touch. */
	if (s->spare)
		snprintf(apart, sizeof(apart), " isolcpus=domain,managed_irq,0-%u irqaffinity=%u",
			 s->vcpus - 1, s->vcpus);
	return str_format("console=ttyS0 quiet loglevel=4 panic=-1 reboot=t nokaslr tsc=reliable "
			  "no_timer_check audit=0 lsm= mitigations=off cryptomgr.notests "
			  "init_on_alloc=0 rcupdate.rcu_expedited=1 8250.nr_uarts=1 "
			  "initcall_blacklist=jent_mod_init,load_system_certificate_list,cmos_init,"
			  "trace_eval_init,bpf_tcp_ca_kfunc_init%s%s",
			  s->deterministic ? " random.trust_cpu=off" : "", apart);
}

static bool is_microvm(const struct vm_spec *s)
{
	return strcmp(s->machine, "microvm") == 0;
}

/* dump and merge are QEMU's defaults; merge=on makes it call madvise(MADV_MERGEABLE). */
static const char *const ram_kinds[BACKENDS][2] = {
	[BACKEND_ANON] = {"memory-backend-ram", ",share=off,merge=on"},
	[BACKEND_THP] = {"memory-backend-ram", ",share=off,merge=on"},
	[BACKEND_MEMFD] = {"memory-backend-memfd", ",share=on"},
	[BACKEND_MEMFD_THP] = {"memory-backend-memfd", ",share=on"},
	[BACKEND_HUGETLB] = {"memory-backend-memfd", ",share=on,hugetlb=on,hugetlbsize=2M"},
};

static void add_machine(struct args *a, const struct vm_spec *s, uint64_t ram_bytes)
{
	if (is_microvm(s))
		add_pair(a, "-machine",
			 str_format("microvm,accel=kvm,memory-backend=ram,acpi=on,pit=off,pic=off,"
				    "rtc=off,isa-serial=on,auto-kernel-cmdline=off"));
	else
		add_pair(a, "-machine",
			 str_format("%s,accel=kvm,memory-backend=ram,hpet=off,vmport=off,smbus=off,"
				    "sata=off",
				    s->machine));
	add_pair(a, "-cpu", str_format("host"));
	add_pair(a, "-smp", str_format("%u", s->vcpus + s->spare));
	add_pair(a, "-m", str_format("%" PRIu64 "M", ram_bytes >> 20));
	add_pair(a, "-object",
		 str_format("%s,id=ram,size=%" PRIu64 "%s", ram_kinds[s->backend][0], ram_bytes,
			    ram_kinds[s->backend][1]));
	add_pair(a, "-kernel", str_format("%s", s->kernel));
	add_pair(a, "-initrd", str_format("%s", s->initrd));
	add_pair(a, "-append", guest_cmdline(s));
}

static void build_args(struct args *a, const struct vm_spec *s, uint64_t ram_bytes, int port,
		       int qmp, int console)
{
	const char *serial = is_microvm(s) ? "virtio-serial-device" : "virtio-serial-pci";

	add(a, str_format("%s", s->qemu));
	if (s->firmware_dir)
		add_pair(a, "-L", str_format("%s", s->firmware_dir));
	add_pair(a, "-name", str_format("host-stress,debug-threads=on")); /* "CPU n/KVM" */
	add(a, str_format("-nodefaults"));
	add(a, str_format("-no-user-config"));
	add_pair(a, "-display", str_format("none"));
	add(a, str_format("-no-reboot"));
	add(a, str_format("-S"));
	add_machine(a, s, ram_bytes);
	add_pair(a, "-device", str_format("%s,max_ports=2", serial));
	add_pair(a, "-chardev", str_format("socket,id=port,fd=%d", port));
	add_pair(a, "-device", str_format("virtserialport,chardev=port,name=%s", PROTO_PORT));
	if (s->balloon)
		add_pair(a, "-device",
			 str_format("virtio-balloon-%s", is_microvm(s) ? "device" : "pci"));
	add_pair(a, "-chardev", str_format("socket,id=qmp,fd=%d", qmp));
	add_pair(a, "-mon", str_format("chardev=qmp,mode=control"));
	add_pair(a, "-chardev", str_format("socket,id=console,fd=%d", console));
	add_pair(a, "-serial", str_format("chardev:console"));
}

static void console_read(struct vm *vm)
{
	int err = loop_read(vm->loop, &vm->console_op, vm->console_fd, vm->console_buf,
			    sizeof(vm->console_buf));

	if (err && err != -ECANCELED)
		note_say("the guest console cannot be read any more");
}

static void console_done(struct op *op, int res)
{
	struct vm *vm = container_of(op, struct vm, console_op);

	if (res <= 0 && res != -EINTR && res != -EAGAIN)
		return;
	if (res > 0)
		console_add(&vm->console, vm->console_buf, (size_t)res);
	console_read(vm);
}

static int make_pairs(int ours[3], int theirs[3])
{
	for (int i = 0; i < 3; i++) {
		int pair[2];

		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
			return err_sys(-errno, "socketpair for QEMU");
		ours[i] = pair[0];
		theirs[i] = pair[1];
	}
	return 0;
}

static void close_all(int fd[3])
{
	for (int i = 0; i < 3; i++)
		util_close(&fd[i]);
}

static int spawn(struct vm *vm, const struct vm_spec *s, int theirs[3])
{
	struct args a = {0};
	int err;

	build_args(&a, s, vm->ram_bytes, theirs[0], theirs[1], theirs[2]);
	err = a.failed ? err_sys(-ENOMEM, "QEMU's arguments")
		       : child_start(&vm->child, vm->loop, a.v, theirs, 3, theirs[2]);
	args_free(&a);
	return err;
}

/* QEMU's stdout and stderr go to the console socket too: its complaints are shown from there. */
static int connect_qemu(struct vm *vm, const struct vm_spec *s, int ours[3], chan_handler *handler,
			void *arg)
{
	int err;

	vm->console_fd = ours[2];
	vm->console_op.done = console_done;
	ours[2] = -1;
	console_read(vm);
	err = chan_open(&vm->chan, vm->loop, ours[0], handler, arg);
	ours[0] = -1;
	if (err)
		return err;
	err = qmp_open(&vm->qmp, vm->loop, ours[1], s->boot_timeout_ns);
	ours[1] = -1;
	if (!err)
		err = qmp_command(vm->qmp, "cont", NULL, NULL, false);
	if (err) {
		err = err_say(err, "QEMU (%s) did not start the guest", s->qemu);
		console_show(&vm->console, "QEMU", 10);
	}
	return err;
}

uint64_t vm_ram_bytes(uint64_t memory_bytes)
{
	const uint64_t huge = 2ull << 20; /* hugetlb takes no less */
	uint64_t bytes = memory_bytes + memory_bytes / VM_OVERHEAD_SHARE + VM_OVERHEAD_BYTES;

	return (bytes + huge - 1) & ~(huge - 1);
}

int vm_start(struct vm *vm, struct loop *l, const struct vm_spec *s, chan_handler *handler,
	     void *arg)
{
	int ours[3] = {-1, -1, -1}, theirs[3] = {-1, -1, -1};
	int err;

	memset(vm, 0, sizeof(*vm));
	vm->loop = l;
	vm->console_fd = -1;
	vm->ram_bytes = vm_ram_bytes(s->memory_bytes);
	err = make_pairs(ours, theirs);
	if (!err)
		err = spawn(vm, s, theirs);
	close_all(theirs);
	if (!err)
		err = connect_qemu(vm, s, ours, handler, arg);
	close_all(ours);
	if (err)
		vm_stop(vm, NULL, 0);
	return err;
}

int vm_stop(struct vm *vm, char *stuck, size_t size)
{
	pid_t pid = vm->child.pid;
	int err;

	if (!vm->loop)
		return 0;
	err = child_stop(&vm->child, VM_STOP_GRACE_NS);
	if (err && stuck)
		child_stuck(pid, stuck, size);
	chan_close(vm->chan);
	qmp_close(vm->qmp);
	loop_cancel(vm->loop, &vm->console_op);
	util_close(&vm->console_fd);
	vm->chan = NULL;
	vm->qmp = NULL;
	vm->loop = NULL;
	return err;
}

int vm_hva(struct vm *vm, uint64_t gpa, uint64_t *hva)
{
	char *cmd = str_format("gpa2hva 0x%" PRIx64, gpa);
	json_t *ret = NULL;
	const char *at;
	int err;

	if (!cmd)
		return -ENOMEM;
	err = qmp_command(vm->qmp, "human-monitor-command", json_pack("{s:s}", "command-line", cmd),
			  &ret, false);
	free(cmd);
	if (err)
		return err;
	at = strstr(json_string_value(ret) ?: "", "is 0x");
	if (!at || sscanf(at, "is 0x%" SCNx64, hva) != 1)
		err = -EPROTO;
	json_decref(ret);
	return err;
}

static int hva_or_say(struct vm *vm, uint64_t gpa, uint64_t *hva)
{
	int err = vm_hva(vm, gpa, hva);

	return err == -EPROTO
		       ? err_say(err, "QEMU does not say where guest address 0x%" PRIx64 " is", gpa)
		       : err;
}

/* Guest addresses below and above 4 GiB are one piece of QEMU's RAM each (hw/i386/pc.c, microvm.c).
 */
struct side {
	bool used;
	uint64_t low, high; /* first and last page of the test memory on this side */
	uint64_t delta;	    /* hva - gpa */
};

static struct side *side_of(struct side sides[2], uint64_t gpa)
{
	return &sides[gpa >= 1ull << 32];
}

static void widen(struct side *side, const struct guest_run *run)
{
	uint64_t last = run->gpa + (uint64_t)(run->pages - 1) * PROTO_PAGE_SIZE;

	if (!side->used || run->gpa < side->low)
		side->low = run->gpa;
	if (!side->used || last > side->high)
		side->high = last;
	side->used = true;
}

/* Both ends of a side must have the same offset, or our idea of QEMU's layout is wrong. */
static int measure(struct vm *vm, struct side *side)
{
	uint64_t low, high;
	int err;

	if (!side->used)
		return 0;
	err = hva_or_say(vm, side->low, &low);
	if (!err)
		err = hva_or_say(vm, side->high, &high);
	if (err)
		return err;
	side->delta = low - side->low;
	if (high - side->high != side->delta)
		return err_say(-EPROTO,
			       "guest RAM is not in one piece in QEMU (0x%" PRIx64 "..0x%" PRIx64
			       "): memory layout not known",
			       side->low, side->high);
	return 0;
}

int vm_translate(struct vm *vm, struct guest_run *runs, size_t n)
{
	struct side sides[2] = {{0}, {0}};
	int err;

	for (size_t i = 0; i < n; i++)
		widen(side_of(sides, runs[i].gpa), &runs[i]);
	err = measure(vm, &sides[0]);
	if (!err)
		err = measure(vm, &sides[1]);
	for (size_t i = 0; i < n && !err; i++)
		runs[i].hva = runs[i].gpa + side_of(sides, runs[i].gpa)->delta;
	return err;
}
