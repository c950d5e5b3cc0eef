/*
 * wrap.c - from a descriptor to a verified socket: the handshake, the verdict
 * inside it, and the gate behind it.
 *
 * SPDX-License-Identifier: ISC
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "cert.h"
#include "explain.h"
#include "socket.h"
#include "staple.h"

#define REFERENCES_MAX 16
#define TLSA_MAX 32
#define SERVICE_MAX 15 /* RFC 6335 section 5.1 */

/* -------------------------------------------------------------------- the verdict */

static void
note_event(const SSL *ssl, int where, int value)
{
	tls_socket *s = (tls_socket *)tlsw__context_judge(ssl);

	if (s != NULL && where == SSL_CB_WRITE_ALERT)
		s->alert_sent = value & 0xff;
	if (s != NULL && where == SSL_CB_CONNECT_LOOP)
		s->chatter = true;
}

static struct tlsw__verify_request
request_for(const tls_socket *s)
{
	return (struct tlsw__verify_request){
	    .policy = &s->context->policy,
	    .trust = s->trust,
	    .references = s->references,
	    .reference_count = s->reference_count,
	    .service = s->service,
	    .socket = s,
	    .dane = s->tlsa_count > 0 ? s->ssl : NULL,
	};
}

/* Whether earlier verdicts may be built upon. */
static bool
may_remember(const tls_socket *s)
{
	return s->keyed && tlsw__context_keeps_nothing(s->context) == NULL;
}

/* The same octets, verified minutes ago by this context for this host: not twice. */
static int
verify(tls_socket *s, const struct tlsw__verify_request *request)
{
	unsigned char digest[TLSW__KEY_SIZE];
	const struct tlsw__chain_policy *policy = &request->policy->chain;
	bool known = may_remember(s) && tlsw__chains_max(s->context->chains) > 0 &&
	    request->policy->hook == NULL && /* which is asked once, not again when it has refused */
	    tlsw__chains_digest(s->key, request->leaf, request->presented, digest);
	STACK_OF(X509) *path = NULL;
	int rv;

	if (known)
		path = tlsw__chains_get(s->context->chains, digest,
		    policy->when != 0 ? policy->when : time(NULL));
	if (path != NULL && tlsw__verify_again(request, path, 0, &s->verdict)) {
		sk_X509_pop_free(path, X509_free);
		return 0;
	}
	sk_X509_pop_free(path, X509_free);
	rv = tlsw__verify(request, &s->verdict);
	if (rv == 0 && known && s->verdict.verified)
		tlsw__chains_put(s->context->chains, digest, s->verdict.path);
	return rv;
}

/*
 * A server may pick one of the protocols offered (RFC 7301 section 3.1), or
 * none if none is required. Known before the certificates arrive.
 */
static int
check_alpn(const tls_socket *s)
{
	const unsigned char *name = NULL;
	unsigned len = 0;

	SSL_get0_alpn_selected(s->ssl, &name, &len);
	if (len == 0 && s->context->alpn_required)
		return tlsw__error_set(TLSW_ERR_PROTOCOL,
		    "server picked none of the ALPN protocols offered, and one is required");
	if (len > 0 && !tlsw__context_offers_alpn(s->context, name, len))
		return tlsw__error_set(TLSW_ERR_PROTOCOL,
		    "server picked an ALPN protocol that was not offered");
	return 0;
}

static int
keep_alpn(tls_socket *s)
{
	const unsigned char *name = NULL;
	unsigned len = 0;

	SSL_get0_alpn_selected(s->ssl, &name, &len);
	if (len == 0)
		return 0;
	s->alpn = malloc((size_t)len + 1);
	if (s->alpn == NULL)
		return tlsw__error_set_memory();
	memcpy(s->alpn, name, len);
	s->alpn[len] = '\0';
	return 0;
}

/* A data connection leads to the server of its control connection, or nowhere. */
static int
check_control(const tls_socket *s)
{
	if (s->control_leaf == NULL || X509_cmp(s->control_leaf, s->verdict.leaf) == 0)
		return 0;
	return tlsw__error_set(TLSW_ERR_CERTIFICATE,
	    "the data connection's certificate is not the control connection's");
}

/* The error becomes the alert. */
static int
refuse(tls_socket *s, X509_STORE_CTX *presented, long verify_error)
{
	s->verdict.accepted = false;
	X509_STORE_CTX_set_error(presented, (int)verify_error);
	return 0;
}

/*
 * In a full handshake OpenSSL asks here when the certificates have arrived:
 * before the client certificate, Finished or any application data leave.
 */
static int
decide(struct tlsw__judge *judge, X509_STORE_CTX *presented)
{
	tls_socket *s = (tls_socket *)judge;
	struct tlsw__verify_request request = request_for(s);

	tlsw__verdict_clear(&s->verdict);
	s->verdict_on_session = false;
	request.leaf = X509_STORE_CTX_get0_cert(presented);
	request.presented = X509_STORE_CTX_get0_untrusted(presented);
	if (request.leaf == NULL || s->trust == NULL)
		return 0;
	if (verify(s, &request) != 0 || !s->verdict.accepted)
		return refuse(s, presented, s->verdict.verify_error);
	if (check_alpn(s) != 0 || check_control(s) != 0) {
		s->verdict.error = tlsw__error_copy();
		return refuse(s, presented, X509_V_ERR_APPLICATION_VERIFICATION);
	}
	X509_STORE_CTX_set_error(presented, X509_V_OK);
	return 1;
}

/* The second question, behind decide(): TLS 1.2 sends the OCSP answer after the certificates. */
static int
judge_staple(struct tlsw__judge *judge)
{
	tls_socket *s = (tls_socket *)judge;
	const struct tlsw__verify_policy *policy = &s->context->policy;
	unsigned char *answer = NULL;
	long len = SSL_get_tlsext_status_ocsp_resp(s->ssl, &answer);

	s->staple_passed = false;
	if (SSL_session_reused(s->ssl) != 0)
		return 1; /* there is no certificate, so no answer: the gate decides */
	if (!s->verdict.accepted || s->verdict.path == NULL)
		return 0;
	if (tlsw__staple_check(policy->ocsp, s->verdict.path, answer, len > 0 ? (size_t)len : 0,
	        policy->chain.when) != 0) {
		tlsw__error_set_certificate(tlsw__cert_new(s->verdict.leaf, s->verdict.path));
		s->verdict.accepted = false;
		s->verdict.error = tlsw__error_copy();
		return 0;
	}
	s->staple_passed = true;
	return 1;
}

/* Asked for, and either seen in this handshake or on the control connection that is resumed. */
static bool
staple_met(const tls_socket *s, bool resumed)
{
	return s->context->policy.ocsp == TLSW_OCSP_OFF || s->staple_passed ||
	    (resumed && s->control_leaf != NULL);
}

/* A client certificate is for a server that was accepted, in this very handshake. */
static bool
asked(struct tlsw__judge *judge)
{
	tls_socket *s = (tls_socket *)judge;

	s->certificate_asked = true;
	return s->verdict.accepted && !s->verdict_on_session;
}

/* ------------------------------------------------------------------------- sessions */

/*
 * Only what the gate let through is kept, only with chain and name verified,
 * and in TLS 1.2 only when the master secret is bound to the handshake (RFC
 * 7627 section 5.3). A data connection's sessions are nobody's.
 */
static void
store_session(tls_socket *s, SSL_SESSION *session)
{
	if (!s->keyed || s->control_leaf != NULL || !s->verdict.verified)
		return;
	if (SSL_version(s->ssl) < TLS1_3_VERSION && SSL_get_extms_support(s->ssl) != 1)
		return;
	tlsw__sessions_put(s->context->sessions, s->key, session, s->verdict.path);
}

static void
keep(struct tlsw__judge *judge, SSL_SESSION *session)
{
	tls_socket *s = (tls_socket *)judge;

	if (atomic_load(&s->state) == TLSW__OPEN) {
		store_session(s, session);
	} else if (SSL_SESSION_up_ref(session) == 1) {
		SSL_SESSION_free(s->fresh);
		s->fresh = session;
	}
}

/* Decide about a session's chain before it is offered: OpenSSL would not ask on resumption. */
static bool
offer(tls_socket *s, const struct tlsw__session *kept, unsigned long earlier)
{
	struct tlsw__verify_request request = request_for(s);

	request.leaf = sk_X509_value(kept->path, 0);
	if (request.leaf == NULL || SSL_SESSION_get0_peer(kept->session) == NULL ||
	    X509_cmp(request.leaf, SSL_SESSION_get0_peer(kept->session)) != 0 ||
	    !tlsw__verify_again(&request, kept->path, earlier, &s->verdict))
		return false;
	if (SSL_set_session(s->ssl, kept->session) == 1) {
		s->verdict_on_session = true;
		return true;
	}
	tlsw__verdict_clear(&s->verdict);
	return false;
}

/* Now that it is known who is asked for, look for a session of theirs. */
static void
find_session(tls_socket *s)
{
	struct tlsw__verify_request request = request_for(s);
	struct tlsw__session kept;

	if (s->reference_count == 0 || s->control_leaf != NULL || s->tlsa_count > 0)
		return;
	s->keyed = tlsw__context_key(s->context, &request, s->transport.port, s->key) &&
	    SSL_set_session_id_context(s->ssl, s->key, sizeof(s->key)) == 1;
	if (!may_remember(s))
		return;
	while (tlsw__sessions_take(s->context->sessions, s->key, &kept)) {
		bool offered = offer(s, &kept, 0);
		bool again = !offered && request.policy->hook == NULL && /* it has said no: not once more */
		    SSL_SESSION_get_protocol_version(kept.session) >= TLS1_3_VERSION;

		tlsw__session_clear(&kept);
		if (!again)
			break;
	}
}

static int
shut(tls_socket *s, enum tlsw_error code, const char *why)
{
	(void)tlsw__error_set(code, "%s", why);
	return tlsw__socket_die(s);
}

/*
 * The gate. The handshake is over; the socket opens only if the verdict about
 * exactly the certificate that this handshake authenticated says so: that of
 * the session that was offered if it was resumed, else that of decide().
 * Anything odd, a path that skipped the verdict for one, finds it shut.
 */
static int
pass_gate(tls_socket *s)
{
	X509 *peer = SSL_get0_peer_certificate(s->ssl);
	const bool resumed = SSL_session_reused(s->ssl) != 0;

	if (!s->verdict.accepted || s->verdict.leaf == NULL || peer == NULL ||
	    X509_cmp(peer, s->verdict.leaf) != 0 || s->verdict_on_session != resumed ||
	    !staple_met(s, resumed) || SSL_get_verify_result(s->ssl) != X509_V_OK || SSL_is_init_finished(s->ssl) != 1)
		return shut(s, TLSW_ERR_INTERNAL, "the handshake ended without a verdict about the server");
	if (check_alpn(s) != 0 || check_control(s) != 0 || keep_alpn(s) != 0)
		return tlsw__socket_die(s);
	if (s->fresh != NULL)
		store_session(s, s->fresh);
	SSL_SESSION_free(s->fresh);
	s->fresh = NULL;
	s->chatter = false;
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
	return tlsw__explain_not_tls(TLSW_ERR_PLAINTEXT, early, n);
}

int
tlsw__socket_check_trust(const tls_socket *s)
{
	return s->tlsa_count > 0 ? 0 : tlsw__context_check_trust(s->context, s->trust);
}

/* The last that is done before the first octet leaves. */
static int
before_hello(tls_socket *s)
{
	if (tlsw__socket_check_trust(s) != 0)
		return -1;
	if (refuse_early_octets(s) != 0)
		return -1;
	s->transport.drained = true; /* as was just seen */
	find_session(s);
	return 0;
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
handshake_step(tls_socket *s, enum tlsw__patience patience)
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
	if (!s->hello_sent && before_hello(s) != 0)
		return end_handshake(s, tlsw__socket_die(s));
	/* the answer to a ClientHello is never there at once */
	s->transport.patience = !s->hello_sent && s->transport.fd >= 0 ? TLSW__PATIENT : patience;
	s->hello_sent = true;
	tlsw__queue_clear();
	result = SSL_connect(s->ssl);
	s->transport.patience = TLSW__IMPATIENT;
	if (result == 1)
		return end_handshake(s, pass_gate(s));
	rv = tlsw__socket_outcome(s, result);
	return rv == TLSW_WANT_READ || rv == TLSW_WANT_WRITE ? rv : end_handshake(s, -1);
}

int
tlsw__socket_handshake(tls_socket *s, bool may_return)
{
	enum tlsw__patience patience = may_return ? TLSW__AS_DESCRIPTOR : TLSW__PATIENT;
	bool waited = false;
	int rv;

	for (;;) {
		(void)pthread_mutex_lock(&s->lock);
		if (waited)
			s->transport.drained = false;
		rv = handshake_step(s, patience);
		(void)pthread_mutex_unlock(&s->lock);
		if (rv == 0 || rv == -1)
			return rv;
		patience = tlsw__transport_patience(&s->transport, patience);
		if (patience != TLSW__PATIENT)
			return rv;
		if (tlsw__socket_wait(s, rv, s->handshake_deadline) != 0) {
			(void)pthread_mutex_lock(&s->lock);
			rv = end_handshake(s, tlsw__socket_die(s));
			(void)pthread_mutex_unlock(&s->lock);
			return rv;
		}
		waited = true;
	}
}

int
tls_socket_handshake(tls_socket *s)
{
	struct tlsw__queue queue;
	int rv;

	if (s == NULL)
		return tlsw__error_set(TLSW_ERR_USAGE, "socket is NULL");
	if (s->dialogue != NULL)
		return tlsw__error_set(TLSW_ERR_USAGE, "the STARTTLS dialogue is not over");
	tlsw__queue_save(&queue);
	rv = tlsw__socket_handshake(s, true);
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

static int
add_tlsa(tls_socket *s, int usage, int selector, int mtype, const void *data, size_t len)
{
	int added;

	if (!s->dane && SSL_dane_enable(s->ssl, s->references[0].dns) != 1)
		return tlsw__error_set_openssl(TLSW_ERR_INTERNAL, "TLSA");
	s->dane = true;
	(void)SSL_dane_set_flags(s->ssl, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
	added = SSL_dane_tlsa_add(s->ssl, (uint8_t)usage, (uint8_t)selector, (uint8_t)mtype,
	    (unsigned char *)(uintptr_t)data, len);
	if (added == 0)
		return tlsw__error_set(TLSW_ERR_USAGE,
		    "TLSA %d %d %d: not usable, OpenSSL does not know such a record", usage, selector,
		    mtype);
	if (added != 1)
		return tlsw__error_set_openssl(TLSW_ERR_USAGE, "TLSA %d %d %d", usage, selector, mtype);
	s->tlsa_count++;
	return 0;
}

int
tls_socket_add_tlsa(tls_socket *s, int usage, int selector, int mtype, const void *data, size_t len)
{
	struct tlsw__queue queue;
	int rv;

	if (before_handshake(s, data) != 0)
		return -1;
	if (usage < 0 || usage > 255 || selector < 0 || selector > 255 || mtype < 0 || mtype > 255 ||
	    len == 0)
		return tlsw__error_set(TLSW_ERR_USAGE, "TLSA %d %d %d with %zu octets is no record", usage,
		    selector, mtype, len);
	if (s->references[0].kind != TLSW__REF_DNS || s->control_leaf != NULL)
		return tlsw__error_set(TLSW_ERR_USAGE, "TLSA records are for DNS names");
	if (s->tlsa_count >= TLSA_MAX)
		return tlsw__error_set(TLSW_ERR_USAGE, "more than %d TLSA records", TLSA_MAX);
	tlsw__queue_save(&queue);
	rv = add_tlsa(s, usage, selector, mtype, data, len);
	tlsw__queue_restore(&queue);
	return rv;
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
	s->hostname = server_hostname == NULL ? NULL : strdup(server_hostname);
	if (s->hostname == NULL)
		return tlsw__error_set_memory();
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
	SSL_set_info_callback(s->ssl, note_event);
	SSL_set_connect_state(s->ssl);
	if (s->context->policy.ocsp != TLSW_OCSP_OFF &&
	    SSL_set_tlsext_status_type(s->ssl, TLSEXT_STATUSTYPE_ocsp) != 1)
		return tlsw__error_set_openssl(TLSW_ERR_INTERNAL, "OCSP");
	if (host != NULL && host->kind == TLSW__REF_DNS &&
	    SSL_set_tlsext_host_name(s->ssl, host->dns) != 1)
		return tlsw__error_set_openssl(TLSW_ERR_INTERNAL, "SNI");
	return 0;
}

/* What all sockets have in common, once context and references are known. */
static int
prepare(tls_socket *s)
{
	s->judge.decide = decide;
	s->judge.staple = judge_staple;
	s->judge.keep = keep;
	s->trust = tlsw__trust_snapshot(s->context->trust);
	s->judge.asked = asked;
	if (s->trust == NULL || set_ssl(s) != 0)
		return -1;
	s->handshake_deadline = tlsw__deadline_in(s->context->handshake_timeout_ms);
	return 0;
}

static int
set_up(tls_socket *s, tls_context *ctx, const char *server_hostname)
{
	s->context = tlsw__context_use(ctx);
	if (s->context == NULL || set_host(s, server_hostname) != 0)
		return -1;
	return prepare(s);
}

static tls_socket *
start(tls_context *ctx, int fd, const char *server_hostname)
{
	tls_socket *s = tlsw__socket_new();

	if (s != NULL && tlsw__transport_init(&s->transport, fd) == 0 &&
	    set_up(s, ctx, server_hostname) == 0)
		return s;
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
	if (s != NULL && tlsw__socket_handshake(s, false) != 0) {
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

/* ---------------------------------------------------------------- data connections */

/* Whom the control connection leads to, and the session that it has at this moment. */
static int
follow(tls_socket *s, tls_socket *control)
{
	struct tlsw__session kept = {0};
	SSL_SESSION *session;

	s->context = tlsw__context_use(control->context);
	s->references = malloc((control->reference_count + 1) * sizeof(*s->references));
	if (s->references == NULL || X509_up_ref(control->verdict.leaf) != 1)
		return tlsw__error_set_memory();
	s->control_leaf = control->verdict.leaf;
	s->reference_count = control->reference_count;
	if (s->reference_count > 0)
		memcpy(s->references, control->references, s->reference_count * sizeof(*s->references));
	memcpy(s->service_name, control->service_name, sizeof(s->service_name));
	s->service = control->service == NULL ? NULL : s->service_name;
	s->keyed = control->keyed;
	memcpy(s->key, control->key, sizeof(s->key));
	if (prepare(s) != 0)
		return -1;
	if (s->keyed && SSL_set_session_id_context(s->ssl, s->key, sizeof(s->key)) != 1)
		return tlsw__error_set_openssl(TLSW_ERR_INTERNAL, "session context");
	/* a copy, for OpenSSL lets a TLS 1.3 session be offered once only */
	session = SSL_get0_session(control->ssl);
	kept.session = session == NULL ? NULL : SSL_SESSION_dup(session);
	kept.path = X509_chain_up_ref(control->verdict.path);
	if (kept.session != NULL && kept.path != NULL && tlsw__session_usable(kept.session))
		(void)offer(s, &kept, control->verdict.chain_reasons);
	tlsw__session_clear(&kept);
	return 0;
}

static tls_socket *
start_data(tls_socket *control, int fd)
{
	tls_socket *s = NULL;
	int rv = -1;

	if (control == NULL || atomic_load(&control->state) != TLSW__OPEN)
		(void)tlsw__error_set(TLSW_ERR_USAGE, "the control connection is not open");
	else if ((s = tlsw__socket_new()) != NULL && tlsw__transport_init(&s->transport, fd) == 0) {
		(void)pthread_mutex_lock(&control->lock);
		rv = follow(s, control);
		(void)pthread_mutex_unlock(&control->lock);
	}
	if (rv == 0)
		return s;
	tls_socket_free(s);
	if (fd >= 0)
		(void)shutdown(fd, SHUT_RDWR);
	return NULL;
}

tls_socket *
tls_wrap_data_start(tls_socket *control, int fd)
{
	struct tlsw__queue queue;
	tls_socket *s;

	tlsw__queue_save(&queue);
	s = start_data(control, fd);
	tlsw__queue_restore(&queue);
	return s;
}

tls_socket *
tls_wrap_data(tls_socket *control, int fd)
{
	struct tlsw__queue queue;
	tls_socket *s;

	tlsw__queue_save(&queue);
	s = start_data(control, fd);
	if (s != NULL && tlsw__socket_handshake(s, false) != 0) {
		tls_socket_free(s);
		s = NULL;
	}
	tlsw__queue_restore(&queue);
	return s;
}
