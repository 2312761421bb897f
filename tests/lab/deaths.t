#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# seconds: 150
#
# Flipped bits, dead guests, killed QEMUs, our own SIGKILL, refusals: all inside one L1.
# shellcheck source=tests/lab/outside.sh
. "$(dirname "$0")/outside.sh"
inside deaths.sh
