/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * watch.c - what a watch makes of the probes' events, and of KVM's memory slots. Would pass
 * silently if faults were put to windows by time alone: one lies beside the window's pages.
 */
#include "capture.h"
#include "watch/report.h"
#include "watch/seen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct seen seen;

static void start(uint64_t id, uint64_t t0, uint64_t t1, uint64_t hva, uint64_t bytes,
		  enum probe_thread thread)
{
	const struct probe_event e = {.type = PROBE_START,
				      .id = id,
				      .begin_ns = t0,
				      .ns = t1,
				      .address = hva,
				      .length = bytes,
				      .tid = 77,
				      .thread = (uint8_t)thread,
				      .reason = REASON_CLEAR};

	seen_event(&seen, &e);
}

static void end(uint64_t id, uint64_t t2, uint8_t flags)
{
	const struct probe_event e = {
		.type = PROBE_END, .id = id, .begin_ns = t2, .ns = t2, .flags = flags};

	seen_event(&seen, &e);
}

static void fault(uint64_t begin, uint64_t ns, uint64_t gpa, enum probe_outcome outcome)
{
	const struct probe_event e = {.type = PROBE_FAULT,
				      .begin_ns = begin,
				      .ns = ns,
				      .address = gpa,
				      .length = 4096,
				      .outcome = (uint8_t)outcome,
				      .vcpu = 1};

	seen_event(&seen, &e);
}

static int open_seen(void **state)
{
	const struct guest_ram ram[2] = {{0, 0x10000000, 0x100000},
					 {1ull << 32, 0x10100000, 0x1000}};

	(void)state;
	seen_open(&seen, ram);
	return 0;
}

static void counts_windows(void **state)
{
	enum probe_thread thread;
	enum probe_reason reason;

	(void)state;
	for (uint64_t i = 0; i < 3; i++) {
		start(1, 1000 * i, 1000 * i + 100, 0x10000000, 4096, THREAD_KSMD);
		end(1, 1000 * i + 500, i ? 0 : PROBE_PREEMPTED);
	}
	start(2, 5000, 5100, 0x10000000, 2 << 20, THREAD_KHUGEPAGED);
	start(3, 5050, 5200, 0x10000000, (2 << 20) + 4096, THREAD_KHUGEPAGED);
	end(2, 6000, 0);
	end(3, 9000, 0);
	end(9, 9100, 0); /* its start was not seen */
	assert_int_equal(seen.windows, 5);
	assert_int_equal(seen.unpaired, 1);
	assert_true(seen_most(&seen, 0, &thread, &reason));
	assert_int_equal(thread, THREAD_KSMD);
	assert_int_equal(reason, REASON_CLEAR);
	assert_int_equal(seen.kind[THREAD_KSMD][REASON_CLEAR].by_size[SEEN_PAGE], 3);
	assert_int_equal(seen.kind[THREAD_KSMD][REASON_CLEAR].preempted, 1);
	assert_int_equal(seen.kind[THREAD_KSMD][REASON_CLEAR].total_ns, 1500);
	assert_true(seen_most(&seen, 1, &thread, &reason));
	assert_int_equal(thread, THREAD_KHUGEPAGED);
	assert_int_equal(seen.kind[THREAD_KHUGEPAGED][REASON_CLEAR].by_size[SEEN_HUGE], 1);
	assert_int_equal(seen.kind[THREAD_KHUGEPAGED][REASON_CLEAR].by_size[SEEN_MORE], 1);
	assert_false(seen_most(&seen, 2, &thread, &reason));
}

/* As attrib does, so that the trace and the figures agree. */
static void counts_from_its_begin(void **state)
{
	(void)state;
	start(1, 100, 110, 0x10001000, 4096, THREAD_KSMD);
	end(1, 200, 0);
	start(2, 300, 310, 0x10001000, 4096, THREAD_KSMD);
	fault(320, 350, 0x1000, OUTCOME_RETRY);
	seen_begin(&seen);
	assert_int_equal(seen.windows, 0);
	assert_int_equal(seen.nworst, 0);
	assert_int_equal(seen.vcpu[1].faults, 0);
	end(2, 500, 0);
	assert_int_equal(seen.windows, 1);
	assert_int_equal(seen.unpaired, 0);
	assert_int_equal(seen.worst[0].t2 - seen.worst[0].t0, 200);
	assert_int_equal(seen.worst[0].faults, 1);
}

/* The END of the first was lost: its place on the thread's stack is in use again. */
static void survives_a_lost_end(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 2 * SEEN_OPEN; i++)
		start(1, 100 * i, 100 * i + 10, 0x10001000, 4096, THREAD_KSMD);
	end(1, 200 * SEEN_OPEN, 0);
	assert_int_equal(seen.windows, 1);
	assert_int_equal(seen.worst[0].t2 - seen.worst[0].t0, 100);
	assert_int_equal(seen.unpaired, 2 * SEEN_OPEN - 1);
	assert_int_equal(seen.nopen, 0);
}

static void leaves_holes_out(void **state)
{
	(void)state;
	start(1, 100, 110, 0x10101000, 4096, THREAD_KSMD);
	end(1, 200, 0);
	start(1, 300, 310, 0x100ff000, 3 * 4096, THREAD_KSMD);
	end(1, 400, 0);
	assert_int_equal(seen.windows, 1);
	assert_int_equal(seen.unpaired, 0);
}

/* Of more faults than are remembered it is said that there were more. */
static void says_at_least(void **state)
{
	(void)state;
	start(1, 1000, 1010, 0x10001000, 4096, THREAD_KSMD);
	for (uint64_t i = 0; i < SEEN_FAULTS; i++)
		fault(2000 + i, 2000 + i + 1, 0x1000, OUTCOME_RETRY);
	end(1, 20000, 0);
	assert_int_equal(seen.worst[0].faults, SEEN_FAULTS);
	assert_false(seen.worst[0].at_least);
	start(2, 30000, 30010, 0x10001000, 4096, THREAD_KSMD);
	for (uint64_t i = 0; i <= SEEN_FAULTS; i++)
		fault(31000 + i, 31000 + i + 1, 0x1000, OUTCOME_RETRY);
	end(2, 60000, 0);
	assert_int_equal(seen.worst[0].faults, SEEN_FAULTS);
	assert_true(seen.worst[0].at_least);
}

/* The longest windows, longest first, with the faults on their pages while they were open. */
static void tells_the_worst(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 40; i++) {
		start(1, 100000 * i, 100000 * i + 10, 0x10000000 + 4096 * i, 4096, THREAD_OTHER);
		if (i == 7) {
			fault(100000 * i + 20, 100000 * i + 60, 4096 * i, OUTCOME_RETRY);
			fault(100000 * i + 20, 100000 * i + 60, 4096 * (i + 1), OUTCOME_RETRY);
		}
		end(1, 100000 * i + (i == 7 ? 90000 : 100 + i), 0);
		if (i == 7) /* began within it, ends after it */
			fault(100000 * i + 80000, 100000 * i + 95000, 4096 * i, OUTCOME_FIXED);
		fault(100000 * i + 97000, 100000 * i + 98000, 4096 * i, OUTCOME_FIXED);
	}
	assert_int_equal(seen.nworst, SEEN_WORST);
	assert_int_equal(seen.worst[0].t2 - seen.worst[0].t0, 90000);
	assert_int_equal(seen.worst[0].faults, 2);
	assert_int_equal(seen.worst[0].retried, 1);
	assert_int_equal(seen.worst[0].waited_ns, 15000);
	for (size_t i = 1; i < SEEN_WORST; i++) {
		assert_int_equal(seen.worst[i].t2 - seen.worst[i].t0, 140 - i);
		assert_int_equal(seen.worst[i].faults, 0);
	}
	assert_int_equal(seen.vcpu[1].faults, 43);
	assert_int_equal(seen.vcpu[1].longest_fault_ns, 15000);
}

static void counts_vcpus_off(void **state)
{
	struct probe_event e = {
		.type = PROBE_OFF, .begin_ns = 100, .ns = 400, .vcpu = 2, .comm = "ksmd"};

	(void)state;
	seen_event(&seen, &e);
	e.ns = 1100;
	strcpy(e.comm, "kworker/0:1");
	seen_event(&seen, &e);
	e.flags = PROBE_ASLEEP;
	e.ns = 5100;
	seen_event(&seen, &e);
	e.vcpu = PROBE_MAX_VCPUS;
	seen_event(&seen, &e);
	assert_int_equal(seen.vcpu[2].preemptions, 2);
	assert_int_equal(seen.vcpu[2].preempted_ns, 1300);
	assert_int_equal(seen.vcpu[2].longest_preempted_ns, 1000);
	assert_int_equal(seen.vcpu[2].sleeps, 1);
	assert_int_equal(seen.vcpu[2].asleep_ns, 5000);
	assert_string_equal(seen.comms.name[seen_taker(&seen, 0)], "kworker");
	assert_string_equal(seen.comms.name[seen_taker(&seen, 1)], "ksmd");
	assert_int_equal(seen.taker[seen_taker(&seen, 0)].ns, 1000);
	assert_int_equal(seen_taker(&seen, 2), -ENOENT);
}

/* QEMU's slots of a PC with 4 GiB: RAM around the VGA window, above 4 GiB, and two ROMs. */
static void finds_ram(void **state)
{
	const uint64_t hva = 0x7f0000000000, mib = 1 << 20;
	const struct vm_slot slots[] = {
		{0xc0000, hva + 0xc0000, 3072 * mib - 0xc0000},
		{0xfffc0000, 0x7e0000000000, 0x40000},
		{1ull << 32, hva + 3072 * mib, 1024 * mib},
		{0, hva, 0xa0000},
		{0xfd000000, 0x7d0000000000, 16 * mib},
	};
	struct vm_found v = {0};

	(void)state;
	assert_int_equal(slots_choose(&v, slots, ARRAY_SIZE(slots)), 0);
	assert_int_equal(v.ram[0].gpa, 0);
	assert_int_equal(v.ram[0].hva, hva);
	assert_int_equal(v.ram[0].bytes, 3072 * mib);
	assert_int_equal(v.ram[1].gpa, 1ull << 32);
	assert_int_equal(v.ram[1].hva, hva + 3072 * mib);
	assert_int_equal(v.ram[1].bytes, 1024 * mib);
	assert_int_equal(v.hva, hva);
	assert_int_equal(v.bytes, 4096 * mib);
	assert_int_equal(v.ram_bytes, 4096 * mib - 0x20000);
	assert_int_equal(v.left_out_bytes, 16 * mib + 0x40000);
	assert_int_equal(slots_choose(&v, slots, 1), 0);
	assert_int_equal(v.ram[1].bytes, 0);
	assert_int_equal(slots_choose(&v, slots, 0), -ENODATA);
}

static void finds_names(void **state)
{
	static const char with[] = "qemu\0-m\0"
				   "1G\0-name\0guest=vm-3,debug-threads=on";
	static const char plain[] = "qemu\0-name\0old\0-m\0"
				    "1G";
	static const char none[] = "qemu\0-m\0"
				   "1G\0-name";
	char name[16];

	(void)state;
	assert_true(slots_name(with, sizeof(with), name, sizeof(name)));
	assert_string_equal(name, "vm-3");
	assert_true(slots_name(plain, sizeof(plain), name, sizeof(name)));
	assert_string_equal(name, "old");
	assert_false(slots_name(none, sizeof(none), name, sizeof(name)));
}

static void refuses(void **state)
{
	struct vm_found v;
	struct capture c;
	pid_t pid;

	(void)state;
	capture_begin(&c, STDERR_FILENO);
	assert_int_equal(slots_find("nonesuch", &pid), -ENOENT);
	assert_int_equal(slots_find("4711", &pid), 0);
	assert_int_equal(pid, 4711);
	assert_int_equal(slots_look(&v, getpid()), -ENOENT);
	capture_end(&c);
	assert_int_equal(capture_lines(&c), 2);
}

/* To be freed. */
static char *print(struct watch_report *r, int (*how)(const struct watch_report *, FILE *))
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(how(r, out), 0);
	fclose(out);
	return text;
}

static void prints(void **state)
{
	static const struct attrib_figures figures = {.faults = 40,
						      .by_class = {[CLASS_INSIDE] = 3}};
	struct watch_report r = {.vm = {.pid = 12,
					.name = "vm",
					.vcpus = 2,
					.ram_bytes = 64 << 20,
					.left_out_vcpus = 1,
					.left_out_bytes = 3 << 19},
				 .kernel = "6.12",
				 .seen = &seen,
				 .figures = &figures,
				 .ns = 2000000000};
	static const char *const wanted[] = {
		"vm (12): 2 vCPUs, 64.0 MiB of RAM; kernel 6.12\n",
		"not watched: 1 vCPU that had not run when the watch began\n",
		"not watched: 1.5 MiB of slots that lie apart from the RAM\n",
		"watched for 2.00s; of the probes' events 0 were lost, 0 late, 0 unpaired\n",
		"\nksmd/clear                       1 ",
		"inside 3, retried 0",
		"90.0us ksmd (thread 77) by clear: range_start took 10ns, 4 KiB at 0x10007000, off "
		"its CPU "
		"meanwhile; 1 faults ran into it, 1 sent back, KVM held one for 40ns\n",
		"\nnot seen: ",
	};
	char *text;

	(void)state;
	start(1, 700000, 700010, 0x10007000, 4096, THREAD_KSMD);
	fault(700020, 700060, 0x7000, OUTCOME_RETRY);
	end(1, 790000, PROBE_PREEMPTED);
	text = print(&r, watch_print);
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		if (!strstr(text, wanted[i]))
			fail_msg("no '%s' in\n%s", wanted[i], text);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(counts_windows, open_seen),
		cmocka_unit_test_setup(counts_from_its_begin, open_seen),
		cmocka_unit_test_setup(survives_a_lost_end, open_seen),
		cmocka_unit_test_setup(leaves_holes_out, open_seen),
		cmocka_unit_test_setup(tells_the_worst, open_seen),
		cmocka_unit_test_setup(says_at_least, open_seen),
		cmocka_unit_test_setup(counts_vcpus_off, open_seen),
		cmocka_unit_test(finds_ram),
		cmocka_unit_test(finds_names),
		cmocka_unit_test(refuses),
		cmocka_unit_test_setup(prints, open_seen),
	};

	return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
