#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# seconds: 108
#
# The main job on Debian's 6.12: every source of the default run is exercised, in the thousands.
# shellcheck source=tests/lab/outside.sh
. "$(dirname "$0")/outside.sh"
default_run 6.12
done_testing
