// SPDX-License-Identifier: GPL-2.0-only
int kvm_invalidate(int pages)
{
	return pages + 1;
}
