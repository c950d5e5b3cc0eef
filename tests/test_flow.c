/*
 * test_flow.c - a flow of large records for which the reader has to wait: what
 * arrives meanwhile, how it ends, and who else may use the socket.
 *
 * The server is one without a process (support/pumped.h). What it sends is made
 * first and goes out in pieces, the later ones while the client waits.
 *
 * SPDX-License-Identifier: ISC
 */
#include "support/support.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "socket.h"

#include "support/peer.h"
#include "support/pki.h"
#include "support/pumped.h"

#define HOST "www.lab.test"
#define RECORD 16384
#define WIRE_RECORD (RECORD + 22) /* RFC 8446 section 5.2: header, type, tag */
#define INTO_SECOND (WIRE_RECORD + 10000) /* one record, and a part of the next */

static struct pki *ca, *leaf;
static SSL_CTX *server_ctx;
static tls_context *ctx;
static struct pumped server;
static tls_socket *s;
static unsigned char *wire; /* what the server made and has not sent */
static size_t wire_len, made;
static unsigned char buf[1 << 16];

static void
setup(void)
{
	ca = pki_ca("Test CA");
	leaf = pki_leaf(ca, HOST);
	server_ctx = pumped_ctx(leaf);
	ck_assert_int_eq(SSL_CTX_set_ciphersuites(server_ctx, "TLS_AES_128_GCM_SHA256"), 1);
	ck_assert_int_eq(SSL_CTX_set_num_tickets(server_ctx, 0), 1);
	ctx = tls_context_new();
	ck_assert_works(tls_context_load_ca_mem(ctx, pki_pem(ca), strlen(pki_pem(ca))) == 1);
	wire_len = made = 0;
}

static void
teardown(void)
{
	tls_socket_free(s);
	s = NULL;
	pumped_stop(&server);
	free(wire);
	wire = NULL;
	tls_context_free(ctx);
	SSL_CTX_free(server_ctx);
	pki_free(leaf);
	pki_free(ca);
	tls_error_clear();
}

static void
set_blocking(bool blocking)
{
	int flags = fcntl(server.near, F_GETFL);

	flags = blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK;
	ck_assert_int_eq(fcntl(server.near, F_SETFL, flags), 0);
}

static void
nap(void)
{
	struct timespec t = {0, 30000000};

	(void)nanosleep(&t, NULL);
}

/* A verified socket over a blocking descriptor. */
static void
begin(void)
{
	int n;

	pumped_start(&server, server_ctx, true);
	set_blocking(false);
	s = tls_wrap_start(ctx, server.near, HOST);
	ck_assert_works(s != NULL);
	while ((n = tls_socket_handshake(s)) == TLSW_WANT_READ)
		pumped_step(&server);
	ck_assert_works(n == 0);
	pumped_step(&server);
	set_blocking(true);
}

/* The server makes records of size octets each, so many. */
static void
make(size_t size, int count)
{
	unsigned char data[RECORD];
	int n;

	for (; count > 0; count--) {
		for (size_t i = 0; i < size; i++)
			data[i] = peer_pattern(made + i);
		made += size;
		ck_assert_int_eq(SSL_write(server.ssl, data, (int)size), (int)size);
	}
	wire = realloc(wire, wire_len + BIO_ctrl_pending(SSL_get_wbio(server.ssl)) + 1);
	while ((n = BIO_read(SSL_get_wbio(server.ssl), wire + wire_len, WIRE_RECORD)) > 0)
		wire_len += (size_t)n;
}

static void
make_close_notify(void)
{
	ck_assert_int_eq(SSL_shutdown(server.ssl), 0);
	make(0, 0);
}

static void
give(size_t len)
{
	if (len > wire_len)
		len = wire_len;
	ck_assert_int_eq(send(server.far, wire, len, MSG_NOSIGNAL), (ssize_t)len);
	wire_len -= len;
	memmove(wire, wire + len, wire_len);
}

/* The rest in pieces of that size, each after a nap. */
static void *
give_slowly(void *size)
{
	while (wire_len > 0) {
		nap();
		give(*(size_t *)size);
	}
	return NULL;
}

static void
expect(size_t len, size_t *at)
{
	for (size_t i = 0; i < len; i++)
		if (buf[i] != peer_pattern(*at + i))
			ck_abort_msg("octet %zu", *at + i);
	*at += len;
}

/* A record of data, read whole. */
static void
read_record(size_t *at)
{
	ck_assert_int_eq(tls_socket_read(s, buf, RECORD), RECORD);
	expect(RECORD, at);
}

static size_t everything = SIZE_MAX;

/* The first record is read and a part of the second has come: the next read will wait. */
static void
begin_flow(size_t *at)
{
	begin();
	make(RECORD, 2);
	give(INTO_SECOND);
	read_record(at);
}

/* -------------------------------------------------------------------- what arrives */

static const struct {
	const char *label;
	size_t first, piece, read;
} pieces[] = {
    {"a record at a time", WIRE_RECORD, WIRE_RECORD, RECORD},
    {"a record at a time, lines", WIRE_RECORD, WIRE_RECORD, 80},
    {"the end of one and a part of the next", INTO_SECOND, WIRE_RECORD, RECORD},
    {"more than there is room for", INTO_SECOND, WIRE_RECORD * 2, RECORD},
    {"more than there is room for, small reads", INTO_SECOND, WIRE_RECORD * 2, 100},
    {"more than there is room for, large reads", INTO_SECOND, WIRE_RECORD * 2, sizeof(buf)},
    {"parts of records", 9000, 9000, RECORD},
    {"all but an octet", WIRE_RECORD * 2 - 1, WIRE_RECORD, RECORD},
    {"a header only", WIRE_RECORD + 5, WIRE_RECORD, RECORD},
};

START_TEST(a_flow_in_pieces_is_identical)
{
	size_t at = 0, piece = pieces[_i].piece;
	pthread_t giver;
	ssize_t n;

	begin();
	make(RECORD, 6);
	make(10, 10);
	give(pieces[_i].first);
	ck_assert_int_eq(pthread_create(&giver, NULL, give_slowly, &piece), 0);
	while (at < made && (n = tls_socket_read(s, buf, pieces[_i].read)) > 0)
		expect((size_t)n, &at);
	ck_assert_int_eq(pthread_join(giver, NULL), 0);
	ck_assert_msg(at == made, "%s: %zu of %zu octets", pieces[_i].label, at, made);
	ck_assert(!tls_socket_ready(s));
}
END_TEST

/* Small records that arrived with the rest of a large one are not to be waited for. */
START_TEST(what_arrived_is_told)
{
	pthread_t giver;
	size_t at = 0;

	begin_flow(&at);
	make(10, 10);
	ck_assert_int_eq(pthread_create(&giver, NULL, give_slowly, &everything), 0);
	read_record(&at);
	ck_assert_int_eq(pthread_join(giver, NULL), 0);
	ck_assert(tls_socket_ready(s));
	ck_assert_uint_eq(tls_socket_pending(s), 100);
	ck_assert_int_eq(tls_socket_read(s, buf, sizeof(buf)), 100);
	expect(100, &at);
	ck_assert(!tls_socket_ready(s));
}
END_TEST

/*
 * An answer to a KeyUpdate that found no room stands in the way of reading,
 * too. Once it is gone, what was fetched before is told.
 */
START_TEST(what_waits_behind_a_message_is_told)
{
	size_t at = 0;

	begin();
	set_blocking(false);
	make(10, 1);
	ck_assert_int_eq(SSL_key_update(server.ssl, SSL_KEY_UPDATE_REQUESTED), 1);
	make(8192, 1);
	give(everything);
	ck_assert_int_eq(tls_socket_read(s, buf, 4096), 4096);
	expect(4096, &at);
	while (send(server.near, buf, sizeof(buf), MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
		;
	ck_assert_int_eq(tls_socket_write(s, "hello", 5), TLSW_WANT_WRITE);
	ck_assert(!tls_socket_ready(s)); /* a read could not do without the descriptor */
	ck_assert_int_eq(tls_socket_read(s, buf, 4096), TLSW_WANT_WRITE);
	ck_assert(!tls_socket_ready(s));
	while (recv(server.far, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		;
	ck_assert_int_eq(tls_socket_write(s, "hello", 5), 5);
	ck_assert(tls_socket_ready(s));
	ck_assert_uint_eq(tls_socket_pending(s), 4106);
	ck_assert_int_eq(tls_socket_read(s, buf, sizeof(buf)), 4106);
	expect(4106, &at);
	ck_assert(!tls_socket_ready(s));
}
END_TEST

/* ------------------------------------------------------------------------ how it ends */

static void *
end_by_close_notify(void *unused)
{
	(void)unused;
	nap();
	make_close_notify();
	give(everything);
	return NULL;
}

static void *
end_by_fin(void *unused)
{
	(void)unused;
	nap();
	ck_assert_int_eq(shutdown(server.far, SHUT_WR), 0);
	return NULL;
}

/* Closed with an octet unread: a reset. */
static void *
end_by_reset(void *unused)
{
	(void)unused;
	nap();
	ck_assert_int_eq(send(server.near, "x", 1, MSG_NOSIGNAL), 1);
	ck_assert_int_eq(close(server.far), 0);
	server.far = -1;
	return NULL;
}

static const struct {
	void *(*end)(void *);
	enum tlsw_error code;
	int system_errno;
} ends[] = {
    {end_by_close_notify, TLSW_OK, 0},
    {end_by_fin, TLSW_ERR_TRUNCATED, 0},
    {end_by_reset, TLSW_ERR_SYSTEM, ECONNRESET},
};

START_TEST(a_flow_ends_as_it_should)
{
	pthread_t ender;
	size_t at = 0;

	begin();
	make(RECORD, 1);
	give(everything);
	read_record(&at);
	ck_assert_int_eq(pthread_create(&ender, NULL, ends[_i].end, NULL), 0);
	if (ends[_i].code == TLSW_OK) {
		ck_assert_int_eq(tls_socket_read(s, buf, RECORD), 0);
	} else {
		ck_assert_refused((int)tls_socket_read(s, buf, RECORD), ends[_i].code);
		ck_assert_int_eq(tls_last_error()->os_errno, ends[_i].system_errno);
		ck_assert_refused((int)tls_socket_read(s, buf, RECORD), ends[_i].code);
	}
	ck_assert_int_eq(pthread_join(ender, NULL), 0);
}
END_TEST

/* wall: J10: the descriptor's own timeout holds, and loses nothing. */
START_TEST(the_descriptors_timeout_holds_in_a_flow)
{
	struct timeval limit = {0, 40000};
	size_t at = 0;

	begin_flow(&at);
	ck_assert_int_eq(
	    setsockopt(server.near, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), 0);
	for (int i = 0; i < 2; i++) {
		ck_assert_refused((int)tls_socket_read(s, buf, RECORD), TLSW_ERR_TIMEOUT);
		ck_assert_int_eq(tls_socket_error(s)->code, TLSW_OK);
	}
	give(everything);
	read_record(&at);
}
END_TEST

static void
ignore(int number)
{
	(void)number;
}

/* Signals interrupt the wait, which is as long all the same. */
START_TEST(the_descriptors_timeout_holds_among_signals)
{
	struct itimerval often = {{0, 5000}, {0, 5000}}, never = {{0, 0}, {0, 0}};
	struct timeval limit = {0, 100000};
	struct sigaction action;
	size_t at = 0;

	begin_flow(&at);
	memset(&action, 0, sizeof(action));
	action.sa_handler = ignore;
	ck_assert_int_eq(sigaction(SIGALRM, &action, NULL), 0);
	ck_assert_int_eq(
	    setsockopt(server.near, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), 0);
	ck_assert_int_eq(setitimer(ITIMER_REAL, &often, NULL), 0);
	ck_assert_refused((int)tls_socket_read(s, buf, RECORD), TLSW_ERR_TIMEOUT);
	ck_assert_int_eq(setitimer(ITIMER_REAL, &never, NULL), 0);
}
END_TEST

START_TEST(the_sockets_timeout_holds_in_a_flow)
{
	size_t at = 0;

	begin_flow(&at);
	ck_assert_works(tls_socket_set_timeout(s, 40) == 0);
	ck_assert_refused((int)tls_socket_read(s, buf, RECORD), TLSW_ERR_TIMEOUT);
	give(everything);
	read_record(&at);
}
END_TEST

START_TEST(a_flow_does_not_block_a_descriptor_that_does_not)
{
	size_t at = 0;

	begin_flow(&at);
	set_blocking(false);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(tls_socket_read(s, buf, RECORD), TLSW_WANT_READ);
		ck_assert_int_eq(tls_socket_events(s), POLLIN);
	}
	give(everything);
	read_record(&at);
}
END_TEST

#ifdef FLOW_WRAPPED
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

static _Thread_local int short_of_memory = -1; /* how often malloc(3) failed here; -1: it works */

void *
__wrap_malloc(size_t size)
{
	if (short_of_memory < 0 || size < RECORD)
		return __real_malloc(size);
	short_of_memory++;
	return NULL;
}

/* Without a buffer of its own it waits as between question and answer. */
START_TEST(a_flow_goes_on_without_memory)
{
	pthread_t giver;
	size_t at = 0;

	begin_flow(&at);
	ck_assert_int_eq(pthread_create(&giver, NULL, give_slowly, &everything), 0);
	short_of_memory = 0;
	ck_assert_int_eq(tls_socket_read(s, buf, RECORD), RECORD);
	ck_assert_int_eq(short_of_memory, 1);
	short_of_memory = -1;
	expect(RECORD, &at);
	ck_assert_int_eq(pthread_join(giver, NULL), 0);
}
END_TEST
#endif

/* ---------------------------------------------------------------- who else is there */

static void *
read_second(void *at)
{
	read_record(at);
	return NULL;
}

/* The server sends nothing before it has heard something. */
START_TEST(a_thread_writes_while_another_waits_in_a_flow)
{
	pthread_t reader;
	size_t at = 0;

	begin_flow(&at);
	ck_assert_int_eq(pthread_create(&reader, NULL, read_second, &at), 0);
	nap();
	ck_assert_int_eq(tls_socket_write(s, "hello", 5), 5);
	give(everything);
	ck_assert_int_eq(pthread_join(reader, NULL), 0);
	pumped_step(&server);
	ck_assert_uint_eq(server.data_len, 5);
	ck_assert_mem_eq(server.data, "hello", 5);
	ck_assert_int_eq(tls_socket_read(s, buf, RECORD), 5);
	ck_assert_mem_eq(buf, "hello", 5);
}
END_TEST

/* A write that fails looks for an alert: not past the thread that waits to read. */
START_TEST(a_write_fails_while_another_thread_waits_in_a_flow)
{
	pthread_t reader;
	size_t at = 0;

	begin_flow(&at);
	ck_assert_int_eq(pthread_create(&reader, NULL, read_second, &at), 0);
	nap();
	ck_assert_int_eq(shutdown(server.near, SHUT_WR), 0);
	ck_assert_refused((int)tls_socket_write(s, "hello", 5), TLSW_ERR_SYSTEM);
	give(everything);
	ck_assert_int_eq(pthread_join(reader, NULL), 0);
	ck_assert_uint_eq(at, 2 * RECORD);
}
END_TEST

/* What that rests on: while one waits for octets, nobody takes those that follow. */
START_TEST(nobody_fetches_past_a_receive)
{
	struct tlsw__transport t;
	struct tlsw__arrival arrival;
	BIO_METHOD *method = tlsw__transport_method();
	BIO *bio;
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	ck_assert_int_eq(tlsw__transport_init(&t, pair[0]), 0);
	bio = tlsw__transport_bio(method, &t);
	t.receiving = true;
	ck_assert_int_eq(send(pair[1], "one", 3, 0), 3);
	tlsw__transport_receive(&t, &arrival);
	ck_assert_int_eq(send(pair[1], "two", 3, 0), 3);
	ck_assert_int_eq(BIO_read(bio, buf, sizeof(buf)), -1);
	ck_assert(BIO_should_retry(bio));
	tlsw__transport_arrived(&t, &arrival);
	ck_assert_int_eq(BIO_read(bio, buf, sizeof(buf)), 3);
	ck_assert_mem_eq(buf, "one", 3);
	t.drained = false;
	ck_assert_int_eq(BIO_read(bio, buf, sizeof(buf)), 3);
	ck_assert_mem_eq(buf, "two", 3);
	BIO_free(bio);
	BIO_meth_free(method);
	tlsw__transport_end(&t, true);
	ck_assert_int_eq(close(pair[1]), 0);
}
END_TEST

static void *
write_hello(void *unused)
{
	(void)unused;
	ck_assert_int_eq(tls_socket_write(s, "hello", 5), 5);
	return NULL;
}

static void *
read_ten(void *at)
{
	ck_assert_int_eq(tls_socket_read(s, buf, RECORD), 10);
	expect(10, at);
	return NULL;
}

/* A session ticket in several records, of which the first has come with data. */
static void
begin_ticket(size_t *at)
{
	static const unsigned char large[3000];
	size_t data;

	begin();
	make(10000, 1);
	data = wire_len;
	ck_assert_int_eq(SSL_set_max_send_fragment(server.ssl, 512), 1);
	ck_assert_int_eq(
	    SSL_SESSION_set1_ticket_appdata(SSL_get_session(server.ssl), large, sizeof(large)), 1);
	ck_assert_int_eq(SSL_new_session_ticket(server.ssl), 1);
	ck_assert_int_eq(SSL_do_handshake(server.ssl), 1);
	make(0, 0);
	give(data + 600);
	ck_assert_int_eq(tls_socket_read(s, buf, 10000), 10000);
	expect(10000, at);
}

/*
 * OpenSSL writes nothing before a message that has begun is there, whoever
 * reads the rest. That one thread took it is to be noticed by the other.
 */
START_TEST(a_write_goes_on_when_the_reader_took_what_it_waits_for)
{
	const struct timeval limit = {5, 0};
	const bool writer_first = _i % 2 == 1;
	pthread_t reader, writer;
	size_t at = 0;

	begin_ticket(&at);
	ck_assert_int_eq(
	    setsockopt(server.far, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), 0);
	if (writer_first) { /* which waits once it is known that the message has begun */
		ck_assert_works(tls_socket_set_timeout(s, 1) == 0);
		ck_assert_refused((int)tls_socket_read(s, buf, RECORD), TLSW_ERR_TIMEOUT);
		ck_assert_works(tls_socket_set_timeout(s, 15000) == 0);
		ck_assert_int_eq(pthread_create(&writer, NULL, write_hello, NULL), 0);
		nap();
	}
	ck_assert_int_eq(pthread_create(&reader, NULL, read_ten, &at), 0);
	nap();
	if (!writer_first) {
		ck_assert_int_eq(pthread_create(&writer, NULL, write_hello, NULL), 0);
		nap();
	}
	give(everything);
	ck_assert_int_gt(recv(server.far, buf, 1, MSG_PEEK), 0);
	ck_assert_int_eq(pthread_join(writer, NULL), 0);
	make(10, 1);
	give(everything);
	ck_assert_int_eq(pthread_join(reader, NULL), 0);
	ck_assert_uint_eq(at, 10010);
}
END_TEST

/* It does not wait for longer than it may, and nobody has to read. */
START_TEST(a_write_waits_for_a_message_as_long_as_it_may)
{
	size_t at = 0;

	begin_ticket(&at);
	ck_assert_works(tls_socket_set_timeout(s, 70) == 0);
	ck_assert_refused((int)tls_socket_read(s, buf, RECORD), TLSW_ERR_TIMEOUT);
	if (_i == 0) {
		give(everything);
		ck_assert_int_eq(tls_socket_write(s, "hello", 5), 5);
	} else {
		ck_assert_refused((int)tls_socket_write(s, "hello", 5), TLSW_ERR_TIMEOUT);
		ck_assert_int_eq(tls_socket_error(s)->code, TLSW_ERR_TIMEOUT);
	}
}
END_TEST

/*
 * A thread that is cancelled while it waits, leaves by siglongjmp(3), or is not
 * in the child of a fork, does not keep others from fetching.
 */
START_TEST(a_reader_may_leave_in_a_flow)
{
	size_t at = 0;

	begin_flow(&at);
	s->transport.receiving = true;
	set_blocking(_i == 0);
	give(everything);
	make_close_notify();
	give(everything);
	if (_i == 0)
		ck_assert_refused(tls_socket_unwrap(s, 2000), TLSW_ERR_USAGE); /* data comes first */
	read_record(&at);
	ck_assert_works(tls_socket_unwrap(s, 2000) == server.near);
	s = NULL;
}
END_TEST

static bool
is_receiving(void)
{
	bool is;

	(void)pthread_mutex_lock(&s->lock);
	is = s->transport.receiving;
	(void)pthread_mutex_unlock(&s->lock);
	return is;
}

/* The buffer that it waited with is freed: LeakSanitizer sees it. */
START_TEST(a_reader_that_is_cancelled_in_a_flow_loses_nothing)
{
	pthread_t reader;
	size_t at = 0;
	void *result;
	int i;

	begin_flow(&at);
	ck_assert_int_eq(pthread_create(&reader, NULL, read_second, &at), 0);
	for (i = 0; i < 100 && !is_receiving(); i++)
		nap();
	ck_assert(is_receiving());
	ck_assert_int_eq(pthread_cancel(reader), 0);
	ck_assert_int_eq(pthread_join(reader, &result), 0);
	ck_assert_ptr_eq(result, PTHREAD_CANCELED);
	give(everything);
	read_record(&at);
}
END_TEST

static void *
give_more_than_tls(void *unused)
{
	static const char plain[] = "plain";

	(void)unused;
	nap();
	make_close_notify();
	wire = realloc(wire, wire_len + 5);
	memcpy(wire + wire_len, plain, 5);
	wire_len += 5;
	give(everything);
	return NULL;
}

/* FTP's CCC in the middle of a flow (RFC 4217 section 12.3). */
START_TEST(a_flow_without_readahead_takes_no_plaintext)
{
	pthread_t giver;
	size_t at = 0;

	begin_flow(&at);
	ck_assert_works(tls_socket_no_readahead(s) == 0);
	ck_assert_int_eq(pthread_create(&giver, NULL, give_more_than_tls, NULL), 0);
	read_record(&at);
	ck_assert_int_eq(tls_socket_read(s, buf, RECORD), 0);
	ck_assert_int_eq(pthread_join(giver, NULL), 0);
	ck_assert_works(tls_socket_unwrap(s, 2000) == server.near);
	s = NULL;
	ck_assert_int_eq(recv(server.near, buf, sizeof(buf), MSG_DONTWAIT), 5);
	ck_assert_mem_eq(buf, "plain", 5);
}
END_TEST

/* With read-ahead it cannot be given back, and that is said. */
START_TEST(a_flow_with_readahead_does_not_lose_plaintext_unsaid)
{
	pthread_t giver;
	size_t at = 0;

	begin_flow(&at);
	ck_assert_int_eq(pthread_create(&giver, NULL, give_more_than_tls, NULL), 0);
	read_record(&at);
	ck_assert_int_eq(tls_socket_read(s, buf, RECORD), 0);
	ck_assert_int_eq(pthread_join(giver, NULL), 0);
	ck_assert_refused(tls_socket_unwrap(s, 2000), TLSW_ERR_PLAINTEXT);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("flow");
	TCase *t = tcase_create("flow");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 20);
	suite_add_tcase(suite, t);
	tcase_add_loop_test(t, a_flow_in_pieces_is_identical, 0,
	    (int)(sizeof(pieces) / sizeof(pieces[0])));
	tcase_add_test(t, what_arrived_is_told);
	tcase_add_test(t, what_waits_behind_a_message_is_told);
	tcase_add_loop_test(t, a_flow_ends_as_it_should, 0, (int)(sizeof(ends) / sizeof(ends[0])));
	tcase_add_test(t, the_descriptors_timeout_holds_in_a_flow);
	tcase_add_test(t, the_descriptors_timeout_holds_among_signals);
	tcase_add_test(t, the_sockets_timeout_holds_in_a_flow);
	tcase_add_test(t, a_flow_does_not_block_a_descriptor_that_does_not);
#ifdef FLOW_WRAPPED
	tcase_add_test(t, a_flow_goes_on_without_memory);
#endif
	tcase_add_test(t, a_thread_writes_while_another_waits_in_a_flow);
	tcase_add_test(t, a_write_fails_while_another_thread_waits_in_a_flow);
	tcase_add_test(t, nobody_fetches_past_a_receive);
	tcase_add_loop_test(t, a_reader_may_leave_in_a_flow, 0, 2);
	tcase_add_test(t, a_reader_that_is_cancelled_in_a_flow_loses_nothing);
	tcase_add_loop_test(t, a_write_goes_on_when_the_reader_took_what_it_waits_for, 0, 10);
	tcase_add_loop_test(t, a_write_waits_for_a_message_as_long_as_it_may, 0, 2);
	tcase_add_test(t, a_flow_without_readahead_takes_no_plaintext);
	tcase_add_test(t, a_flow_with_readahead_does_not_lose_plaintext_unsaid);
	return support_run(suite);
}
