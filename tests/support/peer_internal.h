/*
 * peer_internal.h - what the files of the scripted peer share.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef PEER_INTERNAL_H
#define PEER_INTERNAL_H

#include "support/peer.h"

#include <stdint.h>

#define PEER_HELLO_MAX  16709 /* a record header, and a record of the largest size */
#define PEER_LIMIT_MS   10000

struct peer_connection {
	int fd; /* -1 once closed */
	const struct peer_options *options;
	SSL_CTX *ctx;
	SSL *ssl;
	struct peer_report *report;
	int64_t deadline; /* in milliseconds of peer_clock() */
	size_t piece;     /* 0: sent as it comes */
	long piece_ms;
	unsigned char *hello;
	size_t hello_len;
	unsigned char record[7]; /* header and first two octets of the record that comes in */
	size_t record_at;        /* octets of it seen */
	bool not_records;
};

/* peer.c */
int64_t peer_clock(void);
void peer_report_start(struct peer_report *report);

/* peer_wire.c: the descriptor, counted and bounded. */
void peer_sleep(struct peer_connection *c, long ms);
void peer_drain_wire(struct peer_connection *c);
BIO *peer_wire_bio(struct peer_connection *c);

/* peer_tls.c: the server's side of TLS, noting what the client shows. */
int peer_handshake(struct peer_connection *c);
int peer_fail_openssl(struct peer_connection *c, const char *what);

#endif
