/*
 * wolfssl.c - wolfSSL, with the X25519 key share that the server prefers.
 * Option: "resume".
 *
 * SPDX-License-Identifier: ISC
 */
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>
#include <string.h>

#include "side.h"

static bool resume;
static WOLFSSL_SESSION *newest;

const char *
peer_name(void)
{
	return "wolfSSL " LIBWOLFSSL_VERSION_STRING;
}

bool
peer_option(const char *option)
{
	return resume = strcmp(option, "resume") == 0;
}

/* A system's bundle holds roots that wolfSSL does not take; it goes on without them. */
static void *
context_new(const char *ca_file, unsigned flags)
{
	WOLFSSL_CTX *ctx;

	wolfSSL_Init();
	ctx = wolfSSL_CTX_new(wolfTLS_client_method());
	if (ctx == NULL)
		side_die("no context");
	wolfSSL_CTX_set_verify(ctx, WOLFSSL_VERIFY_PEER, NULL);
	if (wolfSSL_CTX_load_verify_locations_ex(ctx, ca_file, NULL, flags) != WOLFSSL_SUCCESS)
		side_die("cannot load %s", ca_file);
	return ctx;
}

void *
peer_context(const char *ca_file)
{
	return context_new(ca_file, WOLFSSL_LOAD_FLAG_NONE);
}

void *
peer_default_context(const char *bundle)
{
	return context_new(bundle, WOLFSSL_LOAD_FLAG_IGNORE_ERR);
}

void
peer_context_free(void *context)
{
	wolfSSL_CTX_free(context);
}

void *
peer_connect(void *context, int fd, const char *host)
{
	WOLFSSL *ssl = wolfSSL_new(context);

	if (ssl == NULL || wolfSSL_set_fd(ssl, fd) != WOLFSSL_SUCCESS ||
	    wolfSSL_check_domain_name(ssl, host) != WOLFSSL_SUCCESS ||
	    wolfSSL_UseSNI(ssl, WOLFSSL_SNI_HOST_NAME, host, (unsigned short)strlen(host)) !=
		WOLFSSL_SUCCESS ||
	    wolfSSL_UseKeyShare(ssl, WOLFSSL_ECC_X25519) != WOLFSSL_SUCCESS)
		side_die("no session");
	if (resume && newest != NULL && wolfSSL_set_session(ssl, newest) != WOLFSSL_SUCCESS)
		side_die("cannot offer the session");
	if (wolfSSL_connect(ssl) != WOLFSSL_SUCCESS) {
		wolfSSL_free(ssl);
		return NULL;
	}
	return ssl;
}

ssize_t
peer_read(void *connection, void *buf, size_t len)
{
	return wolfSSL_read(connection, buf, (int)len);
}

bool
peer_write(void *connection, const void *buf, size_t len)
{
	return wolfSSL_write(connection, buf, (int)len) == (int)len;
}

bool
peer_resumed(void *connection)
{
	return wolfSSL_session_reused(connection) == 1;
}

void
peer_close(void *connection)
{
	if (resume) {
		wolfSSL_SESSION_free(newest);
		newest = wolfSSL_get1_session(connection);
	}
	wolfSSL_shutdown(connection);
	wolfSSL_free(connection);
}

void *
peer_certificate(const void *der, size_t len)
{
	return wolfSSL_X509_d2i(NULL, der, (int)len);
}

bool
peer_match(void *certificate, const char *host)
{
	return wolfSSL_X509_check_host(certificate, host, strlen(host), 0, NULL) == WOLFSSL_SUCCESS;
}
