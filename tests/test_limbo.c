/*
 * C2SP's x509-limbo: every case for servers, in both profiles, asked as any
 * program would: tls_context_verify() and the setters of tlswrap.h. Where we
 * differ from what limbo expects stands in limbo.md, with the reason; the test
 * writes it anew, and fails when the committed one says something else.
 *
 * SPDX-License-Identifier: ISC
 */
#include "support/support.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

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

/* What a profile is, in flags of the context. */
static unsigned long
flags_of(unsigned profile)
{
	return profile == STRICT ? TLSW_VERIFY_STRICT : 0;
}

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

    {DEFAULT | STRICT, false, "cve::cve-2024-0567", CHOICE,
	"limbo's anchor is not self-signed; TLSW_VERIFY_PARTIAL_CHAIN makes it one"},
    {DEFAULT | STRICT, false, "rfc5280::root-and-intermediate-swapped", CHOICE,
	"limbo's anchor is not self-signed; TLSW_VERIFY_PARTIAL_CHAIN makes it one"},

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
	char why[520]; /* refused for */
};

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

static void
append(char **text, const char *more)
{
	size_t len = *text != NULL ? strlen(*text) : 0;

	*text = realloc(*text, len + strlen(more) + 2);
	ck_assert_ptr_nonnull(*text);
	(void)sprintf(*text + len, "%s\n", more);
}

static char *
joined(const json_t *list)
{
	char *text = NULL;
	const json_t *pem;
	size_t i;

	json_array_foreach(list, i, pem) append(&text, json_string_value(pem));
	return text;
}

/* CRLs come from files only. */
static bool
load_crls(tls_context *ctx, const json_t *one)
{
	char path[] = "tests/limbo.crl.XXXXXX", *text = joined(json_object_get(one, "crls"));
	bool good = true;
	int fd;

	if (text == NULL)
		return true;
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	good = tls_context_load_crl_file(ctx, path) == 0;
	(void)close(fd);
	(void)unlink(path);
	free(text);
	return good;
}

/* A case as settings of a context; false with the error set if what is to be trusted is unusable.
 */
static bool
settle(tls_context *ctx, const json_t *one, unsigned long flags)
{
	const json_t *depth = json_object_get(one, "max_chain_depth");
	char *trusted = joined(json_object_get(one, "trusted_certs"));
	bool good;

	ck_assert_int_eq(tls_context_set_refresh(ctx, false), 0);
	ck_assert_int_eq(tls_context_set_verify_time(ctx, time_of(one)), 0);
	if (json_is_integer(depth))
		ck_assert_int_eq(
		    tls_context_set_verify_depth(ctx, (int)json_integer_value(depth)), 0);
	good = trusted == NULL || tls_context_load_ca_mem(ctx, trusted, strlen(trusted)) > 0;
	good = good && load_crls(ctx, one);
	if (json_array_size(json_object_get(one, "crls")) > 0)
		flags |= TLSW_VERIFY_CRL_LEAF;
	ck_assert_int_eq(tls_context_set_verify_flags(ctx, flags), 0);
	free(trusted);
	return good;
}

static tls_certificate *
presented(const json_t *one)
{
	char *text = NULL, *rest = joined(json_object_get(one, "untrusted_intermediates"));
	tls_certificate *cert;

	append(&text, text_of(one, "peer_certificate"));
	if (rest != NULL)
		append(&text, rest);
	cert = tls_certificate_load_mem(text, strlen(text));
	free(rest);
	free(text);
	return cert;
}

/*
 * What a program gets that has nothing but tlswrap.h. A case without a peer
 * is asked with the host check off.
 */
static struct verdict
judge(const json_t *one, unsigned long flags)
{
	struct verdict verdict = {
	    .skipped = strcmp(text_of(one, "validation_kind"), "SERVER") != 0};
	const char *host = text_of(json_object_get(one, "expected_peer_name"), "value");
	tls_context *ctx = tls_context_new();
	tls_certificate *cert = NULL;

	ck_assert_ptr_nonnull(ctx);
	verdict.expected = strcmp(text_of(one, "expected_result"), "SUCCESS") == 0;
	verdict.peer = host != NULL;
	if (!verdict.skipped) {
		ck_assert_int_eq(tls_context_set_check_hostname(ctx, host != NULL), 0);
		verdict.accepted = settle(ctx, one, flags) && (cert = presented(one)) != NULL &&
				   tls_context_verify(ctx, cert, host) == 0;
		if (!verdict.accepted)
			(void)snprintf(
			    verdict.why, sizeof(verdict.why), "%s", tls_last_error()->message);
	}
	tls_certificate_free(cert);
	tls_context_free(ctx);
	return verdict;
}

/* ---------------------------------------------------------------- limbo.md */

struct score {
	unsigned judged, agree, accepts, refuses;
};

static const char *
shown(bool accepted)
{
	return accepted ? "accept" : "refuse";
}

static const struct reason *
explained(const json_t *one, const struct verdict *v, unsigned profile)
{
	const struct reason *reason = reason_for(one, profile, v->accepted);

	ck_assert_msg(reason != NULL, "%s differs from limbo without a reason: %s (%s)",
	    text_of(one, "id"), shown(v->accepted), v->why);
	return reason;
}

static void
write_difference(FILE *out, const json_t *one, const struct verdict *v, unsigned profile)
{
	const struct reason *reason = explained(one, v, profile);

	(void)fprintf(out, "| `%s` | %s | %s | %s | %s%s%s |\n", text_of(one, "id"),
	    shown(v->expected), shown(v->accepted), kinds[reason->kind], reason->text,
	    v->accepted ? "" : "; refused because ", v->why);
}

static void
count(struct score *score, const struct verdict *v)
{
	score->judged++;
	score->agree += v->accepted == v->expected;
	score->accepts += v->accepted && !v->expected;
	score->refuses += !v->accepted && v->expected;
}

static void
write_score(FILE *out, const struct score *score)
{
	(void)fprintf(out,
	    "\n%u cases: %u as limbo expects, %u accepted and %u refused against it.\n",
	    score->judged, score->agree, score->accepts, score->refuses);
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
		struct verdict v = judge(one, flags_of(profile));

		if (v.skipped || !v.peer)
			continue;
		count(&score, &v);
		if (v.accepted != v.expected)
			write_difference(out, one, &v, profile);
	}
	write_score(out, &score);
	return score;
}

/* What the flag changes. */
static struct score
write_partial(FILE *out, unsigned profile)
{
	struct score score = {0};
	json_t *one;
	size_t i;

	(void)fprintf(out, "| case | limbo | without | with it | why against limbo |\n"
			   "| --- | --- | --- | --- | --- |\n");
	json_array_foreach(cases, i, one)
	{
		struct verdict roots = judge(one, flags_of(profile));
		struct verdict v = judge(one, flags_of(profile) | TLSW_VERIFY_PARTIAL_CHAIN);

		if (v.skipped || !v.peer)
			continue;
		count(&score, &v);
		if (v.accepted != roots.accepted)
			(void)fprintf(out, "| `%s` | %s | %s | %s | %s |\n", text_of(one, "id"),
			    shown(v.expected), shown(roots.accepted), shown(v.accepted),
			    v.accepted == v.expected ? "" : explained(one, &v, profile)->text);
		else if (v.accepted != v.expected)
			(void)explained(one, &v, profile);
	}
	write_score(out, &score);
	return score;
}

struct scores {
	struct score plain, strict, plain_partial, strict_partial;
};

static void
write_report(FILE *out, struct scores *scores)
{
	(void)fputs(
	    "# x509-limbo, case by case\n\n"
	    "Made by `tests/test_limbo`; do not edit. Listed is every server case that names a "
	    "peer\n"
	    "and for which `tls_context_verify()` says something else than limbo expects. A "
	    "maximum\n"
	    "depth and CRLs are passed on. \"Rule for CAs\" marks what RFC 5280 or the Baseline\n"
	    "Requirements (BR) ask of the issuer and what changes neither who is trusted nor for\n"
	    "what. Limbo's ten client cases and the one without a peer are not counted.\n\n"
	    "## The default profile\n\n",
	    out);
	scores->plain = write_profile(out, DEFAULT);
	(void)fputs("\n## `TLSW_VERIFY_STRICT`\n\n", out);
	scores->strict = write_profile(out, STRICT);
	(void)fputs("\nRight for another reason: limbo's two wildcards over a public suffix of "
		    "several labels\n"
		    "are refused for their common name (BR 7.1.4.3); there is no public suffix "
		    "list here.\n",
	    out);
	(void)fputs("\n## With `TLSW_VERIFY_PARTIAL_CHAIN` on top\n\n"
		    "limbo's trusted certificates are anchors whatever their form; ours are roots "
		    "only,\nunless this flag is set. What it changes in the default "
		    "profile:\n\n",
	    out);
	scores->plain_partial = write_partial(out, DEFAULT);
	(void)fputs("\nIn `TLSW_VERIFY_STRICT`:\n\n", out);
	scores->strict_partial = write_partial(out, STRICT);
}

static void
print_score(const char *profile, const struct score *score)
{
	printf("limbo: %s agrees on %u of %u cases (accepts %u and refuses %u against it)\n",
	    profile, score->agree, score->judged, score->accepts, score->refuses);
}

START_TEST(where_we_differ_is_what_limbo_md_says)
{
	struct scores scores;
	char *now = NULL, *committed = support_read_file("limbo.md", NULL);
	size_t size = 0, i;
	FILE *out = open_memstream(&now, &size), *file;

	ck_assert_ptr_nonnull(out);
	write_report(out, &scores);
	ck_assert_int_eq(fclose(out), 0);
	file = fopen(NOW_FILE, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(now, file), 0);
	ck_assert_int_eq(fclose(file), 0);
	print_score("default", &scores.plain);
	print_score("default with partial chains", &scores.plain_partial);
	print_score("strict", &scores.strict);
	print_score("strict with partial chains", &scores.strict_partial);
	ck_assert_msg(strcmp(now, committed) == 0,
	    "tests/limbo.md is not what the test finds. Read " NOW_FILE
	    " in the build directory; if it is right, copy it to tests/limbo.md");
	for (i = 0; i < REASONS; i++)
		ck_assert_msg(used[i], "the reason for \"%s\" explains nothing", reasons[i].key);
	ck_assert_uint_eq(scores.plain.judged, 196);
	ck_assert_uint_le(scores.strict.accepts + scores.strict.refuses, 8);
	ck_assert_uint_le(scores.strict_partial.accepts + scores.strict_partial.refuses, 8);
	free(now);
	free(committed);
}
END_TEST

/* Under the wider of the two, with partial chains. */
START_TEST(by_default_nothing_else_than_pedantry_is_accepted)
{
	json_t *one;
	size_t i;

	json_array_foreach(cases, i, one)
	{
		struct verdict v = judge(one, TLSW_VERIFY_PARTIAL_CHAIN);
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
		if (!starts_with(text_of(one, "id"), "online::"))
			continue;
		online++;
		ck_assert_msg(judge(one, 0).accepted, "%s", text_of(one, "id"));
		ck_assert_msg(judge(one, TLSW_VERIFY_STRICT).accepted, "%s", text_of(one, "id"));
	}
	ck_assert_uint_gt(online, 0);
}
END_TEST

/* Nor do roots alone lead further than any anchor. */
START_TEST(strict_accepts_nothing_that_the_default_refuses)
{
	json_t *one;
	size_t i;

	json_array_foreach(cases, i, one)
	{
		bool plain = judge(one, 0).accepted,
		     strict = judge(one, TLSW_VERIFY_STRICT).accepted;

		ck_assert_msg(plain || !strict, "%s", text_of(one, "id"));
		ck_assert_msg(!plain || judge(one, TLSW_VERIFY_PARTIAL_CHAIN).accepted, "%s",
		    text_of(one, "id"));
	}
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
