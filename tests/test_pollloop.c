/*
 * test_pollloop.c - one poll loop with 200 connections, to a server that
 * trickles, floods, half-closes and resets: every count is exact, and the loop
 * neither hangs nor spins.
 *
 * SPDX-License-Identifier: ISC
 */
#include "support/support.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/peer.h"
#include "support/peer_internal.h"
#include "support/pki.h"
#include "support/scene.h"

#define HOST "www.lab.test"
#define CONNECTIONS 200
#define PIECE 7
#define PIECES 20
#define FLOOD 200000
#define UPLOAD 50000
#define BEFORE_RESET 1000

/* ------------------------------------------------------------------------ the server */

static int
put_pattern(struct peer_connection *c, size_t at, size_t len)
{
	unsigned char data[4096];
	size_t n;

	for (; len > 0; len -= n, at += n) {
		n = len < sizeof(data) ? len : sizeof(data);
		for (size_t i = 0; i < n; i++)
			data[i] = peer_pattern(at + i);
		if (peer_write(c, data, n) != 0)
			return -1;
	}
	return 0;
}

/* Seven octets now and then. */
static int
trickle(struct peer_connection *c)
{
	for (size_t i = 0; i < PIECES; i++) {
		if (put_pattern(c, i * PIECE, PIECE) != 0)
			return -1;
		peer_sleep(c, 10);
	}
	return SSL_shutdown(c->ssl) < 0 ? -1 : 0;
}

/* close_notify first, and then everything that the client has to say. */
static int
half_close(struct peer_connection *c)
{
	char buf[16384];
	ssize_t n;

	if (SSL_shutdown(c->ssl) < 0)
		return -1;
	while ((n = peer_read(c, buf, sizeof(buf))) > 0)
		;
	return (int)n;
}

static int
reset(struct peer_connection *c)
{
	struct linger now = {1, 0};
	char ack;

	if (put_pattern(c, 0, BEFORE_RESET) != 0 || peer_read(c, &ack, 1) != 1)
		return -1;
	(void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	(void)close(c->fd);
	c->fd = -1;
	return -1;
}

/* The client's first octet says what it wants to meet. */
static int
behave(struct peer_connection *c, const struct peer_step *step)
{
	char kind;

	(void)step;
	if (peer_read(c, &kind, 1) != 1)
		return -1;
	switch (kind) {
	case 't':
		return trickle(c);
	case 'h':
		return half_close(c);
	case 'r':
		return reset(c);
	default:
		return put_pattern(c, 0, FLOOD) == 0 && SSL_shutdown(c->ssl) >= 0 ? 0 : -1;
	}
}

static const struct peer_step script[] = {PEER_HANDSHAKE, PEER_CALL(behave), PEER_END};

/* ------------------------------------------------------------------------ the client */

enum phase { SHAKING, ASKING, READING, SENDING, OVER };

struct connection {
	int fd;
	tls_socket *s;
	enum phase phase;
	char kind;
	size_t got, sent;
	short events;
};

static const char kinds[] = "tfhr";
static struct connection connections[CONNECTIONS];
static unsigned char upload[UPLOAD];

static void
end(struct connection *c)
{
	if (c->kind == 'r') {
		ck_assert_int_eq(tls_last_error()->code, TLSW_ERR_SYSTEM);
		ck_assert_int_eq(tls_last_error()->os_errno, ECONNRESET);
		tls_socket_free(c->s);
	} else {
		ck_assert_works(tls_socket_close(c->s) == 0);
	}
	(void)close(c->fd);
	c->phase = OVER;
}

static ssize_t
send_kind(struct connection *c)
{
	ssize_t n = tls_socket_write(c->s, &c->kind, 1);

	if (n == 1)
		c->phase = READING;
	return n;
}

static ssize_t
read_some(struct connection *c)
{
	unsigned char buf[3000];
	ssize_t n = tls_socket_read(c->s, buf, sizeof(buf));

	for (ssize_t i = 0; i < n; i++)
		if (buf[i] != peer_pattern(c->got + (size_t)i))
			ck_abort_msg("octet %zu of '%c'", c->got + (size_t)i, c->kind);
	c->got += n > 0 ? (size_t)n : 0;
	if (n == 0 && c->kind == 'h')
		c->phase = SENDING;
	else if (n == 0)
		end(c);
	else if (n > 0 && c->kind == 'r' && c->got == BEFORE_RESET)
		ck_assert_int_eq(tls_socket_write(c->s, "!", 1), 1);
	return n;
}

static ssize_t
send_some(struct connection *c)
{
	ssize_t n = tls_socket_write(c->s, upload + c->sent, UPLOAD - c->sent);

	c->sent += n > 0 ? (size_t)n : 0;
	if (c->sent == UPLOAD)
		end(c);
	return n;
}

/* Go on with one connection until it wants something. */
static void
go_on(struct connection *c)
{
	ssize_t n = 1;

	while (n >= 0 && c->phase != OVER) {
		switch (c->phase) {
		case SHAKING:
			n = tls_socket_handshake(c->s);
			if (n == 0)
				c->phase = ASKING;
			break;
		case ASKING:
			n = send_kind(c);
			break;
		case READING:
			n = read_some(c);
			break;
		case SENDING:
			n = send_some(c);
			break;
		case OVER:
			break;
		}
	}
	if (n == -1) {
		ck_assert_msg(c->kind == 'r' && c->phase == READING, "'%c' phase %d: %s", c->kind,
		    (int)c->phase, tls_last_error()->message);
		end(c);
	}
	if (c->phase != OVER)
		c->events = tls_socket_events(c->s);
}

static void
begin(struct connection *c, tls_context *ctx, struct peer *peer, int number)
{
	*c = (struct connection){.fd = peer_connect(peer), .kind = kinds[number % 4]};
	ck_assert_int_ge(c->fd, 0);
	ck_assert_int_eq(fcntl(c->fd, F_SETFL, O_NONBLOCK), 0);
	c->s = tls_wrap_start(ctx, c->fd, HOST);
	ck_assert_works(c->s != NULL);
	c->events = POLLOUT;
}

/* Wait for some of them; how many are not over. */
static int
turn(void)
{
	struct pollfd polled[CONNECTIONS];
	struct connection *whose[CONNECTIONS];
	nfds_t count = 0;

	for (int i = 0; i < CONNECTIONS; i++) {
		if (connections[i].phase == OVER)
			continue;
		polled[count] = (struct pollfd){connections[i].fd, connections[i].events, 0};
		whose[count++] = &connections[i];
	}
	if (count == 0)
		return 0;
	ck_assert_msg(poll(polled, count, 8000) > 0, "the loop hangs");
	for (nfds_t i = 0; i < count; i++)
		if (polled[i].revents != 0)
			go_on(whose[i]);
	return (int)count;
}

static void
assert_counts(const struct connection *c)
{
	const size_t wanted = c->kind == 't'   ? PIECE * PIECES
			      : c->kind == 'f' ? FLOOD
			      : c->kind == 'r' ? BEFORE_RESET
					       : 0;

	ck_assert_msg(c->got == wanted && c->sent == (c->kind == 'h' ? UPLOAD : 0),
	    "'%c': %zu octets came, %zu went", c->kind, c->got, c->sent);
}

START_TEST(two_hundred_connections_come_out_exact)
{
	struct pki *ca = pki_ca("Test CA"), *leaf = pki_leaf(ca, HOST);
	struct peer_options options = scene_server(leaf);
	tls_context *ctx = scene_trusting(ca);
	struct peer peer;
	struct peer_report report;
	unsigned long long uploaded = 0;
	int i, turns = 0;

	options.script = script;
	options.connections = CONNECTIONS;
	ck_assert_int_eq(peer_start(&peer, &options), 0);
	for (i = 0; i < CONNECTIONS; i++)
		begin(&connections[i], ctx, &peer, i);
	while (turn() > 0)
		ck_assert_msg(++turns < 100000, "the loop spins");
	for (i = 0; i < CONNECTIONS; i++) {
		assert_counts(&connections[i]);
		ck_assert_int_eq(peer_wait(&peer, &report), 0);
		uploaded += report.data_in;
		ck_assert_msg(report.handshake, "%s", report.error);
	}
	ck_assert_uint_eq(uploaded, CONNECTIONS + CONNECTIONS / 4 * (UPLOAD + 1ULL));
	printf("%d connections in %d turns\n", CONNECTIONS, turns);
	peer_stop(&peer);
	tls_context_free(ctx);
	pki_free(leaf);
	pki_free(ca);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("pollloop");
	TCase *t = tcase_create("pollloop");

	tcase_set_timeout(t, 40);
	tcase_add_test(t, two_hundred_connections_come_out_exact);
	suite_add_tcase(suite, t);
	return support_run(suite);
}
