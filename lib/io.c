/*
 * io.c - read, write, pending, half close, close: application data of a socket
 * that is past the gate.
 *
 * SPDX-License-Identifier: ISC
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/sha.h>

#include "socket.h"

#define RECORD_MAX 16384                /* RFC 8446 section 5.1: plaintext of one record */
#define DIRECT_MIN 4096                 /* reads of this size and up go round it */
#define CLOSE_TIMEOUT_MS 5000

/* ------------------------------------------------------------------------ the state */

/* 0 if application data may move in that direction; -1 with the error set. */
static int
usable(tls_socket *s, const void *buf, size_t len)
{
	if (s == NULL)
		return tlsw__error_set(TLSW_ERR_USAGE, "socket is NULL");
	if (buf == NULL && len > 0)
		return tlsw__error_set(TLSW_ERR_USAGE, "buffer is NULL");
	if (atomic_load(&s->end_code) != TLSW_OK)
		return tlsw__socket_dead(s);
	if (atomic_load(&s->state) != TLSW__OPEN)
		return tlsw__error_set(TLSW_ERR_USAGE, "the handshake is not over");
	return 0;
}

/*
 * Wait for what the descriptor, which blocks, has to do first. A want of the
 * other direction is about a message of the handshake.
 */
static int
wait_for(tls_socket *s, int want, int own, tlsw__deadline deadline)
{
	return want == own ? tlsw__socket_wait_blocking(s, want, deadline)
	                   : tlsw__socket_wait_message(s, want, deadline);
}

/* -------------------------------------------------------------------------- reading */

/*
 * For a session ticket OpenSSL makes a buffer of a whole record to write with,
 * and an idle connection would keep it until its next write. Writing nothing
 * sends nothing (SSL_write_ex(3)) and gives the buffer back, as
 * SSL_MODE_RELEASE_BUFFERS wants it. Only in TLS 1.3, where tickets come behind
 * the handshake and no alert but the last is ever sent, and only while nothing
 * is half sent or has to be: then this cannot wait, fail or send. There is
 * SSL_free_buffers(), too, but see CVE-2024-4741.
 */
static void
release_write_buffer(tls_socket *s)
{
	size_t none;

	s->chatter = false;
	if (SSL_version(s->ssl) >= TLS1_3_VERSION && s->sealed == 0 && s->transport.send_error == 0 &&
	    SSL_is_init_finished(s->ssl) == 1 &&
	    SSL_get_key_update_type(s->ssl) == SSL_KEY_UPDATE_NONE &&
	    (SSL_get_shutdown(s->ssl) & SSL_SENT_SHUTDOWN) == 0)
		(void)SSL_write_ex(s->ssl, "", 0, &none);
}

/* SSL_read() and SSL_write() count in int. */
static int
at_most(size_t len)
{
	return len > INT_MAX ? INT_MAX : (int)len;
}

/* Octets that were fetched and not decrypted yet: maybe a whole record, maybe part of one. */
static bool
waits_inside(const tls_socket *s)
{
	return SSL_has_pending(s->ssl) == 1 || s->transport.arrived != NULL;
}

/* What SSL_read came to: octets, TLSW__ENDED, a WANT, or TLSW__FAILED. */
static int
read_outcome(tls_socket *s, int n)
{
	s->unsettled = waits_inside(s);
	if (n > 0)
		s->transport.idle_octets = 0;
	else
		n = tlsw__socket_outcome(s, n);
	if (n == TLSW__ENDED)
		s->read_ended = true;
	if (s->chatter && (n > 0 || n == TLSW_WANT_READ))
		release_write_buffer(s);
	return n;
}

/* Read from one record, which is fetched if need be. Under the lock. */
static int
read_record(tls_socket *s, void *buf, size_t len)
{
	tlsw__queue_clear();
	return read_outcome(s, SSL_read(s->ssl, buf, at_most(len)));
}

/*
 * Read the records that were fetched before, as many as there is room for. A
 * failure ends the socket, but is no failure of the call that came across it:
 * this thread's error stays. Nor is the caller told of a WANT: one that he was
 * told of before still counts. The octets that were read; under the lock.
 */
static size_t
read_fetched(tls_socket *s, unsigned char *buf, size_t len)
{
	const int wants = atomic_load(&s->wants);
	struct tlsw__error *before = NULL;
	size_t done = 0;
	int n = 1, e;

	tlsw__queue_clear();
	s->transport.hold = true;
	while (done < len && (n = SSL_read(s->ssl, buf + done, at_most(len - done))) > 0)
		done += (size_t)n;
	s->transport.hold = false;
	e = n > 0 ? SSL_ERROR_NONE : SSL_get_error(s->ssl, n);
	if (e == SSL_ERROR_SSL || e == SSL_ERROR_SYSCALL)
		before = tlsw__error_copy();
	n = read_outcome(s, n);
	if (n <= 0 && n != TLSW_WANT_WRITE) /* then what has to go first stands before whole records */
		s->unsettled = false; /* the end, or a part of a record */
	if (done > 0)
		s->transport.idle_octets = 0;
	if (e == SSL_ERROR_SSL || e == SSL_ERROR_SYSCALL)
		(void)tlsw__error_restore(before);
	tlsw__error_copy_free(before);
	atomic_store(&s->wants, wants);
	return done;
}

/*
 * Read from one record, which is fetched if need be, and from those behind it
 * that came with it: for a row of small ones that saves as many calls.
 */
static int
read_records(tls_socket *s, unsigned char *buf, size_t len)
{
	int n;

	if (len > INT_MAX)
		len = INT_MAX;
	n = read_record(s, buf, len);
	if (n > 0 && s->unsettled)
		n += (int)read_fetched(s, buf + n, len - (size_t)n);
	return n;
}

static size_t
plain_left(const tls_socket *s)
{
	return s->plain_len - s->plain_at;
}

static void
release_plain(tls_socket *s)
{
	if (s->plain != NULL)
		OPENSSL_cleanse(s->plain, s->plain_used);
	free(s->plain);
	s->plain = NULL;
	s->plain_at = 0;
	s->plain_len = 0;
	s->plain_size = 0;
	s->plain_used = 0;
}

static size_t
take_plain(tls_socket *s, void *buf, size_t len)
{
	size_t n = plain_left(s);

	if (n > len)
		n = len;
	memcpy(buf, s->plain + s->plain_at, n);
	s->plain_at += n;
	if (s->plain_at == s->plain_len && !s->unsettled)
		release_plain(s); /* nothing follows at once: an idle socket holds no buffer */
	return n;
}

static void
filled(tls_socket *s, size_t len)
{
	s->plain_len += len;
	if (s->plain_used < s->plain_len)
		s->plain_used = s->plain_len;
}

/*
 * Room for one more record behind what waits. A long line that comes in small
 * records is not to be copied for each: what grows doubles.
 */
static int
make_room(tls_socket *s)
{
	size_t left = plain_left(s), size = left + RECORD_MAX;
	unsigned char *larger;

	if (s->plain_at > 0)
		memmove(s->plain, s->plain + s->plain_at, left);
	s->plain_at = 0;
	s->plain_len = left;
	if (s->plain_size >= size)
		return 0;
	size += left;
	larger = malloc(size);
	if (larger == NULL)
		return tlsw__error_set_memory();
	if (left > 0)
		memcpy(larger, s->plain, left);
	release_plain(s);
	s->plain = larger;
	s->plain_size = size;
	filled(s, left);
	return 0;
}

/* Decrypt what was fetched before, into the room that is left. */
static void
drain(tls_socket *s)
{
	if (s->unsettled)
		filled(s, read_fetched(s, s->plain + s->plain_len, s->plain_size - s->plain_len));
}

/* Read at least one record into the plaintext buffer. Under the lock. */
static int
fill_plain(tls_socket *s)
{
	int n;

	if (make_room(s) != 0)
		return tlsw__socket_die(s);
	n = read_record(s, s->plain + s->plain_len, s->plain_size - s->plain_len);
	if (n > 0) {
		filled(s, (size_t)n);
		drain(s);
	} else if (plain_left(s) == 0) {
		release_plain(s);
	}
	return n;
}

/*
 * Ready and pending tell the truth about whole records and are not fooled by
 * parts of one: what was fetched is decrypted before they answer.
 */
static void
settle(tls_socket *s)
{
	struct tlsw__queue queue;

	if (!s->unsettled || plain_left(s) > 0 || atomic_load(&s->state) != TLSW__OPEN)
		return;
	tlsw__queue_save(&queue);
	(void)pthread_mutex_lock(&s->lock);
	if (atomic_load(&s->end_code) == TLSW_OK && !s->read_ended && make_room(s) == 0)
		drain(s);
	if (plain_left(s) == 0)
		release_plain(s);
	(void)pthread_mutex_unlock(&s->lock);
	tlsw__queue_restore(&queue);
}

/* One step towards more plaintext: into buf if it is large, else (or for NULL) into the buffer. */
static int
read_step(tls_socket *s, void *buf, size_t len)
{
	int n;

	s->transport.receiving = false; /* whatever became of a thread that was: who reads is here */
	if (atomic_load(&s->end_code) != TLSW_OK)
		return tlsw__socket_dead(s);
	if (s->read_ended)
		return TLSW__ENDED;
	if (buf != NULL && len >= DIRECT_MIN)
		return read_records(s, buf, len);
	n = fill_plain(s);
	return n > 0 && buf != NULL ? (int)take_plain(s, buf, len) : n;
}

/*
 * Whether to wait by a receive, outside the lock: one system call, where to
 * ask, to wait and to receive are four. Only in a flow, where it matters: there
 * a buffer of its own, and to copy from it, cost less. Under the lock.
 */
static bool
may_receive(const tls_socket *s, tlsw__deadline deadline)
{
	return deadline == TLSW__NEVER && s->transport.fd >= 0 && s->transport.flowing &&
	    SSL_get_read_ahead(s->ssl) == 1;
}

/* 0: read again; TLSW_WANT_READ: the descriptor does not block; -1 with the error set. */
static int
wait_for_arrival(tls_socket *s)
{
	struct tlsw__arrival arrival;

	tlsw__transport_receive(&s->transport, &arrival);
	(void)pthread_mutex_lock(&s->lock);
	tlsw__transport_arrived(&s->transport, &arrival);
	(void)pthread_mutex_unlock(&s->lock);
	if (arrival.error != EAGAIN)
		return 0;
	return tlsw__socket_blocking(s) ? tlsw__socket_timed_out(s, TLSW_WANT_READ) : TLSW_WANT_READ;
}

static ssize_t
read_waiting(tls_socket *s, void *buf, size_t len)
{
	const tlsw__deadline deadline = tlsw__deadline_in(s->timeout_ms);
	const int told = atomic_load(&s->wants);
	enum tlsw__patience patience = TLSW__AS_DESCRIPTOR; /* asked once a call */
	bool waited = false, receive;
	int n;

	for (;;) {
		(void)pthread_mutex_lock(&s->lock);
		if (waited)
			s->transport.drained = false;
		s->transport.patience = patience;
		n = read_step(s, buf, len);
		patience = s->transport.patience;
		s->transport.patience = TLSW__IMPATIENT;
		receive = n == TLSW_WANT_READ && may_receive(s, deadline);
		s->transport.receiving = receive;
		(void)pthread_mutex_unlock(&s->lock);
		if (n != TLSW_WANT_READ && n != TLSW_WANT_WRITE)
			return n;
		if (receive) {
			n = wait_for_arrival(s);
			if (n != 0)
				return n;
			atomic_store(&s->wants, told); /* nobody was told of a WANT */
			continue;
		}
		patience = tlsw__transport_patience(&s->transport, patience);
		if (patience != TLSW__PATIENT)
			return n;
		if (wait_for(s, n, TLSW_WANT_READ, deadline) != 0)
			return -1; /* nothing is lost: the socket stays usable */
		waited = true;
	}
}

ssize_t
tls_socket_read(tls_socket *s, void *buf, size_t len)
{
	struct tlsw__queue queue;
	ssize_t n;

	if (s != NULL && buf != NULL && len > 0 && plain_left(s) > 0)
		return (ssize_t)take_plain(s, buf, len);
	if (usable(s, buf, len) != 0)
		return -1;
	if (len == 0)
		return tlsw__error_set(TLSW_ERR_USAGE, "a read of 0 octets could not be told from the end");
	tlsw__queue_save(&queue);
	n = read_waiting(s, buf, len);
	tlsw__queue_restore(&queue);
	return n;
}

/* -------------------------------------------------------------------------- lines */

/* The length of the line that waits, LF included; 0: there is no whole one among the first max. */
static size_t
whole_line(const tls_socket *s, size_t max, size_t *searched)
{
	size_t left = plain_left(s), end = left < max ? left : max;
	const unsigned char *start, *lf;

	if (end <= *searched)
		return 0;
	start = s->plain + s->plain_at;
	lf = memchr(start + *searched, '\n', end - *searched);
	*searched = end;
	return lf == NULL ? 0 : (size_t)(lf - start) + 1;
}

static ssize_t
take_line(tls_socket *s, char *buf, size_t len)
{
	len = take_plain(s, buf, len);
	buf[len] = '\0';
	return (ssize_t)len;
}

static ssize_t
read_line(tls_socket *s, char *buf, size_t size, size_t searched)
{
	size_t len;
	ssize_t n;

	for (;;) {
		if (plain_left(s) >= size - 1)
			return tlsw__error_set(TLSW_ERR_PROTOCOL,
			    "server sent a line of more than %zu octets", size - 1);
		n = read_waiting(s, NULL, 0);
		if (n == 0 && plain_left(s) > 0)
			return take_line(s, buf, plain_left(s));
		if (n <= 0)
			return n;
		len = whole_line(s, size - 1, &searched);
		if (len > 0)
			return take_line(s, buf, len);
	}
}

ssize_t
tls_socket_read_line(tls_socket *s, char *buf, size_t size)
{
	struct tlsw__queue queue;
	size_t searched = 0, len;
	ssize_t n;

	if (s == NULL || buf == NULL || size < 2)
		return tlsw__error_set(TLSW_ERR_USAGE, "a line needs a socket and a buffer of 2 octets or more");
	len = whole_line(s, size - 1, &searched);
	if (len > 0)
		return take_line(s, buf, len);
	if (plain_left(s) == 0 && usable(s, buf, size) != 0)
		return -1;
	tlsw__queue_save(&queue);
	n = read_line(s, buf, size, searched);
	tlsw__queue_restore(&queue);
	return n;
}

/* ------------------------------------------------------------------ what waits inside */

size_t
tls_socket_pending(const tls_socket *s)
{
	tls_socket *mine = (tls_socket *)(uintptr_t)s;

	if (s == NULL)
		return 0;
	settle(mine);
	return plain_left(s);
}

bool
tls_socket_ready(const tls_socket *s)
{
	if (s == NULL)
		return false;
	return tls_socket_pending(s) > 0 || s->read_ended || atomic_load(&s->end_code) != TLSW_OK;
}

short
tls_socket_events(const tls_socket *s)
{
	return s != NULL && atomic_load(&s->wants) == TLSW_WANT_WRITE ? POLLOUT : POLLIN;
}

/* -------------------------------------------------------------------------- writing */

/* After WANT the record is sealed: the same octets have to come again. */
static int
same_again(tls_socket *s, const unsigned char *buf, size_t len)
{
	unsigned char digest[SHA256_DIGEST_LENGTH];

	if (s->sealed == 0)
		return 0;
	if (len >= s->sealed && SHA256(buf, s->sealed, digest) != NULL &&
	    memcmp(digest, s->sealed_digest, sizeof(digest)) == 0)
		return 0;
	return tlsw__error_set(TLSW_ERR_USAGE,
	    "the write before waits to be repeated with the same %zu octets or more", s->sealed);
}

/* The call ends in WANT: what the next one has to begin with. Who waits here repeats by himself. */
static int
want_again(tls_socket *s, const unsigned char *buf, int want)
{
	(void)SHA256(buf, s->sealed, s->sealed_digest);
	return want;
}

/* A peer that no longer takes anything may still have said why, and sent data before. */
static bool
only_sending_failed(const tls_socket *s)
{
	return s->transport.send_error == EPIPE || s->transport.send_error == ECONNRESET;
}

/*
 * The reason may have come as an alert that nobody has read: under TLS 1.3 a
 * client hears so that its certificate is not good enough. What stands before
 * an alert is data, which stays for a read.
 */
static int
sending_failed(tls_socket *s)
{
	unsigned char octet;
	int n;

	s->sealed = 0; /* it will never go */
	tlsw__queue_clear();
	n = SSL_peek(s->ssl, &octet, 1);
	if (n <= 0 && tlsw__socket_received_alert() >= 0)
		return tlsw__socket_outcome(s, n);
	return tlsw__error_set_errno(TLSW_ERR_SYSTEM, s->transport.send_error,
	    "server takes no more data");
}

static int
write_step(tls_socket *s, const unsigned char *buf, size_t len)
{
	int n;

	if (atomic_load(&s->end_code) != TLSW_OK)
		return tlsw__socket_dead(s);
	if (only_sending_failed(s))
		return sending_failed(s);
	tlsw__queue_clear();
	n = SSL_write(s->ssl, buf, at_most(len));
	if (n > 0) {
		s->sealed = 0;
		return n;
	}
	if (only_sending_failed(s))
		return sending_failed(s);
	n = tlsw__socket_outcome(s, n);
	if (n == TLSW_WANT_READ || n == TLSW_WANT_WRITE) {
		s->sealed = len < RECORD_MAX ? len : RECORD_MAX;
		/* else its answer to a KeyUpdate goes first, and it has not looked at the data */
		s->sealed_inside = SSL_is_init_finished(s->ssl) == 1;
	}
	return n == TLSW__ENDED ? TLSW__FAILED : n;
}

/* TIMEOUT in a write is final: nobody knows how much has gone. */
static int
write_timed_out(tls_socket *s)
{
	(void)pthread_mutex_lock(&s->lock);
	(void)tlsw__socket_die(s);
	(void)pthread_mutex_unlock(&s->lock);
	return -1;
}

static ssize_t
write_all(tls_socket *s, const unsigned char *buf, size_t len)
{
	const tlsw__deadline deadline = tlsw__deadline_in(s->timeout_ms);
	size_t done = 0;
	int n;

	while (done < len) {
		(void)pthread_mutex_lock(&s->lock);
		n = write_step(s, buf + done, len - done);
		(void)pthread_mutex_unlock(&s->lock);
		if (n > 0) {
			done += (size_t)n;
			if (done < len && !tlsw__socket_blocking(s))
				break; /* one record a call, so that WANT always means: nothing went */
		} else if (n != TLSW_WANT_READ && n != TLSW_WANT_WRITE) {
			return -1;
		} else if (!tlsw__socket_blocking(s)) {
			n = want_again(s, buf + done, n);
			return done > 0 ? (ssize_t)done : n; /* some: it blocked when the call began */
		} else if (wait_for(s, n, TLSW_WANT_WRITE, deadline) != 0) {
			return write_timed_out(s);
		}
	}
	return (ssize_t)done;
}

ssize_t
tls_socket_write(tls_socket *s, const void *buf, size_t len)
{
	struct tlsw__queue queue;
	ssize_t n;

	if (usable(s, buf, len) != 0)
		return -1;
	if (s->write_ended)
		return tlsw__error_set(TLSW_ERR_CLOSED, "the sending side is closed");
	if (len == 0)
		return 0;
	if (len > SSIZE_MAX)
		return tlsw__error_set(TLSW_ERR_USAGE, "%zu octets are more than one write can count", len);
	if (same_again(s, buf, len) != 0)
		return -1;
	tlsw__queue_save(&queue);
	n = write_all(s, buf, len);
	tlsw__queue_restore(&queue);
	return n;
}

/* -------------------------------------------------------------------------- closing */

static int
shutdown_step(tls_socket *s)
{
	int n;

	if (atomic_load(&s->end_code) != TLSW_OK)
		return tlsw__socket_dead(s);
	if (only_sending_failed(s))
		return sending_failed(s);
	tlsw__queue_clear();
	n = SSL_shutdown(s->ssl); /* 0: ours is out, 1: the peer's had come before */
	if (n >= 0)
		return 0;
	if (only_sending_failed(s))
		return sending_failed(s);
	n = tlsw__socket_outcome(s, n);
	return n == TLSW__ENDED ? 0 : n;
}

/* An answer to a KeyUpdate that is half sent, which SSL_shutdown() would not look after. */
static int
answer_step(tls_socket *s)
{
	int n;

	if (SSL_is_init_finished(s->ssl) == 1 || s->transport.send_error != 0)
		return 0;
	tlsw__queue_clear();
	n = SSL_do_handshake(s->ssl);
	return n == 1 || only_sending_failed(s) ? 0 : tlsw__socket_outcome(s, n);
}

/*
 * Send close_notify. A sealed record that still waits goes first: its octets
 * are inside OpenSSL, which looks only at the length that is given again. Data
 * that it has not taken is not sent any more.
 */
static int
end_step(tls_socket *s)
{
	static const unsigned char sealed[RECORD_MAX];
	int n = 0;

	if (atomic_load(&s->end_code) != TLSW_OK)
		return tlsw__socket_dead(s);
	if (s->sealed > 0 && s->sealed_inside)
		n = write_step(s, sealed, s->sealed);
	else if ((n = answer_step(s)) == 0)
		s->sealed = 0;
	return n >= 0 ? shutdown_step(s) : n;
}

static int
send_close_notify(tls_socket *s, tlsw__deadline deadline)
{
	int n;

	if (s->write_ended)
		return 0;
	for (;;) {
		(void)pthread_mutex_lock(&s->lock);
		n = end_step(s);
		(void)pthread_mutex_unlock(&s->lock);
		if (n == 0)
			s->write_ended = true;
		if (n != TLSW_WANT_READ && n != TLSW_WANT_WRITE)
			return n;
		if (!tlsw__socket_blocking(s))
			return n;
		if (wait_for(s, n, TLSW_WANT_WRITE, deadline) != 0)
			return write_timed_out(s);
	}
}

int
tls_socket_shutdown(tls_socket *s)
{
	struct tlsw__queue queue;
	int n;

	if (usable(s, NULL, 0) != 0)
		return -1;
	tlsw__queue_save(&queue);
	n = send_close_notify(s, tlsw__deadline_in(s->timeout_ms));
	tlsw__queue_restore(&queue);
	return n;
}

int
tls_socket_no_readahead(tls_socket *s)
{
	if (s == NULL)
		return tlsw__error_set(TLSW_ERR_USAGE, "socket is NULL");
	(void)pthread_mutex_lock(&s->lock);
	SSL_set_read_ahead(s->ssl, 0);
	(void)pthread_mutex_unlock(&s->lock);
	return 0;
}

/* Wait for the peer's close_notify: 0; -1 with the error set, USAGE for data. */
static int
await_close_notify(tls_socket *s, tlsw__deadline deadline)
{
	int n = TLSW__ENDED;

	while (!s->read_ended && plain_left(s) == 0) {
		(void)pthread_mutex_lock(&s->lock);
		n = read_step(s, NULL, 0);
		(void)pthread_mutex_unlock(&s->lock);
		if (n == TLSW__FAILED)
			return -1;
		if ((n == TLSW_WANT_READ || n == TLSW_WANT_WRITE) && tlsw__socket_wait(s, n, deadline) != 0)
			return -1;
	}
	if (plain_left(s) > 0)
		return tlsw__error_set(TLSW_ERR_USAGE, "%zu octets of data wait to be read first", plain_left(s));
	if (waits_inside(s))
		return tlsw__error_set(TLSW_ERR_PLAINTEXT,
		    "server sent octets behind its close_notify that were already fetched");
	return 0;
}

static int
unwrap(tls_socket *s, int timeout_ms)
{
	const tlsw__deadline deadline = tlsw__deadline_in(timeout_ms);
	int n;

	while ((n = send_close_notify(s, deadline)) == TLSW_WANT_READ || n == TLSW_WANT_WRITE)
		if (tlsw__socket_wait(s, n, deadline) != 0)
			return -1;
	if (n != 0 || await_close_notify(s, deadline) != 0)
		return -1;
	n = s->transport.fd;
	s->owns_fd = false;
	tls_socket_free(s);
	return n;
}

int
tls_socket_unwrap(tls_socket *s, int timeout_ms)
{
	struct tlsw__queue queue;
	int fd;

	if (usable(s, NULL, 0) != 0)
		return -1;
	if (s->transport.fd < 0)
		return tlsw__error_set(TLSW_ERR_USAGE, "the socket has no descriptor to give back");
	if (timeout_ms == 0 || timeout_ms < -1)
		return tlsw__error_set(TLSW_ERR_USAGE,
		    "timeout: %d is neither -1 nor a number of milliseconds", timeout_ms);
	if (tls_socket_pending(s) > 0)
		return tlsw__error_set(TLSW_ERR_USAGE, "%zu octets of data wait to be read first", plain_left(s));
	tlsw__queue_save(&queue);
	fd = unwrap(s, timeout_ms);
	if (fd < 0 && tlsw__error_code() != TLSW_ERR_USAGE) {
		(void)tlsw__socket_die(s);
		tlsw__transport_shut(&s->transport);
	}
	tlsw__queue_restore(&queue);
	return fd;
}

int
tls_socket_close(tls_socket *s)
{
	struct tlsw__queue queue;
	int n = 0;

	if (s == NULL)
		return 0;
	tlsw__queue_save(&queue);
	if (usable(s, NULL, 0) != 0) {
		n = -1;
	} else {
		n = send_close_notify(s, tlsw__deadline_in(
		        s->timeout_ms == -1 ? CLOSE_TIMEOUT_MS : s->timeout_ms));
		if (n == TLSW_WANT_READ || n == TLSW_WANT_WRITE)
			n = tlsw__error_set_errno(TLSW_ERR_SYSTEM, EAGAIN, "close_notify could not be sent");
	}
	tlsw__transport_discard(&s->transport);
	tls_socket_free(s);
	tlsw__queue_restore(&queue);
	return n;
}
