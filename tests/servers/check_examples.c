/*
 * The example clients against every server that they are for, at once and by
 * STARTTLS: what they bring, and what their users are told when it is refused.
 *
 * SPDX-License-Identifier: ISC
 */
#include "servers/check.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/command.h"
#include "support/pki.h"

#define ARGS_MAX 24

/* What is sent, and what it has to be on the other side. */
#define MESSAGE                                                              \
	"From: a@example.test\nTo: b@example.test\nSubject: check-servers\n" \
	"Message-ID: <check@example.test>\n\n.\n..two\nlast\n"
#define UPLOAD_SIZE 100000

struct client {
	const char *server;
	const char
	    *args[10];	 /* AT: the address; "@name": a port; "%name": a path in the directory */
	const char *out; /* a part of what it prints; NULL: nothing */
	bool (*verify)(const struct client *); /* looks at the rest; may be NULL */
	const char *bad_password;	       /* the answer to one; NULL: none is asked for */
	const char *demand; /* what is said where a client certificate is; NULL: nowhere */
};
#define AT "ADDRESS"
#define FROM_TO "a@example.test", "b@example.test"

static bool was_delivered(const struct client *client);
static bool was_transferred(const struct client *client);

static const struct client clients[] = {
    {"postfix", {"smtp-send", "-s", AT, "@smtp", FROM_TO}, NULL, was_delivered, NULL,
	"certificate"},
    {"postfix", {"smtp-send", AT, "@smtps", FROM_TO}, NULL, was_delivered, NULL, "certificate"},
    {"postfix", {"smtp-send", "-s", "-u", USER, AT, "@submission", FROM_TO}, NULL, was_delivered,
	"535 ", "certificate"},
    {"exim", {"smtp-send", "-s", "-u", USER, AT, "@exim", FROM_TO}, NULL, was_delivered, "535 ",
	"certificate"},
    {"exim", {"smtp-send", "-u", USER, AT, "@exims", FROM_TO}, NULL, was_delivered, "535 ",
	"certificate"},
    {"dovecot", {"pop3-list", "-s", AT, "@pop3", USER}, "1 ", NULL, "-ERR", "certificate"},
    {"dovecot", {"pop3-list", AT, "@pop3s", USER}, "1 ", NULL, "-ERR", "certificate"},
    {"dovecot", {"imap-fetch", "-s", AT, "@imap", USER, "INBOX", "1"},
	"\r\n\r\n.\r\n..two\r\nlast\r\n", NULL, "AUTHENTICATIONFAILED", "certificate"},
    {"dovecot", {"imap-fetch", AT, "@imaps", USER, "INBOX", "1"}, "\r\n\r\n.\r\n..two\r\nlast\r\n",
	NULL, "AUTHENTICATIONFAILED", "certificate"},
    {"inn2", {"nntp-head", "-s", AT, "@nntp", "lab.test", "1", USER}, "\nSubject: check-servers\n",
	NULL, "481 ", NULL},
    {"inn2", {"nntp-head", AT, "@nntps", "lab.test", "1", USER}, "\nSubject: check-servers\n", NULL,
	"481 ", NULL},
    {"vsftpd", {"ftps-get", "-s", AT, "@vsftpd", "anonymous"}, NULL, was_transferred, NULL,
	"certificate"},
    {"vsftpd", {"ftps-get", AT, "@vsftpds", "anonymous"}, NULL, was_transferred, NULL,
	"certificate"},
    {"proftpd", {"ftps-get", "-s", AT, "@proftpd", USER}, NULL, was_transferred, "530 ",
	"certificate"},
    {"proftpd", {"ftps-get", AT, "@proftpds", USER}, NULL, was_transferred, "530 ", "certificate"},
    {"pure-ftpd", {"ftps-get", "-s", AT, "@pure-ftpd", USER}, NULL, was_transferred, "530 ",
	"certificate"},
};
#define CLIENTS (sizeof(clients) / sizeof(clients[0]))

/* Four transfers in one login; remote names and local ones are the client's port. */
static const char *const transfers[] = {"put", "%upload", "REMOTE", "get", "REMOTE", "%first",
    "list", "FOLDER", "%listing", "get", "REMOTE", "%second", NULL};

struct run {
	const struct client *client;
	const char *address, *password;
	int status;
	const char *out, *err; /* a part of each, or NULL */
};

/* ------------------------------------------------------------------ running them */

static const char *
port_name(const struct client *client)
{
	for (int i = 0;; i++)
		if (*client->args[i] == '@')
			return client->args[i] + 1;
}

/* An argument as the program gets it; the caller frees it. */
static char *
made_of(const char *arg, const struct run *run)
{
	const char *folder = strcmp(run->client->server, "vsftpd") == 0 ? "pub/" : "";
	char name[128];

	if (strcmp(arg, AT) == 0)
		return strdup(run->address);
	if (*arg == '@')
		return strdup(port_of(arg + 1));
	if (*arg == '%')
		return strdup(below("%s", arg + 1));
	if (strcmp(arg, "REMOTE") != 0 && strcmp(arg, "FOLDER") != 0)
		return strdup(arg);
	(void)snprintf(
	    name, sizeof(name), "%s%s", folder, *arg == 'R' ? port_name(run->client) : "");
	return strdup(name);
}

static void
make_arguments(char **argv, const struct run *run)
{
	char program[64];
	int n = 0;

	(void)snprintf(program, sizeof(program), "examples/%s", run->client->args[0]);
	argv[n++] = strdup(program);
	for (int i = 1; run->client->args[i] != NULL; i++)
		argv[n++] = made_of(run->client->args[i], run);
	if (strcmp(run->client->args[0], "ftps-get") == 0)
		for (int i = 0; transfers[i] != NULL; i++)
			argv[n++] = made_of(transfers[i], run);
}

static bool
has_part(const char *text, const char *part)
{
	return part == NULL ? *text == '\0' : strstr(text, part) != NULL;
}

static bool
runs_as_expected(const void *arg)
{
	const struct run *run = arg;
	char *argv[ARGS_MAX] = {NULL}, trust[1100], password[64];
	const char *const env[] = {trust, password, NULL};
	const struct command command = {.argv = (const char *const *)argv,
	    .env = env,
	    .input = MESSAGE,
	    .input_len = sizeof(MESSAGE) - 1,
	    .limit_s = 30};
	struct command_result r;
	bool ok = true;

	(void)snprintf(trust, sizeof(trust), "SSL_CERT_FILE=%s", below("certs/ca.pem"));
	(void)snprintf(password, sizeof(password), "PASSWORD=%s", run->password);
	make_arguments(argv, run);
	if (command_run(&command, &r) != 0)
		return complain("it cannot be run");
	if (r.status != run->status || !has_part(r.out, run->out) || !has_part(r.err, run->err))
		ok = complain("status %d, \"%s\", \"%s\"", r.status, r.out, r.err);
	else if (r.status == 0 && run->client->verify != NULL)
		ok = run->client->verify(run->client);
	command_result_free(&r);
	for (int i = 0; argv[i] != NULL; i++)
		free(argv[i]);
	return ok;
}

/* ------------------------------------------------------------- what they brought */

static size_t
read_whole(const char *path, char *buf, size_t size)
{
	FILE *file = fopen(path, "r");
	size_t n = file == NULL ? 0 : fread(buf, 1, size - 1, file);

	buf[n] = '\0';
	if (file != NULL)
		(void)fclose(file);
	return n;
}

/* A message in the server's mailbox, which is taken out; servers may need a moment. */
static bool
was_delivered(const struct client *client)
{
	static char text[10000];
	glob_t found;

	for (int i = 0; i < 100; i++) {
		if (glob(below("%s/mail/inbox/new/*", client->server), 0, NULL, &found) == 0) {
			(void)read_whole(found.gl_pathv[0], text, sizeof(text));
			(void)unlink(found.gl_pathv[0]);
			globfree(&found);
			return strstr(text, "Subject: check-servers\n") != NULL &&
				       strstr(text, "\n\n.\n..two\nlast\n") != NULL
				   ? true
				   : complain("delivered was \"%s\"", text);
		}
		(void)usleep(100000);
	}
	return complain("nothing was delivered");
}

static char upload[UPLOAD_SIZE + 1];

static bool
was_transferred(const struct client *client)
{
	static char text[UPLOAD_SIZE + 2];
	static const char *const names[] = {"first", "second"};

	for (int i = 0; i < 2; i++) {
		size_t n = read_whole(below("%s", names[i]), text, sizeof(text));

		if (n != UPLOAD_SIZE || memcmp(text, upload, n) != 0)
			return complain("fetched was something else, of %zu octets", n);
		(void)unlink(below("%s", names[i]));
	}
	(void)read_whole(below("listing"), text, sizeof(text));
	return strstr(text, port_name(client)) != NULL || complain("the listing is \"%s\"", text);
}

/* ------------------------------------------------------------- what they can fetch */

#define AS_LINES                                                                   \
	"From: a@example.test\r\nTo: b@example.test\r\nSubject: check-servers\r\n" \
	"Newsgroups: lab.test\r\nMessage-ID: "                                     \
	"<check@example.test>\r\n\r\n..\r\n...two\r\nlast\r\n."

struct posting {
	const char *port;
	int protocol;
	const char *dialogue[5][2];
};
static const struct posting postings[] = {
    {"lmtp", TLSW_LMTP,
	{{"LHLO client.example.test", "250 "}, {"MAIL FROM:<a@example.test>", "250 "},
	    {"RCPT TO:<" USER "@example.test>", "250 "}, {"DATA", "354 "}, {AS_LINES, "250 "}}},
    {"nntp", TLSW_NNTP,
	{{"AUTHINFO USER " USER, "381 "}, {"AUTHINFO PASS " PASSWORD, "281 "},
	    {"GROUP lab.test", "211 "}, {"POST", "340 "}, {AS_LINES, "240 "}}},
};

static bool
is_posted(const void *arg)
{
	const struct posting *p = arg;
	tls_context *ctx = new_context(TLSW_TLS_1_3, NULL);
	tls_socket *s = reach(ctx, GOOD, p->port, p->protocol, GOOD);
	bool ok = s == NULL ? complain_error("refused") : true;

	for (size_t i = 0; ok && i < sizeof(p->dialogue) / sizeof(p->dialogue[0]); i++)
		ok = talk(s, p->dialogue[i][0], p->dialogue[i][1]);
	(void)tls_socket_close(s);
	tls_context_free(ctx);
	return ok;
}

/* ------------------------------------------------------------------------ all of them */

static void
check_client(const struct client *c)
{
	const struct {
		const char *label;
		struct run run;
	} runs[] = {
	    {"works", {c, GOOD, PASSWORD, 0, c->out, NULL}},
	    {"another host", {c, OTHER, PASSWORD, 1, NULL,
				 "certificate is for \"other.example.test\", not 127.0.0.2"}},
	    {"expired", {c, EXPIRED, PASSWORD, 1, NULL, "certificate expired 2 days ago"}},
	    {"unknown CA", {c, UNKNOWN, PASSWORD, 1, NULL, "\"CN=Nobody's root\""}},
	    {"wrong password", {c, GOOD, "wrong", 1, NULL, c->bad_password}},
	    {"no client certificate", {c, DEMANDS, PASSWORD, 1, NULL, c->demand}},
	};

	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++)
		if (runs[i].run.status == 0 || runs[i].run.err != NULL)
			check(runs_as_expected, &runs[i].run, "%s %s: %s: %s", c->server,
			    port_name(c), c->args[0], runs[i].label);
}

void
check_examples(void)
{
	for (size_t i = 0; i < UPLOAD_SIZE; i++)
		upload[i] = (char)(i * i >> 8);
	pki_write(below("upload"), upload, UPLOAD_SIZE);
	for (size_t i = 0; i < sizeof(postings) / sizeof(postings[0]); i++)
		check(
		    is_posted, &postings[i], "examples: a message by way of %s", postings[i].port);
	for (size_t i = 0; i < CLIENTS; i++)
		check_client(&clients[i]);
}
