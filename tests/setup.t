#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What a machine is told that lacks something: another distribution, no right to install, a mirror that has lost
# QEMU's pinned version. All made up; nothing is installed or fetched.
cd "$(dirname "$0")/.." || exit 128
. tests/lib.sh

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# A machine with nothing but these.
mkdir "$out/bin"
for tool in sh bash cat cut awk xargs df dirname realpath grep head tail mktemp env rm echo; do
	ln -s "$(type -P "$tool")" "$out/bin/$tool"
done
program() {
	printf '#!/bin/sh\n%s\n' "$2" >"$out/bin/$1"
	chmod +x "$out/bin/$1"
}
program id 'echo 1000'

# setup ID ID_LIKE OPTION...: scripts/setup on that distribution; its words in $out/text, $code.
setup() {
	printf 'ID=%s\nID_LIKE="%s"\n' "$1" "$2" >"$out/os-release"
	shift 2
	code=0
	HOST_STRESS_OS_RELEASE=$out/os-release PATH=$out/bin scripts/setup "$@" >"$out/text" 2>&1 </dev/null || code=$?
}

setup fedora '' --test
is $code 128 "Fedora: missing commands are an error"
has 'names are Fedora.s' "$out/text" "Fedora: by its names"
has ' ninja-build .*pkgconf-pkg-config.* ShellCheck' "$out/text" "Fedora: they are"
has 'HOST_STRESS_MIRROR=URI' "$out/text" "Fedora: and what else is needed"
setup rhel fedora
has 'names are Fedora.s' "$out/text" "a child of Fedora: the same"
setup ubuntu debian --test
is $code 128 "Ubuntu: missing commands are an error"
has 'names are Debian.s.* ninja-build .* shellcheck' "$out/text" "Ubuntu: by Debian's names"
has 'not tried here' "$out/text" "Ubuntu: nothing is claimed"

# Debian, and packages are missing.
program dpkg-query 'exit 1'
setup debian ''
is $code 128 "no sudo: an error"
has 'there is no sudo; install these packages as root: make ' "$out/text" "no sudo: said, with the packages"
program sudo 'echo "sudo: a password is required" >&2; exit 1'
setup debian ''
is $code 128 "sudo refuses: an error"
has 'sudo refuses (sudo: a password is required); install these packages as root: make ' "$out/text" \
	"sudo refuses: said with its reason"
# shellcheck disable=SC2016 # the program expands it
program sudo '[ "$1" = -n ] || { echo "E: the archive is on fire" >&2; exit 100; }'
setup debian ''
is $code 128 "apt fails: an error"
has 'cannot fetch the package lists: E: the archive is on fire' "$out/text" "apt fails: said with its reason"

# The pinned QEMU is gone.
mkdir -p "$out/tree/images/toolchain" "$out/tree/scripts/lib"
cp -r images/qemu "$out/tree/images/"
ln -s /bin/true "$out/tree/images/toolchain/build"
cat >"$out/tree/scripts/lib/apt-private" <<'END_APT'
#!/bin/sh
[ "$2" = versions ] && echo 1:9.9-1 || { echo "asked for $*" >&2; exit 128; }
END_APT
chmod +x "$out/tree/scripts/lib/apt-private"
BUILD=$out/tree/build "$out/tree/images/qemu/build" >"$out/text" 2>&1
is $? 128 "the pinned QEMU has left the mirror: nothing is built"
has 'has left the mirror, which has 1:9.9-1: give build --any-version to build that' "$out/text" "and what would do is said"
BUILD=$out/tree/build "$out/tree/images/qemu/build" --any-version >"$out/text" 2>&1
is $? 128 "--any-version goes on (to a mirror that does not work here)"
has 'asked for bookworm source .* qemu=1:9.9-1' "$out/text" "with the newest there is"

# A build that fails and is called again: nothing is fetched, configured or compiled twice. The parts are stand-ins.
pinned=$(sed -n 's/^readonly PINNED=//p' images/qemu/build)
mkdir -p "$out/parts" "$out/again/toolchain/bin"
part() {
	printf '#!/bin/bash\n%s\n' "$2" >"$out/parts/$1"
	chmod +x "$out/parts/$1"
}
for name in meson pkg-config patch dpkg-source; do
	part $name true
done
# shellcheck disable=SC2016 # the programs expand them
{
	part apt-private 'case $2 in
		versions) echo '"$pinned"' ;;
		source) echo fetched >>'"$out"'/calls && mkdir -p "$3"/qemu-7.2/{configs/devices/x86_64-softmmu,include/qemu} &&
			printf "#!/bin/sh\necho configured >>'"$out"'/calls; touch build.ninja\n" >"$3/qemu-7.2/configure" &&
			chmod +x "$3/qemu-7.2/configure" ;;
		download) mkdir -p "$3" && touch "$3/firmware.deb" ;;
	esac'
	part dpkg-deb '[ "$1" != -x ] || { mkdir -p "$3" &&
		cd "$3" && touch bios-256k.bin bios-microvm.bin qboot.rom pvh.bin linuxboot_dma.bin kvmvapic.bin; }'
	part ninja '[ "$3" != -t ] && [ "$3" != config-poison.h ] || exit
		echo compiled >>'"$out"'/calls
		[ ! -e '"$out"'/broken ] || { echo "FAILED: a.o"; echo "a.c:1: error: no such luck"; echo "FAILED: b.o"; exit 1; }
		printf "#!/bin/sh\necho QEMU 7.2\n" >"$2/qemu-system-x86_64" && chmod +x "$2/qemu-system-x86_64"'
	printf '#!/bin/sh\ncp "$3" "$2"\n' >"$out/again/toolchain/bin/strip"
}
chmod +x "$out/again/toolchain/bin/strip"
cp "$out/parts/apt-private" "$out/tree/scripts/lib/"
again() {
	PATH=$out/parts:$PATH BUILD=$out/again "$out/tree/images/qemu/build" >"$out/text" 2>&1
	code=$?
}
touch "$out/broken"
again
is $code 128 "QEMU does not compile: an error"
has 'a.c:1: error: no such luck' "$out/text" "the first error is shown"
has 'what was compiled is kept' "$out/text" "and what is kept"
rm "$out/broken"
again
is $code 0 "mended, it goes on" "$out/text"
again
is "$code $(xargs <"$out/calls")" '0 fetched configured compiled compiled' "and nothing was done twice"

# A full disk is told before anything is fetched.
part df 'printf "Filesystem\nx x x 100 x x\n"'
rm -r "$out/again/qemu" "$out/calls"
again
is "$code $(cat "$out/calls" 2>/dev/null)" '128 ' "no space for QEMU: nothing is begun"
has 'needs 1500 MiB in .*, which has 100' "$out/text" "and how much it takes is said"
cp scripts/setup "$out/tree/scripts/"
PATH=$out/parts:$PATH "$out/tree/scripts/setup" >"$out/text" 2>&1
is $? 128 "no space for the first build: scripts/setup says so"
has 'the first build needs 3000 MiB in .*, and 100 are free' "$out/text" "and how much it takes"
done_testing
