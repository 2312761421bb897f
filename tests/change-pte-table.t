#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# seconds: 11
#
# experiments/change-pte with a host-stress and kernels that only pretend: what is built, run, kept and compared,
# and every exit code.
cd "$(dirname "$0")/.." || exit 128
# shellcheck source=tests/lib.sh
. tests/lib.sh
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
export FAKE=$out
mkdir -p "$out/experiments" "$out/scripts/lib" "$out/build/kernels/6.1" "$out/other"
cp experiments/change-pte "$out/experiments/"
cp scripts/matrix "$out/scripts/"
cp scripts/lib/matrix_*.py "$out/scripts/lib/"
touch "$out/build/kernels/6.1/vmlinux" "$out/other/vmlinux"

cat >"$out/experiments/change-pte-kernels" <<'END_FAKE'
#!/bin/bash
echo "built $*" >>"$FAKE/ran"
echo "noise"
[ ! -e "$FAKE/no-kernel" ] || exit "$(cat "$FAKE/no-kernel")"
for name in before careful careless; do
	mkdir -p "$FAKE/build/kernels/change-pte-$name"
	touch "$FAKE/build/kernels/change-pte-$name/vmlinux"
done
END_FAKE

# Runs and compares. What goes wrong is said by files in $FAKE.
cat >"$out/host-stress" <<'END_FAKE'
#!/bin/bash
all=$*
while [ $# -gt 0 ]; do
	case $1 in
	--json) json=$2; shift ;;
	--seed) seed=$2; shift ;;
	--by) by=$by,$2; shift ;;
	--kernel) kernel=$(basename "$2"); shift ;;
	compare) good=$2 bad=$3; break ;;
	esac
	shift
done
if [ -n "$good" ]; then
	echo "compare $good $bad" >>"$FAKE/ran"
	echo "$by" >"$FAKE/by"
	[ ! -e "$FAKE/no-compare" ] || exit 128
	for file in ${good//,/ } ${bad//,/ }; do [ -s "$file" ] || exit 128; done
	echo "the table"
	cat >"$json" <<END
{"figures": [{"name": "ksm02.faults.total", "good": {"mean": 300}, "bad": {"mean": 110}},
 {"name": "ksm02.windows.count", "good": null, "bad": {"mean": 5}},
 {"name": "ksm02.proof.ksm02_pages_merged", "good": {"mean": 100}, "bad": {"mean": 100}}]}
END
	exit 125
fi
echo "run $kernel $seed $all" >>"$FAKE/ran"
code=0 word=pass
[ ! -e "$FAKE/$kernel-$seed" ] || code=$(cat "$FAKE/$kernel-$seed") word=other
[ "$code" != 128 ] || exit 128
cat >"$json" <<END
{"verdict": {"code": $code, "result": "$word", "reasons": []}, "end": {"how": "complete"}, "deterministic": true,
 "seed": "$seed", "command": "", "phases": [], "host": {}}
END
exit "$code"
END_FAKE
chmod +x "$out/host-stress" "$out/experiments/change-pte-kernels"

# change_pte ARGS...: $code, text and err, what ran.
change_pte() {
	: >"$out/ran"
	(cd "$out" && experiments/change-pte "$@") >"$out/text" 2>"$out/err"
	code=$?
}

runs() {
	grep -c '^run' "$out/ran"
}

change_pte --seeds 2
is $code 0 "exit code" "$out/err"
has '^built --only before --only careful$' "$out/ran" "the two kernels are built, not the third"
is "$(runs)" 4 "two kernels, two seeds are four runs" "$out/ran"
has '^run change-pte-before 2 .*--sources ksm02 .*--pattern ksm02 .*--memory 48M' "$out/ran" "the work is ksm02's"
grep '^compare' "$out/ran" >"$out/compared"
has 'compare [^ ]*before[^ ]*/seed-1.json,[^ ]*before[^ ]*/seed-2.json [^ ]*after[^ ]*/seed-1.json,[^ ]*seed-2.json$' \
	"$out/compared" "before is compared with after, all seeds"
has 'ksm02.duration_ns,.*ksm02.cpu.qemu.system_ns,.*pages_merged,.*ksm02.transitions.split.refault_ratio' "$out/by" \
	"the table's figures"
is "$(sed -n 1p "$out/text")" "the table" "compare's table is the output" "$out/text"
has '^  guest faults   3.000 before, 1.100 after: -1.900$' "$out/text" "faults for each page merged"
! grep -q 'windows  ' "$out/text"
ok $? "what is not known is not made up" "$out/text"
! grep -q noise "$out/text"
ok $? "the build's output does not go into the table" "$out/text"

change_pte --seeds 2
is "$code $(runs)" "0 0" "again: only prints" "$out/ran"
is "$(sed -n 1p "$out/text")" "the table" "again: the table" "$out/text"
change_pte --seeds 3
is "$(runs)" 2 "one seed more: two runs more" "$out/ran"
change_pte --seeds 2 -- --stretch 20us
is "$(runs)" 4 "other options: other runs" "$out/ran"
has ' --stretch 20us' "$out/ran" "other options: given to each run"
echo x >"$out/build/kernels/change-pte-careful/vmlinux"
change_pte --seeds 2
is "$(runs)" 2 "a rebuilt kernel: its own runs again" "$out/ran"
change_pte --seeds 1 --kernels "6.1,new=$out/other" --json "$out/kept.json"
is "$code $(runs)" "0 2" "other kernels" "$out/err"
! grep -q '^built' "$out/ran"
ok $? "other kernels: nothing is built" "$out/ran"
has faults.total "$out/kept.json" "--json: kept"
change_pte --seeds 1 --kernels 6.1,careless
has '^built --only careless$' "$out/ran" "careless is built by its name"

# Ends that are no success.
echo 1 >"$out/change-pte-careful-4"
change_pte --seeds 4
is $code 1 "a run that fails: exit code" "$out/err"
has '^compare' "$out/ran" "a run that fails: the table is there all the same"
echo 125 >"$out/change-pte-careful-4"
rm -rf "$out/build/change-pte"
change_pte --seeds 3-4
is $code 125 "a run that cannot be judged: exit code" "$out/err"
echo 128 >"$out/change-pte-careful-4"
rm -rf "$out/build/change-pte"
change_pte --seeds 3-4
is $code 128 "a run without a result: exit code" "$out/err"
has 'after are not whole' "$out/err" "a run without a result: said"
! grep -q '^compare' "$out/ran"
ok $? "a run without a result: nothing is compared" "$out/ran"
rm "$out/change-pte-careful-4"
change_pte --seeds 3-4
is "$code $(runs)" "0 1" "the next time only that one is run" "$out/err"
touch "$out/no-compare"
change_pte --seeds 3-4
is $code 128 "a comparison that is refused: exit code" "$out/err"
rm "$out/no-compare"
echo 125 >"$out/no-kernel"
change_pte
is $code 125 "a kernel that does not build: exit code" "$out/err"
echo 139 >"$out/no-kernel"
change_pte
is $code 128 "a build that breaks off: exit code" "$out/err"
rm "$out/no-kernel"

# refused PATTERN ARGS...
refused() {
	local pattern=$1

	shift
	change_pte "$@"
	is $code 128 "'$*' is refused with 128" "$out/err"
	is "$(wc -l <"$out/err")" 1 "'$*': one line" "$out/err"
	has "$pattern" "$out/err" "'$*': says $pattern"
}
refused 'no kernel at' --kernels 6.1,9.9
refused 'two different' --kernels before
refused 'two different' --kernels 6.1,6.1
refused 'seeds' --seeds 0x
refused 'frob' --frob
refused 'no program' --host-stress "$out/none"
change_pte --help
is $code 0 "--help"
has '^usage:' "$out/text" "--help: usage"
done_testing
