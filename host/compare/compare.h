/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compare.h - what tells the runs of a good kernel from those of a bad one, and to which of them
 * other runs are nearer (docs/compare.md). Pure: results in, numbers out.
 */
#ifndef COMPARE_H
#define COMPARE_H

#include "result/figures.h"
#include "stats.h"

#define COMPARE_MAX_RUNS STATS_MAX_N
#define COMPARE_MAX_JUDGES 32
#define COMPARE_PICKS 5

/* A figure must differ by so much to judge by it: a ratio of medians, as a logarithm. */
#define COMPARE_LEAST_GAP 0.0488    /* ln 1.05; one bucket of the touch histogram is 1/32 */
#define COMPARE_NAMED_GAP 0.2231    /* ln 1.25: one run of each kernel, figures the user named */
#define COMPARE_EXACT_GAP 1.0986    /* ln 3: one run of each kernel, figures nobody named … */
#define COMPARE_STEADY_TIMES 1.25   /* … so many times what another seed does to a steady one, */
#define COMPARE_NOISE_TIMES 2.0	    /* … or to another one (noise.h), */
#define COMPARE_EXACT_EVENTS 5.0    /* … and of counts so many times sqrt(good + bad) */
#define COMPARE_BASELINE_ALPHA 0.05 /* of all figures together (Holm) */
#define COMPARE_NEAR (1.0 / 3)	    /* of the way from the other side's median */

struct run_set {
	const struct result *r[COMPARE_MAX_RUNS];
	const char *name[COMPARE_MAX_RUNS]; /* files */
	size_t n;
};

/*
 * One figure of one phase on both sides. Counts and summed times are per second of the phase, but
 * of a job (source.h) they are of the whole work.
 */
struct compared {
	struct figure figure; /* its phase is an index */
	char name[128];
	enum figure_unit unit;
	bool per_s;
	struct sample good, bad; /* empty when one run of the side does not know it */
	double gap;		 /* ln of the ratio of medians bad / good; 0 when one is empty */
	double delta;		 /* Cliff's, bad against good */
	double p;		 /* exact, two-sided; 1 in an exact comparison */
	double p_all;		 /* of all candidates together (Holm); 1 when it is none */
	size_t named;		 /* 1 + its place in @by; 0: nobody named it */
	bool noisy;		 /* its noise is known: */
	double noise;		 /* the largest gap in null comparisons */
	bool candidate, separates, judges;
	bool loud; /* its change is more than chance would do to it, as far as that is known */
};

struct comparison {
	bool exact; /* one deterministic run per side */
	bool named; /* by figures that the user named */
	size_t ngood, nbad, ncandidates;
	struct compared *v;
	size_t n;
	size_t judge[COMPARE_MAX_JUDGES]; /* indices, the widest gap first */
	size_t njudges;
};

enum nearer { NEARER_GOOD, NEARER_BAD, NEARER_UNDECIDED };

struct judged_figure {
	const struct compared *of;
	struct sample is;
	double position; /* 0: the good median, 1: the bad one, on a logarithmic scale */
	double p;	 /* that it is no different from the side it is not near; exact: 0 */
	enum nearer says;
};

struct judgement {
	enum nearer says;
	char why[320];
	bool go_on; /* undecided, but another run may decide */
	struct judged_figure figure[COMPARE_MAX_JUDGES];
	size_t n;
};

/*
 * The same stress on the same machine but for the kernel? 0, or -EINVAL with what differs in @why.
 * The command lines are compared elsewhere (plan.h).
 */
must_check int compare_setup(const struct result *a, const struct result *b, char *why,
			     size_t size);
/*
 * Made by the same program, image and QEMU? 0, or -EINVAL with what differs in @why. What a result
 * does not name is taken for the same.
 */
must_check int compare_build(const struct result *a, const struct result *b, char *why,
			     size_t size);
/*
 * Drops deterministic runs that are there twice: they say nothing new. -EINVAL (@why) when two of
 * them differ though kernel and seed are the same, or when a run on hardware is there twice.
 */
must_check int compare_unique(struct run_set *s, char *why, size_t size);
/* Whether every figure of both is the same, known or not. */
bool compare_identical(const struct result *a, const struct result *b);

/*
 * Compares two sides that are unique and of one set-up, by the figures @by or, when there is none,
 * by those that separate them best. 0, -EINVAL (@why: a name in @by) or -ENOMEM. To be closed.
 */
must_check int compare_open(struct comparison *c, const struct run_set *good,
			    const struct run_set *bad, const char *const *by, size_t nby, char *why,
			    size_t size);
void compare_close(struct comparison *c);

/* What @bad has more than @good, mean against mean; both known. */
double compare_difference(const struct compared *c);

/* The values of @c in all runs of @s; n is 0 when one of them does not know it. */
void compare_sample(const struct compared *c, const struct run_set *s, struct sample *out);
/* ln(value + 1 ns, 1 event or 1 %): ratios matter, not differences, and 0 stays finite. */
double compare_scale(enum figure_unit unit, double value);
/* The value that has this scale. */
double compare_unscale(enum figure_unit unit, double scale);

/* Why there is nothing to judge by; NULL: there is. */
const char *compare_useless(const struct comparison *c, char *buf, size_t size);

/* Judges runs of one kernel. @good and @bad are those of compare_open(). */
void compare_judge(const struct comparison *c, const struct run_set *good,
		   const struct run_set *bad, const struct run_set *is, struct judgement *j);

#endif
