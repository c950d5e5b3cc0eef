/*
 * Revocation lists in a chain: required, used when at hand, or left alone.
 *
 * SPDX-License-Identifier: ISC
 */
#include "support/support.h"

#include "support/chain_support.h"

#define LEAF_ONLY TLSW_VERIFY_CRL_LEAF
#define WHOLE TLSW_VERIFY_CRL_CHAIN
#define AT_HAND TLSW_VERIFY_CRL_IF_AVAILABLE

/* Which list an issuer has in the store. */
enum list {
	NONE,
	GOOD,
	REVOKING, /* revokes what the issuer has issued in the chain */
	EXPIRED,
	FUTURE,
	FORGED,	   /* signed by somebody else */
	DELTA,	   /* a delta without a number */
	ODD_SCOPE, /* for attribute certificates only */
	CRITICAL   /* an extension that nobody knows */
};

static const struct {
	const char *label;
	enum list of_root, of_ca;
	unsigned long flags;
	long error;
} rows[] = {
    {"nobody asked", REVOKING, REVOKING, 0, X509_V_OK},
    {"wall: G07 good", NONE, GOOD, LEAF_ONLY, X509_V_OK},
    {"wall: G07 revoked", NONE, REVOKING, LEAF_ONLY, X509_V_ERR_CERT_REVOKED},
    {"wall: G07 missing", NONE, NONE, LEAF_ONLY, X509_V_ERR_UNABLE_TO_GET_CRL},
    {"wall: G07 of another CA", GOOD, NONE, LEAF_ONLY, X509_V_ERR_UNABLE_TO_GET_CRL},
    {"wall: G07 expired", NONE, EXPIRED, LEAF_ONLY, X509_V_ERR_CRL_HAS_EXPIRED},
    {"not yet valid", NONE, FUTURE, LEAF_ONLY, X509_V_ERR_CRL_NOT_YET_VALID},
    {"forged", NONE, FORGED, LEAF_ONLY, X509_V_ERR_CRL_SIGNATURE_FAILURE},
    {"wall: G07 out of scope", NONE, ODD_SCOPE, LEAF_ONLY, X509_V_ERR_DIFFERENT_CRL_SCOPE},
    {"critical extension", NONE, CRITICAL, LEAF_ONLY, X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION},
    {"wall: G06 a delta without a number", NONE, DELTA, LEAF_ONLY, X509_V_ERR_UNABLE_TO_GET_CRL},
    {"the intermediate is not asked about", REVOKING, GOOD, LEAF_ONLY, X509_V_OK},

    {"all good", GOOD, GOOD, WHOLE, X509_V_OK},
    {"the intermediate is revoked", REVOKING, GOOD, WHOLE, X509_V_ERR_CERT_REVOKED},
    {"the root's is missing", NONE, GOOD, WHOLE, X509_V_ERR_UNABLE_TO_GET_CRL},
    {"missing although others may be", NONE, GOOD, WHOLE | AT_HAND, X509_V_ERR_UNABLE_TO_GET_CRL},

    {"none at hand", NONE, NONE, AT_HAND, X509_V_OK},
    {"the leaf's at hand", NONE, GOOD, AT_HAND, X509_V_OK},
    {"the intermediate's at hand", GOOD, NONE, AT_HAND, X509_V_OK},
    {"revoked, at hand", NONE, REVOKING, AT_HAND, X509_V_ERR_CERT_REVOKED},
    {"the intermediate is revoked, at hand", REVOKING, NONE, AT_HAND, X509_V_ERR_CERT_REVOKED},
    {"expired, at hand", NONE, EXPIRED, AT_HAND, X509_V_ERR_CRL_HAS_EXPIRED},
    {"forged, at hand", NONE, FORGED, AT_HAND, X509_V_ERR_CRL_SIGNATURE_FAILURE},
    {"out of scope, at hand", NONE, ODD_SCOPE, AT_HAND, X509_V_ERR_DIFFERENT_CRL_SCOPE},
    {"wall: G06 a delta, at hand", NONE, DELTA, AT_HAND, X509_V_ERR_UNABLE_TO_GET_CRL},
    {"the leaf's missing, others at hand", GOOD, NONE, AT_HAND | LEAF_ONLY,
	X509_V_ERR_UNABLE_TO_GET_CRL},
    {"the leaf's there, others not", NONE, GOOD, AT_HAND | LEAF_ONLY, X509_V_OK},
};

static void
add_list(X509_STORE *store, enum list list, const struct pki *issuer, const struct pki *issued)
{
	const struct pki *const revoked[] = {issued, NULL};
	struct pki_crl_spec spec = {.issuer = issuer};
	const struct pki_extension scope[] = {
	    PKI_EXTENSION("2.5.29.28", true, "\x30\x03\x85\x01\xff"), {NULL, false, NULL, 0}};
	const struct pki_extension unknown[] = {
	    PKI_EXTENSION("1.2.3.4", true, "\x05\x00"), {NULL, false, NULL, 0}};
	EVP_PKEY *other = pki_new_key("P-256");
	X509_CRL *crl;

	if (list == REVOKING)
		spec.revoked = revoked;
	if (list == EXPIRED || list == FUTURE) {
		spec.last_update = list == EXPIRED ? -2000 : 1000;
		spec.next_update = list == EXPIRED ? -1000 : 2000;
	}
	if (list == FORGED)
		spec.sign_key = other;
	if (list == DELTA) {
		spec.delta = 1;
		spec.number = -1;
	}
	if (list == ODD_SCOPE || list == CRITICAL)
		spec.extra = list == ODD_SCOPE ? scope : unknown;
	crl = pki_crl(&spec);
	ck_assert_int_eq(X509_STORE_add_crl(store, crl), 1);
	X509_CRL_free(crl);
	EVP_PKEY_free(other);
}

START_TEST(lists_decide_as_the_flags_say)
{
	struct tlsw__chain_policy policy = chain_ordinary;
	struct pki *root = CA(.cn = "Root"), *ca = CA(.cn = "CA", .issuer = root);
	struct pki *leaf = LEAF(.issuer = ca);
	X509_STORE *store = pki_store(PKI_LIST(root));
	struct tlsw__chain chain;

	if (rows[_i].of_root != NONE)
		add_list(store, rows[_i].of_root, root, ca);
	if (rows[_i].of_ca != NONE)
		add_list(store, rows[_i].of_ca, ca, leaf);
	policy.flags = rows[_i].flags;
	chain = chain_judge_in(store, PKI_LIST(leaf, ca), &policy);
	ck_assert_msg(chain.ok == (rows[_i].error == X509_V_OK), "%s: %s", rows[_i].label,
	    X509_verify_cert_error_string(chain.problems[0].error));
	ck_assert_msg(chain.ok || chain_found(&chain, rows[_i].error, -1), "%s: %s", rows[_i].label,
	    X509_verify_cert_error_string(chain.problems[0].error));
	tlsw__chain_clear(&chain);
	X509_STORE_free(store);
}
END_TEST

/* cRLDistributionPoints whose one point is named relative to the issuer of the list */
#define POINT_RELATIVE                                                     \
	"\x30\x10\x30\x0e\xa0\x0c\xa1\x0a\x30\x08\x06\x03\x55\x04\x03\x0c\x01\x78"

/* wall: M07: such a point is not followed, and excuses nobody from the list */
START_TEST(a_relative_distribution_point_changes_nothing)
{
	static const enum list lists[] = {GOOD, REVOKING, NONE};
	struct tlsw__chain_policy policy = chain_ordinary;
	struct pki *root = CA(.cn = "Root");
	struct pki *leaf = LEAF(
	    .issuer = root, .extra = PKI_EXTENSIONS(PKI_EXTENSION("2.5.29.31", false, POINT_RELATIVE)));
	X509_STORE *store = pki_store(PKI_LIST(root));
	struct tlsw__chain chain;

	if (lists[_i] != NONE)
		add_list(store, lists[_i], root, leaf);
	policy.flags = LEAF_ONLY;
	chain = chain_judge_in(store, PKI_LIST(leaf), &policy);
	ck_assert_int_eq(chain.ok, lists[_i] == GOOD);
	if (lists[_i] == REVOKING)
		ck_assert(chain_found(&chain, X509_V_ERR_CERT_REVOKED, 0));
	tlsw__chain_clear(&chain);
	X509_STORE_free(store);
}
END_TEST

START_TEST(strict_wants_lists_with_numbers)
{
	struct tlsw__chain_policy policy = {LEAF_ONLY | TLSW_VERIFY_STRICT, 100, 0, 2};
	struct pki *root = CA(.cn = "Root"), *leaf = LEAF(.issuer = root);
	X509_STORE *store = pki_store(PKI_LIST(root));
	X509_CRL *crl = pki_crl(&(const struct pki_crl_spec){.issuer = root, .number = -1});
	struct tlsw__chain chain;

	ck_assert_int_eq(X509_STORE_add_crl(store, crl), 1);
	chain = chain_judge_in(store, PKI_LIST(leaf), &policy);
	ck_assert(!chain.ok);
	ck_assert(chain_found(&chain, X509_V_ERR_UNSUPPORTED_EXTENSION_FEATURE, 0));
	tlsw__chain_clear(&chain);
	policy.flags = LEAF_ONLY;
	chain = chain_judge_in(store, PKI_LIST(leaf), &policy);
	ck_assert(chain.ok);
	tlsw__chain_clear(&chain);
	X509_CRL_free(crl);
	X509_STORE_free(store);
}
END_TEST

/* x400Address and ediPartyName where nobody expects them. */
#define ODD_NAMES                                                          \
	PKI_NAMES(PKI_DNS("www.lab.test"), PKI_RAW(3, "\x30\x02\x30\x00"), \
	    PKI_RAW(5, "\xa1\x06\x0c\x04\x61\x61\x61\x61"))
/* cRLDistributionPoints, and an issuing distribution point, named by one of them */
#define POINT_X400 "\x30\x0c\x30\x0a\xa0\x08\xa0\x06\xa3\x04\x30\x02\x30\x00"
#define SCOPE_EDI "\x30\x0c\xa0\x0a\xa0\x08\xa5\x06\xa1\x04\x0c\x02\x61\x61"

/* wall: F09 */
START_TEST(odd_kinds_of_names_are_compared_safely)
{
	struct tlsw__chain_policy policy = chain_ordinary;
	struct pki *root =
	    CA(.cn = "Root", .excluded = PKI_NAMES(PKI_DNS("a.test"), PKI_RAW(3, "\x30\x00"),
				 PKI_RAW(5, "\xa1\x04\x0c\x02\x61\x61")));
	struct pki *leaf = chain_keep(pki_make(.cn = "x", .issuer = root, .san = ODD_NAMES,
	    .extra = PKI_EXTENSIONS(PKI_EXTENSION("2.5.29.31", false, POINT_X400))));
	X509_STORE *store = pki_store(PKI_LIST(root));
	X509_CRL *crl = pki_crl(&(const struct pki_crl_spec){
	    .issuer = root, .extra = PKI_EXTENSIONS(PKI_EXTENSION("2.5.29.28", true, SCOPE_EDI))});
	struct tlsw__chain chain;

	ck_assert_int_eq(X509_STORE_add_crl(store, crl), 1);
	policy.flags = LEAF_ONLY;
	chain = chain_judge_in(store, PKI_LIST(leaf), &policy);
	ck_assert(!chain.ok);
	ck_assert(chain_found(&chain, X509_V_ERR_DIFFERENT_CRL_SCOPE, 0));
	tlsw__chain_clear(&chain);
	X509_CRL_free(crl);
	X509_STORE_free(store);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("crl");
	TCase *t = tcase_create("revocation lists");

	tcase_add_checked_fixture(t, NULL, chain_free_all);
	tcase_add_loop_test(
	    t, lists_decide_as_the_flags_say, 0, (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(t, strict_wants_lists_with_numbers);
	tcase_add_loop_test(t, a_relative_distribution_point_changes_nothing, 0, 3);
	tcase_add_test(t, odd_kinds_of_names_are_compared_safely);
	suite_add_tcase(s, t);
	return support_run(s);
}
