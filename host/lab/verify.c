// SPDX-License-Identifier: GPL-2.0-only
/*
 * verify.c - see verify.h. What a run gives and may not depend on anything outside: the result
 * file, standard output, L1's console (docs/determinism.md). Standard error is left out: it has the
 * progress and the console mixed by the wall clock.
 *
 * Each run is a child of its own, this program with three options more, so that nothing of the
 * first is left for the second. Both show the user's command line (--shown-command) in result and
 * output, not their own.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "base/out.h"
#include "base/signals.h"
#include "result/result.h"
#include "verify.h"

#define VERIFY_MAX_ARGS 256
#define SHOWN_BYTES 120 /* of a differing line or value */
#define OWN_KEY "host"	/* of the result: what the machine outside was like */

enum { RESULT, OUTPUT, CONSOLE, FILES };
static const char *const file_names[FILES] = {"result.json", "output", "console"};
static const char *const file_titles[FILES] = {"result", "output", "L1's console"};

struct attempt {
	char *path[FILES];
	char *text[FILES]; /* NULL: there is none */
	size_t len[FILES];
	int code;
};

struct verify {
	const struct opts *o;
	char dir[64];
	bool foreign; /* another program behind "--": it gives no result file */
	struct attempt runs[2];
};

static volatile sig_atomic_t child_pid, got_signal;

static void pass_on(int sig)
{
	got_signal = sig;
	if (child_pid > 0)
		kill(child_pid, sig);
}

/* The user's words, ours behind the last option, then what stands behind "--". */
static int make_args(const struct verify *v, struct attempt *a, int argc, char **argv, char **out)
{
	auto_free char *command = str_join(argv, argc);
	int rest = v->o->rest, n = 0, own = rest;

	if (strcmp(argv[rest - 1], "--") == 0)
		own = rest - 1;
	if (!command || argc + 5 > VERIFY_MAX_ARGS)
		return err_say(-E2BIG, "--verify: the command line is too long");
	for (int i = 0; i < own; i++)
		out[n++] = str_format("%s", argv[i]);
	out[n++] = str_format("--verify-run");
	out[n++] = str_format("--shown-command=%s", command);
	out[n++] = str_format("--console=%s", a->path[CONSOLE]);
	if (!v->foreign)
		out[n++] = str_format("--json=%s", a->path[RESULT]);
	for (int i = own; i < argc; i++)
		out[n++] = str_format("%s", argv[i]);
	out[n] = NULL;
	for (int i = 0; i < n; i++)
		if (!out[i])
			return err_sys(-ENOMEM, "--verify");
	return 0;
}

__attribute__((noreturn)) static void become_run(const char *output, char **args)
{
	int fd = open(output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (fd >= 0 && dup2(fd, STDOUT_FILENO) >= 0)
		execv("/proc/self/exe", args);
	err_sys(-errno, "--verify: starting a run");
	_exit(VERDICT_ERROR);
}

/* The exit code; -errno. */
static int wait_run(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_sys(-errno, "--verify: waiting for a run");
	child_pid = 0;
	if (WIFSIGNALED(status))
		return err_say(-ECHILD, "--verify: a run was killed by signal %d",
			       WTERMSIG(status));
	return WEXITSTATUS(status);
}

static int take_files(struct attempt *a)
{
	for (int i = 0; i < FILES; i++) {
		int err = file_slurp(a->path[i], &a->text[i], &a->len[i]);

		if (err && err != -ENOENT)
			return err_sys(err, "reading %s", a->path[i]);
	}
	return 0;
}

static int run_once(struct verify *v, int which, int argc, char **argv)
{
	struct attempt *a = &v->runs[which];
	char *args[VERIFY_MAX_ARGS + 1] = {NULL};
	pid_t pid;
	int err = 0;

	for (int i = 0; i < FILES && !err; i++) {
		a->path[i] = str_format("%s/%d.%s", v->dir, which + 1, file_names[i]);
		err = a->path[i] ? 0 : err_sys(-ENOMEM, "--verify");
	}
	if (!err)
		err = make_args(v, a, argc, argv, args);
	if (!err) {
		note_say("--verify: run %d of 2", which + 1);
		pid = fork();
		if (pid == 0)
			become_run(a->path[OUTPUT], args);
		child_pid = pid;
		err = a->code = pid < 0 ? err_sys(-errno, "--verify: fork") : wait_run(pid);
	}
	for (int i = 0; args[i]; i++)
		free(args[i]);
	return err < 0 ? err : take_files(a);
}

/* Where two results part, as "phases[1].touch.count". */
struct where {
	char path[300];
	char *left, *right;
};

static char *value_text(const json_t *value)
{
	char *text = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;

	return text ?: str_format("nothing");
}

static bool differ(const json_t *left, const json_t *right, struct where *w);

static bool differ_at(const char *step, const json_t *left, const json_t *right, struct where *w)
{
	size_t len = strlen(w->path);

	snprintf(w->path + len, sizeof(w->path) - len, "%s", step);
	if (differ(left, right, w))
		return true;
	w->path[len] = '\0';
	return false;
}

static bool differ_in_object(json_t *left, json_t *right, struct where *w)
{
	json_t *const both[] = {left, right};
	const char *key;
	char step[128];
	json_t *value;

	for (int i = 0; i < 2; i++)
		json_object_foreach (both[i], key, value) {
			if (!*w->path && !strcmp(key, OWN_KEY))
				continue;
			snprintf(step, sizeof(step), "%s%s", *w->path ? "." : "", key);
			if (differ_at(step, json_object_get(left, key), json_object_get(right, key),
				      w))
				return true;
		}
	return false;
}

static bool differ_in_array(const json_t *left, const json_t *right, struct where *w)
{
	size_t n = json_array_size(left), m = json_array_size(right);
	char step[24];

	for (size_t i = 0; i < (n > m ? n : m); i++) {
		snprintf(step, sizeof(step), "[%zu]", i);
		if (differ_at(step, json_array_get(left, i), json_array_get(right, i), w))
			return true;
	}
	return false;
}

/* Fills @w with the first difference, in the order of @left's keys. */
static bool differ(const json_t *left, const json_t *right, struct where *w)
{
	if (json_is_object(left) && json_is_object(right))
		return differ_in_object((json_t *)left, (json_t *)right, w);
	if (json_is_array(left) && json_is_array(right))
		return differ_in_array(left, right, w);
	if (json_equal(left, right))
		return false;
	w->left = value_text(left);
	w->right = value_text(right);
	return true;
}

static bool results_differ(const struct verify *v)
{
	const struct attempt *a = &v->runs[0], *b = &v->runs[1];
	json_t *left = json_loadb(a->text[RESULT], a->len[RESULT], 0, NULL);
	json_t *right = json_loadb(b->text[RESULT], b->len[RESULT], 0, NULL);
	struct where w = {.path = ""};
	bool found = differ(left, right, &w);

	if (found)
		printf("%s differs at %s:\n  1: %.*s\n  2: %.*s\n", file_titles[RESULT],
		       *w.path ? w.path : "its root", SHOWN_BYTES, w.left ?: "?", SHOWN_BYTES,
		       w.right ?: "?");
	free(w.left);
	free(w.right);
	json_decref(left);
	json_decref(right);
	return found;
}

static void show_line(int which, const char *text, size_t at)
{
	size_t len = strcspn(text + at, "\r\n");

	printf("  %d: %.*s\n", which, (int)(len < SHOWN_BYTES ? len : SHOWN_BYTES), text + at);
}

static bool texts_differ(const struct verify *v, int file)
{
	const struct attempt *a = &v->runs[0], *b = &v->runs[1];
	size_t len = a->len[file] < b->len[file] ? a->len[file] : b->len[file];
	size_t at = 0, line_at = 0;
	unsigned int line = 1;

	for (; at < len && a->text[file][at] == b->text[file][at]; at++)
		if (a->text[file][at] == '\n') {
			line++;
			line_at = at + 1;
		}
	if (at == a->len[file] && at == b->len[file])
		return false;
	printf("%s differs in line %u:\n", file_titles[file], line);
	show_line(1, a->text[file], line_at);
	show_line(2, b->text[file], line_at);
	return true;
}

static bool file_differs(const struct verify *v, int file)
{
	const struct attempt *a = &v->runs[0], *b = &v->runs[1];

	if (!a->text[file] && !b->text[file])
		return false;
	if (!a->text[file] || !b->text[file]) {
		printf("%s: only run %d gave one\n", file_titles[file], a->text[file] ? 1 : 2);
		return true;
	}
	if (a->len[file] == b->len[file] && !memcmp(a->text[file], b->text[file], a->len[file]))
		return false;
	return file == RESULT ? results_differ(v) : texts_differ(v, file);
}

static int compare(const struct verify *v)
{
	const struct attempt *a = &v->runs[0], *b = &v->runs[1];
	int different = a->code != b->code;

	if (different)
		printf("exit codes differ: 1: %d, 2: %d\n", a->code, b->code);
	for (int i = 0; i < FILES; i++)
		different += file_differs(v, i);
	if (different) {
		printf("DIFFERENT: the lab is not deterministic here; both runs are in %s\n",
		       v->dir);
		return VERDICT_FAIL;
	}
	printf("EQUAL: both runs gave the same bytes: result %zu, output %zu, console %zu\n",
	       a->len[RESULT], a->len[OUTPUT], a->len[CONSOLE]);
	return VERDICT_PASS;
}

/* The runs write into files of ours; the user gets those of the first. */
static int keep_files(const struct verify *v)
{
	const char *const to[FILES] = {[RESULT] = v->o->json, [CONSOLE] = v->o->console};
	const struct attempt *a = &v->runs[0];
	int err = 0;

	for (int i = 0; i < FILES && !err; i++)
		if (to[i] && a->text[i])
			err = file_replace(to[i], a->text[i], a->len[i]);
	return err;
}

/* Two runs and their comparison. */
static int verify_runs(struct verify *v, int argc, char **argv)
{
	for (int i = 0; i < 2; i++) {
		const struct attempt *a = &v->runs[i];

		if (run_once(v, i, argc, argv))
			return VERDICT_ERROR;
		if (i == 0 && out_said(write_full(STDOUT_FILENO, a->text[OUTPUT], a->len[OUTPUT]),
				       "the first run's report"))
			return VERDICT_ERROR;
		if (got_signal || a->code == VERDICT_ERROR)
			return VERDICT_ERROR;
		if (!v->foreign && !a->text[RESULT]) {
			printf("run %d gave no result: nothing to compare\n", i + 1);
			return VERDICT_CANNOT_JUDGE;
		}
	}
	return keep_files(v) ? VERDICT_ERROR : compare(v);
}

static void clean_up(struct verify *v, bool keep)
{
	for (int run = 0; run < 2; run++)
		for (int i = 0; i < FILES; i++) {
			if (!keep && v->runs[run].path[i])
				unlink(v->runs[run].path[i]);
			free(v->runs[run].path[i]);
			free(v->runs[run].text[i]);
		}
	if (!keep)
		rmdir(v->dir);
}

int verify_main(const struct opts *o, int argc, char **argv)
{
	struct verify v = {.o = o, .dir = "/tmp/host-stress-verify-XXXXXX"};
	int code;

	if (!mkdtemp(v.dir)) {
		err_sys(-errno, "--verify: a directory in /tmp");
		return VERDICT_ERROR;
	}
	v.foreign = o->rest < argc;
	signals_catch(pass_on);
	code = verify_runs(&v, argc, argv);
	if (out_end_standard("what was compared"))
		code = VERDICT_ERROR;
	clean_up(&v, code == VERDICT_FAIL);
	return code;
}
