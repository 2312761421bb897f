// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmlinux.c - see vmlinux.h. The PVH entry's address stands in an ELF note of the name "Xen"
 * (arch/x86/platform/pvh/head.S).
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pvh.h"
#include "vmlinux.h"

#define LIMIT (1ull << 32) /* the PVH entry runs in 32 bits */
#define ALIGN4(n) (((uint64_t)(n) + 3) & ~3ull)

struct elf {
	const char *path;
	const uint8_t *data;
	uint64_t size;
	const Elf64_Phdr *segments;
	unsigned int n;
};

static bool within(const struct elf *e, uint64_t at, uint64_t bytes)
{
	return at <= e->size && bytes <= e->size - at;
}

static int check(struct elf *e)
{
	const Elf64_Ehdr *h = (const Elf64_Ehdr *)e->data;

	if (!within(e, 0, sizeof(*h)) || memcmp(h->e_ident, ELFMAG, SELFMAG) ||
	    h->e_ident[EI_CLASS] != ELFCLASS64 || h->e_machine != EM_X86_64 ||
	    h->e_phentsize != sizeof(Elf64_Phdr) || h->e_phoff % 8 ||
	    !within(e, h->e_phoff, (uint64_t)h->e_phnum * sizeof(Elf64_Phdr)))
		return err_say(-ENOEXEC, "%s is no x86-64 vmlinux", e->path);
	e->segments = (const Elf64_Phdr *)(e->data + h->e_phoff);
	e->n = h->e_phnum;
	for (unsigned int i = 0; i < e->n; i++) {
		const Elf64_Phdr *s = &e->segments[i];

		if (!within(e, s->p_offset, s->p_filesz) ||
		    (s->p_type == PT_LOAD && (s->p_filesz > s->p_memsz || s->p_paddr >= LIMIT ||
					      s->p_memsz >= LIMIT - s->p_paddr)))
			return err_say(-ENOEXEC, "%s: segment %u reaches out of it", e->path, i);
	}
	return 0;
}

/* The entry in the notes of segment @s; 0: none there. */
static uint32_t find_entry(const struct elf *e, const Elf64_Phdr *s)
{
	const uint8_t *p = e->data + s->p_offset;
	uint64_t left = s->p_filesz;

	while (left >= sizeof(Elf64_Nhdr)) {
		Elf64_Nhdr n;
		uint64_t bytes;
		uint32_t entry;

		memcpy(&n, p, sizeof(n));
		bytes = sizeof(n) + ALIGN4(n.n_namesz) + ALIGN4(n.n_descsz);
		if (bytes > left)
			break;
		if (n.n_type == XEN_ELFNOTE_PHYS32_ENTRY && n.n_namesz == 4 &&
		    n.n_descsz >= sizeof(entry) && !memcmp(p + sizeof(n), "Xen", 4)) {
			memcpy(&entry, p + sizeof(n) + 4, sizeof(entry));
			return entry;
		}
		p += bytes;
		left -= bytes;
	}
	return 0;
}

static int measure(struct vmlinux *v, const struct elf *e)
{
	uint64_t file_end = 0;

	v->base = LIMIT;
	for (unsigned int i = 0; i < e->n; i++) {
		const Elf64_Phdr *s = &e->segments[i];

		if (s->p_type == PT_NOTE && !v->pvh_entry)
			v->pvh_entry = find_entry(e, s);
		if (s->p_type != PT_LOAD || !s->p_memsz)
			continue;
		v->base = s->p_paddr < v->base ? s->p_paddr : v->base;
		if (s->p_paddr + s->p_filesz > file_end)
			file_end = s->p_paddr + s->p_filesz;
		if (s->p_paddr + s->p_memsz > v->end)
			v->end = s->p_paddr + s->p_memsz;
	}
	if (!v->pvh_entry || v->pvh_entry < v->base || v->pvh_entry >= v->end)
		return err_say(
			-ENOEXEC,
			"%s has no PVH entry (CONFIG_PVH), by which the Intel lab starts it; "
			"use --lab-cpu amd, or build it in",
			e->path);
	v->bytes = file_end - v->base;
	return 0;
}

static int copy(struct vmlinux *v, const struct elf *e)
{
	v->fd = memfd_create("host-stress-vmlinux", MFD_CLOEXEC);
	if (v->fd < 0 || ftruncate(v->fd, (off_t)v->bytes))
		return err_sys(-errno, "memory for %s", e->path);
	for (unsigned int i = 0; i < e->n; i++) {
		const Elf64_Phdr *s = &e->segments[i];
		int err = 0;

		if (s->p_type != PT_LOAD)
			continue;
		if (lseek(v->fd, (off_t)(s->p_paddr - v->base), SEEK_SET) < 0)
			err = -errno;
		if (!err)
			err = write_full(v->fd, e->data + s->p_offset, s->p_filesz);
		if (err)
			return err_sys(err, "memory for %s", e->path);
	}
	return 0;
}

bool vmlinux_is_elf(const char *path)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	char magic[SELFMAG];

	return fd >= 0 && read_full(fd, magic, sizeof(magic)) == SELFMAG &&
	       !memcmp(magic, ELFMAG, SELFMAG);
}

int vmlinux_lay_out(struct vmlinux *v, const char *path)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct elf e = {.path = path};
	struct stat st;
	void *map;
	int err;

	*v = (struct vmlinux){.fd = -1};
	if (fd < 0 || fstat(fd, &st))
		return err_sys(-errno, "%s", path);
	e.size = (uint64_t)st.st_size;
	map = e.size ? mmap(NULL, e.size, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
	if (map == MAP_FAILED)
		return err_sys(-errno, "%s", path);
	e.data = map;
	err = check(&e) ?: measure(v, &e) ?: copy(v, &e);
	if (map)
		munmap(map, e.size);
	if (err)
		util_close(&v->fd);
	return err;
}
