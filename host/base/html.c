// SPDX-License-Identifier: GPL-2.0-only
/* html.c - see html.h. */
#include <stdlib.h>
#include <string.h>

#include "html.h"

/* Pictures take their text colour from the page (plot.c), so that they follow light and dark. */
static const char style[] =
	":root{color-scheme:light dark;--line:#8884;--soft:#8881}\n"
	"body{margin:0 auto;padding:1rem;max-width:80rem;font:1rem/1.45 system-ui,sans-serif}\n"
	"h1{font-size:1.35rem}h2{font-size:1.15rem;margin:2rem 0 .5rem}h3{font-size:1rem}\n"
	"p{max-width:60rem;overflow-wrap:anywhere}\n"
	".verdict{font-weight:600}.soft{opacity:.75;font-size:.9rem}\n"
	".wide{overflow-x:auto}\n"
	"table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.92rem}\n"
	"th,td{padding:.25rem .6rem;text-align:right;border-bottom:1px solid var(--line)}\n"
	"th:first-child,td:first-child,.text{text-align:left}td:first-child{overflow-wrap:anywhere;"
	"min-width:7em}\n"
	"tr:hover{background:var(--soft)}\n"
	".pictures{display:grid;gap:1rem;grid-template-columns:repeat(auto-fill,minmax(min(22rem,"
	"100%"
	"),1fr))}\n"
	"figure{margin:0}figcaption{font-size:.9rem}svg{width:100%;height:auto}\n"
	"svg.line{height:1rem;background:var(--soft)}\n"
	"@media(max-width:36rem){th,td{padding:.2rem .3rem}table{font-size:.78rem}}\n"
	"code{font-size:.9em;overflow-wrap:anywhere}\n";

void html_char(FILE *out, char c)
{
	switch (c) {
	case '&':
		fputs("&amp;", out);
		break;
	case '<':
		fputs("&lt;", out);
		break;
	case '>':
		fputs("&gt;", out);
		break;
	case '"':
		fputs("&quot;", out);
		break;
	default:
		fputc(c, out);
	}
}

void html_text(FILE *out, const char *text)
{
	for (; text && *text; text++)
		html_char(out, *text);
}

void html_begin(FILE *out, const char *title)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>",
	      out);
	html_text(out, title);
	fprintf(out, "</title>\n<style>\n%s</style>\n<body>\n<h1>", style);
	html_text(out, title);
	fputs("</h1>\n", out);
}

void html_end(FILE *out)
{
	fputs("</body>\n</html>\n", out);
}

void html_tag(FILE *out, const char *tag, const char *fmt, ...)
{
	char *text;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (len < 0)
		return;
	fprintf(out, "<%s>", tag);
	html_text(out, text);
	fprintf(out, "</%.*s>", (int)strcspn(tag, " "), tag);
	free(text);
}
