// SPDX-License-Identifier: GPL-2.0-only
/*
 * json_put.c - values put into JSON: what is not known is null, and a part that cannot be made
 * fails the whole; it would be missed in no text otherwise.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "result/json_put.h"

static void a_failed_part_fails_the_whole(void **state)
{
	json_t *object = json_object(), *array = json_array();

	(void)state;
	json_put(&object, "kept", json_u64(1));
	assert_int_equal(json_object_size(object), 1);
	json_put(&object, "lost", NULL);
	assert_null(object);
	json_put(&object, "later", json_u64(2)); /* stays failed, and leaks nothing */
	assert_null(object);

	json_push(&array, json_u64(1));
	assert_int_equal(json_array_size(array), 1);
	json_push(&array, NULL);
	assert_null(array);
	json_push(&array, json_u64(2));
	assert_null(array);
}

/* The failure goes up through the parts that hold it. */
static void a_failed_part_of_a_part(void **state)
{
	json_t *outer = json_object(), *inner = json_array();

	(void)state;
	json_push(&inner, NULL);
	json_put(&outer, "inner", inner);
	assert_null(outer);
}

static void expect_text(const char *text, const char *wanted)
{
	json_t *json = json_text(text);

	assert_string_equal(json_string_value(json), wanted);
	json_decref(json);
}

static void what_is_not_known_is_null(void **state)
{
	json_t *big = json_u64(UINT64_MAX), *known = json_known(true, 0);

	(void)state;
	assert_true(json_is_null(json_known(false, 7)));
	assert_true(json_is_integer(known));
	assert_true(json_is_null(json_text(NULL)));
	assert_true(json_is_null(json_share(NAN)));
	assert_true(json_is_null(json_share(INFINITY)));
	assert_true(json_integer_value(big) == INT64_MAX); /* never below 0 */
	json_decref(big);
	json_decref(known);
}

/* A command line may hold any bytes: its text is kept, as far as JSON can say it. */
static void any_bytes_become_text(void **state)
{
	(void)state;
	expect_text("plain", "plain");
	expect_text("\xc3\xa4", "\xc3\xa4");
	expect_text("x\xff\xfey", "x??y");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failed_part_fails_the_whole),
		cmocka_unit_test(a_failed_part_of_a_part),
		cmocka_unit_test(what_is_not_known_is_null),
		cmocka_unit_test(any_bytes_become_text),
	};

	return cmocka_run_group_tests_name("json_put", tests, NULL, NULL);
}
