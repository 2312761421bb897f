// SPDX-License-Identifier: GPL-2.0-only
/*
 * intel.c - see intel.h. There is no BIOS and no disk: the kernel lies where its ELF headers say,
 * the initramfs at the end of memory, as QEMU puts it, and the ROM (rom.c) jumps to the PVH entry.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bochs.h"
#include "cmdline.h"
#include "intel.h"
#include "rom.h"
#include "vmlinux.h"

#define INITRD_ALIGN 4096ull

/* The result names the model with the emulator: another one is another machine. */
static int choose_bochs(struct lab *lab)
{
	auto_free char *version = bochs_version(lab->machine.bochs);

	if (!version)
		return -ENOEXEC;
	if (lab->o->lab_cpus > 1 && !bochs_has_turns(version))
		return err_say(-EINVAL,
			       "--lab-cpus: with several CPUs two runs are equal only in the Bochs "
			       "of 'make image-intel', and this is %s; give 1",
			       version);
	if (lab->o->lab_model == LAB_MODEL_SKYLAKE && !bochs_has_apicv(version))
		return err_say(-EINVAL,
			       "--lab-model: a guest with APICv works only in the Bochs of 'make "
			       "image-intel', and this is %s; leave it out",
			       version);
	lab->emulator = str_format("%s, CPU %s", version, bochs_model(lab->o));
	return lab->emulator ? 0 : err_sys(-ENOMEM, "the emulator's name");
}

int intel_choose(struct lab *lab)
{
	struct lab_machine *m = &lab->machine;

	if (labqemu_memory(lab->o) > BOCHS_MAX_MEMORY)
		return err_say(-EINVAL,
			       "%s: the Intel lab has at most 2G of memory in all; give less, or "
			       "use --lab-cpu amd",
			       lab->o->lab_memory_bytes ? "--lab-memory" : "--memory");
	m->bochs = lab->paths.bochs;
	m->kvm = false;
	m->deterministic = true;
	return choose_bochs(lab);
}

/* A bzImage unpacks itself with the help of a BIOS's memory map; here it is unpacked outside. */
static int unpack(struct lab *lab, struct vmlinux *v)
{
	auto_free char *script = paths_script("extract-vmlinux");
	char to[] = "/tmp/host-stress-vmlinux-XXXXXX";
	char *argv[] = {script, lab->kernel_file, to, NULL};
	int fd, err;

	if (!script)
		return err_say(-ENOENT, "scripts/lib/extract-vmlinux is not beside the program");
	fd = mkstemp(to);
	if (fd < 0)
		return err_sys(-errno, "temporary file for the kernel");
	close(fd);
	err = child_run(lab->loop, argv);
	if (err)
		err = err_say(-EINVAL, "%s could not be unpacked", lab->kernel_file);
	else
		err = vmlinux_lay_out(v, to);
	unlink(to);
	return err;
}

static int place_initrd(struct lab *lab, const struct vmlinux *v, struct rom_spec *spec)
{
	struct lab_machine *m = &lab->machine;
	struct stat st;

	if (fstat(m->initrd_fd, &st))
		return err_sys(-errno, "the lab's initramfs");
	spec->initrd_bytes = (uint64_t)st.st_size;
	if (v->end + spec->initrd_bytes + INITRD_ALIGN > spec->memory_bytes)
		return err_say(-EINVAL,
			       "--lab-memory: %" PRIu64 "M do not hold kernel and initramfs; give "
			       "more, or leave it out",
			       spec->memory_bytes >> 20);
	spec->initrd = (spec->memory_bytes - spec->initrd_bytes) & ~(INITRD_ALIGN - 1);
	m->initrd_base = spec->initrd;
	return 0;
}

static int make_rom(struct lab *lab, const struct rom_spec *spec)
{
	struct rom *rom = calloc(1, sizeof(*rom));
	int err = rom ? rom_fill(rom, spec) : -ENOMEM;

	lab->machine.rom_fd = memfd_create("host-stress-rom", MFD_CLOEXEC);
	if (!err && lab->machine.rom_fd < 0)
		err = -errno;
	if (!err)
		err = write_full(lab->machine.rom_fd, rom, sizeof(*rom));
	free(rom);
	return err ? err_sys(err, "the lab's ROM") : 0;
}

int intel_prepare(struct lab *lab)
{
	struct lab_machine *m = &lab->machine;
	char text[CMDLINE_BYTES];
	struct rom_spec spec = {
		.memory_bytes = bochs_memory(lab->o),
		.cpus = (unsigned int)lab->o->lab_cpus,
		.cmdline = cmdline(text, m, lab->o),
	};
	struct vmlinux v = {.fd = -1};
	int err = vmlinux_is_elf(lab->kernel_file) ? vmlinux_lay_out(&v, lab->kernel_file)
						   : unpack(lab, &v);

	m->kernel_fd = v.fd; /* closed by lab_close() */
	m->kernel_base = v.base;
	spec.entry = v.pvh_entry;
	if (!err)
		err = place_initrd(lab, &v, &spec);
	return err ?: make_rom(lab, &spec);
}
