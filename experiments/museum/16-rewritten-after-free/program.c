// SPDX-License-Identifier: GPL-2.0-only
/*
 * program.c - a huge page that was given up with MADV_FREE and then written again must be kept when
 * memory is reclaimed.
 *
 * Three huge pages of a process of its own: one is given up and not written again, which reclaim
 * has to discard, or nothing was tried; one is written again, which it has to keep; and one is
 * written again and then made read-only and writable, as mprotect(), NUMA balancing and userfaultfd
 * do: pmd_modify(). Prints `figure pages_lost N` of the last.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define HUGE (2ul << 20)
#define PAGE 4096
#define WORD 0x5aa5f00ddeadbeefull

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

enum what { GIVEN_UP, WRITTEN, PROTECTED, PARTS };

static int cannot(const char *what)
{
	perror(what);
	return 125;
}

static void write_each(char *part, uint64_t word)
{
	for (size_t at = 0; at < HUGE; at += PAGE)
		*(volatile uint64_t *)(part + at) = word;
}

static int lost(const char *part)
{
	int n = 0;

	for (size_t at = 0; at < HUGE; at += PAGE)
		n += *(volatile const uint64_t *)(part + at) != WORD;
	return n;
}

/* One huge page of @part, or it is not what the reports are about. */
static int is_huge(const char *part)
{
	unsigned long from = 0, kb;
	char line[256];
	int huge = 0;
	FILE *f = fopen("/proc/self/smaps", "r");

	while (f && fgets(line, sizeof(line), f)) {
		unsigned long begin, end;

		if (sscanf(line, "%lx-%lx ", &begin, &end) == 2)
			from = (unsigned long)part >= begin && (unsigned long)part < end;
		else if (from && sscanf(line, "AnonHugePages: %lu kB", &kb) == 1)
			huge = kb >= HUGE >> 10;
	}
	if (f)
		fclose(f);
	return huge;
}

static int try_one(char *part, enum what what)
{
	memset(part, 1, HUGE);
	if (!is_huge(part)) {
		printf("no huge page\n");
		return -1;
	}
	if (madvise(part, HUGE, MADV_FREE))
		return -1;
	if (what != GIVEN_UP)
		write_each(part, WORD);
	if (what == PROTECTED &&
	    (mprotect(part, HUGE, PROT_READ) || mprotect(part, HUGE, PROT_READ | PROT_WRITE)))
		return -1;
	if (madvise(part, HUGE, MADV_PAGEOUT))
		return -1;
	return lost(part);
}

int main(void)
{
	static const char *const names[] = {"given up", "written again",
					    "written again and protected"};
	int n[PARTS];

	for (int i = 0; i < PARTS; i++) {
		char *all = mmap(NULL, 2 * HUGE, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		char *part = (char *)(((uintptr_t)all + HUGE - 1) & ~(HUGE - 1));

		if (all == MAP_FAILED || madvise(part, HUGE, MADV_HUGEPAGE))
			return cannot("huge pages");
		n[i] = try_one(part, i);
		if (n[i] < 0)
			return cannot(names[i]);
		printf("%s: %d of %lu pages lost\n", names[i], n[i], HUGE / PAGE);
	}
	if (n[GIVEN_UP] != HUGE / PAGE || n[WRITTEN])
		return 125;
	printf("figure pages_lost %d\n", n[PROTECTED]);
	return 0;
}
