#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# seconds: 98
#
# The ruler held against the ruler: --stretch makes every window longer by a known time, and what is
# measured must grow by just that. And what is known beforehand: the idle and the null phase have no
# windows but the kernel's own noise and no refault, and every page that KSM merges and the guest reads
# again is one refault on a kernel without change_pte in use.
# shellcheck source=tests/lab/outside.sh
. "$(dirname "$0")/outside.sh"

# run_ksm NAME ARGS...: KSM merging a small guest; the result is in $out/NAME.json.
run_ksm() {
	local name=$1

	shift
	"$STRESS" --place lab --lab-cpus 1 --kernel build/kernels/6.12 --memory 16M --phase-time 300ms \
		--json "$out/$name.json" "$@" >"$out/text" 2>"$out/err"
	is $? 0 "$name: exit code" "$out/text"
	is "$(figure "r['probes']['lost']" "$out/$name.json")" 0 "$name: no event lost" "$out/text"
}

# moved NS PART NAME: the median of windows.ns.PART is longer than the base run's by NS, 5 % at most more or
# less. A median is the upper end of a bucket that is up to 1/32 wide, so the true difference lies between
# those of opposite ends: all of that must be within the 5 %.
moved() {
	local low high wanted=$1 ends="lambda v: (v - (1 << max(v.bit_length() - 6, 0)) + 1, v)"
	local p50="p['ksm-merge']['windows']['ns']['$2']['p50']"

	low=$(($(figure "($ends)($p50)[0]" "$out/$3.json") - $(figure "$p50" "$out/base.json")))
	high=$(($(figure "$p50" "$out/$3.json") - $(figure "($ends)($p50)[0]" "$out/base.json")))
	[ $((low * 100)) -ge $((wanted * 95)) ] && [ $((high * 100)) -le $((wanted * 105)) ]
	ok $? "--stretch $3: the median of $2 moves by $low to $high ns" "$out/text"
}

run_ksm base --sources null,ksm-merge --trace "$out/trace"
tests/trace-counts "$out/trace" "$out/base.json" >"$out/text" 2>&1
ok $? "--trace: decoded, it has as many windows, faults and stalls of each kind as the JSON" "$out/text"
json=$out/base.json
is "$(figure "r['probes']['stretch_ns']" "$json")" 0 "base: not stretched"
at_least 1000 "p['ksm-merge']['windows']['count']" "$json" "base: windows"
at_least 1000 "p['ksm-merge']['windows']['by_thread']['ksmd']" "$json" "base: windows by ksmd"
at_least 500 "p['ksm-merge']['faults']['refault']" "$json" "base: refaults"
is "$(figure "p['ksm-merge']['refault_ratio'] >= 0.95" "$json")" True \
	"base: refault ratio $(figure "p['ksm-merge']['refault_ratio']" "$json"), at least 0.95 wanted"
for phase in idle null; do
	noise=$(figure "p['$phase']['windows']['count']" "$json")
	[ "${noise:-99}" -le 10 ]
	ok $? "base: $phase: $noise windows, the kernel's own noise, at most 10 wanted"
	is "$(figure "p['$phase']['faults']['refault']" "$json")" 0 "base: $phase: no refault"
	is "$(figure "sum(t['touched'] for t in p['$phase']['transitions'].values())" "$json")" 0 \
		"base: $phase: no page kept over a window"
done

for stretch in 20us:20000 1ms:1000000; do
	name=${stretch%:*}
	ns=${stretch#*:}
	run_ksm "$name" --sources ksm-merge --stretch "$name"
	is "$(figure "r['probes']['stretch_ns']" "$out/$name.json")" "$ns" "--stretch $name: the result says so"
	at_least 1000 "p['ksm-merge']['windows']['count']" "$out/$name.json" "--stretch $name: windows"
	moved "$ns" empty "$name"
	moved "$ns" total "$name"
done
done_testing
