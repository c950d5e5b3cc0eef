/* Files that change under a context that is in use. SPDX-License-Identifier: ISC */
#include "support/support.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utime.h>

#include <openssl/err.h>

#include "error.h"
#include "support/pki.h"
#include "support/trust_support.h"
#include "trust.h"

static struct pki *one, *two;
static struct pki *under_one, *under_two;
static struct tlsw__trust *trust;

static void
set_up(void)
{
	scratch_make();
	one = pki_ca("One");
	two = pki_ca("Two");
	under_one = pki_leaf(one, "one.lab.test");
	under_two = pki_leaf(two, "two.lab.test");
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

static struct tlsw__snapshot *
snapshot(void)
{
	struct tlsw__snapshot *snap = tlsw__trust_snapshot(trust);

	ck_assert_works(snap != NULL);
	return snap;
}

/* A snapshot that has looked at the files. */
static struct tlsw__snapshot *
fresh(void)
{
	tlsw__trust_check_soon(trust);
	return snapshot();
}

static bool
trusts(struct tlsw__snapshot *snap, struct pki *leaf)
{
	return trust_verify(snap, pki_x509(leaf), NULL) == X509_V_OK;
}

static bool
trusts_now(struct pki *leaf)
{
	struct tlsw__snapshot *snap = fresh();
	bool ok = trusts(snap, leaf);

	tlsw__snapshot_free(snap);
	return ok;
}

static const char *
detail_of(struct tlsw__snapshot *snap)
{
	(void)tlsw__error_set(TLSW_ERR_TRUST_STORE, "a test");
	tlsw__snapshot_detail(snap);
	return tls_last_error()->details;
}

/* A new file under the name, as package managers put it there. */
static void
replace(const char *name, const char *text)
{
	const char *temporary = scratch_write("new", text, SIZE_MAX);

	ck_assert_int_eq(rename(temporary, scratch_path(name)), 0);
}

/* ------------------------------------------------------------------- files */

START_TEST(a_replaced_file_is_noticed)
{
	struct tlsw__snapshot *before, *after;

	replace("ca.pem", pki_pem(one));
	ck_assert_int_eq(tlsw__trust_load_file(trust, scratch_path("ca.pem")), 1);
	before = snapshot();
	replace("ca.pem", pki_pem(two));
	after = fresh();
	ck_assert(trusts(before, under_one) && !trusts(before, under_two));
	ck_assert(!trusts(after, under_one) && trusts(after, under_two));
	ck_assert_uint_ne(tlsw__snapshot_version(before), tlsw__snapshot_version(after));
	tlsw__snapshot_free(before);
	tlsw__snapshot_free(after);
}
END_TEST

START_TEST(a_file_rewritten_in_place_is_noticed)
{
	(void)scratch_write("ca.pem", pki_pem(one), SIZE_MAX);
	ck_assert_int_eq(tlsw__trust_load_file(trust, scratch_path("ca.pem")), 1);
	ck_assert(trusts_now(under_one));
	(void)scratch_write("ca.pem", pki_pem(two), SIZE_MAX);
	ck_assert(trusts_now(under_two) && !trusts_now(under_one));
}
END_TEST

/* Files are looked at once a second: within it nothing changes. */
START_TEST(nothing_is_looked_at_within_a_second)
{
	struct tlsw__snapshot *snap;

	replace("ca.pem", pki_pem(one));
	ck_assert_int_eq(tlsw__trust_load_file(trust, scratch_path("ca.pem")), 1);
	snap = fresh();
	tlsw__snapshot_free(snap);
	replace("ca.pem", pki_pem(two));
	snap = snapshot();
	ck_assert(trusts(snap, under_one));
	tlsw__snapshot_free(snap);
	(void)usleep(1100 * 1000);
	snap = snapshot();
	ck_assert(!trusts(snap, under_one) && trusts(snap, under_two));
	tlsw__snapshot_free(snap);
}
END_TEST

START_TEST(an_unchanged_file_keeps_the_version)
{
	struct tlsw__snapshot *before, *after;

	replace("ca.pem", pki_pem(one));
	ck_assert_int_eq(tlsw__trust_load_file(trust, scratch_path("ca.pem")), 1);
	before = snapshot();
	after = fresh();
	ck_assert_ptr_eq(before, after);
	tlsw__snapshot_free(after);
	replace("ca.pem", pki_pem(one)); /* another file that says the same */
	after = fresh();
	ck_assert(trusts(after, under_one));
	tlsw__snapshot_free(before);
	tlsw__snapshot_free(after);
}
END_TEST

static const struct {
	const char *name, *text; /* NULL: removed */
	const char *says;
} broken[] = {
    {"removed", NULL, "No such file"},
    {"empty", "", "is empty"},
    {"no certificate", "hello\n", "no certificate in it"},
    {"malformed", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
	"no usable certificate"},
    {"unfinished", "-----BEGIN CERTIFICATE-----\nMIIB", "no END line"},
};

/* wall: A01 */
START_TEST(a_file_that_became_unusable_leaves_the_old_contents_in_force)
{
	struct tlsw__snapshot *before, *after;

	replace("ca.pem", pki_pem(one));
	ck_assert_int_eq(tlsw__trust_load_file(trust, scratch_path("ca.pem")), 1);
	before = snapshot();
	ck_assert_ptr_null(strstr(detail_of(before), "unusable"));
	if (broken[_i].text == NULL)
		ck_assert_int_eq(unlink(scratch_path("ca.pem")), 0);
	else
		replace("ca.pem", broken[_i].text);
	tls_error_clear();
	after = fresh();
	ck_assert_int_eq(tls_last_error()->code, TLSW_OK);
	ck_assert_uint_eq(tlsw__snapshot_version(before), tlsw__snapshot_version(after));
	ck_assert(trusts(after, under_one) && !trusts(after, under_two));
	ck_assert_msg(strstr(detail_of(after), broken[_i].says) != NULL &&
			  strstr(detail_of(after), "still in force") != NULL,
	    "%s: %s", broken[_i].name, detail_of(after));
	tlsw__snapshot_free(after);
	replace("ca.pem", pki_pem(two));
	after = fresh();
	ck_assert(!trusts(after, under_one) && trusts(after, under_two));
	ck_assert_ptr_null(strstr(detail_of(after), "unusable"));
	tlsw__snapshot_free(after);
	tlsw__snapshot_free(before);
}
END_TEST

/* A file that was mapped would raise SIGBUS here. */
START_TEST(a_file_truncated_in_place_does_no_harm)
{
	struct tlsw__snapshot *snap;

	(void)scratch_write("ca.pem", pki_pem(one), SIZE_MAX);
	ck_assert_int_eq(tlsw__trust_load_file(trust, scratch_path("ca.pem")), 1);
	snap = snapshot();
	ck_assert_int_eq(truncate(scratch_path("ca.pem"), 0), 0);
	ck_assert(trusts(snap, under_one));
	tlsw__snapshot_free(snap);
	ck_assert(trusts_now(under_one));
}
END_TEST

/* ----------------------------------------------------------- shared contents */

START_TEST(contexts_share_what_was_parsed)
{
	struct tlsw__fault fault;
	struct tlsw__anchors *a, *b;
	struct utimbuf old = {1000000000, 1000000000};

	(void)scratch_write("ca.pem", pki_pem(one), SIZE_MAX);
	a = tlsw__anchors_load_file(scratch_path("ca.pem"), &fault);
	b = tlsw__anchors_load_file(scratch_path("ca.pem"), &fault);
	ck_assert(a != NULL && a == b);
	tlsw__anchors_unref(b);
	ck_assert_int_eq(utime(scratch_path("ca.pem"), &old), 0); /* another state of the file */
	b = tlsw__anchors_load_file(scratch_path("ca.pem"), &fault);
	ck_assert(b != NULL && tlsw__anchors_equal(a, b));
	tlsw__anchors_unref(a);
	tlsw__anchors_unref(b);
}
END_TEST

/* A PEM of that length: with empty lines behind. */
static char *
padded(const char *pem, size_t len)
{
	char *text = malloc(len + 1);

	ck_assert_ptr_nonnull(text);
	memset(text, '\n', len);
	memcpy(text, pem, strlen(pem));
	text[len] = '\0';
	return text;
}

/* Same file, same size, and times that go on only every few milliseconds: nobody is given the old
 * contents. */
START_TEST(a_fresh_file_is_read_again_for_another_context)
{
	char *text[2] = {padded(pki_pem(one), 4000), padded(pki_pem(two), 4000)};
	struct pki *ca[2] = {one, two};
	struct tlsw__anchors *kept = NULL;
	struct tlsw__fault fault;
	int i;

	for (i = 0; i < 200; i++) {
		STACK_OF(X509) *found = sk_X509_new_null();
		struct tlsw__anchors *set;

		(void)scratch_write("ca.pem", text[i % 2], SIZE_MAX);
		set = tlsw__anchors_load_file(scratch_path("ca.pem"), &fault);
		ck_assert_msg(set != NULL, "%s", fault.text);
		ck_assert_int_eq(
		    tlsw__anchors_find(set, X509_get_subject_name(pki_x509(ca[i % 2])), found), 0);
		ck_assert_msg(sk_X509_num(found) == 1, "round %d", i);
		sk_X509_pop_free(found, X509_free);
		tlsw__anchors_unref(kept);
		kept = set; /* so that it may be shared */
	}
	tlsw__anchors_unref(kept);
	free(text[0]);
	free(text[1]);
}
END_TEST

START_TEST(what_had_not_settled_counts_as_changed_later)
{
	const struct tlsw__file_id fresh_id = {.ino = 1, .settled = false};
	const struct tlsw__file_id settled = {.ino = 1, .settled = true};
	const struct tlsw__file_id other = {.ino = 2, .settled = true};

	ck_assert(tlsw__file_unchanged(&settled, &settled));
	ck_assert(tlsw__file_unchanged(&fresh_id, &fresh_id));
	ck_assert(!tlsw__file_unchanged(&fresh_id, &settled));
	ck_assert(!tlsw__file_unchanged(&settled, &other));
}
END_TEST

/* --------------------------------------------------------------- directories */

START_TEST(a_new_file_in_a_directory_is_found)
{
	scratch_rehash("certs", pki_x509(one), 0, pki_pem(one));
	ck_assert_int_eq(tlsw__trust_load_dir(trust, scratch_path("certs")), 0);
	ck_assert(trusts_now(under_one) && !trusts_now(under_two));
	scratch_rehash("certs", pki_x509(two), 0, pki_pem(two));
	ck_assert(trusts_now(under_one) && trusts_now(under_two));
}
END_TEST

START_TEST(a_file_removed_from_a_directory_is_no_longer_trusted)
{
	scratch_rehash("certs", pki_x509(one), 0, pki_pem(one));
	ck_assert_int_eq(tlsw__trust_load_dir(trust, scratch_path("certs")), 0);
	ck_assert(trusts_now(under_one));
	ck_assert_int_eq(unlink(scratch_rehash("certs", pki_x509(one), 0, "")), 0);
	(void)usleep(10 * 1000); /* more than the tick of a file's times */
	ck_assert(!trusts_now(under_one));
}
END_TEST

START_TEST(a_file_rewritten_in_a_directory_is_noticed)
{
	struct pki *twin = pki_ca("One"), *under_twin = pki_leaf(twin, "one.lab.test");

	scratch_rehash("certs", pki_x509(one), 0, pki_pem(one));
	ck_assert_int_eq(tlsw__trust_load_dir(trust, scratch_path("certs")), 0);
	ck_assert(trusts_now(under_one) && !trusts_now(under_twin));
	(void)usleep(10 * 1000);
	scratch_rehash("certs", pki_x509(one), 0, pki_pem(twin));
	ck_assert(!trusts_now(under_one) && trusts_now(under_twin));
	pki_free(under_twin);
	pki_free(twin);
}
END_TEST

START_TEST(a_removed_directory_leaves_what_was_read_in_force)
{
	struct tlsw__snapshot *snap;

	scratch_rehash("certs", pki_x509(one), 0, pki_pem(one));
	ck_assert_int_eq(tlsw__trust_load_dir(trust, scratch_path("certs")), 0);
	ck_assert(trusts_now(under_one));
	ck_assert_int_eq(rename(scratch_path("certs"), scratch_path("moved")), 0);
	snap = fresh();
	ck_assert(trusts(snap, under_one));
	ck_assert_ptr_nonnull(strstr(detail_of(snap), "still in force"));
	tlsw__snapshot_free(snap);
}
END_TEST

/* ---------------------------------------------------------- without refresh */

START_TEST(without_refresh_no_file_is_touched)
{
	struct tlsw__snapshot *before, *after;

	replace("ca.pem", pki_pem(one));
	scratch_rehash("certs", pki_x509(two), 0, pki_pem(two));
	ck_assert_int_eq(tlsw__trust_load_file(trust, scratch_path("ca.pem")), 1);
	if (_i == 0)
		ck_assert_int_eq(tlsw__trust_load_dir(trust, scratch_path("certs")), 0);
	ck_assert_int_eq(tlsw__trust_set_refresh(trust, false), 0);
	if (_i == 1) /* the order does not matter */
		ck_assert_int_eq(tlsw__trust_load_dir(trust, scratch_path("certs")), 0);
	before = snapshot();
	ck_assert_int_eq(rename(scratch_path("certs"), scratch_path("moved")), 0);
	ck_assert_int_eq(unlink(scratch_path("ca.pem")), 0);
	after = fresh();
	ck_assert_ptr_eq(before, after);
	ck_assert(trusts(after, under_one) && trusts(after, under_two));
	tlsw__snapshot_free(before);
	tlsw__snapshot_free(after);
}
END_TEST

/* ------------------------------------------------------------ revocation lists */

static void
replace_crl(struct pki *revoked)
{
	X509_CRL *crl = pki_crl(&(const struct pki_crl_spec){
	    .issuer = one, .revoked = revoked == NULL ? NULL : PKI_LIST(revoked)});
	char *pem = pki_crl_pem(crl);

	replace("ca.crl", pem);
	free(pem);
	X509_CRL_free(crl);
}

static int
checked_with_crl(struct pki *leaf)
{
	struct tlsw__snapshot *snap = fresh();
	int error =
	    store_verify(tlsw__snapshot_store(snap), pki_x509(leaf), NULL, X509_V_FLAG_CRL_CHECK);

	tlsw__snapshot_free(snap);
	return error;
}

START_TEST(a_new_revocation_list_is_noticed)
{
	replace("ca.pem", pki_pem(one));
	replace_crl(NULL);
	ck_assert_int_eq(tlsw__trust_load_file(trust, scratch_path("ca.pem")), 1);
	ck_assert_int_eq(tlsw__trust_load_crl_file(trust, scratch_path("ca.crl")), 1);
	ck_assert_int_eq(checked_with_crl(under_one), X509_V_OK);
	replace_crl(under_one);
	ck_assert_int_eq(checked_with_crl(under_one), X509_V_ERR_CERT_REVOKED);
	replace("ca.crl", "broken");
	ck_assert_int_eq(checked_with_crl(under_one), X509_V_ERR_CERT_REVOKED);
	ck_assert_int_eq(unlink(scratch_path("ca.crl")), 0);
	ck_assert_int_eq(checked_with_crl(under_one), X509_V_ERR_CERT_REVOKED);
	replace_crl(NULL);
	ck_assert_int_eq(checked_with_crl(under_one), X509_V_OK);
}
END_TEST

/* -------------------------------------------------------------------- threads */

enum { THREADS = 4, ROUNDS = 150 };
static atomic_bool stop;
static atomic_int wrong;

/* Each snapshot trusts exactly one of the two, whatever the writer does meanwhile. */
static void *
verify_again_and_again(void *unused)
{
	int i;

	(void)unused;
	for (i = 0; i < ROUNDS; i++) {
		struct tlsw__snapshot *snap = tlsw__trust_snapshot(trust);
		bool good;

		if (snap == NULL) {
			(void)atomic_fetch_add(&wrong, 1);
			continue;
		}
		good = trusts(snap, under_one) != trusts(snap, under_two);
		(void)atomic_fetch_add(&wrong, !good);
		tlsw__snapshot_free(snap);
		if (i % 5 == 0)
			tlsw__trust_check_soon(trust);
	}
	return NULL;
}

static void *
rewrite_again_and_again(void *unused)
{
	bool first = false;

	(void)unused;
	while (!atomic_load(&stop)) {
		replace("ca.pem", pki_pem(first ? one : two));
		first = !first;
		(void)usleep(2000);
	}
	return NULL;
}

/* Contexts of other threads come and go over the same file. */
static void *
load_again_and_again(void *unused)
{
	(void)unused;
	while (!atomic_load(&stop)) {
		struct tlsw__trust *mine = tlsw__trust_new();
		struct tlsw__snapshot *snap = NULL;

		if (mine == NULL || tlsw__trust_load_file(mine, scratch_path("ca.pem")) != 1 ||
		    (snap = tlsw__trust_snapshot(mine)) == NULL)
			(void)atomic_fetch_add(&wrong, 1);
		tlsw__trust_free(mine); /* the snapshot keeps what it needs */
		if (snap != NULL)
			(void)trusts(snap, under_one);
		tlsw__snapshot_free(snap);
		(void)usleep(500);
	}
	return NULL;
}

START_TEST(threads_verify_while_the_file_changes)
{
	pthread_t thread[THREADS], writer, loader;
	int i;

	(void)scratch_path("new");
	replace("ca.pem", pki_pem(one));
	ck_assert_int_eq(tlsw__trust_load_file(trust, scratch_path("ca.pem")), 1);
	ck_assert_int_eq(pthread_create(&writer, NULL, rewrite_again_and_again, NULL), 0);
	ck_assert_int_eq(pthread_create(&loader, NULL, load_again_and_again, NULL), 0);
	for (i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&thread[i], NULL, verify_again_and_again, NULL), 0);
	for (i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_join(thread[i], NULL), 0);
	atomic_store(&stop, true);
	ck_assert_int_eq(pthread_join(writer, NULL), 0);
	ck_assert_int_eq(pthread_join(loader, NULL), 0);
	ck_assert_int_eq(atomic_load(&wrong), 0);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("refresh");
	TCase *t = tcase_create("files");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, a_replaced_file_is_noticed);
	tcase_add_test(t, a_file_rewritten_in_place_is_noticed);
	tcase_add_test(t, nothing_is_looked_at_within_a_second);
	tcase_add_test(t, an_unchanged_file_keeps_the_version);
	tcase_add_loop_test(t, a_file_that_became_unusable_leaves_the_old_contents_in_force, 0,
	    sizeof(broken) / sizeof(broken[0]));
	tcase_add_test(t, a_file_truncated_in_place_does_no_harm);
	tcase_add_test(t, contexts_share_what_was_parsed);
	tcase_add_test(t, a_fresh_file_is_read_again_for_another_context);
	tcase_add_test(t, what_had_not_settled_counts_as_changed_later);
	suite_add_tcase(s, t);

	t = tcase_create("directories");
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, a_new_file_in_a_directory_is_found);
	tcase_add_test(t, a_file_removed_from_a_directory_is_no_longer_trusted);
	tcase_add_test(t, a_file_rewritten_in_a_directory_is_noticed);
	tcase_add_test(t, a_removed_directory_leaves_what_was_read_in_force);
	tcase_add_loop_test(t, without_refresh_no_file_is_touched, 0, 2);
	suite_add_tcase(s, t);

	t = tcase_create("revocation lists");
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, a_new_revocation_list_is_noticed);
	suite_add_tcase(s, t);

	t = tcase_create("threads");
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, threads_verify_while_the_file_changes);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return support_run(suite());
}
