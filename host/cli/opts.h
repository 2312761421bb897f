/* SPDX-License-Identifier: GPL-2.0-only */
/* opts.h - the command line: a table of options, checked before anything is started or changed. */
#ifndef OPTS_H
#define OPTS_H

#include "wire/pattern.h"
#include "source/source.h"
#include "base/util.h"

enum place { PLACE_AUTO, PLACE_HOST, PLACE_LAB };
enum lab_cpu { LAB_CPU_AMD, LAB_CPU_INTEL };
enum lab_model { LAB_MODEL_HASWELL, LAB_MODEL_SKYLAKE };
enum on_crash { ON_CRASH_AUTO, ON_CRASH_BAD, ON_CRASH_SKIP };
enum deterministic { DETERMINISTIC_AUTO, DETERMINISTIC_YES, DETERMINISTIC_NO };

#define OPTS_MAX_PHASES 32
#define OPTS_MAX_TEXTS 32
#define OPTS_MAX_PAIR 2
#define OPTS_MAX_OPERANDS 96

struct phase_spec {
	char name[64]; /* "ksm-merge", "ksm-merge+migrate" */
	const struct source *sources[OPTS_MAX_PAIR];
	size_t nsources;
};

/* What an option that may be given again and again was given. */
struct texts {
	const char *v[OPTS_MAX_TEXTS];
	size_t n;
};

struct opts {
	/* the stress */
	uint64_t duration_ns;			   /* all phases together; 0: phase_time_ns given */
	uint64_t phase_time_ns;			   /* each phase; 0: shared out of duration_ns */
	struct phase_spec phases[OPTS_MAX_PHASES]; /* [0] is always idle */
	size_t nphases;
	bool scene; /* one piece of work instead of a stretch of time (docs/matrix-exact.md) */
	uint64_t memory_bytes;
	uint64_t vcpus;
	int pattern;		   /* enum pattern, wire/pattern.h */
	uint64_t max_page_sharing; /* 0: not set */
	int backend;		   /* enum backend, base/backend.h */
	uint64_t groups;
	uint64_t write_ppm;
	uint64_t shared_ppm; /* of the pages: touched by all vCPUs */
	uint64_t stall_ns;
	uint64_t seed;
	int probes; /* enum probe_backend */
	uint64_t stretch_ns;
	uint64_t stretch_count; /* 0: all windows */
	bool interfere;
	bool grace_periods;
	uint64_t silence_ns; /* a guest quiet for so long is reported as hung */
	uint64_t boot_timeout_ns;
	uint64_t proof_timeout_ns;
	const char *machine;			 /* "microvm" or "q35" */
	const char *guest_kernel, *guest_initrd; /* NULL: of the image directory */
	const char *image_dir;
	const char *qemu;
	const char *json;
	/* the judgement */
	struct texts fail_if;			  /* limits.h; checked by opts_parse() */
	struct texts baseline_good, baseline_bad; /* files, or lists of them with commas */
	struct texts earlier;
	struct texts by;
	bool ktap, junit, lava;
	const char *against; /* NULL: nothing */
	bool other_seeds;
	bool other_builds;
	bool tables;
	bool no_save;
	const char *trace;  /* a Perfetto trace; NULL: none */
	const char *output; /* report: the page */
	const char *html;   /* compare: a page too */
	const char *hgrm;   /* report: a directory */
	bool markdown;
	bool force;
	bool verbose;
	bool timing;
	/* the lab */
	enum place place;
	enum deterministic deterministic;
	const char *kernel, *modules;
	int lab_cpu;		 /* enum lab_cpu: who emulates L1, and with which virtualisation */
	int lab_model;		 /* enum lab_model: of the Intel lab */
	struct texts kvm_params; /* "name=value" of the modules of L1's KVM */
	uint64_t lab_cpus;
	uint64_t lab_turn, lab_schedule; /* 0: not given; labqemu_choose() */
	uint64_t lab_hold_ns;		 /* 0: never */
	uint64_t lab_memory_bytes;
	uint64_t virtual_timeout_ns, wall_timeout_ns;
	enum on_crash on_crash;
	const char *crash_match; /* NULL: any */
	int on_warn;		 /* enum on_warn, result/result.h */
	int on_unexercised;	 /* enum on_unexercised, the same */
	const char *overlay;	 /* NULL: none */
	const char *console;	 /* file for L1's console, NULL: none */
	int verify;		 /* run twice and compare (verify.h) */
	const char *inside;	 /* hidden: how the lab's L1 was booted, e.g. "tcg,deterministic" */
	const char *shown_qemu;	 /* hidden: version of the QEMU that emulates L1 */
	const char *shown_build; /* hidden: of the lab's image and QEMU, "IMAGE,QEMU" */
	const char *shown_command; /* hidden: the command line that the result shows */
	bool unreported;	   /* hidden: nothing on stdout; who started us reads the result */
	/* which command */
	const struct command *commands; /* all of them */
	const struct command *command;
	const char *operand[OPTS_MAX_OPERANDS]; /* words that are no options, behind the command */
	size_t noperands;
	int rest;     /* index in argv of what follows "--"; argc when nothing does */
	bool program; /* something stands there: the lab is to run it */
	bool by_name; /* a command word was given */
	bool help;
};

/* What options are for: a command takes some of these sets, the place leaves some of them. */
enum option_set {
	FOR_HOST = 1,	  /* a run on this kernel */
	FOR_LAB = 8,	  /* a run in the lab */
	FOR_PROGRAM = 16, /* another program in the lab */
	FOR_RUN = FOR_HOST | FOR_LAB,
	FOR_COMPARE = 2,
	FOR_SHOW = 4,
	FOR_WATCH = 32,
	FOR_REPORT = 128,
	FOR_EVERY = 64, /* all commands */
};

struct command {
	const char *name;
	const char *help;
	int (*run)(const struct opts *o, int argc, char **argv); /* exit code */
	unsigned int takes;					 /* of enum option_set */
	const char *operands; /* "GOOD BAD [NEW...]"; NULL: none */
	size_t least, most;   /* of them */
	bool program;	      /* another program may stand behind "--" */
	const char *about;    /* what help COMMAND says */
	const char *examples; /* lines, each a command that can be typed */
};

/*
 * Parses @argv by @commands, which end with a NULL name; the first one is run. 0: go on. 1: --help
 * or --version has been printed. -EINVAL: said in one line that names the option and the accepted
 * range.
 */
must_check int opts_parse(struct opts *o, const struct command *commands, int argc, char **argv);

/*
 * Whether all options of @argv mean something at @place: nothing that was asked for is left out in
 * silence. PLACE_AUTO: at one of the places. -EINVAL: said.
 */
must_check int opts_check_place(const struct opts *o, enum place place, int argc, char **argv);

/* "512M", "30s", "200us", "1.5%", plain numbers. 0, -EINVAL (not a number or unit), -ERANGE. */
must_check int opts_size(const char *text, uint64_t *bytes); /* K M G T, powers of 1024 */
must_check int opts_time(const char *text, uint64_t *ns);    /* ns us ms s m h; a unit is needed */
must_check int opts_share(const char *text, uint64_t *ppm);  /* 2%, 0.02 */

/* The share of phase @i of @n when @duration_ns is divided over them; sums up to duration_ns
 * exactly. */
uint64_t opts_phase_time(uint64_t duration_ns, size_t n, size_t i);

/*
 * The options of @argv that go on to the host-stress inside the lab: all of the stress and the VM
 * but files, nothing about the place, no command word. @out must have room for argc + 1 pointers
 * into @argv and ends with NULL; argv[0] is not among them. Number of arguments.
 */
int opts_for_inside(int argc, char **argv, char **out);

#endif
