#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# seconds: 20
#
# The search of scripts/bisect-debian, without a lab and without packages: a stand-in for
# scripts/kernel hands out kernels of which it is known how they go (tests/bisect/host-stress).
cd "$(dirname "$0")/.." || exit 128
# shellcheck source=tests/lib.sh
. tests/lib.sh
root=$PWD
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
export REAL_STRESS=$root/host-stress BUILD=$out/build

mkdir -p "$out/scripts/lib" "$BUILD/kernels"
cp scripts/bisect-debian "$out/scripts/"
cp scripts/lib/{bisect-log,bisect-noise,bisect_lib.py,lib-bisect} "$out/scripts/lib/"
cat >"$out/scripts/kernel" <<'END'
#!/bin/bash
if [ "$1" = available ]; then
	cut -d' ' -f1 "$BUILD/versions"
	exit
fi
read -r _ what <<<"$(grep -F "$2 " "$BUILD/versions")"
[ "$what" != no-network ] || { echo "apt-private: no route to host" >&2; exit 128; }
dir=$BUILD/kernels/$2
mkdir -p "$dir" && echo "$what" | tee "$dir/what" "$dir/config" "$dir/package" >/dev/null
echo 6.0.0 >"$dir/release"
END
chmod +x "$out/scripts/kernel"

# history WHAT...: versions 6.0, 6.1, …, and how each goes.
history() {
	local what n=0

	rm -rf "${BUILD:?}" && mkdir -p "$BUILD"
	for what in "$@"; do
		echo "6.$((n++)).1+deb $what"
	done >"$BUILD/versions"
}

# search GOOD BAD CODE PATTERN NAME, with options $more and host-stress's $seed
more=() seed=()
search() {
	"$out/scripts/bisect-debian" --host-stress "$root/tests/bisect/host-stress" \
		--good "$1" --bad "$2" "${more[@]}" -- --sources migrate "${seed[@]}" >"$out/text" 2>&1
	is $? "$3" "$5: exit code" "$out/text"
	has "$4" "$out/text" "$5: says $4"
}

runs() {
	cat "$BUILD"/bisect-debian/bisect-*.csv | grep -c ^20
}

history good good good good good good good good good good good good bad bad bad bad
search 6.0 6.15 0 'FOUND: 6.11.1+deb is good, 6.12.1+deb is bad' 'a change among 16'
is "$(runs)" 14 'a change among 16: two ends and four between, and both ends and both neighbours with two more seeds'
search 6.0 6.15 0 'FOUND: 6.11.1+deb is good' 'the same again'
is "$(runs)" 14 'the same again: none was run'
has '^sure: 9[0-9.]* % by 14 runs, 0 of them against it' "$out/text" 'how sure the answer is'
has '#regzbot introduced: v6.11.1..v6.12.1' "$out/text" 'a report that can be sent'
has 'x > 1 in migrate: good 0 0 0, bad 2 2 2' "$out/text" 'with the figures of both sides'
has '14 versions between 6.0.1+deb and 6.15.1+deb, about 4 steps, 1 min' "$out/text" 'progress'
has 'proof: good with 3 of 3 seeds, bad with 3 of 3' "$out/text" 'the answer is proven'
search 6.15 6.0 125 'NOT FOUND: 6.0.1+deb should be bad but is good' 'good and bad exchanged'
search 6.0 6.10 125 'NOT FOUND: 6.10.1+deb should be bad but is good' 'nothing changed'
search 6.0.1 6.0 128 'are the same kernel' 'one kernel'
search 6.0 5 128 'no Debian kernel 5' 'an unknown kernel'
history bad bad bad bad good good
search 6.5 6.0 0 'FOUND: 6.3.1+deb is bad, 6.4.1+deb is good' 'a fix'
history good good no-boot no-boot not-exercised bad bad no-boot bad
search 6.0 6.8 125 'between 6.1.1+deb and 6.5.1+deb; the 3 between' 'skips at the change'
history good no-boot good good bad no-boot no-boot bad bad
search 6.0 6.8 0 'FOUND: 6.3.1+deb is good, 6.4.1+deb is bad' 'skips elsewhere'
history good good killed bad bad
search 6.0 6.4 128 'stopped at 6.2.1+deb' 'an error between'
history good good no-network bad bad
search 6.0 6.4 128 'cannot fetch 6.2.1+deb: apt-private: no route' 'no network'
history good qemu-killed bad
search 6.0 6.2 125 'the 1 between' 'a killed QEMU is gone around'
sed -i 's/qemu-killed/good/' "$BUILD/versions"
search 6.0 6.2 0 'FOUND: 6.1.1+deb is good' 'and is not taken from the log the next time'

# A good kernel that the first seed (2 here) makes bad.
history noisy-80-2 noisy-80-2 noisy-80-2 noisy-97-4 noisy-80-2 noisy-120-2 noisy-121-2
more=(--seeds 3) seed=(--seed 2)
search 6.0 6.6 125 'it seems to change, but' 'a seed that misleads'
more+=(--step-seeds 3)
search 6.0 6.6 0 'FOUND: 6.4.1+deb is good, 6.5.1+deb is bad' 'most of three seeds do not'
more=() seed=(--baseline-good "$0" --baseline-bad "$0")
search 6.0 6.6 125 'NOT FOUND: the gap between two baselines is of one run each' 'the gap between two baselines'
seed=()

# A limit within the noise names nobody, whatever the ends come to with one seed.
history noisy-90-2 noisy-91-2 noisy-109-2 noisy-110-2
search 6.0 6.3 0 'FOUND: 6.1.1+deb is good, 6.2.1+deb is bad' 'a limit that stands clear'
history noisy-94-4 noisy-95-4 noisy-105-4 noisy-110-4
search 6.0 6.3 125 'within the noise' 'a limit that the seed alone nearly reaches'
history noisy-99-4 noisy-90-1 noisy-130-1
search 6.0 6.2 125 'the good kernel is bad with seed 2' 'a good kernel that is bad with another seed'
history noisy-80-1 noisy-97-1 noisy-98-4 noisy-120-1
search 6.0 6.3 125 'it seems to change, but' 'neighbours that another seed exchanges'
search 6.0 6.3 125 'NOT FOUND' 'the same again'
done_testing
