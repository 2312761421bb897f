/* SPDX-License-Identifier: GPL-2.0-only */
/* journal.c - the record of old values when it is damaged, held by another run, or finds no room.
 */
#include "knobs_made.h"

#ifdef SANITIZED
#define STEP 9 /* each place of a byte; five times as slow */
#else
#define STEP 1
#endif

static size_t read_journal(char *buf, size_t size)
{
	int fd = open(journal, O_RDONLY);
	ssize_t n = read_full(fd, buf, size);

	assert_true(n > 0 && (size_t)n < size);
	close(fd);
	return n;
}

static void write_journal(const char *buf, size_t len)
{
	char *dir = strndup(journal, strrchr(journal, '/') - journal);
	int fd;

	mkdir(dir, 0700);
	free(dir);
	fd = open(journal, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write_full(fd, buf, len), 0);
	close(fd);
}

/* Where in the journal the record of each knob ends. */
static void find_records(const char *text, size_t len, size_t end[ARRAY_SIZE(values)])
{
	size_t at = 0;

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		const char *line = memmem(text + at, len - at, "set\t", 4);

		assert_non_null(line);
		at = (char *)memchr(line, '\n', text + len - line) + 1 - text;
		end[i] = at;
	}
	assert_int_equal(at, len);
}

static void torn_anywhere(void **state)
{
	char text[1024];
	size_t end[ARRAY_SIZE(values)], len;
	struct capture c;

	(void)state;
	leave_journal();
	len = read_journal(text, sizeof(text));
	find_records(text, len, end);
	for (size_t cut = 0; cut <= len; cut++) {
		unsigned int recovered, want = 0;

		for (size_t i = 0; i < ARRAY_SIZE(values); i++)
			put(values[i].path, values[i].new);
		write_journal(text, cut);
		assert_int_equal(recover_quietly(&recovered, &c), 0);
		for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
			bool whole = end[i] <= cut;

			want += whole;
			if (!has_value(values[i].path, whole ? values[i].old : values[i].new))
				fail_msg("cut at %zu: %s is '%s'", cut, values[i].path,
					 get(values[i].path));
		}
		assert_int_equal(recovered, want);
		assert_no_journal();
	}
}

/* A flipped bit loses one record at most two (its newline), and never writes a wrong value. */
static void flipped_bits_are_found(void **state)
{
	char text[1024], copy[160];
	struct capture c;
	size_t len;

	(void)state;
	snprintf(copy, sizeof(copy), "%s.damaged", journal);
	leave_journal();
	len = read_journal(text, sizeof(text));
	for (size_t bit = 0; bit < 8 * len; bit += STEP) {
		unsigned int recovered;
		int err;

		for (size_t i = 0; i < ARRAY_SIZE(values); i++)
			put(values[i].path, values[i].new);
		text[bit / 8] ^= 1 << bit % 8;
		write_journal(text, len);
		text[bit / 8] ^= 1 << bit % 8;
		err = recover_quietly(&recovered, &c);
		if (bit / 8 < len - 1 && (err != -EBADMSG || !strstr(c.text, "damaged")))
			fail_msg("bit %zu: %d, '%s'", bit, err, c.text);
		if (err == -EBADMSG) /* what is left of the old value is kept */
			assert_int_equal(unlink(copy), 0);
		assert_in_range(recovered, ARRAY_SIZE(values) - 2, ARRAY_SIZE(values));
		for (size_t i = 0; i < ARRAY_SIZE(values); i++)
			assert_true(has_value(values[i].path, values[i].old) ||
				    has_value(values[i].path, values[i].new));
	}
}

static void appends_after_a_torn_record(void **state)
{
	char text[1024];
	unsigned int recovered;
	struct capture c;
	struct knobs *k;
	size_t len;

	(void)state;
	leave_journal();
	len = read_journal(text, sizeof(text));
	write_journal(text, len - 3);
	put(WORDS, values[4].old); /* was not written yet */
	remove_path(RUN);
	make_dir(RUN); /* cannot be put back, so the journal stays */
	capture_begin(&c, STDERR_FILENO);
	assert_int_equal(knobs_open(&k, top, journal, &recovered), 0);
	assert_int_equal(recovered, 3);
	assert_int_equal(knob_write(k, SCAN, "7"), 0);
	remove_path(RUN);
	put(RUN, "2");
	len = read_journal(text, sizeof(text));
	assert_int_equal(knobs_close(k), 0);
	capture_end(&c);
	assert_all_old("closed");
	put(SCAN, "7"); /* the journal as it was: read it once more */
	put(RUN, "2");
	write_journal(text, len);
	assert_int_equal(recover_quietly(&recovered, &c), 0);
	assert_int_equal(recovered, 2);
	assert_all_old("recovered");
}

/* Another process with the journal open and one knob changed, until *@to is closed. */
static pid_t other_run(int *to)
{
	int hold[2], ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe2(hold, O_CLOEXEC) | pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	if (!pid) {
		struct knobs *k;
		int err = knobs_open(&k, top, journal, NULL) ?: knob_write(k, RUN, "1");

		close(hold[1]);
		if (err || write(ready[1], "", 1) != 1 || read(hold[0], &byte, 1))
			_exit(1);
		_exit(knobs_close(k) ? 1 : 0);
	}
	close(hold[0]);
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	*to = hold[1];
	return pid;
}

static void second_run_is_refused(void **state)
{
	struct knobs *k;
	unsigned int recovered;
	struct capture c;
	char word[32];
	int err, status, hold;
	pid_t pid = other_run(&hold);

	(void)state;
	snprintf(word, sizeof(word), ", pid %d,", pid);
	capture_begin(&c, STDERR_FILENO);
	err = knobs_open(&k, top, journal, NULL);
	capture_end(&c);
	assert_int_equal(err, -EBUSY);
	assert_int_equal(capture_lines(&c), 1);
	assert_non_null(strstr(c.text, word));
	assert_int_equal(recover_quietly(&recovered, &c), -EBUSY);
	assert_non_null(strstr(c.text, word));
	assert_string_equal(get(RUN), "1");
	close(hold);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	k = open_knobs();
	assert_int_equal(knobs_close(k), 0);
	assert_string_equal(get(RUN), "0");
}

static void set_file_limit(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes == RLIM_INFINITY ? limit.rlim_max : bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* RLIMIT_FSIZE stands for the full disk: any number of bytes of the record may still fit. */
static void full_disk_changes_nothing(void **state)
{
	char before[1024], after[1024];
	struct capture c;
	struct knobs *k = open_knobs();
	size_t len;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(knob_write(k, RUN, "1"), 0);
	len = read_journal(before, sizeof(before));
	for (size_t room = 0; room < 20; room++) {
		int err;

		capture_begin(&c, STDERR_FILENO);
		set_file_limit(len + room);
		err = knob_write(k, SCAN, "7");
		set_file_limit(RLIM_INFINITY);
		capture_end(&c);
		assert_int_equal(err, -EFBIG);
		assert_int_equal(capture_lines(&c), 1);
		assert_non_null(strstr(c.text, "journal"));
		assert_string_equal(get(SCAN), "100");
		assert_int_equal(read_journal(after, sizeof(after)), len);
		assert_memory_equal(before, after, len);
	}
	assert_int_equal(knob_write(k, SCAN, "7"), 0);
	assert_int_equal(knobs_close(k), 0);
	assert_all_old("closed");
	capture_begin(&c, STDERR_FILENO);
	set_file_limit(3);
	assert_int_equal(knobs_open(&k, top, journal, NULL), -EFBIG);
	set_file_limit(RLIM_INFINITY);
	capture_end(&c);
	assert_int_equal(capture_lines(&c), 1);
	assert_no_journal();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		knob_test(torn_anywhere),
		knob_test(flipped_bits_are_found),
		knob_test(appends_after_a_torn_record),
		knob_test(second_run_is_refused),
		knob_test(full_disk_changes_nothing),
	};

	return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
