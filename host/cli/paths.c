// SPDX-License-Identifier: GPL-2.0-only
/* paths.c - see paths.h. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/build.h"
#include "paths.h"

#define CURED_MARK "host-stress" /* images/qemu/build: --with-pkgversion */
#define TURNS_PATCHES 6		 /* with so many of images/qemu/ the CPUs' turns are right */

/* The directory of the running program, without a slash at the end. NULL on failure. */
static char *own_directory(void)
{
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	char *slash;

	if (n <= 0)
		return NULL;
	exe[n] = '\0';
	slash = strrchr(exe, '/');
	return str_format("%.*s", (int)(slash - exe), exe);
}

static bool readable(const char *path)
{
	return path && access(path, R_OK) == 0;
}

/* First of build/@sub beside us and ../lib/host-stress/@sub that has @file in it. */
static char *beside(const char *sub, const char *file)
{
	static const char *const places[] = {"build", "../lib/host-stress"};
	auto_free char *own = own_directory();

	for (size_t i = 0; own && i < ARRAY_SIZE(places); i++) {
		char *dir = str_format("%s/%s/%s", own, places[i], sub);
		auto_free char *probe = dir ? str_format("%s/%s", dir, file) : NULL;

		if (readable(probe))
			return dir;
		free(dir);
	}
	return NULL;
}

char *paths_script(const char *name)
{
	auto_free char *own = own_directory();
	char *script = own ? str_format("%s/scripts/lib/%s", own, name) : NULL;

	if (readable(script))
		return script;
	free(script);
	script = own ? str_format("%s/../lib/host-stress/scripts/lib/%s", own, name) : NULL;
	if (readable(script))
		return script;
	free(script);
	return NULL;
}

static char *on_path(const char *program)
{
	const char *path = getenv("PATH") ?: "/usr/bin:/bin";

	while (*path) {
		size_t n = strcspn(path, ":");
		char *full = str_format("%.*s/%s", (int)n, path, program);

		if (full && access(full, X_OK) == 0)
			return full;
		free(full);
		path += n + (path[n] == ':');
	}
	return NULL;
}

bool paths_program(const char *name, char **full)
{
	*full = on_path(name);
	return *full;
}

int paths_find_qemu(struct paths *p, const struct opts *o)
{
	auto_free char *ours = NULL;

	if (o->qemu) {
		p->qemu = strchr(o->qemu, '/') ? str_format("%s", o->qemu) : on_path(o->qemu);
		if (!p->qemu)
			return err_say(-ENOENT, "--qemu: no program '%s' on $PATH", o->qemu);
		return 0;
	}
	ours = beside("qemu", "bin/qemu-system-x86_64");
	if (ours) {
		p->qemu = str_format("%s/bin/qemu-system-x86_64", ours);
		p->firmware = str_format("%s/share/qemu", ours);
	} else {
		p->qemu = on_path("qemu-system-x86_64");
	}
	if (!p->qemu)
		return err_say(-ENOENT,
			       "no QEMU: build the lab's own with 'make image', or name one "
			       "with --qemu");
	return 0;
}

static int find_bochs(struct paths *p)
{
	auto_free char *dir = beside("bochs", "bin/bochs");

	if (!dir)
		return err_say(-ENOENT, "--lab-cpu intel: no Bochs beside the program: run 'make "
					"image-intel'");
	p->bochs = str_format("%s/bin/bochs", dir);
	return p->bochs ? 0 : err_sys(-ENOMEM, "lab");
}

/* A guest of other sources would be measured as if it were this program's. The image that a user
 * names may be one of their own, without SOURCES. */
static int check_sources(const struct paths *p, bool named)
{
	auto_free char *file = str_format("%s/SOURCES", p->images);
	char text[64];
	int n = file ? file_read(file, text, sizeof(text)) : -ENOMEM;

	if (n < 0 && n != -ENOENT)
		return err_sys(n, "the image's SOURCES");
	if (n == -ENOENT && named)
		return 0;
	if (n > 0)
		text[strcspn(text, "\n")] = '\0';
	if (n > 0 && !strcmp(text, build_image))
		return 0;
	return err_say(-ESTALE,
		       "the image in %s is made from other sources than this program: run 'make "
		       "image'",
		       p->images);
}

int paths_find(struct paths *p, const struct opts *o)
{
	int err;

	memset(p, 0, sizeof(*p));
	p->images = o->image_dir ? str_format("%s", o->image_dir) : beside("image", "guest/initrd");
	if (!p->images && !(o->guest_kernel && o->guest_initrd))
		return err_say(-ENOENT,
			       "no guest image beside the program: run 'make image', or name "
			       "its directory with --image-dir");
	p->guest_kernel = o->guest_kernel ? str_format("%s", o->guest_kernel)
					  : str_format("%s/guest/vmlinux", p->images);
	p->guest_initrd = o->guest_initrd ? str_format("%s", o->guest_initrd)
					  : str_format("%s/guest/initrd", p->images);
	if (!readable(p->guest_kernel) || !readable(p->guest_initrd)) {
		err = err_say(-ENOENT, "guest image not complete: %s; run 'make image'",
			      readable(p->guest_kernel) ? p->guest_initrd : p->guest_kernel);
		paths_free(p);
		return err;
	}
	err = p->images ? check_sources(p, o->image_dir) : 0;
	if (!err)
		err = paths_find_qemu(p, o);
	if (!err && o->lab_cpu == LAB_CPU_INTEL)
		err = find_bochs(p);
	if (err)
		paths_free(p);
	return err;
}

void paths_free(struct paths *p)
{
	free(p->images);
	free(p->qemu);
	free(p->firmware);
	free(p->bochs);
	free(p->guest_kernel);
	free(p->guest_initrd);
	memset(p, 0, sizeof(*p));
}

char *qemu_version(const char *qemu)
{
	auto_free char *cmd = str_format("exec '%s' --version 2>/dev/null", qemu);
	FILE *f = cmd && !strchr(qemu, '\'') ? popen(cmd, "re") : NULL;
	char line[200] = "";

	if (f && !fgets(line, sizeof(line), f))
		line[0] = '\0';
	if (!f || pclose(f) || !line[0]) {
		err_say(-ENOEXEC, "%s does not run (%s --version)", qemu, qemu);
		return NULL;
	}
	line[strcspn(line, "\n")] = '\0';
	return str_format("%s", line);
}

/* Bochs has no --version. */
char *bochs_version(const char *bochs)
{
	size_t dir = strlen(bochs) - strlen("bin/bochs");
	auto_free char *file = str_format("%.*sVERSION", (int)dir, bochs);
	char text[256];

	if (!file || file_read(file, text, sizeof(text)) <= 0) {
		err_say(-ENOEXEC, "%s has no VERSION file beside its bin: run 'make image-intel'",
			bochs);
		return NULL;
	}
	text[strcspn(text, "\n")] = '\0';
	return str_format("%s", text);
}

bool qemu_is_cured(const char *version)
{
	return strstr(version, CURED_MARK) != NULL;
}

bool qemu_has_turns(const char *version)
{
	const char *patch = strstr(version, CURED_MARK " patch ");

	return patch && atoi(patch + strlen(CURED_MARK " patch ")) >= TURNS_PATCHES &&
	       !strstr(patch, "without");
}
