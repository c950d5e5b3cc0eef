/* SPDX-License-Identifier: ISC */
#include "staple.h"

#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include "error.h"

#define SKEW 300                  /* seconds by which clocks may differ */
#define AGE_MAX (10L * 24 * 3600) /* of an answer without nextUpdate (CA/B BR 4.9.10) */
#define STATUS_REQUEST 5          /* RFC 7633: the TLS feature that means "must staple" */

static int
refuse(unsigned long reasons, const char *why)
{
	(void)tlsw__error_set(TLSW_ERR_CERTIFICATE, "%s", why);
	tlsw__error_set_verdict(TLSW_REASON_OCSP | reasons,
	    reasons != 0 ? X509_V_ERR_CERT_REVOKED : X509_V_ERR_OCSP_VERIFY_FAILED, 0);
	return -1;
}

/* RFC 7633. An extension that cannot be read counts as one that demands. */
static bool
must_staple(X509 *leaf)
{
	int critical = -1, i;
	bool must = false;
	TLS_FEATURE *features = X509_get_ext_d2i(leaf, NID_tlsfeature, &critical, NULL);

	if (features == NULL)
		return critical != -1;
	for (i = 0; i < sk_ASN1_INTEGER_num(features); i++)
		must = must || ASN1_INTEGER_get(sk_ASN1_INTEGER_value(features, i)) == STATUS_REQUEST;
	TLS_FEATURE_free(features);
	return must;
}

/*
 * Whether the answer was signed by the leaf's issuer or for it (RFC 6960
 * section 4.2.2.2). The verified path above the leaf is all that is trusted.
 */
static bool
is_signed(OCSP_BASICRESP *basic, STACK_OF(X509) *path, time_t when)
{
	X509_STORE *store = X509_STORE_new();
	X509_VERIFY_PARAM *param = store == NULL ? NULL : X509_STORE_get0_param(store);
	bool ok = param != NULL &&
	    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN) == 1;
	int i;

	if (ok)
		X509_VERIFY_PARAM_set_time(param, when);
	for (i = 1; ok && i < sk_X509_num(path); i++)
		ok = X509_STORE_add_cert(store, sk_X509_value(path, i)) == 1;
	ok = ok && OCSP_basic_verify(basic, path, store, 0) == 1;
	X509_STORE_free(store);
	return ok;
}

/* Whether an entry is about this leaf, in whatever hash it is identified. */
static bool
is_about(const OCSP_SINGLERESP *single, X509 *leaf, X509 *issuer)
{
	const OCSP_CERTID *id = OCSP_SINGLERESP_get0_id(single);
	OCSP_CERTID *ours = NULL;
	ASN1_OBJECT *hash = NULL;
	const EVP_MD *md = NULL;
	bool same;

	/* the getter takes no const, and changes nothing */
	if (OCSP_id_get0_info(NULL, &hash, NULL, NULL, (OCSP_CERTID *)(uintptr_t)id) == 1)
		md = EVP_get_digestbyobj(hash);
	if (md != NULL)
		ours = OCSP_cert_to_id(md, leaf, issuer);
	same = ours != NULL && OCSP_id_cmp(ours, id) == 0;
	OCSP_CERTID_free(ours);
	return same;
}

/* 1: that time is before t, or is it; -1: after; 0: no time at all */
static int
before(const ASN1_GENERALIZEDTIME *time, time_t t)
{
	return -X509_cmp_time(time, &t);
}

static int
check_entry(OCSP_SINGLERESP *single, time_t when)
{
	ASN1_GENERALIZEDTIME *revoked = NULL, *from = NULL, *until = NULL;
	int status = OCSP_single_get0_status(single, NULL, &revoked, &from, &until);

	if (status == V_OCSP_CERTSTATUS_REVOKED)
		return refuse(TLSW_REASON_REVOKED, "certificate is revoked, says the OCSP answer");
	if (status != V_OCSP_CERTSTATUS_GOOD)
		return refuse(0, "the OCSP answer does not know the certificate");
	if (from == NULL || before(from, when + SKEW) != 1)
		return refuse(0, "the OCSP answer is from the future");
	if (until != NULL ? before(until, when - SKEW) != -1 : before(from, when - AGE_MAX) != -1)
		return refuse(0, "the OCSP answer has expired");
	return 0;
}

/* Every entry about the leaf must be good, and there must be one. */
static int
check_entries(OCSP_BASICRESP *basic, STACK_OF(X509) *path, time_t when)
{
	X509 *leaf = sk_X509_value(path, 0), *issuer = sk_X509_value(path, 1);
	bool found = false;
	int i;

	for (i = 0; i < OCSP_resp_count(basic); i++) {
		OCSP_SINGLERESP *single = OCSP_resp_get0(basic, i);

		if (!is_about(single, leaf, issuer))
			continue;
		found = true;
		if (check_entry(single, when) != 0)
			return -1;
	}
	return found ? 0 : refuse(0, "the OCSP answer is about another certificate");
}

static int
check_answer(STACK_OF(X509) *path, const unsigned char *answer, size_t len, time_t when)
{
	const unsigned char *p = answer;
	OCSP_RESPONSE *response = len > INT32_MAX ? NULL : d2i_OCSP_RESPONSE(NULL, &p, (long)len);
	OCSP_BASICRESP *basic = NULL;
	int rv = -1;

	if (response == NULL || p != answer + len)
		(void)refuse(0, "the OCSP answer cannot be decoded");
	else if (OCSP_response_status(response) != OCSP_RESPONSE_STATUS_SUCCESSFUL)
		(void)refuse(0, "the OCSP responder gave no answer about the certificate");
	else if ((basic = OCSP_response_get1_basic(response)) == NULL)
		(void)refuse(0, "the OCSP answer is of an unknown kind");
	else if (sk_X509_num(path) < 2)
		(void)refuse(0, "the OCSP answer cannot be checked: the issuer is not known");
	else if (!is_signed(basic, path, when))
		(void)refuse(0, "the OCSP answer is not signed by the certificate's issuer");
	else
		rv = check_entries(basic, path, when);
	OCSP_BASICRESP_free(basic);
	OCSP_RESPONSE_free(response);
	return rv;
}

int
tlsw__staple_check(enum tlsw_ocsp mode, STACK_OF(X509) *path, const void *answer, size_t len,
    time_t when)
{
	if (mode == TLSW_OCSP_OFF)
		return 0;
	if (answer != NULL && len > 0)
		return check_answer(path, answer, len, when != 0 ? when : time(NULL));
	if (mode == TLSW_OCSP_REQUIRED)
		return refuse(0, "server sent no OCSP answer, and one is required");
	if (must_staple(sk_X509_value(path, 0)))
		return refuse(0, "server sent no OCSP answer, which its certificate demands (must-staple)");
	return 0;
}
