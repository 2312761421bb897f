/* SPDX-License-Identifier: GPL-2.0-only */
/* attrib_chain.c - a vCPU that KVM sends back again and again: when it is a livelock, and when not.
 */

#include "attrib_made.h"

static void again(uint32_t vcpu, uint64_t from, uint32_t page, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		put(fault_of(vcpu, from + 100 * i, from + 100 * i + 50, page, OUTCOME_RETRY));
}

static uint64_t most_until(uint64_t ns)
{
	end_at(ns);
	return attrib_figures(a)->sent_back_most;
}

static void test_chain(void **state)
{
	struct attrib_livelock l;

	(void)state;
	again(1, 10000, 7, 500);
	reach(100000);
	l = attrib_livelock(a);
	assert_int_equal(l.n, 500);
	assert_int_equal(l.vcpu, 1);
	assert_int_equal(l.gpa, gpa_of(7));
	assert_int_equal(l.begin_ns, 10000);
	assert_int_equal(l.end_ns, 10000 + 499 * 100 + 50);
	assert_int_equal(most_until(200000), 500);
}

/* It gets on: the chain is over, and the longest is kept. */
static void test_over(void **state)
{
	(void)state;
	again(0, 10000, 7, 30);
	fault(20000, 20010, 7, OUTCOME_FIXED);
	again(0, 30000, 7, 20);
	reach(50000);
	assert_int_equal(attrib_livelock(a).n, 20);
	assert_int_equal(most_until(60000), 30);
}

static void test_another_page(void **state)
{
	(void)state;
	again(0, 10000, 7, 30);
	again(0, 20000, 8, 10);
	reach(50000);
	assert_int_equal(attrib_livelock(a).n, 10);
	assert_int_equal(attrib_livelock(a).gpa, gpa_of(8));
	assert_int_equal(most_until(60000), 30);
}

/* What others do meanwhile is another chain. */
static void test_of_each_vcpu(void **state)
{
	(void)state;
	again(0, 10000, 7, 30);
	again(1, 10020, 7, 20);
	put(fault_of(1, 15000, 15010, 7, OUTCOME_FIXED));
	assert_int_equal(most_until(60000), 30);
}

/* Windows explain what they meet, over whatever page; the chain goes on. */
static void test_windows_do_not_count(void **state)
{
	(void)state;
	again(0, 10000, 7, 30); /* until 12950 */
	window(13000, 13010, 13990, 7, 1);
	again(0, 13020, 7, 9); /* inside */
	window(14000, 14010, 14900, 900, 1);
	again(0, 14020, 7, 8); /* collateral */
	again(0, 15000, 7, 5);
	reach(50000);
	assert_int_equal(attrib_livelock(a).n, 35);
	assert_int_equal(attrib_livelock(a).begin_ns, 10000);
	assert_int_equal(most_until(60000), 35);
}

/* range_start lasts: KVM sends back before the window's record is there, which then explains it. */
static void test_known_late(void **state)
{
	(void)state;
	again(0, 10000, 7, 100); /* until 19950 */
	reach(20000);
	assert_int_equal(attrib_livelock(a).n, 100);
	window(11990, 25000, 26000, 7, 1);
	reach(30000);
	assert_int_equal(attrib_livelock(a).n, 20);
	assert_int_equal(most_until(60000), 20);
}

static void test_known_late_when_over(void **state)
{
	(void)state;
	again(0, 10000, 7, 100);
	put(fault_of(0, 20000, 20010, 8, OUTCOME_FIXED));
	window(9000, 25000, 26000, 900, 1);
	assert_int_equal(most_until(60000), 0);
}

/* Longer than a vCPU's history: nobody knows what met the window, so nothing counts. */
static void test_forgotten(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		again(0, 10000 + i * 4000000, 7, 40000);
		reach(10000 + i * 4000000 + 3999990);
	}
	assert_int_equal(attrib_livelock(a).n, 120000);
	window(9000, 13000000, 13000010, 900, 1);
	reach(14000000);
	assert_int_equal(attrib_livelock(a).n, 0);
	again(0, 15000000, 7, 3);
	assert_int_equal(most_until(16000000), 3);
}

/* What was before the stretch is not the stretch's. */
static void test_stretches(void **state)
{
	(void)state;
	again(0, 10000, 7, 30);
	end_at(20000);
	begin_at(21000);
	again(0, 22000, 7, 4);
	assert_int_equal(most_until(60000), 4);
}

static void test_nowhere(void **state)
{
	struct probe_event e = fault_of(0, 100, 110, 7, OUTCOME_RETRY);

	(void)state;
	e.address = 1ull << 40; /* no guest RAM */
	put(e);
	e.vcpu = 9; /* not ours */
	put(e);
	assert_int_equal(most_until(60000), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		made(test_chain),
		made(test_over),
		made(test_another_page),
		made(test_of_each_vcpu),
		made(test_windows_do_not_count),
		made(test_known_late),
		made(test_known_late_when_over),
		made(test_forgotten),
		made(test_stretches),
		made(test_nowhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
