/* SPDX-License-Identifier: ISC */
#include "support/pki.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/dsa.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include "support/pki_internal.h"

struct pki {
	X509 *x509;
	EVP_PKEY *key;
	unsigned char *der;
	size_t der_len;
	char *pem, *key_pem;
};

void
pki_abort(const char *what, const char *file, int line)
{
	(void)fprintf(stderr, "%s:%d: pki: does not hold: %s\n", file, line, what);
	ERR_print_errors_fp(stderr);
	abort();
}

/* -------------------------------------------------------------------- keys */

static EVP_PKEY *
generate_rsa(const char *type)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, NULL);
	const int bits = atoi(type + 4);
	const char *colon = strchr(type, ':');
	BIGNUM *exponent = BN_new();
	EVP_PKEY *key = NULL;

	MUST(ctx != NULL && exponent != NULL && EVP_PKEY_keygen_init(ctx) == 1);
	MUST(BN_set_word(exponent, colon != NULL ? strtoul(colon + 1, NULL, 10) : 65537) == 1);
	MUST(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, bits) == 1);
	MUST(EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, exponent) == 1);
	MUST(EVP_PKEY_keygen(ctx, &key) == 1);
	BN_free(exponent);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static EVP_PKEY *
generate_dsa(void)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_DSA, NULL);
	EVP_PKEY *params = NULL, *key = NULL;

	MUST(ctx != NULL && EVP_PKEY_paramgen_init(ctx) == 1);
	MUST(EVP_PKEY_CTX_set_dsa_paramgen_bits(ctx, 1024) == 1);
	MUST(EVP_PKEY_paramgen(ctx, &params) == 1);
	EVP_PKEY_CTX_free(ctx);
	ctx = EVP_PKEY_CTX_new(params, NULL);
	MUST(ctx != NULL && EVP_PKEY_keygen_init(ctx) == 1 && EVP_PKEY_keygen(ctx, &key) == 1);
	EVP_PKEY_free(params);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static EVP_PKEY *
generate(const char *type)
{
	EVP_PKEY *key;

	if (strncmp(type, "RSA-", 4) == 0)
		return generate_rsa(type);
	if (strcmp(type, "DSA") == 0)
		return generate_dsa();
	if (strcmp(type, "Ed25519") == 0 || strcmp(type, "Ed448") == 0)
		key = EVP_PKEY_Q_keygen(NULL, NULL, type);
	else
		key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", type);
	MUST(key != NULL);
	return key;
}

/* Slow keys come from rings, kept as long as the process. */
#define RING 3
static struct ring {
	char type[24];
	EVP_PKEY *keys[RING];
	unsigned next;
} rings[16];
static pthread_mutex_t rings_lock = PTHREAD_MUTEX_INITIALIZER;

static EVP_PKEY *
from_ring(const char *type)
{
	struct ring *ring = rings;
	EVP_PKEY **slot;

	while (ring->type[0] != '\0' && strcmp(ring->type, type) != 0)
		MUST(++ring < rings + sizeof(rings) / sizeof(rings[0]));
	MUST(strlen(type) < sizeof(ring->type));
	memcpy(ring->type, type, strlen(type) + 1);
	slot = &ring->keys[ring->next++ % RING];
	if (*slot == NULL)
		*slot = generate(type);
	MUST(EVP_PKEY_up_ref(*slot) == 1);
	return *slot;
}

EVP_PKEY *
pki_new_key(const char *type)
{
	EVP_PKEY *key;

	if (type == NULL)
		type = "P-256";
	if (strncmp(type, "RSA-", 4) != 0 && strcmp(type, "DSA") != 0)
		return generate(type);
	MUST(pthread_mutex_lock(&rings_lock) == 0);
	key = from_ring(type);
	MUST(pthread_mutex_unlock(&rings_lock) == 0);
	return key;
}

const EVP_MD *
pki_digest(EVP_PKEY *key, const char *name)
{
	const EVP_MD *digest = EVP_get_digestbyname(name != NULL ? name : "SHA256");

	MUST(digest != NULL);
	return EVP_PKEY_is_a(key, "ED25519") || EVP_PKEY_is_a(key, "ED448") ? NULL : digest;
}

/* ------------------------------------------------------------------- parts */

X509_NAME *
pki_common_name(const char *cn)
{
	X509_NAME *name = X509_NAME_new();

	MUST(name != NULL);
	if (cn != NULL)
		MUST(X509_NAME_add_entry_by_NID(name, NID_commonName, V_ASN1_UTF8STRING,
			 (const unsigned char *)cn, (int)strlen(cn), -1, 0) == 1);
	return name;
}

static X509_NAME *
subject_name(const struct pki_spec *spec)
{
	const struct pki_attribute *a;
	X509_NAME *name;

	if (spec->subject == NULL)
		return pki_common_name(spec->cn);
	name = pki_common_name(NULL);
	for (a = spec->subject; a->oid != NULL; a++) {
		ASN1_OBJECT *object = OBJ_txt2obj(a->oid, 0);

		MUST(object != NULL);
		MUST(X509_NAME_add_entry_by_OBJ(name, object,
			 a->type == 0 ? V_ASN1_UTF8STRING : a->type, a->at, (int)a->len, -1,
			 a->with_previous ? -1 : 0) == 1);
		ASN1_OBJECT_free(object);
	}
	return name;
}

static void
set_names(X509 *x, const struct pki_spec *spec)
{
	X509_NAME *subject = subject_name(spec);
	X509_NAME *issuer = NULL;

	if (spec->issuer_cn != NULL)
		issuer = pki_common_name(spec->issuer_cn);
	else if (spec->issuer != NULL)
		issuer = X509_NAME_dup(X509_get_subject_name(spec->issuer->x509));
	else
		issuer = X509_NAME_dup(subject);
	MUST(issuer != NULL);
	MUST(X509_set_subject_name(x, subject) == 1);
	MUST(X509_set_issuer_name(x, issuer) == 1);
	X509_NAME_free(subject);
	X509_NAME_free(issuer);
}

time_t
pki_time(time_t base, long offset, long otherwise)
{
	return (base != 0 ? base : time(NULL)) + (offset != 0 ? offset : otherwise);
}

static ASN1_TIME *
make_time(const char *text, time_t when)
{
	ASN1_TIME *t;

	if (text == NULL) {
		t = ASN1_TIME_adj(NULL, when, 0, 0);
	} else {
		t = ASN1_STRING_type_new(
		    strlen(text) > 13 ? V_ASN1_GENERALIZEDTIME : V_ASN1_UTCTIME);
		MUST(t != NULL && ASN1_STRING_set(t, text, (int)strlen(text)) == 1);
	}
	MUST(t != NULL);
	return t;
}

static void
set_times(X509 *x, const struct pki_spec *spec)
{
	ASN1_TIME *before =
	    make_time(spec->not_before_text, pki_time(spec->base, spec->not_before, PKI_BEFORE));
	ASN1_TIME *after =
	    make_time(spec->not_after_text, pki_time(spec->base, spec->not_after, PKI_AFTER));

	MUST(X509_set1_notBefore(x, before) == 1);
	MUST(X509_set1_notAfter(x, after) == 1);
	ASN1_TIME_free(before);
	ASN1_TIME_free(after);
}

/* Through the decoder, so that octets may say a negative number. */
ASN1_INTEGER *
pki_integer(struct pki_octets octets)
{
	unsigned char der[2 + 127] = {0x02, (unsigned char)octets.len};
	const unsigned char *p = der;
	ASN1_INTEGER *integer;

	MUST(octets.len > 0 && octets.len < 128);
	memcpy(der + 2, octets.at, octets.len);
	integer = d2i_ASN1_INTEGER(NULL, &p, (long)octets.len + 2);
	MUST(integer != NULL);
	return integer;
}

static void
set_serial(X509 *x, const struct pki_spec *spec)
{
	unsigned char random[8];
	struct pki_octets use = spec->serial;
	ASN1_INTEGER *serial;

	if (use.at == NULL) {
		MUST(RAND_bytes(random, sizeof(random)) == 1);
		random[0] = (unsigned char)((random[0] & 0x3f) | 0x40);
		use = (struct pki_octets){random, sizeof(random)};
	}
	serial = pki_integer(use);
	MUST(X509_set_serialNumber(x, serial) == 1);
	ASN1_INTEGER_free(serial);
}

static void
sign(struct pki *pki, const struct pki_spec *spec)
{
	EVP_PKEY *key = spec->issuer != NULL ? spec->issuer->key : pki->key;
	const ASN1_BIT_STRING *signature;

	if (spec->sign_key != NULL)
		key = spec->sign_key;
	MUST(X509_sign(pki->x509, key, pki_digest(key, spec->digest)) > 0);
	if (spec->corrupt_signature) {
		X509_get0_signature(&signature, NULL, pki->x509);
		/* the last octet: still well-formed ECDSA, but for another message */
		((unsigned char *)(uintptr_t)ASN1_STRING_get0_data(
		    signature))[ASN1_STRING_length(signature) - 1] ^= 1;
	}
}

/* ------------------------------------------------------------ certificates */

static char *
bio_text(BIO *bio)
{
	char *data, *text;
	const long len = BIO_get_mem_data(bio, &data);

	MUST(len >= 0);
	text = malloc((size_t)len + 1);
	MUST(text != NULL);
	if (len > 0)
		memcpy(text, data, (size_t)len);
	text[len] = '\0';
	BIO_free(bio);
	return text;
}

/* A test may bring an RSA key that is public only; there is no PEM of that then. */
static bool
is_private(const EVP_PKEY *key)
{
	BIGNUM *d = NULL;
	bool there = !EVP_PKEY_is_a(key, "RSA") ||
	    EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_D, &d) == 1;

	BN_clear_free(d);
	return there;
}

static void
write_out(struct pki *pki)
{
	BIO *bio = BIO_new(BIO_s_mem()), *key_bio = BIO_new(BIO_s_mem());
	int len;

	MUST(bio != NULL && key_bio != NULL);
	MUST(PEM_write_bio_X509(bio, pki->x509) == 1);
	pki->pem = bio_text(bio);
	if (is_private(pki->key))
		MUST(PEM_write_bio_PrivateKey(key_bio, pki->key, NULL, NULL, 0, NULL, NULL) == 1);
	pki->key_pem = bio_text(key_bio);
	len = i2d_X509(pki->x509, &pki->der);
	MUST(len > 0);
	pki->der_len = (size_t)len;
}

/* What clients get is what was written: decode it again, nothing cached. */
static void
read_back(struct pki *pki)
{
	const unsigned char *p = pki->der;

	X509_free(pki->x509);
	pki->x509 = d2i_X509(NULL, &p, (long)pki->der_len);
	MUST(pki->x509 != NULL);
}

struct pki *
pki_new(const struct pki_spec *spec)
{
	struct pki *pki = calloc(1, sizeof(*pki));

	MUST(pki != NULL);
	pki->x509 = X509_new();
	MUST(pki->x509 != NULL);
	if (spec->key != NULL)
		MUST(EVP_PKEY_up_ref(spec->key) == 1);
	pki->key = spec->key != NULL ? spec->key : pki_new_key(spec->key_type);
	MUST(X509_set_version(pki->x509, spec->version == 0 ? 2 : spec->version - 1) == 1);
	MUST(X509_set_pubkey(pki->x509, pki->key) == 1);
	set_names(pki->x509, spec);
	set_times(pki->x509, spec);
	set_serial(pki->x509, spec);
	pki_add_extensions(pki->x509, spec);
	sign(pki, spec);
	write_out(pki);
	read_back(pki);
	return pki;
}

void
pki_free(struct pki *pki)
{
	if (pki == NULL)
		return;
	X509_free(pki->x509);
	EVP_PKEY_free(pki->key);
	OPENSSL_free(pki->der);
	free(pki->pem);
	free(pki->key_pem);
	free(pki);
}

struct pki *
pki_ca(const char *cn)
{
	return pki_make(.cn = cn, .basic = PKI_CA);
}

struct pki *
pki_intermediate(const struct pki *issuer, const char *cn)
{
	return pki_make(.cn = cn, .basic = PKI_CA, .issuer = issuer);
}

struct pki *
pki_leaf(const struct pki *issuer, const char *dns_name)
{
	const struct pki_name san[] = {pki_name(2, dns_name), {0, NULL, 0}};

	return pki_make(.cn = dns_name, .san = san, .issuer = issuer);
}

X509 *
pki_x509(const struct pki *pki)
{
	return pki->x509;
}

EVP_PKEY *
pki_key(const struct pki *pki)
{
	return pki->key;
}

struct pki_octets
pki_der(const struct pki *pki)
{
	return (struct pki_octets){pki->der, pki->der_len};
}

const char *
pki_pem(const struct pki *pki)
{
	return pki->pem;
}

const char *
pki_key_pem(const struct pki *pki)
{
	return pki->key_pem;
}

/* ------------------------------------------------------------------- lists */

char *
pki_chain_pem(const struct pki *const *list)
{
	BIO *bio = BIO_new(BIO_s_mem());

	MUST(bio != NULL);
	for (; *list != NULL; list++)
		MUST(BIO_puts(bio, (*list)->pem) == (int)strlen((*list)->pem));
	return bio_text(bio);
}

STACK_OF(X509) *
pki_stack(const struct pki *const *list)
{
	STACK_OF(X509) *stack = sk_X509_new_null();

	MUST(stack != NULL);
	for (; *list != NULL; list++)
		MUST(X509_add_cert(stack, (*list)->x509, X509_ADD_FLAG_UP_REF) == 1);
	return stack;
}

X509_STORE *
pki_store(const struct pki *const *list)
{
	X509_STORE *store = X509_STORE_new();

	MUST(store != NULL);
	for (; *list != NULL; list++)
		MUST(X509_STORE_add_cert(store, (*list)->x509) == 1);
	return store;
}

void
pki_write(const char *path, const void *data, size_t len)
{
	FILE *f = fopen(path, "wb");

	MUST(f != NULL);
	MUST(fwrite(data, 1, len, f) == len);
	MUST(fclose(f) == 0);
}

char *
pki_crl_pem(X509_CRL *crl)
{
	BIO *bio = BIO_new(BIO_s_mem());

	MUST(bio != NULL && PEM_write_bio_X509_CRL(bio, crl) == 1);
	return bio_text(bio);
}
