/* SPDX-License-Identifier: GPL-2.0-only */
/* knobs_made.h - for tests of knobs and their journal: plain files under a directory that stands
 * for "/". */
#ifndef KNOBS_MADE_H
#define KNOBS_MADE_H

#include "capture.h"
#include "base/knobs.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define RUN "/sys/ksm/run"
#define SCAN "/sys/ksm/pages_to_scan"
#define MODE "/sys/ksm/advisor_mode"
#define WORDS "/proc/words"
#define PREEMPT "/sys/ksm/preempt"
#define TRIGGER "/proc/compact_memory"

static const struct value {
	const char *path, *old, *new;
} values[] = {
	{RUN, "0", "1"},
	{MODE, "scan-time", "none"},
	{SCAN, "100", "100000"},
	{PREEMPT, "voluntary", "full"},
	{WORDS, "4\t4 1\\7", "7 4 1 7"},
};

static char top[32], journal[128];

static inline void put(const char *path, const char *text)
{
	char full[256];
	FILE *f;

	snprintf(full, sizeof(full), "%s%s", top, path);
	f = fopen(full, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static inline const char *get(const char *path)
{
	static char text[KNOB_MAX_BYTES];
	char full[256];

	snprintf(full, sizeof(full), "%s%s", top, path);
	assert_true(file_read(full, text, sizeof(text)) >= 0);
	return text;
}

static inline void remove_path(const char *path)
{
	char full[256];

	snprintf(full, sizeof(full), "%s%s", top, path);
	assert_int_equal(remove(full), 0);
}

/* A pipe in the place of @path that takes no byte more: who writes to it waits. */
static inline int full_pipe(const char *path)
{
	char full[256];
	int fd;

	remove_path(path);
	snprintf(full, sizeof(full), "%s%s", top, path);
	assert_int_equal(mkfifo(full, 0600), 0);
	fd = open(full, O_RDWR | O_NONBLOCK);
	while (write(fd, full, 1) == 1)
		;
	assert_int_equal(errno, EAGAIN);
	return fd;
}

static inline void reset_knobs(void)
{
	put(RUN, "0\n");
	put(MODE, "none [scan-time]\n");
	put(SCAN, "100\n");
	put(WORDS, "4\t4 1\\7\n");
	put(PREEMPT, "none (voluntary) full \n");
	put(TRIGGER, "");
}

static inline void make_dir(const char *path)
{
	char full[256];

	snprintf(full, sizeof(full), "%s%s", top, path);
	assert_int_equal(mkdir(full, 0755), 0);
}

static inline int set_up(void **state)
{
	(void)state;
	strcpy(top, "/dev/shm/host-stress-XXXXXX"); /* as /run: fsync costs nothing */
	if (!mkdtemp(top) && !mkdtemp(strcpy(top, "/tmp/host-stress-XXXXXX")))
		return -1;
	snprintf(journal, sizeof(journal), "%s/run/host-stress/journal", top);
	make_dir("/sys");
	make_dir("/sys/ksm");
	make_dir("/proc");
	reset_knobs();
	return 0;
}

static inline int tear_down(void **state)
{
	char *command = str_format("rm -rf '%s'", top);
	int err = system(command);

	(void)state;
	free(command);
	return err;
}

static inline struct knobs *open_knobs(void)
{
	struct knobs *k = NULL;
	unsigned int recovered = 99;

	assert_int_equal(knobs_open(&k, top, journal, &recovered), 0);
	assert_int_equal(recovered, 0);
	return k;
}

/* A choice counts as the one that is chosen. */
static inline bool has_value(const char *path, const char *value)
{
	const char *text = get(path);

	return !strcmp(text, value) ||
	       (!strcmp(text, "none [scan-time]") && !strcmp(value, "scan-time")) ||
	       (!strcmp(text, "none (voluntary) full ") && !strcmp(value, "voluntary"));
}

static inline void assert_all_old(const char *when)
{
	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		if (!has_value(values[i].path, values[i].old))
			fail_msg("%s: %s is '%s'", when, values[i].path, get(values[i].path));
}

static inline void assert_no_journal(void)
{
	assert_int_equal(access(journal, F_OK), -1);
}

static inline int write_all(struct knobs *k)
{
	int err = 0;

	for (size_t i = 0; !err && i < ARRAY_SIZE(values); i++)
		err = knob_write(k, values[i].path, values[i].new);
	if (!err)
		err = knob_write(k, RUN, "2");
	if (!err)
		err = knob_trigger(k, TRIGGER, "1");
	return err;
}

/* Leaves what a run leaves that is killed with all knobs written. */
static inline void leave_journal(void)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		struct knobs *k;

		_exit(knobs_open(&k, top, journal, NULL) || write_all(k));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static inline int recover_quietly(unsigned int *recovered, struct capture *c)
{
	int err;

	capture_begin(c, STDERR_FILENO);
	err = knobs_recover(top, journal, recovered);
	capture_end(c);
	return err;
}

#define knob_test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

#endif
