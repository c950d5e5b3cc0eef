/*
 * starttls.h - the plaintext dialogue that comes before TLS.
 *
 * It reads byte-exactly: nothing behind the server's go-ahead is ever taken
 * from the descriptor. TLS is mandatory: every way out but the go-ahead is a
 * failure, after which nothing more is sent. Never sees TLS.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TLSW_STARTTLS_H
#define TLSW_STARTTLS_H

#include "clock.h"
#include "tlswrap.h"

/** One dialogue on one descriptor. */
struct tlsw__starttls;

/**
 * A dialogue on fd, which is connected and from which nothing has been read.
 * fd stays the caller's. server_hostname is copied; only XMPP puts it on the
 * wire, for the others it may be NULL. NULL: TLSW_ERR_USAGE (no such
 * protocol), _HOSTNAME (what cannot stand in an XML attribute), _MEMORY.
 */
struct tlsw__starttls *tlsw__starttls_new(
    int fd, enum tlsw_protocol protocol, const char *server_hostname);

/** Give it up; NULL is fine. */
void tlsw__starttls_free(struct tlsw__starttls *st);

/**
 * Go on as far as possible; never blocks, whatever the descriptor's flags.
 * Returns 0 when the very next octet on the wire is TLS, in both directions;
 * TLSW_WANT_READ or TLSW_WANT_WRITE; or -1, which is final.
 * Errors: TLSW_ERR_STARTTLS (the server refused, does not offer it, or broke
 * the dialogue), _PLAINTEXT (it spoke out of turn), _PROTOCOL (a line over
 * 1000 octets, 8192 for IMAP, XMPP and LDAP; over 100 lines; over 64 KiB),
 * _TRUNCATED (end of the stream), _SYSTEM, _INTERNAL (no random numbers).
 */
int tlsw__starttls_step(struct tlsw__starttls *st);

/** POLLIN or POLLOUT, what the last step waits for. */
short tlsw__starttls_events(const struct tlsw__starttls *st);

/** Report a deadline that passed: TLSW_ERR_TIMEOUT, naming what was awaited. Returns -1. */
int tlsw__starttls_timed_out(const struct tlsw__starttls *st);

/** Steps and waits until the dialogue is over or the deadline passed: 0 or -1. */
int tlsw__starttls_run(struct tlsw__starttls *st, tlsw__deadline deadline);

#endif
