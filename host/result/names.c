/* SPDX-License-Identifier: GPL-2.0-only */
/* names.c - see names.h. */
#include <string.h>

#include "names.h"

#define NAME(number, name) [number] = (name),

const char *const probe_reason_names[REASONS] = {REASON_NAMES(NAME)};
const char *const probe_thread_names[THREADS] = {THREAD_NAMES(NAME)};
const char *const probe_transition_names[TRANSITIONS] = {TRANSITION_NAMES(NAME)};
const char *const attrib_cause_names[CAUSES] = {CAUSE_NAMES(NAME)};
const char *const attrib_part_names[PARTS] = {PART_NAMES(NAME)};
const char *const cpu_names[CPU_USERS] = {CPU_NAMES(NAME)};
const char *const pattern_names[PATTERNS] = {
	[PATTERN_GROUPS] = "groups", [PATTERN_KSM02] = "ksm02"};

const char *const backend_names[BACKENDS] = {
	[BACKEND_ANON] = "anon",	   [BACKEND_THP] = "thp",	  [BACKEND_MEMFD] = "memfd",
	[BACKEND_MEMFD_THP] = "memfd-thp", [BACKEND_HUGETLB] = "hugetlb",
};

const char *probe_reason_name(enum probe_reason reason)
{
	return probe_reason_names[(unsigned int)reason < REASONS ? reason : REASON_OTHER];
}

const char *probe_thread_name(enum probe_thread thread)
{
	return probe_thread_names[(unsigned int)thread < THREADS ? thread : THREAD_OTHER];
}

const char *probe_transition_name(enum probe_transition transition)
{
	return probe_transition_names[(unsigned int)transition < TRANSITIONS ? transition
									     : TRANSITION_NONE];
}

const char *attrib_cause_name(enum attrib_cause cause)
{
	return attrib_cause_names[(unsigned int)cause < CAUSES ? cause : CAUSE_UNKNOWN];
}

int name_find(const char *const *names, int n, const char *name)
{
	for (int i = 0; i < n; i++)
		if (name && !strcmp(names[i], name))
			return i;
	return -1;
}
