/* SPDX-License-Identifier: GPL-2.0-only */
/* build.c - sums of files: every byte counts, and its place. */
#include "capture.h"
#include "base/build.h"

#include <stdlib.h>

static void every_byte_counts(void **state)
{
	char data[67];
	uint64_t sums[sizeof(data) + 1];

	(void)state;
	memset(data, 'a', sizeof(data));
	sums[0] = build_sum(0, data, sizeof(data));
	for (size_t i = 0; i < sizeof(data); i++) {
		data[i] = 'b';
		sums[i + 1] = build_sum(0, data, sizeof(data));
		data[i] = 'a';
	}
	for (size_t i = 0; i <= sizeof(data); i++)
		for (size_t k = 0; k < i; k++)
			assert_true(sums[i] != sums[k]);
	assert_true(build_sum(0, data, sizeof(data)) == sums[0]);
	assert_true(build_sum(0, "", 0) != build_sum(0, "\0", 1));
	assert_true(build_sum(0, "\0", 1) != build_sum(0, "\0\0", 2));
}

static void of_a_file(void **state)
{
	char path[] = "/tmp/host-stress-build-XXXXXX";
	int fd = mkstemp(path);
	char *sum;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "0123456789", 10), 10);
	sum = build_of_file(path);
	assert_int_equal(strlen(sum), 16);
	free(sum);
	close(fd);
	unlink(path);
	assert_null(build_of_file(path));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_byte_counts),
		cmocka_unit_test(of_a_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
