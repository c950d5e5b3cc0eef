/*
 * context.h - the settings of a tls_context, frozen at its first use.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TLSW_CONTEXT_H
#define TLSW_CONTEXT_H

#include <stdatomic.h>
#include <pthread.h>

#include <openssl/ssl.h>

#include "credentials.h"
#include "remember.h"
#include "session.h"
#include "transport.h"
#include "trust.h"
#include "verify.h"

#define TLSW__VERIFY_DEPTH 100

/* Forward secrecy and AEAD only. */
#define TLSW__DEFAULT_TLS12_CIPHERS                                                        \
	"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"                     \
	"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"                     \
	"ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
#define TLSW__DEFAULT_TLS13_SUITES \
	"TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"

struct tls_context {
	atomic_uint refs;
	atomic_bool frozen;
	long min_version_floor;       /* what openssl.cnf asks for at least */
	int security_level_floor;     /* likewise; 0: nothing above the default */
	SSL_CTX *ssl_ctx;             /* its own store of CAs stays empty */
	BIO_METHOD *transport_method;
	struct tlsw__trust *trust;
	struct tlsw__verify_policy policy;
	int handshake_timeout_ms;
	char *tls12_ciphers, *tls13_suites, *groups, *sigalgs; /* what was set; NULL: the defaults */
	enum tlsw_profile profile;
	int keylog_fd; /* -1: none */
	char *keylog_path; /* NULL: none */
	struct tlsw__credentials *credentials; /* NULL: no client certificate */
	atomic_bool native; /* the SSL_CTX was handed out: what is in it may be the caller's */
	struct tlsw__sessions *sessions;
	struct tlsw__chains *chains;
	unsigned char *alpn; /* what is offered, as on the wire; NULL: nothing */
	size_t alpn_len;
	bool alpn_required;
};

/**
 * Who decides about the peer of an SSL: 1 to go on with the handshake. An SSL
 * without a judge refuses every peer.
 */
struct tlsw__judge {
	int (*decide)(struct tlsw__judge *judge, X509_STORE_CTX *presented);
	int (*staple)(struct tlsw__judge *judge); /* the server's OCSP answer, or none, is there */
	void (*keep)(struct tlsw__judge *judge, SSL_SESSION *session); /* the server gave one; lent */
	bool (*asked)(struct tlsw__judge *judge); /* for a client certificate: may it have one? */
};
/** An SSL of the context with its judge, which must outlive it; NULL with the error set. */
SSL *tlsw__context_new_ssl(tls_context *ctx, struct tlsw__judge *judge);
struct tlsw__judge *tlsw__context_judge(const SSL *ssl);

/**
 * Freeze ctx, or the shared default context if it is NULL, and give a
 * reference to it, for tls_context_free(). NULL: the default context could not be made, error set.
 */
tls_context *tlsw__context_use(tls_context *ctx);

/**
 * Whether the context can trust anybody, by a snapshot of its store: 0; -1 with
 * TLSW_ERR_TRUST_STORE set when a chain is required and there is neither an
 * anchor nor an exception.
 */
int tlsw__context_check_trust(const tls_context *ctx, const struct tlsw__snapshot *snapshot);

/**
 * The key under which sessions and verified chains are kept: a digest of every
 * setting and of everything in the request that decides trust. port is the
 * server's, 0 if it has none. false: no key, so nothing may be reused.
 */
bool tlsw__context_key(const tls_context *ctx, const struct tlsw__verify_request *request, int port,
    unsigned char key[TLSW__KEY_SIZE]);

/** Why neither sessions nor chains are kept, whatever their number; NULL: they are. */
const char *tlsw__context_keeps_nothing(const tls_context *ctx);

/** The context of an SSL; NULL if it has none. */
tls_context *tlsw__context_of(const SSL *ssl);

/** Whether that application protocol is among those offered. */
bool tlsw__context_offers_alpn(const tls_context *ctx, const unsigned char *name, size_t len);

#endif
