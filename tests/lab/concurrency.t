#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# seconds: 104
#
# Guest and invalidator at the same time, on several CPUs: what is known beforehand must come out. KVM zaps
# in each window on all three kernels, so each page that the guest touched again took a fault: refault ratio
# 1.000 of every kind. Events of all CPUs come in order, with their other halves, and add up to KVM's count.
# shellcheck source=tests/lab/outside.sh
. "$(dirname "$0")/outside.sh"

"$STRESS" --help | grep -q -e --lab-turn || {
	echo "1..0 # SKIP the lab's CPUs take turns of 100 ms here: guest and invalidator do not overlap"
	exit 0
}

# truth KERNEL CPUS VCPUS SOURCES MEMORY TIME. Since 6.3 pages are migrated in batches of 512 ("migrate_pages: batch
# _unmap and _move"), all unmapped before the first is moved: the guest runs into one window of a batch or none, then
# waits. So it takes some batches.
truth() {
	local name="$1, $2 CPUs, $3 vCPUs" json=$out/$1-$2.json phase

	"$STRESS" --place lab --kernel "build/kernels/$1" --lab-cpus "$2" --vcpus "$3" --memory "$5" \
		--phase-time "$6" --sources "$4" --json "$json" >"$out/text" 2>"$out/err"
	is $? 0 "$name: exit code" "$out/text"
	for count in lost late unpaired; do
		is "$(figure "r['probes']['$count']" "$json")" 0 "$name: no event $count" "$out/text"
	done
	for phase in ${4//,/ }; do
		is "$(figure "sum(t['touched'] for t in p['$phase']['transitions'].values())" "$json")" 0 \
			"$name: $phase: no page kept over a window" "$out/text"
		is "$(figure "p['$phase']['refault_ratio']" "$json")" 1.0 "$name: $phase: refault ratio"
		is "$(figure "abs(p['$phase']['faults']['unmatched']) <= 2" "$json")" True \
			"$name: $phase: $(figure "p['$phase']['faults']['unmatched']" "$json") faults unmatched"
		at_least 1 "p['$phase']['faults']['inside']" "$json" "$name: $phase: faults inside windows"
	done
}

truth 6.12 2 1 ksm-merge 32M 150ms
truth 6.12 2 1 migrate 2M 600ms
truth 7.3 2 1 ksm-merge 32M 150ms
truth 6.1 2 1 migrate 4M 150ms
done_testing
