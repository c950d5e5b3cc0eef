/*
 * test_peer.c - the scripted peer does what its script says and reports what
 * it received; the client here is OpenSSL's own, so that the tools of the
 * tests do not depend on what they test.
 *
 * SPDX-License-Identifier: ISC
 */
#include "support/support.h"
#include "support/peer.h"
#include "support/pki.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <openssl/err.h>

static struct pki *ca, *leaf;
static struct peer_options options;
static struct peer peer;
static struct peer_report report;
static SSL_CTX *client_ctx;

static void
setup(void)
{
	ca = pki_ca("Peer CA");
	leaf = pki_leaf(ca, "www.lab.test");
	options =
	    (struct peer_options){.cert = pki_x509(leaf), .key = pki_key(leaf), .limit_ms = 3000};
	client_ctx = SSL_CTX_new(TLS_client_method());
	ck_assert_ptr_nonnull(client_ctx);
}

static void
teardown(void)
{
	peer_stop(&peer);
	SSL_CTX_free(client_ctx);
	pki_free(leaf);
	pki_free(ca);
}

static int
open_peer(void)
{
	int fd;

	ck_assert_int_eq(peer_start(&peer, &options), 0);
	fd = peer_connect(&peer);
	ck_assert_int_ge(fd, 0);
	return fd;
}

static SSL *
client(int fd)
{
	SSL *ssl = SSL_new(client_ctx);

	ck_assert_ptr_nonnull(ssl);
	ck_assert_int_eq(SSL_set_fd(ssl, fd), 1);
	ck_assert_int_eq(SSL_set_tlsext_host_name(ssl, "www.lab.test"), 1);
	return ssl;
}

static void
leave(SSL *ssl, int fd)
{
	SSL_free(ssl);
	(void)close(fd);
	ck_assert_int_eq(peer_wait(&peer, &report), 0);
}

static size_t
read_all(int fd, char *buf, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while (len < size && (n = recv(fd, buf + len, size - len, 0)) > 0)
		len += (size_t)n;
	return len;
}

START_TEST(echoes_and_reports_an_ordinary_connection)
{
	static const unsigned char offer[] = "\x02h2\x08http/1.1";
	char buf[16];
	int fd;
	SSL *ssl;

	options.alpn_mode = PEER_ALPN_PICK;
	options.alpn = "http/1.1";
	fd = open_peer();
	ssl = client(fd);
	ck_assert_int_eq(SSL_set_alpn_protos(ssl, offer, sizeof(offer) - 1), 0);
	ck_assert_int_eq(SSL_connect(ssl), 1);
	ck_assert_int_eq(SSL_write(ssl, "hello", 5), 5);
	ck_assert_int_eq(SSL_read(ssl, buf, sizeof(buf)), 5);
	ck_assert_mem_eq(buf, "hello", 5);
	ck_assert_int_eq(SSL_shutdown(ssl), 0);
	ck_assert_int_eq(SSL_shutdown(ssl), 1); /* the answer came */
	leave(ssl, fd);
	ck_assert(report.handshake && !report.resumed && report.close_notify && report.script_done);
	ck_assert(!report.reset && !report.timed_out && !report.client_cert);
	ck_assert_str_eq(report.version, "TLSv1.3");
	ck_assert_str_eq(report.sni, "www.lab.test");
	ck_assert_str_eq(report.alpn, "h2,http/1.1");
	ck_assert_int_eq(report.alert, -1);
	ck_assert(peer_received(&report, "hello") && !peer_received(&report, "hell"));
	ck_assert_uint_eq(report.raw[0], 22);
	ck_assert_uint_eq(report.plain_in, 0);
}
END_TEST

START_TEST(reports_the_alert_of_a_client_that_refuses)
{
	int fd = open_peer();
	SSL *ssl = client(fd);

	SSL_set_verify(ssl, SSL_VERIFY_PEER, NULL);
	ck_assert_int_ne(SSL_connect(ssl), 1);
	leave(ssl, fd);
	ck_assert(!report.handshake && !report.script_done);
	ck_assert_int_eq(report.alert_level, 2);
	ck_assert_int_eq(report.alert, SSL_AD_UNKNOWN_CA);
	ck_assert_uint_eq(report.data_in, 0);
	ck_assert_msg(strstr(report.error, "handshake") != NULL, "%s", report.error);
}
END_TEST

START_TEST(speaks_plain_lines_before_tls)
{
	static const struct peer_step script[] = {PEER_SEND("220 hello\r\n"),
	    PEER_EXPECT("STARTTLS"), PEER_SEND("220 go\r\n"), PEER_HANDSHAKE, PEER_ECHO, PEER_END};
	char buf[32];
	int fd;
	SSL *ssl;

	options.script = script;
	fd = open_peer();
	ck_assert_int_eq(recv(fd, buf, 11, MSG_WAITALL), 11);
	ck_assert_int_eq(send(fd, "STARTTLS\r\n", 10, 0), 10);
	ck_assert_int_eq(recv(fd, buf, 8, MSG_WAITALL), 8);
	ck_assert_mem_eq(buf, "220 go\r\n", 8);
	ssl = client(fd);
	ck_assert_int_eq(SSL_connect(ssl), 1);
	leave(ssl, fd);
	ck_assert(report.handshake && (report.fin || report.reset)); /* unread tickets reset */
	ck_assert_uint_eq(report.plain_in, 10);
	ck_assert_mem_eq(report.raw, "STARTTLS\r\n\x16", 11);
}
END_TEST

START_TEST(ends_the_script_at_an_unexpected_line)
{
	static const struct peer_step script[] = {
	    PEER_EXPECT("QUIT"), PEER_SEND("never"), PEER_END};
	char buf[8];
	int fd;

	options.script = script;
	fd = open_peer();
	ck_assert_int_eq(send(fd, "HELO\r\n", 6, 0), 6);
	ck_assert_uint_eq(read_all(fd, buf, sizeof(buf)), 0);
	leave(NULL, fd);
	ck_assert(!report.script_done);
	ck_assert_msg(strstr(report.error, "HELO") != NULL, "%s", report.error);
}
END_TEST

START_TEST(sees_an_alert_in_plain_text)
{
	static const struct peer_step script[] = {
	    PEER_HELLO, PEER_SEND("\x16\x03\x03\x00\x04\x02\x00\x00\x00"), PEER_END};
	int fd;
	SSL *ssl;

	options.script = script;
	fd = open_peer();
	ssl = client(fd);
	ck_assert_int_ne(SSL_connect(ssl), 1);
	leave(ssl, fd);
	ck_assert(!report.handshake && report.script_done);
	ck_assert_int_eq(report.alert, SSL_AD_DECODE_ERROR);
}
END_TEST

START_TEST(resets_when_asked)
{
	static const struct peer_step script[] = {PEER_READ(4), PEER_RESET, PEER_END};
	char c;
	int fd;

	options.script = script;
	fd = open_peer();
	ck_assert_int_eq(send(fd, "over", 4, 0), 4);
	ck_assert_int_eq(recv(fd, &c, 1, 0), -1);
	ck_assert_int_eq(errno, ECONNRESET);
	leave(NULL, fd);
}
END_TEST

START_TEST(half_closes_and_goes_on_listening)
{
	static const struct peer_step script[] = {PEER_SEND("x"), PEER_FIN, PEER_READ(3), PEER_END};
	char buf[4];
	int fd;

	options.script = script;
	fd = open_peer();
	ck_assert_uint_eq(read_all(fd, buf, sizeof(buf)), 1);
	ck_assert_int_eq(send(fd, "yes", 3, 0), 3);
	leave(NULL, fd);
	ck_assert(report.script_done && report.fin);
	ck_assert_uint_eq(report.raw_in, 3);
}
END_TEST

START_TEST(serves_side_by_side_and_resumes)
{
	SSL_SESSION *session;
	char c;
	int fd[2];
	SSL *ssl[2];

	options.connections = 2;
	ck_assert_int_eq(peer_start(&peer, &options), 0);
	for (int i = 0; i < 2; i++) {
		fd[i] = peer_connect(&peer);
		ck_assert_int_ge(fd[i], 0);
		ssl[i] = client(fd[i]);
		if (i == 1) {
			session = SSL_get1_session(ssl[0]);
			ck_assert_int_eq(SSL_set_session(ssl[1], session), 1);
			SSL_SESSION_free(session);
		}
		ck_assert_int_eq(SSL_connect(ssl[i]), 1);
		ck_assert_int_eq(SSL_write(ssl[i], "1", 1), 1);
		ck_assert_int_eq(SSL_read(ssl[i], &c, 1), 1); /* the ticket came with it */
	}
	ck_assert_int_eq(SSL_session_reused(ssl[1]), 1);
	for (int i = 1; i >= 0; i--) {
		leave(ssl[i], fd[i]);
		ck_assert_int_eq(report.connection, i);
		ck_assert_int_eq(report.resumed, i == 1);
	}
}
END_TEST

START_TEST(alternates_between_two_servers)
{
	struct peer_options other = options;
	int fd;
	SSL *ssl;

	other.max_version = TLS1_2_VERSION;
	options.odd = &other;
	options.connections = 3;
	ck_assert_int_eq(peer_start(&peer, &options), 0);
	for (int i = 0; i < 3; i++) {
		fd = peer_connect(&peer);
		ck_assert_int_ge(fd, 0);
		ssl = client(fd);
		ck_assert_int_eq(SSL_connect(ssl), 1);
		ck_assert_str_eq(SSL_get_version(ssl), i == 1 ? "TLSv1.2" : "TLSv1.3");
		leave(ssl, fd);
	}
}
END_TEST

START_TEST(serves_a_pair_of_sockets)
{
	static const struct peer_step script[] = {
	    PEER_HANDSHAKE, PEER_FILL(100000), PEER_CLOSE_NOTIFY, PEER_DRAIN, PEER_END};
	unsigned char c;
	int fd;
	SSL *ssl;

	options.script = script;
	options.unix_pair = true;
	fd = open_peer();
	ssl = client(fd);
	ck_assert_int_eq(SSL_connect(ssl), 1);
	for (size_t i = 0; i < 100000; i++) {
		ck_assert_int_eq(SSL_read(ssl, &c, 1), 1);
		ck_assert_uint_eq(c, peer_pattern(i));
	}
	ck_assert_int_eq(SSL_read(ssl, &c, 1), 0);
	ck_assert_int_eq(SSL_get_error(ssl, 0), SSL_ERROR_ZERO_RETURN);
	leave(ssl, fd);
	ck_assert(report.script_done && report.fin);
}
END_TEST

START_TEST(reports_the_certificate_of_the_client)
{
	struct pki *mine = pki_make(.cn = "me", .issuer = ca, .eku = PKI_NO_EKU);
	char byte;
	int fd;
	SSL *ssl;

	options.client_cert = PEER_REQUIRE_CLIENT_CERT;
	options.client_ca = pki_x509(ca);
	fd = open_peer();
	ssl = client(fd);
	ck_assert_int_eq(SSL_use_certificate(ssl, pki_x509(mine)), 1);
	ck_assert_int_eq(SSL_use_PrivateKey(ssl, pki_key(mine)), 1);
	ck_assert_int_eq(SSL_connect(ssl), 1);
	leave(ssl, fd);
	ck_assert(report.handshake && report.client_cert);
	ck_assert_uint_eq(strlen(report.client_cert_sha256), 64);
	peer_stop(&peer);
	fd = open_peer();
	ssl = client(fd);
	ck_assert_int_eq(SSL_connect(ssl), 1); /* TLS 1.3: the refusal comes later */
	ck_assert_int_le(SSL_read(ssl, &byte, 1), 0);
	leave(ssl, fd);
	ck_assert(!report.handshake && !report.client_cert);
	ck_assert_int_eq(report.alert_sent, 116); /* certificate_required */
	pki_free(mine);
}
END_TEST

START_TEST(gives_up_on_a_silent_client)
{
	int fd;

	options.limit_ms = 50;
	fd = open_peer();
	ck_assert_int_eq(peer_wait(&peer, &report), 0);
	ck_assert(report.timed_out && !report.handshake && !report.fin);
	(void)close(fd);
}
END_TEST

START_TEST(plays_what_happens_after_the_handshake)
{
	static const struct peer_step script[] = {PEER_HANDSHAKE, PEER_TICKETS(3),
	    PEER_KEY_UPDATE(2, 1), PEER_TRICKLE(7, 1), PEER_SEND("slowly"), PEER_CLOSE_NOTIFY,
	    PEER_DRAIN, PEER_END};
	char buf[16];
	int fd;
	SSL *ssl;

	options.script = script;
	options.tickets = -1;
	fd = open_peer();
	ssl = client(fd);
	ck_assert_int_eq(SSL_connect(ssl), 1);
	ck_assert_int_eq(SSL_read(ssl, buf, sizeof(buf)), 6);
	ck_assert_int_eq(SSL_write(ssl, "after", 5), 5);
	ck_assert_int_eq(SSL_read(ssl, buf, sizeof(buf)), 0);
	leave(ssl, fd);
	ck_assert_msg(report.script_done, "%s", report.error);
	ck_assert(peer_received(&report, "after"));
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("peer");
	TCase *t = tcase_create("peer");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, echoes_and_reports_an_ordinary_connection);
	tcase_add_test(t, reports_the_alert_of_a_client_that_refuses);
	tcase_add_test(t, speaks_plain_lines_before_tls);
	tcase_add_test(t, ends_the_script_at_an_unexpected_line);
	tcase_add_test(t, sees_an_alert_in_plain_text);
	tcase_add_test(t, resets_when_asked);
	tcase_add_test(t, half_closes_and_goes_on_listening);
	tcase_add_test(t, serves_side_by_side_and_resumes);
	tcase_add_test(t, alternates_between_two_servers);
	tcase_add_test(t, serves_a_pair_of_sockets);
	tcase_add_test(t, reports_the_certificate_of_the_client);
	tcase_add_test(t, gives_up_on_a_silent_client);
	tcase_add_test(t, plays_what_happens_after_the_handshake);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return support_run(suite());
}
