# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# What the kernel says while a run is under stress reaches its verdict. The test says it in the
# kernel's place: /dev/kmsg takes lines.

. /tests/common.sh

warn() {
	echo "WARNING: CPU: 0 PID: 35 at $1" >/dev/kmsg
}

start --phase-time 300ms --sources null,ksm-merge --json result.json
wait_for 60 "ksm-merge" in_phase ksm-merge
warn "mm/ksm.c:2155 stable_tree_search+0x1a0/0x6f0"
finish
is "$code" 1 "a warning of mm under stress: exit code" out
says 'the kernel complained in phase ksm-merge: WARNING: at mm/ksm.c:2155 stable_tree_search' out "it is the reason"
has '"title": "WARNING: at mm/ksm.c:2155 stable_tree_search"' result.json "and in the result"

warn "mm/ksm.c:1 before+0x1/0x2"
start --phase-time 100ms --sources null --json result.json
wait_for 60 "null" in_phase null
warn "drivers/net/foo.c:12 foo+0x1/0x2"
finish
is "$code" 0 "a warning of somebody else, and one before the run: exit code" out
has 'drivers/net/foo.c:12' out "it is shown"
! grep -q 'before+' result.json
ok $? "what was said before the run is none of it" result.json
done_testing
