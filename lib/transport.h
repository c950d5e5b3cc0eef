/*
 * transport.h - the BIO below a socket: where octets leave and enter.
 *
 * It never waits and never raises SIGPIPE: every send and receive is made with
 * MSG_DONTWAIT, whatever the descriptor's flags say; waiting is the socket's.
 * The one receive that waits, tlsw__transport_receive(), is made beside it.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TLSW_TRANSPORT_H
#define TLSW_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <openssl/bio.h>

#include "error.h"

/**
 * Octets that may arrive without one of application data among them: tickets,
 * key updates, empty records. A handshake is well below, a flood is above.
 */
#define TLSW__IDLE_OCTETS_MAX (512 * 1024)

/** What a caller does when nothing is there: wait, before a fetch that would be in vain, or return. */
enum tlsw__patience {
	TLSW__IMPATIENT,
	TLSW__PATIENT,
	TLSW__AS_DESCRIPTOR /* waits if the descriptor blocks, which is asked when it matters */
};

struct tlsw__transport {
	int fd;                     /* -1: the callbacks instead */
	int port;                   /* the peer's; 0 for callbacks and sockets without ports */
	struct tls_transport calls; /* a copy */
	void *arg;
	int read_error;    /* errno that ended receiving, 0: none */
	int send_error;    /* errno that ended sending, 0: none; what had arrived is still good */
	bool eof;          /* the peer's FIN was seen */
	bool hold;         /* fetch nothing: only what was fetched before is to be read */
	bool receiving;    /* a thread is in tlsw__transport_receive(): nobody else fetches */
	bool drained;      /* the last fetch took all there was: the next would be in vain */
	bool flowing;      /* it was a large one */
	unsigned char *arrived; /* what a waiting receive brought and the BIO has not given yet */
	size_t arrived_at, arrived_len;
	enum tlsw__patience patience; /* of the call that is being made */
	bool flooded;      /* TLSW__IDLE_OCTETS_MAX was passed */
	size_t idle_octets;
	unsigned char first[TLSW__QUOTE_MAX]; /* the first octets that came, to quote them */
	size_t first_len;
};

/** The method of all transport BIOs; one a context. NULL when memory is short. */
BIO_METHOD *tlsw__transport_method(void);

/** A BIO over a transport, which must outlive it. NULL when memory is short. */
BIO *tlsw__transport_bio(const BIO_METHOD *method, struct tlsw__transport *transport);

/**
 * Start a transport over a connected stream socket, or over the caller's own
 * callbacks. 0; -1 with the error set if fd is none, and nothing was touched.
 */
int tlsw__transport_init(struct tlsw__transport *transport, int fd);
void tlsw__transport_init_callbacks(struct tlsw__transport *transport,
    const struct tls_transport *calls, void *arg);

/** Shut a socket down both ways, so that no plaintext can follow; callbacks have no such thing. */
void tlsw__transport_shut(struct tlsw__transport *transport);

/**
 * Take what has arrived off a socket that nobody will read any more: closing
 * it with octets unread (session tickets, as a rule) would make TCP reset the
 * connection, and the peer could lose what was sent last (RFC 1122 4.2.2.13).
 */
void tlsw__transport_discard(struct tlsw__transport *transport);

/** The end: close an owned descriptor, call the close callback. */
void tlsw__transport_end(struct tlsw__transport *transport, bool owns_fd);

/** What a receive that waited came to. */
struct tlsw__arrival {
	unsigned char *octets; /* NULL: none */
	size_t len;
	int error; /* errno; 0: there are octets, or it is the end */
};

/**
 * Receive as the descriptor itself does, which may wait: for as long as its
 * options say, or until a signal. Not under the lock of the socket, but after
 * receiving was set under it, with nothing arrived that the BIO has yet to
 * give, and before tlsw__transport_arrived() is called under it.
 */
void tlsw__transport_receive(const struct tlsw__transport *transport, struct tlsw__arrival *arrival);

/**
 * Hand over what arrived, for the BIO to give: octets, the end, an error.
 * After EAGAIN, EINTR and ENOMEM nothing has happened, and the flow is over:
 * the next wait is an ordinary one.
 */
void tlsw__transport_arrived(struct tlsw__transport *transport, const struct tlsw__arrival *arrival);

/**
 * Octets that wait on the descriptor before anything was sent, without taking
 * them: at most size are put into buf. 0 when there are none.
 */
size_t tlsw__transport_peek(const struct tlsw__transport *transport, void *buf, size_t size);

/** Whether the descriptor blocks at this moment. */
bool tlsw__transport_blocking(const struct tlsw__transport *transport);

/** patience as the descriptor has it at this moment, if that is what it says. */
enum tlsw__patience tlsw__transport_patience(
    const struct tlsw__transport *transport, enum tlsw__patience patience);

#define TLSW__PEER_SIZE 80

/** Where it leads: "192.0.2.1 port 443", "a local socket"; in out. */
const char *tlsw__transport_peer(const struct tlsw__transport *transport, char out[TLSW__PEER_SIZE]);

#endif
