/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * acpi.h - the ACPI tables that the Intel lab's machine has, by the names of the ACPI specification
 * 6.0, chapter 5.2 (the FADT is of revision 5: no newer field is needed).
 */
#ifndef ACPI_H
#define ACPI_H

#include <stdint.h>

#define packed __attribute__((packed))

struct acpi_header {
	char signature[4];
	uint32_t length;
	uint8_t revision;
	uint8_t checksum; /* all bytes add up to 0 */
	char oem_id[6];
	char oem_table_id[8];
	uint32_t oem_revision;
	char creator_id[4];
	uint32_t creator_revision;
} packed;

struct acpi_rsdp {
	char signature[8];
	uint8_t checksum; /* of the 20 bytes that ACPI 1.0 knew */
	char oem_id[6];
	uint8_t revision;
	uint32_t rsdt_address;
	uint32_t length;
	uint64_t xsdt_address;
	uint8_t extended_checksum;
	uint8_t reserved[3];
} packed;
#define ACPI_RSDP_OLD_BYTES 20

struct acpi_xsdt {
	struct acpi_header header;
	uint64_t entry[3];
} packed;

struct acpi_generic_address {
	uint8_t address_space_id;
	uint8_t register_bit_width;
	uint8_t register_bit_offset;
	uint8_t access_size;
	uint64_t address;
} packed;

struct acpi_fadt {
	struct acpi_header header;
	uint32_t firmware_ctrl;
	uint32_t dsdt;
	uint8_t reserved;
	uint8_t preferred_pm_profile;
	uint16_t sci_int;
	uint32_t smi_cmd;
	uint8_t acpi_enable;
	uint8_t acpi_disable;
	uint8_t s4bios_req;
	uint8_t pstate_cnt;
	uint32_t pm1a_evt_blk;
	uint32_t pm1b_evt_blk;
	uint32_t pm1a_cnt_blk;
	uint32_t pm1b_cnt_blk;
	uint32_t pm2_cnt_blk;
	uint32_t pm_tmr_blk;
	uint32_t gpe0_blk;
	uint32_t gpe1_blk;
	uint8_t pm1_evt_len;
	uint8_t pm1_cnt_len;
	uint8_t pm2_cnt_len;
	uint8_t pm_tmr_len;
	uint8_t gpe0_blk_len;
	uint8_t gpe1_blk_len;
	uint8_t gpe1_base;
	uint8_t cst_cnt;
	uint16_t p_lvl2_lat;
	uint16_t p_lvl3_lat;
	uint16_t flush_size;
	uint16_t flush_stride;
	uint8_t duty_offset;
	uint8_t duty_width;
	uint8_t day_alrm;
	uint8_t mon_alrm;
	uint8_t century;
	uint16_t iapc_boot_arch;
	uint8_t reserved2;
	uint32_t flags;
	struct acpi_generic_address reset_reg;
	uint8_t reset_value;
	uint16_t arm_boot_arch;
	uint8_t fadt_minor_version;
	uint64_t x_firmware_ctrl;
	uint64_t x_dsdt;
	struct acpi_generic_address x_pm1a_evt_blk, x_pm1b_evt_blk;
	struct acpi_generic_address x_pm1a_cnt_blk, x_pm1b_cnt_blk;
	struct acpi_generic_address x_pm2_cnt_blk, x_pm_tmr_blk;
	struct acpi_generic_address x_gpe0_blk, x_gpe1_blk;
	struct acpi_generic_address sleep_control_reg, sleep_status_reg;
} packed;
#define ACPI_LEGACY_DEVICES 1 /* iapc_boot_arch */
#define ACPI_8042 2
#define ACPI_VGA_NOT_PRESENT 4
#define ACPI_WBINVD 1	     /* flags */
#define ACPI_PWR_BUTTON 0x10 /* a control method: there is none */
#define ACPI_SLP_BUTTON 0x20
#define ACPI_NO_C2 101 /* p_lvl2_lat above 100: not there; p_lvl3_lat above 1000 */
#define ACPI_NO_C3 1001

struct acpi_facs {
	char signature[4];
	uint32_t length;
	uint32_t hardware_signature;
	uint32_t firmware_waking_vector;
	uint32_t global_lock;
	uint32_t flags;
	uint64_t x_firmware_waking_vector;
	uint8_t version;
	uint8_t reserved[31];
} packed;

/* The entries of the MADT and of the SRAT begin with these. */
struct acpi_entry {
	uint8_t type;
	uint8_t length;
} packed;

struct acpi_local_apic { /* type 0 */
	struct acpi_entry entry;
	uint8_t processor_uid;
	uint8_t apic_id;
	uint32_t flags;
} packed;

struct acpi_io_apic { /* type 1 */
	struct acpi_entry entry;
	uint8_t io_apic_id;
	uint8_t reserved;
	uint32_t io_apic_address;
	uint32_t global_system_interrupt_base;
} packed;

struct acpi_interrupt_source_override { /* type 2 */
	struct acpi_entry entry;
	uint8_t bus;
	uint8_t source;
	uint32_t global_system_interrupt;
	uint16_t flags; /* polarity in bits 0 and 1, trigger in 2 and 3 */
} packed;
#define ACPI_ACTIVE_HIGH_LEVEL 0xd

struct acpi_processor_affinity { /* type 0 */
	struct acpi_entry entry;
	uint8_t proximity_domain_low;
	uint8_t apic_id;
	uint32_t flags;
	uint8_t local_sapic_eid;
	uint8_t proximity_domain_high[3];
	uint32_t clock_domain;
} packed;

struct acpi_memory_affinity { /* type 1 */
	struct acpi_entry entry;
	uint32_t proximity_domain;
	uint16_t reserved;
	uint64_t base_address;
	uint64_t length;
	uint32_t reserved2;
	uint32_t flags;
	uint64_t reserved3;
} packed;
#define ACPI_ENABLED 1 /* flags of all four */

#undef packed
#endif
