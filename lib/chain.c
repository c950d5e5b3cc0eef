/*
 * From a leaf to a trust anchor.
 *
 * SPDX-License-Identifier: ISC
 */
#include "chain.h"

#include <openssl/err.h>
#include <string.h>

#include "attempt.h"
#include "error.h"
#include "search.h"

/* --------------------------------------------------------------- problems */

static const struct reason {
	long error;
	unsigned long bits;
} reasons[] = {
    {X509_V_ERR_CERT_HAS_EXPIRED, TLSW_REASON_EXPIRED},
    {X509_V_ERR_CERT_NOT_YET_VALID, TLSW_REASON_NOT_YET_VALID},
    {X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD, TLSW_REASON_MALFORMED},
    {X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD, TLSW_REASON_MALFORMED},

    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, TLSW_REASON_UNKNOWN_CA},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, TLSW_REASON_UNKNOWN_CA},
    {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, TLSW_REASON_UNKNOWN_CA},
    {X509_V_ERR_CERT_UNTRUSTED, TLSW_REASON_UNKNOWN_CA},
    {X509_V_ERR_CERT_REJECTED, TLSW_REASON_UNKNOWN_CA},
    {X509_V_ERR_CERT_SIGNATURE_FAILURE, TLSW_REASON_UNKNOWN_CA},
    {X509_V_ERR_SUBJECT_ISSUER_MISMATCH, TLSW_REASON_UNKNOWN_CA},
    {X509_V_ERR_AKID_SKID_MISMATCH, TLSW_REASON_UNKNOWN_CA},
    {X509_V_ERR_AKID_ISSUER_SERIAL_MISMATCH, TLSW_REASON_UNKNOWN_CA},
    {X509_V_ERR_PATH_LOOP, TLSW_REASON_UNKNOWN_CA},
    {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, TLSW_REASON_SELF_SIGNED | TLSW_REASON_UNKNOWN_CA},
    {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, TLSW_REASON_SELF_SIGNED | TLSW_REASON_UNKNOWN_CA},

    {X509_V_ERR_HOSTNAME_MISMATCH, TLSW_REASON_HOSTNAME},
    {X509_V_ERR_IP_ADDRESS_MISMATCH, TLSW_REASON_HOSTNAME},
    {X509_V_ERR_EMAIL_MISMATCH, TLSW_REASON_HOSTNAME},

    {X509_V_ERR_INVALID_PURPOSE, TLSW_REASON_PURPOSE}, {X509_V_ERR_INVALID_CA, TLSW_REASON_PURPOSE},
    {X509_V_ERR_INVALID_NON_CA, TLSW_REASON_PURPOSE},
    {X509_V_ERR_KEYUSAGE_NO_CERTSIGN, TLSW_REASON_PURPOSE},
    {X509_V_ERR_KEYUSAGE_NO_DIGITAL_SIGNATURE, TLSW_REASON_PURPOSE},
    {X509_V_ERR_PROXY_CERTIFICATES_NOT_ALLOWED, TLSW_REASON_PURPOSE},

    {X509_V_ERR_CERT_CHAIN_TOO_LONG, TLSW_REASON_CONSTRAINT},
    {X509_V_ERR_PATH_LENGTH_EXCEEDED, TLSW_REASON_CONSTRAINT},
    {X509_V_ERR_PROXY_PATH_LENGTH_EXCEEDED, TLSW_REASON_CONSTRAINT},
    {X509_V_ERR_PROXY_SUBJECT_NAME_VIOLATION, TLSW_REASON_CONSTRAINT},
    {X509_V_ERR_PERMITTED_VIOLATION, TLSW_REASON_CONSTRAINT},
    {X509_V_ERR_EXCLUDED_VIOLATION, TLSW_REASON_CONSTRAINT},
    {X509_V_ERR_SUBTREE_MINMAX, TLSW_REASON_CONSTRAINT},
    {X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE, TLSW_REASON_CONSTRAINT},
    {X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX, TLSW_REASON_CONSTRAINT},
    {X509_V_ERR_UNSUPPORTED_NAME_SYNTAX, TLSW_REASON_CONSTRAINT},
    {X509_V_ERR_UNNESTED_RESOURCE, TLSW_REASON_CONSTRAINT},
    {X509_V_ERR_NO_EXPLICIT_POLICY, TLSW_REASON_CONSTRAINT},

    {X509_V_ERR_EE_KEY_TOO_SMALL, TLSW_REASON_WEAK},
    {X509_V_ERR_CA_KEY_TOO_SMALL, TLSW_REASON_WEAK}, {X509_V_ERR_CA_MD_TOO_WEAK, TLSW_REASON_WEAK},

    {X509_V_ERR_DANE_NO_MATCH, TLSW_REASON_PIN},

    {X509_V_ERR_CERT_REVOKED, TLSW_REASON_REVOKED}, {X509_V_ERR_UNABLE_TO_GET_CRL, TLSW_REASON_CRL},
    {X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER, TLSW_REASON_CRL},
    {X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE, TLSW_REASON_CRL},
    {X509_V_ERR_CRL_SIGNATURE_FAILURE, TLSW_REASON_CRL},
    {X509_V_ERR_CRL_NOT_YET_VALID, TLSW_REASON_CRL}, {X509_V_ERR_CRL_HAS_EXPIRED, TLSW_REASON_CRL},
    {X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD, TLSW_REASON_CRL},
    {X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD, TLSW_REASON_CRL},
    {X509_V_ERR_KEYUSAGE_NO_CRL_SIGN, TLSW_REASON_CRL},
    {X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION, TLSW_REASON_CRL},
    {X509_V_ERR_DIFFERENT_CRL_SCOPE, TLSW_REASON_CRL},
    {X509_V_ERR_CRL_PATH_VALIDATION_ERROR, TLSW_REASON_CRL},

    {X509_V_ERR_OCSP_VERIFY_NEEDED, TLSW_REASON_OCSP},
    {X509_V_ERR_OCSP_VERIFY_FAILED, TLSW_REASON_OCSP},
    {X509_V_ERR_OCSP_CERT_UNKNOWN, TLSW_REASON_OCSP},

    {X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE, TLSW_REASON_MALFORMED},
    {X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY, TLSW_REASON_MALFORMED},
    {X509_V_ERR_NO_ISSUER_PUBLIC_KEY, TLSW_REASON_MALFORMED},
    {X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION, TLSW_REASON_MALFORMED},
    {X509_V_ERR_INVALID_EXTENSION, TLSW_REASON_MALFORMED},
    {X509_V_ERR_INVALID_POLICY_EXTENSION, TLSW_REASON_MALFORMED},
    {X509_V_ERR_UNSUPPORTED_EXTENSION_FEATURE, TLSW_REASON_MALFORMED},
    {X509_V_ERR_UNSUPPORTED_SIGNATURE_ALGORITHM, TLSW_REASON_MALFORMED},
    {X509_V_ERR_SIGNATURE_ALGORITHM_MISMATCH, TLSW_REASON_MALFORMED},
    {X509_V_ERR_SIGNATURE_ALGORITHM_INCONSISTENCY, TLSW_REASON_MALFORMED},
    {X509_V_ERR_PATHLEN_INVALID_FOR_NON_CA, TLSW_REASON_MALFORMED},
    {X509_V_ERR_PATHLEN_WITHOUT_KU_KEY_CERT_SIGN, TLSW_REASON_MALFORMED},
    {X509_V_ERR_KU_KEY_CERT_SIGN_INVALID_FOR_NON_CA, TLSW_REASON_MALFORMED},
    {X509_V_ERR_ISSUER_NAME_EMPTY, TLSW_REASON_MALFORMED},
    {X509_V_ERR_SUBJECT_NAME_EMPTY, TLSW_REASON_MALFORMED},
    {X509_V_ERR_MISSING_AUTHORITY_KEY_IDENTIFIER, TLSW_REASON_MALFORMED},
    {X509_V_ERR_MISSING_SUBJECT_KEY_IDENTIFIER, TLSW_REASON_MALFORMED},
    {X509_V_ERR_EMPTY_SUBJECT_ALT_NAME, TLSW_REASON_MALFORMED},
    {X509_V_ERR_EMPTY_SUBJECT_SAN_NOT_CRITICAL, TLSW_REASON_MALFORMED},
    {X509_V_ERR_CA_BCONS_NOT_CRITICAL, TLSW_REASON_MALFORMED},
    {X509_V_ERR_AUTHORITY_KEY_IDENTIFIER_CRITICAL, TLSW_REASON_MALFORMED},
    {X509_V_ERR_SUBJECT_KEY_IDENTIFIER_CRITICAL, TLSW_REASON_MALFORMED},
    {X509_V_ERR_CA_CERT_MISSING_KEY_USAGE, TLSW_REASON_MALFORMED},
    {X509_V_ERR_EXTENSIONS_REQUIRE_VERSION_3, TLSW_REASON_MALFORMED},
    {X509_V_ERR_EC_KEY_EXPLICIT_PARAMS, TLSW_REASON_MALFORMED},
    {X509_V_ERR_APPLICATION_VERIFICATION, TLSW_REASON_MALFORMED}, /* our own rules */
};

unsigned long
tlsw__chain_reason(long x509_error)
{
	size_t i;

	if (x509_error == X509_V_OK)
		return 0;
	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].error == x509_error)
			return reasons[i].bits;
	return TLSW_REASON_OTHER;
}

static bool
is_noted(const struct tlsw__chain *chain, long error, int depth, const char *why)
{
	size_t i;

	for (i = 0; i < chain->problem_count; i++) {
		const struct tlsw__chain_problem *p = &chain->problems[i];

		if (p->error == error && p->depth == depth && p->why == why)
			return true;
	}
	return false;
}

void
tlsw__chain_add(struct tlsw__chain *chain, long error, int depth, const char *why)
{
	chain->ok = false;
	if (chain->problem_count == TLSW__CHAIN_PROBLEMS || is_noted(chain, error, depth, why))
		return;
	chain->problems[chain->problem_count++] = (struct tlsw__chain_problem){error, depth, why};
}

/* ----------------------------------------------------------------- a chain */

void
tlsw__chain_clear(struct tlsw__chain *chain)
{
	sk_X509_pop_free(chain->path, X509_free);
	memset(chain, 0, sizeof(*chain));
}

/* A path that led to an anchor is gone over as it is; else OpenSSL's own choice is. */
static int
diagnose(const struct tlsw__candidate *first, struct tlsw__chain *out)
{
	struct tlsw__candidate again = *first;
	int i, rv = -1;

	if (!tlsw__attempt_anchored(out))
		return tlsw__attempt_diagnose(&again, out);
	again.untrusted = out->path;
	again.trusted = sk_X509_new_null();
	if (again.trusted == NULL)
		return tlsw__error_set_memory();
	for (i = out->presented; i < sk_X509_num(out->path); i++)
		if (sk_X509_push(again.trusted, sk_X509_value(out->path, i)) <= 0) {
			(void)tlsw__error_set_memory();
			goto out;
		}
	rv = tlsw__attempt_diagnose(&again, out);
out:
	sk_X509_free(again.trusted);
	return rv;
}

/* OpenSSL looks at the leaf's key before it builds a chain: no path makes it longer. */
static bool
is_hopeless(const struct tlsw__chain *chain)
{
	return chain->problem_count > 0 && chain->problems[0].error == X509_V_ERR_EE_KEY_TOO_SMALL;
}

/* What nobody calculates with: the path is the leaf alone. */
static int
refuse_leaf(X509 *leaf, struct tlsw__chain *out)
{
	out->path = sk_X509_new_null();
	if (out->path == NULL || sk_X509_push(out->path, leaf) <= 0)
		return tlsw__error_set_memory();
	(void)X509_up_ref(leaf);
	tlsw__chain_add(out, X509_V_ERR_APPLICATION_VERIFICATION, 0, TLSW__RSA_TOO_LARGE);
	return 0;
}

static int
build(const struct tlsw__candidate *first, struct tlsw__chain *out)
{
	if (!tlsw__attempt_bounded(first->leaf))
		return refuse_leaf(first->leaf, out);
	if (tlsw__attempt(first, out) == -1)
		return -1;
	if (out->ok)
		return 0;
	if (first->dane == NULL && !is_hopeless(out) && tlsw__search(first, out) == -1)
		return -1;
	if (out->ok)
		return 0;
	if (diagnose(first, out) == -1)
		return -1;
	return first->host != NULL ? tlsw__chain_constrain(out, first->host) : 0;
}

int
tlsw__chain_build(X509_STORE *store, X509 *leaf, STACK_OF(X509) *untrusted,
    const struct tlsw__chain_policy *policy, struct tlsw__chain *out)
{
	return tlsw__chain_build_for(NULL, NULL, store, leaf, untrusted, policy, out);
}

int
tlsw__chain_build_for(const struct tlsw__reference *host, SSL_DANE *dane, X509_STORE *store,
    X509 *leaf, STACK_OF(X509) *untrusted, const struct tlsw__chain_policy *policy,
    struct tlsw__chain *out)
{
	struct tlsw__chain_policy at = *policy;
	struct tlsw__candidate first = {store, leaf, untrusted, NULL, &at, dane, host};
	int rv;

	memset(out, 0, sizeof(*out));
	if (at.when == 0)
		at.when = time(NULL); /* the same for every path */
	(void)ERR_set_mark();
	rv = build(&first, out);
	(void)ERR_pop_to_mark();
	if (rv == -1)
		out->ok = false;
	return rv;
}
