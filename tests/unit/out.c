/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * out.c - what became of a text that was written: read, given up by its reader, or lost. Texts are
 * longer than stdio's buffer: then a write fails while the text is made, and only its end is asked.
 */
#include "capture.h"
#include "base/out.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#define LONG 20000

static void write_long(FILE *out)
{
	for (int i = 0; i < LONG; i++)
		fputc('x', out);
	errno = 0; /* of no write any more */
}

/* The end of a long text into @fd. */
static int end_of(int fd)
{
	FILE *out = fdopen(fd, "w");
	int err;

	assert_non_null(out);
	write_long(out);
	err = out_end(out);
	fclose(out);
	return err;
}

static int pipe_without_reader(void)
{
	int fd[2];

	assert_int_equal(pipe(fd), 0);
	close(fd[0]);
	return fd[1];
}

static void all_is_out(void **state)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	assert_int_equal(end_of(open("/dev/null", O_WRONLY)), 0);
	write_long(out);
	assert_int_equal(out_end(out), 0);
	fclose(out);
	assert_int_equal(len, LONG);
	free(text);
}

static void reader_has_left(void **state)
{
	(void)state;
	assert_int_equal(end_of(pipe_without_reader()), -EPIPE);
}

/* Nothing is left to write at the end, so that errno says nothing: the pipe itself does. */
static void reader_has_left_before(void **state)
{
	FILE *out = fdopen(pipe_without_reader(), "w");

	(void)state;
	setvbuf(out, NULL, _IONBF, 0);
	write_long(out);
	assert_int_equal(out_end(out), -EPIPE);
	fclose(out);
}

static void disk_is_full(void **state)
{
	FILE *out = fopen("/dev/full", "w");

	(void)state;
	assert_int_equal(end_of(open("/dev/full", O_WRONLY)), -ENOSPC);
	setvbuf(out, NULL, _IONBF, 0);
	write_long(out);
	assert_int_equal(out_end(out), -EIO); /* lost, but nobody knows why any more */
	fclose(out);
}

static void only_what_is_lost_is_said(void **state)
{
	struct capture c;

	(void)state;
	capture_begin(&c, STDERR_FILENO);
	assert_int_equal(out_said(0, "the answer"), 0);
	assert_int_equal(out_said(-EPIPE, "the answer"), 0);
	assert_string_equal(capture_end(&c), "");
	capture_begin(&c, STDERR_FILENO);
	assert_int_equal(out_said(-ENOSPC, "the answer"), -ENOSPC);
	assert_string_equal(capture_end(&c), "host-stress: writing the answer to standard output: "
					     "No space left on device\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_is_out),
		cmocka_unit_test(reader_has_left),
		cmocka_unit_test(reader_has_left_before),
		cmocka_unit_test(disk_is_full),
		cmocka_unit_test(only_what_is_lost_is_said),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("out", tests, NULL, NULL);
}
