/*
 * chain_support.h - chains of a test's own certificates before the judge.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef CHAIN_SUPPORT_H
#define CHAIN_SUPPORT_H

#include "chain.h"
#include "support/pki.h"

/** Certificates that live until chain_free_all(), a fixture's teardown. */
#define CHAIN_KEEP_MAX 512
struct pki *chain_keep(struct pki *pki);
struct pki *chain_made(size_t i);
void chain_free_all(void);

/* clang-format off */
#define CA(...) chain_keep(pki_make(.basic = PKI_CA, __VA_ARGS__))
#define LEAF(...) chain_keep(pki_make(.cn = "www.lab.test", \
	.san = PKI_NAMES(PKI_DNS("www.lab.test")), __VA_ARGS__))
/* clang-format on */

/** The default profile. */
extern const struct tlsw__chain_policy chain_ordinary;

/** The verdict about sent[0], over the rest of sent, against what is trusted. */
struct tlsw__chain chain_judge(const struct pki *const *trusted, const struct pki *const *sent,
    const struct tlsw__chain_policy *policy);
/** The same against a store. */
struct tlsw__chain chain_judge_in(
    X509_STORE *store, const struct pki *const *sent, const struct tlsw__chain_policy *policy);

/** Whether that was found; depth -1 is any. */
bool chain_found(const struct tlsw__chain *chain, long error, int depth);

/** In the default profile: accepted; refused for that among others. */
void chain_accepted(const struct pki *const *trusted, const struct pki *const *sent);
void chain_refused(const struct pki *const *trusted, const struct pki *const *sent, long error);

#endif
