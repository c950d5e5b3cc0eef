/*
 * raw.c - OpenSSL by hand, with the care that every program should take: the
 * baseline of all ratios.
 *
 * Options: "resume" offers the newest session; "read-ahead" turns OpenSSL's
 * own on; "no-anchors" makes the context without loading any.
 *
 * SPDX-License-Identifier: ISC
 */
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "side.h"

static bool resume, read_ahead, no_anchors;
static SSL_SESSION *newest;

const char *
peer_name(void)
{
	return OpenSSL_version(OPENSSL_VERSION);
}

bool
peer_option(const char *option)
{
	bool *flag = strcmp(option, "resume") == 0	 ? &resume
		     : strcmp(option, "read-ahead") == 0 ? &read_ahead
		     : strcmp(option, "no-anchors") == 0 ? &no_anchors
							 : NULL;

	if (flag != NULL)
		*flag = true;
	return flag != NULL;
}

static int
keep_session(SSL *ssl, SSL_SESSION *session)
{
	(void)ssl;
	SSL_SESSION_free(newest);
	newest = session;
	return 1;
}

static SSL_CTX *
context_new(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	if (ctx == NULL || SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1)
		side_die("no SSL_CTX");
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	if (resume) {
		SSL_CTX_set_session_cache_mode(
		    ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
		SSL_CTX_sess_set_new_cb(ctx, keep_session);
	}
	if (read_ahead)
		SSL_CTX_set_read_ahead(ctx, 1);
	return ctx;
}

void *
peer_default_context(const char *bundle)
{
	SSL_CTX *ctx = context_new();

	(void)bundle; /* SSL_CERT_FILE says it */
	if (!no_anchors && SSL_CTX_set_default_verify_paths(ctx) != 1)
		side_die("cannot load the system's anchors");
	return ctx;
}

void *
peer_context(const char *ca_file)
{
	SSL_CTX *ctx = context_new();

	if (SSL_CTX_load_verify_file(ctx, ca_file) != 1)
		side_die("cannot load %s", ca_file);
	return ctx;
}

void
peer_context_free(void *context)
{
	SSL_CTX_free(context);
}

void *
peer_connect(void *context, int fd, const char *host)
{
	SSL *ssl = SSL_new(context);

	if (ssl == NULL || SSL_set1_host(ssl, host) != 1 ||
	    SSL_set_tlsext_host_name(ssl, host) != 1 || SSL_set_fd(ssl, fd) != 1)
		side_die("no SSL");
	if (resume && newest != NULL && SSL_set_session(ssl, newest) != 1)
		side_die("cannot offer the session");
	if (SSL_connect(ssl) != 1 || SSL_get_verify_result(ssl) != X509_V_OK) {
		SSL_free(ssl);
		return NULL;
	}
	return ssl;
}

ssize_t
peer_read(void *connection, void *buf, size_t len)
{
	return SSL_read(connection, buf, (int)len);
}

bool
peer_write(void *connection, const void *buf, size_t len)
{
	return SSL_write(connection, buf, (int)len) == (int)len;
}

bool
peer_resumed(void *connection)
{
	return SSL_session_reused(connection) == 1;
}

void
peer_close(void *connection)
{
	SSL_shutdown(connection);
	SSL_free(connection);
}

void *
peer_certificate(const void *der, size_t len)
{
	const unsigned char *at = der;

	return d2i_X509(NULL, &at, (long)len);
}

bool
peer_match(void *certificate, const char *host)
{
	return X509_check_host(certificate, host, 0, 0, NULL) == 1;
}
