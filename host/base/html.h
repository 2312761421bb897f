/* SPDX-License-Identifier: GPL-2.0-only */
/* html.h - a page that stands alone: one file, no script, nothing fetched, light and dark. */
#ifndef HTML_H
#define HTML_H

#include <stdio.h>

#include "util.h"

void html_begin(FILE *out, const char *title);
void html_end(FILE *out);
/* What HTML and XML give a meaning is escaped; between tags or in an attribute. */
void html_char(FILE *out, char c);
void html_text(FILE *out, const char *text);
/* "<TAG>text</TAG>" */
void html_tag(FILE *out, const char *tag, const char *fmt, ...) printf_like(3, 4);

#endif
