/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lab_ports.h - what L1's init and host/lab/lab.c agree on: the I/O ports of the isa-debugcon
 * devices, which init writes and lab.c reads, and how long /lab/command may be.
 */
#ifndef LAB_PORTS_H
#define LAB_PORTS_H

#define LAB_PORT_STDOUT 0x680
#define LAB_PORT_STDERR 0x681
#define LAB_PORT_STATUS 0x682
#define LAB_PORT_RESULT 0x683
#define LAB_PORTS 4

/* The status word of a parameter of KVM's that L1 lacks, with its number in /lab/kvm-params. */
#define LAB_NO_PARAM "no-param"

#define LAB_COMMAND_BYTES 8192
#define LAB_COMMAND_ARGS 128

#endif
