/*
 * keyfile.h - certificates and private keys as people keep them: PEM, DER,
 * PKCS#12, in a file or in memory, or behind the URI of a store.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TLSW_KEYFILE_H
#define TLSW_KEYFILE_H

#include <stdbool.h>

#include "error.h"
#include "store.h"

/** Where something comes from: a file or a URI, or memory where name is NULL. */
struct tlsw__source {
	const char *name;
	const void *data;
	size_t len;
};

#define TLSW__ORIGIN_SIZE (TLSW__QUOTE_SIZE + 2)

/** `"client.pem"` or `the memory given`, for messages; returns out. A PIN in a URI is left out. */
const char *tlsw__keyfile_origin(char out[TLSW__ORIGIN_SIZE], const struct tlsw__source *source);

/**
 * Load what is wanted; each must be there. Keys are decrypted with the password
 * that ask gives. *ordered: the certificates stand as their owner put them, the
 * leaf first. Returns 0, or -1 with TLSW_ERR_CREDENTIALS or _MEMORY set; found
 * is to be cleared in either case.
 */
int tlsw__keyfile_load(const struct tlsw__source *source, bool want_certs, bool want_key,
    struct tlsw__ask *ask, struct tlsw__found *found, bool *ordered);

#endif
