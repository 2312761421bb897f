#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# seconds: 40
#
# host-stress watch inside L1: a plain QEMU.
# shellcheck source=tests/lab/outside.sh
. "$(dirname "$0")/outside.sh"
inside watch.sh
