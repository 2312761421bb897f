# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# killed.sh SOURCE[=OPTIONS]...: each by itself is killed (SIGKILL) in the middle of its phase, then `host-stress recover`.
# One line a source: "killed SOURCE CHANGED LEFT": settings that were others in its phase than before, and that are
# others after recover; those behind it, each with " | ". For experiments/killed; underscores in OPTIONS are spaces.

. /tests/common.sh

# What the kernel counts by itself is left out.
settings() {
	knobs
	grep -rs . /sys/kernel/mm /proc/sys/vm /proc/sys/kernel/numa* /sys/block/zram*/disksize /sys/block/zram*/comp_algorithm |
		grep -v -e '/mm/ksm/\(pages_[sustv]\|full_scans\|general_profit\|stable_node\|ksm_zero\|advisor_.*cpu\)' \
			-e /stats/ -e pages_collapsed -e full_scans -e kdamond_pid -e pages_skipped -e /tried_regions
	find /sys/fs/cgroup -type d
	grep -e HardwareCorrupted -e HugePages_Total -e SwapTotal /proc/meminfo
	ls -d /dev/zram* /sys/block/zram* 2>/dev/null
}

# changed FILE: lines that are not in both.
changed() {
	grep -vxFf before "$1" | sed 's/^/now /'
	grep -vxFf "$1" before | sed 's/^/was /'
}

ended() {
	! kill -0 "$pid" 2>/dev/null || grep -q '^State:.*Z (' "/proc/$pid/status" 2>/dev/null
}

for what; do
	source=${what%%=*}
	options=
	[ "$source" = "$what" ] || options=$(echo "${what#*=}" | tr _ ' ')
	settings >before
	# shellcheck disable=SC2086 # a list
	start --phase-time 600ms --sources "$source" $options
	wait_for 120 "$source" in_phase "$source" >/dev/null
	sleep 0.4
	if ended; then
		finish
		echo "killed $source - - code $code before it was killed: $(head -n 1 out)"
		continue
	fi
	settings >during
	kill -9 "$pid"
	wait_for 60 "the end of $source" ended >/dev/null
	finish
	wait_for 10 "QEMU's end" no_qemu >/dev/null
	code=0
	/usr/bin/host-stress recover >out 2>&1 || code=$?
	settings >after
	left=$(changed after | tr '\n' '|')
	[ "$code" = 0 ] || left="recover: $code, $(tr '\n' ' ' <out)|$left"
	[ ! -e /run/host-stress/journal ] || left="a journal|$left"
	no_qemu || left="QEMU|$left"
	echo "killed $source $(changed during | wc -l) $(echo "$left" | tr -cd '|' | wc -c) $left"
done
