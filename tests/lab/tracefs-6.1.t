#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# seconds: 200
#
# The probes by kprobe events on Debian's 6.1: windows, faults, what they were, nothing lost, nothing left.
# shellcheck source=tests/lab/outside.sh
. "$(dirname "$0")/outside.sh"
LAB_OPTIONS="--kernel build/kernels/6.1" inside tracefs.sh
