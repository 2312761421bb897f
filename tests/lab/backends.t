#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# seconds: 50
#
# BPF and tracefs see the same. Each shifts the run by what it costs itself, so their counts cannot be equal
# to each other; but each must equal what the run has done by another count: a migrated page is one
# window (mm/rmap.c try_to_migrate_one()), a fault is one more in KVM's pf_taken.
# shellcheck source=tests/lab/outside.sh
. "$(dirname "$0")/outside.sh"

# near A B NAME: within 1 % and 16.
near() {
	local apart=$(($1 > $2 ? $1 - $2 : $2 - $1))

	[ $((apart * 100)) -le $(($2 + 1600)) ]
	ok $? "$3: $1 for $2"
}

for backend in bpf tracefs; do
	json=$out/$backend.json
	"$STRESS" --place lab --kernel build/kernels/6.12 --probes $backend --sources migrate \
		--phase-time 300ms --memory 16M --json "$json" >"$out/text" 2>"$out/err"
	is $? 0 "$backend: exit code" "$out/text"
	is "$(figure "r['probes']['backend']" "$json")" $backend "$backend: named in the result"
	is "$(figure "r['probes']['lost']" "$json")" 0 "$backend: no event lost"
	at_least 1000 "p['migrate']['windows']['count']" "$json" "$backend: windows"
	near "$(figure "p['migrate']['windows']['count']" "$json")" \
		"$(figure "p['migrate']['proof']['pages_migrated']" "$json")" "$backend: windows, by migrated pages"
	near "$(figure "p['migrate']['faults']['total'] - p['migrate']['faults']['unmatched']" "$json")" \
		"$(figure "p['migrate']['faults']['total']" "$json")" "$backend: faults, by KVM's count"
	near "$(figure "round(1000 * p['migrate']['refault_ratio'])" "$json")" 1000 "$backend: refault ratio in thousandths"
done
echo "# touches in migrate, tracefs for bpf: $(figure "p['migrate']['touch']['count']" "$out/tracefs.json")" \
	"for $(figure "p['migrate']['touch']['count']" "$out/bpf.json")"
done_testing
