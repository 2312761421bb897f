// SPDX-License-Identifier: GPL-2.0-only
/* qmp.c - see qmp.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "qmp.h"

#define QMP_LINE_MAX (4u << 20) /* query-stats of a big guest; longer lines end the connection */

struct qmp {
	struct loop *loop;
	int fd;
	struct op op;
	bool closed;
	int (*trouble)(void *arg); /* NULL: nobody watches */
	void *arg;
	uint64_t timeout_ns;
	uint64_t id; /* of the command that is waited for */
	json_t *greeting, *answer;
	char version[96];
	char shutdown[48];
	bool stopped;
	bool paused; /* by us */
	char *line;
	size_t fill, room;
};

static void take_event(struct qmp *q, json_t *m)
{
	const char *event = json_string_value(json_object_get(m, "event")) ?: "";
	json_t *reason = json_object_get(json_object_get(m, "data"), "reason");

	if (strcmp(event, "SHUTDOWN") == 0)
		snprintf(q->shutdown, sizeof(q->shutdown), "%s",
			 json_string_value(reason) ?: "unknown");
	else if (strcmp(event, "STOP") == 0)
		q->stopped = true;
	else if (strcmp(event, "RESUME") == 0)
		q->stopped = q->paused = false;
}

static void take_message(struct qmp *q, const char *text, size_t len)
{
	json_t *m = json_loadb(text, len, 0, NULL);
	json_t *id = json_object_get(m, "id");

	if (json_object_get(m, "QMP") && !q->greeting)
		q->greeting = json_incref(m);
	else if (json_object_get(m, "event"))
		take_event(q, m);
	else if (json_is_integer(id) && (uint64_t)json_integer_value(id) == q->id && !q->answer)
		q->answer = json_incref(m);
	json_decref(m);
}

static void take_lines(struct qmp *q)
{
	char *start = q->line, *end = q->line + q->fill, *nl;

	while ((nl = memchr(start, '\n', (size_t)(end - start)))) {
		take_message(q, start, (size_t)(nl - start));
		start = nl + 1;
	}
	q->fill = (size_t)(end - start);
	memmove(q->line, start, q->fill);
}

static void start_read(struct qmp *q)
{
	if (q->room - q->fill < 4096) {
		size_t room = q->room ? 2 * q->room : 16384;
		char *line = room <= QMP_LINE_MAX ? realloc(q->line, room) : NULL;

		if (!line) {
			q->closed = true;
			return;
		}
		q->line = line;
		q->room = room;
	}
	if (loop_read(q->loop, &q->op, q->fd, q->line + q->fill, q->room - q->fill))
		q->closed = true;
}

static void read_done(struct op *op, int res)
{
	struct qmp *q = container_of(op, struct qmp, op);

	if (res <= 0 && res != -EINTR && res != -EAGAIN) {
		q->closed = true;
		return;
	}
	if (res > 0) {
		q->fill += (size_t)res;
		take_lines(q);
	}
	start_read(q);
}

static int have_greeting(void *arg)
{
	struct qmp *q = arg;

	return q->greeting ? 1 : q->closed ? -EPIPE : 0;
}

static int have_answer(void *arg)
{
	struct qmp *q = arg;

	if (q->answer)
		return 1;
	return q->closed ? -EPIPE : q->trouble ? q->trouble(q->arg) : 0;
}

void qmp_watch(struct qmp *q, int (*trouble)(void *arg), void *arg)
{
	q->trouble = trouble;
	q->arg = arg;
}

static void keep_version(struct qmp *q)
{
	json_t *v = json_object_get(json_object_get(q->greeting, "QMP"), "version");
	json_t *n = json_object_get(v, "qemu");

	snprintf(q->version, sizeof(q->version), "%lld.%lld.%lld %s",
		 (long long)json_integer_value(json_object_get(n, "major")),
		 (long long)json_integer_value(json_object_get(n, "minor")),
		 (long long)json_integer_value(json_object_get(n, "micro")),
		 json_string_value(json_object_get(v, "package")) ?: "");
}

int qmp_open(struct qmp **out, struct loop *l, int fd, uint64_t timeout_ns)
{
	struct qmp *q = calloc(1, sizeof(*q));
	int err;

	if (!q) {
		close(fd);
		return err_sys(-ENOMEM, "QMP");
	}
	q->loop = l;
	q->fd = fd;
	q->timeout_ns = timeout_ns;
	q->op.done = read_done;
	start_read(q);
	err = loop_until(l, have_greeting, q, timeout_ns);
	if (err < 0) {
		qmp_close(q);
		return err == -EPIPE ? err : err_sys(err, "QMP: waiting for QEMU's greeting");
	}
	keep_version(q);
	err = qmp_command(q, "qmp_capabilities", NULL, NULL, false);
	if (err) {
		qmp_close(q);
		return err;
	}
	*out = q;
	return 0;
}

void qmp_close(struct qmp *q)
{
	if (!q)
		return;
	loop_cancel(q->loop, &q->op);
	close(q->fd);
	json_decref(q->greeting);
	json_decref(q->answer);
	free(q->line);
	free(q);
}

static int take_answer(struct qmp *q, const char *name, json_t **ret, bool quiet)
{
	json_t *error = json_object_get(q->answer, "error");
	int err = 0;

	if (error) {
		err = -EREMOTEIO;
		if (!quiet)
			err_say(err, "QMP %s: %s", name,
				json_string_value(json_object_get(error, "desc"))
					?: "no reason given");
	} else if (ret) {
		*ret = json_incref(json_object_get(q->answer, "return"));
	}
	json_decref(q->answer);
	q->answer = NULL;
	return err;
}

int qmp_command(struct qmp *q, const char *name, json_t *args, json_t **ret, bool quiet)
{
	json_t *cmd = json_pack("{s:s, s:I, s:o*}", "execute", name, "id", (json_int_t)++q->id,
				"arguments", args);
	char *text = cmd ? json_dumps(cmd, JSON_COMPACT) : NULL;
	int err = text ? 0 : -ENOMEM;

	json_decref(cmd);
	json_decref(q->answer); /* to one that was not waited for any more */
	q->answer = NULL;
	if (!err)
		err = write_full(q->fd, text, strlen(text));
	free(text);
	if (!err)
		err = write_full(q->fd, "\n", 1);
	if (!err)
		err = loop_until(q->loop, have_answer, q, q->timeout_ns);
	if (err < 0)
		return err != -ETIME || quiet ? err : err_sys(err, "QMP %s", name);
	return take_answer(q, name, ret, quiet);
}

const char *qmp_version(const struct qmp *q)
{
	return q->version;
}

const char *qmp_shutdown_reason(const struct qmp *q)
{
	return q->shutdown;
}

bool qmp_stopped(const struct qmp *q)
{
	return q->stopped && !q->paused && !q->shutdown[0];
}

void qmp_expect_stop(struct qmp *q)
{
	q->paused = true;
}

int qmp_pause(struct qmp *q)
{
	qmp_expect_stop(q);
	return qmp_command(q, "stop", NULL, NULL, false);
}

int qmp_resume(struct qmp *q)
{
	return qmp_command(q, "cont", NULL, NULL, false);
}
