/*
 * match.c - see match.h, and tls_match_names in tlswrap.h for the rules.
 *
 * Nothing looks at the form of a presented name. The reference was checked, and
 * a name equal to it, or "*" and the rest of it, is as well-formed as it is; any
 * other name is not equal and does not count.
 *
 * SPDX-License-Identifier: ISC
 */
#include "match.h"

#include <stdint.h>
#include <string.h>

/**
 * A quick no for most names: octets that fold to the same one differ in the
 * bit of the case, 0x20, at most. Looks at the first eight.
 */
static bool
starts_alike(const unsigned char *value, const char *name)
{
	const uint64_t not_case = 0xdfdfdfdfdfdfdfdfU;
	uint64_t a, b;

	memcpy(&a, value, sizeof(a));
	memcpy(&b, name, sizeof(b));
	return ((a ^ b) & not_case) == 0;
}

/** Whether len presented octets fold to the lower-case name. */
static bool
folds_to(const unsigned char *value, const char *name, size_t len)
{
	size_t i;

	if (len >= sizeof(uint64_t) && !starts_alike(value, name))
		return false;
	for (i = 0; i < len; i++)
		if (tlsw__name_fold[value[i]] != (unsigned char)name[i])
			return false;
	return true;
}

/** RFC 9525 6.3: equal labels in equal order, whatever the case of ASCII letters. */
static bool
match_dns(const struct tlsw__reference *ref, const unsigned char *value, size_t len)
{
	return len == ref->dns_len && folds_to(value, ref->dns, len);
}

/**
 * RFC 9525 6.3: "*" is all of the left-most label and stands for exactly one.
 * Two more labels have to follow, so that nobody holds a whole top-level domain.
 */
static bool
match_wildcard(const struct tlsw__reference *ref, const unsigned char *value, size_t len)
{
	size_t rest; /* the reference from its first dot on */

	if (ref->parent == 0)
		return false;
	rest = ref->dns_len - (ref->parent - 1);
	return len == 1 + rest && value[0] == '*' &&
	       folds_to(value + 1, ref->dns + ref->parent - 1, rest);
}

bool
tlsw__match_name(
    const struct tlsw__reference *ref, enum tlsw_name_type type, const void *value, size_t len)
{
	switch (ref->kind) {
	case TLSW__REF_DNS:
		return type == TLSW_NAME_DNS &&
		       (match_dns(ref, value, len) || match_wildcard(ref, value, len));
	case TLSW__REF_IPV4:
	case TLSW__REF_IPV6: /* RFC 9525 6.4: octet for octet */
		return type == TLSW_NAME_IP && len == ref->ip_len &&
		       memcmp(value, ref->ip, len) == 0;
	case TLSW__REF_NONE:
		break;
	}
	return false;
}

bool
tlsw__match_srv(
    const struct tlsw__reference *ref, const char *service, const void *value, size_t len)
{
	const unsigned char *octets = value;
	size_t i, service_len = service == NULL ? 0 : strlen(service);

	if (ref->kind != TLSW__REF_DNS || service_len == 0 ||
	    len != 1 + service_len + 1 + ref->dns_len)
		return false;
	for (i = 0; i < service_len; i++) {
		unsigned char want = tlsw__name_fold[(unsigned char)service[i]];

		/* a service name is one label: RFC 9525 6.5, RFC 6335 5.1 */
		if (want == 0 || want == '.' || tlsw__name_fold[octets[1 + i]] != want)
			return false;
	}
	return octets[0] == '_' && octets[1 + service_len] == '.' &&
	       match_dns(ref, octets + 1 + service_len + 1, ref->dns_len);
}

enum tlsw_match
tls_match_names(
    const struct tls_name *names, size_t count, const char *reference, size_t reference_length)
{
	struct tlsw__reference ref;
	size_t i;

	if (tlsw__reference_parse(&ref, reference, reference_length) != TLSW__NAME_OK)
		return TLSW_REFERENCE_INVALID;
	for (i = 0; i < count && names != NULL; i++)
		if (names[i].value != NULL &&
		    tlsw__match_name(&ref, names[i].type, names[i].value, names[i].length))
			return TLSW_MATCH;
	return TLSW_MISMATCH;
}
