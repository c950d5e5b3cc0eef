/*
 * test_policy.c - what a caller decides about servers himself: pins, exceptions
 * and the verify hook.
 *
 * SPDX-License-Identifier: ISC
 */
#include "support/scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HOST "www.lab.test"
#define YEAR (365L * 86400)

static struct pki *ca, *sub, *leaf, *expired, *wrong, *home, *stranger;
static struct scene scene;
static tls_context *ctx;

static void
make_pki(void)
{
	ca = pki_ca("Test CA");
	sub = pki_intermediate(ca, "Test issuer");
	leaf = pki_leaf(sub, HOST);
	expired = pki_make(.issuer = ca, .san = PKI_NAMES(PKI_DNS(HOST)), .not_before = -2 * YEAR,
	    .not_after = -3 * 86400);
	wrong = pki_leaf(ca, "evil.test");
	home = pki_make(.cn = "home", .not_before = -2 * YEAR, .not_after = -3 * 86400);
	stranger = pki_leaf(ca, HOST);
}

static void
free_pki(void)
{
	pki_free(stranger);
	pki_free(home);
	pki_free(wrong);
	pki_free(expired);
	pki_free(leaf);
	pki_free(sub);
	pki_free(ca);
}

static void
set_up(void)
{
	ctx = scene_trusting(ca);
}

static void
tear_down(void)
{
	tls_context_free(ctx);
	tls_error_clear();
}

static tls_certificate *
certificate(const struct pki *who)
{
	char *pem = pki_chain_pem(PKI_LIST(who, sub));
	tls_certificate *cert = tls_certificate_load_mem(pem, strlen(pem));

	ck_assert_works(cert != NULL);
	free(pem);
	return cert;
}

/* The decision without a connection. */
static int
verify(tls_context *c, const struct pki *who, const char *host)
{
	tls_certificate *cert = certificate(who);
	int rv = tls_context_verify(c, cert, host);

	tls_certificate_free(cert);
	return rv;
}

static struct peer_options
server(const struct pki *who, int version)
{
	static const struct peer_step hello[] = {PEER_HANDSHAKE, PEER_SEND("hello"), PEER_READ(0),
	    PEER_CLOSE_NOTIFY, PEER_END};
	struct peer_options o = scene_server(who);

	o.script = hello;
	o.min_version = o.max_version = version == 0 ? TLS1_2_VERSION : TLS1_3_VERSION;
	return o;
}

/* --------------------------------------------------------------------------- pins */

static void
pins_of(char *out, size_t size, const struct pki *const *list)
{
	size_t n = 0;

	for (out[0] = '\0'; *list != NULL; list++) {
		tls_certificate *cert = certificate(*list);

		n += (size_t)snprintf(out + n, size - n, "%s%s", n > 0 ? ";" : "", tls_certificate_pin(cert));
		tls_certificate_free(cert);
	}
}

static void
pin(const struct pki *const *list)
{
	char pins[500];

	pins_of(pins, sizeof(pins), list);
	ck_assert_works(tls_context_set_pins(ctx, pins) == 0);
}

START_TEST(a_pinned_key_is_let_in)
{
	if (_i == 0)
		pin(PKI_LIST(leaf));
	else if (_i == 1)
		pin(PKI_LIST(stranger, leaf, home));
	else
		pin(PKI_LIST(home, stranger, leaf));
	ck_assert_works(verify(ctx, leaf, HOST) == 0);
}
END_TEST

/* One pinned key does not make up for a chain or a name. */
START_TEST(a_pin_lifts_nothing)
{
	pin(PKI_LIST(leaf, expired, wrong, home));
	ck_assert_refused(verify(ctx, expired, HOST), TLSW_ERR_CERTIFICATE);
	ck_assert_uint_eq(tls_last_error()->reasons, TLSW_REASON_EXPIRED);
	ck_assert_refused(verify(ctx, wrong, HOST), TLSW_ERR_HOSTNAME_MISMATCH);
	ck_assert_refused(verify(ctx, home, HOST), TLSW_ERR_CERTIFICATE);
}
END_TEST

START_TEST(a_key_that_is_not_pinned_is_refused)
{
	const struct pki *const *lists[] = {PKI_LIST(stranger), PKI_LIST(sub), PKI_LIST(ca),
	    PKI_LIST(stranger, home, sub, ca)};
	char shown[100];

	pin(lists[_i]);
	ck_assert_refused(verify(ctx, leaf, HOST), TLSW_ERR_CERTIFICATE);
	ck_assert_uint_eq(tls_last_error()->reasons, TLSW_REASON_PIN);
	pins_of(shown, sizeof(shown), PKI_LIST(leaf));
	ck_assert_ptr_nonnull(strstr(tls_last_error()->message, shown)); /* to be pasted, if it is right */
}
END_TEST

START_TEST(pins_hold_when_nothing_else_does)
{
	const char *host = _i == 0 || _i == 2 ? NULL : "other.test";

	ck_assert_works(tls_context_set_check_hostname(ctx, false) == 0);
	if (_i < 2)
		ck_assert_works(tls_context_set_verify_mode(ctx, TLSW_CERT_NONE) == 0);
	pin(PKI_LIST(home));
	ck_assert_refused(verify(ctx, leaf, host), TLSW_ERR_CERTIFICATE);
	ck_assert((tls_last_error()->reasons & TLSW_REASON_PIN) != 0);
	ck_assert_ptr_nonnull(strstr(tls_last_error()->message, "pinned"));
	if (_i < 2)
		ck_assert_works(verify(ctx, home, NULL) == 0);
}
END_TEST

START_TEST(later_pins_take_the_place_of_earlier_ones)
{
	pin(PKI_LIST(leaf));
	pin(PKI_LIST(stranger));
	ck_assert_refused(verify(ctx, leaf, HOST), TLSW_ERR_CERTIFICATE);
	ck_assert_works(verify(ctx, stranger, HOST) == 0);
}
END_TEST

START_TEST(malformed_pins_leave_the_earlier_ones)
{
	static const char *const malformed[] = {"", "sha256//",
	    "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=;sha256//x",
	    "sha256//AAAA=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",  /* "=" inside */
	    "sha256//A===AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
	    "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=", /* bits beyond the 256th */
	    "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n=",
	    "SHA256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="};

	pin(PKI_LIST(stranger));
	ck_assert_refused(tls_context_set_pins(ctx, malformed[_i]), TLSW_ERR_USAGE);
	ck_assert_refused(verify(ctx, leaf, HOST), TLSW_ERR_CERTIFICATE);
	ck_assert_works(verify(ctx, stranger, HOST) == 0);
}
END_TEST

START_TEST(pins_decide_inside_the_handshake)
{
	tls_socket *s;
	char buf[8];

	if (_i / 2 == 0)
		pin(PKI_LIST(home));
	else
		pin(PKI_LIST(stranger));
	scene_serve(&scene, server(stranger, _i % 2));
	s = tls_wrap(ctx, scene.fd, HOST);
	if (_i / 2 == 0) {
		ck_assert_ptr_null(s);
		support_assert_error(TLSW_ERR_CERTIFICATE, "tls_wrap", __FILE__, __LINE__);
		ck_assert_int_eq(tls_last_error()->alert, SSL_AD_BAD_CERTIFICATE);
		scene_assert_open_and_shut(&scene);
	} else {
		ck_assert_works(s != NULL);
		ck_assert_int_eq(tls_socket_read(s, buf, 5), 5);
		ck_assert(tls_socket_verified(s));
	}
	tls_socket_free(s);
	scene_end(&scene);
	if (_i / 2 == 0)
		scene_assert_server_got_nothing(&scene);
}
END_TEST

/* ---------------------------------------------------------------------- exceptions */

/* "cert-sha256:..." of a certificate, in one of the forms that are taken. */
static const char *
fingerprint(const struct pki *who, int form)
{
	static char out[120];
	tls_certificate *cert = certificate(who);
	const char *hex = tls_certificate_sha256(cert);
	size_t i, n = (size_t)snprintf(out, sizeof(out), "cert-sha256:");

	for (i = 0; i < 64; i++) {
		char c = hex[i];

		if (form % 2 == 1 && c >= 'a')
			c = (char)(c - 'a' + 'A');
		if (form >= 2 && i > 0 && i % 2 == 0 && (form == 2 || i % 4 == 0))
			out[n++] = ':';
		out[n++] = c;
	}
	out[n] = '\0';
	tls_certificate_free(cert);
	return out;
}

static void
except(tls_context *c, const char *host, const struct pki *who)
{
	ck_assert_works(tls_context_add_exception(c, host, fingerprint(who, 0)) == 0);
}

/* The home server: self-signed, expired, without a name; no CA is needed for it. */
START_TEST(an_exception_lets_the_home_server_in)
{
	tls_context *c = tls_context_new();
	tls_socket *s;
	char buf[8];

	except(c, "home.lab.test", home);
	scene_serve(&scene, server(home, _i));
	s = tls_wrap(c, scene.fd, "home.lab.test");
	ck_assert_works(s != NULL);
	ck_assert_int_eq(tls_socket_read(s, buf, 5), 5);
	ck_assert(!tls_socket_verified(s));
	ck_assert_ptr_null(tls_socket_matched_name(s));
	ck_assert((tls_socket_reasons(s) & (TLSW_REASON_SELF_SIGNED | TLSW_REASON_EXPIRED |
	    TLSW_REASON_HOSTNAME)) == (TLSW_REASON_SELF_SIGNED | TLSW_REASON_EXPIRED | TLSW_REASON_HOSTNAME));
	ck_assert_int_eq(tls_socket_close(s), 0);
	scene_end(&scene);
	ck_assert(scene.report.close_notify);
	tls_context_free(c);
}
END_TEST

START_TEST(an_exception_lifts_chain_dates_and_name)
{
	const struct pki *const bad[] = {expired, wrong, home};

	except(ctx, HOST, bad[_i]);
	ck_assert_works(verify(ctx, bad[_i], HOST) == 0);
	ck_assert_works(verify(ctx, leaf, HOST) == 0); /* and others as ever */
}
END_TEST

START_TEST(an_exception_is_for_one_certificate_and_one_host)
{
	struct pki *again = pki_make(.cn = "home", .key = pki_key(home)); /* the same key and names */

	except(ctx, "home.lab.test", home);
	ck_assert_refused(verify(ctx, home, "www.home.lab.test"), TLSW_ERR_CERTIFICATE);
	ck_assert_refused(verify(ctx, home, "lab.test"), TLSW_ERR_CERTIFICATE);
	ck_assert_refused(verify(ctx, home, "127.0.0.1"), TLSW_ERR_CERTIFICATE);
	ck_assert_refused(verify(ctx, home, HOST), TLSW_ERR_CERTIFICATE);
	ck_assert_refused(verify(ctx, again, "home.lab.test"), TLSW_ERR_CERTIFICATE);
	ck_assert_refused(verify(ctx, expired, "home.lab.test"), TLSW_ERR_CERTIFICATE);
	ck_assert_refused(verify(ctx, wrong, "home.lab.test"), TLSW_ERR_HOSTNAME_MISMATCH);
	ck_assert_works(verify(ctx, home, "home.lab.test") == 0);
	pki_free(again);
}
END_TEST

START_TEST(an_exception_for_a_wrong_host_keeps_it_out_of_the_handshake)
{
	tls_context *c = tls_context_new();

	except(c, "home.lab.test", home);
	scene_serve(&scene, server(_i / 2 == 0 ? home : wrong, _i % 2));
	ck_assert_refused_null(tls_wrap(c, scene.fd, _i / 2 == 0 ? "work.lab.test" : "home.lab.test"),
	    TLSW_ERR_CERTIFICATE);
	scene_end(&scene);
	scene_assert_server_got_nothing(&scene);
	tls_context_free(c);
}
END_TEST

START_TEST(the_forms_of_host_and_fingerprint_are_many)
{
	static const char *const hosts[][2] = {{"home.lab.test", "home.lab.test"},
	    {"HOME.Lab.test", "home.lab.test"}, {"home.lab.test.", "home.lab.test"},
	    {"home.lab.test", "home.lab.TEST."}, {"192.0.2.7", "192.0.2.7"}, {"2001:db8::1", "2001:DB8:0:0::1"}};

	const char *print = fingerprint(home, _i % 4);

	ck_assert_works(tls_context_add_exception(ctx, hosts[_i / 4][0], print) == 0);
	ck_assert_works(verify(ctx, home, hosts[_i / 4][1]) == 0);
}
END_TEST

START_TEST(several_exceptions_stand_side_by_side)
{
	except(ctx, "one.lab.test", home);
	except(ctx, "two.lab.test", expired);
	except(ctx, "two.lab.test", home);
	ck_assert_works(verify(ctx, home, "one.lab.test") == 0);
	ck_assert_works(verify(ctx, home, "two.lab.test") == 0);
	ck_assert_works(verify(ctx, expired, "two.lab.test") == 0);
	ck_assert_refused(verify(ctx, expired, "one.lab.test"), TLSW_ERR_CERTIFICATE);
}
END_TEST

/* What the details of a refusal print can be pasted. */
START_TEST(the_refusal_prints_what_would_lift_it)
{
	tls_context *c = tls_context_new();
	char pasted[80] = "";
	const char *at;

	ck_assert_works(tls_context_load_ca_mem(c, pki_pem(ca), strlen(pki_pem(ca))) == 1);
	ck_assert_refused(verify(ctx, home, HOST), TLSW_ERR_CERTIFICATE);
	at = strstr(tls_last_error()->details, "cert-sha256:");
	ck_assert_ptr_nonnull(at);
	(void)snprintf(pasted, sizeof(pasted), "%.76s", at);
	ck_assert_works(tls_context_add_exception(c, HOST, pasted) == 0);
	ck_assert_works(verify(c, home, HOST) == 0);
	tls_context_free(c);
}
END_TEST

static int
refuse(const tls_socket *s, const tls_certificate *chain, unsigned long reasons, void *arg)
{
	(void)s, (void)chain, (void)reasons, (void)arg;
	return -1;
}

START_TEST(an_exception_lifts_neither_pins_nor_the_hook)
{
	except(ctx, HOST, home);
	if (_i == 0)
		pin(PKI_LIST(leaf));
	else
		ck_assert_works(tls_context_set_verify_hook(ctx, refuse, NULL) == 0);
	ck_assert_refused(verify(ctx, home, HOST), TLSW_ERR_CERTIFICATE);
	ck_assert_ptr_nonnull(strstr(tls_last_error()->message, _i == 0 ? "pinned" : "hook"));
}
END_TEST

/* What was let in so was not verified, and a later connection cannot build upon it. */
START_TEST(an_exception_leaves_no_session)
{
	tls_context *c = tls_context_new();
	struct peer_options o = server(home, _i);
	char buf[8];
	int i;

	except(c, "home.lab.test", home);
	o.connections = 3;
	scene_serve(&scene, o);
	for (i = 0; i < 2; i++) {
		tls_socket *s = tls_wrap(c, scene.fd, "home.lab.test");

		ck_assert_works(s != NULL);
		ck_assert_int_eq(tls_socket_read(s, buf, 5), 5);
		ck_assert(!tls_socket_resumed(s));
		ck_assert_int_eq(tls_socket_close(s), 0);
		scene_hang_up(&scene);
		scene_connect(&scene);
	}
	(void)close(scene.fd);
	peer_stop(&scene.peer);
	tls_context_free(c);
}
END_TEST

START_TEST(the_host_of_an_exception_must_be_one)
{
	static const char *const hosts[] = {"", "a..b", "[::1]", "fe80::1%lo", "*.lab.test", "a b"};

	ck_assert_refused(tls_context_add_exception(ctx, hosts[_i], fingerprint(home, 0)), TLSW_ERR_HOSTNAME);
	ck_assert_refused(tls_context_add_exception(ctx, NULL, fingerprint(home, 0)), TLSW_ERR_HOSTNAME);
	ck_assert_refused(tls_context_add_exception(ctx, HOST, NULL), TLSW_ERR_USAGE);
}
END_TEST

/* ------------------------------------------------------------------------ the hook */

/* What the hook saw. */
static struct {
	int calls, answer, depth_refused; /* depth -1: none */
	const tls_socket *socket;
	int fd;
	unsigned long reasons;
	char subjects[3][80];
	int depth;
} seen;

static int
watch(const tls_socket *s, const tls_certificate *chain, unsigned long reasons, void *arg)
{
	int answer = seen.answer;

	ck_assert_ptr_eq(arg, &seen);
	seen.calls++;
	seen.socket = s;
	seen.fd = tls_socket_fd(s);
	seen.reasons = reasons;
	for (seen.depth = 0; chain != NULL; chain = tls_certificate_issuer(chain), seen.depth++) {
		if (seen.depth < 3)
			(void)snprintf(seen.subjects[seen.depth], 80, "%s", tls_certificate_subject(chain));
		if (seen.depth == seen.depth_refused)
			answer = -1;
	}
	return answer;
}

static void
hook(tls_context *c, int answer)
{
	memset(&seen, 0, sizeof(seen));
	seen.answer = answer;
	seen.depth_refused = -1;
	ck_assert_works(tls_context_set_verify_hook(c, watch, &seen) == 0);
}

START_TEST(the_hook_sees_chain_and_reasons)
{
	const struct pki *const who[] = {leaf, expired, wrong, home};
	const unsigned long reasons[] = {0, TLSW_REASON_EXPIRED, TLSW_REASON_HOSTNAME,
	    TLSW_REASON_HOSTNAME | TLSW_REASON_SELF_SIGNED};

	hook(ctx, 0);
	(void)verify(ctx, who[_i], HOST);
	ck_assert_int_eq(seen.calls, 1);
	ck_assert_ptr_null(seen.socket);
	ck_assert_uint_eq(seen.reasons & reasons[_i], reasons[_i]);
	if (_i == 0) {
		ck_assert_uint_eq(seen.reasons, 0);
		ck_assert_int_eq(seen.depth, 3);
		ck_assert_str_eq(seen.subjects[1], "CN=Test issuer");
		ck_assert_str_eq(seen.subjects[2], "CN=Test CA");
	}
}
END_TEST

/* wall: A14 */
START_TEST(a_hook_that_says_yes_lifts_nothing)
{
	const struct pki *const bad[] = {expired, wrong, home};
	const enum tlsw_error codes[] = {TLSW_ERR_CERTIFICATE, TLSW_ERR_HOSTNAME_MISMATCH,
	    TLSW_ERR_CERTIFICATE};

	const int at = _i % 3;

	hook(ctx, _i / 3 == 0 ? 0 : 1); /* 1 is what OpenSSL's callbacks call success */
	ck_assert_refused(verify(ctx, bad[at], HOST), codes[at]);
	ck_assert_int_eq(seen.calls, 1);
}
END_TEST

START_TEST(anything_but_0_refuses)
{
	static const int answers[] = {-1, 1, 2, -2};

	hook(ctx, answers[_i]);
	ck_assert_refused(verify(ctx, leaf, HOST), TLSW_ERR_CERTIFICATE);
	ck_assert_ptr_nonnull(strstr(tls_last_error()->message, "verify hook"));
	ck_assert_uint_eq(tls_last_error()->reasons, TLSW_REASON_OTHER);
}
END_TEST

/* wall: A27 */
START_TEST(a_refusal_of_an_issuer_refuses_all)
{
	struct peer_options o = server(leaf, _i);

	o.chain = pki_stack(PKI_LIST(sub));
	hook(ctx, 0);
	seen.depth_refused = 1;
	scene_serve(&scene, o);
	ck_assert_refused_null(tls_wrap(ctx, scene.fd, HOST), TLSW_ERR_CERTIFICATE);
	scene_assert_open_and_shut(&scene);
	scene_end(&scene);
	scene_assert_server_got_nothing(&scene);
	ck_assert_int_eq(seen.calls, 1);
	sk_X509_pop_free(scene.options.chain, X509_free);
}
END_TEST

START_TEST(the_hook_refuses_under_cert_none_as_well)
{
	ck_assert_works(tls_context_set_check_hostname(ctx, false) == 0);
	ck_assert_works(tls_context_set_verify_mode(ctx, TLSW_CERT_NONE) == 0);
	hook(ctx, -1);
	ck_assert_refused(verify(ctx, leaf, NULL), TLSW_ERR_CERTIFICATE);
}
END_TEST

/* Session or remembered chain or neither: it is asked about each connection, once. */
START_TEST(the_hook_is_asked_once_a_verification)
{
	const bool sessions = _i / 2 % 2 == 0, chains = _i / 4 == 0;
	struct peer_options o = server(stranger, _i % 2);
	char buf[8];
	int i;

	if (!sessions)
		ck_assert_works(tls_context_set_session_cache(ctx, 0) == 0);
	if (!chains)
		ck_assert_works(tls_context_set_chain_memory(ctx, 0) == 0);
	hook(ctx, 0);
	o.connections = 5;
	scene_serve(&scene, o);
	for (i = 1; i <= 3; i++) {
		tls_socket *s = tls_wrap(ctx, scene.fd, HOST);

		ck_assert_works(s != NULL);
		ck_assert_ptr_eq(seen.socket, s);
		ck_assert_int_eq(seen.fd, scene.fd);
		ck_assert_int_eq(tls_socket_read(s, buf, 5), 5);
		ck_assert_int_eq(tls_socket_resumed(s), i > 1 && sessions);
		ck_assert_int_eq(seen.calls, i);
		ck_assert_int_eq(tls_socket_close(s), 0);
		scene_hang_up(&scene);
		scene_connect(&scene);
	}
	/* now it says no: before a session is offered, and to the handshake that follows for want of one */
	seen.answer = -1;
	ck_assert_refused_null(tls_wrap(ctx, scene.fd, HOST), TLSW_ERR_CERTIFICATE);
	ck_assert_int_eq(seen.calls, sessions ? 5 : 4);
	scene_hang_up(&scene);
	scene_assert_server_got_nothing(&scene);
	peer_stop(&scene.peer);
}
END_TEST

static int
ask_everything(const tls_socket *s, const tls_certificate *chain, unsigned long reasons, void *arg)
{
	tls_socket *mutable = *(tls_socket **)arg; /* as a program has it that keeps it somewhere */
	char buf[64];

	(void)reasons;
	(void)tls_socket_version(s), (void)tls_socket_cipher(s), (void)tls_socket_alpn(s);
	(void)tls_socket_resumed(s), (void)tls_socket_verified(s), (void)tls_socket_reasons(s);
	(void)tls_socket_matched_name(s), (void)tls_socket_peer_certificate(s), (void)tls_socket_fd(s);
	(void)tls_socket_error(s), (void)tls_socket_time_left(s), (void)tls_socket_pending(s);
	(void)tls_socket_ready(s), (void)tls_socket_events(s), (void)tls_socket_native(mutable);
	(void)tls_socket_channel_binding(mutable, "tls-exporter", buf, sizeof(buf));
	(void)tls_certificate_pin(chain), (void)tls_match_hostname(chain, "other.test");
	return 0;
}

START_TEST(getters_inside_the_hook_neither_wait_nor_open_the_gate)
{
	tls_socket *s = NULL;

	ck_assert_works(tls_context_set_verify_hook(ctx, ask_everything, &s) == 0);
	scene_serve(&scene, server(_i / 2 == 0 ? stranger : wrong, _i % 2));
	s = tls_wrap_start(ctx, scene.fd, HOST);
	ck_assert_works(s != NULL);
	if (_i / 2 == 0)
		ck_assert_works(tls_socket_handshake(s) == 0);
	else
		ck_assert_refused(tls_socket_handshake(s), TLSW_ERR_HOSTNAME_MISMATCH);
	tls_socket_free(s);
	scene_end(&scene);
}
END_TEST

START_TEST(a_hook_can_be_taken_away)
{
	hook(ctx, -1);
	ck_assert_works(tls_context_set_verify_hook(ctx, NULL, NULL) == 0);
	ck_assert_works(verify(ctx, leaf, HOST) == 0);
	ck_assert_int_eq(seen.calls, 0);
}
END_TEST

static TCase *
group(Suite *suite, const char *name)
{
	TCase *t = tcase_create(name);

	tcase_add_unchecked_fixture(t, make_pki, free_pki);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_set_timeout(t, 30);
	suite_add_tcase(suite, t);
	return t;
}

int
main(void)
{
	Suite *suite = suite_create("policy");
	TCase *t = group(suite, "pins");

	tcase_add_loop_test(t, a_pinned_key_is_let_in, 0, 3);
	tcase_add_test(t, a_pin_lifts_nothing);
	tcase_add_loop_test(t, a_key_that_is_not_pinned_is_refused, 0, 4);
	tcase_add_loop_test(t, pins_hold_when_nothing_else_does, 0, 4);
	tcase_add_test(t, later_pins_take_the_place_of_earlier_ones);
	tcase_add_loop_test(t, malformed_pins_leave_the_earlier_ones, 0, 8);
	tcase_add_loop_test(t, pins_decide_inside_the_handshake, 0, 4);
	t = group(suite, "exceptions");
	tcase_add_loop_test(t, an_exception_lets_the_home_server_in, 0, 2);
	tcase_add_loop_test(t, an_exception_lifts_chain_dates_and_name, 0, 3);
	tcase_add_test(t, an_exception_is_for_one_certificate_and_one_host);
	tcase_add_loop_test(t, an_exception_for_a_wrong_host_keeps_it_out_of_the_handshake, 0, 4);
	tcase_add_loop_test(t, the_forms_of_host_and_fingerprint_are_many, 0, 24);
	tcase_add_test(t, several_exceptions_stand_side_by_side);
	tcase_add_test(t, the_refusal_prints_what_would_lift_it);
	tcase_add_loop_test(t, an_exception_lifts_neither_pins_nor_the_hook, 0, 2);
	tcase_add_loop_test(t, an_exception_leaves_no_session, 0, 2);
	tcase_add_loop_test(t, the_host_of_an_exception_must_be_one, 0, 6);
	t = group(suite, "hook");
	tcase_add_loop_test(t, the_hook_sees_chain_and_reasons, 0, 4);
	tcase_add_loop_test(t, a_hook_that_says_yes_lifts_nothing, 0, 6);
	tcase_add_loop_test(t, anything_but_0_refuses, 0, 4);
	tcase_add_loop_test(t, a_refusal_of_an_issuer_refuses_all, 0, 2);
	tcase_add_test(t, the_hook_refuses_under_cert_none_as_well);
	tcase_add_loop_test(t, the_hook_is_asked_once_a_verification, 0, 8);
	tcase_add_loop_test(t, getters_inside_the_hook_neither_wait_nor_open_the_gate, 0, 4);
	tcase_add_test(t, a_hook_can_be_taken_away);
	return support_run(suite);
}
