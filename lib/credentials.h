/*
 * credentials.h - the client's own certificate: its chain and its key, loaded,
 * compared, and given to a connection whose server has been accepted.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TLSW_CREDENTIALS_H
#define TLSW_CREDENTIALS_H

#include <openssl/ssl.h>

#include "keyfile.h"

#define TLSW__CREDENTIALS_DIGEST_SIZE 32 /* SHA-256 */

/** A leaf, what certifies it, and its key. */
struct tlsw__credentials;

/**
 * Load them. key NULL: from the same source. level is OpenSSL's security level
 * that they have to meet. NULL: TLSW_ERR_CREDENTIALS or _MEMORY is set.
 */
struct tlsw__credentials *tlsw__credentials_load(const struct tlsw__source *chain,
    const struct tlsw__source *key, int level, tlsw_password_fn password, void *arg);
void tlsw__credentials_free(struct tlsw__credentials *credentials);

/** Use them in a connection; 1, or 0 with OpenSSL's error queue filled. */
int tlsw__credentials_use(const struct tlsw__credentials *credentials, SSL *ssl);

/** Who one is with them: a digest of the leaf, which holds the public key, and its chain. */
const unsigned char *tlsw__credentials_digest(const struct tlsw__credentials *credentials);

/** The leaf, lent. */
X509 *tlsw__credentials_leaf(const struct tlsw__credentials *credentials);

#endif
