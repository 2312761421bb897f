#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# seconds: 64
#
# How the lab itself can end: L1's panic before and under stress, hangs by both clocks, our signals and our
# death, a kernel that is none. One line says what, the code is right, nothing is left behind.
# shellcheck source=tests/lab/outside.sh
. "$(dirname "$0")/outside.sh"

lab() {
	"$STRESS" lab "$@" >"$out/text" 2>"$out/err"
	code=$?
}

lab -- /bin/sh -c 'echo c >/proc/sysrq-trigger'
is $code 125 "panic before stress: exit code" "$out/text"
says "died before stress began" "$out/text" "panic before stress: the verdict says so"
says "sysrq triggered crash" "$out/text" "panic before stress: its reason too"
has "last lines of the L1 console" "$out/err" "panic before stress: the console is shown"

lab -- /bin/sh -c 'echo begun >&3; sleep 1; echo c >/proc/sysrq-trigger'
is $code 1 "panic under stress: exit code" "$out/text"
# (What --on-crash and --crash-match make of it: tests/unit/lab_report.c.)

# An oops that kills one thread leaves its locks taken: the rest would hang, which is nobody's verdict. A bad page is
# only a line on the console. 32 is its taint, which root can set as well.
lab -- /bin/sh -c 'cat /proc/sys/kernel/panic_on_oops; sleep 1; echo begun >&3; sleep 1
	echo 32 >/proc/sys/kernel/tainted; sleep 1'
is "$(head -n 1 "$out/text")" 1 "an oops is a panic" "$out/err"
is $code 1 "a bad page under stress: exit code" "$out/text"

lab --virtual-timeout 5s -- /bin/sleep 1000
is $code 125 "virtual time-out: exit code" "$out/text"
says "no end after 5 s of" "$out/text" "virtual time-out: the verdict says so"

# What the guest has told of is known outside, whatever becomes of L1 or of the result.
lab --virtual-timeout 3s -- /bin/sh -c 'echo begun >&3; echo corrupted 2 cow >&3; sleep 1000'
is $code 1 "hung after corrupted data: exit code" "$out/text"
says "phase cow: 2 words were corrupted" "$out/text" "hung after corrupted data: the verdict says so"

lab --wall-timeout 2s -- /bin/sleep 1000
is $code 125 "wall time-out: exit code" "$out/text"
says "2 s of wall time" "$out/text" "wall time-out: the verdict says so"

lab -- /bin/sh -c 'printf "\033[2Jwiped\n" >&2; exit 77'
has '?.2Jwiped' "$out/err" "what L1 says gives no orders to a terminal"
is $code 128 "an exit code of another program is not passed through"

head -c 100000 /dev/urandom >"$out/no-kernel"
lab --kernel "$out/no-kernel" --wall-timeout 10s -- /bin/true
[ $code = 125 ] || [ $code = 128 ]
ok $? "a file that is no kernel: cannot judge (code $code)" "$out/err"

# (A script's background jobs are started with SIGINT ignored.)
for signal in INT TERM; do
	env --default-signal=INT "$STRESS" lab -- /bin/sleep 1000 >"$out/text" 2>"$out/err" &
	pid=$!
	wait_for 10 "the lab's QEMU" pgrep -P $pid -f host-stress-lab
	kill -$signal $pid
	wait $pid
	is $? 128 "SIG$signal while L1 runs: exit code" "$out/err"
	says "interrupted by SIG$signal" "$out/text" "SIG$signal while L1 runs: said"
done

"$STRESS" lab -- /bin/sleep 1000 >"$out/text" 2>"$out/err" &
pid=$!
wait_for 10 "the lab's QEMU" pgrep -P $pid -f host-stress-lab
child=$(pgrep -P $pid -f host-stress-lab)
kill -9 "$child"
wait $pid
is $? 125 "the lab's QEMU killed: exit code" "$out/err"

"$STRESS" lab -- /bin/sleep 1000 >"$out/text" 2>"$out/err" &
pid=$!
wait_for 10 "the lab's QEMU" pgrep -P $pid -f host-stress-lab
child=$(pgrep -P $pid -f host-stress-lab)
kill -9 $pid
wait $pid 2>/dev/null
gone() { ! kill -0 "$child" 2>/dev/null; }
wait_for 2 "the end of QEMU with us" gone
ok $? "QEMU dies with us"
done_testing
