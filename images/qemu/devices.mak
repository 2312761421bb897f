# SPDX-License-Identifier: GPL-2.0-only
#
# The devices of the lab's QEMU: what L1 and L2 use and nothing else. Boards pull in what they
# need by themselves; everything that would be on by default is off (--without-default-devices).

# Boards: L1 is a q35 or pc, L2 a q35 or microvm.
CONFIG_I440FX=y
CONFIG_Q35=y
CONFIG_MICROVM=y

# Channel, balloon and memory hot-unplug, by PCI and by MMIO.
CONFIG_VIRTIO_PCI=y
CONFIG_VIRTIO_SERIAL=y
CONFIG_VIRTIO_BALLOON=y
CONFIG_VIRTIO_MEM=y
CONFIG_VIRTIO_RNG=y

# The lab's write-only way out (isa-debugcon) and its exit port (isa-debug-exit).
CONFIG_ISA_DEBUG=y
CONFIG_TEST_DEVICES=n
CONFIG_PVPANIC_ISA=y
