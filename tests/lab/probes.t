#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# seconds: 71
#
# Probes: a stopped vCPU, no probes, no BTF, --interfere; all inside one L1.
# shellcheck source=tests/lab/outside.sh
. "$(dirname "$0")/outside.sh"
inside probes.sh
