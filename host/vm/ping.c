// SPDX-License-Identifier: GPL-2.0-only
/* ping.c - see ping.h. */
#include "ping.h"

int ping_send(struct ping *p, struct chan *c)
{
	struct proto_ping msg = {.cookie = p->cookie + 1};

	p->cookie = msg.cookie;
	p->sent_ns = mono_ns();
	return chan_send(c, PROTO_PING, &msg, sizeof(msg));
}

bool ping_answered(const struct ping *p, const struct guest *g)
{
	return p->cookie && g->pong.cookie == p->cookie;
}
