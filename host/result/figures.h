/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * figures.h - the figures of a result by their names, which are the paths of
 * docs/result.schema.json. Limits, comparisons and the reading of stored results all go by the two
 * tables of figures_table.c; a new figure is one line there. Pure.
 */
#ifndef FIGURES_H
#define FIGURES_H

#include "result.h"

#define FIGURE_KEY 64 /* room for a name within an open set */

enum figure_unit {
	FIGURE_COUNT,
	FIGURE_NS,    /* a time, kept in nanoseconds */
	FIGURE_SHARE, /* a ratio */
	FIGURE_PER_S,
};

enum figure_kind {
	FIGURE_U64,
	FIGURE_U32,
	FIGURE_I64,	/* may be below 0 */
	FIGURE_DOUBLE,	/* NaN: not known */
	FIGURE_RATE,	/* the uint64_t at offset, per second of the phase; not stored, computed */
	FIGURE_REFAULT, /* refault ratio of the struct transition_figures at offset; computed */
	FIGURE_SET,	/* struct metrics: its names depend on the kernel */
	FIGURE_PROOF,	/* the proof counters: their names depend on the source */
};

struct figure_spec {
	const char *path; /* in the JSON of a phase or of the whole result; a set's ends in '.' */
	const char *doc; /* what it is: docs/limits.md and docs/result.schema.json are made of it */
	enum figure_kind kind;
	enum figure_unit unit;
	size_t offset; /* in struct phase_result or struct result */
	/* When it is known at all; offsets like the above, 0: not asked. */
	size_t known; /* of a bool that says so */
	size_t also;  /* of another */
	size_t some;  /* of the uint64_t that must not be 0 for it to mean anything */
	size_t named; /* of the char * that must be there */
	/* One of a list of names.h: @of is its name there, @any what all of them are called. */
	const char *any, *of;
	/* When it is not whole, and nothing is judged by it. */
	bool guest;    /* measured by the guest: when frames of its phase were lost */
	size_t missed; /* of the uint64_t that must be 0: records that did not arrive */
	bool probe;    /* seen by the probes: when they lost events */
	bool faults;   /* rests on every fault having been seen: when they do not match KVM's */
	/* How kernels are compared by it (docs/compare.md). */
	bool setting; /* an option, a duration, or told by another figure: never */
	bool job;     /* … but of a job, which takes as long as its work, it is a figure */
	bool adds;    /* a time that adds up over the phase, like a count */
	bool detail;  /* one of many: shown only when it differs much */
	bool picked;  /* host-stress compare may judge by it without being told to … */
	bool steady;  /* … and also by one run of each kernel: another seed hardly changes it */
};
extern const struct figure_spec figure_phase_table[], figure_run_table[]; /* end: path NULL */

struct figure_shorthand {
	const char *name, *path;
};
extern const struct figure_shorthand figure_shorthands[]; /* of phases; end: name NULL */

/* An open set of names, whose path ends in '.'. */
bool figure_is_set(const struct figure_spec *s);
/* Whether it means anything in @of, a struct phase_result or struct result; else JSON has null. */
bool figure_is_known(const struct figure_spec *s, const void *of);

/* The phases a name may begin with, in the order of result.phases. */
struct figure_phases {
	const char *const *name;
	size_t n;
};

#define FIGURE_EACH (-1) /* every phase but the first, the idle control */
#define FIGURE_RUN (-2)	 /* of the whole run */

struct figure {
	const struct figure_spec *spec;
	int phase; /* index, FIGURE_EACH or FIGURE_RUN */
	enum figure_unit unit;
	char key[FIGURE_KEY]; /* name within a set */
};

enum figure_state {
	FIGURE_KNOWN,
	FIGURE_UNKNOWN,
	FIGURE_LOST, /* frames, records or events that it rests on were lost: it is not whole */
};

/* Bytes of the name that @text begins with: a phase of these, then letters, digits, '_' and '.'. */
size_t figure_scan(const char *text, const struct figure_phases *phases);

/*
 * Takes a name apart: "migrate.faults.total", "faults.total", "guest.boot_ns", a shorthand such as
 * "stall.p999". 0, or -ENOENT; figure_explain() then says in @why what is near.
 */
must_check int figure_parse(struct figure *f, const char *name, size_t len,
			    const struct figure_phases *phases);
void figure_explain(const char *name, size_t len, const struct figure_phases *phases, char *why,
		    size_t size);

/* The phase that @f is about when each stands for phase @each; NULL: none, or it never ran. */
const struct phase_result *figure_phase(const struct figure *f, const struct result *r,
					size_t each);

/* *@value is set only when it is known; never NaN or infinite. */
enum figure_state figure_value(const struct figure *f, const struct result *r, size_t each,
			       double *value);

/* Why there is no value, as the end of "figure NAME …". */
const char *figure_doubt(const struct figure *f, const struct result *r, size_t each, char *buf,
			 size_t size);

/* "migrate.touch.ns.p999"; @each as above. */
const char *figure_name(const struct figure *f, const struct result *r, size_t each, char *buf,
			size_t size);
/* "312.4us", "19409", "0.25" */
const char *figure_format(enum figure_unit unit, double value, char *buf, size_t size);

#endif
