/*
 * Path building and its bounds, on certificates made for the purpose.
 *
 * SPDX-License-Identifier: ISC
 */
#include "support/support.h"

#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/chain_support.h"

/* Another certificate for a CA's name and key, signed by issuer. */
static struct pki *
cross(const struct pki *ca, const char *cn, const struct pki *issuer)
{
	return CA(.cn = cn, .key = pki_key(ca), .issuer = issuer);
}

/* ---------------------------------------------------------- ordinary chains */

START_TEST(a_good_chain_costs_one_verification)
{
	struct pki *root = CA(.cn = "Root"), *ca = CA(.cn = "CA", .issuer = root);
	struct tlsw__chain chain;

	chain = chain_judge(PKI_LIST(root), PKI_LIST(LEAF(.issuer = ca), ca), &chain_ordinary);
	ck_assert(chain.ok);
	ck_assert_uint_eq(chain.verifications, 1);
	ck_assert_uint_eq(chain.steps, 0);
	ck_assert_int_eq(sk_X509_num(chain.path), 3);
	ck_assert_int_eq(chain.presented, 2);
	ck_assert_int_eq(X509_cmp(sk_X509_value(chain.path, 2), pki_x509(root)), 0);
	tlsw__chain_clear(&chain);
}
END_TEST

START_TEST(a_self_signed_certificate_can_be_its_own_anchor)
{
	/* as "openssl req -x509" makes it: CA:TRUE, SKI, AKI, no key usage, no EKU */
	struct pki *own = CA(.cn = "www.lab.test", .san = PKI_NAMES(PKI_DNS("www.lab.test")),
	    .key_usage = PKI_NO_KEY_USAGE, .eku = PKI_NO_EKU, .aki = PKI_ID_ON);

	chain_accepted(PKI_LIST(own), PKI_LIST(own));
	chain_refused(
	    PKI_LIST(CA(.cn = "Root")), PKI_LIST(own), X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT);
}
END_TEST

START_TEST(private_roots_need_no_extras)
{
	struct pki *no_ski = CA(.cn = "No SKI", .ski = PKI_ID_OFF);
	struct pki *no_usage = CA(.cn = "No key usage", .key_usage = PKI_NO_KEY_USAGE);
	struct pki *version_1 = chain_keep(pki_make(.cn = "Version 1", .version = 1));

	chain_accepted(PKI_LIST(no_ski), PKI_LIST(LEAF(.issuer = no_ski, .eku = PKI_NO_EKU)));
	chain_accepted(PKI_LIST(no_usage), PKI_LIST(LEAF(.issuer = no_usage, .eku = PKI_NO_EKU)));
	/* wall: E05 documented: a version 1 root counts when it was loaded as an anchor */
	chain_accepted(PKI_LIST(version_1), PKI_LIST(LEAF(.issuer = version_1)));
}
END_TEST

START_TEST(an_expired_leaf_of_an_unknown_ca_is_both)
{
	struct pki *leaf = LEAF(.issuer = CA(.cn = "Other"), .not_before = -20, .not_after = -10);
	struct tlsw__chain chain =
	    chain_judge(PKI_LIST(CA(.cn = "Root")), PKI_LIST(leaf), &chain_ordinary);

	ck_assert(!chain.ok);
	ck_assert_int_eq(chain.problems[0].error, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
	ck_assert(chain_found(&chain, X509_V_ERR_CERT_HAS_EXPIRED, 0));
	tlsw__chain_clear(&chain);
}
END_TEST

START_TEST(everything_wrong_with_a_complete_chain_is_found)
{
	struct pki *root = CA(.cn = "Root", .not_before = -20, .not_after = -10);
	struct pki *ca = CA(.cn = "CA", .issuer = root, .not_before = 1000, .not_after = 2000);
	struct pki *leaf = LEAF(.issuer = ca, .not_before = -20, .not_after = -10,
	    .eku = PKI_OIDS("1.3.6.1.5.5.7.3.2"));
	struct tlsw__chain chain = chain_judge(PKI_LIST(root), PKI_LIST(leaf, ca), &chain_ordinary);

	ck_assert(chain_found(&chain, X509_V_ERR_INVALID_PURPOSE, 0));
	ck_assert(chain_found(&chain, X509_V_ERR_CERT_HAS_EXPIRED, 0));
	ck_assert(chain_found(&chain, X509_V_ERR_CERT_NOT_YET_VALID, 1));
	ck_assert(chain_found(&chain, X509_V_ERR_CERT_HAS_EXPIRED, 2));
	ck_assert_uint_eq(chain.verifications, 2); /* the decision and the diagnosis */
	tlsw__chain_clear(&chain);
}
END_TEST

#define NOON ((time_t)1893499200)

/* RFC 5280 4.1.2.5: from notBefore to notAfter, inclusive. */
static const struct {
	const char *label;
	long from, to; /* seconds from the time of verification */
	long error;
} seconds[] = {
    {"the last second of a certificate", -100, 0, X509_V_OK},
    {"the first second of a certificate", 0, 100, X509_V_OK},
    {"one second after its end", -100, -1, X509_V_ERR_CERT_HAS_EXPIRED},
    {"one second before its beginning", 1, 100, X509_V_ERR_CERT_NOT_YET_VALID},
};

START_TEST(the_validity_period_includes_both_ends)
{
	struct tlsw__chain_policy at = {.depth = 100, .security_level = 2, .when = NOON};
	struct pki *root = CA(.cn = "Root", .base = NOON, .not_before = -1000, .not_after = 1000);
	struct pki *leaf = LEAF(.issuer = root, .base = NOON + 1000000,
	    .not_before = seconds[_i].from - 1000000, .not_after = seconds[_i].to - 1000000);
	struct tlsw__chain chain = chain_judge(PKI_LIST(root), PKI_LIST(leaf), &at);

	ck_assert_msg(chain.problems[0].error == seconds[_i].error, "%s", seconds[_i].label);
	tlsw__chain_clear(&chain);
}
END_TEST

START_TEST(the_callers_openssl_errors_stay)
{
	struct tlsw__chain chain;

	ERR_raise(ERR_LIB_USER, 42);
	chain = chain_judge(PKI_LIST(CA(.cn = "Root")), PKI_LIST(LEAF(.issuer = CA(.cn = "Other"))),
	    &chain_ordinary);
	ck_assert_int_eq(ERR_GET_REASON(ERR_get_error()), 42);
	ck_assert_uint_eq(ERR_get_error(), 0);
	tlsw__chain_clear(&chain);
}
END_TEST

START_TEST(the_callers_store_parameters_do_not_weaken)
{
	X509_STORE *store = pki_store(PKI_LIST(CA(.cn = "Root")));
	struct pki *root = chain_made(0),
		   *leaf = LEAF(.issuer = root, .not_before = -20, .not_after = -10,
		       .extra = PKI_EXTENSIONS(PKI_EXTENSION("1.2.3.4", true, "\5")));
	struct tlsw__chain chain;

	X509_STORE_set_flags(store, X509_V_FLAG_NO_CHECK_TIME | X509_V_FLAG_IGNORE_CRITICAL);
	ck_assert_int_eq(
	    tlsw__chain_build(store, pki_x509(leaf), NULL, &chain_ordinary, &chain), 0);
	ck_assert(chain_found(&chain, X509_V_ERR_CERT_HAS_EXPIRED, 0));
	ck_assert(chain_found(&chain, X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION, 0));
	tlsw__chain_clear(&chain);
	X509_STORE_free(store);
}
END_TEST

/* ------------------------------------------------------------------- depth */

START_TEST(depth_counts_what_stands_between_leaf_and_anchor)
{
	struct pki *root = CA(.cn = "Root"), *a = CA(.cn = "A", .issuer = root);
	struct pki *again = CA(.cn = "A", .issuer = a); /* self-issued: a new key for A */
	struct pki *b = CA(.cn = "B", .issuer = again);
	struct tlsw__chain_policy policy = chain_ordinary;
	struct tlsw__chain chain;
	int depth;

	for (depth = 0; depth < 4; depth++) {
		policy.depth = depth;
		chain =
		    chain_judge(PKI_LIST(root), PKI_LIST(LEAF(.issuer = b), b, again, a), &policy);
		ck_assert_msg(chain.ok == (depth >= 2), "depth %d", depth);
		ck_assert(chain.ok || chain_found(&chain, X509_V_ERR_CERT_CHAIN_TOO_LONG, 3));
		tlsw__chain_clear(&chain);
	}
	policy.depth = 0;
	chain = chain_judge(PKI_LIST(root), PKI_LIST(LEAF(.issuer = root)), &policy);
	ck_assert(chain.ok);
	tlsw__chain_clear(&chain);
}
END_TEST

START_TEST(a_shorter_path_is_taken_where_the_first_is_too_deep)
{
	struct pki *top = CA(.cn = "Top"), *root = CA(.cn = "Root");
	struct pki *a = CA(.cn = "A", .issuer = CA(.cn = "B", .issuer = top));
	struct tlsw__chain_policy policy = {.depth = 1, .security_level = 2};
	struct tlsw__chain chain = chain_judge(PKI_LIST(top, root),
	    PKI_LIST(LEAF(.issuer = a), a, chain_made(2), cross(a, "A", root)), &policy);

	ck_assert(chain.ok);
	ck_assert_int_eq(sk_X509_num(chain.path), 3);
	tlsw__chain_clear(&chain);
}
END_TEST

static const int lengths[] = {15, 16, 17, 18, 19, 20, 98, 100, 101, 120, 130};

/* wall: E10 and wall: A23: a limit is an error, nothing else */
START_TEST(long_chains_are_verified_up_to_the_limit)
{
	const struct pki *sent[140] = {NULL};
	struct pki *root = CA(.cn = "Root"), *issuer = root;
	struct tlsw__chain chain;
	int i, n = lengths[_i];
	char name[24];

	for (i = n; i > 0; i--) {
		(void)snprintf(name, sizeof(name), "CA %d", i);
		issuer = CA(.cn = name, .issuer = issuer);
		sent[i] = issuer;
	}
	sent[0] = LEAF(.issuer = issuer);
	chain = chain_judge(PKI_LIST(root), sent, &chain_ordinary);
	ck_assert_msg(chain.ok == (n <= 100), "%d intermediates", n);
	ck_assert(chain.ok || chain.problems[0].error == X509_V_ERR_CERT_CHAIN_TOO_LONG);
	tlsw__chain_clear(&chain);
}
END_TEST

/* ------------------------------------------------------ who may be an issuer */

/* wall: E01 (with the other path: wall: E12) */
START_TEST(a_leaf_issues_nothing_whatever_other_paths_there_are)
{
	struct pki *root = CA(.cn = "Root"), *ca = CA(.cn = "CA", .issuer = root);
	struct pki *leaf = LEAF(.issuer = ca, .key_usage = KU_DIGITAL_SIGNATURE | KU_KEY_CERT_SIGN);
	struct pki *forged = chain_keep(pki_make(.cn = "bank.test", .issuer = leaf));

	chain_refused(PKI_LIST(root), PKI_LIST(forged, leaf, ca), X509_V_ERR_INVALID_CA);
	chain_refused(PKI_LIST(root), PKI_LIST(forged, leaf, ca, cross(ca, "CA", root)),
	    X509_V_ERR_INVALID_CA);
	chain_refused(PKI_LIST(root, ca), PKI_LIST(forged, ca, leaf), X509_V_ERR_INVALID_CA);
}
END_TEST

/* wall: E03 */
START_TEST(a_copy_of_the_root_makes_no_issuer)
{
	struct pki *root = CA(.cn = "Root"), *copy = CA(.cn = "Root");
	struct pki *forged = LEAF(.issuer = copy);

	chain_refused(PKI_LIST(root), PKI_LIST(forged, copy), X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN);
	chain_refused(
	    PKI_LIST(root), PKI_LIST(forged, copy, root), X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN);
	chain_refused(
	    PKI_LIST(root), PKI_LIST(forged, root), X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
	/* without key identifiers only the signature can tell */
	copy = CA(.cn = "Root", .ski = PKI_ID_OFF);
	forged = LEAF(.issuer = copy, .aki = PKI_ID_OFF);
	chain_refused(PKI_LIST(root), PKI_LIST(forged, copy), X509_V_ERR_CERT_SIGNATURE_FAILURE);
}
END_TEST

/* wall: E04, wall: E05 */
static const struct {
	const char *label;
	struct pki_spec ca;
	long error;
} issuers[] = {
    {"a leaf", {.basic = PKI_LEAF}, X509_V_ERR_INVALID_CA},
    {"a leaf that may sign certificates", {.basic = PKI_LEAF, .key_usage = KU_KEY_CERT_SIGN},
	X509_V_ERR_INVALID_CA},
    {"no basic constraints", {.basic = PKI_NO_BASIC, .key_usage = PKI_NO_KEY_USAGE},
	X509_V_ERR_INVALID_CA},
    {"a key usage instead of basic constraints",
	{.basic = PKI_NO_BASIC, .key_usage = KU_KEY_CERT_SIGN}, X509_V_ERR_INVALID_CA},
    {"a CA that may not sign certificates", {.basic = PKI_CA, .key_usage = KU_CRL_SIGN},
	X509_V_ERR_INVALID_CA},
    {"version 1", {.version = 1}, X509_V_ERR_INVALID_CA},
    {"a path length of 0 above", {.basic = PKI_CA}, X509_V_ERR_PATH_LENGTH_EXCEEDED},
    {"e-mail only (wall: F10)", {.basic = PKI_CA, .eku = PKI_OIDS("1.3.6.1.5.5.7.3.4")},
	X509_V_ERR_INVALID_PURPOSE},
};

START_TEST(what_is_no_ca_issues_nothing)
{
	struct pki *root = CA(.cn = "Root", .has_pathlen = true,
	    .pathlen = issuers[_i].error == X509_V_ERR_PATH_LENGTH_EXCEEDED ? 0 : 1);
	struct pki_spec spec = issuers[_i].ca;
	struct pki *ca, *leaf;
	int strict;

	spec.cn = "CA";
	spec.issuer = root;
	ca = chain_keep(pki_new(&spec));
	leaf = LEAF(.issuer = ca);
	for (strict = 0; strict < 2; strict++) { /* wall: E02 */
		struct tlsw__chain_policy policy = chain_ordinary;
		struct tlsw__chain chain;

		policy.flags = strict ? TLSW_VERIFY_STRICT : 0;
		chain = chain_judge(PKI_LIST(root), PKI_LIST(leaf, ca), &policy);
		ck_assert_msg(!chain.ok, "%s", issuers[_i].label);
		ck_assert_msg(chain.problems[0].error == issuers[_i].error || strict, "%s: %s",
		    issuers[_i].label, X509_verify_cert_error_string(chain.problems[0].error));
		tlsw__chain_clear(&chain);
	}
}
END_TEST

/* wall: E06 */
START_TEST(the_name_of_an_anchor_makes_no_anchor)
{
	struct pki *root = CA(.cn = "Root"), *own = CA(.cn = "Root");

	chain_refused(PKI_LIST(root), PKI_LIST(own), X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT);
	chain_refused(PKI_LIST(root), PKI_LIST(chain_keep(pki_make(.cn = "Root", .issuer = own))),
	    X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
}
END_TEST

/* ---------------------------------------------------------------- other paths */

/* wall: E11 */
START_TEST(an_expired_cross_signature_does_not_matter)
{
	struct pki *old = CA(.cn = "Old", .not_before = -20, .not_after = -10);
	struct pki *root = CA(.cn = "Root"), *ca = CA(.cn = "CA", .issuer = root);
	struct pki *expired = CA(.cn = "Root", .key = pki_key(root), .issuer = old,
	    .not_before = -20, .not_after = -10);
	struct pki *leaf = LEAF(.issuer = ca);

	chain_accepted(PKI_LIST(root), PKI_LIST(leaf, ca, expired));
	chain_accepted(PKI_LIST(root), PKI_LIST(leaf, expired, ca));
	chain_accepted(PKI_LIST(root, old), PKI_LIST(leaf, ca, expired));
	chain_accepted(PKI_LIST(old, root), PKI_LIST(leaf, ca, expired, old));
	/* the same one step below, where OpenSSL alone gives up */
	expired = CA(.cn = "CA", .key = pki_key(ca), .issuer = old);
	chain_accepted(PKI_LIST(root, old), PKI_LIST(leaf, expired, ca));
	chain_accepted(PKI_LIST(root, old), PKI_LIST(leaf, ca, expired));
	chain_refused(PKI_LIST(old), PKI_LIST(leaf, expired, ca), X509_V_ERR_CERT_HAS_EXPIRED);
}
END_TEST

START_TEST(two_anchors_of_one_name_are_both_tried)
{
	struct pki *first = CA(.cn = "Root", .ski = PKI_ID_OFF);
	struct pki *second = CA(.cn = "Root", .ski = PKI_ID_OFF);
	struct pki *leaf = LEAF(.issuer = second, .aki = PKI_ID_OFF);

	chain_accepted(PKI_LIST(first, second), PKI_LIST(leaf));
	chain_accepted(PKI_LIST(second, first), PKI_LIST(leaf));
	chain_refused(PKI_LIST(first), PKI_LIST(leaf), X509_V_ERR_CERT_SIGNATURE_FAILURE);
}
END_TEST

START_TEST(an_issuer_with_another_key_costs_no_verification)
{
	const struct pki *roots[12] = {NULL};
	struct pki *leaf = NULL;
	struct tlsw__chain chain;
	int i;

	for (i = 0; i < 10; i++)
		roots[i] = CA(.cn = "Root", .ski = PKI_ID_OFF);
	leaf = LEAF(.issuer = roots[9], .aki = PKI_ID_OFF);
	chain = chain_judge(roots, PKI_LIST(leaf), &chain_ordinary);
	ck_assert(chain.ok);
	ck_assert_uint_le(chain.verifications, 2);
	tlsw__chain_clear(&chain);
}
END_TEST

START_TEST(what_a_path_is_refused_for_is_told_about_the_best_one)
{
	struct pki *root = CA(.cn = "Root");
	struct pki *ca = CA(.cn = "CA", .issuer = CA(.cn = "Stranger"));
	struct pki *expired =
	    CA(.cn = "CA", .key = pki_key(ca), .issuer = root, .not_before = -20, .not_after = -10);
	struct tlsw__chain chain =
	    chain_judge(PKI_LIST(root), PKI_LIST(LEAF(.issuer = ca), ca, expired), &chain_ordinary);

	ck_assert(!chain.ok);
	ck_assert_int_eq(chain.problems[0].error, X509_V_ERR_CERT_HAS_EXPIRED);
	ck_assert_int_eq(chain.problems[0].depth, 1);
	ck_assert_int_eq(sk_X509_num(chain.path), 3);
	tlsw__chain_clear(&chain);
}
END_TEST

/* A store as pki_store() makes it, with one certificate distrusted for TLS servers. */
static X509_STORE *
store_distrusting(const struct pki *const *trusted, struct pki *bad)
{
	X509_STORE *store = pki_store(trusted);
	X509 *copy = X509_dup(pki_x509(bad));
	ASN1_OBJECT *server = OBJ_nid2obj(NID_server_auth);

	ck_assert_int_eq(X509_add1_reject_object(copy, server), 1);
	ck_assert_int_eq(X509_STORE_add_cert(store, copy), 1);
	X509_free(copy);
	return store;
}

/* wall: N05 */
START_TEST(distrust_is_not_searched_around)
{
	struct pki *root = CA(.cn = "Root"), *bad = CA(.cn = "Bad");
	struct pki *around = cross(bad, "Bad", root), *ca = CA(.cn = "CA", .issuer = bad);
	struct pki *leaf = LEAF(.issuer = ca), *forgiven = LEAF(.issuer = around);
	X509_STORE *store = store_distrusting(PKI_LIST(root), bad);
	STACK_OF(X509) *sent = pki_stack(PKI_LIST(ca, around));
	struct tlsw__chain chain;

	ck_assert_int_eq(
	    tlsw__chain_build(store, pki_x509(leaf), sent, &chain_ordinary, &chain), 0);
	ck_assert(!chain.ok);
	ck_assert_int_eq(chain.problems[0].error, X509_V_ERR_CERT_REJECTED);
	tlsw__chain_clear(&chain);
	ck_assert_int_eq(
	    tlsw__chain_build(store, pki_x509(forgiven), sent, &chain_ordinary, &chain), 0);
	ck_assert(!chain.ok);
	tlsw__chain_clear(&chain);
	sk_X509_pop_free(sent, X509_free);
	X509_STORE_free(store);
	/* the cross signature is what carries it where nobody is distrusted */
	chain_accepted(PKI_LIST(root), PKI_LIST(leaf, ca, around));
}
END_TEST

/* Sent by the peer as well, it does not become an ordinary intermediate. */
START_TEST(a_distrusted_intermediate_is_no_step_on_the_way)
{
	struct pki *root = CA(.cn = "Root"), *bad = CA(.cn = "Bad", .issuer = root);
	struct pki *leaf = LEAF(.issuer = bad);
	X509_STORE *store = store_distrusting(PKI_LIST(root), bad);
	struct tlsw__chain chain = chain_judge_in(store, PKI_LIST(leaf, bad), &chain_ordinary);

	ck_assert(!chain.ok);
	ck_assert_int_eq(chain.problems[0].error, X509_V_ERR_CERT_REJECTED);
	tlsw__chain_clear(&chain);
	X509_STORE_free(store);
	chain_accepted(PKI_LIST(root), PKI_LIST(leaf, bad));
}
END_TEST

START_TEST(partial_chains_end_where_the_caller_says)
{
	struct pki *ca = CA(.cn = "CA", .issuer = CA(.cn = "Root"));
	struct tlsw__chain_policy partial = chain_ordinary;
	struct tlsw__chain chain;

	chain_refused(
	    PKI_LIST(ca), PKI_LIST(LEAF(.issuer = ca)), X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT);
	partial.flags = TLSW_VERIFY_PARTIAL_CHAIN;
	chain = chain_judge(PKI_LIST(ca), PKI_LIST(LEAF(.issuer = ca)), &partial);
	ck_assert(chain.ok);
	ck_assert_int_eq(sk_X509_num(chain.path), 2);
	tlsw__chain_clear(&chain);
}
END_TEST

/* ------------------------------------------------------------- hostile chains */

/* size CAs that sign each other in a ring (and themselves, with other serials), none an anchor. */
static void
check_ring(int size)
{
	const struct pki *sent[16] = {NULL};
	struct pki *ring[8];
	struct tlsw__chain chain;
	char name[24], above[24];
	int i, n = 1;

	for (i = 0; i < size; i++) {
		(void)snprintf(name, sizeof(name), "CA %d", i);
		ring[i] = CA(.cn = name);
	}
	for (i = 0; i < size; i++) {
		(void)snprintf(name, sizeof(name), "CA %d", i);
		(void)snprintf(above, sizeof(above), "CA %d", (i + 1) % size);
		sent[n++] = CA(.cn = name, .key = pki_key(ring[i]), .issuer = ring[(i + 1) % size],
		    .issuer_cn = above);
	}
	sent[0] = LEAF(.issuer = ring[0]);
	chain = chain_judge(PKI_LIST(CA(.cn = "Root")), sent, &chain_ordinary);
	ck_assert_msg(!chain.ok, "ring of %d", size);
	ck_assert_uint_le(chain.verifications, 3);
	ck_assert_msg(
	    chain.steps < TLSW__CHAIN_STEPS / 4, "ring of %d: %u steps", size, chain.steps);
	tlsw__chain_clear(&chain);
}

static const int rings[] = {1, 2, 3, 6};

/* wall: E08, wall: E09, wall: E07 (a refusal, no hang) */
START_TEST(rings_of_cas_end)
{
	check_ring(rings[_i]);
}
END_TEST

/* wall: E08 the ring of the advisory, which does lead to an anchor */
START_TEST(a_ring_with_a_way_out_is_left)
{
	struct pki *a = CA(.cn = "A"), *b = CA(.cn = "B"), *c = CA(.cn = "C");
	struct pki *a1 = CA(.cn = "A1", .issuer = a), *leaf = LEAF(.issuer = a1);

	chain_accepted(PKI_LIST(a),
	    PKI_LIST(LEAF(.issuer = a1), a1, cross(a, "A", b), cross(a, "A", c), cross(b, "B", a),
		cross(b, "B", c), cross(c, "C", a), cross(c, "C", b)));
	chain_refused(PKI_LIST(CA(.cn = "Z")),
	    PKI_LIST(leaf, a1, cross(a, "A", b), cross(b, "B", a)),
	    X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
}
END_TEST

/*
 * levels of k certificates, each for the same name and key as its siblings and
 * signed by the level above; the top one is signed by top, or by a stranger.
 */
static struct pki *
add_siblings(const struct pki **sent, int k, int levels, const char *key_type, struct pki *top)
{
	struct pki *issuer = top;
	char name[24];
	int level, i, n = 0;

	for (level = levels; level > 0; level--) {
		struct pki *first = NULL;

		(void)snprintf(name, sizeof(name), "Level %d", level);
		for (i = 0; i < k; i++) {
			struct pki *one = CA(.cn = name, .issuer = issuer, .key_type = key_type,
			    .key = first != NULL ? pki_key(first) : NULL);

			first = first != NULL ? first : one;
			sent[n++] = one;
		}
		issuer = first;
	}
	return issuer;
}

/* The leaf is good but for the last thing that is looked at: no path can be the right one. */
static struct tlsw__chain
judge_siblings(int k, int levels, const char *key_type, struct pki *root, struct pki *top)
{
	const struct pki *sent[CHAIN_KEEP_MAX / 2] = {NULL};
	struct pki *issuer = add_siblings(sent + 1, k, levels, key_type, top);

	sent[0] = LEAF(.issuer = issuer, .not_before = -20, .not_after = -10);
	return chain_judge(PKI_LIST(root), sent, &chain_ordinary);
}

static const struct {
	int k;
	const char *key_type;
} siblings[] = {{2, "P-256"}, {3, "P-256"}, {4, "P-256"}, {8, "P-256"}, {8, "P-384"}, {4, "P-521"},
    {4, "RSA-2048:3"}};

/* wall: E13 */
START_TEST(siblings_on_every_level_cost_no_more_than_the_budget)
{
	struct pki *root = CA(.cn = "Root"), *stranger = CA(.cn = "Stranger");
	struct tlsw__chain chain;

	chain = judge_siblings(siblings[_i].k, 8, siblings[_i].key_type, root, root);
	ck_assert(!chain.ok);
	ck_assert_uint_le(chain.verifications, 64);
	ck_assert(chain_found(&chain, X509_V_ERR_CERT_HAS_EXPIRED, 0));
	tlsw__chain_clear(&chain);
	/* where nothing leads to an anchor, each certificate is seen through once */
	chain = judge_siblings(siblings[_i].k, 8, siblings[_i].key_type, root, stranger);
	ck_assert(!chain.ok);
	ck_assert_uint_le(chain.verifications, 3);
	tlsw__chain_clear(&chain);
}
END_TEST

START_TEST(a_good_path_behind_a_maze_is_found)
{
	const struct pki *sent[CHAIN_KEEP_MAX / 2] = {NULL};
	struct pki *root = CA(.cn = "Root");
	struct pki *last = add_siblings(sent + 1, 4, 8, "P-256", CA(.cn = "Stranger"));

	sent[0] = LEAF(.issuer = last);
	sent[4 * 8 + 1] = cross(last, "Level 1", root);
	chain_accepted(PKI_LIST(root), sent);
}
END_TEST

START_TEST(one_path_among_many_siblings_is_found)
{
	struct pki *root = CA(.cn = "Root"), *stranger = CA(.cn = "Stranger");
	struct pki *ca = CA(.cn = "CA", .issuer = stranger);
	const struct pki *sent[40] = {NULL, ca};
	int i;

	for (i = 2; i < 32; i++)
		sent[i] = cross(ca, "CA", stranger);
	sent[32] = cross(ca, "CA", root);
	sent[0] = LEAF(.issuer = ca);
	chain_accepted(PKI_LIST(root), sent);
}
END_TEST

/* ------------------------------------------------------------------- reasons */

START_TEST(every_error_of_openssl_has_a_reason)
{
	long error;

	ck_assert_uint_eq(tlsw__chain_reason(X509_V_OK), 0);
	for (error = 1; error <= X509_V_ERR_EC_KEY_EXPLICIT_PARAMS; error++)
		ck_assert_uint_ne(tlsw__chain_reason(error), 0);
	ck_assert_uint_eq(tlsw__chain_reason(X509_V_ERR_CERT_HAS_EXPIRED), TLSW_REASON_EXPIRED);
	ck_assert_uint_eq(tlsw__chain_reason(X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY),
	    TLSW_REASON_UNKNOWN_CA);
	ck_assert_uint_eq(tlsw__chain_reason(X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT),
	    TLSW_REASON_SELF_SIGNED | TLSW_REASON_UNKNOWN_CA);
	ck_assert_uint_eq(tlsw__chain_reason(123456), TLSW_REASON_OTHER);
}
END_TEST

#define COUNT(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

static void
add_paths(Suite *s)
{
	TCase *t = tcase_create("paths");

	tcase_add_checked_fixture(t, NULL, chain_free_all);
	tcase_add_test(t, a_good_chain_costs_one_verification);
	tcase_add_test(t, a_self_signed_certificate_can_be_its_own_anchor);
	tcase_add_test(t, private_roots_need_no_extras);
	tcase_add_test(t, an_expired_leaf_of_an_unknown_ca_is_both);
	tcase_add_test(t, everything_wrong_with_a_complete_chain_is_found);
	tcase_add_loop_test(t, the_validity_period_includes_both_ends, 0, COUNT(seconds));
	tcase_add_test(t, the_callers_openssl_errors_stay);
	tcase_add_test(t, the_callers_store_parameters_do_not_weaken);
	tcase_add_test(t, depth_counts_what_stands_between_leaf_and_anchor);
	tcase_add_test(t, a_shorter_path_is_taken_where_the_first_is_too_deep);
	tcase_add_loop_test(t, long_chains_are_verified_up_to_the_limit, 0, COUNT(lengths));
	tcase_add_test(t, a_leaf_issues_nothing_whatever_other_paths_there_are);
	tcase_add_test(t, a_copy_of_the_root_makes_no_issuer);
	tcase_add_loop_test(t, what_is_no_ca_issues_nothing, 0, COUNT(issuers));
	tcase_add_test(t, the_name_of_an_anchor_makes_no_anchor);
	tcase_add_test(t, every_error_of_openssl_has_a_reason);
	suite_add_tcase(s, t);
}

static void
add_search(Suite *s)
{
	TCase *t = tcase_create("search");

	tcase_add_checked_fixture(t, NULL, chain_free_all);
	tcase_set_timeout(t, 30);
	tcase_add_test(t, an_expired_cross_signature_does_not_matter);
	tcase_add_test(t, two_anchors_of_one_name_are_both_tried);
	tcase_add_test(t, an_issuer_with_another_key_costs_no_verification);
	tcase_add_test(t, what_a_path_is_refused_for_is_told_about_the_best_one);
	tcase_add_test(t, distrust_is_not_searched_around);
	tcase_add_test(t, a_distrusted_intermediate_is_no_step_on_the_way);
	tcase_add_test(t, partial_chains_end_where_the_caller_says);
	tcase_add_loop_test(t, rings_of_cas_end, 0, COUNT(rings));
	tcase_add_test(t, a_ring_with_a_way_out_is_left);
	tcase_add_loop_test(
	    t, siblings_on_every_level_cost_no_more_than_the_budget, 0, COUNT(siblings));
	tcase_add_test(t, a_good_path_behind_a_maze_is_found);
	tcase_add_test(t, one_path_among_many_siblings_is_found);
	suite_add_tcase(s, t);
}

int
main(void)
{
	Suite *s = suite_create("chain");

	add_paths(s);
	add_search(s);
	return support_run(s);
}
