// SPDX-License-Identifier: GPL-2.0-only
/* json.c - a watch as JSON (docs/watch.md). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "report.h"
#include "result/names.h"

static json_t *number(uint64_t n)
{
	return json_integer((json_int_t)n);
}

static json_t *durations(const struct hist *h, uint64_t sum)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "p50", number(hist_quantile(h, 50, 100)),
			 "p99", number(hist_quantile(h, 99, 100)), "p999",
			 number(hist_quantile(h, 999, 1000)), "max", number(h->max), "total",
			 number(sum));
}

static json_t *kinds(const struct seen *s)
{
	json_t *array = json_array();

	for (int t = 0; t < THREADS; t++)
		for (int r = 0; r < REASONS; r++) {
			const struct seen_kind *k = &s->kind[t][r];

			if (!k->count)
				continue;
			json_array_append_new(
				array, json_pack("{s:s, s:s, s:o, s:{s:o, s:o, s:o}, s:o, s:o}",
						 "thread", probe_thread_names[t], "event",
						 probe_reason_names[r], "count", number(k->count),
						 "by_size", "to_4k", number(k->by_size[SEEN_PAGE]),
						 "to_2m", number(k->by_size[SEEN_HUGE]), "above_2m",
						 number(k->by_size[SEEN_MORE]), "preempted",
						 number(k->preempted), "ns",
						 durations(&k->ns, k->total_ns)));
		}
	return array;
}

static json_t *windows(const struct seen *s)
{
	uint64_t total = 0;

	for (int t = 0; t < THREADS; t++)
		for (int r = 0; r < REASONS; r++)
			total += s->kind[t][r].total_ns;
	return json_pack("{s:o, s:o, s:o}", "count", number(s->windows), "ns",
			 durations(&s->ns, total), "kinds", kinds(s));
}

static json_t *faults(const struct attrib_figures *f)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "total", number(f->faults),
			 "inside", number(f->by_class[CLASS_INSIDE]), "retried",
			 number(f->by_class[CLASS_RETRIED]), "collateral",
			 number(f->by_class[CLASS_COLLATERAL]), "refault",
			 number(f->by_class[CLASS_REFAULT]), "upgrade",
			 number(f->by_class[CLASS_UPGRADE]), "other",
			 number(f->by_class[CLASS_OTHER]), "sent_back", number(f->sent_back));
}

static json_t *vcpus(const struct watch_report *r)
{
	json_t *array = json_array();

	for (unsigned int i = 0; i < r->vm.vcpus; i++) {
		const struct seen_vcpu *v = &r->seen->vcpu[i];

		json_array_append_new(
			array,
			json_pack("{s:i, s:i, s:{s:o, s:o, s:o}, s:{s:o, s:o, s:o}, s:{s:o, s:o}}",
				  "vcpu", (int)i, "tid", (int)r->vm.vcpu[i], "faults", "count",
				  number(v->faults), "ns", number(v->fault_ns), "longest_ns",
				  number(v->longest_fault_ns), "preempted", "count",
				  number(v->preemptions), "ns", number(v->preempted_ns),
				  "longest_ns", number(v->longest_preempted_ns), "asleep", "count",
				  number(v->sleeps), "ns", number(v->asleep_ns)));
	}
	return array;
}

static json_t *takers(const struct seen *s)
{
	json_t *array = json_array();
	int who;

	for (size_t n = 0; (who = seen_taker(s, n)) >= 0; n++)
		json_array_append_new(array,
				      json_pack("{s:s, s:o, s:o}", "thread", s->comms.name[who],
						"count", number(s->taker[who].count), "ns",
						number(s->taker[who].ns)));
	return array;
}

static json_t *worst(const struct seen *s)
{
	json_t *array = json_array();

	for (size_t i = 0; i < s->nworst; i++) {
		const struct seen_window *w = &s->worst[i];

		json_array_append_new(
			array,
			json_pack("{s:o, s:o, s:s, s:s, s:i, s:o, s:o, s:b, s:o, s:b, s:o, s:o}",
				  "ns", number(w->t2 - w->t0), "start_ns", number(w->t1 - w->t0),
				  "thread", probe_thread_name(w->thread), "event",
				  probe_reason_name(w->reason), "tid", (int)w->tid, "hva",
				  number(w->hva), "bytes", number(w->bytes), "preempted",
				  w->preempted, "faults", number(w->faults), "at_least",
				  w->at_least, "sent_back", number(w->retried), "held_ns",
				  number(w->waited_ns)));
	}
	return array;
}

int watch_write_json(const struct watch_report *r, const char *path)
{
	json_t *vm =
		json_pack("{s:i, s:s, s:i, s:o, s:o, s:i}", "pid", (int)r->vm.pid, "name",
			  r->vm.name, "vcpus", (int)r->vm.vcpus, "ram_bytes",
			  number(r->vm.ram_bytes), "left_out_bytes", number(r->vm.left_out_bytes),
			  "left_out_vcpus", (int)r->vm.left_out_vcpus);
	json_t *root = json_pack("{s:s, s:s, s:o, s:o, s:{s:o, s:o, s:o}, s:o, s:o, s:o, s:o, s:o}",
				 "schema", WATCH_SCHEMA, "kernel", r->kernel, "vm", vm,
				 "duration_ns", number(r->ns), "probes", "lost", number(r->lost),
				 "late", number(r->doubts.late), "unpaired",
				 number(r->unpaired + r->doubts.unpaired), "windows",
				 windows(r->seen), "faults", faults(r->figures), "vcpus", vcpus(r),
				 "preempted_by", takers(r->seen), "worst", worst(r->seen));
	auto_free char *text = root ? json_dumps(root, JSON_INDENT(2)) : NULL;
	auto_free char *line = text ? str_format("%s\n", text) : NULL;

	json_decref(root);
	if (!line)
		return err_say(-ENOMEM, "no memory for the JSON");
	return file_replace(path, line, strlen(line));
}
