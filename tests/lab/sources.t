#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# seconds: 129
#
# The sources that are not in the default run, all in one L1: each is exercised on the guest's own pages, by windows
# of the kind that docs/sources.md says, and nothing is corrupted.
# shellcheck source=tests/lab/outside.sh
. "$(dirname "$0")/outside.sh"

json=$out/result.json
sources=soft-dirty,numa-balance,migrate-pages,thp-collapse,khugepaged,thp-split,reclaim,punch,balloon,remap,fork
sources=$sources,unmap,block-offline,offline,memslot,dirty-log,uffd-wp,age

"$STRESS" --place lab --lab-cpus 1 --kernel build/kernels/6.12 --sources $sources --phase-time 100ms --memory 16M \
	--json "$json" >"$out/text" 2>"$out/err"
is $? 0 "exit code" "$out/text"
[ ! -s "$out/text" ] || sed 's/^/# /' "$out/text"
tests/validate-result "$json" >"$out/valid" 2>&1
is $? 0 "the result follows the schema" "$out/valid"
for phase in ${sources//,/ }; do
	is "$(figure "p['$phase']['exercised']" "$json")" True "$phase exercised"
	is "$(figure "p['$phase']['integrity']['errors']" "$json")" 0 "$phase: no corrupted word"
done
is "$(figure "r['probes']['lost']" "$json")" 0 "no event of the probes lost"

# by SOURCE AT-LEAST FIGURE WHAT. A bound is what the source's proof demands before the phase may end, or less: of this
# guest's 4096 pages 512 (half of them for reclaim), and only while the balloon is inflated does it make windows.
by() {
	at_least "$2" "p['$1']['windows']$3" "$json" "$1: windows $4"
}
by soft-dirty 2 "['by_event']['soft_dirty']" "of soft_dirty"
by numa-balance 1 "['by_event']['protection_vma']" "of protection_vma"
by migrate-pages 500 "['by_thread']['agent']" "by the calling thread"
by thp-collapse 4 "['by_event']['clear']" "of clear"
by khugepaged 2 "['by_thread']['khugepaged']" "by khugepaged"
by thp-split 4 "['by_thread']['agent']" "by the writer"
by reclaim 250 "['by_event']['clear']" "of clear"
by punch 2 "['by_event']['clear']" "of clear"
by balloon 1 "['by_event']['clear']" "of clear"
by unmap 2 "['by_event']['unmap']" "of unmap"
by block-offline 8 "['by_event']['clear']" "of clear"
by offline 8 "['by_event']['clear']" "of clear"
by remap 3 "['by_event']['protection_vma']" "of protection_vma"
by remap 6 "['by_event']['unmap']" "of unmap"
by uffd-wp 1 "['by_event']['protection_vma']" "of protection_vma"
by soft-dirty 2 "['by_size']['larger']" "larger than 2 MiB"
by thp-collapse 4 "['by_size']['huge']" "up to 2 MiB"
by migrate-pages 500 "['by_size']['page']" "of a page"
# no_window SOURCE WHY. Two kinds may come into any phase, by what the guest and khugepaged happen to do just then, and
# are no work of the source: the copy at the first write to a page that was only read so far (wp_page_copy() of the zero
# page: after punch and balloon there are many), and 2 MiB gathered where a source before has split them.
no_window() {
	local w="p['$1']['windows']"

	is "$(figure "${w}['count'] - p['$1']['transitions']['copy']['windows'] - ${w}['by_thread']['khugepaged']" "$json")" \
		0 "$1: no window but the guest's own copies: $2"
}
no_window fork "guest RAM is MADV_DONTFORK"
is "$(figure "p['fork']['windows']['by_event']['protection_page']" "$json")" 0 "fork: none of copy_page_range()"
no_window dirty-log "KVM does it itself"
at_least 16 "p['dirty-log']['own_zaps']['dirty_log']['count']" "$json" "dirty-log: write protections by KVM itself"
at_least 16 "p['dirty-log']['own_zaps']['dirty_log']['refaults']" "$json" "dirty-log: first writes to what KVM has write-protected"
# KVM counts what it gives back without mmu_lock, too, but is read some ms before or after, and first writes come in bursts.
is "$(figure "p['dirty-log']['own_zaps']['dirty_log']['refaults'] <= 1.1 * p['dirty-log']['faults']['fast'] + 64" "$json")" True \
	"dirty-log: not many more of them than KVM's own count, $(figure "p['dirty-log']['faults']['fast']" "$json")"
is "$(figure "p['dirty-log']['integrity']['unlogged']" "$json")" 0 "dirty-log: the log has every page looked up"
no_window memslot "KVM does it itself"
at_least 2 "p['memslot']['own_zaps']['memslot']['count']" "$json" "memslot: slots deleted, by KVM's own word"
# Of what each of at least two deletions took the guest touches most again: its code and data alone are more than that.
at_least 16 "p['memslot']['faults']['own_refault']" "$json" "memslot: faults that are KVM's own zaps'"
no_window age "only accessed bits are cleared"
at_least 16 "p['age']['own_zaps']['age']['count']" "$json" "age: KVM asked for accessed bits"
is "$(figure "p['age']['own_zaps']['age']['refaults']" "$json")" 0 "age: the CPU has accessed bits, no fault comes of it"
is "$(figure "p['age']['proof']['pages_young'] > 0" "$json")" True "age: pages in use"
# One clearing takes all of guest RAM: every page that the guest touches again is a refault.
at_least 50 "p['soft-dirty']['transitions']['other']['refaults']" "$json" "soft-dirty: refaults"
is "$(figure "p['soft-dirty']['refault_ratio'] >= 0.95" "$json")" True "soft-dirty: refault ratio"
# Pages that come from swap or that userfaultfd has let go are mapped by KVM's prefetch, not by a fault: they have refaulted.
is "$(figure "[x['name'] for x in r['phases'] if sum(t['touched'] for t in x['transitions'].values())]" "$json")" "[]" \
	"no page kept its mapping over a window"
# remap and uffd-wp stop the VM, and its clock with it: the TSC's frequency is the host's word. In the lab it is 1 GHz.
is "$(figure "abs(r['clock']['tsc_hz'] - 10**9) <= 10**4" "$json")" True \
	"the TSC's frequency: $(figure "r['clock']['tsc_hz']" "$json")"

# In a run of its own: behind the others the group gives no test page away.
"$STRESS" --place lab --lab-cpus 1 --kernel build/kernels/6.12 --sources cgroup-reclaim --phase-time 100ms --memory 16M \
	--json "$json" >"$out/text" 2>"$out/err"
is $? 0 "cgroup-reclaim: exit code" "$out/text"
is "$(figure "p['cgroup-reclaim']['exercised']" "$json")" True "cgroup-reclaim exercised"
is "$(figure "p['cgroup-reclaim']['integrity']['errors']" "$json")" 0 "cgroup-reclaim: no corrupted word"
by cgroup-reclaim 60 "['by_event']['clear']" "of clear"
done_testing
