/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * keep.c - see keep.h. The name comes from the contents and no clock, so equal runs in the lab give
 * equal names and reports that show them stay equal too.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "keep.h"
#include "result/json.h"

#define KEEP_MAX 100000
#define RELEASE 80

/* The kernel's release, or the name of the file it was to be booted from, as part of a file name.
 */
static void release_of(const struct result *r, char *buf, size_t size)
{
	const char *kernel = r->kernel ?: "unknown";
	size_t len = strcspn(kernel, " "), at = 0;

	for (size_t i = 0; i < len; i++)
		if (kernel[i] == '/' && i + 1 < len)
			at = i + 1;
	snprintf(buf, size, "%.*s", (int)(len - at), kernel + at);
	for (char *c = buf; *c; c++)
		if (*c == '/' || *c == '.' ? c == buf : (unsigned char)*c < '!')
			*c = '_';
}

/* 1: free; 0: it has just these bytes; -EEXIST: others. */
static int is_free(const char *path, const char *json, size_t len)
{
	auto_free char *text = NULL;
	struct stat st;
	size_t n;

	if (stat(path, &st))
		return errno == ENOENT ? 1 : -EEXIST;
	if ((size_t)st.st_size != len || file_slurp(path, &text, &n))
		return -EEXIST;
	return n == len && !memcmp(text, json, len) ? 0 : -EEXIST;
}

int keep_result(const struct result *r, const char *dir, char *path, size_t size)
{
	auto_free char *json = result_json(r);
	char release[RELEASE];
	int state = -EEXIST;

	*path = '\0';
	if (!json)
		return err_sys(-ENOMEM, "keeping the result");
	if (mkdir(dir, 0777) && errno != EEXIST)
		return err_sys(-errno, "%s", dir);
	release_of(r, release, sizeof(release));
	for (unsigned int n = 1; n < KEEP_MAX && state == -EEXIST; n++) {
		snprintf(path, size, "%s/%s.%u.json", dir, release, n);
		state = is_free(path, json, strlen(json));
	}
	return state == 1 ? file_replace(path, json, strlen(json)) : state;
}
