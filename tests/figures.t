#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# docs/limits.md and docs/result.schema.json say what the table of figures says.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$(dirname "$0")/.." || exit 128
out=$(mktemp)
trap 'rm -f "$out"' EXIT

scripts/lib/figures-doc >"$out" 2>&1
is $? 0 "the table of docs/limits.md and the figures of docs/result.schema.json are the code's" "$out"
./host-stress figures >"$out"
is $? 0 "figures: exit code" "$out"
has 'windows.by_event.EVENT' "$out" "figures: a list of names is one line"
./host-stress figures nonsense >"$out" 2>&1
is $? 128 "figures nonsense: exit code" "$out"
done_testing
