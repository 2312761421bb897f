#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# seconds: 4
#
# experiments/museum/run without a lab: an exhibit of its own, a stand-in for host-stress that says the figures that a file has for
# each kernel. What is shown, what is not, what cannot be judged; and the search over Debian's kernels.
cd "$(dirname "$0")/.." || exit 128
# shellcheck source=tests/lib.sh
. tests/lib.sh
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

mkdir -p "$out/experiments/museum/x" "$out/scripts/lib" "$out/tests/lab/inside"
cp experiments/museum/run experiments/museum/lib.sh "$out/experiments/museum/"
cp scripts/lib/newc "$out/scripts/lib/"
cp tests/lib.sh "$out/tests/"
cp tests/lab/inside/plain.sh "$out/tests/lab/inside/"
echo 'kernel-%: ; @:' >"$out/Makefile"
echo 'exit 0' >"$out/experiments/museum/x/inside"
printf '#!/bin/sh\ncut -d" " -f1 "%s/figures"\n' "$out" >"$out/scripts/kernel"
cat >"$out/host-stress" <<END
#!/bin/bash
# lab --kernel DIR/VERSION ...
echo "\${3##*/}" >>"$out/ran"
for n in \$(sed -n "s/^\${3##*/} //p" "$out/figures"); do
	[ "\$n" != error ] || exit 128
	[ "\$n" != none ] || exit 125
	echo "figure lost \$n"
done
END
chmod +x "$out/scripts/kernel" "$out/host-stress"

# exhibit BAD GOOD
exhibit() {
	printf '[exhibit]\ntitle = x\nbad = %s\ngood = %s\ninside = inside\nlimit = lost > 10\n' "$1" "$2" \
		>"$out/experiments/museum/x/exhibit"
}

# museum CODE PATTERN NAME [OPTIONS...]
museum() {
	local code=$1 pattern=$2 name=$3

	shift 3
	: >"$out/ran"
	"$out/experiments/museum/run" "$@" >"$out/text" 2>&1
	is $? "$code" "$name: exit code" "$out/text"
	has "$pattern" "$out/text" "$name: says $pattern"
}

cat >"$out/figures" <<'END'
6.1.0-1 50 60
6.1.0-2 50 60
6.2.1+deb 50 60
6.3.1+deb 50 5
6.4.1+deb 50 60
6.5.1+deb 0 10
6.6.1+deb 0 0
6.7.1+deb none
6.8.1+deb 0 0
6.9.1+deb error
END
exhibit 6.1.0-1 6.8.1+deb
museum 0 'x *6.1.0-1: 50 60 *6.8.1+deb: 0 0 *shown' 'an exhibit that shows'
exhibit 6.1.0-1 6.4.1+deb
museum 1 'NOT SHOWN' 'a good kernel that is bad'
exhibit 6.3.1+deb 6.8.1+deb
museum 125 'cannot judge' 'tries that disagree'
exhibit 6.1.0-1 6.9.1+deb
museum 128 'error' 'an error of our own'
museum 0 'FOUND: it changes between 6.4.1+deb and 6.5.1+deb' 'the search' --only x --bisect 6.1.0-1 6.8
is "$(sort -V "$out/ran" | uniq -d)$(wc -l <"$out/ran")" 5 'two ends and three between, each run once' "$out/ran"
museum 0 'between 6.4.1+deb and 6.5.1+deb' 'what cannot be judged is gone around' --only x --bisect 6.2 6.8
museum 125 'one end should be good and the other bad' 'nothing changes' --only x --bisect 6.1.0-1 6.2
museum 128 '6.9.1+deb ended with an error' 'an error at an end' --only x --bisect 6.1 6.9
museum 128 'no kernels from 6.8 to 6.1' 'the wrong way round' --only x --bisect 6.8 6.1
museum 128 'needs one --only' 'all exhibits at once' --bisect 6.1 6.8
done_testing
