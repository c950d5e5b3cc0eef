/*
 * peer_tls.c - the scripted peer's side of TLS: a context from the options,
 * the handshake, and notes of what the client shows on the way.
 *
 * SPDX-License-Identifier: ISC
 */
#include "support/peer_internal.h"

#include <stdio.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/x509.h>

/* The answer to a client's hello reaches the connection through the SSL object. */
static struct peer_connection *
connection_of(SSL *ssl)
{
	return SSL_get_app_data(ssl);
}

int
peer_fail_openssl(struct peer_connection *c, const char *what)
{
	unsigned long e = ERR_peek_last_error();
	char text[160];

	ERR_error_string_n(e, text, sizeof(text));
	ERR_clear_error();
	if (c->report->error[0] == '\0')
		(void)snprintf(c->report->error, sizeof(c->report->error), "%s: %s", what,
		    e != 0 ? text : "the client is gone");
	return -1;
}

/* ------------------------------------------------------- what the client shows */

/* server_name: a list of (type, name), of which one host name is ever sent. */
static void
note_sni(struct peer_report *r, const unsigned char *at, size_t len)
{
	size_t n;

	r->sni_sent = true;
	if (len < 5)
		return;
	n = (size_t)at[3] << 8 | at[4];
	if (n > len - 5 || n >= sizeof(r->sni))
		return;
	memcpy(r->sni, at + 5, n);
	r->sni[n] = '\0';
}

/* application_layer_protocol_negotiation: a list of counted names. */
static void
note_alpn(struct peer_report *r, const unsigned char *at, size_t len)
{
	size_t out = 0, n;

	for (size_t i = 2; i < len; i += n + 1) {
		n = at[i];
		if (n > len - i - 1 || out + n + 2 > sizeof(r->alpn))
			return;
		if (out > 0)
			r->alpn[out++] = ',';
		memcpy(r->alpn + out, at + i + 1, n);
		out += n;
		r->alpn[out] = '\0';
	}
}

static int
on_client_hello(SSL *ssl, int *alert, void *arg)
{
	struct peer_connection *c = connection_of(ssl);
	const unsigned char *at;
	size_t len;

	(void)arg;
	if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &at, &len) == 1)
		note_sni(c->report, at, len);
	if (SSL_client_hello_get0_ext(
		ssl, TLSEXT_TYPE_application_layer_protocol_negotiation, &at, &len) == 1)
		note_alpn(c->report, at, len);
	c->report->offers_post_handshake =
	    SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_post_handshake_auth, &at, &len) == 1;
	if (c->options->sni != NULL && strcmp(c->options->sni, c->report->sni) != 0) {
		*alert = SSL_AD_UNRECOGNIZED_NAME;
		return SSL_CLIENT_HELLO_ERROR;
	}
	return SSL_CLIENT_HELLO_SUCCESS;
}

static int
on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in,
    unsigned int in_len, void *arg)
{
	const struct peer_options *o = connection_of(ssl)->options;
	size_t len = o->alpn != NULL ? strlen(o->alpn) : 0;
	bool offered = false;

	(void)arg;
	for (unsigned int i = 0; i < in_len && len > 0; i += in[i] + 1U)
		if (in[i] == len && len <= in_len - i - 1 && memcmp(in + i + 1, o->alpn, len) == 0)
			offered = true;
	if (o->alpn_mode == PEER_ALPN_REFUSE && !offered)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	if (o->alpn_mode == PEER_ALPN_IGNORE || (o->alpn_mode == PEER_ALPN_PICK && !offered))
		return SSL_TLSEXT_ERR_NOACK;
	*out = (const unsigned char *)o->alpn;
	*out_len = (unsigned char)len;
	return SSL_TLSEXT_ERR_OK;
}

static int
on_status(SSL *ssl, void *arg)
{
	const struct peer_options *o = connection_of(ssl)->options;
	unsigned char *copy;

	(void)arg;
	if (o->staple == NULL)
		return SSL_TLSEXT_ERR_NOACK;
	copy = OPENSSL_memdup(o->staple, o->staple_len);
	if (copy == NULL)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	return SSL_set_tlsext_status_ocsp_resp(ssl, copy, (int)o->staple_len) == 1
		   ? SSL_TLSEXT_ERR_OK
		   : SSL_TLSEXT_ERR_ALERT_FATAL;
}

static void
on_message(int sent, int version, int type, const void *data, size_t len, SSL *ssl, void *arg)
{
	struct peer_report *r = connection_of(ssl)->report;
	const unsigned char *octets = data;

	(void)version;
	(void)arg;
	if (type != SSL3_RT_ALERT || len != 2)
		return;
	if (sent) {
		if (octets[1] != SSL_AD_CLOSE_NOTIFY)
			r->alert_sent = octets[1];
	} else if (octets[1] == SSL_AD_CLOSE_NOTIFY) {
		r->close_notify = true;
	} else {
		r->alert_level = octets[0];
		r->alert = octets[1];
	}
}

/* Who the client is comes out in the report, not here. */
static int
accept_any(int ok, X509_STORE_CTX *ctx)
{
	(void)ok;
	(void)ctx;
	return 1;
}

/* --------------------------------------------------------------- the context */

static int
set_versions(SSL_CTX *ctx, const struct peer_options *o)
{
	int min = o->min_version;

	if (min == 0)
		min = o->max_version != 0 && o->max_version < TLS1_2_VERSION ? o->max_version
									     : TLS1_2_VERSION;
	SSL_CTX_set_security_level(ctx, 0);
	return SSL_CTX_set_min_proto_version(ctx, min) == 1 &&
	       SSL_CTX_set_max_proto_version(ctx, o->max_version) == 1;
}

static int
set_algorithms(SSL_CTX *ctx, const struct peer_options *o)
{
	SSL_CTX_clear_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_options(ctx, o->ssl_options);
	return SSL_CTX_set_cipher_list(ctx, o->ciphers != NULL ? o->ciphers : "DEFAULT") == 1 &&
	       (o->ciphersuites == NULL || SSL_CTX_set_ciphersuites(ctx, o->ciphersuites) == 1) &&
	       (o->groups == NULL || SSL_CTX_set1_groups_list(ctx, o->groups) == 1) &&
	       (o->sigalgs == NULL || SSL_CTX_set1_sigalgs_list(ctx, o->sigalgs) == 1) &&
	       SSL_CTX_set_dh_auto(ctx, 1) == 1;
}

static int
set_identity(SSL_CTX *ctx, const struct peer_options *o)
{
	SSL_CTX_set_mode(ctx, SSL_MODE_NO_AUTO_CHAIN);
	if (o->cert == NULL)
		return 1;
	return SSL_CTX_use_certificate(ctx, o->cert) == 1 &&
	       SSL_CTX_use_PrivateKey(ctx, o->key) == 1 &&
	       (o->chain == NULL || SSL_CTX_set1_chain(ctx, o->chain) == 1);
}

static int
set_client_cert(SSL_CTX *ctx, const struct peer_options *o)
{
	int mode = o->client_cert == PEER_NO_CLIENT_CERT ? SSL_VERIFY_NONE : SSL_VERIFY_PEER;

	if (o->client_cert == PEER_REQUIRE_CLIENT_CERT)
		mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
	SSL_CTX_set_verify(ctx, mode, o->client_ca == NULL ? accept_any : NULL);
	if (o->client_ca == NULL)
		return 1;
	return SSL_CTX_add_client_CA(ctx, o->client_ca) == 1 &&
	       X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), o->client_ca) == 1;
}

static int
set_sessions(SSL_CTX *ctx, const struct peer_options *o)
{
	if (o->tickets != 0 &&
	    SSL_CTX_set_num_tickets(ctx, o->tickets > 0 ? (size_t)o->tickets : 0) != 1)
		return 0;
	return SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"peer", 4) == 1;
}

static void
set_callbacks(SSL_CTX *ctx)
{
	SSL_CTX_set_client_hello_cb(ctx, on_client_hello, NULL);
	SSL_CTX_set_alpn_select_cb(ctx, on_alpn, NULL);
	SSL_CTX_set_tlsext_status_cb(ctx, on_status);
	SSL_CTX_set_msg_callback(ctx, on_message);
}

SSL_CTX *
peer_ssl_ctx(const struct peer_options *o)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	if (ctx == NULL)
		return NULL;
	set_callbacks(ctx);
	if (set_versions(ctx, o) && set_algorithms(ctx, o) && set_identity(ctx, o) &&
	    set_client_cert(ctx, o) && set_sessions(ctx, o) &&
	    (o->setup == NULL || o->setup(ctx, o->arg) == 1))
		return ctx;
	(void)fputs("peer: the server's context cannot be made:\n", stderr);
	ERR_print_errors_fp(stderr);
	SSL_CTX_free(ctx);
	return NULL;
}

/* ------------------------------------------------------------- the handshake */

static void
note_client_cert(struct peer_connection *c)
{
	X509 *cert = SSL_get1_peer_certificate(c->ssl);
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int len;

	c->report->client_cert = cert != NULL;
	if (cert != NULL && X509_digest(cert, EVP_sha256(), digest, &len) == 1)
		for (unsigned int i = 0; i < len && i < 32; i++)
			(void)snprintf(
			    c->report->client_cert_sha256 + i * (size_t)2, 3, "%02x", digest[i]);
	X509_free(cert);
}

static void
note_handshake(struct peer_connection *c)
{
	struct peer_report *r = c->report;
	int group = (int)SSL_get_negotiated_group(c->ssl);
	const char *name = group != NID_undef ? OBJ_nid2sn(group) : NULL;

	r->handshake = true;
	r->resumed = SSL_session_reused(c->ssl) == 1;
	(void)snprintf(r->version, sizeof(r->version), "%s", SSL_get_version(c->ssl));
	(void)snprintf(r->cipher, sizeof(r->cipher), "%s", SSL_get_cipher_name(c->ssl));
	(void)snprintf(r->group, sizeof(r->group), "%s", name != NULL ? name : "");
	note_client_cert(c);
}

int
peer_handshake(struct peer_connection *c)
{
	BIO *bio;

	if (c->ctx == NULL)
		return peer_fail(c, "no TLS context");
	c->ssl = SSL_new(c->ctx);
	bio = peer_wire_bio(c);
	if (c->ssl == NULL || bio == NULL) {
		BIO_free(bio);
		return peer_fail_openssl(c, "SSL_new");
	}
	SSL_set_bio(c->ssl, bio, bio);
	(void)SSL_set_app_data(c->ssl, c);
	ERR_clear_error();
	if (SSL_accept(c->ssl) != 1)
		return peer_fail_openssl(c, "handshake");
	note_handshake(c);
	return 0;
}
