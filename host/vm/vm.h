/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vm.h - the VM under stress: a QEMU of ours with KVM, private mergeable RAM, the guest's port and
 * QMP on socket pairs, the guest console kept.
 */
#ifndef VM_H
#define VM_H

#include "base/backend.h"
#include "chan.h"
#include "base/child.h"
#include "qmp.h"
#include "runs.h"

/*
 * The guest's kernel and its own memory, besides the pages it touches, and what grows with them: 64
 * bytes of struct page, 8 of page table and 8 of the touch loop's own per page are a fiftieth, and
 * from 1 GiB on the kernel keeps free what MemAvailable leaves out (mm/khugepaged.c
 * set_recommended_min_free_kbytes()). What the guest never touches costs the host nothing.
 */
#define VM_OVERHEAD_BYTES (128ull << 20)
#define VM_OVERHEAD_SHARE 8 /* of the pages it touches: an eighth */

struct vm_spec {
	const char *qemu;
	const char *firmware_dir; /* -L; NULL: QEMU's own */
	const char *machine;	  /* "microvm" or "q35" */
	enum backend backend;
	const char *kernel, *initrd;
	uint64_t memory_bytes; /* that the guest touches */
	unsigned int vcpus;    /* that touch */
	unsigned int spare;    /* more of them, for what else the guest has to do */
	bool balloon;	       /* has a virtio-balloon */
	bool deterministic;    /* guest command line without anything random */
	uint64_t boot_timeout_ns;
};

struct vm {
	struct loop *loop;
	struct child child;
	struct chan *chan;
	struct qmp *qmp;
	struct console console;
	int console_fd;
	struct op console_op;
	char console_buf[4096];
	uint64_t ram_bytes;
};

/*
 * Starts QEMU (paused until everything is connected). @handler gets the guest's frames. 0 or -errno
 * (said, with what QEMU printed).
 */
uint64_t vm_ram_bytes(uint64_t memory_bytes); /* the VM's for so much that it touches */
must_check int vm_start(struct vm *vm, struct loop *l, const struct vm_spec *spec,
			chan_handler *handler, void *arg);
/*
 * Ends QEMU, if the kernel lets it end, and frees; fine on a zeroed vm. 0, or -ETIME when it is
 * still there: @stuck says where.
 */
int vm_stop(struct vm *vm, char *stuck, size_t size);

/* Where guest address @gpa is in QEMU's address space. 0, -EPROTO (no RAM there), -errno. */
must_check int vm_hva(struct vm *vm, uint64_t gpa, uint64_t *hva);

/*
 * Fills in the hva of @n runs of test pages, by QMP's gpa2hva (monitor/hmp-cmds.c hmp_gpa2hva). 0
 * or -errno (said).
 */
must_check int vm_translate(struct vm *vm, struct guest_run *runs, size_t n);

#endif
