/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lab_rom.c - the Intel lab's ROM: every table is found from the RSDP, ends where it says and sums
 * up to 0; nodes and the memory map cover the memory exactly. Would pass silently if it looked at
 * struct rom's fields only: it goes by addresses, as a kernel does.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lab/rom.h"

#define MIB (1ull << 20)

static struct rom rom;

static struct rom_spec spec_of(uint64_t memory, unsigned int cpus)
{
	return (struct rom_spec){.memory_bytes = memory,
				 .cpus = cpus,
				 .entry = 0x1000a30,
				 .initrd = 0x30000000,
				 .initrd_bytes = 12345,
				 .cmdline = "console=ttyS0"};
}

static const void *at(uint64_t address, size_t bytes)
{
	assert_in_range(address, ROM_BASE, ROM_BASE + ROM_BYTES - bytes);
	return (const uint8_t *)&rom + (address - ROM_BASE);
}

static uint8_t sum(const void *data, size_t len)
{
	uint8_t all = 0;

	for (size_t i = 0; i < len; i++)
		all = (uint8_t)(all + ((const uint8_t *)data)[i]);
	return all;
}

static const void *table(uint64_t address, const char *signature)
{
	const struct acpi_header *h = at(address, sizeof(*h));

	assert_memory_equal(h->signature, signature, 4);
	assert_true(h->length >= sizeof(*h));
	assert_int_equal(sum(at(address, h->length), h->length), 0);
	return h;
}

static const struct hvm_start_info *start_info(void)
{
	const struct rom_jump *jump = at(ROM_BASE + 0x200, sizeof(*jump));
	const struct hvm_start_info *s = at(jump->start_info, sizeof(*s));

	assert_int_equal(jump->entry, 0x1000a30);
	assert_int_equal(s->magic, 0x336ec578);
	assert_int_equal(s->version, 1);
	return s;
}

static const struct acpi_xsdt *xsdt(void)
{
	const struct acpi_rsdp *r = at(start_info()->rsdp_paddr, sizeof(*r));

	assert_memory_equal(r->signature, "RSD PTR ", 8);
	assert_int_equal(r->revision, 2);
	assert_int_equal(sum(r, 20), 0);
	assert_int_equal(sum(r, r->length), 0);
	assert_int_equal(r->length, 36);
	return table(r->xsdt_address, "XSDT");
}

/* Entries of a MADT or SRAT from @from on: how many there are of type @type. */
static unsigned int entries(const struct acpi_header *h, size_t from, uint8_t type)
{
	const uint8_t *p = (const uint8_t *)h;
	unsigned int n = 0;
	size_t i = from;

	while (i < h->length) {
		assert_true(p[i + 1] >= 2);
		n += p[i] == type;
		i += p[i + 1];
	}
	assert_int_equal(i, h->length);
	return n;
}

static void tables(void **state)
{
	(void)state;
	for (unsigned int cpus = 1; cpus <= ROM_MAX_CPUS; cpus++) {
		struct rom_spec spec = spec_of(1024 * MIB, cpus);
		const struct acpi_fadt *fadt;
		const struct acpi_header *h;
		const struct rom_dsdt *dsdt;

		assert_int_equal(rom_fill(&rom, &spec), 0);
		assert_int_equal((xsdt()->header.length - sizeof(struct acpi_header)) / 8, 3);
		fadt = table(xsdt()->entry[0], "FACP");
		assert_int_equal(fadt->header.length, 268);
		assert_int_equal(fadt->x_dsdt, fadt->dsdt);
		assert_memory_equal(at(fadt->firmware_ctrl, 64), "FACS", 4);
		assert_int_equal(fadt->firmware_ctrl % 64, 0);
		dsdt = table(fadt->dsdt, "DSDT");
		/* a package of four, within a length of six behind the name */
		assert_int_equal(dsdt->aml[6] + 6, sizeof(dsdt->aml));
		h = table(xsdt()->entry[1], "APIC");
		assert_int_equal(entries(h, 44, 0), cpus);
		assert_int_equal(entries(h, 44, 1), 1);
		assert_int_equal(entries(h, 44, 2), 2);
		h = table(xsdt()->entry[2], "SRAT");
		assert_int_equal(entries(h, 48, 0), cpus);
		assert_int_equal(entries(h, 48, 1), 2);
	}
}

static void nodes_cover_memory(void **state)
{
	static const uint64_t sizes[] = {256, 640, 1008, 1024, 2048};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct rom_spec spec = spec_of(sizes[i] * MIB, 2);
		const struct acpi_memory_affinity *node;

		assert_int_equal(rom_fill(&rom, &spec), 0);
		node = (const void *)((const uint8_t *)table(xsdt()->entry[2], "SRAT") + 48);
		assert_int_equal(node[0].base_address, 0);
		assert_int_equal(node[1].base_address, node[0].length);
		assert_int_equal(node[0].length + node[1].length, spec.memory_bytes);
		assert_int_equal(node[0].proximity_domain, 0);
		assert_int_equal(node[1].proximity_domain, 1);
		assert_true(node[0].length >= spec.memory_bytes / 2 - MIB);
		assert_int_equal(node[0].flags & node[1].flags, 1);
	}
}

static void what_the_kernel_is_told(void **state)
{
	struct rom_spec spec = spec_of(1024 * MIB, 1);
	const struct hvm_memmap_table_entry *map;
	const struct hvm_modlist_entry *initrd;
	uint64_t end = 0;

	(void)state;
	assert_int_equal(rom_fill(&rom, &spec), 0);
	assert_string_equal(at(start_info()->cmdline_paddr, 100), "console=ttyS0");
	assert_int_equal(start_info()->nr_modules, 1);
	initrd = at(start_info()->modlist_paddr, sizeof(*initrd));
	assert_int_equal(initrd->paddr, 0x30000000);
	assert_int_equal(initrd->size, 12345);
	map = at(start_info()->memmap_paddr, 3 * sizeof(*map));
	for (uint32_t i = 0; i < start_info()->memmap_entries; i++) {
		assert_int_equal(map[i].addr, end);
		end += map[i].size;
		/* the ROM itself must not be taken for RAM */
		assert_int_equal(map[i].type, map[i].addr < ROM_BASE && end > ROM_BASE ? 2 : 1);
	}
	assert_int_equal(end, 1024 * MIB);
}

/* The reset vector jumps to the ROM's first byte, which is cli. */
static void starts(void **state)
{
	struct rom_spec spec = spec_of(1024 * MIB, 1);
	const uint8_t *vector;

	(void)state;
	assert_int_equal(rom_fill(&rom, &spec), 0);
	assert_int_equal(sizeof(rom), ROM_BYTES);
	vector = at(0xffff0, 16);
	assert_int_equal(vector[0], 0xea);
	assert_int_equal((vector[3] | vector[4] << 8) * 16 + (vector[1] | vector[2] << 8),
			 ROM_BASE);
	assert_int_equal(*(const uint8_t *)at(ROM_BASE, 1), 0xfa);
}

static void refuses(void **state)
{
	struct rom_spec spec = spec_of(1024 * MIB, 1);
	char line[3000];

	(void)state;
	memset(line, 'x', sizeof(line));
	line[2048] = '\0';
	spec.cmdline = line;
	assert_int_equal(rom_fill(&rom, &spec), -E2BIG);
	line[2047] = '\0';
	assert_int_equal(rom_fill(&rom, &spec), 0);
	spec.cpus = ROM_MAX_CPUS + 1;
	assert_int_equal(rom_fill(&rom, &spec), -EINVAL);
	spec.cpus = 0;
	assert_int_equal(rom_fill(&rom, &spec), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables),
		cmocka_unit_test(nodes_cover_memory),
		cmocka_unit_test(what_the_kernel_is_told),
		cmocka_unit_test(starts),
		cmocka_unit_test(refuses),
	};

	return cmocka_run_group_tests_name("lab_rom", tests, NULL, NULL);
}
