/*
 * peer_script.c - plays a peer's script, step by step, on one connection.
 *
 * SPDX-License-Identifier: ISC
 */
#include "support/peer_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <openssl/err.h>

#define LINE_MAX_LEN 4096
#define RECORD_CHANGE_CIPHER_SPEC 20
#define RECORD_HANDSHAKE 22

int
peer_fail(struct peer_connection *c, const char *text)
{
	if (c->report->error[0] == '\0')
		(void)snprintf(c->report->error, sizeof(c->report->error), "%s", text);
	return -1;
}

const struct peer_options *
peer_connection_options(const struct peer_connection *c)
{
	return c->options;
}

SSL *
peer_connection_ssl(struct peer_connection *c)
{
	return c->ssl;
}

const unsigned char *
peer_hello(const struct peer_connection *c, size_t *len)
{
	*len = c->hello_len;
	return c->hello;
}

unsigned char
peer_pattern(size_t i)
{
	return (unsigned char)('!' + i % 89);
}

/* ------------------------------------- reading and writing in either state */

static void
note_data(struct peer_report *r, const void *data, size_t len)
{
	size_t n = sizeof(r->data) - r->data_len;

	n = len < n ? len : n;
	memcpy(r->data + r->data_len, data, n);
	r->data_len += n;
	r->data_in += len;
}

ssize_t
peer_read(struct peer_connection *c, void *buf, size_t len)
{
	ssize_t n;

	if (c->ssl == NULL) {
		n = peer_get(c, buf, len);
		if (n > 0)
			c->report->plain_in += (size_t)n;
		return n;
	}
	ERR_clear_error();
	n = SSL_read(c->ssl, buf, (int)len);
	if (n > 0)
		note_data(c->report, buf, (size_t)n);
	else if (SSL_get_error(c->ssl, (int)n) == SSL_ERROR_ZERO_RETURN)
		n = 0;
	else
		n = c->report->fin ? 0 : peer_fail_openssl(c, "read");
	return n;
}

int
peer_write(struct peer_connection *c, const void *data, size_t len)
{
	const unsigned char *at = data;
	int n;

	if (c->ssl == NULL)
		return peer_put(c, data, len);
	for (; len > 0; at += n, len -= (size_t)n) {
		ERR_clear_error();
		n = SSL_write(c->ssl, at, len < 16384 ? (int)len : 16384);
		if (n <= 0)
			return peer_fail_openssl(c, "write");
	}
	return 0;
}

/* --------------------------------------------------------------- the steps */

/* One record into c->hello: 0, or -1. */
static int
take_record(struct peer_connection *c)
{
	size_t have = 0, want = 5;
	ssize_t n;

	while (have < want) {
		n = peer_get(c, c->hello + have, want - have);
		if (n <= 0)
			return peer_fail(c, "no ClientHello");
		have += (size_t)n;
		if (have == 5)
			want = 5 + ((size_t)c->hello[3] << 8 | c->hello[4]);
		if (want > PEER_HELLO_MAX)
			return peer_fail(c, "no ClientHello, but a record too long");
	}
	c->hello_len = have;
	return 0;
}

/* A second hello comes behind a ChangeCipherSpec that means nothing (RFC 8446 D.4). */
static int
take_hello(struct peer_connection *c)
{
	if (c->hello == NULL)
		c->hello = calloc(1, PEER_HELLO_MAX);
	if (c->hello == NULL)
		return peer_fail(c, "no memory");
	do {
		if (take_record(c) != 0)
			return -1;
	} while (c->hello[0] == RECORD_CHANGE_CIPHER_SPEC);
	return c->hello[0] == RECORD_HANDSHAKE ? 0 : peer_fail(c, "no ClientHello");
}

static int
read_count(struct peer_connection *c, size_t count)
{
	char buf[16384];
	ssize_t n;

	while (count > 0) {
		n = peer_read(c, buf, count < sizeof(buf) ? count : sizeof(buf));
		if (n <= 0)
			return (int)n;
		count -= (size_t)n;
	}
	return 0;
}

/* Octet for octet, so that nothing of what follows the line is taken with it. */
static int
expect_line(struct peer_connection *c, const char *text)
{
	char line[LINE_MAX_LEN];
	char why[240];
	size_t len = 0;
	ssize_t n = 1;

	while (len < sizeof(line) - 1 && (len == 0 || line[len - 1] != '\n')) {
		n = peer_read(c, line + len, 1);
		if (n != 1)
			break;
		len++;
	}
	line[len] = '\0';
	if (n == 1 && strstr(line, text) != NULL)
		return 0;
	(void)snprintf(
	    why, sizeof(why), "expected a line with \"%.80s\", got \"%.80s\"", text, line);
	return peer_fail(c, why);
}

static int
echo(struct peer_connection *c)
{
	char buf[16384];
	ssize_t n;

	while ((n = peer_read(c, buf, sizeof(buf))) > 0)
		if (peer_write(c, buf, (size_t)n) != 0)
			return -1;
	if (n == 0 && c->ssl != NULL && c->report->close_notify)
		(void)SSL_shutdown(c->ssl);
	return (int)n;
}

static int
drain(struct peer_connection *c)
{
	char buf[16384];
	ssize_t n;

	while ((n = peer_read(c, buf, sizeof(buf))) > 0)
		;
	return (int)n;
}

static int
fill(struct peer_connection *c, size_t count)
{
	unsigned char buf[16384];
	size_t n;

	for (size_t at = 0; at < count; at += n) {
		n = count - at < sizeof(buf) ? count - at : sizeof(buf);
		for (size_t i = 0; i < n; i++)
			buf[i] = peer_pattern(at + i);
		if (peer_write(c, buf, n) != 0)
			return -1;
	}
	return 0;
}

static int
repeat(struct peer_connection *c, const struct peer_step *step)
{
	for (long i = 0; i < step->n; i++)
		if (peer_write(c, step->data, step->len) != 0)
			return -1;
	return 0;
}

static int
close_fd(struct peer_connection *c, bool reset)
{
	const struct linger now = {.l_onoff = 1, .l_linger = 0};

	if (c->fd >= 0 && reset)
		(void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	if (c->fd >= 0)
		(void)close(c->fd);
	c->fd = -1;
	return 0;
}

static int
key_updates(SSL *ssl, const struct peer_step *step)
{
	int type = step->len == 1 ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED;

	for (long i = 0; i < step->n; i++)
		if (SSL_key_update(ssl, type) != 1 || SSL_do_handshake(ssl) != 1)
			return -1;
	return 0;
}

static int
tickets(SSL *ssl, long count)
{
	for (long i = 0; i < count; i++)
		if (SSL_new_session_ticket(ssl) != 1 || SSL_do_handshake(ssl) != 1)
			return -1;
	return 0;
}

static int
request_cert(SSL *ssl)
{
	SSL_set_verify(ssl, SSL_VERIFY_PEER, SSL_get_verify_callback(ssl));
	return SSL_verify_client_post_handshake(ssl) == 1 && SSL_do_handshake(ssl) == 1 ? 0 : -1;
}

/* What the server's library does by itself inside TLS. */
static int
play_inside(struct peer_connection *c, const struct peer_step *step)
{
	int rv = -1;

	if (c->ssl == NULL)
		return peer_fail(c, "a step of TLS before the handshake");
	ERR_clear_error();
	if (step->what == PEER_DO_KEY_UPDATE)
		rv = key_updates(c->ssl, step);
	else if (step->what == PEER_DO_TICKETS)
		rv = tickets(c->ssl, step->n);
	else if (step->what == PEER_DO_RENEGOTIATE)
		rv = SSL_renegotiate(c->ssl) == 1 && SSL_do_handshake(c->ssl) == 1 ? 0 : -1;
	else if (step->what == PEER_DO_REQUEST_CERT)
		rv = request_cert(c->ssl);
	else if (step->what == PEER_DO_CLOSE_NOTIFY)
		rv = SSL_shutdown(c->ssl) >= 0 ? 0 : -1;
	return rv == 0 ? 0 : peer_fail_openssl(c, "step of TLS");
}

static int
trickle(struct peer_connection *c, const struct peer_step *step)
{
	c->piece = step->len;
	c->piece_ms = step->n;
	return 0;
}

static int
fin(struct peer_connection *c)
{
	return c->fd >= 0 && shutdown(c->fd, SHUT_WR) == 0 ? 0 : -1;
}

static int
play(struct peer_connection *c, const struct peer_step *step)
{
	switch (step->what) {
	case PEER_DO_HANDSHAKE:
		return peer_handshake(c);
	case PEER_DO_HELLO:
		return take_hello(c);
	case PEER_DO_READ:
		return read_count(c, (size_t)step->n);
	case PEER_DO_EXPECT:
		return expect_line(c, step->data);
	case PEER_DO_ECHO:
		return echo(c);
	case PEER_DO_DRAIN:
		return drain(c);
	case PEER_DO_SEND:
		return peer_write(c, step->data, step->len);
	case PEER_DO_SEND_RAW:
		return peer_put(c, step->data, step->len);
	case PEER_DO_FILL:
		return fill(c, (size_t)step->n);
	case PEER_DO_REPEAT:
		return repeat(c, step);
	case PEER_DO_FIN:
		return fin(c);
	case PEER_DO_CLOSE:
		return close_fd(c, false);
	case PEER_DO_RESET:
		return close_fd(c, true);
	case PEER_DO_SLEEP:
		peer_sleep(c, step->n);
		return 0;
	case PEER_DO_TRICKLE:
		return trickle(c, step);
	case PEER_DO_CALL:
		return step->call(c, step);
	case PEER_DO_KEY_UPDATE:
	case PEER_DO_TICKETS:
	case PEER_DO_RENEGOTIATE:
	case PEER_DO_REQUEST_CERT:
	case PEER_DO_CLOSE_NOTIFY:
		return play_inside(c, step);
	case PEER_DO_END:
		break;
	}
	return -1;
}

/* FIN, then hear the client out: its alert or close_notify belongs to the report. */
static void
finish(struct peer_connection *c)
{
	if (c->fd < 0)
		return;
	c->piece = 0;
	(void)fin(c);
	if (c->report->handshake)
		(void)drain(c);
	peer_drain_wire(c);
	(void)close_fd(c, false);
}

void
peer_serve(int fd, const struct peer_options *o, SSL_CTX *ctx, struct peer_report *report)
{
	static const struct peer_step echoing[] = {PEER_HANDSHAKE, PEER_ECHO, PEER_END};
	struct peer_connection c = {.fd = fd, .options = o, .report = report};
	const struct peer_step *step = o->script != NULL ? o->script : echoing;

	peer_report_start(report);
	c.deadline = peer_clock() + (o->limit_ms > 0 ? o->limit_ms : PEER_LIMIT_MS);
	c.ctx = ctx;
	while (step->what != PEER_DO_END && play(&c, step) == 0)
		step++;
	report->script_done = step->what == PEER_DO_END;
	finish(&c);
	SSL_free(c.ssl);
	free(c.hello);
}
