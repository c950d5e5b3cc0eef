/*
 * test_transport.c - sockets over the caller's own callbacks: pairs of pipes,
 * TLS inside TLS, and callbacks that do odd things.
 *
 * SPDX-License-Identifier: ISC
 */
#include "support/support.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/peer.h"
#include "support/pki.h"
#include "support/pumped.h"
#include "support/scene.h"

#define HOST "www.lab.test"
#define LENGTH 40000

static struct pki *ca, *leaf;
static tls_context *ctx;
static SSL_CTX *server_ctx;
static struct pumped server;
static struct faulty wire;

static const struct tls_transport faulty_calls = {
    sizeof(struct tls_transport), faulty_read, faulty_write, faulty_close};

static void
setup(void)
{
	ca = pki_ca("Test CA");
	leaf = pki_leaf(ca, HOST);
	ctx = scene_trusting(ca);
	server_ctx = pumped_ctx(leaf);
	pumped_start(&server, server_ctx, true);
	wire = (struct faulty){.server = &server};
}

static void
teardown(void)
{
	pumped_stop(&server);
	SSL_CTX_free(server_ctx);
	tls_context_free(ctx);
	pki_free(leaf);
	pki_free(ca);
	tls_error_clear();
}

/* The handshake, with a limit to how often it may want something. */
static int
shake(tls_socket *s)
{
	int rv, wants = 0;

	while ((rv = tls_socket_handshake(s)) != 0 && rv != -1)
		ck_assert_int_lt(++wants, 20000);
	return rv;
}

static tls_socket *
connected(const struct tls_transport *calls, void *arg)
{
	tls_socket *s = tls_wrap_transport(ctx, calls, arg, HOST);

	ck_assert_works(s != NULL);
	ck_assert_works(shake(s) == 0);
	return s;
}

static void
make_pattern(unsigned char *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		data[i] = peer_pattern(i);
}

/* There and back again, octet for octet; then both ends. */
static void
echo(tls_socket *s, size_t len)
{
	unsigned char *data = malloc(len), *back = malloc(len);
	size_t sent = 0, got = 0;
	ssize_t n;
	int wants = 0;

	make_pattern(data, len);
	while (got < len) {
		n = sent < len ? tls_socket_write(s, data + sent, len - sent) : TLSW_WANT_READ;
		ck_assert_works(n != -1);
		sent += n > 0 ? (size_t)n : 0;
		n = tls_socket_read(s, back + got, len - got);
		ck_assert_works(n != -1 && n != 0);
		got += n > 0 ? (size_t)n : 0;
		ck_assert_int_lt(++wants, 100000);
	}
	ck_assert_mem_eq(data, back, len);
	free(data);
	free(back);
	while ((n = tls_socket_shutdown(s)) == TLSW_WANT_WRITE)
		ck_assert_int_lt(++wants, 100000);
	ck_assert_works(n == 0);
	while ((n = tls_socket_read(s, &n, 1)) == TLSW_WANT_READ)
		ck_assert_int_lt(++wants, 100000);
	ck_assert_works(n == 0);
	ck_assert_works(tls_socket_close(s) == 0);
}

/* ----------------------------------------------------------------------- callbacks */

START_TEST(nothing_is_sent_before_the_handshake_and_close_is_called_once)
{
	tls_socket *s = tls_wrap_transport(ctx, &faulty_calls, &wire, HOST);

	ck_assert_works(s != NULL);
	ck_assert_int_eq(wire.calls, 0);
	ck_assert_int_eq(tls_socket_fd(s), -1);
	ck_assert_works(shake(s) == 0);
	ck_assert(tls_socket_verified(s));
	ck_assert_int_eq(wire.closed, 0);
	echo(s, 100);
	ck_assert_int_eq(wire.closed, 1);
}
END_TEST

START_TEST(close_is_called_once_whatever_happened)
{
	tls_socket *s = tls_wrap_transport(ctx, &faulty_calls, &wire, HOST);
	char c;

	ck_assert_works(s != NULL);
	if (_i == 1) {
		wire.fault = FAULT_END;
		wire.at = 2;
		ck_assert_refused(shake(s), TLSW_ERR_TRUNCATED);
		ck_assert_refused((int)tls_socket_read(s, &c, 1), TLSW_ERR_TRUNCATED);
	} else if (_i >= 2) {
		ck_assert_works(shake(s) == 0);
	}
	if (_i == 3)
		ck_assert_works(tls_socket_close(s) == 0);
	else
		tls_socket_free(s);
	ck_assert_int_eq(wire.closed, 1);
}
END_TEST

START_TEST(without_a_close_callback_nothing_is_closed)
{
	struct tls_transport calls = faulty_calls;
	tls_socket *s;

	calls.close = NULL;
	s = tls_wrap_transport(ctx, &calls, &wire, HOST);
	memset(&calls, 0, sizeof(calls)); /* it was copied */
	ck_assert_works(s != NULL);
	ck_assert_works(shake(s) == 0);
	echo(s, 1);
	ck_assert_int_eq(wire.closed, 0);
}
END_TEST

START_TEST(a_transport_that_is_none_is_a_mistake)
{
	const struct {
		const char *label;
		struct tls_transport calls;
	} rows[] = {{"no size", {0, faulty_read, faulty_write, faulty_close}},
	    {"too small",
		{sizeof(struct tls_transport) - 1, faulty_read, faulty_write, faulty_close}},
	    {"no read", {sizeof(struct tls_transport), NULL, faulty_write, faulty_close}},
	    {"no write", {sizeof(struct tls_transport), faulty_read, NULL, faulty_close}}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_refused_null(
		    tls_wrap_transport(ctx, &rows[i].calls, &wire, HOST), TLSW_ERR_USAGE);
	ck_assert_refused_null(tls_wrap_transport(ctx, NULL, &wire, HOST), TLSW_ERR_USAGE);
	ck_assert_refused_null(
	    tls_wrap_transport(ctx, &faulty_calls, &wire, "a..b"), TLSW_ERR_HOSTNAME);
	ck_assert_refused_null(
	    tls_wrap_transport(ctx, &faulty_calls, &wire, NULL), TLSW_ERR_HOSTNAME);
	ck_assert_int_eq(wire.closed, 0); /* it stays the caller's */
	ck_assert_int_eq(wire.calls, 0);
}
END_TEST

START_TEST(what_needs_a_descriptor_says_so)
{
	tls_socket *s = connected(&faulty_calls, &wire);
	FILE *in = NULL, *out = NULL;

	ck_assert_refused(tls_socket_unwrap(s, 1000), TLSW_ERR_USAGE);
	ck_assert_refused(tls_socket_fopen(s, &in, &out), TLSW_ERR_USAGE);
	ck_assert(in == NULL && out == NULL);
	echo(s, 100); /* neither changed anything */
}
END_TEST

START_TEST(another_host_is_refused_over_callbacks_too)
{
	tls_socket *s = tls_wrap_transport(ctx, &faulty_calls, &wire, "other.lab.test");

	ck_assert_works(s != NULL);
	ck_assert_refused(shake(s), TLSW_ERR_HOSTNAME_MISMATCH);
	tls_socket_free(s);
	ck_assert_uint_eq(server.data_len, 0);
	ck_assert_int_eq(wire.closed, 1);
}
END_TEST

/* No peek over callbacks: what came first is met as the answer to the ClientHello. */
START_TEST(early_octets_are_refused_as_an_answer)
{
	tls_socket *s = tls_wrap_transport(ctx, &faulty_calls, &wire, HOST);

	ck_assert_works(s != NULL);
	ck_assert_int_eq(write(server.far, "220 hello\r\n", 11), 11);
	ck_assert_refused(shake(s), TLSW_ERR_NOT_TLS);
	ck_assert_ptr_nonnull(strstr(tls_last_error()->message, "220 hello"));
	tls_socket_free(s);
}
END_TEST

/* ------------------------------------------------------- pieces, gaps, odd answers */

START_TEST(eagain_makes_every_call_want)
{
	tls_socket *s = tls_wrap_transport(ctx, &faulty_calls, &wire, HOST);
	unsigned char data[LENGTH];
	char c;

	ck_assert_works(s != NULL);
	wire.fault = FAULT_ERRNO;
	wire.error = EAGAIN;
	wire.at = 1;
	ck_assert_int_eq(tls_socket_handshake(s), TLSW_WANT_WRITE);
	ck_assert_int_eq(tls_socket_events(s), POLLOUT);
	wire.at = wire.calls + 2;
	ck_assert_int_eq(tls_socket_handshake(s), TLSW_WANT_READ);
	ck_assert_int_eq(tls_socket_events(s), POLLIN);
	ck_assert_works(shake(s) == 0);
	(void)tls_socket_read(s, &c, 1); /* tickets */
	wire.at = wire.calls + 1;
	ck_assert_int_eq(tls_socket_read(s, &c, 1), TLSW_WANT_READ);
	make_pattern(data, sizeof(data));
	wire.at = wire.calls + 1;
	ck_assert_int_eq(tls_socket_write(s, data, sizeof(data)), TLSW_WANT_WRITE);
	ck_assert_int_gt((int)tls_socket_write(s, data, sizeof(data)), 0);
	wire.at = wire.calls + 1;
	ck_assert_int_eq(tls_socket_shutdown(s), TLSW_WANT_WRITE);
	ck_assert_int_eq(tls_socket_shutdown(s), 0);
	wire.at = 0;
	ck_assert_works(tls_socket_close(s) == 0);
}
END_TEST

/* wall: J11 */
static const size_t pieces[] = {
    1, 2, 3, 4, 5, 6, 7, 13, 63, 64, 255, 1000, 4095, 4096, 16383, 16384, 16406, 40000};

START_TEST(reads_and_writes_of_every_size_change_nothing)
{
	wire.piece = pieces[_i / 2];
	wire.gaps = _i % 2 == 1;
	echo(connected(&faulty_calls, &wire), wire.piece < 5 ? 5000 : LENGTH);
	ck_assert_int_eq(wire.closed, 1);
}
END_TEST

START_TEST(a_callback_that_claims_more_than_was_asked_ends_the_socket)
{
	tls_socket *s = connected(&faulty_calls, &wire);
	char c;
	int rv;

	wire.fault = FAULT_CLAIM;
	wire.at = wire.calls + 1;
	rv = _i == 0 ? (int)tls_socket_read(s, &c, 1) : (int)tls_socket_write(s, "x", 1);
	ck_assert_int_eq(rv, -1);
	ck_assert_refused((int)tls_socket_read(s, &c, 1), TLSW_ERR_SYSTEM);
	ck_assert_int_eq(tls_last_error()->os_errno, EINVAL);
	tls_socket_free(s);
}
END_TEST

static ssize_t
want(void *arg, void *buf, size_t len)
{
	(void)arg;
	(void)buf;
	(void)len;
	return TLSW_WANT_READ; /* what tls_socket_read() gives, handed on as it is */
}

static ssize_t
fail_quietly(void *arg, void *buf, size_t len)
{
	(void)arg;
	(void)buf;
	(void)len;
	errno = 0;
	return -1;
}

static ssize_t
swallow(void *arg, const void *buf, size_t len)
{
	(void)arg;
	(void)buf;
	return (ssize_t)len;
}

static ssize_t
take_nothing(void *arg, const void *buf, size_t len)
{
	(void)arg;
	(void)buf;
	(void)len;
	return 0;
}

static ssize_t
refuse_quietly(void *arg, const void *buf, size_t len)
{
	(void)arg;
	(void)buf;
	(void)len;
	errno = 0;
	return -1;
}

static const struct {
	const char *label;
	struct tls_transport calls;
	int error;
} odd[] = {
    {"read: below -1", {sizeof(struct tls_transport), want, swallow, NULL}, EINVAL},
    {"read: -1 without errno", {sizeof(struct tls_transport), fail_quietly, swallow, NULL}, EIO},
    {"write: 0", {sizeof(struct tls_transport), want, take_nothing, NULL}, EIO},
    {"write: -1 without errno", {sizeof(struct tls_transport), want, refuse_quietly, NULL}, EIO},
};

START_TEST(an_answer_that_no_system_gives_is_an_error_of_the_transport)
{
	tls_socket *s = tls_wrap_transport(ctx, &odd[_i].calls, NULL, HOST);

	ck_assert_works(s != NULL);
	errno = EAGAIN; /* left over from elsewhere */
	ck_assert_msg(tls_socket_handshake(s) == -1, "%s", odd[_i].label);
	ck_assert_msg(tls_last_error()->code == TLSW_ERR_SYSTEM, "%s: %s", odd[_i].label,
	    tls_last_error()->message);
	ck_assert_msg(tls_last_error()->os_errno == odd[_i].error, "%s: errno %d", odd[_i].label,
	    tls_last_error()->os_errno);
	tls_socket_free(s);
}
END_TEST

/* ----------------------------------------------------------------- a pair of pipes */

struct pipes {
	int in, out;
};

static ssize_t
pipe_read(void *arg, void *buf, size_t len)
{
	return read(((struct pipes *)arg)->in, buf, len);
}

static ssize_t
pipe_write(void *arg, const void *buf, size_t len)
{
	return write(((struct pipes *)arg)->out, buf, len);
}

static int
pipe_close(void *arg)
{
	struct pipes *p = arg;

	return close(p->in) + close(p->out);
}

/* cat(1) behind a socket, as inetd and ssh -W know them: a server on stdin and stdout. */
static pid_t
serve_on_pipes(int in, int out)
{
	SSL *ssl;
	char buf[16384];
	int n;
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	(void)alarm(20);
	ssl = SSL_new(server_ctx);
	SSL_set_rfd(ssl, in);
	SSL_set_wfd(ssl, out);
	n = SSL_accept(ssl) == 1;
	while (n > 0 && (n = SSL_read(ssl, buf, sizeof(buf))) > 0)
		n = SSL_write(ssl, buf, n);
	(void)SSL_shutdown(ssl);
	SSL_free(ssl);
	_exit(n == 0 ? 0 : 1);
}

START_TEST(two_pipes_are_a_transport)
{
	const struct tls_transport calls = {sizeof(calls), pipe_read, pipe_write, pipe_close};
	struct pipes mine;
	int there[2], back[2], status;
	pid_t pid;

	(void)signal(SIGPIPE, SIG_IGN); /* a pipe has no MSG_NOSIGNAL */
	ck_assert(pipe(there) == 0 && pipe(back) == 0);
	(void)fcntl(there[1], F_SETFD, FD_CLOEXEC);
	pid = serve_on_pipes(there[0], back[1]);
	ck_assert_int_gt(pid, 0);
	(void)close(there[0]);
	(void)close(back[1]);
	mine = (struct pipes){back[0], there[1]};
	if (_i == 1)
		ck_assert(fcntl(mine.in, F_SETFL, O_NONBLOCK) == 0 &&
			  fcntl(mine.out, F_SETFL, O_NONBLOCK) == 0);
	if (_i == 0) {
		echo(connected(&calls, &mine), 30000);
	} else {
		tls_socket *s = tls_wrap_transport(ctx, &calls, &mine, HOST);
		struct pollfd p;
		char buf[8];
		ssize_t n;
		int rv;

		ck_assert_works(s != NULL);
		while ((rv = tls_socket_handshake(s)) < -1) {
			p.events = tls_socket_events(s);
			p.fd = p.events == POLLIN ? mine.in : mine.out;
			ck_assert_int_eq(poll(&p, 1, 10000), 1);
		}
		ck_assert_works(rv == 0);
		ck_assert_int_eq(tls_socket_write(s, "ping", 4), 4);
		p = (struct pollfd){mine.in, POLLIN, 0};
		while ((n = tls_socket_read(s, buf, sizeof(buf))) == TLSW_WANT_READ)
			ck_assert_int_eq(poll(&p, 1, 10000), 1);
		ck_assert_int_eq(n, 4);
		ck_assert_works(tls_socket_close(s) == 0);
	}
	ck_assert_int_eq(fcntl(mine.in, F_GETFD), -1);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

/* ------------------------------------------------------------------ TLS inside TLS */

/* The outer socket as a transport: WANT becomes EAGAIN, a failure an errno. */
static ssize_t
result(ssize_t n)
{
	if (n >= 0)
		return n;
	errno = n == -1 ? EIO : EAGAIN;
	return -1;
}

static ssize_t
outer_read(void *arg, void *buf, size_t len)
{
	return result(tls_socket_read(arg, buf, len));
}

static ssize_t
outer_write(void *arg, const void *buf, size_t len)
{
	return result(tls_socket_write(arg, buf, len));
}

static int
outer_close(void *arg)
{
	return tls_socket_close(arg);
}

static const struct tls_transport through_outer = {
    sizeof(struct tls_transport), outer_read, outer_write, outer_close};

#define PROXY "proxy.lab.test"

/* Proxy and origin share one server context, hence the keys of their tickets. */
struct nest {
	SSL_CTX *ctx;
	struct pumped outer, inner;
	struct faulty wire;
};

static void
nest_start(struct nest *n, const struct pki *cert)
{
	n->ctx = pumped_ctx(cert);
}

static void
nest_connect(struct nest *n)
{
	pumped_start(&n->outer, n->ctx, true);
	pumped_start(&n->inner, n->ctx, false);
	n->outer.inner = &n->inner;
	n->wire = (struct faulty){.server = &n->outer};
}

static void
nest_disconnect(struct nest *n)
{
	pumped_stop(&n->outer);
	pumped_stop(&n->inner);
}

static tls_socket *
nest_wrap(struct nest *n)
{
	tls_socket *outer = tls_wrap_transport(ctx, &faulty_calls, &n->wire, PROXY), *inner;

	ck_assert_works(outer != NULL);
	ck_assert_works(shake(outer) == 0);
	inner = tls_wrap_transport(ctx, &through_outer, outer, HOST);
	ck_assert_works(inner != NULL);
	return inner;
}

START_TEST(tls_goes_through_tls)
{
	struct pki *both =
	    pki_make(.cn = HOST, .issuer = ca, .san = PKI_NAMES(PKI_DNS(HOST), PKI_DNS(PROXY)));
	struct nest n;
	tls_socket *s;

	nest_start(&n, both);
	nest_connect(&n);
	n.wire.piece = _i == 0 ? 0 : 100;
	n.wire.gaps = _i == 2;
	s = nest_wrap(&n);
	ck_assert_works(shake(s) == 0);
	echo(s, LENGTH);
	ck_assert_uint_eq(n.inner.data_len, LENGTH);
	ck_assert_uint_gt(n.outer.data_len, LENGTH); /* and it was sealed twice */
	ck_assert_int_eq(n.wire.closed, 1);	     /* closing the inner closes the outer */
	nest_disconnect(&n);
	SSL_CTX_free(n.ctx);
	pki_free(both);
}
END_TEST

/* wall: A25 */
START_TEST(each_layer_has_its_own_host)
{
	struct pki *only = pki_leaf(ca, _i == 0 ? HOST : PROXY);
	struct nest n;
	tls_socket *s;

	nest_start(&n, only);
	nest_connect(&n);
	if (_i == 0) { /* the proxy shows the origin's certificate */
		s = tls_wrap_transport(ctx, &faulty_calls, &n.wire, PROXY);
		ck_assert_works(s != NULL);
	} else { /* the origin shows the proxy's */
		s = nest_wrap(&n);
	}
	ck_assert_refused(shake(s), TLSW_ERR_HOSTNAME_MISMATCH);
	tls_socket_free(s);
	ck_assert_uint_eq(n.inner.data_len, 0);
	ck_assert_int_eq(n.wire.closed, 1);
	nest_disconnect(&n);
	SSL_CTX_free(n.ctx);
	pki_free(only);
}
END_TEST

/* wall: H05 */
START_TEST(tickets_of_the_outer_server_are_not_offered_inside)
{
	struct pki *both =
	    pki_make(.cn = HOST, .issuer = ca, .san = PKI_NAMES(PKI_DNS(HOST), PKI_DNS(PROXY)));
	struct nest n;
	int i;

	nest_start(&n, both);
	for (i = 0; i < 3; i++) {
		tls_socket *s;

		nest_connect(&n);
		s = nest_wrap(&n);
		ck_assert_works(shake(s) == 0);
		ck_assert_int_eq(SSL_session_reused(n.outer.ssl), i > 0); /* there are tickets */
		ck_assert_int_eq(SSL_session_reused(n.inner.ssl), i > 1);
		if (i == 0)
			tls_socket_free(
			    s); /* the inner ones were not read: only the proxy's are there */
		else
			echo(s, 100);
		nest_disconnect(&n);
	}
	SSL_CTX_free(n.ctx);
	pki_free(both);
}
END_TEST

static TCase *
group(Suite *suite, const char *name)
{
	TCase *t = tcase_create(name);

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 20);
	suite_add_tcase(suite, t);
	return t;
}

/* ---------------------------------------------------------------- a clogged wire */

static bool clogged;

static ssize_t
clogged_write(void *arg, const void *buf, size_t len)
{
	if (!clogged)
		return faulty_write(arg, buf, len);
	errno = EAGAIN;
	return -1;
}

/*
 * The server asks for a KeyUpdate and the answer waits, alone or with a write
 * behind it, when the client ends: the answer goes, and no data that nobody gave.
 */
START_TEST(a_half_close_behind_an_answer_that_waits_sends_no_data)
{
	static const struct tls_transport calls = {
	    sizeof(struct tls_transport), faulty_read, clogged_write, faulty_close};
	tls_socket *s = connected(&calls, &wire);
	char buf[8];
	int rv, wants = 0;

	while (tls_socket_read(s, buf, sizeof(buf)) != TLSW_WANT_READ || !SSL_is_init_finished(server.ssl))
		ck_assert_int_lt(++wants, 1000);
	ck_assert_int_eq(SSL_key_update(server.ssl, SSL_KEY_UPDATE_REQUESTED), 1);
	ck_assert_int_eq(SSL_do_handshake(server.ssl), 1);
	clogged = true;
	for (rv = 0; rv < 3; rv++)
		ck_assert_int_lt((int)tls_socket_read(s, buf, sizeof(buf)), -1);
	if (_i == 1)
		ck_assert_int_eq((int)tls_socket_write(s, "secret", 6), TLSW_WANT_WRITE);
	clogged = false;
	while ((rv = tls_socket_shutdown(s)) == TLSW_WANT_WRITE)
		ck_assert_int_lt(++wants, 2000);
	ck_assert_works(rv == 0);
	pumped_step(&server);
	ck_assert(!server.broken);
	ck_assert_uint_eq(server.data_len, 0);
	ck_assert_int_ne(SSL_get_shutdown(server.ssl) & SSL_RECEIVED_SHUTDOWN, 0);
	ck_assert_int_eq((int)tls_socket_write(s, "secret", 6), -1);
	ck_assert_works(tls_socket_close(s) == 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("transport");
	TCase *t = group(suite, "callbacks");

	tcase_add_test(t, nothing_is_sent_before_the_handshake_and_close_is_called_once);
	tcase_add_loop_test(t, close_is_called_once_whatever_happened, 0, 4);
	tcase_add_test(t, without_a_close_callback_nothing_is_closed);
	tcase_add_test(t, a_transport_that_is_none_is_a_mistake);
	tcase_add_test(t, what_needs_a_descriptor_says_so);
	tcase_add_test(t, another_host_is_refused_over_callbacks_too);
	tcase_add_test(t, early_octets_are_refused_as_an_answer);
	tcase_add_loop_test(t, a_half_close_behind_an_answer_that_waits_sends_no_data, 0, 2);
	t = group(suite, "pieces");
	tcase_add_test(t, eagain_makes_every_call_want);
	tcase_add_loop_test(t, reads_and_writes_of_every_size_change_nothing, 0,
	    2 * (int)(sizeof(pieces) / sizeof(pieces[0])));
	tcase_add_loop_test(t, a_callback_that_claims_more_than_was_asked_ends_the_socket, 0, 2);
	tcase_add_loop_test(t, an_answer_that_no_system_gives_is_an_error_of_the_transport, 0,
	    (int)(sizeof(odd) / sizeof(odd[0])));
	t = group(suite, "pipes");
	tcase_add_loop_test(t, two_pipes_are_a_transport, 0, 2);
	t = group(suite, "inside");
	tcase_add_loop_test(t, tls_goes_through_tls, 0, 3);
	tcase_add_loop_test(t, each_layer_has_its_own_host, 0, 2);
	tcase_add_test(t, tickets_of_the_outer_server_are_not_offered_inside);
	return support_run(suite);
}
