# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# No part of `make test`, which has deaths.sh's flips: in each source's phase a bit of a test page is flipped behind
# everybody's back while the source moves the guest's data, and the run has to find it (docs/measured.md). Underscores
# in OPTIONS are spaces.
#
#     ./host-stress lab --overlay build/tests/overlay.cpio -- /bin/sh /tests/flips.sh [SOURCE[=OPTIONS]...]

. /tests/common.sh

for what in "${@:-migrate}"; do
	source=${what%%=*}
	options=
	[ "$source" = "$what" ] || options=$(echo "${what#*=}" | tr _ ' ')
	# shellcheck disable=SC2086 # a list
	start --phase-time 600ms --sources "$source" $options
	wait_for 120 "$source" in_phase "$source"
	sleep 0.3
	/tests/poke flip "$(qemu_pid)" 1
	ok $? "$source: a bit was flipped"
	finish
	is "$code" 1 "$source: exit code" err
	has "guest data corrupted: page" err "$source: page, byte, expected and found are said"
	grep "guest data corrupted: page" err | sed "s/^/# $source: /"
	clean "$source"
done
done_testing
