/*
 * wrap.c - from a descriptor to a verified socket: the handshake, the verdict
 * inside it, and the gate behind it.
 *
 * SPDX-License-Identifier: ISC
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "explain.h"
#include "socket.h"

#define REFERENCES_MAX 16
#define SERVICE_MAX 15 /* RFC 6335 section 5.1 */

/* -------------------------------------------------------------------- the verdict */

static void
note_alert(const SSL *ssl, int where, int value)
{
	tls_socket *s = (tls_socket *)tlsw__context_judge(ssl);

	if (s != NULL && where == SSL_CB_WRITE_ALERT)
		s->alert_sent = value & 0xff;
}

/*
 * In a full handshake OpenSSL asks here when the certificates have arrived:
 * before the client certificate, Finished or any application data leave.
 */
static int
decide(struct tlsw__judge *judge, X509_STORE_CTX *presented)
{
	tls_socket *s = (tls_socket *)judge;
	struct tlsw__verify_request request = {
	    .policy = &s->context->policy,
	    .trust = s->trust,
	    .leaf = X509_STORE_CTX_get0_cert(presented),
	    .presented = X509_STORE_CTX_get0_untrusted(presented),
	    .references = s->references,
	    .reference_count = s->reference_count,
	    .service = s->service,
	};

	tlsw__verdict_clear(&s->verdict);
	if (request.leaf == NULL || s->trust == NULL)
		return 0;
	if (tlsw__verify(&request, &s->verdict) != 0 || !s->verdict.accepted) {
		X509_STORE_CTX_set_error(presented, (int)s->verdict.verify_error);
		return 0;
	}
	X509_STORE_CTX_set_error(presented, X509_V_OK);
	return 1;
}

static int
shut(tls_socket *s, enum tlsw_error code, const char *why)
{
	(void)tlsw__error_set(code, "%s", why);
	return tlsw__socket_die(s);
}

/* A server may pick one of the protocols offered (RFC 7301 section 3.1), or none if none is required. */
static int
check_alpn(tls_socket *s)
{
	const unsigned char *name = NULL;
	unsigned len = 0;

	SSL_get0_alpn_selected(s->ssl, &name, &len);
	if (len == 0 && s->context->alpn_required)
		return shut(s, TLSW_ERR_PROTOCOL,
		    "server picked none of the ALPN protocols offered, and one is required");
	if (len == 0)
		return 0;
	if (!tlsw__context_offers_alpn(s->context, name, len))
		return shut(s, TLSW_ERR_PROTOCOL, "server picked an ALPN protocol that was not offered");
	s->alpn = malloc((size_t)len + 1);
	if (s->alpn == NULL)
		return shut(s, TLSW_ERR_MEMORY, "out of memory");
	memcpy(s->alpn, name, len);
	s->alpn[len] = '\0';
	return 0;
}

/*
 * The gate. The handshake is over; the socket opens only if the verdict about
 * exactly the certificate that this handshake authenticated says so. Anything
 * odd, a path that skipped the verdict for one, finds it shut.
 */
static int
pass_gate(tls_socket *s)
{
	X509 *peer = SSL_get0_peer_certificate(s->ssl);

	if (!s->verdict.accepted || s->verdict.leaf == NULL || peer == NULL ||
	    X509_cmp(peer, s->verdict.leaf) != 0 || SSL_session_reused(s->ssl) != 0 ||
	    SSL_get_verify_result(s->ssl) != X509_V_OK || SSL_is_init_finished(s->ssl) != 1)
		return shut(s, TLSW_ERR_INTERNAL, "the handshake ended without a verdict about the server");
	if (check_alpn(s) != 0)
		return -1;
	s->unsettled = true; /* data may have come along with the handshake */
	atomic_store(&s->state, TLSW__OPEN);
	return 0;
}

/* ------------------------------------------------------------------- the handshake */

/*
 * A TLS server never speaks first: octets that wait before the ClientHello
 * were injected, or it is no TLS server.
 */
static int
refuse_early_octets(tls_socket *s)
{
	char early[TLSW__QUOTE_MAX];
	size_t n = tlsw__transport_peek(&s->transport, early, sizeof(early));

	if (n == 0)
		return 0;
	(void)tlsw__explain_not_tls(TLSW_ERR_PLAINTEXT, early, n);
	return tlsw__socket_die(s);
}

/* A handshake is over: alert sent by OpenSSL, no plaintext may follow it. */
static int
end_handshake(tls_socket *s, int rv)
{
	tlsw__snapshot_free(s->trust);
	s->trust = NULL;
	if (rv != 0)
		tlsw__transport_shut(&s->transport);
	return rv;
}

static int
handshake_step(tls_socket *s)
{
	int result, rv;

	if (atomic_load(&s->end_code) != TLSW_OK)
		return tlsw__socket_dead(s);
	if (atomic_load(&s->state) == TLSW__OPEN)
		return 0;
	if (tlsw__deadline_left(s->handshake_deadline) == 0) {
		(void)tlsw__error_set(TLSW_ERR_TIMEOUT, "the handshake did not end within its time");
		return end_handshake(s, tlsw__socket_die(s));
	}
	if (!s->hello_sent && refuse_early_octets(s) != 0)
		return end_handshake(s, -1);
	s->hello_sent = true;
	tlsw__queue_clear();
	result = SSL_connect(s->ssl);
	if (result == 1)
		return end_handshake(s, pass_gate(s));
	rv = tlsw__socket_outcome(s, result);
	return rv == TLSW_WANT_READ || rv == TLSW_WANT_WRITE ? rv : end_handshake(s, -1);
}

static int
handshake(tls_socket *s, bool may_return)
{
	int rv;

	for (;;) {
		(void)pthread_mutex_lock(&s->lock);
		rv = handshake_step(s);
		(void)pthread_mutex_unlock(&s->lock);
		if (rv == 0 || rv == -1)
			return rv;
		if (may_return && !tlsw__socket_blocking(s))
			return rv;
		if (tlsw__socket_wait(s, rv, s->handshake_deadline) != 0) {
			(void)pthread_mutex_lock(&s->lock);
			rv = end_handshake(s, tlsw__socket_die(s));
			(void)pthread_mutex_unlock(&s->lock);
			return rv;
		}
	}
}

int
tls_socket_handshake(tls_socket *s)
{
	struct tlsw__queue queue;
	int rv;

	if (s == NULL)
		return tlsw__error_set(TLSW_ERR_USAGE, "socket is NULL");
	tlsw__queue_save(&queue);
	rv = handshake(s, true);
	tlsw__queue_restore(&queue);
	return rv;
}

/* ------------------------------------------------------- whom to accept, before it */

/* 0 while the handshake has not begun. */
static int
before_handshake(const tls_socket *s, const void *argument)
{
	if (s == NULL || argument == NULL)
		return tlsw__error_set(TLSW_ERR_USAGE, s == NULL ? "socket is NULL" : "argument is NULL");
	if (s->hello_sent || atomic_load(&s->end_code) != TLSW_OK)
		return tlsw__error_set(TLSW_ERR_USAGE, "the handshake has begun");
	if (s->reference_count == 0)
		return tlsw__error_set(TLSW_ERR_USAGE, "the socket was made without a server_hostname");
	return 0;
}

int
tls_socket_add_hostname(tls_socket *s, const char *also_accept)
{
	struct tlsw__reference reference, *more;

	if (before_handshake(s, also_accept) != 0 || tlsw__verify_host(also_accept, &reference) != 0)
		return -1;
	if (s->reference_count >= REFERENCES_MAX)
		return tlsw__error_set(TLSW_ERR_USAGE, "more than %d host names", REFERENCES_MAX);
	more = realloc(s->references, (s->reference_count + 1) * sizeof(*more));
	if (more == NULL)
		return tlsw__error_set_memory();
	more[s->reference_count] = reference;
	s->references = more;
	s->reference_count++;
	return 0;
}

int
tls_socket_set_service(tls_socket *s, const char *srv_service)
{
	const char *p;

	if (before_handshake(s, srv_service) != 0)
		return -1;
	for (p = srv_service; *p != '\0'; p++)
		if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') ||
		        *p == '-'))
			break;
	if (*p != '\0' || p == srv_service || p - srv_service > SERVICE_MAX)
		return tlsw__error_set(TLSW_ERR_USAGE, "service: 1 to %d letters, digits and hyphens, "
		    "without the underscore (RFC 6335 section 5.1)", SERVICE_MAX);
	if (s->references[0].kind != TLSW__REF_DNS)
		return tlsw__error_set(TLSW_ERR_USAGE, "service: the host is an address, not a DNS name");
	memcpy(s->service_name, srv_service, (size_t)(p - srv_service) + 1);
	s->service = s->service_name;
	return 0;
}

/* ------------------------------------------------------------------------ wrapping */

static int
set_host(tls_socket *s, const char *server_hostname)
{
	if (server_hostname == NULL && !s->context->policy.check_hostname)
		return 0;
	s->references = calloc(1, sizeof(*s->references));
	if (s->references == NULL)
		return tlsw__error_set_memory();
	if (tlsw__verify_host(server_hostname, &s->references[0]) != 0)
		return -1;
	s->reference_count = 1;
	return 0;
}

static int
set_ssl(tls_socket *s)
{
	const struct tlsw__reference *host = s->references;
	BIO *bio;

	s->ssl = tlsw__context_new_ssl(s->context, &s->judge);
	if (s->ssl == NULL)
		return -1;
	bio = tlsw__transport_bio(s->context->transport_method, &s->transport);
	if (bio == NULL)
		return tlsw__error_set_memory();
	SSL_set_bio(s->ssl, bio, bio);
	SSL_set_info_callback(s->ssl, note_alert);
	SSL_set_connect_state(s->ssl);
	if (host != NULL && host->kind == TLSW__REF_DNS &&
	    SSL_set_tlsext_host_name(s->ssl, host->dns) != 1)
		return tlsw__error_set_openssl(TLSW_ERR_INTERNAL, "SNI");
	return 0;
}

static int
set_up(tls_socket *s, tls_context *ctx, const char *server_hostname)
{
	s->judge.decide = decide;
	s->context = tlsw__context_use(ctx);
	if (s->context == NULL || set_host(s, server_hostname) != 0)
		return -1;
	s->trust = tlsw__context_trust(s->context);
	if (s->trust == NULL || set_ssl(s) != 0)
		return -1;
	s->handshake_deadline = tlsw__deadline_in(s->context->handshake_timeout_ms);
	return 0;
}

static tls_socket *
start(tls_context *ctx, int fd, const char *server_hostname)
{
	tls_socket *s = tlsw__socket_new();

	if (s != NULL && tlsw__transport_check_fd(fd) == 0) {
		tlsw__transport_init(&s->transport, fd);
		if (set_up(s, ctx, server_hostname) == 0)
			return s;
	}
	tls_socket_free(s);
	if (fd >= 0)
		(void)shutdown(fd, SHUT_RDWR); /* ENOTSOCK for what is no socket: nothing lost */
	return NULL;
}

tls_socket *
tls_wrap_transport(tls_context *ctx, const struct tls_transport *transport, void *arg,
    const char *server_hostname)
{
	struct tlsw__queue queue;
	tls_socket *s;

	if (transport == NULL || transport->size < sizeof(*transport) || transport->read == NULL ||
	    transport->write == NULL) {
		(void)tlsw__error_set(TLSW_ERR_USAGE, "transport: NULL, of another size, or without callbacks");
		return NULL;
	}
	tlsw__queue_save(&queue);
	s = tlsw__socket_new();
	if (s != NULL && set_up(s, ctx, server_hostname) != 0) {
		tls_socket_free(s); /* the transport stays the caller's: close is not called */
		s = NULL;
	}
	if (s != NULL)
		tlsw__transport_init_callbacks(&s->transport, transport, arg);
	tlsw__queue_restore(&queue);
	return s;
}

tls_socket *
tls_wrap_start(tls_context *ctx, int fd, const char *server_hostname)
{
	struct tlsw__queue queue;
	tls_socket *s;

	tlsw__queue_save(&queue);
	s = start(ctx, fd, server_hostname);
	tlsw__queue_restore(&queue);
	return s;
}

tls_socket *
tls_wrap(tls_context *ctx, int fd, const char *server_hostname)
{
	struct tlsw__queue queue;
	tls_socket *s;

	tlsw__queue_save(&queue);
	s = start(ctx, fd, server_hostname);
	if (s != NULL && handshake(s, false) != 0) {
		tls_socket_free(s);
		s = NULL;
	}
	tlsw__queue_restore(&queue);
	return s;
}

tls_socket *
tls_wrap_upgrade(tls_context *ctx, int fd, const char *server_hostname, size_t unread)
{
	if (unread == 0)
		return tls_wrap(ctx, fd, server_hostname);
	(void)tlsw__error_set(TLSW_ERR_PLAINTEXT,
	    "%zu octets were read behind the server's go-ahead: somebody injected them", unread);
	if (fd >= 0)
		(void)shutdown(fd, SHUT_RDWR);
	return NULL;
}
