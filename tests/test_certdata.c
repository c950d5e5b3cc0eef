/* tlswrap bundle: Mozilla's certdata.txt becomes a PEM bundle. SPDX-License-Identifier: ISC */
#include "support/support.h"

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "anchors.h"
#include "certdata.h"
#include "support/command.h"
#include "support/trust_support.h"

/* The vector: five certificates, of which as of 2026 one is trusted for servers. */
#define NETLOCK "NetLock Arany (Class Gold) F\xc5\x91tan\xc3\xbas\xc3\xadtv\xc3\xa1ny"
#define AFFIRM "AffirmTrust Premium ECC"
#define GLOBALTRUST "GLOBALTRUST 2020"
#define GLOBALSIGN "GlobalSign Root CA"
#define DIGINOTAR "Explicitly Distrust DigiNotar Root CA"

enum { GOOD, LOCAL, USAGE };

static char *text;
static size_t text_len, cut_len; /* up to the middle of a line in the last object */

static void
set_up(void)
{
	scratch_make();
	text = support_read_file("vectors/certdata.txt", &text_len);
	cut_len = text_len - 60;
	ck_assert(text[cut_len - 1] != '\n');
}

static void
tear_down(void)
{
	free(text);
	scratch_remove();
}

/* ------------------------------------------------------------------- parsing */

static int
parse(const char *from, size_t len, struct certdata_error *error)
{
	struct certdata data;
	int rv = certdata_parse(from, len, &data, error);

	if (rv == 0)
		certdata_clear(&data);
	else
		ck_assert(error->text[0] != '\0' && data.list == NULL);
	return rv;
}

START_TEST(objects_and_their_trust_are_read)
{
	struct certdata_error error;
	struct certdata data;
	size_t i, certificates = 0;

	ck_assert_msg(certdata_parse(text, text_len, &data, &error) == 0, "line %u: %s", error.line,
	    error.text);
	ck_assert_uint_eq(data.count, 10);
	for (i = 0; i < data.count; i++) {
		const struct certdata_object *o = &data.list[i];

		if (o->is_trust)
			continue;
		certificates++;
		ck_assert_ptr_nonnull(o->trust);
		ck_assert_str_eq(o->label, o->trust->label);
		ck_assert(o->trust->joined);
	}
	ck_assert_uint_eq(certificates, 5);
	ck_assert_int_eq(
	    data.list[4].distrust_after[CERTDATA_SERVER], 1733011199); /* AffirmTrust */
	ck_assert_int_eq(data.list[4].distrust_after[CERTDATA_EMAIL], 0);
	certdata_clear(&data);
}
END_TEST

START_TEST(a_file_cut_anywhere_is_an_error)
{
	struct certdata_error error;
	size_t len, whole = 0;

	for (len = 0; len < text_len; len++) {
		/* behind the end of an object nobody can tell */
		if (parse(text, len, &error) == 0) {
			ck_assert_msg(text[len - 1] == '\n', "cut at %zu", len);
			whole++;
			continue;
		}
		ck_assert(error.line > 0);
		if (text[len > 0 ? len - 1 : 0] != '\n')
			len += len % 7; /* not every octet of the many lines of them */
	}
	ck_assert_uint_lt(whole, 100);
	ck_assert_uint_gt(whole, 4);
}
END_TEST

static const struct {
	const char *name, *old, *new; /* the first occurrence */
	const char *says;
} malformed[] = {
    {"no BEGINDATA", "BEGINDATA\n", "\n", "no BEGINDATA"},
    {"no backslash", "\\060\\127", "060\\127", "neither octets"},
    {"an 8", "\\060\\127", "\\068\\127", "neither octets"},
    {"above 377", "\\060\\127", "\\777\\127", "neither octets"},
    {"two digits", "\\060\\127", "\\06\\127", "neither octets"},
    {"half a hexadecimal octet", "\\060\\127", "\\x3\\127", "neither octets"},
    {"no END", "END\n", "", "neither octets"},
    {"no octets", "MULTILINE_OCTAL\n", "MULTILINE_OCTAL\nEND\n", "no octets"},
    {"no attribute", "CKA_TOKEN CK", "TOKEN CK", "begins no attribute"},
    {"no type", "CKA_TOKEN CK_BBOOL CK_TRUE", "CKA_TOKEN", "begins no attribute"},
    {"no value", "CKA_TOKEN CK_BBOOL CK_TRUE", "CKA_TOKEN CK_BBOOL", "without a value"},
    {"attribute before the first object", "BEGINDATA\n", "BEGINDATA\nCKA_TOKEN CK_BBOOL CK_TRUE\n",
	"before the first"},
    {"another class", "CKO_NSS_TRUST", "CKO_TRUSTED", "no class"},
    {"another level", "CKT_NSS_MUST_VERIFY_TRUST", "CKT_NSS_PERHAPS", "no level"},
    {"a level left out", "CKA_TRUST_SERVER_AUTH CK_TRUST CKT_NSS_MUST_VERIFY_TRUST\n", "",
	"that others have"},
    {"label without quotes", "\"GlobalSign Root CA\"\nCKA", "GlobalSign\nCKA", "quotes"},
    {"no such time", "\\062\\064\\061\\061\\063\\060", "\\062\\064\\061\\071\\063\\060", "no time"},
    {"time of two octets", "CKA_NSS_SERVER_DISTRUST_AFTER CK_BBOOL CK_FALSE",
	"CKA_NSS_SERVER_DISTRUST_AFTER MULTILINE_OCTAL\n\\060\\060\nEND", "no time"},
    {"distrusted true", "CKA_NSS_SERVER_DISTRUST_AFTER CK_BBOOL CK_FALSE",
	"CKA_NSS_SERVER_DISTRUST_AFTER CK_BBOOL CK_TRUE", "CK_FALSE"},
    {"another serial number", "CKA_SERIAL_NUMBER MULTILINE_OCTAL\n\\002\\013\\004",
	"CKA_SERIAL_NUMBER MULTILINE_OCTAL\n\\002\\013\\005", "not its certificate's"},
    {"broken certificate", "CKA_VALUE MULTILINE_OCTAL\n\\060", "CKA_VALUE MULTILINE_OCTAL\n\\061",
	"no certificate"},
    {"more behind the certificate", "END\nCKA_NSS_MOZILLA", "\\000\nEND\nCKA_NSS_MOZILLA",
	"no certificate"},
    {"no trust object", "CKO_NSS_TRUST", "CKO_NSS_CRL", "no trust object"},
    {"hash of another certificate", "CKA_CERT_SHA1_HASH MULTILINE_OCTAL\n\\261",
	"CKA_CERT_SHA1_HASH MULTILINE_OCTAL\n\\262", "the hash here"},
};

/* The text with the first occurrence of one string replaced by another. */
static char *
replaced(const char *old, const char *new, size_t *len)
{
	const char *at = strstr(text, old);
	char *result = malloc(text_len + strlen(new) + 1);

	ck_assert_msg(at != NULL, "\"%s\" is not in the vector", old);
	ck_assert_ptr_nonnull(result);
	*len = (size_t)sprintf(result, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old));
	return result;
}

START_TEST(a_malformed_file_is_an_error_that_names_the_line)
{
	struct certdata_error error;
	size_t len;
	char *bad = replaced(malformed[_i].old, malformed[_i].new, &len);

	ck_assert_msg(parse(bad, len, &error) == -1, "%s", malformed[_i].name);
	ck_assert_msg(strstr(error.text, malformed[_i].says) != NULL, "%s: %s", malformed[_i].name,
	    error.text);
	ck_assert_msg(error.line > 0, "%s", malformed[_i].name);
	free(bad);
}
END_TEST

static const struct {
	const char *name, *old, *new;
} harmless[] = {
    {"hexadecimal octets", "\\060\\127\\061", "\\x30\\x57\\x31"},
    {"upper case", "\\060\\127\\061", "\\x30\\127\\x31"},
    {"an attribute that is new", "CKA_TOKEN CK_BBOOL CK_TRUE",
	"CKA_TOKEN CK_BBOOL CK_TRUE\nCKA_NEW CK_NEW CK_YES\nCKA_OCTETS "
	"MULTILINE_OCTAL\n\\001\nEND"},
    {"older names", "CKO_NSS_TRUST", "CKO_NETSCAPE_TRUST"},
    {"newer names", "CKA_TRUST_SERVER_AUTH CK_TRUST CKT_NSS_MUST_VERIFY_TRUST",
	"CKA_PKCS_TRUST_SERVER_AUTH CK_TRUST CKT_TRUST_UNKNOWN"},
    {"escapes in a label", "\"GlobalSign Root CA\"", "\"Global\\x53ign \\122oot CA\""},
    {"no escape at the end of a label", "\"GlobalSign Root CA\"", "\"Global\\777\""},
    {"carriage returns", "CKA_TOKEN CK_BBOOL CK_TRUE\n", "CKA_TOKEN CK_BBOOL CK_TRUE\r\n"},
};

START_TEST(other_ways_to_write_it_are_read)
{
	struct certdata_error error;
	size_t len;
	char *other = replaced(harmless[_i].old, harmless[_i].new, &len);

	ck_assert_msg(parse(other, len, &error) == 0, "%s: line %u: %s", harmless[_i].name,
	    error.line, error.text);
	free(other);
}
END_TEST

/* -------------------------------------------------------------- the command */

static void
run(struct command_result *result, const char *const *argv, const char *const *env,
    const void *input, size_t len)
{
	struct command command = {.argv = argv, .env = env, .input = input, .input_len = len};

	ck_assert_int_eq(command_run(&command, result), 0);
}

/* tlswrap bundle with up to four arguments, the input on standard input. */
#define BUNDLE(result, ...)                                                                   \
	run(result, (const char *const[]){"tools/tlswrap", "bundle", __VA_ARGS__, "-", NULL}, \
	    NULL, text, text_len)

static size_t
certificates_in(const char *pem, size_t len)
{
	struct tlsw__fault fault;
	struct tlsw__anchors *set = tlsw__anchors_load_mem(pem, len, &fault);
	size_t n = set == NULL ? 0 : tlsw__anchors_facts(set)->certificates;

	ck_assert(set == NULL || tlsw__anchors_facts(set)->malformed == 0);
	tlsw__anchors_unref(set);
	return n;
}

static const struct {
	const char *purpose, *at;
	const char *in[5]; /* labels that are taken, in this order */
	const char *err;
} choices[] = {
    {"server-auth", "2026-01-01", {NETLOCK},
	AFFIRM " (line 321): left out: what it issued is "
	       "distrusted since 2024-11-30T23:59:59Z"},
    {"server-auth", "2024-10-01", {AFFIRM, NETLOCK},
	AFFIRM " (line 321): taken, but what it "
	       "issues will be distrusted after 2024-11-30T23:59:59Z"},
    {"server-auth", "2024-01-01", {AFFIRM, GLOBALTRUST, NETLOCK}, NULL},
    {"server-auth", "2026-01-01", {NETLOCK},
	DIGINOTAR " (line 431): left out: explicitly distrusted"},
    {"email", "2026-01-01", {GLOBALSIGN, NETLOCK}, GLOBALTRUST " (line 602): left out"},
    {"email", "2024-01-01", {GLOBALTRUST, GLOBALSIGN, NETLOCK}, NULL},
    {"any", "2026-01-01", {AFFIRM, GLOBALTRUST, GLOBALSIGN, NETLOCK}, DIGINOTAR},
};

START_TEST(purpose_and_date_decide)
{
	struct command_result result;
	const char *p;
	size_t i, n = 0;

	BUNDLE(&result, "--purpose", choices[_i].purpose, "--at", choices[_i].at);
	ck_assert_msg(result.status == GOOD, "%s", result.err);
	for (p = result.out, i = 0; i < 5 && choices[_i].in[i] != NULL; i++, n++) {
		char line[128];

		(void)snprintf(line, sizeof(line), "\n# %s\n# sha256 ", choices[_i].in[i]);
		p = strstr(p, line);
		ck_assert_msg(p != NULL, "%s is not there, or not in order", choices[_i].in[i]);
	}
	ck_assert_uint_eq(certificates_in(result.out, result.out_len), n);
	ck_assert_msg(
	    choices[_i].err == NULL || strstr(result.err, choices[_i].err) != NULL || _i == 0, "%s",
	    result.err);
	command_result_free(&result);
}
END_TEST

START_TEST(the_result_is_reproducible)
{
	const char *env[] = {"SOURCE_DATE_EPOCH=1767225600", NULL};
	const char *argv[] = {"tools/tlswrap", "bundle", "--quiet", "-", NULL};
	struct command_result one, two;

	run(&one, argv, env, text, text_len);
	BUNDLE(&two, "--quiet", "--at", "2026-01-01");
	ck_assert_int_eq(one.status, GOOD);
	ck_assert_str_eq(one.out, two.out);
	ck_assert_str_eq(one.err, "");
	ck_assert_ptr_nonnull(strstr(one.out, "# as of     2026-01-01T00:00:00Z\n"));
	ck_assert_ptr_nonnull(strstr(one.out, "# SHA-256   "));
	ck_assert_ptr_nonnull(strstr(one.out, "# taken     1 certificates\n"));
	command_result_free(&one);
	command_result_free(&two);
}
END_TEST

START_TEST(nothing_comes_out_of_a_malformed_file)
{
	struct command_result result;
	const char *argv[] = {"tools/tlswrap", "bundle", "-", NULL};

	run(&result, argv, NULL, text, cut_len);
	ck_assert_int_eq(result.status, LOCAL);
	ck_assert_uint_eq(result.out_len, 0);
	ck_assert_msg(strstr(result.err, "line 7") != NULL, "%s", result.err);
	command_result_free(&result);
}
END_TEST

START_TEST(an_empty_choice_is_an_error)
{
	size_t len;
	char *none = replaced("CKA_TRUST_SERVER_AUTH CK_TRUST CKT_NSS_TRUSTED_DELEGATOR",
	    "CKA_TRUST_SERVER_AUTH CK_TRUST CKT_NSS_NOT_TRUSTED", &len);
	const char *argv[] = {"tools/tlswrap", "bundle", "--at", "2026-01-01", "-", NULL};
	struct command_result result;

	run(&result, argv, NULL, none, len);
	ck_assert_int_eq(result.status, LOCAL);
	ck_assert_uint_eq(result.out_len, 0);
	command_result_free(&result);
	free(none);
}
END_TEST

/* A label is text of others: it must not become a certificate. */
START_TEST(a_label_cannot_smuggle_a_block_in)
{
	size_t len;
	char *evil = replaced("CKA_LABEL UTF8 \"NetLock",
	    "CKA_LABEL UTF8 \"x\\012-----BEGIN CERTIFICATE-----\\012AAAA NetLock", &len);
	const char *argv[] = {"tools/tlswrap", "bundle", "--at", "2026-01-01", "-", NULL};
	struct command_result result;

	run(&result, argv, NULL, evil, len);
	ck_assert_msg(result.status == GOOD, "%s", result.err);
	ck_assert_uint_eq(certificates_in(result.out, result.out_len), 1);
	ck_assert_ptr_nonnull(strstr(result.out, "\n# x?-----BEGIN CERTIFICATE-----?AAAA NetLock"));
	command_result_free(&result);
	free(evil);
}
END_TEST

static size_t
files_in_scratch(void)
{
	DIR *d = opendir(scratch_path("."));
	struct dirent *entry;
	size_t n = 0;

	ck_assert_ptr_nonnull(d);
	while ((entry = readdir(d)) != NULL)
		n += entry->d_name[0] != '.';
	(void)closedir(d);
	return n;
}

START_TEST(a_file_is_replaced_as_a_whole_or_not_at_all)
{
	const char *path = scratch_write("ca.pem", "the old one\n", SIZE_MAX);
	const char *argv[] = {"tools/tlswrap", "bundle", "--quiet", "-o", path, "-", NULL};
	const char *nowhere[] = {"tools/tlswrap", "bundle", "-o", "/nonexistent/ca.pem", "-", NULL};
	struct command_result result;
	struct stat st;
	char old[32] = "";
	FILE *f;

	run(&result, argv, NULL, text, cut_len);
	ck_assert_int_eq(result.status, LOCAL);
	command_result_free(&result);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(fgets(old, sizeof(old), f));
	(void)fclose(f);
	ck_assert_str_eq(old, "the old one\n");
	ck_assert_uint_eq(files_in_scratch(), 1);

	run(&result, argv, NULL, text, text_len);
	ck_assert_msg(result.status == GOOD && result.out_len == 0, "%s", result.err);
	command_result_free(&result);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0644);
	ck_assert_uint_eq(files_in_scratch(), 1);

	run(&result, nowhere, NULL, text, text_len);
	ck_assert_int_eq(result.status, LOCAL);
	ck_assert_uint_eq(result.out_len, 0);
	command_result_free(&result);
}
END_TEST

static const struct {
	const char *argv[8];
	int status;
	const char *err;
} words[] = {
    {{"tools/tlswrap", "bundle"}, USAGE, "CERTDATA is needed"},
    {{"tools/tlswrap", "bundle", "a", "b"}, USAGE, "CERTDATA is needed"},
    {{"tools/tlswrap", "bundle", "--purpose", "all", "-"}, USAGE, "no purpose"},
    {{"tools/tlswrap", "bundle", "--at", "soon", "-"}, USAGE, "no time"},
    {{"tools/tlswrap", "bundle", "/nonexistent"}, LOCAL, "No such file"},
    {{"tools/tlswrap", "bundle", "/"}, LOCAL, "directory"},
    {{"tools/tlswrap", "bundle", "/dev/null"}, LOCAL, "no BEGINDATA"},
};

START_TEST(wrong_words_are_refused)
{
	struct command_result result;

	run(&result, words[_i].argv, NULL, "", 0);
	ck_assert_msg(result.status == words[_i].status, "%d: %s", result.status, result.err);
	ck_assert_msg(strstr(result.err, words[_i].err) != NULL, "%s", result.err);
	ck_assert_uint_eq(result.out_len, 0);
	command_result_free(&result);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("certdata");
	TCase *t = tcase_create("parsing");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, objects_and_their_trust_are_read);
	tcase_add_test(t, a_file_cut_anywhere_is_an_error);
	tcase_add_loop_test(t, a_malformed_file_is_an_error_that_names_the_line, 0,
	    sizeof(malformed) / sizeof(malformed[0]));
	tcase_add_loop_test(
	    t, other_ways_to_write_it_are_read, 0, sizeof(harmless) / sizeof(harmless[0]));
	suite_add_tcase(s, t);

	t = tcase_create("command");
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(t, purpose_and_date_decide, 0, sizeof(choices) / sizeof(choices[0]));
	tcase_add_test(t, the_result_is_reproducible);
	tcase_add_test(t, nothing_comes_out_of_a_malformed_file);
	tcase_add_test(t, an_empty_choice_is_an_error);
	tcase_add_test(t, a_label_cannot_smuggle_a_block_in);
	tcase_add_test(t, a_file_is_replaced_as_a_whole_or_not_at_all);
	tcase_add_loop_test(t, wrong_words_are_refused, 0, sizeof(words) / sizeof(words[0]));
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return support_run(suite());
}
