/*
 * session.h - sessions kept for resumption, each with the verified chain of
 * the server that gave it.
 *
 * A store belongs to one context and is bounded. What is looked for is a key:
 * a digest of everything that decided trust (context.c); nothing is handed out
 * for another key. TLS 1.3 sessions are handed out once (RFC 8446 appendix
 * C.4), the newest first.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TLSW_SESSION_H
#define TLSW_SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/ssl.h>

#define TLSW__KEY_SIZE 32 /* SHA-256 */

/** A session and who it was made with. */
struct tlsw__session {
	SSL_SESSION *session;
	STACK_OF(X509) *path; /* the verified chain, leaf first */
};

struct tlsw__sessions;

/** A store for at most max sessions; NULL: TLSW_ERR_MEMORY is set. */
struct tlsw__sessions *tlsw__sessions_new(size_t max);
void tlsw__sessions_free(struct tlsw__sessions *store);

/** How many there are, and how many there may be. */
size_t tlsw__sessions_count(struct tlsw__sessions *store, size_t *max);

/**
 * Keep a session; takes references of its own. The oldest goes when there is
 * no room. A session that cannot be resumed is not kept, nor is anything when
 * memory is short: that costs a full handshake later, no more.
 */
void tlsw__sessions_put(struct tlsw__sessions *store, const unsigned char key[TLSW__KEY_SIZE],
    SSL_SESSION *session, STACK_OF(X509) *path);

/**
 * The newest session for a key that can still be resumed: true and *out to be
 * cleared by the caller, or false.
 */
bool tlsw__sessions_take(struct tlsw__sessions *store, const unsigned char key[TLSW__KEY_SIZE],
    struct tlsw__session *out);

void tlsw__session_clear(struct tlsw__session *session);

/** Whether a session can be offered now: resumable, within its lifetime and 7 days. */
bool tlsw__session_usable(const SSL_SESSION *session);

#endif
