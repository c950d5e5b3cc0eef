/* Where the system's CAs are looked for. SPDX-License-Identifier: ISC */
#include "support/support.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "places.h"
#include "support/pki.h"
#include "support/trust_support.h"
#include "trust.h"

static struct pki *one, *two;
static struct pki *under_one, *under_two;
static struct tlsw__trust *trust;
static const char *good, *other, *nothing; /* a bundle of one, of two; no file */

static void
set_up(void)
{
	scratch_make();
	one = pki_ca("One");
	two = pki_ca("Two");
	under_one = pki_leaf(one, "one.lab.test");
	under_two = pki_leaf(two, "two.lab.test");
	good = scratch_write("one.pem", pki_pem(one), SIZE_MAX);
	other = scratch_write("two.pem", pki_pem(two), SIZE_MAX);
	nothing = scratch_path("none");
	trust = tlsw__trust_new();
	ck_assert_ptr_nonnull(trust);
}

static void
tear_down(void)
{
	tlsw__trust_free(trust);
	pki_free(under_one);
	pki_free(under_two);
	pki_free(one);
	pki_free(two);
	scratch_remove();
}

static bool
trusts(struct pki *leaf)
{
	struct tlsw__snapshot *snap = tlsw__trust_snapshot(trust);
	bool ok;

	ck_assert_works(snap != NULL);
	ok = trust_verify(snap, pki_x509(leaf), NULL) == X509_V_OK;
	tlsw__snapshot_free(snap);
	return ok;
}

/* ------------------------------------------------------------- the environment */

START_TEST(a_named_file_is_used_and_nothing_else)
{
	struct tlsw__places p = {.env_file = good, .openssl_file = other, .openssl_dir = nothing};

	ck_assert_works(tlsw__trust_load_places(trust, &p, NULL) == 0);
	ck_assert(trusts(under_one) && !trusts(under_two));
}
END_TEST

START_TEST(a_named_directory_is_used_and_nothing_else)
{
	struct tlsw__places p = {
	    .env_dir = scratch_path("certs"), .openssl_file = other, .openssl_dir = nothing};

	scratch_rehash("certs", pki_x509(one), 0, pki_pem(one));
	ck_assert_works(tlsw__trust_load_places(trust, &p, NULL) == 0);
	ck_assert(trusts(under_one) && !trusts(under_two));
}
END_TEST

START_TEST(both_variables_add_up)
{
	struct tlsw__places p = {.env_file = good,
	    .env_dir = scratch_path("certs"),
	    .openssl_file = nothing,
	    .openssl_dir = nothing};

	scratch_rehash("certs", pki_x509(two), 0, pki_pem(two));
	ck_assert_works(tlsw__trust_load_places(trust, &p, NULL) == 0);
	ck_assert(trusts(under_one) && trusts(under_two));
}
END_TEST

START_TEST(directories_may_be_listed)
{
	char list[600];
	struct tlsw__places p = {.env_dir = list, .openssl_file = nothing, .openssl_dir = nothing};

	scratch_rehash("a", pki_x509(one), 0, pki_pem(one));
	scratch_rehash("b", pki_x509(two), 0, pki_pem(two));
	(void)snprintf(list, sizeof(list), ":%s::%s:", scratch_path("a"), scratch_path("b"));
	ck_assert_works(tlsw__trust_load_places(trust, &p, NULL) == 0);
	ck_assert(trusts(under_one) && trusts(under_two));
}
END_TEST

/* A variable that names something unusable is never passed over. wall: N01 */
static const struct {
	const char *file, *dir; /* "" is as it is, others are in the scratch folder, "/" are not */
} unusable[] = {
    {"", NULL},
    {"/dev/null", NULL},
    {"/etc/passwd", NULL},
    {"/nonexistent/ca.pem", NULL},
    {"empty.pem", NULL},
    {"folder", NULL},
    {NULL, ""},
    {NULL, ":"},
    {NULL, "/nonexistent"},
    {NULL, "folder"},
    {NULL, "one.pem"},
    {"one.pem", "/nonexistent"},
    {"one.pem", ""},
    {"/nonexistent", "certs"},
};

static const char *
resolve(const char *name)
{
	return name == NULL || *name == '\0' || *name == '/' || *name == ':' ? name
									     : scratch_path(name);
}

/* wall: N01 */
START_TEST(an_unusable_variable_is_an_error)
{
	struct tlsw__places p = {.env_file = resolve(unusable[_i].file),
	    .env_dir = resolve(unusable[_i].dir),
	    .openssl_file = good,
	    .openssl_dir = nothing};

	(void)scratch_write("empty.pem", "", 0);
	ck_assert_int_eq(mkdir(scratch_path("folder"), 0755), 0);
	scratch_rehash("certs", pki_x509(one), 0, pki_pem(one));
	ck_assert_refused(tlsw__trust_load_places(trust, &p, NULL), TLSW_ERR_TRUST_STORE);
	ck_assert_msg(strstr(tls_last_error()->message, "SSL_CERT_") != NULL, "%s",
	    tls_last_error()->message);
	ck_assert(!trusts(under_one));
}
END_TEST

START_TEST(the_environment_is_read)
{
	struct tlsw__places p;

	ck_assert_int_eq(setenv("SSL_CERT_FILE", good, 1), 0);
	ck_assert_int_eq(unsetenv("SSL_CERT_DIR"), 0);
	tlsw__places_of_system(&p);
	ck_assert_str_eq(p.env_file, good);
	ck_assert_ptr_null(p.env_dir);
	ck_assert_works(tlsw__trust_load_system(trust) == 0);
	ck_assert(trusts(under_one) && !trusts(under_two));
}
END_TEST

/* ----------------------------------------------------------------- the places */

START_TEST(openssls_file_and_directory_are_both_used)
{
	struct tlsw__places p = {.openssl_file = good, .openssl_dir = scratch_path("certs")};

	scratch_rehash("certs", pki_x509(two), 0, pki_pem(two));
	ck_assert_works(tlsw__trust_load_places(trust, &p, NULL) == 0);
	ck_assert(trusts(under_one) && trusts(under_two));
}
END_TEST

START_TEST(openssls_directory_alone_is_enough)
{
	struct tlsw__places p = {.openssl_file = nothing, .openssl_dir = scratch_path("certs")};

	scratch_rehash("certs", pki_x509(one), 0, pki_pem(one));
	ck_assert_works(tlsw__trust_load_places(trust, &p, NULL) == 0);
	ck_assert(trusts(under_one));
}
END_TEST

START_TEST(the_first_usable_place_wins)
{
	const struct tlsw__place known[] = {{TLSW__PLACE_FILE, "/nonexistent", "Nowhere"},
	    {TLSW__PLACE_FILE, good, "Here"}, {TLSW__PLACE_FILE, other, "There"}};
	struct tlsw__places p = {
	    .openssl_file = nothing, .openssl_dir = nothing, .known = known, .known_count = 3};

	ck_assert_works(tlsw__trust_load_places(trust, &p, NULL) == 0);
	ck_assert(trusts(under_one) && !trusts(under_two));
}
END_TEST

/* Android names its files by the hash that OpenSSL had before 1.0.0. */
START_TEST(old_hashes_are_found)
{
	const struct tlsw__place known[] = {
	    {TLSW__PLACE_DIR_MD5, scratch_path("cacerts"), "Android"}};
	struct tlsw__places p = {
	    .openssl_file = nothing, .openssl_dir = nothing, .known = known, .known_count = 1};
	char name[64];

	ck_assert_int_eq(mkdir(scratch_path("cacerts"), 0755), 0);
	(void)snprintf(
	    name, sizeof(name), "cacerts/%08lx.0", X509_subject_name_hash_old(pki_x509(one)));
	(void)scratch_write(name, pki_pem(one), SIZE_MAX);
	ck_assert_works(tlsw__trust_load_places(trust, &p, NULL) == 0);
	ck_assert(trusts(under_one));
}
END_TEST

START_TEST(nothing_usable_lists_what_was_tried)
{
	const struct tlsw__place known[] = {
	    {TLSW__PLACE_FILE, "/nonexistent/bundle.pem", "Nowhere"},
	    {TLSW__PLACE_DIR, scratch_path("folder"), "Somewhere"}};
	struct tlsw__places p = {.openssl_file = scratch_path("empty.pem"),
	    .openssl_dir = nothing,
	    .known = known,
	    .known_count = 2};
	const char *details;

	(void)scratch_write("empty.pem", "", 0);
	ck_assert_int_eq(mkdir(scratch_path("folder"), 0755), 0);
	ck_assert_refused(tlsw__trust_load_places(trust, &p, NULL), TLSW_ERR_TRUST_STORE);
	details = tls_last_error()->details;
	ck_assert_msg(strstr(details, "empty.pem\" (OpenSSL's default file): it is empty") &&
			  strstr(details, "/none\" (OpenSSL's default directory): No such file") &&
			  strstr(details, "/nonexistent/bundle.pem\" (Nowhere): No such file") &&
			  strstr(details, "folder\" (Somewhere): no hashed certificate"),
	    "%s", details);
}
END_TEST

START_TEST(every_place_has_a_path_and_an_owner)
{
	struct tlsw__places p;
	size_t i;

	tlsw__places_of_system(&p);
	ck_assert_uint_gt(p.known_count, 10);
	for (i = 0; i < p.known_count; i++)
		ck_assert_msg(p.known[i].path[0] == '/' && p.known[i].whose[0] != '\0', "%zu", i);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("places");
	TCase *t = tcase_create("environment");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, a_named_file_is_used_and_nothing_else);
	tcase_add_test(t, a_named_directory_is_used_and_nothing_else);
	tcase_add_test(t, both_variables_add_up);
	tcase_add_test(t, directories_may_be_listed);
	tcase_add_loop_test(
	    t, an_unusable_variable_is_an_error, 0, sizeof(unusable) / sizeof(unusable[0]));
	tcase_add_test(t, the_environment_is_read);
	suite_add_tcase(s, t);

	t = tcase_create("places");
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, openssls_file_and_directory_are_both_used);
	tcase_add_test(t, openssls_directory_alone_is_enough);
	tcase_add_test(t, the_first_usable_place_wins);
	tcase_add_test(t, old_hashes_are_found);
	tcase_add_test(t, nothing_usable_lists_what_was_tried);
	tcase_add_test(t, every_place_has_a_path_and_an_owner);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return support_run(suite());
}
