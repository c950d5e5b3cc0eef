/*
 * stdio.c - a socket as two FILE streams, for programs that speak through
 * fprintf() and fgets().
 *
 * SPDX-License-Identifier: ISC
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "compat.h"
#include "socket.h"

#define STREAM_BUFFER 16384 /* a whole record */

/* What the two streams share. */
struct shared {
	tls_socket *socket;
	pid_t owner; /* a forked child neither sends nor ends anything */
	atomic_int streams;
};

/* One stream: the cookie of its FILE. */
struct stream {
	struct shared *shared;
	bool writes;
	char buffer[STREAM_BUFFER];
};

/* errno for a failure: what a program of twenty years ago knows how to report. */
static int
errno_for_last_error(void)
{
	const struct tls_error_info *e = tls_last_error();

	if (e->code == TLSW_ERR_TIMEOUT)
		return ETIMEDOUT;
	if (e->code == TLSW_ERR_TRUNCATED)
		return ECONNABORTED;
	if (e->code == TLSW_ERR_SYSTEM && (e->os_errno == ECONNRESET || e->os_errno == EPIPE))
		return e->os_errno;
	return EPROTO;
}

static ssize_t
stream_read(void *cookie, char *buf, size_t len)
{
	struct stream *stream = cookie;
	ssize_t n = tls_socket_read(stream->shared->socket, buf, len);

	if (n >= 0)
		return n;
	errno = n == -1 ? errno_for_last_error() : EAGAIN; /* made non-blocking meanwhile */
	return -1;
}

/* All, or 0 for a failure: that is what fopencookie(3) asks for. */
static ssize_t
stream_write(void *cookie, const char *buf, size_t len)
{
	struct stream *stream = cookie;
	ssize_t n;

	if (stream->shared->owner != getpid()) {
		errno = EPIPE;
		return 0;
	}
	n = tls_socket_write(stream->shared->socket, buf, len);
	if (n > 0)
		return n;
	errno = n == -1 ? errno_for_last_error() : EAGAIN;
	return 0;
}

static int
stream_close(void *cookie)
{
	struct stream *stream = cookie;
	struct shared *shared = stream->shared;
	const bool mine = shared->owner == getpid();
	int rv = 0;

	if (stream->writes && mine && tls_socket_shutdown(shared->socket) != 0) {
		errno = errno_for_last_error();
		rv = EOF;
	}
	free(stream);
	if (atomic_fetch_sub(&shared->streams, 1) == 1) {
		if (mine && shared->socket != NULL)
			tlsw__transport_discard(&shared->socket->transport);
		tls_socket_free(shared->socket);
		free(shared);
	}
	return rv;
}

static FILE *
open_stream(struct shared *shared, bool writes)
{
	struct stream *stream = malloc(sizeof(*stream));
	FILE *f;

	if (stream == NULL)
		return NULL;
	stream->shared = shared;
	stream->writes = writes;
	f = tlsw__compat_fopen(stream, writes ? NULL : stream_read, writes ? stream_write : NULL,
	    stream_close);
	if (f == NULL) {
		free(stream);
		return NULL;
	}
	(void)setvbuf(f, stream->buffer, _IOFBF, sizeof(stream->buffer));
	return f;
}

static int
open_both(tls_socket *s, FILE **in, FILE **out)
{
	struct shared *shared = malloc(sizeof(*shared));
	FILE *reader = NULL, *writer = NULL;

	if (shared == NULL)
		return tlsw__error_set_memory();
	shared->socket = NULL; /* until both are there, closing one frees nothing */
	shared->owner = getpid();
	atomic_init(&shared->streams, 1); /* held here meanwhile */
	if ((in != NULL && (reader = open_stream(shared, false)) == NULL) ||
	    (out != NULL && (writer = open_stream(shared, true)) == NULL)) {
		if (reader != NULL) {
			(void)atomic_fetch_add(&shared->streams, 1);
			(void)fclose(reader);
		}
		free(shared);
		return tlsw__error_set_memory();
	}
	atomic_store(&shared->streams, (in != NULL) + (out != NULL));
	shared->socket = s;
	if (in != NULL)
		*in = reader;
	if (out != NULL)
		*out = writer;
	return 0;
}

int
tls_socket_fopen(tls_socket *s, FILE **in, FILE **out)
{
	if (s == NULL || (in == NULL && out == NULL))
		return tlsw__error_set(TLSW_ERR_USAGE, "streams: socket is NULL, or both streams are");
	if (atomic_load(&s->end_code) != TLSW_OK)
		return tlsw__socket_dead(s);
	if (atomic_load(&s->state) != TLSW__OPEN)
		return tlsw__error_set(TLSW_ERR_USAGE, "the handshake is not over");
	if (!tlsw__socket_blocking(s))
		return tlsw__error_set(TLSW_ERR_USAGE, "streams need a blocking descriptor");
	return open_both(s, in, out);
}
