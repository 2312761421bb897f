#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# scripts/lib/apt-private with an apt-get that only pretends: which suites are asked for when the mirror lacks
# some, and what is said of a file that cannot be fetched.
cd "$(dirname "$0")/.." || exit 128
# shellcheck source=tests/lib.sh
. tests/lib.sh
top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
export BUILD=$top/build HOST_STRESS_MIRROR=http://mirror.test/debian FAKE=$top
mkdir "$top/bin"
PATH=$top/bin:$PATH

# Lacks the suites in $FAKE/lacks and fetches no package. In apt's own words (2.6).
cat >"$top/bin/apt-get" <<'END'
#!/bin/bash
state=$(dirname "$APT_CONFIG")
case $* in
*update*)
	asked=$(sed -n 's/^Suites: //p' "$state/sources.d/debian.sources" | xargs)
	echo "$asked" >>"$FAKE/asked"
	code=0
	for suite in $asked; do
		grep -qxF "$suite" "$FAKE/lacks" || continue
		echo "E: The repository 'http://mirror.test/debian $suite Release' does not have a Release file."
		code=100
	done
	exit $code
	;;
*download*)
	echo "Err:1 http://mirror.test/debian bookworm/main amd64 seabios all 1.16.2-1"
	echo "  404  Not Found"
	echo "E: Failed to fetch http://mirror.test/debian/pool/s/seabios_1.16.2-1_all.deb  404  Not Found"
	echo "E: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?"
	exit 100
	;;
esac
END
chmod +x "$top/bin/apt-get"

private() {
	scripts/lib/apt-private "$@" >"$top/text" 2>"$top/err"
}

# lacks SUITE...
lacks() {
	printf '%s\n' "$@" >"$top/lacks"
	: >"$top/asked"
}

lacks none
private bookworm update
is $? 0 "bookworm: exit code" "$top/err"
is "$(cat "$top/asked")" "bookworm bookworm-updates bookworm-security" "bookworm: its suites, without backports"

lacks sid-updates sid-backports sid-security
private sid update
is $? 0 "sid: exit code" "$top/err"
is "$(tail -n 1 "$top/asked")" "sid" "sid: what the mirror lacks is not asked for"
has 'no sid-backports, no sid-security, no sid-updates: left out' "$top/err" "sid: that is said"
private sid names x
is "$(wc -l <"$top/asked")" 2 "sid: and known the next time"

lacks forky-backports
private forky update
is $? 0 "forky: exit code" "$top/err"
is "$(tail -n 1 "$top/asked")" "forky forky-updates forky-security" "forky: security and updates are there"
lacks none
private forky update
is "$(tail -n 1 "$top/asked")" "forky forky-updates forky-backports forky-security" \
	"forky: asked again when the lists are fetched anew"

lacks trixie
private trixie update
is $? 128 "no such release: exit code"
has "cannot fetch the package lists of trixie: .*trixie Release" "$top/err" "no such release: said"

lacks none
private bookworm download "$top/debs" seabios
is $? 128 "no such file: exit code"
has 'cannot fetch seabios: .*pool/s/seabios_1.16.2-1_all.deb' "$top/err" "no such file: it is named"

done_testing
