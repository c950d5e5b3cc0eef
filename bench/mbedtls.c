/*
 * mbedtls.c - Mbed TLS. Version 2.28 speaks TLS 1.2 at most. Option: "resume".
 *
 * It offers no host name check of its own, so G8 has no figure for it.
 *
 * SPDX-License-Identifier: ISC
 */
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>
#include <stdlib.h>
#include <string.h>

#include "side.h"

struct context {
	mbedtls_entropy_context entropy;
	mbedtls_ctr_drbg_context random;
	mbedtls_x509_crt anchors;
	mbedtls_ssl_config config;
};

struct connection {
	mbedtls_ssl_context ssl;
	mbedtls_net_context net;
};

static bool resume, have_newest;
static bool saw_certificate; /* in the newest handshake */
static mbedtls_ssl_session newest;

const char *
peer_name(void)
{
	return MBEDTLS_VERSION_STRING_FULL " (TLS 1.2)";
}

bool
peer_option(const char *option)
{
	return resume = strcmp(option, "resume") == 0;
}

static int
see_certificate(void *arg, mbedtls_x509_crt *cert, int depth, uint32_t *flags)
{
	(void)arg, (void)cert, (void)depth, (void)flags;
	saw_certificate = true;
	return 0;
}

/* mbedtls_x509_crt_parse_file() goes on behind roots that it does not take. */
void *
peer_context(const char *ca_file)
{
	struct context *c = calloc(1, sizeof(*c));

	if (c == NULL)
		side_die("no memory");
	mbedtls_entropy_init(&c->entropy);
	mbedtls_ctr_drbg_init(&c->random);
	mbedtls_x509_crt_init(&c->anchors);
	mbedtls_ssl_config_init(&c->config);
	if (mbedtls_ctr_drbg_seed(&c->random, mbedtls_entropy_func, &c->entropy, NULL, 0) != 0 ||
	    mbedtls_x509_crt_parse_file(&c->anchors, ca_file) < 0 ||
	    mbedtls_ssl_config_defaults(&c->config, MBEDTLS_SSL_IS_CLIENT,
		MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT) != 0)
		side_die("no context with %s", ca_file);
	mbedtls_ssl_conf_authmode(&c->config, MBEDTLS_SSL_VERIFY_REQUIRED);
	mbedtls_ssl_conf_ca_chain(&c->config, &c->anchors, NULL);
	mbedtls_ssl_conf_verify(&c->config, see_certificate, NULL);
	mbedtls_ssl_conf_rng(&c->config, mbedtls_ctr_drbg_random, &c->random);
	return c;
}

void *
peer_default_context(const char *bundle)
{
	return peer_context(bundle);
}

void
peer_context_free(void *context)
{
	struct context *c = context;

	mbedtls_ssl_config_free(&c->config);
	mbedtls_x509_crt_free(&c->anchors);
	mbedtls_ctr_drbg_free(&c->random);
	mbedtls_entropy_free(&c->entropy);
	free(c);
}

static void
connection_free(struct connection *c)
{
	mbedtls_ssl_free(&c->ssl);
	free(c);
}

void *
peer_connect(void *context, int fd, const char *host)
{
	struct connection *c = calloc(1, sizeof(*c));

	if (c == NULL)
		side_die("no memory");
	c->net.fd = fd;
	mbedtls_ssl_init(&c->ssl);
	if (mbedtls_ssl_setup(&c->ssl, &((struct context *)context)->config) != 0 ||
	    mbedtls_ssl_set_hostname(&c->ssl, host) != 0 ||
	    (have_newest && mbedtls_ssl_set_session(&c->ssl, &newest) != 0))
		side_die("no session");
	mbedtls_ssl_set_bio(&c->ssl, &c->net, mbedtls_net_send, mbedtls_net_recv, NULL);
	saw_certificate = false;
	if (mbedtls_ssl_handshake(&c->ssl) != 0) {
		connection_free(c);
		return NULL;
	}
	return c;
}

ssize_t
peer_read(void *connection, void *buf, size_t len)
{
	return mbedtls_ssl_read(&((struct connection *)connection)->ssl, buf, len);
}

bool
peer_write(void *connection, const void *buf, size_t len)
{
	const unsigned char *at = buf;
	int n;

	for (; len > 0; len -= (size_t)n, at += n)
		if ((n = mbedtls_ssl_write(&((struct connection *)connection)->ssl, at, len)) <= 0)
			return false;
	return true;
}

bool
peer_resumed(void *connection)
{
	(void)connection;
	return !saw_certificate;
}

void
peer_close(void *connection)
{
	struct connection *c = connection;

	if (resume) {
		mbedtls_ssl_session_free(&newest);
		mbedtls_ssl_session_init(&newest);
		have_newest = mbedtls_ssl_get_session(&c->ssl, &newest) == 0;
	}
	mbedtls_ssl_close_notify(&c->ssl);
	connection_free(c);
}
