/* SPDX-License-Identifier: ISC */
#include "context.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>

#include "cert.h"
#include "compat.h"

#define DEFAULT_SECURITY_LEVEL 2
#define DEFAULT_HANDSHAKE_TIMEOUT_MS 30000
#define DEFAULT_SESSIONS 64
#define DEFAULT_CHAINS 64

#define OPTIONS                                                                       \
	(SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_ENABLE_MIDDLEBOX_COMPAT | \
	    TLSW__OP_NO_CERT_COMPRESSION)
#define MODES                                                                          \
	(SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |             \
	    SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY | SSL_MODE_NO_AUTO_CHAIN)

/* ------------------------------------------------------- the judge of an SSL */

static int judge_index = -1, context_index = -1;
static pthread_once_t judge_once = PTHREAD_ONCE_INIT;

static void
make_judge_index(void)
{
	judge_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
	context_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
}

tls_context *
tlsw__context_of(const SSL *ssl)
{
	return SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), context_index);
}

struct tlsw__judge *
tlsw__context_judge(const SSL *ssl)
{
	return ssl == NULL ? NULL : SSL_get_ex_data(ssl, judge_index);
}

/* Called by OpenSSL when the peer's certificates have arrived, before anything secret leaves. */
static int
ask_judge(X509_STORE_CTX *presented, void *unused)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(presented, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tlsw__judge *judge = tlsw__context_judge(ssl);

	(void)unused;
	X509_STORE_CTX_set_error(presented, X509_V_ERR_UNSPECIFIED);
	return judge != NULL && judge->decide(judge, presented) == 1 ? 1 : 0;
}

/* Called before Finished leaves, when an OCSP answer was asked for, whether one came or not. */
static int
ask_about_staple(SSL *ssl, void *unused)
{
	struct tlsw__judge *judge = tlsw__context_judge(ssl);

	(void)unused;
	return judge != NULL && judge->staple(judge) == 1 ? 1 : 0;
}

/* Called when the server gave a session. 0: no reference was taken. */
static int
new_session(SSL *ssl, SSL_SESSION *session)
{
	struct tlsw__judge *judge = tlsw__context_judge(ssl);

	if (judge != NULL)
		judge->keep(judge, session);
	return 0;
}

/*
 * Called by OpenSSL when the server asked for a certificate and it is time to
 * answer: in either version behind the verdict about the server, and the judge
 * is asked once more. Without credentials nothing may have come from elsewhere.
 */
static int
give_certificate(SSL *ssl, void *unused)
{
	struct tlsw__judge *judge = tlsw__context_judge(ssl);
	const tls_context *ctx = tlsw__context_of(ssl);

	(void)unused;
	if (ctx == NULL || judge == NULL || !judge->asked(judge))
		return 0;
	if (!atomic_load(&ctx->native))
		SSL_certs_clear(ssl);
	return ctx->credentials == NULL ? 1 : tlsw__credentials_use(ctx->credentials, ssl);
}

/* ------------------------------------------------------------ making and freeing */

/*
 * The system's openssl.cnf was applied by SSL_CTX_new(). What it tightened
 * stays (minimum version, security level, signature algorithms); all else is
 * set here again, so that it cannot weaken anything.
 */
static int
set_protocol_policy(SSL_CTX *ssl_ctx)
{
	long min = SSL_CTX_get_min_proto_version(ssl_ctx);
	int level = SSL_CTX_get_security_level(ssl_ctx);

	if ((SSL_CTX_get_options(ssl_ctx) & SSL_OP_NO_TLSv1_2) != 0)
		min = TLS1_3_VERSION;
	if (min < TLS1_2_VERSION || min > TLS1_3_VERSION)
		min = TLS1_2_VERSION;
	if (level < DEFAULT_SECURITY_LEVEL)
		level = DEFAULT_SECURITY_LEVEL;
	(void)SSL_CTX_clear_options(ssl_ctx, ~(uint64_t)0);
	(void)SSL_CTX_set_options(ssl_ctx, OPTIONS);
	(void)SSL_CTX_clear_mode(ssl_ctx, ~0L);
	(void)SSL_CTX_set_mode(ssl_ctx, MODES);
	if (SSL_CTX_set_cipher_list(ssl_ctx, TLSW__DEFAULT_TLS12_CIPHERS) != 1 ||
	    SSL_CTX_set_ciphersuites(ssl_ctx, TLSW__DEFAULT_TLS13_SUITES) != 1 ||
	    SSL_CTX_set_min_proto_version(ssl_ctx, (int)min) != 1 ||
	    SSL_CTX_set_max_proto_version(ssl_ctx, TLS1_3_VERSION) != 1)
		return -1;
	SSL_CTX_set_security_level(ssl_ctx, level); /* after the ciphers, whose string may name one */
	return 0;
}

static SSL_CTX *
new_ssl_ctx(void)
{
	SSL_CTX *ssl_ctx = SSL_CTX_new(TLS_client_method());

	(void)pthread_once(&judge_once, make_judge_index);
	if (ssl_ctx == NULL || judge_index < 0 || context_index < 0) {
		SSL_CTX_free(ssl_ctx);
		return NULL;
	}
	if (set_protocol_policy(ssl_ctx) != 0) {
		SSL_CTX_free(ssl_ctx);
		return NULL;
	}
	SSL_CTX_set_verify(ssl_ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(ssl_ctx, ask_judge, NULL);
	(void)SSL_CTX_set_session_cache_mode(ssl_ctx,
	    SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	if (SSL_CTX_dane_enable(ssl_ctx) != 1) {
		SSL_CTX_free(ssl_ctx);
		return NULL;
	}
	SSL_CTX_sess_set_new_cb(ssl_ctx, new_session);
	(void)SSL_CTX_set_tlsext_status_cb(ssl_ctx, ask_about_staple);
	SSL_CTX_set_cert_cb(ssl_ctx, give_certificate, NULL);
	SSL_CTX_set_read_ahead(ssl_ctx, 1);
	return ssl_ctx;
}

static void
set_defaults(tls_context *ctx)
{
	ctx->min_version_floor = SSL_CTX_get_min_proto_version(ctx->ssl_ctx);
	ctx->handshake_timeout_ms = DEFAULT_HANDSHAKE_TIMEOUT_MS;
	ctx->policy.require_chain = true;
	ctx->policy.check_hostname = true;
	ctx->policy.chain.depth = TLSW__VERIFY_DEPTH;
	ctx->policy.chain.security_level = SSL_CTX_get_security_level(ctx->ssl_ctx);
	if (ctx->policy.chain.security_level > DEFAULT_SECURITY_LEVEL)
		ctx->security_level_floor = ctx->policy.chain.security_level;
}

tls_context *
tls_context_new(void)
{
	struct tlsw__queue queue;
	tls_context *ctx = calloc(1, sizeof(*ctx));

	if (ctx == NULL) {
		(void)tlsw__error_set_memory();
		return NULL;
	}
	atomic_init(&ctx->refs, 1);
	ctx->keylog_fd = -1;
	tlsw__queue_save(&queue);
	ctx->ssl_ctx = new_ssl_ctx();
	ctx->transport_method = ctx->ssl_ctx == NULL ? NULL : tlsw__transport_method();
	if (ctx->transport_method == NULL ||
	    SSL_CTX_set_ex_data(ctx->ssl_ctx, context_index, ctx) != 1) {
		(void)tlsw__error_set_openssl(TLSW_ERR_INTERNAL, "OpenSSL gives no context");
	} else if ((ctx->trust = tlsw__trust_new()) != NULL &&
	    (ctx->sessions = tlsw__sessions_new(DEFAULT_SESSIONS)) != NULL &&
	    (ctx->chains = tlsw__chains_new(DEFAULT_CHAINS)) != NULL) {
		set_defaults(ctx);
		tlsw__queue_restore(&queue);
		return ctx;
	}
	tls_context_free(ctx);
	tlsw__queue_restore(&queue);
	return NULL;
}

tls_context *
tls_create_default_context(void)
{
	tls_context *ctx = tls_context_new();

	if (ctx != NULL && tls_context_load_default_certs(ctx) != 0) {
		tls_context_free(ctx);
		return NULL;
	}
	return ctx;
}

void
tls_context_free(tls_context *ctx)
{
	if (ctx == NULL || atomic_fetch_sub(&ctx->refs, 1) != 1)
		return;
	SSL_CTX_free(ctx->ssl_ctx);
	if (ctx->keylog_fd >= 0)
		(void)close(ctx->keylog_fd);
	BIO_meth_free(ctx->transport_method);
	tlsw__trust_free(ctx->trust);
	tlsw__pins_clear(&ctx->policy.pins);
	tlsw__exceptions_clear(&ctx->policy.exceptions);
	tlsw__sessions_free(ctx->sessions);
	tlsw__chains_free(ctx->chains);
	tlsw__credentials_free(ctx->credentials);
	free(ctx->tls12_ciphers);
	free(ctx->tls13_suites);
	free(ctx->groups);
	free(ctx->sigalgs);
	free(ctx->alpn);
	free(ctx->keylog_path);
	free(ctx);
}

/* ------------------------------------------------------------------- freezing */

/* The context behind NULL: made at first use, tried again after a failure, kept. */
static pthread_mutex_t default_lock = PTHREAD_MUTEX_INITIALIZER;
static tls_context *default_context;

static tls_context *
get_default(void)
{
	tls_context *ctx;

	(void)pthread_mutex_lock(&default_lock);
	if (default_context == NULL)
		default_context = tls_create_default_context();
	ctx = default_context;
	(void)pthread_mutex_unlock(&default_lock);
	return ctx;
}

tls_context *
tlsw__context_use(tls_context *ctx)
{
	if (ctx == NULL && (ctx = get_default()) == NULL)
		return NULL;
	(void)atomic_fetch_add(&ctx->refs, 1);
	atomic_store(&ctx->frozen, true);
	return ctx;
}

int
tlsw__context_check_trust(const tls_context *ctx, const struct tlsw__snapshot *snapshot)
{
	if (!ctx->policy.require_chain || tlsw__snapshot_anchors(snapshot) > 0 ||
	    ctx->policy.exceptions.count > 0)
		return 0;
	(void)tlsw__error_set(TLSW_ERR_TRUST_STORE,
	    "the context has no trust anchors: load CAs into it, or use tls_create_default_context()");
	tlsw__snapshot_detail(snapshot);
	return -1;
}

/* ---------------------------------------------------------------- for the socket */

#define CRL_FLAGS (TLSW_VERIFY_CRL_LEAF | TLSW_VERIFY_CRL_CHAIN | TLSW_VERIFY_CRL_IF_AVAILABLE)

/* CRLs and OCSP answers end without any file changing, so that they are looked at every time. */
const char *
tlsw__context_keeps_nothing(const tls_context *ctx)
{
	if ((ctx->policy.chain.flags & CRL_FLAGS) != 0)
		return "CRLs are in use";
	return ctx->policy.ocsp != TLSW_OCSP_OFF ? "OCSP answers are in use" : NULL;
}

void *
tls_context_native(tls_context *ctx)
{
	if (ctx == NULL) {
		(void)tlsw__error_set(TLSW_ERR_USAGE, "context is NULL");
		return NULL;
	}
	atomic_store(&ctx->frozen, true);
	atomic_store(&ctx->native, true);
	return ctx->ssl_ctx;
}

SSL *
tlsw__context_new_ssl(tls_context *ctx, struct tlsw__judge *judge)
{
	SSL *ssl = SSL_new(ctx->ssl_ctx);

	if (ssl != NULL && SSL_set_ex_data(ssl, judge_index, judge) == 1)
		return ssl;
	SSL_free(ssl);
	(void)tlsw__error_set_openssl(TLSW_ERR_INTERNAL, "OpenSSL gives no connection");
	return NULL;
}

/* ---------------------------------------------------------- without a connection */

int
tls_context_verify(tls_context *ctx, const tls_certificate *cert, const char *hostname)
{
	struct tlsw__queue queue;
	struct tlsw__verdict verdict = {0};
	struct tlsw__reference reference;
	struct tlsw__verify_request request = {.references = &reference};
	int rv = -1;

	if (cert == NULL)
		return tlsw__error_set(TLSW_ERR_USAGE, "certificate is NULL");
	tlsw__queue_save(&queue);
	ctx = tlsw__context_use(ctx);
	if (ctx == NULL || (request.trust = tlsw__trust_snapshot(ctx->trust)) == NULL ||
	    tlsw__context_check_trust(ctx, request.trust) != 0)
		goto out;
	request.policy = &ctx->policy;
	if (hostname != NULL || ctx->policy.check_hostname) {
		if (tlsw__verify_host(hostname, &reference) != 0)
			goto out;
		request.reference_count = 1;
	}
	request.leaf = tlsw__cert_x509(cert);
	if (tlsw__cert_rest(cert, &request.presented) == 0)
		rv = tlsw__verify(&request, &verdict);
out:
	tlsw__verdict_clear(&verdict);
	sk_X509_free(request.presented);
	tlsw__snapshot_free(request.trust);
	tls_context_free(ctx);
	tlsw__queue_restore(&queue);
	return rv;
}
