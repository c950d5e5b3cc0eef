/*
 * attempt.h - one verification of one candidate path by OpenSSL.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TLSW_ATTEMPT_H
#define TLSW_ATTEMPT_H

#include "chain.h"

/** Longer paths, self-issued certificates and all, are not followed. */
#define TLSW__PATH_MAX 128

/** Larger RSA keys of others are not calculated with. */
#define TLSW__RSA_BITS_MAX 8192
#define TLSW__RSA_TOO_LARGE "its RSA key has more than 8192 bits"

struct tlsw__candidate {
	X509_STORE *store;
	X509 *leaf;
	STACK_OF(X509) *untrusted; /* intermediates to choose from, may be NULL */
	STACK_OF(X509)
	    *trusted; /* NULL: every anchor of the store; else just these of its certificates */
	const struct tlsw__chain_policy *policy; /* with when set */
	SSL_DANE *dane; /* TLSA records that the chain has to meet; NULL: none */
	const struct tlsw__reference *host; /* that every CA may speak for; NULL: not asked */
};

/**
 * Let X509_verify_cert() decide, then our own rules, the name constraints on
 * the host last. Fills path, ok and, when refused, the first problem (a whole
 * list of our own rules' findings); adds one to verifications. Returns -1 with
 * the error set when memory is short.
 */
int tlsw__attempt(const struct tlsw__candidate *candidate, struct tlsw__chain *out);

/** Whether the path ends in a certificate of the store. */
bool tlsw__attempt_anchored(const struct tlsw__chain *chain);

/**
 * Go over a candidate that was refused once more, past its failures, and add
 * to out what else is wrong with it. Never makes a chain ok.
 */
int tlsw__attempt_diagnose(const struct tlsw__candidate *candidate, struct tlsw__chain *out);

/** Whether its key is of a size that one calculates with for strangers. */
bool tlsw__attempt_bounded(X509 *cert);

/** What checking a signature made with this key costs, in search steps (search.h). */
unsigned tlsw__attempt_cost(X509 *issuer);

#endif
