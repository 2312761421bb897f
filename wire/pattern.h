/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pattern.h - what the words of the test memory must hold; guest and host share it.
 *
 * Page p belongs to group p % groups. All pages of a group hold the same 512 words, so that KSM can
 * merge them; a page that the guest has written holds a tag in one of the words 0 .. 510 until the
 * next touch puts the pattern back. Word 511 is the host's: it writes the value that is there
 * already (pattern_word(seed, group, PATTERN_HOST_WORD)), which breaks KSM's sharing and cannot
 * race with the guest, who checks that word but does not write it.
 */
#ifndef PATTERN_H
#define PATTERN_H

#include <stdint.h>

#define PATTERN_WORDS 512u     /* 8-byte words of a page */
#define PATTERN_HOST_WORD 511u /* the last one */

/* Which pages are alike (struct proto_orders). */
enum pattern {
	PATTERN_GROUPS, /* as above; the same all the time */
	/*
	 * As LTP's ksm02 fills the memory of its three children (docs/sources.md): each third of
	 * the pages is of one group, and that changes in steps. In the last step one page has
	 * another last byte.
	 */
	PATTERN_KSM02,
	PATTERNS,
};

#define PATTERN_STEPS 4u
#define PATTERN_ODD ((uint64_t)('d' ^ 'e') << 56) /* of the odd page's last word */

/* The finaliser of splitmix64 (Steele, Lea, Flood, OOPSLA 2014): a bijection that mixes well. */
static inline uint64_t pattern_mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ x >> 27) * 0x94d049bb133111ebull;
	return x ^ x >> 31;
}

static inline uint64_t pattern_word(uint64_t seed, uint32_t group, uint32_t word)
{
	uint64_t index = ((uint64_t)group << 9 | word) + 1;

	return pattern_mix(seed + index * 0x9e3779b97f4a7c15ull);
}

/* ksm02: the group of third @third (0 .. 2) in step @step. */
static inline uint32_t pattern_letter(uint32_t step, uint32_t third)
{
	static const char letters[PATTERN_STEPS][3] = {{'c', 'a', 'a'},
						       {'c', 'b', 'a'},
						       {'d', 'd', 'd'},
						       {'d', 'd', 'd'}};

	return (uint32_t)(letters[step][third] - 'a');
}

/* ksm02: the page of @pages whose last byte differs in the last step: the second third's last. */
static inline uint32_t pattern_odd_page(uint32_t pages)
{
	return pages / 3 * 2 - 1;
}

/*
 * The tag that the write number @generation of @page leaves. Every step is a bijection of 64 bits,
 * so no two (page, generation) share a tag.
 */
static inline uint64_t pattern_tag(uint64_t seed, uint32_t page, uint32_t generation)
{
	uint64_t index = (uint64_t)page << 32 | generation;

	return pattern_mix(~seed + index * 0xd1342543de82ef95ull);
}

/* The word that @tag is written to: 0 .. 510. */
static inline uint32_t pattern_tag_word(uint64_t tag)
{
	return (uint32_t)((tag >> 32) * PATTERN_HOST_WORD >> 32);
}

#endif
