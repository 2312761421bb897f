/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lab_vmlinux.c - a vmlinux as it stands in memory: segments at their places, holes and bss 0, the
 * PVH entry from its note; files that are cut off or lie are refused. The files are made here.
 */
#include "capture.h"

#include <elf.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "lab/vmlinux.h"

#define BASE 0x1000000u

static struct made {
	Elf64_Ehdr head;
	Elf64_Phdr segment[3];
	struct {
		Elf64_Nhdr n;
		char name[4];
		uint64_t entry;
	} other, pvh;
	char text[32], data[8];
} file;

#define AT(member) offsetof(struct made, member)

static void make(void)
{
	memset(&file, 0, sizeof(file));
	memcpy(file.head.e_ident, ELFMAG, SELFMAG);
	file.head.e_ident[EI_CLASS] = ELFCLASS64;
	file.head.e_machine = EM_X86_64;
	file.head.e_phoff = AT(segment);
	file.head.e_phentsize = sizeof(Elf64_Phdr);
	file.head.e_phnum = 3;
	/* the second in memory first, with a hole between the two and bss behind */
	file.segment[0] = (Elf64_Phdr){.p_type = PT_LOAD,
				       .p_offset = AT(data),
				       .p_paddr = BASE + 0x1000,
				       .p_filesz = sizeof(file.data),
				       .p_memsz = 0x5000};
	file.segment[1] = (Elf64_Phdr){.p_type = PT_LOAD,
				       .p_offset = AT(text),
				       .p_paddr = BASE,
				       .p_filesz = sizeof(file.text),
				       .p_memsz = sizeof(file.text)};
	file.segment[2] = (Elf64_Phdr){
		.p_type = PT_NOTE,
		.p_offset = AT(other),
		.p_filesz = sizeof(file.other) + sizeof(file.pvh),
	};
	file.other.n = (Elf64_Nhdr){4, 8, 18};
	memcpy(file.other.name, "GNU", 4);
	file.other.entry = BASE + 1;
	file.pvh.n = (Elf64_Nhdr){4, 8, 18};
	memcpy(file.pvh.name, "Xen", 4);
	file.pvh.entry = BASE + 16;
	memset(file.text, 'T', sizeof(file.text));
	memset(file.data, 'D', sizeof(file.data));
}

static int lay_out(struct vmlinux *v, size_t bytes)
{
	char path[] = "/tmp/host-stress-test-XXXXXX";
	int fd = mkstemp(path), err;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, &file, bytes), bytes);
	close(fd);
	err = vmlinux_lay_out(v, path);
	if (!err)
		assert_true(vmlinux_is_elf(path));
	unlink(path);
	return err;
}

static void lays_out(void **state)
{
	struct vmlinux v;
	char got[0x1008];

	(void)state;
	make();
	assert_int_equal(lay_out(&v, sizeof(file)), 0);
	assert_int_equal(v.base, BASE);
	assert_int_equal(v.bytes, 0x1008);
	assert_int_equal(v.end, BASE + 0x6000);
	assert_int_equal(v.pvh_entry, BASE + 16);
	assert_int_equal(pread(v.fd, got, sizeof(got), 0), sizeof(got));
	assert_memory_equal(got, file.text, sizeof(file.text));
	assert_memory_equal(got + 0x1000, file.data, sizeof(file.data));
	for (size_t i = sizeof(file.text); i < 0x1000; i++)
		assert_int_equal(got[i], 0);
	assert_int_equal(pread(v.fd, got, 1, 0x1008), 0);
	close(v.fd);
}

static void refused(const char *says, size_t bytes)
{
	static struct capture c;
	struct vmlinux v;
	int err;

	capture_begin(&c, STDERR_FILENO);
	err = lay_out(&v, bytes);
	capture_end(&c);
	if (err != -ENOEXEC || !strstr(c.text, says) || capture_lines(&c) != 1)
		fail_msg("%d: %s instead of %s", err, c.text, says);
	assert_int_equal(v.fd, -1);
}

static void refuses(void **state)
{
	(void)state;
	make();
	refused("no x86-64 vmlinux", 0);
	refused("no x86-64 vmlinux", 40);
	refused("no x86-64 vmlinux", sizeof(Elf64_Ehdr) + 10);
	refused("segment 0 reaches", AT(data) + 4);
	file.head.e_ident[EI_CLASS] = ELFCLASS32;
	refused("no x86-64 vmlinux", sizeof(file));
	make();
	file.segment[0].p_offset = ~0ull - 3;
	refused("segment 0 reaches", sizeof(file));
	make();
	file.segment[1].p_paddr = 1ull << 32;
	refused("segment 1 reaches", sizeof(file));
	make();
	file.segment[1].p_paddr = ~0ull - 4;
	refused("segment 1 reaches", sizeof(file));
	make();
	file.segment[0].p_memsz = 4; /* less than the file has */
	refused("segment 0 reaches", sizeof(file));
}

static void wants_a_pvh_entry(void **state)
{
	(void)state;
	make();
	memcpy(file.pvh.name, "Yen", 4);
	refused("has no PVH entry (CONFIG_PVH)", sizeof(file));
	make();
	file.pvh.n.n_type = 17;
	refused("has no PVH entry", sizeof(file));
	make();
	file.other.n.n_descsz = 0xfffffff0; /* reaches past the next one */
	refused("has no PVH entry", sizeof(file));
	make();
	file.pvh.entry = BASE - 1;
	refused("has no PVH entry", sizeof(file));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lays_out),
		cmocka_unit_test(refuses),
		cmocka_unit_test(wants_a_pvh_entry),
	};

	return cmocka_run_group_tests_name("lab_vmlinux", tests, NULL, NULL);
}
