/* SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/objects.h>
#include <openssl/sha.h>

#include "support/der.h"
#include "support/pki_internal.h"

/* ------------------------------------------------------------ GeneralNames */

/* An address, and its mask behind it when the text says "/24". */
static void
put_ip(struct der *out, const struct pki_name *name)
{
	unsigned char octets[32] = {0};
	char text[64] = "", *slash;
	size_t size;
	long i, bits;

	MUST(name->len < sizeof(text));
	memcpy(text, name->at, name->len);
	slash = strchr(text, '/');
	if (slash != NULL)
		*slash = '\0';
	size = strchr(text, ':') != NULL ? 16 : 4;
	MUST(inet_pton(size == 16 ? AF_INET6 : AF_INET, text, octets) == 1);
	if (slash != NULL) {
		bits = strtol(slash + 1, NULL, 10);
		MUST(bits >= 0 && bits <= (long)size * 8);
		for (i = 0; i < bits; i++)
			octets[size + (size_t)i / 8] |= (unsigned char)(0x80 >> (i % 8));
		size *= 2;
	}
	der_tlv(out, 0x87, octets, size);
}

static void
put_srv(struct der *out, const struct pki_name *name)
{
	struct der value = {0}, other = {0};

	der_tlv(&value, 0x16, name->at, name->len);
	der_oid(&other, "1.3.6.1.5.5.7.8.7");
	der_wrap(&other, 0xa0, &value);
	der_wrap(out, 0xa0, &other);
}

static void
put_directory_name(struct der *out, const struct pki_name *name)
{
	struct der attribute = {0}, rdn = {0}, set = {0}, dn = {0};

	der_oid(&attribute, "CN");
	der_tlv(&attribute, 0x0c, name->at, name->len);
	der_wrap(&rdn, 0x30, &attribute);
	der_wrap(&set, 0x31, &rdn);
	der_wrap(&dn, 0x30, &set);
	der_wrap(out, 0xa4, &dn);
}

static void
put_name(struct der *out, const struct pki_name *name)
{
	const bool constructed = name->kind == 0 || (name->kind >= 3 && name->kind <= 5);

	switch (name->kind) {
	case PKI_KIND_IP:
		put_ip(out, name);
		return;
	case PKI_KIND_SRV:
		put_srv(out, name);
		return;
	case PKI_KIND_DN:
		put_directory_name(out, name);
		return;
	case PKI_KIND_TLV:
		der_put(out, name->at, name->len);
		return;
	default:
		MUST(name->kind >= 0 && name->kind <= 30);
		der_tlv(out, 0x80U | (constructed ? 0x20U : 0) | (unsigned)name->kind, name->at,
		    name->len);
	}
}

static void
put_names(struct der *out, const struct pki_name *names)
{
	for (; names->at != NULL; names++)
		put_name(out, names);
}

struct pki_name
pki_name(int kind, const char *text)
{
	return (struct pki_name){kind, text, strlen(text)};
}

/* ------------------------------------------------------------- extensions */

X509_EXTENSION *
pki_extension(const char *oid, bool critical, const void *at, size_t len)
{
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 0);
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	X509_EXTENSION *extension;

	MUST(object != NULL && value != NULL);
	MUST(ASN1_OCTET_STRING_set(value, at, (int)len) == 1);
	extension = X509_EXTENSION_create_by_OBJ(NULL, object, critical, value);
	MUST(extension != NULL);
	ASN1_OCTET_STRING_free(value);
	ASN1_OBJECT_free(object);
	return extension;
}

static void
add(X509 *x, const char *oid, bool critical, const void *at, size_t len)
{
	X509_EXTENSION *extension = pki_extension(oid, critical, at, len);

	MUST(X509_add_ext(x, extension, -1) == 1);
	X509_EXTENSION_free(extension);
}

/* The value is a SEQUENCE around inner, which is cleared. */
static void
add_sequence(X509 *x, const char *oid, bool critical, struct der *inner)
{
	struct der value = {0};

	der_wrap(&value, 0x30, inner);
	add(x, oid, critical, value.at, value.len);
	der_clear(&value);
}

static void
add_san(X509 *x, const struct pki_spec *spec)
{
	const bool critical = spec->san_critical || (spec->cn == NULL && spec->subject == NULL);
	struct der names = {0};

	if (spec->san_raw.at != NULL) {
		add(x, "2.5.29.17", critical, spec->san_raw.at, spec->san_raw.len);
	} else if (spec->san != NULL) {
		put_names(&names, spec->san);
		add_sequence(x, "2.5.29.17", critical, &names);
	}
}

static void
add_basic_constraints(X509 *x, const struct pki_spec *spec)
{
	const unsigned char yes = 0xff;
	struct der inner = {0};
	ASN1_INTEGER *pathlen;
	unsigned char *at = NULL;
	int len;

	if (spec->basic == PKI_NO_BASIC)
		return;
	if (spec->basic == PKI_CA)
		der_tlv(&inner, 0x01, &yes, 1);
	if (spec->has_pathlen) {
		pathlen = ASN1_INTEGER_new();
		MUST(pathlen != NULL && ASN1_INTEGER_set(pathlen, spec->pathlen) == 1);
		len = i2d_ASN1_INTEGER(pathlen, &at);
		MUST(len > 0);
		der_put(&inner, at, (size_t)len);
		OPENSSL_free(at);
		ASN1_INTEGER_free(pathlen);
	}
	add_sequence(x, "2.5.29.19", true, &inner);
}

/* KU_* has the first bit of the BIT STRING as 0x80, the ninth as 0x8000. */
static void
add_key_usage(X509 *x, const struct pki_spec *spec)
{
	const unsigned usual =
	    spec->basic == PKI_CA ? KU_KEY_CERT_SIGN | KU_CRL_SIGN : KU_DIGITAL_SIGNATURE;
	const unsigned bits = spec->key_usage == 0 ? usual : spec->key_usage;
	unsigned char octets[3] = {0, (unsigned char)bits, (unsigned char)(bits >> 8)};
	size_t len = octets[2] != 0 ? 3 : 2;
	struct der value = {0};

	if (spec->key_usage == PKI_NO_KEY_USAGE)
		return;
	while ((octets[len - 1] >> octets[0] & 1) == 0 && octets[0] < 7)
		octets[0]++; /* unused bits */
	der_tlv(&value, 0x03, octets, len);
	add(x, "2.5.29.15", true, value.at, value.len);
	der_clear(&value);
}

static void
add_eku(X509 *x, const struct pki_spec *spec)
{
	static const char *const server[] = {"1.3.6.1.5.5.7.3.1", NULL}, *const none[] = {NULL};
	const char *const *oid = spec->eku;
	struct der inner = {0};

	if (oid == NULL)
		oid = spec->basic == PKI_CA ? none : server;
	if (*oid == NULL)
		return;
	for (; *oid != NULL; oid++)
		der_oid(&inner, *oid);
	add_sequence(x, "2.5.29.37", false, &inner);
}

static void
put_subtrees(struct der *out, unsigned tag, const struct pki_name *names)
{
	struct der trees = {0};

	if (names == NULL)
		return;
	for (; names->at != NULL; names++) {
		struct der base = {0};

		put_name(&base, names);
		der_wrap(&trees, 0x30, &base);
	}
	der_wrap(out, tag, &trees);
}

static void
add_name_constraints(X509 *x, const struct pki_spec *spec)
{
	const bool critical = !spec->constraints_not_critical;
	struct der inner = {0};

	if (spec->constraints_raw.at != NULL) {
		add(x, "2.5.29.30", critical, spec->constraints_raw.at, spec->constraints_raw.len);
	} else if (spec->permitted != NULL || spec->excluded != NULL) {
		put_subtrees(&inner, 0xa0, spec->permitted);
		put_subtrees(&inner, 0xa1, spec->excluded);
		add_sequence(x, "2.5.29.30", critical, &inner);
	}
}

/* RFC 5280 section 4.2.1.2, method 1: SHA-1 of the public key bits. */
static void
key_identifier(EVP_PKEY *key, unsigned char id[SHA_DIGEST_LENGTH])
{
	X509_PUBKEY *spki = NULL;
	const unsigned char *bits;
	int len;

	MUST(X509_PUBKEY_set(&spki, key) == 1);
	MUST(X509_PUBKEY_get0_param(NULL, &bits, &len, NULL, spki) == 1);
	MUST(EVP_Digest(bits, (size_t)len, id, NULL, EVP_sha1(), NULL) == 1);
	X509_PUBKEY_free(spki);
}

static void
add_subject_key_id(X509 *x, const struct pki_spec *spec)
{
	unsigned char id[SHA_DIGEST_LENGTH];
	struct pki_octets use = spec->ski_octets;
	struct der value = {0};

	if (spec->ski == PKI_ID_OFF)
		return;
	if (use.at == NULL) {
		key_identifier(X509_get0_pubkey(x), id);
		use = (struct pki_octets){id, sizeof(id)};
	}
	der_tlv(&value, 0x04, use.at, use.len);
	add(x, "2.5.29.14", false, value.at, value.len);
	der_clear(&value);
}

static void
add_authority_key_id(X509 *x, const struct pki_spec *spec)
{
	const ASN1_OCTET_STRING *ski =
	    spec->issuer != NULL ? X509_get0_subject_key_id(pki_x509(spec->issuer)) : NULL;
	unsigned char id[SHA_DIGEST_LENGTH];
	struct pki_octets use = spec->aki_octets;
	struct der inner = {0};

	if (spec->aki == PKI_ID_OFF ||
	    (spec->aki == PKI_ID_DEFAULT && spec->issuer == NULL && use.at == NULL))
		return;
	if (use.at == NULL && ski != NULL) {
		use.at = ASN1_STRING_get0_data(ski);
		use.len = (size_t)ASN1_STRING_length(ski);
	} else if (use.at == NULL) {
		key_identifier(
		    spec->issuer != NULL ? pki_key(spec->issuer) : X509_get0_pubkey(x), id);
		use = (struct pki_octets){id, sizeof(id)};
	}
	der_tlv(&inner, 0x80, use.at, use.len);
	add_sequence(x, "2.5.29.35", false, &inner);
}

static void
put_access(struct der *out, const char *method, const char *url)
{
	struct der access = {0};

	if (url == NULL)
		return;
	der_oid(&access, method);
	der_tlv(&access, 0x86, url, strlen(url));
	der_wrap(out, 0x30, &access);
}

static void
add_urls(X509 *x, const struct pki_spec *spec)
{
	struct der access = {0}, uri = {0}, full = {0}, point = {0}, points = {0};

	put_access(&access, "1.3.6.1.5.5.7.48.1", spec->ocsp_url);
	put_access(&access, "1.3.6.1.5.5.7.48.2", spec->ca_issuers);
	if (access.len > 0)
		add_sequence(x, "1.3.6.1.5.5.7.1.1", false, &access);
	if (spec->crl_url != NULL) {
		der_tlv(&uri, 0x86, spec->crl_url, strlen(spec->crl_url));
		der_wrap(&full, 0xa0, &uri);
		der_wrap(&point, 0xa0, &full);
		der_wrap(&points, 0x30, &point);
		add_sequence(x, "2.5.29.31", false, &points);
	}
}

static void
add_again(X509 *x, const char *oid)
{
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 0);
	int at;

	MUST(object != NULL);
	at = X509_get_ext_by_OBJ(x, object, -1);
	MUST(at >= 0);
	MUST(X509_add_ext(x, X509_get_ext(x, at), -1) == 1);
	ASN1_OBJECT_free(object);
}

void
pki_add_extensions(X509 *x, const struct pki_spec *spec)
{
	const struct pki_extension *e;

	if (spec->version == 0 || spec->version == 3) {
		add_san(x, spec);
		add_basic_constraints(x, spec);
		add_key_usage(x, spec);
		add_eku(x, spec);
		add_name_constraints(x, spec);
		add_subject_key_id(x, spec);
		add_authority_key_id(x, spec);
		add_urls(x, spec);
		if (spec->must_staple) /* TLS feature status_request, RFC 7633 */
			add(x, "1.3.6.1.5.5.7.1.24", false, "\x30\x03\x02\x01\x05", 5);
	}
	for (e = spec->extra; e != NULL && e->oid != NULL; e++)
		add(x, e->oid, e->critical, e->at, e->len);
	if (spec->twice != NULL)
		add_again(x, spec->twice);
}
