/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tiny-kernel.S - a kernel that says SAYS on the lab's status port, WRITES on its serial port, and then ends in a triple
 * fault, or with HANGS never: how L1 may die, without the time that it takes to boot one.
 */
#include "wire/lab_ports.h"

#define XEN_ELFNOTE_PHYS32_ENTRY 18
#define COM1 0x3f8
#define COM1_FORMAT (COM1 + 3)
#define COM1_STATUS (COM1 + 5)
#define BITS_8 3 /* of COM1_FORMAT */
#define IDLE 0x40 /* of COM1_STATUS: all that was written has been sent; a reset waits for nobody */

	.section .note.pvh, "a", @note
	.long	4, 4, XEN_ELFNOTE_PHYS32_ENTRY
	.asciz	"Xen"
	.long	entry

	.text
	.code32
	.globl	entry
entry:
	/* Nobody gave us a stack, so no calls. */
	mov	$says, %esi
1:	lodsb
	test	%al, %al
	jz	2f
	mov	$LAB_PORT_STATUS, %edx
	outb	%al, %dx
	jmp	1b

2:	mov	$COM1_FORMAT, %edx
	mov	$BITS_8, %al
	outb	%al, %dx
	mov	$writes, %esi
3:	mov	$COM1_STATUS, %edx
4:	inb	%dx, %al
	test	$IDLE, %al
	jz	4b
	lodsb
	test	%al, %al
	jz	5f
	mov	$COM1, %edx
	outb	%al, %dx
	jmp	3b
5:
#ifdef HANGS
	jmp	.
#else
	lidt	no_table
	int3
#endif

says:
	.asciz	SAYS
writes:
	.asciz	WRITES
no_table:
	.word	0
	.long	0
