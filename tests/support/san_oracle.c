/* SPDX-License-Identifier: ISC */
#include "support/san_oracle.h"

#include <stdbool.h>
#include <string.h>

#include <openssl/asn1.h>
#include <openssl/x509v3.h>

#include "cert.h"
#include "support/pki_internal.h"

static const ASN1_OCTET_STRING *
extension_value(const X509 *x509)
{
	const int at = X509_get_ext_by_NID(x509, NID_subject_alt_name, -1);

	return at < 0 ? NULL : X509_EXTENSION_get_data(X509_get_ext(x509, at));
}

/* The string of an entry of our kinds; NULL for the others. */
static const ASN1_STRING *
entry_string(const GENERAL_NAME *entry, enum tlsw_name_type *type)
{
	int kind;
	const void *value = GENERAL_NAME_get0_value(entry, &kind);
	const OTHERNAME *other = value;
	char oid[32];

	switch (kind) {
	case GEN_EMAIL:
		*type = TLSW_NAME_EMAIL;
		return value;
	case GEN_DNS:
		*type = TLSW_NAME_DNS;
		return value;
	case GEN_URI:
		*type = TLSW_NAME_URI;
		return value;
	case GEN_IPADD:
		*type = TLSW_NAME_IP;
		return value;
	case GEN_OTHERNAME:
		*type = TLSW_NAME_SRV;
		(void)OBJ_obj2txt(oid, sizeof(oid), other->type_id, 1);
		return strcmp(oid, "1.3.6.1.5.5.7.8.7") == 0 &&
			       ASN1_TYPE_get(other->value) == V_ASN1_IA5STRING
			   ? other->value->value.ia5string
			   : NULL;
	default:
		return NULL;
	}
}

/* Both lists from end to end; san is open. */
static const char *
compare(const GENERAL_NAMES *theirs, struct tlsw__san *san)
{
	enum tlsw_name_type type = TLSW_NAME_CN;
	struct tls_name ours;
	int i;

	for (i = 0; i < sk_GENERAL_NAME_num(theirs); i++) {
		const ASN1_STRING *s = entry_string(sk_GENERAL_NAME_value(theirs, i), &type);

		if (s == NULL)
			continue;
		if (tlsw__san_next(san, &ours) != 1)
			return "ours ends early";
		if (ours.type != type)
			return "another type";
		if (ours.length != (size_t)ASN1_STRING_length(s) ||
		    memcmp(ours.value, ASN1_STRING_get0_data(s), ours.length) != 0)
			return "other octets";
	}
	return tlsw__san_next(san, &ours) == 0 ? NULL : "ours has more";
}

/* Whether an accepted extension has entries whose inside ours does not look at. */
static bool
has_other_kinds(const ASN1_OCTET_STRING *value)
{
	const unsigned char *p = ASN1_STRING_get0_data(value);
	const unsigned char *end = p + ASN1_STRING_length(value);
	int tag, class;
	long len;

	(void)ASN1_get_object(&p, &len, &tag, &class, end - p);
	while (p < end) {
		if ((ASN1_get_object(&p, &len, &tag, &class, end - p) & 0x80) != 0)
			return false;
		if (tag == GEN_OTHERNAME || (tag >= GEN_X400 && tag <= GEN_EDIPARTY) ||
		    tag == GEN_RID)
			return true;
		p += len;
	}
	return false;
}

/* OpenSSL's list written again is the same only if it was DER. */
static bool
is_der(const GENERAL_NAMES *theirs, const ASN1_OCTET_STRING *value)
{
	unsigned char *again = NULL;
	const int len = i2d_GENERAL_NAMES(theirs, &again);
	const bool same = len == ASN1_STRING_length(value) && len > 0 &&
			  memcmp(again, ASN1_STRING_get0_data(value), (size_t)len) == 0;

	OPENSSL_free(again);
	return same;
}

/* -1 as tlsw__san_next() when anything on the way is malformed. */
static int
walk_all(const X509 *x509)
{
	struct tlsw__san san;
	struct tls_name name;
	int rv = tlsw__san_open(x509, &san);

	while (rv == 1)
		rv = tlsw__san_next(&san, &name);
	return rv;
}

static const char *
judge(const X509 *x509, const GENERAL_NAMES *theirs, int critical)
{
	const ASN1_OCTET_STRING *value = extension_value(x509);
	struct tlsw__san san;
	const bool accepted = walk_all(x509) != -1;
	const int opened = tlsw__san_open(x509, &san);

	if (theirs == NULL && critical == -1)
		return opened == 0 ? NULL : "no extension, but ours has one";
	if (theirs == NULL && critical == -2)
		return opened == -1 ? NULL : "there twice, but ours goes on";
	if (theirs == NULL)
		return !accepted || has_other_kinds(value) ? NULL
							   : "ours accepts what cannot be decoded";
	if (accepted)
		return compare(theirs, &san);
	if (sk_GENERAL_NAME_num(theirs) > 0 && is_der(theirs, value) && !has_other_kinds(value))
		return "ours refuses proper DER";
	return NULL;
}

const char *
san_disagreement(X509 *x509)
{
	int critical = 0;
	GENERAL_NAMES *theirs = X509_get_ext_d2i(x509, NID_subject_alt_name, &critical, NULL);
	const char *text = judge(x509, theirs, critical);

	GENERAL_NAMES_free(theirs);
	return text;
}

const char *
san_value_disagreement(const void *value, size_t len)
{
	X509_EXTENSION *extension = pki_extension("2.5.29.17", false, value, len);
	X509 *x509 = X509_new();
	const char *text;

	MUST(x509 != NULL && X509_add_ext(x509, extension, -1) == 1);
	text = san_disagreement(x509);
	X509_EXTENSION_free(extension);
	X509_free(x509);
	return text;
}
