/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * orders.c - how many vCPUs the guest has is read off the kernel's list of CPUs, whatever thread
 * asks: with isolcpus= (a spare vCPU) PID 1 may run on one of them alone, and sysconf() told that
 * one.
 */
#include "capture.h"
#include "guest/orders.h"

#include <sched.h>
#include <unistd.h>

static void lists_of_cpus(void **state)
{
	(void)state;
	assert_int_equal(orders_cpus("0\n"), 1);
	assert_int_equal(orders_cpus("0-3\n"), 4);
	assert_int_equal(orders_cpus("0-2,5,7-8\n"), 6);
	assert_int_equal(orders_cpus("63"), 1);
	assert_int_equal(orders_cpus(""), 0);
	assert_int_equal(orders_cpus("\n"), 0);
	assert_int_equal(orders_cpus("3-1"), 0);
	assert_int_equal(orders_cpus("0-99999999999"), 0);
}

static void affinity_does_not_matter(void **state)
{
	uint32_t all = orders_hello(1).vcpus;
	cpu_set_t was, one;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(was), &was), 0);
	CPU_ZERO(&one);
	for (int cpu = 0; cpu < CPU_SETSIZE && !CPU_COUNT(&one); cpu++)
		if (CPU_ISSET(cpu, &was))
			CPU_SET(cpu, &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	assert_int_equal(orders_hello(1).vcpus, all);
	assert_int_equal(sched_setaffinity(0, sizeof(was), &was), 0);
	assert_true(all >= (uint32_t)CPU_COUNT(&was));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_of_cpus),
		cmocka_unit_test(affinity_does_not_matter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
