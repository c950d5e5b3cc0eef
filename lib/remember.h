/*
 * remember.h - chains that a context has verified, so that the same octets for
 * the same host against the same trust are not verified twice.
 *
 * Only a chain that X509_verify_cert() accepted is remembered, under a digest
 * of the session key (everything that decided trust) and of every certificate
 * that the server presented; for ten minutes at most and never longer than
 * any of its certificates is valid.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TLSW_REMEMBER_H
#define TLSW_REMEMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include <openssl/x509.h>

#include "session.h"

struct tlsw__chains;

/** Room for at most max chains; NULL: TLSW_ERR_MEMORY is set. */
struct tlsw__chains *tlsw__chains_new(size_t max);
void tlsw__chains_free(struct tlsw__chains *chains);

/** How many chains there is room for; with 0 nothing need be looked up. */
size_t tlsw__chains_max(const struct tlsw__chains *chains);

/**
 * The digest of a presented chain under a key: of the leaf and of every other
 * certificate in their order, each octet of their DER. false: memory.
 */
bool tlsw__chains_digest(const unsigned char key[TLSW__KEY_SIZE], X509 *leaf,
    STACK_OF(X509) *presented, unsigned char digest[TLSW__KEY_SIZE]);

/** Remember the verified path; takes references of its own. */
void tlsw__chains_put(struct tlsw__chains *chains, const unsigned char digest[TLSW__KEY_SIZE],
    STACK_OF(X509) *path);

/**
 * The path that was verified for a digest, all of whose certificates are valid
 * at that time; NULL if there is none. sk_X509_pop_free() it.
 */
STACK_OF(X509) *tlsw__chains_get(struct tlsw__chains *chains,
    const unsigned char digest[TLSW__KEY_SIZE], time_t when);

/** Whether every certificate of a path is within its dates; an undecodable date is not. */
bool tlsw__chain_in_dates(const STACK_OF(X509) *path, time_t when);

#endif
