// SPDX-License-Identifier: GPL-2.0-only
/*
 * bochs.c - see bochs.h. Each argument is a line of a bochsrc file.
 *
 * Nothing here depends on the wall clock or on chance: clock sync=none, a fixed time of day, and no
 * RDRAND, which Bochs makes of time(2). The Haswell has VMX with EPT, accessed and dirty bits and
 * unrestricted guests, but neither APICv nor PML; the Skylake has both (docs/lab.md).
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bochs.h"
#include "wire/lab_ports.h"

#define OUR_PATCHES "host-stress patch "
#define TURNS_PATCHES 9
#define APICV_PATCHES 13

static int our_patches(const char *version)
{
	const char *patch = strstr(version, OUR_PATCHES);

	return patch ? atoi(patch + strlen(OUR_PATCHES)) : 0;
}

bool bochs_has_turns(const char *version)
{
	return our_patches(version) >= TURNS_PATCHES;
}

bool bochs_has_apicv(const char *version)
{
	return our_patches(version) >= APICV_PATCHES;
}

const char *bochs_model(const struct opts *o)
{
	return o->lab_model == LAB_MODEL_SKYLAKE ? "corei7_skylake_x" : "corei7_haswell_4770";
}

uint64_t bochs_memory(const struct opts *o)
{
	return labqemu_memory(o) & ~(2 * BOCHS_BLOCK_BYTES - 1);
}

/* NULL among the first @n is an answer of str_format() without memory. */
static size_t put_machine(char **v, const struct lab_machine *m, const struct opts *o)
{
	uint64_t mib = bochs_memory(o) >> 20;
	char turns[120] = "";
	size_t n = 0;

	if (m->cpus.turn)
		snprintf(turns, sizeof(turns),
			 ", turn_shortest=1, turn_longest=%" PRIu64 ", turn_seed=%" PRIu64,
			 m->cpus.turn, m->cpus.schedule);

	v[n++] = str_format("cpu: model=%s, count=%" PRIu64 ", ips=" BOCHS_TICKS_PER_SECOND
			    ", reset_on_triple_fault=1, "
			    "ignore_bad_msrs=1, exclude_features=\"rdrand,rdseed\"%s",
			    bochs_model(o), m->cpus.cpus, turns);
	v[n++] = str_format("memory: guest=%" PRIu64 ", host=%" PRIu64 ", block_size=%llu", mib,
			    mib, BOCHS_BLOCK_BYTES >> 10);
	v[n++] = str_format("romimage: file=/proc/self/fd/%d", m->rom_fd);
	/* the VGA card wants one; nobody looks at it */
	v[n++] = str_format("vgaromimage: file=/proc/self/fd/%d", m->rom_fd);
	v[n++] = str_format("optramimage1: file=/proc/self/fd/%d, address=%#" PRIx64, m->kernel_fd,
			    m->kernel_base);
	v[n++] = str_format("optramimage2: file=/proc/self/fd/%d, address=%#" PRIx64, m->initrd_fd,
			    m->initrd_base);
	return n;
}

static size_t put_streams(char **v, const struct lab_machine *m)
{
	v[0] = str_format("com1: enabled=1, mode=file, dev=/proc/self/fd/%d",
			  m->stream_fd[LAB_CONSOLE]);
	v[1] = str_format("byte_ports: %#x=%d, %#x=%d, %#x=%d, %#x=%d", LAB_PORT_STDOUT,
			  m->stream_fd[LAB_STDOUT], LAB_PORT_STDERR, m->stream_fd[LAB_STDERR],
			  LAB_PORT_STATUS, m->stream_fd[LAB_STATUS], LAB_PORT_RESULT,
			  m->stream_fd[LAB_RESULT]);
	return 2;
}

int bochs_args(char *argv[LABQEMU_MAX_ARGS], const struct lab_machine *m, const struct opts *o)
{
	static const char *const fixed[] = {
		"display_library: nogui",
		"vga: extension=none, update_freq=1, realtime=0",
		"plugin_ctrl: biosdev=0, speaker=0, parallel=0, extfpuirq=0",
		"pci: enabled=1, chipset=i440fx",
		"floppya: type=none",
		"ata0: enabled=0",
		"ata1: enabled=0",
		"clock: sync=none, time0=1767225600, rtc_sync=0", /* 2026-01-01T00:00:00 */
		"log: /dev/null",
		"panic: action=fatal", /* on standard error, too */
		"error: action=ignore",
		"info: action=ignore",
		"debug: action=ignore",
	};
	size_t n = 0;

	memset(argv, 0, LABQEMU_MAX_ARGS * sizeof(*argv));
	argv[n++] = str_format("%s", m->bochs);
	argv[n++] = str_format("-q"); /* no menu */
	argv[n++] = str_format("-f"); /* nobody's own bochsrc */
	argv[n++] = str_format("/dev/null");
	n += put_machine(argv + n, m, o);
	n += put_streams(argv + n, m);
	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
		argv[n++] = str_format("%s", fixed[i]);
	for (size_t i = 0; i < n; i++)
		if (!argv[i]) {
			labqemu_free(argv);
			return err_sys(-ENOMEM, "the lab's Bochs arguments");
		}
	return 0;
}
