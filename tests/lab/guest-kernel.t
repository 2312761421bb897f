#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# seconds: 20
#
# Another guest kernel and another machine: 6.1, where virtio_console is a module, on q35. Its two vCPUs share half of the
# pages, which are moved meanwhile: none is corrupted. That a wrong word in such a page is found: deaths.sh.
# shellcheck source=tests/lab/outside.sh
. "$(dirname "$0")/outside.sh"
scripts/lib/image guest build/kernels/6.1 build/guest/init "$out/guest"
is $? 0 "an image of the 6.1 kernel"
"$STRESS" --place lab --lab-cpus 1 --memory 16M --sources migrate --phase-time 200ms --machine q35 \
	--vcpus 2 --shared-pages 50% \
	--guest-kernel "$out/guest/vmlinux" --guest-initrd "$out/guest/initrd" \
	--json "$out/result.json" >"$out/text" 2>"$out/err"
is $? 0 "6.1 as the guest, on q35: exit code" "$out/text"
at_least 1000 "p['migrate']['proof']['pages_migrated']" "$out/result.json" "pages migrated"
is "$(figure "(r['guest']['vcpus'], r['guest']['shared_pages'])" "$out/result.json")" "(2, 2048)" "pages that both vCPUs touch"
is "$(figure "sum(x['integrity']['errors'] for x in r['phases'])" "$out/result.json")" 0 "no corrupted word"
at_least 1000000 "p['migrate']['integrity']['checked']" "$out/result.json" "words compared while pages moved"
done_testing
