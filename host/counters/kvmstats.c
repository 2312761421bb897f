// SPDX-License-Identifier: GPL-2.0-only
/*
 * kvmstats.c - see kvmstats.h. The names are the kernel's and not promised to stay: the schema says
 * what a figure is, and only plain cumulative ones can be subtracted; histograms, peaks and current
 * values are left.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kvmstats.h"

struct kvmstats {
	json_t *cumulative; /* object: "vm.NAME" and "vcpu.NAME" -> true */
};

static const char *const targets[] = {"vm", "vcpu"};

static bool is_plain(json_t *stat)
{
	const char *type = json_string_value(json_object_get(stat, "type"));

	return type && strcmp(type, "cumulative") == 0 && !json_object_get(stat, "bucket-size");
}

static int learn(struct kvmstats *s, json_t *schemas)
{
	size_t i, j;
	json_t *schema, *stat;

	json_array_foreach (schemas, i, schema) {
		const char *target = json_string_value(json_object_get(schema, "target"));

		json_array_foreach (json_object_get(schema, "stats"), j, stat) {
			const char *name = json_string_value(json_object_get(stat, "name"));
			char *key = target && name ? str_format("%s.%s", target, name) : NULL;

			if (key && is_plain(stat))
				json_object_set_new(s->cumulative, key, json_true());
			free(key);
		}
	}
	return 0;
}

int kvmstats_open(struct kvmstats **out, struct qmp *q)
{
	struct kvmstats *s = calloc(1, sizeof(*s));
	json_t *schemas = NULL;
	int err;

	if (!s)
		return err_sys(-ENOMEM, "KVM statistics");
	s->cumulative = json_object();
	err = qmp_command(q, "query-stats-schemas", NULL, &schemas, true);
	if (!err)
		err = learn(s, schemas);
	else if (err == -EREMOTEIO) /* QEMU before 7.1: debugfs is what we have */
		err = 0;
	json_decref(schemas);
	if (err)
		kvmstats_close(s);
	else
		*out = s;
	return err;
}

void kvmstats_close(struct kvmstats *s)
{
	if (!s)
		return;
	json_decref(s->cumulative);
	free(s);
}

static int add_stat(struct kvmstats *s, struct metrics *m, const char *target, json_t *stat)
{
	const char *name = json_string_value(json_object_get(stat, "name"));
	json_t *value = json_object_get(stat, "value");
	char *key = name ? str_format("%s.%s", target, name) : NULL;
	uint64_t sum = 0;
	int err = 0;

	if (key && json_is_integer(value) && json_object_get(s->cumulative, key)) {
		metrics_get(m, name, &sum);
		err = metrics_set(m, name, sum + (uint64_t)json_integer_value(value));
	}
	free(key);
	return err;
}

static int read_target(struct kvmstats *s, struct qmp *q, struct metrics *m, const char *target)
{
	json_t *answer = NULL, *entry, *stat;
	size_t i, j;
	int err =
		qmp_command(q, "query-stats", json_pack("{s:s}", "target", target), &answer, false);

	if (err)
		return err;
	json_array_foreach (answer, i, entry)
		json_array_foreach (json_object_get(entry, "stats"), j, stat)
			if (!err)
				err = add_stat(s, m, target, stat);
	json_decref(answer);
	return err;
}

int kvmstats_read(struct kvmstats *s, struct qmp *q, struct metrics *m)
{
	int err = 0;

	metrics_free(m);
	for (size_t i = 0; i < ARRAY_SIZE(targets) && !err && json_object_size(s->cumulative); i++)
		err = read_target(s, q, m, targets[i]);
	return err;
}
