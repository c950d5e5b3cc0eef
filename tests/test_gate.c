/*
 * test_gate.c - OpenSSL and the system answer what they never should, and what
 * leaves this library is counted: the gate stays shut, nothing is said behind
 * a fatal error, every descriptor is closed once.
 *
 * The linker sends the library's calls of the functions below through here.
 *
 * SPDX-License-Identifier: ISC
 */
#include "support/scene.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

static struct pki *ca, *stranger, *leaf, *wrong, *untrusted;
static struct scene scene;
static tls_context *ctx;

/* --------------------------------------------------------- what goes through here */

/* Who lies, and how. */
static enum lie {
	NO_LIE,
	VERIFY_IS_NEGATIVE, /* X509_verify_cert() */
	VERIFY_IS_ZERO,
	VERIFY_IS_TWO,
	VERIFY_THEN_NEGATIVE,
	NO_CALLBACK,        /* SSL_CTX_set_cert_verify_callback() does nothing */
	CONNECT_AT_ONCE,    /* SSL_connect() */
	NO_PEER,            /* SSL_get0_peer_certificate() */
	ANOTHER_PEER,
	RESULT_IS_19,       /* SSL_get_verify_result() */
	REFUSAL_IGNORED,    /* the same says that all is well, and the handshake went on */
	RESUMED,            /* SSL_session_reused() */
	NOT_FINISHED,       /* SSL_is_init_finished() */
	CMP_FAILS,          /* X509_cmp() */
	NO_ALPN_THERE       /* SSL_get0_alpn_selected() */
} lie;
static int shutdowns, closings[1024], bad_closings;

int __real_X509_verify_cert(X509_STORE_CTX *ctx);
void __real_SSL_CTX_set_cert_verify_callback(SSL_CTX *c, int (*cb)(X509_STORE_CTX *, void *), void *arg);
int __real_SSL_connect(SSL *ssl);
X509 *__real_SSL_get0_peer_certificate(const SSL *ssl);
long __real_SSL_get_verify_result(const SSL *ssl);
int __real_SSL_session_reused(const SSL *ssl);
int __real_SSL_is_init_finished(const SSL *ssl);
int __real_X509_cmp(const X509 *a, const X509 *b);
void __real_SSL_get0_alpn_selected(const SSL *ssl, const unsigned char **data, unsigned *len);
int __real_SSL_shutdown(SSL *ssl);
int __real_close(int fd);

int __wrap_X509_verify_cert(X509_STORE_CTX *x);
void __wrap_SSL_CTX_set_cert_verify_callback(SSL_CTX *c, int (*cb)(X509_STORE_CTX *, void *), void *arg);
int __wrap_SSL_connect(SSL *ssl);
X509 *__wrap_SSL_get0_peer_certificate(const SSL *ssl);
long __wrap_SSL_get_verify_result(const SSL *ssl);
int __wrap_SSL_session_reused(const SSL *ssl);
int __wrap_SSL_is_init_finished(const SSL *ssl);
int __wrap_X509_cmp(const X509 *a, const X509 *b);
void __wrap_SSL_get0_alpn_selected(const SSL *ssl, const unsigned char **data, unsigned *len);
int __wrap_SSL_shutdown(SSL *ssl);
int __wrap_close(int fd);

int
__wrap_X509_verify_cert(X509_STORE_CTX *x)
{
	switch ((int)lie) {
	case VERIFY_IS_NEGATIVE:
		return -1;
	case VERIFY_IS_ZERO:
		return 0;
	case VERIFY_IS_TWO:
		return 2;
	case VERIFY_THEN_NEGATIVE:
		return __real_X509_verify_cert(x) == 1 ? -1 : 0;
	default:
		return __real_X509_verify_cert(x);
	}
}

void
__wrap_SSL_CTX_set_cert_verify_callback(SSL_CTX *c, int (*cb)(X509_STORE_CTX *, void *), void *arg)
{
	if (lie != NO_CALLBACK)
		__real_SSL_CTX_set_cert_verify_callback(c, cb, arg);
}

int
__wrap_SSL_connect(SSL *ssl)
{
	return lie == CONNECT_AT_ONCE ? 1 : __real_SSL_connect(ssl);
}

X509 *
__wrap_SSL_get0_peer_certificate(const SSL *ssl)
{
	return lie == NO_PEER ? NULL : lie == ANOTHER_PEER ? pki_x509(wrong)
							   : __real_SSL_get0_peer_certificate(ssl);
}

long
__wrap_SSL_get_verify_result(const SSL *ssl)
{
	return lie == RESULT_IS_19      ? X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN
	       : lie == REFUSAL_IGNORED ? X509_V_OK
					: __real_SSL_get_verify_result(ssl);
}

int
__wrap_SSL_session_reused(const SSL *ssl)
{
	return lie == RESUMED ? 1 : __real_SSL_session_reused(ssl);
}

int
__wrap_SSL_is_init_finished(const SSL *ssl)
{
	return lie == NOT_FINISHED ? 0 : __real_SSL_is_init_finished(ssl);
}

int
__wrap_X509_cmp(const X509 *a, const X509 *b)
{
	return lie == CMP_FAILS ? -2 : __real_X509_cmp(a, b);
}

void
__wrap_SSL_get0_alpn_selected(const SSL *ssl, const unsigned char **data, unsigned *len)
{
	__real_SSL_get0_alpn_selected(ssl, data, len);
	if (lie == NO_ALPN_THERE)
		*len = 0;
}

int
__wrap_SSL_shutdown(SSL *ssl)
{
	shutdowns++;
	return __real_SSL_shutdown(ssl);
}

int
__wrap_close(int fd)
{
	int rv = __real_close(fd);

	if (rv != 0)
		bad_closings++;
	else if (fd < (int)(sizeof(closings) / sizeof(closings[0])))
		closings[fd]++;
	return rv;
}

/* ------------------------------------------------------------------------ the scene */

static void
set_up(void)
{
	lie = NO_LIE;
	ca = pki_ca("Test CA");
	stranger = pki_ca("Stranger CA");
	leaf = pki_leaf(ca, "www.lab.test");
	wrong = pki_leaf(ca, "evil.test");
	untrusted = pki_leaf(stranger, "www.lab.test");
	ctx = scene_trusting(ca);
	scene.fd = -1;
}

static void
tear_down(void)
{
	lie = NO_LIE;
	tls_context_free(ctx);
	pki_free(untrusted);
	pki_free(wrong);
	pki_free(leaf);
	pki_free(stranger);
	pki_free(ca);
	tls_error_clear();
}

static void
serve_script(const struct pki *cert, const struct peer_step *script)
{
	struct peer_options server = scene_server(cert);

	server.script = script;
	scene_serve(&scene, server);
}

static void
await(short events)
{
	struct pollfd p = {.fd = scene.fd, .events = events};

	ck_assert_int_eq(poll(&p, 1, 10000), 1);
}

/* ------------------------------------------------------------- OpenSSL tells lies */

/* wall: A07, A08, A09, A13, A24, E07 */
static const struct {
	const char *label;
	enum lie lie;
} lies[] = {
    {"verification fails inside", VERIFY_IS_NEGATIVE},
    {"verification refuses without an error", VERIFY_IS_ZERO},
    {"verification returns what it never does", VERIFY_IS_TWO},
    {"verification fails at its end", VERIFY_THEN_NEGATIVE},
    {"the verify callback was never set", NO_CALLBACK},
    {"the handshake is over before it began", CONNECT_AT_ONCE},
    {"there is no peer certificate", NO_PEER},
    {"the peer certificate is another", ANOTHER_PEER},
    {"the verify result is a refusal", RESULT_IS_19},
    {"a session was resumed that was not offered", RESUMED},
    {"the handshake is not finished", NOT_FINISHED},
    {"comparing fails", CMP_FAILS},
};
#define LIES (int)(sizeof(lies) / sizeof(lies[0]))

START_TEST(whatever_openssl_says_the_gate_opens_only_to_a_verdict)
{
	const struct pki *certs[] = {leaf, wrong, untrusted};
	static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
	struct peer_options server = scene_server(certs[_i / 2 % 3]);

	server.min_version = server.max_version = versions[_i % 2];
	scene_serve(&scene, server);
	if (lies[_i / 6].lie == NO_CALLBACK) {
		tls_context_free(ctx);
		lie = NO_CALLBACK;
		ctx = scene_trusting(ca);
	}
	lie = lies[_i / 6].lie;
	tls_error_clear();
	ck_assert_msg(tls_wrap(ctx, scene.fd, "www.lab.test") == NULL, "%s", lies[_i / 6].label);
	lie = NO_LIE;
	ck_assert_msg(tls_last_error()->code != TLSW_OK && tls_last_error()->message[0] != '\0', "%s",
	    lies[_i / 6].label);
	scene_assert_open_and_shut(&scene);
	scene_end(&scene);
	ck_assert_uint_eq(scene.report.data_in, 0);
}
END_TEST

/* Of all that the gate looks at, only our own verdict is left to shut it. */
START_TEST(a_refusal_that_openssl_ignores_shuts_the_gate)
{
	SSL_CTX_set_verify(tls_context_native(ctx), SSL_VERIFY_NONE, NULL);
	scene_serve(&scene, scene_server(_i == 0 ? wrong : untrusted));
	lie = REFUSAL_IGNORED;
	ck_assert_ptr_null(tls_wrap(ctx, scene.fd, "www.lab.test"));
	lie = NO_LIE;
	scene_assert_open_and_shut(&scene);
	scene_end(&scene);
	ck_assert_uint_eq(scene.report.data_in, 0);
}
END_TEST

START_TEST(without_lies_the_good_one_is_accepted)
{
	tls_socket *s;

	scene_serve(&scene, scene_server(leaf));
	s = tls_wrap(ctx, scene.fd, "www.lab.test");
	ck_assert_works(s != NULL);
	ck_assert_int_eq(tls_socket_close(s), 0);
	scene_end(&scene);
}
END_TEST

/* ALPN is looked at once more behind the handshake, for resumed sessions. */
START_TEST(alpn_is_looked_at_behind_the_handshake_too)
{
	static const char *const offer[] = {"imap"};
	struct peer_options server = scene_server(leaf);

	server.alpn = "imap";
	server.alpn_mode = PEER_ALPN_PICK;
	ck_assert_works(tls_context_set_alpn(ctx, offer, 1, true) == 0);
	scene_serve(&scene, server);
	lie = NO_ALPN_THERE;
	ck_assert_refused_null(tls_wrap(ctx, scene.fd, "www.lab.test"), TLSW_ERR_PROTOCOL);
	lie = NO_LIE;
	scene_end(&scene);
}
END_TEST

START_TEST(alpn_of_a_resumed_connection_is_looked_at)
{
	static const char *const offer[] = {"imap"};
	static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
	struct peer_options server = scene_server(leaf);
	tls_socket *s;
	char buf[4];
	int i;

	server.min_version = server.max_version = versions[_i];
	server.connections = 3;
	server.alpn = "imap";
	server.alpn_mode = PEER_ALPN_PICK;
	ck_assert_works(tls_context_set_alpn(ctx, offer, 1, true) == 0);
	scene_serve(&scene, server);
	for (i = 0; i < 2; i++) {
		s = tls_wrap(ctx, scene.fd, "www.lab.test");
		ck_assert_works(s != NULL);
		ck_assert_int_eq(tls_socket_resumed(s), i == 1);
		ck_assert_int_eq(tls_socket_write(s, "ping", 4), 4);
		ck_assert_int_eq(tls_socket_read(s, buf, 4), 4);
		ck_assert_int_eq(tls_socket_close(s), 0);
		scene_hang_up(&scene);
		scene_connect(&scene);
	}
	lie = NO_ALPN_THERE;
	ck_assert_refused_null(tls_wrap(ctx, scene.fd, "www.lab.test"), TLSW_ERR_PROTOCOL);
	lie = NO_LIE;
	scene_end(&scene);
	ck_assert(scene.report.resumed);
	ck_assert_uint_eq(scene.report.data_in, 0);
}
END_TEST

/* ------------------------------------------------------ nothing behind a fatal error */

static const struct peer_step garbage[] = {PEER_HANDSHAKE, PEER_SEND_RAW("\027\003\003\0\005hello"),
    PEER_DRAIN, PEER_END};
static const struct peer_step alert[] = {PEER_HANDSHAKE, PEER_SEND_RAW("HTTP/1.1 400 Bad Request\r\n"),
    PEER_DRAIN, PEER_END};
static const struct peer_step fin[] = {PEER_HANDSHAKE, PEER_FIN, PEER_DRAIN, PEER_END};
static const struct peer_step reset[] = {PEER_HANDSHAKE, PEER_SLEEP(50), PEER_RESET, PEER_END};
static const struct peer_step silent[] = {PEER_HANDSHAKE, PEER_DRAIN, PEER_END};
static const struct peer_step *const ends[] = {garbage, alert, fin, reset};

/* wall: J03 */
START_TEST(nothing_is_said_behind_a_fatal_error)
{
	enum tlsw_error code;
	tls_socket *s;
	char buf[16];
	int i;

	serve_script(leaf, ends[_i % 4]);
	s = tls_wrap(ctx, scene.fd, "www.lab.test");
	ck_assert_works(s != NULL);
	ck_assert_int_eq(tls_socket_read(s, buf, sizeof(buf)), -1);
	code = tls_last_error()->code;
	shutdowns = 0;
	for (i = 0; i < 3; i++) {
		ck_assert_refused(tls_socket_shutdown(s), code);
		ck_assert_refused(tls_socket_write(s, "x", 1), code);
		ck_assert_refused(tls_socket_read(s, buf, 1), code);
		ck_assert_refused(tls_socket_read_line(s, buf, 8), code);
	}
	if (_i < 4)
		ck_assert_refused(tls_socket_close(s), code);
	else
		ck_assert_refused(tls_socket_unwrap(s, 100), code);
	if (_i >= 4)
		tls_socket_free(s);
	ck_assert_int_eq(shutdowns, 0);
	scene_end(&scene);
	ck_assert(!scene.report.close_notify);
}
END_TEST

START_TEST(nothing_is_said_behind_a_failed_handshake)
{
	tls_socket *s;

	scene_serve(&scene, scene_server(wrong));
	s = tls_wrap_start(ctx, scene.fd, "www.lab.test");
	ck_assert_works(s != NULL);
	ck_assert_refused(tls_socket_handshake(s), TLSW_ERR_HOSTNAME_MISMATCH);
	shutdowns = 0;
	ck_assert_refused(tls_socket_shutdown(s), TLSW_ERR_HOSTNAME_MISMATCH);
	ck_assert_refused(tls_socket_close(s), TLSW_ERR_HOSTNAME_MISMATCH);
	ck_assert_int_eq(shutdowns, 0);
	scene_end(&scene);
	ck_assert(!scene.report.close_notify);
}
END_TEST

/* wall: J07 */
START_TEST(nothing_is_said_when_the_peer_takes_nothing_more)
{
	tls_socket *s;
	int i;

	serve_script(leaf, reset);
	s = tls_wrap(ctx, scene.fd, "www.lab.test");
	ck_assert_works(s != NULL);
	await(0); /* the reset */
	for (i = 0; i < 3 && tls_socket_write(s, "x", 1) == 1; i++)
		;
	ck_assert_refused(tls_socket_write(s, "y", 1), TLSW_ERR_SYSTEM);
	shutdowns = 0;
	ck_assert_refused(tls_socket_shutdown(s), TLSW_ERR_SYSTEM);
	ck_assert_int_eq(tls_socket_close(s), -1);
	ck_assert_int_eq(shutdowns, 0);
	scene_end(&scene);
}
END_TEST

/* ----------------------------------------------------------- descriptors are counted */

static int
open_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	int count = 0;

	if (d == NULL)
		return 0;
	while (readdir(d) != NULL)
		count++;
	(void)closedir(d);
	return count;
}

/* Ways to part with a socket, and whether they close a descriptor that is the socket's. */
enum way { CLOSE, FREE, UNWRAP, STREAMS, ONE_STREAM, FAILED, FAILED_UNWRAP, WAYS };

static void
part(tls_socket *s, enum way way)
{
	FILE *in = NULL, *out = NULL;
	char buf[8];

	switch (way) {
	case CLOSE:
		ck_assert_int_eq(tls_socket_close(s), 0);
		break;
	case FREE:
		tls_socket_free(s);
		break;
	case UNWRAP:
		ck_assert_int_eq(tls_socket_unwrap(s, 5000), scene.fd);
		break;
	case STREAMS:
		ck_assert_works(tls_socket_fopen(s, &in, &out) == 0);
		ck_assert_int_eq(fclose(in), 0);
		ck_assert_int_eq(closings[scene.fd], 0);
		ck_assert_int_eq(fclose(out), 0);
		break;
	case ONE_STREAM:
		ck_assert_works(tls_socket_fopen(s, NULL, &out) == 0);
		ck_assert_int_eq(fclose(out), 0);
		break;
	case FAILED:
		ck_assert_int_eq(tls_socket_read(s, buf, sizeof(buf)), -1);
		ck_assert_int_eq(tls_socket_close(s), -1);
		break;
	case FAILED_UNWRAP:
	case WAYS:
		ck_assert_int_eq(tls_socket_unwrap(s, 50), -1);
		ck_assert_int_eq(closings[scene.fd], 0);
		tls_socket_free(s);
		break;
	}
}

static const struct peer_step answers[] = {PEER_HANDSHAKE, PEER_ECHO, PEER_END};

/* wall: J12 */
START_TEST(a_descriptor_is_closed_once_by_who_owns_it)
{
	const enum way way = (enum way)(_i / 2);
	const bool own = _i % 2 == 1;
	int expected = own && way != UNWRAP ? 1 : 0, before = open_descriptors(), fd;
	tls_socket *s;

	serve_script(leaf, way == FAILED ? garbage : way == FAILED_UNWRAP ? silent : answers);
	s = tls_wrap(ctx, scene.fd, "www.lab.test");
	ck_assert_works(s != NULL);
	if (own)
		ck_assert_works(tls_socket_own_fd(s) == 0);
	memset(closings, 0, sizeof(closings));
	bad_closings = 0;
	fd = scene.fd;
	part(s, way);
	ck_assert_int_eq(closings[fd], expected);
	ck_assert_int_eq(bad_closings, 0);
	ck_assert_int_eq(fcntl(fd, F_GETFD) == -1, expected == 1);
	if (expected == 0)
		ck_assert_int_eq(__real_close(fd), 0);
	peer_stop(&scene.peer);
	ck_assert_int_eq(open_descriptors(), before);
}
END_TEST

enum mistake { NO_HOST, BAD_HOST, NO_ANCHORS, WRONG_NAME, UNKNOWN_CA, EARLY, NOT_TLS, AT_END, SILENT, UNREAD,
	NO_DIALOGUE, NO_CONTROL, BAD_PROTOCOL, MISTAKES };

static tls_socket *
make_mistake(enum mistake mistake, tls_context *empty)
{
	switch (mistake) {
	case NO_HOST:
		return tls_wrap(ctx, scene.fd, NULL);
	case BAD_HOST:
		return tls_wrap_start(ctx, scene.fd, "a..b");
	case NO_ANCHORS:
		return tls_wrap(empty, scene.fd, "www.lab.test");
	case UNREAD:
		return tls_wrap_upgrade(ctx, scene.fd, "www.lab.test", 1);
	case NO_DIALOGUE:
		return tls_starttls(ctx, scene.fd, TLSW_SMTP, "www.lab.test");
	case NO_CONTROL:
		return tls_wrap_data(NULL, scene.fd);
	case BAD_PROTOCOL:
		return tls_starttls(ctx, scene.fd, (enum tlsw_protocol)99, "www.lab.test");
	default:
		return tls_wrap(ctx, scene.fd, "www.lab.test");
	}
}

/* wall: J12 */
START_TEST(a_failed_wrap_shuts_down_and_closes_nothing)
{
	static const struct peer_step early[] = {PEER_SEND("220 hello\r\n"), PEER_DRAIN, PEER_END};
	static const struct peer_step http[] = {PEER_HELLO, PEER_SEND("HTTP/1.0 400 No\r\n"), PEER_DRAIN, PEER_END};
	static const struct peer_step end[] = {PEER_HELLO, PEER_FIN, PEER_DRAIN, PEER_END};
	static const struct peer_step mute[] = {PEER_DRAIN, PEER_END};
	static const struct peer_step *const scripts[MISTAKES] = {[EARLY] = early, [NOT_TLS] = http,
	    [AT_END] = end, [SILENT] = mute, [NO_DIALOGUE] = end};
	static const enum tlsw_error codes[MISTAKES] = {TLSW_ERR_HOSTNAME, TLSW_ERR_HOSTNAME,
	    TLSW_ERR_TRUST_STORE, TLSW_ERR_HOSTNAME_MISMATCH, TLSW_ERR_CERTIFICATE, TLSW_ERR_PLAINTEXT,
	    TLSW_ERR_NOT_TLS, TLSW_ERR_TRUNCATED, TLSW_ERR_TIMEOUT, TLSW_ERR_PLAINTEXT, TLSW_ERR_TIMEOUT,
	    TLSW_ERR_USAGE, TLSW_ERR_USAGE};
	const enum mistake mistake = (enum mistake)_i;
	tls_context *empty = tls_context_new();

	ck_assert_works(tls_context_set_handshake_timeout(ctx,
	    mistake == SILENT || mistake == NO_DIALOGUE ? 100 : 5000) == 0);
	serve_script(mistake == WRONG_NAME ? wrong : mistake == UNKNOWN_CA ? untrusted : leaf, scripts[_i]);
	if (mistake == EARLY)
		await(POLLIN);
	memset(closings, 0, sizeof(closings));
	bad_closings = 0;
	ck_assert_refused_null(make_mistake(mistake, empty), codes[_i]);
	ck_assert_int_eq(closings[scene.fd], 0);
	ck_assert_int_eq(bad_closings, 0);
	scene_assert_open_and_shut(&scene);
	tls_context_free(empty);
	scene_end(&scene);
	scene_assert_server_got_nothing(&scene);
}
END_TEST

START_TEST(a_handshake_that_failed_closes_what_it_owns_when_it_is_freed)
{
	tls_socket *s;

	scene_serve(&scene, scene_server(wrong));
	s = tls_wrap_start(ctx, scene.fd, "www.lab.test");
	ck_assert_works(s != NULL);
	ck_assert_works(tls_socket_own_fd(s) == 0);
	memset(closings, 0, sizeof(closings));
	ck_assert_refused(tls_socket_handshake(s), TLSW_ERR_HOSTNAME_MISMATCH);
	scene_assert_open_and_shut(&scene);
	ck_assert_int_eq(closings[scene.fd], 0);
	tls_socket_free(s);
	ck_assert_int_eq(closings[scene.fd], 1);
	ck_assert_int_eq(peer_wait(&scene.peer, &scene.report), 0);
	peer_stop(&scene.peer);
}
END_TEST

START_TEST(a_connection_of_our_own_is_closed_in_any_case)
{
	const struct pki *certs[] = {leaf, wrong, untrusted};
	static const char *const hosts[] = {"127.0.0.1", "localhost"};
	struct pki *address = pki_make(.issuer = ca, .san = PKI_NAMES(PKI_IP("127.0.0.1"), PKI_DNS("localhost")));
	char port[16];
	tls_socket *s;
	int i, before;

	scene_serve(&scene, scene_server(_i == 0 ? address : certs[_i]));
	(void)close(scene.fd);
	peer_stop(&scene.peer);
	scene.options.connections = 4;
	ck_assert_int_eq(peer_start(&scene.peer, &scene.options), 0);
	(void)snprintf(port, sizeof(port), "%d", scene.peer.port);
	for (i = 0; i < 2; i++) {
		before = open_descriptors();
		memset(closings, 0, sizeof(closings));
		bad_closings = 0;
		s = tls_create_connection(ctx, hosts[i], port);
		ck_assert_int_eq(s != NULL, _i == 0);
		if (s != NULL)
			ck_assert_int_eq(tls_socket_close(s), 0);
		ck_assert_int_eq(open_descriptors(), before);
		ck_assert_int_eq(bad_closings, 0);
	}
	peer_stop(&scene.peer);
	pki_free(address);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("gate");
	TCase *t = tcase_create("lies");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, without_lies_the_good_one_is_accepted);
	tcase_add_loop_test(t, whatever_openssl_says_the_gate_opens_only_to_a_verdict, 0, 6 * LIES);
	tcase_add_loop_test(t, a_refusal_that_openssl_ignores_shuts_the_gate, 0, 2);
	tcase_add_test(t, alpn_is_looked_at_behind_the_handshake_too);
	tcase_add_loop_test(t, alpn_of_a_resumed_connection_is_looked_at, 0, 2);
	tcase_add_loop_test(t, nothing_is_said_behind_a_fatal_error, 0, 8);
	tcase_add_test(t, nothing_is_said_behind_a_failed_handshake);
	tcase_add_test(t, nothing_is_said_when_the_peer_takes_nothing_more);
	suite_add_tcase(suite, t);
	t = tcase_create("descriptors");
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(t, a_descriptor_is_closed_once_by_who_owns_it, 0, 2 * WAYS);
	tcase_add_loop_test(t, a_failed_wrap_shuts_down_and_closes_nothing, 0, MISTAKES);
	tcase_add_test(t, a_handshake_that_failed_closes_what_it_owns_when_it_is_freed);
	tcase_add_loop_test(t, a_connection_of_our_own_is_closed_in_any_case, 0, 3);
	suite_add_tcase(suite, t);
	return support_run(suite);
}
