/*
 * test_floods.c - peers that send without end what is no data, and a timer
 * that interrupts every call: bounded in time and memory, octet for octet.
 * What a server without keys can send is among the lab's servers (wall: M11).
 *
 * SPDX-License-Identifier: ISC
 */
#include "support/support.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "support/peer.h"
#include "support/pumped.h"
#include "support/scene.h"

#define HOST "www.lab.test"

static struct pki *ca, *leaf;
static tls_context *ctx;
static SSL_CTX *server_ctx;
static struct pumped server;
static struct faulty wire;

static const struct tls_transport calls = {
    sizeof(struct tls_transport), faulty_read, faulty_write, faulty_close};

static void
setup(void)
{
	ca = pki_ca("Test CA");
	leaf = pki_leaf(ca, HOST);
	ctx = scene_trusting(ca);
	server_ctx = pumped_ctx(leaf);
}

static void
teardown(void)
{
	SSL_CTX_free(server_ctx);
	tls_context_free(ctx);
	pki_free(leaf);
	pki_free(ca);
	tls_error_clear();
}

/* A socket to a server in this process, everything that follows a handshake read. */
static tls_socket *
begin(void)
{
	tls_socket *s;
	char c;

	pumped_start(&server, server_ctx, true);
	wire = (struct faulty){.server = &server};
	s = tls_wrap_transport(ctx, &calls, &wire, HOST);
	ck_assert_works(s != NULL);
	while (tls_socket_handshake(s) < -1)
		;
	ck_assert_works(tls_socket_read(s, &c, 1) == TLSW_WANT_READ);
	return s;
}

/* A sanitizer keeps what was freed for a while: several hundred MiB. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(SANITIZED)
#define MORE_MAX (1024 * 1024)
#else
#define MORE_MAX 32768
#endif

static long
resident(void)
{
	struct rusage usage;

	ck_assert_int_eq(getrusage(RUSAGE_SELF, &usage), 0);
	return usage.ru_maxrss; /* KiB where Linux and the BSDs run */
}

/* -------------------------------------------------- messages that carry no data */

static void
key_update(void)
{
	ck_assert_int_eq(SSL_key_update(server.ssl, SSL_KEY_UPDATE_REQUESTED), 1);
	ck_assert_int_eq(SSL_do_handshake(server.ssl), 1);
}

static void
ticket(void)
{
	ck_assert_int_eq(SSL_new_session_ticket(server.ssl), 1);
	ck_assert_int_eq(SSL_do_handshake(server.ssl), 1);
}

static const struct {
	const char *label;
	void (*send)(void);
	int fine; /* as many are borne */
	int end;  /* before as many it is over */
} floods[] = {
    {"KeyUpdate", key_update, 10000, 30000}, /* wall: K14 */
    {"NewSessionTicket", ticket, 1000, 10000},
};

START_TEST(a_long_row_of_messages_is_borne)
{
	tls_socket *s = begin();
	long before = resident(), first = wire.calls;
	char buf[8];
	ssize_t n = TLSW_WANT_READ;
	int i;

	for (i = 0; i < floods[_i].fine; i++) {
		floods[_i].send();
		if (i % 50 == 0)
			n = tls_socket_read(s, buf, sizeof(buf));
		ck_assert_msg(
		    n == TLSW_WANT_READ, "%s: %s", floods[_i].label, tls_last_error()->message);
	}
	ck_assert_int_eq(tls_socket_write(s, "still", 5), 5);
	while ((n = tls_socket_read(s, buf, sizeof(buf))) == TLSW_WANT_READ)
		ck_assert_int_lt(wire.calls, first + 4L * floods[_i].fine);
	ck_assert_int_eq(n, 5);
	ck_assert_mem_eq(buf, "still", 5);
	ck_assert_msg(
	    resident() - before < MORE_MAX, "%s: %ld KiB more", floods[_i].label, resident() - before);
	ck_assert_works(tls_socket_close(s) == 0);
	pumped_stop(&server);
}
END_TEST

START_TEST(an_endless_row_of_messages_is_not)
{
	tls_socket *s = begin();
	long before = resident();
	char buf[8];
	int i;

	for (i = 0; tls_socket_read(s, buf, sizeof(buf)) == TLSW_WANT_READ; i++) {
		ck_assert_msg(i < floods[_i].end, "%s: no end", floods[_i].label);
		floods[_i].send();
	}
	ck_assert_refused((int)tls_socket_read(s, buf, 1), TLSW_ERR_PROTOCOL);
	ck_assert_ptr_nonnull(strstr(tls_last_error()->message, "without data"));
	ck_assert_int_gt(i, floods[_i].fine);
	ck_assert_msg(
	    resident() - before < MORE_MAX, "%s: %ld KiB more", floods[_i].label, resident() - before);
	tls_socket_free(s);
	pumped_stop(&server);
}
END_TEST

/* wall: K14. The peer asks for answers that it never takes: the timeout ends it. */
START_TEST(answers_that_nobody_takes_hold_nobody_up)
{
	static const struct peer_step script[] = {
	    PEER_HANDSHAKE, PEER_KEY_UPDATE(15000, 1), PEER_SLEEP(8000), PEER_END};
	struct peer_options options = scene_server(leaf);
	struct scene scene;
	struct timespec before, after;
	tls_socket *s;
	char c;
	clock_t cpu = clock();

	options.script = script;
	options.unix_pair = true; /* its buffers are small */
	options.tickets = -1;
	scene_serve(&scene, options);
	s = tls_wrap(ctx, scene.fd, HOST);
	ck_assert_works(s != NULL);
	ck_assert_works(tls_socket_set_timeout(s, 1000) == 0);
	(void)clock_gettime(CLOCK_MONOTONIC, &before);
	ck_assert_refused((int)tls_socket_read(s, &c, 1), TLSW_ERR_TIMEOUT);
	(void)clock_gettime(CLOCK_MONOTONIC, &after);
	ck_assert_int_le(after.tv_sec - before.tv_sec, 4);
	ck_assert_int_lt((clock() - cpu) / CLOCKS_PER_SEC, 3);
	tls_socket_free(s);
	(void)close(scene.fd);
	peer_stop(&scene.peer);
}
END_TEST

/* wall: K01, J16 */
START_TEST(a_hello_request_is_refused)
{
	tls_socket *s;
	char buf[16];
	ssize_t n;
	int wants = 0;

	(void)SSL_CTX_set_max_proto_version(server_ctx, TLS1_2_VERSION);
	s = begin();
	ck_assert_int_eq(tls_socket_write(s, "before", 6), 6);
	ck_assert_int_eq(SSL_renegotiate(server.ssl), 1);
	ck_assert_int_eq(SSL_do_handshake(server.ssl), 1);
	ck_assert_int_eq(tls_socket_read(s, buf, sizeof(buf)), 6);
	while ((n = tls_socket_read(s, buf, sizeof(buf))) == TLSW_WANT_READ)
		ck_assert_int_lt(++wants, 100);
	ck_assert_int_eq(n, -1); /* OpenSSL's server does not put up with a refusal */
	ck_assert_int_eq(tls_last_error()->code, TLSW_ERR_ALERT);
	ck_assert(server.broken);
	tls_socket_free(s);
	pumped_stop(&server);
}
END_TEST

/* ---------------------------------------------------------------- interruptions */

static volatile sig_atomic_t interruptions;

static void
interrupt(int number)
{
	(void)number;
	interruptions = interruptions + 1;
}

static void
start_timer(void)
{
	struct sigaction action = {.sa_handler = interrupt}; /* no SA_RESTART */
	struct itimerval every_ms = {{0, 1000}, {0, 1000}};

	ck_assert_int_eq(sigaction(SIGALRM, &action, NULL), 0);
	ck_assert_int_eq(setitimer(ITIMER_REAL, &every_ms, NULL), 0);
}

static void
stop_timer(void)
{
	struct itimerval never = {{0, 0}, {0, 0}};

	(void)setitimer(ITIMER_REAL, &never, NULL);
}

/* wall: J14 */
START_TEST(a_timer_of_1_khz_changes_nothing)
{
	static const struct peer_step slow[] = {PEER_SLEEP(100), PEER_HANDSHAKE, PEER_SLEEP(50),
	    PEER_FILL(5000000), PEER_READ(5000000), PEER_SEND("done"), PEER_CLOSE_NOTIFY,
	    PEER_DRAIN, PEER_END};
	struct peer_options options = scene_server(leaf);
	unsigned char *data = malloc(5000000);
	struct scene scene;
	size_t got = 0;
	ssize_t n;
	char buf[4];
	tls_socket *s;

	options.script = slow;
	options.unix_pair = _i == 1;
	options.limit_ms = 20000;
	scene_serve(&scene, options);
	start_timer();
	s = tls_wrap(ctx, scene.fd, HOST);
	ck_assert_works(s != NULL);
	while (got < 5000000 && (n = tls_socket_read(s, data + got, 5000000 - got)) > 0)
		got += (size_t)n;
	ck_assert_works(got == 5000000);
	for (got = 0; got < 5000000; got++)
		if (data[got] != peer_pattern(got))
			ck_abort_msg("octet %zu", got);
	ck_assert_works(tls_socket_write(s, data, 5000000) == 5000000);
	ck_assert_works(tls_socket_read(s, buf, 4) == 4);
	ck_assert_works(tls_socket_read(s, buf, 4) == 0);
	ck_assert_works(tls_socket_close(s) == 0);
	stop_timer();
	ck_assert_int_gt(interruptions, 20);
	scene_end(&scene);
	ck_assert_uint_eq(scene.report.data_in, 5000000);
	ck_assert(scene.report.close_notify);
	free(data);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("floods");
	TCase *t = tcase_create("floods");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 30);
	tcase_add_loop_test(t, a_long_row_of_messages_is_borne, 0, 2);
	tcase_add_loop_test(t, an_endless_row_of_messages_is_not, 0, 2);
	tcase_add_test(t, answers_that_nobody_takes_hold_nobody_up);
	tcase_add_test(t, a_hello_request_is_refused);
	tcase_add_loop_test(t, a_timer_of_1_khz_changes_nothing, 0, 2);
	suite_add_tcase(suite, t);
	return support_run(suite);
}
