/*
 * test_wrap.c - one verified connection, and every way in which there is none.
 * What counts is what the server received, so its report is looked at too.
 *
 * SPDX-License-Identifier: ISC
 */
#include "support/support.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "support/peer.h"
#include "support/pki.h"

/* ------------------------------------------------------------------- the scene */

static struct pki *ca, *leaf;
static struct peer peer;
static struct peer_report report;
static tls_context *ctx;
static int fd;

static tls_context *
trusting(const struct pki *anchor)
{
	tls_context *c = tls_context_new();

	ck_assert_works(c != NULL);
	ck_assert_works(tls_context_load_ca_mem(c, pki_pem(anchor), strlen(pki_pem(anchor))) == 1);
	return c;
}

static void
setup(void)
{
	ca = pki_ca("Test CA");
	leaf = pki_leaf(ca, "www.lab.test");
	ctx = trusting(ca);
	fd = -1;
}

static void
teardown(void)
{
	tls_context_free(ctx);
	pki_free(leaf);
	pki_free(ca);
	tls_error_clear();
}

static struct peer_options
server(const struct pki *cert)
{
	return (struct peer_options){.cert = pki_x509(cert), .key = pki_key(cert)};
}

static void
serve(struct peer_options options)
{
	static struct peer_options kept;

	kept = options;
	ck_assert_int_eq(peer_start(&peer, &kept), 0);
	fd = peer_connect(&peer);
	ck_assert_int_ge(fd, 0);
}

/* The client is done: what did the server see? */
static void
collect(void)
{
	(void)close(fd);
	ck_assert_int_eq(peer_wait(&peer, &report), 0);
	peer_stop(&peer);
}

/* A failed wrap leaves the descriptor open, and shut down both ways. */
static void
assert_open_and_shut(void)
{
	char c;

	ck_assert_int_ne(fcntl(fd, F_GETFD), -1);
	ck_assert_int_eq(send(fd, "x", 1, MSG_NOSIGNAL), -1);
	ck_assert(errno == EPIPE || errno == ECONNRESET);
	while (recv(fd, &c, 1, MSG_DONTWAIT) > 0)
		;
}

/* Nothing that matters has left: no Finished, no certificate, no application data. */
static void
assert_server_got_nothing(void)
{
	ck_assert(!report.handshake);
	ck_assert(!report.client_cert);
	ck_assert_uint_eq(report.data_in, 0);
}

static void
assert_refused(enum tlsw_error code, const char *host)
{
	ck_assert_refused_null(tls_wrap(ctx, fd, host), code);
	assert_open_and_shut();
	collect();
	assert_server_got_nothing();
}

/* ------------------------------------------------------------------- accepted */

START_TEST(the_right_host_is_accepted)
{
	static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
	struct peer_options options = server(leaf);
	tls_socket *s;
	char buf[8];

	options.max_version = versions[_i];
	options.min_version = versions[_i];
	serve(options);
	s = tls_wrap(ctx, fd, "www.lab.test");
	ck_assert_works(s != NULL);
	ck_assert_str_eq(tls_socket_version(s), _i == 0 ? "TLSv1.2" : "TLSv1.3");
	ck_assert_str_eq(tls_socket_matched_name(s), "www.lab.test");
	ck_assert(tls_socket_verified(s));
	ck_assert(!tls_socket_resumed(s));
	ck_assert_uint_eq(tls_socket_reasons(s), 0);
	ck_assert_ptr_nonnull(tls_socket_cipher(s));
	ck_assert_ptr_null(tls_socket_alpn(s));
	ck_assert_int_eq(tls_socket_fd(s), fd);
	ck_assert_int_eq(tls_socket_error(s)->code, TLSW_OK);
	ck_assert_ptr_nonnull(tls_certificate_issuer(tls_socket_peer_certificate(s)));
	ck_assert_int_eq(tls_socket_write(s, "ping", 4), 4);
	ck_assert_int_eq(tls_socket_read(s, buf, sizeof(buf)), 4);
	ck_assert_mem_eq(buf, "ping", 4);
	ck_assert_int_eq(tls_socket_close(s), 0);
	collect();
	ck_assert(report.handshake && report.close_notify);
	ck_assert_str_eq(report.sni, "www.lab.test");
	ck_assert(peer_received(&report, "ping"));
}
END_TEST

START_TEST(a_trailing_dot_is_sent_and_matched_without)
{
	tls_socket *s;

	serve(server(leaf));
	s = tls_wrap(ctx, fd, "WWW.lab.test.");
	ck_assert_works(s != NULL);
	ck_assert_int_eq(tls_socket_close(s), 0);
	collect();
	ck_assert_str_eq(report.sni, "www.lab.test");
}
END_TEST

/* wall: A16 */
START_TEST(an_address_is_matched_as_an_address_and_sends_no_sni)
{
	static const char *const hosts[] = {"127.0.0.1", "::1", "0:0:0:0:0:0:0:1"};
	struct pki *c = pki_make(.issuer = ca, .san = PKI_NAMES(PKI_IP("127.0.0.1"), PKI_IP("::1")));
	tls_socket *s;

	serve(server(c));
	s = tls_wrap(ctx, fd, hosts[_i]);
	ck_assert_works(s != NULL);
	ck_assert_str_eq(tls_socket_matched_name(s), _i == 0 ? "127.0.0.1" : "::1");
	ck_assert_int_eq(tls_socket_close(s), 0);
	collect();
	ck_assert(!report.sni_sent);
	pki_free(c);
}
END_TEST

START_TEST(any_stream_socket_will_do)
{
	struct peer_options options = server(leaf);
	tls_socket *s;

	options.unix_pair = true;
	serve(options);
	s = tls_wrap(ctx, fd, "www.lab.test");
	ck_assert_works(s != NULL);
	ck_assert_int_eq(tls_socket_close(s), 0);
	collect();
	ck_assert(report.close_notify);
}
END_TEST

START_TEST(a_non_blocking_descriptor_stays_so_and_is_waited_for)
{
	int flags;
	tls_socket *s;

	serve(server(leaf));
	flags = fcntl(fd, F_GETFL);
	ck_assert_int_eq(fcntl(fd, F_SETFL, flags | O_NONBLOCK), 0);
	s = tls_wrap(ctx, fd, "www.lab.test");
	ck_assert_works(s != NULL);
	ck_assert_int_eq(fcntl(fd, F_GETFL), flags | O_NONBLOCK);
	ck_assert_int_eq(tls_socket_close(s), 0);
	collect();
}
END_TEST

START_TEST(an_event_loop_drives_the_handshake)
{
	tls_socket *s;
	int n, rounds = 0;

	serve(server(leaf));
	ck_assert_int_eq(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK), 0);
	s = tls_wrap_start(ctx, fd, "www.lab.test");
	ck_assert_works(s != NULL);
	ck_assert_refused(tls_socket_read(s, &n, 1), TLSW_ERR_USAGE);
	ck_assert_ptr_null(tls_socket_version(s));
	while ((n = tls_socket_handshake(s)) != 0) {
		struct pollfd p = {.fd = fd, .events = tls_socket_events(s)};

		ck_assert_works(n == TLSW_WANT_READ || n == TLSW_WANT_WRITE);
		ck_assert_int_gt(tls_socket_time_left(s), 0);
		ck_assert_int_eq(poll(&p, 1, tls_socket_time_left(s)), 1);
		ck_assert_int_lt(++rounds, 50);
	}
	ck_assert_int_eq(tls_socket_handshake(s), 0); /* again: nothing to do */
	ck_assert_str_eq(tls_socket_matched_name(s), "www.lab.test");
	ck_assert_int_eq(tls_socket_close(s), 0);
	collect();
}
END_TEST

/* --------------------------------------------------------------------- refused */

struct refusal {
	const char *label;
	struct pki_spec spec; /* issuer and san are filled in when NULL */
	enum tlsw_error code;
	unsigned long reasons;
	int alert;
	bool unknown_ca, self_signed;
	const char *says;
};

#define DAY 86400L

static const struct refusal refusals[] = {
    {"wrong host", {.san = (const struct pki_name[]){PKI_DNS("mail.lab.test"), {0, NULL, 0}}},
        TLSW_ERR_HOSTNAME_MISMATCH, TLSW_REASON_HOSTNAME, SSL_AD_BAD_CERTIFICATE, false, false,
        "certificate is for \"mail.lab.test\", not \"www.lab.test\""},
    {"expired", {.not_before = -30 * DAY, .not_after = -3 * DAY - 60}, TLSW_ERR_CERTIFICATE,
        TLSW_REASON_EXPIRED, SSL_AD_CERTIFICATE_EXPIRED, false, false, "certificate expired 3 days ago"},
    {"not yet valid", {.not_before = 2 * DAY, .not_after = 30 * DAY}, TLSW_ERR_CERTIFICATE,
        TLSW_REASON_NOT_YET_VALID, SSL_AD_BAD_CERTIFICATE, false, false, "is not valid yet"},
    {"unknown CA", {.cn = "x"}, TLSW_ERR_CERTIFICATE, TLSW_REASON_UNKNOWN_CA, SSL_AD_UNKNOWN_CA,
        true, false, "issuer \"CN=Stranger CA\" is not among"},
    {"self-signed", {.cn = "x"}, TLSW_ERR_CERTIFICATE, TLSW_REASON_SELF_SIGNED, SSL_AD_UNKNOWN_CA,
        false, true, "self-signed"},
    {"for clients only", {.eku = (const char *const[]){"1.3.6.1.5.5.7.3.2", NULL}},
        TLSW_ERR_CERTIFICATE, TLSW_REASON_PURPOSE, SSL_AD_UNSUPPORTED_CERTIFICATE, false, false, ""},
    {"RSA-1024", {.key_type = "RSA-1024"}, TLSW_ERR_CERTIFICATE, TLSW_REASON_WEAK, -2, false, false,
        ""},
    {"wall: D01 common name beside a URI",
        {.cn = "www.lab.test", .san = (const struct pki_name[]){PKI_URI("https://www.lab.test"), {0, NULL, 0}}},
        TLSW_ERR_HOSTNAME_MISMATCH, TLSW_REASON_HOSTNAME, SSL_AD_BAD_CERTIFICATE, false, false, ""},
    {"wall: D01 common name beside another service",
        {.cn = "www.lab.test", .san = (const struct pki_name[]){PKI_SRV("_imap.www.lab.test"), {0, NULL, 0}}},
        TLSW_ERR_HOSTNAME_MISMATCH, TLSW_REASON_HOSTNAME, SSL_AD_BAD_CERTIFICATE, false, false, ""},
    {"wall: D08 common name right, identifier wrong",
        {.cn = "www.lab.test", .san = (const struct pki_name[]){PKI_DNS("mail.lab.test"), {0, NULL, 0}}},
        TLSW_ERR_HOSTNAME_MISMATCH, TLSW_REASON_HOSTNAME, SSL_AD_BAD_CERTIFICATE, false, false, ""},
    {"common name only", {.cn = "www.lab.test", .san = (const struct pki_name[]){{0, NULL, 0}}},
        TLSW_ERR_HOSTNAME_MISMATCH, TLSW_REASON_HOSTNAME, SSL_AD_BAD_CERTIFICATE, false, false,
        "names no host"},
    {"bad signature", {.corrupt_signature = true}, TLSW_ERR_CERTIFICATE, TLSW_REASON_UNKNOWN_CA,
        -2, false, false, "was not signed by \"CN=Test CA\""},
    {"expired, unknown CA and wrong host",
        {.not_before = -30 * DAY, .not_after = -3 * DAY,
            .san = (const struct pki_name[]){PKI_DNS("mail.lab.test"), {0, NULL, 0}}},
        TLSW_ERR_CERTIFICATE, TLSW_REASON_UNKNOWN_CA | TLSW_REASON_EXPIRED | TLSW_REASON_HOSTNAME,
        -2, true, false, ""},
};

static struct pki *
certificate_for(const struct refusal *r, const struct pki *stranger)
{
	static const struct pki_name usual[] = {PKI_DNS("www.lab.test"), {0, NULL, 0}};
	struct pki_spec spec = r->spec;

	if (!r->self_signed)
		spec.issuer = r->unknown_ca ? stranger : ca;
	if (spec.san == NULL)
		spec.san = usual;
	if (spec.san[0].at == NULL)
		spec.san = NULL;
	return pki_new(&spec);
}

/* wall: A02, A07, A20 */
START_TEST(a_wrong_server_is_refused_before_anything_leaves)
{
	static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
	const struct refusal *r = &refusals[_i / 2];
	struct pki *stranger = pki_ca("Stranger CA"), *bad = certificate_for(r, stranger);
	struct peer_options options = server(bad);
	const struct tls_error_info *e = tls_last_error();

	options.max_version = options.min_version = versions[_i % 2];
	options.client_cert = PEER_REQUEST_CLIENT_CERT;
	if (strcmp(r->label, "RSA-1024") == 0)
		options.ciphers = "DEFAULT@SECLEVEL=0";
	serve(options);
	assert_refused(r->code, "www.lab.test");
	e = tls_last_error();
	ck_assert_msg((e->reasons & r->reasons) == r->reasons, "%s: reasons 0x%lx", r->label, e->reasons);
	ck_assert_msg(strstr(e->message, r->says) != NULL, "%s: \"%s\"", r->label, e->message);
	ck_assert_msg(e->certificate != NULL && e->details[0] != '\0', "%s", r->label);
	ck_assert_msg(e->verify_error != 0 && e->depth >= 0, "%s: %ld", r->label, e->verify_error);
	if (r->alert != -2) {
		ck_assert_msg(e->alert == r->alert, "%s: alert %d", r->label, e->alert);
		ck_assert_msg(report.alert == r->alert, "%s: alert %d", r->label, report.alert);
	}
	ck_assert_int_ge(report.alert, 0);
	pki_free(bad);
	pki_free(stranger);
}
END_TEST

/* wall: A16, D07, D11 */
START_TEST(another_address_is_refused)
{
	struct pki *c = pki_make(.issuer = ca, .cn = "127.0.0.1",
	    .san = PKI_NAMES(PKI_IP("127.0.0.2"), PKI_DNS("127.0.0.1"), PKI_DNS("www.lab.test")));

	serve(server(c));
	assert_refused(TLSW_ERR_HOSTNAME_MISMATCH, "127.0.0.1");
	pki_free(c);
}
END_TEST

/* wall: A21, A22 */
START_TEST(every_connection_is_verified)
{
	struct pki *wrong = pki_leaf(ca, "evil.test");
	struct peer_options odd = server(wrong), options = server(leaf);
	int i, accepted = 0;

	options.odd = &odd;
	options.connections = 100;
	serve(options);
	for (i = 0; i < 100; i++) {
		tls_socket *s = tls_wrap(ctx, fd, "www.lab.test");

		ck_assert((s != NULL) == (i % 2 == 0));
		accepted += s != NULL;
		(void)tls_socket_close(s);
		(void)close(fd);
		ck_assert_int_eq(peer_wait(&peer, &report), 0);
		if (i < 99)
			fd = peer_connect(&peer);
	}
	ck_assert_int_eq(accepted, 50);
	peer_stop(&peer);
	pki_free(wrong);
}
END_TEST

/* ------------------------------------------------------- before a byte is sent */

/* wall: A17, B10, B11, B16 */
START_TEST(a_host_that_is_none_is_refused_before_a_byte)
{
	static const char *const hosts[] = {NULL, "", ".", "..", ".lab.test", "lab..test", "lab.test..",
	    "lab.test\r\nMAIL FROM", "lab.test HTTP/1.1", "a\tb", "a\177", "[::1]", "::1%lo", "127.1",
	    "0x7f.1", "www.lab.test:443", "https://www.lab.test", "*.lab.test", "\xff.test",
	    "caf\xc3\xa9 .test"};

	if (_i >= (int)(sizeof(hosts) / sizeof(hosts[0])))
		return;
	serve(server(leaf));
	assert_refused(TLSW_ERR_HOSTNAME, hosts[_i]);
	ck_assert_uint_eq(report.raw_in, 0);
}
END_TEST

START_TEST(a_host_of_254_octets_is_refused_and_253_is_not_too_long)
{
	char host[256];
	int i;

	for (i = 0; i < 255; i++)
		host[i] = i % 50 == 49 ? '.' : 'a';
	host[253 + _i] = '\0';
	serve(server(leaf));
	assert_refused(_i == 0 ? TLSW_ERR_HOSTNAME_MISMATCH : TLSW_ERR_HOSTNAME, host);
}
END_TEST

/* wall: A01 */
START_TEST(without_anchors_nothing_is_sent)
{
	tls_context_free(ctx);
	ctx = tls_context_new();
	serve(server(leaf));
	assert_refused(TLSW_ERR_TRUST_STORE, "www.lab.test");
	ck_assert_uint_eq(report.raw_in, 0);
}
END_TEST

START_TEST(octets_that_come_first_are_an_injection)
{
	static const struct peer_step script[] = {PEER_SEND("220 mail.example.org ESMTP\r\n"), PEER_DRAIN, PEER_END};
	struct peer_options options = server(leaf);
	struct pollfd p;

	options.script = script;
	serve(options);
	p = (struct pollfd){.fd = fd, .events = POLLIN};
	ck_assert_int_eq(poll(&p, 1, 5000), 1);
	assert_refused(TLSW_ERR_PLAINTEXT, "www.lab.test");
	ck_assert_uint_eq(report.raw_in, 0);
	ck_assert_ptr_nonnull(strstr(tls_last_error()->message,
	    "server answered \"220 mail.example.org ESMTP\": it speaks plain SMTP here, use STARTTLS"));
}
END_TEST

/* Behind TCP's urgent mark (RFC 9293 section 3.8.5) the system counts nothing that waits. */
START_TEST(octets_behind_an_urgent_one_are_an_injection)
{
	struct sockaddr_in here = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(here);
	int listener = socket(AF_INET, SOCK_STREAM, 0), us = socket(AF_INET, SOCK_STREAM, 0), them;
	struct pollfd p = {.fd = us, .events = POLLIN};
	char octet;

	ck_assert_int_eq(bind(listener, (struct sockaddr *)&here, len), 0);
	ck_assert_int_eq(listen(listener, 1), 0);
	ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&here, &len), 0);
	ck_assert_int_eq(connect(us, (struct sockaddr *)&here, len), 0);
	them = accept(listener, NULL, NULL);
	ck_assert_int_eq(send(them, "!", 1, MSG_OOB), 1);
	ck_assert_int_eq(send(them, "220 ESMTP\r\n", 11, 0), 11);
	ck_assert_int_eq(poll(&p, 1, 5000), 1);
	ck_assert_refused_null(tls_wrap(ctx, us, "www.lab.test"), TLSW_ERR_PLAINTEXT);
	ck_assert_int_eq(recv(them, &octet, 1, MSG_DONTWAIT), 0); /* nothing but the end */
	(void)close(us);
	(void)close(them);
	(void)close(listener);
}
END_TEST

/* wall: A26: the name comes from the caller, never from what a server says of itself */
START_TEST(a_greeting_names_nobody)
{
	static const struct peer_step script[] = {PEER_SEND("220 evil.test ESMTP\r\n"), PEER_HANDSHAKE,
	    PEER_DRAIN, PEER_END};
	struct pki *evil = pki_leaf(ca, "evil.test");
	struct peer_options options = server(evil);
	char greeting[32];

	options.script = script;
	serve(options);
	ck_assert_int_eq(recv(fd, greeting, 21, MSG_WAITALL), 21);
	assert_refused(TLSW_ERR_HOSTNAME_MISMATCH, "www.lab.test");
	pki_free(evil);
}
END_TEST

START_TEST(octets_read_behind_the_go_ahead_are_an_injection)
{
	serve(server(leaf));
	ck_assert_refused_null(tls_wrap_upgrade(ctx, fd, "www.lab.test", 1), TLSW_ERR_PLAINTEXT);
	assert_open_and_shut();
	collect();
	ck_assert_uint_eq(report.raw_in, 0);
}
END_TEST

START_TEST(an_upgrade_with_nothing_unread_is_a_wrap)
{
	tls_socket *s;

	serve(server(leaf));
	s = tls_wrap_upgrade(ctx, fd, "www.lab.test", 0);
	ck_assert_works(s != NULL);
	ck_assert_int_eq(tls_socket_close(s), 0);
	collect();
}
END_TEST

/* ------------------------------------------------------------ not what it should be */

static void
serve_script(const struct peer_step *script)
{
	struct peer_options options = server(leaf);

	options.script = script;
	serve(options);
}

START_TEST(a_plaintext_answer_is_quoted)
{
	static const struct peer_step script[] = {PEER_HELLO,
	    PEER_SEND("HTTP/1.1 400 Bad \033[31mRequest\r\nServer: x\r\n"), PEER_DRAIN, PEER_END};

	serve_script(script);
	assert_refused(TLSW_ERR_NOT_TLS, "www.lab.test");
	ck_assert_ptr_nonnull(strstr(tls_last_error()->message, "HTTP/1.1 400 Bad \\x1b[31mRequest\""));
	ck_assert_ptr_nonnull(strstr(tls_last_error()->message, "plain HTTP"));
}
END_TEST

START_TEST(an_end_instead_of_an_answer_is_told)
{
	static const struct peer_step at_once[] = {PEER_FIN, PEER_DRAIN, PEER_END};
	static const struct peer_step after_hello[] = {PEER_HELLO, PEER_FIN, PEER_DRAIN, PEER_END};
	static const struct peer_step in_record[] = {PEER_HELLO, PEER_SEND("\026\003\003\0\100\002"),
	    PEER_FIN, PEER_DRAIN, PEER_END};
	static const struct peer_step close_notify[] = {PEER_HELLO, PEER_SEND("\025\003\003\0\002\001\0"),
	    PEER_DRAIN, PEER_END};
	static const struct peer_step *const scripts[] = {at_once, after_hello, in_record, close_notify};

	serve_script(scripts[_i]);
	assert_refused(TLSW_ERR_TRUNCATED, "www.lab.test");
}
END_TEST

START_TEST(a_reset_is_a_system_error)
{
	static const struct peer_step script[] = {PEER_HELLO, PEER_RESET, PEER_END};

	serve_script(script);
	ck_assert_refused_null(tls_wrap(ctx, fd, "www.lab.test"), TLSW_ERR_SYSTEM);
	ck_assert_int_eq(tls_last_error()->os_errno, ECONNRESET);
	collect();
}
END_TEST

/* wall: K12 */
START_TEST(an_alert_is_told_by_number)
{
	static const struct peer_step known[] = {PEER_HELLO, PEER_SEND("\025\003\003\0\002\002\050"),
	    PEER_DRAIN, PEER_END};
	static const struct peer_step unknown[] = {PEER_HELLO, PEER_SEND("\025\003\003\0\002\002\310"),
	    PEER_DRAIN, PEER_END};

	serve_script(_i == 0 ? known : unknown);
	assert_refused(TLSW_ERR_ALERT, "www.lab.test");
	ck_assert_int_eq(tls_last_error()->alert, _i == 0 ? 40 : 200);
	ck_assert_ptr_nonnull(strstr(tls_last_error()->message, _i == 0 ? "alert 40" : "alert 200"));
}
END_TEST

/* ------------------------------------------------------------------- deadlines */

static long
elapsed_ms(const struct timespec *since)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - since->tv_sec) * 1000 + (now.tv_nsec - since->tv_nsec) / 1000000;
}

enum { BLOCKING, NON_BLOCKING, WITH_RCVTIMEO, TRICKLING };

/* wall: J08, I09 */
START_TEST(a_silent_server_ends_at_the_deadline)
{
	static const struct peer_step silent[] = {PEER_DRAIN, PEER_END};
	static const struct peer_step trickle[] = {PEER_TRICKLE(1, 20), PEER_HANDSHAKE, PEER_DRAIN, PEER_END};
	const struct timeval short_wait = {0, 200000};
	struct timespec start;
	clock_t cpu;

	ck_assert_works(tls_context_set_handshake_timeout(ctx, _i == WITH_RCVTIMEO ? 10000 : 200) == 0);
	serve_script(_i == TRICKLING ? trickle : silent);
	if (_i == NON_BLOCKING)
		ck_assert_int_eq(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK), 0);
	if (_i == WITH_RCVTIMEO)
		ck_assert_int_eq(
		    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &short_wait, sizeof(short_wait)), 0);
	(void)clock_gettime(CLOCK_MONOTONIC, &start);
	cpu = clock();
	assert_refused(TLSW_ERR_TIMEOUT, "www.lab.test");
	cpu = clock() - cpu;
	ck_assert_int_ge(elapsed_ms(&start), 190);
	ck_assert_int_lt(elapsed_ms(&start), 5000);
	ck_assert_int_lt(cpu, CLOCKS_PER_SEC / 10); /* it waited, it did not spin */
}
END_TEST

/* Who waits by himself meets it as well, whatever has come by then. */
START_TEST(an_event_loop_meets_the_deadline)
{
	static const struct peer_step late[] = {PEER_HELLO, PEER_SLEEP(200),
	    PEER_SEND("\026\003\003\0\100\002"), PEER_DRAIN, PEER_END};
	struct pollfd p;
	tls_socket *s;

	ck_assert_works(tls_context_set_handshake_timeout(ctx, 50) == 0);
	serve_script(late);
	ck_assert_int_eq(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK), 0);
	s = tls_wrap_start(ctx, fd, "www.lab.test");
	ck_assert_works(s != NULL);
	ck_assert_int_eq(tls_socket_handshake(s), TLSW_WANT_READ);
	p = (struct pollfd){.fd = fd, .events = POLLIN};
	ck_assert_int_eq(poll(&p, 1, 10000), 1);
	ck_assert_int_eq(tls_socket_time_left(s), 0);
	ck_assert_refused(tls_socket_handshake(s), TLSW_ERR_TIMEOUT);
	assert_open_and_shut();
	tls_socket_free(s);
	collect();
}
END_TEST

/* --------------------------------------------------------------------- descriptors */

START_TEST(what_is_no_connected_stream_socket_is_refused)
{
	static const enum tlsw_error codes[] = {TLSW_ERR_USAGE, TLSW_ERR_USAGE, TLSW_ERR_SYSTEM,
	    TLSW_ERR_USAGE, TLSW_ERR_USAGE, TLSW_ERR_USAGE, TLSW_ERR_USAGE};
	int pair[2] = {-1, -1};

	fd = -1;
	if (_i == 1)
		fd = -99;
	if (_i == 2 || _i == 3)
		ck_assert_int_eq(pipe(pair), 0);
	if (_i == 2)
		(void)close(pair[0]);
	if (_i == 2 || _i == 3)
		fd = pair[0];
	if (_i == 4)
		fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (_i >= 5)
		fd = socket(AF_INET, SOCK_STREAM, 0);
	if (_i == 6)
		ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_refused_null(tls_wrap(ctx, fd, "www.lab.test"), codes[_i]);
	if (_i == 2)
		ck_assert_int_eq(tls_last_error()->os_errno, EBADF);
	if (_i > 2)
		ck_assert_int_ne(fcntl(fd, F_GETFD), -1);
	if (_i > 2)
		(void)close(fd);
	(void)close(pair[1]);
}
END_TEST

START_TEST(the_descriptor_is_shut_down_whatever_the_mistake)
{
	static const struct { const char *host; enum tlsw_error code; } rows[] = {
	    {"", TLSW_ERR_HOSTNAME}, {NULL, TLSW_ERR_HOSTNAME}};
	int pair[2];
	char c;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	ck_assert_refused_null(tls_wrap(ctx, pair[0], rows[_i].host), rows[_i].code);
	ck_assert_int_eq(recv(pair[1], &c, 1, 0), 0);
	(void)close(pair[0]);
	(void)close(pair[1]);
}
END_TEST

/* ---------------------------------------------------------------------- policy */

/* wall: A06 */
START_TEST(verify_mode_and_check_hostname_are_independent)
{
	/* bit 0: verify, bit 1: check the name; server: good, wrong host, unknown CA */
	static const bool accepts[4][3] = {{true, true, true}, {true, true, false}, {false, false, false},
	    {true, false, false}};
	const int mode = _i / 3, kind = _i % 3;
	struct pki *stranger = pki_ca("Stranger CA");
	struct pki *cert = kind == 0 ? pki_leaf(ca, "www.lab.test")
	    : kind == 1              ? pki_leaf(ca, "evil.test")
	                             : pki_leaf(stranger, "www.lab.test");
	tls_socket *s;

	ck_assert_works(tls_context_set_check_hostname(ctx, false) == 0);
	if ((mode & 1) == 0)
		ck_assert_works(tls_context_set_verify_mode(ctx, TLSW_CERT_NONE) == 0);
	if (mode == 2) { /* no such policy: the name check raises the mode again */
		ck_assert_works(tls_context_set_check_hostname(ctx, true) == 0);
		ck_assert_int_eq(tls_context_get_verify_mode(ctx), TLSW_CERT_REQUIRED);
		ck_assert_refused(tls_context_set_verify_mode(ctx, TLSW_CERT_NONE), TLSW_ERR_USAGE);
	}
	if (mode == 3)
		ck_assert_works(tls_context_set_check_hostname(ctx, true) == 0);
	serve(server(cert));
	s = tls_wrap(ctx, fd, "www.lab.test");
	ck_assert_int_eq(s != NULL, accepts[mode == 2 ? 3 : mode][kind]);
	if (s != NULL) {
		ck_assert_int_eq(tls_socket_verified(s), kind == 0);
		ck_assert_int_eq(tls_socket_reasons(s) == 0, kind == 0);
	}
	(void)tls_socket_close(s);
	collect();
	pki_free(cert);
	pki_free(stranger);
}
END_TEST

/* wall: A23: looked at or not, a chain that is too long is never a good one */
START_TEST(a_chain_that_is_too_long_is_none_in_either_mode)
{
	STACK_OF(X509) *chain = sk_X509_new_null();
	struct pki *issuer = pki_ca("CA 0"), *below, *cert;
	struct peer_options options;
	tls_socket *s;
	char name[16];
	int i;

	tls_context_free(ctx);
	ctx = tls_context_new();
	ck_assert_works(tls_context_load_ca_mem(ctx, pki_pem(issuer), strlen(pki_pem(issuer))) == 1);
	for (i = 1; i <= 120; i++, issuer = below) {
		(void)snprintf(name, sizeof(name), "CA %d", i);
		below = pki_intermediate(issuer, name);
		ck_assert(X509_up_ref(pki_x509(below)) == 1 && sk_X509_unshift(chain, pki_x509(below)) > 0);
		pki_free(issuer);
	}
	cert = pki_leaf(issuer, "www.lab.test");
	options = server(cert);
	options.chain = chain;
	if (_i == 1) {
		ck_assert_works(tls_context_set_check_hostname(ctx, false) == 0);
		ck_assert_works(tls_context_set_verify_mode(ctx, TLSW_CERT_NONE) == 0);
	}
	serve(options);
	if (_i == 0) {
		assert_refused(TLSW_ERR_CERTIFICATE, "www.lab.test");
	} else {
		s = tls_wrap(ctx, fd, "www.lab.test");
		ck_assert_works(s != NULL);
		ck_assert(!tls_socket_verified(s));
		ck_assert_uint_ne(tls_socket_reasons(s), 0);
		tls_socket_free(s);
		collect();
	}
	pki_free(cert);
	pki_free(issuer);
	sk_X509_pop_free(chain, X509_free);
}
END_TEST

/* wall: D08: asked for, the common name counts where nothing else names the server */
START_TEST(a_common_name_counts_when_asked_for_and_alone)
{
	static const struct { struct pki_name san[2]; bool asked, accepted; } rows[] = {
	    {{{0, NULL, 0}}, true, true}, {{{0, NULL, 0}}, false, false}, {{PKI_EMAIL("a@lab.test")}, true, true},
	    {{PKI_DNS("mail.lab.test")}, true, false}, {{PKI_IP("127.0.0.1")}, true, false},
	    {{PKI_URI("https://mail.lab.test")}, true, false}, {{PKI_SRV("_imap.lab.test")}, true, false}};
	struct pki *c = pki_make(.issuer = ca, .cn = "www.lab.test",
	    .san = rows[_i].san[0].at == NULL ? NULL : rows[_i].san);

	ck_assert_works(tls_context_set_hostname_checks_common_name(ctx, rows[_i].asked) == 0);
	serve(server(c));
	if (rows[_i].accepted) {
		tls_socket *s = tls_wrap(ctx, fd, "www.lab.test");

		ck_assert_works(s != NULL);
		ck_assert_str_eq(tls_socket_matched_name(s), "www.lab.test");
		ck_assert_int_eq(tls_socket_close(s), 0);
		collect();
	} else {
		assert_refused(TLSW_ERR_HOSTNAME_MISMATCH, "www.lab.test");
	}
	pki_free(c);
}
END_TEST

START_TEST(without_name_check_the_host_may_be_null)
{
	tls_socket *s;

	ck_assert_works(tls_context_set_check_hostname(ctx, false) == 0);
	serve(server(leaf));
	s = tls_wrap(ctx, fd, NULL);
	ck_assert_works(s != NULL);
	ck_assert(!tls_socket_verified(s));
	ck_assert_ptr_null(tls_socket_matched_name(s));
	ck_assert_int_eq(tls_socket_close(s), 0);
	collect();
	ck_assert(!report.sni_sent);
}
END_TEST

/* wall: K15, I12 */
START_TEST(alpn_decides_when_it_is_required)
{
	static const char *const offer[] = {"imap", "http/1.1"};
	static const struct { enum peer_alpn mode; const char *name; bool required, accepted; } rows[] = {
	    {PEER_ALPN_PICK, "http/1.1", true, true}, {PEER_ALPN_PICK, "imap", false, true},
	    {PEER_ALPN_IGNORE, NULL, true, false}, {PEER_ALPN_IGNORE, NULL, false, true},
	    {PEER_ALPN_FORCE, "h2", true, false}, {PEER_ALPN_FORCE, "h2", false, false}};
	struct peer_options options = server(leaf);
	tls_socket *s;

	ck_assert_works(tls_context_set_alpn(ctx, offer, 2, rows[_i].required) == 0);
	options.alpn_mode = rows[_i].mode;
	options.alpn = rows[_i].name;
	serve(options);
	if (rows[_i].accepted) {
		s = tls_wrap(ctx, fd, "www.lab.test");
		ck_assert_works(s != NULL);
		if (rows[_i].name == NULL)
			ck_assert_ptr_null(tls_socket_alpn(s));
		else
			ck_assert_str_eq(tls_socket_alpn(s), rows[_i].name);
		ck_assert_int_eq(tls_socket_close(s), 0);
	} else {
		ck_assert_refused_null(tls_wrap(ctx, fd, "www.lab.test"), TLSW_ERR_PROTOCOL);
		assert_open_and_shut();
	}
	collect();
	ck_assert_str_eq(report.alpn, "imap,http/1.1");
	ck_assert_uint_eq(report.data_in, 0);
}
END_TEST

START_TEST(one_more_host_may_answer)
{
	static const struct { const char *also; bool accepted; } rows[] = {
	    {"www.lab.test", true}, {"other.lab.test", false}};
	tls_socket *s;
	int n;

	serve(server(leaf));
	s = tls_wrap_start(ctx, fd, "mail.lab.test");
	ck_assert_works(s != NULL);
	ck_assert_works(tls_socket_add_hostname(s, rows[_i].also) == 0);
	ck_assert_refused(tls_socket_add_hostname(s, "a..b"), TLSW_ERR_HOSTNAME);
	n = tls_socket_handshake(s);
	ck_assert_int_eq(n, rows[_i].accepted ? 0 : -1);
	if (!rows[_i].accepted)
		ck_assert_int_eq(tls_socket_error(s)->code, TLSW_ERR_HOSTNAME_MISMATCH);
	ck_assert_refused(tls_socket_add_hostname(s, "late.lab.test"), TLSW_ERR_USAGE);
	tls_socket_free(s);
	collect();
	ck_assert_str_eq(report.sni, "mail.lab.test");
}
END_TEST

START_TEST(a_service_may_answer)
{
	struct pki *c = pki_make(.issuer = ca, .san = PKI_NAMES(PKI_SRV("_imap.lab.test")));
	tls_socket *s;

	serve(server(c));
	s = tls_wrap_start(ctx, fd, "lab.test");
	ck_assert_works(s != NULL);
	ck_assert_refused(tls_socket_set_service(s, "_imap"), TLSW_ERR_USAGE);
	ck_assert_refused(tls_socket_set_service(s, ""), TLSW_ERR_USAGE);
	ck_assert_works(tls_socket_set_service(s, _i == 0 ? "imap" : "smtp") == 0);
	ck_assert_int_eq(tls_socket_handshake(s), _i == 0 ? 0 : -1);
	if (_i == 0)
		ck_assert_str_eq(tls_socket_matched_name(s), "_imap.lab.test");
	tls_socket_free(s);
	collect();
	pki_free(c);
}
END_TEST

/* wall: F01 */
START_TEST(constraints_bind_the_host_that_was_asked_for)
{
	struct pki *sub = pki_make(.cn = "Constrained", .issuer = ca, .basic = PKI_CA,
	    .excluded = PKI_NAMES(PKI_DNS("www.lab.test")));
	struct pki *c = pki_make(.issuer = sub, .san = PKI_NAMES(PKI_DNS("*.lab.test")));
	STACK_OF(X509) *chain = pki_stack(PKI_LIST(sub));
	struct peer_options options = server(c);

	options.chain = chain;
	serve(options);
	assert_refused(TLSW_ERR_CERTIFICATE, "www.lab.test");
	ck_assert_uint_eq(tls_last_error()->reasons & TLSW_REASON_CONSTRAINT, TLSW_REASON_CONSTRAINT);
	sk_X509_pop_free(chain, X509_free);
	pki_free(c);
	pki_free(sub);
}
END_TEST

/* The DER of URLs that lead to that port, each behind what stands in front of it. */
static size_t
url_list(unsigned char *der, const char *front, size_t front_len, int urls, int port)
{
	char url[24];
	size_t len = 0;

	ck_assert_int_eq(snprintf(url, sizeof(url), "http://127.0.0.1:%05d/", port), 23);
	while (urls-- > 0) {
		memcpy(der + len, front, front_len);
		memcpy(der + len + front_len, url, 23);
		len += front_len + 23;
		front += front_len;
		front_len = 14; /* of a further one */
	}
	return len;
}

#define ACCESS "\x30\x4a\x30\x23\x06\x08\x2b\x06\x01\x05\x05\x07\x30\x02\x86\x17" \
	       "\x30\x23\x06\x08\x2b\x06\x01\x05\x05\x07\x30\x01\x86\x17"
#define POINTS "\x30\x1f\x30\x1d\xa0\x1b\xa0\x19\x86\x17"

/* wall: G08: neither a missing issuer, nor a list, nor a status is fetched from where a certificate says */
START_TEST(nothing_is_fetched)
{
	int port, listener = peer_listen(false, &port);
	unsigned char access[80], points[40];
	const struct pki_extension extra[] = {
	    {"1.3.6.1.5.5.7.1.1", false, access, url_list(access, ACCESS, 16, 2, port)},
	    {"2.5.29.31", false, points, url_list(points, POINTS, 10, 1, port)}, {NULL, false, NULL, 0}};
	struct pki *sub = pki_intermediate(ca, "Missing CA"), *cert;
	STACK_OF(OPENSSL_STRING) *urls;
	CRL_DIST_POINTS *lists;
	struct pollfd p = {.fd = listener, .events = POLLIN};

	ck_assert_int_ge(listener, 0);
	cert = pki_make(.issuer = sub, .san = PKI_NAMES(PKI_DNS("www.lab.test")), .extra = extra, .must_staple = true);
	urls = X509_get1_ocsp(pki_x509(cert));
	ck_assert_int_eq(sk_OPENSSL_STRING_num(urls), 1);
	X509_email_free(urls);
	lists = X509_get_ext_d2i(pki_x509(cert), NID_crl_distribution_points, NULL, NULL);
	ck_assert_int_eq(sk_DIST_POINT_num(lists), 1);
	CRL_DIST_POINTS_free(lists);
	ck_assert_works(tls_context_set_verify_flags(ctx, TLSW_VERIFY_CRL_LEAF) == 0);
	ck_assert_works(tls_context_set_ocsp(ctx, TLSW_OCSP_REQUIRED) == 0);
	serve(server(cert));
	assert_refused(TLSW_ERR_CERTIFICATE, "www.lab.test");
	ck_assert_int_eq(poll(&p, 1, 0), 0);
	(void)close(listener);
	pki_free(cert);
	pki_free(sub);
}
END_TEST

/* ---------------------------------------------------------- no process-wide effects */

/* wall: J06 */
START_TEST(the_error_queue_is_left_as_found)
{
	tls_socket *s;
	char buf[4];
	const char *data;
	int flags, i;

	serve(server(leaf));
	ERR_raise_data(ERR_LIB_USER, 42, "mine %d", 1);
	ERR_raise(ERR_LIB_USER, 43);
	s = tls_wrap(ctx, fd, "www.lab.test");
	ck_assert_works(s != NULL);
	ck_assert_int_eq(tls_socket_write(s, "ping", 4), 4);
	ck_assert_int_eq(tls_socket_read(s, buf, 4), 4);
	ck_assert_int_eq(tls_socket_close(s), 0);
	collect();
	for (i = 0; i < 2; i++) {
		serve(server(leaf));
		ck_assert_refused_null(tls_wrap(ctx, fd, i == 0 ? "evil.test" : ""),
		    i == 0 ? TLSW_ERR_HOSTNAME_MISMATCH : TLSW_ERR_HOSTNAME);
		collect();
	}
	ck_assert_int_eq(ERR_GET_REASON(ERR_get_error_all(NULL, NULL, NULL, &data, &flags)), 42);
	ck_assert_str_eq(data, "mine 1");
	ck_assert_int_eq(ERR_GET_REASON(ERR_get_error()), 43);
	ck_assert_uint_eq(ERR_get_error(), 0);
}
END_TEST

/* wall: J07 */
START_TEST(sigpipe_never_ends_the_process)
{
	static const struct peer_step script[] = {PEER_HANDSHAKE, PEER_RESET, PEER_END};
	struct sigaction before, after;
	struct pollfd p;
	tls_socket *s;
	int i;

	(void)signal(SIGPIPE, SIG_DFL);
	ck_assert_int_eq(sigaction(SIGPIPE, NULL, &before), 0);
	serve_script(script);
	s = tls_wrap(ctx, fd, "www.lab.test");
	if (s != NULL) {
		p = (struct pollfd){.fd = fd, .events = POLLIN};
		(void)poll(&p, 1, 2000);
		for (i = 0; i < 3; i++)
			(void)tls_socket_write(s, "hello", 5);
		(void)tls_socket_shutdown(s);
	}
	(void)tls_socket_close(s);
	collect();
	ck_assert_int_eq(sigaction(SIGPIPE, NULL, &after), 0);
	ck_assert(before.sa_handler == after.sa_handler);
}
END_TEST

/* wall: M06: certificates that expand before any check are not asked for, where OpenSSL could */
START_TEST(compressed_certificates_are_not_asked_for)
{
	uint64_t options = SSL_CTX_get_options(tls_context_native(ctx));

	ck_assert_uint_eq(options & SSL_OP_NO_COMPRESSION, SSL_OP_NO_COMPRESSION);
#ifdef SSL_OP_NO_RX_CERTIFICATE_COMPRESSION
	ck_assert_uint_ne(options & SSL_OP_NO_RX_CERTIFICATE_COMPRESSION, 0);
#endif
}
END_TEST

/* An SSL that nobody judges refuses, also one made past this library. */
START_TEST(an_ssl_without_a_judge_refuses_every_peer)
{
	SSL *ssl;

	serve(server(leaf));
	ssl = SSL_new(tls_context_native(ctx));
	ck_assert_int_eq(SSL_set_fd(ssl, fd), 1);
	ck_assert_int_ne(SSL_connect(ssl), 1);
	SSL_free(ssl);
	ERR_clear_error();
	collect();
	assert_server_got_nothing();
	ck_assert_refused(tls_context_set_check_hostname(ctx, false), TLSW_ERR_USAGE);
}
END_TEST

static int
accept_all(int ok, X509_STORE_CTX *x)
{
	(void)ok;
	(void)x;
	return 1;
}

static int
accept_chain(X509_STORE_CTX *x, void *arg)
{
	(void)arg;
	X509_STORE_CTX_set_error(x, X509_V_OK);
	return 1;
}

/* wall: A08, A13, A14 */
START_TEST(the_gate_stays_shut_when_the_verdict_was_skipped)
{
	struct pki *wrong = pki_leaf(ca, "evil.test");
	SSL_CTX *native = tls_context_native(ctx);

	SSL_CTX_set_verify(native, _i == 0 ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, accept_all);
	if (_i > 0)
		SSL_CTX_set_cert_verify_callback(native, accept_chain, NULL);
	serve(server(wrong));
	ck_assert_ptr_null(tls_wrap(ctx, fd, "www.lab.test"));
	assert_open_and_shut();
	collect();
	ck_assert_uint_eq(report.data_in, 0);
	pki_free(wrong);
}
END_TEST

static void
add_refused(Suite *suite)
{
	TCase *t = tcase_create("refused");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, a_wrong_server_is_refused_before_anything_leaves, 0,
	    2 * (int)(sizeof(refusals) / sizeof(refusals[0])));
	tcase_add_test(t, another_address_is_refused);
	tcase_add_test(t, every_connection_is_verified);
	tcase_add_loop_test(t, a_host_that_is_none_is_refused_before_a_byte, 0, 20);
	tcase_add_loop_test(t, a_host_of_254_octets_is_refused_and_253_is_not_too_long, 0, 2);
	tcase_add_test(t, without_anchors_nothing_is_sent);
	tcase_add_test(t, octets_that_come_first_are_an_injection);
	tcase_add_test(t, octets_behind_an_urgent_one_are_an_injection);
	tcase_add_test(t, a_greeting_names_nobody);
	tcase_add_test(t, octets_read_behind_the_go_ahead_are_an_injection);
	tcase_add_test(t, an_upgrade_with_nothing_unread_is_a_wrap);
	tcase_add_test(t, a_plaintext_answer_is_quoted);
	tcase_add_loop_test(t, an_end_instead_of_an_answer_is_told, 0, 4);
	tcase_add_test(t, a_reset_is_a_system_error);
	tcase_add_loop_test(t, an_alert_is_told_by_number, 0, 2);
	tcase_add_loop_test(t, a_silent_server_ends_at_the_deadline, 0, 4);
	tcase_add_test(t, an_event_loop_meets_the_deadline);
	tcase_add_loop_test(t, what_is_no_connected_stream_socket_is_refused, 0, 7);
	tcase_add_loop_test(t, the_descriptor_is_shut_down_whatever_the_mistake, 0, 2);
	suite_add_tcase(suite, t);
}

static void
add_policy(Suite *suite)
{
	TCase *t = tcase_create("policy");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, verify_mode_and_check_hostname_are_independent, 0, 12);
	tcase_add_loop_test(t, a_chain_that_is_too_long_is_none_in_either_mode, 0, 2);
	tcase_add_loop_test(t, a_common_name_counts_when_asked_for_and_alone, 0, 7);
	tcase_add_test(t, without_name_check_the_host_may_be_null);
	tcase_add_loop_test(t, alpn_decides_when_it_is_required, 0, 6);
	tcase_add_loop_test(t, one_more_host_may_answer, 0, 2);
	tcase_add_loop_test(t, a_service_may_answer, 0, 2);
	tcase_add_test(t, constraints_bind_the_host_that_was_asked_for);
	tcase_add_test(t, nothing_is_fetched);
	tcase_add_test(t, the_error_queue_is_left_as_found);
	tcase_add_test(t, sigpipe_never_ends_the_process);
	tcase_add_test(t, compressed_certificates_are_not_asked_for);
	tcase_add_test(t, an_ssl_without_a_judge_refuses_every_peer);
	tcase_add_loop_test(t, the_gate_stays_shut_when_the_verdict_was_skipped, 0, 2);
	suite_add_tcase(suite, t);
}

int
main(void)
{
	Suite *suite = suite_create("wrap");
	TCase *t = tcase_create("accepted");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, the_right_host_is_accepted, 0, 2);
	tcase_add_test(t, a_trailing_dot_is_sent_and_matched_without);
	tcase_add_loop_test(t, an_address_is_matched_as_an_address_and_sends_no_sni, 0, 3);
	tcase_add_test(t, any_stream_socket_will_do);
	tcase_add_test(t, a_non_blocking_descriptor_stays_so_and_is_waited_for);
	tcase_add_test(t, an_event_loop_drives_the_handshake);
	suite_add_tcase(suite, t);
	add_refused(suite);
	add_policy(suite);
	return support_run(suite);
}
