// SPDX-License-Identifier: GPL-2.0-only
/*
 * probe_tracefs_text.c - what the kernel's text files say about its events, and filters for them.
 * Pure.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "probe_tracefs.h"

const char *const record_fields[RECORD_KINDS][RECORD_FIELDS] = {
	[RECORD_STARTED] = {"ret"},
	[RECORD_START] = {"start", "end", "event", "caller", "mm"},
	[RECORD_FAULTED] = {"ret"},
	[RECORD_FAULT] = {"fault_address", "error_code"},
	[RECORD_LEVEL] = {"level"},
	[RECORD_SWITCH] = {"prev_pid", "prev_state", "next_pid"},
	[RECORD_LOOK] = {"w0", "w1", "w2", "w3", "w4"},
	[RECORD_MM] = {"mm"},
};

/* common_type and common_pid are where they have been since 2.6.31, and every event has them. */
#define COMMON_PID 4
#define COMMON_BYTES 8

static int parse_field(const char *text, const char *name, struct record_field *f)
{
	unsigned int offset, size, is_signed;
	char wanted[64];
	const char *at;

	snprintf(wanted, sizeof(wanted), " %s;", name);
	at = strstr(text, wanted);
	if (!at || sscanf(at + strlen(wanted), " offset:%u; size:%u; signed:%u;", &offset, &size,
			  &is_signed) != 3)
		return -EPROTO;
	if (offset > UINT16_MAX || (size != 1 && size != 2 && size != 4 && size != 8))
		return -EPROTO;
	*f = (struct record_field){(uint16_t)offset, (uint8_t)size, is_signed};
	return 0;
}

int format_parse(const char *text, enum record_kind kind, struct record_format *f)
{
	const char *const *names = record_fields[kind];
	const char *id = strstr(text, "ID: ");
	unsigned long number = id ? strtoul(id + 4, NULL, 10) : 0;
	struct record_field pid;

	if (!number || number > UINT16_MAX || parse_field(text, "common_pid", &pid) ||
	    pid.offset != COMMON_PID || pid.size != 4)
		return -EPROTO;
	*f = (struct record_format){.id = (uint16_t)number, .kind = kind};
	for (; f->fields < RECORD_FIELDS && names[f->fields]; f->fields++)
		if (parse_field(text, names[f->fields], &f->field[f->fields]))
			return -EPROTO;
	return 0;
}

static uint64_t load(const void *data, const struct record_field *f)
{
	uint64_t v = 0;
	unsigned int unused = 64 - 8u * f->size;

	memcpy(&v, (const char *)data + f->offset, f->size); /* x86: little-endian */
	return f->is_signed ? (uint64_t)((int64_t)(v << unused) >> unused) : v;
}

bool record_decode(const struct record_format *f, const void *data, size_t len, struct record *r)
{
	int32_t pid;

	if (len < COMMON_BYTES)
		return false;
	memcpy(&pid, (const char *)data + COMMON_PID, sizeof(pid));
	r->tid = pid;
	r->kind = f->kind;
	memset(r->value, 0, sizeof(r->value));
	for (unsigned int i = 0; i < f->fields; i++) {
		if ((size_t)f->field[i].offset + f->field[i].size > len)
			return false;
		r->value[i] = load(data, &f->field[i]);
	}
	return true;
}

/*
 * mm, start and end follow each other, then flags and event of 32 bits each. Up to 6.2 a vma stands
 * before them ("mm/mmu_notifier: remove unused mmu_notifier_range_update_to_read_only export" took
 * it away), and distributions backport: so it is looked up, not concluded from a version.
 */
int layout_find(const uint64_t words[5], uint64_t begin, uint64_t end, struct range_layout *l)
{
	for (unsigned int i = 1; i <= 2; i++) {
		if (words[i] != begin || words[i + 1] != end ||
		    words[i + 2] >> 32 != 1) /* MMU_NOTIFY_CLEAR */
			continue;
		*l = (struct range_layout){
			.mm = 8 * (i - 1),
			.start = 8 * i,
			.end = 8 * (i + 1),
			.event = 8 * (i + 2) + 4,
		};
		return 0;
	}
	return -EPROTO;
}

/*
 * Its print fmt ends in "... spurious %d fixed %d", …, REC->ret == SPURIOUS, REC->ret == FIXED with
 * numbers for the names (TRACE_DEFINE_ENUM() in arch/x86/kvm/mmu/mmutrace.h). RETRY was 0 until
 * CONTINUE took its place in 5.17; WRITE_PROTECTED, 6.12, came in before INVALID.
 */
int retvals_parse(const char *format, struct retvals *r)
{
	const char *at = strstr(format, "spurious %d fixed %d");

	at = at ? strstr(at, "->ret == ") : NULL;
	if (!at || sscanf(at, "->ret == %d, REC->ret == %d", &r->spurious, &r->fixed) != 2)
		return -EPROTO;
	if (r->spurious != r->fixed + 1 || r->fixed < 3 || r->fixed > 5)
		return -EPROTO;
	r->retry = r->fixed > 3;
	r->emulate = r->retry + 1;
	return 0;
}

static const struct {
	const char *function;
	enum probe_transition transition;
} makers[] = {
	{"write_protect_page", TRANSITION_WRITE_PROTECT},
	{"replace_page", TRANSITION_REPLACE},
	{"wp_page_copy", TRANSITION_COPY},
	{"do_wp_page", TRANSITION_COPY},
	{"__split_huge_pmd", TRANSITION_SPLIT},
};

/* Into these the first two of makers[] may have been inlined. */
static const char *const ksm_callers[] = {
	"try_to_merge_one_page",
	"try_to_merge_with_ksm_page",
	"cmp_and_merge_page",
};

/* Up to a dot: "do_wp_page.cold" is do_wp_page, too. */
static bool is_symbol(const char *symbol, const char *name)
{
	size_t len = strlen(name);

	return !strncmp(symbol, name, len) && (!symbol[len] || symbol[len] == '.');
}

/* What the symbol is to us: TRANSITIONS for a caller of KSM's, TRANSITION_NONE for nothing. */
static enum probe_transition symbol_transition(const char *symbol)
{
	for (size_t i = 0; i < ARRAY_SIZE(makers); i++)
		if (is_symbol(symbol, makers[i].function))
			return makers[i].transition;
	for (size_t i = 0; i < ARRAY_SIZE(ksm_callers); i++)
		if (is_symbol(symbol, ksm_callers[i]))
			return TRANSITIONS;
	return TRANSITION_NONE;
}

static bool is_trampoline(const char *symbol)
{
	return !strcmp(symbol, "arch_rethook_trampoline") ||
	       !strcmp(symbol, "__kretprobe_trampoline") || !strcmp(symbol, "kretprobe_trampoline");
}

/*
 * One of the two inlined: a call from its callers is that one's. Both: they cannot be told apart.
 */
static void resolve_inlined(struct callers *c)
{
	bool protect = c->known[TRANSITION_WRITE_PROTECT], replace = c->known[TRANSITION_REPLACE];
	enum probe_transition inlined = protect == replace ? TRANSITION_NONE
					: protect	   ? TRANSITION_REPLACE
							   : TRANSITION_WRITE_PROTECT;

	for (unsigned int i = 0; i < c->n; i++)
		if (c->v[i].transition == TRANSITIONS) {
			c->v[i].transition = inlined;
			c->known[inlined] = true;
		}
	c->known[TRANSITION_NONE] = false;
}

/* Begins with its address. An address of 0 is one that we may not see (kptr_restrict). */
static struct caller *symbol_open(struct callers *c, const char *symbol, const char *line)
{
	enum probe_transition t = symbol_transition(symbol);
	struct caller *to = t && c->n < CALLERS_MAX ? &c->v[c->n++]
			    : is_trampoline(symbol) ? &c->trampoline
						    : NULL;

	uint64_t address = to ? strtoull(line, NULL, 16) : 0;

	if (!address)
		return NULL;
	*to = (struct caller){address, address, t};
	if (t < TRANSITIONS)
		c->known[t] = true;
	return to;
}

/* Splits "ADDRESS TYPE SYMBOL"; cheap, for there are a hundred thousand lines. NULL: not code. */
static const char *symbol_of(char *line)
{
	char *type = strchr(line, ' ');

	if (!type || (type[1] != 't' && type[1] != 'T') || type[2] != ' ')
		return NULL;
	type[3 + strcspn(type + 3, "\t\n")] = '\0';
	return type + 3;
}

/* Up to the end of the kernel's own code: behind it come data and modules. */
void callers_read(struct callers *c, FILE *kallsyms)
{
	struct caller *open = NULL; /* it ends where the next symbol begins */
	char line[512];

	*c = (struct callers){0};
	while (fgets(line, sizeof(line), kallsyms)) {
		const char *symbol = symbol_of(line);

		if (open && strtoull(line, NULL, 16) > open->begin) {
			open->end = strtoull(line, NULL, 16);
			open = NULL;
		}
		if (symbol && !strcmp(symbol, "_etext"))
			break;
		if (symbol)
			open = symbol_open(c, symbol, line) ?: open;
	}
	resolve_inlined(c);
}

enum probe_transition caller_transition(const struct callers *c, uint64_t address)
{
	for (unsigned int i = 0; i < c->n; i++)
		if (address > c->v[i].begin && address <= c->v[i].end)
			return c->v[i].transition;
	return TRANSITION_NONE;
}

static int by_pid(const void *a, const void *b)
{
	const pid_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Length as of snprintf(). */
static int put_range(char *buf, size_t size, const char *field, pid_t first, pid_t last)
{
	if (first == last)
		return snprintf(buf, size, "%s == %d", field, first);
	return snprintf(buf, size, "(%s >= %d && %s <= %d)", field, first, field, last);
}

int filter_pids(char *buf, size_t size, const char *field, const pid_t *pids, size_t n)
{
	auto_free pid_t *sorted = calloc(n + 1, sizeof(*sorted));
	size_t at = 0;

	if (!sorted || !n)
		return sorted ? -EINVAL : -ENOMEM;
	memcpy(sorted, pids, n * sizeof(*pids));
	qsort(sorted, n, sizeof(*sorted), by_pid);
	for (size_t first = 0, last; first < n && at < size; first = last + 1) {
		for (last = first; last + 1 < n && sorted[last + 1] <= sorted[last] + 1;)
			last++;
		if (at)
			at += (size_t)snprintf(buf + at, size - at, " || ");
		if (at < size)
			at += (size_t)put_range(buf + at, size - at, field, sorted[first],
						sorted[last]);
	}
	if (at >= size)
		at = (size_t)put_range(buf, size, field, sorted[0], sorted[n - 1]);
	return at >= size ? -E2BIG : 0;
}

uint64_t stats_lost(const char *stats)
{
	static const char *const names[] = {"overrun", "commit overrun", "dropped events"};
	unsigned long long value;
	uint64_t sum = 0;
	char name[64];

	for (const char *line = stats; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (sscanf(line, "%63[^:]: %llu", name, &value) != 2)
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(names); i++)
			sum += strcmp(name, names[i]) ? 0 : value;
	}
	return sum;
}

uint64_t profile_missed(const char *profile, const char *suffix)
{
	unsigned long long hits, misses;
	uint64_t sum = 0;
	char name[64];

	for (const char *line = profile; line; line = strchr(line, '\n')) {
		size_t len;

		line += *line == '\n';
		if (sscanf(line, "%63s %llu %llu", name, &hits, &misses) != 3)
			continue;
		len = strlen(name);
		if (len > strlen(suffix) && !strcmp(name + len - strlen(suffix), suffix))
			sum += misses;
	}
	return sum;
}
