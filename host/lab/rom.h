/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rom.h - the Intel lab's firmware: 64 KiB that Bochs maps below 1 MiB and below 4 GiB. It holds
 * the code from the reset vector to the kernel's PVH entry, ACPI tables and the kernel's command
 * line; no BIOS and no service of one. Pure.
 */
#ifndef ROM_H
#define ROM_H

#include <stddef.h>

#include "acpi.h"
#include "pvh.h"

#define ROM_BASE 0xf0000
#define ROM_BYTES 0x10000
#define ROM_MAX_CPUS 8
#define ROM_NODES 2

struct rom_madt {
	struct acpi_header header;
	uint32_t local_interrupt_controller_address;
	uint32_t flags;
	struct acpi_io_apic io_apic;
	struct acpi_interrupt_source_override timer, sci;
	struct acpi_local_apic cpu[ROM_MAX_CPUS]; /* the table ends behind the last one used */
} __attribute__((packed));

struct rom_srat {
	struct acpi_header header;
	uint32_t reserved; /* 1, for an ancient reader */
	uint64_t reserved2;
	struct acpi_memory_affinity node[ROM_NODES];
	struct acpi_processor_affinity cpu[ROM_MAX_CPUS]; /* the same */
} __attribute__((packed));

struct rom_dsdt {
	struct acpi_header header;
	uint8_t aml[12];
} __attribute__((packed));

/* What the boot code reads out of the ROM: rom.c has the offsets in assembler, too. */
struct rom_jump {
	uint32_t start_info; /* of the ROM's copy; the kernel gets one in RAM */
	uint32_t entry;
};

struct rom_content {
	uint8_t code[0x200];
	struct rom_jump jump;
	struct hvm_start_info start_info;
	struct hvm_memmap_table_entry memmap[3];
	struct hvm_modlist_entry initrd;
	char cmdline[2048];
	struct acpi_facs facs __attribute__((aligned(64)));
	struct acpi_rsdp rsdp __attribute__((aligned(16)));
	struct acpi_xsdt xsdt __attribute__((aligned(16)));
	struct acpi_fadt fadt __attribute__((aligned(16)));
	struct rom_madt madt __attribute__((aligned(16)));
	struct rom_srat srat __attribute__((aligned(16)));
	struct rom_dsdt dsdt __attribute__((aligned(16)));
};

struct rom {
	struct rom_content in;
	uint8_t free[ROM_BYTES - 16 - sizeof(struct rom_content)];
	uint8_t reset_vector[16];
};

struct rom_spec {
	uint64_t memory_bytes;
	unsigned int cpus;
	uint32_t entry; /* the kernel's, physical */
	uint64_t initrd, initrd_bytes;
	const char *cmdline;
};

/* Where the field @of of struct rom_content is for the machine. */
#define ROM_ADDRESS(of) (ROM_BASE + (uint32_t)offsetof(struct rom, in.of))

/* 0, -E2BIG (the command line), -EINVAL (too many CPUs). */
int rom_fill(struct rom *rom, const struct rom_spec *spec) __attribute__((warn_unused_result));

#endif
