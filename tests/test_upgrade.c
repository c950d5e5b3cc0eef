/*
 * From plaintext to TLS and no way back: whole connections, against a server
 * that plays a dialogue of starttls_scripts.h and then speaks TLS, or does not.
 *
 * SPDX-License-Identifier: ISC
 */
#include "support/support.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>

#include "clock.h"
#include "starttls_player.h"
#include "support/peer.h"
#include "support/pki.h"

#define HOST "mail.example.org"

/* ------------------------------------------------------------------- the scene */

static struct pki *ca, *leaf;
static struct peer peer;
static struct peer_report report;
static tls_context *ctx;
static int fd;

static void
setup(void)
{
	ca = pki_ca("Test CA");
	leaf = pki_leaf(ca, HOST);
	ctx = tls_context_new();
	ck_assert_works(ctx != NULL);
	ck_assert_works(tls_context_load_ca_mem(ctx, pki_pem(ca), strlen(pki_pem(ca))) == 1);
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

#define PLAY(dialogue) STARTTLS_PLAY(dialogue)
#define SCRIPT(...) ((const struct peer_step[]){__VA_ARGS__, PEER_END})

static void
serve_as(const struct pki *cert, const struct peer_step *script)
{
	static struct peer_options options;

	options =
	    (struct peer_options){.cert = pki_x509(cert), .key = pki_key(cert), .script = script};
	ck_assert_int_eq(peer_start(&peer, &options), 0);
	fd = peer_connect(&peer);
	ck_assert_int_ge(fd, 0);
}

static void
serve(const struct peer_step *script)
{
	serve_as(leaf, script);
}

static void
collect(void)
{
	(void)close(fd);
	ck_assert_int_eq(peer_wait(&peer, &report), 0);
	peer_stop(&peer);
}

/* A failure leaves the descriptor open, shut down both ways, and the server without data. */
static void
assert_open_and_shut(void)
{
	ck_assert_int_ne(fcntl(fd, F_GETFD), -1);
	ck_assert_int_eq(send(fd, "x", 1, MSG_NOSIGNAL), -1);
	ck_assert(errno == EPIPE || errno == ECONNRESET);
	collect();
	ck_assert(!report.handshake);
	ck_assert_uint_eq(report.data_in, 0);
}

#define assert_refused(protocol, code)                                               \
	do {                                                                         \
		ck_assert_refused_null(tls_starttls(ctx, fd, protocol, HOST), code); \
		assert_open_and_shut();                                              \
	} while (0)

/* The connection is TLS, and the caller's. */
static void
assert_echo(tls_socket *s)
{
	char buf[8];

	ck_assert_str_eq(tls_socket_matched_name(s), HOST);
	ck_assert_int_eq(tls_socket_write(s, "ping", 4), 4);
	ck_assert_int_eq(tls_socket_read(s, buf, sizeof(buf)), 4);
	ck_assert_mem_eq(buf, "ping", 4);
	ck_assert_int_eq(tls_socket_close(s), 0);
	collect();
	ck_assert_str_eq(report.error, "");
	ck_assert(report.handshake && report.close_notify);
	ck_assert_str_eq(report.sni, HOST);
	ck_assert_str_eq(report.alpn, ""); /* not unless the context asks */
}

/* ------------------------------------------------------------------- successes */

/* lab: S01, S28 */
START_TEST(every_protocol_leads_to_a_verified_socket)
{
	tls_socket *s;

	serve(SCRIPT(PLAY(&good[_i]), PEER_HANDSHAKE, PEER_ECHO));
	s = tls_starttls(ctx, fd, good[_i].protocol, HOST);
	ck_assert_works(s != NULL);
	assert_echo(s);
}
END_TEST

/* lab: S35: the dialogue and the handshake in pieces of one octet */
START_TEST(a_slow_server_is_waited_for)
{
	tls_socket *s;

	serve(SCRIPT(PEER_TRICKLE(1, 0), PLAY(&good[_i]), PEER_HANDSHAKE, PEER_ECHO));
	s = tls_starttls(ctx, fd, good[_i].protocol, HOST);
	ck_assert_works(s != NULL);
	assert_echo(s);
}
END_TEST

static void
set_nonblocking(void)
{
	ck_assert_int_eq(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK), 0);
}

START_TEST(a_nonblocking_descriptor_is_waited_for)
{
	tls_socket *s;

	serve(SCRIPT(PLAY(&good[TLSW_IMAP]), PEER_HANDSHAKE, PEER_ECHO));
	set_nonblocking();
	s = tls_starttls(ctx, fd, TLSW_IMAP, HOST);
	ck_assert_works(s != NULL);
	ck_assert_int_ne(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	ck_assert_int_eq(fcntl(fd, F_SETFL, 0), 0);
	assert_echo(s);
}
END_TEST

static void
poll_socket(tls_socket *s)
{
	struct pollfd p = {.fd = fd, .events = tls_socket_events(s)};

	ck_assert_int_eq(poll(&p, 1, tls_socket_time_left(s)), 1);
}

/* Everything that could go wrong in between is refused and changes nothing. */
START_TEST(an_event_loop_drives_the_dialogue_then_the_handshake)
{
	const enum tlsw_protocol another = _i == 0 ? TLSW_LMTP : TLSW_SMTP;
	tls_socket *s;
	int rv, waits = 0;

	serve(SCRIPT(PEER_SLEEP(20), PLAY(&good[_i]), PEER_HANDSHAKE, PEER_ECHO));
	set_nonblocking();
	s = tls_wrap_start(ctx, fd, HOST);
	ck_assert_works(s != NULL);
	while ((rv = tls_socket_starttls(s, good[_i].protocol)) == TLSW_WANT_READ) {
		ck_assert_refused(tls_socket_handshake(s), TLSW_ERR_USAGE);
		ck_assert_refused(tls_socket_starttls(s, another), TLSW_ERR_USAGE);
		ck_assert_int_eq(tls_socket_read(s, &(char){0}, 1), -1);
		poll_socket(s);
		waits++;
	}
	ck_assert_works(rv == 0);
	ck_assert_int_gt(waits, 0);
	ck_assert_refused(tls_socket_starttls(s, good[_i].protocol), TLSW_ERR_USAGE);
	while ((rv = tls_socket_handshake(s)) != 0 && rv != -1)
		poll_socket(s);
	ck_assert_works(rv == 0);
	ck_assert_refused(tls_socket_starttls(s, good[_i].protocol), TLSW_ERR_USAGE);
	ck_assert_int_eq(fcntl(fd, F_SETFL, 0), 0);
	assert_echo(s);
}
END_TEST

START_TEST(a_blocking_descriptor_never_wants)
{
	tls_socket *s;

	serve(SCRIPT(
	    PEER_SLEEP(20), PLAY(&good[TLSW_SMTP]), PEER_SLEEP(20), PEER_HANDSHAKE, PEER_ECHO));
	s = tls_wrap_start(ctx, fd, HOST);
	ck_assert_works(s != NULL);
	ck_assert_works(tls_socket_add_hostname(s, "example.org") == 0);
	ck_assert_works(tls_socket_starttls(s, TLSW_SMTP) == 0);
	/* One deadline: what the dialogue took is gone. */
	ck_assert_int_le(tls_socket_time_left(s), 30000 - 19);
	ck_assert_works(tls_socket_handshake(s) == 0);
	assert_echo(s);
}
END_TEST

/* -------------------------------------------------- what the certificate says */

/* lab: S02 */
START_TEST(a_good_dialogue_does_not_help_a_bad_certificate)
{
	const struct dialogue *d = &good[_i];
	struct pki *other = pki_ca("Other CA");
	struct pki *wrong = pki_leaf(ca, "www.example.org"), *untrusted = pki_leaf(other, HOST);
	struct pki *expired =
	    pki_make(.issuer = ca, .san = PKI_NAMES(PKI_DNS(HOST)), .not_after = -60);

	serve_as(wrong, SCRIPT(PLAY(d), PEER_HANDSHAKE));
	assert_refused(d->protocol, TLSW_ERR_HOSTNAME_MISMATCH);
	serve_as(untrusted, SCRIPT(PLAY(d), PEER_HANDSHAKE));
	assert_refused(d->protocol, TLSW_ERR_CERTIFICATE);
	ck_assert_uint_ne(tls_last_error()->reasons & TLSW_REASON_UNKNOWN_CA, 0);
	serve_as(expired, SCRIPT(PLAY(d), PEER_HANDSHAKE));
	assert_refused(d->protocol, TLSW_ERR_CERTIFICATE);
	ck_assert_uint_ne(tls_last_error()->reasons & TLSW_REASON_EXPIRED, 0);
	pki_free(expired);
	pki_free(untrusted);
	pki_free(wrong);
	pki_free(other);
}
END_TEST

/* ------------------------------------------------------------ in place of TLS */

/* Which of the two it is depends on whether it came before our ClientHello. */
static void
assert_no_tls(const struct dialogue *d)
{
	tls_error_clear();
	ck_assert_ptr_null(tls_starttls(ctx, fd, d->protocol, HOST));
	ck_assert_msg(tls_last_error()->code == TLSW_ERR_PLAINTEXT ||
			  tls_last_error()->code == TLSW_ERR_NOT_TLS,
	    "%s: %s: %s", d->label, tls_error_name(tls_last_error()->code),
	    tls_last_error()->message);
	ck_assert_ptr_nonnull(strstr(tls_last_error()->message, "250 injected"));
	assert_open_and_shut();
}

/* wall: I01; lab: S15: 1, 10 and 100 ms after the go-ahead */
static const long delays[] = {0, 1, 10, 100};

START_TEST(octets_between_the_go_ahead_and_tls_are_never_delivered)
{
	const struct dialogue *d = &good[_i % GOOD_DIALOGUES];
	const long ms = delays[_i / GOOD_DIALOGUES];

	serve(SCRIPT(
	    PLAY(d), PEER_SLEEP(ms), PEER_SEND("250 injected\r\n"), PEER_HANDSHAKE, PEER_ECHO));
	assert_no_tls(d);
}
END_TEST

/* lab: S23 */
START_TEST(a_reply_in_place_of_a_server_hello_is_no_tls)
{
	serve(SCRIPT(PLAY(&good[_i]), PEER_HELLO, PEER_SEND("250 injected\r\n")));
	assert_refused(good[_i].protocol, TLSW_ERR_NOT_TLS);
}
END_TEST

/* lab: S24 */
START_TEST(an_alert_in_place_of_a_server_hello_is_that_alert)
{
	serve(SCRIPT(PLAY(&good[_i]), PEER_HELLO, PEER_SEND("\x15\x03\x01\x00\x02\x02\x28")));
	assert_refused(good[_i].protocol, TLSW_ERR_ALERT);
	ck_assert_int_eq(tls_last_error()->alert, 40);
}
END_TEST

/* lab: S22 */
START_TEST(an_end_in_place_of_a_server_hello_is_an_error)
{
	serve(SCRIPT(PLAY(&good[_i]), PEER_HELLO, PEER_FIN));
	assert_refused(good[_i].protocol, TLSW_ERR_TRUNCATED);
}
END_TEST

/* ----------------------------------------------------------- failed dialogues */

static const struct dialogue refusing[] = {
    {"454", TLSW_SMTP,
	{{O(""), O("220 x\r\n")}, {O("EHLO [127.0.0.1]\r\n"), O("250-x\r\n250 STARTTLS\r\n")},
	    {O("STARTTLS\r\n"), O("454 4.7.0 TLS not available\r\n")}}},
    {"not offered", TLSW_POP3, {{O(""), O("+OK\r\n")}, {O("CAPA\r\n"), O("+OK\r\nUSER\r\n.\r\n")}}},
    {"N", TLSW_POSTGRES, {{O(PG_REQUEST), O("N")}}},
};

/* wall: I04, I08: nothing follows a refusal, and nothing can */
START_TEST(a_refusal_leaves_nothing_but_a_dead_descriptor)
{
	const struct dialogue *d = &refusing[_i];
	size_t i, said = 0;

	for (i = 0; i < TURNS; i++)
		said += d->turns[i].hears.len;
	serve(SCRIPT(PLAY(d), PEER_DRAIN));
	assert_refused(d->protocol, TLSW_ERR_STARTTLS);
	ck_assert_uint_eq(report.raw_in, said);
}
END_TEST

START_TEST(a_failed_dialogue_is_the_end_of_its_socket)
{
	tls_socket *s;

	serve(SCRIPT(PLAY(&refusing[0])));
	s = tls_wrap_start(ctx, fd, HOST);
	ck_assert_works(s != NULL);
	ck_assert_refused(tls_socket_starttls(s, TLSW_SMTP), TLSW_ERR_STARTTLS);
	ck_assert_int_eq(tls_socket_error(s)->code, TLSW_ERR_STARTTLS);
	ck_assert_str_eq(tls_socket_error(s)->message,
	    "server refused STARTTLS: \"454 4.7.0 TLS not available\"");
	ck_assert_refused(tls_socket_starttls(s, TLSW_SMTP), TLSW_ERR_STARTTLS);
	ck_assert_refused(tls_socket_starttls(s, TLSW_IMAP), TLSW_ERR_STARTTLS);
	ck_assert_refused(tls_socket_handshake(s), TLSW_ERR_STARTTLS);
	ck_assert_int_eq(tls_socket_fd(s), fd);
	tls_socket_free(s);
	assert_open_and_shut();
}
END_TEST

/* -------------------------------------------------------------------- deadlines */

/* wall: I09; lab: S20, S21: the dialogue, the handshake, and both together share one deadline */
static const struct {
	const char *label;
	const struct peer_step *script;
	const char *text;
} slow[] = {
    {"no greeting", SCRIPT(PEER_SLEEP(2000)), "waiting for the server's greeting"},
    {"no answer", SCRIPT(PEER_SEND("220 x\r\n"), PEER_SLEEP(2000)), "server's answer to EHLO"},
    {"a trickle", SCRIPT(PEER_TRICKLE(1, 20), PEER_REPEAT("220-x\r\n", 20)), "server's greeting"},
    {"no ServerHello", SCRIPT(PLAY(&good[TLSW_SMTP]), PEER_HELLO, PEER_SLEEP(2000)), ""},
    {"a trickled handshake", SCRIPT(PLAY(&good[TLSW_SMTP]), PEER_TRICKLE(1, 20), PEER_HANDSHAKE),
	""},
};

START_TEST(one_deadline_covers_everything)
{
	const tlsw__deadline soon = tlsw__deadline_in(150);

	ck_assert_works(tls_context_set_handshake_timeout(ctx, 150) == 0);
	serve(slow[_i].script);
	ck_assert_refused_null(tls_starttls(ctx, fd, TLSW_SMTP, HOST), TLSW_ERR_TIMEOUT);
	ck_assert_int_eq(tlsw__deadline_left(soon), 0);
	ck_assert_msg(strstr(tls_last_error()->message, slow[_i].text) != NULL, "%s: %s",
	    slow[_i].label, tls_last_error()->message);
	ck_assert_int_eq(send(fd, "x", 1, MSG_NOSIGNAL), -1);
	(void)close(fd);
	peer_stop(&peer);
}
END_TEST

/* Who waits by himself meets it as well, whatever has come by then. */
START_TEST(an_event_loop_meets_the_deadline)
{
	struct pollfd p;
	tls_socket *s;

	ck_assert_works(tls_context_set_handshake_timeout(ctx, 50) == 0);
	serve(SCRIPT(PEER_SLEEP(200), PEER_SEND("220 x\r\n"), PEER_DRAIN));
	ck_assert_int_eq(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK), 0);
	s = tls_wrap_start(ctx, fd, HOST);
	ck_assert_works(s != NULL);
	ck_assert_int_eq(tls_socket_starttls(s, TLSW_SMTP), TLSW_WANT_READ);
	p = (struct pollfd){.fd = fd, .events = POLLIN};
	ck_assert_int_eq(poll(&p, 1, 10000), 1);
	ck_assert_refused(tls_socket_starttls(s, TLSW_SMTP), TLSW_ERR_TIMEOUT);
	tls_socket_free(s);
	assert_open_and_shut();
}
END_TEST

/* A receive timeout on the descriptor counts as well. */
START_TEST(so_rcvtimeo_is_honoured)
{
	struct timeval tv = {0, 30000};

	serve(SCRIPT(PEER_SLEEP(2000)));
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)), 0);
	ck_assert_refused_null(tls_starttls(ctx, fd, TLSW_SMTP, HOST), TLSW_ERR_TIMEOUT);
	ck_assert_ptr_nonnull(strstr(tls_last_error()->message, "server's greeting"));
	(void)close(fd);
	peer_stop(&peer);
}
END_TEST

/* ------------------------------------------------------------------- bad input */

/* wall: I11; lab: S30 */
static const char *const bad_names[] = {NULL, "", "a b", "a\r\nMAIL FROM:<x>", "a'/>", "a..b"};

START_TEST(a_bad_name_is_refused_before_an_octet_is_sent)
{
	const enum tlsw_protocol protocol = (enum tlsw_protocol)(_i % GOOD_DIALOGUES);
	const char *name = bad_names[_i / GOOD_DIALOGUES];

	serve(SCRIPT(PEER_SEND("220 x\r\n"), PEER_DRAIN));
	ck_assert_refused_null(tls_starttls(ctx, fd, protocol, name), TLSW_ERR_HOSTNAME);
	assert_open_and_shut();
	ck_assert_uint_eq(report.raw_in, 0);
}
END_TEST

START_TEST(xmpp_needs_a_name_even_when_none_is_checked)
{
	tls_socket *s;

	ck_assert_works(tls_context_set_check_hostname(ctx, false) == 0);
	serve(SCRIPT(PEER_DRAIN));
	s = tls_wrap_start(ctx, fd, NULL);
	ck_assert_works(s != NULL);
	ck_assert_refused(tls_socket_starttls(s, TLSW_XMPP), TLSW_ERR_HOSTNAME);
	ck_assert_refused(tls_socket_handshake(s), TLSW_ERR_HOSTNAME);
	tls_socket_free(s);
	assert_open_and_shut();
	ck_assert_uint_eq(report.raw_in, 0);
}
END_TEST

START_TEST(an_unknown_protocol_is_refused)
{
	tls_socket *s;

	serve(SCRIPT(PEER_SEND("220 x\r\n"), PEER_DRAIN));
	ck_assert_refused_null(tls_starttls(ctx, fd, (enum tlsw_protocol)99, HOST), TLSW_ERR_USAGE);
	assert_open_and_shut();
	ck_assert_uint_eq(report.raw_in, 0);

	serve(SCRIPT(PLAY(&good[TLSW_SMTP]), PEER_HANDSHAKE, PEER_ECHO));
	s = tls_wrap_start(ctx, fd, HOST);
	ck_assert_works(s != NULL);
	ck_assert_refused(tls_socket_starttls(s, (enum tlsw_protocol) - 1), TLSW_ERR_USAGE);
	ck_assert_works(tls_socket_starttls(s, TLSW_SMTP) == 0); /* nothing had changed */
	ck_assert_works(tls_socket_handshake(s) == 0);
	assert_echo(s);
}
END_TEST

static ssize_t
no_read(void *arg, void *buf, size_t len)
{
	(void)arg, (void)buf, (void)len;
	errno = EAGAIN;
	return -1;
}

static ssize_t
no_write(void *arg, const void *buf, size_t len)
{
	(void)arg, (void)buf, (void)len;
	errno = EAGAIN;
	return -1;
}

START_TEST(what_has_no_descriptor_is_refused)
{
	const struct tls_transport transport = {sizeof(transport), no_read, no_write, NULL};
	tls_socket *s = tls_wrap_transport(ctx, &transport, NULL, HOST);
	int pipes[2];

	ck_assert_works(s != NULL);
	ck_assert_refused(tls_socket_starttls(s, TLSW_SMTP), TLSW_ERR_USAGE);
	tls_socket_free(s);
	ck_assert_refused(tls_socket_starttls(NULL, TLSW_SMTP), TLSW_ERR_USAGE);
	ck_assert_refused_null(tls_starttls(ctx, -1, TLSW_SMTP, HOST), TLSW_ERR_USAGE);
	ck_assert_int_eq(pipe(pipes), 0);
	ck_assert_refused_null(tls_starttls(ctx, pipes[0], TLSW_SMTP, HOST), TLSW_ERR_USAGE);
	(void)close(pipes[0]);
	(void)close(pipes[1]);
	ck_assert_refused_null(tls_starttls(ctx, pipes[0], TLSW_SMTP, HOST), TLSW_ERR_SYSTEM);
	ck_assert_int_eq(tls_last_error()->os_errno, EBADF);
}
END_TEST

START_TEST(no_anchors_no_dialogue)
{
	tls_context *nobody = tls_context_new();

	serve(SCRIPT(PEER_SEND("220 x\r\n"), PEER_DRAIN));
	ck_assert_refused_null(tls_starttls(nobody, fd, TLSW_SMTP, HOST), TLSW_ERR_TRUST_STORE);
	assert_open_and_shut();
	ck_assert_uint_eq(report.raw_in, 0);
	tls_context_free(nobody);
}
END_TEST

/* OpenSSL's queue is the caller's, in success and in failure. */
START_TEST(the_error_queue_is_left_alone)
{
	tls_socket *s;

	ERR_put_error(ERR_LIB_USER, 0, 42, __FILE__, __LINE__);
	serve(SCRIPT(PLAY(&good[TLSW_IMAP]), PEER_HANDSHAKE, PEER_ECHO));
	s = tls_starttls(ctx, fd, TLSW_IMAP, HOST);
	ck_assert_works(s != NULL);
	assert_echo(s);
	serve(SCRIPT(PLAY(&refusing[0])));
	assert_refused(TLSW_SMTP, TLSW_ERR_STARTTLS);
	ck_assert_int_eq(ERR_GET_REASON(ERR_get_error()), 42);
	ck_assert_uint_eq(ERR_get_error(), 0);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

static TCase *
add_case(Suite *s, const char *name)
{
	TCase *t = tcase_create(name);

	tcase_add_checked_fixture(t, setup, teardown);
	suite_add_tcase(s, t);
	return t;
}

int
main(void)
{
	Suite *s = suite_create("upgrade");
	TCase *t = add_case(s, "successes");

	tcase_add_loop_test(t, every_protocol_leads_to_a_verified_socket, 0, GOOD_DIALOGUES);
	tcase_add_loop_test(t, a_slow_server_is_waited_for, 0, GOOD_DIALOGUES);
	tcase_add_test(t, a_nonblocking_descriptor_is_waited_for);
	tcase_add_loop_test(t, an_event_loop_drives_the_dialogue_then_the_handshake, 0, GOOD_DIALOGUES);
	tcase_add_test(t, a_blocking_descriptor_never_wants);

	t = add_case(s, "refusals");
	tcase_add_loop_test(t, a_good_dialogue_does_not_help_a_bad_certificate, 0, GOOD_DIALOGUES);
	tcase_add_loop_test(
	    t, octets_between_the_go_ahead_and_tls_are_never_delivered, 0, GOOD_DIALOGUES * COUNT(delays));
	tcase_add_loop_test(t, a_reply_in_place_of_a_server_hello_is_no_tls, 0, GOOD_DIALOGUES);
	tcase_add_loop_test(t, an_alert_in_place_of_a_server_hello_is_that_alert, 0, GOOD_DIALOGUES);
	tcase_add_loop_test(t, an_end_in_place_of_a_server_hello_is_an_error, 0, GOOD_DIALOGUES);
	tcase_add_loop_test(t, a_refusal_leaves_nothing_but_a_dead_descriptor, 0, COUNT(refusing));
	tcase_add_test(t, a_failed_dialogue_is_the_end_of_its_socket);

	t = add_case(s, "deadlines");
	tcase_add_loop_test(t, one_deadline_covers_everything, 0, COUNT(slow));
	tcase_add_test(t, so_rcvtimeo_is_honoured);
	tcase_add_test(t, an_event_loop_meets_the_deadline);

	t = add_case(s, "requests");
	tcase_add_loop_test(
	    t, a_bad_name_is_refused_before_an_octet_is_sent, 0, GOOD_DIALOGUES * COUNT(bad_names));
	tcase_add_test(t, xmpp_needs_a_name_even_when_none_is_checked);
	tcase_add_test(t, an_unknown_protocol_is_refused);
	tcase_add_test(t, what_has_no_descriptor_is_refused);
	tcase_add_test(t, no_anchors_no_dialogue);
	tcase_add_test(t, the_error_queue_is_left_alone);
	return support_run(s);
}
