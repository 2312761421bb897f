# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# No test, a measurement (docs/method.md): how much of the CPU the agent's own threads take while a source is
# at full pressure, with probes and without. Of migrate, cow and compact most is the source's own work, done by
# the agent; the difference between the two is what taking, ordering and judging events costs.
#
#     ./host-stress lab --overlay build/tests/overlay.cpio -- /bin/sh /tests/agent-cpu.sh [SOURCE...]

. /tests/common.sh

# ns on a CPU, of all threads of $pid.
ran() {
	cat /proc/"$pid"/task/*/schedstat 2>/dev/null | awk '{ns += $1} END {printf "%.0f\n", ns}'
}

now() {
	awk '$1 == "now" {print $3; exit}' /proc/timer_list
}

for source in "${@:-ksm-merge}"; do
	for probes in counters bpf; do
		start --phase-time 4s --memory 64M --sources "$source" --probes $probes
		wait_for 60 "the clock of $source" grep -q "^$source  *[0-9.]*/" err
		from=$(now) before=$(ran)
		sleep 1
		echo "$source $probes $(ran) $before $(now) $from" |
			awk '{printf "%-12s --probes %-9s %5.1f %% of the CPU\n", $1, $2, 100 * ($3 - $4) / ($5 - $6)}'
		finish
		[ "$code" = 0 ] || echo "$source: exit code $code"
	done
done
