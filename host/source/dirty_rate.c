/* SPDX-License-Identifier: GPL-2.0-only */
/* dirty_rate.c - see dirty_rate.h; QEMU's migration/dirtyrate.c. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "dirty_rate.h"
#include "vm/qmp.h"

#define SECONDS 1 /* QEMU takes no less */
#define POLL_NS (20 * NSEC_PER_MSEC)
#define LIMIT_NS (30 * NSEC_PER_SEC)

int dirty_rate_ask(struct env *env)
{
	return qmp_command(env->qmp, "calc-dirty-rate",
			   json_pack("{s:i, s:s}", "calc-time", SECONDS, "mode", "dirty-bitmap"),
			   NULL, false);
}

/* 1, 0, or -errno (said). */
static int is_measuring(struct env *env)
{
	json_t *ret = NULL;
	int err = qmp_command(env->qmp, "query-dirty-rate", NULL, &ret, false);
	bool yes = !strcmp(json_string_value(json_object_get(ret, "status")) ?: "", "measuring");

	json_decref(ret);
	return err ? err : yes;
}

int dirty_rate_wait(struct env *env)
{
	const struct timespec pause = {.tv_nsec = POLL_NS};
	uint64_t end = mono_ns() + LIMIT_NS;
	int res = is_measuring(env);

	while (res > 0 && mono_ns() < end) {
		nanosleep(&pause, NULL);
		res = is_measuring(env);
	}
	return res > 0 ? err_say(-ETIME, "QEMU does not end measuring its dirty rate") : res;
}
