#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# seconds: 20
#
# scripts/bisect-run without a lab: builds and runs are stand-ins (tests/bisect/) that end in every
# way there is. A wrong "good" or "bad" is the worst that can happen, so what is looked at is that
# only 0, 1, 125 and 128 come out, and which.
cd "$(dirname "$0")/.." || exit 128
# shellcheck source=tests/lib.sh
. tests/lib.sh
root=$PWD
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
export REAL_STRESS=$root/host-stress PIDS=$out/pids GIT_CONFIG_GLOBAL=/dev/null
export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@t GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@t
options='--sources migrate --by migrate.host.vmstat.numa_local'
log=$out/dir/bisect.csv
run=("$root/scripts/bisect-run" --dir "$out/dir" --log "$log"
	--host-stress "$root/tests/bisect/host-stress" --builder "$root/tests/bisect/builder")

git init -q "$out/tree" && cd "$out/tree" || exit 128
touch .git/built

# commit WHAT
commit() {
	echo "$1" >'what'
	git add -A && git commit -q -m "$1" --allow-empty && git tag -f "at-$1" >/dev/null
}

# at WHAT: checks out that commit.
at() {
	git checkout -q "at-$1"
}

# judge [OPTIONS...]: judges what is checked out; `code`, output in $out/text.
judge() {
	# shellcheck disable=SC2086 # a list
	"${run[@]}" "$@" -- $options >"$out/text" 2>&1
	code=$?
}

# ends CODE WHAT PATTERN: a commit that goes that way.
ends() {
	commit "$2"
	judge
	is $code "$1" "$2: exit code" "$out/text"
	has "$3" "$out/text" "$2: says $3"
}

built() {
	wc -l <.git/built
}

# column NAME: of the log's last line.
column() {
	python3 -c 'import csv, sys
print(list(csv.DictReader(open(sys.argv[1])))[-1][sys.argv[2]])' "$log" "$1"
}

ends 0 good 'good (0)'
is "$(column migrate.faults.total)" 4711 'the log has the figures'
is "$(column migrate.host.vmstat.numa_local)" 42 'the log has the figure named by --by'
is "$(cd "$out/dir" && grep -c numa_local "$(column result)")" 1 'the log names the kept result'
ends 1 bad 'bad (1): as planned'
ends 1 died 'bad (1)'
ends 125 not-exercised 'cannot judge (125)'
ends 125 no-boot 'cannot judge (125)'
ends 125 qemu-killed 'cannot judge (125)'
ends 128 own-error 'error (128)'
ends 128 lies 'left no result'
ends 128 contradicts 'a result with code 1'
ends 128 other-kernel '5.0.0 was run'
ends 128 killed 'ended with code 137'
for n in 2 124 126 127 129 134 255; do
	ends 128 $n "host-stress ended with code $n"
done
ends 125 build-error "does not build: .*error: expected"
ends 128 build-disk-full "not the commit's fault: .*No space left on device"
ends 128 build-empty 'left no vmlinux'
ends 128 build-killed 'the build ended with code 137'
for n in 1 2 124 126 127 128 130; do
	ends 128 build-$n 'error (128)'
done
is "$(cut -d, -f1 "$log" | grep -c '^20')" "$(built)" 'a line in the log for every commit'

# What the log has is not made again, but only where it was the kernel's doing. A kernel that lies there is not built again.
judgements() { cut -d, -f1 "$log" | grep -c '^20'; }
for what in good bad died not-exercised no-boot build-error qemu-killed own-error; do
	at $what
	before=$(built) lines=$(judgements)
	again=0
	case $what in qemu-killed | own-error) again=1 ;; esac
	judge
	wanted=$code
	judge
	is "$(($(judgements) - lines)) $(($(built) - before))" "$((2 * again)) $again" "$what, asked twice more: judged, built" "$out/text"
	is $code "$wanted" "$what, judged twice more: the same code"
	[ $again = 1 ] || has 'from the log' "$out/text" "$what, judged again: says so"
done
at good
before=$(built)
judge --no-reuse
is "$(($(built) - before))" 1 '--no-reuse: built'
echo changed >extra
judge
is "$(($(built) - before))" 2 'a changed tree is another kernel'
judge
is "$(($(built) - before))" 2 'the same changed tree is not'
rm extra
judge --dry-run
is "$(($(built) - before)) $code" '2 125' '--dry-run: nothing built, nothing judged'
options+=' --seed 2' judge
is "$(($(built) - before))" 3 'other options are another run'

# Another Bochs is another lab where it emulates L1, and only there.
mkdir -p "$out/hs/build/bochs/bin"
cp "$root/tests/bisect/host-stress" "$out/hs/"
# with_bochs WHICH OPTIONS LOOKED_UP NAME
with_bochs() {
	echo "$1" >"$out/hs/build/bochs/bin/bochs"
	options+=$2 judge --host-stress "$out/hs/host-stress"
	is "$(grep -c 'from the log' "$out/text")" "$3" "$4" "$out/text"
}
with_bochs one ' --lab-cpu=intel' 0 'the Intel lab is another run'
with_bochs one ' --lab-cpu=intel' 1 'the same Bochs: from the log'
with_bochs two ' --lab-cpu=intel' 0 'another Bochs is another lab'
with_bochs two ' --lab-cpu intel' 0 'two words'
with_bochs three ' --lab-cpu intel' 0 'two words, and another Bochs'
with_bochs three '' 1 'another Bochs is nothing to the AMD lab'

# A torn last line is no line; what comes next does not stick to it.
lines=$(wc -l <"$log")
printf '2026-01-01T00:00:00Z,%s' "$(git rev-parse HEAD)" >>"$log"
judge
is $code 0 'a torn last line: exit code' "$out/text"
has 'from the log' "$out/text" 'a torn last line: the others are read'
judge --no-reuse
is "$(wc -l <"$log") $(grep -c ^2026-01-01 "$log")" "$((lines + 1)) 0" 'a torn last line is cut off'
sum=$(sha256sum <"$log")
(ulimit -f 1 && judge --no-reuse && echo $code >"$out/code")
is "$(cat "$out/code")" 128 'the log cannot be written: exit code' "$out/text"
is "$(sha256sum <"$log")" "$sum" 'the log cannot be written: no torn line is left'
options='--sources cow' judge
is $code 128 'other figures than the columns: exit code'
has 'other columns' "$out/text" 'other figures than the columns: said'
at good
for sources in migrate cow migrate; do
	"$root/scripts/bisect-run" --dir "$out/dir2" "${run[@]:5}" -- --sources $sources >"$out/text" 2>&1
done
is "$(wc -l "$out"/dir2/bisect-*.csv | awk '{ print $1 }' | xargs)" '2 2 4' \
	'without --log: a file for each set of figures'
for n in 1 2 3 4 5 6 7 8; do
	"$root/scripts/lib/bisect-log" add "$out/many.csv" a.b kernel=$n config= options= lab= code=128 \
		reason="$(head -c 20000 /dev/zero | tr '\0' x)" >/dev/null &
done
wait
is "$(wc -lc <"$out/many.csv" | awk '{ print $1, ($2 > 160000) }')" '9 1' \
	'eight writers at once: header and eight whole lines'

# Refused before anything is built.
before=$(built)
refused() {
	local pattern=$1

	shift
	"${run[@]}" "$@" >"$out/text" 2>&1
	is $? 128 "'$*' is refused" "$out/text"
	has "$pattern" "$out/text" "'$*': says $pattern"
}
refused 'near it: migrate.faults.total' -- --fail-if 'migrate.fault.total > 1'
refused 'cannot be given here' -- --kernel x
refused 'cannot be given here' -- --place=host
refused "takes no 'compare'" -- compare
refused 'no option' --frob
refused '-j takes a number' -j many
for option in --dir --log --config --builder --host-stress -j; do
	refused "$option needs a value" $option
	refused "$option needs a value" $option --
done
refused 'cannot read' -- --baseline-good /nonexistent --baseline-bad /nonexistent
git update-ref BISECT_HEAD HEAD
refused 'no-checkout' -- --sources migrate
git update-ref -d BISECT_HEAD
(cd "$out" && "${run[@]}" -- >"$out/text" 2>&1)
is $? 128 'no git tree: exit code'
# A shell's own errors leave with 1, which would be "bad".
# shellcheck disable=SC2016 # it is to stay unset
sed 's/^\tfind_tree/\techo $no_such_variable\n&/' "$root/scripts/bisect-run" >"$out/broken"
mkdir -p "$out/scripts/lib" && cp "$root/scripts/lib/lib-bisect" "$out/scripts/lib" && cp "$out/broken" "$out/scripts"
bash "$out/scripts/broken" -- >"$out/text" 2>&1
is $? 128 'an error of the script itself: exit code'
has 'unbound variable' "$out/text" 'an error of the script itself: said'
is "$(built)" "$before" 'nothing was built for any of them'

# all_gone FILE: none of the processes listed there is left.
all_gone() {
	local pids

	read -r -a pids <"$1"
	! kill -0 "${pids[@]}" 2>/dev/null
}

# stopped WHAT PIDFILE SIGNAL
stopped() {
	local lines pid

	lines=$(wc -l <"$log")
	commit "$1"
	rm -f "$2"
	# shellcheck disable=SC2086 # a list
	env --default-signal=INT "${run[@]}" -- $options >"$out/text" 2>&1 &
	pid=$!
	wait_for 10 "$1" test -s "$2" || return
	kill "-$3" $pid
	wait $pid 2>/dev/null
	code=$?
	[ "$3" = KILL ] || is $code 128 "$1, SIG$3: exit code" "$out/text"
	wait_for 10 "the end of its children" all_gone "$2"
	ok $? "$1, SIG$3: no child is left"
	is "$(wc -l <"$log")" "$lines" "$1, SIG$3: nothing in the log"
}
for signal in INT TERM; do
	stopped build-hangs .git/pids $signal
	stopped hangs "$PIDS" $signal
done
stopped build-hangs-tidy .git/pids KILL
stopped hangs-tidy "$PIDS" KILL

# git itself: the culprit is found past skips; 128 ends it; a second time nothing is built.
git checkout -q --orphan history 2>/dev/null && git rm -qf --cached what
for what in good good build-error good no-boot good bad bad bad; do
	commit $what
done
culprit=$(git rev-parse HEAD~2)
bisect() {
	git bisect start HEAD HEAD~8 >/dev/null
	# shellcheck disable=SC2086 # a list
	git bisect run "${run[@]}" -- $options >"$out/text" 2>&1
	code=$?
	git bisect reset >/dev/null 2>&1
}
bisect
has "$culprit is the first bad commit" "$out/text" 'git bisect run: names the culprit'
before=$(built)
bisect
is "$(built)" "$before" 'git bisect run again: nothing is built' "$out/text"
commit 2
commit bad
git bisect start HEAD HEAD~2 >/dev/null
# shellcheck disable=SC2086 # a list
git bisect run "${run[@]}" -- $options >"$out/text" 2>&1
grep -q 'exit code 128 .* is < 0 or >= 128' "$out/text"
ok $? 'git bisect run: 128 ends it without a culprit' "$out/text"
git bisect reset >/dev/null 2>&1
cd "$root" || exit 128
done_testing
