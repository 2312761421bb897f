// SPDX-License-Identifier: GPL-2.0-only
/* complaint.c - see complaint.h. */
#include <stdio.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "base/util.h"
#include "complaint.h"

static char said[200]; /* but for what it tries anew */

static int remember(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	if (level == LIBBPF_WARN && !said[0]) {
		vsnprintf(said, sizeof(said), fmt, ap);
		said[strcspn(said, "\n")] = '\0';
		if (strstr(said, "Retrying"))
			*said = '\0';
	}
	return 0;
}

void complaint_listen(void)
{
	said[0] = '\0';
	libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
	libbpf_set_print(remember);
}

/* security/lockdown/lockdown.c: LOCKDOWN_BPF_READ_KERNEL, of which libbpf knows nothing. */
static bool may_not_read(void)
{
	char text[80];

	return file_read("/sys/kernel/security/lockdown", text, sizeof(text)) > 0 &&
	       strstr(text, "[confidentiality]");
}

const char *complaint_why(int err)
{
	static char why[sizeof(said) + 80];

	snprintf(why, sizeof(why), "%s%s",
		 may_not_read() ? "lockdown=confidentiality, it may not read kernel memory; " : "",
		 said[0] ? said : strerror(-err));
	return why;
}
