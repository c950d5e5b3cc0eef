/*
 * upgrade.c - a STARTTLS dialogue and the handshake behind it, on one socket
 * and under one deadline.
 *
 * SPDX-License-Identifier: ISC
 */
#include "socket.h"

/* The dialogue failed: as after a handshake that did, no plaintext may follow. Returns -1. */
static int
end_dialogue(tls_socket *s)
{
	tlsw__starttls_free(s->dialogue);
	s->dialogue = NULL;
	(void)tlsw__socket_die(s);
	tlsw__transport_shut(&s->transport);
	return -1;
}

/* 0, a WANT, or -1 with the socket dead. Under the lock. */
static int
dialogue_step(tls_socket *s)
{
	int rv;

	if (tlsw__deadline_left(s->handshake_deadline) == 0) {
		(void)tlsw__starttls_timed_out(s->dialogue);
		return end_dialogue(s);
	}
	rv = tlsw__starttls_step(s->dialogue);
	if (rv == -1)
		return end_dialogue(s);
	if (rv != 0) {
		atomic_store(&s->wants, rv);
		return rv;
	}
	tlsw__starttls_free(s->dialogue);
	s->dialogue = NULL;
	s->upgraded = true;
	return 0;
}

/* Waiting failed; if it was for time, say what was awaited. Under the lock. */
static int
cannot_wait(tls_socket *s)
{
	if (tlsw__error_code() == TLSW_ERR_TIMEOUT)
		(void)tlsw__starttls_timed_out(s->dialogue);
	return end_dialogue(s);
}

static int
dialogue(tls_socket *s, bool may_return)
{
	int rv;

	for (;;) {
		(void)pthread_mutex_lock(&s->lock);
		rv = dialogue_step(s);
		(void)pthread_mutex_unlock(&s->lock);
		if (rv == 0 || rv == -1)
			return rv;
		if (may_return && !tlsw__socket_blocking(s))
			return rv;
		if (tlsw__socket_wait(s, rv, s->handshake_deadline) != 0) {
			(void)pthread_mutex_lock(&s->lock);
			rv = cannot_wait(s);
			(void)pthread_mutex_unlock(&s->lock);
			return rv;
		}
	}
}

/* Before the first step: 0, or -1 with the socket as it was, or dead if it is not the caller's
 * mistake. */
static int
begin(tls_socket *s, enum tlsw_protocol protocol)
{
	if (s->transport.fd < 0)
		return tlsw__error_set(TLSW_ERR_USAGE, "STARTTLS needs a descriptor");
	if (s->hello_sent)
		return tlsw__error_set(TLSW_ERR_USAGE, "the handshake has begun");
	if (s->upgraded)
		return tlsw__error_set(TLSW_ERR_USAGE, "the server has agreed to TLS already");
	if (s->dialogue != NULL && s->protocol == protocol)
		return 0;
	if (s->dialogue != NULL)
		return tlsw__error_set(TLSW_ERR_USAGE, "a dialogue of another protocol goes on");
	if (tlsw__socket_check_trust(s) != 0)
		return end_dialogue(s);
	s->dialogue = tlsw__starttls_new(s->transport.fd, protocol, s->hostname);
	s->protocol = protocol;
	if (s->dialogue != NULL)
		return 0;
	return tlsw__error_code() == TLSW_ERR_USAGE ? -1 : end_dialogue(s);
}

int
tls_socket_starttls(tls_socket *s, enum tlsw_protocol protocol)
{
	if (s == NULL)
		return tlsw__error_set(TLSW_ERR_USAGE, "socket is NULL");
	if (atomic_load(&s->end_code) != TLSW_OK)
		return tlsw__socket_dead(s);
	if (begin(s, protocol) != 0)
		return -1;
	return dialogue(s, true);
}

tls_socket *
tls_starttls(tls_context *ctx, int fd, enum tlsw_protocol protocol, const char *server_hostname)
{
	struct tlsw__queue queue;
	tls_socket *s;

	tlsw__queue_save(&queue);
	s = tls_wrap_start(ctx, fd, server_hostname);
	if (s != NULL && (begin(s, protocol) != 0 || dialogue(s, false) != 0 ||
			     tlsw__socket_handshake(s, false) != 0)) {
		tlsw__transport_shut(&s->transport);
		tls_socket_free(s);
		s = NULL;
	}
	tlsw__queue_restore(&queue);
	return s;
}
