/*
 * anchors.h - the certificates and CRLs of one file (or piece of memory),
 * indexed by subject.
 *
 * A certificate becomes an X509 only when somebody asks for its subject. What
 * was parsed from a file is shared by everybody in the process who loads that
 * file, for as long as the file stays as it is. A set does not change, but for
 * X509 objects that come into being, so threads may share it.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TLSW_ANCHORS_H
#define TLSW_ANCHORS_H

#include <openssl/x509.h>

#include "file.h"

struct tlsw__anchors;

#define TLSW__PROBLEMS_MAX 8 /* blocks that were skipped and are named; all are counted */

struct tlsw__problem {
	unsigned line;	 /* of the block's BEGIN */
	const char *why; /* static text */
};

/** What was found. */
struct tlsw__anchors_facts {
	size_t certificates; /* usable, each once */
	size_t intermediate; /* of these, not self-issued: anchors only for
				TLSW_VERIFY_PARTIAL_CHAIN */
	size_t distrusted;   /* with settings that refuse them as a TLS server's CA; not among the
				usable */
	size_t duplicates;   /* repetitions, dropped */
	size_t crls;
	size_t malformed;      /* blocks that were skipped */
	size_t malformed_crls; /* of these, CRLs */
	struct tlsw__problem problems[TLSW__PROBLEMS_MAX];
};

/**
 * Parse a file: PEM, or one certificate or CRL in DER. Gives a reference; NULL
 * with the fault when it cannot be read or memory is short. What the file must
 * hold is for the caller to ask (tlsw__anchors_need...).
 */
struct tlsw__anchors *tlsw__anchors_load_file(const char *path, struct tlsw__fault *fault);

/** The same for memory, which is copied as needed. */
struct tlsw__anchors *tlsw__anchors_load_mem(
    const void *data, size_t len, struct tlsw__fault *fault);

struct tlsw__anchors *tlsw__anchors_ref(struct tlsw__anchors *set);
void tlsw__anchors_unref(struct tlsw__anchors *set);

const struct tlsw__anchors_facts *tlsw__anchors_facts(const struct tlsw__anchors *set);

/**
 * At least one usable certificate; one CRL and nothing broken. 0, or -1 with
 * the fault. In a file of few certificates one must have been decoded.
 */
int tlsw__anchors_need_certificate(struct tlsw__anchors *set, struct tlsw__fault *fault);
int tlsw__anchors_need_crl(const struct tlsw__anchors *set, struct tlsw__fault *fault);

/**
 * Whether path certainly still names what this was parsed from. Otherwise load
 * it again: the answer is this very set if nothing has changed.
 */
bool tlsw__anchors_current(const struct tlsw__anchors *set, const char *path);

/** Whether two sets hold the same certificates and CRLs in the same order. */
bool tlsw__anchors_equal(const struct tlsw__anchors *a, const struct tlsw__anchors *b);

/** Put references to all certificates of a subject on found. 0, or -1: memory. */
int tlsw__anchors_find(struct tlsw__anchors *set, const X509_NAME *subject, STACK_OF(X509) *found);

/** Put references to all CRLs on found. 0, or -1: memory. */
int tlsw__anchors_crls(struct tlsw__anchors *set, STACK_OF(X509_CRL) *found);

/** The certificates one by one, distrusted ones too: a reference, NULL if it cannot be decoded. */
size_t tlsw__anchors_size(const struct tlsw__anchors *set);
X509 *tlsw__anchors_get(struct tlsw__anchors *set, size_t i);

/** How many certificates turned out to be no certificates when they were asked for. */
size_t tlsw__anchors_undecodable(const struct tlsw__anchors *set);

#endif
