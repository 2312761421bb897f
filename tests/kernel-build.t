#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# seconds: 5
#
# scripts/kernel build on a tree of two files that plays a kernel's (tests/fake-kernel): what is laid out, what is
# compiled again, and the exit code of every mishap. Real kernels take minutes: docs/bisect.md has them.
cd "$(dirname "$0")/.." || exit 128
# shellcheck source=tests/lib.sh
. tests/lib.sh
top=$(mktemp -d)
cleanup() {
	# shellcheck disable=SC2046 # a list; what a broken build left behind
	kill $(cat "$top"/*/sleeper 2>/dev/null) 2>/dev/null
	rm -rf "$top"
}
trap cleanup EXIT
export BUILD=$top/build
unset CC MAKEFLAGS

with_kernel_tools "$top"

cat >"$top/fragment" <<'END'
CONFIG_KVM=y
CONFIG_UNKNOWN=y
# since 6.13: LATER
CONFIG_LATER=y
# CONFIG_WERROR is not set
END

# A new tree in $top/NAME.
new_tree() {
	tree=$top/$1
	cp -r tests/fake-kernel "$tree"
}

# build ARGS...: of $tree into $top/out; exit code in code, what it said in $top/said.
build() {
	scripts/kernel build "$tree" "$top/out" --config "$top/fragment" -j 2 "$@" >"$top/said" 2>&1
	code=$?
}

compiled() {
	grep -c -- ' -c -o ' "$1/build.log"
}

# ends CODE PATTERN NAME: of the last build.
ends() {
	is "$code" "$1" "$3: exit code" "$top/said"
	has "$2" "$top/said" "$3: says why"
}

new_tree linux
cp -r "$tree" "$top/before"
build --objects "$top/o"
is $code 0 "a build succeeds" "$top/said"
is "$(cat "$top/out/release")" 6.12.0-fake "the release has no state of git in it"
for file in vmlinux vmlinuz modules modules.cpio; do
	[ -s "$top/out/$file" ]
	ok $? "a kernel without modules: $file is laid out"
done
diff -r "$top/before" "$tree" >"$top/diff"
ok $? "the tree is as it was" "$top/diff"
is "$(compiled "$top/o")" 2 "everything was compiled" "$top/o/build.log"
has 'CONFIG_UNKNOWN=y: this tree has no such option' "$top/said" "an option that the tree does not know is named"
has 'CONFIG_LATER: not in this version (since 6.13), as expected' "$top/said" "so is one that came later"
is "$(grep -c 'config:' "$top/said")" 2 "and no other" "$top/said"
cp "$top/out/vmlinuz" "$top/first"

echo 'int ksm_more;' >>"$tree/ksm.c"
build --objects "$top/o"
is "$(compiled "$top/o")" 1 "a change compiles what changed" "$top/o/build.log"
! cmp -s "$top/first" "$top/out/vmlinuz"
ok $? "and gives another kernel"
cp "$top/before/ksm.c" "$tree/ksm.c"
touch "$top/now"
build --objects "$top/o"
[ "$top/now" -nt "$top/o/.config" ] && [ ! -e "$top/o/.config.before" ]
ok $? "a configuration that has not changed keeps its time, so make does not read it anew"
cmp "$top/first" "$top/out/vmlinuz"
ok $? "the same source again, built over another, is the same kernel"
echo CONFIG_MORE=y | cat "$top/fragment" - >"$top/longer"
scripts/kernel build "$tree" "$top/out-more" --objects "$top/o" --config "$top/longer" >"$top/said" 2>&1
[ "$top/o/.config" -nt "$top/now" ] && has '^CONFIG_MORE=y' "$top/o/.config" "another one is made"
ok $? "and has its own time" "$top/said"
new_tree elsewhere
build
cmp "$top/first" "$top/out/vmlinuz"
ok $? "so is the same source elsewhere with other objects"
touch "$tree/modular"
build
is $code 0 "a kernel with modules" "$top/said"
has '^CONFIG_KVM=y' "$top/out/config" "its configuration is laid out"
[ -e "$top/out/modules/lib/modules/6.12.0-fake/modules.dep" ]
ok $? "and its module tree, though nothing is in it"
scripts/kernel build "$tree" named --config "$top/fragment" >"$top/said" 2>&1
[ -e "$BUILD/kernels/named/vmlinux" ]
ok $? "OUT can be a name" "$top/said"

# What pahole needs decides how much debugging information is written.
pahole_is() {
	rm "$top/bin/pahole"
	printf '#!/bin/sh\necho %s\n' "$1" >"$top/bin/pahole"
	chmod 755 "$top/bin/pahole"
	build --objects "$top/flags-$1"
}
new_tree flags
pahole_is v1.24
has '-fno-var-tracking' "$top/flags-v1.24/build.log" "the places of variables are not written for pahole 1.24"
pahole_is v1.25
is "$(grep -c -- -fno-var-tracking "$top/flags-v1.25/build.log")" 0 "they are for 1.25, which reads them"
has '-gno-statement-frontiers' "$top/flags-v1.25/build.log" "but not where statements begin"
printf '#!/bin/sh\ncase $* in *-gno*) exit 1 ;; esac\nexec gcc "$@"\n' >"$top/bin/other-cc"
chmod 755 "$top/bin/other-cc"
CC=other-cc build --objects "$top/flags-cc"
is $code 0 "a compiler that knows no such flag builds without" "$top/said"
printf '#!/bin/sh\necho "$*" >>%s\nexec "$@"\n' "$top/launched" >"$top/bin/ccache"
chmod 755 "$top/bin/ccache"
CC='ccache gcc' build --objects "$top/launcher"
is $code 0 "a compiler of two words" "$top/said"
has '^gcc .*-c -o' "$top/launched" "its first is called with the second"
is "$(grep -c '^ccache' "$top/launched")" 0 "and no other ccache with it" "$top/launched"
rm "$top/bin/ccache"

new_tree broken
echo 'int ksm_broken = ;' >>"$tree/ksm.c"
build
ends 125 'ksm.c:.*error: expected expression' "a source that does not compile"
has "log: .*/build.log" "$top/said" "it names the log"
new_tree old
sed -i 's/^VERSION = .*/VERSION = 5/; s/^PATCHLEVEL = .*/PATCHLEVEL = 10/' "$tree/Makefile"
build
ends 125 'Linux 5.10: before 5.15' "a kernel too old"
new_tree in-place
touch "$tree/.config"
build
ends 128 'make mrproper' "a tree that was built in place"
new_tree none
rm "$tree/Kbuild"
build
ends 128 'no kernel source, it has no Kbuild' "not a kernel's tree"
new_tree tools
CC=no-such-compiler build
ends 128 'missing: no-such-compiler; run scripts/setup --kernel-build' "a missing compiler"
printf '#!/bin/sh\nexec "$@"\n' >"$top/bin/ccache"
chmod 755 "$top/bin/ccache"
CC='ccache no-such-compiler' build
ends 128 'missing: ccache no-such-compiler; run' "a missing compiler behind another word"
rm "$top/bin/ccache"
mkdir "$top/few"
for tool in bash make gcc ld flex bison bc lz4 flock setpriv sed head realpath dirname basename sha256sum cut nproc mkdir; do
	ln -s "$(command -v $tool)" "$top/few/$tool"
done
PATH=$top/few build
ends 128 'missing: pahole modinfo depmod; run scripts/setup --kernel-build' "missing tools"

new_tree full
echo /dev/full >"$tree/fill-disk"
build
ends 128 'No space left on device' "a full disk that make has noticed"
echo "$top/small/fill 2>/dev/null" >"$tree/fill-disk"
mkdir "$top/small"
if unshare -rm true 2>"$top/said"; then
	export -f build
	export tree top
	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare -rm bash -c 'mount -t tmpfs -o size=256k none "$top/small" && build --objects "$top/small"; exit $code'
	code=$?
	ends 128 'No space left on device' "a full disk that left no message in the log"
else
	echo "ok $((++tests_run)) - a full disk # SKIP no namespaces: $(head -n 1 "$top/said")"
fi

new_tree locked
mkdir "$top/locked-objects"
flock "$top/locked-objects/.host-stress-lock" scripts/kernel build "$tree" "$top/out" \
	--objects "$top/locked-objects" >"$top/said" 2>&1
code=$?
ends 128 'another build is at work' "two builds with the same objects"
scripts/kernel build "$tree" >"$top/said" 2>&1
code=$?
ends 128 'TREE and OUT' "no OUT"

# A non-interactive shell starts background commands with SIGINT ignored: env puts that right.
for signal in INT TERM; do
	new_tree "slow-$signal"
	touch "$tree/slow"
	env --default-signal=INT scripts/kernel build "$tree" "$top/out" --objects "$top/o-$signal" \
		--config "$top/fragment" >"$top/said" 2>&1 &
	builder=$!
	wait_for 20 "make to be at work" test -e "$top/o-$signal/sleeper"
	sleeper=$(cat "$top/o-$signal/sleeper")
	kill -0 "$sleeper"
	ok $? "make's child runs"
	kill -"$signal" $builder
	wait $builder
	code=$?
	ends 128 "interrupted by SIG$signal" "SIG$signal"
	[ ! -d "/proc/$sleeper" ]
	ok $? "SIG$signal: no child is left"
done
new_tree killed
touch "$tree/slow"
scripts/kernel build "$tree" "$top/out" --objects "$top/o-killed" >"$top/said" 2>&1 &
builder=$!
wait_for 20 "make to be at work" test -e "$top/o-killed/sleeper"
kill -KILL $builder
wait $builder 2>/dev/null
sleeper=$(cat "$top/o-killed/sleeper")
gone() {
	[ ! -d "/proc/$sleeper" ]
}
wait_for 20 "make's child to end" gone
ok $? "SIGKILL: no child is left"
[ -e "$top/out/release" ] && [ -z "$(find "$top" -maxdepth 1 -name '.new.*')" ]
ok $? "what was laid out before is still there, and no half of another"
done_testing
