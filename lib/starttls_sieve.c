/*
 * starttls_sieve.c - ManageSieve: capabilities come by themselves with the
 * greeting, and strings may be literals.
 *
 * SPDX-License-Identifier: ISC
 */
#include "line.h"

#include <limits.h>
#include <string.h>

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
	for (at = end; at > 0 && tlsw__line_is_digit((char)st->unit[at - 1]); at--)
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
		if (tlsw__line_lacks(st) != 0)
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
	const char *line = tlsw__line_text(st);
	const size_t len = sieve_name_len(line);

	st->listed = true;
	if (len > 0 && st->phase == TLSW__GREETING) {
		tlsw__dialogue_offer(st, line + 1, len);
		if (tlsw__line_is_word(line + 1, len, st->protocol->keyword))
			st->offered = true;
		return 0;
	}
	return tlsw__line_over_with(st, line, "OK NO BYE");
}

const struct tlsw__protocol tlsw__sieve = {
    BY_LINE,
    .name = "ManageSieve",
    .unit_max = TLSW__LINE_MAX,
    .lacks = sieve_lacks,
    .say = tlsw__line_say,
    .reply = sieve_reply,
    .greeting = "OK",
    .keyword = "STARTTLS",
    .command = "STARTTLS",
    .go_ahead = "OK",
};
