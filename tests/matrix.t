#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# seconds: 23
#
# scripts/matrix with a host-stress that only pretends: every exit code, resuming after a kill, results that
# differ and should not, other machines (an ssh that stays here), the table. The real thing: tests/lab/matrix.t.
cd "$(dirname "$0")/.." || exit 128
# shellcheck source=tests/lib.sh
. tests/lib.sh
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
export FAKE=$out TMPDIR=$out/tmp
mkdir -p "$out/scripts/lib" "$TMPDIR"
cp scripts/lib/matrix_*.py "$out/scripts/lib/"
cp scripts/matrix "$out/scripts/" # which takes the program beside itself

# What a source does is its name.
cat >"$out/host-stress" <<'END_FAKE'
#!/bin/bash
while [ $# -gt 0 ]; do
	case $1 in
	--json) json=$2 ;;
	--seed) seed=$2 ;;
	--sources) source=$2 ;;
	--kernel) kernel=$(basename "$2") ;;
	--shown-command) command=$2 ;;
	esac
	shift
done
echo "$kernel/$source/$seed" >>"$FAKE/ran"
code=0 word=pass how=complete faults=$((seed * 100))
case $source in
fail) [ "$seed" = 1 ] || code=1 word=fail ;;
unjudged) code=125 word="cannot judge" ;;
killed) [ -e "$FAKE/calm" ] || code=125 word="cannot judge" how=qemu-killed ;;
error) echo "host-stress: --frob: no such option" >&2; exit 128 ;;
liar) code=0 word=fail ;;
crash) exit 139 ;;
differs) faults=$(grep -c "^$kernel/differs/$seed$" "$FAKE/ran") ;;
slow)
	trap 'exit 128' TERM INT HUP
	while [ ! -e "$FAKE/go" ]; do sleep 0.05; done
	;;
esac
echo "host-stress: a remark" >&2
verdict=$code
[ "$source" != liar ] || verdict=1
cat >"$json" <<END
{"verdict": {"code": $verdict, "result": "$word", "reasons": []}, "end": {"how": "$how"}, "deterministic": true,
 "seed": "$seed", "command": "$command", "phases": [{"name": "idle", "exercised": true, "faults": {"total": 7}},
 {"name": "$source", "exercised": true, "touch": {"rate": 123456, "ns": {"p99": 9730}}, "faults": {"total": $faults},
  "host": {"vmstat.numa_local": 5}}], "host": {"wall_ns.pack": $RANDOM}}
END
exit $code
END_FAKE
chmod +x "$out/host-stress"
mkdir "$out/old" "$out/new"
touch "$out"/{old,new}/vmlinux
kernels="old=$out/old,new=$out/new"

# matrix ARGS...: $code, text and err.
matrix() {
	"$out/scripts/matrix" --kernels "$kernels" --seeds 1-2 --out "$out/results" "$@" \
		>"$out/text" 2>"$out/err"
	code=$?
}

# fresh: no result, no run remembered.
fresh() {
	rm -rf "$out/results" "$out/go" "$out/calm"
	: >"$out/ran"
}

runs() {
	wc -l <"$out/ran"
}

# verdict CODE NAME SOURCES
verdict() {
	fresh
	matrix --sources "$3"
	is $code "$1" "$2: exit code" "$out/err"
}

verdict 0 "all pass" pass,other
is "$(runs)" 8 "all pass: two kernels, two sources, two seeds are eight runs"
verdict 1 "one fails" pass,fail,unjudged
has '^matrix: old/fail/seed-2: fail (1)' "$out/err" "one fails: the cell and its exit code are said"
has '^old  *fail  *1 pass, 1 fail ' "$out/text" "one fails: the table counts verdicts"
verdict 125 "one cannot be judged, none failed" pass,unjudged
verdict 128 "an own error" pass,fail,error
has 'old/error/seed-1: exit code 128 on .*: host-stress: --frob: no such option' "$out/err" "an own error: its message is said"
has '^old  *error  *2 missing ' "$out/text" "an own error: the cell is missing"
verdict 128 "a program that dies" crash
has 'exit code 139' "$out/err" "a program that dies: said"
verdict 128 "a result that contradicts the exit code" liar
[ -z "$(find "$out/results" -name 'seed-*')" ]
ok $? "a result that contradicts the exit code: not stored"

# Resume: what is there is not run again; what came about by chance is.
fresh
matrix --sources pass,error
is "$(runs)" 8 "first time: everything is run"
matrix --sources pass,error,other
is "$(runs)" 16 "again with another source: four new runs, four of what gave no result" "$out/ran"
has '12 cells, 4 there already' "$out/err" "again: says what is there"
verdict 125 "QEMU killed" killed
touch "$out/calm"
matrix --sources killed
is $code 0 "QEMU killed: run again" "$out/err"

# Killed in the middle: nothing half, no process left, goes on where it stopped.
killed() {
	fresh
	"$out/scripts/matrix" --kernels "$kernels" --seeds 1-2 --out "$out/results" --jobs 2 \
		--sources pass,slow >"$out/text" 2>"$out/err" &
	pid=$!
	begun() { [ "$(find "$out/results" -path '*pass*' -name 'seed-*' 2>/dev/null | wc -l)" = 2 ] && grep -q slow "$out/ran"; }
	wait_for 20 "some cells" begun
	kill -"$1" $pid
	wait $pid 2>/dev/null
	code=$?
	nobody() { ! pgrep -f "$out/host-stress" >/dev/null; }
	wait_for 20 "the end of all" nobody
	[ -z "$(find "$out/results" -name '.new*')" ] && [ -z "$(find "$out/results" -path '*slow*' -name 'seed-*')" ]
	ok $? "SIG$1: nothing half is left"
	touch "$out/go"
	before=$(grep -c pass "$out/ran")
	matrix --sources pass,slow
	is $code 0 "SIG$1: goes on" "$out/err"
	is "$(grep -c pass "$out/ran")" $((before + 2)) "SIG$1: only the rest is run" "$out/ran"
}
for signal in INT TERM KILL; do
	killed $signal
	[ -z "$(ls "$TMPDIR")" ]
	ok $? "SIG$signal: no temporary directory is left"
done

# A second run of each cell.
fresh
matrix --sources pass --check
is $code 0 "--check: the same results" "$out/err"
is "$(runs)" 8 "--check: each cell was run twice"
matrix --sources pass --check
is "$(runs)" 8 "--check: not a third time"
fresh
matrix --sources pass,differs --check
is $code 128 "--check: other results are no verdict on a kernel" "$out/err"
has 'old/differs/seed-1: the second run differs at phases\[1\].faults.total: 1 and 2' "$out/err" "--check: names the first figure"
[ "$(grep -c 'second run differs' "$out/err")" = 4 ]
ok $? "--check: the others do not differ" "$out/err"

# Other machines. The ssh in between stays here, in another directory, and greets.
cat >"$out/ssh" <<'END_SSH'
#!/bin/bash
while [[ $1 == -* ]]; do [ "$1" != -l ] || shift; shift; done
echo "$1" >>"$FAKE/hosts"
[ "$1" != dead ] || exit 255
shift
[ "$1" != -- ] || shift
cd / && echo "welcome" && SHELL=/bin/sh exec sh -c "$*" # as sshd does: it sets SHELL
END_SSH
chmod +x "$out/ssh"
fresh
matrix --sources pass --ssh "$out/ssh" --sshlogin 1/one --sshlogin 1/two
is $code 0 "two machines: exit code" "$out/err"
is "$(sort -u "$out/hosts" | xargs)" "one two" "two machines: both were used"
is "$(runs)" 4 "two machines: each cell was run once"
has 'not understood: welcome' "$out/err" "what a remote shell says is no result"
matrix --sources pass --ssh "$out/ssh" --repeat-on 1/three
is $code 0 "--repeat-on: exit code" "$out/err"
has '^three$' "$out/hosts" "--repeat-on: that machine"
is "$(runs)" 8 "--repeat-on: each cell once more"
fresh
matrix --sources pass --sshlogin : --sshlogin dead --ssh "$out/ssh"
is $code 0 "a dead machine: the other one takes its cells" "$out/err"
fresh
matrix --sources pass --sshlogin dead --ssh "$out/ssh"
is $code 128 "only a dead machine: exit code"
has 'old/pass/seed-1: not run' "$out/err" "only a dead machine: the cells are named"

# What DIR holds must be of one host-stress, kernel and set of options.
fresh
matrix --sources pass
matrix --sources pass -- --memory 16M
is $code 128 "other options in the same directory: refused"
has 'another options' "$out/err" "other options: said"
echo x >"$out/old/vmlinux"
matrix --sources pass
is $code 128 "a rebuilt kernel: refused"
has 'results/old has results of another kernel' "$out/err" "a rebuilt kernel: said"

# By hand: a list, a cell, the table.
fresh
matrix --sources pass,fail --list
is "$(sed -n 4p "$out/text")" "4 old fail 2" "--list: a cell a line"
matrix --sources pass,fail --cell 4
is $code 1 "--cell: the cell's own exit code" "$out/err"
is "$(cat "$out/ran")" old/fail/2 "--cell: that cell and no other"
matrix --sources pass,fail --cell 4
is $code 1 "--cell again: the same"
is "$(runs)" 1 "--cell again: not run"
matrix --sources pass,fail --cell 9
is $code 128 "--cell: there is no ninth"
matrix --sources pass,fail --merge
is $code 128 "--merge: not all are there"
has '7 of 8 cells have no result' "$out/err" "--merge: says how many"
for i in 1 2 3 5 6 7 8; do
	matrix --sources pass,fail --cell $i
done
matrix --sources pass,fail --merge --figures faults.total,host.vmstat.numa_local,touch.ns.p99
is $code 1 "--merge: the verdict of all" "$out/err"
cat >"$out/want" <<'END'
kernel  source  verdicts        faults.total  host.vmstat.numa_local  touch.ns.p99
old     pass    2 pass          100 150 200   5                       9.73us
old     fail    1 pass, 1 fail  100 150 200   5                       9.73us
new     pass    2 pass          100 150 200   5                       9.73us
new     fail    1 pass, 1 fail  100 150 200   5                       9.73us
END
cmp -s "$out/want" "$out/text"
ok $? "--merge: the table" "$out/text"
matrix --sources pass,fail --merge --figures faults.total --format csv
is "$(sed -n 1,2p "$out/text" | xargs)" "kernel,source,verdicts,faults.total.min,faults.total.median,faults.total.max old,pass,2 pass,100,150.0,200" "--format csv"
matrix --sources pass --merge --figures faults.total --format markdown
is "$(sed -n 2,3p "$out/text" | tr '\n' ' ')" "| --- | --- | --- | --- | | old | pass | 2 pass | 100 150 200 | " "--format markdown"

# refused PATTERN ARGS...
refused() {
	local pattern=$1

	shift
	"$out/scripts/matrix" "$@" >"$out/text" 2>"$out/err"
	is $? 128 "'$*' is refused with 128" "$out/err"
	is "$(wc -l <"$out/err")" 1 "'$*': one line" "$out/err"
	has "$pattern" "$out/err" "'$*': says $pattern"
}
with="--kernels $kernels"
# shellcheck disable=SC2086 # a list
{
	refused 'no kernel at' --kernels 1.2 --sources a --seeds 1 --out x
	refused 'seeds' $with --sources a --seeds 3-1 --out x
	refused 'twice' $with --sources a,a --seeds 1 --out x
	refused 'out' $with --sources a --seeds 1
	refused 'frob' $with --sources a --seeds 1 --out x --frob
	refused '--json=y' $with --sources a --seeds 1 --out x -- --json=y
	refused 'no program' --kernels "$kernels" --host-stress "$out/none" --sources a --seeds 1 --out x
}
done_testing
