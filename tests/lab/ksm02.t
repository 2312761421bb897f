#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# seconds: 98
#
# The work of LTP's ksm02 on two kernels: every page that is alike is merged in each of the four steps, no
# other, and nothing is corrupted. Would pass in silence if a step ended without merging: so the pages are
# counted. That a job without the time for its work is not judged: tests/unit/phase.c.
# shellcheck source=tests/lab/outside.sh
. "$(dirname "$0")/outside.sh"

job='--place lab --lab-cpus 1 --pattern ksm02 --memory 12M --phase-time 200ms'
pages=3072 # of 12M; all are merged four times, but for the odd one

# shellcheck disable=SC2086 # a list
for kernel in 6.1 6.12; do
	json=$out/$kernel.json
	"$STRESS" $job --kernel "build/kernels/$kernel" --proof-timeout 60s --json "$json" \
		>"$out/text" 2>"$out/err"
	is $? 0 "$kernel: exit code" "$out/text"
	[ -e "$json" ] || { sed 's/^/# /' "$out/err"; continue; }
	tests/validate-result "$json" >"$out/valid" 2>&1
	is $? 0 "$kernel: the result follows the schema" "$out/valid"
	is "$(figure "list(p)" "$json")" "['idle', 'ksm02']" "$kernel: the phases"
	is "$(figure "r['guest']['pattern'], p['ksm02']['job'], p['idle']['job']" "$json")" \
		"('ksm02', True, False)" "$kernel: it is a job"
	is "$(figure "p['ksm02']['proof']" "$json")" \
		"{'ksm02_steps': 4, 'ksm02_pages_merged': $((4 * pages - 1))}" "$kernel: pages merged"
	is "$(figure "p['ksm02']['touch']['writes']" "$json")" 0 "$kernel: no touch writes"
	at_least 10000 "p['ksm02']['touch']['count']" "$json" "$kernel: touches"
	at_least $((2 * pages)) "p['ksm02']['transitions']['copy']['windows']" "$json" \
		"$kernel: merged pages broken by writing them anew"
	at_least $((3 * pages)) "p['ksm02']['transitions']['replace']['windows']" "$json" \
		"$kernel: windows of merging"
	is "$(figure "p['ksm02']['refault_ratio'] >= 0.95" "$json")" True "$kernel: refault ratio"
	at_least 1000000 "p['ksm02']['cpu']['ksmd']['total_ns']" "$json" "$kernel: CPU time of ksmd"
	at_least 1000000 "p['ksm02']['cpu']['qemu']['total_ns']" "$json" "$kernel: CPU time of QEMU"
	is "$(figure "p['idle']['cpu']['ksmd']['total_ns'] < 10000000" "$json")" True \
		"$kernel: ksmd rests in the idle phase"
	is "$(figure "sum(x['integrity']['errors'] for x in r['phases'])" "$json")" 0 \
		"$kernel: no corrupted word"
done
done_testing
