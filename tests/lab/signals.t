#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# seconds: 308
#
# A signal while a source is in one of the kernel's long calls, inside L1: what a terminal, a shell's limits and other
# programs send. That every signal is caught, and what a phase makes of one, are unit tests (signals.c, phase.c).
# shellcheck source=tests/lab/outside.sh
. "$(dirname "$0")/outside.sh"
inside signals.sh ksm-merge=QUIT ksm-unmerge=XCPU cow=TERM compact=INT
