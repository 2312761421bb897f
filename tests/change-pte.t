#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# images/kernels/change-pte applies to Debian's source, and scripts/change-pte-kernels with a tree of two files that
# plays a kernel's (tests/fake-kernel): what is built, what is built again, the exit code of every mishap. The real
# kernels take half an hour: docs/change-pte.md.
cd "$(dirname "$0")/.." || exit 128
# shellcheck source=tests/lib.sh
. tests/lib.sh
top=$(mktemp -d)
cleanup() {
	# shellcheck disable=SC2046 # a list; what a broken build left behind
	kill $(cat "$top"/build/change-pte/objects/sleeper 2>/dev/null) 2>/dev/null
	rm -rf "$top"
}
trap cleanup EXIT
unset CC MAKEFLAGS

# The true patches on the true source, which is fetched if nobody has yet (140 MB, half a minute).
real=${BUILD:-build}/change-pte
if scripts/change-pte-kernels --check --only careful --only careless --only careful-linger --only careless-linger \
	>"$top/said" 2>&1; then
	ok 0 "the patches apply to linux-source-6.1, in order"
	has 'change-pte-careless: 4 patches apply' "$top/said" "all four"
	has 'change-pte-careless-linger: 5 patches apply' "$top/said" "and the one that is for testing alone"
	grep -q MMU_NOTIFIER_RANGE_CHANGE_PTE "$real/source.orig/mm/ksm.c"
	is $? 1 "the originals stay unpatched"
elif [ $? = 128 ] && grep -q 'cannot fetch\|download' "$top/said"; then
	echo "ok $((++tests_run)) - the patches apply # SKIP $(tail -n 1 "$top/said")"
else
	ok 1 "the patches apply to linux-source-6.1, in order" "$top/said"
fi
for patch in images/kernels/change-pte/*.patch images/kernels/change-pte/*/*.patch; do
	[ "$(grep -c -e '^Subject: ' -e '^Signed-off-by: ' "$patch")" = 2 ]
	ok $? "$(basename "$patch") has a subject and a signature"
done

export BUILD=$top/build
mkdir "$top/bin"
for tool in flex bison bc pahole lz4; do
	ln -s /bin/true "$top/bin/$tool"
done
PATH=$top/bin:$PATH:/usr/sbin:/sbin
echo CONFIG_KVM=y >"$top/fragment"

# new_patch FILE NAME SED: a patch that does SED to FILE of the fake kernel as the patches before have left it.
new_patch() {
	mkdir -p "$(dirname "$top/patches/$2")"
	cp "$top/now/$1" "$top/old"
	sed -i "$3" "$top/now/$1"
	diff -u --label "a/$1" --label "b/$1" "$top/old" "$top/now/$1" >"$top/patches/$2"
}
cp -r tests/fake-kernel "$top/linux"
cp -r tests/fake-kernel "$top/now"
new_patch ksm.c 0001-ksm.patch 's/pages - 1/pages - 2/'
new_patch kvm_main.c 0002-kvm.patch 's/pages + 1/pages + 2/'
new_patch kvm_main.c careless/0003-kvm.patch 's/pages + 2/pages + 3/'

# Build into $BUILD; exit code in code, what it said in $top/said.
build() {
	scripts/change-pte-kernels --source "$top/linux" --patches "$top/patches" --config "$top/fragment" -j 2 "$@" \
		>"$top/said" 2>&1
	code=$?
}
# ends CODE PATTERN NAME: of the last build.
ends() {
	is "$code" "$1" "$3: exit code" "$top/said"
	has "$2" "$top/said" "$3: says why"
}
built() {
	grep -c 'building change-pte-' "$top/said"
}
image() {
	cat "$BUILD/kernels/change-pte-$1/vmlinuz"
}
left() {
	find "$BUILD" -name '.new.*' | wc -l
}

build
is $code 0 "three kernels are built" "$top/said"
is "$(built)" 3 "all of them" "$top/said"
is "$(for k in before careful careless; do image $k | sha256sum; done | sort -u | wc -l)" 3 "each another"
diff -r tests/fake-kernel "$top/linux" >"$top/diff"
ok $? "the source stays as it is" "$top/diff"
scripts/kernel build tests/fake-kernel "$top/plain" --config "$top/fragment" >/dev/null 2>&1
cmp "$top/plain/vmlinuz" "$BUILD/kernels/change-pte-before/vmlinuz"
ok $? "before is the unpatched one"
scripts/kernel build "$top/now" "$top/patched" --config "$top/fragment" >/dev/null 2>&1
cmp "$top/patched/vmlinuz" "$BUILD/kernels/change-pte-careless/vmlinuz"
ok $? "careless has all patches"
build
is "$code:$(built)" 0:0 "nothing is built twice" "$top/said"

sed -i 's/pages + 3/pages + 4/' "$top/patches/careless/0003-kvm.patch"
build
is "$code:$(built)" 0:1 "another patch: only the kernel that has it" "$top/said"
is "$(grep -c -- ' -c -o ' "$BUILD/change-pte/objects/build.log")" 1 "and only the file that it changes"
rm "$BUILD/kernels/change-pte-before/change-pte"
build --only before
is "$code:$(built)" 0:1 "a kernel that was not finished is built again" "$top/said"
cmp "$top/plain/vmlinuz" "$BUILD/kernels/change-pte-before/vmlinuz"
ok $? "as it was before, out of a tree that was patched"

cp -r "$top/patches" "$top/good-patches"
sed -i 's/pages + 2;/pages + 5;/; s/int pages/int other/' "$top/patches/0002-kvm.patch"
build
ends 125 '0002-kvm.patch does not apply' "a patch that does not apply"
new_patch ksm.c 0002-kvm.patch 's/pages - 2/pages -/'
build
ends 125 'ksm.c:.*error:' "a patch that does not compile"
sed -i 's/ksm\.c/other.c/' "$top/patches/0002-kvm.patch"
build
ends 125 'the patches change other.c, which this source does not have' "a patch for another source"
rm -r "$top/patches"
build
ends 128 'no \*.patch in' "no patches"
mv "$top/good-patches" "$top/patches"
build
is "$code:$(built)" 0:0 "the right patches again" "$top/said"

build --only late
ends 128 "one of before careful careless careful-linger careless-linger, not 'late'" "a kernel that there is not"
build -j many
ends 128 "-j takes a number" "a wrong number"
build --fast
ends 128 "no option is called '--fast'" "an unknown option"
build --source "$top/nowhere"
ends 128 'no kernel source in' "no source"
flock "$BUILD/change-pte/.lock" scripts/change-pte-kernels >"$top/said" 2>&1
code=$?
ends 128 'another one is at work' "two at a time"
scripts/change-pte-kernels --help >"$top/said" 2>&1
is $? 0 "--help" "$top/said"

# A non-interactive shell starts background commands with SIGINT ignored: env puts that right.
touch "$top/linux/slow"
rm "$BUILD/change-pte/from"
for signal in INT TERM; do
	rm -f "$BUILD/kernels/change-pte-before/change-pte" "$BUILD/change-pte/objects/sleeper"
	env --default-signal=INT scripts/change-pte-kernels --source "$top/linux" --patches "$top/patches" \
		--config "$top/fragment" >"$top/said" 2>&1 &
	builder=$!
	wait_for 20 "make to be at work" test -e "$BUILD/change-pte/objects/sleeper"
	sleeper=$(cat "$BUILD/change-pte/objects/sleeper")
	kill -"$signal" $builder
	wait $builder
	code=$?
	ends 128 "interrupted by SIG$signal" "SIG$signal"
	[ ! -d "/proc/$sleeper" ] && [ "$(left)" = 0 ]
	ok $? "SIG$signal: no child and nothing half-made is left"
done
rm "$top/linux/slow" "$BUILD/change-pte/from"
build
is "$code:$(built)" 0:1 "then the kernel that was interrupted is built" "$top/said"
done_testing
