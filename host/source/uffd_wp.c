/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * uffd_wp.c - QEMU takes background snapshots: guest RAM is write-protected by userfaultfd, and
 * each page saved when the guest first writes to it, or in turn (QMP migrate, background-snapshot).
 *
 * Kernel: UFFDIO_WRITEPROTECT -> mm/userfaultfd.c mwriteprotect_range() -> change_protection(): a
 * window of event PROTECTION_VMA over a whole block, then one for each page that is let go; a
 * guest's write in between waits for QEMU (handle_userfault()). Silent when: the snapshot fails,
 * which query-migrate tells. The stream goes to /dev/null. QEMU stops the vCPUs as each begins.
 */
#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common.h"
#include "vm/qmp.h"

#define POLL_NS (10 * NSEC_PER_MSEC)
#define STOP_NS (30 * NSEC_PER_SEC)
#define HINT " (6.1 wants guest RAM in one mapping: give uffd-wp before unmap)"

struct state {
	bool running;
	uint64_t done;	/* snapshots */
	uint64_t pages; /* of those, and of the one under way so far */
	uint64_t now_pages;
};

static int uffd_probe(const struct env *env, char *why, size_t size)
{
	return source_has(env, "/proc/sys/vm/unprivileged_userfaultfd", why, size);
}

static int set_capability(struct env *env, bool on)
{
	return qmp_command(env->qmp, "migrate-set-capabilities",
			   json_pack("{s:[{s:s, s:b}]}", "capabilities", "capability",
				     "background-snapshot", "state", on),
			   NULL, false);
}

static int uffd_start(struct env *env, void *state)
{
	int err = source_calm(env);

	(void)state;
	if (!err)
		err = set_capability(env, true);
	/* As fast as it can: the default is 128 MiB/s. */
	return err ? err
		   : qmp_command(env->qmp, "migrate-set-parameters",
				 json_pack("{s:i}", "max-bandwidth", 1 << 30), NULL, false);
}

static int begin(struct env *env, struct state *s)
{
	int err;

	qmp_expect_stop(env->qmp);
	err = qmp_command(env->qmp, "migrate", json_pack("{s:s}", "uri", "exec:cat >/dev/null"),
			  NULL, false);
	s->running = !err;
	return err;
}

/* What QEMU tells of the snapshot under way begins at 0 with each, and is missing at first. */
static void count_pages(struct state *s, const json_t *ram)
{
	uint64_t now = (uint64_t)json_integer_value(json_object_get(ram, "normal"));

	if (now > s->now_pages) {
		s->pages += now - s->now_pages;
		s->now_pages = now;
	}
}

/* How far the snapshot is. */
static int look(struct env *env, struct state *s)
{
	json_t *ret = NULL;
	const char *status;
	int err = qmp_command(env->qmp, "query-migrate", NULL, &ret, false);

	if (err)
		return err;
	status = json_string_value(json_object_get(ret, "status")) ?: "";
	count_pages(s, json_object_get(ret, "ram"));
	if (!strcmp(status, "completed")) {
		s->running = false;
		s->now_pages = 0;
		s->done++;
	} else if (!strcmp(status, "failed")) {
		err = err_say(-EIO, "QEMU's background snapshot failed: %s" HINT,
			      json_string_value(json_object_get(ret, "error-desc"))
				      ?: "no reason given");
	}
	json_decref(ret);
	return err;
}

static int uffd_step(struct env *env, void *state, uint64_t *again_ns)
{
	struct state *s = state;

	*again_ns = POLL_NS;
	return s->running ? look(env, s) : begin(env, s);
}

/*
 * A snapshot that is under way is waited for: given up in its first moments, in which the vCPUs
 * stand still, QEMU 7.2 leaves them so. The guest rests meanwhile, so that it is soon done.
 */
static int uffd_stop(struct env *env, void *state)
{
	const struct timespec pause = {.tv_nsec = POLL_NS};
	struct state *s = state;
	uint64_t end = mono_ns() + STOP_NS;
	int err = 0;

	while (s->running && !err && mono_ns() < end) {
		nanosleep(&pause, NULL);
		err = look(env, s);
	}
	if (!s->running || err)
		return err;
	(void)!qmp_command(env->qmp, "migrate_cancel", NULL, NULL, true);
	return qmp_resume(env->qmp);
}

static int uffd_proof(struct env *env, void *state, struct proof *out)
{
	const struct state *s = state;

	out[0] = (struct proof){"snapshot_pages", s->pages, source_needed(env->pages)};
	out[1] = (struct proof){"snapshots", s->done, 0};
	return 2;
}

const struct source source_uffd_wp = {
	.name = "uffd-wp",
	.help = "background snapshots: write protection by userfaultfd (QMP)",
	.proof_help = "snapshot_pages: saved, of all of the guest; snapshots: completed",
	.state_bytes = sizeof(struct state),
	.probe = uffd_probe,
	.start = uffd_start,
	.step = uffd_step,
	.stop = uffd_stop,
	.proof = uffd_proof,
};
