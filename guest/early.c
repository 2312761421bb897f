/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * early.c - mounts, console, modules, power off: the ends of a PID 1.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "early.h"

#define COMPRESSED_FILE 4 /* finit_module(2), MODULE_INIT_COMPRESSED_FILE: Linux 5.17 */

const char *early_name;

void early_say(const char *format, ...)
{
	char line[256];
	va_list args;
	int at = early_name ? snprintf(line, sizeof(line), "%s: ", early_name) : 0;

	va_start(args, format);
	at += vsnprintf(line + at, sizeof(line) - at - 1, format, args);
	va_end(args);
	if (at > (int)sizeof(line) - 2)
		at = sizeof(line) - 2;
	line[at++] = '\n';
	/* One write, so that lines of several threads do not mix. No console: nobody to tell. */
	if (write(STDERR_FILENO, line, at) < 0)
		return;
}

int early_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

int early_read(const char *path, char *text, int size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), got = 0, part = 1;

	if (fd < 0)
		return -errno;
	while (got < size - 1 && part > 0) {
		part = read(fd, text + got, size - 1 - got);
		if (part < 0)
			got = -errno;
		else
			got += part;
	}
	close(fd);
	if (got >= 0)
		text[got] = '\0';
	return got;
}

static int mount_one(const char *type, const char *where)
{
	mkdir(where, 0755);
	if (!mount(type, where, type, 0, NULL) || errno == EBUSY)
		return 0;
	early_say("mount %s on %s: %s", type, where, strerror(errno));
	return -errno;
}

/*
 * The kernel opens /dev/console for PID 1 before devtmpfs is there. Where that failed the fds 0..2
 * are free, and the next file opened would get everything that is printed.
 */
static void open_console(void)
{
	int fd = open("/dev/console", O_RDWR | O_NOCTTY);

	if (fd < 0)
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO)
		fd = dup(fd);
	if (fd > STDERR_FILENO)
		close(fd);
}

int early_mount(void)
{
	int dev = mount_one("devtmpfs", "/dev"), proc, sys;

	open_console();
	if (dev) /* said again: the first time there may have been no console */
		early_say("no /dev: %s", strerror(-dev));
	proc = mount_one("proc", "/proc");
	sys = mount_one("sysfs", "/sys");
	return dev ? dev : proc ? proc : sys;
}

static int load_module(const char *path, const char *parameters)
{
	const char *end = strrchr(path, '.');
	int flags = end && !strcmp(end, ".ko") ? 0 : COMPRESSED_FILE;
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = 0;

	if (fd < 0) {
		err = -errno;
		early_say("module %s: %s", path, strerror(-err));
		return err;
	}
	if (syscall(SYS_finit_module, fd, parameters, flags) && errno != EEXIST) {
		err = -errno;
		/* Here ENOENT speaks of a symbol, not of the file. */
		early_say("module %s: %s", path,
			  err == -ENOENT ? "a module that it needs is not loaded" : strerror(-err));
	}
	close(fd);
	return err;
}

static int load_line(const char *list, char *line)
{
	char path[256];
	const char *slash = strrchr(list, '/');
	int directory = slash && *line != '/' ? (int)(slash + 1 - list) : 0;
	char *parameters;

	line[strcspn(line, "#\r\n")] = '\0';
	line += strspn(line, " \t");
	if (!*line)
		return 0;
	parameters = line + strcspn(line, " \t");
	if (*parameters)
		*parameters++ = '\0';
	snprintf(path, sizeof(path), "%.*s%s", directory, list, line);
	return load_module(path, parameters);
}

int early_modules(const char *list)
{
	char line[256];
	FILE *file = fopen(list, "re");
	int first = 0;

	if (!file)
		return errno == ENOENT ? 0 : -errno;
	while (fgets(line, sizeof(line), file)) {
		int err = load_line(list, line);

		first = first ? first : err;
	}
	fclose(file);
	return first;
}

void early_power_off(void)
{
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}
