// SPDX-License-Identifier: GPL-2.0-only
/*
 * flags.c - what QEMU got wrong about flags (images/qemu/0005-*.patch, 0006-*.patch), as a program
 * for the lab's L1; tests/lab/flags.t builds it. Prints one line for each; right on hardware.
 */
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>

/*
 * CMPXCHG16B leaves the carry alone. The block begins behind the jump, with the flags of XOR; the
 * carry in front of CMPXCHG16B is that of CMP.
 */
static int carry_behind_cmpxchg16b(void)
{
	static _Alignas(16) uint64_t pair[2];
	uint8_t carry;

	__asm__ volatile("xorl %%eax, %%eax\n\t"
			 "jmp 1f\n"
			 "1:\n\t"
			 "movl $0, %%edx\n\t"
			 "movl $0, %%ecx\n\t"
			 "movl $0, %%ebx\n\t"
			 "cmpl $1, %%eax\n\t"
			 "lock cmpxchg16b %1\n\t"
			 "setc %0"
			 : "=r"(carry), "+m"(pair)
			 :
			 : "rax", "rbx", "rcx", "rdx", "cc", "memory");
	return carry;
}

/* SHL by CL leaves the carry; the byte that SETBE writes is on a page that is not there yet. */
static int setbe_on_new_page(void)
{
	uint8_t *page =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		return -1;
	__asm__ volatile("movl $0xc0000000, %%eax\n\t"
			 "movl $1, %%ecx\n\t"
			 "shll %%cl, %%eax\n\t"
			 "setbe (%0)"
			 :
			 : "r"(page)
			 : "rax", "rcx", "cc", "memory");
	return *page;
}

int main(void)
{
	printf("cmpxchg16b %s\n", carry_behind_cmpxchg16b() == 1 ? "right" : "WRONG");
	printf("setbe %s\n", setbe_on_new_page() == 1 ? "right" : "WRONG");
	return 0;
}
