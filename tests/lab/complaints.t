#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# seconds: 35
#
# The kernel's own words count.
# shellcheck source=tests/lab/outside.sh
. "$(dirname "$0")/outside.sh"
inside complaints.sh
