/*
 * trust_anchors.h - what is trusted, certificate by certificate, for reports.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TOOL_TRUST_ANCHORS_H
#define TOOL_TRUST_ANCHORS_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "tlswrap.h"
#include "trust.h"

/* What there is to say about an anchor. */
#define REMARK_EXPIRED 0x01U
#define REMARK_EXPIRES_SOON 0x02U /* within 90 days */
#define REMARK_NOT_YET 0x04U
#define REMARK_DISTRUSTED 0x08U	  /* its trust settings refuse it */
#define REMARK_NO_CA 0x10U	  /* it may not issue certificates */
#define REMARK_INTERMEDIATE 0x20U /* not self-issued: an anchor for partial chains only */
#define REMARK_WEAK 0x40U	  /* its key is below security level 2 */

struct anchor {
	tls_certificate *cert; /* owned */
	size_t source;	       /* the first one it is in */
	unsigned remarks;
};

/** A source, and what is wrong in it. */
struct anchor_source {
	const char *kind;
	const char *path; /* "memory" if it is none */
	size_t found;	  /* certificates in it, */
	size_t repeated;  /* of which so many are in sources above */
	size_t crls;
	char **problems; /* texts, owned */
	size_t problem_count;
};

struct anchors {
	struct tlsw__snapshot *snapshot; /* owned */
	struct anchor *list;
	size_t count;
	struct anchor_source *sources;
	size_t source_count;
	time_t now;
	bool memory; /* it was short: the lists are not whole */
};

/** Everything that trust has, as of now. Returns false, with the reason printed, when memory is
 * short. */
bool anchors_collect(struct anchors *anchors, struct tlsw__trust *trust, time_t now);
void anchors_clear(struct anchors *anchors);

/** The remark of one bit, in words. */
const char *anchor_remark(unsigned bit);

#endif
