/*
 * Netflix's BetterTLS, path building: 81 chains with detours, dead ends and
 * certificates that look like issuers and are none. All of them are judged as
 * the suite expects, at the time when it was recorded.
 *
 * SPDX-License-Identifier: ISC
 */
#include "support/support.h"

#include <jansson.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chain.h"

static json_t *suite_file;
static json_t *cases;

static X509 *
certificate(const char *base64)
{
	size_t len = strlen(base64);
	unsigned char *der = malloc(len + 1);
	const unsigned char *p = der;
	X509 *cert;
	int n;

	ck_assert_ptr_nonnull(der);
	n = EVP_DecodeBlock(der, (const unsigned char *)base64, (int)len);
	ck_assert_int_gt(n, 0);
	cert = d2i_X509(NULL, &p, n);
	ck_assert_ptr_nonnull(cert);
	free(der);
	return cert;
}

static X509_STORE *
trust_of_the_suite(void)
{
	X509_STORE *store = X509_STORE_new();
	X509 *root = certificate(json_string_value(json_object_get(suite_file, "trustRoot")));

	ck_assert_ptr_nonnull(store);
	ck_assert_int_eq(X509_STORE_add_cert(store, root), 1);
	X509_free(root);
	return store;
}

/* What the server would send: leaf first. */
static STACK_OF(X509) *
sent_in(const json_t *one)
{
	STACK_OF(X509) *sent = sk_X509_new_null();
	json_t *base64;
	size_t i;

	ck_assert_ptr_nonnull(sent);
	json_array_foreach(json_object_get(one, "certificates"), i, base64)
	    ck_assert_int_gt(sk_X509_push(sent, certificate(json_string_value(base64))), 0);
	return sent;
}

static void
judge(size_t index, struct tlsw__chain *chain)
{
	struct tlsw__chain_policy policy = {.depth = 100, .security_level = 2};
	X509_STORE *store = trust_of_the_suite();
	STACK_OF(X509) *sent = sent_in(json_array_get(cases, index));
	X509 *leaf = sk_X509_shift(sent);

	policy.when = (time_t)json_integer_value(json_object_get(suite_file, "validationTime"));
	ck_assert_works(tlsw__chain_build(store, leaf, sent, &policy, chain) == 0);
	X509_free(leaf);
	sk_X509_pop_free(sent, X509_free);
	X509_STORE_free(store);
}

START_TEST(each_path_is_judged_as_the_suite_expects)
{
	const json_t *one = json_array_get(cases, (size_t)_i);
	const char *expected = json_string_value(json_object_get(one, "expected"));
	struct tlsw__chain chain;

	judge((size_t)_i, &chain);
	ck_assert_msg(chain.ok == (strcmp(expected, "ACCEPT") == 0),
	    "case %" JSON_INTEGER_FORMAT ": expected %s, problem %ld (%s) at depth %d",
	    json_integer_value(json_object_get(one, "id")), expected, chain.problems[0].error,
	    X509_verify_cert_error_string(chain.problems[0].error), chain.problems[0].depth);
	ck_assert(chain.ok == (chain.problem_count == 0));
	tlsw__chain_clear(&chain);
}
END_TEST

START_TEST(no_case_costs_more_than_a_few_verifications)
{
	unsigned most = 0, steps = 0;
	struct tlsw__chain chain;
	size_t i;

	for (i = 0; i < json_array_size(cases); i++) {
		judge(i, &chain);
		most = chain.verifications > most ? chain.verifications : most;
		steps = chain.steps > steps ? chain.steps : steps;
		tlsw__chain_clear(&chain);
	}
	printf("bettertls: %zu path building cases, at most %u verifications and %u steps each\n",
	    json_array_size(cases), most, steps);
	ck_assert_uint_le(most, 6);
	ck_assert_uint_le(steps, TLSW__CHAIN_STEPS / 4);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("bettertls");
	TCase *t = tcase_create("path building");
	int failed;

	suite_file = json_load_file(TEST_SRCDIR "/vectors/bettertls-pathbuilding.json", 0, NULL);
	cases = json_object_get(
	    json_object_get(json_object_get(suite_file, "suites"), "pathbuilding"), "testCases");
	if (json_array_size(cases) == 0)
		return EXIT_FAILURE;
	/* wall: E12; the suite's NOT_A_CA and MISSING_BASIC_CONSTRAINTS graphs: wall: E01 */
	tcase_add_loop_test(
	    t, each_path_is_judged_as_the_suite_expects, 0, (int)json_array_size(cases));
	tcase_add_test(t, no_case_costs_more_than_a_few_verifications);
	suite_add_tcase(s, t);
	failed = support_run(s);
	json_decref(suite_file);
	return failed;
}
