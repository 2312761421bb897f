# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# inside.sh HOST: in an L1, the cells of /tests/cells that are of that host, one after the other: a distribution's
# own files are below /host (tests/hosts/tree), and a user there is root and types `host-stress`.

. /tests/lib.sh

KSM=/sys/kernel/mm/ksm
THP=/sys/kernel/mm/transparent_hugepage/enabled
CGROUP=/sys/fs/cgroup

# Identical pages that somebody holds already.
share_pages() {
	/tests/poke share &
	echo 1 >$KSM/run
	wait_for 20 "shared pages" shared
}

shared() {
	[ "$(cat $KSM/pages_sharing)" -gt 0 ]
}

swap_on() {
	[ -e /sys/block/zram0 ] || cat /sys/class/zram-control/hot_add
	echo 256M >/sys/block/zram0/disksize
	mkswap /dev/zram0 >/dev/null && swapon /dev/zram0
}

# All that is started from here on has so much memory.
limit_memory() {
	echo +memory >$CGROUP/cgroup.subtree_control && mkdir -p $CGROUP/run && echo "$1" >$CGROUP/run/memory.max &&
		sh -c "echo \$PPID >$CGROUP/run/cgroup.procs"
}

lock_down() {
	echo "$1" >/sys/kernel/security/lockdown
}

state() {
	case $1 in
	thp=*) echo "${1#*=}" >$THP ;;
	io_uring=*) echo "${1#*=}" >/proc/sys/kernel/io_uring_disabled ;;
	memory=*) limit_memory "${1#*=}" ;;
	lockdown=*) lock_down "${1#*=}" ;;
	shared) share_pages ;;
	swap) swap_on ;;
	no-kvm) rmmod kvm_amd ;;
	-) ;;
	*) false ;;
	esac
}

# What can be taken back is (a lockdown cannot: it comes last).
undo() {
	case $1 in
	thp=*) echo madvise >$THP ;;
	io_uring=*) echo 0 >/proc/sys/kernel/io_uring_disabled ;;
	shared) killall poke && echo 2 >$KSM/run && echo 0 >$KSM/run ;;
	swap) swapoff /dev/zram0 && echo 1 >/sys/block/zram0/reset ;;
	esac
}

# cell STATE OPTIONS: a process of its own, for a cgroup is for life.
cell() (
	for word in $1; do
		state "$word" || {
			echo "this kernel cannot be put in the state '$word'"
			exit 99
		}
	done
	# shellcheck disable=SC2086 # a list
	env -i PATH=/usr/local/bin:/usr/bin:/bin HOME=/root chroot /host /usr/local/bin/host-stress $2
)

knobs() {
	grep -s . $KSM/run $KSM/pages_to_scan $KSM/sleep_millisecs $THP /proc/sys/kernel/numa_balancing /proc/swaps
}

run_cell() {
	name="$2: host-stress $3"
	before=$(knobs)
	cell "$2" "$3" >/tmp/text 2>&1
	is $? "$4" "$name: exit code"
	says "$5" /tmp/text "$name: says '$5'"
	sed 's/^/#   /' /tmp/text
	for word in $2; do
		undo "$word" >/dev/null 2>&1
	done
	is "$(knobs)" "$before" "$name: every knob is back"
	[ ! -e /run/host-stress/journal ]
	ok $? "$name: no journal is left"
}

# What an init of a distribution mounts.
[ -e $CGROUP/cgroup.procs ] || mount -t cgroup2 none $CGROUP
mount -t securityfs none /sys/kernel/security
for dir in dev proc sys run; do
	mount --rbind /$dir /host/$dir
done
mount --bind /usr/lib/host-stress/image/guest/vmlinux /host/usr/local/lib/host-stress/image/guest/vmlinux
grep "^$1|" /tests/cells >/tmp/cells
while IFS='|' read -r host states options code words; do
	run_cell "$host" "$states" "$options" "$code" "$words" </dev/null
done </tmp/cells
done_testing
