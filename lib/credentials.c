/* SPDX-License-Identifier: ISC */
#include "credentials.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "cert.h"
#include "error.h"
#include "keyfile.h"

struct tlsw__credentials {
	struct tlsw__found chain; /* the leaf and what certifies it */
	struct tlsw__found key;	  /* may be of another source */
	X509 *leaf;		  /* the first of the chain, lent */
	STACK_OF(X509) *rest;	  /* the others, lent */
	unsigned char digest[TLSW__CREDENTIALS_DIGEST_SIZE];
};

void
tlsw__credentials_free(struct tlsw__credentials *c)
{
	if (c == NULL)
		return;
	sk_X509_free(c->rest);
	tlsw__found_clear(&c->key);
	tlsw__found_clear(&c->chain);
	free(c);
}

const unsigned char *
tlsw__credentials_digest(const struct tlsw__credentials *c)
{
	return c->digest;
}

X509 *
tlsw__credentials_leaf(const struct tlsw__credentials *c)
{
	return c->leaf;
}

/* --------------------------------------------------------------------- the chain */

/* Which certificate the key belongs to; -1: none. */
static int
find_owner(const STACK_OF(X509) *certs, EVP_PKEY *key)
{
	int i;

	for (i = 0; i < sk_X509_num(certs); i++)
		if (EVP_PKEY_eq(X509_get0_pubkey(sk_X509_value(certs, i)), key) == 1)
			return i;
	return -1;
}

static X509 *
take_issuer(STACK_OF(X509) *certs, X509 *of)
{
	int i;

	for (i = 0; i < sk_X509_num(certs); i++)
		if (X509_check_issued(sk_X509_value(certs, i), of) == X509_V_OK)
			return sk_X509_delete(certs, i);
	return NULL;
}

/*
 * PKCS#12 and stores have no order: put the key's certificate first and its
 * issuers behind it, as TLS wants them (RFC 8446 section 4.4.2). Others go.
 */
static int
arrange(struct tlsw__found *found, int owner)
{
	STACK_OF(X509) *path = sk_X509_new_null();
	X509 *next = path == NULL ? NULL : sk_X509_delete(found->certs, owner);

	while (next != NULL) {
		if (sk_X509_push(path, next) <= 0) {
			X509_free(next);
			break;
		}
		next = X509_self_signed(next, 0) == 1 ? NULL : take_issuer(found->certs, next);
	}
	sk_X509_pop_free(found->certs, X509_free);
	found->certs = path;
	return path == NULL || next != NULL ? tlsw__error_set_memory() : 0;
}

static int
refuse_stranger(const struct tlsw__credentials *c, int owner, const char *chain, const char *key)
{
	tls_certificate *leaf = tlsw__cert_new(sk_X509_value(c->chain.certs, 0), NULL);
	const char *subject = leaf == NULL ? NULL : tls_certificate_subject(leaf);

	if (owner > 0)
		(void)tlsw__error_set(TLSW_ERR_CREDENTIALS,
		    "the key in %s belongs to certificate %d of %s: "
		    "put that one first, its issuers behind it",
		    key, owner + 1, chain);
	else
		(void)tlsw__error_set(TLSW_ERR_CREDENTIALS,
		    "the key in %s is not the one of the certificate \"%.200s\" in %s", key,
		    subject == NULL ? "?" : subject, chain);
	tls_certificate_free(leaf);
	return -1;
}

/* Key and certificate are compared here, not when a server asks for them. */
static int
pair(struct tlsw__credentials *c, bool ordered, const char *chain, const char *key)
{
	const int owner = find_owner(c->chain.certs, c->key.key);
	int i;

	if (owner < 0 || (ordered && owner > 0))
		return refuse_stranger(c, owner, chain, key);
	if (!ordered && arrange(&c->chain, owner) != 0)
		return -1;
	c->leaf = sk_X509_value(c->chain.certs, 0);
	c->rest = sk_X509_new_null();
	for (i = 1; c->rest != NULL && i < sk_X509_num(c->chain.certs); i++)
		if (sk_X509_push(c->rest, sk_X509_value(c->chain.certs, i)) <= 0)
			return tlsw__error_set_memory();
	return c->rest == NULL ? tlsw__error_set_memory() : 0;
}

/* ---------------------------------------------------------------------- may it be used */

static int
refuse_unusable(int level, const char *origin)
{
	switch (ERR_GET_REASON(ERR_peek_last_error())) {
	case SSL_R_EE_KEY_TOO_SMALL:
	case SSL_R_CA_KEY_TOO_SMALL:
	case SSL_R_CA_MD_TOO_WEAK:
		return tlsw__error_set_openssl(TLSW_ERR_CREDENTIALS,
		    "%s is too weak for security level %d (tls_context_set_security_level)", origin,
		    level);
	default:
		return tlsw__error_set_openssl(
		    TLSW_ERR_CREDENTIALS, "%s cannot be used in TLS", origin);
	}
}

/* Let OpenSSL have a look now: it would refuse only when a server asks for the certificate. */
static int
try(const struct tlsw__credentials *c, int level, const char *origin)
{
	SSL_CTX *scratch = SSL_CTX_new(TLS_client_method());
	int rv = 0;

	if (scratch == NULL)
		return tlsw__error_set_memory();
	SSL_CTX_set_security_level(scratch, level);
	tlsw__queue_clear();
	if (SSL_CTX_use_cert_and_key(scratch, c->leaf, c->key.key, c->rest, 1) != 1)
		rv = refuse_unusable(level, origin);
	SSL_CTX_free(scratch);
	return rv;
}

static int
digest_all(struct tlsw__credentials *c)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool ok = md != NULL && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1;
	unsigned char *der;
	int i, len;

	for (i = 0; ok && i < sk_X509_num(c->chain.certs); i++) {
		der = NULL;
		len = i2d_X509(sk_X509_value(c->chain.certs, i), &der);
		ok = len > 0 && EVP_DigestUpdate(md, &len, sizeof(len)) == 1 &&
		     EVP_DigestUpdate(md, der, (size_t)len) == 1;
		OPENSSL_free(der);
	}
	ok = ok && EVP_DigestFinal_ex(md, c->digest, NULL) == 1;
	EVP_MD_CTX_free(md);
	return ok ? 0 : tlsw__error_set_memory();
}

int
tlsw__credentials_use(const struct tlsw__credentials *c, SSL *ssl)
{
	return SSL_use_cert_and_key(ssl, c->leaf, c->key.key, c->rest, 1) == 1 ? 1 : 0;
}

/* ------------------------------------------------------------------------- loading */

static int
load(struct tlsw__credentials *c, const struct tlsw__source *chain, const struct tlsw__source *key,
    int level, struct tlsw__ask *ask)
{
	char chain_origin[TLSW__ORIGIN_SIZE], key_origin[TLSW__ORIGIN_SIZE];
	const bool apart = key != NULL;
	bool ordered = true, ignored;

	if (tlsw__keyfile_load(chain, true, !apart, ask, &c->chain, &ordered) != 0)
		return -1;
	tlsw__ask_clear(ask);
	if (apart && tlsw__keyfile_load(key, false, true, ask, &c->key, &ignored) != 0)
		return -1;
	if (!apart) {
		c->key.key = c->chain.key;
		c->chain.key = NULL;
	}
	tlsw__keyfile_origin(chain_origin, chain);
	tlsw__keyfile_origin(key_origin, apart ? key : chain);
	if (pair(c, ordered, chain_origin, key_origin) != 0 || try(c, level, chain_origin) != 0)
		return -1;
	return digest_all(c);
}

struct tlsw__credentials *
tlsw__credentials_load(const struct tlsw__source *chain, const struct tlsw__source *key, int level,
    tlsw_password_fn password, void *arg)
{
	struct tlsw__credentials *c = calloc(1, sizeof(*c));
	struct tlsw__ask ask = {.fn = password, .arg = arg};

	if (c == NULL) {
		(void)tlsw__error_set_memory();
		return NULL;
	}
	if (load(c, chain, key, level, &ask) != 0) {
		tlsw__credentials_free(c);
		c = NULL;
	}
	tlsw__ask_clear(&ask);
	return c;
}
