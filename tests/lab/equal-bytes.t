#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# seconds: 23
#
# A build of this tree in another folder, by somebody with another umask, time zone and language: the
# program, the guest and L1's image must be the same bytes, or the lab's schedule would not be (and
# a result of CI could not be compared with a developer's). QEMU is taken as it is: images/qemu/build.
# shellcheck source=tests/lab/outside.sh
. "$(dirname "$0")/outside.sh"

# Below build/, so that the toolchain can be linked file by file.
top=$(mktemp -d build/tests/equal.XXXXXX)
trap 'rm -rf "$out" "$top"' EXIT
there=$top/a/longer/path/than/ours
mkdir -p "$there/build/kernels"
tar -c --exclude=./build --exclude=./.git --exclude=./host-stress . | tar -x -C "$there"
cp -al build/toolchain build/qemu "$there/build/"
cp -al build/kernels/6.12 "$there/build/kernels/"
(
	umask 077
	export TZ=Asia/Tokyo LC_ALL=C.UTF-8 HOME=/nonexistent
	unset MAKEFLAGS CFLAGS
	make -C "$there" -j"$(nproc)" COMMIT="$(cat build/commit)" host-stress build/image/lab/base.cpio
) >"$out/make" 2>&1
is $? 0 "it builds in another folder" "$out/make"
for file in host-stress build/guest/init build/lab/init build/image/guest/initrd build/kernels/6.12/modules.cpio \
	build/image/lab/base.cpio; do
	cmp "$file" "$there/$file" >"$out/cmp" 2>&1
	is $? 0 "$file is the same bytes" "$out/cmp"
done
strings -a host-stress build/image/lab/base.cpio | grep -F "$PWD" >"$out/paths"
is $? 1 "neither names the folder it was built in" "$out/paths"
done_testing
