/* tlswrap trust: what is trusted here, and why not more. SPDX-License-Identifier: ISC */
#include "support/support.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "support/command.h"
#include "support/pki.h"
#include "support/trust_support.h"
#include "tlswrap.h"

enum { GOOD = 0, LOCAL = 1, USAGE = 2, TRUST = 8 };

#define DAY (24L * 60 * 60)
#define BASE 1767225600 /* 2026-01-01 */

static struct pki *root, *other;
static char sha256[65]; /* of root */

static void
set_up(void)
{
	tls_certificate *cert;

	scratch_make();
	root = pki_make(.cn = "Trusted Root", .basic = PKI_CA, .base = BASE);
	other = pki_make(.cn = "Other Root", .basic = PKI_CA, .base = BASE);
	(void)scratch_write("root.pem", pki_pem(root), SIZE_MAX);
	(void)scratch_write("other.pem", pki_pem(other), SIZE_MAX);
	cert = tls_certificate_load_file(scratch_path("root.pem"));
	ck_assert_ptr_nonnull(cert);
	(void)snprintf(sha256, sizeof(sha256), "%s", tls_certificate_sha256(cert));
	tls_certificate_free(cert);
}

static void
tear_down(void)
{
	pki_free(other);
	pki_free(root);
	scratch_remove();
}

/* argv behind "tlswrap trust"; a word that begins with @ is in the scratch folder. */
static void
run_with(struct command_result *result, const char *env, const char *const *words)
{
	const char *argv[16] = {"tools/tlswrap", "trust"};
	const char *const list[] = {env, NULL};
	struct command command = {.argv = argv, .env = env == NULL ? NULL : list, .input = ""};
	size_t i;

	for (i = 0; words[i] != NULL && i < 13; i++)
		argv[2 + i] = words[i][0] == '@' ? scratch_path(words[i] + 1) : words[i];
	ck_assert_int_eq(command_run(&command, result), 0);
}
#define RUN(result, ...) run_with(result, NULL, (const char *const[]){__VA_ARGS__, NULL})

/* ------------------------------------------------------------------ one by one */

static const struct {
	const char *words[8];
	int status;
	const char *out, *err; /* texts that must be there */
} lines[] = {
    {{"--help"}, GOOD, "usage: tlswrap trust", NULL},
    {{"--nonsense"}, USAGE, NULL, "nonsense"},
    {{"a", "b"}, USAGE, NULL, "one CERT"},
    {{"--at", "soon"}, USAGE, NULL, "no time"},
    {{"--ca-file", "@none.pem"}, TRUST, NULL, "none.pem\" is unusable: No such file"},
    {{"--ca-dir", "@none"}, TRUST, NULL, "No such file"},
    {{"--ca-file", "@root.pem", "@none.pem"}, LOCAL, NULL, "none.pem"},

    {{"--ca-file", "@root.pem"}, GOOD, "1 CA certificate is trusted here:\n  CA file \"/", NULL},
    {{"--ca-file", "@root.pem", "--ca-file", "@other.pem"}, GOOD,
	"2 CA certificates are trusted here:", NULL},
    {{"--ca-file", "@root.pem", "--ca-file", "@root.pem"}, GOOD,
	"1 certificate, 1 of them named above as well", NULL},
    {{"--ca-file", "@root.pem", "--list"}, GOOD,
	"CN=Trusted Root\n    expires  2035-12-30T00:00:00Z\n    sha256   ", NULL},

    {{"--ca-file", "@root.pem", "--find", "trusted ROOT"}, GOOD, "CN=Trusted Root\n", NULL},
    {{"--ca-file", "@root.pem", "--find", "Private"}, TRUST, NULL,
	"1 certificates, and none has \"Private\" in its subject"},
    {{"--ca-file", "@root.pem", "--find",
	 "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:"
	 "dd:"
	 "ee:ff"},
	TRUST, NULL, "none has"},

    {{"--ca-file", "@root.pem", "--at", "2036-01-01"}, GOOD,
	"warning: expired (2035-12-30T00:00:00Z): CN=Trusted Root", NULL},
    {{"--ca-file", "@root.pem", "--at", "2035-10-02"}, GOOD, "warning: expires within 90 days",
	NULL},
    {{"--ca-file", "@root.pem", "--at", "2025-12-01"}, GOOD, "warning: not valid yet", NULL},

    {{"--ca-file", "@root.pem", "@root.pem"}, GOOD, "root.pem: trusted\n", NULL},
    {{"--ca-file", "@root.pem", "@other.pem"}, TRUST, "It is in none of these:", NULL},
    {{"--ca-file", "@root.pem", "@other.pem"}, TRUST, "update-ca-certificates", NULL},
    {{"--ca-file", "@root.pem", "--at", "2040-01-01", "@root.pem"}, TRUST, "of no use", NULL},
};

START_TEST(answers)
{
	struct command_result result;

	run_with(&result, NULL, lines[_i].words);
	ck_assert_msg(result.status == lines[_i].status, "status %d\n%s%s", result.status,
	    result.out, result.err);
	ck_assert_msg(lines[_i].out == NULL || strstr(result.out, lines[_i].out) != NULL, "%s%s",
	    result.out, result.err);
	ck_assert_msg(
	    lines[_i].err == NULL || strstr(result.err, lines[_i].err) != NULL, "%s", result.err);
	command_result_free(&result);
}
END_TEST

START_TEST(nothing_to_warn_of_is_not_warned_of)
{
	struct command_result result;

	RUN(&result, "--ca-file", "@root.pem", "--at", "2035-10-01");
	ck_assert_int_eq(result.status, GOOD);
	ck_assert_ptr_null(strstr(result.out, "warning"));
	command_result_free(&result);
}
END_TEST

START_TEST(a_fingerprint_finds)
{
	struct command_result result;
	char colons[100], *p = colons;
	size_t i;

	RUN(&result, "--ca-file", "@root.pem", "--find", sha256);
	ck_assert_int_eq(result.status, GOOD);
	ck_assert_ptr_nonnull(strstr(result.out, sha256));
	command_result_free(&result);
	for (i = 0; i < 64; i++) {
		*p++ = (char)toupper((unsigned char)sha256[i]);
		if (i % 2 == 1 && i < 63)
			*p++ = ':';
	}
	*p = '\0';
	RUN(&result, "--ca-file", "@root.pem", "--find", colons);
	ck_assert_int_eq(result.status, GOOD);
	ck_assert_ptr_nonnull(strstr(result.out, sha256));
	command_result_free(&result);
}
END_TEST

/* ----------------------------------------------------- why a private CA is not trusted */

static const struct {
	const char *name;
	struct pki_spec spec;
	const char *remark;
} useless[] = {
    {"a server's certificate", {.cn = "www.lab.test"}, "not a CA"},
    {"a CA below another", {.cn = "Below", .basic = PKI_CA, .issuer_cn = "Somebody"},
	"not self-issued"},
    {"a short key", {.cn = "Short", .basic = PKI_CA, .key_type = "RSA-1024"}, "too weak"},
    {"expired",
	{.cn = "Old", .basic = PKI_CA, .base = BASE, .not_before = -9 * DAY, .not_after = -8 * DAY},
	"expired"},
};

START_TEST(an_anchor_of_no_use_is_remarked_upon)
{
	struct pki *bad = pki_new(&useless[_i].spec);
	struct command_result result;

	(void)scratch_write("bad.pem", pki_pem(bad), SIZE_MAX);
	RUN(&result, "--ca-file", "@bad.pem", "--at", "2026-02-01", "@bad.pem");
	ck_assert_msg(result.status == TRUST, "%s: %s", useless[_i].name, result.out);
	ck_assert_msg(
	    strstr(result.out, useless[_i].remark) != NULL, "%s: %s", useless[_i].name, result.out);
	command_result_free(&result);
	RUN(&result, "--ca-file", "@bad.pem", "--at", "2026-02-01");
	ck_assert_int_eq(result.status, GOOD);
	ck_assert_msg(strstr(result.out, "warning: ") != NULL &&
			  strstr(result.out, useless[_i].remark) != NULL,
	    "%s", result.out);
	command_result_free(&result);
	pki_free(bad);
}
END_TEST

START_TEST(an_intermediate_names_its_root)
{
	struct pki *below = pki_intermediate(other, "Intermediate");
	struct command_result result;

	(void)scratch_write("below.pem", pki_pem(below), SIZE_MAX);
	RUN(&result, "--ca-file", "@root.pem", "@below.pem");
	ck_assert_int_eq(result.status, TRUST);
	ck_assert_ptr_nonnull(strstr(result.out, "It is no root: \"CN=Other Root\" has issued it"));
	command_result_free(&result);
	pki_free(below);
}
END_TEST

START_TEST(a_namesake_is_shown)
{
	struct pki *twin = pki_make(.cn = "Trusted Root", .basic = PKI_CA, .base = BASE);
	struct command_result result;

	(void)scratch_write("twin.pem", pki_pem(twin), SIZE_MAX);
	RUN(&result, "--ca-file", "@root.pem", "@twin.pem");
	ck_assert_int_eq(result.status, TRUST);
	ck_assert_ptr_nonnull(strstr(result.out, "Another certificate of that name is trusted:"));
	ck_assert_ptr_nonnull(strstr(result.out, sha256));
	command_result_free(&result);
	pki_free(twin);
}
END_TEST

START_TEST(skipped_blocks_are_named)
{
	char *text = malloc(strlen(pki_pem(root)) + 100);
	struct command_result result;

	ck_assert_ptr_nonnull(text);
	(void)sprintf(text, "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n%s",
	    pki_pem(root));
	(void)scratch_write("some.pem", text, SIZE_MAX);
	RUN(&result, "--ca-file", "@some.pem");
	ck_assert_int_eq(result.status, GOOD);
	ck_assert_ptr_nonnull(
	    strstr(result.out, "skipped the block in line 1: it is no certificate"));
	command_result_free(&result);
	scratch_rehash("certs", pki_x509(root), 0, text);
	RUN(&result, "--ca-dir", "@certs", "--list");
	ck_assert_int_eq(result.status, GOOD);
	ck_assert_ptr_nonnull(strstr(result.out, ".0: skipped the block in line 1"));
	ck_assert_ptr_nonnull(strstr(result.out, "CN=Trusted Root"));
	command_result_free(&result);
	free(text);
}
END_TEST

/* ------------------------------------------------------------- the system's store */

START_TEST(the_environment_is_shown)
{
	struct command_result result;
	char env[300];

	(void)snprintf(env, sizeof(env), "SSL_CERT_FILE=%s", scratch_path("root.pem"));
	run_with(&result, env, (const char *const[]){NULL});
	ck_assert_msg(result.status == GOOD || result.status == TRUST, "%s", result.err);
	ck_assert_msg(strstr(result.out, "root.pem\" (SSL_CERT_FILE): used") != NULL, "%s%s",
	    result.out, result.err);
	ck_assert_ptr_nonnull(
	    strstr(result.out, "The environment overrides the system's own store."));
	command_result_free(&result);
}
END_TEST

/* wall: N01 */
START_TEST(an_unusable_variable_is_no_empty_list)
{
	struct command_result result;

	run_with(&result, "SSL_CERT_FILE=/nonexistent/ca.pem", (const char *const[]){NULL});
	ck_assert_int_eq(result.status, TRUST);
	ck_assert_uint_eq(result.out_len, 0);
	ck_assert_ptr_nonnull(
	    strstr(result.err, "SSL_CERT_FILE: the file \"/nonexistent/ca.pem\""));
	command_result_free(&result);
}
END_TEST

/* ------------------------------------------------------------------------ JSON */

START_TEST(json_says_the_same)
{
	struct command_result result;
	json_t *whole, *cert, *asked;
	json_error_t error;

	RUN(&result, "--ca-file", "@root.pem", "--json", "--at", "2036-01-01", "@root.pem");
	ck_assert_int_eq(result.status, TRUST);
	whole = json_loads(result.out, 0, &error);
	ck_assert_msg(whole != NULL, "%s", error.text);
	ck_assert_int_eq(json_integer_value(json_object_get(whole, "trusted")), 1);
	ck_assert_str_eq(json_string_value(json_object_get(whole, "at")), "2036-01-01T00:00:00Z");
	ck_assert_uint_eq(json_array_size(json_object_get(whole, "sources")), 1);
	cert = json_array_get(json_object_get(whole, "certificates"), 0);
	ck_assert_str_eq(json_string_value(json_object_get(cert, "subject")), "CN=Trusted Root");
	ck_assert_str_eq(json_string_value(json_object_get(cert, "sha256")), sha256);
	ck_assert_str_eq(
	    json_string_value(json_object_get(cert, "not_after")), "2035-12-30T00:00:00Z");
	ck_assert(json_is_false(json_object_get(cert, "usable")));
	ck_assert_str_eq(
	    json_string_value(json_array_get(json_object_get(cert, "remarks"), 0)), "expired");
	asked = json_object_get(whole, "asked");
	ck_assert(json_is_false(json_object_get(asked, "trusted")));
	json_decref(whole);
	command_result_free(&result);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("tlswrap trust");
	TCase *t = tcase_create("command");

	tcase_set_timeout(t, 30);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(t, answers, 0, sizeof(lines) / sizeof(lines[0]));
	tcase_add_test(t, nothing_to_warn_of_is_not_warned_of);
	tcase_add_test(t, a_fingerprint_finds);
	tcase_add_loop_test(
	    t, an_anchor_of_no_use_is_remarked_upon, 0, sizeof(useless) / sizeof(useless[0]));
	tcase_add_test(t, an_intermediate_names_its_root);
	tcase_add_test(t, a_namesake_is_shown);
	tcase_add_test(t, skipped_blocks_are_named);
	tcase_add_test(t, the_environment_is_shown);
	tcase_add_test(t, an_unusable_variable_is_no_empty_list);
	tcase_add_test(t, json_says_the_same);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return support_run(suite());
}
