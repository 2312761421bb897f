// SPDX-License-Identifier: GPL-2.0-only
/*
 * tracefs.c - what killed runs have left in tracefs is found by its name and removed; the living's
 * and other people's things are left alone. A directory and a plain file stand for tracefs, so a
 * deletion is a line "-:GROUP/EVENT" at the end of the file.
 */
#include "capture.h"
#include "tracefs.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

/* 4194305 and above: beyond every pid_max. */
static char root[64];
static char *own_instance, *own_group;

static void put_events(const char *text)
{
	char path[96];
	FILE *f;

	snprintf(path, sizeof(path), "%s/kprobe_events", root);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static const char *events(void)
{
	static char text[4096];
	char path[96];

	snprintf(path, sizeof(path), "%s/kprobe_events", root);
	assert_true(file_read(path, text, sizeof(text)) >= 0);
	return text;
}

static void put_instance(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/instances/%s", root, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

static bool has_instance(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/instances/%s", root, name);
	return !access(path, F_OK);
}

static int make(void **state)
{
	char path[96];

	(void)state;
	strcpy(root, "/tmp/tracefs.XXXXXX");
	if (!mkdtemp(root))
		return -1;
	snprintf(path, sizeof(path), "%s/instances", root);
	return mkdir(path, 0700) || tracefs_own_names(&own_instance, &own_group);
}

static int unmake(void **state)
{
	char command[128];

	(void)state;
	util_free(&own_instance);
	util_free(&own_group);
	snprintf(command, sizeof(command), "rm -r %s", root);
	return system(command);
}

static unsigned int sweep(int expected)
{
	struct capture c;
	unsigned int removed = 99;

	capture_begin(&c, STDERR_FILENO);
	assert_int_equal(tracefs_sweep(root, &removed), expected);
	capture_end(&c);
	return removed;
}

static void own_names(void **state)
{
	char start[64];

	(void)state;
	snprintf(start, sizeof(start), "host-stress-%d-", getpid());
	assert_int_equal(strncmp(own_instance, start, strlen(start)), 0);
	snprintf(start, sizeof(start), "hs_%d_", getpid());
	assert_int_equal(strncmp(own_group, start, strlen(start)), 0);
	/* A group's name must be an identifier. */
	assert_int_equal(strspn(own_group, "abcdefghijklmnopqrstuvwxyz0123456789_"),
			 strlen(own_group));
}

static void the_dead(void **state)
{
	(void)state;
	put_instance("host-stress-4194305-1");
	put_instance("host-stress-4194306-77");
	put_events(
		"r256:hs_4194305_1/started_4194305 f\np:hs_4194305_1/start_4194305 f a=%di:x64\n");
	assert_int_equal(sweep(0), 3);
	assert_false(has_instance("host-stress-4194305-1"));
	assert_false(has_instance("host-stress-4194306-77"));
	assert_non_null(strstr(events(), "\n-:hs_4194305_1/started_4194305\n"));
	assert_non_null(strstr(events(), "\n-:hs_4194305_1/start_4194305"));
}

static void the_living(void **state)
{
	char text[256];

	(void)state;
	put_instance(own_instance);
	snprintf(text, sizeof(text), "p:%s/start_1 f\n", own_group);
	put_events(text);
	assert_int_equal(sweep(0), 0);
	assert_true(has_instance(own_instance));
	assert_null(strstr(events(), "-:"));
}

/* Our number, but another start: its owner has ended. */
static void reused_pid(void **state)
{
	char name[64];

	(void)state;
	snprintf(name, sizeof(name), "host-stress-%d-1", getpid());
	put_instance(name);
	put_events("");
	assert_int_equal(sweep(0), 1);
	assert_false(has_instance(name));
}

static void strangers(void **state)
{
	static const char text[] = "p:kprobes/p_do_sys_open_0 do_sys_open\n"
				   "p:hs_4194305/start f\n"
				   "p:hs_4194305_1x/start f\n"
				   "p:my_hs_4194305_1/start f\n"
				   "p:nogroup f a=hs_4194305_1/x\n";
	static const char *const names[] = {"host-stress-4194305", "host-stress-4194305-1-old",
					    "trace-cmd", "host-stress-x-1"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		put_instance(names[i]);
	put_events(text);
	assert_int_equal(sweep(0), 0);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_true(has_instance(names[i]));
	assert_null(strstr(events(), "-:"));
}

/* One that cannot be removed (it is in use: here, not empty) is an error, and keeps no other. */
static void busy(void **state)
{
	(void)state;
	put_instance("host-stress-4194305-1");
	put_instance("host-stress-4194305-1/in-use");
	put_instance("host-stress-4194306-1");
	put_events("p:hs_4194305_1/start_4194305 f\n");
	assert_int_equal(sweep(-ENOTEMPTY), 2);
	assert_false(has_instance("host-stress-4194306-1"));
	assert_non_null(strstr(events(), "-:hs_4194305_1/start_4194305"));
}

/* A kernel without kprobe events, or without instances. */
static void nothing_there(void **state)
{
	char path[96];

	(void)state;
	snprintf(path, sizeof(path), "%s/instances", root);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(sweep(0), 0);
	assert_int_equal(tracefs_remove_instance(root, "none"), 0);
	assert_int_equal(tracefs_remove_group(root, "hs_1_1"), 0);
}

/* Others' kprobe events would be gone if the file were truncated by opening it. */
static void nothing_is_truncated(void **state)
{
	(void)state;
	put_events("p:kprobes/other f\n");
	assert_int_equal(tracefs_remove_group(root, "kprobes"), 0);
	assert_string_equal(events(), "p:kprobes/other f\n-:kprobes/other");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make, unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(own_names), TEST(the_dead), TEST(the_living),    TEST(reused_pid),
		TEST(strangers), TEST(busy),	 TEST(nothing_there), TEST(nothing_is_truncated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
