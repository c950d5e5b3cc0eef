/*
 * What RFC 5280 and the Baseline Requirements ask and OpenSSL does not look at.
 *
 * Each rule is a function and a row of the tables at the end, which name its
 * source. "BR" is the CA/Browser Forum's Baseline Requirements for TLS Server
 * Certificates, version 2.
 *
 * SPDX-License-Identifier: ISC
 */
#include "strict.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "strict_rules.h"

/* ------------------------------------------------------------- extensions */

static const X509_EXTENSION *
extension(const struct tlsw__place *at, int nid)
{
	int i = X509_get_ext_by_NID(at->cert, nid, -1);

	return i < 0 ? NULL : X509_get_ext(at->cert, i);
}

bool
tlsw__place_has(const struct tlsw__place *at, int nid)
{
	return extension(at, nid) != NULL;
}

bool
tlsw__place_critical(const struct tlsw__place *at, int nid)
{
	const X509_EXTENSION *ext = extension(at, nid);

	return ext != NULL && X509_EXTENSION_get_critical(ext) != 0;
}

/* -------------------------------------------------------- the basic fields */

static bool
is_not_version_3(const struct tlsw__place *at)
{
	return X509_get_version(at->cert) != X509_VERSION_3;
}

static bool
has_odd_serial(const struct tlsw__place *at)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(at->cert);
	BIGNUM *n = ASN1_INTEGER_to_BN(serial, NULL);
	bool good = n != NULL && !BN_is_negative(n) && !BN_is_zero(n) && BN_num_bytes(n) <= 20;

	BN_free(n);
	return !good;
}

/* --------------------------------------------------------------- the key */

static bool
has_odd_key_type(const struct tlsw__place *at)
{
	EVP_PKEY *key = X509_get0_pubkey(at->cert);
	char curve[32] = "";

	if (key == NULL)
		return true;
	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA)
		return false;
	if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC ||
	    EVP_PKEY_get_group_name(key, curve, sizeof(curve), NULL) != 1)
		return true;
	return strcmp(curve, "prime256v1") != 0 && strcmp(curve, "secp384r1") != 0 &&
	       strcmp(curve, "secp521r1") != 0;
}

static bool
has_odd_rsa_size(const struct tlsw__place *at)
{
	EVP_PKEY *key = X509_get0_pubkey(at->cert);
	int bits;

	if (key == NULL || EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA)
		return false;
	bits = EVP_PKEY_get_bits(key);
	return bits < 2048 || bits % 8 != 0;
}

static bool
has_odd_rsa_exponent(const struct tlsw__place *at)
{
	EVP_PKEY *key = X509_get0_pubkey(at->cert);
	BIGNUM *e = NULL;
	bool good;

	if (key == NULL || EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA)
		return false;
	good = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) == 1 && BN_is_odd(e) &&
	       !BN_is_one(e);
	BN_free(e);
	return !good;
}

/* ------------------------------------------------------- CA or not, usages */

static bool
is_ca(const struct tlsw__place *at)
{
	return (X509_get_extension_flags(at->cert) & EXFLAG_CA) != 0;
}

static bool
has_no_eku(const struct tlsw__place *at)
{
	return !tlsw__place_has(at, NID_ext_key_usage);
}

static bool
has_eku(const struct tlsw__place *at)
{
	return tlsw__place_has(at, NID_ext_key_usage);
}

static bool
has_critical_eku(const struct tlsw__place *at)
{
	return tlsw__place_critical(at, NID_ext_key_usage);
}

static bool
has_any_eku(const struct tlsw__place *at)
{
	uint32_t usage = X509_get_extended_key_usage(at->cert);

	return usage != UINT32_MAX && (usage & XKU_ANYEKU) != 0;
}

static bool
has_lax_policy_constraints(const struct tlsw__place *at)
{
	return (tlsw__place_has(at, NID_policy_constraints) &&
		   !tlsw__place_critical(at, NID_policy_constraints)) ||
	       (tlsw__place_has(at, NID_inhibit_any_policy) &&
		   !tlsw__place_critical(at, NID_inhibit_any_policy));
}

/* --------------------------------------------------------- key identifiers */

static bool
has_odd_root_aki(const struct tlsw__place *at)
{
	AUTHORITY_KEYID *aki;
	const ASN1_OCTET_STRING *ski = X509_get0_subject_key_id(at->cert);
	bool good;

	if (!tlsw__place_has(at, NID_authority_key_identifier))
		return false;
	aki = X509_get_ext_d2i(at->cert, NID_authority_key_identifier, NULL, NULL);
	good = aki != NULL && aki->issuer == NULL && aki->serial == NULL && aki->keyid != NULL &&
	       ski != NULL && ASN1_OCTET_STRING_cmp(aki->keyid, ski) == 0;
	AUTHORITY_KEYID_free(aki);
	return !good;
}

/* ------------------------------------------------- authority information */

static bool
has_malformed_aia(const struct tlsw__place *at)
{
	AUTHORITY_INFO_ACCESS *aia;
	bool good;

	if (!tlsw__place_has(at, NID_info_access))
		return false;
	aia = X509_get_ext_d2i(at->cert, NID_info_access, NULL, NULL);
	good = aia != NULL && sk_ACCESS_DESCRIPTION_num(aia) > 0;
	AUTHORITY_INFO_ACCESS_free(aia);
	return !good;
}

/* -------------------------------------------------------- revocation lists */

static bool
are_numbered(STACK_OF(X509_CRL) *crls)
{
	int i;

	for (i = 0; i < sk_X509_CRL_num(crls); i++)
		if (X509_CRL_get_ext_by_NID(sk_X509_CRL_value(crls, i), NID_crl_number, -1) < 0)
			return false;
	return sk_X509_CRL_num(crls) > 0;
}

#define CRL_FLAGS (TLSW_VERIFY_CRL_LEAF | TLSW_VERIFY_CRL_CHAIN | TLSW_VERIFY_CRL_IF_AVAILABLE)

static bool
has_unnumbered_crl(const struct tlsw__place *at)
{
	X509_NAME *issuer = X509_get_issuer_name(at->cert);
	STACK_OF(X509_CRL) *crls = NULL;
	X509_OBJECT *one;
	bool good;

	if ((at->flags & CRL_FLAGS) == 0)
		return false;
	if ((one = X509_OBJECT_new()) == NULL)
		return true;
	good = X509_STORE_CTX_get_by_subject(at->ctx, X509_LU_CRL, issuer, one) == 0;
	if (!good) {
		crls = X509_STORE_CTX_get1_crls(at->ctx, issuer);
		good = are_numbered(crls);
	}
	sk_X509_CRL_pop_free(crls, X509_CRL_free);
	X509_OBJECT_free(one);
	return !good;
}

/* -------------------------------------------------------------- the tables */

/* What a rule applies to. A self-signed leaf that is its own anchor is a leaf. */
#define LEAF 1U
#define SUB 2U	/* a CA between leaf and anchor */
#define ROOT 4U /* the anchor, when it is self-issued */
#define TOP 8U	/* the anchor, when it is not */
#define CA (SUB | TOP | ROOT)
#define ALL (LEAF | CA)

#define MALFORMED X509_V_ERR_APPLICATION_VERIFICATION

struct rule {
	unsigned where;
	bool (*is_broken)(const struct tlsw__place *at);
	long error;
	const char *why;
};

/* Without them a chain would be accepted that its CAs did not mean to allow. */
static const struct rule always[] = {
    {LEAF, tlsw__rule_malformed_name, X509_V_ERR_UNSUPPORTED_NAME_SYNTAX,
	"it has a malformed host name below name constraints (RFC 5280 6.1.3 (b))"},
};

/* TLSW_VERIFY_STRICT. */
static const struct rule strict[] = {
    {ALL, is_not_version_3, MALFORMED, "it is not of version 3 (BR 7.1.1)"},
    {LEAF | SUB, has_odd_serial, MALFORMED,
	"its serial number is not positive or over 20 octets long (RFC 5280 4.1.2.2)"},

    {ALL, has_odd_key_type, MALFORMED,
	"its key is neither RSA nor on P-256, P-384 or P-521 (BR 6.1.5)"},
    {ALL, has_odd_rsa_size, MALFORMED,
	"its RSA key has under 2048 bits or no multiple of 8 (BR 6.1.5)"},
    {ALL, has_odd_rsa_exponent, MALFORMED, "its RSA exponent is even or under 3 (BR 6.1.6)"},

    {LEAF, is_ca, X509_V_ERR_INVALID_NON_CA,
	"it is a CA's and not a server's certificate (BR 7.1.2.7.8)"},
    {LEAF, has_no_eku, MALFORMED, "it has no extended key usage (BR 7.1.2.7.6)"},
    {LEAF, has_critical_eku, MALFORMED, "its extended key usage is critical (BR 7.1.2.7.6)"},
    {LEAF, has_any_eku, MALFORMED, "its extended key usage is any usage (BR 7.1.2.7.10)"},
    {ROOT, has_eku, MALFORMED, "it is a root and has an extended key usage (BR 7.1.2.1.2)"},
    {ALL, has_lax_policy_constraints, MALFORMED,
	"its policy constraints are not critical (RFC 5280 4.2.1.11, 4.2.1.14)"},

    {ROOT, has_odd_root_aki, MALFORMED,
	"it is a root whose authority key identifier is not just its subject key "
	"identifier (BR 7.1.2.1.3)"},
    {LEAF | SUB, has_malformed_aia, MALFORMED,
	"its authority information access is malformed or empty (BR 7.1.2.7.7)"},

    {LEAF, tlsw__rule_name_constraints, MALFORMED,
	"it is no CA and has name constraints (RFC 5280 4.2.1.10)"},
    {CA, tlsw__rule_odd_name_constraints, X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX,
	"it has a name constraint that is neither a host name nor an address with a mask "
	"(RFC 5280 4.2.1.10)"},
    {CA, tlsw__rule_empty_name_constraints, X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX,
	"its name constraints constrain nothing (RFC 5280 4.2.1.10, BR 7.1.2.5.2)"},

    {LEAF, tlsw__rule_no_san, MALFORMED, "it has no subjectAltName (BR 7.1.2.7.12)"},
    {LEAF, tlsw__rule_odd_san, MALFORMED,
	"it has a subjectAltName that is no host name or address (RFC 5280 4.2.1.6)"},
    {LEAF, tlsw__rule_critical_san, MALFORMED,
	"its subjectAltName is critical although it has a subject (BR 7.1.2.7.12)"},
    {LEAF, tlsw__rule_other_common_name, MALFORMED,
	"its common name does not repeat one of its subjectAltNames (BR 7.1.4.3)"},

    {ALL, has_unnumbered_crl, X509_V_ERR_UNSUPPORTED_EXTENSION_FEATURE,
	"a revocation list of its issuer has no number (RFC 5280 5.2.3)"},
};

static unsigned
where(STACK_OF(X509) *path, int depth)
{
	if (depth == 0)
		return LEAF;
	if (depth < sk_X509_num(path) - 1)
		return SUB;
	return (X509_get_extension_flags(sk_X509_value(path, depth)) & EXFLAG_SI) != 0 ? ROOT : TOP;
}

static void
apply(const struct rule *rules, size_t count, X509_STORE_CTX *ctx, unsigned long flags,
    struct tlsw__chain *chain)
{
	size_t i;
	int depth;

	for (depth = 0; depth < sk_X509_num(chain->path); depth++) {
		X509 *cert = sk_X509_value(chain->path, depth);
		struct tlsw__place at = {cert, chain->path, ctx, flags};

		for (i = 0; i < count; i++)
			if ((rules[i].where & where(chain->path, depth)) != 0 &&
			    rules[i].is_broken(&at))
				tlsw__chain_add(chain, rules[i].error, depth, rules[i].why);
	}
}

void
tlsw__strict_check(X509_STORE_CTX *ctx, unsigned long flags, struct tlsw__chain *chain)
{
	apply(always, sizeof(always) / sizeof(always[0]), ctx, flags, chain);
	if ((flags & TLSW_VERIFY_STRICT) != 0)
		apply(strict, sizeof(strict) / sizeof(strict[0]), ctx, flags, chain);
}
