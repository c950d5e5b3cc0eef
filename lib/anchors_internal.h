/*
 * anchors_internal.h - what a set of anchors is made of; for anchors*.c alone.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TLSW_ANCHORS_INTERNAL_H
#define TLSW_ANCHORS_INTERNAL_H

#include <stdatomic.h>
#include <stdint.h>

#include "anchors.h"

#define NO_ANCHOR UINT32_MAX

struct anchor {
	uint64_t hash;	  /* of the subject */
	uint32_t at, len; /* in the arena; trust settings behind the certificate included */
	uint32_t cert_len;
	uint32_t line;
	bool with_settings; /* from a TRUSTED CERTIFICATE block */
	bool distrusted;
	bool self_issued;
	atomic_bool undecodable;
	_Atomic(X509 *) made; /* owned */
};

struct tlsw__anchors {
	unsigned char *arena; /* the DER of all certificates */
	size_t arena_len;
	struct anchor *list;
	size_t count, room;
	uint32_t *table; /* by subject: open addressing, at most half full */
	size_t mask;
	X509_CRL **crls;
	struct tlsw__anchors_facts facts;
	atomic_size_t undecodable;

	/* guarded by the lock of the register */
	unsigned refs;
	bool listed;
	struct tlsw__file_id id;
	struct tlsw__anchors *next;
};

/** Parse a text or a DER object into a new set, a reference; NULL with the fault. */
struct tlsw__anchors *tlsw__anchors_parse(const char *data, size_t len, struct tlsw__fault *fault);

/** Free a set that nobody refers to. */
void tlsw__anchors_destroy(struct tlsw__anchors *set);

#endif
