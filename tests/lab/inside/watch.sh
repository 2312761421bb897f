# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# A VM that runs already, watched from outside: a plain QEMU whose firmware does nothing but write to 128 pages, again
# and again. Would pass silently if the watcher took any process's windows for the VM's, or saw its own: the kinds
# must be those of what is done to the VM here, and by the thread that does it.

. /tests/common.sh
. /tests/plain.sh

plain_vm "$PLAIN_WRITES"
kill -0 $vm
ok $? "the plain guest runs" qemu.out

host-stress watch nonesuch >out 2>err
is $? 128 "no such VM: exit code" err
host-stress watch $$ >out 2>err
is $? 128 "a process without a VM: exit code" err
has 'runs no VM' err "a process without a VM: said"

# Its pages are moved from node to node by hand, as an administrator does: already when the probes come.
/tests/poke nodes $vm 100 &
mover=$!
host-stress watch plain --duration 1s --json watched.json --trace /lab/trace >out 2>err &
watcher=$!
wait $watcher
is $? 0 "a plain QEMU by its name: exit code" err
has '^plain (' out "the VM is named"
has '1 vCPU, 3[12][.][0-9] MiB of RAM' out "its vCPUs and RAM are found"
has 'other/' out "windows by the thread that moved its pages"
has 'longest windows' out "the worst are told"
has 'off their CPU for .*host-stress .* in ' out "who took the vCPU's CPU: the one CPU of this L1 is the watcher's, too"
has 'not seen' out "what is not seen is said"
has '"lost": 0' watched.json "no event was lost"
has '"thread": "other"' watched.json "the JSON has who it was"
is "$(knobs)" "$knobs_before" "no setting was changed"
cp watched.json /lab/result.json
{ host-stress watch plain 2>err; echo $? >code; } | head -n 1 >first
is "$(cat code)" 0 "a reader that has seen enough ends it, and that is no error" err
has 'windows/s' first "it has seen a line"
[ ! -s err ] || ! grep -q 'standard output' err
ok $? "nothing is said of it" err
kill $mover $vm
wait $vm 2>/dev/null

sed 's/^/# /' out
done_testing
