/*
 * starttls_imap.c - IMAP: an answer is known by its tag, and untagged data may
 * come at any time.
 *
 * SPDX-License-Identifier: ISC
 */
#include "line.h"

#include <string.h>

#include <openssl/rand.h>

/* "IMAP4rev1 STARTTLS LOGINDISABLED", to the end or to a bracket. */
static void
imap_capabilities(struct tlsw__starttls *st, const char *text)
{
	size_t len;

	st->listed = true;
	for (; *text != '\0' && *text != ']'; text = tlsw__line_behind_word(text)) {
		len = strcspn(text, " ]");
		tlsw__dialogue_offer(st, text, len);
		if (tlsw__line_is_word(text, len, st->protocol->keyword))
			st->offered = true;
		if (text[len] == ']')
			return;
	}
}

/* "OK [CODE ...] text", "NO text", "BAD text": the line decides. */
static int
imap_status(struct tlsw__starttls *st, const char *text)
{
	const char *code = tlsw__line_behind_word(text);

	/* Sending us elsewhere is not for the clear phase to do (RFC 2221). */
	if (tlsw__line_begins_with(code, "[REFERRAL") || tlsw__line_begins_with(code, "[REFERRAL]"))
		return tlsw__dialogue_unexpected(st, st->unit, st->len);
	if (tlsw__line_begins_with(text, "OK") && tlsw__line_begins_with(code, "[CAPABILITY"))
		imap_capabilities(st, tlsw__line_behind_word(code));
	return tlsw__line_over_with(st, text, "OK NO BAD BYE PREAUTH");
}

/* Data that nobody asked for is passed over, whatever it says; the session's end is not. */
static int
imap_untagged(struct tlsw__starttls *st, const char *text)
{
	if (st->phase == TLSW__GREETING || tlsw__line_begins_with(text, "BYE") ||
	    tlsw__line_begins_with(text, "PREAUTH"))
		return imap_status(st, text);
	if (st->phase == TLSW__LIST && tlsw__line_begins_with(text, "CAPABILITY"))
		imap_capabilities(st, tlsw__line_behind_word(text));
	return 0;
}

static int
imap_reply(struct tlsw__starttls *st)
{
	const char *line = tlsw__line_text(st);

	if (tlsw__line_begins_with(line, "*"))
		return imap_untagged(st, tlsw__line_behind_word(line));
	if (st->phase != TLSW__GREETING && tlsw__line_word_len(line) == strlen(st->tag) &&
	    memcmp(line, st->tag, strlen(st->tag)) == 0)
		return imap_status(st, tlsw__line_behind_word(line));
	return tlsw__line_broken(st);
}

/* Before we speak: untagged data is harmless, an answer is not. */
static bool
imap_unasked(struct tlsw__starttls *st)
{
	const char *text;

	if (tlsw__line_trim(st) != 0 || !tlsw__line_begins_with(tlsw__line_text(st), "*"))
		return false;
	text = tlsw__line_behind_word(tlsw__line_text(st));
	return !tlsw__line_begins_with(text, "BYE") && !tlsw__line_begins_with(text, "PREAUTH");
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

static int
imap_say(struct tlsw__starttls *st)
{
	if (imap_tag(st) != 0 ||
	    tlsw__dialogue_say(st, "%s %s\r\n", st->tag, tlsw__line_request(st)) != 0)
		return -1;
	return (int)st->phase + 1;
}

const struct tlsw__protocol tlsw__imap = {
    BY_LINE,
    .name = "IMAP",
    .unit_max = TLSW__UNIT_MAX,
    .lacks = tlsw__line_lacks,
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
