# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# common.sh - what the tests inside L1 share. Each stands in the place of a user with hardware KVM.

. /tests/lib.sh

QEMU=qemu-system-x86_64
STRESS="/usr/bin/host-stress --place host --memory 16M --inside tcg,deterministic,cured"

# Every knob that a source may touch, as one text.
knobs() {
	grep -s . /sys/kernel/mm/ksm/run /sys/kernel/mm/ksm/pages_to_scan \
		/sys/kernel/mm/ksm/sleep_millisecs /sys/kernel/mm/ksm/smart_scan \
		/sys/kernel/mm/ksm/advisor_mode /sys/kernel/mm/ksm/pages_sharing \
		/sys/kernel/mm/transparent_hugepage/enabled \
		/sys/kernel/mm/transparent_hugepage/shmem_enabled \
		/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages \
		/proc/sys/kernel/numa_balancing \
		/sys/kernel/debug/sched/preempt /sys/kernel/debug/sched/numa_balancing/* \
		/sys/kernel/mm/transparent_hugepage/khugepaged/[adms]* \
		/sys/kernel/mm/transparent_hugepage/khugepaged/pages_to_scan \
		/sys/kernel/mm/damon/admin/kdamonds/nr_kdamonds /proc/swaps \
		/sys/devices/system/memory/memory*/state /sys/fs/cgroup/cgroup.subtree_control
	ls -d /dev/zram* /sys/fs/cgroup/host-stress 2>/dev/null
}

knobs_before=$(knobs)

qemu_pid() {
	pidof $QEMU | cut -d' ' -f1
}

no_qemu() {
	! pidof $QEMU >/dev/null
}

# clean NAME: what must hold after every run, however it ended.
clean() {
	wait_for 5 "QEMU's end after $1" no_qemu
	is "$(knobs)" "$knobs_before" "$1: every knob is back"
	[ ! -e /run/host-stress/journal ]
	ok $? "$1: no journal is left"
}

# start ARGS...: a run in the background, $pid; its output in out and err. Emptied before, for it is the child that opens
# them, and who waits for a word in err would find that of the run before.
start() {
	: >out
	: >err
	# shellcheck disable=SC2086 # a list
	$STRESS "$@" >out 2>err 3>/dev/null &
	pid=$!
}

# in_phase NAME: the run has come to that phase.
in_phase() {
	grep -q "^$1 " err || ! kill -0 "$pid" 2>/dev/null
}

# finish: waits for the run; $code.
finish() {
	code=0
	wait "$pid" || code=$?
}

cd /tmp || exit 1
