/*
 * starttls_line.c - the protocols that speak in lines: SMTP, LMTP, FTP, NNTP,
 * POP3, IMAP, ManageSieve. Each is a row at the end of this file; what differs
 * in kind is how a reply is put together (reply functions).
 *
 * SPDX-License-Identifier: ISC
 */
#include "dialogue.h"

#include <limits.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <string.h>

#include <openssl/rand.h>

/* ----------------------------------------------------------------- the text */

static char
upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c; /* whatever the locale */
}

static bool
same(const char *a, const char *b, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (upper(a[i]) != upper(b[i]))
			return false;
	return true;
}

/* Whether text, of len octets, is that word in either case. */
static bool
is_word(const char *text, size_t len, const char *word)
{
	return len == strlen(word) && same(text, word, len);
}

static bool
is_exactly(const char *text, size_t len, const char *word)
{
	return len == strlen(word) && memcmp(text, word, len) == 0;
}

/* Octets up to the next space, or to the end. */
static size_t
word_len(const char *text)
{
	return strcspn(text, " ");
}

static bool
first_word_is(const char *text, const char *word)
{
	return is_word(text, word_len(text), word);
}

/* What follows the first word. */
static const char *
behind_word(const char *text)
{
	text += word_len(text);
	return *text == ' ' ? text + 1 : text;
}

/* Whether a list of statuses, separated by spaces, has that one. */
static bool
has_status(const char *list, const char *status)
{
	for (; list != NULL && *list != '\0'; list = behind_word(list))
		if (is_exactly(list, word_len(list), status))
			return true;
	return false;
}

static const char *
text_of(const struct tlsw__starttls *st)
{
	return (const char *)st->unit;
}

static int
broken(const struct tlsw__starttls *st)
{
	return tlsw__dialogue_broken(st, st->unit, st->len);
}

static int
keep_status(struct tlsw__starttls *st, const char *status, size_t len)
{
	if (len >= sizeof(st->status))
		return broken(st);
	memcpy(st->status, status, len);
	st->status[len] = '\0';
	return 0;
}

/* This line decides: keep its status and report the end of the reply. */
static int
over(struct tlsw__starttls *st, const char *status, size_t len)
{
	return keep_status(st, status, len) == 0 ? 1 : -1;
}

/* The same for a status that is the first word of text, in either case, and one of the known. */
static int
over_with(struct tlsw__starttls *st, const char *text, const char *known)
{
	for (; *known != '\0'; known = behind_word(known))
		if (word_len(known) == word_len(text) && same(text, known, word_len(known)))
			return over(st, known, word_len(known));
	return broken(st);
}

/* ---------------------------------------------------------------- the lines */

static ssize_t
line_lacks(struct tlsw__starttls *st)
{
	return st->len > 0 && st->unit[st->len - 1] == '\n' ? 0 : TLSW__TO_END;
}

/*
 * Make the line a string without its end. A bare LF may end it; CR and NUL
 * inside would let others see other lines than we do.
 */
static int
trim(struct tlsw__starttls *st)
{
	st->len--;
	if (st->len > 0 && st->unit[st->len - 1] == '\r')
		st->len--;
	st->unit[st->len] = '\0';
	if (memchr(st->unit, '\r', st->len) != NULL || strlen(text_of(st)) != st->len)
		return broken(st);
	return 0;
}

/* In a list of capabilities: the line for messages, its first word to find the one we need. */
static void
offer_line(struct tlsw__starttls *st, const char *line)
{
	if (st->phase != TLSW__LIST)
		return;
	tlsw__dialogue_offer(st, line, strlen(line));
	if (st->protocol->offers != NULL ? st->protocol->offers(line)
					 : first_word_is(line, st->protocol->keyword))
		st->offered = true;
}

/* --------------------------------------------- replies: SMTP, LMTP and FTP */

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Whether the line begins with a three-digit code, alone or before one of marks. */
static bool
is_coded(const char *line, const char *marks)
{
	return line[0] >= '1' && line[0] <= '5' && is_digit(line[1]) && is_digit(line[2]) &&
	       (line[3] == '\0' || strchr(marks, line[3]) != NULL);
}

/* The first line of a reply, which may be its last. */
static int
first_line(struct tlsw__starttls *st)
{
	if (!is_coded(text_of(st), " -"))
		return broken(st);
	if (text_of(st)[3] != '-')
		return over(st, text_of(st), 3);
	st->in_reply = true;
	return keep_status(st, text_of(st), 3);
}

/* "250-first", "250-more", "250 last": every line has the same code (RFC 5321 section 4.2.1). */
static int
smtp_reply(struct tlsw__starttls *st)
{
	const char *line = text_of(st);

	if (!st->in_reply)
		return first_line(st);
	if (!is_coded(line, " -") || memcmp(line, st->status, 3) != 0)
		return broken(st);
	if (line[3] != '\0')
		offer_line(st, line + 4);
	return line[3] != '-';
}

/* " AUTH TLS", or all mechanisms in one line: " AUTH TLS;TLS-C;SSL" (RFC 4217 section 6). */
static bool
ftp_offers(const char *feature)
{
	const char *mechanism = behind_word(feature);
	size_t len;

	if (!first_word_is(feature, "AUTH"))
		return false;
	for (; *mechanism != '\0'; mechanism += len + (mechanism[len] != '\0')) {
		len = strcspn(mechanism, " ;");
		if (is_word(mechanism, len, "TLS"))
			return true;
	}
	return false;
}

/*
 * "211-first", anything, "211 last" (RFC 959 section 4.2). A line between that
 * looks like the end of another reply must not be there.
 */
static int
ftp_reply(struct tlsw__starttls *st)
{
	const char *line = text_of(st);

	if (!st->in_reply)
		return first_line(st);
	if (is_coded(line, " "))
		return memcmp(line, st->status, 3) == 0 ? 1 : broken(st);
	if (is_coded(line, "-") && memcmp(line, st->status, 3) == 0)
		line += 4; /* some servers put the code before every line */
	offer_line(st, line + strspn(line, " "));
	return 0;
}

/* --------------------------------------------------- replies: NNTP and POP3 */

/* A line of a list that ends with a dot; st->status is already there. */
static int
list_line(struct tlsw__starttls *st)
{
	if (strcmp(text_of(st), ".") == 0)
		return 1;
	offer_line(st, text_of(st));
	return 0;
}

/* A status line; a list follows the one that announces it. */
static int
status_line(struct tlsw__starttls *st, size_t len)
{
	int rv = over(st, text_of(st), len);

	if (rv == 1 && st->phase == TLSW__LIST && has_status(st->protocol->list, st->status)) {
		st->in_reply = true;
		return 0;
	}
	return rv;
}

static int
nntp_reply(struct tlsw__starttls *st)
{
	if (st->in_reply)
		return list_line(st);
	return is_coded(text_of(st), " ") ? status_line(st, 3) : broken(st);
}

static int
pop3_reply(struct tlsw__starttls *st)
{
	const size_t len = word_len(text_of(st));

	if (st->in_reply)
		return list_line(st);
	if (!is_exactly(text_of(st), len, "+OK") && !is_exactly(text_of(st), len, "-ERR"))
		return broken(st);
	return status_line(st, len);
}

/* ------------------------------------------------------------ replies: IMAP */

/* "IMAP4rev1 STARTTLS LOGINDISABLED", to the end or to a bracket. */
static void
imap_capabilities(struct tlsw__starttls *st, const char *text)
{
	size_t len;

	st->listed = true;
	for (; *text != '\0' && *text != ']'; text = behind_word(text)) {
		len = strcspn(text, " ]");
		tlsw__dialogue_offer(st, text, len);
		if (is_word(text, len, st->protocol->keyword))
			st->offered = true;
		if (text[len] == ']')
			return;
	}
}

/* "OK [CODE ...] text", "NO text", "BAD text": the line decides. */
static int
imap_status(struct tlsw__starttls *st, const char *text)
{
	const char *code = behind_word(text);

	/* Sending us elsewhere is not for the clear phase to do (RFC 2221). */
	if (first_word_is(code, "[REFERRAL") || first_word_is(code, "[REFERRAL]"))
		return tlsw__dialogue_unexpected(st, st->unit, st->len);
	if (first_word_is(text, "OK") && first_word_is(code, "[CAPABILITY"))
		imap_capabilities(st, behind_word(code));
	return over_with(st, text, "OK NO BAD BYE PREAUTH");
}

/* Data that nobody asked for is passed over, whatever it says; the session's end and PREAUTH are
 * not. */
static int
imap_untagged(struct tlsw__starttls *st, const char *text)
{
	if (st->phase == TLSW__GREETING || first_word_is(text, "BYE") ||
	    first_word_is(text, "PREAUTH"))
		return imap_status(st, text);
	if (st->phase == TLSW__LIST && first_word_is(text, "CAPABILITY"))
		imap_capabilities(st, behind_word(text));
	return 0;
}

static int
imap_reply(struct tlsw__starttls *st)
{
	const char *line = text_of(st);

	if (first_word_is(line, "*"))
		return imap_untagged(st, behind_word(line));
	if (st->phase != TLSW__GREETING && word_len(line) == strlen(st->tag) &&
	    memcmp(line, st->tag, strlen(st->tag)) == 0)
		return imap_status(st, behind_word(line));
	return broken(st);
}

/* Before we speak: untagged data is harmless, an answer is not. */
static bool
imap_unasked(struct tlsw__starttls *st)
{
	const char *text;

	if (trim(st) != 0 || !first_word_is(text_of(st), "*"))
		return false;
	text = behind_word(text_of(st));
	return !first_word_is(text, "BYE") && !first_word_is(text, "PREAUTH");
}

/* A tag that nobody can have answered before it was sent. */
static int
imap_tag(struct tlsw__starttls *st)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char octets[6];
	struct tlsw__queue queue;
	size_t i;
	int ok;

	tlsw__queue_save(&queue);
	ok = RAND_bytes(octets, sizeof(octets)) == 1;
	if (!ok)
		(void)tlsw__error_set_openssl(
		    TLSW_ERR_INTERNAL, "no random numbers for an IMAP tag");
	tlsw__queue_restore(&queue);
	if (!ok)
		return -1;
	st->tag[0] = 't';
	for (i = 0; i < sizeof(octets); i++) {
		st->tag[1 + 2 * i] = hex[octets[i] >> 4];
		st->tag[2 + 2 * i] = hex[octets[i] & 15];
	}
	st->tag[1 + 2 * sizeof(octets)] = '\0';
	return 0;
}

/* ----------------------------------------------------- replies: ManageSieve */

/*
 * "{5}" at the end of a line: five octets follow, then the rest of the line
 * (RFC 5804 section 1.2). Cut it off, and put in the quote that opens a string.
 */
static bool
open_literal(struct tlsw__starttls *st)
{
	size_t octets = 0, end = st->len - 1, at, i;

	if (end > 0 && st->unit[end - 1] == '\r')
		end--;
	if (end == 0 || st->unit[--end] != '}')
		return false;
	for (at = end; at > 0 && is_digit((char)st->unit[at - 1]); at--)
		;
	if (at == end || at == 0 || st->unit[at - 1] != '{')
		return false;
	for (i = at; i < end && octets <= TLSW__LINE_MAX; i++) /* more is too long anyway */
		octets = octets * 10 + (size_t)(st->unit[i] - '0');
	st->unit[at - 1] = '"';
	st->len = st->literal = at;
	st->literal_end = at + octets;
	st->in_literal = true;
	return true;
}

/* Make it a quoted string; what cannot stand in one is no capability of ours anyway. */
static void
close_literal(struct tlsw__starttls *st)
{
	size_t i;

	for (i = st->literal; i < st->literal_end; i++)
		if (strchr("\r\n\"\\", st->unit[i]) != NULL) /* strchr finds the NUL as well */
			st->unit[i] = '?';
	st->unit[st->len++] = '"';
	st->in_literal = false;
}

static ssize_t
sieve_lacks(struct tlsw__starttls *st)
{
	do {
		if (st->in_literal && st->len < st->literal_end)
			return (ssize_t)(st->literal_end - st->len);
		if (st->in_literal)
			close_literal(st);
		if (line_lacks(st) != 0)
			return TLSW__TO_END;
	} while (open_literal(st));
	return 0;
}

/* "\"NAME\" \"value\"": octets of the name; 0 if it is no string. */
static size_t
sieve_name_len(const char *line)
{
	size_t len;

	if (line[0] != '"')
		return 0;
	len = strcspn(line + 1, "\"\\");
	return line[1 + len] == '"' ? len : 0;
}

/* Capabilities come by themselves with the greeting, one a line, then OK. */
static int
sieve_reply(struct tlsw__starttls *st)
{
	const char *line = text_of(st);
	const size_t len = sieve_name_len(line);

	st->listed = true;
	if (len > 0 && st->phase == TLSW__GREETING) {
		tlsw__dialogue_offer(st, line + 1, len);
		if (is_word(line + 1, len, st->protocol->keyword))
			st->offered = true;
		return 0;
	}
	return over_with(st, line, "OK NO BYE");
}

/* --------------------------------------------------------------- what we say */

/* "[192.0.2.1]" or "[IPv6:2001:db8::1]" (RFC 5321 section 4.1.3): our side of the connection. */
static void
address_literal(int fd, char *out, size_t size)
{
	struct sockaddr_storage ss = {.ss_family = AF_UNSPEC};
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)&ss;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&ss;
	socklen_t len = sizeof(ss);
	char text[INET6_ADDRSTRLEN] =
	    "127.0.0.1"; /* sockets without address: this host, to itself */
	const char *prefix = "";

	if (getsockname(fd, (struct sockaddr *)&ss, &len) != 0)
		ss.ss_family = AF_UNSPEC;
	if (ss.ss_family == AF_INET) {
		(void)inet_ntop(AF_INET, &v4->sin_addr, text, sizeof(text));
	} else if (ss.ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
		(void)inet_ntop(AF_INET, &v6->sin6_addr.s6_addr[12], text, sizeof(text));
	} else if (ss.ss_family == AF_INET6) {
		(void)inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof(text));
		prefix = "IPv6:";
	}
	(void)snprintf(out, size, "[%s%s]", prefix, text);
}

static const char *
request(const struct tlsw__starttls *st)
{
	return st->phase == TLSW__ASK ? st->protocol->ask : st->protocol->command;
}

static int
plain_say(struct tlsw__starttls *st)
{
	if (tlsw__dialogue_say(st, "%s\r\n", request(st)) != 0)
		return -1;
	return (int)st->phase + 1;
}

static int
smtp_say(struct tlsw__starttls *st)
{
	char address[INET6_ADDRSTRLEN + sizeof("[IPv6:]")];

	if (st->phase == TLSW__COMMAND)
		return plain_say(st);
	address_literal(st->fd, address, sizeof(address));
	if (tlsw__dialogue_say(st, "%s %s\r\n", request(st), address) != 0)
		return -1;
	return TLSW__LIST;
}

static int
imap_say(struct tlsw__starttls *st)
{
	if (imap_tag(st) != 0 || tlsw__dialogue_say(st, "%s %s\r\n", st->tag, request(st)) != 0)
		return -1;
	return (int)st->phase + 1;
}

/* ------------------------------------------------------------ what it means */

/* The one word for no, in each protocol; anything else that is not yes is odd. */
static int
not_good(const struct tlsw__starttls *st)
{
	if (strchr("45", st->status[0]) != NULL || has_status("-ERR NO BAD BYE", st->status))
		return tlsw__dialogue_refused(st, st->unit, st->len);
	return tlsw__dialogue_unexpected(st, st->unit, st->len);
}

static int
choose(const struct tlsw__starttls *st)
{
	return st->offered ? TLSW__COMMAND : tlsw__dialogue_not_offered(st);
}

static int
judge(const struct tlsw__starttls *st)
{
	const struct tlsw__protocol *p = st->protocol;

	switch (st->phase) {
	case TLSW__GREETING:
		if (!has_status(p->greeting, st->status))
			return not_good(st);
		return st->listed ? choose(st) : TLSW__ASK;
	case TLSW__LIST:
		if (has_status(p->list, st->status))
			return choose(st);
		return has_status(p->unknown, st->status) ? TLSW__COMMAND : not_good(st);
	case TLSW__ANSWER:
		return has_status(p->go_ahead, st->status) ? TLSW__DONE : not_good(st);
	default:
		return broken(st);
	}
}

static int
line_hear(struct tlsw__starttls *st)
{
	int rv = trim(st);

	if (rv == 0)
		rv = st->protocol->reply(st);
	if (rv == 0)
		return (int)st->phase;
	return rv == 1 ? judge(st) : -1;
}

/* ----------------------------------------------------------------- the rows */

#define BY_LINE .first = TLSW__GREETING, .end = '\n', .hear = line_hear

const struct tlsw__protocol tlsw__smtp = {
    BY_LINE,
    .name = "SMTP",
    .unit_max = TLSW__LINE_MAX,
    .lacks = line_lacks,
    .say = smtp_say,
    .reply = smtp_reply,
    .greeting = "220",
    .ask = "EHLO",
    .list = "250",
    .keyword = "STARTTLS",
    .command = "STARTTLS",
    .go_ahead = "220",
};

const struct tlsw__protocol tlsw__lmtp = {
    BY_LINE,
    .name = "LMTP",
    .unit_max = TLSW__LINE_MAX,
    .lacks = line_lacks,
    .say = smtp_say,
    .reply = smtp_reply,
    .greeting = "220",
    .ask = "LHLO",
    .list = "250",
    .keyword = "STARTTLS",
    .command = "STARTTLS",
    .go_ahead = "220",
};

const struct tlsw__protocol tlsw__imap = {
    BY_LINE,
    .name = "IMAP",
    .unit_max = TLSW__UNIT_MAX,
    .lacks = line_lacks,
    .say = imap_say,
    .unasked = imap_unasked,
    .reply = imap_reply,
    .greeting = "OK",
    .ask = "CAPABILITY",
    .list = "OK",
    .keyword = "STARTTLS",
    .command = "STARTTLS",
    .go_ahead = "OK",
};

const struct tlsw__protocol tlsw__pop3 = {
    BY_LINE,
    .name = "POP3",
    .unit_max = TLSW__LINE_MAX,
    .lacks = line_lacks,
    .say = plain_say,
    .reply = pop3_reply,
    .greeting = "+OK",
    .ask = "CAPA",
    .list = "+OK",
    .unknown = "-ERR",
    .keyword = "STLS",
    .command = "STLS",
    .go_ahead = "+OK",
};

const struct tlsw__protocol tlsw__ftp = {
    BY_LINE,
    .name = "FTP",
    .unit_max = TLSW__LINE_MAX,
    .lacks = line_lacks,
    .say = plain_say,
    .reply = ftp_reply,
    .greeting = "220",
    .ask = "FEAT",
    .list = "211",
    .unknown = "500 502",
    .offers = ftp_offers,
    .command = "AUTH TLS",
    .go_ahead = "234",
};

const struct tlsw__protocol tlsw__nntp = {
    BY_LINE,
    .name = "NNTP",
    .unit_max = TLSW__LINE_MAX,
    .lacks = line_lacks,
    .say = plain_say,
    .reply = nntp_reply,
    .greeting = "200 201",
    .ask = "CAPABILITIES",
    .list = "101",
    .unknown = "500",
    .keyword = "STARTTLS",
    .command = "STARTTLS",
    .go_ahead = "382",
};

const struct tlsw__protocol tlsw__sieve = {
    BY_LINE,
    .name = "ManageSieve",
    .unit_max = TLSW__LINE_MAX,
    .lacks = sieve_lacks,
    .say = plain_say,
    .reply = sieve_reply,
    .greeting = "OK",
    .keyword = "STARTTLS",
    .command = "STARTTLS",
    .go_ahead = "OK",
};
