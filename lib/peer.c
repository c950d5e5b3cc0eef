/*
 * peer.c - what the other end of a socket is.
 *
 * SPDX-License-Identifier: ISC
 */
#include <stdint.h>

#include "cert.h"
#include "socket.h"

static bool
is_open(const tls_socket *s)
{
	return s != NULL && atomic_load(&s->state) == TLSW__OPEN;
}

int
tls_socket_fd(const tls_socket *s)
{
	return s == NULL ? -1 : s->transport.fd;
}

const char *
tls_socket_version(const tls_socket *s)
{
	return is_open(s) ? SSL_get_version(s->ssl) : NULL;
}

const char *
tls_socket_cipher(const tls_socket *s)
{
	return is_open(s) ? SSL_get_cipher_name(s->ssl) : NULL;
}

const char *
tls_socket_alpn(const tls_socket *s)
{
	return is_open(s) ? s->alpn : NULL;
}

bool
tls_socket_resumed(const tls_socket *s)
{
	return is_open(s) && SSL_session_reused(s->ssl) == 1;
}

bool
tls_socket_verified(const tls_socket *s)
{
	return is_open(s) && s->verdict.verified;
}

unsigned long
tls_socket_reasons(const tls_socket *s)
{
	return s == NULL ? 0 : s->verdict.reasons;
}

const char *
tls_socket_matched_name(const tls_socket *s)
{
	return is_open(s) && s->verdict.matched[0] != '\0' ? s->verdict.matched : NULL;
}

const tls_certificate *
tls_socket_peer_certificate(const tls_socket *s)
{
	tls_socket *mine = (tls_socket *)(uintptr_t)s;

	if (!is_open(s))
		return NULL;
	(void)pthread_mutex_lock(&mine->lock);
	if (mine->peer == NULL)
		mine->peer = tlsw__cert_new(s->verdict.leaf, s->verdict.path);
	(void)pthread_mutex_unlock(&mine->lock);
	return mine->peer;
}

void *
tls_socket_native(tls_socket *s)
{
	if (s != NULL)
		return s->ssl;
	(void)tlsw__error_set(TLSW_ERR_USAGE, "socket is NULL");
	return NULL;
}
