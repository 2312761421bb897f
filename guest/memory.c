/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memory.c - allocates the test memory, fills it, tells the host where it lies, sweeps it.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "clock.h"
#include "memory.h"

#define HUGE_BYTES (2ull << 20)
#define SLICE_NS 10000000
#define LOCK_ONFAULT 1 /* mlock2(2) */
#define PAGEMAP_PRESENT (1ull << 63)
#define PAGEMAP_FRAME ((1ull << 55) - 1)

static void *memory_reserve(size_t bytes)
{
	return mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

int memory_open(struct memory *m, const struct proto_orders *orders, const char **where)
{
	size_t bytes = (size_t)orders->pages * PROTO_PAGE_SIZE;
	char *room = memory_reserve(bytes + HUGE_BYTES);
	void *state = memory_reserve((size_t)orders->pages * sizeof(struct touch_state));

	*where = "mmap";
	if (room == MAP_FAILED || state == MAP_FAILED)
		return -errno;
	room += -(uintptr_t)room & (HUGE_BYTES - 1);
	m->touch = (struct touch_memory){
		.words = (void *)room,
		.state = state,
		.seed = orders->seed,
		.group_inverse = touch_group_inverse(orders->groups),
		.groups = orders->groups,
		.pages = orders->pages,
		.shared = orders->shared,
		.vcpus = orders->vcpus,
	};
	if (orders->pattern == PATTERN_KSM02)
		touch_step(&m->touch, 0);
	m->cursor = 0;
	/* Huge pages only make the map short; a kernel without them does as well. */
	madvise(room, bytes, MADV_HUGEPAGE);
	*where = "mlock";
	if (syscall(SYS_mlock2, room, bytes, LOCK_ONFAULT))
		return -errno;
	*where = "open /proc/self/pagemap";
	m->pagemap_fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	return m->pagemap_fd < 0 ? -errno : 0;
}

static bool memory_done(struct memory *m)
{
	if (m->cursor < m->touch.pages)
		return false;
	m->cursor = 0;
	return true;
}

bool memory_fill(struct memory *m)
{
	uint64_t end = clock_ns() + SLICE_NS;

	while (m->cursor < m->touch.pages && clock_ns() < end)
		touch_fill(&m->touch, m->cursor++);
	return memory_done(m);
}

/* Group by group, so that a group's words are computed once. */
static uint32_t sweep_next(const struct touch_memory *m, uint32_t page)
{
	uint32_t group = touch_group(m, page);

	if (m->third)
		return page + 1;
	if ((uint64_t)page + m->groups < m->pages)
		return page + m->groups;
	return group + 1 < m->groups ? group + 1 : m->pages;
}

bool memory_sweep(struct memory *m, uint64_t *errors, struct touch_corrupts *to)
{
	uint64_t end = clock_ns() + SLICE_NS;

	while (m->cursor < m->touch.pages && clock_ns() < end) {
		uint32_t group = touch_group(&m->touch, m->cursor);

		if (!m->cursor || group != m->swept_group)
			touch_clean(&m->touch, group, m->clean);
		m->swept_group = group;
		*errors += touch_sweep(&m->touch, m->cursor, m->clean, to);
		m->cursor = sweep_next(&m->touch, m->cursor);
	}
	return memory_done(m);
}

static int page_gpa(uint64_t entry, bool hidden_ok, uint64_t *gpa)
{
	uint64_t frame = entry & PAGEMAP_FRAME;

	if (!(entry & PAGEMAP_PRESENT))
		return -EFAULT;
	/* Without CAP_SYS_ADMIN all numbers read as 0, which is never a page of ours. */
	if (!frame && !hidden_ok)
		return -ENODATA;
	*gpa = frame ? frame * PROTO_PAGE_SIZE : PROTO_GPA_NONE;
	return 0;
}

static bool run_continues(const struct proto_run *run, uint64_t gpa)
{
	if (run->gpa == PROTO_GPA_NONE)
		return gpa == PROTO_GPA_NONE;
	return gpa == run->gpa + (uint64_t)run->pages * PROTO_PAGE_SIZE;
}

/* Reads the entries of up to @most pages from @first on: how many, or -errno. */
static int pagemap_read(const struct memory *m, uint32_t first, uint64_t *entry, uint32_t most)
{
	uintptr_t address = (uintptr_t)m->touch.words + (uint64_t)first * PROTO_PAGE_SIZE;
	uint32_t left = m->touch.pages - first, n = left < most ? left : most;
	ssize_t got = pread(m->pagemap_fd, entry, n * sizeof(*entry),
			    address / PROTO_PAGE_SIZE * sizeof(*entry));

	if (got < 0)
		return -errno;
	return got < (ssize_t)sizeof(*entry) ? -EIO : (int)(got / sizeof(*entry));
}

/* Adds @entries of pages from @page on to the runs; stops before one that no longer fits. */
static int map_add(struct proto_run *run, uint32_t *runs, uint32_t most, uint32_t page,
		   const uint64_t *entry, int entries, bool hidden_ok)
{
	int i;

	for (i = 0; i < entries; i++) {
		uint64_t gpa;
		int err = page_gpa(entry[i], hidden_ok, &gpa);

		if (err)
			return err;
		if (*runs && run_continues(&run[*runs - 1], gpa)) {
			run[*runs - 1].pages++;
			continue;
		}
		if (*runs == most)
			break;
		run[(*runs)++] = (struct proto_run){.gpa = gpa, .page = page + i, .pages = 1};
	}
	return i;
}

int memory_map(struct memory *m, struct port *port, bool hidden_ok)
{
	static struct proto_run run[PROTO_MAX_PAYLOAD / sizeof(struct proto_run)];
	static uint64_t entry[512];
	const uint32_t most = sizeof(run) / sizeof(run[0]);
	uint32_t page = m->cursor, runs = 0;
	int n = 1, used = 1;

	if (page == m->touch.pages)
		return memory_done(m);
	if (!port_has_room(port, sizeof(run)))
		return -ENOSPC;
	while (page < m->touch.pages && used == n) {
		n = pagemap_read(m, page, entry, sizeof(entry) / sizeof(entry[0]));
		used = n < 0 ? n : map_add(run, &runs, most, page, entry, n, hidden_ok);
		if (used < 0)
			return used;
		page += used;
	}
	m->cursor = page;
	return port_send(port, PROTO_MAP, run, runs * sizeof(run[0]));
}
