/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * orders.h - what this machine offers (HELLO), and whether ORDERS ask for more.
 */
#ifndef ORDERS_H
#define ORDERS_H

#include "wire/proto.h"

struct proto_hello orders_hello(uint64_t tsc_hz);
/* CPUs in a list of the kernel's ("0-2,5"); 0: it is none. */
uint32_t orders_cpus(const char *list);
/* Why @o cannot be followed, or NULL. */
const char *orders_fault(const struct proto_orders *o);

#endif
