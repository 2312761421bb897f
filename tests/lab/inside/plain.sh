# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2034 # for who includes this
#
# plain.sh - a VM of somebody else's: a plain QEMU whose guest is 64 KiB of firmware, written here byte by byte.

LAB_QEMU=/usr/lib/host-stress/qemu

# octal BYTES AT: into the file "bios", 64 KiB that end at 4 GiB; a CPU begins 16 bytes before the end of it.
octal() {
	# shellcheck disable=SC2059 # bytes
	printf "$1" | dd of=bios bs=1 seek="$2" conv=notrunc 2>/dev/null
}

has_vcpu() {
	for fd in /proc/"$vm"/fd/*; do
		case $(readlink "$fd") in
		anon_inode:kvm-vcpu*) return 0 ;;
		esac
	done
	return 1
}

# plain_vm BYTES [OPTIONS...]: a VM called "plain" runs them from the firmware's begin on, its QEMU is $vm.
plain_vm() {
	dd if=/dev/zero of=bios bs=65536 count=1 2>/dev/null
	octal "$1" 0
	shift
	octal '\352\000\000\000\360' 65520 # jmp f000:0000
	$LAB_QEMU/bin/qemu-system-x86_64 -L $LAB_QEMU/share/qemu -name guest=plain,debug-threads=on -nodefaults \
		-no-user-config -display none -machine microvm,accel=kvm,acpi=on,pit=off,pic=off,rtc=off,isa-serial=off \
		-cpu host -smp 1 -m 32M -bios bios "$@" >qemu.out 2>&1 &
	vm=$!
	wait_for 20 "the plain guest's vCPU" has_vcpu
	sleep 0.2
}

# Writes to 128 pages, again and again; counts its rounds at 500h for `poke pace`.
# next: xor bx, bx; mov es, bx; mov ax, 1000h; page: mov ds, ax; inc byte [0]; add ax, 100h; cmp ax, 9000h; jb page;
# inc dword [es:500h]; jmp next
PLAIN_WRITES='\061\333\216\303\270\000\020\216\330\376\006\000\000\005\000\001\075\000\220\162\362\046\146\377\006\000\005\353\343'
# Leaves for KVM in each round: xor bx, bx; mov es, bx; next: cpuid; inc dword [es:500h]; jmp next
PLAIN_EXITS='\061\333\216\303\017\242\046\146\377\006\000\005\353\366'
