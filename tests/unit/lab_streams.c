/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lab_streams.c - what L1 says reaches the terminal without what would drive it: the kernel under
 * test, or its guest, may write anything. Nothing is booted: the bytes are taken as from its ports.
 */
#include "capture.h"

#include "lab/streams.c"

static const char evil[] = "host-stress: \033]0;owned\007 \x9b"
			   "2J \x7f end\n";

static struct opts opts;
static struct lab lab;

static int set_up(void **state)
{
	(void)state;
	opts = (struct opts){0};
	lab = (struct lab){.o = &opts};
	streams_init(&lab);
	return 0;
}

static void say(enum lab_stream which, const char *words)
{
	char text[200];

	snprintf(text, sizeof(text), "%s", words);
	take(&lab, which, text, strlen(text));
}

/* All of it comes, but for what is no plain text. */
static void is_plain(const char *text)
{
	if (!strstr(text, "host-stress: ?]0;owned? ?2J ? end"))
		fail_msg("'%s'", text);
}

static void remarks(void **state)
{
	struct capture c;

	(void)state;
	for (int foreign = 0; foreign < 2; foreign++) {
		lab.foreign = foreign;
		capture_begin(&c, STDERR_FILENO);
		say(LAB_STDERR, evil);
		capture_end(&c);
		is_plain(c.text);
	}
}

static void console(void **state)
{
	struct capture c;

	(void)state;
	opts.verbose = true;
	capture_begin(&c, STDERR_FILENO);
	say(LAB_CONSOLE, evil);
	capture_end(&c);
	is_plain(c.text);
}

static void status(void **state)
{
	(void)state;
	say(LAB_STATUS, "corrupted 3 \033[2J\n");
	assert_int_equal(lab.corrupted, 3);
	assert_string_equal(lab.phase, "?[2J");
	assert_false(lab.over);
}

/* On a terminal; into a file or a pipe it goes as it is. */
static void output(void **state)
{
	char text[200] = "";
	int keeper = dup(STDOUT_FILENO), master = posix_openpt(O_RDWR | O_NOCTTY), slave = -1;
	struct capture c;

	(void)state;
	capture_begin(&c, STDOUT_FILENO);
	say(LAB_STDOUT, evil);
	capture_end(&c);
	assert_non_null(strstr(c.text, "\033]0;owned"));
	if (master < 0 || grantpt(master) || unlockpt(master) ||
	    (slave = open(ptsname(master), O_RDWR | O_NOCTTY)) < 0) {
		close(keeper);
		skip();
	}
	fflush(stdout);
	dup2(slave, STDOUT_FILENO);
	say(LAB_STDOUT, evil);
	dup2(keeper, STDOUT_FILENO);
	assert_true(read(master, text, sizeof(text) - 1) > 0);
	close(master);
	close(slave);
	close(keeper);
	is_plain(text);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup(name, set_up)
	const struct CMUnitTest tests[] = {T(remarks), T(console), T(status), T(output)};

	return cmocka_run_group_tests_name("lab_streams", tests, NULL, NULL);
}
