// SPDX-License-Identifier: GPL-2.0-only
/*
 * tracefs_text.c - what backend B reads in the kernel's text files: formats, numbers, symbols,
 * counters; and the filters that it writes. The texts are those of Debian's 6.1, 6.12 and 7.3.
 */
#include "capture.h"
#include "probe_tracefs.h"

#include <errno.h>

#define COMMON                                                                         \
	"format:\n"                                                                    \
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"         \
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"         \
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n" \
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"

static const char fault_format[] =
	"name: kvm_page_fault\nID: 1470\n" COMMON
	"\tfield:unsigned int vcpu_id;\toffset:8;\tsize:4;\tsigned:0;\n"
	"\tfield:unsigned long guest_rip;\toffset:16;\tsize:8;\tsigned:0;\n"
	"\tfield:u64 fault_address;\toffset:24;\tsize:8;\tsigned:0;\n"
	"\tfield:u64 error_code;\toffset:32;\tsize:8;\tsigned:0;\n\n"
	"print fmt: \"vcpu %u rip 0x%lx address 0x%016llx error_code 0x%llx\", REC->vcpu_id\n";

static const char switch_format[] = "name: sched_switch\nID: 314\n" COMMON
				    "\tfield:char prev_comm[16];\toffset:8;\tsize:16;\tsigned:1;\n"
				    "\tfield:pid_t prev_pid;\toffset:24;\tsize:4;\tsigned:1;\n"
				    "\tfield:int prev_prio;\toffset:28;\tsize:4;\tsigned:1;\n"
				    "\tfield:long prev_state;\toffset:32;\tsize:8;\tsigned:1;\n"
				    "\tfield:char next_comm[16];\toffset:40;\tsize:16;\tsigned:1;\n"
				    "\tfield:pid_t next_pid;\toffset:56;\tsize:4;\tsigned:1;\n"
				    "\tfield:int next_prio;\toffset:60;\tsize:4;\tsigned:1;\n";

static void formats(void **state)
{
	struct record_format f;

	(void)state;
	assert_int_equal(format_parse(fault_format, RECORD_FAULT, &f), 0);
	assert_int_equal(f.id, 1470);
	assert_int_equal(f.kind, RECORD_FAULT);
	assert_int_equal(f.fields, 2);
	assert_int_equal(f.field[0].offset, 24);
	assert_int_equal(f.field[1].offset, 32);
	assert_int_equal(f.field[1].size, 8);
	assert_false(f.field[1].is_signed);
	assert_int_equal(format_parse(switch_format, RECORD_SWITCH, &f), 0);
	assert_int_equal(f.field[1].offset, 32);
	assert_true(f.field[1].is_signed);
	assert_int_equal(f.field[2].offset, 56);
	assert_int_equal(format_parse(fault_format, RECORD_VIRQ, &f), 0);
	assert_int_equal(f.fields, 0);
}

/* A field that is missing or that we could not load is an error, never a zero. */
static void bad_formats(void **state)
{
	struct record_format f;

	(void)state;
	assert_int_equal(format_parse(fault_format, RECORD_SWITCH, &f), -EPROTO);
	assert_int_equal(format_parse("", RECORD_VIRQ, &f), -EPROTO);
	assert_int_equal(format_parse("ID: 7\n", RECORD_VIRQ, &f), -EPROTO);
	assert_int_equal(format_parse("ID: 70000\n" COMMON, RECORD_VIRQ, &f), -EPROTO);
	assert_int_equal(format_parse("ID: 7\n" COMMON
				      "\tfield:u64 level;\toffset:8;\tsize:16;\tsigned:0;\n",
				      RECORD_LEVEL, &f),
			 -EPROTO);
	assert_int_equal(format_parse("ID: 7\n\tfield:int common_pid;\toffset:8;\tsize:4;\t"
				      "signed:1;\n",
				      RECORD_VIRQ, &f),
			 -EPROTO);
}

static void decoding(void **state)
{
	struct record_format f;
	struct record r = {0};
	char data[64] = {0};

	(void)state;
	assert_int_equal(format_parse(switch_format, RECORD_SWITCH, &f), 0);
	memcpy(data + 4, &(int){77}, 4);
	memcpy(data + 24, &(int){78}, 4);
	memcpy(data + 32, &(int64_t){-2}, 8);
	memcpy(data + 56, &(int){-1}, 4);
	assert_true(record_decode(&f, data, sizeof(data), &r));
	assert_int_equal(r.tid, 77);
	assert_int_equal(r.kind, RECORD_SWITCH);
	assert_int_equal(r.value[0], 78);
	assert_int_equal((int64_t)r.value[1], -2);
	assert_int_equal((int64_t)r.value[2], -1);
	assert_false(record_decode(&f, data, 59, &r));
	assert_false(record_decode(&f, data, 7, &r));
}

static void layouts(void **state)
{
	uint64_t old[5] = {0xffff888001, 0xffff888002, 0x7f1000, 0x7f2000, 1ull << 32 | 1};
	uint64_t new[5] = {0xffff888002, 0x7f1000, 0x7f2000, 1ull << 32 | 1, 0};
	struct range_layout l;

	(void)state;
	assert_int_equal(layout_find(old, 0x7f1000, 0x7f2000, &l), 0);
	assert_int_equal(l.mm, 8);
	assert_int_equal(l.start, 16);
	assert_int_equal(l.end, 24);
	assert_int_equal(l.event, 36);
	assert_int_equal(layout_find(new, 0x7f1000, 0x7f2000, &l), 0);
	assert_int_equal(l.mm, 0);
	assert_int_equal(l.start, 8);
	assert_int_equal(l.end, 16);
	assert_int_equal(l.event, 28);
	assert_int_equal(layout_find(new, 0x7f1000, 0x7f3000, &l), -EPROTO);
	new[3] = 1; /* the event is not where it should be */
	assert_int_equal(layout_find(new, 0x7f1000, 0x7f2000, &l), -EPROTO);
}

#define FAST_FAULT                                                                             \
	"print fmt: \"vcpu %d gva %llx error_code %s sptep %p old %#llx new %llx spurious %d " \
	"fixed "                                                                               \
	"%d\", REC->vcpu_id, REC->cr2_or_gpa, REC->sptep, REC->old_spte, REC->new_spte, "

static void retvals(void **state)
{
	struct retvals r;

	(void)state;
	assert_int_equal(retvals_parse(FAST_FAULT "REC->ret == 5, REC->ret == 4\n", &r), 0);
	assert_int_equal(r.fixed, 4);
	assert_int_equal(r.spurious, 5);
	assert_int_equal(r.retry, 1);
	assert_int_equal(r.emulate, 2);
	assert_int_equal(retvals_parse(FAST_FAULT "REC->ret == 6, REC->ret == 5\n", &r), 0);
	assert_int_equal(r.fixed, 5);
	assert_int_equal(r.retry, 1);
	assert_int_equal(retvals_parse(FAST_FAULT "REC->ret == 4, REC->ret == 3\n", &r), 0);
	assert_int_equal(r.retry, 0);
	assert_int_equal(r.emulate, 1);
	/* Names instead of numbers, another order, newer than we know: refused. */
	assert_int_equal(retvals_parse(FAST_FAULT "REC->ret == RET_PF_SPURIOUS\n", &r), -EPROTO);
	assert_int_equal(retvals_parse(FAST_FAULT "REC->ret == 5, REC->ret == 6\n", &r), -EPROTO);
	assert_int_equal(retvals_parse(FAST_FAULT "REC->ret == 8, REC->ret == 7\n", &r), -EPROTO);
	assert_int_equal(retvals_parse("REC->ret == 5, REC->ret == 4\n", &r), -EPROTO);
}

static struct callers callers_of(const char *text)
{
	struct callers c;
	FILE *f = fmemopen((void *)(uintptr_t)text, strlen(text), "r");

	assert_non_null(f);
	callers_read(&c, f);
	fclose(f);
	return c;
}

static void callers(void **state)
{
	struct callers c = callers_of("0000000000000000 A fixed_percpu_data\n"
				      "ffffffff8106ba10 T arch_rethook_trampoline\n"
				      "ffffffff8106bb00 t other\n"
				      "ffffffff812b92e0 t wp_page_copy\n"
				      "ffffffff812ba000 t next\n"
				      "ffffffff812bc680 t do_wp_page.isra.0\n"
				      "ffffffff812bd000 T do_wp_page_not\n"
				      "ffffffff8130f9c0 t write_protect_page\n"
				      "ffffffff81310220 t try_to_merge_one_page\n"
				      "ffffffff813108c0 t try_to_merge_with_ksm_page\n"
				      "ffffffff81311000 d not_code\n"
				      "ffffffff81327300 T __split_huge_pmd\n"
				      "ffffffff81328000 T end\n"
				      "ffffffff819db664 t do_wp_page.cold\n"
				      "ffffffff819db700 T _etext\n"
				      "ffffffff82000000 T write_protect_page\n"
				      "ffffffff82000100 T after\n"
				      "ffffffffc0000000 t do_wp_page\t[module]\n");

	(void)state;
	assert_int_equal(caller_transition(&c, 0xffffffff812b92f0), TRANSITION_COPY);
	assert_int_equal(caller_transition(&c, 0xffffffff812ba001), TRANSITION_NONE);
	assert_int_equal(caller_transition(&c, 0xffffffff812bc690), TRANSITION_COPY);
	assert_int_equal(caller_transition(&c, 0xffffffff812bd010), TRANSITION_NONE);
	assert_int_equal(caller_transition(&c, 0xffffffff8130f9c8), TRANSITION_WRITE_PROTECT);
	/* A call at a function's end returns to the first byte of the next. */
	assert_int_equal(caller_transition(&c, 0xffffffff81310220), TRANSITION_WRITE_PROTECT);
	assert_int_equal(caller_transition(&c, 0xffffffff81310230), TRANSITION_REPLACE);
	assert_int_equal(caller_transition(&c, 0xffffffff813108d0), TRANSITION_REPLACE);
	assert_int_equal(caller_transition(&c, 0xffffffff81327350), TRANSITION_SPLIT);
	assert_int_equal(caller_transition(&c, 0xffffffff819db680), TRANSITION_COPY);
	assert_int_equal(caller_transition(&c, 0xffffffff82000010), TRANSITION_NONE);
	assert_int_equal(caller_transition(&c, 0), TRANSITION_NONE);
	assert_int_equal(c.trampoline.begin, 0xffffffff8106ba10);
	assert_int_equal(c.trampoline.end, 0xffffffff8106bb00);
	for (int t = TRANSITION_WRITE_PROTECT; t < TRANSITIONS; t++)
		assert_true(c.known[t]);
}

/* The other one inlined; both inlined; addresses hidden. */
static void inlined_callers(void **state)
{
	struct callers c = callers_of("ffffffff8130f9c0 t replace_page\n"
				      "ffffffff81310220 t try_to_merge_one_page\n"
				      "ffffffff81311000 t end\n");

	(void)state;
	assert_int_equal(caller_transition(&c, 0xffffffff8130f9d0), TRANSITION_REPLACE);
	assert_int_equal(caller_transition(&c, 0xffffffff81310300), TRANSITION_WRITE_PROTECT);
	c = callers_of("ffffffff81310220 t try_to_merge_one_page\n"
		       "ffffffff81311000 t end\n");
	assert_int_equal(caller_transition(&c, 0xffffffff81310300), TRANSITION_NONE);
	assert_false(c.known[TRANSITION_REPLACE] || c.known[TRANSITION_WRITE_PROTECT]);
	c = callers_of("0000000000000000 t do_wp_page\n0000000000000000 t end\n");
	assert_false(c.known[TRANSITION_COPY]);
	assert_int_equal(caller_transition(&c, 0xffffffff81310300), TRANSITION_NONE);
}

static void pid_filters(void **state)
{
	pid_t some[] = {12, 10, 11, 30, 14, 14}, many[600];
	char text[64], wide[8192];

	(void)state;
	assert_int_equal(filter_pids(text, sizeof(text), "p", some, 1), 0);
	assert_string_equal(text, "p == 12");
	assert_int_equal(filter_pids(wide, sizeof(wide), "pid", some, ARRAY_SIZE(some)), 0);
	assert_string_equal(wide, "(pid >= 10 && pid <= 12) || pid == 14 || pid == 30");
	/* One byte too few: one range that holds them all. */
	assert_int_equal(filter_pids(text, 50, "pid", some, ARRAY_SIZE(some)), 0);
	assert_string_equal(text, "(pid >= 10 && pid <= 30)");
	assert_int_equal(filter_pids(text, 24, "pid", some, ARRAY_SIZE(some)), -E2BIG);
	assert_int_equal(filter_pids(text, 51, "pid", some, ARRAY_SIZE(some)), 0);
	for (int i = 0; i < 600; i++)
		many[i] = 1000 + 2 * i;
	assert_int_equal(filter_pids(wide, sizeof(wide), "prev_pid", many, 600), 0);
	assert_string_equal(wide, "(prev_pid >= 1000 && prev_pid <= 2198)");
	for (int i = 0; i < 600; i++)
		many[i] = 5000 - i;
	assert_int_equal(filter_pids(text, sizeof(text), "pid", many, 600), 0);
	assert_string_equal(text, "(pid >= 4401 && pid <= 5000)");
	/* No thread: a filter that is empty would let all through. */
	assert_int_equal(filter_pids(text, sizeof(text), "pid", many, 0), -EINVAL);
}

static void losses(void **state)
{
	(void)state;
	assert_int_equal(stats_lost("entries: 100\noverrun: 1\ncommit overrun: 20\nbytes: 4000\n"
				    "oldest event ts:     5.000098\nnow ts:     5.313145\n"
				    "dropped events: 300\nread events: 7\n"),
			 321);
	assert_int_equal(stats_lost(""), 0);
	assert_int_equal(profile_missed("  start_12         100               1\n"
					"  ended_12          90              20\n"
					"  start_112          5             300\n"
					"  foreign            5            4000\n",
					"_12"),
			 21);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats),	   cmocka_unit_test(bad_formats),
		cmocka_unit_test(decoding),	   cmocka_unit_test(layouts),
		cmocka_unit_test(retvals),	   cmocka_unit_test(callers),
		cmocka_unit_test(inlined_callers), cmocka_unit_test(pid_filters),
		cmocka_unit_test(losses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
