/*
 * C2SP's x509-limbo: every case for servers, in both profiles. Where we differ
 * from what limbo expects stands in limbo.md, with the reason; the test writes
 * it anew, and fails when the committed one says something else.
 *
 * SPDX-License-Identifier: ISC
 */
#include "support/support.h"

#include <jansson.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chain.h"
#include "match.h"

#define NOW_FILE "tests/limbo.now.md" /* in the build directory */

/* A time when all certificates without a time of their own are meant to be valid. */
#define ORDINARY_TIME 1767225600

static json_t *limbo;
static json_t *cases;

/* --------------------------------------------------------- why we differ */

enum kind {
	PEDANTIC,  /* limbo calls the case pedantic */
	CONFLICT,  /* limbo holds another case that says the opposite */
	CA_POLICY, /* what a CA may write; it changes neither who is trusted nor for what */
	CHOICE	   /* none of these: our own decision, explained */
};
static const char *const kinds[] = {
    "pedantic", "contradicted by another case", "rule for CAs", "choice"};

#define DEFAULT 1U
#define STRICT 2U

/* The first row that fits counts; every row has to fit something. */
static const struct reason {
	unsigned profiles;
	bool accepts;	 /* about a case that we accept, or that we refuse, against limbo */
	const char *key; /* a prefix of the case's id, or of one of its features */
	enum kind kind;
	const char *text;
} reasons[] = {
    {DEFAULT, true, "pedantic-public-suffix", PEDANTIC,
	"there is no public suffix list in the library; a wildcard needs two labels behind it"},
    {DEFAULT | STRICT, true, "pedantic-rfc5280", PEDANTIC,
	"an anchor is trusted as it is, whoever else has signed it; cve::cve-2024-0567 has such an "
	"anchor and is to be accepted"},
    {DEFAULT, true, "pedantic-", PEDANTIC, "asked for by the strict profile only"},

    {DEFAULT | STRICT, true, "rfc5280::nc::permitted-dns-match-noncritical", CONFLICT,
	"we follow webpki::nc::permitted-dns-match-noncritical, as the BR allow"},
    {STRICT, false, "rfc5280::eku::ee-without-eku", CONFLICT,
	"strict follows webpki::eku::ee-without-eku (BR 7.1.2.7.6)"},
    {DEFAULT | STRICT, false, "rfc5280::ca-as-leaf", CONFLICT,
	"we follow webpki::ca-as-leaf: its key usage has no digitalSignature, so it cannot "
	"authenticate a TLS server (RFC 8446 4.4.2.2)"},
    {DEFAULT | STRICT, false, "pathlen::validation-ignores-pathlen-in-leaf", CHOICE,
	"the leaf is a CA whose key usage has no digitalSignature, as in webpki::ca-as-leaf"},

    {DEFAULT, true, "crl::crlnumber-missing", CA_POLICY,
	"RFC 5280 5.2.3 asks CAs for a CRL number; it is needed for delta CRLs only"},
    {DEFAULT, true, "rfc5280::aki::", CA_POLICY,
	"RFC 5280 4.2.1.1 asks CAs for it; it helps to find issuers and proves nothing"},
    {DEFAULT, true, "rfc5280::ski::", CA_POLICY,
	"RFC 5280 4.2.1.2 asks CAs for it; it helps to find issuers and proves nothing"},
    {DEFAULT, true, "webpki::aki::", CA_POLICY,
	"BR 7.1.2.1.3 says how a root refers to itself; it proves nothing"},
    {DEFAULT, true, "rfc5280::ca-empty-subject", CA_POLICY,
	"RFC 5280 4.1.2.6 asks CAs for a subject; signatures decide"},
    {DEFAULT, true, "rfc5280::leaf-ku-keycertsign", CA_POLICY,
	"RFC 5280 4.2.1.9 forbids keyCertSign to it; without CA:TRUE it issues nothing either way"},
    {DEFAULT, true, "rfc5280::nc::invalid-dnsname-leading-period", CA_POLICY,
	"\".example.com\" is no form of RFC 5280 4.2.1.10, but private CAs write it; it is taken "
	"in "
	"its narrow sense"},
    {DEFAULT, true, "rfc5280::nc::not-allowed-in-ee", CA_POLICY,
	"RFC 5280 4.2.1.10 allows them in CA certificates only; in a leaf they constrain nothing"},
    {DEFAULT, true, "rfc5280::pc::", CA_POLICY,
	"RFC 5280 4.2.1.11 asks CAs to make it critical; policies are not processed"},
    {DEFAULT, true, "rfc5280::root-", CA_POLICY,
	"the root is an anchor because it was loaded as one, whatever it says about itself"},
    {DEFAULT, true, "rfc5280::san::noncritical-with-empty-subject", CA_POLICY,
	"RFC 5280 4.1.2.6 asks CAs to make it critical; we always look at it"},
    {DEFAULT, true, "rfc5280::san::underscore-dns", CA_POLICY,
	"private networks have such names; the caller asked for exactly this one"},
    {DEFAULT, true, "webpki::cn::", CA_POLICY,
	"BR 7.1.4.3 says what a common name repeats; it is not looked at"},
    {DEFAULT, true, "webpki::ee-basicconstraints-ca", CA_POLICY,
	"BR 7.1.2.7.8; self-signed certificates as openssl-req(1) makes them are their own CA"},
    {DEFAULT, true, "webpki::forbidden-", CA_POLICY,
	"BR 6.1.5 lists key types and sizes; this one meets the security level"},
    {DEFAULT, true, "webpki::malformed-aia", CA_POLICY,
	"BR 7.1.2.7.7; nothing is ever fetched from there"},
    {DEFAULT, true, "webpki::nc::intermediate-permitted-excluded-subtrees-both", CA_POLICY,
	"BR 7.1.2.5.2 forbids name constraints that constrain nothing"},
    {DEFAULT, true, "webpki::san::san-critical-with-nonempty-subject", CA_POLICY,
	"BR 7.1.2.7.12 says when it is critical; we always look at it"},

    {STRICT, false, "crl::issuer-no-keyusage-extension", CHOICE,
	"OpenSSL's strict flag wants key usage in every CA (RFC 5280 4.2.1.3, BR 7.1.2.1.2)"},
    {STRICT, false, "rfc5280::nc::permitted-dns-match-more", CHOICE,
	"its common name example.com is not among its subjectAltNames, as in "
	"webpki::cn::not-in-san"},
};
#define REASONS (sizeof(reasons) / sizeof(reasons[0]))
static bool used[REASONS];

static bool
starts_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static const char *
text_of(const json_t *one, const char *field)
{
	return json_string_value(json_object_get(one, field));
}

static bool
concerns(const struct reason *reason, const json_t *one)
{
	json_t *feature;
	size_t i;

	if (starts_with(text_of(one, "id"), reason->key))
		return true;
	json_array_foreach(json_object_get(one, "features"), i,
	    feature) if (starts_with(json_string_value(feature), reason->key)) return true;
	return false;
}

static const struct reason *
reason_for(const json_t *one, unsigned profile, bool accepted)
{
	size_t i;

	for (i = 0; i < REASONS; i++)
		if ((reasons[i].profiles & profile) != 0 && reasons[i].accepts == accepted &&
		    concerns(&reasons[i], one)) {
			used[i] = true;
			return &reasons[i];
		}
	return NULL;
}

/* ------------------------------------------------------------- one verdict */

struct verdict {
	bool skipped; /* for clients */
	bool peer;    /* names one */
	bool expected, accepted;
	char why[160]; /* refused for */
};

/* What cannot be decoded is refused where it arrives, so it is NULL here. */
static X509 *
certificate(const json_t *pem)
{
	BIO *bio = BIO_new_mem_buf(json_string_value(pem), -1);
	X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);

	BIO_free(bio);
	return cert;
}

static bool
load_trust(const json_t *one, X509_STORE *store)
{
	json_t *pem;
	bool good = true;
	size_t i;

	json_array_foreach(json_object_get(one, "trusted_certs"), i, pem)
	{
		X509 *cert = certificate(pem);

		good = good && cert != NULL && X509_STORE_add_cert(store, cert) == 1;
		X509_free(cert);
	}
	json_array_foreach(json_object_get(one, "crls"), i, pem)
	{
		BIO *bio = BIO_new_mem_buf(json_string_value(pem), -1);
		X509_CRL *crl = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL);

		good = good && crl != NULL && X509_STORE_add_crl(store, crl) == 1;
		X509_CRL_free(crl);
		BIO_free(bio);
	}
	return good;
}

static bool
load_sent(const json_t *one, STACK_OF(X509) *sent)
{
	json_t *pem;
	size_t i;

	json_array_foreach(json_object_get(one, "untrusted_intermediates"), i, pem)
	{
		X509 *cert = certificate(pem);

		if (cert == NULL || sk_X509_push(sent, cert) <= 0)
			return false;
	}
	return true;
}

static time_t
time_of(const json_t *one)
{
	const char *text = text_of(one, "validation_time");
	struct tm tm = {0};

	if (text == NULL)
		return ORDINARY_TIME;
	ck_assert_int_eq(sscanf(text, "%d-%d-%dT%d:%d:%d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
			     &tm.tm_hour, &tm.tm_min, &tm.tm_sec),
	    6);
	tm.tm_year -= 1900;
	tm.tm_mon--;
	return timegm(&tm); /* a fraction is cut off: whole seconds count (RFC 5280 4.1.2.5) */
}

/*
 * limbo's trusted certificates are anchors whether they are self-signed or not:
 * that is TLSW_VERIFY_PARTIAL_CHAIN.
 */
static struct tlsw__chain_policy
policy_of(const json_t *one, unsigned profile)
{
	const json_t *depth = json_object_get(one, "max_chain_depth");
	struct tlsw__chain_policy policy = {TLSW_VERIFY_PARTIAL_CHAIN, 100, time_of(one), 2};

	if (profile == STRICT)
		policy.flags |= TLSW_VERIFY_STRICT;
	if (json_array_size(json_object_get(one, "crls")) > 0)
		policy.flags |= TLSW_VERIFY_CRL_LEAF;
	if (json_is_integer(depth))
		policy.depth = (int)json_integer_value(depth);
	return policy;
}

static bool
names(X509 *leaf, const struct tlsw__reference *ref)
{
	GENERAL_NAMES *presented = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
	bool found = false;
	int i;

	for (i = 0; i < sk_GENERAL_NAME_num(presented); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(presented, i);

		if (name->type == GEN_DNS)
			found |= tlsw__match_name(ref, TLSW_NAME_DNS, name->d.dNSName->data,
			    (size_t)name->d.dNSName->length);
		if (name->type == GEN_IPADD)
			found |= tlsw__match_name(ref, TLSW_NAME_IP, name->d.iPAddress->data,
			    (size_t)name->d.iPAddress->length);
	}
	GENERAL_NAMES_free(presented);
	return found;
}

static void
explain(struct verdict *verdict, const struct tlsw__chain *chain)
{
	const struct tlsw__chain_problem *first = &chain->problems[0];

	if (!chain->ok)
		(void)snprintf(verdict->why, sizeof(verdict->why), "%s",
		    first->why != NULL ? first->why : X509_verify_cert_error_string(first->error));
}

static void
judge_host(const json_t *one, X509 *leaf, struct tlsw__chain *chain, struct verdict *verdict)
{
	const char *host = text_of(json_object_get(one, "expected_peer_name"), "value");
	struct tlsw__reference ref;

	verdict->peer = host != NULL;
	if (host == NULL)
		return;
	if (tlsw__reference_parse(&ref, host, strlen(host)) != TLSW__NAME_OK || !names(leaf, &ref))
		tlsw__chain_add(
		    chain, X509_V_ERR_HOSTNAME_MISMATCH, 0, "it does not name the host");
	ck_assert_int_eq(tlsw__chain_constrain(chain, &ref), 0);
}

static struct verdict
judge(const json_t *one, unsigned profile)
{
	struct verdict verdict = {
	    .skipped = strcmp(text_of(one, "validation_kind"), "SERVER") != 0};
	struct tlsw__chain_policy policy = policy_of(one, profile);
	X509_STORE *store = X509_STORE_new();
	STACK_OF(X509) *sent = sk_X509_new_null();
	X509 *leaf = certificate(json_object_get(one, "peer_certificate"));
	struct tlsw__chain chain = {0};

	verdict.expected = strcmp(text_of(one, "expected_result"), "SUCCESS") == 0;
	verdict.peer = json_is_object(json_object_get(one, "expected_peer_name"));
	if (!verdict.skipped && load_trust(one, store) && load_sent(one, sent) && leaf != NULL) {
		ck_assert_works(tlsw__chain_build(store, leaf, sent, &policy, &chain) == 0);
		judge_host(one, leaf, &chain, &verdict);
		explain(&verdict, &chain);
		verdict.accepted = chain.ok;
	}
	tlsw__chain_clear(&chain);
	X509_free(leaf);
	sk_X509_pop_free(sent, X509_free);
	X509_STORE_free(store);
	return verdict;
}

/* ---------------------------------------------------------------- limbo.md */

struct score {
	unsigned judged, agree, accepts, refuses;
};

static void
write_difference(FILE *out, const json_t *one, const struct verdict *v, unsigned profile)
{
	const struct reason *reason = reason_for(one, profile, v->accepted);

	ck_assert_msg(reason != NULL, "%s differs from limbo without a reason: %s (%s)",
	    text_of(one, "id"), v->accepted ? "accepted" : "refused", v->why);
	(void)fprintf(out, "| `%s` | %s | %s | %s | %s%s%s |\n", text_of(one, "id"),
	    v->expected ? "accept" : "refuse", v->accepted ? "accept" : "refuse",
	    kinds[reason->kind], reason->text, v->accepted ? "" : "; refused because ", v->why);
}

static struct score
write_profile(FILE *out, unsigned profile)
{
	struct score score = {0};
	json_t *one;
	size_t i;

	(void)fprintf(
	    out, "| case | limbo | here | kind | reason |\n| --- | --- | --- | --- | --- |\n");
	json_array_foreach(cases, i, one)
	{
		struct verdict v = judge(one, profile);

		if (v.skipped || !v.peer)
			continue;
		score.judged++;
		score.agree += v.accepted == v.expected;
		score.accepts += v.accepted && !v.expected;
		score.refuses += !v.accepted && v.expected;
		if (v.accepted != v.expected)
			write_difference(out, one, &v, profile);
	}
	(void)fprintf(out,
	    "\n%u cases: %u as limbo expects, %u accepted and %u refused against it.\n",
	    score.judged, score.agree, score.accepts, score.refuses);
	return score;
}

static void
write_report(FILE *out, struct score *plain, struct score *strict)
{
	(void)fputs(
	    "# x509-limbo, case by case\n\n"
	    "Made by `tests/test_limbo`; do not edit. Listed is every server case that names a "
	    "peer\n"
	    "and comes out differently from what limbo expects. limbo's trusted certificates are\n"
	    "anchors whatever their form, so both profiles have `TLSW_VERIFY_PARTIAL_CHAIN`; a\n"
	    "maximum depth and CRLs are passed on. \"Rule for CAs\" marks what RFC 5280 or the\n"
	    "Baseline Requirements (BR) ask of the issuer and what changes neither who is trusted\n"
	    "nor for what. Limbo's ten client cases and the one without a peer are not counted.\n\n"
	    "## The default profile\n\n",
	    out);
	*plain = write_profile(out, DEFAULT);
	(void)fputs("\n## `TLSW_VERIFY_STRICT`\n\n", out);
	*strict = write_profile(out, STRICT);
	(void)fputs("\nRight for another reason: limbo's two wildcards over a public suffix of "
		    "several labels\n"
		    "are refused for their common name (BR 7.1.4.3); there is no public suffix "
		    "list here.\n",
	    out);
}

START_TEST(where_we_differ_is_what_limbo_md_says)
{
	struct score plain, strict;
	char *now = NULL, *committed = support_read_file("limbo.md", NULL);
	size_t size = 0, i;
	FILE *out = open_memstream(&now, &size), *file;

	ck_assert_ptr_nonnull(out);
	write_report(out, &plain, &strict);
	ck_assert_int_eq(fclose(out), 0);
	file = fopen(NOW_FILE, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(now, file), 0);
	ck_assert_int_eq(fclose(file), 0);
	printf("limbo: of %u cases default agrees on %u (accepts %u, refuses %u), "
	       "strict on %u (accepts %u, refuses %u)\n",
	    plain.judged, plain.agree, plain.accepts, plain.refuses, strict.agree, strict.accepts,
	    strict.refuses);
	ck_assert_msg(strcmp(now, committed) == 0,
	    "tests/limbo.md is not what the test finds. Read " NOW_FILE
	    " in the build directory; if it is right, copy it to tests/limbo.md");
	for (i = 0; i < REASONS; i++)
		ck_assert_msg(used[i], "the reason for \"%s\" explains nothing", reasons[i].key);
	ck_assert_uint_eq(plain.judged, 196);
	ck_assert_uint_le(strict.accepts + strict.refuses, 8);
	free(now);
	free(committed);
}
END_TEST

START_TEST(by_default_nothing_else_than_pedantry_is_accepted)
{
	json_t *one;
	size_t i;

	json_array_foreach(cases, i, one)
	{
		struct verdict v = judge(one, DEFAULT);
		const struct reason *reason;

		if (v.skipped || !v.accepted || v.expected)
			continue;
		reason = reason_for(one, DEFAULT, true);
		ck_assert_msg(reason != NULL && reason->kind != CHOICE, "%s", text_of(one, "id"));
		ck_assert_msg(reason->kind != PEDANTIC || starts_with(reason->key, "pedantic-"),
		    "%s", text_of(one, "id"));
		ck_assert_msg(reason->kind != CONFLICT ||
				  json_array_size(json_object_get(one, "conflicts_with")) > 0,
		    "%s", text_of(one, "id"));
	}
}
END_TEST

START_TEST(real_chains_are_accepted_in_both_profiles)
{
	unsigned online = 0;
	json_t *one;
	size_t i;

	json_array_foreach(cases, i, one)
	{
		struct verdict plain, strict;

		if (!starts_with(text_of(one, "id"), "online::"))
			continue;
		online++;
		plain = judge(one, DEFAULT);
		strict = judge(one, STRICT);
		ck_assert_msg(plain.accepted, "%s: %s", text_of(one, "id"), plain.why);
		ck_assert_msg(strict.accepted, "%s: %s", text_of(one, "id"), strict.why);
	}
	ck_assert_uint_gt(online, 0);
}
END_TEST

START_TEST(strict_accepts_nothing_that_the_default_refuses)
{
	json_t *one;
	size_t i;

	json_array_foreach(cases, i, one) ck_assert_msg(
	    judge(one, DEFAULT).accepted || !judge(one, STRICT).accepted, "%s", text_of(one, "id"));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("limbo");
	TCase *t = tcase_create("x509-limbo");
	int failed;

	limbo = json_load_file(TEST_SRCDIR "/vectors/limbo.json", 0, NULL);
	cases = json_object_get(limbo, "testcases");
	if (json_array_size(cases) == 0)
		return EXIT_FAILURE;
	tcase_set_timeout(t, 60);
	/* wall: E08, wall: F01, wall: F06 */
	tcase_add_test(t, where_we_differ_is_what_limbo_md_says);
	tcase_add_test(t, by_default_nothing_else_than_pedantry_is_accepted);
	tcase_add_test(t, real_chains_are_accepted_in_both_profiles);
	/* wall: E02 */
	tcase_add_test(t, strict_accepts_nothing_that_the_default_refuses);
	suite_add_tcase(s, t);
	failed = support_run(s);
	json_decref(limbo);
	return failed;
}
