/*
 * The verdict when memory runs out: at whatever allocation, never a yes that
 * would have been a no.
 *
 * SPDX-License-Identifier: ISC
 */
#include "support/support.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "name.h"
#include "support/chain_support.h"

/* Allocations to go until all fail, or only the next one; 0: none fails. */
static unsigned long countdown;
static bool once;
static unsigned long refused;

static bool
may_allocate(void)
{
	if (countdown == 0 || --countdown > 0)
		return true;
	refused++;
	countdown = once ? 0 : 1;
	return false;
}

static void *
scarce_malloc(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return size > 0 && may_allocate() ? malloc(size) : NULL;
}

static void *
scarce_realloc(void *p, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	if (size == 0) {
		free(p);
		return NULL;
	}
	return may_allocate() ? realloc(p, size) : NULL;
}

static void
scarce_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

/* Chains that have to be refused, and one to accept. */
enum shape { UNKNOWN, OLD, REVOKED, CONSTRAINED, RULED_OUT, GOOD };
static const struct {
	const char *label;
	enum shape shape;
	unsigned long flags;
} rows[] = {
    {"unknown CA", UNKNOWN, 0},
    {"expired", OLD, 0},
    {"revoked, list required", REVOKED, TLSW_VERIFY_CRL_LEAF},
    {"revoked, list at hand", REVOKED, TLSW_VERIFY_CRL_IF_AVAILABLE},
    {"not for this host", CONSTRAINED, 0},
    {"against the rules", RULED_OUT, TLSW_VERIFY_STRICT},
    {"a good one", GOOD, TLSW_VERIFY_STRICT},
};

static X509_STORE *
store_for(enum shape shape, const struct pki *root, const struct pki *ca, const struct pki *leaf)
{
	X509_STORE *store = pki_store(PKI_LIST(root));
	X509_CRL *crl;

	if (shape != REVOKED)
		return store;
	crl = pki_crl(&(const struct pki_crl_spec){.issuer = ca, .revoked = PKI_LIST(leaf)});
	ck_assert_int_eq(X509_STORE_add_crl(store, crl), 1);
	X509_CRL_free(crl);
	return store;
}

/* Whether it came out as ok; the certificates are fresh, nothing about them is cached. */
static bool
decide(enum shape shape, unsigned long flags, unsigned long failing)
{
	struct tlsw__chain_policy policy = {flags, 100, 0, 2};
	struct pki *root = CA(.cn = "Root"),
		   *ca = CA(.cn = "CA", .issuer = root,
		       .excluded =
			   shape == CONSTRAINED ? PKI_NAMES(PKI_DNS("www.lab.test")) : NULL);
	struct pki *leaf = chain_keep(pki_make(.cn = "lab.test", .issuer = ca,
	    .san = PKI_NAMES(PKI_DNS("*.lab.test")), .not_before = shape == OLD ? -20 : 0,
	    .not_after = shape == OLD ? -10 : 0, .eku = shape == RULED_OUT ? PKI_NO_EKU : NULL));
	X509_STORE *store = store_for(shape, shape == UNKNOWN ? CA(.cn = "Other") : root, ca, leaf);
	STACK_OF(X509) *sent = pki_stack(PKI_LIST(ca));
	struct tlsw__reference host;
	struct tlsw__chain chain;
	bool ok;

	(void)tlsw__reference_parse(&host, "www.lab.test", strlen("www.lab.test"));
	countdown = failing;
	ok = tlsw__chain_build(store, pki_x509(leaf), sent, &policy, &chain) == 0 &&
	     tlsw__chain_constrain(&chain, &host) == 0 && chain.ok;
	countdown = 0;
	ck_assert(ok || failing > 0 || chain.problem_count > 0);
	tlsw__chain_clear(&chain);
	sk_X509_pop_free(sent, X509_free);
	X509_STORE_free(store);
	chain_free_all();
	return ok;
}

static void
sweep(enum shape shape, unsigned long flags, const char *label)
{
	unsigned long n, accepted = 0, runs = 0, last;

	ck_assert_msg(decide(shape, flags, 0) == (shape == GOOD), "%s", label);
	for (n = 1, last = 1; last > 0; n++) {
		refused = 0;
		accepted += decide(shape, flags, n);
		last = refused;
		runs++;
		ERR_clear_error();
	}
	ck_assert_msg(runs > 50, "%s: only %lu runs", label, runs);
	/* the good chain is accepted when memory was not short after all: the last run */
	ck_assert_msg(shape == GOOD ? accepted >= 1 : accepted == 0,
	    "%s: accepted in %lu of %lu runs", label, accepted, runs);
	printf("memory: %s: %lu runs, %lu accepted\n", label, runs, accepted);
}

/* wall: E07, wall: A10 */
START_TEST(no_shortage_turns_a_no_into_a_yes)
{
	once = _i % 2 == 1;
	sweep(rows[_i / 2].shape, rows[_i / 2].flags, rows[_i / 2].label);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("chain memory");
	TCase *t = tcase_create("shortage");

	if (CRYPTO_set_mem_functions(scarce_malloc, scarce_realloc, scarce_free) != 1)
		return EXIT_FAILURE;
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, NULL, chain_free_all);
	tcase_add_loop_test(
	    t, no_shortage_turns_a_no_into_a_yes, 0, 2 * (int)(sizeof(rows) / sizeof(rows[0])));
	suite_add_tcase(s, t);
	return support_run(s);
}
