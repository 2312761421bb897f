# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# A VM that runs already, watched from outside: a plain QEMU whose firmware does nothing but write to 128 pages, again
# and again. Would pass silently if the watcher took any process's windows for the VM's, or saw its own: the kinds
# must be those of what is done to the VM here, and by the thread that does it.

. /tests/common.sh

LAB_QEMU=/usr/lib/host-stress/qemu

# octal BYTES: the file "bios", 64 KiB that end at 4 GiB; a CPU begins 16 bytes before the end of it.
octal() {
	# shellcheck disable=SC2059 # bytes
	printf "$1" | dd of=bios bs=1 seek="$2" conv=notrunc 2>/dev/null
}
dd if=/dev/zero of=bios bs=65536 count=1 2>/dev/null
# mov ax, 1000h; next: mov ds, ax; inc byte [0]; add ax, 100h; cmp ax, 9000h; jb next; jmp to the begin
octal '\270\000\020\216\330\376\006\000\000\005\000\001\075\000\220\162\362\353\355' 0
octal '\352\000\000\000\360' 65520 # jmp f000:0000

has_vcpu() {
	for fd in /proc/$vm/fd/*; do
		case $(readlink "$fd") in
		anon_inode:kvm-vcpu*) return 0 ;;
		esac
	done
	return 1
}

$LAB_QEMU/bin/$QEMU -L $LAB_QEMU/share/qemu -name guest=plain,debug-threads=on -nodefaults -no-user-config \
	-display none -machine microvm,accel=kvm,acpi=on,pit=off,pic=off,rtc=off,isa-serial=off \
	-cpu host -smp 1 -m 32M -bios bios >qemu.out 2>&1 &
vm=$!
wait_for 20 "the plain guest's vCPU" has_vcpu
sleep 0.2
kill -0 $vm
ok $? "the plain guest runs" qemu.out

host-stress watch nonesuch >out 2>err
is $? 128 "no such VM: exit code" err
host-stress watch $$ >out 2>err
is $? 128 "a process without a VM: exit code" err
has 'runs no VM' err "a process without a VM: said"

# Its pages are moved from node to node by hand, as an administrator does.
host-stress watch plain --duration 1s --json watched.json --trace /lab/trace >out 2>err &
watcher=$!
wait_for 60 "the probes" grep -q 'watching plain' err
/tests/poke nodes $vm || echo "# no pages moved"
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
kill $vm
wait $vm 2>/dev/null

sed 's/^/# /' out
done_testing
