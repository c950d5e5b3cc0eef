/* SPDX-License-Identifier: ISC */
#include "keyfile.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include "file.h"

#define SIZE_MAX_LOAD ((size_t)1 << 20) /* more than any chain with its key */

/* One source while it is read. */
struct reading {
	const char *origin;
	bool want_certs, want_key;
	struct tlsw__ask *ask;
	struct tlsw__found *found;
	bool ordered;
};

const char *
tlsw__keyfile_origin(char out[TLSW__ORIGIN_SIZE], const struct tlsw__source *source)
{
	char quote[TLSW__QUOTE_SIZE];

	if (source->name == NULL)
		(void)snprintf(out, TLSW__ORIGIN_SIZE, "the memory given");
	else
		(void)snprintf(
		    out, TLSW__ORIGIN_SIZE, "\"%s\"", tlsw__store_quote(quote, source->name));
	return out;
}

/* ---------------------------------------------------------------------- failures */

static int
refuse(const struct reading *r, const char *why)
{
	return tlsw__error_set(TLSW_ERR_CREDENTIALS, "%s %s", r->origin, why);
}

/* Something did not open; whether it was the password is known from how asking went. */
static int
refuse_locked(const struct reading *r, const char *what)
{
	if (ERR_peek_error() != 0 && tlsw__queue_tells_memory())
		return tlsw__error_set_memory();
	switch (r->ask->state) {
	case TLSW__NO_FUNCTION:
		return tlsw__error_set(TLSW_ERR_CREDENTIALS,
		    "the %s in %s is encrypted, and no password function was given", what,
		    r->origin);
	case TLSW__NO_PASSWORD:
		return tlsw__error_set(TLSW_ERR_CREDENTIALS,
		    "the %s in %s is encrypted, and the password function gave no password", what,
		    r->origin);
	case TLSW__PASSWORD:
		return tlsw__error_set(TLSW_ERR_CREDENTIALS,
		    "the %s in %s cannot be decrypted: wrong password?", what, r->origin);
	case TLSW__NOT_ASKED:
		break;
	}
	return tlsw__error_set(
	    TLSW_ERR_CREDENTIALS, "the %s in %s cannot be decoded", what, r->origin);
}

/* ------------------------------------------------------------------------ the parts */

static int
add_cert(struct reading *r, X509 *cert)
{
	struct tlsw__found *found = r->found;

	if (cert == NULL)
		return refuse_locked(r, "certificate");
	if (found->certs == NULL)
		found->certs = sk_X509_new_null();
	if (found->certs != NULL && sk_X509_push(found->certs, cert) > 0)
		return 0;
	X509_free(cert);
	return tlsw__error_set_memory();
}

static X509 *
decode_cert(const unsigned char *der, long len, bool trusted)
{
	const unsigned char *p = der;
	X509 *cert = d2i_X509(NULL, &p, len);

	if (cert != NULL && p != der + len && !trusted) {
		X509_free(cert);
		cert = NULL;
	}
	return cert;
}

/* PKCS#8 or one of the older forms, neither encrypted. */
static EVP_PKEY *
decode_key(const unsigned char *der, long len)
{
	const unsigned char *p = der;

	return d2i_AutoPrivateKey(NULL, &p, len);
}

/* EncryptedPrivateKeyInfo (RFC 5958 section 3). */
static EVP_PKEY *
decrypt_key(const unsigned char *der, long len, struct tlsw__ask *ask)
{
	const unsigned char *p = der;
	X509_SIG *sealed = d2i_X509_SIG(NULL, &p, len);
	PKCS8_PRIV_KEY_INFO *open = NULL;
	EVP_PKEY *key = NULL;

	if (sealed != NULL && tlsw__ask(ask) == 0)
		open = PKCS8_decrypt(sealed, ask->password, ask->len);
	if (open != NULL)
		key = EVP_PKCS82PKEY(open);
	PKCS8_PRIV_KEY_INFO_free(open);
	X509_SIG_free(sealed);
	return key;
}

/* ------------------------------------------------------------------------------ PEM */

struct block {
	char *name, *header;
	unsigned char *data;
	long len;
};

static void
clear_block(struct block *b)
{
	OPENSSL_secure_free(b->name);
	OPENSSL_secure_free(b->header);
	OPENSSL_secure_clear_free(b->data, b->len < 0 ? 0 : (size_t)b->len);
	memset(b, 0, sizeof(*b));
}

static bool
ends_with(const char *text, const char *end)
{
	const size_t n = strlen(text), m = strlen(end);

	return n >= m && strcmp(text + n - m, end) == 0;
}

static int
take_key(struct reading *r, struct block *b)
{
	EVP_CIPHER_INFO cipher;
	EVP_PKEY *key = NULL;

	if (strcmp(b->name, PEM_STRING_PKCS8) == 0)
		key = decrypt_key(b->data, b->len, r->ask);
	else if (PEM_get_EVP_CIPHER_INFO(b->header, &cipher) == 1 &&
		 PEM_do_header(&cipher, b->data, &b->len, tlsw__ask_pem, r->ask) == 1)
		key = decode_key(b->data, b->len);
	if (key == NULL)
		return refuse_locked(r, "private key");
	r->found->key = key;
	return 0;
}

static int
take_block(struct reading *r, struct block *b)
{
	const bool trusted = strcmp(b->name, PEM_STRING_X509_TRUSTED) == 0;

	if (r->want_certs && (trusted || strcmp(b->name, PEM_STRING_X509) == 0 ||
				 strcmp(b->name, PEM_STRING_X509_OLD) == 0))
		return add_cert(r, decode_cert(b->data, b->len, trusted));
	if (r->want_key && r->found->key == NULL && ends_with(b->name, "PRIVATE KEY"))
		return take_key(r, b);
	return 0;
}

/* Certificates in their order, and the first key. Other blocks are passed over. */
static int
read_pem(struct reading *r, BIO *bio)
{
	struct block b = {.name = NULL};
	int rv = 0;

	while (rv == 0) {
		tlsw__queue_clear();
		if (PEM_read_bio_ex(bio, &b.name, &b.header, &b.data, &b.len, PEM_FLAG_SECURE) != 1)
			break;
		rv = take_block(r, &b);
		clear_block(&b);
	}
	if (rv != 0 || ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE)
		return rv;
	return tlsw__queue_tells_memory() ? tlsw__error_set_memory() : refuse(r, "is damaged PEM");
}

/* -------------------------------------------------------------------------- PKCS#12 */

/*
 * The password that opens it: none and the empty one are tried first, they are
 * two things in PKCS#12; then it is asked. -1: the wrong one, or none.
 */
static int
open_pkcs12(PKCS12 *p12, struct tlsw__ask *ask, const char **password)
{
	*password = NULL;
	if (PKCS12_mac_present(p12) == 1 && PKCS12_verify_mac(p12, NULL, 0) == 1)
		return 0;
	*password = "";
	if (PKCS12_mac_present(p12) == 1 && PKCS12_verify_mac(p12, "", 0) == 1)
		return 0;
	tlsw__queue_clear();
	if (tlsw__ask(ask) != 0)
		return -1;
	*password = ask->password;
	return PKCS12_mac_present(p12) != 1 || PKCS12_verify_mac(p12, ask->password, ask->len) == 1
		   ? 0
		   : -1;
}

static int
keep_pkcs12(struct reading *r, EVP_PKEY *key, X509 *leaf, STACK_OF(X509) *others)
{
	X509 *cert;
	int rv = 0;

	if (r->want_key)
		r->found->key = key;
	else
		EVP_PKEY_free(key);
	if (leaf != NULL)
		rv = add_cert(r, leaf);
	while (rv == 0 && (cert = sk_X509_shift(others)) != NULL)
		rv = add_cert(r, cert);
	sk_X509_pop_free(others, X509_free);
	r->ordered = false;
	return rv;
}

static int
read_pkcs12(struct reading *r, PKCS12 *p12)
{
	EVP_PKEY *key = NULL;
	X509 *leaf = NULL;
	STACK_OF(X509) *others = NULL;
	const char *password;

	if (open_pkcs12(p12, r->ask, &password) != 0)
		return refuse_locked(r, "PKCS#12");
	tlsw__queue_clear();
	if (PKCS12_parse(p12, password, &key, &leaf, &others) == 1)
		return keep_pkcs12(r, key, leaf, others);
	if (ERR_GET_REASON(ERR_peek_error()) == ERR_R_UNSUPPORTED)
		return refuse(r, "is PKCS#12 with an encryption that OpenSSL no longer has (RC2?): "
				 "export it anew with AES");
	return refuse_locked(r, "PKCS#12");
}

/* ------------------------------------------------------------------------------ DER */

/* Whatever DER it is, one after the other. */
static int
read_der(struct reading *r, const unsigned char *der, long len)
{
	const unsigned char *p = der;
	PKCS12 *p12 = d2i_PKCS12(NULL, &p, len);
	X509_SIG *sealed;
	X509 *cert;
	int rv;

	if (p12 != NULL) {
		rv = read_pkcs12(r, p12);
		PKCS12_free(p12);
		return rv;
	}
	if (r->want_certs && (cert = decode_cert(der, len, false)) != NULL)
		return add_cert(r, cert);
	if (!r->want_key)
		return 0;
	p = der;
	sealed = d2i_X509_SIG(NULL, &p, len);
	if (sealed == NULL) {
		r->found->key = decode_key(der, len);
		return 0;
	}
	X509_SIG_free(sealed);
	r->found->key = decrypt_key(der, len, r->ask);
	return r->found->key != NULL ? 0 : refuse_locked(r, "private key");
}

/* --------------------------------------------------------------------------- sources */

static bool
looks_like_pem(const char *data, size_t len)
{
	static const char begin[] = "-----BEGIN ";
	size_t i;

	for (i = 0; i + sizeof(begin) - 1 <= len; i++)
		if (data[i] == '-' && memcmp(data + i, begin, sizeof(begin) - 1) == 0)
			return true;
	return false;
}

static int
read_data(struct reading *r, const void *data, size_t len)
{
	BIO *bio;
	int rv;

	if (len > SIZE_MAX_LOAD)
		return refuse(r, "is larger than 1 MiB, too large for a certificate and its key");
	if (!looks_like_pem(data, len))
		return read_der(r, data, (long)len);
	bio = BIO_new_mem_buf(data, (int)len);
	if (bio == NULL)
		return tlsw__error_set_memory();
	rv = read_pem(r, bio);
	BIO_free(bio);
	return rv;
}

static int
read_file(struct reading *r, const char *path)
{
	struct tlsw__fault fault;
	struct tlsw__file_id id;
	char *data = NULL;
	size_t len = 0;
	int rv;

	if (tlsw__file_read(path, &data, &len, &id, &fault) != 0) {
		if (fault.code == TLSW_ERR_MEMORY)
			return tlsw__error_set_memory();
		if (fault.os_errno != 0)
			return tlsw__error_set_errno(
			    TLSW_ERR_CREDENTIALS, fault.os_errno, "cannot read %s", r->origin);
		return tlsw__error_set(
		    TLSW_ERR_CREDENTIALS, "cannot read %s: %s", r->origin, fault.text);
	}
	rv = read_data(r, data, len);
	OPENSSL_cleanse(data, len);
	free(data);
	return rv;
}

static int
read_source(struct reading *r, const struct tlsw__source *source)
{
	if (source->name == NULL)
		return read_data(r, source->data, source->len);
	if (!tlsw__store_is_uri(source->name))
		return read_file(r, source->name);
	r->ordered = false;
	return tlsw__store_load(source->name, r->want_certs, r->want_key, r->ask, r->found);
}

int
tlsw__keyfile_load(const struct tlsw__source *source, bool want_certs, bool want_key,
    struct tlsw__ask *ask, struct tlsw__found *found, bool *ordered)
{
	char origin[TLSW__ORIGIN_SIZE];
	struct reading r = {
	    tlsw__keyfile_origin(origin, source), want_certs, want_key, ask, found, true};

	tlsw__queue_clear();
	if (read_source(&r, source) != 0)
		return -1;
	*ordered = r.ordered;
	if (want_certs && sk_X509_num(found->certs) <= 0)
		return refuse(&r, "holds no certificate");
	if (want_key && found->key == NULL)
		return refuse(&r, "holds no private key");
	return 0;
}
