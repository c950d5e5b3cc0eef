/*
 * One verification of one candidate path by OpenSSL.
 *
 * This is the only file that calls X509_verify_cert(), and judge() below the
 * only function that sets ok.
 *
 * SPDX-License-Identifier: ISC
 */
#include "attempt.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "error.h"
#include "strict.h"

/* What a diagnosis may spend on signatures: enough for a dozen costly keys. */
#define DIAGNOSE_COST 2048

struct run {
	const struct tlsw__candidate *candidate;
	struct tlsw__chain *out;	     /* where a diagnosis notes what it meets */
	time_t when;			     /* never 0 */
	X509_STORE_CTX_verify_fn signatures; /* OpenSSL's own function */
	unsigned cost_left;
};

/* ------------------------------------------------------------- parameters */

static unsigned long
crl_flags(unsigned long flags)
{
	if ((flags & (TLSW_VERIFY_CRL_CHAIN | TLSW_VERIFY_CRL_IF_AVAILABLE)) != 0)
		return X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;
	return (flags & TLSW_VERIFY_CRL_LEAF) != 0 ? X509_V_FLAG_CRL_CHECK : 0;
}

static unsigned long
openssl_flags(unsigned long flags)
{
	unsigned long wanted = X509_V_FLAG_TRUSTED_FIRST | crl_flags(flags);

	if ((flags & TLSW_VERIFY_STRICT) != 0)
		wanted |= X509_V_FLAG_X509_STRICT;
	if ((flags & TLSW_VERIFY_PARTIAL_CHAIN) != 0)
		wanted |= X509_V_FLAG_PARTIAL_CHAIN;
	return wanted;
}

/*
 * Whatever the store or openssl.cnf brought along is replaced. The purpose is
 * always set: with none OpenSSL skips checks that its strict flag relies on
 * (CVE-2021-3450). The depth is counted here, since OpenSSL would count
 * self-issued certificates too (RFC 5280 section 6.1.4 (l)). The common name is
 * no presented identifier, so dNSName constraints leave it alone.
 */
static bool
set_parameters(X509_STORE_CTX *ctx, const struct tlsw__chain_policy *policy, time_t when)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);

	if (X509_VERIFY_PARAM_clear_flags(param, X509_VERIFY_PARAM_get_flags(param)) != 1)
		return false;
	if (X509_VERIFY_PARAM_set_flags(param, openssl_flags(policy->flags)) != 1)
		return false;
	if (X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_SERVER) != 1)
		return false;
	if (X509_VERIFY_PARAM_set_trust(param, X509_TRUST_SSL_SERVER) != 1)
		return false;
	X509_VERIFY_PARAM_set_auth_level(
	    param, policy->security_level > 0 ? policy->security_level : 0);
	X509_VERIFY_PARAM_set_depth(param, TLSW__PATH_MAX);
	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
	X509_VERIFY_PARAM_set_time(param, when);
	return true;
}

/* -------------------------------------------------------------- callbacks */

static int
change_nothing(int ok, X509_STORE_CTX *ctx)
{
	(void)ctx;
	return ok;
}

/* The look-up itself must not fail open: it allocates nothing but this object. */
static bool
has_no_crl(X509_STORE_CTX *ctx)
{
	X509 *cert = X509_STORE_CTX_get_current_cert(ctx);
	X509_OBJECT *found;
	bool none;

	if (cert == NULL || (found = X509_OBJECT_new()) == NULL)
		return false;
	none =
	    X509_STORE_CTX_get_by_subject(ctx, X509_LU_CRL, X509_get_issuer_name(cert), found) == 0;
	X509_OBJECT_free(found);
	return none;
}

/*
 * TLSW_VERIFY_CRL_IF_AVAILABLE: where the store holds no CRL at all of a
 * certificate's issuer, that is no error. One that is there and expired, out
 * of scope, badly signed or of no use stays one.
 */
static int
forgive_absent_crl(int ok, X509_STORE_CTX *ctx)
{
	const struct run *run = X509_STORE_CTX_get_app_data(ctx);
	unsigned long flags = run->candidate->policy->flags;

	if (ok == 1 || X509_STORE_CTX_get_error(ctx) != X509_V_ERR_UNABLE_TO_GET_CRL)
		return ok;
	if ((flags & TLSW_VERIFY_CRL_IF_AVAILABLE) == 0 || (flags & TLSW_VERIFY_CRL_CHAIN) != 0)
		return 0;
	if ((flags & TLSW_VERIFY_CRL_LEAF) != 0 && X509_STORE_CTX_get_error_depth(ctx) == 0)
		return 0;
	if (!has_no_crl(ctx))
		return 0;
	X509_STORE_CTX_set_error(ctx, X509_V_OK);
	return 1;
}

static X509_STORE_CTX_verify_cb
deciding_callback(const struct tlsw__chain_policy *policy)
{
	bool forgiving = (policy->flags & TLSW_VERIFY_CRL_IF_AVAILABLE) != 0;

	return forgiving ? forgive_absent_crl : change_nothing;
}

/* OpenSSL's second error about one incomplete chain says no more than its first. */
static bool
is_news(const struct tlsw__chain *chain, int error)
{
	return error != X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE || chain->problem_count == 0;
}

/*
 * For a diagnosis only: note and go on. OpenSSL then checks signatures made
 * with keys that nobody vouched for, so their cost is bounded.
 */
static int
note_and_go_on(int ok, X509_STORE_CTX *ctx)
{
	struct run *run = X509_STORE_CTX_get_app_data(ctx);
	X509 *cert = X509_STORE_CTX_get_current_cert(ctx);
	int error = X509_STORE_CTX_get_error(ctx);
	unsigned cost = 1;

	if (cert != NULL && (ok == 1 || error == X509_V_ERR_CERT_SIGNATURE_FAILURE))
		cost = tlsw__attempt_cost(cert);
	if (forgive_absent_crl(ok, ctx) != 1 && is_news(run->out, error))
		tlsw__chain_add(run->out, error, X509_STORE_CTX_get_error_depth(ctx), NULL);
	run->cost_left -= cost < run->cost_left ? cost : run->cost_left;
	return run->cost_left > 0;
}

/* ------------------------------------------------------------- sizes of keys */

bool
tlsw__attempt_bounded(X509 *cert)
{
	EVP_PKEY *key = X509_get0_pubkey(cert);
	int id = key != NULL ? EVP_PKEY_get_base_id(key) : EVP_PKEY_NONE;

	return (id != EVP_PKEY_RSA && id != EVP_PKEY_RSA_PSS) ||
	       EVP_PKEY_get_bits(key) <= TLSW__RSA_BITS_MAX;
}

/*
 * In front of OpenSSL's own check of the signatures in a path: none is checked
 * if the peer sent a CA with an oversize key. Anchors are what they are.
 */
static int
verify_bounded(X509_STORE_CTX *ctx)
{
	struct run *run = X509_STORE_CTX_get_app_data(ctx);
	STACK_OF(X509) *path = X509_STORE_CTX_get0_chain(ctx);
	int i;

	for (i = 1; i < X509_STORE_CTX_get_num_untrusted(ctx); i++) {
		if (tlsw__attempt_bounded(sk_X509_value(path, i)))
			continue;
		X509_STORE_CTX_set_error_depth(ctx, i);
		X509_STORE_CTX_set_error(ctx, X509_V_ERR_APPLICATION_VERIFICATION);
		if (run->out != NULL)
			tlsw__chain_add(
			    run->out, X509_V_ERR_APPLICATION_VERIFICATION, i, TLSW__RSA_TOO_LARGE);
		return 0;
	}
	return run->signatures(ctx);
}

/* ------------------------------------------------------------- the attempt */

/* OpenSSL takes exponents of over 64 bits up to 3072 bits of modulus: as slow as signing. */
static unsigned
rsa_cost(const EVP_PKEY *key, unsigned bits)
{
	BIGNUM *e = NULL;
	unsigned cost = 16;

	if (bits > 3072)
		return 16 * (bits / 2048) * (bits / 2048);
	if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) != 1 || BN_num_bits(e) > 64)
		cost = TLSW__CHAIN_STEPS / 2;
	BN_free(e);
	return cost;
}

unsigned
tlsw__attempt_cost(X509 *issuer)
{
	EVP_PKEY *key = X509_get0_pubkey(issuer);
	unsigned bits = key != NULL ? (unsigned)EVP_PKEY_get_bits(key) : 0;

	switch (key != NULL ? EVP_PKEY_get_base_id(key) : EVP_PKEY_NONE) {
	case EVP_PKEY_NONE:
		return 1;
	case EVP_PKEY_RSA:
	case EVP_PKEY_RSA_PSS:
		return rsa_cost(key, bits);
	case EVP_PKEY_EC: /* of the curves beyond 256 bits none has fast code everywhere */
		return bits <= 256 ? 32 : 256;
	default:
		return 128;
	}
}

static X509_STORE_CTX *
new_run(const struct tlsw__candidate *candidate, struct run *run, X509_STORE_CTX_verify_cb callback)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();

	if (ctx == NULL)
		return NULL;
	if (X509_STORE_CTX_init(ctx, candidate->store, candidate->leaf, candidate->untrusted) !=
		1 ||
	    X509_STORE_CTX_set_app_data(ctx, run) != 1 ||
	    !set_parameters(ctx, candidate->policy, run->when)) {
		X509_STORE_CTX_free(ctx);
		return NULL;
	}
	if (candidate->trusted != NULL)
		X509_STORE_CTX_set0_trusted_stack(ctx, candidate->trusted);
	if (candidate->dane != NULL)
		X509_STORE_CTX_set0_dane(ctx, candidate->dane);
	X509_STORE_CTX_set_verify_cb(ctx, callback);
	run->signatures = X509_STORE_CTX_get_verify(ctx);
	X509_STORE_CTX_set_verify(ctx, verify_bounded);
	return ctx;
}

/* OpenSSL may stop before it has a chain; the leaf is always part of ours. */
static STACK_OF(X509) *
take_path(X509_STORE_CTX *ctx, X509 *leaf)
{
	STACK_OF(X509) *path;

	if (sk_X509_num(X509_STORE_CTX_get0_chain(ctx)) > 0)
		return X509_STORE_CTX_get1_chain(ctx);
	path = sk_X509_new_null();
	if (path == NULL)
		return NULL;
	if (sk_X509_push(path, leaf) <= 0) {
		sk_X509_free(path);
		return NULL;
	}
	(void)X509_up_ref(leaf);
	return path;
}

/* RFC 5280 section 6.1.4 (l): the leaf, the anchor and self-issued certificates do not count. */
static bool
within_depth(STACK_OF(X509) *path, int depth)
{
	int i, counted = 0;

	for (i = 1; i < sk_X509_num(path) - 1; i++)
		if ((X509_get_extension_flags(sk_X509_value(path, i)) & EXFLAG_SI) == 0)
			counted++;
	return counted <= depth;
}

/* OpenSSL never says this one by itself: verify_bounded() did. */
static const char *
why(int error)
{
	return error == X509_V_ERR_APPLICATION_VERIFICATION ? TLSW__RSA_TOO_LARGE : NULL;
}

static int
judge(X509_STORE_CTX *ctx, const struct tlsw__candidate *candidate, struct tlsw__chain *out)
{
	int verdict = X509_verify_cert(ctx);
	int error = X509_STORE_CTX_get_error(ctx);

	out->verifications++;
	if (error == X509_V_ERR_OUT_OF_MEM)
		return tlsw__error_set_memory();
	out->path = take_path(ctx, candidate->leaf);
	if (out->path == NULL)
		return tlsw__error_set_memory();
	out->presented = X509_STORE_CTX_get_num_untrusted(ctx);
	if (verdict != 1 || error != X509_V_OK)
		tlsw__chain_add(out, error != X509_V_OK ? error : X509_V_ERR_UNSPECIFIED,
		    X509_STORE_CTX_get_error_depth(ctx), why(error));
	else if (!within_depth(out->path, candidate->policy->depth))
		tlsw__chain_add(
		    out, X509_V_ERR_CERT_CHAIN_TOO_LONG, sk_X509_num(out->path) - 2, NULL);
	else
		tlsw__strict_check(ctx, candidate->policy->flags, out);
	out->ok = verdict == 1 && out->problem_count == 0;
	return 0;
}

bool
tlsw__attempt_anchored(const struct tlsw__chain *chain)
{
	return chain->presented < sk_X509_num(chain->path);
}

static int
attempt_at(time_t when, const struct tlsw__candidate *candidate, struct tlsw__chain *out)
{
	struct run run = {.candidate = candidate, .when = when};
	X509_STORE_CTX *ctx = new_run(candidate, &run, deciding_callback(candidate->policy));
	int rv;

	if (ctx == NULL)
		return tlsw__error_set_memory();
	rv = judge(ctx, candidate, out);
	X509_STORE_CTX_free(ctx);
	return rv;
}

static bool
ends_at(const struct tlsw__chain *chain, time_t when)
{
	const struct tlsw__chain_problem *problem = &chain->problems[0];
	X509 *cert;

	if (chain->problem_count != 1 || problem->error != X509_V_ERR_CERT_HAS_EXPIRED)
		return false;
	cert = sk_X509_value(chain->path, problem->depth);
	return cert != NULL && ASN1_TIME_cmp_time_t(X509_get0_notAfter(cert), when) == 0;
}

/*
 * RFC 5280 section 4.1.2.5 counts the second of notAfter as valid, OpenSSL does
 * not. What OpenSSL accepts one second earlier is valid at both.
 */
static int
attempt_in_time(const struct tlsw__candidate *candidate, struct tlsw__chain *out)
{
	time_t when = candidate->policy->when;
	unsigned verifications;

	out->ok = false;
	if (attempt_at(when, candidate, out) == -1)
		return -1;
	if (out->ok || !ends_at(out, when))
		return 0;
	verifications = out->verifications;
	tlsw__chain_clear(out);
	out->verifications = verifications;
	return attempt_at(when - 1, candidate, out);
}

int
tlsw__attempt(const struct tlsw__candidate *candidate, struct tlsw__chain *out)
{
	if (attempt_in_time(candidate, out) == -1)
		return -1;
	return out->ok && candidate->host != NULL ? tlsw__chain_constrain(out, candidate->host) : 0;
}

int
tlsw__attempt_diagnose(const struct tlsw__candidate *candidate, struct tlsw__chain *out)
{
	struct run run = {.candidate = candidate,
	    .out = out,
	    .when = candidate->policy->when,
	    .cost_left = DIAGNOSE_COST};
	X509_STORE_CTX *ctx = new_run(candidate, &run, note_and_go_on);

	if (ctx == NULL)
		return tlsw__error_set_memory();
	(void)X509_verify_cert(ctx); /* the callback said yes to everything: this is no verdict */
	out->verifications++;
	tlsw__strict_check(ctx, candidate->policy->flags, out);
	X509_STORE_CTX_free(ctx);
	return 0;
}
