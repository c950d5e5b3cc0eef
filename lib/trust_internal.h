/*
 * trust_internal.h - what a context's trust and a snapshot are made of; for
 * trust*.c alone.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TLSW_TRUST_INTERNAL_H
#define TLSW_TRUST_INTERNAL_H

#include <pthread.h>

#include "clock.h"
#include "source.h"
#include "trust.h"

struct tlsw__trust {
	bool refresh;
	pthread_mutex_t lock; /* guards what follows */
	struct tlsw__sources sources;
	struct tlsw__snapshot *current; /* a reference; NULL until asked for */
	tlsw__deadline next_check;
};

struct tlsw__snapshot {
	atomic_uint refs;
	struct tlsw__sources sources;
	X509_STORE *store;
	uint64_t version;
};

/** Add sources to a context, all or none; they are taken over. 0, or -1 with the error. */
int tlsw__trust_add(struct tlsw__trust *trust, struct tlsw__sources *added);

#endif
