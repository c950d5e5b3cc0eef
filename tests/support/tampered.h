/*
 * tampered.h - a handshake in which somebody sits between client and server:
 * the server's messages are opened, changed, left out or joined by others, and
 * sealed again. The server's Finished is made anew for what the client was
 * sent, so that nothing but the change itself is wrong.
 *
 * Client and server live in this thread; TLS 1.3 speaks AES-128-GCM. TLS 1.2
 * is changed up to its ChangeCipherSpec.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TAMPERED_H
#define TAMPERED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <openssl/ssl.h>

#include "tlswrap.h"
#include "support/pki.h"

enum tamper_do {
	TAMPER_NOTHING,
	TAMPER_DROP,	/* the message is left out */
	TAMPER_REPLACE, /* data instead */
	TAMPER_BEFORE,	/* a record of that type with data comes first */
	TAMPER_FINISH,	/* Finished comes instead, and nothing more */
	TAMPER_SPOIL	/* the last octet is another */
};

/** What is done to messages: one of at[] each time its type comes; 0 ends them. */
struct tamper {
	int version; /* TLS1_2_VERSION or TLS1_3_VERSION */
	int at[3];   /* SSL3_MT_* */
	enum tamper_do what;
	int type; /* of the record, for TAMPER_BEFORE */
	const void *data;
	size_t len;
};

#define TAMPER_SECRET 32

/** One side's keys of TLS 1.3, and the number of the next record. */
struct tampered_keys {
	bool there;
	unsigned char secret[TAMPER_SECRET];
	uint64_t number;
};

struct tampered_octets {
	unsigned char *at;
	size_t len;
};

struct tampered {
	SSL *server;
	const struct tamper *plan;
	struct tampered_octets wire;	 /* made by the server, not yet looked at */
	struct tampered_octets messages; /* handshake messages, not yet whole */
	struct tampered_octets out;	 /* on its way to the client */
	struct tampered_octets said;	 /* all messages as the client knows them */
	struct tampered_keys opening, sealing;
	bool sealed;  /* TLS 1.3: behind the ServerHello */
	bool through; /* nothing is changed any more */
	bool silent;  /* nothing is sent any more */
	int done;     /* how often the plan took place */
	int closed;
};

/** The context of such servers, with that certificate and key (NULL: the certificate's own). */
SSL_CTX *tampered_ctx(const struct pki *leaf, EVP_PKEY *key);

void tampered_start(struct tampered *t, SSL_CTX *ctx, const struct tamper *plan);
void tampered_stop(struct tampered *t);

/** The server takes what came, echoes what it can read, and what it makes is passed on. */
void tampered_step(struct tampered *t);

/** For tls_wrap_transport(), with the struct tampered as its argument. */
extern const struct tls_transport tampered_calls;

/* ------------------------------------------------- records and messages by hand */

/** RFC 8446 7.1, HKDF-Expand-Label of SHA-256 with an empty context. */
void tampered_expand(
    const unsigned char *secret, const char *label, unsigned char *out, size_t len);

/** Seal a record of that type; the room for out is len + 22. Returns its length. */
size_t tampered_seal(
    struct tampered_keys *keys, int type, const void *data, size_t len, unsigned char *out);

/** Open one in place: the length of its content, and its type; -1 if it is none. */
ssize_t tampered_open(struct tampered_keys *keys, unsigned char *record, size_t len, int *type);

/** The Finished message for what was said so far: 36 octets. */
#define TAMPERED_FINISHED_LEN 36
void tampered_finished(
    const unsigned char *secret, const void *said, size_t len, unsigned char *out);

/** A Certificate message with one certificate. The caller frees it. */
unsigned char *tampered_certificate(int version, X509 *cert, size_t *len);

/** A private key beside another's public key: it signs, and its signatures are wrong. */
EVP_PKEY *tampered_key(EVP_PKEY *shown);

#endif
