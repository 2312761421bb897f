// SPDX-License-Identifier: GPL-2.0-only
/*
 * rom.c - see rom.h.
 *
 * The machine starts at the reset vector in real mode. What a BIOS would do for this kernel is: go
 * to 32 bits, say by the MTRRs that memory is cached (Linux takes the default type of an untouched
 * machine, uncached, at its word), allow VMX in IA32_FEATURE_CONTROL, give the PIIX4's power
 * management its port, and jump to the PVH entry. Paging, modes, CPUs, interrupts and PCI are the
 * kernel's work anyway.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "rom.h"

#define JUMP 0x200	   /* offsetof(struct rom_content, jump) */
#define START_INFO 0x9000  /* the PVH entry of 6.12 takes its stack behind it: in RAM, not here */
#define PM_BASE 0xb000	   /* I/O ports of the PIIX4's power management */
#define SCI 9		   /* its interrupt */
#define LOW_MEMORY 0x9f000 /* usable below 640 KiB */
#define MEGABYTE 0x100000
#define NODE_OF(cpu) ((cpu) % ROM_NODES)
#define LOCAL_APIC 0xfee00000
#define IO_APIC 0xfec00000

#define TEXT(x) #x
#define STR(x) TEXT(x)

extern const uint8_t rom_code[];
extern const uint32_t rom_code_bytes;

/* clang-format off */
__asm__(".pushsection .rodata\n"
	".code16\n"
	"rom_code:\n"
	"	cli\n"
	"	lgdtl	%cs:(rom_gdt_pointer - rom_code)\n"
	"	movl	%cr0, %eax\n"
	"	orl	$1, %eax\n" /* PE */
	"	movl	%eax, %cr0\n"
	"	ljmpl	$8, $(" STR(ROM_BASE) " + rom_protected - rom_code)\n"
	".code32\n"
	"rom_protected:\n"
	"	movl	$16, %eax\n"
	"	movl	%eax, %ds\n"
	"	movl	%eax, %es\n"
	"	movl	%eax, %ss\n"
	"	movl	%eax, %fs\n"
	"	movl	%eax, %gs\n"
	"	movl	$0x2ff, %ecx\n" /* IA32_MTRR_DEF_TYPE: MTRRs and fixed ones on, write-back */
	"	movl	$0xc06, %eax\n"
	"	xorl	%edx, %edx\n"
	"	wrmsr\n"
	"	movl	$0x3a, %ecx\n" /* IA32_FEATURE_CONTROL: locked, VMX outside of SMX */
	"	movl	$5, %eax\n"
	"	wrmsr\n"
	"	movl	$0xcf8, %edx\n" /* PCI 0:1.3 PMBA: the port, and that it is one */
	"	movl	$0x80000b40, %eax\n"
	"	outl	%eax, %dx\n"
	"	movl	$0xcfc, %edx\n"
	"	movl	$(" STR(PM_BASE) " + 1), %eax\n"
	"	outl	%eax, %dx\n"
	"	movl	$0xcf8, %edx\n" /* PMREGMISC: on */
	"	movl	$0x80000b80, %eax\n"
	"	outl	%eax, %dx\n"
	"	movl	$0xcfc, %edx\n"
	"	movb	$1, %al\n"
	"	outb	%al, %dx\n"
	"	cld\n"
	"	movl	" STR(ROM_BASE) " + " STR(JUMP) ", %esi\n"
	"	movl	$" STR(START_INFO) ", %edi\n"
	"	movl	%edi, %ebx\n" /* the PVH entry wants it there */
	"	movl	$64, %ecx\n"
	"	rep movsb\n"
	"	movl	" STR(ROM_BASE) " + " STR(JUMP) " + 4, %eax\n"
	"	jmp	*%eax\n"
	".balign 8\n"
	"rom_gdt:\n" /* flat, code and data */
	"	.quad	0, 0x00cf9b000000ffff, 0x00cf93000000ffff\n"
	"rom_gdt_pointer:\n"
	"	.word	23\n"
	"	.long	" STR(ROM_BASE) " + rom_gdt - rom_code\n"
	"rom_code_end:\n"
	".balign 4\n"
	"rom_code_bytes:\n"
	"	.long	rom_code_end - rom_code\n"
	".code64\n"
	".popsection\n");
/* clang-format on */

_Static_assert(offsetof(struct rom_content, jump) == JUMP, "the code reads it there");
_Static_assert(sizeof(struct hvm_start_info) <= 64, "the code copies so many bytes");
_Static_assert(sizeof(struct rom) == ROM_BYTES, "ROM");
_Static_assert(sizeof(struct acpi_fadt) == 268, "FADT of revision 5");

static uint8_t sum(const void *data, size_t len)
{
	const uint8_t *p = data;
	uint8_t all = 0;

	while (len--)
		all = (uint8_t)(all + *p++);
	return all;
}

static void finish_table(struct acpi_header *h, const char *signature, uint8_t revision,
			 size_t length)
{
	memcpy(h->signature, signature, sizeof(h->signature));
	memcpy(h->oem_id, "HSTRES", sizeof(h->oem_id));
	memcpy(h->oem_table_id, "HSTRLAB ", sizeof(h->oem_table_id));
	memcpy(h->creator_id, "HSTR", sizeof(h->creator_id));
	h->oem_revision = h->creator_revision = 1;
	h->length = (uint32_t)length;
	h->revision = revision;
	h->checksum = 0;
	h->checksum = (uint8_t)-sum(h, length);
}

static void fill_rsdp(struct rom_content *rom)
{
	struct acpi_rsdp *r = &rom->rsdp;

	memcpy(r->signature, "RSD PTR ", sizeof(r->signature));
	memcpy(r->oem_id, "HSTRES", sizeof(r->oem_id));
	r->revision = 2;
	r->length = sizeof(*r);
	r->xsdt_address = ROM_ADDRESS(xsdt);
	r->checksum = (uint8_t)-sum(r, ACPI_RSDP_OLD_BYTES);
	r->extended_checksum = (uint8_t)-sum(r, sizeof(*r));
	rom->xsdt.entry[0] = ROM_ADDRESS(fadt);
	rom->xsdt.entry[1] = ROM_ADDRESS(madt);
	rom->xsdt.entry[2] = ROM_ADDRESS(srat);
	finish_table(&rom->xsdt.header, "XSDT", 1, sizeof(rom->xsdt));
}

static void fill_fadt(struct rom_content *rom)
{
	struct acpi_fadt *f = &rom->fadt;

	memcpy(rom->facs.signature, "FACS", sizeof(rom->facs.signature));
	rom->facs.length = sizeof(rom->facs);
	rom->facs.version = 2;
	f->firmware_ctrl = ROM_ADDRESS(facs);
	f->dsdt = ROM_ADDRESS(dsdt);
	f->x_dsdt = ROM_ADDRESS(dsdt);
	f->sci_int = SCI;
	f->pm1a_evt_blk = PM_BASE;
	f->pm1_evt_len = 4;
	f->pm1a_cnt_blk = PM_BASE + 4;
	f->pm1_cnt_len = 2;
	f->p_lvl2_lat = ACPI_NO_C2;
	f->p_lvl3_lat = ACPI_NO_C3;
	f->iapc_boot_arch = ACPI_LEGACY_DEVICES | ACPI_8042 | ACPI_VGA_NOT_PRESENT;
	f->flags = ACPI_WBINVD | ACPI_PWR_BUTTON | ACPI_SLP_BUTTON;
	finish_table(&f->header, "FACP", 5, sizeof(*f));
}

/* Name(\_S5_, Package() {0, 0, 0, 0}): the type that switches a PIIX4 off. Nothing else is there:
 * Linux finds PCI by itself. */
static void fill_dsdt(struct rom_content *rom)
{
	static const uint8_t s5[] = {0x08, '_', 'S', '5', '_', 0x12, 6, 4, 0, 0, 0, 0};

	_Static_assert(sizeof(s5) == sizeof(rom->dsdt.aml), "the AML");
	memcpy(rom->dsdt.aml, s5, sizeof(s5));
	finish_table(&rom->dsdt.header, "DSDT", 2, sizeof(rom->dsdt));
}

/* The PIT comes in at pin 2, as in every PC; the SCI is a level. */
static void fill_madt(struct rom_content *rom, unsigned int cpus)
{
	struct rom_madt *m = &rom->madt;

	m->local_interrupt_controller_address = LOCAL_APIC;
	m->flags = 1; /* there are 8259s, too */
	m->io_apic.entry = (struct acpi_entry){1, sizeof(m->io_apic)};
	m->io_apic.io_apic_id = (uint8_t)cpus; /* Bochs takes the first free one */
	m->io_apic.io_apic_address = IO_APIC;
	m->timer.entry = m->sci.entry = (struct acpi_entry){2, sizeof(m->timer)};
	m->timer.global_system_interrupt = 2;
	m->sci.source = SCI;
	m->sci.global_system_interrupt = SCI;
	m->sci.flags = ACPI_ACTIVE_HIGH_LEVEL;
	for (unsigned int i = 0; i < cpus; i++)
		m->cpu[i] = (struct acpi_local_apic){.entry = {0, sizeof(m->cpu[i])},
						     .processor_uid = (uint8_t)i,
						     .apic_id = (uint8_t)i,
						     .flags = ACPI_ENABLED};
	finish_table(&m->header, "APIC", 3, offsetof(struct rom_madt, cpu[cpus]));
}

/* Two nodes of equal size, so that pages can migrate. */
static void fill_srat(struct rom_content *rom, const struct rom_spec *spec)
{
	struct rom_srat *s = &rom->srat;
	uint64_t half = spec->memory_bytes / 2 & ~(uint64_t)(MEGABYTE - 1);

	s->reserved = 1;
	for (unsigned int i = 0; i < ROM_NODES; i++)
		s->node[i] = (struct acpi_memory_affinity){
			.entry = {1, sizeof(s->node[i])},
			.proximity_domain = i,
			.base_address = i * half,
			.length = i ? spec->memory_bytes - half : half,
			.flags = ACPI_ENABLED,
		};
	for (unsigned int i = 0; i < spec->cpus; i++)
		s->cpu[i] = (struct acpi_processor_affinity){
			.entry = {0, sizeof(s->cpu[i])},
			.proximity_domain_low = (uint8_t)NODE_OF(i),
			.apic_id = (uint8_t)i,
			.flags = ACPI_ENABLED,
		};
	finish_table(&s->header, "SRAT", 3, offsetof(struct rom_srat, cpu[spec->cpus]));
}

static void fill_start_info(struct rom_content *rom, const struct rom_spec *spec)
{
	const struct hvm_memmap_table_entry map[] = {
		{.addr = 0, .size = LOW_MEMORY, .type = XEN_HVM_MEMMAP_TYPE_RAM},
		{.addr = LOW_MEMORY,
		 .size = MEGABYTE - LOW_MEMORY,
		 .type = XEN_HVM_MEMMAP_TYPE_RESERVED},
		{.addr = MEGABYTE,
		 .size = spec->memory_bytes - MEGABYTE,
		 .type = XEN_HVM_MEMMAP_TYPE_RAM},
	};

	_Static_assert(sizeof(map) == sizeof(rom->memmap), "the memory map");
	memcpy(rom->memmap, map, sizeof(map));
	rom->initrd.paddr = spec->initrd;
	rom->initrd.size = spec->initrd_bytes;
	rom->start_info = (struct hvm_start_info){
		.magic = XEN_HVM_START_MAGIC_VALUE,
		.version = 1,
		.nr_modules = 1,
		.modlist_paddr = ROM_ADDRESS(initrd),
		.cmdline_paddr = ROM_ADDRESS(cmdline),
		.rsdp_paddr = ROM_ADDRESS(rsdp),
		.memmap_paddr = ROM_ADDRESS(memmap),
		.memmap_entries = sizeof(map) / sizeof(map[0]),
	};
	rom->jump = (struct rom_jump){ROM_ADDRESS(start_info), spec->entry};
}

int rom_fill(struct rom *rom, const struct rom_spec *spec)
{
	/* jmp far 0xf000:0 */
	static const uint8_t reset_vector[] = {0xea, 0, 0, 0, ROM_BASE >> 12};
	size_t code = rom_code_bytes;

	memset(rom, 0, sizeof(*rom));
	if (!spec->cpus || spec->cpus > ROM_MAX_CPUS)
		return -EINVAL;
	if (code > sizeof(rom->in.code) || strlen(spec->cmdline) >= sizeof(rom->in.cmdline))
		return -E2BIG;
	memcpy(rom->in.code, rom_code, code);
	memcpy(rom->reset_vector, reset_vector, sizeof(reset_vector));
	snprintf(rom->in.cmdline, sizeof(rom->in.cmdline), "%s", spec->cmdline);
	fill_dsdt(&rom->in);
	fill_fadt(&rom->in);
	fill_madt(&rom->in, spec->cpus);
	fill_srat(&rom->in, spec);
	fill_rsdp(&rom->in);
	fill_start_info(&rom->in, spec);
	return 0;
}
