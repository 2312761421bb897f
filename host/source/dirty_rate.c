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

int dirty_rate_told(struct env *env, uint64_t *mib_per_s)
{
	json_t *ret = NULL;
	int err = qmp_command(env->qmp, "query-dirty-rate", NULL, &ret, false);
	const char *status = json_string_value(json_object_get(ret, "status")) ?: "";

	if (!err && !strcmp(status, "measuring"))
		err = -EAGAIN;
	if (!err && strcmp(status, "measured"))
		err = -ENODATA;
	if (!err)
		*mib_per_s = (uint64_t)json_integer_value(json_object_get(ret, "dirty-rate"));
	json_decref(ret);
	return err;
}

int dirty_rate_wait(struct env *env)
{
	const struct timespec pause = {.tv_nsec = POLL_NS};
	uint64_t end = mono_ns() + LIMIT_NS;
	uint64_t rate;
	int err = dirty_rate_told(env, &rate);

	while (err == -EAGAIN && mono_ns() < end) {
		nanosleep(&pause, NULL);
		err = dirty_rate_told(env, &rate);
	}
	if (err == -EAGAIN)
		return err_say(-ETIME, "QEMU does not end measuring its dirty rate");
	return err == -ENODATA ? 0 : err;
}
