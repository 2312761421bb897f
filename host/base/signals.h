/* SPDX-License-Identifier: GPL-2.0-only */
/* signals.h - SIGINT, SIGTERM and SIGHUP as something the event loop reads (signalfd). */
#ifndef SIGNALS_H
#define SIGNALS_H

#include <sys/signalfd.h>

#include "loop.h"

struct signals {
	struct loop *loop;
	struct op op;
	int fd;
	int got; /* the first one that came, 0: none */
	struct signalfd_siginfo info;
};

/* Blocks them (and ignores SIGPIPE) in this thread from now on. 0 or -errno (said). */
must_check int signals_open(struct signals *s, struct loop *l);
void signals_close(struct signals *s);

#endif
