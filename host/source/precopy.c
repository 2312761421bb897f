/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * precopy.c - see precopy.h. The stream goes to /dev/null, so slowly that the migration never comes
 * to its second half, in which QEMU would stop the vCPUs.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "precopy.h"
#include "vm/qmp.h"

#define BYTES_PER_S (1 << 20)
#define STOP_NS (10 * NSEC_PER_SEC)
#define POLL_NS (10 * NSEC_PER_MSEC)

/* uffd-wp leaves its capability on. */
static int begin(struct precopy *p, const struct env *env)
{
	int err = qmp_command(env->qmp, "migrate-set-capabilities",
			      json_pack("{s:[{s:s, s:b}]}", "capabilities", "capability",
					"background-snapshot", "state", false),
			      NULL, false);

	if (!err)
		err = qmp_command(env->qmp, "migrate-set-parameters",
				  json_pack("{s:i}", "max-bandwidth", BYTES_PER_S), NULL, false);
	if (!err)
		err = qmp_command(env->qmp, "migrate",
				  json_pack("{s:s}", "uri", "exec:cat >/dev/null"), NULL, false);
	p->running = !err;
	p->called_off = false;
	p->syncs = 0;
	return err;
}

static int call_off(struct precopy *p, const struct env *env)
{
	if (p->called_off)
		return 0;
	p->called_off = true;
	return qmp_command(env->qmp, "migrate_cancel", NULL, NULL, false);
}

static int look(struct precopy *p, const struct env *env)
{
	json_t *ret = NULL;
	const char *status;
	uint64_t syncs;
	int err = qmp_command(env->qmp, "query-migrate", NULL, &ret, false);

	if (err)
		return err;
	status = json_string_value(json_object_get(ret, "status")) ?: "";
	syncs = (uint64_t)json_integer_value(
		json_object_get(json_object_get(ret, "ram"), "dirty-sync-count"));
	p->syncs = syncs > p->syncs ? syncs : p->syncs;
	p->running = strcmp(status, "cancelled") && strcmp(status, "failed") &&
		     strcmp(status, "completed");
	if (!strcmp(status, "failed") || !strcmp(status, "completed"))
		err = err_say(-EIO, "QEMU's migration to /dev/null %s", status);
	else if (p->running && p->syncs && !strcmp(status, "active"))
		err = call_off(p, env);
	json_decref(ret);
	return err;
}

int precopy_step(struct precopy *p, const struct env *env, bool *over)
{
	int err = p->running ? look(p, env) : begin(p, env);

	*over = !err && !p->running;
	p->done += *over && p->syncs;
	return err;
}

int precopy_stop(struct precopy *p, const struct env *env)
{
	const struct timespec pause = {.tv_nsec = POLL_NS};
	uint64_t end = mono_ns() + STOP_NS;
	int err = p->running ? call_off(p, env) : 0;

	while (p->running && !err && mono_ns() < end) {
		nanosleep(&pause, NULL);
		err = look(p, env);
	}
	return err;
}
