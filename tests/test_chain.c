/*
 * Path building and its bounds, on certificates made for the purpose.
 *
 * SPDX-License-Identifier: ISC
 */
#include "support/support.h"

#include <openssl/err.h>

#include "chain.h"
#include "support/pki.h"

static const struct tlsw__chain_policy ordinary = {.depth = 100, .security_level = 2};

/* Verify sent[0] over the rest of sent against what is trusted. */
static void
judge(const struct pki *const *trusted, const struct pki *const *sent,
    const struct tlsw__chain_policy *policy, struct tlsw__chain *chain)
{
	X509_STORE *store = pki_store(trusted);
	STACK_OF(X509) *certs = pki_stack(sent);
	X509 *leaf = sk_X509_shift(certs);

	ck_assert_works(tlsw__chain_build(store, leaf, certs, policy, chain) == 0);
	ck_assert(chain->ok == (chain->problem_count == 0));
	ck_assert_ptr_eq(sk_X509_value(chain->path, 0), leaf);
	X509_free(leaf);
	sk_X509_pop_free(certs, X509_free);
	X509_STORE_free(store);
}

START_TEST(a_good_chain_costs_one_verification)
{
	struct pki *root = pki_ca("Root"), *ca = pki_intermediate(root, "CA");
	struct pki *leaf = pki_leaf(ca, "www.lab.test");
	struct tlsw__chain chain;

	judge(PKI_LIST(root), PKI_LIST(leaf, ca), &ordinary, &chain);
	ck_assert(chain.ok);
	ck_assert_uint_eq(chain.verifications, 1);
	ck_assert_uint_eq(chain.steps, 0);
	ck_assert_int_eq(sk_X509_num(chain.path), 3);
	ck_assert_int_eq(X509_cmp(sk_X509_value(chain.path, 2), pki_x509(root)), 0);
	tlsw__chain_clear(&chain);
	pki_free(leaf);
	pki_free(ca);
	pki_free(root);
}
END_TEST

static bool
found(const struct tlsw__chain *chain, long error, int depth)
{
	size_t i;

	for (i = 0; i < chain->problem_count; i++)
		if (chain->problems[i].error == error && chain->problems[i].depth == depth)
			return true;
	return false;
}

START_TEST(an_expired_leaf_of_an_unknown_ca_is_both)
{
	struct pki *root = pki_ca("Root"), *other = pki_ca("Other");
	struct pki *leaf =
	    pki_make(.cn = "x", .issuer = other, .not_before = -20, .not_after = -10);
	struct tlsw__chain chain;

	judge(PKI_LIST(root), PKI_LIST(leaf), &ordinary, &chain);
	ck_assert(!chain.ok);
	ck_assert(found(&chain, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, 0));
	ck_assert(found(&chain, X509_V_ERR_CERT_HAS_EXPIRED, 0));
	tlsw__chain_clear(&chain);
	pki_free(leaf);
	pki_free(other);
	pki_free(root);
}
END_TEST

START_TEST(the_callers_openssl_errors_stay)
{
	struct pki *root = pki_ca("Root"), *other = pki_ca("Other");
	struct pki *leaf = pki_leaf(other, "www.lab.test");
	struct tlsw__chain chain;

	ERR_raise(ERR_LIB_USER, 42);
	judge(PKI_LIST(root), PKI_LIST(leaf), &ordinary, &chain);
	ck_assert_int_eq(ERR_GET_REASON(ERR_get_error()), 42);
	ck_assert_uint_eq(ERR_get_error(), 0);
	tlsw__chain_clear(&chain);
	pki_free(leaf);
	pki_free(other);
	pki_free(root);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("chain");
	TCase *t = tcase_create("paths");

	tcase_add_test(t, a_good_chain_costs_one_verification);
	tcase_add_test(t, an_expired_leaf_of_an_unknown_ca_is_both);
	tcase_add_test(t, the_callers_openssl_errors_stay);
	suite_add_tcase(s, t);
	return support_run(s);
}
