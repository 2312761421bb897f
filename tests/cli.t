#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The command line as a user meets it: bad input is one line that names the option and the range, code 128, nothing
# started. Sizes that were promised. What needs no lab.
cd "$(dirname "$0")/.." || exit 128
# shellcheck source=tests/lib.sh
. tests/lib.sh
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# refused PATTERN ARGS...
refused() {
	local pattern=$1

	shift
	./host-stress "$@" >"$out/text" 2>"$out/err"
	is $? 128 "'$*' is refused with 128" "$out/err"
	is "$(wc -l <"$out/err")" 1 "'$*': one line" "$out/err"
	has "$pattern" "$out/err" "'$*': says $pattern"
	[ ! -s "$out/text" ]
	ok $? "'$*': nothing on standard output"
}

refused '--frob' --frob
refused '--duration' --duration 0s
refused '100ms' --duration 30
refused '--memory.*4096' --memory 1048577
refused '--memory.*1M' --memory -1
refused '--memory.*1T' --memory 100000T
refused 'no source' --sources ksm-merge,frob
refused "'cow+unmap' write the same words" --sources cow,cow+unmap
refused "'punch+cow' write the same words" --sources punch+cow
refused "'dirty-log+uffd-wp' both need QEMU's one migration" --sources dirty-log,dirty-log+uffd-wp
refused "'remap+uffd-wp' would move memory away from QEMU's snapshot" --sources remap,uffd-wp,remap+uffd-wp
refused "'uffd-wp+unmap' would take memory away from QEMU's snapshot" --sources unmap,uffd-wp+unmap
refused '--kernel.*No such file' --kernel /nonexistent
refused '--vcpus.*64' --vcpus 65
refused '--stall' --stall 5lightyears
refused '--write-share' --write-share 101%
refused 'frob' frob

./host-stress --help >"$out/text" 2>"$out/err"
is $? 0 "--help: exit code"
has '^Examples:' "$out/text" "--help ends in examples"
./host-stress help compare >"$out/text" 2>"$out/err"
is $? 0 "help COMMAND: exit code"
has '^usage: host-stress compare GOOD BAD' "$out/text" "help COMMAND: its words"
refused "no command is called 'frob'" help frob
refused '--memory: not for .compare.' compare a b --memory 8M
refused 'compare needs GOOD BAD' compare a
./host-stress --version >"$out/text" 2>"$out/err"
is $? 0 "--version: exit code"
for part in 'commit   [0-9a-f]\{12\}' 'QEMU     ' 'libbpf   v'; do
	has "^$part" "$out/text" "--version: $part"
done
# The manual page and bash's completion are made of the same tables as --help.
./host-stress help man | sed 's/\\-/-/g; s/\\fI\([A-Z]*\)\\fR/\1/' >"$out/man"
./host-stress help completion >"$out/completion"
bash -n "$out/completion"
ok $? "help completion: bash takes it"
./host-stress --help | sed -n 's/^  --\([a-z-]*\).*/\1/p' | sort >"$out/options"
sed -n 's/^\.B --\([a-z-]*\).*/\1/p' "$out/man" | sort | cmp -s - "$out/options"
ok $? "help man has the options of --help, no others"
missing=$(while read -r option; do grep -q -- "--${option}[ \")]" "$out/completion" || echo "$option"; done <"$out/options")
is "$missing" "" "help completion has them too"
./host-stress --help | sed -n '/^Commands/,/^$/s/^  \([a-z]*\) .*/\1/p' | sort >"$out/commands"
sed -n 's/^\.SS \([a-z]*\).*/\1/p' "$out/man" | sort | comm -23 "$out/commands" - >"$out/missing"
[ -s "$out/commands" ] && [ ! -s "$out/missing" ]
ok $? "help man has the commands of --help" "$out/missing"
completes() { # WORDS: what bash would offer for the last of them
	bash -c '. "$1"; shift; COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _host_stress; echo "${COMPREPLY[*]}"' \
		- "$out/completion" "$@" 2>/dev/null
}
is "$(completes host-stress rec)" recover "completion: a command"
is "$(completes host-stress --place '')" "auto host lab" "completion: an option's choices"
is "$(completes host-stress show --ta)" --tables "completion: an option of the command"
is "$(completes host-stress show --mem)" "" "completion: not of another"
for script in bisect bisect-run bisect-debian kernel matrix; do
	scripts/lib/man-page $script | sed 's/\\-/-/g' >"$out/man"
	has '^usage: .*host-stress-'$script "$out/man" "man-page $script: its usage, by its installed name"
done

./host-stress list >"$out/text"
is $? 0 "list: exit code"
for source in null ksm-merge ksm-unmerge cow migrate compact; do
	has "^$source " "$out/text" "list has $source"
done
refused 'near it: migrate.faults.total' plan --fail-if 'migrate.fault.total > 1'
refused "no figure is called 'frob'" plan --by frob
refused "takes no 'compare'" plan compare
refused '--kernel: only for a run in the lab' --place host --kernel /etc/passwd
./host-stress plan --sources cow,migrate --fail-if 'stall.p999 > 1ms' --by cow.host.ksm.pages_shared >"$out/text"
is $? 0 "plan: exit code"
is "$(grep -c '^phase ' "$out/text")" 3 "plan: the idle phase and one per source" "$out/text"
for figure in migrate.touch.ns.p999 cow.host.ksm.pages_shared cow.faults.retried_most; do
	has "^figure $figure\$" "$out/text" "plan has $figure"
done
ulimit -Sv 2000000
for words in 'compare /dev/zero /dev/zero' 'show /dev/zero' "report /dev/zero --output $out/page"; do
	# shellcheck disable=SC2086 # words
	refused 'File too large' $words
done
ulimit -Sv unlimited
# A reader that has left, and standard files that are closed.
exec {pipe}> >(:)
wait $!
left() { # CODE WORDS...: the reader had enough, and the command ends as if it had read all
	local want=$1

	shift
	./host-stress "$@" 1>&"$pipe" 2>"$out/err"
	is $? "$want" "'$*', and its reader has left: exit code" "$out/err"
	! grep -q 'standard output' "$out/err" # (of a QEMU that is not built yet something may be said)
	ok $? "'$*', and its reader has left: nothing is said" "$out/err"
}
for words in --help 'help compare' 'help man' 'help completion' --version list figures 'figures schema' plan; do
	# shellcheck disable=SC2086 # words
	left 0 $words
done
left 125 doctor --place host --memory 900G
./host-stress list >&- 2>"$out/err"
is $? 128 "a closed standard output is an error"
./host-stress frob 2>&- >"$out/text"
is $? 128 "a closed standard error: exit code"
is "$(cat "$out/text")" '' "a closed standard error: nothing of it elsewhere"
for words in --help plan list figures 'figures schema'; do
	# shellcheck disable=SC2086 # words
	./host-stress $words >/dev/full 2>"$out/err"
	is $? 128 "$words: a full disk is an error of ours"
	has 'standard output: No space left on device' "$out/err" "$words: a full disk is said"
done

./host-stress doctor --place host --memory 900G >"$out/text" 2>"$out/err"
is $? 125 "doctor: something is lacking"
has '^memory *LACKS ' "$out/text" "doctor: too little memory"
has '^a run would take place on this host: asked for' "$out/text" "doctor: the place"
./host-stress doctor >/dev/full 2>"$out/err"
is $? 128 "doctor: a full disk is an error of ours"
if [ ! -e build/image/guest/initrd ] || grep -qwE 'vmx|svm' /proc/cpuinfo || [ "$(id -u)" != 0 ]; then
	skip "a host without vmx and svm is refused: needs root, the guest image, and such a machine"
else
	./host-stress --place host --duration 1s >"$out/text" 2>"$out/err"
	is $? 128 "a host without vmx and svm is refused"
	is "$(cat "$out/err")" "host-stress: the CPUs here have neither vmx nor svm, so KVM boots no stock kernel on them;\
 --place lab does without" "in one line" "$out/err"
fi

mkdir -p "$out/tree/build/image" "$out/own"
cp host-stress "$out/tree/"
ln -s "$PWD/build/image/guest" "$PWD/build/image/lab" "$out/tree/build/image/"
ln -s "$PWD/build/qemu" "$PWD/build/kernels" "$out/tree/build/"
ln -s "$PWD/build/image/guest" "$PWD/build/image/lab" "$out/own/"
if [ ! -e build/image/guest/initrd ]; then
	skip "an image of other sources: needs the guest image"
else
	for sources in '' '0123456789abcdef'; do
		[ -z "$sources" ] || echo "$sources" >"$out/tree/build/image/SOURCES"
		"$out/tree/host-stress" --place lab --duration 1s >"$out/text" 2>"$out/err"
		is $? 128 "an image of other sources is refused (${sources:-that names none})" "$out/err"
		has "^host-stress: the image in .* is made from other sources than this program: run 'make image'$" "$out/err" \
			"an image of other sources (${sources:-that names none}): said"
	done
	"$out/tree/host-stress" doctor --image-dir "$out/own" >"$out/text" 2>"$out/err"
	has '^images  *ok ' "$out/text" "an image that the user names may be one of their own"
fi

[ "$(stat -c %s build/guest/init)" -le 102400 ]
ok $? "the guest program has at most 100 KB: $(stat -c %s build/guest/init)"
is "$(scripts/setup 2>&1 | wc -l)" 1 "set-up again does nothing and says so in one line"
done_testing
