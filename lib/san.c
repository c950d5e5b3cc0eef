/* The walk through a subjectAltName (RFC 5280 section 4.2.1.6); see cert.h.
 *
 * SPDX-License-Identifier: ISC
 */
#include "cert.h"

#include <stdbool.h>
#include <string.h>

#include <openssl/x509v3.h>

struct tlv {
	unsigned tag;
	const unsigned char *at; /* the content */
	size_t len;
};

/* 1.3.6.1.5.5.7.8.7, id-on-dnsSRV of RFC 4985 */
static const unsigned char srv_oid[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x08, 0x07};

/*
 * A length in its shortest form, of at most three octets behind the first:
 * certificates end far below 16 MB.
 */
static inline bool
read_length(const unsigned char **at, const unsigned char *end, size_t *len)
{
	const unsigned char *p = *at;
	size_t count, value = 0;

	if (p == end)
		return false;
	if (*p < 0x80) {
		*len = *p;
		*at = p + 1;
		return true;
	}
	count = *p++ & 0x7f;
	if (count == 0 || count > 3 || (size_t)(end - p) < count || *p == 0)
		return false;
	for (; count > 0; count--)
		value = value << 8 | *p++;
	*len = value;
	*at = p;
	return value >= 0x80;
}

static inline bool
read_tlv(const unsigned char **at, const unsigned char *end, struct tlv *tlv)
{
	const unsigned char *p = *at;

	if (p == end)
		return false;
	tlv->tag = *p++;
	if (!read_length(&p, end, &tlv->len) || tlv->len > (size_t)(end - p))
		return false;
	tlv->at = p;
	*at = p + tlv->len;
	return true;
}

/* One TLV of that tag that fills the space to the last octet. */
static bool
read_only(const unsigned char *at, size_t len, unsigned tag, struct tlv *tlv)
{
	const unsigned char *end = at + len;

	return read_tlv(&at, end, tlv) && at == end && tlv->tag == tag;
}

int
tlsw__san_open(const X509 *x509, struct tlsw__san *san)
{
	const int at = X509_get_ext_by_NID(x509, NID_subject_alt_name, -1);
	const ASN1_OCTET_STRING *value;
	struct tlv names;

	san->at = san->end = NULL;
	if (at == -1)
		return 0;
	if (at < 0 || X509_get_ext_by_NID(x509, NID_subject_alt_name, at) != -1)
		return -1;
	value = X509_EXTENSION_get_data(X509_get_ext(x509, at));
	if (!read_only(
		ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value), 0x30, &names))
		return -1;
	if (names.len == 0)
		return -1;
	san->at = names.at;
	san->end = names.at + names.len;
	return 1;
}

/*
 * OtherName ::= SEQUENCE { type-id OBJECT IDENTIFIER, value [0] EXPLICIT ANY }
 * 1: an SRVName; 0: something else (also an SRVName that is no IA5String).
 */
static int
read_other_name(const struct tlv *entry, struct tls_name *name)
{
	const unsigned char *at = entry->at, *end = entry->at + entry->len;
	struct tlv oid, value, any;

	if (!read_tlv(&at, end, &oid) || oid.tag != 0x06 || oid.len == 0)
		return -1;
	if (!read_only(at, (size_t)(end - at), 0xa0, &value))
		return -1;
	at = value.at;
	end = value.at + value.len;
	if (!read_tlv(&at, end, &any) || at != end)
		return -1;
	if (any.tag != 0x16 || oid.len != sizeof(srv_oid) ||
	    memcmp(oid.at, srv_oid, sizeof(srv_oid)) != 0)
		return 0;
	*name = (struct tls_name){TLSW_NAME_SRV, any.at, any.len};
	return 1;
}

/* The context tags of GeneralName, 0x20 set where the content is constructed. */
static int
read_name(const struct tlv *entry, struct tls_name *name)
{
	enum tlsw_name_type type;

	if (entry->tag == 0x82) { /* nearly all are, so this is asked first */
		*name = (struct tls_name){TLSW_NAME_DNS, entry->at, entry->len};
		return 1;
	}
	switch (entry->tag) {
	case 0xa0:
		return read_other_name(entry, name);
	case 0x81:
		type = TLSW_NAME_EMAIL;
		break;
	case 0x86:
		type = TLSW_NAME_URI;
		break;
	case 0x87:
		type = TLSW_NAME_IP;
		break;
	case 0xa3: /* x400Address */
	case 0xa4: /* directoryName */
	case 0xa5: /* ediPartyName */
	case 0x88: /* registeredID */
		return 0;
	default:
		return -1;
	}
	*name = (struct tls_name){type, entry->at, entry->len};
	return 1;
}

int
tlsw__san_next(struct tlsw__san *san, struct tls_name *name)
{
	struct tlv entry;
	int rv = 0;

	while (rv == 0 && san->at != san->end) {
		if (!read_tlv(&san->at, san->end, &entry))
			return -1;
		rv = read_name(&entry, name);
	}
	return rv;
}
