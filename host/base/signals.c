// SPDX-License-Identifier: GPL-2.0-only
/* signals.c - see signals.h. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "signals.h"

static void wanted(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
}

static void signal_done(struct op *op, int res)
{
	struct signals *s = container_of(op, struct signals, op);

	if (res == (int)sizeof(s->info) && !s->got)
		s->got = (int)s->info.ssi_signo;
	if (res != -ECANCELED && loop_read(s->loop, op, s->fd, &s->info, sizeof(s->info)))
		s->got = SIGTERM; /* deaf: better to stop than not to be stoppable */
}

int signals_open(struct signals *s, struct loop *l)
{
	sigset_t set;

	memset(s, 0, sizeof(*s));
	s->loop = l;
	s->op.done = signal_done;
	wanted(&set);
	signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return err_sys(-errno, "sigprocmask");
	s->fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (s->fd < 0)
		return err_sys(-errno, "signalfd");
	return loop_read(l, &s->op, s->fd, &s->info, sizeof(s->info));
}

void signals_close(struct signals *s)
{
	if (!s->loop)
		return;
	loop_cancel(s->loop, &s->op);
	util_close(&s->fd);
	s->loop = NULL;
}
