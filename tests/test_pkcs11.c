/*
 * test_pkcs11.c - client certificates whose key is in a token: SoftHSM, by way
 * of whatever this OpenSSL has for pkcs11:, the engine or a provider.
 *
 * Skipped, and says so, where softhsm2-util, p11tool or both ways are missing.
 *
 * SPDX-License-Identifier: ISC
 */
#include "support/support.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/store.h>

#include "compat.h"
#include "support/peer.h"
#include "support/pki.h"
#include "support/terminal.h"
#include "support/trust_support.h"

#define PIN "271828"

static struct pki *ca, *server, *client_ca, *clients[2];
static const char *const names[] = {"ec", "rsa"};
static struct peer_options options;
static struct peer peer;
static struct peer_report report;
static tls_context *ctx;
static int asked;

static const struct peer_step hello[] = {PEER_HANDSHAKE, PEER_SEND("hello"), PEER_READ(0),
    PEER_CLOSE_NOTIFY, PEER_END};

/* ---------------------------------------------------------------------- the token */

static int
run(const char *format, const char *a, const char *b)
{
	char command[1500];
	int n = snprintf(command, sizeof(command), format, a, b);

	ck_assert_int_lt(n, (int)sizeof(command));
	return system(command);
}

static void
must_run(const char *format, const char *a, const char *b)
{
	ck_assert_msg(run(format, a, b) == 0, format, a, b);
}

static void
make_token(void)
{
	char conf[500], tokens[300];

	(void)snprintf(tokens, sizeof(tokens), "%s", scratch_path("tokens"));
	ck_assert_int_eq(mkdir(tokens, 0700), 0);
	(void)snprintf(conf, sizeof(conf),
	    "directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n", tokens);
	ck_assert_int_eq(setenv("SOFTHSM2_CONF", scratch_write("softhsm2.conf", conf, strlen(conf)), 1), 0);
	must_run("softhsm2-util --init-token --free --label tlswrap-lab --so-pin %s --pin %s >/dev/null",
	    "12345678", PIN);
}

/* A certificate and its key into the token. */
static void
put_in(const struct pki *client, const char *name)
{
	char object[64], cert[300], command[1000];
	BIO *bio = BIO_new(BIO_s_mem());
	char *data;
	long len;

	ck_assert_int_eq(PEM_write_bio_PKCS8PrivateKey(bio, pki_key(client), NULL, NULL, 0, NULL, NULL), 1);
	len = BIO_get_mem_data(bio, &data);
	(void)scratch_write("key.pem", data, (size_t)len);
	BIO_free(bio);
	(void)snprintf(object, sizeof(object), "--label client-%s --id %s", name,
	    strcmp(name, "ec") == 0 ? "0a" : "0b");
	(void)snprintf(cert, sizeof(cert), "%s", scratch_write("cert.pem", pki_pem(client), strlen(pki_pem(client))));
	(void)snprintf(command, sizeof(command), "p11tool --batch --login --set-pin " PIN " --write "
	    "--load-certificate '%s' --load-privkey '%s' %s pkcs11:token=tlswrap-lab >/dev/null",
	    cert, scratch_path("key.pem"), object);
	must_run("%s 2>'%s'", command, scratch_path("p11tool.log"));
}

static void
make_all(void)
{
	ca = pki_ca("Server CA");
	server = pki_leaf(ca, "www.lab.test");
	client_ca = pki_ca("Client CA");
	clients[0] = pki_make(.cn = "client ec", .issuer = client_ca, .eku = PKI_OIDS("1.3.6.1.5.5.7.3.2"));
	clients[1] = pki_make(.cn = "client rsa", .issuer = client_ca, .key_type = "RSA-2048",
	    .eku = PKI_OIDS("1.3.6.1.5.5.7.3.2"));
	scratch_make();
	make_token();
	put_in(clients[0], names[0]);
	put_in(clients[1], names[1]);
}

static void
free_all(void)
{
	(void)run("rm -rf '%s'%s", scratch_path("tokens"), "");
	scratch_remove();
	pki_free(clients[1]);
	pki_free(clients[0]);
	pki_free(client_ca);
	pki_free(server);
	pki_free(ca);
}

static void
setup(void)
{
	ctx = tls_context_new();
	ck_assert_works(ctx != NULL);
	ck_assert_works(tls_context_load_ca_mem(ctx, pki_pem(ca), strlen(pki_pem(ca))) == 1);
	asked = 0;
	options = (struct peer_options){.cert = pki_x509(server), .key = pki_key(server),
	    .script = hello, .client_cert = PEER_REQUIRE_CLIENT_CERT, .client_ca = pki_x509(client_ca)};
}

static void
teardown(void)
{
	tls_context_free(ctx);
	tls_error_clear();
}

/* ----------------------------------------------------------------------- connections */

static int
right(char *buf, int size, void *arg)
{
	(void)size, (void)arg;
	asked++;
	memcpy(buf, PIN, strlen(PIN));
	return (int)strlen(PIN);
}
static int
wrong(char *buf, int size, void *arg)
{
	(void)size, (void)arg;
	asked++;
	memcpy(buf, "000000", 6);
	return 6;
}

static const char *
uri(const char *name, const char *rest)
{
	static char text[2][200];
	static int turn;

	turn = !turn;
	(void)snprintf(text[turn], sizeof(text[turn]), "pkcs11:token=tlswrap-lab;object=client-%s%s", name, rest);
	return text[turn];
}

static const char *
file_of(const struct pki *client)
{
	return scratch_write("client.pem", pki_pem(client), strlen(pki_pem(client)));
}

static int both(int i) { return tls_context_load_cert_chain(ctx, uri(names[i], ""), NULL, right, NULL); }
static int apart(int i) { return tls_context_load_cert_chain(ctx, uri(names[i], ";type=cert"), uri(names[i], ";type=private"), right, NULL); }
static int key_only(int i) { return tls_context_load_cert_chain(ctx, file_of(clients[i]), uri(names[i], ";type=private"), right, NULL); }
static int pin_in_uri(int i) { return tls_context_load_cert_chain(ctx, file_of(clients[i]), uri(names[i], "?pin-value=" PIN), NULL, NULL); }

static int (*const ways[])(int) = {both, apart, key_only, pin_in_uri};
#define WAYS ((int)(sizeof(ways) / sizeof(ways[0])))

static void
visit(const struct pki *who)
{
	struct pki_octets der = pki_der(who);
	tls_certificate *cert = tls_certificate_load_mem(der.at, der.len);
	char buf[8];
	int fd = peer_connect(&peer);
	tls_socket *s = tls_wrap(ctx, fd, "www.lab.test");

	ck_assert_works(s != NULL);
	ck_assert_works(tls_socket_read(s, buf, 5) == 5);
	ck_assert_int_eq(tls_socket_close(s), 0);
	(void)close(fd);
	ck_assert_int_eq(peer_wait(&peer, &report), 0);
	ck_assert(report.client_cert);
	ck_assert_str_eq(report.client_cert_sha256, tls_certificate_sha256(cert));
	tls_certificate_free(cert);
}

/* Each way, with either key, in either version: the token signs. */
START_TEST(a_key_in_a_token_introduces_the_client)
{
	const int key = _i % 2;

	options.min_version = options.max_version = _i / 2 % 2 == 0 ? TLS1_2_VERSION : TLS1_3_VERSION;
	ck_assert_works(ways[_i / 4](key) == 0);
	ck_assert_int_eq(asked, ways[_i / 4] == pin_in_uri ? 0 : 1);
	ck_assert_int_eq(peer_start(&peer, &options), 0);
	visit(clients[key]);
	peer_stop(&peer);
}
END_TEST

/* What is loaded serves many connections, and goes when its context goes. */
START_TEST(one_load_serves_many_connections)
{
	int i;

	ck_assert_works(tls_context_set_session_cache(ctx, 0) == 0);
	ck_assert_works(both(1) == 0);
	ck_assert_works(both(_i) == 0); /* in place of the other */
	options.connections = 5;
	ck_assert_int_eq(peer_start(&peer, &options), 0);
	for (i = 0; i < 5; i++)
		visit(clients[_i]);
	peer_stop(&peer);
}
END_TEST

/* -------------------------------------------------------------------------- refusals */

static int wrong_pin(void) { return tls_context_load_cert_chain(ctx, uri("ec", ""), NULL, wrong, NULL); }
static int wrong_pin_value(void) { return tls_context_load_cert_chain(ctx, uri("ec", "?pin-value=161803"), NULL, NULL, NULL); }
static int nobody_to_ask(void) { return tls_context_load_cert_chain(ctx, uri("ec", ""), NULL, NULL, NULL); }
static int no_object(void) { return tls_context_load_cert_chain(ctx, uri("nobody", ""), NULL, right, NULL); }
static int no_object_and_nobody_to_ask(void) { return tls_context_load_cert_chain(ctx, uri("nobody", ""), NULL, NULL, NULL); }
static int no_token(void) { return tls_context_load_cert_chain(ctx, "pkcs11:token=no-such-token;object=x", NULL, right, NULL); }
static int other_key(void) { return tls_context_load_cert_chain(ctx, file_of(clients[0]), uri("rsa", ""), right, NULL); }
static int nonsense(void) { return tls_context_load_cert_chain(ctx, "pkcs11:%%%", NULL, right, NULL); }

static const struct {
	const char *label;
	int (*load)(void);
	const char *text;
	int asked; /* at most */
} refusals[] = {
    {"wrong PIN", wrong_pin, "", 1},
    {"wrong PIN in the URI", wrong_pin_value, "", 0},
    {"nobody to ask", nobody_to_ask, "no password function", 0},
    {"no such object", no_object, "client-nobody", 1},
    {"no such token", no_token, "no-such-token", 0},
    {"key of another certificate", other_key, "is not the one of the certificate", 1},
    {"nonsense", nonsense, "pkcs11", 1},
};
#define REFUSALS ((int)(sizeof(refusals) / sizeof(refusals[0])))

/* Refused with a reason, without a word on standard error, and no PIN tried twice: tokens lock themselves. */
START_TEST(what_a_token_does_not_give_is_refused)
{
	const char *said = scratch_write("stderr", "", 0);
	int saved = dup(2), log = open(said, O_RDWR | O_TRUNC);
	struct stat st;

	ck_assert_int_eq(dup2(log, 2), 2);
	tls_error_clear();
	ck_assert_int_eq(refusals[_i].load(), -1);
	ck_assert_int_eq(dup2(saved, 2), 2);
	ck_assert_int_eq(fstat(log, &st), 0);
	ck_assert_int_eq(st.st_size, 0);
	support_assert_error(TLSW_ERR_CREDENTIALS, refusals[_i].label, __FILE__, __LINE__);
	ck_assert_msg(strstr(tls_last_error()->message, refusals[_i].text) != NULL, "%s: %s",
	    refusals[_i].label, tls_last_error()->message);
	ck_assert_int_le(asked, refusals[_i].asked);
	ck_assert_ptr_null(strstr(tls_last_error()->message, "161803"));
	(void)close(saved);
	(void)close(log);
	asked = 0;
	ck_assert_works(both(0) == 0); /* nothing is locked, nothing left behind */
}
END_TEST

static int (*silent[])(void) = {nobody_to_ask, no_object_and_nobody_to_ask};
static int (*attempt)(void);

static int
fails(void)
{
	return attempt() == -1 && tls_last_error()->code == TLSW_ERR_CREDENTIALS ? 0 : 1;
}

START_TEST(no_pin_is_asked_on_the_terminal)
{
	attempt = silent[_i];
	terminal_silent(fails);
}
END_TEST

/* -------------------------------------------------------------------------------- main */

static bool
have(const char *program)
{
	char command[100];

	(void)snprintf(command, sizeof(command), "command -v %s >/dev/null", program);
	return system(command) == 0;
}

static bool
have_way(void)
{
	OSSL_STORE_LOADER *loader = OSSL_STORE_LOADER_fetch(NULL, "pkcs11", NULL);
	bool way = loader != NULL || tlsw__compat_engine("pkcs11") != NULL;

	OSSL_STORE_LOADER_free(loader);
	return way;
}

/* In a child, so that nothing of it stays in the program that forks for each test. */
static bool
can_run(void)
{
	int status = 1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(have("softhsm2-util") && have("p11tool") && have_way() ? 0 : 1);
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int
main(void)
{
	Suite *suite = suite_create("pkcs11");
	TCase *t = tcase_create("token");

	if (!can_run()) {
		(void)fprintf(stderr, "SKIPPED: softhsm2-util, p11tool, or both the engine and a provider for "
		                      "pkcs11: are missing\n");
		srunner_free(srunner_create(suite));
		return 77;
	}
	suite_add_tcase(suite, t);
	tcase_add_unchecked_fixture(t, make_all, free_all);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 30);
	tcase_add_loop_test(t, a_key_in_a_token_introduces_the_client, 0, 4 * WAYS);
	tcase_add_loop_test(t, one_load_serves_many_connections, 0, 2);
	tcase_add_loop_test(t, what_a_token_does_not_give_is_refused, 0, REFUSALS);
	tcase_add_loop_test(t, no_pin_is_asked_on_the_terminal, 0, 2);
	return support_run(suite);
}
