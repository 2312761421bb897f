// SPDX-License-Identifier: GPL-2.0-only
/* probe.c - see probe.h: picks the backend. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe.h"

struct probe {
	const struct probe_ops *ops; /* NULL: counters */
	void *state;
};

const char *probe_backend_name(enum probe_backend backend)
{
	static const char *const names[] = {
		[BACKEND_AUTO] = "auto",
		[BACKEND_BPF] = "bpf",
		[BACKEND_COUNTERS] = "counters",
	};

	return names[backend];
}

int probe_open(struct probe **out, const struct probe_spec *spec, char *why, size_t size)
{
	struct probe *p = calloc(1, sizeof(*p));
	int err = 0;

	if (!p)
		return -ENOMEM;
	*why = '\0';
	if (spec->wanted != BACKEND_COUNTERS)
		err = probe_bpf.open(&p->state, spec, why, size);
	if (!err && spec->wanted != BACKEND_COUNTERS)
		p->ops = &probe_bpf;
	if (err == -EOPNOTSUPP && spec->wanted == BACKEND_AUTO)
		err = 0; /* counters are always there */
	if (err) {
		free(p);
		return err;
	}
	*out = p;
	return 0;
}

void probe_close(struct probe *p)
{
	if (p && p->ops)
		p->ops->close(p->state);
	free(p);
}

enum probe_backend probe_backend(const struct probe *p)
{
	return p->ops ? p->ops->backend : BACKEND_COUNTERS;
}

int probe_drain(struct probe *p, uint64_t until_ns, uint64_t *complete_ns, probe_handler *handler,
		void *arg)
{
	*complete_ns = until_ns;
	return p->ops ? p->ops->drain(p->state, until_ns, complete_ns, handler, arg) : 0;
}

int probe_windows(struct probe *p, struct probe_windows *w, void (*moment)(void *arg), void *arg,
		  bool *still)
{
	if (p->ops)
		return p->ops->windows(p->state, w, moment, arg, still);
	memset(w, 0, sizeof(*w));
	*still = true;
	moment(arg);
	return 0;
}

int probe_lost(struct probe *p, uint64_t *lost, uint64_t *unpaired)
{
	*lost = *unpaired = 0;
	return p->ops ? p->ops->lost(p->state, lost, unpaired) : 0;
}

void probe_stack(struct probe *p, uint32_t number, char *text, size_t size)
{
	*text = '\0';
	if (p->ops)
		p->ops->stack(p->state, number, text, size);
}

void probe_stretch(struct probe *p, uint64_t n)
{
	if (p->ops)
		p->ops->stretch(p->state, n);
}

uint64_t probe_open_windows(const struct probe *p)
{
	return p->ops ? p->ops->open_windows(p->state) : 0;
}

int probe_grace(struct probe *p, struct probe_grace *g)
{
	return p->ops ? p->ops->grace(p->state, g) : -EOPNOTSUPP;
}
