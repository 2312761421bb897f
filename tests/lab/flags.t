#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# seconds: 10
#
# The lab's QEMU keeps the flags where it once did not (tests/lab/flags.c): a program in L1 asks it.
# shellcheck source=tests/lab/outside.sh
. "$(dirname "$0")/outside.sh"

mkdir -p "$out/root/tests"
build/toolchain/bin/musl-gcc -static -O1 -o "$out/root/tests/flags" tests/lab/flags.c || exit 128
(cd "$out/root" && find tests | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0) >"$out/flags.cpio"

"$STRESS" lab --overlay "$out/flags.cpio" -- /tests/flags >"$out/text" 2>"$out/err"
is $? 0 "the program ran in L1: exit code" "$out/err"
has '^cmpxchg16b right$' "$out/text" "CMPXCHG16B leaves the carry alone"
has '^setbe right$' "$out/text" "SETBE on a page that is not there yet sees the carry"
done_testing
