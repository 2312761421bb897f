#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# seconds: 121
#
# A signal in each phase, inside L1: what a terminal and a shell's limits send.
# shellcheck source=tests/lab/outside.sh
. "$(dirname "$0")/outside.sh"
inside signals.sh QUIT INT XCPU INT ALRM INT
