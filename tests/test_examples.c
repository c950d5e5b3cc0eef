/* SPDX-License-Identifier: ISC */
#include "support/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/command.h"
#include "support/peer.h"
#include "support/pki.h"

/* The programs in examples/ do what they did before, and not for impostors. */

#define HOST "127.0.0.1"

#define POP3                                                                                  \
	PEER_SEND("+OK ready\r\n"), PEER_EXPECT("USER joe"), PEER_SEND("+OK go on\r\n"),      \
	    PEER_EXPECT("PASS secret"), PEER_SEND("+OK 2 messages\r\n"), PEER_EXPECT("STAT"), \
	    PEER_SEND("+OK 2 320\r\n"), PEER_EXPECT("QUIT"), PEER_SEND("+OK bye\r\n")

static const struct peer_step pop3[] = {POP3, PEER_END};
static const struct peer_step pop3s[] = {PEER_HANDSHAKE, POP3, PEER_CLOSE_NOTIFY, PEER_END};

#define ARGS_MAX 8

/* Run a program; the argument PORT stands for the server's. */
static void
run_with(const char *const *args, const struct peer_options *options, const struct pki *ca,
    struct command_result *result, struct peer_report *report)
{
	char file[] = "/tmp/tlswrap-examples.XXXXXX", variable[64], port[16];
	const char *argv[ARGS_MAX] = {NULL};
	const char *const env[] = {variable, NULL};
	const struct command command = {
	    .argv = argv, .env = env, .input = "secret\n", .input_len = 7};
	struct peer peer;
	int fd = mkstemp(file);

	ck_assert_int_ne(fd, -1);
	(void)close(fd);
	pki_write(file, pki_pem(ca), strlen(pki_pem(ca)));
	(void)snprintf(variable, sizeof(variable), "SSL_CERT_FILE=%s", file);
	ck_assert_int_eq(peer_start(&peer, options), 0);
	(void)snprintf(port, sizeof(port), "%d", peer.port);
	for (size_t i = 0; i < ARGS_MAX - 1 && args[i] != NULL; i++)
		argv[i] = strcmp(args[i], "PORT") == 0 ? port : args[i];
	ck_assert_int_eq(command_run(&command, result), 0);
	ck_assert_int_eq(peer_wait(&peer, report), 0);
	peer_stop(&peer);
	(void)unlink(file);
}

static void
run(const char *program, const struct peer_options *options, const struct pki *ca,
    struct command_result *result, struct peer_report *report)
{
	const char *const args[] = {program, HOST, "PORT", "joe", NULL};

	run_with(args, options, ca, result, report);
}

START_TEST(pop3_before_counts_messages)
{
	struct pki *ca = pki_ca("Lab CA");
	const struct peer_options options = {.script = pop3};
	struct command_result r;
	struct peer_report report;

	run("examples/pop3/before", &options, ca, &r, &report);
	ck_assert_msg(r.status == 0, "%s", r.err);
	ck_assert_str_eq(r.out, "2\n");
	command_result_free(&r);
	pki_free(ca);
}
END_TEST

START_TEST(pop3_after_counts_messages)
{
	struct pki *ca = pki_ca("Lab CA");
	struct pki *leaf = pki_make(.cn = HOST, .issuer = ca, .san = PKI_NAMES(PKI_IP(HOST)));
	const struct peer_options options = {
	    .cert = pki_x509(leaf), .key = pki_key(leaf), .script = pop3s};
	struct command_result r;
	struct peer_report report;

	run("examples/pop3/after", &options, ca, &r, &report);
	ck_assert_msg(r.status == 0, "%s", r.err);
	ck_assert_str_eq(r.out, "2\n");
	ck_assert(report.close_notify);
	command_result_free(&r);
	pki_free(leaf);
	pki_free(ca);
}
END_TEST

START_TEST(pop3_after_tells_impostors_no_password)
{
	struct pki *ca = pki_ca("Lab CA");
	struct pki *leaf = pki_leaf(ca, "other.lab.test");
	const struct peer_options options = {
	    .cert = pki_x509(leaf), .key = pki_key(leaf), .script = pop3s};
	struct command_result r;
	struct peer_report report;

	run("examples/pop3/after", &options, ca, &r, &report);
	ck_assert_int_eq(r.status, 1);
	ck_assert_ptr_nonnull(strstr(r.err, "other.lab.test"));
	ck_assert_uint_eq(report.data_in, 0);
	command_result_free(&r);
	pki_free(leaf);
	pki_free(ca);
}
END_TEST

/* ------------------------------------------------------------------- other shapes */

#define REQUEST PEER_EXPECT("/ HTTP/1.0"), PEER_EXPECT("Host: " HOST), PEER_EXPECT("")
#define ANSWER REQUEST, PEER_SEND("HTTP/1.0 200 Fine\r\n\r\nhello\n"), PEER_CLOSE_NOTIFY
#define CONNECT                                                                               \
	PEER_EXPECT("CONNECT " HOST ":443 HTTP/1.1"), PEER_EXPECT("Host: "), PEER_EXPECT(""), \
	    PEER_SEND("HTTP/1.1 200 Go on\r\nVia: lab\r\n\r\n")
#define FINGER PEER_EXPECT("joe"), PEER_SEND("Joe is here.\r\n")

/* A second TLS inside the first, which one server process plays as well. */
static int
answer_inside(struct peer_connection *c, const struct peer_step *step)
{
	const struct peer_options *o = peer_connection_options(c);
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	SSL *ssl = SSL_new(ctx);
	char buf[16384];
	ssize_t n = 1;
	int got = 0;

	(void)step;
	SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	if (SSL_use_certificate(ssl, o->cert) != 1 || SSL_use_PrivateKey(ssl, o->key) != 1)
		n = -1;
	SSL_set_accept_state(ssl);
	while (n > 0 && got <= 0 && (n = peer_read(c, buf, sizeof(buf))) > 0) {
		(void)BIO_write(SSL_get_rbio(ssl), buf, (int)n);
		got = SSL_read(ssl, buf, sizeof(buf));
		if (got > 0 && SSL_write(ssl, "inside\n", 7) == 7)
			(void)SSL_shutdown(ssl);
		while ((n = BIO_read(SSL_get_wbio(ssl), buf, sizeof(buf))) > 0)
			if (peer_write(c, buf, (size_t)n) != 0)
				got = 1;
		n = 1;
	}
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	return n > 0 ? 0 : -1;
}

static const struct peer_step https[] = {PEER_HANDSHAKE, ANSWER, PEER_END};
static const struct peer_step http_proxy[] = {CONNECT, PEER_HANDSHAKE, ANSWER, PEER_END};
static const struct peer_step https_proxy[] = {
    PEER_HANDSHAKE, CONNECT, PEER_CALL(answer_inside), PEER_CLOSE_NOTIFY, PEER_DRAIN, PEER_END};
static const struct peer_step finger[] = {FINGER, PEER_END};
static const struct peer_step fingers[] = {PEER_HANDSHAKE, FINGER, PEER_CLOSE_NOTIFY, PEER_END};
static const struct peer_step fingers_cut[] = {PEER_HANDSHAKE, FINGER, PEER_FIN, PEER_END};

static const struct {
	const char *args[ARGS_MAX];
	const struct peer_step *script;
	int connections;
	const char *leaf; /* whom the server claims to be */
	int status;
	const char *out; /* all of it */
	const char *err; /* a part */
} shapes[] = {
    {{"examples/client/blocking", HOST, "PORT", "/"}, https, 1, HOST, 0,
	"HTTP/1.0 200 Fine\r\n\r\nhello\n", ""},
    {{"examples/client/blocking", HOST, "PORT", "/"}, https, 1, "127.0.0.2", 1, "", "127.0.0.2"},
    {{"examples/client/many", "PORT", HOST, HOST, HOST}, https, 3, HOST, 0,
	HOST ": HTTP/1.0 200 Fine\n" HOST ": HTTP/1.0 200 Fine\n" HOST ": HTTP/1.0 200 Fine\n", ""},
    {{"examples/client/proxy", "http", HOST, "PORT", HOST, "443", "/"}, http_proxy, 1, HOST, 0,
	"HTTP/1.0 200 Fine\r\n\r\nhello\n", ""},
    {{"examples/client/proxy", "http", HOST, "PORT", HOST, "443", "/"}, http_proxy, 1, "127.0.0.2",
	1, "", "127.0.0.2"},
    {{"examples/client/proxy", "https", HOST, "PORT", HOST, "443", "/"}, https_proxy, 1, HOST, 0,
	"inside\n", ""},
    {{"examples/client/proxy", "https", HOST, "PORT", HOST, "443", "/"}, https_proxy, 1,
	"127.0.0.2", 1, "", "127.0.0.2"},
    {{"examples/stdio/before", HOST, "PORT", "joe"}, finger, 1, HOST, 0, "Joe is here.\r\n", ""},
    {{"examples/stdio/after", HOST, "PORT", "joe"}, fingers, 1, HOST, 0, "Joe is here.\r\n", ""},
    {{"examples/stdio/after", HOST, "PORT", "joe"}, fingers, 1, "127.0.0.2", 1, "", "127.0.0.2"},
    {{"examples/stdio/after", HOST, "PORT", "joe"}, fingers_cut, 1, HOST, 1, "Joe is here.\r\n",
	"cannot receive"},
};

START_TEST(an_example_does_what_it_says)
{
	struct pki *ca = pki_ca("Lab CA");
	const struct pki_name name = pki_name(PKI_KIND_IP, shapes[_i].leaf);
	const struct pki_name san[] = {name, {0, NULL, 0}};
	struct pki *leaf = pki_make(.cn = shapes[_i].leaf, .issuer = ca, .san = san);
	const struct peer_options options = {.cert = pki_x509(leaf),
	    .key = pki_key(leaf),
	    .script = shapes[_i].script,
	    .connections = shapes[_i].connections};
	struct command_result r;
	struct peer_report report;

	run_with(shapes[_i].args, &options, ca, &r, &report);
	ck_assert_msg(r.status == shapes[_i].status && strcmp(r.out, shapes[_i].out) == 0 &&
			  strstr(r.err, shapes[_i].err) != NULL,
	    "%s, row %d: status %d, \"%s\", \"%s\"", shapes[_i].args[0], _i, r.status, r.out,
	    r.err);
	ck_assert_msg(shapes[_i].err[0] != '1' || report.data_in == 0, "data for an impostor");
	command_result_free(&r);
	pki_free(leaf);
	pki_free(ca);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("examples");
	TCase *t = tcase_create("pop3");

	tcase_add_test(t, pop3_before_counts_messages);
	tcase_add_test(t, pop3_after_counts_messages);
	tcase_add_test(t, pop3_after_tells_impostors_no_password);
	suite_add_tcase(s, t);
	t = tcase_create("shapes");
	tcase_set_timeout(t, 30);
	tcase_add_loop_test(
	    t, an_example_does_what_it_says, 0, (int)(sizeof(shapes) / sizeof(shapes[0])));
	suite_add_tcase(s, t);
	return support_run(s);
}
