/* SPDX-License-Identifier: ISC */
#include "socket.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <openssl/err.h>

#include "advice.h"
#include "cert.h"
#include "explain.h"

/* ------------------------------------------------------------------ the end of it */

int
tlsw__socket_die(tls_socket *s)
{
	if (atomic_load(&s->end_code) == TLSW_OK) {
		s->end = tlsw__error_copy();
		atomic_store(&s->end_code, tlsw__error_code());
	}
	return -1;
}

int
tlsw__socket_dead(const tls_socket *s)
{
	if (s->end == NULL)
		return tlsw__error_set(atomic_load(&s->end_code), "the connection has ended");
	return tlsw__error_restore(s->end);
}

const struct tls_error_info *
tls_socket_error(const tls_socket *s)
{
	if (s == NULL || atomic_load(&s->end_code) == TLSW_OK)
		return &tlsw__error_none;
	return tlsw__error_info(s->end);
}

/* ------------------------------------------------------- what an SSL call came to */

/* Whether the first octets from the peer are those of a TLS record (RFC 8446 section 5.1). */
static bool
looks_like_tls(const struct tlsw__transport *t)
{
	if (t->first_len == 0)
		return true; /* nothing said is nothing wrong */
	return t->first[0] >= 0x14 && t->first[0] <= 0x18 && (t->first_len < 2 || t->first[1] == 3);
}

static int
failed_transport(tls_socket *s)
{
	const struct tlsw__transport *t = &s->transport;

	if (t->read_error != 0)
		return tlsw__error_set_errno(TLSW_ERR_SYSTEM, t->read_error, "the connection is lost");
	/* The system tells of a reset once: a receive after the send that heard of it finds an end. */
	if (t->send_error == ECONNRESET || (t->send_error != 0 && !t->eof))
		return tlsw__error_set_errno(TLSW_ERR_SYSTEM, t->send_error, "the connection is lost");
	if (atomic_load(&s->state) == TLSW__OPEN)
		return tlsw__error_set(TLSW_ERR_TRUNCATED, "the connection ended without close_notify: "
		    "what was read may be incomplete");
	return tlsw__error_set(TLSW_ERR_TRUNCATED, "server closed the connection %s",
	    t->first_len == 0 ? "without an answer to the ClientHello" : "during the handshake");
}

/* Only fatal ones end up in OpenSSL's queue. */
int
tlsw__socket_received_alert(void)
{
	unsigned long e = ERR_peek_last_error();
	int reason = ERR_GET_REASON(e);

	if (ERR_GET_LIB(e) != ERR_LIB_SSL || reason < SSL_AD_REASON_OFFSET ||
	    reason > SSL_AD_REASON_OFFSET + 255)
		return -1;
	return reason - SSL_AD_REASON_OFFSET;
}

static int
failed_protocol(const tls_socket *s)
{
	const bool internal = s->alert_sent == SSL_AD_INTERNAL_ERROR ||
	    ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_INTERNAL_ERROR;
	const struct tlsw__attempt_facts facts = {s->context, s->certificate_asked};
	int alert = tlsw__socket_received_alert();

	if (alert >= 0)
		return tlsw__advise_alert(&facts, alert);
	(void)tlsw__advise_openssl(&facts, internal ? TLSW_ERR_INTERNAL : TLSW_ERR_PROTOCOL,
	    atomic_load(&s->state) == TLSW__OPEN ? "server broke TLS" : "handshake failed");
	tlsw__error_set_alert(s->alert_sent);
	return tlsw__queue_names_memory() ? tlsw__error_set_memory() : -1;
}

/* A final failure: the nearest thing to its cause is what is reported. */
static int
failed(tls_socket *s, int ssl_error)
{
	const struct tlsw__transport *t = &s->transport;

	if (s->verdict.error != NULL) {
		(void)tlsw__error_restore(s->verdict.error);
		tlsw__error_set_alert(s->alert_sent);
	} else if (t->flooded) {
		(void)tlsw__error_set(TLSW_ERR_PROTOCOL,
		    "server sent %zu octets without data among them", t->idle_octets);
	} else if (atomic_load(&s->state) != TLSW__OPEN && !looks_like_tls(t)) {
		(void)tlsw__explain_not_tls(TLSW_ERR_NOT_TLS, t->first, t->first_len);
	} else if (ssl_error == SSL_ERROR_SSL) {
		(void)failed_protocol(s);
	} else if (ssl_error == SSL_ERROR_SYSCALL) {
		(void)failed_transport(s);
	} else {
		(void)tlsw__error_set_openssl(TLSW_ERR_INTERNAL, "OpenSSL ended with %d", ssl_error);
	}
	return tlsw__socket_die(s);
}

int
tlsw__socket_outcome(tls_socket *s, int ssl_result)
{
	int e = SSL_get_error(s->ssl, ssl_result);

	if (e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE) {
		int want = e == SSL_ERROR_WANT_READ ? TLSW_WANT_READ : TLSW_WANT_WRITE;

		atomic_store(&s->wants, want);
		return want;
	}
	if (e == SSL_ERROR_ZERO_RETURN && atomic_load(&s->state) == TLSW__OPEN)
		return TLSW__ENDED;
	if (e == SSL_ERROR_ZERO_RETURN) { /* close_notify is no answer to a ClientHello */
		(void)tlsw__error_set(TLSW_ERR_TRUNCATED, "server closed the connection during the handshake");
		return tlsw__socket_die(s);
	}
	return failed(s, e);
}

/* ------------------------------------------------------------------------- waiting */

bool
tlsw__socket_blocking(const tls_socket *s)
{
	return tlsw__transport_blocking(&s->transport);
}

/* How long the descriptor's own options let a call wait, in milliseconds; -1: for ever. */
static int
descriptor_timeout(int fd, int option)
{
	struct timeval tv = {0, 0};
	socklen_t len = sizeof(tv);

	if (getsockopt(fd, SOL_SOCKET, option, &tv, &len) != 0 || (tv.tv_sec == 0 && tv.tv_usec == 0))
		return -1;
	if (tv.tv_sec > 1000000)
		return -1;
	return (int)(tv.tv_sec * 1000 + (tv.tv_usec + 999) / 1000);
}

int
tlsw__socket_timed_out(const tls_socket *s, int want)
{
	return tlsw__error_set(TLSW_ERR_TIMEOUT, "%s within the time allowed",
	    want == TLSW_WANT_WRITE                      ? "server takes no more data"
	        : atomic_load(&s->state) == TLSW__OPEN ? "server sent nothing"
	        : s->transport.first_len == 0          ? "server did not answer the ClientHello"
	                                               : "server did not finish the handshake");
}

/* 1: it can go on; 0: the deadline has passed; -1 with the error set. */
static int
wait_once(const tls_socket *s, int want, tlsw__deadline deadline)
{
	int ready = tlsw__wait(s->transport.fd, want == TLSW_WANT_READ ? POLLIN : POLLOUT, deadline);

	if (ready < 0)
		return tlsw__error_set_errno(TLSW_ERR_SYSTEM, errno, "waiting for the server");
	return ready;
}

static int
wait_until(const tls_socket *s, int want, tlsw__deadline deadline)
{
	const int ready = wait_once(s, want, deadline);

	if (ready < 0)
		return -1;
	return ready == 1 ? 0 : tlsw__socket_timed_out(s, want);
}

static tlsw__deadline
descriptor_deadline(const tls_socket *s, int want, tlsw__deadline deadline)
{
	const int option = want == TLSW_WANT_READ ? SO_RCVTIMEO : SO_SNDTIMEO;
	const int limit_ms = descriptor_timeout(s->transport.fd, option);

	return tlsw__deadline_first(deadline, tlsw__deadline_in(limit_ms));
}

int
tlsw__socket_wait_blocking(const tls_socket *s, int want, tlsw__deadline deadline)
{
	return wait_until(s, want, descriptor_deadline(s, want, deadline));
}

#define ASK_AGAIN_MS 20

/* Whether the message that one waited for is through, or nothing follows any more. */
static bool
message_over(tls_socket *s)
{
	bool over;

	(void)pthread_mutex_lock(&s->lock);
	over = SSL_is_init_finished(s->ssl) == 1 || atomic_load(&s->end_code) != TLSW_OK;
	(void)pthread_mutex_unlock(&s->lock);
	return over;
}

int
tlsw__socket_wait_message(tls_socket *s, int want, tlsw__deadline deadline)
{
	const tlsw__deadline last = descriptor_deadline(s, want, deadline);
	int ready;

	do {
		ready = wait_once(
		    s, want, tlsw__deadline_first(last, tlsw__deadline_in(ASK_AGAIN_MS)));
		if (ready < 0)
			return -1;
		if (ready > 0 || message_over(s))
			return 0;
	} while (tlsw__deadline_left(last) != 0);
	return tlsw__socket_timed_out(s, want);
}

int
tlsw__socket_wait(const tls_socket *s, int want, tlsw__deadline deadline)
{
	return tlsw__socket_blocking(s) ? tlsw__socket_wait_blocking(s, want, deadline)
	                                : wait_until(s, want, deadline);
}

/* ------------------------------------------------------ making, settings, freeing */

tls_socket *
tlsw__socket_new(void)
{
	tls_socket *s = calloc(1, sizeof(*s));

	if (s == NULL || pthread_mutex_init(&s->lock, NULL) != 0) {
		free(s);
		(void)tlsw__error_set_memory();
		return NULL;
	}
	s->transport.fd = -1;
	s->alert_sent = -1;
	s->timeout_ms = -1;
	atomic_init(&s->state, TLSW__HANDSHAKING);
	atomic_init(&s->wants, TLSW_WANT_READ);
	atomic_init(&s->end_code, TLSW_OK);
	return s;
}

int
tls_socket_set_timeout(tls_socket *s, int timeout_ms)
{
	if (s == NULL)
		return tlsw__error_set(TLSW_ERR_USAGE, "socket is NULL");
	if (timeout_ms == 0 || timeout_ms < -1)
		return tlsw__error_set(TLSW_ERR_USAGE,
		    "timeout: %d is neither -1 nor a number of milliseconds", timeout_ms);
	s->timeout_ms = timeout_ms;
	return 0;
}

int
tls_socket_own_fd(tls_socket *s)
{
	if (s == NULL)
		return tlsw__error_set(TLSW_ERR_USAGE, "socket is NULL");
	s->owns_fd = true;
	return 0;
}

int
tls_socket_time_left(const tls_socket *s)
{
	return s == NULL ? -1 : tlsw__deadline_left(s->handshake_deadline);
}

void
tls_socket_free(tls_socket *s)
{
	if (s == NULL)
		return;
	if (s->ssl != NULL && atomic_load(&s->state) == TLSW__OPEN) /* or SSL_free spoils its session */
		SSL_set_shutdown(s->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(s->ssl); /* sends nothing */
	SSL_SESSION_free(s->fresh);
	X509_free(s->control_leaf);
	tlsw__transport_end(&s->transport, s->owns_fd);
	tlsw__verdict_clear(&s->verdict);
	tlsw__snapshot_free(s->trust);
	tlsw__error_copy_free(s->end);
	tls_certificate_free(s->peer);
	if (s->plain != NULL)
		OPENSSL_cleanse(s->plain, s->plain_used);
	free(s->plain);
	free(s->references);
	free(s->hostname);
	tlsw__starttls_free(s->dialogue);
	free(s->alpn);
	tls_context_free(s->context);
	(void)pthread_mutex_destroy(&s->lock);
	free(s);
}
