/* SPDX-License-Identifier: ISC */
#include "dn.h"

#include <stdbool.h>
#include <string.h>

#include <openssl/objects.h>

/* Octets of an OBJECT IDENTIFIER that are put into decimals: that takes quadratic time. */
#define OID_MAX 32

struct text {
	char *at;
	size_t size, len;
	bool cut;
};

/* All of s or, when it does not fit any more, the "..." that ends the text. */
static void
put(struct text *t, const char *s, size_t len)
{
	if (t->cut)
		return;
	if (len > t->size - t->len - sizeof("...")) {
		s = "...";
		len = 3;
		t->cut = true;
	}
	memcpy(t->at + t->len, s, len);
	t->len += len;
}

static const char hex_digits[] = "0123456789ABCDEF";

static void
put_octet(struct text *t, unsigned char c, bool at_edge)
{
	const char coded[3] = {'\\', hex_digits[c >> 4], hex_digits[c & 15]};
	const char escaped[2] = {'\\', (char)c};

	if (c < 0x20 || c >= 0x7f)
		put(t, coded, sizeof(coded));
	else if (at_edge || memchr("\"+,;<>\\", c, 7) != NULL)
		put(t, escaped, sizeof(escaped));
	else
		put(t, escaped + 1, 1);
}

/* RFC 4514 section 2.4: a space is special at either end, a # at the beginning. */
static void
put_string(struct text *t, const unsigned char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len && !t->cut; i++)
		put_octet(
		    t, s[i], (s[i] == ' ' && (i == 0 || i == len - 1)) || (s[i] == '#' && i == 0));
}

static int
put_converted(struct text *t, const ASN1_STRING *value)
{
	unsigned char *utf8 = NULL;
	const int len = ASN1_STRING_to_UTF8(&utf8, value);

	if (len < 0)
		return -1;
	put_string(t, utf8, (size_t)len);
	OPENSSL_free(utf8);
	return 0;
}

/* The whole value in DER, for what is no string or has an unknown meaning. */
static int
put_hex(struct text *t, const ASN1_STRING *value)
{
	const ASN1_TYPE any = {
	    .type = ASN1_STRING_type(value), .value.asn1_string = (ASN1_STRING *)(uintptr_t)value};
	unsigned char *der = NULL;
	const int len = i2d_ASN1_TYPE(&any, &der);
	int i;

	if (len < 0)
		return -1;
	put(t, "#", 1);
	for (i = 0; i < len && !t->cut; i++) {
		const char pair[2] = {hex_digits[der[i] >> 4], hex_digits[der[i] & 15]};

		put(t, pair, sizeof(pair));
	}
	OPENSSL_free(der);
	return 0;
}

static int
put_value(struct text *t, const ASN1_STRING *value)
{
	switch (ASN1_STRING_type(value)) {
	case V_ASN1_UTF8STRING:
		put_string(t, ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value));
		return 0;
	case V_ASN1_PRINTABLESTRING:
	case V_ASN1_IA5STRING:
	case V_ASN1_NUMERICSTRING:
	case V_ASN1_VISIBLESTRING:
	case V_ASN1_T61STRING:
	case V_ASN1_BMPSTRING:
	case V_ASN1_UNIVERSALSTRING:
		return put_converted(t, value);
	default:
		return put_hex(t, value);
	}
}

static int
put_attribute(struct text *t, const X509_NAME_ENTRY *entry)
{
	const ASN1_OBJECT *type = X509_NAME_ENTRY_get_object(entry);
	const ASN1_STRING *value = X509_NAME_ENTRY_get_data(entry);
	const int nid = OBJ_obj2nid(type);
	char number[OID_MAX * 4 + 8] = "?";
	const char *label = number;

	if (nid != NID_undef)
		label = OBJ_nid2sn(nid);
	else if (OBJ_length(type) <= OID_MAX)
		(void)OBJ_obj2txt(number, sizeof(number), type, 1);
	put(t, label, strlen(label));
	put(t, "=", 1);
	return nid != NID_undef ? put_value(t, value) : put_hex(t, value);
}

char *
tlsw__dn_text(char *out, size_t size, const X509_NAME *name)
{
	struct text t = {.at = out, .size = size};
	int i, set, above = -1;

	for (i = X509_NAME_entry_count(name) - 1; i >= 0 && !t.cut; i--) {
		const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);

		set = X509_NAME_ENTRY_set(entry);
		if (above != -1)
			put(&t, set == above ? "+" : ",", 1);
		above = set;
		if (put_attribute(&t, entry) == -1)
			return NULL;
	}
	out[t.len] = '\0';
	return out;
}
