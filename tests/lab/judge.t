#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# seconds: 75
#
# Verdicts of whole runs: a limit that is kept, one that is exceeded; what was said, shown again, also as KTAP; two
# kernels compared. Limits that cannot be known: tests/unit/limits.c.
# shellcheck source=tests/lab/outside.sh
. "$(dirname "$0")/outside.sh"

root=$PWD
short='--place lab --lab-cpus 1 --memory 16M --sources migrate --phase-time 200ms'

# judged CODE NAME ARGS...
judged() {
	local code=$1 name=$2

	shift 2
	# shellcheck disable=SC2086 # a list
	(cd "$out" && "$root/host-stress" $short "$@") >"$out/text" 2>"$out/err"
	is $? "$code" "$name: exit code" "$out/text"
}

judged 0 'kept limit' --fail-if 'migrate.faults.total < 1' --json "$out/6.12.json"
judged 1 'exceeded limit' --fail-if 'migrate.faults.total > 1'
kept=$(sed -n 's/^host-stress: result: //p' "$out/err")
is "$(cd "$out" && find host-stress-results -type f | wc -l)" 1 'a result without --json is kept, no other' "$out/err"
(cd "$out" && "$root/host-stress" show "$kept") >"$out/shown" 2>&1
is $? 0 'show: exit code' "$out/shown"
cmp -s "$out/shown" "$out/text"
ok $? 'show: what the run had said' "$out/shown"
(cd "$out" && "$root/host-stress" show --ktap "$kept") >"$out/shown" 2>&1
has '^not ok .*migrate' "$out/shown" 'KTAP: the phase that exceeds it is not ok'
has '^ok .*idle' "$out/shown" 'KTAP: the idle phase is ok'
judged 128 'misspelt figure' --fail-if 'migrate.fault.total > 1'
has 'faults' "$out/err" 'misspelt figure: the near name is said'
judged 0 '6.1' --kernel "$root/build/kernels/6.1" --json "$out/6.1.json"
"$STRESS" compare --verbose "$out/6.1.json" "$out/6.12.json" >"$out/text" 2>"$out/err"
is $? 125 'compare: one seed and small differences separate nothing' "$out/text"
has 'migrate.faults.total' "$out/text" 'compare: the table has the figures'
exec {pipe}> >(:)
wait $!
"$STRESS" compare --json "$out/compared.json" "$out/6.1.json" "$out/6.12.json" 1>&"$pipe" 2>"$out/err"
is $? 125 'compare | head: exit code, as if all had been read' "$out/err"
[ -s "$out/compared.json" ]
ok $? 'compare | head: the file is there' "$out/err"
# 7.3, which is PREEMPT_LAZY, takes the CPU from the vCPU five times as often.
judged 0 '7.3' --kernel "$root/build/kernels/7.3" --json "$out/7.3.json"
"$STRESS" --by idle.stalls.count compare "$out/6.12.json" "$out/7.3.json" >"$out/text" 2>"$out/err"
is $? 0 'compare: a named figure separates the two kernels' "$out/text"
done_testing
