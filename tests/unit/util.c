/* SPDX-License-Identifier: GPL-2.0-only */
/* util.c - whole reads and writes, the lines for people, metrics. */
#include "capture.h"
#include "base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>

static char *temp_file(const char *text)
{
	char *path = strdup("/tmp/host-stress-util-XXXXXX");
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	return path;
}

static void drop_file(char *path)
{
	unlink(path);
	free(path);
}

static void texts_give_no_orders(void **state)
{
	char plain[] = "a\tb\n\033[1m\x80\xc3\xa9\x7f\0z";
	char safe[] = "a\tb\n\033[1m\x7f\xc3\xa9\xc2\x9b\xc2\xa0\xc2";

	(void)state;
	text_plain(plain, sizeof(plain) - 1);
	assert_memory_equal(plain, "a\tb\n?[1m?????z", sizeof(plain));
	text_safe(safe);
	assert_string_equal(safe, "a\tb\n?[1m?\xc3\xa9??\xc2\xa0\xc2");
}

static void says_one_line(void **state)
{
	struct capture c;

	(void)state;
	capture_begin(&c, STDERR_FILENO);
	assert_int_equal(err_say(-EBUSY, "knob %d is %s", 7, "stuck"), -EBUSY);
	assert_int_equal(err_sys(-ENOENT, "cannot open %s", "x"), -ENOENT);
	note_say("by the way");
	assert_string_equal(capture_end(&c),
			    "host-stress: knob 7 is stuck\n"
			    "host-stress: cannot open x: No such file or directory\n"
			    "host-stress: by the way\n");
}

static void cuts_a_long_line(void **state)
{
	char *text = malloc(10000);
	struct capture c;

	(void)state;
	memset(text, 'x', 9999);
	text[9999] = '\0';
	capture_begin(&c, STDERR_FILENO);
	assert_int_equal(err_sys(-EIO, "%s", text), -EIO);
	progress_line("%s", text);
	capture_end(&c);
	free(text);
	assert_int_equal(capture_lines(&c), 2);
	assert_int_equal(c.text[strlen(c.text) - 1], '\n');
}

static void progress_without_terminal(void **state)
{
	struct capture c;

	(void)state;
	capture_begin(&c, STDERR_FILENO);
	progress_line("phase %d", 1);
	progress_line("phase %d", 2);
	progress_end();
	assert_string_equal(capture_end(&c), "phase 1\nphase 2\n");
}

/* The master side of a pseudo-terminal that stands in for stderr. */
static int pty_stderr(int *saved)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	int slave;

	if (master < 0 || grantpt(master) || unlockpt(master))
		return -1;
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	if (slave < 0)
		return -1;
	*saved = dup(STDERR_FILENO);
	dup2(slave, STDERR_FILENO);
	close(slave);
	return master;
}

static void progress_on_a_terminal(void **state)
{
	char text[512] = "";
	size_t len = 0;
	ssize_t n;
	int saved = -1, master = pty_stderr(&saved);

	(void)state;
	if (master < 0) {
		print_message("no pseudo-terminal here\n");
		skip();
	}
	progress_line("one");
	progress_line("two");
	note_say("said");
	progress_end(); /* finished already */
	dup2(saved, STDERR_FILENO);
	close(saved);
	while ((n = read(master, text + len, sizeof(text) - 1 - len)) > 0) /* EIO at the end */
		len += n;
	close(master);
	assert_string_equal(text, "\rone\033[K\rtwo\033[K\r\nhost-stress: said\r\n");
}

static void reads_files(void **state)
{
	char *path = temp_file("always [madvise] never\n"), buf[23];
	uint64_t value = 0;

	(void)state;
	assert_int_equal(file_read(path, buf, sizeof(buf)), 22);
	assert_string_equal(buf, "always [madvise] never");
	assert_int_equal(file_read(path, buf, 22), -EFBIG);
	assert_int_equal(file_read(path, buf, 3), -EFBIG);
	assert_int_equal(file_read("/nonexistent/x", buf, 3), -ENOENT);
	assert_int_equal(file_u64(path, &value), -EINVAL);
	drop_file(path);
	path = temp_file("");
	assert_int_equal(file_read(path, buf, sizeof(buf)), 0);
	assert_string_equal(buf, "");
	assert_int_equal(file_u64(path, &value), -EINVAL);
	drop_file(path);
}

static void check_u64(const char *text, int err, uint64_t want)
{
	char *path = temp_file(text);
	uint64_t value = 0;

	assert_int_equal(file_u64(path, &value), err);
	assert_int_equal(value, want);
	drop_file(path);
}

static void reads_numbers(void **state)
{
	(void)state;
	check_u64("0\n", 0, 0);
	check_u64("18446744073709551615\n", 0, UINT64_MAX);
	check_u64("18446744073709551616\n", -ERANGE, 0);
	check_u64("12 \n", 0, 12);
	check_u64("-1\n", -EINVAL, 0);
	check_u64("12 kB\n", -EINVAL, 0);
	check_u64("12x\n", -EINVAL, 0);
}

static void slurps_any_size(void **state)
{
	static const size_t sizes[] = {0, 1, 4094, 4095, 4096, 4097, 100000};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		auto_free char *text = calloc(1, sizes[i] + 1), *got = NULL;
		char *path;
		size_t len;

		for (size_t b = 0; b < sizes[i]; b++)
			text[b] = 'a' + b % 26;
		path = temp_file(text);
		assert_int_equal(file_slurp(path, &got, &len), 0);
		assert_int_equal(len, sizes[i]);
		assert_string_equal(got, text);
		util_free(&got);
		assert_int_equal(file_slurp_most(path, sizes[i], &got, &len), 0);
		if (sizes[i]) /* what somebody names may have no end: /dev/zero */
			assert_int_equal(file_slurp_most(path, sizes[i] - 1, &got, &len), -EFBIG);
		drop_file(path);
	}
}

static void slurps_procfs(void **state)
{
	auto_free char *text = NULL;

	(void)state;
	assert_int_equal(file_slurp("/proc/self/status", &text, NULL), 0);
	assert_non_null(strstr(text, "VmRSS"));
}

static void writes_without_creating(void **state)
{
	char *path = temp_file("1000"), buf[16];

	(void)state;
	assert_int_equal(file_write(path, "7"), 0);
	assert_int_equal(file_read(path, buf, sizeof(buf)), 1);
	assert_string_equal(buf, "7");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(file_write(path, "7"), -ENOENT);
	assert_int_equal(access(path, F_OK), -1);
	drop_file(path);
	assert_int_equal(file_write("/dev/full", "7"), -ENOSPC);
}

static void replaces_whole_files(void **state)
{
	char *path = temp_file("old and longer"), buf[32];
	struct capture c;
	int err;

	(void)state;
	assert_int_equal(file_replace(path, "new", 3), 0);
	assert_int_equal(file_read(path, buf, sizeof(buf)), 3);
	assert_string_equal(buf, "new");
	drop_file(path);
	capture_begin(&c, STDERR_FILENO);
	err = file_replace("/nonexistent/x", "new", 3);
	capture_end(&c);
	assert_int_equal(err, -ENOENT);
	assert_int_equal(capture_lines(&c), 1);
	assert_non_null(strstr(c.text, "/nonexistent/x"));
}

/* A pipe gives short counts: the child writes in pieces. */
static void full_through_a_pipe(void **state)
{
	static char out[300000], in[300001];
	int fds[2], status;
	pid_t pid;

	(void)state;
	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = i * 31;
	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (!pid) {
		close(fds[0]);
		_exit(write_full(fds[1], out, sizeof(out)) ? 1 : 0);
	}
	close(fds[1]);
	assert_int_equal(read_full(fds[0], in, sizeof(in)), sizeof(out));
	assert_memory_equal(in, out, sizeof(out));
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(read_full(-1, in, 1), -EBADF);
	assert_int_equal(write_full(-1, in, 1), -EBADF);
}

static void cleans_up(void **state)
{
	char *text = malloc(3);
	int fd = open("/dev/null", O_RDONLY), copy = fd;

	(void)state;
	util_free(&text);
	assert_null(text);
	util_close(&fd);
	assert_int_equal(fd, -1);
	assert_int_equal(fcntl(copy, F_GETFD), -1);
	util_close(&fd);
	errno = ERANGE;
	util_close(&copy); /* fails: EBADF */
	assert_int_equal(errno, ERANGE);
}

static void metrics_hold_figures(void **state)
{
	struct metrics m = {0};
	uint64_t value = 0;
	char name[16];

	(void)state;
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "m%d", i);
		assert_int_equal(metrics_set(&m, name, i), 0);
	}
	assert_int_equal(metrics_set(&m, "m50", 7), 0);
	assert_int_equal(m.n, 100);
	assert_true(metrics_get(&m, "m50", &value));
	assert_int_equal(value, 7);
	assert_string_equal(m.v[99].name, "m99");
	assert_false(metrics_get(&m, "m100", &value));
	metrics_free(&m);
	assert_int_equal(m.n, 0);
}

static void metrics_set_all(struct metrics *m, const char *names, uint64_t first)
{
	for (; *names; names++) {
		char name[2] = {*names};

		assert_int_equal(metrics_set(m, name, first), 0);
		first *= 2;
	}
}

static void metrics_are_subtracted(void **state)
{
	struct metrics before = {0}, after = {0}, delta = {0};

	(void)state;
	metrics_set_all(&before, "axc", 8);	/* a 8, x 16, c 32 */
	metrics_set_all(&after, "cay", 10);	/* c 10, a 20, y 40 */
	metrics_set_all(&delta, "leftover", 1); /* goes */
	assert_int_equal(metrics_delta(&delta, &before, &after), 0);
	assert_int_equal(delta.n, 2);
	assert_string_equal(delta.v[0].name, "c");
	assert_int_equal(delta.v[0].value, 0);
	assert_string_equal(delta.v[1].name, "a");
	assert_int_equal(delta.v[1].value, 12);
	assert_int_equal(metrics_delta(&after, &before, &after), 0); /* @out may be an input */
	assert_int_equal(after.n, 2);
	metrics_free(&before);
	metrics_free(&after);
	metrics_free(&delta);
}

static void formats(void **state)
{
	auto_free char *text = str_format("%s-%d", "a", 5), *line = NULL, *none = NULL;
	char *words[] = {(char *)"one", (char *)"--two", (char *)"3"};

	(void)state;
	assert_string_equal(text, "a-5");
	line = str_join(words, 3);
	assert_string_equal(line, "one --two 3");
	none = str_join(words, 0);
	assert_string_equal(none, "");
	assert_true(mono_ns() <= mono_ns());
	assert_true(mono_ns() > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_give_no_orders),
		cmocka_unit_test(says_one_line),
		cmocka_unit_test(cuts_a_long_line),
		cmocka_unit_test(progress_without_terminal),
		cmocka_unit_test(progress_on_a_terminal),
		cmocka_unit_test(reads_files),
		cmocka_unit_test(reads_numbers),
		cmocka_unit_test(slurps_any_size),
		cmocka_unit_test(slurps_procfs),
		cmocka_unit_test(writes_without_creating),
		cmocka_unit_test(replaces_whole_files),
		cmocka_unit_test(full_through_a_pipe),
		cmocka_unit_test(cleans_up),
		cmocka_unit_test(metrics_hold_figures),
		cmocka_unit_test(metrics_are_subtracted),
		cmocka_unit_test(formats),
	};

	return cmocka_run_group_tests_name("util", tests, NULL, NULL);
}
