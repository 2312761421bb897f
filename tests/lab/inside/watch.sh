# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# A VM that runs already, watched from outside: a plain QEMU that boots our guest's kernel and has nobody to
# talk to. Would pass silently if the watcher took any process's windows for the VM's, or saw its own: the kinds
# must be those of what is done to the VM here, and by the thread that does it.

. /tests/common.sh

GUEST=/usr/lib/host-stress/image/guest
LAB_QEMU=/usr/lib/host-stress/qemu

# Its kernel finds no init, panics and goes on turning, which is all that is asked of it.
$LAB_QEMU/bin/$QEMU -L $LAB_QEMU/share/qemu -name guest=plain,debug-threads=on -nodefaults -no-user-config \
	-display none -machine microvm,accel=kvm,acpi=on,pit=off,pic=off,rtc=off,isa-serial=on,auto-kernel-cmdline=off \
	-cpu host -smp 1 -m 96M -kernel $GUEST/vmlinux -initrd $GUEST/initrd -serial file:console \
	-append 'console=ttyS0 quiet loglevel=1 rdinit=/none panic=0 nokaslr tsc=reliable no_timer_check' >qemu.out 2>&1 &
vm=$!
wait_for 20 "the plain guest's panic" grep -qs 'Kernel panic' console
kill -0 $vm
ok $? "the plain guest runs" qemu.out

host-stress watch nonesuch >out 2>err
is $? 128 "no such VM: exit code" err
host-stress watch $$ >out 2>err
is $? 128 "a process without a VM: exit code" err
has 'runs no VM' err "a process without a VM: said"

# Its pages are moved from node to node by hand, as an administrator does.
host-stress watch plain --duration 1500ms --json watched.json --trace /lab/trace >out 2>err &
watcher=$!
wait_for 60 "the probes" grep -q 'watching plain' err
/tests/poke nodes $vm || echo "# no pages moved"
wait $watcher
is $? 0 "a plain QEMU by its name: exit code" err
has '^plain (' out "the VM is named"
has '1 vCPU, 9[56][.][0-9] MiB of RAM' out "its vCPUs and RAM are found"
has 'other/' out "windows by the thread that moved its pages"
has 'longest windows' out "the worst are told"
has 'off their CPU for .*host-stress .* in ' out "who took the vCPU's CPU: the one CPU of this L1 is the watcher's, too"
has 'not seen' out "what is not seen is said"
has '"lost": 0' watched.json "no event was lost"
has '"thread": "other"' watched.json "the JSON has who it was"
is "$(knobs)" "$knobs_before" "no setting was changed"
cp watched.json /lab/result.json
kill $vm
wait $vm 2>/dev/null

sed 's/^/# /' out
done_testing
