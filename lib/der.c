/* SPDX-License-Identifier: ISC */
#include "der.h"

#include <string.h>

#include <openssl/asn1.h>
#include <openssl/objects.h>

#define DEPTH_MAX 32 /* how deep values may nest; certificates need about ten */

enum {
	TAG_INTEGER = 0x02,
	TAG_BIT_STRING = 0x03,
	TAG_OID = 0x06,
	TAG_SEQUENCE = 0x30,
	TAG_SET = 0x31,
	TAG_VERSION = 0xa0,
	CONSTRUCTED = 0x20
};

/* One value: its tag and its contents; der is the whole of it. */
struct value {
	unsigned tag;
	const unsigned char *der, *at, *end;
};

/* ------------------------------------------------------------------ values */

/* The length octets at *p: definite and minimal (X.690 section 10.1), or false. */
static bool
read_length(const unsigned char **p, const unsigned char *end, size_t *len)
{
	const unsigned char *q = *p;
	size_t octets, n = 0;

	if (q == end)
		return false;
	if (*q < 0x80) {
		*len = *q;
		*p = q + 1;
		return true;
	}
	octets = *q++ & 0x7fU;
	if (octets < 1 || octets > 4 || (size_t)(end - q) < octets || *q == 0)
		return false;
	while (octets-- > 0)
		n = n << 8 | *q++;
	*len = n;
	*p = q;
	return n >= 0x80;
}

/* The value at *p, which must end by end; *p moves behind it. */
static bool
read_value(const unsigned char **p, const unsigned char *end, struct value *v)
{
	const unsigned char *q = *p;
	size_t len;

	if (q == end || (*q & 0x1f) == 0x1f) /* no certificate needs a tag above 30 */
		return false;
	v->der = q;
	v->tag = *q++;
	if (!read_length(&q, end, &len) || len > (size_t)(end - q))
		return false;
	v->at = q;
	v->end = q + len;
	*p = v->end;
	return true;
}

static bool
read_tagged(const unsigned char **p, const unsigned char *end, unsigned tag, struct value *v)
{
	return read_value(p, end, v) && v->tag == tag;
}

/* Whether everything inside is made of whole values. */
static bool
nests(const struct value *v, int depth)
{
	const unsigned char *p = v->at;
	struct value inner;

	while (p < v->end) {
		if (!read_value(&p, v->end, &inner))
			return false;
		if ((inner.tag & CONSTRUCTED) != 0 && (depth == 0 || !nests(&inner, depth - 1)))
			return false;
	}
	return true;
}

/* ------------------------------------------------------------------ hashing */

/* FNV-1a with 64 bits: names are short, and nobody hostile chooses the anchors. */
#define HASH_START 0xcbf29ce484222325ULL
#define HASH_PRIME 0x100000001b3ULL

static uint64_t
mix(uint64_t hash, unsigned octet)
{
	return (hash ^ octet) * HASH_PRIME;
}

/* Spreads a sum's bits, so that sums of such hashes stay apart. */
static uint64_t
spread(uint64_t hash)
{
	hash ^= hash >> 32;
	hash *= 0x9e3779b97f4a7c15ULL;
	return hash ^ hash >> 29;
}

/* How many octets a character has, as ASN1_STRING_to_UTF8() reads the type; 0: not compared as
 * text. */
static unsigned
character_size(int type)
{
	switch (type) {
	case V_ASN1_UTF8STRING:
	case V_ASN1_PRINTABLESTRING:
	case V_ASN1_T61STRING:
	case V_ASN1_IA5STRING:
	case V_ASN1_VISIBLESTRING:
		return 1;
	case V_ASN1_BMPSTRING:
		return 2;
	case V_ASN1_UNIVERSALSTRING:
		return 4;
	default:
		return 0;
	}
}

static uint32_t
read_character(const unsigned char *p, unsigned size)
{
	uint32_t c = 0;

	while (size-- > 0)
		c = c << 8 | *p++;
	return c;
}

/* A character as UTF-8, its letters A to Z in lower case. */
static uint64_t
mix_character(uint64_t hash, uint32_t c)
{
	if (c < 0x80)
		return mix(hash, c >= 'A' && c <= 'Z' ? c + 32 : c);
	if (c < 0x800)
		return mix(mix(hash, 0xc0 | c >> 6), 0x80 | (c & 0x3f));
	if (c < 0x10000)
		hash = mix(hash, 0xe0 | c >> 12);
	else
		hash = mix(mix(hash, 0xf0 | (c >> 18 & 7)), 0x80 | (c >> 12 & 0x3f));
	return mix(mix(hash, 0x80 | (c >> 6 & 0x3f)), 0x80 | (c & 0x3f));
}

static bool
is_space(uint32_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/*
 * A string without spaces around it, each run of spaces inside as one. UTF-8
 * is taken octet by octet as it stands.
 */
static uint64_t
mix_text(uint64_t hash, int type, const unsigned char *p, size_t len, unsigned size)
{
	const unsigned char *const end = p + len / size * size;
	bool started = false, gap = false;

	for (; p < end; p += size) {
		const uint32_t c = read_character(p, size);

		if (is_space(c)) {
			gap = started;
			continue;
		}
		if (gap)
			hash = mix(hash, ' ');
		started = true;
		gap = false;
		if (type == V_ASN1_UTF8STRING && c >= 0x80)
			hash = mix(hash, c);
		else
			hash = mix_character(hash, c);
	}
	return hash;
}

/* One attribute: its type, and its value if that is text. */
static uint64_t
attribute_hash(const unsigned char *oid, size_t oid_len, int type, const unsigned char *value,
    size_t value_len)
{
	const unsigned size = character_size(type);
	uint64_t hash = HASH_START;
	size_t i;

	for (i = 0; i < oid_len; i++)
		hash = mix(hash, oid[i]);
	hash = mix(hash, 0x100);
	if (size != 0)
		hash = mix_text(hash, type, value, value_len, size);
	return spread(hash);
}

/* The attributes of one RelativeDistinguishedName: a set, so their sum; 0 of them count for
 * nothing. */
static uint64_t
mix_set(uint64_t hash, uint64_t sum, unsigned count)
{
	return count == 0 ? hash : spread(hash * HASH_PRIME + sum);
}

/* -------------------------------------------------------------------- names */

static bool
hash_set(const struct value *set, uint64_t *hash)
{
	const unsigned char *p = set->at, *q;
	struct value attribute, oid, value;
	uint64_t sum = 0;
	unsigned count = 0;

	while (p < set->end) {
		if (!read_tagged(&p, set->end, TAG_SEQUENCE, &attribute))
			return false;
		q = attribute.at;
		if (!read_tagged(&q, attribute.end, TAG_OID, &oid) ||
		    !read_value(&q, attribute.end, &value) || q != attribute.end ||
		    value.tag > V_ASN1_BMPSTRING)
			return false;
		sum += attribute_hash(oid.at, (size_t)(oid.end - oid.at), (int)value.tag, value.at,
		    (size_t)(value.end - value.at));
		count++;
	}
	*hash = mix_set(*hash, sum, count);
	return true;
}

static bool
hash_name(const struct value *name, uint64_t *hash)
{
	const unsigned char *p = name->at;
	struct value set;

	*hash = HASH_START;
	while (p < name->end)
		if (!read_tagged(&p, name->end, TAG_SET, &set) || !hash_set(&set, hash))
			return false;
	return true;
}

uint64_t
tlsw__der_name_hash(const X509_NAME *name)
{
	const int entries = X509_NAME_entry_count(name);
	uint64_t hash = HASH_START, sum = 0;
	unsigned count = 0;
	int i, set = -1;

	for (i = 0; i < entries; i++) {
		const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);
		const ASN1_OBJECT *oid = X509_NAME_ENTRY_get_object(entry);
		const ASN1_STRING *value = X509_NAME_ENTRY_get_data(entry);

		if (X509_NAME_ENTRY_set(entry) != set) {
			hash = mix_set(hash, sum, count);
			sum = count = 0;
			set = X509_NAME_ENTRY_set(entry);
		}
		sum += attribute_hash(OBJ_get0_data(oid), OBJ_length(oid), ASN1_STRING_type(value),
		    ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value));
		count++;
	}
	return mix_set(hash, sum, count);
}

/* ------------------------------------------------------------- certificates */

/* RFC 5280 section 4.1: serial, signature, issuer, validity, subject, subjectPublicKeyInfo, ... */
static bool
read_tbs(const struct value *tbs, struct tlsw__der_certificate *cert)
{
	const unsigned char *p = tbs->at;
	struct value v, issuer, subject;

	if (!read_value(&p, tbs->end, &v))
		return false;
	if (v.tag == TAG_VERSION && !read_value(&p, tbs->end, &v))
		return false;
	if (v.tag != TAG_INTEGER || !read_tagged(&p, tbs->end, TAG_SEQUENCE, &v) ||
	    !read_tagged(&p, tbs->end, TAG_SEQUENCE, &issuer) ||
	    !read_tagged(&p, tbs->end, TAG_SEQUENCE, &v) ||
	    !read_tagged(&p, tbs->end, TAG_SEQUENCE, &subject) ||
	    !read_tagged(&p, tbs->end, TAG_SEQUENCE, &v))
		return false;
	cert->subject = subject.der;
	cert->subject_len = (size_t)(subject.end - subject.der);
	cert->self_issued = (size_t)(issuer.end - issuer.der) == cert->subject_len &&
			    memcmp(issuer.der, subject.der, cert->subject_len) == 0;
	return hash_name(&subject, &cert->subject_hash);
}

bool
tlsw__der_certificate(const unsigned char *der, size_t len, struct tlsw__der_certificate *cert)
{
	const unsigned char *const end = der + len;
	const unsigned char *p = der;
	struct value whole, tbs, v;

	if (!read_tagged(&p, end, TAG_SEQUENCE, &whole) || !nests(&whole, DEPTH_MAX))
		return false;
	cert->len = (size_t)(p - der);
	p = whole.at;
	return read_tagged(&p, whole.end, TAG_SEQUENCE, &tbs) &&
	       read_tagged(&p, whole.end, TAG_SEQUENCE, &v) &&
	       read_tagged(&p, whole.end, TAG_BIT_STRING, &v) && p == whole.end &&
	       read_tbs(&tbs, cert);
}
