/*
 * Other paths, when the one that OpenSSL chose has failed.
 *
 * SPDX-License-Identifier: ISC
 */
#include "search.h"

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "error.h"

enum outcome {
	FOUND,	  /* a path passed: it is in best */
	REFUSED,  /* no path passed, or not all were looked at */
	DEAD_END, /* no path from here leads to an anchor */
	SPENT,	  /* out of steps */
	FAILED	  /* out of memory; the error is set */
};

struct search {
	const struct tlsw__candidate *first;
	X509_STORE_CTX *lookup; /* for the store's certificates only; it verifies nothing */
	STACK_OF(X509) *path;	/* what stands above the leaf now, lent */
	STACK_OF(X509) *dead;	/* certificates known to be dead ends */
	struct tlsw__chain *best;
	STACK_OF(X509) *failed; /* the path of the first attempt */
	unsigned steps;
};

/* The certificates that may have issued one: the store's own, then the peer's. */
struct issuers {
	STACK_OF(X509) *certs;
	int own;
};

static bool
spend(struct search *s, unsigned cost)
{
	if (cost > TLSW__CHAIN_STEPS - s->steps) {
		s->steps = TLSW__CHAIN_STEPS;
		return false;
	}
	s->steps += cost;
	return true;
}

static bool
contains(STACK_OF(X509) *certs, X509 *cert)
{
	int i;

	for (i = 0; i < sk_X509_num(certs); i++)
		if (X509_cmp(sk_X509_value(certs, i), cert) == 0)
			return true;
	return false;
}

static bool
keep(STACK_OF(X509) *certs, X509 *cert)
{
	if (sk_X509_push(certs, cert) <= 0)
		return false;
	(void)X509_up_ref(cert);
	return true;
}

/* --------------------------------------------------------- who is an issuer */

static bool
same_entity(X509 *a, X509 *b)
{
	return X509_NAME_cmp(X509_get_subject_name(a), X509_get_subject_name(b)) == 0 &&
	       EVP_PKEY_eq(X509_get0_pubkey(a), X509_get0_pubkey(b)) == 1;
}

static bool
is_distrusted(X509 *own)
{
	return X509_check_trust(own, X509_TRUST_SSL_SERVER, 0) == X509_TRUST_REJECTED;
}

/* Distrust of a certificate in the store covers every other with its name and key. */
static bool
is_distrusted_elsewhere(const struct issuers *issuers, X509 *cert)
{
	int i;

	for (i = 0; i < issuers->own; i++) {
		X509 *own = sk_X509_value(issuers->certs, i);

		if (is_distrusted(own) && same_entity(own, cert))
			return true;
	}
	return false;
}

/* Also true of a non-self-signed certificate that was loaded as trusted for TLS servers. */
static bool
is_anchor(const struct search *s, X509 *own)
{
	if ((s->first->policy->flags & TLSW_VERIFY_PARTIAL_CHAIN) != 0)
		return true;
	return X509_check_trust(own, X509_TRUST_SSL_SERVER, 0) == X509_TRUST_TRUSTED;
}

static bool
is_on_path(const struct search *s, X509 *cert)
{
	int i;

	if (same_entity(s->first->leaf, cert))
		return true;
	for (i = 0; i < sk_X509_num(s->path); i++)
		if (same_entity(sk_X509_value(s->path, i), cert))
			return true;
	return false;
}

/* Where the peer sent a copy of a certificate of the store, the store's one is used. */
static enum outcome
find_issuers(struct search *s, X509 *of, struct issuers *found)
{
	STACK_OF(X509) *sent = s->first->untrusted;
	X509_NAME *name = X509_get_issuer_name(of);
	int i;

	if (!spend(s, 8 + (unsigned)(sk_X509_num(sent) > 0 ? sk_X509_num(sent) : 0)))
		return SPENT;
	found->certs = X509_STORE_CTX_get1_certs(s->lookup, name);
	if (found->certs == NULL && (found->certs = sk_X509_new_null()) == NULL)
		return FAILED;
	found->own = sk_X509_num(found->certs);
	for (i = 0; i < sk_X509_num(sent); i++) {
		X509 *cert = sk_X509_value(sent, i);

		if (X509_NAME_cmp(X509_get_subject_name(cert), name) != 0)
			continue;
		if (!spend(s, (unsigned)sk_X509_num(found->certs) + 1))
			return SPENT;
		if (!contains(found->certs, cert) && !keep(found->certs, cert))
			return FAILED;
	}
	return FOUND;
}

static enum outcome
check_issuer(struct search *s, X509 *of, X509 *issuer, bool own)
{
	if (!spend(s, 1 + (unsigned)sk_X509_num(s->path) + (unsigned)sk_X509_num(s->dead)))
		return SPENT;
	if (X509_check_issued(issuer, of) != X509_V_OK || contains(s->dead, issuer))
		return DEAD_END;
	if (is_on_path(s, issuer) || sk_X509_num(s->path) >= TLSW__PATH_MAX ||
	    !(own || tlsw__attempt_bounded(issuer)))
		return REFUSED;
	if (!spend(s, tlsw__attempt_cost(issuer)))
		return SPENT;
	return X509_verify(of, X509_get0_pubkey(issuer)) == 1 ? FOUND : DEAD_END;
}

/* ------------------------------------------------------------ whole paths */

static size_t
extension_size(X509 *cert, int nid)
{
	int i = X509_get_ext_by_NID(cert, nid, -1);

	return i < 0 ? 0
		     : (size_t)ASN1_STRING_length(X509_EXTENSION_get_data(X509_get_ext(cert, i)));
}

/*
 * Every signature once more, and every name against every name constraint: of
 * the latter a hundred in a step, with some twelve octets to a name.
 */
static unsigned
path_cost(const struct search *s)
{
	size_t names = extension_size(s->first->leaf, NID_subject_alt_name), constraints = 0,
	       cost = 0;
	int i;

	for (i = 0; i < sk_X509_num(s->path); i++) {
		X509 *cert = sk_X509_value(s->path, i);

		cost += 1 + tlsw__attempt_cost(cert);
		names += extension_size(cert, NID_subject_alt_name);
		constraints += extension_size(cert, NID_name_constraints);
	}
	cost += names / 128 * constraints / 128;
	return cost < TLSW__CHAIN_STEPS ? (unsigned)cost : TLSW__CHAIN_STEPS + 1;
}

static bool
is_first_path(const struct search *s)
{
	int i, n = sk_X509_num(s->path);

	if (sk_X509_num(s->failed) != n + 1)
		return false;
	for (i = 0; i < n; i++)
		if (X509_cmp(sk_X509_value(s->failed, i + 1), sk_X509_value(s->path, i)) != 0)
			return false;
	return true;
}

/* Keep the outcome if it is better than what we had; take over or free its path. */
static bool
settle(struct search *s, struct tlsw__chain *outcome)
{
	bool better = outcome->ok || !tlsw__attempt_anchored(s->best);

	outcome->verifications += s->best->verifications;
	s->best->verifications = outcome->verifications;
	if (better) {
		struct tlsw__chain old = *s->best;

		*s->best = *outcome;
		*outcome = old;
	}
	tlsw__chain_clear(outcome);
	return s->best->ok;
}

static enum outcome
try_path(struct search *s)
{
	struct tlsw__candidate candidate = *s->first;
	struct tlsw__chain outcome = {0};
	enum outcome rv = FAILED;

	if (is_first_path(s))
		return REFUSED;
	if (!spend(s, path_cost(s)))
		return SPENT;
	candidate.untrusted = sk_X509_dup(s->path);
	candidate.trusted = sk_X509_new_null();
	if (candidate.untrusted == NULL || candidate.trusted == NULL)
		(void)tlsw__error_set_memory();
	else if (sk_X509_push(candidate.trusted, sk_X509_pop(candidate.untrusted)) <= 0)
		(void)tlsw__error_set_memory();
	else if (tlsw__attempt(&candidate, &outcome) == 0)
		rv = settle(s, &outcome) ? FOUND : REFUSED;
	tlsw__chain_clear(&outcome);
	sk_X509_free(candidate.untrusted);
	sk_X509_free(candidate.trusted);
	return rv;
}

/* -------------------------------------------------------------- depth first */

static enum outcome descend(struct search *s, X509 *from);

static enum outcome
go_through(struct search *s, X509 *issuer, bool anchor)
{
	enum outcome rv;

	if (sk_X509_push(s->path, issuer) <= 0) {
		(void)tlsw__error_set_memory();
		return FAILED;
	}
	rv = anchor ? try_path(s) : descend(s, issuer);
	(void)sk_X509_pop(s->path);
	if (rv == DEAD_END && !keep(s->dead, issuer)) {
		(void)tlsw__error_set_memory();
		return FAILED;
	}
	return rv;
}

static enum outcome
try_issuer(struct search *s, X509 *from, const struct issuers *issuers, int i)
{
	X509 *issuer = sk_X509_value(issuers->certs, i);
	bool own = i < issuers->own;
	enum outcome rv;

	if (own ? is_distrusted(issuer) : is_distrusted_elsewhere(issuers, issuer))
		return REFUSED;
	rv = check_issuer(s, from, issuer, own);
	return rv == FOUND ? go_through(s, issuer, own && is_anchor(s, issuer)) : rv;
}

static enum outcome
descend(struct search *s, X509 *from)
{
	struct issuers issuers = {NULL, 0};
	enum outcome rv = find_issuers(s, from, &issuers), one;
	int i;

	if (rv == FAILED)
		(void)tlsw__error_set_memory();
	if (rv == FOUND)
		rv = DEAD_END;
	for (i = 0; (rv == DEAD_END || rv == REFUSED) && i < sk_X509_num(issuers.certs); i++) {
		one = try_issuer(s, from, &issuers, i);
		if (one != DEAD_END)
			rv = one;
	}
	sk_X509_pop_free(issuers.certs, X509_free);
	return rv;
}

int
tlsw__search(const struct tlsw__candidate *first, struct tlsw__chain *best)
{
	struct search s = {.first = first, .best = best};
	enum outcome rv = FAILED;

	s.lookup = X509_STORE_CTX_new();
	s.path = sk_X509_new_null();
	s.dead = sk_X509_new_null();
	s.failed = X509_chain_up_ref(best->path);
	if (s.lookup == NULL || s.path == NULL || s.dead == NULL || s.failed == NULL ||
	    X509_STORE_CTX_init(s.lookup, first->store, NULL, NULL) != 1)
		(void)tlsw__error_set_memory();
	else
		rv = descend(&s, first->leaf);
	best->steps += s.steps;
	X509_STORE_CTX_free(s.lookup);
	sk_X509_free(s.path);
	sk_X509_pop_free(s.dead, X509_free);
	sk_X509_pop_free(s.failed, X509_free);
	return rv == FAILED ? -1 : 0;
}
