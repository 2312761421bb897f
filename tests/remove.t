#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Scripts that put a directory in the place of an old one never remove what is somebody else's, and files that are
# made where others can write are not written through their symlinks.
cd "$(dirname "$0")/.." || exit 128
# shellcheck source=tests/lib.sh
. tests/lib.sh
top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
export BUILD=$top/build

# keeps NAME FILE COMMAND...: refused, and the file is still there.
keeps() {
	local name=$1 file=$2 code

	shift 2
	"$@" >"$top/said" 2>&1 </dev/null
	code=$?
	is $code 128 "$name: exit code" "$top/said"
	has "name another" "$top/said" "$name: says what to do"
	[ -e "$file" ]
	ok $? "$name: what was there is there"
}

with_kernel_tools "$top"

# The third word of the documented line forgotten.
mkdir -p "$top/lib/modules/6.12" "$top/src/linux" "$top/src/kernel" "$top/kernels/mine"
touch "$top/lib/modules/6.12/modules.dep" "$top/src/linux/Makefile" "$top/src/kernel/fork.c" "$top/image"
keeps "kernel import IMAGE MODULES" "$top/lib/modules/6.12/modules.dep" \
	scripts/kernel import "$top/image" "$top/lib/modules/6.12"
keeps "kernel build TREE TREE" "$top/src/linux/Makefile" \
	scripts/kernel build tests/fake-kernel "$top/src/linux" --config /dev/null
echo 6.12.0 >"$top/kernels/mine/release"
touch "$top/kernels/mine/notes"
keeps "kernel import into a kernel with a file of the user's" "$top/kernels/mine/notes" \
	scripts/kernel import "$top/image" "$top/kernels/mine"
mkdir "$top/boot" && touch "$top/boot/vmlinuz" "$top/boot/config"
keeps "kernel import into a directory with a kernel that is not ours" "$top/boot/vmlinuz" \
	scripts/kernel import "$top/image" "$top/boot"
keeps "bisect-run --dir" "$top/src/kernel/fork.c" \
	scripts/bisect-run --dir "$top/src" --builder true -- --sources migrate --fail-if 'migrate.lost > 0'

# Without modules there is no directory that their configuration could lie in: /config is nobody's. (Who may not write
# there sees it by the words that bash says before it does them.)
{ cat /bin/true && printf '\0Linux version 6.12.0-lone (somebody@somewhere)\n\0'; } >"$top/vmlinux"
bash -x scripts/kernel import "$top/vmlinux" "$top/kernels/lone" >"$top/text" 2>"$top/said" </dev/null
is $? 0 "kernel import IMAGE OUT: exit code" "$top/said"
is "$(cat "$top/kernels/lone/release")" 6.12.0-lone "kernel import IMAGE OUT: the kernel is there"
[ ! -e "$top/kernels/lone/config" ] && ! grep -q ' /config' "$top/said"
ok $? "kernel import IMAGE OUT: nothing outside is read"

# Whether its tools are there is asked first, which is no matter here.
mkdir "$top/scripts" "$top/experiments" && ln -s /bin/true "$top/scripts/setup" && cp scripts/kernel "$top/scripts"
cp experiments/bisect-demo "$top/experiments"
keeps "bisect-demo --dir" "$top/src/linux/Makefile" "$top/experiments/bisect-demo" --dir "$top/src"

# A name that was once foretold: NAME.new.
mkdir -p "$top/modules/lib/modules/6.12" "$top/modules/modules"
echo precious >"$top/precious"
ln -s "$top/precious" "$top/out.new"
scripts/lib/image modules "$top/modules" "$top/out" >"$top/said" 2>&1
is $? 0 "an archive of no modules" "$top/said"
is "$(cat "$top/precious")" precious "nothing is written through a symlink"
is "$(stat -c %a "$top/out")" 644 "others can read the archive"
done_testing
