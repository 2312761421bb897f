/* SPDX-License-Identifier: GPL-2.0-only */
/* ports.h - I/O ports of the lab's isa-debugcon devices: L1's init writes, host/lab.c reads. */
#ifndef LAB_PORTS_H
#define LAB_PORTS_H

#define LAB_PORT_STDOUT 0x680
#define LAB_PORT_STDERR 0x681
#define LAB_PORT_STATUS 0x682
#define LAB_PORT_RESULT 0x683
#define LAB_PORTS 4

#endif
