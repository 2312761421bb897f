# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# What a watch costs the guest, by the guest's own progress: its rounds a second without and with `host-stress watch`, in
# turn, each over MS of L1's clock, which is exact. For experiments/watch-cost; no test.
#
#   watch-cost.sh MS TIMES

. /tests/common.sh
. /tests/plain.sh
ms=$1
times=$2

# cost NAME FIRMWARE [MS]: the VM runs it; with MS all its memory is moved to and fro so often.
cost() {
	mover=
	plain_vm "$2"
	if [ -n "${3-}" ]; then
		/tests/poke nodes "$vm" "$3" &
		mover=$!
	fi
	n=0
	while [ $n -lt "$times" ]; do
		n=$((n + 1))
		without=$(/tests/poke pace "$vm" "$ms")
		rm -f watched.json err
		host-stress watch "$vm" --duration 600s --json watched.json >out 2>err &
		watcher=$!
		wait_for 60 "the probes" grep -q 'watching plain' err
		sleep 0.2
		with=$(/tests/poke pace "$vm" "$ms")
		kill -TERM "$watcher"
		wait "$watcher" || cat err
		echo "cost $1 $without $with $(tr -d '\n ' <watched.json)"
	done
	kill "$vm" $mover
	wait "$vm" 2>/dev/null
}

cost alone "$PLAIN_WRITES"
cost moved "$PLAIN_WRITES" 200
cost exits "$PLAIN_EXITS"
