// SPDX-License-Identifier: GPL-2.0-only
/*
 * streams.c - see streams.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "streams.h"

#define LAB_RESULT_MAX (64u << 20)
#define LAB_QUIET_NS (20 * NSEC_PER_MSEC) /* nothing read for so long: the pipes are empty */
#define LAB_DRAIN_NS (10 * NSEC_PER_SEC)
#define LAB_PIPE_BYTES (1 << 20)

/* "at NS NAME": what begins in L1, by its clock. */
static void take_mark(struct lab *lab, const char *line)
{
	uint64_t own_ns;
	int name;

	if (sscanf(line, "at %" SCNu64 " %n", &own_ns, &name) == 1)
		timing_mark(&lab->timing, line + name, mono_ns(), own_ns);
}

static void take_status(struct lab *lab, char *line)
{
	if (strncmp(line, "at ", 3) == 0)
		take_mark(lab, line);
	else if (strcmp(line, "booted") == 0)
		lab->booted = true;
	else if (strcmp(line, "begun") == 0)
		lab->begun = true;
	else if (sscanf(line, "corrupted %" SCNu64 " %63s", &lab->corrupted, lab->phase) == 2)
		return;
	else if (sscanf(line, "%31s %d", lab->word, &lab->number) == 2)
		lab->over = true;
}

/* Our own program's remarks go on as they are; the rest is its progress. */
static void take_line(struct lab *lab, char *line)
{
	if (strncmp(line, "host-stress:", 12) == 0 || lab->foreign) {
		progress_end();
		fprintf(stderr, "%s\n", line);
	} else if (lab->o->verbose) {
		progress_line("%s", line);
	} else {
		pace_note(&lab->pace, line);
		pace_turn(&lab->pace, &lab->timing, mono_ns());
	}
}

/* Cuts @text into lines over calls; a line longer than @room is handed on in pieces. */
static void cut_lines(struct lab *lab, char *line, size_t *fill, size_t room, const char *text,
		      size_t len, void (*take)(struct lab *, char *))
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] != '\n' && *fill < room - 1) {
			line[(*fill)++] = text[i];
			continue;
		}
		line[*fill] = '\0';
		take(lab, line);
		*fill = 0;
		if (text[i] != '\n')
			line[(*fill)++] = text[i];
	}
}

static void take_result(struct lab *lab, const char *text, size_t len)
{
	if (lab->result_fill + len > lab->result_room) {
		size_t room = 2 * (lab->result_fill + len);
		char *grown = room <= LAB_RESULT_MAX ? realloc(lab->result, room) : NULL;

		if (!grown)
			return;
		lab->result = grown;
		lab->result_room = room;
	}
	memcpy(lab->result + lab->result_fill, text, len);
	lab->result_fill += len;
}

static int put_out(void *arg, const char *text, size_t len)
{
	struct lab *lab = arg;

	progress_end();
	if (write_full(STDOUT_FILENO, text, len) == 0)
		return 0;
	if (!lab->over) {
		err_say(-EIO, "standard output takes nothing any more; stopping");
		lab->over = true;
		strcpy(lab->word, "output");
	}
	return -EIO;
}

static void take(struct lab *lab, enum lab_stream which, char *text, size_t len)
{
	switch (which) {
	case LAB_CONSOLE:
		console_add(&lab->console, text, len);
		if (lab->console_fd >= 0 && write_full(lab->console_fd, text, len))
			util_close(&lab->console_fd);
		text_plain(text, len);
		if (lab->o->verbose && write_full(STDERR_FILENO, text, len))
			lab->streams[which].closed = true;
		break;
	case LAB_STDOUT:
		if (isatty(STDOUT_FILENO))
			text_plain(text, len);
		(void)!lines_put(&lab->out, text, len);
		break;
	case LAB_STDERR:
		text_plain(text, len);
		cut_lines(lab, lab->line, &lab->line_fill, sizeof(lab->line), text, len, take_line);
		break;
	case LAB_STATUS:
		text_plain(text, len);
		cut_lines(lab, lab->status, &lab->status_fill, sizeof(lab->status), text, len,
			  take_status);
		break;
	case LAB_RESULT:
		take_result(lab, text, len);
		break;
	case LAB_STREAMS:
		break;
	}
}

static void stream_read(struct stream *s)
{
	if (loop_read(s->lab->loop, &s->op, s->fd, s->buf, sizeof(s->buf)))
		s->closed = true;
}

static void stream_done(struct op *op, int res)
{
	struct stream *s = container_of(op, struct stream, op);

	if (res <= 0 && res != -EINTR && res != -EAGAIN) {
		s->closed = true;
		return;
	}
	if (res > 0)
		take(s->lab, (enum lab_stream)(s - s->lab->streams), s->buf, (size_t)res);
	stream_read(s);
}

void streams_init(struct lab *lab)
{
	lab->out = (struct lines){.emit = put_out, .arg = lab};
	lab->console_fd = -1;
	for (int i = 0; i < LAB_STREAMS; i++)
		lab->streams[i].fd = lab->machine.stream_fd[i] = -1;
}

int streams_open_console(struct lab *lab)
{
	const char *path = lab->o->console;

	if (!path)
		return 0;
	lab->console_fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	return lab->console_fd < 0 ? err_sys(-errno, "--console: %s", path) : 0;
}

/* Pipes big enough that QEMU never has to wait for us: waiting could shift the serial port's
 * timing. */
int streams_open(struct lab *lab)
{
	for (int i = 0; i < LAB_STREAMS; i++) {
		int fd[2];

		if (pipe2(fd, O_CLOEXEC))
			return err_sys(-errno, "pipe from the lab");
		(void)!fcntl(fd[0], F_SETPIPE_SZ, LAB_PIPE_BYTES);
		lab->streams[i].lab = lab;
		lab->streams[i].fd = fd[0];
		lab->streams[i].op.done = stream_done;
		lab->machine.stream_fd[i] = fd[1];
	}
	return 0;
}

/* The write ends are the emulator's by now; without one nothing will come. */
void streams_start(struct lab *lab, bool emulator)
{
	for (int i = 0; i < LAB_STREAMS; i++) {
		util_close(&lab->machine.stream_fd[i]);
		if (emulator)
			stream_read(&lab->streams[i]);
	}
}

void streams_close(struct lab *lab)
{
	for (int i = 0; i < LAB_STREAMS; i++) {
		if (lab->loop)
			loop_cancel(lab->loop, &lab->streams[i].op);
		util_close(&lab->streams[i].fd);
		util_close(&lab->machine.stream_fd[i]);
	}
}

/* What L1 said before its last word may still be in the other pipes when we read that. */
void streams_drain(struct lab *lab)
{
	uint64_t end = mono_ns() + LAB_DRAIN_NS;

	while (loop_once(lab->loop, LAB_QUIET_NS) == 0 && mono_ns() < end)
		;
}

static int has_drained(void *arg)
{
	struct lab *lab = arg;

	for (int i = 0; i < LAB_STREAMS; i++)
		if (!lab->streams[i].closed)
			return 0;
	return 1;
}

/* What the emulator had written before it died is still in the pipes. */
void streams_empty(struct lab *lab)
{
	(void)!loop_until(lab->loop, has_drained, lab, NSEC_PER_SEC);
}
