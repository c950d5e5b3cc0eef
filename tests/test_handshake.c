/*
 * test_handshake.c - handshakes in which one thing is wrong and everything else
 * is right: messages left out, keys that do not fit, certificates of another
 * kind than the rest of the handshake, alerts of every number at every step;
 * and octets that stand where a handshake should.
 *
 * SPDX-License-Identifier: ISC
 */
#include "support/support.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <openssl/err.h>

#include "support/pki.h"
#include "support/scene.h"
#include "support/tampered.h"

#define HOST "www.lab.test"

static struct pki *ca, *leaf;
static SSL_CTX *server_ctx;
static tls_context *ctx;
static struct tampered server;

static void
set_up(void)
{
	ca = pki_ca("Test CA");
	leaf = pki_leaf(ca, HOST);
	server_ctx = tampered_ctx(leaf, NULL);
	ctx = scene_trusting(ca);
	ck_assert_works(tls_context_set_session_cache(ctx, 0) == 0);
}

static void
tear_down(void)
{
	tls_context_free(ctx);
	SSL_CTX_free(server_ctx);
	pki_free(leaf);
	pki_free(ca);
	tls_error_clear();
}

/* A handshake by the plan: 0; -1 with the error; TLSW_WANT_READ when the server says no more. */
static int
shake(const struct tamper *plan, tls_socket **s)
{
	int rv, calls = 0;

	tls_error_clear();
	tampered_start(&server, server_ctx, plan);
	*s = tls_wrap_transport(ctx, &tampered_calls, &server, HOST);
	ck_assert_works(*s != NULL);
	while ((rv = tls_socket_handshake(*s)) < -1 && calls++ < 10)
		;
	if (rv == -1)
		tampered_step(&server); /* what it was sent all the same */
	return rv;
}

/* The end of it: the socket is freed whatever has become of it. */
static void
part(tls_socket *s)
{
	tls_socket_free(s);
	ck_assert_int_eq(server.closed, 1);
	tampered_stop(&server);
}

static const char *
version_name(int version)
{
	return version == TLS1_3_VERSION ? "TLS 1.3" : "TLS 1.2";
}

/* The server is refused, and has received neither Finished nor data. */
static void
assert_stopped(
    const char *label, const struct tamper *plan, enum tlsw_error code, enum tlsw_error or_code)
{
	tls_socket *s;
	char c;

	ck_assert_msg(
	    shake(plan, &s) == -1, "%s, %s: not refused", version_name(plan->version), label);
	ck_assert_msg(tls_last_error()->code == code || tls_last_error()->code == or_code,
	    "%s, %s: %s: %s", version_name(plan->version), label,
	    tls_error_name(tls_last_error()->code), tls_last_error()->message);
	ck_assert_str_ne(tls_last_error()->message, "");
	ck_assert_msg(
	    plan->what == TAMPER_NOTHING || server.done > 0, "%s: nothing was changed", label);
	ck_assert_msg(
	    SSL_is_init_finished(server.server) == 0, "%s: the server got a Finished", label);
	ck_assert_int_eq(tls_socket_read(s, &c, 1), -1);
	ck_assert_int_eq(tls_socket_write(s, "x", 1), -1);
	ck_assert_ptr_null(tls_socket_matched_name(s));
	ck_assert(!tls_socket_verified(s));
	part(s);
}

/* ----------------------------------------------------------- what is left out */

static void
accept_it(const struct tamper *plan)
{
	tls_socket *s;
	char buf[8];

	ck_assert_works(shake(plan, &s) == 0);
	ck_assert_int_eq(tls_socket_write(s, "ping", 4), 4);
	ck_assert_int_eq(tls_socket_read(s, buf, sizeof(buf)), 4);
	ck_assert_mem_eq(buf, "ping", 4);
	part(s);
}

/* The messages are opened, sealed again, and replaced by themselves: nothing is wrong with that. */
START_TEST(without_changes_it_is_accepted)
{
	static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
	struct tamper plan = {.version = versions[_i % 2]};
	unsigned char *same;
	size_t len;

	accept_it(&plan);
	same = tampered_certificate(plan.version, pki_x509(leaf), &len);
	plan =
	    (struct tamper){versions[_i % 2], {SSL3_MT_CERTIFICATE}, TAMPER_REPLACE, 0, same, len};
	accept_it(&plan);
	free(same);
}
END_TEST

#define OUT(...) {__VA_ARGS__}, TAMPER_DROP, 0, NULL, 0
#define END(...) {__VA_ARGS__}, TAMPER_FINISH, 0, NULL, 0
#define BAD(...) {__VA_ARGS__}, TAMPER_SPOIL, 0, NULL, 0

/* wall: K08 */
static const struct {
	const char *label;
	struct tamper plan;
} changes[] = {
    {"no Certificate", {TLS1_3_VERSION, OUT(SSL3_MT_CERTIFICATE)}},
    {"no CertificateVerify", {TLS1_3_VERSION, OUT(SSL3_MT_CERTIFICATE_VERIFY)}},
    {"neither", {TLS1_3_VERSION, OUT(SSL3_MT_CERTIFICATE, SSL3_MT_CERTIFICATE_VERIFY)}},
    {"no EncryptedExtensions", {TLS1_3_VERSION, OUT(SSL3_MT_ENCRYPTED_EXTENSIONS)}},
    {"nothing but Finished", {TLS1_3_VERSION, END(SSL3_MT_ENCRYPTED_EXTENSIONS)}},
    {"Finished instead of Certificate", {TLS1_3_VERSION, END(SSL3_MT_CERTIFICATE)}},
    {"Finished instead of CertificateVerify", {TLS1_3_VERSION, END(SSL3_MT_CERTIFICATE_VERIFY)}},
    {"another signature", {TLS1_3_VERSION, BAD(SSL3_MT_CERTIFICATE_VERIFY)}},
    {"another Finished", {TLS1_3_VERSION, BAD(SSL3_MT_FINISHED)}},
    {"no Certificate", {TLS1_2_VERSION, OUT(SSL3_MT_CERTIFICATE)}},
    {"no ServerKeyExchange", {TLS1_2_VERSION, OUT(SSL3_MT_SERVER_KEY_EXCHANGE)}},
    {"neither", {TLS1_2_VERSION, OUT(SSL3_MT_CERTIFICATE, SSL3_MT_SERVER_KEY_EXCHANGE)}},
    {"another signature", {TLS1_2_VERSION, BAD(SSL3_MT_SERVER_KEY_EXCHANGE)}},
};

START_TEST(a_handshake_without_a_proof_is_refused)
{
	assert_stopped(changes[_i].label, &changes[_i].plan, TLSW_ERR_PROTOCOL, TLSW_ERR_PROTOCOL);
}
END_TEST

/* wall: A12, K08: the certificate is right, and whoever shows it has another key */
START_TEST(a_certificate_without_its_key_is_refused)
{
	static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
	const struct tamper plan = {.version = versions[_i]};
	EVP_PKEY *key = tampered_key(pki_key(leaf));

	SSL_CTX_free(server_ctx);
	server_ctx = tampered_ctx(leaf, key);
	assert_stopped("the key of somebody else", &plan, TLSW_ERR_PROTOCOL, TLSW_ERR_PROTOCOL);
	EVP_PKEY_free(key);
}
END_TEST

/* ------------------------------------------- certificates of another kind than the rest */

/* Signed by the CA, with a key of a kind that nobody knows. */
static X509 *
with_unknown_key(void)
{
	static const unsigned char ec[] = "\x2a\x86\x48\xce\x3d\x02\x01";
	struct pki *plain = pki_leaf(ca, HOST);
	struct pki_octets der = pki_der(plain);
	unsigned char *copy = malloc(der.len);
	const unsigned char *at = copy;
	X509 *cert;
	size_t i;

	memcpy(copy, der.at, der.len);
	for (i = 0; memcmp(copy + i, ec, 7) != 0; i++)
		ck_assert_uint_lt(i + 7, der.len);
	copy[i + 6] = 0x7f;
	cert = d2i_X509(NULL, &at, (long)der.len);
	ck_assert_ptr_nonnull(cert);
	ck_assert_int_gt(X509_sign(cert, pki_key(ca), EVP_sha256()), 0);
	ck_assert_ptr_null(X509_get0_pubkey(cert));
	ERR_clear_error();
	free(copy);
	pki_free(plain);
	return cert;
}

static X509 *
of_kind(const char *kind)
{
	struct pki *made;
	X509 *cert;

	if (kind == NULL)
		return with_unknown_key();
	made = pki_make(.issuer = ca, .san = PKI_NAMES(PKI_DNS(HOST)), .key_type = kind);
	cert = pki_x509(made);
	ck_assert_int_eq(X509_up_ref(cert), 1);
	pki_free(made);
	return cert;
}

/* wall: K10 */
static const struct {
	const char *server, *shown; /* NULL: a kind that nobody knows */
} kinds[] = {
    {"P-256", "RSA-2048"},
    {"P-256", "DSA"},
    {"P-256", "Ed25519"},
    {"P-256", "Ed448"},
    {"P-256", "P-384"},
    {"P-256", "secp256k1"},
    {"P-256", NULL},
    {"RSA-2048", "P-256"},
    {"RSA-2048", "DSA"},
    {"RSA-2048", "Ed448"},
    {"RSA-2048", "RSA-1024"},
    {"RSA-2048", NULL},
};
#define KINDS (int)(sizeof(kinds) / sizeof(kinds[0]))

START_TEST(a_key_of_another_kind_is_a_clean_error)
{
	static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
	struct pki *other = pki_make(.issuer = ca, .san = PKI_NAMES(PKI_DNS(HOST)),
	    .key_type = kinds[_i / 2].server);
	X509 *cert = of_kind(kinds[_i / 2].shown);
	struct tamper plan = {versions[_i % 2], {SSL3_MT_CERTIFICATE}, TAMPER_REPLACE, 0, NULL, 0};
	unsigned char *message = tampered_certificate(plan.version, cert, &plan.len);

	plan.data = message;
	SSL_CTX_free(server_ctx);
	server_ctx = tampered_ctx(other, NULL);
	assert_stopped(kinds[_i / 2].shown == NULL ? "of no known kind" : kinds[_i / 2].shown,
	    &plan, TLSW_ERR_PROTOCOL, TLSW_ERR_CERTIFICATE);
	free(message);
	X509_free(cert);
	pki_free(other);
}
END_TEST

/* ----------------------------------------------------------------- alerts anywhere */

static const struct {
	int version, before;
} places[] = {
    {TLS1_2_VERSION, SSL3_MT_SERVER_HELLO},
    {TLS1_2_VERSION, SSL3_MT_CERTIFICATE},
    {TLS1_2_VERSION, SSL3_MT_SERVER_KEY_EXCHANGE},
    {TLS1_2_VERSION, SSL3_MT_SERVER_DONE},
    {TLS1_3_VERSION, SSL3_MT_SERVER_HELLO},
    {TLS1_3_VERSION, SSL3_MT_ENCRYPTED_EXTENSIONS},
    {TLS1_3_VERSION, SSL3_MT_CERTIFICATE},
    {TLS1_3_VERSION, SSL3_MT_CERTIFICATE_VERIFY},
    {TLS1_3_VERSION, SSL3_MT_FINISHED},
};
#define PLACES (int)(sizeof(places) / sizeof(places[0]))

/* A fatal one ends it under its number; a warning may be overlooked; nothing else comes of it. */
static void
assert_alerted(const struct tamper *plan, int level, int number)
{
	tls_socket *s;
	const int rv = shake(plan, &s);
	const enum tlsw_error code = tls_last_error()->code;
	const bool told = code == TLSW_ERR_ALERT && tls_last_error()->alert == number;

	part(s);
	if (level != SSL3_AL_FATAL && level != SSL3_AL_WARNING)
		ck_assert_msg(rv == -1, "alert %d of level %d: %d", number, level, rv);
	else if (number == SSL_AD_CLOSE_NOTIFY)
		ck_assert_msg(rv == -1 && (told || code == TLSW_ERR_TRUNCATED), "close_notify: %s",
		    tls_last_error()->message);
	else if (number == SSL_AD_USER_CANCELLED && plan->version == TLS1_3_VERSION)
		ck_assert_msg(rv == 0 || told, "user_canceled: %s", tls_last_error()->message);
	else if (level == SSL3_AL_FATAL)
		ck_assert_msg(
		    rv == -1 && told, "alert %d: %d, %s", number, rv, tls_last_error()->message);
	else
		ck_assert_msg(rv == 0 || (rv == -1 && (told || code == TLSW_ERR_PROTOCOL)),
		    "warning %d: %d, %s", number, rv, tls_last_error()->message);
}

/* wall: K11 */
START_TEST(an_alert_may_come_at_any_step)
{
	static const int levels[] = {SSL3_AL_FATAL, SSL3_AL_WARNING, 0, 3, 255};
	const int level = levels[_i / PLACES];
	unsigned char alert[2] = {(unsigned char)level, 0};
	const struct tamper plan = {places[_i % PLACES].version, {places[_i % PLACES].before},
	    TAMPER_BEFORE, SSL3_RT_ALERT, alert, 2};
	int number;

	for (number = 0; number < 256;
	     number += level == SSL3_AL_FATAL || level == SSL3_AL_WARNING ? 1 : 17) {
		alert[1] = (unsigned char)number;
		assert_alerted(&plan, level, number);
	}
}
END_TEST

/* --------------------------------------------------------------- text instead of TLS */

/* wall: J04: whatever came in clear is never read as if it had come through TLS */
START_TEST(text_before_the_handshake_is_never_read)
{
	static const char text[] = "HTTP/1.1 200 OK\r\n\r\nwelcome";
	char buf[64];
	int pair[2];
	tls_socket *s;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	if (_i % 2 == 0) /* before there is a socket, or behind its first look */
		ck_assert_int_eq(send(pair[1], text, sizeof(text), 0), sizeof(text));
	s = tls_wrap_start(ctx, pair[0], HOST);
	ck_assert_works(s != NULL);
	if (_i % 2 == 1)
		ck_assert_int_eq(send(pair[1], text, sizeof(text), 0), sizeof(text));
	if (_i / 2 == 0)
		(void)close(pair[1]);
	else
		(void)shutdown(pair[1], SHUT_WR);
	ck_assert_refused((int)tls_socket_read(s, buf, sizeof(buf)), TLSW_ERR_USAGE);
	ck_assert_refused(tls_socket_handshake(s), TLSW_ERR_PLAINTEXT);
	ck_assert_refused((int)tls_socket_read(s, buf, sizeof(buf)), TLSW_ERR_PLAINTEXT);
	ck_assert_refused((int)tls_socket_read_line(s, buf, sizeof(buf)), TLSW_ERR_PLAINTEXT);
	ck_assert_uint_eq(tls_socket_pending(s), 0);
	tls_socket_free(s);
	(void)close(pair[0]);
	if (_i / 2 == 1)
		(void)close(pair[1]);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("handshake");
	TCase *t = tcase_create("messages");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(t, without_changes_it_is_accepted, 0, 2);
	tcase_add_loop_test(t, a_handshake_without_a_proof_is_refused, 0,
	    (int)(sizeof(changes) / sizeof(changes[0])));
	tcase_add_loop_test(t, a_certificate_without_its_key_is_refused, 0, 2);
	tcase_add_loop_test(t, a_key_of_another_kind_is_a_clean_error, 0, 2 * KINDS);
	suite_add_tcase(suite, t);
	t = tcase_create("alerts");
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(t, an_alert_may_come_at_any_step, 0, 5 * PLACES);
	suite_add_tcase(suite, t);
	t = tcase_create("text");
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(t, text_before_the_handshake_is_never_read, 0, 4);
	suite_add_tcase(suite, t);
	return support_run(suite);
}
