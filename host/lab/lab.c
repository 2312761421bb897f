// SPDX-License-Identifier: GPL-2.0-only
/*
 * lab.c - see lab.h. Boots L1 with what lab_pack.c has put together, relays what comes out of its
 * four ports, and ends QEMU as soon as L1's init (images/lab/init.c) has said how it went.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compare/against.h"
#include "base/build.h"
#include "base/cputime.h"
#include "bochs.h"
#include "cmdline.h"
#include "intel.h"
#include "lab.h"
#include "report.h"
#include "cli/plan.h"
#include "cli/preflight.h"
#include "verify.h"

#define LAB_RESULT_MAX (64u << 20)
#define LAB_QUIET_NS (20 * NSEC_PER_MSEC) /* nothing read for so long: the pipes are empty */
#define LAB_DRAIN_NS (10 * NSEC_PER_SEC)
#define LAB_STUCK_SHARE 50 /* less than a 50th of a CPU is no emulator that runs */
#define LAB_PATIENCE 8	   /* times the limit: the machine is too busy for a verdict */
#define LAB_PIPE_BYTES (1 << 20)
/* Of L1, besides the pages that the guest touches. */
#define LAB_LEAST_BYTES ((uint64_t)448 << 20)

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

static int open_console(struct lab *lab)
{
	const char *path = lab->o->console;

	if (!path)
		return 0;
	lab->console_fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	return lab->console_fd < 0 ? err_sys(-errno, "--console: %s", path) : 0;
}

/* Pipes big enough that QEMU never has to wait for us: waiting could shift the serial port's
 * timing. */
static int open_streams(struct lab *lab)
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

static uint64_t timeout_ns(const struct opts *o)
{
	uint64_t ns = 300 * NSEC_PER_SEC + 60 * (o->duration_ns ?: o->phase_time_ns * o->nphases);

	if (o->wall_timeout_ns)
		return o->wall_timeout_ns;
	return o->lab_cpu == LAB_CPU_INTEL ? 2 * ns : ns; /* as much slower */
}

/*
 * Pure. Is it too late after @wall ns, of which the emulator ran @cpu? A limit that was asked for
 * is one of wall time. The default is one of the emulator's CPU time, or a busy machine would look
 * like a kernel that hangs; unless it hardly runs at all: it waits for ever, not for its turn.
 */
static bool is_late(const struct opts *o, uint64_t wall, uint64_t cpu)
{
	uint64_t limit = timeout_ns(o);

	if (wall < limit || o->wall_timeout_ns)
		return wall >= limit;
	return cpu >= limit || cpu < wall / LAB_STUCK_SHARE || wall >= limit * LAB_PATIENCE;
}

static uint64_t emulator_cpu_ns(const struct lab *lab)
{
	struct cputime t = {0};

	return cputime_read(lab->child.pid, &t) ? 0 : t.total_ns;
}

static bool nested_kvm(void)
{
	static const char *const files[] = {"/sys/module/kvm_intel/parameters/nested",
					    "/sys/module/kvm_amd/parameters/nested"};
	char text[8];

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (file_read(files[i], text, sizeof(text)) > 0 && strchr("Y1", text[0]))
			return preflight_hardware_kvm();
	return false;
}

/* What the lab's figures depend on, besides the kernel. */
static int describe_build(struct lab *lab)
{
	auto_free char *base = str_format("%s/lab/base.cpio", lab->paths.images ?: "");
	char **build = lab->verdict.build;

	build[BUILD_PROGRAM] = str_format("%s", build_program);
	build[BUILD_IMAGE] = base ? build_of_file(base) : NULL;
	build[BUILD_EMULATOR] = build_of_file(lab->machine.bochs ?: lab->machine.qemu);
	return build[BUILD_PROGRAM] && build[BUILD_IMAGE] && build[BUILD_EMULATOR] ? 0 : -ENOENT;
}

static int choose_machine(struct lab *lab)
{
	struct lab_machine *m = &lab->machine;
	const struct opts *o = lab->o;
	int err;

	if (labqemu_memory(o) < o->memory_bytes + LAB_LEAST_BYTES)
		return err_say(-EINVAL,
			       "--lab-memory: too little for --memory; give at least %" PRIu64
			       "M, or leave "
			       "it out",
			       (o->memory_bytes + LAB_LEAST_BYTES) >> 20);
	m->qemu = lab->paths.qemu;
	m->firmware = lab->paths.firmware;
	m->kvm = o->deterministic != DETERMINISTIC_YES && nested_kvm();
	m->deterministic = !m->kvm && o->deterministic != DETERMINISTIC_NO;
	lab->verdict.qemu = qemu_version(m->qemu);
	if (!lab->verdict.qemu)
		return -ENOEXEC;
	lab->verdict.qemu_cured =
		m->kvm || o->lab_cpu == LAB_CPU_INTEL || qemu_is_cured(lab->verdict.qemu);
	lab->emulator = o->lab_cpu == LAB_CPU_INTEL ? NULL : str_format("%s", lab->verdict.qemu);
	err = o->lab_cpu == LAB_CPU_INTEL ? intel_choose(lab) : 0;
	if (!err)
		err = describe_build(lab);
	err = err ?: labqemu_choose(m, o, lab->verdict.qemu);
	return err ?: cmdline_fits(m, o) ?: lab_find_kernel(lab);
}

static int start(struct lab *lab)
{
	const struct lab_machine *m = &lab->machine;
	char *argv[LABQEMU_MAX_ARGS];
	int fds[LAB_STREAMS + 3], nfds = LAB_STREAMS;
	int err = m->bochs ? bochs_args(argv, m, lab->o) : labqemu_args(argv, m, lab->o);

	if (err)
		return err;
	timing_mark(&lab->timing, "L1.boot", mono_ns(), 1); /* its clock is about to start */
	memcpy(fds, m->stream_fd, sizeof(m->stream_fd));
	fds[nfds++] = m->initrd_fd;
	if (m->bochs) {
		fds[nfds++] = m->kernel_fd;
		fds[nfds++] = m->rom_fd;
	}
	err = child_start(&lab->child, lab->loop, argv, fds, (size_t)nfds,
			  m->stream_fd[LAB_CONSOLE]);
	labqemu_free(argv);
	for (int i = 0; i < LAB_STREAMS; i++) {
		util_close(&lab->machine.stream_fd[i]);
		if (!err)
			stream_read(&lab->streams[i]);
	}
	return err;
}

static int has_ended(void *arg)
{
	struct lab *lab = arg;

	return lab->over || lab->child.exited || signals_got();
}

static int has_drained(void *arg)
{
	struct lab *lab = arg;

	for (int i = 0; i < LAB_STREAMS; i++)
		if (!lab->streams[i].closed)
			return 0;
	return 1;
}

/* L1's emulator ended before L1's init said anything. */
static void judge_dead(struct lab *lab)
{
	const char *emulator = lab->machine.bochs ? "Bochs" : "QEMU";
	/* QEMU leaves with code 0 on SIGTERM too (os-posix.c), which says nothing about L1; Bochs
	 * panics on SIGINT (main.cc) */
	const char *signalled = lab->machine.bochs ? "SIGNAL " : "terminating on signal";
	char how[80], last[160] = "", stopped[80];

	child_end(&lab->child, how, sizeof(how));
	console_find(&lab->console, "Kernel panic", last, sizeof(last));
	if (console_find(&lab->console, signalled, stopped, sizeof(stopped)))
		lab_ended(lab, RUN_QEMU_KILLED, "the lab's %s was stopped from outside: %s",
			  emulator, stopped);
	else if (WIFEXITED(lab->child.status) && WEXITSTATUS(lab->child.status) == 0)
		lab_ended(lab, RUN_KERNEL_DIED, "L1 %s%s%s",
			  lab->begun	? "was under stress"
			  : lab->booted ? "had booted"
					: "was booting",
			  last[0] ? "; its console: " : "", last);
	else if (WIFSIGNALED(lab->child.status))
		lab_ended(lab, RUN_QEMU_KILLED, "the lab's %s was %s", emulator, how);
	else
		lab_ended(lab, RUN_ERROR, "the lab's %s could not run L1: %s", emulator, how);
}

/* What L1 said before its last word may still be in the other pipes when we read that. */
static void drain(struct lab *lab)
{
	uint64_t end = mono_ns() + LAB_DRAIN_NS;

	while (loop_once(lab->loop, LAB_QUIET_NS) == 0 && mono_ns() < end)
		;
}

/* In turns of a second, between which the user is told how far it is. */
static int wait_turns(struct lab *lab)
{
	uint64_t begin = mono_ns(), now = begin;
	int res = -ETIME;

	while (res == -ETIME && !is_late(lab->o, now - begin, emulator_cpu_ns(lab))) {
		if (!lab->foreign)
			pace_turn(&lab->pace, &lab->timing, now);
		res = loop_until(lab->loop, has_ended, lab, NSEC_PER_SEC);
		now = mono_ns();
	}
	lab->waited_ns = now - begin;
	return res;
}

/* Puts into lab->verdict what L1 did not say itself; @res is wait_turns()'s. */
static void take_end(struct lab *lab, int res)
{

	/* What QEMU had written before it died is still in the pipes. */
	if (res > 0 && !lab->over && lab->child.exited)
		(void)!loop_until(lab->loop, has_drained, lab, NSEC_PER_SEC);
	if (lab->over) {
		drain(lab);
		return;
	}
	if (signals_got())
		lab_ended(lab, RUN_INTERRUPTED, "interrupted by SIG%s",
			  sigabbrev_np(signals_got()));
	else if (lab->child.exited)
		judge_dead(lab);
	else if (res == -ETIME)
		lab_ended(lab, RUN_KERNEL_HUNG,
			  "L1 gave no result within %.0f s of wall time "
			  "(--wall-timeout), in which its %s ran for %.0f s of CPU time",
			  (double)lab->waited_ns / 1e9, lab->machine.bochs ? "Bochs" : "QEMU",
			  (double)emulator_cpu_ns(lab) / 1e9);
	else
		lab_ended(lab, RUN_ERROR, "the lab's event loop failed: %s", strerror(-res));
}

static void wait_end(struct lab *lab)
{
	take_end(lab, wait_turns(lab));
	(void)!lines_end(&lab->out);
}

static int prepare(struct lab *lab, int argc, char **argv)
{
	int err = paths_find(&lab->paths, lab->o);

	signals_watch();
	lab->foreign = lab->o->rest < argc;
	lab->command = lab->o->shown_command ? str_format("%s", lab->o->shown_command)
					     : str_join(argv, argc);
	if (!err && !lab->command)
		err = err_sys(-ENOMEM, "lab");
	if (!err)
		err = plan_note(&lab->verdict, lab->o);
	if (!err)
		err = against_check(lab->o, lab->command)
			      ?: baseline_open(&lab->baseline, lab->o, lab->command);
	if (!err)
		err = loop_open(&lab->loop);
	if (!err)
		err = choose_machine(lab);
	if (!err)
		err = lab_pack_modules(lab);
	if (!err)
		err = lab_pack(lab, argc, argv);
	if (!err && lab->machine.bochs)
		err = intel_prepare(lab);
	if (!err)
		err = open_console(lab);
	if (!err)
		err = open_streams(lab);
	return err;
}

static void lab_close(struct lab *lab)
{
	(void)!child_stop(&lab->child, 0);
	for (int i = 0; i < LAB_STREAMS; i++) {
		if (lab->loop)
			loop_cancel(lab->loop, &lab->streams[i].op);
		util_close(&lab->streams[i].fd);
		util_close(&lab->machine.stream_fd[i]);
	}
	util_close(&lab->machine.initrd_fd);
	util_close(&lab->machine.kernel_fd);
	util_close(&lab->machine.rom_fd);
	util_close(&lab->console_fd);
	loop_close(lab->loop);
	paths_free(&lab->paths);
	baseline_close(lab->baseline);
	result_free(&lab->verdict);
	free(lab->command);
	free(lab->emulator);
	free(lab->kernel_file);
	free(lab->modules_file);
	free(lab->result);
	free(lab);
}

static void begin(struct lab *lab)
{
	char line[160];

	snprintf(line, sizeof(line), "booting %s as L1", lab->kernel_file);
	pace_open(&lab->pace, lab->o, lab->machine.kvm ? "lab-kvm" : "lab-tcg");
	pace_note(&lab->pace, line);
}

int lab_main(const struct opts *o, int argc, char **argv)
{
	struct lab *lab = calloc(1, sizeof(*lab));
	int code = VERDICT_ERROR;

	if (o->verify) {
		free(lab);
		return verify_main(o, argc, argv);
	}
	if (!lab) {
		err_sys(-ENOMEM, "lab");
		return code;
	}
	lab->o = o;
	lab->out = (struct lines){.emit = put_out, .arg = lab};
	timing_mark(&lab->timing, "pack", mono_ns(), 0);
	lab->machine.initrd_fd = lab->console_fd = -1;
	lab->machine.kernel_fd = lab->machine.rom_fd = -1;
	for (int i = 0; i < LAB_STREAMS; i++)
		lab->streams[i].fd = lab->machine.stream_fd[i] = -1;
	if (prepare(lab, argc, argv) == 0 && start(lab) == 0) {
		begin(lab);
		wait_end(lab);
		timing_mark(&lab->timing, "judge", mono_ns(), 0);
		pace_close(&lab->pace, &lab->timing, !lab->foreign && lab->over);
		code = lab_report(lab);
	}
	progress_end();
	lab_close(lab);
	return code;
}
