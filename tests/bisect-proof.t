#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# seconds: 27
#
# scripts/bisect: what is named is proven, and what is not proven is not named. Builds and runs are stand-ins
# (tests/bisect/), histories are of a file that says how a kernel goes.
cd "$(dirname "$0")/.." || exit 128
# shellcheck source=tests/lib.sh
. tests/lib.sh
root=$PWD
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
export REAL_STRESS=$root/host-stress GIT_CONFIG_GLOBAL=/dev/null
seed=
export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@t GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@t

# history WHAT...: a commit for each, c1, c2, …; a WHAT that begins with doc: touches only a text.
history() {
	local what n=0

	rm -rf "$out/tree" "$out/dir"
	git init -q -b main "$out/tree" && cd "$out/tree" || exit 128
	touch .git/built
	for what in "$@"; do
		if [ "$n" -gt 0 ] && [[ $what == doc:* ]]; then
			echo "${what#doc:}" >'what'
		else
			echo "${what#doc:}" >'what'
			echo "int c$n;" >"file$n.c"
		fi
		n=$((n + 1))
		git add -A && git commit -q -m "commit $n" && git tag "c$n"
	done
}

# find_commit GOOD BAD CODE PATTERN NAME [OPTIONS...]; with seed $seed
find_commit() {
	local good=$1 bad=$2 code=$3 pattern=$4 name=$5

	shift 5
	"$root/scripts/bisect" "$@" --dir "$out/dir" --host-stress "$root/tests/bisect/host-stress" \
		--builder "$root/tests/bisect/builder" "$good" "$bad" -- --sources migrate ${seed:+--seed $seed} >"$out/text" 2>&1
	is $? "$code" "$name: exit code" "$out/text"
	has "$pattern" "$out/text" "$name: says $pattern"
	is "$(git symbolic-ref --short HEAD) $(git status --porcelain)" 'main ' "$name: the tree is as it was"
}

history noisy-80-2 noisy-81-2 noisy-80-2 noisy-120-2 noisy-121-2 noisy-120-2
find_commit c1 c6 0 "FOUND: $(git rev-parse c4)" 'a commit that changes it'
has 'good with 3 of 3 seeds, bad with 3 of 3' "$out/text" 'it is proven with its parent'
has "#regzbot introduced: $(git rev-parse c4)" "$out/text" 'a report'
has '[0-9.]* % by 13 runs, 0 of them against it' "$out/text" 'how sure it is'
has "x > 100 in migrate: good 80 82 78, bad 120 122 118" "$out/text" 'the figures of both sides'
has 'between .* and .*: 5 commits left, about [23] steps, 1 min' "$out/text" 'progress: the first step'
has 'between .* and .*: 2 commits left, about 1 step, 1 min' "$out/text" 'progress: the last'
runs=$(cat "$out"/dir/bisect-*.csv | wc -l)
find_commit c1 c6 0 "FOUND: $(git rev-parse c4)" 'the same again'
is "$(cat "$out"/dir/bisect-*.csv | wc -l)" "$runs" 'the same again: nothing was built or run'
"$root/scripts/bisect" --resume >"$out/text" 2>&1
is $? 128 'nothing to resume: exit code' "$out/text"
has 'no bisection was broken off in this tree' "$out/text" 'nothing to resume'
find_commit c1 c4 0 'reverted on the newer end: good again' 'and without it the newer end is good'
find_commit c6 c1 125 'NOT FOUND: the good kernel is bad' 'good and bad exchanged'
find_commit c1 c3 125 'NOT FOUND: the bad kernel is good' 'nothing changed'
find_commit nowhere c3 128 'no commit is called' 'no such commit'
history noisy-120-2 noisy-121-2 noisy-80-2 noisy-80-2
find_commit c4 c1 0 "FOUND: $(git rev-parse c3)" 'a fix' --find-fix
# A good commit that the first seed makes bad: by one seed a step the search goes wrong, which the proof finds out.
history noisy-80-2 noisy-80-2 noisy-80-2 noisy-97-4 noisy-80-2 noisy-120-2 noisy-121-2
seed=2
find_commit c1 c7 125 'NOT FOUND: the bad kernel is good with seed 3' 'a seed that misleads'
find_commit c1 c7 0 "FOUND: $(git rev-parse c6)" 'most of three seeds do not' --step-seeds 3
seed=
has ' % by [0-9]* runs, 1 of them against it' "$out/text" 'the misleading run makes it less sure'
history noisy-97-4 noisy-96-4 noisy-106-4 noisy-110-4
find_commit c1 c4 125 'NOT FOUND' 'a limit within the noise'
history noisy-80-2 noisy-82-2 doc:noisy-120-2 noisy-121-2
find_commit c1 c4 125 'touches nothing that is compiled' 'a change that cannot be the cause'
history noisy-80-1 noisy-99-4 noisy-130-1
find_commit c1 c3 125 'NOT FOUND' 'a parent that another seed makes bad'
"$root/scripts/bisect" c1 c3 -- --sources migrate --baseline-good a --baseline-bad b >"$out/text" 2>&1
is $? 125 'the gap between two baselines: exit code' "$out/text"
has 'NOT FOUND: the gap between two baselines is of one run each' "$out/text" 'the gap between two baselines: why not'
history good own-error bad
find_commit c1 c3 128 'a run ended with an error' 'an error of our own'
"$root/scripts/bisect" --resume >"$out/text" 2>&1
is $? 128 'resumed, and the error is still there: exit code' "$out/text"
has "resumed: --dir .* c1 c3 -- --sources migrate" "$out/text" 'resumed as it was asked for'
history good no-boot bad
find_commit c1 c3 125 'cannot be judged' 'a commit that does not boot, at the change'
echo more >>'what'
"$root/scripts/bisect" c1 c3 >"$out/text" 2>&1
is $? 128 'a tree that is not clean: exit code' "$out/text"

# The title of what a kernel died of is a column.
cat >"$out/r.json" <<'END'
{"verdict": {"code": 1, "reasons": ["it died"]}, "end": {"how": "kernel-died"}, "crash": "BUG: unable to\thandle", "kernel": "6.0"}
END
"$root/scripts/bisect" log add "$out/log.csv" '' code=1 kernel=a config=b options=c lab=d "result=$out/r.json" >"$out/text"
is $? 0 'scripts/bisect log: exit code' "$out/text"
has ',kernel-died,BUG: unable to handle,it died,' "$out/log.csv" 'the crash is a column of its own'
done_testing
