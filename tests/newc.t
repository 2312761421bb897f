#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# scripts/lib/newc: an archive that cpio reads, and whose bytes depend on names, kinds and contents alone: not on times,
# a umask, the order in a folder, nor on how many links its file system or its cpio gives a folder.
cd "$(dirname "$0")/.." || exit 128
. tests/lib.sh

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# tree NAME UMASK MEMBER...: the same things, laid out in another order.
tree() (
	umask "$2"
	mkdir "$out/$1" && cd "$out/$1" || exit
	shift 2
	for member; do
		case $member in
		*/) mkdir -p "$member" ;;
		*@) ln -s to/where "${member%@}" ;;
		*+) mkdir -p "$(dirname "$member")" && echo "echo ran" >"${member%+}" && chmod +x "${member%+}" ;;
		*) mkdir -p "$(dirname "$member")" && echo "text of $member" >"$member" ;;
		esac
	done
)
tree one 022 a/b/c/ a/z run+ link@ a.txt
tree two 077 a.txt link@ run+ a/z a/b/c/
find "$out/two" -exec touch -h -d '1999-01-01' {} +
scripts/lib/newc "$out/one" >"$out/one.cpio"
is $? 0 "a tree is packed"
scripts/lib/newc "$out/two" >"$out/two.cpio"
cmp "$out/one.cpio" "$out/two.cpio" >"$out/text" 2>&1
is $? 0 "another umask, order and time: the same bytes" "$out/text"

cpio -itvn --quiet <"$out/one.cpio" 2>&1 | sed -E 's/ +[0-9]+ Jan.* 1970 / /; s/ +/ /g' >"$out/list"
cat >"$out/wanted" <<'END_LIST'
drwxr-xr-x 3 0 0 a
-rw-r--r-- 1 0 0 a.txt
drwxr-xr-x 3 0 0 a/b
drwxr-xr-x 2 0 0 a/b/c
-rw-r--r-- 1 0 0 a/z
lrwxrwxrwx 1 0 0 link -> to/where
-rwxr-xr-x 1 0 0 run
END_LIST
diff "$out/wanted" "$out/list" >"$out/text"
is $? 0 "cpio reads it: names in order, root's, modes and links of ours" "$out/text"
mkdir "$out/three" && (cd "$out/three" && cpio -id --quiet <"$out/one.cpio")
diff -r --no-dereference "$out/one" "$out/three" >"$out/text" 2>&1
is $? 0 "and unpacks what was packed" "$out/text"

mkfifo "$out/one/pipe"
scripts/lib/newc "$out/one" >"$out/text" 2>&1
is $? 1 "what is no file, folder or link is refused"
has 'pipe: neither file' "$out/text" "by its name"
done_testing
