/* SPDX-License-Identifier: GPL-2.0-only */
/* complaint.h - why BPF does not load: what libbpf said, and what it does not know. */
#ifndef PROBE_COMPLAINT_H
#define PROBE_COMPLAINT_H

/* From here on libbpf's first complaint is kept, and nothing is printed. */
void complaint_listen(void);
/* It, or the word for @err (-errno) where there was none; good until the next call. */
const char *complaint_why(int err);

#endif
