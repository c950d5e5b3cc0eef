/*
 * Name constraints on the requested host, on top of OpenSSL's on the names in
 * the certificates (RFC 5280 section 4.2.1.10).
 *
 * SPDX-License-Identifier: ISC
 */
#include "support/support.h"

#include <stdlib.h>
#include <string.h>

#include "name.h"
#include "support/chain_support.h"

#define DNS(text) PKI_NAMES(PKI_DNS(text))
#define IP(text) PKI_NAMES(PKI_IP(text))

#define PERMITTED X509_V_ERR_PERMITTED_VIOLATION
#define EXCLUDED X509_V_ERR_EXCLUDED_VIOLATION
#define CONSTRAINT X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX
#define NAME X509_V_ERR_UNSUPPORTED_NAME_SYNTAX

/* Root, CA and leaf; a CA's constraints, and what comes of them for a host. */
static const struct {
	const char *label;
	struct pki_spec root, ca;
	const struct pki_name *san;
	const char *host;
	long error;
} rows[] = {
    {"wall: F01 excluded beside a wildcard", {0}, {.excluded = DNS("www.lab.test")},
	DNS("*.lab.test"), "www.lab.test", EXCLUDED},
    {"wall: F01 not this one", {0}, {.excluded = DNS("www.lab.test")}, DNS("*.lab.test"),
	"mail.lab.test", 0},
    {"wall: F01 excluded by the anchor", {.excluded = DNS("www.lab.test")}, {0}, DNS("*.lab.test"),
	"www.lab.test", EXCLUDED},
    {"a wildcard that covers more than is permitted", {0}, {.permitted = DNS("www.lab.test")},
	DNS("*.lab.test"), "www.lab.test", PERMITTED},
    {"a wildcard within what is permitted", {0}, {.permitted = DNS("lab.test")}, DNS("*.lab.test"),
	"www.lab.test", 0},

    {"wall: F02 upper case in the certificate", {0}, {.excluded = DNS("lab.test")},
	DNS("WWW.LAB.TEST"), "www.lab.test", EXCLUDED},
    {"wall: F02 upper case in a wildcard", {0}, {.excluded = DNS("lab.test")}, DNS("*.LAB.test"),
	"www.lab.test", EXCLUDED},
    {"wall: F02 upper case in the constraint", {0}, {.excluded = DNS("WWW.Lab.TEST")},
	DNS("*.lab.test"), "www.lab.test", EXCLUDED},
    {"wall: F02 upper case is permitted as well", {0}, {.permitted = DNS("LAB.TEST")},
	DNS("www.lab.test"), "www.lab.test", 0},

    {"wall: F03 excluded above, permitted below", {.excluded = DNS("evil.test")},
	{.permitted = DNS("other.test")}, DNS("www.lab.test"), "www.lab.test", PERMITTED},
    {"wall: F04 excluded within what is permitted", {0},
	{.permitted = DNS("lab.test"), .excluded = DNS("www.lab.test")}, DNS("www.lab.test"),
	"www.lab.test", EXCLUDED},
    {"permitted twice, both hold", {.permitted = DNS("test")}, {.permitted = DNS("lab.test")},
	DNS("www.lab.test"), "www.lab.test", 0},
    {"permitted twice, one holds", {.permitted = DNS("a.test")}, {.permitted = DNS("lab.test")},
	DNS("www.lab.test"), "www.lab.test", PERMITTED},
    {"one of several permitted", {0},
	{.permitted = PKI_NAMES(PKI_DNS("a.test"), PKI_DNS("lab.test"))}, DNS("www.lab.test"),
	"www.lab.test", 0},

    {"zero labels more", {0}, {.permitted = DNS("www.lab.test")}, DNS("www.lab.test"),
	"www.lab.test", 0},
    {"a suffix that is no label", {0}, {.permitted = DNS("ab.test")}, DNS("www.lab.test"),
	"www.lab.test", PERMITTED},
    {"a longer name", {0}, {.permitted = DNS("a.www.lab.test")}, DNS("www.lab.test"),
	"www.lab.test", PERMITTED},
    {"a leading dot asks for one label more", {0}, {.permitted = DNS(".lab.test")},
	DNS("www.lab.test"), "www.lab.test", 0},
    {"a leading dot and none more", {0}, {.permitted = DNS(".www.lab.test")}, DNS("www.lab.test"),
	"www.lab.test", PERMITTED},
    {"a leading dot excludes what is below", {0}, {.excluded = DNS(".lab.test")}, DNS("*.lab.test"),
	"www.lab.test", EXCLUDED},
    {"the empty name excludes all", {0}, {.excluded = DNS("")}, DNS("www.lab.test"), "www.lab.test",
	EXCLUDED},
    {"the empty name permits all", {0}, {.permitted = DNS("")}, DNS("www.lab.test"), "www.lab.test",
	0},

    {"a constraint with a wildcard", {0}, {.excluded = DNS("*.lab.test")}, DNS("www.lab.test"),
	"www.lab.test", CONSTRAINT},
    {"a constraint with a trailing dot", {0}, {.excluded = DNS("lab.test.")}, DNS("www.lab.test"),
	"www.lab.test", CONSTRAINT},
    {"a constraint with an empty label", {0}, {.excluded = DNS("a..test")}, DNS("www.lab.test"),
	"www.lab.test", CONSTRAINT},
    {"a constraint with NUL", {0}, {.excluded = DNS("x.test\0y")}, DNS("www.lab.test"),
	"www.lab.test", CONSTRAINT},
    {"wall: F07 an empty name below constraints", {0}, {.excluded = DNS("a.test")},
	PKI_NAMES(PKI_DNS("www.lab.test"), PKI_DNS("")), "www.lab.test", NAME},
    {"wall: F07 a blank below constraints", {0}, {.permitted = DNS("lab.test")},
	PKI_NAMES(PKI_DNS("www.lab.test"), PKI_DNS(" ")), "www.lab.test", PERMITTED},
    {"a malformed name within what is permitted", {0}, {.permitted = DNS("lab.test")},
	PKI_NAMES(PKI_DNS("www.lab.test"), PKI_DNS(".lab.test")), "www.lab.test", NAME},

    {"an address within", {0}, {.permitted = IP("10.0.0.0/8")}, IP("10.1.2.3"), "10.1.2.3", 0},
    {"an address outside", {0}, {.permitted = IP("10.0.0.0/8")}, IP("11.1.2.3"), "11.1.2.3",
	PERMITTED},
    {"an address excluded", {0}, {.excluded = IP("10.0.0.0/8")}, IP("10.1.2.3"), "10.1.2.3",
	EXCLUDED},
    {"an IPv4 address where only IPv6 is permitted", {0}, {.permitted = IP("fd00::/8")},
	IP("10.1.2.3"), "10.1.2.3", PERMITTED},
    {"an IPv6 address within", {0}, {.permitted = IP("fd00::/8")}, IP("fd00::1"), "fd00::1", 0},
    {"an IPv6 address excluded", {0}, {.excluded = IP("::1/128")}, IP("::1"), "::1", EXCLUDED},
    {"an address without a mask", {0}, {.excluded = PKI_NAMES(PKI_RAW(7, "\012\1\2\3"))},
	IP("10.1.2.3"), "10.1.2.3", CONSTRAINT},
    {"host names are not constrained by addresses", {0}, {.permitted = IP("10.0.0.0/8")},
	DNS("www.lab.test"), "www.lab.test", 0},
    {"addresses are not constrained by host names", {0}, {.permitted = DNS("a.test")},
	IP("10.1.2.3"), "10.1.2.3", 0},

    {"wall: F05 URI", {0}, {.permitted = PKI_NAMES(PKI_URI("a.test"))},
	PKI_NAMES(PKI_DNS("www.lab.test"), PKI_URI("https://www.lab.test/")), "www.lab.test",
	PERMITTED},
    {"wall: F05 directory name", {0}, {.permitted = PKI_NAMES(PKI_DN("somebody else"))},
	DNS("www.lab.test"), "www.lab.test", PERMITTED},
    {"wall: F05 otherName", {0}, {.excluded = PKI_NAMES(PKI_SRV("_imap.a.test"))},
	PKI_NAMES(PKI_DNS("www.lab.test"), PKI_SRV("_imap.lab.test")), "www.lab.test",
	X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE},
    {"wall: F05 otherName that nobody has", {0}, {.excluded = PKI_NAMES(PKI_SRV("_imap.a.test"))},
	DNS("www.lab.test"), "www.lab.test", 0},
    {"minimum is not zero", {0},
	{.constraints_raw = PKI_OCTETS("\x30\x11\xa0\x0f\x30\x0d\x82\x08"
				       "lab.test\x80\x01\x01")},
	DNS("www.lab.test"), "www.lab.test", X509_V_ERR_SUBTREE_MINMAX},
    {"malformed", {0}, {.constraints_raw = PKI_OCTETS("\x30\x05\x02")}, DNS("www.lab.test"),
	"www.lab.test",
	X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY}, /* OpenSSL passes such a CA over */
    /* without a subjectAltName, as where the common name is asked, the host is all there is */
    {"wall: D09 no name, not permitted", {0}, {.permitted = DNS("a.test")}, NULL, "www.lab.test",
	PERMITTED},
    {"wall: D09 no name, excluded", {0}, {.excluded = DNS("lab.test")}, NULL, "www.lab.test",
	EXCLUDED},
    {"wall: D09 no name, permitted", {0}, {.permitted = DNS("lab.test")}, NULL, "www.lab.test", 0},
    {"no name, a suffix that is no label", {0}, {.permitted = DNS("ab.test")}, NULL, "www.lab.test",
	PERMITTED},
    {"no name, a suffix that is no label is not excluded", {0}, {.excluded = DNS("ab.test")}, NULL,
	"www.lab.test", 0},
    {"no name, a leading dot and no label more", {0}, {.permitted = DNS(".www.lab.test")}, NULL,
	"www.lab.test", PERMITTED},
    {"no name, an address outside", {0}, {.permitted = IP("10.0.0.0/8")}, NULL, "11.1.2.3",
	PERMITTED},
    {"no name, an IPv4 address where only IPv6 is permitted", {0}, {.permitted = IP("fd00::/8")},
	NULL, "10.1.2.3", PERMITTED},
    {"no name, minimum is not zero", {0},
	{.constraints_raw = PKI_OCTETS("\x30\x11\xa0\x0f\x30\x0d\x82\x08"
				       "lab.test\x80\x01\x01")},
	NULL, "www.lab.test", CONSTRAINT},
    {"none at all", {0}, {0}, DNS("www.lab.test"), "www.lab.test", 0},
};

static struct tlsw__reference
reference(const char *host)
{
	struct tlsw__reference ref;

	ck_assert_int_eq(tlsw__reference_parse(&ref, host, strlen(host)), TLSW__NAME_OK);
	return ref;
}

static struct pki *
constrained(const struct pki_spec *constraints, const char *cn, const struct pki *issuer)
{
	struct pki_spec spec = *constraints;

	spec.cn = cn;
	spec.issuer = issuer;
	spec.basic = PKI_CA;
	return chain_keep(pki_new(&spec));
}

START_TEST(every_ca_above_may_speak_for_the_host)
{
	struct pki *root = constrained(&rows[_i].root, "Root", NULL);
	struct pki *ca = constrained(&rows[_i].ca, "CA", root);
	struct pki *leaf = chain_keep(pki_make(.cn = "leaf", .issuer = ca, .san = rows[_i].san));
	struct tlsw__reference ref = reference(rows[_i].host);
	struct tlsw__chain chain = chain_judge(PKI_LIST(root), PKI_LIST(leaf, ca), &chain_ordinary);

	ck_assert_int_eq(tlsw__chain_constrain(&chain, &ref), 0);
	ck_assert_msg(chain.ok == (rows[_i].error == 0), "%s", rows[_i].label);
	ck_assert_msg(chain.ok || chain_found(&chain, rows[_i].error, -1), "%s: %s", rows[_i].label,
	    X509_verify_cert_error_string(chain.problems[0].error));
	tlsw__chain_clear(&chain);
}
END_TEST

/* What the rows about wildcards are for: OpenSSL's verdict alone is not enough. */
START_TEST(the_wildcard_hole_is_closed_here)
{
	struct pki *root = CA(.cn = "Root");
	struct pki *ca = CA(.cn = "CA", .issuer = root, .excluded = DNS("www.lab.test"));
	struct pki *leaf = chain_keep(pki_make(.cn = "x", .issuer = ca, .san = DNS("*.lab.test")));
	struct tlsw__reference ref = reference("www.lab.test");
	struct tlsw__chain chain = chain_judge(PKI_LIST(root), PKI_LIST(leaf, ca), &chain_ordinary);

	ck_assert(chain.ok);
	ck_assert_int_eq(tlsw__chain_constrain(&chain, &ref), 0);
	ck_assert(!chain.ok);
	ck_assert_int_eq(chain.problems[0].error, X509_V_ERR_EXCLUDED_VIOLATION);
	ck_assert_int_eq(chain.problems[0].depth, 1);
	ck_assert_ptr_nonnull(strstr(chain.problems[0].why, "RFC 5280"));
	tlsw__chain_clear(&chain);
}
END_TEST

START_TEST(no_host_is_no_permission)
{
	struct pki *root = CA(.cn = "Root");
	struct tlsw__reference none;
	struct tlsw__chain chain =
	    chain_judge(PKI_LIST(root), PKI_LIST(LEAF(.issuer = root)), &chain_ordinary);

	(void)tlsw__reference_parse(&none, "", 0);
	ck_assert(chain.ok);
	ck_assert_int_eq(tlsw__chain_constrain(&chain, &none), 0);
	ck_assert(!chain.ok);
	tlsw__chain_clear(&chain);
}
END_TEST

/* RFC 5280 6.1.3 (b): a self-issued intermediate is exempt, a self-issued leaf is not. */
START_TEST(self_issued_certificates_are_exempt_unless_last)
{
	struct pki *root = CA(.cn = "Root", .permitted = DNS("lab.test"));
	struct pki *again = CA(.cn = "Root", .issuer = root, .san = DNS("other.test"));
	struct pki *other = CA(.cn = "CA", .issuer = root, .san = DNS("other.test"));
	struct pki *last =
	    chain_keep(pki_make(.cn = "Root", .issuer = again, .san = DNS("other.test")));

	chain_accepted(PKI_LIST(root), PKI_LIST(LEAF(.issuer = again), again));
	chain_refused(PKI_LIST(root), PKI_LIST(LEAF(.issuer = other), other), PERMITTED);
	chain_refused(PKI_LIST(root), PKI_LIST(last, again), PERMITTED);
}
END_TEST

/* wall: D09, wall: D10: the common name is no host, so nothing constrains it. */
START_TEST(the_common_name_is_left_alone)
{
	struct pki *root =
	    CA(.cn = "Root", .permitted = PKI_NAMES(PKI_DNS("lab.test"), PKI_IP("10.0.0.0/8")));
	struct pki *leaf = chain_keep(
	    pki_make(.cn = "www.other.test", .issuer = root, .san = DNS("www.lab.test")));
	struct pki *address =
	    chain_keep(pki_make(.cn = "192.0.2.1", .issuer = root, .san = IP("10.1.2.3")));

	chain_accepted(PKI_LIST(root), PKI_LIST(leaf));
	chain_accepted(PKI_LIST(root), PKI_LIST(address));
}
END_TEST

START_TEST(a_path_without_the_constraint_is_found)
{
	struct pki *root = CA(.cn = "Root"),
		   *narrow = CA(.cn = "Narrow", .permitted = DNS("a.test"));
	struct pki *ca = CA(.cn = "CA", .issuer = narrow);
	struct pki *wide = CA(.cn = "CA", .key = pki_key(ca), .issuer = root);
	struct pki *leaf = LEAF(.issuer = ca);

	chain_refused(PKI_LIST(narrow), PKI_LIST(leaf, ca), PERMITTED);
	chain_accepted(PKI_LIST(narrow, root), PKI_LIST(leaf, ca, wide));
	chain_accepted(PKI_LIST(root, narrow), PKI_LIST(leaf, wide, ca));
}
END_TEST

/* The same to a program: nothing but the host that is asked for decides which path is good. */
static void
verifies(const struct pki *const *trusted, const struct pki *const *sent, const char *host, bool ok)
{
	char *anchors = pki_chain_pem(trusted), *chain = pki_chain_pem(sent);
	tls_certificate *cert = tls_certificate_load_mem(chain, strlen(chain));
	tls_context *ctx = tls_context_new();

	ck_assert_int_gt(tls_context_load_ca_mem(ctx, anchors, strlen(anchors)), 0);
	if (ok)
		ck_assert_works(tls_context_verify(ctx, cert, host) == 0);
	else {
		ck_assert_refused(tls_context_verify(ctx, cert, host), TLSW_ERR_CERTIFICATE);
		ck_assert_uint_eq(tls_last_error()->reasons, TLSW_REASON_CONSTRAINT);
		ck_assert_int_eq(tls_last_error()->depth, 2);
	}
	tls_context_free(ctx);
	tls_certificate_free(cert);
	free(chain);
	free(anchors);
}

START_TEST(a_path_whose_cas_may_speak_for_the_host_is_found)
{
	struct pki *root = CA(.cn = "Root"),
		   *narrow = CA(.cn = "Narrow", .excluded = DNS("www.lab.test"));
	struct pki *ca = CA(.cn = "CA", .issuer = narrow);
	struct pki *wide = CA(.cn = "CA", .key = pki_key(ca), .issuer = root);
	struct pki *leaf = chain_keep(pki_make(.cn = "x", .issuer = ca, .san = DNS("*.lab.test")));

	verifies(PKI_LIST(narrow), PKI_LIST(leaf, ca), "mail.lab.test", true);
	verifies(PKI_LIST(narrow), PKI_LIST(leaf, ca), "www.lab.test", false);
	verifies(PKI_LIST(narrow, root), PKI_LIST(leaf, ca, wide), "www.lab.test", true);
	verifies(PKI_LIST(root, narrow), PKI_LIST(leaf, wide, ca), "www.lab.test", true);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("constrain");
	TCase *t = tcase_create("name constraints");

	tcase_add_checked_fixture(t, NULL, chain_free_all);
	tcase_add_loop_test(
	    t, every_ca_above_may_speak_for_the_host, 0, (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(t, the_wildcard_hole_is_closed_here);
	tcase_add_test(t, no_host_is_no_permission);
	tcase_add_test(t, self_issued_certificates_are_exempt_unless_last);
	tcase_add_test(t, the_common_name_is_left_alone);
	tcase_add_test(t, a_path_without_the_constraint_is_found);
	tcase_add_test(t, a_path_whose_cas_may_speak_for_the_host_is_found);
	suite_add_tcase(s, t);
	return support_run(s);
}
