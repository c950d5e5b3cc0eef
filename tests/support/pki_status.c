/* Revocation lists and OCSP answers; see pki.h.
 *
 * SPDX-License-Identifier: ISC
 */
#include <string.h>

#include <openssl/ocsp.h>

#include "support/pki_internal.h"

/* -------------------------------------------------------- revocation lists */

static void
revoke(X509_CRL *crl, const ASN1_INTEGER *serial, const ASN1_TIME *when)
{
	X509_REVOKED *entry = X509_REVOKED_new();

	MUST(entry != NULL);
	MUST(X509_REVOKED_set_serialNumber(entry, (ASN1_INTEGER *)(uintptr_t)serial) == 1);
	MUST(X509_REVOKED_set_revocationDate(entry, (ASN1_TIME *)(uintptr_t)when) == 1);
	MUST(X509_CRL_add0_revoked(crl, entry) == 1);
}

static void
set_updates(X509_CRL *crl, const struct pki_crl_spec *spec)
{
	ASN1_TIME *t =
	    ASN1_TIME_adj(NULL, pki_time(spec->base, spec->last_update, PKI_BEFORE), 0, 0);

	MUST(t != NULL && X509_CRL_set1_lastUpdate(crl, t) == 1);
	if (!spec->no_next_update) {
		MUST(ASN1_TIME_adj(t, pki_time(spec->base, spec->next_update, PKI_AFTER), 0, 0) !=
		     NULL);
		MUST(X509_CRL_set1_nextUpdate(crl, t) == 1);
	}
	ASN1_TIME_free(t);
}

static void
add_revoked(X509_CRL *crl, const struct pki_crl_spec *spec)
{
	const struct pki *const *cert = spec->revoked;
	const ASN1_TIME *when = X509_CRL_get0_lastUpdate(crl);
	ASN1_INTEGER *serial;

	for (; cert != NULL && *cert != NULL; cert++)
		revoke(crl, X509_get0_serialNumber(pki_x509(*cert)), when);
	if (spec->serial.at != NULL) {
		serial = pki_integer(spec->serial);
		revoke(crl, serial, when);
		ASN1_INTEGER_free(serial);
	}
}

static void
add_number(X509_CRL *crl, int nid, long value, int critical)
{
	ASN1_INTEGER *number = ASN1_INTEGER_new();

	MUST(number != NULL && ASN1_INTEGER_set(number, value) == 1);
	MUST(X509_CRL_add1_ext_i2d(crl, nid, number, critical, 0) == 1);
	ASN1_INTEGER_free(number);
}

static void
add_crl_extensions(X509_CRL *crl, const struct pki_crl_spec *spec)
{
	const struct pki_extension *e;

	if (spec->number >= 0)
		add_number(crl, NID_crl_number, spec->number == 0 ? 1 : spec->number, 0);
	if (spec->delta != 0)
		add_number(crl, NID_delta_crl, spec->delta, 1);
	for (e = spec->extra; e != NULL && e->oid != NULL; e++) {
		X509_EXTENSION *extension = pki_extension(e->oid, e->critical, e->at, e->len);

		MUST(X509_CRL_add_ext(crl, extension, -1) == 1);
		X509_EXTENSION_free(extension);
	}
}

/* As clients get it: decoded, nothing cached. */
static X509_CRL *
decoded(X509_CRL *crl)
{
	unsigned char *der = NULL;
	const int len = i2d_X509_CRL(crl, &der);
	const unsigned char *p = der;

	MUST(len > 0);
	X509_CRL_free(crl);
	crl = d2i_X509_CRL(NULL, &p, len);
	MUST(crl != NULL);
	OPENSSL_free(der);
	return crl;
}

X509_CRL *
pki_crl(const struct pki_crl_spec *spec)
{
	EVP_PKEY *key = spec->sign_key != NULL ? spec->sign_key : pki_key(spec->issuer);
	X509_CRL *crl = X509_CRL_new();

	MUST(crl != NULL && X509_CRL_set_version(crl, 1) == 1);
	MUST(X509_CRL_set_issuer_name(crl, X509_get_subject_name(pki_x509(spec->issuer))) == 1);
	set_updates(crl, spec);
	add_revoked(crl, spec);
	add_crl_extensions(crl, spec);
	MUST(X509_CRL_sort(crl) == 1);
	MUST(X509_CRL_sign(crl, key, pki_digest(key, spec->digest)) > 0);
	return decoded(crl);
}

/* ------------------------------------------------------------ OCSP answers */

static OCSP_CERTID *
certificate_id(const struct pki_ocsp_entry *entry, const struct pki *issuer)
{
	ASN1_INTEGER *serial;
	OCSP_CERTID *id;

	if (entry->issuer != NULL)
		issuer = entry->issuer;
	if (entry->serial.at == NULL) {
		id = OCSP_cert_to_id(EVP_sha1(), pki_x509(entry->cert), pki_x509(issuer));
	} else {
		serial = pki_integer(entry->serial);
		id = OCSP_cert_id_new(EVP_sha1(), X509_get_subject_name(pki_x509(issuer)),
		    X509_get0_pubkey_bitstr(pki_x509(issuer)), serial);
		ASN1_INTEGER_free(serial);
	}
	MUST(id != NULL);
	return id;
}

static void
add_entry(OCSP_BASICRESP *basic, const struct pki_ocsp_spec *spec, const struct pki_ocsp_entry *e)
{
	OCSP_CERTID *id = certificate_id(e, spec->issuer);
	ASN1_TIME *this_update =
	    ASN1_GENERALIZEDTIME_adj(NULL, pki_time(spec->base, e->this_update, PKI_BEFORE), 0, 0);
	ASN1_TIME *next_update =
	    ASN1_GENERALIZEDTIME_adj(NULL, pki_time(spec->base, e->next_update, PKI_AFTER), 0, 0);

	MUST(this_update != NULL && next_update != NULL);
	MUST(OCSP_basic_add1_status(basic, id, e->status, OCSP_REVOKED_STATUS_NOSTATUS,
		 e->status == V_OCSP_CERTSTATUS_REVOKED ? this_update : NULL, this_update,
		 e->no_next_update ? NULL : next_update) != NULL);
	ASN1_TIME_free(this_update);
	ASN1_TIME_free(next_update);
	OCSP_CERTID_free(id);
}

static OCSP_BASICRESP *
basic_response(const struct pki_ocsp_spec *spec)
{
	const struct pki *signer = spec->signer != NULL ? spec->signer : spec->issuer;
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	const ASN1_OCTET_STRING *signature;
	const struct pki_ocsp_entry *e;

	MUST(basic != NULL);
	for (e = spec->entries; e != NULL && e->cert != NULL; e++)
		add_entry(basic, spec, e);
	MUST(OCSP_basic_sign(basic, pki_x509(signer), pki_key(signer),
		 pki_digest(pki_key(signer), NULL), NULL,
		 spec->no_signer_cert ? OCSP_NOCERTS : 0) == 1);
	if (spec->corrupt_signature) {
		signature = OCSP_resp_get0_signature(basic);
		((unsigned char *)(uintptr_t)ASN1_STRING_get0_data(
		    signature))[ASN1_STRING_length(signature) - 1] ^= 1;
	}
	return basic;
}

unsigned char *
pki_ocsp(const struct pki_ocsp_spec *spec, size_t *len)
{
	OCSP_BASICRESP *basic = spec->response_status == 0 ? basic_response(spec) : NULL;
	OCSP_RESPONSE *response = OCSP_response_create(spec->response_status, basic);
	unsigned char *der = NULL;
	int n;

	MUST(response != NULL);
	n = i2d_OCSP_RESPONSE(response, &der);
	MUST(n > 0);
	*len = (size_t)n;
	OCSP_RESPONSE_free(response);
	OCSP_BASICRESP_free(basic);
	return der;
}
