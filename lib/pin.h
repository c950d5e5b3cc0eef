/*
 * pin.h - keys and certificates that the caller named himself: pins, which
 * must match as well, and exceptions, which are accepted whatever else is
 * wrong with them.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TLSW_PIN_H
#define TLSW_PIN_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/x509.h>

#include "name.h"

#define TLSW__DIGEST_SIZE 32 /* SHA-256 */

struct tlsw__pins {
	unsigned char (*digests)[TLSW__DIGEST_SIZE]; /* of SubjectPublicKeyInfo */
	size_t count;
};

/** One certificate for one host. */
struct tlsw__exception {
	struct tlsw__reference host;
	unsigned char digest[TLSW__DIGEST_SIZE]; /* of the certificate's DER */
};
struct tlsw__exceptions {
	struct tlsw__exception *list;
	size_t count;
};

/** Set pins from "sha256//BASE64;sha256//BASE64", in place of earlier ones. -1: error set, nothing changed. */
int tlsw__pins_set(struct tlsw__pins *pins, const char *text);
void tlsw__pins_clear(struct tlsw__pins *pins);

#define TLSW__PIN_SIZE 53 /* "sha256//", 44 characters and a NUL */

/** Pin i as it was set, in out. */
const char *tlsw__pins_text(const struct tlsw__pins *pins, size_t i, char out[TLSW__PIN_SIZE]);

/** Whether there are no pins, or the leaf's key is one of them. */
bool tlsw__pins_allow(const struct tlsw__pins *pins, X509 *leaf);

/** Add "cert-sha256:HEX" for a host. -1: error set, nothing changed. */
int tlsw__exceptions_add(struct tlsw__exceptions *exceptions, const struct tlsw__reference *host,
    const char *fingerprint);
void tlsw__exceptions_clear(struct tlsw__exceptions *exceptions);

/** Whether exactly this leaf is excepted for exactly this host. */
bool tlsw__exceptions_cover(const struct tlsw__exceptions *exceptions,
    const struct tlsw__reference *host, X509 *leaf);

#endif
