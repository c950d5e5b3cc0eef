/*
 * test_io.c - application data: what is read and written, what waits inside,
 * and how it ends.
 *
 * SPDX-License-Identifier: ISC
 */
#include "support/support.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "support/peer.h"
#include "support/pki.h"

static struct pki *ca, *leaf;
static struct peer_options options;
static struct peer peer;
static struct peer_report report;
static tls_context *ctx;
static tls_socket *s;
static int fd;

static void
setup(void)
{
	ca = pki_ca("Test CA");
	leaf = pki_leaf(ca, "www.lab.test");
	ctx = tls_context_new();
	ck_assert_works(tls_context_load_ca_mem(ctx, pki_pem(ca), strlen(pki_pem(ca))) == 1);
	options = (struct peer_options){.cert = pki_x509(leaf), .key = pki_key(leaf)};
}

static void
teardown(void)
{
	tls_context_free(ctx);
	pki_free(leaf);
	pki_free(ca);
	tls_error_clear();
}

/* A verified socket to a server that plays the script. */
static void
begin(const struct peer_step *script)
{
	options.script = script;
	ck_assert_int_eq(peer_start(&peer, &options), 0);
	fd = peer_connect(&peer);
	s = tls_wrap(ctx, fd, "www.lab.test");
	ck_assert_works(s != NULL);
}

static void
finish(void)
{
	(void)close(fd);
	ck_assert_int_eq(peer_wait(&peer, &report), 0);
	peer_stop(&peer);
}

static void
set_nonblocking(void)
{
	ck_assert_int_eq(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK), 0);
}

static void
await(short events)
{
	struct pollfd p = {.fd = fd, .events = events};

	ck_assert_int_eq(poll(&p, 1, 5000), 1);
}

static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

static void
only_version(int i)
{
	options.min_version = options.max_version = versions[i];
}

/* ------------------------------------------------------------------ how it ends */

START_TEST(close_notify_is_the_end_and_nothing_else)
{
	static const struct peer_step script[] = {PEER_HANDSHAKE, PEER_SEND("hello"), PEER_CLOSE_NOTIFY,
	    PEER_DRAIN, PEER_END};
	char buf[16];
	int i;

	only_version(_i);
	begin(script);
	ck_assert_int_eq(tls_socket_read(s, buf, sizeof(buf)), 5);
	for (i = 0; i < 3; i++)
		ck_assert_int_eq(tls_socket_read(s, buf, sizeof(buf)), 0);
	ck_assert(tls_socket_ready(s));
	ck_assert_int_eq(tls_socket_write(s, "more", 4), 4); /* half closed: sending goes on */
	ck_assert_int_eq(tls_socket_close(s), 0);
	finish();
	ck_assert(report.close_notify && peer_received(&report, "more"));
}
END_TEST

/* wall: J01 */
START_TEST(an_end_without_close_notify_is_truncation)
{
	static const struct peer_step script[] = {PEER_HANDSHAKE, PEER_FILL(1000), PEER_FIN, PEER_DRAIN, PEER_END};
	char buf[4096];
	ssize_t n;
	size_t got = 0;
	int i;

	only_version(_i);
	begin(script);
	while ((n = tls_socket_read(s, buf, sizeof(buf))) > 0)
		got += (size_t)n;
	ck_assert_int_eq(n, -1);
	ck_assert_uint_eq(got, 1000);
	ck_assert_int_eq(tls_last_error()->code, TLSW_ERR_TRUNCATED);
	ck_assert_int_eq(tls_socket_error(s)->code, TLSW_ERR_TRUNCATED);
	for (i = 0; i < 100; i++) { /* wall: J02 */
		ck_assert_refused((int)tls_socket_read(s, buf, sizeof(buf)), TLSW_ERR_TRUNCATED);
		ck_assert_refused((int)tls_socket_write(s, "x", 1), TLSW_ERR_TRUNCATED);
	}
	ck_assert_refused(tls_socket_close(s), TLSW_ERR_TRUNCATED);
	finish();
	ck_assert_uint_eq(report.data_in, 0);
}
END_TEST

static void
read_to_a_reset(void)
{
	char buf[16];
	ssize_t n;

	while ((n = tls_socket_read(s, buf, sizeof(buf))) > 0)
		;
	ck_assert_int_eq(n, -1);
	ck_assert_int_eq(tls_last_error()->code, TLSW_ERR_SYSTEM);
	ck_assert_int_eq(tls_last_error()->os_errno, ECONNRESET);
}

/* wall: J15 */
START_TEST(a_reset_is_no_end)
{
	static const struct peer_step script[] = {PEER_HANDSHAKE, PEER_SEND("hello"), PEER_RESET, PEER_END};

	only_version(1);
	begin(script);
	read_to_a_reset();
	tls_socket_free(s);
	finish();
}
END_TEST

/* wall: J15 */
START_TEST(a_reset_that_a_write_met_is_no_end)
{
	static const struct peer_step script[] = {PEER_HANDSHAKE, PEER_SEND("hello"), PEER_RESET, PEER_END};

	begin(script);
	ck_assert_int_eq(poll(&(struct pollfd){fd, 0, 0}, 1, 5000), 1); /* until the reset is there */
	ck_assert_refused((int)tls_socket_write(s, "x", 1), TLSW_ERR_SYSTEM);
	ck_assert_int_eq(tls_last_error()->os_errno, ECONNRESET);
	read_to_a_reset();
	tls_socket_free(s);
	finish();
}
END_TEST

START_TEST(a_client_certificate_that_is_missing_is_told_by_the_first_read)
{
	char buf[16];

	only_version(1);
	options.client_cert = PEER_REQUIRE_CLIENT_CERT;
	begin(NULL);
	ck_assert_refused((int)tls_socket_read(s, buf, sizeof(buf)), TLSW_ERR_ALERT);
	ck_assert_int_eq(tls_last_error()->alert, 116);
	ck_assert_ptr_nonnull(strstr(tls_last_error()->message, "client certificate"));
	tls_socket_free(s);
	finish();
}
END_TEST

/* A server that demands a certificate, and is gone as soon as there is none. */
static void *
demand_and_go(void *arg)
{
	int listener = *(int *)arg, client = accept(listener, NULL, NULL);
	SSL_CTX *server = SSL_CTX_new(TLS_server_method());
	SSL *ssl = SSL_new(server);

	SSL_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	if (SSL_use_certificate(ssl, options.cert) == 1 && SSL_use_PrivateKey(ssl, options.key) == 1 &&
	    SSL_set_fd(ssl, client) == 1 && SSL_accept(ssl) == 1)
		(void)SSL_shutdown(ssl);
	SSL_free(ssl);
	SSL_CTX_free(server);
	(void)close(client);
	(void)close(listener);
	return NULL;
}

START_TEST(a_client_certificate_that_is_missing_is_told_by_a_failed_write)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int port, i, listener = peer_listen(false, &port);
	pthread_t thread;
	char buf[16];

	ck_assert_int_eq(pthread_create(&thread, NULL, demand_and_go, &listener), 0);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	to.sin_port = htons((in_port_t)port);
	ck_assert_int_eq(connect(fd, (const struct sockaddr *)&to, sizeof(to)), 0);
	s = tls_wrap(ctx, fd, "www.lab.test");
	ck_assert_msg(s != NULL, "%s", tls_last_error()->message);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	for (i = 0; i < 100 && tls_socket_write(s, "x", 1) == 1; i++)
		(void)poll(NULL, 0, 10);
	ck_assert_int_eq(tls_last_error()->code, TLSW_ERR_ALERT);
	ck_assert_int_eq(tls_last_error()->alert, 116);
	ck_assert_refused((int)tls_socket_write(s, "x", 1), TLSW_ERR_ALERT);
	ck_assert_refused((int)tls_socket_read(s, buf, sizeof(buf)), TLSW_ERR_ALERT);
	tls_socket_free(s);
	(void)close(fd);
}
END_TEST

START_TEST(a_record_that_is_none_ends_the_socket)
{
	static const struct peer_step script[] = {PEER_HANDSHAKE, PEER_SEND("first"),
	    PEER_SEND_RAW("\027\003\003\0\040aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), PEER_DRAIN, PEER_END};
	char buf[16];

	only_version(_i);
	begin(script);
	ck_assert_int_eq(tls_socket_read(s, buf, sizeof(buf)), 5);
	ck_assert_refused((int)tls_socket_read(s, buf, sizeof(buf)), TLSW_ERR_PROTOCOL);
	ck_assert_int_eq(tls_last_error()->alert, 20);
	tls_socket_free(s);
	finish();
}
END_TEST

/* ------------------------------------------------------------------ reading */

START_TEST(a_large_transfer_is_identical)
{
	static const struct peer_step script[] = {PEER_HANDSHAKE, PEER_FILL(5000000), PEER_CLOSE_NOTIFY,
	    PEER_DRAIN, PEER_END};
	static const size_t sizes[] = {1, 80, 4095, 4096, 16384, 100000};
	unsigned char *buf = malloc(sizes[_i]);
	size_t got = 0, i;
	ssize_t n;

	begin(script);
	while ((n = tls_socket_read(s, buf, sizes[_i])) > 0)
		for (i = 0; i < (size_t)n; i++, got++)
			if (buf[i] != peer_pattern(got))
				ck_abort_msg("octet %zu", got);
	ck_assert_works(n == 0);
	ck_assert_uint_eq(got, 5000000);
	ck_assert_int_eq(tls_socket_close(s), 0);
	free(buf);
	finish();
}
END_TEST

START_TEST(a_read_of_nothing_is_a_mistake)
{
	char buf[4];

	begin(NULL);
	ck_assert_refused((int)tls_socket_read(s, buf, 0), TLSW_ERR_USAGE);
	ck_assert_refused((int)tls_socket_read(s, NULL, 4), TLSW_ERR_USAGE);
	ck_assert_refused((int)tls_socket_read(NULL, buf, 4), TLSW_ERR_USAGE);
	ck_assert_refused((int)tls_socket_write(s, NULL, 4), TLSW_ERR_USAGE);
	ck_assert_int_eq(tls_socket_write(s, NULL, 0), 0);
	ck_assert_int_eq(tls_socket_write(s, "ping", 4), 4);
	ck_assert_int_eq(tls_socket_read(s, buf, 4), 4);
	ck_assert_int_eq(tls_socket_close(s), 0);
	finish();
}
END_TEST

START_TEST(a_timeout_loses_nothing)
{
	static const struct peer_step script[] = {PEER_HANDSHAKE, PEER_READ(2), PEER_SEND("late"),
	    PEER_CLOSE_NOTIFY, PEER_DRAIN, PEER_END};
	char buf[16];

	begin(script);
	ck_assert_works(tls_socket_set_timeout(s, 50) == 0);
	ck_assert_refused((int)tls_socket_read(s, buf, sizeof(buf)), TLSW_ERR_TIMEOUT);
	ck_assert_int_eq(tls_socket_error(s)->code, TLSW_OK);
	ck_assert_works(tls_socket_set_timeout(s, -1) == 0);
	ck_assert_int_eq(tls_socket_write(s, "go", 2), 2);
	ck_assert_int_eq(tls_socket_read(s, buf, sizeof(buf)), 4);
	ck_assert_int_eq(tls_socket_read(s, buf, sizeof(buf)), 0);
	ck_assert_int_eq(tls_socket_close(s), 0);
	finish();
}
END_TEST

/* wall: J10 */
START_TEST(what_waits_inside_is_told)
{
	static const struct peer_step script[] = {PEER_HANDSHAKE, PEER_READ(1), PEER_FILL(16000),
	    PEER_READ(1), PEER_CLOSE_NOTIFY, PEER_DRAIN, PEER_END};
	char c;
	size_t got = 0;
	ssize_t n;

	begin(script);
	set_nonblocking();
	ck_assert(!tls_socket_ready(s));
	ck_assert_int_eq(tls_socket_read(s, &c, 1), TLSW_WANT_READ);
	ck_assert_int_eq(tls_socket_events(s), POLLIN);
	ck_assert_int_eq(tls_socket_write(s, "x", 1), 1);
	while (got < 16000) {
		if (!tls_socket_ready(s))
			await(POLLIN);
		n = tls_socket_read(s, &c, 1);
		if (n == TLSW_WANT_READ)
			continue;
		ck_assert_int_eq(n, 1);
		ck_assert_int_eq((unsigned char)c, peer_pattern(got));
		got++;
	}
	ck_assert_uint_eq(tls_socket_pending(s), 0);
	ck_assert(!tls_socket_ready(s));
	ck_assert_int_eq(tls_socket_write(s, "x", 1), 1);
	do
		await(POLLIN);
	while ((n = tls_socket_read(s, &c, 1)) == TLSW_WANT_READ);
	ck_assert_int_eq(n, 0);
	ck_assert_int_eq(tls_socket_close(s), 0);
	finish();
}
END_TEST

/* Several records in one fetch: after one is read the others are decrypted, not forgotten. */
START_TEST(whole_records_already_fetched_are_ready)
{
	static const struct peer_step script[] = {PEER_HANDSHAKE, PEER_READ(1), PEER_SEND("one"),
	    PEER_SEND("two"), PEER_SEND("three"), PEER_CLOSE_NOTIFY, PEER_DRAIN, PEER_END};
	char buf[8192];
	struct timespec nap = {0, 100000000};

	only_version(1);
	begin(script);
	ck_assert_int_eq(tls_socket_write(s, "x", 1), 1);
	await(POLLIN);
	(void)nanosleep(&nap, NULL); /* let all of it arrive: what is tested is that none is left over */
	if (_i == 0) {
		ck_assert_int_eq(tls_socket_read(s, buf, 3), 3);
		ck_assert_mem_eq(buf, "one", 3);
		ck_assert(tls_socket_ready(s));
		ck_assert_int_eq(tls_socket_read(s, buf, 3), 3);
		ck_assert_mem_eq(buf, "two", 3);
		ck_assert(tls_socket_ready(s));
		ck_assert_int_eq(tls_socket_read(s, buf, 5), 5);
	} else { /* as read(2) does: all there is and fits */
		ck_assert_int_eq(tls_socket_read(s, buf, sizeof(buf)), 11);
		ck_assert_mem_eq(buf, "onetwothree", 11);
	}
	ck_assert(tls_socket_ready(s)); /* the end */
	ck_assert_int_eq(tls_socket_read(s, buf, 5), 0);
	ck_assert_int_eq(tls_socket_close(s), 0);
	finish();
}
END_TEST

/* What came before a fault is data of the call that met it; the fault is for the next one. */
START_TEST(a_large_read_gives_what_came_before_a_fault)
{
	static const struct peer_step broken[] = {PEER_HANDSHAKE, PEER_READ(1), PEER_SEND("one"),
	    PEER_SEND("two"), PEER_SEND_RAW("\x17\x03\x03\x00\x13no record, that one"), PEER_DRAIN,
	    PEER_END};
	static const struct peer_step cut[] = {PEER_HANDSHAKE, PEER_READ(1), PEER_SEND("one"),
	    PEER_SEND("two"), PEER_SEND_RAW("\x17\x03\x03"), PEER_FIN, PEER_DRAIN, PEER_END};
	const enum tlsw_error code = _i == 0 ? TLSW_ERR_PROTOCOL : TLSW_ERR_TRUNCATED;
	struct timespec nap = {0, 100000000};
	char buf[8192];

	only_version(1);
	begin(_i == 0 ? broken : cut);
	ck_assert_int_eq(tls_socket_write(s, "x", 1), 1);
	await(POLLIN);
	(void)nanosleep(&nap, NULL);
	tls_error_clear();
	ck_assert_int_eq(tls_socket_read(s, buf, sizeof(buf)), 6);
	ck_assert_mem_eq(buf, "onetwo", 6);
	ck_assert_int_eq(tls_last_error()->code, TLSW_OK);
	for (int i = 0; i < 3; i++)
		ck_assert_refused((int)tls_socket_read(s, buf, sizeof(buf)), code);
	tls_socket_free(s);
	finish();
}
END_TEST

/* ---------------------------------------------------------------------- memory */

#define BLOCK_HEAD sizeof(max_align_t) /* holds the size of the block behind it */

static _Atomic(long) record_buffers; /* blocks of OpenSSL's that hold a whole record */

static void
count_buffer(size_t size, long by)
{
	if (size >= 16384)
		atomic_fetch_add(&record_buffers, by);
}

static void *
counted_malloc(size_t size, const char *file, int line)
{
	size_t *block = size == 0 ? NULL : malloc(BLOCK_HEAD + size);

	(void)file;
	(void)line;
	if (block == NULL)
		return NULL;
	*block = size;
	count_buffer(size, 1);
	return (char *)block + BLOCK_HEAD;
}

static void
counted_free(void *data, const char *file, int line)
{
	size_t *block = data == NULL ? NULL : (size_t *)(void *)((char *)data - BLOCK_HEAD);

	(void)file;
	(void)line;
	if (block != NULL)
		count_buffer(*block, -1);
	free(block);
}

static void *
counted_realloc(void *data, size_t size, const char *file, int line)
{
	size_t old = data == NULL ? 0 : *(size_t *)(void *)((char *)data - BLOCK_HEAD);
	void *moved = counted_malloc(size, file, line);

	if (moved != NULL && data != NULL)
		memcpy(moved, data, old < size ? old : size);
	if (moved != NULL || size == 0)
		counted_free(data, file, line);
	return moved;
}

/* Tickets, data and key updates come and go; what they needed must not stay. */
START_TEST(an_idle_connection_keeps_no_record_buffers)
{
	static const struct peer_step tickets[] = {PEER_HANDSHAKE, PEER_TICKETS(3), PEER_SEND("hello"),
	    PEER_READ(1), PEER_KEY_UPDATE(1, false), PEER_SEND("again"), PEER_DRAIN, PEER_END};
	char buf[8192];

	only_version(1);
	begin(tickets);
	ck_assert_int_eq(tls_socket_read(s, buf, sizeof(buf)), 5);
	ck_assert_int_eq(atomic_load(&record_buffers), 0);
	ck_assert_int_eq(tls_socket_write(s, "x", 1), 1);
	ck_assert_int_eq(tls_socket_read(s, buf, 5), 5);
	ck_assert_mem_eq(buf, "again", 5);
	ck_assert_int_eq(atomic_load(&record_buffers), 0);
	ck_assert_int_eq(tls_socket_close(s), 0);
	finish();
	ck_assert(report.close_notify && report.alert == -1);
}
END_TEST

/* --------------------------------------------------------------------- lines */

START_TEST(lines_come_with_their_end)
{
	static const struct peer_step script[] = {PEER_HANDSHAKE, PEER_SEND("one\r\ntw"), PEER_SEND("o\n\n"),
	    PEER_SEND("a\0b\nlast"), PEER_CLOSE_NOTIFY, PEER_DRAIN, PEER_END};
	char buf[64];

	begin(script);
	ck_assert_int_eq(tls_socket_read_line(s, buf, sizeof(buf)), 5);
	ck_assert_str_eq(buf, "one\r\n");
	ck_assert_int_eq(tls_socket_read_line(s, buf, sizeof(buf)), 4);
	ck_assert_str_eq(buf, "two\n");
	ck_assert_int_eq(tls_socket_read_line(s, buf, sizeof(buf)), 1);
	ck_assert_int_eq(tls_socket_read_line(s, buf, sizeof(buf)), 4);
	ck_assert_mem_eq(buf, "a\0b\n", 5);
	ck_assert_int_eq(tls_socket_read_line(s, buf, sizeof(buf)), 4);
	ck_assert_str_eq(buf, "last");
	ck_assert_int_eq(tls_socket_read_line(s, buf, sizeof(buf)), 0);
	ck_assert_refused((int)tls_socket_read_line(s, buf, 1), TLSW_ERR_USAGE);
	ck_assert_int_eq(tls_socket_close(s), 0);
	finish();
}
END_TEST

START_TEST(an_over_long_line_stays)
{
	static const struct peer_step script[] = {PEER_HANDSHAKE, PEER_SEND("0123456789\nok\n"),
	    PEER_CLOSE_NOTIFY, PEER_DRAIN, PEER_END};
	char buf[16];

	begin(script);
	ck_assert_refused((int)tls_socket_read_line(s, buf, 11), TLSW_ERR_PROTOCOL);
	ck_assert_refused((int)tls_socket_read_line(s, buf, 4), TLSW_ERR_PROTOCOL);
	ck_assert_int_eq(tls_socket_read_line(s, buf, 12), 11);
	ck_assert_int_eq(tls_socket_read_line(s, buf, 4), 3);
	ck_assert_str_eq(buf, "ok\n");
	ck_assert_int_eq(tls_socket_close(s), 0);
	finish();
}
END_TEST

START_TEST(a_line_longer_than_a_record_fits_a_larger_buffer)
{
	static const struct peer_step script[] = {PEER_HANDSHAKE, PEER_REPEAT("0123456789", 5000),
	    PEER_SEND("\nx\n"), PEER_CLOSE_NOTIFY, PEER_DRAIN, PEER_END};
	char *buf = malloc(60000);

	begin(script);
	ck_assert_refused((int)tls_socket_read_line(s, buf, 50001), TLSW_ERR_PROTOCOL);
	ck_assert_int_eq(tls_socket_read_line(s, buf, 60000), 50001);
	ck_assert_int_eq(tls_socket_read_line(s, buf, 60000), 2);
	ck_assert_int_eq(tls_socket_close(s), 0);
	free(buf);
	finish();
}
END_TEST

START_TEST(a_part_of_a_line_is_kept)
{
	static const struct peer_step script[] = {PEER_HANDSHAKE, PEER_SEND("par"), PEER_READ(2),
	    PEER_SEND("t\n"), PEER_CLOSE_NOTIFY, PEER_DRAIN, PEER_END};
	char buf[16];
	ssize_t n;

	begin(script);
	if (_i == 0) {
		ck_assert_works(tls_socket_set_timeout(s, 60) == 0);
		ck_assert_refused((int)tls_socket_read_line(s, buf, sizeof(buf)), TLSW_ERR_TIMEOUT);
		ck_assert_works(tls_socket_set_timeout(s, 5000) == 0);
	} else {
		set_nonblocking();
		await(POLLIN);
		ck_assert_int_eq(tls_socket_read_line(s, buf, sizeof(buf)), TLSW_WANT_READ);
	}
	ck_assert_int_eq(tls_socket_write(s, "go", 2), 2);
	while ((n = tls_socket_read_line(s, buf, sizeof(buf))) == TLSW_WANT_READ)
		await(POLLIN);
	ck_assert_int_eq(n, 5);
	ck_assert_str_eq(buf, "part\n");
	tls_socket_free(s);
	finish();
}
END_TEST

/* ------------------------------------------------------------------- writing */

/* What a read comes across behind its data is its own affair: the last WANT that was told counts. */
START_TEST(a_write_that_waits_is_not_forgotten_over_a_read)
{
	static const struct peer_step script[] = {PEER_HANDSHAKE, PEER_READ(1), PEER_SEND("one"),
	    PEER_SEND_RAW("\x17\x03\x03"), PEER_DRAIN, PEER_END};
	static const size_t sizes[] = {3, 8192};
	static const unsigned char data[100000];
	struct timespec nap = {0, 100000000};
	char buf[8192];

	only_version(1);
	options.unix_pair = true; /* its buffers are small */
	begin(script);
	ck_assert_int_eq(tls_socket_write(s, "x", 1), 1);
	await(POLLIN);
	(void)nanosleep(&nap, NULL); /* let a part of a record arrive behind the whole one */
	ck_assert_int_eq(kill(peer.pid, SIGSTOP), 0);
	set_nonblocking();
	while (tls_socket_write(s, data, sizeof(data)) > 0)
		continue;
	ck_assert_int_eq(tls_socket_events(s), POLLOUT);
	ck_assert_int_eq(tls_socket_read(s, buf, sizes[_i]), 3);
	ck_assert(!tls_socket_ready(s));
	ck_assert_int_eq(tls_socket_events(s), POLLOUT);
	ck_assert_int_eq(kill(peer.pid, SIGCONT), 0);
	tls_socket_free(s);
	finish();
}
END_TEST

/* wall: J09 */
START_TEST(a_write_is_repeated_with_the_same_octets_elsewhere)
{
	static const struct peer_step script[] = {PEER_HANDSHAKE, PEER_DRAIN, PEER_END};
	unsigned char *data = malloc(1000000), *moved = malloc(1000000);
	size_t i, done = 0;
	ssize_t n;
	int wants = 0;

	for (i = 0; i < 1000000; i++)
		data[i] = (unsigned char)(i * 7 + i / 251);
	options.unix_pair = true; /* its buffers are small */
	begin(script);
	ck_assert_int_eq(kill(peer.pid, SIGSTOP), 0); /* it reads nothing for now */
	set_nonblocking();
	while (done < 1000000) {
		memcpy(moved, data + done, 1000000 - done);
		n = tls_socket_write(s, moved, 1000000 - done);
		if (n > 0) {
			done += (size_t)n;
			continue;
		}
		ck_assert_int_eq(n, TLSW_WANT_WRITE);
		if (wants++ == 0) {
			moved[0] ^= 1;
			ck_assert_refused((int)tls_socket_write(s, moved, 1000000 - done), TLSW_ERR_USAGE);
			ck_assert_refused((int)tls_socket_write(s, data + done, 10), TLSW_ERR_USAGE);
			ck_assert_int_eq(kill(peer.pid, SIGCONT), 0);
		}
		ck_assert_int_eq(tls_socket_events(s), POLLOUT);
		await(POLLOUT);
		memset(moved, 0, 1000000);
	}
	ck_assert_int_gt(wants, 0);
	ck_assert_int_eq(tls_socket_close(s), 0);
	finish();
	ck_assert_uint_eq(report.data_in, 1000000);
	ck_assert(report.close_notify);
	ck_assert_mem_eq(report.data, data, report.data_len);
	free(data);
	free(moved);
}
END_TEST

START_TEST(a_blocking_write_that_times_out_is_final)
{
	static const struct peer_step script[] = {PEER_HANDSHAKE, PEER_SLEEP(400), PEER_END};
	static char data[4000000];

	options.unix_pair = true;
	begin(script);
	ck_assert_works(tls_socket_set_timeout(s, 80) == 0);
	ck_assert_refused((int)tls_socket_write(s, data, sizeof(data)), TLSW_ERR_TIMEOUT);
	ck_assert_refused((int)tls_socket_write(s, "x", 1), TLSW_ERR_TIMEOUT);
	ck_assert_refused((int)tls_socket_read(s, data, 1), TLSW_ERR_TIMEOUT);
	tls_socket_free(s);
	finish();
}
END_TEST

START_TEST(a_failed_write_leaves_what_had_arrived)
{
	static const struct peer_step script[] = {PEER_HANDSHAKE, PEER_SEND("goodbye"), PEER_CLOSE_NOTIFY,
	    PEER_CLOSE, PEER_END};
	char buf[16];
	int i;

	options.unix_pair = true; /* EPIPE without a reset, which would take the data along */
	begin(script);
	for (i = 0; i < 100 && tls_socket_write(s, "x", 1) == 1; i++)
		(void)poll(NULL, 0, 10);
	ck_assert_refused((int)tls_socket_write(s, "x", 1), TLSW_ERR_SYSTEM);
	ck_assert_int_eq(tls_last_error()->os_errno, EPIPE);
	ck_assert_int_eq(tls_socket_read(s, buf, sizeof(buf)), 7);
	ck_assert_int_eq(tls_socket_read(s, buf, sizeof(buf)), 0);
	ck_assert_refused((int)tls_socket_write(s, "x", 1), TLSW_ERR_SYSTEM);
	tls_socket_free(s);
	finish();
}
END_TEST

/* ------------------------------------------------------------------- closing */

START_TEST(half_close_leaves_reading_open)
{
	static const struct peer_step script[] = {PEER_HANDSHAKE, PEER_READ(0), PEER_SEND("answer"),
	    PEER_CLOSE_NOTIFY, PEER_END};
	char buf[16];

	begin(script);
	ck_assert_int_eq(tls_socket_write(s, "question", 8), 8);
	ck_assert_int_eq(tls_socket_shutdown(s), 0);
	ck_assert_int_eq(tls_socket_shutdown(s), 0);
	ck_assert_refused((int)tls_socket_write(s, "x", 1), TLSW_ERR_CLOSED);
	ck_assert_int_eq(tls_socket_read(s, buf, sizeof(buf)), 6);
	ck_assert_int_eq(tls_socket_read(s, buf, sizeof(buf)), 0);
	ck_assert_int_eq(tls_socket_close(s), 0);
	finish();
	ck_assert(peer_received(&report, "question") && report.close_notify);
}
END_TEST

START_TEST(free_sends_nothing)
{
	static const struct peer_step script[] = {PEER_HANDSHAKE, PEER_DRAIN, PEER_END};
	pid_t child;
	int status;

	begin(script);
	child = fork(); /* wall: N07 */
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		tls_socket_free(s);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(tls_socket_write(s, "still", 5), 5);
	tls_socket_free(s);
	finish();
	ck_assert(!report.close_notify && report.alert == -1 && peer_received(&report, "still"));
}
END_TEST

START_TEST(an_owned_descriptor_is_closed_another_is_not)
{
	begin(NULL);
	if (_i == 1)
		ck_assert_works(tls_socket_own_fd(s) == 0);
	ck_assert_int_eq(tls_socket_close(s), 0);
	ck_assert_int_eq(fcntl(fd, F_GETFD) == -1, _i == 1);
	finish();
	ck_assert_int_eq(tls_socket_close(NULL), 0);
	tls_socket_free(NULL);
}
END_TEST

START_TEST(tickets_that_nobody_read_do_not_reset_the_connection)
{
	static const struct peer_step script[] = {PEER_HANDSHAKE, PEER_SLEEP(100), PEER_DRAIN, PEER_END};
	static char data[30000];

	only_version(1);
	begin(script);
	await(POLLIN); /* the tickets are there */
	ck_assert_int_eq(tls_socket_write(s, data, sizeof(data)), sizeof(data));
	ck_assert_int_eq(tls_socket_close(s), 0);
	finish();
	ck_assert_uint_eq(report.data_in, sizeof(data));
	ck_assert(report.close_notify && !report.reset);
}
END_TEST

START_TEST(close_does_not_wait_for_the_peer)
{
	static const struct peer_step script[] = {PEER_HANDSHAKE, PEER_SLEEP(3000), PEER_END};
	struct timespec before, after;

	begin(script);
	(void)clock_gettime(CLOCK_MONOTONIC, &before);
	ck_assert_int_eq(tls_socket_close(s), 0);
	(void)clock_gettime(CLOCK_MONOTONIC, &after);
	ck_assert_int_lt(after.tv_sec - before.tv_sec, 2);
	(void)close(fd);
	peer_stop(&peer);
}
END_TEST

START_TEST(unwrap_gives_the_plain_descriptor_back)
{
	static const struct peer_step script[] = {PEER_HANDSHAKE, PEER_READ(0), PEER_CLOSE_NOTIFY,
	    PEER_SLEEP(100), PEER_SEND_RAW("plain"), PEER_DRAIN, PEER_END};
	char buf[16] = "";
	int plain;

	begin(script);
	if (_i == 1)
		ck_assert_works(tls_socket_own_fd(s) == 0);
	ck_assert_works(tls_socket_no_readahead(s) == 0);
	ck_assert_int_eq(tls_socket_write(s, "CCC", 3), 3);
	plain = tls_socket_unwrap(s, 3000);
	ck_assert_works(plain == fd);
	ck_assert_int_eq(recv(plain, buf, 5, MSG_WAITALL), 5);
	ck_assert_str_eq(buf, "plain");
	finish();
}
END_TEST

START_TEST(unwrap_refuses_plaintext_that_was_fetched_along)
{
	static const struct peer_step script[] = {PEER_HANDSHAKE, PEER_CLOSE_NOTIFY, PEER_SEND_RAW("plain"),
	    PEER_DRAIN, PEER_END};
	struct timespec nap = {0, 100000000};

	options.tickets = -1;
	begin(script);
	(void)nanosleep(&nap, NULL); /* both in one fetch */
	ck_assert_refused(tls_socket_unwrap(s, 2000), TLSW_ERR_PLAINTEXT);
	ck_assert_int_eq(tls_socket_error(s)->code, TLSW_ERR_PLAINTEXT);
	ck_assert_int_eq(send(fd, "x", 1, MSG_NOSIGNAL), -1);
	tls_socket_free(s);
	finish();
}
END_TEST

START_TEST(unwrap_refuses_what_is_unread)
{
	static const struct peer_step data[] = {PEER_HANDSHAKE, PEER_SEND("data"), PEER_READ(0),
	    PEER_CLOSE_NOTIFY, PEER_DRAIN, PEER_END};
	char buf[16];

	begin(data);
	await(POLLIN);
	ck_assert_refused(tls_socket_unwrap(s, 2000), TLSW_ERR_USAGE);
	ck_assert_int_eq(tls_socket_read(s, buf, sizeof(buf)), 4);
	ck_assert_int_eq(tls_socket_unwrap(s, 2000), fd);
	finish();
}
END_TEST

/* --------------------------------------------------------------------- streams */

START_TEST(stdio_programs_work_as_they_are)
{
	static const struct peer_step script[] = {PEER_HANDSHAKE, PEER_SEND("220 ready\r\n"),
	    PEER_EXPECT("HELO me"), PEER_SEND("250 hello\r\n"), PEER_CLOSE_NOTIFY, PEER_DRAIN, PEER_END};
	char line[64];
	FILE *in, *out;

	begin(script);
	ck_assert_works(tls_socket_own_fd(s) == 0);
	ck_assert_works(tls_socket_fopen(s, &in, &out) == 0);
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), in));
	ck_assert_str_eq(line, "220 ready\r\n");
	ck_assert_int_gt(fprintf(out, "HELO %s\r\n", "me"), 0);
	ck_assert_int_eq(fflush(out), 0);
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), in));
	ck_assert_str_eq(line, "250 hello\r\n");
	ck_assert_ptr_null(fgets(line, sizeof(line), in));
	ck_assert(feof(in) && !ferror(in));
	ck_assert_int_gt(fprintf(out, "QUIT\r\n"), 0);
	ck_assert_int_eq(fclose(out), 0);
	ck_assert_int_ne(fcntl(fd, F_GETFD), -1);
	ck_assert_int_eq(fclose(in), 0);
	ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
	finish();
	ck_assert(report.close_notify);
	ck_assert(peer_received(&report, "HELO me\r\nQUIT\r\n"));
}
END_TEST

START_TEST(a_truncated_stream_has_an_error_and_no_end)
{
	static const struct peer_step script[] = {PEER_HANDSHAKE, PEER_SEND("half"), PEER_FIN, PEER_DRAIN, PEER_END};
	char line[64];
	FILE *in;

	begin(script);
	ck_assert_works(tls_socket_fopen(s, &in, NULL) == 0);
	ck_assert_uint_eq(fread(line, 1, 4, in), 4);
	errno = 0;
	ck_assert_int_eq(getc(in), EOF);
	ck_assert_int_eq(errno, ECONNABORTED);
	ck_assert(ferror(in) && !feof(in));
	ck_assert_int_eq(fclose(in), 0);
	finish();
}
END_TEST

START_TEST(a_forked_child_sends_nothing_of_a_stream)
{
	static const struct peer_step script[] = {PEER_HANDSHAKE, PEER_DRAIN, PEER_END};
	FILE *out;
	pid_t child;
	int status;

	options.tickets = -1;
	begin(script);
	ck_assert_works(tls_socket_fopen(s, NULL, &out) == 0);
	ck_assert_int_gt(fprintf(out, "once"), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0)
		_exit(fclose(out) == EOF ? 0 : 1);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(WEXITSTATUS(status), 0);
	ck_assert_int_eq(fclose(out), 0);
	finish();
	ck_assert(peer_received(&report, "once") && report.close_notify);
}
END_TEST

START_TEST(streams_need_a_blocking_descriptor)
{
	FILE *in = NULL, *out = NULL;

	begin(NULL);
	ck_assert_refused(tls_socket_fopen(s, NULL, NULL), TLSW_ERR_USAGE);
	set_nonblocking();
	ck_assert_refused(tls_socket_fopen(s, &in, &out), TLSW_ERR_USAGE);
	ck_assert(in == NULL && out == NULL);
	tls_socket_free(s);
	finish();
}
END_TEST

/* --------------------------------------------------------------------- threads */

#define THREAD_OCTETS 2000000u

static void *
write_a_lot(void *unused)
{
	static unsigned char data[20000];
	size_t done = 0;

	(void)unused;
	while (done < THREAD_OCTETS && tls_socket_write(s, data, sizeof(data)) == (ssize_t)sizeof(data))
		done += sizeof(data);
	(void)tls_socket_shutdown(s);
	return NULL;
}

START_TEST(one_thread_reads_while_another_writes)
{
	unsigned char buf[5000];
	pthread_t writer;
	size_t got = 0;
	ssize_t n;

	begin(NULL); /* an echo */
	ck_assert_int_eq(pthread_create(&writer, NULL, write_a_lot, NULL), 0);
	while ((n = tls_socket_read(s, buf, _i == 0 ? 100 : sizeof(buf))) > 0)
		got += (size_t)n;
	ck_assert_int_eq(pthread_join(writer, NULL), 0);
	ck_assert_works(n == 0);
	ck_assert_uint_eq(got, THREAD_OCTETS);
	ck_assert_int_eq(tls_socket_close(s), 0);
	finish();
}
END_TEST

static TCase *
group(Suite *suite, const char *name)
{
	TCase *t = tcase_create(name);

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 30);
	suite_add_tcase(suite, t);
	return t;
}

int
main(void)
{
	Suite *suite = suite_create("io");
	TCase *t = group(suite, "ends");

	if (CRYPTO_set_mem_functions(counted_malloc, counted_realloc, counted_free) != 1)
		return 1;

	tcase_add_loop_test(t, close_notify_is_the_end_and_nothing_else, 0, 2);
	tcase_add_loop_test(t, an_end_without_close_notify_is_truncation, 0, 2);
	tcase_add_test(t, a_reset_is_no_end);
	tcase_add_test(t, a_reset_that_a_write_met_is_no_end);
	tcase_add_test(t, a_client_certificate_that_is_missing_is_told_by_the_first_read);
	tcase_add_test(t, a_client_certificate_that_is_missing_is_told_by_a_failed_write);
	tcase_add_loop_test(t, a_record_that_is_none_ends_the_socket, 0, 2);
	t = group(suite, "reading");
	tcase_add_loop_test(t, a_large_transfer_is_identical, 0, 6);
	tcase_add_test(t, a_read_of_nothing_is_a_mistake);
	tcase_add_test(t, a_timeout_loses_nothing);
	tcase_add_test(t, what_waits_inside_is_told);
	tcase_add_loop_test(t, whole_records_already_fetched_are_ready, 0, 2);
	tcase_add_loop_test(t, a_large_read_gives_what_came_before_a_fault, 0, 2);
	tcase_add_test(t, an_idle_connection_keeps_no_record_buffers);
	t = group(suite, "lines");
	tcase_add_test(t, lines_come_with_their_end);
	tcase_add_test(t, an_over_long_line_stays);
	tcase_add_test(t, a_line_longer_than_a_record_fits_a_larger_buffer);
	tcase_add_loop_test(t, a_part_of_a_line_is_kept, 0, 2);
	t = group(suite, "writing");
	tcase_add_loop_test(t, a_write_that_waits_is_not_forgotten_over_a_read, 0, 2);
	tcase_add_test(t, a_write_is_repeated_with_the_same_octets_elsewhere);
	tcase_add_test(t, a_blocking_write_that_times_out_is_final);
	tcase_add_test(t, a_failed_write_leaves_what_had_arrived);
	t = group(suite, "closing");
	tcase_add_test(t, half_close_leaves_reading_open);
	tcase_add_test(t, free_sends_nothing);
	tcase_add_loop_test(t, an_owned_descriptor_is_closed_another_is_not, 0, 2);
	tcase_add_test(t, tickets_that_nobody_read_do_not_reset_the_connection);
	tcase_add_test(t, close_does_not_wait_for_the_peer);
	tcase_add_loop_test(t, unwrap_gives_the_plain_descriptor_back, 0, 2);
	tcase_add_test(t, unwrap_refuses_what_is_unread);
	tcase_add_test(t, unwrap_refuses_plaintext_that_was_fetched_along);
	t = group(suite, "streams");
	tcase_add_test(t, stdio_programs_work_as_they_are);
	tcase_add_test(t, a_truncated_stream_has_an_error_and_no_end);
	tcase_add_test(t, a_forked_child_sends_nothing_of_a_stream);
	tcase_add_test(t, streams_need_a_blocking_descriptor);
	t = group(suite, "threads");
	tcase_add_loop_test(t, one_thread_reads_while_another_writes, 0, 2);
	return support_run(suite);
}
