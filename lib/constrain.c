/*
 * The name constraints of a chain, applied to the requested host.
 *
 * OpenSSL applies them to the names in the certificates. A leaf with
 * "*.example.org" below a CA that may not speak for www.example.org passes
 * there, since "*.example.org" is another name; yet it would be good for
 * www.example.org. So the host that is asked for has to satisfy them too
 * (RFC 5280 section 4.2.1.10; RFC 9525 section 7.5 leaves it open).
 *
 * SPDX-License-Identifier: ISC
 */
#include "chain.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "error.h"
#include "name.h"

enum fit {
	OUTSIDE,
	WITHIN,
	UNREADABLE /* what is not understood is never in the host's favour */
};

/* Letters, digits, hyphens, underscores in labels that are not empty. */
static bool
is_name(const unsigned char *name, size_t len)
{
	size_t i;
	bool label = false;

	for (i = 0; i < len; i++) {
		if (tlsw__name_fold[name[i]] == 0 || (name[i] == '.' && !label))
			return false;
		label = name[i] != '.';
	}
	return label;
}

static bool
ends_in(const struct tlsw__reference *ref, const unsigned char *name, size_t len)
{
	const char *tail;
	size_t i;

	if (len > ref->dns_len)
		return false;
	tail = ref->dns + ref->dns_len - len;
	for (i = 0; i < len; i++)
		if (tlsw__name_fold[name[i]] != (unsigned char)tail[i])
			return false;
	return true;
}

/*
 * A name covers itself and everything below, the empty name all. ".name" is not
 * a form of RFC 5280, but widely written: it covers what is below only.
 */
static enum fit
fit_dns(const struct tlsw__reference *ref, const unsigned char *base, size_t len)
{
	bool dotted = len > 0 && base[0] == '.';
	size_t over;

	if (len == 0)
		return WITHIN;
	base += dotted ? 1 : 0;
	len -= dotted ? 1 : 0;
	if (!is_name(base, len))
		return UNREADABLE;
	if (!ends_in(ref, base, len))
		return OUTSIDE;
	over = ref->dns_len - len;
	if (over == 0)
		return dotted ? OUTSIDE : WITHIN;
	return ref->dns[over - 1] == '.' ? WITHIN : OUTSIDE;
}

/* An address and a mask, in the style of RFC 4632. */
static enum fit
fit_ip(const struct tlsw__reference *ref, const unsigned char *base, size_t len)
{
	size_t i;

	if (len != 8 && len != 32)
		return UNREADABLE;
	if (len != ref->ip_len * 2)
		return OUTSIDE;
	for (i = 0; i < ref->ip_len; i++)
		if (((ref->ip[i] ^ base[i]) & base[ref->ip_len + i]) != 0)
			return OUTSIDE;
	return WITHIN;
}

/* RFC 5280: minimum is zero, maximum absent; nobody ever defined more. */
static bool
has_bounds(const GENERAL_SUBTREE *subtree)
{
	return subtree->maximum != NULL ||
	       (subtree->minimum != NULL && ASN1_INTEGER_get(subtree->minimum) != 0);
}

static enum fit
fit_subtree(const struct tlsw__reference *ref, const GENERAL_SUBTREE *subtree)
{
	const ASN1_STRING *base;

	if (has_bounds(subtree))
		return UNREADABLE;
	base = ref->kind == TLSW__REF_DNS ? subtree->base->d.dNSName : subtree->base->d.iPAddress;
	if (ASN1_STRING_length(base) < 0)
		return UNREADABLE;
	return ref->kind == TLSW__REF_DNS
		   ? fit_dns(ref, ASN1_STRING_get0_data(base), (size_t)ASN1_STRING_length(base))
		   : fit_ip(ref, ASN1_STRING_get0_data(base), (size_t)ASN1_STRING_length(base));
}

/* What a list of subtrees says: whether any is of the host's kind, and how they fit. */
struct finding {
	bool applies, within, unreadable;
};

static struct finding
look_through(const struct tlsw__reference *ref, STACK_OF(GENERAL_SUBTREE) *subtrees)
{
	int kind = ref->kind == TLSW__REF_DNS ? GEN_DNS : GEN_IPADD;
	struct finding found = {false, false, false};
	enum fit fit;
	int i;

	for (i = 0; i < sk_GENERAL_SUBTREE_num(subtrees); i++) {
		const GENERAL_SUBTREE *subtree = sk_GENERAL_SUBTREE_value(subtrees, i);

		if (subtree->base->type != kind)
			continue;
		fit = fit_subtree(ref, subtree);
		found.applies = true;
		found.within |= fit == WITHIN;
		found.unreadable |= fit == UNREADABLE;
	}
	return found;
}

static void
apply(struct tlsw__chain *chain, int depth, const NAME_CONSTRAINTS *constraints,
    const struct tlsw__reference *ref)
{
	struct finding permitted = look_through(ref, constraints->permittedSubtrees);
	struct finding excluded = look_through(ref, constraints->excludedSubtrees);

	if (permitted.unreadable || excluded.unreadable)
		tlsw__chain_add(chain, X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX, depth,
		    "this CA's name constraints cannot be applied to the requested host "
		    "(RFC 5280 4.2.1.10)");
	if (excluded.within)
		tlsw__chain_add(chain, X509_V_ERR_EXCLUDED_VIOLATION, depth,
		    "this CA's name constraints exclude the requested host (RFC 5280 4.2.1.10)");
	if (permitted.applies && !permitted.within)
		tlsw__chain_add(chain, X509_V_ERR_PERMITTED_VIOLATION, depth,
		    "this CA's name constraints do not permit the requested host "
		    "(RFC 5280 4.2.1.10)");
}

static int
constrain_by(struct tlsw__chain *chain, int depth, const struct tlsw__reference *ref)
{
	int critical = -1, rv = 0;
	NAME_CONSTRAINTS *constraints = X509_get_ext_d2i(
	    sk_X509_value(chain->path, depth), NID_name_constraints, &critical, NULL);

	if (constraints != NULL)
		apply(chain, depth, constraints, ref);
	else if (critical != -1) { /* there, but malformed, there twice, or out of memory */
		tlsw__chain_add(chain, X509_V_ERR_INVALID_EXTENSION, depth,
		    "this CA's name constraints are malformed (RFC 5280 4.2.1.10)");
		if (ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE)
			rv = tlsw__error_set_memory();
	}
	NAME_CONSTRAINTS_free(constraints);
	return rv;
}

int
tlsw__chain_constrain(struct tlsw__chain *chain, const struct tlsw__reference *ref)
{
	int depth, rv = 0;

	if (ref->kind == TLSW__REF_NONE)
		tlsw__chain_add(chain, X509_V_ERR_HOSTNAME_MISMATCH, 0, "no host was asked for");
	(void)ERR_set_mark();
	for (depth = 1; rv == 0 && depth < sk_X509_num(chain->path); depth++)
		rv = constrain_by(chain, depth, ref);
	(void)ERR_pop_to_mark();
	return rv;
}
