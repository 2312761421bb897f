#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# seconds: 90
#
# Stalls add up, and are told. A window is held for 3 ms, on a second CPU: it must be one window of 3 ms, and the
# worst stall's part, with that window named and the place where it was held. And with every window held, what
# vCPUs ran into are as many stalls.
# shellcheck source=tests/lab/outside.sh
. "$(dirname "$0")/outside.sh"

# run_two NAME ARGS...: with two CPUs, one of them the vCPU's; the result is in $out/NAME.json.
run_two() {
	local name=$1

	shift
	"$STRESS" --place lab --kernel build/kernels/6.12 --lab-cpus 2 --sources migrate --phase-time 300ms \
		--probes bpf --tables --json "$out/$name.json" "$@" >"$out/text" 2>"$out/err"
	is $? 0 "$name: exit code" "$out/text"
	scripts/validate-result "$out/$name.json" >"$out/valid" 2>&1
	is $? 0 "$name: the result follows the schema" "$out/valid"
	is "$(figure "[x['name'] for x in r['phases'] if sum(v['total_ns'] for v in x['stalls']['parts'].values()) !=
		sum(v['total_ns'] for v in x['stalls']['by_cause'].values())]" "$out/$name.json")" "[]" \
		"$name: the parts of stalls add up to all of their time"
	is "$(figure "[(x['name'], s['at_ns']) for x in r['phases'] for s in x['stalls']['worst']
		if sum(i['ns'] for i in s['pieces']) + s['rest_ns'] != s['ns']]" "$out/$name.json")" "[]" \
		"$name: the pieces of told stalls add up"
}

run_two held --memory 4M --stretch 3ms --stretch-count 1
json=$out/held.json
unseen=$(figure "sum(x['stalls']['parts']['not_seen']['total_ns'] for x in r['phases']) * 1000 //
	sum(x['stalls']['total_ns'] for x in r['phases'])" "$json")
[ "${unseen:-1000}" -le 10 ]
ok $? "held: $unseen per mille of the stalled time not seen, at most 10 wanted" "$out/text"
is "$(figure "3000000 <= p['migrate']['windows']['ns']['empty']['max'] < 3400000" "$json")" True \
	"held: the longest window is one of 3 ms ($(figure "p['migrate']['windows']['ns']['empty']['max']" "$json") ns)"
at_least 1 "len([1 for s in p['migrate']['stalls']['worst'][:1] for i in s['pieces'] if i['part'] == 'inside' and
	i['window']['thread'] == 'agent' and 2900000 < i['window']['end_ns'] - i['window']['open_ns'] < 3400000 and
	i['ns'] > 1000000 and 'move_pages' in (i['window']['stack'] or '')])" "$json" \
	"held: the worst stall tells of that window and where it was held"

run_two all --memory 16M --stretch 1ms --stall 10us
json=$out/all.json
met=$(figure "p['migrate']['windows']['met']" "$json")
stalls=$(figure "p['migrate']['stalls']['by_cause']['inside']['count']" "$json")
[ "${met:-0}" -ge 20 ] && [ $((stalls * 100)) -ge $((met * 97 - 100)) ] && [ $((stalls * 100)) -le $((met * 103 + 100)) ]
ok $? "--stretch 1ms: $stalls stalls by windows that a vCPU ran into, $met windows met" "$out/text"
done_testing
