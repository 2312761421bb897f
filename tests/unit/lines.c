// SPDX-License-Identifier: GPL-2.0-only
/* The stream that comes in pieces: whole lines go on, nothing is lost, a long line is cut. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/lines.h"

struct seen {
	size_t calls, fill, longest;
	int fail;
	char text[4 * LINES_ROOM];
};

static int see(void *arg, const char *text, size_t len)
{
	struct seen *s = arg;

	s->calls++;
	s->longest = len > s->longest ? len : s->longest;
	memcpy(s->text + s->fill, text, len);
	s->fill += len;
	return s->fail;
}

static void test_whole(void **state)
{
	static struct seen s;
	struct lines l = {.emit = see, .arg = &s};

	(void)state;
	assert_int_equal(lines_put(&l, "o", 1), 0);
	assert_int_equal(s.calls, 0);
	assert_int_equal(lines_put(&l, "k 25 - a\nok 26 - b\nnot", 22), 0);
	assert_int_equal(s.calls, 1);
	assert_memory_equal(s.text, "ok 25 - a\nok 26 - b\n", s.fill);
	assert_int_equal(lines_put(&l, "", 0), 0);
	assert_int_equal(lines_end(&l), 0);
	assert_string_equal(s.text, "ok 25 - a\nok 26 - b\nnot");
	assert_int_equal(lines_end(&l), 0);
	assert_int_equal(s.calls, 2);
}

static void test_long(void **state)
{
	static struct seen s;
	static char text[2 * LINES_ROOM + 7];
	struct lines l = {.emit = see, .arg = &s};

	(void)state;
	memset(text, 'x', sizeof(text));
	assert_int_equal(lines_put(&l, "a\nb", 3), 0);
	assert_int_equal(lines_put(&l, text, sizeof(text)), 0);
	assert_int_equal(lines_end(&l), 0);
	assert_int_equal(s.fill, 3 + sizeof(text));
	assert_memory_equal(s.text, "a\nb", 3);
	assert_memory_equal(s.text + 3, text, sizeof(text));
	assert_int_equal(s.longest, LINES_ROOM);
}

static void test_full(void **state)
{
	static struct seen s = {.fail = -EIO};
	struct lines l = {.emit = see, .arg = &s};

	(void)state;
	assert_int_equal(lines_put(&l, "a\n", 2), -EIO);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests_name("lines", tests, NULL, NULL);
}
