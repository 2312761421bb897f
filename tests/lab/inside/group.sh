# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# No part of `make test`: what the VM's control group has and gives away while cgroup-reclaim asks for it, four times a
# second: alone, behind ksm-merge, and there without lru_gen (docs/measured.md).
#
#     ./host-stress lab --lab-cpus 1 --overlay build/tests/overlay.cpio --virtual-timeout 300s -- /bin/sh /tests/group.sh

. /tests/common.sh

group=/sys/fs/cgroup/host-stress

sample() {
	echo "$n: swap $(cat $group/memory.swap.current) $(grep -h -e '^anon ' -e '^inactive_anon' -e '^pgsteal ' -e '^pgscan ' \
		-e '^pgactivate' -e '^pgrefill' -e '^workingset_refault_anon' $group/memory.stat | tr '\n' ' ')"
	awk '/^memcg/ { on = /host-stress/ } on' /sys/kernel/debug/lru_gen
}

# look NAME SOURCES: a run, and what the group has from the source's begin on.
look() {
	echo "== $1"
	start --sources "$2" --phase-time 100ms --proof-timeout 4s --json result.json
	n=0
	while kill -0 "$pid" 2>/dev/null && [ $n -lt 200 ]; do
		n=$((n + 1))
		grep -q '^cgroup-reclaim' err && sample 2>/dev/null
		sleep 0.25
	done
	finish
	echo "code $code"
	grep -o -e '"group_pages_[a-z]*": [0-9]*' -e '"pswpout_of_group": [0-9]*' -e '"reclaims": [0-9]*' result.json
	rm -f result.json
}

look alone cgroup-reclaim
look "behind ksm-merge" ksm-merge,cgroup-reclaim
echo 0 >/sys/kernel/mm/lru_gen/enabled
look "behind ksm-merge, no lru_gen" ksm-merge,cgroup-reclaim
