# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# No part of `make test`, which has deaths.sh's one flip: in each of these phases a bit of a test page is flipped behind
# everybody's back while a source moves the guest's data, and the run has to find it (docs/measured.md).
#
#     ./host-stress lab --overlay build/tests/overlay.cpio -- /bin/sh /tests/flips.sh [SOURCE...]

. /tests/common.sh

for source in "${@:-migrate}"; do
	start --phase-time 3s --sources "$source"
	wait_for 60 "the clock of $source" grep -q "^$source  *[0-9.]*/" err
	/tests/poke flip "$(qemu_pid)" 1
	ok $? "$source: a bit was flipped"
	finish
	is "$code" 1 "$source: exit code" err
	has "guest data corrupted: page" err "$source: page, byte, expected and found are said"
	clean "$source"
done
done_testing
