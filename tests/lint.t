#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Format, cppcheck, shellcheck and the floors of the includes.
cd "$(dirname "$0")/.." || exit 128
# shellcheck source=tests/lib.sh
. tests/lib.sh
out=$(mktemp)
trap 'rm -f "$out"' EXIT
tests/lint >"$out" 2>&1
ok $? "lint" "$out"
done_testing
