#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# seconds: 153
#
# A bisection with real labs: three of Debian's kernels, of which one figure is known to differ (a page that was taken
# away costs the guest more on 7.3: touch.p99 is the length of one fault in instructions, which no seed and no other build
# moves, where counts of stalls lie apart by their seed alone); the lab's QEMU is killed; Ctrl-C. scripts/kernel is stood in
# for, so that no package is looked for outside.
# shellcheck source=tests/lab/outside.sh
. "$(dirname "$0")/outside.sh"

root=$PWD
export BUILD=$out/build GIT_CONFIG_GLOBAL=/dev/null
export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@t GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@t
options=(--lab-cpus 1 --sources migrate --phase-time 200ms --memory 16M
	--fail-if 'migrate.touch.ns.p99 < 9.9us')

make -s install-files DESTDIR="$out/installed" PREFIX=/usr >"$out/text" 2>&1
is $? 0 'make install into a DESTDIR' "$out/text"
bin=$out/installed/usr/bin
(cd "$out" && "$bin/host-stress" list) >"$out/text" 2>&1
has '^ksm-merge ' "$out/text" 'the installed program runs'

mkdir -p "$out/scripts/lib" "$BUILD/kernels"
cp scripts/bisect-debian "$out/scripts/"
cp scripts/lib/{bisect-log,bisect-noise,bisect_lib.py,lib-bisect,image} "$out/scripts/lib/"
for version in 6.1 6.12 7.3; do
	cp -r "$root/build/kernels/$version" "$BUILD/kernels/"
done
cat >"$out/scripts/kernel" <<'END'
#!/bin/sh
[ "$1" != available ] || printf '%s\n' 6.1 6.12 7.3
END
chmod +x "$out/scripts/kernel"

# debian GOOD BAD [OPTIONS...]
debian() {
	"$out/scripts/bisect-debian" --host-stress "$root/host-stress" --good "$1" --bad "$2" "${@:3}" \
		-- "${options[@]}" >"$out/text" 2>"$out/err"
	code=$?
}

debian 7.3 6.1 --seeds 2
is $code 0 'a fix is looked for: exit code' "$out/err"
has '^FOUND: 6.12 is bad, 7.3 is good$' "$out/text" 'a fix is looked for: the neighbours'
has '^migrate.touch.ns.p99  *[0-9][0-9]* ' "$out/text" 'the figure that changed is shown'
log=$(echo "$BUILD"/bisect-debian/bisect-*.csv)
has '^proof: good with 2 of 2 seeds, bad with 2 of 2' "$out/text" 'the answer is proven with another seed'
is "$(wc -l <"$log")" 7 'a line in the log for each of three kernels and two seeds' "$log"
debian 6.1 7.3
is $code 125 'good and bad the wrong way round: exit code' "$out/err"
has '^NOT FOUND: 6.1 should be good but is bad' "$out/text" 'good and bad the wrong way round: said'
is "$(wc -l <"$log") $(grep -c 'from the log' "$out/text")" '7 1' 'nothing was run again'
debian 6.1 5.10
is $code 128 'no such kernel: exit code' "$out/err"

# git bisect run, installed, over a history whose commits are built into these kernels.
git init -q "$out/tree"
cd "$out/tree" || exit 128
for version in 7.3 6.12 6.1 6.1; do
	echo $version >kernel
	git add kernel
	git commit -q --allow-empty -m "$version"
done
cat >"$out/builder" <<END
#!/bin/sh
cp -r "$BUILD/kernels/\$(cat "\$1/kernel")" "\$2"
END
chmod +x "$out/builder"
run=("$bin/host-stress-bisect-run" --builder "$out/builder" -- "${options[@]}")
culprit=$(git rev-parse HEAD~2)
git bisect start HEAD HEAD~3 >/dev/null
git bisect run "${run[@]}" >"$out/text" 2>&1
is $? 0 'git bisect run: exit code' "$out/text"
has "$culprit is the first bad commit" "$out/text" 'git bisect run: the culprit'
git bisect reset >/dev/null 2>&1
log=$(echo "$BUILD"/bisect/bisect-*.csv)

lab_qemu() {
	local stress

	stress=$(pgrep -P "$pid" -x host-stress) && pgrep -P "$stress" -f host-stress-lab
}

# Puts a commit that was not judged yet into the lab: bisect-run is $pid, the lab's QEMU $qemu.
begin() {
	git commit -q --allow-empty -m again
	env --default-signal=INT "${run[@]}" >"$out/text" 2>&1 &
	pid=$!
	wait_for 60 "the lab's QEMU" lab_qemu
	qemu=$(lab_qemu)
}
gone() { ! kill -0 "$qemu" 2>/dev/null; }

begin
kill -KILL "$qemu"
wait $pid
is $? 125 "the lab's QEMU killed: exit code" "$out/text"
has ',skip,125,no,qemu-killed,' "$log" "the lab's QEMU killed: in the log, not to be used again"
for signal in INT TERM; do
	begin
	kill -$signal $pid
	wait $pid
	is $? 128 "SIG$signal: exit code" "$out/text"
	gone
	ok $? "SIG$signal: no QEMU is left"
done
is "$(wc -l <"$log")" 4 'an interrupted run is not in the log' "$log"
cd "$root" || exit 128
done_testing
