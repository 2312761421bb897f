# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# lib.sh - what the exhibits that are scripts inside L1 share: a plain VM (plain.sh), and how they tell the runner what
# they measured.

# shellcheck disable=SC1091 # there in L1
. /museum/tap.sh
# shellcheck disable=SC1091
. /museum/plain.sh

# figure NAME NUMBER
figure() {
	echo "figure $1 $2"
}

# now_ms: L1's own clock; a step is 10 ms.
now_ms() {
	sed -E 's/^0*([0-9]+)[.]([0-9]{2}) .*/\1\20/' /proc/uptime
}
