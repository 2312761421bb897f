#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# seconds: 120
#
# A signal in each phase, inside L1: what other programs send.
# shellcheck source=tests/lab/outside.sh
. "$(dirname "$0")/outside.sh"
inside signals.sh HUP TERM USR1 XFSZ TERM TERM
