/*
 * test_binding.c - channel bindings: the values of RFC 9266 and RFC 5929, and
 * the connections that cannot have them. What they are for: test_scram.c.
 *
 * SPDX-License-Identifier: ISC
 */
#include "support/support.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "support/scene.h"

#define SIZE 64

static struct pki *ca, *leaf;
static tls_context *ctx;
static struct scene scene;

/* What the server has for both, a line of octets each: 32 of the exporter, the length, the
 * Finished. */
static int
tell(struct peer_connection *c, const struct peer_step *step)
{
	static const char label[] = "EXPORTER-Channel-Binding";
	SSL *ssl = peer_connection_ssl(c);
	unsigned char answer[32 + 1 + SIZE] = {0};

	(void)step;
	(void)SSL_export_keying_material(
	    ssl, answer, 32, label, sizeof(label) - 1, (const unsigned char *)"", 0, 1);
	answer[32] = (unsigned char)(SSL_session_reused(ssl) == 1
					 ? SSL_get_finished(ssl, answer + 33, SIZE)
					 : SSL_get_peer_finished(ssl, answer + 33, SIZE));
	return peer_write(c, answer, sizeof(answer));
}

static const struct peer_step script[] = {
    PEER_HANDSHAKE, PEER_CALL(tell), PEER_CLOSE_NOTIFY, PEER_END};

static void
set_up(void)
{
	ca = pki_ca("Lab CA");
	leaf = pki_leaf(ca, "www.lab.test");
	ctx = scene_trusting(ca);
}

static void
tear_down(void)
{
	tls_context_free(ctx);
	pki_free(leaf);
	pki_free(ca);
}

static struct peer_options
server(int version, uint64_t ssl_options)
{
	struct peer_options options = scene_server(leaf);

	options.min_version = options.max_version = version;
	options.ssl_options = ssl_options;
	options.script = script;
	return options;
}

static tls_socket *
wrap(void)
{
	tls_socket *s = tls_wrap(ctx, scene.fd, "www.lab.test");

	ck_assert_works(s != NULL);
	return s;
}

static void
finish(tls_socket *s)
{
	tls_socket_free(s);
	scene_end(&scene);
}

/* ------------------------------------------------------------------ both sides */

static void
assert_as_server(tls_socket *s, int version)
{
	unsigned char told[32 + 1 + SIZE], mine[SIZE];
	size_t got = 0;
	ssize_t n;

	while (got < sizeof(told)) {
		n = tls_socket_read(s, told + got, sizeof(told) - got);
		ck_assert_works(n > 0);
		got += (size_t)n;
	}
	ck_assert_works(tls_socket_channel_binding(s, "tls-exporter", mine, sizeof(mine)) == 32);
	ck_assert_mem_eq(mine, told, 32);
	if (version == TLS1_3_VERSION)
		return;
	n = tls_socket_channel_binding(s, "tls-unique", mine, sizeof(mine));
	ck_assert_works(n == 12 && told[32] == 12);
	ck_assert_mem_eq(mine, told + 33, 12);
}

static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

/* The second connection is resumed: the first Finished is the server's then. */
START_TEST(both_sides_have_the_same_value)
{
	struct peer_options options = server(versions[_i], 0);
	tls_socket *s;
	int i;

	options.connections = 2;
	scene_serve(&scene, options);
	for (i = 0; i < 2; i++) {
		s = wrap();
		ck_assert_int_eq(tls_socket_resumed(s), i == 1);
		assert_as_server(s, versions[_i]);
		ck_assert_works(tls_socket_close(s) == 0);
		scene_hang_up(&scene);
		if (i == 0)
			scene_connect(&scene);
	}
	peer_stop(&scene.peer);
}
END_TEST

/* ------------------------------------------------------------- the certificate */

/* RFC 5929 section 4.1. */
static const struct {
	const char *key, *signed_with, *hashed_with; /* NULL: there is none */
} hashes[] = {
    {"RSA-2048", "SHA256", "SHA256"},
    {"RSA-2048", "SHA384", "SHA384"},
    {"RSA-2048", "SHA512", "SHA512"},
    {"P-256", "SHA384", "SHA384"},
    {"RSA-2048", "SHA1", "SHA256"},
    {"RSA-2048", "MD5", "SHA256"},
    {"Ed25519", NULL, NULL},
};

static int
anything_goes(SSL_CTX *ssl_ctx, void *unused)
{
	(void)unused;
	SSL_CTX_set_security_level(ssl_ctx, 0);
	return 1;
}

/* Behind the handshake under TLS_CERT_NONE: MD5 signs nothing that is trusted. */
START_TEST(a_certificate_is_hashed_as_it_was_signed)
{
	struct pki *issuer = pki_make(.cn = "CA", .basic = PKI_CA, .key_type = hashes[_i].key);
	unsigned char expected[EVP_MAX_MD_SIZE], mine[SIZE];
	struct peer_options options;
	unsigned len = 0;
	tls_socket *s;

	pki_free(leaf);
	leaf = pki_make(.cn = "leaf", .issuer = issuer, .digest = hashes[_i].signed_with);
	ck_assert_works(tls_context_set_check_hostname(ctx, false) == 0);
	ck_assert_works(tls_context_set_verify_mode(ctx, TLSW_CERT_NONE) == 0);
	options = server(versions[_i % 2], 0);
	options.setup = anything_goes;
	options.ciphers = "DEFAULT@SECLEVEL=0";
	scene_serve(&scene, options);
	s = wrap();
	if (hashes[_i].hashed_with == NULL)
		ck_assert_refused(tls_socket_channel_binding(s, "tls-server-end-point", mine, SIZE),
		    TLSW_ERR_USAGE);
	else {
		ck_assert_int_eq(X509_digest(pki_x509(leaf),
				     EVP_get_digestbyname(hashes[_i].hashed_with), expected, &len),
		    1);
		ck_assert_works(tls_socket_channel_binding(s, "tls-server-end-point", mine, SIZE) ==
				(ssize_t)len);
		ck_assert_mem_eq(mine, expected, len);
		ck_assert_refused(
		    tls_socket_channel_binding(s, "tls-server-end-point", mine, len - 1),
		    TLSW_ERR_USAGE);
	}
	finish(s);
	pki_free(issuer);
}
END_TEST

/* -------------------------------------------------------------------- refusals */

static const struct {
	const char *label;
	int version;
	uint64_t options;
	const char *type;
	size_t size; /* of the buffer */
	bool ok;
} rows[] = {
    {"TLS 1.3", TLS1_3_VERSION, 0, "tls-exporter", 32, true},
    {"TLS 1.3, small", TLS1_3_VERSION, 0, "tls-exporter", 31, false},
    {"TLS 1.3, empty", TLS1_3_VERSION, 0, "tls-exporter", 0, false},
    {"not in TLS 1.3", TLS1_3_VERSION, 0, "tls-unique", SIZE, false},
    {"TLS 1.3", TLS1_3_VERSION, 0, "tls-server-end-point", 32, true},
    {"TLS 1.2", TLS1_2_VERSION, 0, "tls-unique", 12, true},
    {"TLS 1.2, small", TLS1_2_VERSION, 0, "tls-unique", 11, false},
    {"TLS 1.2", TLS1_2_VERSION, 0, "tls-exporter", SIZE, true},
    {"without extended master secret", TLS1_2_VERSION, SSL_OP_NO_EXTENDED_MASTER_SECRET,
	"tls-unique", SIZE, false},
    {"without extended master secret", TLS1_2_VERSION, SSL_OP_NO_EXTENDED_MASTER_SECRET,
	"tls-exporter", SIZE, false},
    {"without extended master secret", TLS1_2_VERSION, SSL_OP_NO_EXTENDED_MASTER_SECRET,
	"tls-server-end-point", SIZE, true},
    {"unknown", TLS1_3_VERSION, 0, "tls-unique-for-telnet", SIZE, false},
    {"unknown", TLS1_3_VERSION, 0, "TLS-EXPORTER", SIZE, false},
    {"unknown", TLS1_3_VERSION, 0, "", SIZE, false},
};

START_TEST(a_binding_is_given_where_it_is_worth_something)
{
	unsigned char mine[SIZE + 1];
	tls_socket *s;
	ssize_t n;

	memset(mine, 0xa5, sizeof(mine));
	scene_serve(&scene, server(rows[_i].version, rows[_i].options));
	s = wrap();
	tls_error_clear();
	n = tls_socket_channel_binding(s, rows[_i].type, mine, rows[_i].size);
	ck_assert_msg((n > 0) == rows[_i].ok, "%s, %s: %s", rows[_i].type, rows[_i].label,
	    tls_last_error()->message);
	if (!rows[_i].ok) {
		support_assert_error(TLSW_ERR_USAGE, rows[_i].label, __FILE__, __LINE__);
		ck_assert_uint_eq(mine[0], 0xa5);
	}
	ck_assert_uint_eq(mine[rows[_i].size], 0xa5);
	ck_assert_int_eq(tls_socket_error(s)->code, TLSW_OK);
	finish(s);
}
END_TEST

START_TEST(there_is_none_before_the_handshake)
{
	unsigned char mine[SIZE];
	tls_socket *s;

	scene_serve(&scene, server(TLS1_3_VERSION, 0));
	s = tls_wrap_start(ctx, scene.fd, "www.lab.test");
	ck_assert_works(s != NULL);
	ck_assert_refused(
	    tls_socket_channel_binding(s, "tls-exporter", mine, SIZE), TLSW_ERR_USAGE);
	ck_assert_refused(
	    tls_socket_channel_binding(s, "tls-server-end-point", mine, SIZE), TLSW_ERR_USAGE);
	ck_assert_works(tls_socket_handshake(s) == 0);
	ck_assert_works(tls_socket_channel_binding(s, "tls-exporter", mine, SIZE) == 32);
	finish(s);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("binding");
	TCase *t = tcase_create("channel bindings");

	suite_add_tcase(s, t);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(t, both_sides_have_the_same_value, 0, 2);
	tcase_add_loop_test(t, a_certificate_is_hashed_as_it_was_signed, 0,
	    (int)(sizeof(hashes) / sizeof(hashes[0])));
	/* wall: K02: two connections with one master secret had one binding */
	tcase_add_loop_test(t, a_binding_is_given_where_it_is_worth_something, 0,
	    (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(t, there_is_none_before_the_handshake);
	return support_run(s);
}
