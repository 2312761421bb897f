#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# seconds: 36
#
# Scenes whose numbers are known to the page (docs/matrix-exact.md): on one kernel, on private memory. Would pass in
# silence if no cell had numbers: so some are looked for.
# shellcheck source=tests/lab/outside.sh
. "$(dirname "$0")/outside.sh"

experiments/matrix-exact --kernels 6.12 --backends anon >"$out/text" 2>&1
is $? 0 "every cell is as expected" "$out/text"
has '| anon | fork | none | 0; 0; 0; 0 | 0; 0; 0; 0 | yes |' "$out/text" "fork: no window"
has '| anon | migrate | .* | 128; 128; 128; [0-9]* | 128; 128; 128; 0 | yes |' "$out/text" "migrate: a window and a refault a page"
has "| anon | soft-dirty | 1 soft_dirty | 1; 34304; .* | yes |" "$out/text" "soft-dirty: one window, all pages"
has '| anon | reclaim | .* clear | .* | yes |' "$out/text" "reclaim: a window and a refault a page"
has '| anon | thp-collapse | 1 clear | 1; 512; 1; [0-9]* | 1; 512; 1; 0 | yes |' "$out/text" "thp-collapse: one window, one refault"
done_testing
