# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# signals.sh PHASE=SIGNAL...: code 128, the partial result, knobs back, no process left.

. /tests/common.sh

STRESS="/tests/poke heed $STRESS"
for one in "$@"; do
	phase=${one%=*} signal=${one#*=}
	start --phase-time 1s --sources "$phase"
	wait_for 60 "phase $phase" in_phase "$phase"
	kill -"$signal" "$pid"
	finish
	is "$code" 128 "SIG$signal in $phase: exit code" err
	has "interrupted by SIG$signal" out "SIG$signal in $phase: the report says so"
	clean "SIG$signal in $phase"
done
done_testing
