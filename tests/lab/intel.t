#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# seconds: 180
#
# The Intel lab: real EPT violations and the same bytes twice; a bzImage, a parameter for KVM, L1's panic and the
# emulator's death. Would pass silently if L1 were not kvm_intel's: its exits and its word on paging are looked at.
# shellcheck source=tests/lab/outside.sh
. "$(dirname "$0")/outside.sh"

lab() {
	"$STRESS" lab --lab-cpu intel "$@" >"$out/text" 2>"$out/err"
	code=$?
}

json=$out/result.json
lab --verify --sources ksm-merge --phase-time 100ms --memory 8M --json "$json"
is $code 0 "the same run twice: exit code" "$out/text"
has '^EQUAL: .* result [1-9][0-9]\{3,\}, output [1-9][0-9]\{2,\}, console [1-9]' "$out/text" \
	"the same run twice: the same bytes"
tests/validate-result "$json" >"$out/valid" 2>&1
is $? 0 "the result follows the schema" "$out/valid"
is "$(figure "r['accel'], r['paging'], r['qemu_cured']" "$json")" "('bochs', 'ept', None)" "the result names Bochs and EPT"
is "$(figure "r['emulator'].split(' ')[0]" "$json")" Bochs "and the emulator's version"
is "$(figure "p['ksm-merge']['exercised']" "$json")" True "ksm-merge exercised"
at_least 1000 "p['ksm-merge']['exits']['EPT_VIOLATION']" "$json" "EPT violations"
at_least 1 "p['idle']['exits']['EPT_MISCONFIG']" "$json" "EPT misconfigurations (MMIO) are counted apart"
is "$(figure "p['ksm-merge']['refault_ratio']" "$json")" 1.0 "every zapped page was mapped again by a fault"
is "$(figure "abs(p['ksm-merge']['faults']['unmatched']) <= 16" "$json")" True \
	"the probes saw the faults that KVM counted, but for 16 at the phase's ends"
is "$(figure "sum(x['integrity']['errors'] for x in r['phases'])" "$json")" 0 "no corrupted word"
is "$(figure "r['probes']['backend'], r['probes']['lost']" "$json")" "('bpf', 0)" "probes by BPF, nothing lost"

# APICv: L2's timer interrupts are virtual ones, and ksm-merge takes the stacks away on which they are delivered
# (images/bochs/0012); another CPU posts them, also when they have come already (0013). PML logs what the guest writes, so
# that nothing is write-protected.
json=$out/skylake.json
"$STRESS" --place lab --lab-cpu intel --lab-model skylake --lab-cpus 2 --sources ksm-merge,dirty-log --phase-time 100ms --memory 8M \
	--write-share 50% --json "$json" >"$out/text" 2>"$out/err"
is $? 0 "a newer CPU: exit code" "$out/text"
is "$(figure "r['emulator'].split(' ')[-1]" "$json")" corei7_skylake_x "a newer CPU: the result names it"
at_least 1 "p['dirty-log']['exits']['PML_FULL']" "$json" "a newer CPU: the log of written pages is full (PML)"
is "$(figure "p['dirty-log']['faults']['fast']" "$json")" 0 "a newer CPU: nothing is write-protected for the log"
at_least 1 "sum(x['exits'].get('EOI_INDUCED', 0) for x in r['phases'])" "$json" \
	"a newer CPU: an EOI of a virtual interrupt by the bitmap of those that exit (APICv)"

# CPUs in turns: who waited for whom, for how long and how often is the same, too. (Without images/bochs/0009 it is not;
# without idle=halt it does not end.)
lab --verify --lab-cpus 2 -- /bin/cat /sys/module/kvm_intel/parameters/ept /proc/schedstat /proc/interrupts
is $code 0 "two CPUs twice: exit code" "$out/text"
has '^EQUAL: .* output [1-9][0-9]\{3,\}' "$out/text" "two CPUs twice: the same bytes"
has '^Y$' "$out/text" "two CPUs: kvm_intel is loaded"

lab --kernel build/kernels/6.12/vmlinuz --kvm-param tdp_mmu=0 -- /bin/sh -c \
	'cat /sys/module/kvm/parameters/tdp_mmu /sys/module/kvm_intel/parameters/eptad; grep -c "^flags.* vmx .* ept" /proc/cpuinfo; echo begun >&3; sleep 1
	echo c >/proc/sysrq-trigger'
is $code 1 "a bzImage, panic under stress: exit code" "$out/text"
is "$(head -n 3 "$out/text" | tr '\n' ' ')" "N Y 1 " \
	"--kvm-param reaches the module, EPT has accessed and dirty bits, L1 has VMX" "$out/text"
says "sysrq triggered crash" "$out/text" "panic under stress: its reason"

# L1's init finds that out, which is the same in both labs; the other one boots sooner.
"$STRESS" lab --lab-cpus 1 --kvm-param no_such=1 -- /bin/true >"$out/text" 2>"$out/err"
is $? 125 "a parameter that KVM does not know: exit code" "$out/text"
says "no parameter 'no_such=1'" "$out/text" "a parameter that KVM does not know: its name"

# dies CODE VERDICT NAME SAYS WRITES [FLAGS [SECONDS]]: a kernel that boots in no time and dies by a triple fault, or never ends.
dies() {
	local wanted=$1 verdict=$2 name=$3

	build/toolchain/bin/gcc -nostdlib -static -I. -Wl,-Ttext=0x1000000,--build-id=none,-eentry "-DSAYS=\"$4\"" \
		"-DWRITES=\"$5\"" ${6:+"$6"} -o "$out/kernel" tests/lab/tiny-kernel.S
	lab --kernel "$out/kernel" --wall-timeout "${7:-120}s" -- /bin/true
	is $code "$wanted" "$name: exit code" "$out/err"
	says "$verdict" "$out/text" "$name: the verdict says so"
}

dies 125 "died before stress began: L1 was booting" "triple fault in boot" '' ''
dies 125 "died before stress began: L1 had booted" "triple fault before stress" 'booted\n' ''
dies 1 "died under stress: L1 was under stress; its console: Kernel panic - not syncing: tiny" \
	"panic under stress, and a triple fault" 'booted\nbegun\n' 'Kernel panic - not syncing: tiny\n'
dies 125 "gave no result within 5 s" "hang under stress" 'booted\nbegun\n' '' -DHANGS 5

"$STRESS" lab --lab-cpu intel -- /bin/sleep 1000 >"$out/text" 2>"$out/err" &
pid=$!
wait_for 10 "Bochs" pgrep -P $pid bochs
kill -KILL "$(pgrep -P $pid bochs)"
wait $pid
is $? 125 "Bochs killed: exit code" "$out/text"
says "the lab's Bochs was killed by signal 9" "$out/text" "Bochs killed: the verdict says so"

# A bzImage is unpacked into a file, and a full disk is no kernel's fault.
if unshare -rm true 2>"$out/said"; then
	unshare -rm /bin/sh -c 'mount -t tmpfs -o size=1m full /tmp && exec "$@"' sh \
		"$STRESS" lab --lab-cpu intel --kernel build/kernels/6.12/vmlinuz -- /bin/true >"$out/text" 2>"$out/err"
	is $? 128 "no room for the kernel: exit code" "$out/err"
	has "vmlinuz could not be unpacked" "$out/err" "no room for the kernel: it is said"
else
	skip "no room for the kernel: no user namespaces here"
fi

# What Bochs cannot honour is refused before anything starts.
lab --lab-memory 3G -- /bin/true
is $code 128 "too much memory: exit code" "$out/err"
has "--lab-memory: the Intel lab has at most 2G" "$out/err" "too much memory: the limit is named"
done_testing
