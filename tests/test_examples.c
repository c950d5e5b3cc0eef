/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE /* memmem() */
#include "support/support.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/command.h"
#include "support/peer.h"
#include "support/pki.h"

/* The programs in examples/ do what they did before, and not for impostors. */

#define HOST "127.0.0.1"

#define MESSAGE "Subject: dots\n\n.\n..two\r\nlast" /* for the one that sends it */
#define ARGS_MAX 10

/* Run a program; the argument PORT stands for the server's. */
static void
run_with(const char *const *args, const struct peer_options *options, const struct pki *ca,
    struct command_result *result, struct peer_report *report)
{
	char file[] = "/tmp/tlswrap-examples.XXXXXX", variable[64], port[16];
	const char *argv[ARGS_MAX] = {NULL};
	const char *const env[] = {variable, "PASSWORD=secret", NULL};
	const struct command command = {
	    .argv = argv, .env = env, .input = MESSAGE, .input_len = sizeof(MESSAGE) - 1};
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

/* ------------------------------------------------- mail, news and files */

#define POP3_REST                                                                            \
	PEER_EXPECT("USER joe\r"), PEER_SEND("+OK go on\r\n"), PEER_EXPECT("PASS secret\r"), \
	    PEER_SEND("+OK 2 messages\r\n"), PEER_EXPECT("LIST\r"),                          \
	    PEER_SEND("+OK\r\n1 120\r\n2 200\r\n.\r\n"), PEER_EXPECT("QUIT\r"),              \
	    PEER_SEND("+OK bye\r\n")
#define POP3 PEER_SEND("+OK ready\r\n"), POP3_REST
#define STLS                                                                                \
	PEER_SEND("+OK ready\r\n"), PEER_EXPECT("CAPA"), PEER_SEND("+OK\r\nSTLS\r\n.\r\n"), \
	    PEER_EXPECT("STLS"), PEER_SEND("+OK\r\n"), PEER_HANDSHAKE

static const struct peer_step pop3[] = {POP3, PEER_END};
static const struct peer_step pop3s[] = {PEER_HANDSHAKE, POP3, PEER_CLOSE_NOTIFY, PEER_END};
static const struct peer_step stls[] = {STLS, POP3_REST, PEER_CLOSE_NOTIFY, PEER_END};
static const struct peer_step pop3s_full[] = {PEER_HANDSHAKE, PEER_SEND("+OK ready\r\n"),
    PEER_EXPECT("USER joe"), PEER_SEND("-ERR \033[2J\302\2332Jfull\r\n"), PEER_END};
static const struct peer_step pop3s_cut[] = {
    PEER_HANDSHAKE, PEER_SEND("+OK ready\r\n"), PEER_EXPECT("USER joe"), PEER_FIN, PEER_END};
static const struct peer_step pop3s_ready[] = {
    PEER_HANDSHAKE, PEER_SEND("+OK ready\r\n"), PEER_DRAIN, PEER_END};

#define IMAP                                                                                    \
	PEER_SEND("* OK ready\r\n"), PEER_EXPECT("a1 LOGIN \"jo\\\"e\" \"secret\"\r"),          \
	    PEER_SEND("* CAPABILITY IMAP4rev1\r\na1 OK\r\n"),                                   \
	    PEER_EXPECT("a2 EXAMINE \"IN {3}\"\r"), PEER_SEND("* 1 EXISTS\r\na2 OK\r\n"),       \
	    PEER_EXPECT("a3 FETCH 1 BODY.PEEK[]\r"),                                            \
	    PEER_SEND("* OK \"{9} inside\r\n* X {4}\r\nno\r\n\r\n"                              \
		      "* 1 FETCH (FLAGS () BODY[] {15}\r\na3 OK\r\n\r\nhello\n)\r\na3 OK\r\n"), \
	    PEER_EXPECT("a4 LOGOUT"), PEER_SEND("* BYE\r\na4 OK\r\n")
static const struct peer_step imap[] = {IMAP, PEER_END};
static const struct peer_step imaps[] = {PEER_HANDSHAKE, IMAP, PEER_CLOSE_NOTIFY, PEER_END};
static const struct peer_step imaps_ready[] = {
    PEER_HANDSHAKE, PEER_SEND("* OK ready\r\n"), PEER_DRAIN, PEER_END};

#define NNTP                                                                                     \
	PEER_SEND("201 ready\r\n"), PEER_EXPECT("AUTHINFO USER joe\r"),                          \
	    PEER_SEND("381 go on\r\n"), PEER_EXPECT("AUTHINFO PASS secret\r"),                   \
	    PEER_SEND("281 fine\r\n"), PEER_EXPECT("GROUP lab.test\r"),                          \
	    PEER_SEND("211 1 7 7 lab.test\r\n"), PEER_EXPECT("HEAD 7\r"),                        \
	    PEER_SEND("221 7 <x@y>\r\nFrom: joe\r\n..dot: yes\r\n.\r\n"), PEER_EXPECT("QUIT\r"), \
	    PEER_SEND("205 bye\r\n")
static const struct peer_step nntp[] = {NNTP, PEER_END};
static const struct peer_step nntps[] = {PEER_HANDSHAKE, NNTP, PEER_CLOSE_NOTIFY, PEER_END};
static const struct peer_step nntps_ready[] = {
    PEER_HANDSHAKE, PEER_SEND("200 ready\r\n"), PEER_DRAIN, PEER_END};

#define SMTP_HELLO \
	PEER_HANDSHAKE, PEER_SEND("220-ready\r\n220 steady\r\n"), PEER_EXPECT("EHLO [127.0.0.1]\r")
#define SMTP_DATA                                                                            \
	PEER_EXPECT("DATA\r"), PEER_SEND("354 go on\r\n"), PEER_EXPECT("Subject: dots\r"),     \
	    PEER_EXPECT("\r"), PEER_EXPECT("..\r"), PEER_EXPECT("...two\r"),                   \
	    PEER_EXPECT("last\r"), PEER_EXPECT(".\r"), PEER_SEND("250 fine\r\n"), PEER_EXPECT("QUIT\r")
static const struct peer_step smtps[] = {SMTP_HELLO,
    PEER_SEND("250-lab\r\n250-AUTH LOGIN PLAIN\r\n250 8BITMIME\r\n"),
    PEER_EXPECT("AUTH PLAIN AGpvZQBzZWNyZXQ=\r"), PEER_SEND("235 fine\r\n"),
    PEER_EXPECT("MAIL FROM:<a@b>\r"), PEER_SEND("250 fine\r\n"), PEER_EXPECT("RCPT TO:<c@d>\r"),
    PEER_SEND("251 elsewhere\r\n"), PEER_EXPECT("RCPT TO:<e@f>\r"), PEER_SEND("250 fine\r\n"),
    SMTP_DATA, PEER_SEND("221 bye\r\n"), PEER_CLOSE_NOTIFY, PEER_END};
static const struct peer_step smtps_no_bye[] = {SMTP_HELLO, PEER_SEND("250 lab\r\n"),
    PEER_EXPECT("MAIL FROM:<a@b>\r"), PEER_SEND("250 fine\r\n"), PEER_EXPECT("RCPT TO:<c@d>\r"),
    PEER_SEND("250 fine\r\n"), SMTP_DATA, PEER_FIN, PEER_END};
static const struct peer_step smtps_without_auth[] = {
    SMTP_HELLO, PEER_SEND("250 lab\r\n"), PEER_DRAIN, PEER_END};
static const struct peer_step smtps_one_refused[] = {SMTP_HELLO, PEER_SEND("250 lab\r\n"),
    PEER_EXPECT("MAIL FROM:<>\r"), PEER_SEND("250 fine\r\n"), PEER_EXPECT("RCPT TO:<c@d>\r"),
    PEER_SEND("250 fine\r\n"), PEER_EXPECT("RCPT TO:<e@f>\r"), PEER_SEND("550 nobody\r\n"),
    PEER_DRAIN, PEER_END};

/* A port where connections are made by the kernel and never looked at. */
static int
send_dead_port(struct peer_connection *c, const struct peer_step *step)
{
	struct sockaddr_in here = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(here);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char line[64];

	(void)step;
	if (bind(fd, (struct sockaddr *)&here, len) == -1 || listen(fd, 1) == -1 ||
	    getsockname(fd, (struct sockaddr *)&here, &len) == -1)
		return -1;
	(void)snprintf(line, sizeof(line), "229 Here (|||%d|)\r\n", ntohs(here.sin_port));
	return peer_write(c, line, strlen(line));
}

#define FTP_LOGIN                                                                                \
	PEER_HANDSHAKE, PEER_SEND("220-Welcome\r\n\r\n230 no\r\n220 ready\r\n"),                 \
	    PEER_EXPECT("USER joe\r"), PEER_SEND("331 go on\r\n"), PEER_EXPECT("PASS secret\r"), \
	    PEER_SEND("230 fine\r\n"), PEER_EXPECT("PBSZ 0\r"), PEER_SEND("200 fine\r\n"),       \
	    PEER_EXPECT("PROT P\r")
static const struct peer_step ftps_522[] = {FTP_LOGIN, PEER_SEND("200 fine\r\n"),
    PEER_EXPECT("TYPE I\r"), PEER_SEND("200 fine\r\n"), PEER_EXPECT("EPSV\r"),
    PEER_CALL(send_dead_port), PEER_EXPECT("RETR file\r"), PEER_SEND("150 here it comes\r\n"),
    PEER_SLEEP(300), PEER_SEND("522 the session must be reused\r\n"), PEER_DRAIN, PEER_END};
static const struct peer_step ftps_slow[] = {FTP_LOGIN, PEER_SEND("530 no"), PEER_SLEEP(1500),
    PEER_SEND("\302\233body\r\n"), PEER_DRAIN, PEER_END};
static const struct peer_step ftps_no_prot[] = {
    FTP_LOGIN, PEER_SEND("536 in the clear only\r\n"), PEER_DRAIN, PEER_END};
static const struct peer_step ftps_login[] = {FTP_LOGIN, PEER_SEND("200 fine\r\n"),
    PEER_EXPECT("TYPE I\r"), PEER_SEND("200 fine\r\n"), PEER_EXPECT("EPSV\r"),
    PEER_CALL(send_dead_port), PEER_DRAIN, PEER_END};

#define LIST "1 120\n2 200\n"
#define MAIL "a3 OK\r\n\r\nhello\n"
#define HEAD "From: joe\n.dot: yes\n"

static const struct {
	const char *args[ARGS_MAX];
	const struct peer_step *script;
	int connections;
	const char *leaf; /* whom the server claims to be */
	int status;
	const char *out; /* all of it */
	const char *err; /* a part */
} shapes[] = {
    {{"examples/pop3-list-plain", HOST, "PORT", "joe"}, pop3, 1, HOST, 0, LIST, ""},
    {{"examples/pop3-list", HOST, "PORT", "joe"}, pop3s, 1, HOST, 0, LIST, ""},
    {{"examples/pop3-list", "-s", HOST, "PORT", "joe"}, stls, 1, HOST, 0, LIST, ""},
    {{"examples/pop3-list", HOST, "PORT", "joe"}, pop3s, 1, "127.0.0.2", 1, "", "127.0.0.2"},
    {{"examples/pop3-list", "-s", HOST, "PORT", "joe"}, stls, 1, "127.0.0.2", 1, "", "127.0.0.2"},
    {{"examples/pop3-list", HOST, "PORT", "joe"}, pop3s_full, 1, HOST, 1, "", "-ERR ?[2J??2Jfull"},
    {{"examples/pop3-list", HOST, "PORT", "joe"}, pop3s_cut, 1, HOST, 1, "", "cannot receive: "},
    {{"examples/pop3-list", HOST, "PORT", "joe\r\nEVIL"}, pop3s_ready, 1, HOST, 2, "",
	"control character"},
    {{"examples/imap-fetch-plain", HOST, "PORT", "jo\"e", "IN {3}", "1"}, imap, 1, HOST, 0, MAIL,
	""},
    {{"examples/imap-fetch", HOST, "PORT", "jo\"e", "IN {3}", "1"}, imaps, 1, HOST, 0, MAIL, ""},
    {{"examples/imap-fetch", HOST, "PORT", "joe", "INBOX", "1"}, imaps, 1, "127.0.0.2", 1, "",
	"127.0.0.2"},
    {{"examples/imap-fetch", HOST, "PORT", "joe\r\nEVIL", "INBOX", "1"}, imaps_ready, 1, HOST, 2,
	"", "other characters"},
    {{"examples/nntp-head-plain", HOST, "PORT", "lab.test", "7", "joe"}, nntp, 1, HOST, 0, HEAD,
	""},
    {{"examples/nntp-head", HOST, "PORT", "lab.test", "7", "joe"}, nntps, 1, HOST, 0, HEAD, ""},
    {{"examples/nntp-head", HOST, "PORT", "lab.test", "7", "joe"}, nntps, 1, "127.0.0.2", 1, "",
	"127.0.0.2"},
    {{"examples/nntp-head", HOST, "PORT", "lab.test\r\nEVIL", "7"}, nntps_ready, 1, HOST, 2, "",
	"control character"},
    {{"examples/smtp-send", "-u", "joe", HOST, "PORT", "a@b", "c@d", "e@f"}, smtps, 1, HOST, 0, "",
	""},
    {{"examples/smtp-send", HOST, "PORT", "a@b", "c@d"}, smtps_no_bye, 1, HOST, 0, "", ""},
    {{"examples/smtp-send", "-u", "joe", HOST, "PORT", "a@b", "c@d"}, smtps, 1, "127.0.0.2", 1, "",
	"127.0.0.2"},
    {{"examples/smtp-send", "-u", "joe", HOST, "PORT", "a@b", "c@d"}, smtps_without_auth, 1, HOST,
	1, "", "does not offer AUTH PLAIN"},
    {{"examples/smtp-send", HOST, "PORT", "", "c@d", "e@f"}, smtps_one_refused, 1, HOST, 1, "",
	"550 nobody"},
    {{"examples/ftps-get", HOST, "PORT", "joe", "get", "file", "/dev/null"}, ftps_522, 1, HOST, 1,
	"", "522 the session must be reused"},
    {{"examples/ftps-get", HOST, "PORT", "joe", "get", "file", "/dev/null"}, ftps_no_prot, 1, HOST,
	1, "", "536 in the clear only"},
    {{"examples/ftps-get", HOST, "PORT", "joe", "get", "file", "/dev/null"}, ftps_522, 1,
	"127.0.0.2", 1, "", "127.0.0.2"},
    {{"examples/ftps-get", HOST, "PORT", "joe", "get", "a\r\nEVIL", "/dev/null"}, ftps_login, 1,
	HOST, 2, "", "cannot be a part of a command"},
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
	ck_assert_msg(strcmp(shapes[_i].leaf, HOST) == 0 || report.data_in == 0,
	    "row %d: data for an impostor", _i);
	ck_assert_msg(memmem(report.data, report.data_len, "EVIL", 4) == NULL,
	    "row %d: an argument became a command", _i);
	ck_assert_msg(shapes[_i].status != 0 || report.script_done, "row %d: %s", _i, report.error);
	command_result_free(&r);
	pki_free(leaf);
	pki_free(ca);
}
END_TEST

/* A part of an answer is no reason to ask for the rest without pause. */
START_TEST(ftps_get_waits_for_the_rest_of_a_line)
{
	static const char *const args[ARGS_MAX] = {
	    "examples/ftps-get", HOST, "PORT", "joe", "get", "file", "/dev/null"};
	struct pki *ca = pki_ca("Lab CA"), *leaf;
	const struct pki_name san[] = {pki_name(PKI_KIND_IP, HOST), {0, NULL, 0}};
	struct peer_options options = {.script = ftps_slow, .connections = 1};
	struct rusage before, after;
	struct command_result r;
	struct peer_report report;

	leaf = pki_make(.cn = HOST, .issuer = ca, .san = san);
	options.cert = pki_x509(leaf);
	options.key = pki_key(leaf);
	(void)getrusage(RUSAGE_CHILDREN, &before);
	run_with(args, &options, ca, &r, &report);
	(void)getrusage(RUSAGE_CHILDREN, &after);
	ck_assert_int_eq(r.status, 1);
	ck_assert_msg(strstr(r.err, "530 no") != NULL, "%s", r.err);
	ck_assert_int_le(after.ru_utime.tv_sec * 1000 + after.ru_utime.tv_usec / 1000 -
	        before.ru_utime.tv_sec * 1000 - before.ru_utime.tv_usec / 1000, 400);
	command_result_free(&r);
	pki_free(leaf);
	pki_free(ca);
}
END_TEST

/* What an address could smuggle into the dialogue is seen before there is one. */
static const char *const no_addresses[] = {
    "a@b>\r\nRCPT TO:<x@y", "a@b\nDATA", "a@b> SIZE=1 <", "<a@b", "a b@c", "a\x01@b", "\xc3\xa4@b"};

START_TEST(smtp_send_takes_no_address_that_is_more)
{
	const char *const argv[] = {
	    "examples/smtp-send", HOST, "1", "joe@lab.test", no_addresses[_i], NULL};
	const struct command command = {.argv = argv, .input = "", .input_len = 0};
	struct command_result r;

	ck_assert_int_eq(command_run(&command, &r), 0);
	ck_assert_msg(
	    r.status == 2 && strstr(r.err, "is no address") != NULL, "%d: %s", r.status, r.err);
	command_result_free(&r);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("examples");
	TCase *t = tcase_create("shapes");

	tcase_add_loop_test(t, smtp_send_takes_no_address_that_is_more, 0,
	    (int)(sizeof(no_addresses) / sizeof(no_addresses[0])));
	tcase_set_timeout(t, 30);
	tcase_add_test(t, ftps_get_waits_for_the_rest_of_a_line);
	tcase_add_loop_test(
	    t, an_example_does_what_it_says, 0, (int)(sizeof(shapes) / sizeof(shapes[0])));
	suite_add_tcase(s, t);
	return support_run(s);
}
