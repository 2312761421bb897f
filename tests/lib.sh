# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# lib.sh - TAP for shell tests, on the host (bash) and inside the lab (busybox). A test sources it, calls
# ok, is or skip for each thing it shows, and done_testing at its end.

tests_run=0

# ok CONDITION-EXIT-CODE NAME [DIAGNOSTIC-FILE]
ok() {
	tests_run=$((tests_run + 1))
	if [ "$1" = 0 ]; then
		echo "ok $tests_run - $2"
	else
		echo "not ok $tests_run - $2"
		[ -z "${3:-}" ] || sed -n '1,30s/^/# /p' "$3"
	fi
}

# is GOT WANTED NAME [DIAGNOSTIC-FILE]
is() {
	if [ "$1" = "$2" ]; then
		ok 0 "$3"
	else
		ok 1 "$3" "${4:-}"
		echo "# got '$1', wanted '$2'"
	fi
}

# skip NAME-AND-REASON
skip() {
	tests_run=$((tests_run + 1))
	echo "ok $tests_run # SKIP $1"
}

# has PATTERN FILE NAME
has() {
	grep -q -e "$1" "$2"
	ok $? "$3" "$2"
}

# says PATTERN FILE NAME: the same of a report, whose lines may be broken at any space.
says() {
	tr -s ' \n' '  ' <"$2" | grep -q -e "$1"
	ok $? "$3" "$2"
}

# with_kernel_tools DIR: a PATH with the tools, and a place with the header, that building a kernel needs, installed or
# not.
with_kernel_tools() {
	mkdir "$1/bin" "$1/include"
	for tool in flex bison bc pahole lz4; do
		ln -s /bin/true "$1/bin/$tool"
	done
	touch "$1/include/libelf.h"
	export CPATH=$1/include
	PATH=$1/bin:$PATH:/usr/sbin:/sbin
}

done_testing() {
	echo "1..$tests_run"
}

# wait_for SECONDS WHAT COMMAND...: polls; fails the test when the time is over.
wait_for() {
	wait_left=$(($1 * 20))
	wait_what=$2
	shift 2
	until "$@" >/dev/null; do
		wait_left=$((wait_left - 1))
		if [ "$wait_left" -le 0 ]; then
			ok 1 "waited for $wait_what in vain"
			return 1
		fi
		sleep 0.05
	done
}
