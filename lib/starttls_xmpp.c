/*
 * starttls_xmpp.c - XMPP, client to server (RFC 6120 section 5).
 *
 * A unit is what stands up to the ">" that ends a tag. Just enough XML is read
 * for the three things a server may say before TLS: the stream's header, its
 * features, and proceed or failure. Comments, declarations and other prefixes
 * than "stream" for the stream's own elements are refused.
 *
 * SPDX-License-Identifier: ISC
 */
#include "dialogue.h"

#include <limits.h>
#include <string.h>

#define NS_STREAMS "http://etherx.jabber.org/streams"
#define NS_TLS "urn:ietf:params:xml:ns:xmpp-tls"

static const char blanks[] = " \t\r\n";

/* Where we are in the server's stream: st->depth while it lists its features. */
enum { BEFORE_STREAM, IN_STREAM, IN_FEATURES };

struct tag {
	const char *text; /* from "<" on, a string */
	const char *name;
	size_t name_len;
	bool closes; /* </name> */
	bool empty;  /* <name/> */
};

/* Up to the next ">" that no quotes surround. */
static ssize_t
xmpp_lacks(struct tlsw__starttls *st)
{
	const unsigned char *end = st->unit + st->len;
	const unsigned char *p = memchr(st->unit, '<', st->len);
	unsigned char quote = 0;

	if (p == NULL || end[-1] != '>')
		return TLSW__TO_END;
	for (; p < end; p++) {
		if (quote == 0 && (*p == '\'' || *p == '"'))
			quote = *p;
		else if (*p == quote)
			quote = 0;
	}
	return quote == 0 ? 0 : TLSW__TO_END;
}

static bool
is_named(const struct tag *tag, const char *name)
{
	return tag->name_len == strlen(name) && memcmp(tag->name, name, tag->name_len) == 0;
}

static bool
opens(const struct tag *tag, const char *name)
{
	return !tag->closes && is_named(tag, name);
}

/* Take the unit apart: text, which may stand inside elements only, then a tag. */
static bool
parse(struct tlsw__starttls *st, bool text_allowed, struct tag *tag)
{
	const char *unit = (const char *)st->unit;
	const char *end = unit + st->len - 1;

	st->unit[st->len] = '\0';
	if (strlen(unit) != st->len || (!text_allowed && unit[strspn(unit, blanks)] != '<'))
		return false;
	tag->text = strchr(unit, '<');
	if (tag->text == NULL)
		return false;
	tag->closes = tag->text[1] == '/';
	tag->empty = end[-1] == '/';
	tag->name = tag->text + 1 + tag->closes;
	tag->name_len = strcspn(tag->name, " \t\r\n/>");
	return tag->name_len > 0 && *tag->name != '!' &&
	       memchr(tag->name, '<', tag->name_len) == NULL;
}

/* Whether the tag has the attribute name='value'. */
static bool
has(const struct tag *tag, const char *name, const char *value)
{
	const char *p = tag->name + tag->name_len;
	size_t name_len, value_len;
	bool found;

	for (;;) {
		p += strspn(p, blanks);
		name_len = strcspn(p, "= \t\r\n/><");
		found = name_len == strlen(name) && memcmp(p, name, name_len) == 0;
		p += name_len;
		p += strspn(p, blanks);
		if (name_len == 0 || *p++ != '=')
			return false;
		p += strspn(p, blanks);
		if (*p != '\'' && *p != '"')
			return false;
		value_len = strcspn(p + 1, *p == '"' ? "\"" : "'");
		if (found)
			return value_len == strlen(value) && memcmp(p + 1, value, value_len) == 0;
		p += value_len + 2; /* the closing quote is there: xmpp_lacks() saw it */
	}
}

static int
broken(const struct tlsw__starttls *st)
{
	return tlsw__dialogue_broken(st, st->unit, st->len);
}

static int
hear_header(struct tlsw__starttls *st, const struct tag *tag)
{
	if (opens(tag, "?xml") && st->units == 1)
		return TLSW__LIST;
	if (!opens(tag, "stream:stream") || tag->empty || !has(tag, "xmlns:stream", NS_STREAMS))
		return broken(st);
	st->depth = IN_STREAM;
	return TLSW__LIST;
}

/* The features, or an error, whose first child says which. */
static int
hear_stream(struct tlsw__starttls *st, const struct tag *tag)
{
	if (st->in_reply)
		return tlsw__dialogue_refused(st, tag->text, strlen(tag->text));
	if (opens(tag, "stream:error") && !tag->empty) {
		st->in_reply = true;
		return TLSW__LIST;
	}
	if (!opens(tag, "stream:features"))
		return broken(st);
	if (tag->empty)
		return tlsw__dialogue_not_offered(st);
	st->depth = IN_FEATURES;
	return TLSW__LIST;
}

static int
hear_feature(struct tlsw__starttls *st, const struct tag *tag)
{
	const bool top = st->depth == IN_FEATURES;

	if (tag->closes && top) {
		if (!is_named(tag, "stream:features"))
			return broken(st);
		return st->offered ? TLSW__COMMAND : tlsw__dialogue_not_offered(st);
	}
	if (top)
		tlsw__dialogue_offer(st, tag->name, tag->name_len);
	if (top && is_named(tag, "starttls") && has(tag, "xmlns", NS_TLS))
		st->offered = true;
	if (tag->closes)
		st->depth--;
	else if (!tag->empty)
		st->depth++;
	return TLSW__LIST;
}

/* <proceed/>, or <proceed></proceed>: TLS begins behind the last ">". */
static int
hear_answer(struct tlsw__starttls *st, const struct tag *tag)
{
	if (st->in_reply)
		return tag->closes && is_named(tag, "proceed") ? TLSW__DONE : broken(st);
	if (opens(tag, "proceed") && has(tag, "xmlns", NS_TLS)) {
		st->in_reply = true;
		return tag->empty ? TLSW__DONE : TLSW__ANSWER;
	}
	if (opens(tag, "failure") || opens(tag, "stream:error"))
		return tlsw__dialogue_refused(st, tag->text, strlen(tag->text));
	return tlsw__dialogue_unexpected(st, tag->text, strlen(tag->text));
}

static int
xmpp_hear(struct tlsw__starttls *st)
{
	struct tag tag;

	if (!parse(st, st->phase == TLSW__LIST && st->depth > IN_FEATURES, &tag))
		return broken(st);
	if (st->phase == TLSW__ANSWER)
		return hear_answer(st, &tag);
	switch (st->depth) {
	case BEFORE_STREAM:
		return hear_header(st, &tag);
	case IN_STREAM:
		return hear_stream(st, &tag);
	default:
		return hear_feature(st, &tag);
	}
}

static int
xmpp_say(struct tlsw__starttls *st)
{
	int rv;

	if (st->phase == TLSW__COMMAND)
		rv = tlsw__dialogue_say(st, "<starttls xmlns='%s'/>", NS_TLS);
	else
		rv = tlsw__dialogue_say(st,
		    "<?xml version='1.0'?><stream:stream to='%s' version='1.0' "
		    "xmlns='jabber:client' xmlns:stream='%s'>",
		    st->host, NS_STREAMS);
	return rv == 0 ? (int)st->phase + 1 : -1;
}

const struct tlsw__protocol tlsw__xmpp = {
    .name = "XMPP",
    .first = TLSW__ASK,
    .unit_max = TLSW__UNIT_MAX,
    .end = '>',
    .lacks = xmpp_lacks,
    .say = xmpp_say,
    .hear = xmpp_hear,
    .ask = "the stream header",
    .command = "STARTTLS",
};
