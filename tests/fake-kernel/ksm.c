// SPDX-License-Identifier: GPL-2.0-only
int ksm_scan(int pages)
{
	return pages - 1;
}
