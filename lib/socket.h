/*
 * socket.h - a tls_socket: its state, the handshake, the gate, its end.
 *
 * Every SSL call is made under the socket's lock and never waits, for the
 * transport does not; waiting is done outside it. So one reader and one
 * writer thread never hold each other up.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TLSW_SOCKET_H
#define TLSW_SOCKET_H

#include <pthread.h>
#include <stdatomic.h>

#include "clock.h"
#include "context.h"
#include "starttls.h"

/** Outcome of one step below the lock. WANTs are the public ones, below 0. */
#define TLSW__ENDED 0    /* close_notify was read */
#define TLSW__FAILED (-1) /* the socket is dead, the error set */

enum tlsw__state {
	TLSW__HANDSHAKING,
	TLSW__OPEN /* past the gate: the only state in which application data moves */
};

struct tls_socket {
	struct tlsw__judge judge; /* first: the judge of an SSL is its socket */
	pthread_mutex_t lock;     /* the SSL, and what both directions share */
	tls_context *context;     /* a reference */
	SSL *ssl;
	struct tlsw__transport transport;
	struct tlsw__snapshot *trust;      /* until the handshake is over */
	struct tlsw__reference *references; /* who may answer */
	size_t reference_count;
	char *hostname;                    /* server_hostname as given; NULL: none was */
	struct tlsw__starttls *dialogue;   /* while the plaintext dialogue lasts: no handshake */
	enum tlsw_protocol protocol;       /* its protocol */
	bool upgraded;                     /* it is over: there is no second one */
	const char *service; /* NULL: none was set; else service_name */
	char service_name[16]; /* RFC 6335 section 5.1: 1 to 15 octets */
	struct tlsw__verdict verdict;      /* starts refused */
	bool staple_passed;      /* the OCSP answer of this handshake, or its absence, will do */
	bool verdict_on_session; /* it is about the session that is offered, not yet about this handshake */
	X509 *control_leaf;      /* a data connection must lead to this server; NULL: it is none */
	bool keyed;              /* key is set: sessions and chains may be looked up and kept */
	unsigned char key[TLSW__KEY_SIZE];
	SSL_SESSION *fresh;      /* given before the gate was passed; kept only behind it */
	_Atomic(enum tlsw__state) state;
	bool dane;         /* SSL_dane_enable() was called */
	size_t tlsa_count; /* records that the server has to meet */
	bool hello_sent;   /* the peer may speak now */
	bool certificate_asked; /* the server asked for a client certificate */
	bool owns_fd;
	int alert_sent; /* -1: none */
	bool chatter;   /* handshake messages came behind the handshake: session tickets */
	int timeout_ms;
	tlsw__deadline handshake_deadline;
	_Atomic(int) wants; /* TLSW_WANT_READ or TLSW_WANT_WRITE, for tls_socket_events() */

	/* What ended it. The code alone is enough when there was no memory for more. */
	_Atomic(enum tlsw_error) end_code;
	struct tlsw__error *end;
	tls_certificate *peer; /* made when asked for */
	char *alpn;            /* what the server picked; NULL: none */

	/* The reader's own: plaintext that waits. */
	unsigned char *plain;
	size_t plain_at, plain_len, plain_size;
	size_t plain_used; /* how far it was ever filled: what has to be wiped */
	bool read_ended;  /* close_notify was read */
	bool unsettled;   /* octets wait in the SSL: maybe a whole record, maybe part of one */

	/* The writer's own. */
	size_t sealed;    /* octets of the record that waits to be sent, 0: none */
	bool sealed_inside; /* it is in the SSL, and not behind a message that has to go first */
	unsigned char sealed_digest[32];
	bool write_ended; /* close_notify was sent, or sending failed for good */
};

/** A socket in its first state, without a descriptor; NULL: TLSW_ERR_MEMORY is set. */
tls_socket *tlsw__socket_new(void);

/**
 * Turn the result of the SSL call into an outcome: TLSW_WANT_READ,
 * TLSW_WANT_WRITE, TLSW__ENDED, or TLSW__FAILED with the error set and the
 * socket dead. The one place that reads SSL_get_error(); under the lock, and
 * with OpenSSL's error queue cleared before the call.
 */
int tlsw__socket_outcome(tls_socket *s, int ssl_result);

/** The peer's alert that OpenSSL's error queue speaks of; -1: none. */
int tlsw__socket_received_alert(void);

/** This thread's error ends the socket: every later call repeats it. Returns -1. Under the lock. */
int tlsw__socket_die(tls_socket *s);

/** Repeat what ended the socket as this thread's error. Returns -1. */
int tlsw__socket_dead(const tls_socket *s);

/**
 * Drive the handshake to its end, or, if may_return, until a non-blocking
 * descriptor has to be waited for. 0, TLSW_WANT_READ, TLSW_WANT_WRITE, -1.
 * Not under the lock.
 */
int tlsw__socket_handshake(tls_socket *s, bool may_return);

/** Whether the descriptor blocks at this moment. */
bool tlsw__socket_blocking(const tls_socket *s);

/**
 * Wait for what want needs until the deadline, or for as long as SO_RCVTIMEO
 * or SO_SNDTIMEO allows. 0 to try again, -1 with TLSW_ERR_TIMEOUT or _SYSTEM set.
 */
int tlsw__socket_wait(const tls_socket *s, int want, tlsw__deadline deadline);

/** The same where the descriptor is known to block. */
int tlsw__socket_wait_blocking(const tls_socket *s, int want, tlsw__deadline deadline);

/**
 * The same for a message of the handshake that stands in the way: its rest has
 * to come before anything is written, or to go before anything is read. The
 * thread of the other direction may have been quicker, and have taken what
 * this one waits for: that is looked at again and again. Not under the lock.
 */
int tlsw__socket_wait_message(tls_socket *s, int want, tlsw__deadline deadline);

/** TLSW_ERR_TIMEOUT is set, and says what did not come, or go. Returns -1. */
int tlsw__socket_timed_out(const tls_socket *s, int want);

/**
 * Whether anybody can be trusted on this socket, by an anchor, an exception or
 * a TLSA record: asked before a byte is sent, in plaintext or not. 0; -1 with
 * TLSW_ERR_TRUST_STORE set.
 */
int tlsw__socket_check_trust(const tls_socket *s);

#endif
