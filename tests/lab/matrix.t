#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# seconds: 125
#
# A small matrix in the real lab, every cell twice: the second run must give the same result. Tables over several
# kernels, resuming, other machines: tests/matrix.t.
# shellcheck source=tests/lab/outside.sh
. "$(dirname "$0")/outside.sh"

scripts/matrix --kernels 6.12 --sources migrate --seeds 1-2 --out "$out/m" --check \
	-- --phase-time 200ms --memory 16M >"$out/text" 2>"$out/err"
is $? 0 "two seeds, twice: exit code" "$out/err"
is "$(find "$out/m" -name 'seed-[12].json' | wc -l)" 2 "every cell has a result" "$out/err"
is "$(find "$out/m" -name 'seed-[12].check.json' | wc -l)" 2 "every cell was run a second time" "$out/err"
has '^6.12 .*migrate .*2 pass' "$out/text" "the table has 6.12"
tests/validate-result "$out"/m/*/migrate/*.json >"$out/valid" 2>&1
is $? 0 "the results follow the schema" "$out/valid"
first=$(figure "p['migrate']['touch']['count']" "$out/m/6.12/migrate/seed-1.json")
second=$(figure "p['migrate']['touch']['count']" "$out/m/6.12/migrate/seed-2.json")
[ "${first:-0}" -gt 1000 ] && [ "$first" != "$second" ]
ok $? "another seed, other figures ($first, $second)"
done_testing
