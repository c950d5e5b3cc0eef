/*
 * lab_talk.c - line servers for the STARTTLS dialogues: they answer whatever
 * the client says, in whatever order, until it asks for TLS.
 *
 * SPDX-License-Identifier: ISC
 */
#include "lab_talk.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LINE_SIZE 1024
#define REPLY_SIZE 1024

const struct lab_line_protocol lab_line_protocols[LAB_LINE_PROTOCOLS] = {
    {
	.name = "smtp",
	.ask = {"EHLO", "LHLO"},
	.upgrade = "STARTTLS",
	.quit = "QUIT",
	.text =
	    {
		[LAB_GREETING] = "220 mail.lab.test ESMTP ready\r\n",
		[LAB_CAPS] =
		    "250-mail.lab.test\r\n250-SIZE 1000000\r\n250-STARTTLS\r\n250 HELP\r\n",
		[LAB_BARE] = "250-mail.lab.test\r\n250-SIZE 1000000\r\n250 HELP\r\n",
		[LAB_CAPS_FORGED] = "250-mail.lab.test\r\n250-STARTTLS\r\n250 AUTH PLAIN EVIL\r\n",
		[LAB_CAPS_OPEN] = "250-mail.lab.test\r\n",
		[LAB_GO] = "220 go ahead\r\n",
		[LAB_GO_EARLY] = "250-mail.lab.test\r\n250 STARTTLS\r\n220 go ahead\r\n",
		[LAB_GO_LINES] = "220-go\r\n220 ahead\r\n",
		[LAB_GO_MIXED] = "220-go\r\n250 ahead\r\n",
		[LAB_GO_EXTRA] = "220 go ahead\r\n250 AUTH PLAIN\r\n",
		[LAB_NO] = "454 no TLS for the time being\r\n",
		[LAB_OTHER] = "250 fine\r\n",
		[LAB_CONTINUE] = "354 go on\r\n",
		[LAB_BYE] = "554 no service\r\n",
		[LAB_RUDE] = "554 \x1b[31m\xe2\x80\xae%%n\xff\r\n",
		[LAB_REFERRAL] = "551 not here; try <mail@evil.test>\r\n",
		[LAB_LONG] = "220 ",
		[LAB_MANY] = "250-and so on\r\n",
		[LAB_UNKNOWN] = "502 unknown command\r\n",
		[LAB_FINE] = "250 fine\r\n",
		[LAB_LEAVE] = "221 bye\r\n",
	    },
    },
    {
	.name = "imap",
	.ask = {"CAPABILITY"},
	.upgrade = "STARTTLS",
	.quit = "LOGOUT",
	.tagged = true,
	.text =
	    {
		[LAB_GREETING] = "* OK IMAP4rev1 ready\r\n",
		[LAB_CAPS] = "* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\n%t OK done\r\n",
		[LAB_BARE] = "* CAPABILITY IMAP4rev1\r\n%t OK done\r\n",
		[LAB_CAPS_FORGED] = "* CAPABILITY IMAP4rev1 STARTTLS AUTH=EVIL\r\n%t OK done\r\n",
		[LAB_CAPS_OPEN] = "* CAPABILITY IMAP4rev1\r\n",
		[LAB_GO] = "%t OK begin\r\n",
		[LAB_GO_EARLY] = "* CAPABILITY IMAP4rev1 STARTTLS\r\n%t OK done\r\n%n OK begin\r\n",
		[LAB_GO_EXTRA] = "%t OK begin\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n",
		[LAB_GO_UNTAGGED] = "* LIST () \"/\" evil\r\n* 5 EXISTS\r\n%t OK begin\r\n",
		[LAB_WRONG_TAG] = "Z%t OK begin\r\n",
		[LAB_LONGER_TAG] = "%tZ OK begin\r\n",
		[LAB_PREAUTH] = "* PREAUTH ready\r\n",
		[LAB_PREAUTH_CAPS] = "* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n",
		[LAB_NO] = "%t NO not now\r\n",
		[LAB_CONTINUE] = "+ go on\r\n",
		[LAB_BYE] = "* BYE too busy\r\n",
		[LAB_RUDE] = "* BYE \x1b[31m\xe2\x80\xae%%n\xff\r\n",
		[LAB_REFERRAL] = "%t NO [REFERRAL imap://evil.test/] moved\r\n",
		[LAB_LONG] = "* OK ",
		[LAB_MANY] = "* 1 EXISTS\r\n",
		[LAB_UNKNOWN] = "%t BAD unknown command\r\n",
		[LAB_FINE] = "%t OK fine\r\n",
		[LAB_LEAVE] = "* BYE bye\r\n%t OK done\r\n",
	    },
    },
    {
	.name = "pop3",
	.ask = {"CAPA"},
	.upgrade = "STLS",
	.quit = "QUIT",
	.text =
	    {
		[LAB_GREETING] = "+OK ready\r\n",
		[LAB_CAPS] = "+OK list\r\nUSER\r\nSTLS\r\n.\r\n",
		[LAB_BARE] = "+OK list\r\nUSER\r\n.\r\n",
		[LAB_CAPS_FORGED] = "+OK list\r\nSASL EVIL\r\nSTLS\r\n.\r\n",
		[LAB_CAPS_OPEN] = "+OK list\r\n",
		[LAB_GO] = "+OK begin\r\n",
		[LAB_GO_EARLY] = "+OK list\r\nSTLS\r\n.\r\n+OK begin\r\n",
		[LAB_GO_EXTRA] = "+OK begin\r\n1 120\r\n.\r\n",
		[LAB_NO] = "-ERR not now\r\n",
		[LAB_CONTINUE] = "+ go on\r\n",
		[LAB_BYE] = "-ERR too busy\r\n",
		[LAB_RUDE] = "-ERR \x1b[31m\xe2\x80\xae%%n\xff\r\n",
		[LAB_LONG] = "+OK ",
		[LAB_MANY] = "AND-SO-ON\r\n",
		[LAB_UNKNOWN] = "-ERR unknown command\r\n",
		[LAB_FINE] = "+OK fine\r\n",
		[LAB_LEAVE] = "+OK bye\r\n",
	    },
    },
    {
	.name = "ftp",
	.ask = {"FEAT"},
	.upgrade = "AUTH TLS",
	.quit = "QUIT",
	.special = {{"USER", "230 logged in\r\n"}, {"PWD", "257 \"/\"\r\n"}},
	.text =
	    {
		[LAB_GREETING] = "220 ready\r\n",
		[LAB_CAPS] = "211-Features:\r\n AUTH TLS\r\n PBSZ\r\n PROT\r\n211 End\r\n",
		[LAB_BARE] = "211-Features:\r\n SIZE\r\n211 End\r\n",
		[LAB_CAPS_FORGED] = "211-Features:\r\n AUTH TLS\r\n EVIL\r\n211 End\r\n",
		[LAB_CAPS_OPEN] = "211-Features:\r\n",
		[LAB_GO] = "234 begin\r\n",
		[LAB_GO_EARLY] = "211-Features:\r\n AUTH TLS\r\n211 End\r\n234 begin\r\n",
		[LAB_GO_LINES] = "234-be\r\n234 gin\r\n",
		[LAB_GO_MIXED] = "234-be\r\n200 gin\r\n",
		[LAB_GO_EXTRA] = "234 begin\r\n230 logged in\r\n",
		[LAB_NO] = "534 not here\r\n",
		[LAB_NO_TLS_BUT_SSL] = "504 only AUTH SSL\r\n",
		[LAB_OTHER] = "200 fine\r\n",
		[LAB_CONTINUE] = "334 more data\r\n",
		[LAB_BYE] = "421 too busy\r\n",
		[LAB_RUDE] = "421 \x1b[31m\xe2\x80\xae%%n\xff\r\n",
		[LAB_LONG] = "220 ",
		[LAB_MANY] = " and so on\r\n",
		[LAB_UNKNOWN] = "500 unknown command\r\n",
		[LAB_FINE] = "200 fine\r\n",
		[LAB_LEAVE] = "221 bye\r\n",
	    },
    },
    {
	.name = "nntp",
	.ask = {"CAPABILITIES"},
	.upgrade = "STARTTLS",
	.quit = "QUIT",
	.text =
	    {
		[LAB_GREETING] = "200 ready\r\n",
		[LAB_CAPS] = "101 list\r\nVERSION 2\r\nREADER\r\nSTARTTLS\r\n.\r\n",
		[LAB_BARE] = "101 list\r\nVERSION 2\r\nREADER\r\n.\r\n",
		[LAB_CAPS_FORGED] = "101 list\r\nVERSION 2\r\nSTARTTLS\r\nSASL EVIL\r\n.\r\n",
		[LAB_CAPS_OPEN] = "101 list\r\n",
		[LAB_GO] = "382 begin\r\n",
		[LAB_GO_EARLY] = "101 list\r\nVERSION 2\r\nSTARTTLS\r\n.\r\n382 begin\r\n",
		[LAB_GO_EXTRA] = "382 begin\r\n281 welcome\r\n",
		[LAB_NO] = "580 not now\r\n",
		[LAB_NEEDED] = "483 TLS is needed for that\r\n",
		[LAB_OTHER] = "281 fine\r\n",
		[LAB_CONTINUE] = "381 more\r\n",
		[LAB_BYE] = "400 too busy\r\n",
		[LAB_RUDE] = "400 \x1b[31m\xe2\x80\xae%%n\xff\r\n",
		[LAB_LONG] = "200 ",
		[LAB_MANY] = "AND-SO-ON\r\n",
		[LAB_UNKNOWN] = "500 unknown command\r\n",
		[LAB_FINE] = "205 fine\r\n",
		[LAB_LEAVE] = "205 bye\r\n",
	    },
    },
};

/* ---------------------------------------------------------------- templates */

/* The tag that a client which counts would use next: its last digits plus one. */
static void
next_tag(char *out, size_t size, const char *tag)
{
	size_t digits = strlen(tag);
	unsigned long n;

	while (digits > 0 && isdigit((unsigned char)tag[digits - 1]))
		digits--;
	n = strtoul(tag + digits, NULL, 10);
	(void)snprintf(
	    out, size, "%.*s%0*lu", (int)digits, tag, (int)(strlen(tag) - digits), n + 1);
}

/* %t is the client's tag, %n the one that it may use next, %% a percent sign. */
static size_t
expand(char *out, size_t size, const char *text, const char *tag)
{
	char next[LINE_SIZE + 32];
	const char *word;
	size_t len = 0, n;

	next_tag(next, sizeof(next), tag);
	for (; *text != '\0'; text++) {
		word = text;
		n = 1;
		if (*text == '%') {
			text++;
			word = *text == 't' ? tag : *text == 'n' ? next : "%";
			n = strlen(word);
		}
		if (len + n > size)
			break;
		memcpy(out + len, word, n);
		len += n;
	}
	return len;
}

/* Line ends as the row wants them: "\n" or "\r" instead of both. */
static size_t
change_line_ends(char *text, size_t len, char keep)
{
	size_t out = 0;

	for (size_t i = 0; i < len; i++)
		if ((text[i] != '\r' && text[i] != '\n') || text[i] == keep)
			text[out++] = text[i];
	return out;
}

/* The tail goes out in the same segment. */
static int
say(struct peer_connection *c, const struct lab_talk *talk, const char *text, const char *tag,
    struct lab_tail tail)
{
	char reply[REPLY_SIZE + 16];
	size_t len = expand(reply, REPLY_SIZE, text, tag);

	if (talk->line_end != '\0')
		len = change_line_ends(reply, len, talk->line_end);
	if (tail.len > 0 && tail.len <= 16) {
		memcpy(reply + len, tail.at, tail.len);
		len += tail.len;
	}
	return peer_write(c, reply, len);
}

/* ---------------------------------------------------------------- listening */

/* One line without its end, octet for octet; -1 at the client's end. */
static int
hear(struct peer_connection *c, char *line, size_t size)
{
	size_t len = 0;

	for (;;) {
		if (len + 1 >= size)
			return peer_fail(c, "the client's line is too long");
		if (peer_read(c, line + len, 1) != 1)
			return -1;
		if (line[len] == '\n')
			break;
		len++;
	}
	if (len > 0 && line[len - 1] == '\r')
		len--;
	line[len] = '\0';
	return 0;
}

/* Splits the tag off; returns where the command begins. */
static const char *
cut_tag(const struct lab_line_protocol *p, char *line, const char **tag)
{
	char *space = p->tagged ? strchr(line, ' ') : NULL;

	*tag = "";
	if (space == NULL)
		return line;
	*space = '\0';
	*tag = line;
	return space + 1;
}

static bool
begins(const char *command, const char *word)
{
	size_t len = word != NULL ? strlen(word) : 0;

	return len > 0 && strncasecmp(command, word, len) == 0 &&
	       (command[len] == '\0' || command[len] == ' ');
}

static bool
asks(const struct lab_line_protocol *p, const char *command)
{
	return begins(command, p->ask[0]) || begins(command, p->ask[1]);
}

/* Commands that say nothing secret and are answered in clear text as well. */
static bool
is_harmless(const struct lab_line_protocol *p, const char *command)
{
	return begins(command, "NOOP") || begins(command, "HELO") || begins(command, "HELP") ||
	       begins(command, "MODE") || begins(command, "SYST") || begins(command, "ID") ||
	       begins(command, p->quit);
}

static int
answer_other(
    struct peer_connection *c, const struct lab_talk *talk, const char *command, const char *tag)
{
	const struct lab_line_protocol *p = talk->protocol;
	const struct lab_tail none = {NULL, 0};

	if (begins(command, p->quit)) {
		(void)say(c, talk, p->text[LAB_LEAVE], tag, none);
		return 1;
	}
	if (peer_connection_ssl(c) == NULL && !is_harmless(p, command))
		return peer_fail(c, LAB_WENT_ON_IN_CLEAR);
	return say(c, talk, p->text[LAB_FINE], tag, none);
}

/* 0: the client has asked for TLS and got the answer. */
static int
talk_in_clear(struct peer_connection *c, const struct lab_talk *talk)
{
	const struct lab_line_protocol *p = talk->protocol;
	const struct lab_tail none = {NULL, 0};
	char line[LINE_SIZE];
	const char *command, *tag;
	int rv = say(c, talk, p->text[talk->greeting], "", none);

	while (
	    rv == 0 && talk->stop != LAB_STOP_AFTER_GREETING && hear(c, line, sizeof(line)) == 0) {
		command = cut_tag(p, line, &tag);
		if (asks(p, command)) {
			rv = say(c, talk, p->text[talk->caps], tag, none);
			if (talk->stop == LAB_STOP_AFTER_CAPS)
				return rv;
		} else if (begins(command, p->upgrade)) {
			return say(c, talk, p->text[talk->go], tag, talk->tail);
		} else if (begins(command, "AUTH SSL")) { /* the old name; some ask for it first */
			if (talk->go == LAB_NO_TLS_BUT_SSL)
				return say(c, talk, p->text[LAB_GO], tag, none);
			rv = say(c, talk, p->text[LAB_UNKNOWN], tag, none);
		} else {
			rv = answer_other(c, talk, command, tag);
		}
	}
	return talk->stop == LAB_STOP_AFTER_GREETING ? rv : -1;
}

static const char *
answer_inside(const struct lab_line_protocol *p, const char *command)
{
	if (asks(p, command))
		return p->text[LAB_BARE];
	if (begins(command, p->upgrade))
		return p->text[LAB_UNKNOWN];
	for (size_t i = 0; i < sizeof(p->special) / sizeof(p->special[0]); i++)
		if (begins(command, p->special[i][0]))
			return p->special[i][1];
	return NULL;
}

static int
talk_inside(struct peer_connection *c, const struct lab_talk *talk)
{
	const struct lab_line_protocol *p = talk->protocol;
	const struct lab_tail none = {NULL, 0};
	char line[LINE_SIZE];
	const char *command, *tag;
	const char *reply;
	int rv = 0;

	while (rv == 0 && hear(c, line, sizeof(line)) == 0) {
		command = cut_tag(p, line, &tag);
		reply = answer_inside(p, command);
		rv = reply != NULL ? say(c, talk, reply, tag, none)
				   : answer_other(c, talk, command, tag);
	}
	return rv < 0 ? -1 : 0;
}

int
lab_talk(struct peer_connection *c, const struct peer_step *step)
{
	return peer_connection_ssl(c) != NULL ? talk_inside(c, step->data)
					      : talk_in_clear(c, step->data);
}
