#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# seconds: 400
#
# The same run gives the same bytes, another seed other figures. `lab --verify` compares result, output
# and L1's console; it would pass in silence if it compared nothing, so its word on the sizes is looked
# at, and two runs by the wall clock must be found to differ.
# shellcheck source=tests/lab/outside.sh
. "$(dirname "$0")/outside.sh"

short="--phase-time 200ms --sources migrate,ksm-merge"

# shellcheck disable=SC2086 # a list
"$STRESS" lab --verify $short --json "$out/1.json" >"$out/text" 2>"$out/err"
is $? 0 "the same run twice: exit code" "$out/text"
has '^EQUAL: .* result [1-9][0-9]\{3,\}, output [1-9][0-9]\{2,\}, console [1-9]' "$out/text" \
	"the same run twice: result, output and console were compared"

# What L1 need not know is kept out of it: names of files, limits, the form of the report.
# shellcheck disable=SC2086 # a list
"$STRESS" lab $short --json "$out/a-much-longer-name-than-the-first.json" --console "$out/console" --verbose \
	--ktap --timing --fail-if 'migrate.touch.count > 1' >"$out/text" 2>"$out/err"
is $? 1 "another command line: the limit is judged" "$out/text"
has '^not ok 2 migrate' "$out/text" "another command line: KTAP comes from outside"
for file in 1 a-much-longer-name-than-the-first; do
	figure "json.dumps({k: v for k, v in r.items() if k not in ('command', 'verdict', 'limits', 'host')}, indent=1)" \
		"$out/$file.json" >"$out/$file.rest"
done
diff "$out/1.rest" "$out/a-much-longer-name-than-the-first.rest" >"$out/diff" && [ -s "$out/1.rest" ]
ok $? "another command line: everything but command, verdict, limits and host is the same" "$out/diff"
has '^  migrate.measured .* s .* s$' "$out/err" "--timing: wall and virtual time of a phase"
at_least 200000000 "r['host']['virtual_ns.migrate.measured']" "$out/a-much-longer-name-than-the-first.json" \
	"--timing: the result has them too"
tests/validate-result "$out/a-much-longer-name-than-the-first.json" >"$out/valid" 2>&1
is $? 0 "--timing: the result follows the schema" "$out/valid"

# shellcheck disable=SC2086 # a list
"$STRESS" lab $short --seed 2 --json "$out/2.json" >"$out/text" 2>"$out/err"
is $? 0 "another seed: exit code" "$out/text"
touches='[x["touch"]["count"] for x in r["phases"]]'
first=$(figure "$touches" "$out/1.json")
second=$(figure "$touches" "$out/2.json")
[ -n "$first" ] && [ "$first" != "$second" ]
ok $? "another seed: other figures ($first, $second)"

# The schedule alone: L1 is told nothing of it, and yet its CPUs meet at other moments.
# shellcheck disable=SC2086 # a list
"$STRESS" lab $short --lab-schedule 7 --json "$out/7.json" >"$out/text" 2>"$out/err"
is $? 0 "another schedule: exit code" "$out/text"
second=$(figure "$touches" "$out/7.json")
[ -n "$second" ] && [ "$first" != "$second" ]
ok $? "another schedule: other figures ($first, $second)"
is "$(figure "r['lab']['schedule']" "$out/7.json")" 7 "another schedule: the result has it"
"$STRESS" lab --verify --lab-cpus 4 --sources ksm-merge --phase-time 100ms --memory 16M >"$out/text" 2>"$out/err"
is $? 0 "4 CPUs twice: the same bytes" "$out/text"

# On older and newer kernels, too.
for kernel in 6.1 7.3; do
	# shellcheck disable=SC2086 # a list
	"$STRESS" lab --verify $short --kernel "build/kernels/$kernel" >"$out/text" 2>"$out/err"
	is $? 0 "$kernel twice: the same bytes" "$out/text"
done

# Found out: by the wall clock L1's nanoseconds differ.
"$STRESS" lab --verify --no-deterministic -- /bin/sh -c 'echo up; grep ^now /proc/timer_list' \
	>"$out/text" 2>"$out/err"
is $? 1 "a difference: exit code" "$out/text"
has '^output differs in line 2:' "$out/text" "a difference: the first one is named"
kept=$(sed -n 's/^DIFFERENT: .* are in //p' "$out/text")
[ -d "$kept" ] && [ -s "$kept/1.output" ] && [ -s "$kept/2.output" ]
ok $? "a difference: both runs are kept" "$out/text"
rm -rf "${kept:?}"
done_testing
