/*
 * lab_raw.h - handshake messages by hand, for servers that no TLS library
 * would play. All are steps for PEER_CALL; PEER_HELLO comes first.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef LAB_RAW_H
#define LAB_RAW_H

#include "lab.h"

/** A ServerHello (or HelloRetryRequest). Zero fields are those of a good TLS 1.2 server. */
struct lab_hello {
	int version;       /* in the record and in the message; 0: 0x0303 */
	int cipher;        /* 0: ECDHE-ECDSA-AES128-GCM-SHA256 */
	bool no_reneg;     /* without renegotiation_info */
	bool sentinel;     /* the random ends in DOWNGRD 01 */
	bool unsolicited;  /* use_srtp, which no client here offers */
	enum { LAB_NO_RETRY, LAB_RETRY_NEW_GROUP, LAB_RETRY_SAME_GROUP } retry; /* TLS 1.3 */
};

#define LAB_SERVER_HELLO(...)                                                                  \
	{                                                                                      \
		.what = PEER_DO_CALL, .call = lab_server_hello,                                \
		.data = &(const struct lab_hello) { __VA_ARGS__ }                              \
	}
int lab_server_hello(struct peer_connection *c, const struct peer_step *step);

/** The Certificate message of TLS 1.2 with the real chain; or only so many octets of it. */
#define LAB_CERTIFICATE     { .what = PEER_DO_CALL, .call = lab_certificate }
#define LAB_CERTIFICATE_CUT(size) { .what = PEER_DO_CALL, .call = lab_certificate, .n = (size) }
int lab_certificate(struct peer_connection *c, const struct peer_step *step);

/** A record in plain text: its type, and the content as a literal. */
#define LAB_RECORD(type, content)                                                              \
	{                                                                                      \
		.what = PEER_DO_CALL, .call = lab_record, .n = (type), .data = (content),      \
		.len = sizeof(content) - 1                                                     \
	}
int lab_record(struct peer_connection *c, const struct peer_step *step);

enum { LAB_CCS = 20, LAB_ALERT = 21, LAB_HANDSHAKE = LAB_HANDSHAKE_RECORD, LAB_DATA = 23 };
#define LAB_HELLO_DONE LAB_RECORD(LAB_HANDSHAKE, "\x0e\x00\x00\x00")

/**
 * A server that knows one weak suite: handshake_failure unless the client
 * offers n; else ServerHello, Certificate and ServerHelloDone with it.
 */
#define LAB_ONLY_SUITE(suite) { .what = PEER_DO_CALL, .call = lab_only_suite, .n = (suite) }
int lab_only_suite(struct peer_connection *c, const struct peer_step *step);

/** TLS 1.3, inside: a CertificateRequest that the client did not ask for. Needs lab_keep_secrets
 *  as the server's setup, no tickets, and TLS_AES_128_GCM_SHA256. */
#define LAB_POST_HANDSHAKE_REQUEST { .what = PEER_DO_CALL, .call = lab_post_handshake_request }
int lab_post_handshake_request(struct peer_connection *c, const struct peer_step *step);
int lab_keep_secrets(SSL_CTX *ctx, void *arg);

#endif
