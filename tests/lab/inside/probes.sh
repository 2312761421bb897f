# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# What needs a hand inside L1: a vCPU that is stopped, a kernel without BTF, settings that come back. What is
# refused where the probes do not work: tests/unit/observe.c and limits.c.

. /tests/common.sh

# The vCPU's thread stopped for 50 ms, in a phase in which nothing else happens: the one stall of 30 ms or
# more is that, and it is nobody's window.
start --phase-time 1s --sources null --stall 30ms \
	--fail-if 'null.stalls.count != 1' \
	--fail-if 'null.touch.max < 49ms' --fail-if 'null.touch.max > 51ms' \
	--fail-if 'null.stalls.vcpu_not_running != 1' \
	--fail-if 'null.stalls.by_cause.vcpu_not_running.total_ns < 49ms' \
	--fail-if 'null.stalls.by_cause.vcpu_not_running.total_ns > 51ms' \
	--fail-if 'null.windows.count > 10'
wait_for 60 "the null phase" grep -q '^null  *0[.]' err
/tests/poke stop "$(qemu_pid)" 50
ok $? "the vCPU's thread was stopped for 50 ms"
finish
is "$code" 0 "stopped vCPU: one stall of 50 ms, 2 % at most more or less, whose cause is vcpu_not_running" out
clean "stopped vCPU"

# Without probes no class is known, and none can be judged.
start --phase-time 200ms --sources migrate --probes counters --json result.json
finish
is "$code" 0 "--probes counters: exit code" err
has '"backend": "counters"' result.json "--probes counters: the result says so"
for figure in inside retried collateral refault upgrade other sent_back unmatched refault_ratio preempted; do
	has "\"$figure\": null" result.json "--probes counters: $figure is not known"
done
! grep -q '"inside": [0-9]' result.json
ok $? "--probes counters: no class has a number" result.json
clean "counters"

# --interfere preempts the invalidating thread in its windows, on a kernel that is made preemptible for it. (A
# limit would not do: events are lost when a thread is preempted within a probe.)
before=$(cat /sys/kernel/debug/sched/preempt)
start --phase-time 300ms --sources ksm-merge --interfere --json result.json
wait_for 60 "ksm-merge" in_phase ksm-merge
has '(full)' /sys/kernel/debug/sched/preempt "--interfere: the kernel is preemptible meanwhile (was: $before)"
finish
is "$code" 0 "--interfere: exit code" out
has '"preempted": [1-9]' result.json "--interfere: windows were preempted:$(grep '"preempted"' result.json | tr -d ' \n')"
clean "--interfere"

# A kernel without BTF, as far as a process can tell.
mount -t tmpfs none /sys/kernel/btf
start --phase-time 200ms --sources migrate --json result.json
finish
is "$code" 0 "no BTF, --probes auto: exit code" out
has '"backend": "counters"' result.json "no BTF, --probes auto: counters"
has '"why": "no BTF of the kernel' result.json "no BTF, --probes auto: says why"
umount /sys/kernel/btf
clean "no BTF"
done_testing
