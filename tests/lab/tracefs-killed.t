#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# seconds: 150
#
# What a killed process leaves in tracefs, and who removes it.
# shellcheck source=tests/lab/outside.sh
. "$(dirname "$0")/outside.sh"
inside tracefs-killed.sh
