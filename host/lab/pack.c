// SPDX-License-Identifier: GPL-2.0-only
/*
 * pack.c - see lab_pack.h. Archives are laid one behind the other, and files of later ones
 * replace those of earlier ones (docs/lab.md).
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wire/lab_ports.h"
#include "base/cpio.h"
#include "pack.h"

#define LAB_OWN_ARGS 18				     /* that inside_command() adds */
#define LAB_GUEST "usr/lib/host-stress/image/guest/" /* where L1's host-stress looks (paths.c) */

const char *lab_accel(const struct lab *lab)
{
	return lab->machine.bochs ? "bochs" : lab->machine.kvm ? "kvm" : "tcg";
}

/* What this program is called with inside, unless the user named another program behind "--". */
static size_t inside_command(struct lab *lab, int argc, char **argv, char **out)
{
	static char inside[64], build[64];
	size_t n = 0;

	if (lab->foreign) {
		for (int i = lab->o->rest; i < argc && n < LAB_COMMAND_ARGS - 1; i++)
			out[n++] = argv[i];
		return n;
	}
	snprintf(inside, sizeof(inside), "%s%s%s", lab_accel(lab),
		 lab->machine.deterministic ? ",deterministic" : "",
		 lab->verdict.qemu_cured ? ",cured" : "");
	snprintf(build, sizeof(build), "%s,%s", lab->verdict.build[BUILD_IMAGE],
		 lab->verdict.build[BUILD_EMULATOR]);
	out[n++] = "/usr/bin/host-stress";
	n += (size_t)opts_for_inside(argc, argv, out + n);
	out[n++] = "--place=host";
	out[n++] = "--inside";
	out[n++] = inside;
	out[n++] = "--shown-qemu";
	out[n++] = lab->verdict.qemu;
	out[n++] = "--shown-build";
	out[n++] = build;
	out[n++] = "--unreported";
	out[n++] = "--json=/lab/result.json";
	if (lab->o->trace)
		out[n++] = "--trace=/lab/trace";
	return n;
}

static void pack_command(struct cpio *c, char **words, size_t n)
{
	char text[LAB_COMMAND_BYTES];
	size_t at = 0;

	for (size_t i = 0; i < n && !c->err; i++) {
		size_t len = strlen(words[i]) + 1;

		if (at + len > sizeof(text)) {
			c->err = err_say(-E2BIG, "the command for the lab is longer than %zu bytes",
					 sizeof(text));
			return;
		}
		memcpy(text + at, words[i], len);
		at += len;
	}
	cpio_file(c, "lab/command", 0644, text, at);
}

static uint64_t virtual_seconds(const struct opts *o)
{
	uint64_t ns = o->duration_ns ?: o->phase_time_ns * o->nphases;

	if (o->virtual_timeout_ns)
		return (o->virtual_timeout_ns + NSEC_PER_SEC - 1) / NSEC_PER_SEC;
	ns += o->boot_timeout_ns + o->nphases * (2 * o->proof_timeout_ns + 5 * NSEC_PER_SEC);
	return ns / NSEC_PER_SEC + 60;
}

static void pack_settings(struct cpio *c, const struct lab *lab)
{
	char text[128];
	int n = snprintf(text, sizeof(text), "timeout %" PRIu64 "\n", virtual_seconds(lab->o));

	cpio_file(c, "lab/settings", 0644, text, (size_t)n);
}

/* --kvm-param, a line each. */
static void pack_params(struct cpio *c, const struct texts *params)
{
	auto_free char *text = str_format("%s", "");

	for (size_t i = 0; i < params->n && text; i++) {
		auto_free char *before = text;

		text = str_format("%s%s\n", before, params->v[i]);
	}
	if (!text)
		c->err = -ENOMEM;
	else if (*text)
		cpio_file(c, "lab/kvm-params", 0644, text, strlen(text));
}

static int append_file(int to, const char *path)
{
	auto_free char *data = NULL;
	size_t len;
	int err = file_slurp(path, &data, &len);

	if (!err)
		err = write_full(to, data, len);
	return err ? err_sys(err, "packing %s into the lab's initramfs", path) : 0;
}

/* The kernel takes archives one behind the other: image, modules, then what is new in this run. */
int lab_pack(struct lab *lab, int argc, char **argv)
{
	auto_free char *base = str_format("%s/lab/base.cpio", lab->paths.images);
	char *words[LAB_COMMAND_ARGS];
	struct cpio c;
	int fd, err;

	if (!base)
		return err_sys(-ENOMEM, "lab");
	if (argc > LAB_COMMAND_ARGS - LAB_OWN_ARGS)
		return err_say(-E2BIG, "%d arguments are too many for the lab; give at most %d",
			       argc - 1, LAB_COMMAND_ARGS - LAB_OWN_ARGS - 1);
	fd = memfd_create("host-stress-lab", MFD_CLOEXEC);
	if (fd < 0)
		return err_sys(-errno, "memory for the lab's initramfs");
	lab->machine.initrd_fd = fd;
	err = append_file(fd, base);
	if (!err && lab->modules_file)
		err = append_file(fd, lab->modules_file);
	if (!err && lab->o->overlay)
		err = append_file(fd, lab->o->overlay);
	if (err)
		return err;
	cpio_begin(&c, fd);
	cpio_copy(&c, "usr/bin/host-stress", 0755, "/proc/self/exe");
	if (lab->o->guest_kernel)
		cpio_copy(&c, LAB_GUEST "vmlinux", 0644, lab->o->guest_kernel);
	if (lab->o->guest_initrd)
		cpio_copy(&c, LAB_GUEST "initrd", 0644, lab->o->guest_initrd);
	cpio_dir(&c, "lab");
	pack_command(&c, words, inside_command(lab, argc, argv, words));
	pack_settings(&c, lab);
	pack_params(&c, &lab->o->kvm_params);
	err = cpio_end(&c);
	return err ? err_sys(err, "packing the lab's initramfs") : 0;
}

/* A directory is scripts/kernel's lay-out; beside a file of such a directory its modules are used
 * too. */
int lab_find_kernel(struct lab *lab)
{
	const struct opts *o = lab->o;
	struct stat st;
	auto_free char *dir = NULL;

	if (!o->kernel)
		dir = str_format("%s/lab/kernel", lab->paths.images);
	else if (stat(o->kernel, &st) == 0 && S_ISDIR(st.st_mode))
		dir = str_format("%s", o->kernel);
	if (dir) {
		lab->kernel_file = str_format("%s/vmlinux", dir);
	} else {
		const char *slash = strrchr(o->kernel, '/');

		lab->kernel_file = str_format("%s", o->kernel);
		dir = str_format("%.*s", slash ? (int)(slash - o->kernel) : 1,
				 slash ? o->kernel : ".");
	}
	if (!lab->kernel_file || access(lab->kernel_file, R_OK))
		return err_say(-ENOENT,
			       "no kernel for the lab at %s: run 'make image' or "
			       "'scripts/kernel fetch', or name a bzImage with --kernel",
			       lab->kernel_file ?: "?");
	lab->modules_file =
		o->modules ? str_format("%s", o->modules) : str_format("%s/modules.cpio", dir);
	if (lab->modules_file && !o->modules && access(lab->modules_file, R_OK)) {
		free(lab->modules_file);
		lab->modules_file = NULL;
	}
	lab->machine.kernel = lab->kernel_file;
	return 0;
}

/* --modules DIR: a lib/modules/RELEASE tree, packed by scripts/lib/image. */
int lab_pack_modules(struct lab *lab)
{
	auto_free char *script = paths_script("image");
	char to[] = "/tmp/host-stress-modules-XXXXXX";
	struct stat st;
	int fd, err;
	char *argv[] = {script, "modules", lab->modules_file, to, NULL};

	if (!lab->modules_file || stat(lab->modules_file, &st) || !S_ISDIR(st.st_mode))
		return 0;
	if (!script)
		return err_say(-ENOENT, "--modules: scripts/lib/image is not beside the program");
	fd = mkstemp(to);
	if (fd < 0)
		return err_sys(-errno, "temporary file for the modules");
	err = child_run(lab->loop, argv);
	close(fd);
	fd = open(to, O_RDONLY | O_CLOEXEC);
	unlink(to);
	if (err || fd < 0) {
		util_close(&fd);
		return err_say(-EINVAL, "--modules: %s could not be packed", lab->modules_file);
	}
	free(lab->modules_file);
	lab->modules_file = str_format("/proc/self/fd/%d", fd); /* open until we end */
	return lab->modules_file ? 0 : -ENOMEM;
}
