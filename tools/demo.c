/*
 * demo.c - "make demo": one good connection and the refusals that matter.
 *
 * For each scene a server is started on loopback, in a child process and with
 * certificates made on the spot; then the library connects to it as a program
 * would. What it says is shown as a user would get it. The exit status tells
 * whether each scene ended as it should.
 *
 * SPDX-License-Identifier: ISC
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/peer.h"
#include "support/pki.h"
#include "tlswrap.h"

#define HOST "mail.lab.test"
#define QUESTION "a1 CAPABILITY\r\n"
#define ANSWER "* CAPABILITY IMAP4rev2\r\na1 OK done\r\n"
#define DAY (24L * 60 * 60)

/* What an attempt may end with. */
struct outcome {
	enum tlsw_error code;
	enum tlsw_error or_code; /* where timing decides between two; else the same */
	unsigned long reason;	 /* a TLSW_REASON_* bit that must be among the reasons */
};

struct scene {
	const char *title;
	struct pki *(*certificate)(const struct pki *ca);
	const struct peer_step *script;
	const char *host; /* what the program asks for */
	int timeout_ms;
	struct outcome expected;
};

/* ------------------------------------------------------- the certificates */

static struct pki *
good(const struct pki *ca)
{
	return pki_make(.cn = HOST, .issuer = ca,
	    .san = PKI_NAMES(PKI_DNS("*.lab.test"), PKI_DNS("lab.test")));
}

static struct pki *
expired(const struct pki *ca)
{
	return pki_make(.cn = HOST, .issuer = ca, .san = PKI_NAMES(PKI_DNS(HOST)),
	    .not_before = -90 * DAY, .not_after = -3 * DAY);
}

static struct pki *
unknown_ca(const struct pki *ca)
{
	struct pki *stranger = pki_ca("Somebody Else's CA");
	struct pki *leaf = pki_leaf(stranger, HOST);

	(void)ca;
	pki_free(stranger);
	return leaf;
}

static struct pki *
self_signed(const struct pki *ca)
{
	(void)ca;
	return pki_make(.cn = HOST, .san = PKI_NAMES(PKI_DNS(HOST)));
}

/* ------------------------------------------------------------- the servers */

static const struct peer_step talks[] = {
    PEER_HANDSHAKE, PEER_EXPECT("CAPABILITY"), PEER_SEND(ANSWER), PEER_CLOSE_NOTIFY, PEER_END};
static const struct peer_step cuts[] = {PEER_HANDSHAKE, PEER_EXPECT("CAPABILITY"),
    PEER_SEND("* CAPABILITY IMAP4rev2 STARTT"), PEER_FIN, PEER_END};
static const struct peer_step greets[] = {
    PEER_SEND("220 " HOST " ESMTP ready\r\n"), PEER_DRAIN, PEER_END};
static const struct peer_step sleeps[] = {PEER_DRAIN, PEER_END};

static const struct scene scenes[] = {
    {"A server with a good certificate", good, talks, HOST, 5000, {TLSW_OK, TLSW_OK, 0}},
    {"The certificate is good, but for another host", good, talks, "mail.example.org", 5000,
	{TLSW_ERR_HOSTNAME_MISMATCH, TLSW_ERR_HOSTNAME_MISMATCH, TLSW_REASON_HOSTNAME}},
    {"The certificate has expired", expired, talks, HOST, 5000,
	{TLSW_ERR_CERTIFICATE, TLSW_ERR_CERTIFICATE, TLSW_REASON_EXPIRED}},
    {"The certificate comes from a CA that nobody trusts", unknown_ca, talks, HOST, 5000,
	{TLSW_ERR_CERTIFICATE, TLSW_ERR_CERTIFICATE, TLSW_REASON_UNKNOWN_CA}},
    {"The server signed its certificate itself", self_signed, talks, HOST, 5000,
	{TLSW_ERR_CERTIFICATE, TLSW_ERR_CERTIFICATE, TLSW_REASON_SELF_SIGNED}},
    {"The server does not speak TLS on this port", good, greets, HOST, 5000,
	{TLSW_ERR_PLAINTEXT, TLSW_ERR_NOT_TLS, 0}},
    {"Nobody answers within the deadline of 300 ms", good, sleeps, HOST, 300,
	{TLSW_ERR_TIMEOUT, TLSW_ERR_TIMEOUT, 0}},
    {"Somebody cuts the connection in the middle of an answer", good, cuts, HOST, 5000,
	{TLSW_ERR_TRUNCATED, TLSW_ERR_TRUNCATED, 0}},
};

/* ------------------------------------------------------------ the program */

/* Ask and listen to the end. Returns how many bytes came, or -1. */
static ssize_t
converse(tls_socket *s)
{
	char buf[512];
	ssize_t n, total = 0;

	if (tls_socket_write(s, QUESTION, strlen(QUESTION)) == -1)
		return -1;
	while ((n = tls_socket_read(s, buf, sizeof(buf))) > 0)
		total += n;
	return n == 0 ? total : -1;
}

static enum tlsw_error
failure(const char *what)
{
	const struct tls_error_info *e = tls_last_error();
	const char *line = e->details;
	size_t len;

	printf("   %s: %s\n   %s\n", what, tls_error_name(e->code), e->message);
	while (*line != '\0') {
		len = strcspn(line, "\n");
		printf("       %.*s\n", (int)len, line);
		line += len + (line[len] == '\n');
	}
	return e->code;
}

static enum tlsw_error
use(tls_socket *s, const char *host)
{
	ssize_t received;

	printf("   connected:  %s, %s\n", tls_socket_version(s), tls_socket_cipher(s));
	printf("   verified:   \"%s\" is matched by \"%s\"\n", host, tls_socket_matched_name(s));
	received = converse(s);
	if (received == -1)
		return failure("then cut");
	printf("   exchanged:  %zu bytes sent, %zd received, then a proper end\n", strlen(QUESTION),
	    received);
	return TLSW_OK;
}

/* What a program does: a context, a socket of its own, one call. */
static enum tlsw_error
run_client(const struct scene *scene, const struct pki *ca, int fd)
{
	const char *pem = pki_pem(ca);
	tls_context *ctx = tls_context_new();
	tls_socket *s;
	enum tlsw_error code;

	if (ctx == NULL || tls_context_load_ca_mem(ctx, pem, strlen(pem)) == -1 ||
	    tls_context_set_handshake_timeout(ctx, scene->timeout_ms) == -1) {
		code = failure("no context");
	} else if ((s = tls_wrap(ctx, fd, scene->host)) == NULL) {
		code = failure("refused");
	} else {
		code = use(s, scene->host);
		(void)tls_socket_close(s);
	}
	tls_context_free(ctx);
	return code;
}

static bool
as_expected(const struct outcome *expected, enum tlsw_error code)
{
	if (code != expected->code && code != expected->or_code)
		return false;
	return expected->reason == 0 || (tls_last_error()->reasons & expected->reason) != 0;
}

/* The server must not have heard a word when the client refused it. */
static bool
play(const struct scene *scene, const struct pki *ca)
{
	struct pki *leaf = scene->certificate(ca);
	const struct peer_options options = {
	    .cert = pki_x509(leaf), .key = pki_key(leaf), .script = scene->script};
	struct peer_report report;
	struct peer peer;
	enum tlsw_error code;
	bool good_end;
	int fd;

	if (peer_start(&peer, &options) == -1 || (fd = peer_connect(&peer)) == -1) {
		perror("tlswrap-demo: cannot start a server");
		exit(EXIT_FAILURE);
	}
	tls_error_clear();
	code = run_client(scene, ca, fd);
	good_end = as_expected(&scene->expected, code);
	(void)close(fd);
	if (peer_wait(&peer, &report) == -1)
		good_end = false;
	else if (code != TLSW_OK && code != TLSW_ERR_TRUNCATED && report.data_in != 0)
		good_end = false;
	peer_stop(&peer);
	pki_free(leaf);
	return good_end;
}

int
main(void)
{
	const size_t count = sizeof(scenes) / sizeof(scenes[0]);
	struct pki *ca = pki_ca("Lab CA");
	size_t i, good_ends = 0;

	printf(
	    "libtlswrap %s: what a program gets from tls_wrap(ctx, fd, host)\n", tlswrap_version());
	for (i = 0; i < count; i++) {
		printf("\n%zu. %s\n   tls_wrap(ctx, fd, \"%s\")\n", i + 1, scenes[i].title,
		    scenes[i].host);
		fflush(stdout); /* before the server's process is made */
		if (play(&scenes[i], ca))
			good_ends++;
		else
			printf("   THIS SHOULD NOT HAVE ENDED SO\n");
	}
	printf("\n%zu of %zu ended as they should.\n", good_ends, count);
	pki_free(ca);
	return good_ends == count ? EXIT_SUCCESS : EXIT_FAILURE;
}
