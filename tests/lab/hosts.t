#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# seconds: 49
#
# Debian 12 as a host: what is refused there, and a run with its own QEMU. The rest is `make hosts`.
cd "$(dirname "$0")/../.." || exit 128
exec tests/hosts/run bookworm:6.12:1
