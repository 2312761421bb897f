/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * orders.c - see orders.h.
 */
#include <stdlib.h>
#include <string.h>

#include "early.h"
#include "orders.h"
#include "worker.h"

#define SECOND_NS 1000000000ull
#define STALL_MAX_NS (3600 * SECOND_NS)
#define SPARE_BYTES (8ull << 20)
/* Per page of test memory; a huge page has its table in reserve (mm/huge_memory.c, deposit). */
#define PAGE_TABLE_BYTES 8

static uint64_t memory_available(void)
{
	char text[2048];
	const char *line;

	if (early_read("/proc/meminfo", text, sizeof(text)) < 0)
		return 0;
	line = strstr(text, "MemAvailable:");
	return line ? strtoull(line + 13, NULL, 10) * 1024 : 0;
}

uint32_t orders_cpus(const char *list)
{
	uint32_t n = 0;

	while (*list >= '0' && *list <= '9') {
		char *end;
		unsigned long first = strtoul(list, &end, 10), last = first;

		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		if (last < first || last - first >= UINT16_MAX)
			return 0;
		n += (uint32_t)(last - first) + 1;
		list = *end == ',' ? end + 1 : end;
	}
	return n;
}

/*
 * Not sysconf(): musl's counts the CPUs that this thread may run on, and where there is a spare
 * vCPU, isolcpus= leaves PID 1 that one alone (vm.c).
 */
static uint32_t vcpus_online(void)
{
	char list[256];
	int got = early_read("/sys/devices/system/cpu/online", list, sizeof(list));
	uint32_t n = got > 0 ? orders_cpus(list) : 0;

	return n ? n : 1;
}

struct proto_hello orders_hello(uint64_t tsc_hz)
{
	return (struct proto_hello){
		.tsc_hz = tsc_hz,
		.vcpus = vcpus_online(),
	};
}

const char *orders_fault(const struct proto_orders *o)
{
	uint64_t page = PROTO_PAGE_SIZE + PAGE_TABLE_BYTES + sizeof(struct touch_state);
	uint64_t need = o->pages * page + o->vcpus * sizeof(struct worker) + SPARE_BYTES;

	if (!o->vcpus || o->vcpus > PROTO_MAX_VCPUS || o->vcpus > vcpus_online())
		return "vcpus";
	if (o->pages < o->vcpus)
		return "pages: fewer than vcpus";
	if (!o->groups || o->groups > o->pages)
		return "groups: not 1 .. pages";
	if (o->pattern >= PATTERNS || (o->pattern == PATTERN_KSM02 && o->pages < 3))
		return "pattern";
	if (o->shared && (o->pattern != PATTERN_GROUPS || o->shared > o->pages - o->vcpus))
		return "shared: more than pages less vcpus, or not with this pattern";
	if (o->write_ppm > PROTO_PPM)
		return "write_ppm: above 1000000";
	if (!o->stall_ns || o->stall_ns > STALL_MAX_NS)
		return "stall_ns: not 1 ns .. 1 h";
	if (o->report_ms < 100 || o->report_ms > 60000)
		return "report_ms: not 100 .. 60000";
	if (need > memory_available())
		return "pages: more than available";
	return NULL;
}
