#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# seconds: 175
#
# Flipped bits, dead guests, a QEMU that hangs in the kernel, our own end, refusals, the kernel's complaints: all inside one L1.
# shellcheck source=tests/lab/outside.sh
. "$(dirname "$0")/outside.sh"
inside deaths.sh
