/*
 * test_faults.c - one conversation, from handshake to close, in which the i-th
 * call of the transport goes wrong, for every i and every way to go wrong: over
 * callbacks, and over a descriptor, blocking or not, by taking the place of
 * recv(2), send(2) and poll(2) where the linker can.
 *
 * Either nothing happened, octet for octet, or the error is the right one; and
 * the number of calls is bounded: nothing spins. TLSW_SWEEP=full tries all,
 * else a part is tried, a different one for each way to go wrong.
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

#include "support/peer.h"
#include "support/pumped.h"
#include "support/scene.h"

#define HOST "www.lab.test"
#define LINE "a line to be echoed\r\n"
#define BULK 20000
#define WANTS_MAX 1000
#define POLLS_MAX 10000

static struct pki *ca, *leaf;
static SSL_CTX *server_ctx;
static struct pumped server;
static struct faulty wire;
static int watched = -1; /* the descriptor whose calls go wrong */

/* ------------------------------------------------ in the place of the system's calls */

#ifdef FAULTS_WRAPPED
ssize_t __real_recv(int fd, void *buf, size_t len, int flags);
ssize_t __wrap_recv(int fd, void *buf, size_t len, int flags);
ssize_t __real_send(int fd, const void *buf, size_t len, int flags);
ssize_t __wrap_send(int fd, const void *buf, size_t len, int flags);
int __real_poll(struct pollfd *p, nfds_t n, int timeout);
int __wrap_poll(struct pollfd *p, nfds_t n, int timeout);

static int polls;

static bool
blocks(int fd)
{
	return (fcntl(fd, F_GETFL) & O_NONBLOCK) == 0;
}

ssize_t
__wrap_recv(int fd, void *buf, size_t len, int flags)
{
	int was = watched;
	ssize_t n;

	if (fd != watched || (flags != MSG_DONTWAIT && flags != 0))
		return __real_recv(fd, buf, len, flags);
	watched = -1; /* faulty_read() calls recv(2) in its turn */
	n = faulty_read(&wire, buf, len);
	while (n == -1 && errno == EAGAIN && flags == 0 && blocks(fd)) { /* then it would wait */
		ck_assert_int_lt(++polls, POLLS_MAX);
		pumped_step(&server);
		n = faulty_read(&wire, buf, len);
	}
	watched = was;
	return n;
}

ssize_t
__wrap_send(int fd, const void *buf, size_t len, int flags)
{
	int was = watched;
	ssize_t n;

	if (fd != watched)
		return __real_send(fd, buf, len, flags);
	watched = -1;
	n = faulty_write(&wire, buf, len);
	watched = was;
	return n;
}

/* A poll that nothing would ever end is a mistake: the server moves in this thread only. */
int
__wrap_poll(struct pollfd *p, nfds_t n, int timeout)
{
	if (n != 1 || p->fd != watched)
		return __real_poll(p, n, timeout);
	polls++;
	ck_assert_int_le(polls, wire.calls + 1); /* none is in vain: a call follows each */
	ck_assert_int_lt(polls, POLLS_MAX);
	pumped_step(&server);
	n = (nfds_t)__real_poll(p, 1, timeout == 0 ? 0 : 2000);
	ck_assert_msg(timeout == 0 || n == 1, "waits for what never comes");
	return (int)n;
}
#endif

/* ------------------------------------------------------------------ the conversation */

enum way { CALLBACKS, DESCRIPTOR, NONBLOCKING, WAYS };
static const char *const way_names[] = {
    "callbacks", "blocking descriptor", "non-blocking descriptor"};

enum stage { HANDSHAKE, SEND_LINE, READ_LINE, BULK_OUT, BULK_IN, SHUTDOWN, READ_END, CLOSE, DONE };

struct outcome {
	enum stage stage; /* what failed; DONE: nothing */
	enum stage hit;   /* in which the transport went wrong */
	enum tlsw_error code;
	int error;
	long calls;
};

static const struct tls_transport calls = {
    sizeof(struct tls_transport), faulty_read, faulty_write, faulty_close};

static tls_socket *
open_socket(tls_context *ctx, enum way way)
{
	if (way == CALLBACKS)
		return tls_wrap_transport(ctx, &calls, &wire, HOST);
	if (way == NONBLOCKING)
		(void)fcntl(server.near, F_SETFL, O_NONBLOCK);
	watched = server.near;
	return tls_wrap_start(ctx, server.near, HOST);
}

static unsigned char bulk[BULK], back[BULK];

/* One call of a stage. 1: the stage is over, else a WANT, 0 for "go on", or -1. */
static int
step(tls_socket *s, enum stage stage, size_t *done)
{
	char line[64];
	ssize_t n = 0;

	switch (stage) {
	case HANDSHAKE:
		n = tls_socket_handshake(s);
		return n == 0 ? 1 : (int)n;
	case SEND_LINE:
		n = tls_socket_write(s, LINE, strlen(LINE));
		return n > 0 ? n == (ssize_t)strlen(LINE) : (int)n;
	case READ_LINE:
		n = tls_socket_read_line(s, line, sizeof(line));
		if (n > 0)
			ck_assert_str_eq(line, LINE);
		ck_assert_int_ne(n, 0);
		return n > 0 ? 1 : (int)n;
	case BULK_OUT:
		n = tls_socket_write(s, bulk + *done, BULK - *done);
		*done += n > 0 ? (size_t)n : 0;
		return n > 0 ? *done == BULK : (int)n;
	case BULK_IN:
		n = tls_socket_read(s, back + *done, BULK - *done);
		ck_assert_int_ne(n, 0);
		*done += n > 0 ? (size_t)n : 0;
		ck_assert_mem_eq(back, bulk, *done);
		return n > 0 ? *done == BULK : (int)n;
	case SHUTDOWN:
		n = tls_socket_shutdown(s);
		return n == 0 ? 1 : (int)n;
	case READ_END:
		n = tls_socket_read(s, line, sizeof(line));
		ck_assert_int_le(n, 0);
		return n == 0 ? 1 : (int)n;
	case CLOSE:
		return tls_socket_close(s) == 0 ? 1 : -1;
	case DONE:
		break;
	}
	return 1;
}

static void
note_failure(struct outcome *o, enum stage stage)
{
	o->stage = stage;
	o->code = tls_last_error()->code;
	o->error = tls_last_error()->os_errno;
	ck_assert_str_ne(tls_last_error()->message, "");
}

/* A dead socket stays dead, with the same error. */
static void
assert_dead(tls_socket *s, const struct outcome *o)
{
	long calls_before = wire.calls;
	char c;

	if (tls_socket_error(s)->code == TLSW_OK)
		return; /* only sending has ended */
	for (int i = 0; i < 3; i++) {
		ck_assert_refused((int)tls_socket_read(s, &c, 1), o->code);
		ck_assert_refused((int)tls_socket_write(s, "x", 1), o->code);
	}
	ck_assert_int_eq(wire.calls, calls_before);
}

static struct outcome
converse(tls_context *ctx, enum way way)
{
	struct outcome o = {DONE, DONE, TLSW_OK, 0, 0};
	tls_socket *s = open_socket(ctx, way);
	enum stage stage;

	ck_assert_works(s != NULL);
	for (stage = HANDSHAKE; stage < DONE && o.stage == DONE; stage++) {
		size_t done = 0;
		int rv, wants = 0;

		while ((rv = step(s, stage, &done)) != 1 && rv != -1) {
			ck_assert_msg(++wants < WANTS_MAX, "stage %d wants %d for ever", (int)stage, rv);
			ck_assert(way != DESCRIPTOR || rv >= 0);
		}
		if (rv == -1)
			note_failure(&o, stage);
		if (wire.failed && o.hit == DONE)
			o.hit = stage;
	}
	if (o.stage < CLOSE) {
		assert_dead(s, &o);
		tls_socket_free(s);
	}
	watched = -1;
	o.calls = wire.calls;
	return o;
}

/* ------------------------------------------------------------------------ the faults */

static const struct {
	const char *label;
	enum fault fault;
	int error;
	bool harmless;
} faults[] = {
    {"EINTR", FAULT_ERRNO, EINTR, true},
    {"EAGAIN", FAULT_ERRNO, EAGAIN, true},
    {"one octet", FAULT_SHORT, 0, true},
    {"ECONNRESET", FAULT_ERRNO, ECONNRESET, false},
    {"EPIPE", FAULT_ERRNO, EPIPE, false},
    {"ETIMEDOUT", FAULT_ERRNO, ETIMEDOUT, false},
    {"the end", FAULT_END, 0, false},
    {"too much", FAULT_CLAIM, 0, false},
};
#define FAULTS (int)(sizeof(faults) / sizeof(faults[0]))

static long tried;

static void
start(int fault, long at, size_t piece)
{
	pumped_start(&server, server_ctx, true);
	wire = (struct faulty){.server = &server,
	    .fault = faults[fault].fault,
	    .error = faults[fault].error,
	    .at = at,
	    .piece = piece};
#ifdef FAULTS_WRAPPED
	polls = 0;
#endif
}

static void
assert_all_came(const char *label, long at)
{
	const size_t line = strlen(LINE);

	ck_assert_msg(server.data_len == line + BULK && memcmp(server.data, LINE, line) == 0 &&
			  memcmp(server.data + line, bulk, BULK) == 0,
	    "%s at call %ld: the server has %zu octets", label, at, server.data_len);
	ck_assert_msg(SSL_get_shutdown(server.ssl) == (SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN),
	    "%s at call %ld: no close_notify", label, at);
}

/* Which error a fault that is not harmless has to become. */
static void
assert_right_error(const struct outcome *o, int fault, long at)
{
	const bool end = faults[fault].fault == FAULT_END && !wire.in_write;
	const int want = faults[fault].fault == FAULT_CLAIM ? EINVAL
			 : faults[fault].fault == FAULT_END ? EIO
							    : faults[fault].error;
	const enum tlsw_error code = end ? TLSW_ERR_TRUNCATED : TLSW_ERR_SYSTEM;

	ck_assert_msg(o->stage != DONE, "%s at call %ld: nothing failed", faults[fault].label, at);
	ck_assert_msg(o->code == code && (end || o->error == want),
	    "%s at call %ld, stage %d: %s (errno %d): %s", faults[fault].label, at, (int)o->stage,
	    tls_error_name(o->code), o->error, tls_last_error()->message);
	ck_assert_msg(o->stage != HANDSHAKE || server.data_len == 0, "%s at call %ld: data left",
	    faults[fault].label, at);
}

/* One conversation; the number of its calls. */
static long
try_fault(tls_context *ctx, enum way way, int fault, long at, size_t piece, long clean)
{
	struct outcome o;

	start(fault, at, piece);
	o = converse(ctx, way);
	ck_assert_msg(clean == 0 || o.calls <= 2 * clean + 10,
	    "%s at call %ld: %ld calls, without %ld", faults[fault].label, at, o.calls, clean);
	/* what close takes off the descriptor is thrown away: no error is one there */
	if (faults[fault].harmless || !wire.failed || (o.hit == CLOSE && !wire.in_write)) {
		ck_assert_msg(o.stage == DONE, "%s at call %ld, stage %d: %s", faults[fault].label,
		    at, (int)o.stage, tls_last_error()->message);
		assert_all_came(faults[fault].label, at);
	} else {
		assert_right_error(&o, fault, at);
	}
	ck_assert_int_eq(wire.closed, way == CALLBACKS);
	tried += wire.failed;
	pumped_stop(&server);
	return o.calls;
}

static const size_t pieces[] = {0, 1000, 17};
static const long samples[] = {50, 50, 5}; /* faults of each kind, when not all are tried */
#define PIECES (int)(sizeof(pieces) / sizeof(pieces[0]))

static bool
full(void)
{
	const char *sweep = getenv("TLSW_SWEEP");

	return sweep != NULL && strcmp(sweep, "full") == 0;
}

static tls_context *
client(void)
{
	tls_context *ctx = scene_trusting(ca);

	ck_assert_works(tls_context_set_session_cache(ctx, 0) == 0);
	return ctx;
}

START_TEST(a_fault_at_any_call_changes_nothing_or_is_told)
{
	const enum way way = (enum way)(_i / (2 * PIECES));
	const size_t piece = pieces[_i / 2 % PIECES];
	tls_context *ctx;
	long at, clean, stride;
	int fault;

#ifndef FAULTS_WRAPPED
	if (way != CALLBACKS)
		return;
#endif
	ctx = client();
	if (_i % 2 == 1)
		(void)SSL_CTX_set_max_proto_version(server_ctx, TLS1_2_VERSION);
	clean = try_fault(ctx, way, 0, 0, piece, 0);
	ck_assert_int_gt(clean, 10);
	stride = full() ? 1 : 1 + clean / samples[_i / 2 % PIECES];
	for (fault = 0; fault < FAULTS; fault++)
		for (at = 1 + (full() ? 0 : fault % stride); at <= clean; at += stride)
			(void)try_fault(ctx, way, fault, at, piece, clean);
	printf("%s, TLS 1.%d, pieces of %zu: %ld faults in %ld calls\n", way_names[way],
	    _i % 2 == 1 ? 2 : 3, piece, tried, clean);
	tls_context_free(ctx);
}
END_TEST

static void
setup(void)
{
	ca = pki_ca("Test CA");
	leaf = pki_leaf(ca, HOST);
	server_ctx = pumped_ctx(leaf);
	for (size_t i = 0; i < BULK; i++)
		bulk[i] = peer_pattern(i);
	tried = 0;
}

static void
teardown(void)
{
	SSL_CTX_free(server_ctx);
	pki_free(leaf);
	pki_free(ca);
	tls_error_clear();
}

int
main(void)
{
	Suite *suite = suite_create("faults");
	TCase *t = tcase_create("sweep");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, full() ? 600 : 30);
	tcase_add_loop_test(
	    t, a_fault_at_any_call_changes_nothing_or_is_told, 0, WAYS * PIECES * 2);
	suite_add_tcase(suite, t);
	return support_run(suite);
}
