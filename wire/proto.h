/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * proto.h - the frames that guest and host exchange over the virtio-serial port.
 *
 * The wire format is described in docs/protocol.md. All fields are fixed-width little-endian (both
 * sides are x86-64), every struct's size is asserted. A header carries a CRC32C of itself, so that
 * a broken length is found before anybody waits for that many bytes, and one of its payload.
 */
#ifndef PROTO_H
#define PROTO_H

#include <stddef.h>
#include <stdint.h>

#define PROTO_PORT "org.host-stress.0" /* virtserialport name= */
#define PROTO_MAGIC 0x31535348u	       /* "HSS1" */
#define PROTO_VERSION 3
#define PROTO_MAX_PAYLOAD 16384u
#define PROTO_PAGE_SIZE 4096u
#define PROTO_MAX_VCPUS 64u
#define PROTO_PPM 1000000u

enum proto_type {
	/* host to guest */
	PROTO_ORDERS = 1, /* once, after HELLO */
	PROTO_START = 2,  /* new epoch: counters and histograms start at zero */
	PROTO_STOP = 3,	  /* end of epoch: workers rest, the whole memory is checked */
	PROTO_QUIT = 4,	  /* power off */
	PROTO_PING = 5,	  /* answer at once: the clock */
	PROTO_FILL = 6,	  /* in an epoch: the workers check their pages and write the next step's */
	PROTO_DISCARD = 7, /* in an epoch: pages that are about to be, or have been, taken with
			      their words */
	/* guest to host */
	PROTO_HELLO = 16,     /* first frame */
	PROTO_MAP = 17,	      /* page -> GPA, in runs; once, over several frames */
	PROTO_READY = 18,     /* memory filled, map sent, workers resting */
	PROTO_STATS = 19,     /* every report_ms, also while resting: the heartbeat */
	PROTO_HIST = 20,      /* non-empty buckets of the epoch, at its end */
	PROTO_STALLS = 21,    /* batch of stall records */
	PROTO_CORRUPT = 22,   /* batch of corruption records */
	PROTO_EPOCH_END = 23, /* answer to STOP, after the last STATS and HIST of the epoch */
	PROTO_ERROR = 24,     /* text, no NUL: the guest cannot go on */
	PROTO_PONG = 25,      /* answer to PING */
	PROTO_TOUCHED =
		26, /* when each page was last touched; between STOP and EPOCH_END, if asked for */
	PROTO_DISCARDED = 28, /* answer to DISCARD: the workers know */
	PROTO_FILLED = 27,    /* answer to FILL: all pages are written, the workers touch again */
};

struct proto_header {
	uint32_t magic;
	uint16_t version;
	uint16_t type;
	uint32_t length;      /* payload bytes, <= PROTO_MAX_PAYLOAD */
	uint32_t seq;	      /* 0, 1, 2, … per direction */
	uint32_t header_crc;  /* CRC32C of the 16 bytes before */
	uint32_t payload_crc; /* CRC32C of the payload */
};
_Static_assert(sizeof(struct proto_header) == 24, "wire format");

struct proto_hello {
	uint64_t tsc_hz; /* measured by the guest against CLOCK_MONOTONIC */
	uint32_t vcpus;	 /* online */
	uint32_t reserved;
};
_Static_assert(sizeof(struct proto_hello) == 16, "wire format");

struct proto_orders {
	uint64_t seed;
	uint64_t stall_ns;  /* a touch this long or longer is a stall */
	uint32_t pages;	    /* to touch, of PROTO_PAGE_SIZE */
	uint32_t groups;    /* of identical pages; page p is in group p % groups */
	uint32_t write_ppm; /* share of touches that write, per million */
	uint32_t vcpus;	    /* worker threads, one pinned to each vCPU 0 .. vcpus-1 */
	uint32_t report_ms; /* STATS period, >= 100 */
	uint32_t pattern;   /* enum pattern */
	uint32_t shared;    /* of the pages: the first so many are touched by all workers */
	uint32_t reserved;
};
_Static_assert(sizeof(struct proto_orders) == 48, "wire format");

#define PROTO_WANT_TOUCHED 1u /* in STOP: send TOUCHED first */
struct proto_epoch {	      /* START, STOP */
	uint32_t epoch;	      /* > 0 */
	uint32_t flags;
};
_Static_assert(sizeof(struct proto_epoch) == 8, "wire format");

struct proto_fill { /* FILL, FILLED */
	uint32_t epoch;
	uint32_t step; /* 0 .. PATTERN_STEPS - 1 */
};
_Static_assert(sizeof(struct proto_fill) == 8, "wire format");

#define PROTO_MAX_DISCARD 512u
struct proto_discard { /* DISCARD, DISCARDED */
	uint32_t epoch;
	uint32_t first; /* page */
	uint32_t pages; /* 1 .. PROTO_MAX_DISCARD */
	uint32_t gone;	/* 0: from now on they may read as zero; 1: each has been zero since */
};
_Static_assert(sizeof(struct proto_discard) == 16, "wire format");

#define PROTO_GPA_NONE UINT64_MAX /* not known: only a guest that is not a VM sends it (tests) */
struct proto_run {		  /* MAP's payload is an array of these */
	uint64_t gpa;		  /* of the first page */
	uint32_t page;		  /* first page number */
	uint32_t pages;
};
_Static_assert(sizeof(struct proto_run) == 16, "wire format");

struct proto_vcpu_stats {
	uint64_t touches;
	uint64_t writes;    /* touches that wrote */
	uint64_t stalls;    /* touches of stall_ns or more */
	uint64_t stall_tsc; /* their sum */
	uint64_t max_tsc;
	uint64_t overflow;    /* histogram overflow */
	uint64_t checks;      /* words compared */
	uint64_t errors;      /* words that did not hold what they must */
	uint64_t stalls_lost; /* stall records that found the ring full */
	uint64_t errors_lost; /* corruption records that found the ring full */
	uint64_t time_tsc;    /* sum of all touches up to where the worker rested last */
};
_Static_assert(sizeof(struct proto_vcpu_stats) == 88, "wire format");

struct proto_stats { /* followed by vcpus * struct proto_vcpu_stats */
	uint64_t tsc;
	uint64_t mono_ns; /* CLOCK_MONOTONIC at tsc */
	uint32_t epoch;	  /* 0: resting */
	uint32_t vcpus;
};
_Static_assert(sizeof(struct proto_stats) == 24, "wire format");

struct proto_bucket {
	uint64_t count;
	uint32_t index; /* hist.h */
	uint32_t reserved;
};
struct proto_hist { /* followed by struct proto_bucket up to the end of the payload */
	uint32_t epoch;
	uint32_t vcpu;
};
_Static_assert(sizeof(struct proto_bucket) == 16 && sizeof(struct proto_hist) == 8, "wire format");

#define PROTO_STALL_WRITE 1u /* the touch wrote */
#define PROTO_STALL_BUSY 2u  /* the guest's kernel ran something else on the vCPU meanwhile */
struct proto_stall {
	uint64_t start_tsc;
	uint64_t length_tsc;
	uint32_t page;
	uint16_t vcpu;
	uint16_t flags;
};
struct proto_corrupt {
	uint64_t expected;
	uint64_t found;
	uint32_t page;
	uint16_t vcpu; /* 0xffff: found by the check at the end of the epoch */
	uint16_t word; /* offset in the page / 8 */
};
struct proto_batch { /* STALLS, CORRUPT: followed by records up to the end of the payload */
	uint32_t epoch;
	uint32_t reserved;
};
_Static_assert(sizeof(struct proto_stall) == 24 && sizeof(struct proto_corrupt) == 24 &&
		       sizeof(struct proto_batch) == 8,
	       "wire format");

struct proto_ping { /* PING, PONG */
	uint64_t cookie;
	uint64_t tsc; /* PING: 0. PONG: the guest's, when it took the PING out of the port */
};
_Static_assert(sizeof(struct proto_ping) == 16, "wire format");

/*
 * Followed by one uint32_t a page, from first_page on: 0: not touched in this epoch, else
 * 1 + ((TSC of the begin of its last touch - start_tsc) >> PROTO_TOUCHED_SHIFT), at most
 * UINT32_MAX.
 */
#define PROTO_TOUCHED_SHIFT 10
struct proto_touched {
	uint64_t start_tsc; /* of the epoch */
	uint32_t epoch;
	uint32_t first_page;
};
_Static_assert(sizeof(struct proto_touched) == 16, "wire format");

struct proto_epoch_end {
	uint32_t epoch;
	uint32_t reserved;
	uint64_t swept_pages; /* checked word by word, by the main thread, workers resting */
	uint64_t sweep_errors;
};
_Static_assert(sizeof(struct proto_epoch_end) == 24, "wire format");

/* CRC32C (Castagnoli, reflected, RFC 3720 appendix B.4) of @len bytes; start with @crc = 0. */
uint32_t proto_crc32c(uint32_t crc, const void *data, size_t len);

/* Fills @h for a frame of @type with @length bytes at @payload. */
void proto_seal(struct proto_header *h, uint16_t type, uint32_t seq, const void *payload,
		uint32_t length);

/*
 * Incremental reader with resynchronisation. Feed it what arrives, take frames out until it answers
 * 0. Counters only grow; each broken, lost, late, duplicated or short frame is in exactly one of
 * them.
 */
struct proto_counters {
	uint64_t frames;	/* good ones */
	uint64_t bytes;		/* received in all */
	uint64_t bad_header;	/* wrong CRC, version or length behind a magic */
	uint64_t bad_payload;	/* header good, payload CRC wrong */
	uint64_t skipped_bytes; /* thrown away while looking for a magic */
	uint64_t lost;		/* numbers left out when a later one came, bad headers taken off */
	uint64_t late;	     /* came after all, below the expected number: lost - late never came */
	uint64_t duplicate;  /* a number that had come before */
	uint64_t bad_offset; /* stream offset of the latest bad frame */
};

struct proto_reader {
	struct proto_counters n;
	uint64_t offset; /* stream offset of buf[0] */
	uint64_t recent; /* bit i: number next_seq-1-i has come */
	uint32_t next_seq;
	uint32_t broken; /* bad headers since the latest good frame: they explain a gap */
	size_t fill;
	size_t start;
	uint8_t buf[2 * (sizeof(struct proto_header) + PROTO_MAX_PAYLOAD)];
};

void proto_reader_init(struct proto_reader *r);
/* Where to put the next bytes: *@room is how many fit (never 0 after proto_next answered 0). */
uint8_t *proto_reader_space(struct proto_reader *r, size_t *room);
void proto_reader_fed(struct proto_reader *r, size_t bytes);
/*
 * Takes the next good frame: 1 with *@h and *@payload (valid until the next call with @r), 0 when
 * more bytes are needed. Duplicates are counted and left out; late frames are counted and handed
 * on.
 */
int proto_next(struct proto_reader *r, struct proto_header *h, const uint8_t **payload);
/* Bytes of an unfinished frame that are waiting: above 0 at the end of a stream means a short
 * frame. */
size_t proto_pending(const struct proto_reader *r);

#endif
