#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# seconds: 130
#
# The main job on Debian's 7.3, which is preemptible: also within a probe.
# shellcheck source=tests/lab/outside.sh
. "$(dirname "$0")/outside.sh"
default_run 7.3
done_testing
