#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# seconds: 181
#
# The main job on Debian's 6.1, whose KSM, counters and tracepoints are older.
# shellcheck source=tests/lab/outside.sh
. "$(dirname "$0")/outside.sh"
default_run 6.1
done_testing
