# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# What a killed process leaves in tracefs: removed by recover and by the next start, but not while its
# owner lives. Here /tests/probe is the one that traces.

. /tests/common.sh

TRACING=/sys/kernel/tracing

# begin: a run, and a probe that watches its VM.
begin() {
	rm -f p
	start --phase-time 30s --sources null
	wait_for 60 "the idle phase" in_phase idle
	/tests/probe "$(qemu_pid)" 60 >p 2>&1 &
	probe=$!
	wait_for 30 "the backend" grep -qs open_us p
}

left_behind() {
	[ -n "$(ls $TRACING/instances)" ] && [ -n "$(cat $TRACING/kprobe_events)" ]
}

# Killed: everything stays, and recover removes it.
begin
kill -9 $probe
wait $probe
kill -INT "$pid"
finish
left_behind
ok $? "SIGKILL: the instance and its kprobe events are there"
/usr/bin/host-stress recover >out 2>err
is $? 0 "recover: exit code" err
has "removed what a killed run traced" out "recover: says what it did"
clean "recover"
/usr/bin/host-stress recover >out 2>err
is $? 0 "recover again: exit code" err
has "nothing to put back" out "recover again: there was nothing left"

# The next start removes it, too; but not what belongs to a process that lives.
begin
kill -9 "$pid"
finish
wait_for 5 "QEMU's end" no_qemu
/usr/bin/host-stress recover >out 2>err
is $? 0 "recover beside a live probe: exit code" err
left_behind
ok $? "what a live process has is left alone"
kill -9 $probe
wait $probe
start --phase-time 100ms --sources null
finish
is "$code" 0 "run after a killed probe: exit code" err
clean "run after a killed probe"
done_testing
