#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# experiments/both-labs over results that only pretend: what it compares, what it calls out of the band, what it refuses.
cd "$(dirname "$0")/.." || exit 128
. tests/lib.sh

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# result FILE PAGING WINDOWS REFAULTS RETRIED [KERNEL]
result() {
	cat >"$out/$1" <<END
{"kernel": "${6:-6.1}", "seed": "1", "paging": "$2", "lab": {"cpus": 1},
 "guest": {"memory_bytes": 8388608, "vcpus": 1}, "phases": [
 {"name": "age", "exercised": false, "duration_ns": 0, "windows": {"count": null},
  "faults": {"refault": null, "retried": null}},
 {"name": "migrate", "exercised": true, "duration_ns": 1000, "windows": {"count": $3},
  "faults": {"refault": $4, "retried": $5}}]}
END
}

both() {
	experiments/both-labs "$@" >"$out/text" 2>"$out/err"
}

result amd.json npt 1000 400 3
result intel.json ept 1100 500 90
both "$out/amd.json" "$out/intel.json"
is $? 0 "within the band: exit code" "$out/err"
has '^| migrate | 1,000 / 1,100 = 1.10 | 400 / 500 = 1.25 | 3 / 90 |' "$out/text" "each figure of both, few retried ones without a quotient"
has '^All within 1.5' "$out/text" "within the band: it is said"
both --band 1.2 "$out/amd.json" "$out/intel.json"
is $? 1 "out of the band: exit code" "$out/err"
has '^migrate: refaults: 400 and 500' "$out/text" "out of the band: which figure"
result intel.json ept 0 500 90
both "$out/amd.json" "$out/intel.json"
is $? 1 "nothing in one lab: exit code" "$out/text"
result intel.json ept 1100 500 90 6.12
both "$out/amd.json" "$out/intel.json"
is $? 128 "another kernel: exit code" "$out/text"
has "not the same run: the kernel is 6.1 and 6.12" "$out/err" "another kernel: it is said"
both "$out/intel.json" "$out/amd.json"
is $? 128 "the labs in the wrong order: exit code" "$out/text"
done_testing
