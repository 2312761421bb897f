# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Signals in each phase: code 128, the partial result, knobs back, no process left. The wrapper says which, in the
# order of the phases, so that two L1s can share the work.

. /tests/common.sh

STRESS="/tests/poke heed $STRESS"
for phase in idle ksm-merge ksm-unmerge cow migrate compact; do
	signal=$1
	shift
	sources=$phase
	[ "$phase" != idle ] || sources=null
	start --phase-time 1s --sources "$sources"
	wait_for 60 "phase $phase" in_phase "$phase"
	kill -"$signal" "$pid"
	finish
	is "$code" 128 "SIG$signal in $phase: exit code" err
	has "interrupted by SIG$signal" out "SIG$signal in $phase: the report says so"
	clean "SIG$signal in $phase"
done
done_testing
