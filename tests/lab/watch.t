#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# seconds: 45
#
# host-stress watch inside L1: a plain QEMU.
# shellcheck source=tests/lab/outside.sh
. "$(dirname "$0")/outside.sh"
LAB_OPTIONS="--json $out/watched.json --trace $out/trace" inside watch.sh | sed '/^1\.\./d' | tee "$out/tap"
tests_run=$(grep -cE '^(not )?ok ' "$out/tap")
tests/trace-counts "$out/trace" "$out/watched.json" >"$out/text" 2>&1
ok $? "--trace: decoded, it has as many windows and faults of each class as the JSON" "$out/text"
done_testing
