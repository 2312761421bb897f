// SPDX-License-Identifier: GPL-2.0-only
/*
 * probe.c - watches the VM of a host-stress that runs beside it, with backend B, and counts what
 * comes: one "NAME COUNT" per line.
 *
 *   probe PID SECONDS
 */
#include <dirent.h>
#include <glob.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../../../host/probe.h"

#define DRAIN_US 50000

struct counts {
	uint64_t type[PROBE_VIRQ + 1], reason[REASONS], thread[THREADS], transition[TRANSITIONS],
		outcome[OUTCOMES];
	uint64_t write, own_copy, migration, asleep, preempted_off, long_mapping, known_mapping;
	uint64_t strange;     /* events that cannot be */
	uint64_t backward_ns; /* how far an event came behind a later one */
	uint64_t last_ns;
	long open_cpu_us;
	uint64_t pf_taken, pf_taken_now;
	const struct probe_spec *spec;
};

static long cpu_us(void)
{
	struct rusage use;

	getrusage(RUSAGE_SELF, &use);
	return (use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1000000L + use.ru_utime.tv_usec +
	       use.ru_stime.tv_usec;
}

/* QEMU's biggest mapping is the guest's RAM. */
static void find_ram(struct probe_spec *spec)
{
	char path[64], line[512];
	unsigned long from, to;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", spec->qemu);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%lx-%lx rw", &from, &to) == 2 && strstr(line, " rw-p ") &&
		    to - from > spec->ram_bytes) {
			spec->ram_hva = from;
			spec->ram_bytes = to - from;
		}
	if (f)
		fclose(f);
	spec->ram[0] = (struct attrib_ram){0, spec->ram_hva, spec->ram_bytes};
}

static void find_vcpus(struct probe_spec *spec)
{
	char path[300], comm[64];
	struct dirent *d;
	unsigned int n;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", spec->qemu);
	dir = opendir(path);
	while (dir && (d = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/%d/task/%s/comm", spec->qemu, d->d_name);
		if (file_read(path, comm, sizeof(comm)) > 0 &&
		    sscanf(comm, "CPU %u/KVM", &n) == 1 && n < PROBE_MAX_VCPUS) {
			spec->vcpu[n] = atoi(d->d_name);
			spec->vcpus = n + 1 > spec->vcpus ? n + 1 : spec->vcpus;
		}
	}
	if (dir)
		closedir(dir);
}

/* KVM's own count of faults of the VM, from debugfs. 0: not known. */
static uint64_t pf_taken(pid_t qemu)
{
	char pattern[64];
	uint64_t value = 0;
	glob_t found;

	snprintf(pattern, sizeof(pattern), "/sys/kernel/debug/kvm/%d-*/pf_taken", qemu);
	if (!glob(pattern, 0, NULL, &found) && file_u64(found.gl_pathv[0], &value))
		value = 0;
	globfree(&found);
	return value;
}

static bool is_strange(const struct counts *c, const struct probe_event *e)
{
	const struct probe_spec *s = c->spec;

	if (e->begin_ns > e->ns || e->ns > mono_ns() || e->ns < 1000)
		return true;
	if (e->type == PROBE_START)
		return !e->id || !e->length || e->address >= s->ram_hva + s->ram_bytes ||
		       e->address + e->length <= s->ram_hva;
	if (e->type == PROBE_END)
		return !e->id;
	return e->vcpu >= s->vcpus || s->vcpu[e->vcpu] != (pid_t)e->tid;
}

static void take(void *arg, const struct probe_event *e)
{
	struct counts *c = arg;

	c->type[e->type]++;
	c->strange += is_strange(c, e);
	if (e->ns < c->last_ns && c->last_ns - e->ns > c->backward_ns)
		c->backward_ns = c->last_ns - e->ns;
	c->last_ns = e->ns;
	if (e->type == PROBE_START) {
		c->reason[e->reason]++;
		c->thread[e->thread]++;
		c->transition[e->transition]++;
	} else if (e->type == PROBE_FAULT) {
		c->outcome[e->outcome]++;
		c->write += !!(e->flags & PROBE_WRITE);
		c->own_copy += !!(e->flags & PROBE_OWN_COPY);
		c->migration += !!(e->flags & PROBE_MIGRATION);
		c->known_mapping += e->length != 0;
		c->long_mapping += e->length > 4096;
	} else if (e->type == PROBE_OFF) {
		c->asleep += !!(e->flags & PROBE_ASLEEP);
	}
}

static void print_all(const char *prefix, const char *const *names, const uint64_t *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		printf("%s.%s %" PRIu64 "\n", prefix, names[i], v[i]);
}

static void print(const struct counts *c, const struct probe_windows *w, uint64_t lost)
{
	static const char *const types[] = {"start", "end", "fault", "off", "virq"};
	static const char *const reasons[] = {"unmap",	 "clear",      "vma",
					      "page",	 "soft-dirty", "release",
					      "migrate", "exclusive",  "other"};
	static const char *const threads[] = {"ksmd",	"agent", "kcompactd", "khugepaged",
					      "kswapd", "vcpu",	 "qemu",      "other"};
	static const char *const transitions[] = {"none", "write-protect", "replace", "copy",
						  "split"};
	static const char *const outcomes[] = {"fixed", "retry", "spurious", "emulate", "other"};

	print_all("event", types, c->type + 1, ARRAY_SIZE(types));
	print_all("reason", reasons, c->reason, REASONS);
	print_all("thread", threads, c->thread, THREADS);
	print_all("transition", transitions, c->transition, TRANSITIONS);
	print_all("outcome", outcomes, c->outcome, OUTCOMES);
	printf("fault.write %" PRIu64 "\nfault.own-copy %" PRIu64 "\nfault.migration %" PRIu64
	       "\nfault.mapping-known %" PRIu64 "\nfault.mapping-2M %" PRIu64
	       "\noff.asleep %" PRIu64 "\n",
	       c->write, c->own_copy, c->migration, c->known_mapping, c->long_mapping, c->asleep);
	printf("windows %" PRIu64 "\nwindows.preempted %" PRIu64 "\n", w->count, w->preempted);
	printf("start.p50 %" PRIu64 "\nempty.p50 %" PRIu64 "\ntotal.p50 %" PRIu64
	       "\ntotal.max %" PRIu64 "\n",
	       hist_quantile(&w->start, 1, 2), hist_quantile(&w->empty, 1, 2),
	       hist_quantile(&w->total, 1, 2), w->total.max);
	printf("pf_taken %" PRIu64 "\n", c->pf_taken_now - c->pf_taken);
	printf("strange %" PRIu64 "\nbackward_ns %" PRIu64 "\nlost %" PRIu64
	       "\nopen_cpu_us %ld\ndrain_cpu_us %ld\n",
	       c->strange, c->backward_ns, lost, c->open_cpu_us, cpu_us() - c->open_cpu_us);
}

static bool is_stopped(pid_t tid)
{
	auto_free char *path = str_format("/proc/%d/stat", tid);
	char stat[1024], *end;

	if (file_read(path, stat, sizeof(stat)) <= 0)
		return true; /* for ever */
	end = strrchr(stat, ')');
	return end && end[2] == 'T';
}

/* Until no vCPU runs: KVM's count stands still then. */
static void stop(const struct probe_spec *spec)
{
	kill(spec->qemu, SIGSTOP);
	for (unsigned int i = 0; i < spec->vcpus; i++)
		while (!is_stopped(spec->vcpu[i]))
			usleep(1000);
}

static int watch(void *p, struct counts *c, uint64_t end_ns)
{
	int err = 0;

	kill(c->spec->qemu, SIGCONT);
	while (!err && mono_ns() < end_ns) {
		usleep(DRAIN_US);
		err = probe_tracefs.drain(p, take, c);
	}
	stop(c->spec);
	c->pf_taken_now = pf_taken(c->spec->qemu);
	return err ?: probe_tracefs.drain(p, take, c);
}

int main(int argc, char **argv)
{
	static struct probe_windows w;
	struct probe_spec spec = {.qemu = argc > 2 ? atoi(argv[1]) : 0};
	struct counts c = {.spec = &spec};
	uint64_t lost = 0, begun = mono_ns(), opened;
	char why[256] = "";
	void *p = NULL;
	int err;

	if (argc != 3 || spec.qemu <= 0) {
		fprintf(stderr, "usage: probe PID SECONDS\n");
		return 128;
	}
	find_ram(&spec);
	find_vcpus(&spec);
	stop(&spec);
	err = probe_tracefs.open(&p, &spec, why, sizeof(why));
	if (err) {
		fprintf(stderr, "probe: %s (%s)\n", why, strerror(-err));
		kill(spec.qemu, SIGCONT);
		return 1;
	}
	opened = mono_ns();
	c.open_cpu_us = cpu_us();
	c.pf_taken = pf_taken(spec.qemu);
	printf("open_us %" PRIu64 "\n", (opened - begun) / 1000);
	fflush(stdout);
	err = watch(p, &c, opened + strtoull(argv[2], NULL, 10) * NSEC_PER_SEC);
	if (!err)
		err = probe_tracefs.windows(p, &w);
	if (!err)
		err = probe_tracefs.lost(p, &lost);
	print(&c, &w, lost);
	begun = mono_ns();
	probe_tracefs.close(p);
	kill(spec.qemu, SIGCONT);
	printf("close_us %" PRIu64 "\n", (mono_ns() - begun) / 1000);
	if (err)
		fprintf(stderr, "probe: %s\n", strerror(-err));
	return err ? 1 : 0;
}
