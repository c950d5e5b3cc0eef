/*
 * starttls_line.c - the protocols that speak in lines, and those of them whose
 * replies are codes: SMTP, LMTP, FTP, NNTP, POP3. Each is a row at the end of
 * this file; what differs in kind is how a reply is put together.
 *
 * SPDX-License-Identifier: ISC
 */
#include "line.h"

#include <limits.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <string.h>

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
bool
tlsw__line_is_word(const char *text, size_t len, const char *word)
{
	return len == strlen(word) && same(text, word, len);
}

static bool
is_exactly(const char *text, size_t len, const char *word)
{
	return len == strlen(word) && memcmp(text, word, len) == 0;
}

/* Octets up to the next space, or to the end. */
size_t
tlsw__line_word_len(const char *text)
{
	return strcspn(text, " ");
}

bool
tlsw__line_begins_with(const char *text, const char *word)
{
	return tlsw__line_is_word(text, tlsw__line_word_len(text), word);
}

/* What follows the first word. */
const char *
tlsw__line_behind_word(const char *text)
{
	text += tlsw__line_word_len(text);
	return *text == ' ' ? text + 1 : text;
}

/* Whether a list of statuses, separated by spaces, has that one. */
static bool
has_status(const char *list, const char *status)
{
	for (; list != NULL && *list != '\0'; list = tlsw__line_behind_word(list))
		if (is_exactly(list, tlsw__line_word_len(list), status))
			return true;
	return false;
}

const char *
tlsw__line_text(const struct tlsw__starttls *st)
{
	return (const char *)st->unit;
}

int
tlsw__line_broken(const struct tlsw__starttls *st)
{
	return tlsw__dialogue_broken(st, st->unit, st->len);
}

static int
keep_status(struct tlsw__starttls *st, const char *status, size_t len)
{
	if (len >= sizeof(st->status))
		return tlsw__line_broken(st);
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
int
tlsw__line_over_with(struct tlsw__starttls *st, const char *text, const char *known)
{
	for (; *known != '\0'; known = tlsw__line_behind_word(known))
		if (tlsw__line_word_len(known) == tlsw__line_word_len(text) &&
		    same(text, known, tlsw__line_word_len(known)))
			return over(st, known, tlsw__line_word_len(known));
	return tlsw__line_broken(st);
}

/* ---------------------------------------------------------------- the lines */

ssize_t
tlsw__line_lacks(struct tlsw__starttls *st)
{
	return st->len > 0 && st->unit[st->len - 1] == '\n' ? 0 : TLSW__TO_END;
}

/*
 * Make the line a string without its end. A bare LF may end it; CR and NUL
 * inside would let others see other lines than we do.
 */
int
tlsw__line_trim(struct tlsw__starttls *st)
{
	st->len--;
	if (st->len > 0 && st->unit[st->len - 1] == '\r')
		st->len--;
	st->unit[st->len] = '\0';
	if (memchr(st->unit, '\r', st->len) != NULL || strlen(tlsw__line_text(st)) != st->len)
		return tlsw__line_broken(st);
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
					 : tlsw__line_begins_with(line, st->protocol->keyword))
		st->offered = true;
}

/* --------------------------------------------- replies: SMTP, LMTP and FTP */

bool
tlsw__line_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Whether the line begins with a three-digit code, alone or before one of marks. */
static bool
is_coded(const char *line, const char *marks)
{
	return line[0] >= '1' && line[0] <= '5' && tlsw__line_is_digit(line[1]) &&
	       tlsw__line_is_digit(line[2]) && (line[3] == '\0' || strchr(marks, line[3]) != NULL);
}

/* The first line of a reply, which may be its last. */
static int
first_line(struct tlsw__starttls *st)
{
	if (!is_coded(tlsw__line_text(st), " -"))
		return tlsw__line_broken(st);
	if (tlsw__line_text(st)[3] != '-')
		return over(st, tlsw__line_text(st), 3);
	st->in_reply = true;
	return keep_status(st, tlsw__line_text(st), 3);
}

/* "250-first", "250-more", "250 last": every line has the same code (RFC 5321 section 4.2.1). */
static int
smtp_reply(struct tlsw__starttls *st)
{
	const char *line = tlsw__line_text(st);

	if (!st->in_reply)
		return first_line(st);
	if (!is_coded(line, " -") || memcmp(line, st->status, 3) != 0)
		return tlsw__line_broken(st);
	if (line[3] != '\0')
		offer_line(st, line + 4);
	return line[3] != '-';
}

/* " AUTH TLS", or all mechanisms in one line: " AUTH TLS;TLS-C;SSL" (RFC 4217 section 6). */
static bool
ftp_offers(const char *feature)
{
	const char *mechanism = tlsw__line_behind_word(feature);
	size_t len;

	if (!tlsw__line_begins_with(feature, "AUTH"))
		return false;
	for (; *mechanism != '\0'; mechanism += len + (mechanism[len] != '\0')) {
		len = strcspn(mechanism, " ;");
		if (tlsw__line_is_word(mechanism, len, "TLS"))
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
	const char *line = tlsw__line_text(st);

	if (!st->in_reply)
		return first_line(st);
	if (is_coded(line, " "))
		return memcmp(line, st->status, 3) == 0 ? 1 : tlsw__line_broken(st);
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
	if (strcmp(tlsw__line_text(st), ".") == 0)
		return 1;
	offer_line(st, tlsw__line_text(st));
	return 0;
}

/* A status line; a list follows the one that announces it. */
static int
status_line(struct tlsw__starttls *st, size_t len)
{
	int rv = over(st, tlsw__line_text(st), len);

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
	return is_coded(tlsw__line_text(st), " ") ? status_line(st, 3) : tlsw__line_broken(st);
}

static int
pop3_reply(struct tlsw__starttls *st)
{
	const size_t len = tlsw__line_word_len(tlsw__line_text(st));

	if (st->in_reply)
		return list_line(st);
	if (!is_exactly(tlsw__line_text(st), len, "+OK") &&
	    !is_exactly(tlsw__line_text(st), len, "-ERR"))
		return tlsw__line_broken(st);
	return status_line(st, len);
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

const char *
tlsw__line_request(const struct tlsw__starttls *st)
{
	return st->phase == TLSW__ASK ? st->protocol->ask : st->protocol->command;
}

int
tlsw__line_say(struct tlsw__starttls *st)
{
	if (tlsw__dialogue_say(st, "%s\r\n", tlsw__line_request(st)) != 0)
		return -1;
	return (int)st->phase + 1;
}

static int
smtp_say(struct tlsw__starttls *st)
{
	char address[INET6_ADDRSTRLEN + sizeof("[IPv6:]")];

	if (st->phase == TLSW__COMMAND)
		return tlsw__line_say(st);
	address_literal(st->fd, address, sizeof(address));
	if (tlsw__dialogue_say(st, "%s %s\r\n", tlsw__line_request(st), address) != 0)
		return -1;
	return TLSW__LIST;
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
		return tlsw__line_broken(st);
	}
}

int
tlsw__line_hear(struct tlsw__starttls *st)
{
	int rv = tlsw__line_trim(st);

	if (rv == 0)
		rv = st->protocol->reply(st);
	if (rv == 0)
		return (int)st->phase;
	return rv == 1 ? judge(st) : -1;
}

/* ----------------------------------------------------------------- the rows */

const struct tlsw__protocol tlsw__smtp = {
    BY_LINE,
    .name = "SMTP",
    .unit_max = TLSW__LINE_MAX,
    .lacks = tlsw__line_lacks,
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
    .lacks = tlsw__line_lacks,
    .say = smtp_say,
    .reply = smtp_reply,
    .greeting = "220",
    .ask = "LHLO",
    .list = "250",
    .keyword = "STARTTLS",
    .command = "STARTTLS",
    .go_ahead = "220",
};

const struct tlsw__protocol tlsw__pop3 = {
    BY_LINE,
    .name = "POP3",
    .unit_max = TLSW__LINE_MAX,
    .lacks = tlsw__line_lacks,
    .say = tlsw__line_say,
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
    .lacks = tlsw__line_lacks,
    .say = tlsw__line_say,
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
    .lacks = tlsw__line_lacks,
    .say = tlsw__line_say,
    .reply = nntp_reply,
    .greeting = "200 201",
    .ask = "CAPABILITIES",
    .list = "101",
    .unknown = "500",
    .keyword = "STARTTLS",
    .command = "STARTTLS",
    .go_ahead = "382",
};
