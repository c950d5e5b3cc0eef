/*
 * store.h - certificates and keys behind a URI: a token ("pkcs11:token=..."),
 * or whatever else OpenSSL has a store loader for.
 *
 * Tokens are reached through a loader of that scheme where one is configured
 * (pkcs11-provider), else through OpenSSL's engine "pkcs11": the one that the
 * application has loaded, or one of our own that nobody else sees.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TLSW_STORE_H
#define TLSW_STORE_H

#include <stdbool.h>

#include <openssl/x509.h>

#include "error.h"
#include "password.h"

/** What came out of a source. Zeroed before use. */
struct tlsw__found {
	STACK_OF(X509) *certs; /* NULL: none */
	EVP_PKEY *key;
	void *engine; /* what the key lives in; released after it */
};
void tlsw__found_clear(struct tlsw__found *found);

/** Whether this names a store and not a file: letters, then a colon, before any slash. */
bool tlsw__store_is_uri(const char *name);

/** A file or URI for a message: without a URI's query, which may hold a PIN (RFC 7512 section 2.4).
 */
const char *tlsw__store_quote(char out[TLSW__QUOTE_SIZE], const char *name);

/**
 * Load certificates, or the private key, or both. Nothing found is no failure
 * here. Returns 0, or -1 with TLSW_ERR_CREDENTIALS or _MEMORY set.
 */
int tlsw__store_load(const char *uri, bool want_certs, bool want_key, struct tlsw__ask *ask,
    struct tlsw__found *found);

#endif
