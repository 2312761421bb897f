#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What is said of the sources is what the code has: the tables of docs/sources.md and README.md and the schema name
# every source of `host-stress list` and no other, and no source's file is longer than 150 lines.
cd "$(dirname "$0")/.." || exit 128
# shellcheck source=tests/lib.sh
. tests/lib.sh
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# names FILE: the first column of its first table that begins with "| source |".
names() {
	awk -F '|' '/^\| source \|/ { on = 1; next }
		on && !/^\|/ && NF { exit }
		on && /^\|/ && !/^\|---/ { print $2 }' "$1" | tr -d ' ' | tr , '\n' | sort
}

./host-stress list | sed -n 's/^\([a-z0-9-]\+\) .*/\1/p' | sort >"$out/code"
[ "$(wc -l <"$out/code")" -gt 10 ]
ok $? "list names the sources" "$out/code"
for file in docs/sources.md README.md; do
	names "$file" >"$out/doc"
	diff "$out/code" "$out/doc" >"$out/diff"
	ok $? "$file: its table has every source of the code, and no other" "$out/diff"
done
python3 - >"$out/doc" <<'END'
import json, re
def find(x):
    if isinstance(x, dict):
        if 'sources' in x and 'pattern' in x['sources']:
            print('\n'.join(re.match(r'\^\(([^)]*)\)', x['sources']['pattern'])[1].split('|')))
        for v in x.values():
            find(v)
find(json.load(open('docs/result.schema.json')))
END
sort "$out/doc" | diff "$out/code" - >"$out/diff"
ok $? "the schema has every source of the code, and no other" "$out/diff"
wc -l host/source/*.c | awk '$1 > 150 && $2 != "total"' >"$out/long"
[ ! -s "$out/long" ]
ok $? "no file of a source has more than 150 lines" "$out/long"
experiments/pairs --plan --kernels 6.12 >"$out/pairs" 2>&1
is $? 0 "experiments/pairs asks for no pair that is refused" "$out/pairs"
done_testing
