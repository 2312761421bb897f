#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# seconds: 120
#
# SIGTERM in each phase, inside L1.
# shellcheck source=tests/lab/outside.sh
. "$(dirname "$0")/outside.sh"
inside signals.sh TERM
