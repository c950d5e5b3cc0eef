/*
 * starttls_ldap.c - LDAP (RFC 4511 section 4.14): a search for the root DSE's
 * supportedExtension, then the StartTLS operation.
 *
 * A server that answers the search with an error, or shows no
 * supportedExtension at all, has given no list: many demand TLS before they
 * answer anything (confidentialityRequired). StartTLS is then sent unasked.
 *
 * SPDX-License-Identifier: ISC
 */
#include "dialogue.h"

#include <string.h>

#define OID_STARTTLS "1.3.6.1.4.1.1466.20037"

enum tag {
	BOOLEAN = 0x01,
	INTEGER = 0x02,
	OCTETS = 0x04,
	ENUMERATED = 0x0a,
	SEQUENCE = 0x30,
	SET = 0x31,
	SEARCH_ENTRY = 0x64,
	SEARCH_DONE = 0x65,
	SEARCH_REFERENCE = 0x73,
	EXTENDED_RESPONSE = 0x78,
	RESPONSE_NAME = 0x8a,
	CONTROLS = 0xa0,
	REFERRAL = 0xa3
};

enum { SEARCH_ID = 1, STARTTLS_ID = 2 };

/* messageID 1: search, base "", scope base, filter (objectClass=*), attribute supportedExtension */
static const unsigned char search[] = {0x30, 0x39, 0x02, 0x01, SEARCH_ID, 0x63, 0x34, 0x04, 0x00,
    0x0a, 0x01, 0x00, 0x0a, 0x01, 0x00, 0x02, 0x01, 0x00, 0x02, 0x01, 0x00, 0x01, 0x01, 0x00, 0x87,
    0x0b, 'o', 'b', 'j', 'e', 'c', 't', 'C', 'l', 'a', 's', 's', 0x30, 0x14, 0x04, 0x12, 's', 'u',
    'p', 'p', 'o', 'r', 't', 'e', 'd', 'E', 'x', 't', 'e', 'n', 's', 'i', 'o', 'n'};

/* messageID 2: extended request, the OID of StartTLS */
static const unsigned char starttls[] = {0x30, 0x1d, 0x02, 0x01, STARTTLS_ID, 0x77, 0x18, 0x80,
    0x16, '1', '.', '3', '.', '6', '.', '1', '.', '4', '.', '1', '.', '1', '4', '6', '6', '.', '2',
    '0', '0', '3', '7'};

/* ---------------------------------------------------------------------- BER */

/* Octets not yet read; RFC 4511 section 5.1 allows definite lengths only, of any form. */
struct ber {
	const unsigned char *at;
	size_t left;
};

/* Octets of tag and length before the contents, and of the contents. False: not all there, or odd.
 */
static bool
header(const unsigned char *at, size_t left, size_t *head, size_t *contents)
{
	size_t i, count;

	if (left < 2)
		return false;
	*head = 2;
	*contents = at[1];
	if (at[1] < 0x80)
		return true;
	count = at[1] & 0x7f;
	if (count == 0 || count > 4 || left < 2 + count)
		return false;
	*head = 2 + count;
	for (i = 0, *contents = 0; i < count; i++)
		*contents = *contents << 8 | at[2 + i];
	return true;
}

/* Step over the next value, which must have that tag, and give its contents. */
static bool
next(struct ber *from, enum tag tag, struct ber *value)
{
	size_t head, contents;

	if (!header(from->at, from->left, &head, &contents) || from->at[0] != tag ||
	    contents > from->left - head)
		return false;
	value->at = from->at + head;
	value->left = contents;
	from->at += head + contents;
	from->left -= head + contents;
	return true;
}

static bool
is_next(const struct ber *from, enum tag tag)
{
	return from->left > 0 && from->at[0] == tag;
}

/* A small number that is not negative. */
static bool
number(struct ber *from, enum tag tag, unsigned long *value)
{
	struct ber octets;
	size_t i;

	if (!next(from, tag, &octets) || octets.left == 0 || octets.left > 4 || octets.at[0] > 0x7f)
		return false;
	for (i = 0, *value = 0; i < octets.left; i++)
		*value = *value << 8 | octets.at[i];
	return true;
}

static bool
equals(const struct ber *octets, const char *text)
{
	return octets->left == strlen(text) && memcmp(octets->at, text, octets->left) == 0;
}

/* An attribute description: ASCII in either case. */
static bool
equals_description(const struct ber *octets, const char *text)
{
	size_t i;

	if (octets->left != strlen(text))
		return false;
	for (i = 0; i < octets->left; i++)
		if ((octets->at[i] | 0x20) != (text[i] | 0x20))
			return false;
	return true;
}

/* ----------------------------------------------------------------- messages */

static int
broken(const struct tlsw__starttls *st)
{
	return tlsw__dialogue_broken(st, st->unit, st->len);
}

static ssize_t
ldap_lacks(struct tlsw__starttls *st)
{
	size_t head, contents;

	if (st->len < 2)
		return (ssize_t)(2 - st->len);
	if (st->unit[0] != SEQUENCE || st->unit[1] > 0x84)
		return broken(st);
	head = st->unit[1] < 0x80 ? 2 : 2 + (st->unit[1] & 0x7fU);
	if (st->len < head)
		return (ssize_t)(head - st->len);
	if (!header(st->unit, st->len, &head, &contents))
		return broken(st);
	return (ssize_t)(head + contents - st->len);
}

/* messageID and operation; controls may follow and mean nothing to us. */
static bool
envelope(const struct tlsw__starttls *st, unsigned long *id, enum tag *tag, struct ber *operation)
{
	struct ber all = {st->unit, st->len}, message, controls;

	if (!next(&all, SEQUENCE, &message) || !number(&message, INTEGER, id) || message.left == 0)
		return false;
	*tag = (enum tag)message.at[0];
	if (!next(&message, *tag, operation))
		return false;
	if (is_next(&message, CONTROLS) && !next(&message, CONTROLS, &controls))
		return false;
	return message.left == 0;
}

/* LDAPResult: the code and the text for people; operation goes on behind it. */
static bool
result(struct ber *operation, unsigned long *code, struct ber *text)
{
	struct ber skipped;

	if (!number(operation, ENUMERATED, code) || !next(operation, OCTETS, &skipped) ||
	    !next(operation, OCTETS, text))
		return false;
	return !is_next(operation, REFERRAL) || next(operation, REFERRAL, &skipped);
}

/* -------------------------------------------------------------- the root DSE */

static bool
hear_values(struct tlsw__starttls *st, struct ber *values)
{
	struct ber value;

	while (values->left > 0) {
		if (!next(values, OCTETS, &value))
			return false;
		st->listed = true;
		tlsw__dialogue_offer(st, (const char *)value.at, value.left);
		if (equals(&value, OID_STARTTLS))
			st->offered = true;
	}
	return true;
}

static bool
hear_entry(struct tlsw__starttls *st, struct ber *entry)
{
	struct ber name, attributes, attribute, description, values;

	if (!next(entry, OCTETS, &name) || !next(entry, SEQUENCE, &attributes) || entry->left != 0)
		return false;
	while (attributes.left > 0) {
		if (!next(&attributes, SEQUENCE, &attribute) ||
		    !next(&attribute, OCTETS, &description) || !next(&attribute, SET, &values) ||
		    attribute.left != 0)
			return false;
		if (equals_description(&description, "supportedExtension") &&
		    !hear_values(st, &values))
			return false;
	}
	return true;
}

static int
hear_search(struct tlsw__starttls *st, enum tag tag, struct ber *operation)
{
	unsigned long code;
	struct ber text;

	if (tag == SEARCH_ENTRY)
		return hear_entry(st, operation) ? TLSW__LIST : broken(st);
	if (tag == SEARCH_REFERENCE)
		return TLSW__LIST; /* never followed */
	if (tag != SEARCH_DONE || !result(operation, &code, &text) || operation->left != 0)
		return broken(st);
	if (st->listed && !st->offered)
		return tlsw__dialogue_not_offered(st);
	return TLSW__COMMAND;
}

/* ------------------------------------------------------------------ StartTLS */

static int
refused(const struct tlsw__starttls *st, unsigned long code, const struct ber *text)
{
	char quoted[TLSW__QUOTE_SIZE];

	tlsw__text_escape(quoted, sizeof(quoted), text->at, text->left, TLSW__QUOTE_MAX);
	return tlsw__error_set(TLSW_ERR_STARTTLS, "server refused %s: result %lu \"%s\"",
	    st->phase == TLSW__LIST ? st->protocol->ask : st->protocol->command, code, quoted);
}

static int
hear_starttls(struct tlsw__starttls *st, enum tag tag, struct ber *operation)
{
	unsigned long code;
	struct ber text, name;

	if (tag != EXTENDED_RESPONSE || !result(operation, &code, &text))
		return broken(st);
	if (is_next(operation, RESPONSE_NAME) &&
	    (!next(operation, RESPONSE_NAME, &name) || !equals(&name, OID_STARTTLS)))
		return broken(st);
	if (code != 0)
		return refused(st, code, &text);
	return operation->left == 0 ? TLSW__DONE : broken(st);
}

/* messageID 0 is the server's notice that it disconnects (RFC 4511 section 4.4.1). */
static int
hear_notice(const struct tlsw__starttls *st, enum tag tag, struct ber *operation)
{
	unsigned long code;
	struct ber text;

	if (tag != EXTENDED_RESPONSE || !result(operation, &code, &text))
		return broken(st);
	return refused(st, code, &text);
}

static int
ldap_hear(struct tlsw__starttls *st)
{
	struct ber operation;
	unsigned long id;
	enum tag tag;

	if (!envelope(st, &id, &tag, &operation))
		return broken(st);
	if (id == 0)
		return hear_notice(st, tag, &operation);
	if (st->phase == TLSW__LIST && id == SEARCH_ID)
		return hear_search(st, tag, &operation);
	if (st->phase == TLSW__ANSWER && id == STARTTLS_ID)
		return hear_starttls(st, tag, &operation);
	return broken(st);
}

static int
ldap_say(struct tlsw__starttls *st)
{
	if (st->phase == TLSW__ASK)
		tlsw__dialogue_say_octets(st, search, sizeof(search));
	else
		tlsw__dialogue_say_octets(st, starttls, sizeof(starttls));
	return (int)st->phase + 1;
}

const struct tlsw__protocol tlsw__ldap = {
    .name = "LDAP",
    .first = TLSW__ASK,
    .unit_max = TLSW__UNIT_MAX,
    .lacks = ldap_lacks,
    .say = ldap_say,
    .hear = ldap_hear,
    .ask = "the search for supportedExtension",
    .command = "StartTLS",
};
