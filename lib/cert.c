/* SPDX-License-Identifier: ISC */
#include "cert.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include "dn.h"
#include "error.h"

/* What is made at the first call: a text, or a block that begins with its size. */
enum part { SUBJECT, ISSUER_NAME, SERIAL, SHA256_HEX, PIN, DER, NAMES, PARTS };

struct tls_certificate {
	atomic_uint refs;
	X509 *x509;
	int has_san; /* what tlsw__san_open() said */
	struct tlsw__san san;
	tls_certificate *issuer; /* a reference of our own; NULL at the end of the chain */
	_Atomic(void *) parts[PARTS];
};

struct der {
	size_t len;
	unsigned char at[];
};

struct names {
	size_t count;
	struct tls_name at[]; /* the values lie in the X509 */
};

/* --------------------------------------------------------------- the object */

static tls_certificate *
new_one(X509 *x509)
{
	tls_certificate *cert = calloc(1, sizeof(*cert));
	int i;

	if (cert == NULL || X509_up_ref(x509) != 1) {
		free(cert);
		(void)tlsw__error_set_memory();
		return NULL;
	}
	atomic_init(&cert->refs, 1);
	for (i = 0; i < PARTS; i++)
		atomic_init(&cert->parts[i], NULL);
	cert->x509 = x509;
	cert->has_san = tlsw__san_open(x509, &cert->san);
	return cert;
}

tls_certificate *
tlsw__cert_new(X509 *leaf, STACK_OF(X509) *chain)
{
	tls_certificate *first = new_one(leaf), *last = first;
	int i;

	for (i = 0; first != NULL && i < sk_X509_num(chain); i++) {
		if (i == 0 && X509_cmp(sk_X509_value(chain, 0), leaf) == 0)
			continue;
		last->issuer = new_one(sk_X509_value(chain, i));
		if (last->issuer == NULL) {
			tls_certificate_free(first);
			return NULL;
		}
		last = last->issuer;
	}
	return first;
}

int
tlsw__cert_rest(const tls_certificate *cert, STACK_OF(X509) **rest)
{
	*rest = sk_X509_new_null();
	while (*rest != NULL && (cert = cert->issuer) != NULL)
		if (sk_X509_push(*rest, cert->x509) == 0) {
			sk_X509_free(*rest);
			*rest = NULL;
		}
	return *rest != NULL ? 0 : tlsw__error_set_memory();
}

X509 *
tlsw__cert_x509(const tls_certificate *cert)
{
	return cert->x509;
}

int
tlsw__cert_san(const tls_certificate *cert, struct tlsw__san *san)
{
	*san = cert->san;
	return cert->has_san;
}

tls_certificate *
tls_certificate_ref(const tls_certificate *cert)
{
	tls_certificate *mine = (tls_certificate *)(uintptr_t)cert;

	if (mine != NULL)
		(void)atomic_fetch_add(&mine->refs, 1);
	return mine;
}

void
tls_certificate_free(tls_certificate *cert)
{
	int i;

	while (cert != NULL && atomic_fetch_sub(&cert->refs, 1) == 1) {
		tls_certificate *issuer = cert->issuer;

		for (i = 0; i < PARTS; i++)
			free(atomic_load(&cert->parts[i]));
		X509_free(cert->x509);
		free(cert);
		cert = issuer;
	}
}

const tls_certificate *
tls_certificate_issuer(const tls_certificate *cert)
{
	return cert == NULL ? NULL : cert->issuer;
}

/* ---------------------------------------------------------------- the parts */

static void *
make_name_text(const X509_NAME *name)
{
	char text[TLSW__DN_SIZE];

	return tlsw__dn_text(text, sizeof(text), name) == NULL ? NULL : strdup(text);
}

static void *
make_subject(X509 *x509)
{
	return make_name_text(X509_get_subject_name(x509));
}

static void *
make_issuer_name(X509 *x509)
{
	return make_name_text(X509_get_issuer_name(x509));
}

static void
put_hex(char *out, const unsigned char *octets, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < len; i++) {
		*out++ = digits[octets[i] >> 4];
		*out++ = digits[octets[i] & 15];
	}
	*out = '\0';
}

/* RFC 5280 section 4.1.2.2 allows 20 octets, which stops nobody. */
#define SERIAL_MAX 64

static void *
make_serial(X509 *x509)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(x509);
	const size_t len = (size_t)ASN1_STRING_length(serial);
	const size_t taken = len > SERIAL_MAX ? SERIAL_MAX : len;
	char *text = malloc(1 + 2 * taken + sizeof("..."));
	char *p = text;

	if (text == NULL)
		return NULL;
	if (ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER)
		*p++ = '-';
	put_hex(p, ASN1_STRING_get0_data(serial), taken);
	if (taken < len)
		memcpy(p + 2 * taken, "...", sizeof("..."));
	return text;
}

static void *
make_der(X509 *x509)
{
	const int len = i2d_X509(x509, NULL);
	struct der *der = len <= 0 ? NULL : malloc(sizeof(*der) + (size_t)len);
	unsigned char *end;

	if (der == NULL)
		return NULL;
	der->len = (size_t)len;
	end = der->at;
	if (i2d_X509(x509, &end) != len) {
		free(der);
		return NULL;
	}
	return der;
}

static void *
make_sha256(X509 *x509)
{
	unsigned char digest[SHA256_DIGEST_LENGTH];
	char *text;

	if (X509_digest(x509, EVP_sha256(), digest, NULL) != 1)
		return NULL;
	text = malloc(2 * sizeof(digest) + 1);
	if (text != NULL)
		put_hex(text, digest, sizeof(digest));
	return text;
}

static void *
make_pin(X509 *x509)
{
	static const char head[] = "sha256//";
	unsigned char digest[SHA256_DIGEST_LENGTH], *spki = NULL;
	const int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), &spki);
	char *text = NULL;

	if (len > 0 && EVP_Digest(spki, (size_t)len, digest, NULL, EVP_sha256(), NULL) == 1)
		text = malloc(sizeof(head) + 4 * ((sizeof(digest) + 2) / 3));
	if (text != NULL) {
		memcpy(text, head, sizeof(head) - 1);
		(void)EVP_EncodeBlock(
		    (unsigned char *)text + sizeof(head) - 1, digest, (int)sizeof(digest));
	}
	OPENSSL_free(spki);
	return text;
}

/* ---------------------------------------------------------------- the names */

/* The entries of one type behind names->at[count]; only counts when names is NULL. */
static int
add_san(const X509 *x509, enum tlsw_name_type type, struct names *names, size_t *count)
{
	struct tlsw__san san;
	struct tls_name name;
	int rv = tlsw__san_open(x509, &san);

	while (rv == 1 && (rv = tlsw__san_next(&san, &name)) == 1) {
		if (name.type != type)
			continue;
		if (names != NULL)
			names->at[*count] = name;
		++*count;
	}
	return rv;
}

static void
add_common_names(const X509 *x509, struct names *names, size_t *count)
{
	const X509_NAME *subject = X509_get_subject_name(x509);
	int i = -1;

	while ((i = X509_NAME_get_index_by_NID(subject, NID_commonName, i)) >= 0) {
		const ASN1_STRING *cn = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, i));

		if (names != NULL)
			names->at[*count] = (struct tls_name){TLSW_NAME_CN,
			    ASN1_STRING_get0_data(cn), (size_t)ASN1_STRING_length(cn)};
		++*count;
	}
}

/* How many there are; none at all when the subjectAltName cannot be trusted. */
static size_t
add_names(const X509 *x509, struct names *names)
{
	size_t count = 0;
	int type;

	for (type = TLSW_NAME_DNS; type < TLSW_NAME_CN; type++)
		if (add_san(x509, (enum tlsw_name_type)type, names, &count) == -1)
			return 0;
	add_common_names(x509, names, &count);
	return count;
}

static void *
make_names(X509 *x509)
{
	const size_t count = add_names(x509, NULL);
	struct names *names = malloc(sizeof(*names) + count * sizeof(names->at[0]));

	if (names == NULL)
		return NULL;
	names->count = count;
	if (count > 0)
		(void)add_names(x509, names);
	return names;
}

/* -------------------------------------------------------------- the getters */

static void *(*const makers[PARTS])(X509 *) = {
    [SUBJECT] = make_subject,
    [ISSUER_NAME] = make_issuer_name,
    [SERIAL] = make_serial,
    [SHA256_HEX] = make_sha256,
    [PIN] = make_pin,
    [DER] = make_der,
    [NAMES] = make_names,
};

/*
 * The part, made by whichever thread comes first: several may try at once, one
 * of the results is published and the others are dropped.
 */
static const void *
get(const tls_certificate *cert, enum part part)
{
	_Atomic(void *) *slot = &((tls_certificate *)(uintptr_t)cert)->parts[part];
	void *there = atomic_load(slot), *made;
	struct tlsw__queue queue;

	if (there != NULL)
		return there;
	tlsw__queue_save(&queue);
	made = makers[part](cert->x509);
	tlsw__queue_restore(&queue);
	if (made == NULL || atomic_compare_exchange_strong(slot, &there, made))
		return made;
	free(made);
	return there;
}

const char *
tls_certificate_subject(const tls_certificate *cert)
{
	return cert == NULL ? NULL : get(cert, SUBJECT);
}

const char *
tls_certificate_issuer_name(const tls_certificate *cert)
{
	return cert == NULL ? NULL : get(cert, ISSUER_NAME);
}

const char *
tls_certificate_serial(const tls_certificate *cert)
{
	return cert == NULL ? NULL : get(cert, SERIAL);
}

const char *
tls_certificate_sha256(const tls_certificate *cert)
{
	return cert == NULL ? NULL : get(cert, SHA256_HEX);
}

const char *
tls_certificate_pin(const tls_certificate *cert)
{
	return cert == NULL ? NULL : get(cert, PIN);
}

const void *
tls_certificate_der(const tls_certificate *cert, size_t *len)
{
	const struct der *der = cert == NULL ? NULL : get(cert, DER);

	if (len != NULL)
		*len = der == NULL ? 0 : der->len;
	return der == NULL ? NULL : der->at;
}

size_t
tls_certificate_names(const tls_certificate *cert, const struct tls_name **names)
{
	const struct names *all = cert == NULL ? NULL : get(cert, NAMES);
	const size_t count = all == NULL ? 0 : all->count;

	if (names != NULL)
		*names = count == 0 ? NULL : all->at;
	return count;
}

/*
 * OpenSSL decodes. With these lengths it can only be one of the two forms that
 * RFC 5280 section 4.1.2.5 allows, so -1 is what a verification calls a
 * malformed time as well.
 */
time_t
tlsw__cert_seconds(const ASN1_TIME *t)
{
	const struct tm epoch = {.tm_year = 70, .tm_mday = 1};
	struct tm tm;
	int days, rest;

	if (ASN1_STRING_length(t) != (ASN1_STRING_type(t) == V_ASN1_UTCTIME ? 13 : 15))
		return -1;
	if (ASN1_TIME_to_tm(t, &tm) != 1 || OPENSSL_gmtime_diff(&days, &rest, &epoch, &tm) != 1)
		return -1;
	return (time_t)days * 86400 + rest;
}

time_t
tls_certificate_not_before(const tls_certificate *cert)
{
	return cert == NULL ? -1 : tlsw__cert_seconds(X509_get0_notBefore(cert->x509));
}

time_t
tls_certificate_not_after(const tls_certificate *cert)
{
	return cert == NULL ? -1 : tlsw__cert_seconds(X509_get0_notAfter(cert->x509));
}
