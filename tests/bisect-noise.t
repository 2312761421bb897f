#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# seconds: 8
#
# scripts/lib/bisect-noise: which limits stand clear of what the seed alone changes, by difference or, of times, by ratio;
# and that a limit that it names does stand clear.
cd "$(dirname "$0")/.." || exit 128
# shellcheck source=tests/lib.sh
. tests/lib.sh
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# results SIDE CODE EXPR LIMIT UNIT VALUE...: a result for each value; a limit is exceeded where the code is 1. A time's
# unit is that of both sides, as host-stress writes them (host/judge/limits.c judge_one()); values in the result are in ns.
results() {
	local side=$1 code=$2 expr=$3 limit=$4 unit=$5 value n=0 factor=

	shift 5
	case $unit in us) factor=e3 ;; ms) factor=e6 ;; s) factor=e9 ;; esac
	rm -f "$out/$side"-*
	for value in "$@"; do
		n=$((n + 1))
		cat >"$out/$side-$n.json" <<END
{"verdict": {"code": $code, "reasons": ["as planned"]}, "end": {"how": "complete"}, "seed": "$n",
 "limits": [{"expr": "$expr", "phase": null, "value": $value$factor, "limit": $limit$factor,
             "exceeded": $([ "$code" = 1 ] && echo true || echo false), "text": "$value$unit, limit $limit$unit"}]}
END
	done
}

# noise CODE PATTERN NAME
noise() {
	scripts/lib/bisect-noise "$out"/good-*.json -- "$out"/bad-*.json >"$out/text" 2>&1
	is $? "$1" "$3: exit code" "$out/text"
	has "$2" "$out/text" "$3: says $2"
}

# judge EXPR LIMIT UNIT GOOD BAD CODE PATTERN NAME
judge() {
	# shellcheck disable=SC2086 # lists
	results good 0 "$1" "$2" "$3" $4
	# shellcheck disable=SC2086
	results bad 1 "$1" "$2" "$3" $5
	noise "$6" "$7" "$8"
}

# named EXPR UNIT GOOD BAD NAME: the limit that the last refusal named is one that stands clear.
named() {
	local limit

	limit=$(sed -n 's/.*a limit of \([0-9.]*\)[num]*s* would.*/\1/p' "$out/text")
	judge "$1" "${limit:-0}" "$2" "$3" "$4" 0 'good with 3 of 3' "$5: the limit that is named, ${limit:-none}"
}

# Times, of experiments/museum's exhibit 3: by difference no limit would do.
longest='x.grace.give_back_ns > 1ms' good='139 187 152' bad='944 1866 970'
judge "$longest" 700 ms "$good" "$bad" 125 \
	'the nearest value is 1.35 times away from it, and the values of one kernel lie 1.98 times apart by their seed alone' \
	'a time too near to the bad side'
has '; a limit of 420ms would stand clear$' "$out/text" 'it names the geometrical middle'
named "$longest" ms "$good" "$bad" 'a time'
judge "$longest" 420 ms '139 187 300' "$bad" 125 'lie 2.16 times apart' 'a time whose good side varies more'
has '; no limit between them would stand clear$' "$out/text" 'no limit at all'
judge 'x.grace.rounds > 1' 420 '' "$good" "$bad" 125 'the values of one kernel lie 922 apart' 'the same numbers, but counts'
has '; no limit between them would stand clear$' "$out/text" 'no limit for the counts'
judge 'a-b.x_ns - a-b.y_ns > 1ms' 420 ms "$good" "$bad" 125 'lie 9.22e+08 apart' 'a difference of times, which may be negative'
judge 'a-b.x_ns + a-b.y_ns > 1ms' 420 ms "$good" "$bad" 0 'good with 3 of 3' 'a sum of times, of a phase with a minus in its name'
judge 'x.touch.ns.p50 < 1us' 4.6 us '9 9.1 9' '4 4.4 4.1' 125 'is 1.05 times away' 'a limit below which it is bad'
named 'x.touch.ns.p50 < 1us' us '9 9.1 9' '4 4.4 4.1' 'a limit below which it is bad'
judge 'x.touch.ns.p50 > 1us' 1000 us '900 500 700' '1200 1250 1300' 125 'no limit between them' 'times that vary too much'

# 0 has no ratio to any other time.
judge 'x.stalls.total_ns > 1ms' 1 ms '0 0 0' '5 6 7' 125 'is 1e+06 away from it, and the values of one kernel lie 2e+06 apart' \
	'a time of 0, a limit near it'
named 'x.stalls.total_ns > 1ms' ms '0 0 0' '5 6 7' 'a time of 0'
judge 'x.stalls.total_ns > 1ms' 3 ms '0 1 0' '5 6 7' 125 'no limit between them' 'a time that is 0 by some seeds alone'
judge 'x.stalls.total_ns > 0' 0 ms '0 0 0' '5 6 7' 125 'a limit of 2.4ms would stand clear' 'a limit of 0'
judge 'x.stalls.total_ns > 0' 0 ms '0 0 0' '5 5 5' 0 'good with 3 of 3' 'a limit of 0, and nothing varies'

# All else by difference.
judge 'x.stalls.count > 60' 60 '' '37 41 44' '90 95 101' 0 'good with 3 of 3' 'counts'
judge 'x.stalls.count > 50' 50 '' '37 41 44' '90 95 101' 125 'nearest value is 6 away .* 11 apart .*; a limit of 67 would' 'counts too near'
named 'x.stalls.count > 50' '' '37 41 44' '90 95 101' 'counts'
judge 'x.a / x.b < 65%' 0.5 '' '0.98 1 0.99' '0.27 0.4 0.3' 125 'a limit of 0.69 would stand clear' 'a share'
named 'x.a / x.b < 65%' '' '0.98 1 0.99' '0.27 0.4 0.3' 'a share'
judge 'x.stalls.count > 50000000' 50000000 '' '40000000 49000000 45000000' '90000000 91000000 90000000' 125 \
	'a limit of 70000000 would stand clear' 'a large number is written without an exponent'

# A run on the wrong side: what would divide the two is said, too.
results good 0 'x.stalls.count > 50' 50 '' 37 41 44
results bad 0 'x.stalls.count > 50' 50 '' 49
cp "$out/bad-1.json" "$out/kept.json"
results bad 1 'x.stalls.count > 50' 50 '' 70 71
cp "$out/kept.json" "$out/bad-3.json"
noise 125 'the bad kernel is good with seed 1: as planned$' 'a bad one that is good, and no other limit would do'
results bad 0 'x.stalls.count > 80' 80 '' 79
cp "$out/bad-1.json" "$out/kept.json"
results good 0 'x.stalls.count > 80' 80 '' 37 41 44
results bad 1 'x.stalls.count > 80' 80 '' 81 85
cp "$out/kept.json" "$out/bad-3.json"
noise 125 "as planned; for 'x.stalls.count > 80' a limit of 6[0-9] would stand clear" 'and where another would do'

# host-stress always says both sides; a result that does not is none to be judged by.
results good 0 'x.y > 60' 60 '' 37
results bad 1 'x.y > 60' 60 '' 90
sed -i 's/"text": "[^"]*"/"text": ""/' "$out"/bad-1.json
noise 128 'does not say both sides' 'no text'

# experiments/noise-rule, which asks the rule: of the 20 ways to deal six values that come in two groups one has a limit that stands clear.
n=0
for value in 100 101 102 1000 1010 1020; do
	n=$((n + 1))
	echo '{"phases": [{"name": "x", "touch": {"count": '$value', "ns": {"max": '$value'}}}]}' >"$out/seed-$n.json"
done
experiments/noise-rule "$out"/seed-*.json >"$out/text" 2>&1
is $? 0 'noise-rule with results: exit code' "$out/text"
has '6 results, 1 times, 20 deals: .* by difference in 5.000 %, by ratio in 5.000 %' "$out/text" 'one of 20 deals'
experiments/noise-rule --trials 20 >"$out/text" 2>&1
is $? 0 'noise-rule with laws: exit code' "$out/text"
is "$(grep -c '^|' "$out/text")" 11 'a line for each law' "$out/text"
experiments/noise-rule "$out/seed-1.json" >"$out/text" 2>&1
is $? 128 'noise-rule with one result: exit code' "$out/text"
done_testing
