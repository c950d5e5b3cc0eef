/*
 * Every protocol against every server: both versions, every kind of certificate
 * that is to be refused, client certificates, and a second connection.
 *
 * SPDX-License-Identifier: ISC
 */
#include "servers/check.h"

#include <stdio.h>
#include <string.h>

struct step {
	const char *say, *hear;
};

static const struct step imap[] = {{"a1 CAPABILITY", "a1 OK"},
    {"a2 LOGIN " USER " " PASSWORD, "a2 OK"}, {"a3 LOGOUT", "a3 OK"}, {0}};
static const struct step pop3[] = {
    {"USER " USER, "+OK"}, {"PASS " PASSWORD, "+OK"}, {"QUIT", "+OK"}, {0}};
static const struct step sieve[] = {
    {"AUTHENTICATE \"PLAIN\" \"AHRsc3Rlc3QAc2VjcmV0\"", "OK"}, {"LOGOUT", "OK"}, {0}};
static const struct step lmtp[] = {{"LHLO client.example.test", "250 "}, {"QUIT", "221 "}, {0}};
static const struct step smtp[] = {{"EHLO client.example.test", "250 "}, {"QUIT", "221 "}, {0}};
static const struct step submission[] = {{"EHLO client.example.test", "250 "},
    {"AUTH PLAIN AHRsc3Rlc3QAc2VjcmV0", "235 "}, {"QUIT", "221 "}, {0}};
static const struct step nntp[] = {{"AUTHINFO USER " USER, "381 "},
    {"AUTHINFO PASS " PASSWORD, "281 "}, {"GROUP lab.test", "211 "}, {"QUIT", "205 "}, {0}};
static const struct step anonymous[] = {
    {"USER anonymous", "230 "}, {"PBSZ 0", "200 "}, {"PROT P", "200 "}, {"QUIT", "221 "}, {0}};
static const struct step ftp[] = {{"USER " USER, "331 "}, {"PASS " PASSWORD, "230 "},
    {"PBSZ 0", "200 "}, {"PROT P", "200 "}, {"QUIT", "221 "}, {0}};

/* How a server that wants a client certificate says so. */
enum demand {
	NEVER,	   /* it has no such setting */
	BY_ALERT,  /* within TLS: in the handshake, or under TLS 1.3 behind it */
	BY_ANSWER, /* to the first command that matters */
};

#define CHANCE (-1) /* it depends on which of its processes answers */

static const struct endpoint {
	const char *server, *port;
	int protocol;
	const char *greeting; /* what the server says first inside TLS, NULL: nothing */
	const struct step *dialogue;
	enum demand demand;
	int resumes; /* the highest version in which it does; 0: never */
} endpoints[] = {
    {"dovecot", "imap", TLSW_IMAP, NULL, imap, BY_ANSWER, TLSW_TLS_1_3},
    {"dovecot", "imaps", AT_ONCE, "* OK", imap, BY_ANSWER, TLSW_TLS_1_3},
    {"dovecot", "pop3", TLSW_POP3, NULL, pop3, BY_ANSWER, TLSW_TLS_1_3},
    {"dovecot", "pop3s", AT_ONCE, "+OK", pop3, BY_ANSWER, TLSW_TLS_1_3},
    {"dovecot", "sieve", TLSW_SIEVE, "OK", sieve, BY_ANSWER, 0},
    {"dovecot", "lmtp", TLSW_LMTP, NULL, lmtp, NEVER, CHANCE},
    {"postfix", "smtp", TLSW_SMTP, NULL, smtp, BY_ANSWER, TLSW_TLS_1_3},
    {"postfix", "submission", TLSW_SMTP, NULL, submission, BY_ANSWER, TLSW_TLS_1_3},
    {"postfix", "smtps", AT_ONCE, "220 ", smtp, BY_ANSWER, TLSW_TLS_1_3},
    {"exim", "exim", TLSW_SMTP, NULL, submission, BY_ALERT, 0},
    {"exim", "exims", AT_ONCE, "220 ", submission, BY_ALERT, 0},
    {"inn2", "nntp", TLSW_NNTP, NULL, nntp, NEVER, 0},
    {"inn2", "nntps", AT_ONCE, "200 ", nntp, NEVER, 0},
    {"vsftpd", "vsftpd", TLSW_FTP, NULL, anonymous, BY_ALERT, TLSW_TLS_1_3},
    {"vsftpd", "vsftpds", AT_ONCE, "220 ", anonymous, BY_ALERT, TLSW_TLS_1_3},
    {"proftpd", "proftpd", TLSW_FTP, NULL, ftp, BY_ALERT, TLSW_TLS_1_3},
    {"proftpd", "proftpds", AT_ONCE, "220 ", ftp, BY_ALERT, TLSW_TLS_1_3},
    {"pure-ftpd", "pure-ftpd", TLSW_FTP, NULL, ftp, BY_ALERT, TLSW_TLS_1_2},
};

static bool
converse(tls_socket *s, const struct endpoint *e)
{
	if (e->greeting != NULL && !talk(s, NULL, e->greeting))
		return false;
	for (const struct step *step = e->dialogue; step->say != NULL; step++)
		if (!talk(s, step->say, step->hear))
			return false;
	return true;
}

/* ---------------------------------------------------------------------- accepted */

struct acceptance {
	const struct endpoint *endpoint;
	enum tlsw_version version;
	const char *host, *credentials;
};

static bool
as_expected(tls_socket *s, const struct acceptance *a)
{
	const char *version = a->version == TLSW_TLS_1_2 ? "TLSv1.2" : "TLSv1.3";

	if (strcmp(tls_socket_version(s), version) != 0)
		return complain("it speaks %s", tls_socket_version(s));
	if (!tls_socket_verified(s) || tls_socket_reasons(s) != 0)
		return complain("not verified");
	if (tls_socket_matched_name(s) == NULL || strcmp(tls_socket_matched_name(s), a->host) != 0)
		return complain("another name matched");
	return converse(s, a->endpoint);
}

static bool
is_accepted(const void *arg)
{
	const struct acceptance *a = arg;
	const char *address = a->credentials == NULL ? GOOD : DEMANDS;
	tls_context *ctx = new_context(a->version, a->credentials);
	tls_socket *s = reach(ctx, address, a->endpoint->port, a->endpoint->protocol, a->host);
	bool ok = s == NULL ? complain_error("refused") : as_expected(s, a);

	(void)tls_socket_close(s);
	tls_context_free(ctx);
	return ok;
}

/* The second of two connections, once the first has been used. */
static bool
is_resumed(const void *arg)
{
	const struct acceptance *a = arg;
	tls_context *ctx = new_context(a->version, NULL);
	bool ok = true;

	for (int i = 0; i < 2 && ok; i++) {
		tls_socket *s = reach(ctx, GOOD, a->endpoint->port, a->endpoint->protocol, a->host);

		ok = s == NULL ? complain_error("refused") : as_expected(s, a);
		if (ok &&
		    tls_socket_resumed(s) != (i == 1 && a->endpoint->resumes >= (int)a->version))
			ok = complain("connection %d is%s resumed", i + 1,
			    tls_socket_resumed(s) ? "" : " not");
		(void)tls_socket_close(s);
	}
	tls_context_free(ctx);
	return ok;
}

/* ----------------------------------------------------------------------- refused */

static const struct refusal {
	const char *label, *address, *host;
	enum tlsw_error code;
	unsigned long reasons;
	const char *text; /* a part of the message */
} refusals[] = {
    {"another host's certificate", OTHER, OTHER, TLSW_ERR_HOSTNAME_MISMATCH, TLSW_REASON_HOSTNAME,
	"certificate is for \"other.example.test\", not 127.0.0.2"},
    {"another host was meant", GOOD, "mail.example.org", TLSW_ERR_HOSTNAME_MISMATCH,
	TLSW_REASON_HOSTNAME, "not \"mail.example.org\""},
    {"expired", EXPIRED, "mail.example.test", TLSW_ERR_CERTIFICATE, TLSW_REASON_EXPIRED,
	"certificate expired 2 days ago"},
    {"unknown CA", UNKNOWN, "mail.example.test", TLSW_ERR_CERTIFICATE,
	TLSW_REASON_UNKNOWN_CA | TLSW_REASON_SELF_SIGNED, "\"CN=Nobody's root\""},
};
#define REFUSALS (sizeof(refusals) / sizeof(refusals[0]))

struct refused {
	const struct endpoint *endpoint;
	const struct refusal *refusal;
	enum tlsw_version version;
};

static bool
is_refused(const void *arg)
{
	const struct refused *r = arg;
	const struct refusal *want = r->refusal;
	const struct tls_error_info *e;
	tls_context *ctx = new_context(r->version, NULL);
	tls_socket *s =
	    reach(ctx, want->address, r->endpoint->port, r->endpoint->protocol, want->host);
	bool ok = true;

	e = tls_last_error();
	if (s != NULL)
		ok = complain("accepted");
	else if (e->code != want->code || (e->reasons & want->reasons) == 0 ||
		 (e->reasons & ~want->reasons) != 0 || strstr(e->message, want->text) == NULL)
		ok = complain_error("another refusal");
	(void)tls_socket_close(s);
	tls_context_free(ctx);
	return ok;
}

/* A server that demands a certificate of the client gets none, or a stranger's. */
static bool
is_turned_away(const void *arg)
{
	const struct acceptance *a = arg;
	tls_context *ctx = new_context(a->version, a->credentials);
	tls_socket *s = reach(ctx, DEMANDS, a->endpoint->port, a->endpoint->protocol, a->host);
	bool ok = true;

	if (s != NULL && converse(s, a->endpoint))
		ok = complain("the server takes it");
	else if (a->endpoint->demand == BY_ANSWER &&
		 (s == NULL || strstr(last_line(), "certificate") == NULL))
		ok = complain_error("no answer about certificates");
	else if (a->endpoint->demand == BY_ALERT && tls_last_error()->code != TLSW_ERR_ALERT)
		ok = complain_error("no alert");
	(void)tls_socket_close(s);
	tls_context_free(ctx);
	return ok;
}

/* --------------------------------------------------------------------- all of them */

static void
check_endpoint(const struct endpoint *e, enum tlsw_version version)
{
	const char *label = version == TLSW_TLS_1_2 ? "1.2" : "1.3";
	struct acceptance a = {e, version, "mail.example.test", NULL};
	const char *at = e->protocol == AT_ONCE ? "at once" : "STARTTLS";

	check(is_accepted, &a, "%s %s (%s, TLS %s): accepted", e->server, e->port, at, label);
	if (e->resumes != CHANCE)
		check(is_resumed, &a, "%s %s (%s, TLS %s): %s", e->server, e->port, at, label,
		    e->resumes >= (int)version ? "resumed" : "not resumed");
	for (size_t i = 0; i < REFUSALS; i++)
		check(is_refused, &(struct refused){e, &refusals[i], version},
		    "%s %s (%s, TLS %s): %s", e->server, e->port, at, label, refusals[i].label);
	if (e->demand == NEVER)
		return;
	a.credentials = "client";
	check(is_accepted, &a, "%s %s (%s, TLS %s): client certificate", e->server, e->port, at,
	    label);
	a.credentials = "stranger";
	check(is_turned_away, &a, "%s %s (%s, TLS %s): a stranger's certificate", e->server,
	    e->port, at, label);
	a.credentials = NULL;
	check(is_turned_away, &a, "%s %s (%s, TLS %s): no client certificate", e->server, e->port,
	    at, label);
}

void
check_handshakes(void)
{
	for (size_t i = 0; i < sizeof(endpoints) / sizeof(endpoints[0]); i++) {
		check_endpoint(&endpoints[i], TLSW_TLS_1_2);
		check_endpoint(&endpoints[i], TLSW_TLS_1_3);
	}
}
