/* SPDX-License-Identifier: ISC */
#include "transport.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "compat.h"

/* ----------------------------------------------------------- the BIO method */

static void
note_first(struct tlsw__transport *t, const char *buf, size_t len)
{
	size_t room = sizeof(t->first) - t->first_len;

	if (len > room)
		len = room;
	memcpy(t->first + t->first_len, buf, len);
	t->first_len += len;
}

static int
fetched(struct tlsw__transport *t, const char *buf, size_t len)
{
	note_first(t, buf, len);
	t->idle_octets += len;
	if (t->idle_octets > TLSW__IDLE_OCTETS_MAX) {
		t->flooded = true;
		return -1;
	}
	return (int)len;
}

/*
 * errno for what a callback answered: one that no read(2) or write(2) gives
 * (more than there was room for, a WANT handed on, -1 without errno) ends the
 * transport, and is not taken for something else.
 */
static int
callback_error(ssize_t answer)
{
	if (answer > 0 || answer < -1)
		return EINVAL;
	return answer == 0 || errno == 0 ? EIO : errno;
}

static ssize_t
receive(const struct tlsw__transport *t, char *buf, size_t len)
{
	ssize_t n;

	do {
		errno = 0;
		n = t->fd >= 0 ? recv(t->fd, buf, len, MSG_DONTWAIT) : t->calls.read(t->arg, buf, len);
	} while (n == -1 && errno == EINTR);
	return n;
}

static ssize_t
transmit(const struct tlsw__transport *t, const char *buf, size_t len)
{
	ssize_t n;

	do {
		errno = 0;
		n = t->fd >= 0 ? send(t->fd, buf, len, TLSW__SEND_FLAGS)
		               : t->calls.write(t->arg, buf, len);
	} while (n == -1 && errno == EINTR);
	return n;
}

bool
tlsw__transport_blocking(const struct tlsw__transport *transport)
{
	int flags;

	if (transport->fd < 0)
		return false; /* callbacks: who answers EAGAIN wants to wait by himself */
	flags = fcntl(transport->fd, F_GETFL);
	return flags == -1 || (flags & O_NONBLOCK) == 0;
}

enum tlsw__patience
tlsw__transport_patience(const struct tlsw__transport *transport, enum tlsw__patience patience)
{
	if (patience != TLSW__AS_DESCRIPTOR)
		return patience;
	return tlsw__transport_blocking(transport) ? TLSW__PATIENT : TLSW__IMPATIENT;
}

/* Whether the caller waits before he fetches again, because the fetch before took all there was. */
static bool
waits_first(struct tlsw__transport *t)
{
	if (t->drained)
		t->patience = tlsw__transport_patience(t, t->patience);
	return t->drained && t->patience == TLSW__PATIENT;
}

/* A fetch of this size or more is part of a flow: the next part has come as a rule. */
#define FLOW 8192

static void
note_size(struct tlsw__transport *t, size_t len, size_t asked)
{
	t->flowing = len >= FLOW;
	t->drained = len < asked && !t->flowing;
}

static int
give_arrived(struct tlsw__transport *t, char *buf, size_t len)
{
	size_t n = t->arrived_len - t->arrived_at;

	if (n > len)
		n = len;
	memcpy(buf, t->arrived + t->arrived_at, n);
	t->arrived_at += n;
	if (t->arrived_at == t->arrived_len) {
		free(t->arrived);
		t->arrived = NULL;
	}
	return fetched(t, buf, n);
}

static int
fetch(struct tlsw__transport *t, char *buf, size_t len)
{
	ssize_t n = receive(t, buf, len);
	int e;

	if (n > 0 && (size_t)n <= len) {
		note_size(t, (size_t)n, len);
		return fetched(t, buf, (size_t)n);
	}
	if (n == 0) {
		t->eof = true;
		return 0;
	}
	e = callback_error(n);
	t->drained = true;
	if (e != EAGAIN && e != EWOULDBLOCK)
		t->read_error = e;
	return -1;
}

static int
transport_read(BIO *bio, char *buf, int len)
{
	struct tlsw__transport *t = BIO_get_data(bio);
	int n;

	BIO_clear_retry_flags(bio);
	if (!t->receiving && len > 0) {
		if (t->flooded || t->read_error != 0)
			return -1;
		if (t->arrived != NULL)
			return give_arrived(t, buf, (size_t)len);
		if (t->eof)
			return 0;
		if (!t->hold && !waits_first(t)) {
			n = fetch(t, buf, (size_t)len);
			if (n >= 0 || t->read_error != 0 || t->flooded)
				return n;
		}
	}
	BIO_set_retry_read(bio);
	return -1;
}

static int
transport_write(BIO *bio, const char *buf, int len)
{
	struct tlsw__transport *t = BIO_get_data(bio);
	ssize_t n;
	int e;

	BIO_clear_retry_flags(bio);
	if (t->send_error != 0 || len <= 0)
		return len <= 0 ? 0 : -1;
	n = transmit(t, buf, (size_t)len);
	if (n > 0 && n <= len)
		return (int)n;
	e = callback_error(n);
	if (e == EAGAIN || e == EWOULDBLOCK || e == ENOBUFS)
		BIO_set_retry_write(bio);
	else
		t->send_error = e;
	return -1;
}

/* BIO_CTRL_EOF is answered with 0: what an end means is decided in io.c, not by OpenSSL. */
static long
transport_ctrl(BIO *bio, int command, long number, void *pointer)
{
	(void)bio;
	(void)number;
	(void)pointer;
	return command == BIO_CTRL_FLUSH ? 1 : 0;
}

static int
transport_create(BIO *bio)
{
	BIO_set_init(bio, 1);
	return 1;
}

BIO_METHOD *
tlsw__transport_method(void)
{
	BIO_METHOD *m = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "tlswrap transport");

	if (m != NULL && BIO_meth_set_read(m, transport_read) == 1 &&
	    BIO_meth_set_write(m, transport_write) == 1 &&
	    BIO_meth_set_ctrl(m, transport_ctrl) == 1 &&
	    BIO_meth_set_create(m, transport_create) == 1)
		return m;
	BIO_meth_free(m);
	return NULL;
}

BIO *
tlsw__transport_bio(const BIO_METHOD *method, struct tlsw__transport *transport)
{
	BIO *bio = BIO_new(method);

	if (bio != NULL)
		BIO_set_data(bio, transport);
	return bio;
}

/* ------------------------------------------------------------ the descriptor */

void
tlsw__transport_init_callbacks(struct tlsw__transport *transport,
    const struct tls_transport *calls, void *arg)
{
	memset(transport, 0, sizeof(*transport));
	transport->fd = -1;
	transport->calls = *calls;
	transport->arg = arg;
}

void
tlsw__transport_shut(struct tlsw__transport *transport)
{
	if (transport->fd >= 0)
		(void)shutdown(transport->fd, SHUT_RDWR);
}

#define DISCARD_MAX 65536

/*
 * Whether a receive could find something: asked without one, as there is
 * nothing as a rule. FIONREAD counts up to the urgent mark of TCP, whatever
 * stands behind it, so that the mark itself counts as something.
 */
static bool
may_wait(int fd)
{
	int octets = 0, at_mark = 0;

	return ioctl(fd, FIONREAD, &octets) != 0 || octets > 0 ||
	    ioctl(fd, SIOCATMARK, &at_mark) != 0 || at_mark != 0;
}

void
tlsw__transport_discard(struct tlsw__transport *transport)
{
	char unread[4096];
	size_t total = 0;
	ssize_t n = 1;

	while (transport->fd >= 0 && n > 0 && total < DISCARD_MAX && may_wait(transport->fd)) {
		n = receive(transport, unread, sizeof(unread));
		total += n > 0 ? (size_t)n : 0;
	}
}

void
tlsw__transport_end(struct tlsw__transport *transport, bool owns_fd)
{
	if (owns_fd && transport->fd >= 0)
		(void)close(transport->fd);
	if (transport->calls.close != NULL)
		(void)transport->calls.close(transport->arg);
	memset(&transport->calls, 0, sizeof(transport->calls));
	free(transport->arrived);
	transport->arrived = NULL;
	transport->fd = -1;
}

#define ARRIVAL_SIZE (16384 + 256) /* a whole record (RFC 8446 section 5.2), as OpenSSL asks for */

void
tlsw__transport_receive(const struct tlsw__transport *transport, struct tlsw__arrival *arrival)
{
	ssize_t n;

	memset(arrival, 0, sizeof(*arrival));
	arrival->octets = malloc(ARRIVAL_SIZE);
	if (arrival->octets == NULL) {
		arrival->error = ENOMEM;
		return;
	}
	pthread_cleanup_push(free, arrival->octets); /* recv(2) is a cancellation point */
	n = recv(transport->fd, arrival->octets, ARRIVAL_SIZE, 0);
	pthread_cleanup_pop(0);
	if (n > 0) {
		arrival->len = (size_t)n;
		return;
	}
	if (n < 0)
		arrival->error = errno == EWOULDBLOCK ? EAGAIN : errno;
	free(arrival->octets);
	arrival->octets = NULL;
}

void
tlsw__transport_arrived(struct tlsw__transport *transport, const struct tlsw__arrival *arrival)
{
	const int e = arrival->error;

	transport->receiving = false;
	transport->flowing = false;
	if (e == EAGAIN || e == EINTR || e == ENOMEM)
		return;
	transport->read_error = e;
	transport->eof = e == 0 && arrival->octets == NULL;
	transport->arrived = arrival->octets;
	transport->arrived_at = 0;
	transport->arrived_len = arrival->len;
	note_size(transport, arrival->len, ARRIVAL_SIZE);
}

size_t
tlsw__transport_peek(const struct tlsw__transport *transport, void *buf, size_t size)
{
	ssize_t n;

	if (transport->fd < 0 || !may_wait(transport->fd))
		return 0;
	do
		n = recv(transport->fd, buf, size, MSG_PEEK | MSG_DONTWAIT);
	while (n == -1 && errno == EINTR);
	return n > 0 ? (size_t)n : 0;
}

static int
port_of(const struct sockaddr_storage *peer)
{
	if (peer->ss_family == AF_INET)
		return ntohs(((const struct sockaddr_in *)peer)->sin_port);
	if (peer->ss_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)peer)->sin6_port);
	return 0;
}

const char *
tlsw__transport_peer(const struct tlsw__transport *transport, char out[TLSW__PEER_SIZE])
{
	struct sockaddr_storage peer = {.ss_family = AF_UNSPEC};
	socklen_t len = sizeof(peer);
	char host[INET6_ADDRSTRLEN + IF_NAMESIZE + 1], port[8];

	if (transport->fd < 0)
		return "callbacks of the caller's";
	if (getpeername(transport->fd, (struct sockaddr *)&peer, &len) != 0)
		return "not known any more";
	if (peer.ss_family != AF_INET && peer.ss_family != AF_INET6)
		return "a local socket";
	if (getnameinfo((struct sockaddr *)&peer, len, host, sizeof(host), port, sizeof(port),
	        NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return "not known";
	(void)snprintf(out, TLSW__PEER_SIZE, "%s port %s", host, port);
	return out;
}

static int
option(int fd, int name)
{
	int value = 0;
	socklen_t len = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, name, &value, &len) == 0 ? value : -1;
}

/* No peer: never connected, listening, or reset by the peer meanwhile, which SO_ERROR remembers. */
static int
not_connected(int fd)
{
	int pending = option(fd, SO_ERROR);

	if (pending > 0)
		return tlsw__error_set_errno(TLSW_ERR_SYSTEM, pending, "the connection is gone");
	if (option(fd, SO_ACCEPTCONN) > 0)
		return tlsw__error_set(TLSW_ERR_USAGE, "fd %d is a listening socket", fd);
	return tlsw__error_set(TLSW_ERR_USAGE, "fd %d is not connected", fd);
}

/* The peer's port if fd is a connected stream socket; else -1 with the error set. */
static int
check_fd(int fd)
{
	struct sockaddr_storage peer = {.ss_family = AF_UNSPEC}; /* an unnamed peer leaves it so */
	socklen_t len = sizeof(int);
	int type = 0;

	if (fd < 0)
		return tlsw__error_set(TLSW_ERR_USAGE, "fd %d is no descriptor", fd);
	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) != 0) {
		if (errno == ENOTSOCK)
			return tlsw__error_set(TLSW_ERR_USAGE, "fd %d is no socket", fd);
		return tlsw__error_set_errno(TLSW_ERR_SYSTEM, errno, "fd %d", fd);
	}
	if (type != SOCK_STREAM)
		return tlsw__error_set(TLSW_ERR_USAGE, "fd %d is no stream socket", fd);
	len = sizeof(peer);
	if (getpeername(fd, (struct sockaddr *)&peer, &len) == 0)
		return port_of(&peer);
	return errno == ENOTCONN ? not_connected(fd)
	                         : tlsw__error_set_errno(TLSW_ERR_SYSTEM, errno, "fd %d", fd);
}

int
tlsw__transport_init(struct tlsw__transport *transport, int fd)
{
	int port = check_fd(fd);

	if (port < 0)
		return -1;
	memset(transport, 0, sizeof(*transport));
	transport->fd = fd;
	transport->port = port;
	tlsw__compat_no_sigpipe(fd);
	return 0;
}
