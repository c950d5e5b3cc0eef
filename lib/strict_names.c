/*
 * Rules of strict.h about names: subjectAltName, common name, constraints.
 *
 * SPDX-License-Identifier: ISC
 */
#include "strict_rules.h"

#include <openssl/x509v3.h>
#include <string.h>

#include <arpa/inet.h>

#include "name.h"

/* -------------------------------------------------------- name constraints */

bool
tlsw__rule_name_constraints(const struct tlsw__place *at)
{
	return tlsw__place_has(at, NID_name_constraints);
}

static bool
is_mask(const unsigned char *mask, size_t len)
{
	size_t i;
	bool ended = false;

	for (i = 0; i < len * 8; i++) {
		bool set = (mask[i / 8] & (0x80 >> i % 8)) != 0;

		if (set && ended)
			return false;
		ended |= !set;
	}
	return true;
}

/* Preferred name syntax: RFC 1034 section 3.5 as relaxed by RFC 1123 section 2.1. */
static bool
is_preferred_name(const unsigned char *name, size_t len)
{
	struct tlsw__reference ref;

	if (len == 0 || name[len - 1] == '.' || memchr(name, '_', len) != NULL)
		return false;
	return tlsw__reference_parse(&ref, (const char *)name, len) == TLSW__NAME_OK &&
	       ref.kind == TLSW__REF_DNS;
}

static bool
is_sound_subtree(const GENERAL_SUBTREE *subtree)
{
	const ASN1_STRING *base;
	size_t len;

	if (subtree->base->type != GEN_DNS && subtree->base->type != GEN_IPADD)
		return true;
	base =
	    subtree->base->type == GEN_DNS ? subtree->base->d.dNSName : subtree->base->d.iPAddress;
	len = (size_t)ASN1_STRING_length(base);
	if (subtree->base->type == GEN_DNS)
		return len == 0 || is_preferred_name(ASN1_STRING_get0_data(base), len);
	return (len == 8 || len == 32) && is_mask(ASN1_STRING_get0_data(base) + len / 2, len / 2);
}

static bool
are_sound(STACK_OF(GENERAL_SUBTREE) *subtrees)
{
	int i;

	for (i = 0; i < sk_GENERAL_SUBTREE_num(subtrees); i++)
		if (!is_sound_subtree(sk_GENERAL_SUBTREE_value(subtrees, i)))
			return false;
	return true;
}

bool
tlsw__rule_odd_name_constraints(const struct tlsw__place *at)
{
	NAME_CONSTRAINTS *nc;
	bool good;

	if (!tlsw__place_has(at, NID_name_constraints))
		return false;
	nc = X509_get_ext_d2i(at->cert, NID_name_constraints, NULL, NULL);
	good = nc != NULL && are_sound(nc->permittedSubtrees) && are_sound(nc->excludedSubtrees);
	NAME_CONSTRAINTS_free(nc);
	return !good;
}

bool
tlsw__rule_empty_name_constraints(const struct tlsw__place *at)
{
	NAME_CONSTRAINTS *nc;
	bool good;

	if (!tlsw__place_has(at, NID_name_constraints))
		return false;
	nc = X509_get_ext_d2i(at->cert, NID_name_constraints, NULL, NULL);
	good = nc != NULL && (sk_GENERAL_SUBTREE_num(nc->permittedSubtrees) > 0 ||
				 sk_GENERAL_SUBTREE_num(nc->excludedSubtrees) > 0);
	NAME_CONSTRAINTS_free(nc);
	return !good;
}

/* ------------------------------------------------------------------- names */

bool
tlsw__rule_no_san(const struct tlsw__place *at)
{
	return !tlsw__place_has(at, NID_subject_alt_name);
}

bool
tlsw__rule_critical_san(const struct tlsw__place *at)
{
	return tlsw__place_critical(at, NID_subject_alt_name) &&
	       X509_NAME_entry_count(X509_get_subject_name(at->cert)) > 0;
}

/* What our matcher could ever match: a name, or "*." and a name. */
static bool
is_host_pattern(const ASN1_STRING *name)
{
	const unsigned char *at = ASN1_STRING_get0_data(name);
	size_t len = (size_t)ASN1_STRING_length(name), skip = 0;
	struct tlsw__reference ref;

	if (len > 2 && at[0] == '*' && at[1] == '.')
		skip = 2;
	return len > 0 && at[len - 1] != '.' &&
	       tlsw__reference_parse(&ref, (const char *)at + skip, len - skip) == TLSW__NAME_OK &&
	       ref.kind == TLSW__REF_DNS;
}

static bool
has_odd_name(const GENERAL_NAME *name)
{
	if (name->type == GEN_DNS)
		return !is_host_pattern(name->d.dNSName) ||
		       memchr(name->d.dNSName->data, '_', (size_t)name->d.dNSName->length) != NULL;
	if (name->type == GEN_IPADD)
		return name->d.iPAddress->length != 4 && name->d.iPAddress->length != 16;
	return false;
}

bool
tlsw__rule_odd_san(const struct tlsw__place *at)
{
	GENERAL_NAMES *names;
	bool good;
	int i;

	if (!tlsw__place_has(at, NID_subject_alt_name))
		return false;
	names = X509_get_ext_d2i(at->cert, NID_subject_alt_name, NULL, NULL);
	good = names != NULL && sk_GENERAL_NAME_num(names) > 0;
	for (i = 0; good && i < sk_GENERAL_NAME_num(names); i++)
		good = !has_odd_name(sk_GENERAL_NAME_value(names, i));
	GENERAL_NAMES_free(names);
	return !good;
}

/*
 * RFC 5280 section 6.1.3 (b) and (c) want every name of the leaf within its CAs'
 * constraints. A malformed one, ".example.org" or "a..b", is in no name space.
 */
bool
tlsw__rule_malformed_name(const struct tlsw__place *at)
{
	bool constrained = false, good = true;
	GENERAL_NAMES *names;
	int i;

	for (i = 1; i < sk_X509_num(at->path); i++)
		constrained |=
		    X509_get_ext_by_NID(sk_X509_value(at->path, i), NID_name_constraints, -1) >= 0;
	if (!constrained || !tlsw__place_has(at, NID_subject_alt_name))
		return false;
	names = X509_get_ext_d2i(at->cert, NID_subject_alt_name, NULL, NULL);
	for (i = 0; good && i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		good = name->type != GEN_DNS || is_host_pattern(name->d.dNSName);
	}
	good = good && names != NULL;
	GENERAL_NAMES_free(names);
	return !good;
}

/* An address as BR 7.1.4.3 has it: dotted decimal, or RFC 5952. */
static bool
is_address_text(const ASN1_OCTET_STRING *ip, const unsigned char *text, size_t len)
{
	char proper[INET6_ADDRSTRLEN];
	int family = ip->length == 4 ? AF_INET : AF_INET6;

	if (ip->length != 4 && ip->length != 16)
		return false;
	if (inet_ntop(family, ip->data, proper, sizeof(proper)) == NULL)
		return false;
	return strlen(proper) == len && memcmp(proper, text, len) == 0;
}

static bool
is_wildcard_over(const ASN1_STRING *pattern, const unsigned char *text, size_t len)
{
	return (size_t)ASN1_STRING_length(pattern) == len + 2 &&
	       memcmp(pattern->data, "*.", 2) == 0 && memcmp(pattern->data + 2, text, len) == 0;
}

static bool
repeats(const GENERAL_NAME *name, const unsigned char *text, size_t len)
{
	if (name->type == GEN_IPADD)
		return is_address_text(name->d.iPAddress, text, len);
	if (name->type != GEN_DNS)
		return false;
	if ((size_t)name->d.dNSName->length == len && memcmp(name->d.dNSName->data, text, len) == 0)
		return true;
	return is_wildcard_over(name->d.dNSName, text, len);
}

/*
 * Octet for octet. Two things are let pass: "example.org" beside
 * "*.example.org", and a host name where no dNSName is there to be repeated.
 */
static bool
is_repeated(const GENERAL_NAMES *names, const unsigned char *text, size_t len)
{
	struct tlsw__reference ref;
	bool hosts = false;
	int i;

	for (i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		if (repeats(sk_GENERAL_NAME_value(names, i), text, len))
			return true;
		hosts |= sk_GENERAL_NAME_value(names, i)->type == GEN_DNS;
	}
	return !hosts && tlsw__reference_parse(&ref, (const char *)text, len) == TLSW__NAME_OK &&
	       ref.kind == TLSW__REF_DNS;
}

bool
tlsw__rule_other_common_name(const struct tlsw__place *at)
{
	X509_NAME *subject = X509_get_subject_name(at->cert);
	int i = X509_NAME_get_index_by_NID(subject, NID_commonName, -1), len;
	GENERAL_NAMES *names;
	unsigned char *text = NULL;
	bool good;

	if (i < 0)
		return false;
	if (X509_NAME_get_index_by_NID(subject, NID_commonName, i) >= 0)
		return true;
	names = X509_get_ext_d2i(at->cert, NID_subject_alt_name, NULL, NULL);
	len = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, i)));
	good = names != NULL && len >= 0 && is_repeated(names, text, (size_t)len);
	OPENSSL_free(text);
	GENERAL_NAMES_free(names);
	return !good;
}
