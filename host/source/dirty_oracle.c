/* SPDX-License-Identifier: GPL-2.0-only */
/* dirty_oracle.c - see dirty_oracle.h. */
#include <errno.h>
#include <string.h>

#include "dirty_oracle.h"

#define LET_WRITE_NS (300 * NSEC_PER_MSEC) /* of the second that QEMU measures */

void oracle_note(bool *changed, const uint64_t *was, const uint64_t *now, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		changed[i] |= was[i] && now[i] && was[i] != now[i];
}

uint32_t oracle_compare(const bool *changed, const uint64_t *bit, uint32_t n, const uint64_t *bits,
			uint32_t *missed)
{
	uint32_t written = 0;

	*missed = 0;
	for (uint32_t i = 0; i < n; i++) {
		written += changed[i];
		*missed += changed[i] && !kvm_log_has(bits, bit[i]);
	}
	return written;
}

/* Those in the slot of the first one, evenly spread. */
static void choose_pages(struct dirty_oracle *o, const struct env *env)
{
	uint32_t stride = env->pages / ORACLE_PAGES ?: 1;
	size_t run = 0;

	for (uint32_t p = 0; p < env->pages && o->n < ORACLE_PAGES; p += stride) {
		const struct guest_run *r;
		uint64_t gpa;

		while (p >= env->runs[run].page + env->runs[run].pages)
			run++;
		r = &env->runs[run];
		gpa = r->gpa + (uint64_t)(p - r->page) * PAGE_BYTES;
		if (gpa < o->log.gpa || gpa - o->log.gpa >= o->log.pages * PAGE_BYTES)
			continue;
		o->bit[o->n] = (gpa - o->log.gpa) / PAGE_BYTES;
		o->hva[o->n++] = r->hva + (uint64_t)(p - r->page) * PAGE_BYTES;
	}
}

int oracle_open(struct dirty_oracle *o, const struct env *env)
{
	int err = kvm_log_open(&o->log, env->qmp, env->qemu_pid, env->runs[0].gpa);

	if (!err)
		choose_pages(o, env);
	return err;
}

void oracle_close(struct dirty_oracle *o, bool dead)
{
	kvm_log_close(&o->log, dead);
}

/* 0 of an empty page. */
static uint64_t sum_of(const uint64_t *word)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < PATTERN_WORDS; i++)
		sum = (sum ^ word[i]) * 0x9e3779b97f4a7c15ull;
	return sum;
}

static int sum_up(const struct dirty_oracle *o, uint64_t *sum)
{
	uint64_t word[PATTERN_WORDS];

	for (uint32_t i = 0; i < o->n; i++) {
		int err = kvm_ioctl_read(&o->log.kvm, o->hva[i], word, sizeof(word));

		if (err)
			return err_sys(err, "cannot read the guest's memory");
		sum[i] = sum_of(word);
	}
	return 0;
}

/* All bits are set when it is switched on (KVM_DIRTY_LOG_INITIALLY_SET), until QEMU clears it. */
static bool is_cleared(const struct dirty_oracle *o)
{
	for (uint32_t i = 0; i < o->n; i++)
		if (!kvm_log_has(o->log.bits, o->bit[i]))
			return true;
	return false;
}

static int judge(struct dirty_oracle *o)
{
	uint32_t missed;
	int err = kvm_log_read(&o->log);

	o->turn = ORACLE_DONE;
	if (err) /* -ENOENT: it was switched off before we came */
		return err == -ENOENT ? 0 : err;
	if (kvm_log_has_shrunk(&o->log))
		return 0; /* somebody has cleared it meanwhile */
	o->written += oracle_compare(o->changed, o->bit, o->n, o->log.bits, &missed);
	o->missed += missed;
	if (missed)
		note_say("%u pages that the guest wrote are not in KVM's dirty log", missed);
	return 0;
}

/* What has changed up to now; the log is read after that. */
static int look_again(struct dirty_oracle *o)
{
	int err = sum_up(o, o->now);

	if (err)
		return err;
	oracle_note(o->changed, o->was, o->now, o->n);
	return mono_ns() - o->since_ns < LET_WRITE_NS ? 0 : judge(o);
}

int oracle_step(struct dirty_oracle *o)
{
	int err;

	if (o->turn == ORACLE_DONE)
		return 0;
	if (o->turn == ORACLE_CLEARED)
		return look_again(o);
	err = kvm_log_read(&o->log);
	if (err)
		return err == -ENOENT ? 0 : err;
	if (!is_cleared(o))
		return 0;
	o->turn = ORACLE_CLEARED;
	o->since_ns = mono_ns();
	memset(o->changed, 0, sizeof(o->changed));
	return sum_up(o, o->was);
}

void oracle_next(struct dirty_oracle *o)
{
	o->turn = ORACLE_WAIT;
}
