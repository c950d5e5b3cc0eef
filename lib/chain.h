/*
 * chain.h - from a leaf to a trust anchor.
 *
 * Every verdict is OpenSSL's: a chain is ok only when X509_verify_cert()
 * returned 1 for exactly the path that is handed out and our own rules had
 * nothing against it. What is ours is the choice of the paths that are put
 * before it, the rules it does not know (strict.h), the name constraints on
 * the requested host, and a list of everything that was wrong.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TLSW_CHAIN_H
#define TLSW_CHAIN_H

#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include "tlswrap.h"

struct tlsw__reference;

#define TLSW__CHAIN_PROBLEMS 16

/** What a search for other paths may cost, in steps (search.h). */
#define TLSW__CHAIN_STEPS 8192

struct tlsw__chain_policy {
	unsigned long flags; /* TLSW_VERIFY_* */
	int depth;   /* at most so many non-self-issued certificates between leaf and anchor */
	time_t when; /* verify as of then; 0: now */
	int security_level; /* of OpenSSL, 0 to 5 */
};

struct tlsw__chain_problem {
	long error;	 /* X509_V_ERR_* */
	int depth;	 /* 0: the leaf */
	const char *why; /* NULL, or a static text of our own that says more than the error */
};

struct tlsw__chain {
	STACK_OF(X509) *path; /* owned; leaf first: the verified path, or the best partial one */
	int presented;	      /* of path, from the leaf on, so many are not the store's own */
	bool ok;	      /* starts false */
	struct tlsw__chain_problem problems[TLSW__CHAIN_PROBLEMS]; /* the most important first */
	size_t problem_count;					   /* 0 when ok */
	unsigned verifications;					   /* calls of X509_verify_cert() */
	unsigned steps; /* of the search; 0 when the first path was good */
};

/**
 * Find a path from leaf to an anchor of the store, over the certificates in
 * untrusted (NULL: none) and in the store, and have it verified.
 *
 * The path that OpenSSL chooses comes first and costs what it costs without
 * us. If it fails, the other issuers are tried within TLSW__CHAIN_STEPS. A leaf
 * with an RSA key of over 8192 bits is refused as it is, and no signature of a
 * path is looked at that has such a CA from the peer.
 * out is overwritten; free it with tlsw__chain_clear(). Returns 0 when it came
 * to a verdict, out->ok or at least one problem; -1 with the error set
 * (TLSW_ERR_MEMORY) when not, out->ok is then false.
 */
int tlsw__chain_build(X509_STORE *store, X509 *leaf, STACK_OF(X509) *untrusted,
    const struct tlsw__chain_policy *policy, struct tlsw__chain *out);

/**
 * The same for a host (NULL: none), which tlsw__chain_constrain() is applied
 * for to each path: one whose CAs may not speak for it is not good. And under
 * TLSA records (RFC 7671; NULL: none), which OpenSSL matches as it builds the
 * one path that it chooses; other paths are then not tried.
 */
int tlsw__chain_build_for(const struct tlsw__reference *host, SSL_DANE *dane, X509_STORE *store,
    X509 *leaf, STACK_OF(X509) *untrusted, const struct tlsw__chain_policy *policy,
    struct tlsw__chain *out);

/** Free what a chain owns; it may be used again. An all-zero chain is fine. */
void tlsw__chain_clear(struct tlsw__chain *chain);

/**
 * Apply the dNSName and iPAddress constraints of every CA in the path, anchor
 * included, to the host that the leaf is about to be accepted for. Adds a
 * problem, which makes ok false, for each CA that may not speak for it; the
 * depth is the CA's. Returns -1 with the error set when memory is short; ok is
 * false then too.
 */
int tlsw__chain_constrain(struct tlsw__chain *chain, const struct tlsw__reference *ref);

/** Note a problem, unless it is noted already or the list is full; ok becomes false. */
void tlsw__chain_add(struct tlsw__chain *chain, long error, int depth, const char *why);

/** X509_V_ERR_* to TLSW_REASON_* bits; TLSW_REASON_OTHER for those that have no bit of their own.
 */
unsigned long tlsw__chain_reason(long x509_error);

#endif
