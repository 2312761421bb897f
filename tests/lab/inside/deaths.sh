# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# What the run does when something dies, is corrupted, hangs or complains. How a killed QEMU, a silent guest, a
# signal that is ignored are told and what the next start puts back: tests/unit/{run_end,phase,signals,knobs}.c.

. /tests/common.sh

# Flipped bits in the guest's memory are found and are the kernel's fault: in pages of one vCPU's own and in those that
# two share, half of all. A write of the guest's to the same word may undo a flip now and then.
start --phase-time 2s --vcpus 2 --shared-pages 50% --sources null
wait_for 60 "the idle phase" in_phase idle
flipped=$(/tests/poke flips "$(qemu_pid)" 1)
ok $? "bits were flipped"
finish
is "$code" 1 "flipped bits: exit code" err
has "guest data corrupted: page" err "flipped bits: page, byte, expected and found are said"
has "corrupted in guest memory" out "flipped bits: the verdict names it"
found=$(tr -s ' \n' '  ' <out | sed -n 's/.* \([0-9]*\) words were corrupted.*/\1/p')
[ "${flipped:-0}" -ge 50 ] && [ $((${found:-0} * 10)) -ge $((flipped * 9)) ]
ok $? "flipped bits: $found found of $flipped, nine of ten wanted: those in shared pages and the others" out
clean "flipped bits"

# The guest's PID 1 is destroyed, and its kernel panics. Not before a second was measured: until then
# stress has not begun.
start --phase-time 5s --sources ksm-merge
measured() { grep -q "^idle  *[1-9]" err || ! kill -0 "$pid" 2>/dev/null; }
wait_for 60 "a second of the idle phase" measured
/tests/poke wreck "$(qemu_pid)" /tests/init
ok $? "the guest's program was overwritten"
finish
is "$code" 1 "guest died under stress: exit code" out
has "guest" out "guest died: the verdict says so"
clean "dead guest"

# KVM_RUN fails, as it does when the kernel under test has lost a page of the guest.
start --phase-time 5s --sources null
wait_for 60 "a second of the idle phase" measured
/tests/poke deny "$(qemu_pid)" 1
ok $? "a page was taken from the guest"
finish
is "$code" 1 "KVM_RUN failed: exit code" out
says "QEMU or its KVM died under stress: KVM could not run the guest: error: kvm run failed Bad address" out \
	"KVM_RUN failed: the verdict says so"
clean "failed KVM_RUN"

# QEMU waits in the kernel and cannot be killed, as in a deadlock there: a freezer of the first kind does that.
mkdir -p /tmp/freezer
mount -t cgroup -o freezer none /tmp/freezer && mkdir -p /tmp/freezer/qemu
ok $? "a freezer"
start --phase-time 5s --sources ksm-merge --silence 2s
wait_for 60 "ksm-merge" in_phase ksm-merge
frozen=$(qemu_pid)
echo "$frozen" >/tmp/freezer/qemu/cgroup.procs
echo FROZEN >/tmp/freezer/qemu/freezer.state
finish
is "$code" 125 "QEMU in the kernel: exit code" out
has "QEMU cannot be killed:" out "QEMU in the kernel: the verdict says so"
has "in __refrigerator" out "QEMU in the kernel: the verdict says where"
kill -0 "$frozen"
ok $? "QEMU in the kernel: it is still there"
is "$(cat /sys/kernel/mm/ksm/run)" 0 "QEMU in the kernel: KSM rests"
echo THAWED >/tmp/freezer/qemu/freezer.state
wait_for 5 "QEMU's end" no_qemu
echo 2 >/sys/kernel/mm/ksm/run # what nobody could do before
echo 0 >/sys/kernel/mm/ksm/run
clean "QEMU in the kernel"

# A crash of our own: a child puts the knobs back once we are dead.
start --phase-time 5s --sources ksm-merge
wait_for 60 "ksm-merge" in_phase ksm-merge
kill -SEGV "$pid"
finish
is "$code" 139 "our crash: exit code" err
back() { [ ! -e /run/host-stress/journal ]; }
wait_for 10 "recover" back
echo 2 >/sys/kernel/mm/ksm/run
echo 0 >/sys/kernel/mm/ksm/run
clean "our crash"

# We are killed: QEMU goes with us, although ksmd goes on; recover puts the knobs back. Each function that was probed
# is given back by itself, and each waits for a Tasks-RCU grace period of a busy ksmd: 20 s of a lab with one CPU.
start --phase-time 5s --sources ksm-merge
wait_for 60 "ksm-merge" in_phase ksm-merge
kill -9 "$pid"
gone() { ! grep -q '^State:.*[^Z] (' "/proc/$pid/status" 2>/dev/null; }
wait_for 40 "our end" gone
ok $? "SIGKILL: we end while ksmd runs"
finish
wait_for 5 "QEMU's end" no_qemu
[ -e /run/host-stress/journal ]
ok $? "SIGKILL: the journal is there"
is "$(cat /sys/kernel/mm/ksm/run)" 1 "SIGKILL: KSM still runs"
/usr/bin/host-stress recover >out 2>&1
is $? 0 "recover: exit code" out
clean "recover"

# What sources have made goes the same way: swap space of zram, a control group, a kdamond.
start --phase-time 5s --sources cgroup-reclaim+age
wait_for 60 "cgroup-reclaim+age" in_phase cgroup-reclaim+age
swaps() { grep -q zram /proc/swaps; }
wait_for 20 "swapping to zram" swaps
grep -q "^$(qemu_pid)$" /sys/fs/cgroup/host-stress/cgroup.procs
ok $? "QEMU is in a control group of its own"
kill -9 "$pid"
finish
wait_for 5 "QEMU's end" no_qemu
/usr/bin/host-stress recover >out 2>&1
is $? 0 "recover of what was made: exit code" out
clean "recover of what was made"

# Pages shared by somebody else: refused.
echo 1 >/sys/kernel/mm/ksm/run
/tests/poke share >/dev/null &
sharer=$!
shares() { [ "$(cat /sys/kernel/mm/ksm/pages_sharing)" -gt 0 ]; }
wait_for 20 "shared pages" shares
start --phase-time 100ms --sources null
finish
is "$code" 128 "foreign shared pages: exit code" err
has "with --force" err "foreign shared pages: says what to do"
kill $sharer
echo 2 >/sys/kernel/mm/ksm/run
echo 0 >/sys/kernel/mm/ksm/run

# io_uring switched off.
if echo 2 2>/dev/null >/proc/sys/kernel/io_uring_disabled; then
	start --phase-time 100ms --sources null
	finish
	is "$code" 128 "io_uring off: exit code" err
	has "kernel.io_uring_disabled=0" err "io_uring off: says how to allow it"
	echo 0 >/proc/sys/kernel/io_uring_disabled
fi

# What the kernel says under stress reaches the verdict. The test says it in the kernel's place: /dev/kmsg takes lines.
warn() {
	echo "WARNING: CPU: 0 PID: 35 at $1" >/dev/kmsg
}
warn "mm/ksm.c:1 before+0x1/0x2"
start --phase-time 300ms --sources ksm-merge --json result.json
wait_for 60 "ksm-merge" in_phase ksm-merge
warn "mm/ksm.c:2155 stable_tree_search+0x1a0/0x6f0"
finish
is "$code" 1 "a warning of mm under stress: exit code" out
says 'the kernel complained in phase ksm-merge: WARNING: at mm/ksm.c:2155 stable_tree_search' out "it is the reason"
has '"title": "WARNING: at mm/ksm.c:2155 stable_tree_search"' result.json "and in the result"
! grep -q 'before+' result.json
ok $? "what was said before the run is none of it" result.json
done_testing
