/*
 * certdata.c - reads Mozilla's certdata.txt.
 *
 * SPDX-License-Identifier: ISC
 */
#include "certdata.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/x509.h>

struct reader {
	const char *at, *end;
	unsigned line; /* of the line that was read last */
	struct certdata *data;
	struct certdata_error *error;
};

int
certdata_fail(struct certdata_error *error, unsigned line, const char *format, ...)
{
	va_list args;

	error->line = line;
	va_start(args, format);
	(void)vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return -1;
}

static int
fail_memory(struct reader *r)
{
	return certdata_fail(r->error, 0, "out of memory");
}

/* --------------------------------------------------------------------- lines */

/* A stretch of text. */
struct word {
	const char *at;
	size_t len;
};

static bool
is(struct word w, const char *text)
{
	return w.len == strlen(text) && memcmp(w.at, text, w.len) == 0;
}

static bool
begins(struct word w, const char *text)
{
	return w.len >= strlen(text) && memcmp(w.at, text, strlen(text)) == 0;
}

/* For messages: printable, and not too long. */
static const char *
shown(struct word w, char out[64])
{
	size_t i, n = w.len < 63 ? w.len : 63;

	for (i = 0; i < n; i++)
		out[i] = (char)(w.at[i] >= 0x20 && w.at[i] < 0x7f ? w.at[i] : '?');
	out[n] = '\0';
	return out;
}

/* The next line without its end: 1, 0 at the end, -1 when its end is missing. */
static int
next_line(struct reader *r, struct word *line)
{
	const char *nl;

	if (r->at == r->end)
		return 0;
	r->line++;
	nl = memchr(r->at, '\n', (size_t)(r->end - r->at));
	if (nl == NULL)
		return certdata_fail(r->error, r->line, "the file ends in the middle of this line");
	*line = (struct word){r->at, (size_t)(nl - r->at)};
	r->at = nl + 1;
	if (line->len > 0 && line->at[line->len - 1] == '\r')
		line->len--;
	return 1;
}

/* The first word of a line, which is shortened by it and the spaces behind. */
static struct word
take_word(struct word *line)
{
	const char *space = memchr(line->at, ' ', line->len);
	struct word w = {line->at, space == NULL ? line->len : (size_t)(space - line->at)};
	size_t n = w.len;

	while (n < line->len && (line->at[n] == ' ' || line->at[n] == '\t'))
		n++;
	line->at += n;
	line->len -= n;
	return w;
}

/* -------------------------------------------------------------------- octets */

static int
digit(char c, int base)
{
	if (c >= '0' && c <= (base == 8 ? '7' : '9'))
		return c - '0';
	if (base == 16 && (c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		return (c | 0x20) - 'a' + 10;
	return -1;
}

/* \ooo or \xHH at w: the octet, and w moves on; -1: neither. */
static int
take_escape(struct word *w)
{
	const bool hex = w->len > 1 && w->at[1] == 'x';
	const size_t first = hex ? 2 : 1, size = 4;
	int value = 0, d;
	size_t i;

	if (w->len < size || w->at[0] != '\\')
		return -1;
	for (i = first; i < size; i++) {
		if ((d = digit(w->at[i], hex ? 16 : 8)) < 0)
			return -1;
		value = value * (hex ? 16 : 8) + d;
	}
	if (value > 0xff)
		return -1;
	w->at += size;
	w->len -= size;
	return value;
}

static int
add_octets(struct reader *r, struct word line, struct certdata_octets *out, size_t *room)
{
	int octet;

	while (line.len > 0) {
		if ((octet = take_escape(&line)) < 0)
			return certdata_fail(
			    r->error, r->line, "neither octets (\\ooo or \\xHH) nor END");
		if (out->len == *room) {
			size_t more = *room == 0 ? 64 : *room * 2;
			unsigned char *at = realloc(out->at, more);

			if (at == NULL)
				return fail_memory(r);
			out->at = at;
			*room = more;
		}
		out->at[out->len++] = (unsigned char)octet;
	}
	return 0;
}

/* The lines of octets up to END. */
static int
read_octets(struct reader *r, struct certdata_octets *out)
{
	const unsigned begun = r->line;
	struct word line = {"", 0};
	size_t room = 0;
	int rv;

	free(out->at);
	*out = (struct certdata_octets){NULL, 0};
	while ((rv = next_line(r, &line)) == 1) {
		if (is(line, "END"))
			return out->len > 0
				   ? 0
				   : certdata_fail(r->error, r->line, "no octets before END");
		if (add_octets(r, line, out, &room) != 0)
			return -1;
	}
	return rv < 0
		   ? -1
		   : certdata_fail(r->error, begun, "the file ends before the END of these octets");
}

/* "text" with escapes inside. */
static int
read_text(struct reader *r, struct word w, char **out)
{
	char *text, *p;
	int octet;

	if (w.len < 2 || w.at[0] != '"' || w.at[w.len - 1] != '"')
		return certdata_fail(r->error, r->line, "a text without its quotes");
	w = (struct word){w.at + 1, w.len - 2};
	p = text = malloc(w.len + 1);
	if (text == NULL)
		return fail_memory(r);
	while (w.len > 0) {
		octet = take_escape(&w);
		if (octet >= 0) {
			*p++ = octet > 0 ? (char)octet : '?';
			continue;
		}
		*p++ = *w.at++;
		w.len--;
	}
	*p = '\0';
	free(*out);
	*out = text;
	return 0;
}

/* YYMMDDHHMMSSZ in octets, as in UTCTime. */
static int
read_time(struct reader *r, const struct certdata_octets *octets, time_t *when)
{
	ASN1_TIME *t = ASN1_TIME_new();
	char text[16] = "";
	struct tm tm;
	int ok;

	if (octets->at != NULL && octets->len < sizeof(text))
		memcpy(text, octets->at, octets->len);
	ok = t != NULL && octets->len == 13 && ASN1_TIME_set_string(t, text) == 1 &&
	     ASN1_TIME_to_tm(t, &tm) == 1;
	ASN1_TIME_free(t);
	if (!ok)
		return certdata_fail(r->error, r->line, "no time in these octets (YYMMDDHHMMSSZ)");
	*when = timegm(&tm);
	return 0;
}

/* ---------------------------------------------------------------- attributes */

static int
read_level(struct reader *r, struct word w, enum certdata_trust *level)
{
	static const struct {
		const char *text;
		enum certdata_trust level;
	} levels[] = {
	    {"CKT_NSS_TRUSTED_DELEGATOR", CERTDATA_TRUSTED},
	    {"CKT_NETSCAPE_TRUSTED_DELEGATOR", CERTDATA_TRUSTED},
	    {"CKT_TRUST_ANCHOR", CERTDATA_TRUSTED},
	    {"CKT_NSS_MUST_VERIFY_TRUST", CERTDATA_VERIFY},
	    {"CKT_NSS_TRUST_UNKNOWN", CERTDATA_VERIFY},
	    {"CKT_NETSCAPE_MUST_VERIFY", CERTDATA_VERIFY},
	    {"CKT_NETSCAPE_TRUST_UNKNOWN", CERTDATA_VERIFY},
	    {"CKT_TRUST_UNKNOWN", CERTDATA_VERIFY},
	    {"CKT_TRUST_MUST_VERIFY_TRUST", CERTDATA_VERIFY},
	    {"CKT_NSS_NOT_TRUSTED", CERTDATA_DISTRUSTED},
	    {"CKT_NETSCAPE_UNTRUSTED", CERTDATA_DISTRUSTED},
	    {"CKT_NOT_TRUSTED", CERTDATA_DISTRUSTED},
	    {"CKT_NSS_TRUSTED", CERTDATA_OTHER},
	    {"CKT_NSS_VALID_DELEGATOR", CERTDATA_OTHER},
	    {"CKT_NETSCAPE_TRUSTED", CERTDATA_OTHER},
	    {"CKT_NETSCAPE_VALID", CERTDATA_OTHER},
	    {"CKT_NETSCAPE_VALID_DELEGATOR", CERTDATA_OTHER},
	    {"CKT_TRUSTED", CERTDATA_OTHER},
	};
	char text[64];
	size_t i;

	for (i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		if (is(w, levels[i].text)) {
			*level = levels[i].level;
			return 0;
		}
	}
	return certdata_fail(
	    r->error, r->line, "\"%s\" is no level of trust that is known here", shown(w, text));
}

static int
read_distrust(struct reader *r, struct word type, struct word value, time_t *when)
{
	struct certdata_octets octets = {NULL, 0};
	int rv;

	if (is(type, "CK_BBOOL") && is(value, "CK_FALSE"))
		return 0;
	if (!is(type, "MULTILINE_OCTAL"))
		return certdata_fail(r->error, r->line, "neither CK_FALSE nor a time");
	rv = read_octets(r, &octets);
	if (rv == 0)
		rv = read_time(r, &octets, when);
	free(octets.at);
	return rv;
}

/* Where the octets of an attribute go; NULL: they are of no interest. */
static struct certdata_octets *
place_of(struct certdata_object *o, struct word name)
{
	if (is(name, "CKA_VALUE"))
		return &o->value;
	if (is(name, "CKA_ISSUER"))
		return &o->issuer;
	if (is(name, "CKA_SERIAL_NUMBER"))
		return &o->serial;
	if (is(name, "CKA_CERT_SHA1_HASH") || is(name, "CKA_HASH_OF_CERTIFICATE"))
		return &o->sha1;
	return NULL;
}

static int
read_value(struct reader *r, struct certdata_object *o, struct word name)
{
	struct certdata_octets *place = place_of(o, name), ignored = {NULL, 0};
	int rv = read_octets(r, place != NULL ? place : &ignored);

	free(ignored.at);
	return rv;
}

static enum certdata_purpose
purpose_of(struct word name)
{
	if (is(name, "CKA_TRUST_SERVER_AUTH") || is(name, "CKA_PKCS_TRUST_SERVER_AUTH"))
		return CERTDATA_SERVER;
	if (is(name, "CKA_TRUST_EMAIL_PROTECTION") || is(name, "CKA_PKCS_TRUST_EMAIL_PROTECTION"))
		return CERTDATA_EMAIL;
	if (is(name, "CKA_TRUST_CODE_SIGNING") || is(name, "CKA_PKCS_TRUST_CODE_SIGNING"))
		return CERTDATA_CODE;
	return CERTDATA_PURPOSES;
}

static int
read_attribute(struct reader *r, struct certdata_object *o, struct word name, struct word type,
    struct word value)
{
	const enum certdata_purpose purpose = purpose_of(name);

	if (is(name, "CKA_NSS_SERVER_DISTRUST_AFTER"))
		return read_distrust(r, type, value, &o->distrust_after[CERTDATA_SERVER]);
	if (is(name, "CKA_NSS_EMAIL_DISTRUST_AFTER"))
		return read_distrust(r, type, value, &o->distrust_after[CERTDATA_EMAIL]);
	if (is(type, "MULTILINE_OCTAL"))
		return read_value(r, o, name);
	if (is(name, "CKA_LABEL"))
		return read_text(r, value, &o->label);
	if (is(type, "CK_TRUST") && purpose != CERTDATA_PURPOSES)
		return read_level(r, value, &o->level[purpose]);
	if (value.len == 0)
		return certdata_fail(r->error, r->line, "an attribute without a value");
	return 0;
}

/* ------------------------------------------------------------------- objects */

static struct certdata_object *
new_object(struct reader *r)
{
	struct certdata *d = r->data;
	struct certdata_object *list = realloc(d->list, (d->count + 1) * sizeof(*list));

	if (list == NULL) {
		(void)fail_memory(r);
		return NULL;
	}
	d->list = list;
	memset(&list[d->count], 0, sizeof(*list));
	list[d->count].line = r->line;
	return &list[d->count++];
}

/* CKA_CLASS begins an object; one of no interest is read all the same, and dropped at the end. */
enum class { CLASS_CERTIFICATE, CLASS_TRUST, CLASS_IGNORED, CLASS_UNKNOWN };

static enum class class_of(struct word w) {
	if (is(w, "CKO_CERTIFICATE")) return CLASS_CERTIFICATE;
	if (is(w, "CKO_NSS_TRUST") || is(w, "CKO_NETSCAPE_TRUST") ||
	    is(w, "CKO_TRUST")) return CLASS_TRUST;
	if (is(w, "CKO_NSS_BUILTIN_ROOT_LIST") || is(w, "CKO_NETSCAPE_BUILTIN_ROOT_LIST") ||
	    is(w, "CKO_NSS_CRL")) return CLASS_IGNORED;
	return CLASS_UNKNOWN;
}

static int
begin_object(struct reader *r, struct word value, struct certdata_object *spare,
    struct certdata_object **current)
{
	char text[64];

	switch (class_of(value)) {
	case CLASS_CERTIFICATE:
	case CLASS_TRUST:
		*current = new_object(r);
		if (*current == NULL)
			return -1;
		(*current)->is_trust = class_of(value) == CLASS_TRUST;
		return 0;
	case CLASS_IGNORED:
		*current = spare;
		return 0;
	case CLASS_UNKNOWN:
		break;
	}
	return certdata_fail(
	    r->error, r->line, "\"%s\" is no class that is known here", shown(value, text));
}

static int
read_line(struct reader *r, struct word line, struct certdata_object *spare,
    struct certdata_object **current)
{
	struct word name = take_word(&line), type = take_word(&line);
	char text[64];

	if (name.len == 0 || name.at[0] == '#')
		return 0;
	if (!begins(name, "CKA_") || type.len == 0)
		return certdata_fail(
		    r->error, r->line, "\"%s\" begins no attribute", shown(name, text));
	if (is(name, "CKA_CLASS"))
		return begin_object(r, line, spare, current);
	if (*current == NULL)
		return certdata_fail(r->error, r->line, "an attribute before the first CKA_CLASS");
	return read_attribute(r, *current, name, type, line);
}

/* Up to BEGINDATA anything may stand. */
static int
skip_preface(struct reader *r)
{
	struct word line = {"", 0};
	int rv;

	while ((rv = next_line(r, &line)) == 1)
		if (is(line, "BEGINDATA"))
			return 0;
	return rv < 0 ? -1
		      : certdata_fail(r->error, r->line > 0 ? r->line : 1,
			    "no BEGINDATA: this is no certdata.txt");
}

static void
clear_object(struct certdata_object *o)
{
	free(o->label);
	free(o->value.at);
	free(o->issuer.at);
	free(o->serial.at);
	free(o->sha1.at);
}

static int
read_objects(struct reader *r)
{
	struct certdata_object spare, *current = NULL;
	struct word line = {"", 0};
	int rv;

	memset(&spare, 0, sizeof(spare));
	while ((rv = next_line(r, &line)) == 1)
		if ((rv = read_line(r, line, &spare, &current)) != 0)
			break;
	clear_object(&spare);
	return rv;
}

int
certdata_parse(const char *text, size_t len, struct certdata *data, struct certdata_error *error)
{
	struct reader r = {text, text + len, 0, data, error};

	*data = (struct certdata){NULL, 0};
	if (skip_preface(&r) == 0 && read_objects(&r) == 0 && certdata_join(data, error) == 0)
		return 0;
	certdata_clear(data);
	return -1;
}

void
certdata_clear(struct certdata *data)
{
	size_t i;

	for (i = 0; i < data->count; i++)
		clear_object(&data->list[i]);
	free(data->list);
	*data = (struct certdata){NULL, 0};
}
