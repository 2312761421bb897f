# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Backend B of the probes (host/probe_tracefs.c) watches the VM of a run under full pressure: /tests/probe
# says what it has seen.

. /tests/common.sh

# figure NAME: from the file p.
figure() {
	sed -n "s/^$1 //p" p
}

# above FIGURE MINIMUM NAME
above() {
	[ "$(figure "$1")" -ge "$2" ]
	ok $? "$3: $1 is $(figure "$1"), at least $2" p
}

# close_to FIGURE FIGURE DIFFERENCE NAME
close_to() {
	close_by=$(($(figure "$1") - $(figure "$2")))
	[ "$close_by" -le "$3" ] && [ "$close_by" -ge "-$3" ]
	ok $? "$4: $1 $(figure "$1"), $2 $(figure "$2")" p
}

for source in migrate ksm-merge; do
	start --phase-time 30s --sources $source
	wait_for 60 $source in_phase $source
	/tests/probe "$(qemu_pid)" 1 >p 2>probe_err
	is $? 0 "$source: the backend works" probe_err
	sed 's/^/# /' p
	kill -INT "$pid"
	finish
	clean "$source"
	above windows 1000 $source
	above event.fault 1000 $source
	above outcome.fixed 1000 $source
	above event.off 10 $source
	above event.virq 10 $source
	close_to event.start event.end 1 "$source: what begins also ends"
	close_to event.fault pf_taken 0 "$source: KVM has counted the same faults"
	close_to outcome.fixed fault.mapping-known 0 "$source: each mapping's size is known"
	is "$(figure reason.clear)" "$(figure event.start)" "$source: every window is a CLEAR" p
	is "$(figure strange)" 0 "$source: no event that cannot be" p
	is "$(figure lost)" 0 "$source: nothing lost" p
	is "$(figure backward_ns)" 0 "$source: in order" p
	if [ $source = migrate ]; then
		above fault.migration 10 migrate
		above thread.other 1000 migrate
	else
		above thread.ksmd 10 ksm-merge
		above transition.write-protect 5 ksm-merge
		above transition.replace 5 ksm-merge
		above transition.copy 5 ksm-merge
		is "$(figure transition.none)" 0 "ksm-merge: every transition is known" p
		is "$(figure fault.own-copy)" "$(figure thread.vcpu)" \
			"ksm-merge: every copy of a vCPU has its fault" p
	fi
done
done_testing
