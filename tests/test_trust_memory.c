/* Short of memory the trust store refuses, and never checks less. SPDX-License-Identifier: ISC */
#include "support/support.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "chain.h"
#include "support/memory.h"
#include "support/pki.h"
#include "support/trust_support.h"
#include "trust.h"

/* More allocations than any of the calls below makes. */
#define MANY 20000

/*
 * The first few hundred one by one. Behind them OpenSSL repeats itself, and a
 * part is taken, unless TEST_THOROUGH is in the environment.
 */
static size_t
next_of(size_t nth)
{
	return nth + (nth < 250 || getenv("TEST_THOROUGH") != NULL ? 1 : 13);
}

static struct pki *root, *other, *good, *revoked, *stranger;
static char *crl_text, *unusual_text;

static char *
rejecting_pem(struct pki *ca)
{
	X509 *x = X509_dup(pki_x509(ca));
	ASN1_OBJECT *use = OBJ_txt2obj("serverAuth", 0);
	BIO *bio = BIO_new(BIO_s_mem());
	char *text, *pem;
	long len;

	ck_assert_int_eq(X509_add1_reject_object(x, use), 1);
	ck_assert_int_eq(PEM_write_bio_X509_AUX(bio, x), 1);
	len = BIO_get_mem_data(bio, &text);
	pem = strndup(text, (size_t)len);
	ASN1_OBJECT_free(use);
	BIO_free(bio);
	X509_free(x);
	return pem;
}

static void
write_files(void)
{
	struct pki *cas[] = {other, root};
	char *rejecting = rejecting_pem(other);
	char *both =
	    malloc(strlen(pki_pem(root)) + strlen(pki_pem(other)) + strlen(crl_text) + 100);
	char name[64];

	ck_assert_ptr_nonnull(both);
	(void)sprintf(both, "%s%s", pki_pem(root), pki_pem(other));
	(void)scratch_write("ca.pem", both, SIZE_MAX);
	(void)sprintf(both, "%s\n%s", crl_text, pki_pem(root));
	(void)scratch_write("with-crl.pem", both, SIZE_MAX);
	(void)scratch_write("ca.crl", crl_text, SIZE_MAX);
	scratch_rehash("certs", pki_x509(cas[0]), 0, pki_pem(cas[0]));
	scratch_rehash("certs", pki_x509(cas[1]), 0, pki_pem(cas[1]));
	(void)snprintf(
	    name, sizeof(name), "certs/%08lx.r0", X509_subject_name_hash(pki_x509(root)));
	(void)scratch_write(name, crl_text, SIZE_MAX);
	scratch_rehash("refusing", pki_x509(other), 0, rejecting);
	free(both);
	free(rejecting);
}

static void
write_unusual(void)
{
	const char *pem = pki_pem(root), *at = strstr(pem, "-----\n") + 6;

	unusual_text = malloc(strlen(pem) + 3);
	ck_assert_ptr_nonnull(unusual_text);
	(void)sprintf(unusual_text, "%.*s \t%s", (int)(at - pem), pem, at);
}

static void
set_up(void)
{
	X509_CRL *crl;

	scratch_make();
	root = pki_ca("Root");
	other = pki_ca("Other");
	good = pki_leaf(root, "good.lab.test");
	revoked = pki_leaf(root, "revoked.lab.test");
	stranger = pki_leaf(other, "stranger.lab.test");
	crl = pki_crl(&(const struct pki_crl_spec){.issuer = root, .revoked = PKI_LIST(revoked)});
	crl_text = pki_crl_pem(crl);
	X509_CRL_free(crl);
	write_files();
	write_unusual();
}

static void
tear_down(void)
{
	free(unusual_text);
	free(crl_text);
	pki_free(stranger);
	pki_free(revoked);
	pki_free(good);
	pki_free(other);
	pki_free(root);
	scratch_remove();
}

/* ------------------------------------------------------------------- loading */

static int
load_file(struct tlsw__trust *trust)
{
	return tlsw__trust_load_file(trust, scratch_path("ca.pem")) == 2 ? 0 : -1;
}

/* A block that OpenSSL's reader is asked about, since it is written in no usual way. */
static int
load_unusual(struct tlsw__trust *trust)
{
	return tlsw__trust_load_mem(trust, unusual_text, strlen(unusual_text)) == 1 ? 0 : -1;
}

static int
load_dir(struct tlsw__trust *trust)
{
	return tlsw__trust_load_dir(trust, scratch_path("certs"));
}

static int
load_dir_whole(struct tlsw__trust *trust)
{
	return tlsw__trust_set_refresh(trust, false) == 0 ? load_dir(trust) : -1;
}

static int
load_with_crl(struct tlsw__trust *trust)
{
	return tlsw__trust_load_file(trust, scratch_path("with-crl.pem")) == 1 ? 0 : -1;
}

static int
load_two_files(struct tlsw__trust *trust)
{
	return load_file(trust) == 0 &&
		       tlsw__trust_load_crl_file(trust, scratch_path("ca.crl")) == 1
		   ? 0
		   : -1;
}

static int
load_places(struct tlsw__trust *trust)
{
	struct tlsw__places places = {
	    .openssl_file = scratch_path("none"), .openssl_dir = scratch_path("certs")};

	return tlsw__trust_load_places(trust, &places, NULL);
}

static int
load_environment(struct tlsw__trust *trust)
{
	struct tlsw__places places = {
	    .env_file = scratch_path("ca.pem"), .env_dir = scratch_path("certs")};

	return tlsw__trust_load_places(trust, &places, NULL);
}

static const struct {
	const char *name;
	int (*load)(struct tlsw__trust *);
	size_t anchors, crls;
} loads[] = {
    {"file", load_file, 2, 0},
    {"unusual block", load_unusual, 1, 0},
    {"directory", load_dir, 2, 0},
    {"whole directory", load_dir_whole, 2, 0},
    {"CRL in a bundle", load_with_crl, 1, 1},
    {"file and CRL file", load_two_files, 2, 1},
    {"places", load_places, 2, 0},
    {"environment", load_environment, 2, 0},
};

/* What a context trusts must be all of it. */
static void
check_whole(struct tlsw__trust *trust, int i, size_t nth)
{
	struct tlsw__snapshot *snap = tlsw__trust_snapshot(trust);

	ck_assert_works(snap != NULL);
	ck_assert_msg(tlsw__snapshot_anchors(snap) == loads[i].anchors, "%s, allocation %zu: %zu",
	    loads[i].name, nth, tlsw__snapshot_anchors(snap));
	ck_assert_msg(
	    tlsw__snapshot_crls(snap) == loads[i].crls, "%s, allocation %zu", loads[i].name, nth);
	tlsw__snapshot_free(snap);
}

static void
check_nothing(struct tlsw__trust *trust)
{
	struct tlsw__snapshot *snap = tlsw__trust_snapshot(trust);

	ck_assert_works(snap != NULL);
	ck_assert_uint_le(tlsw__snapshot_anchors(snap), 2);
	tlsw__snapshot_free(snap);
}

/* Until the nth allocation is one too many: a load that works is whole, one that does not says
 * memory. */
static void
sweep_loads(int i, bool all)
{
	size_t nth;

	for (nth = 1; nth < MANY; nth = next_of(nth)) {
		struct tlsw__trust *trust;
		bool failed;
		int rv = -1;

		tls_error_clear();
		memory_fail(nth, all);
		trust = tlsw__trust_new();
		if (trust != NULL)
			rv = loads[i].load(trust);
		failed = memory_failed();
		memory_fail(0, false);
		ck_assert_uint_eq(ERR_peek_error(), 0);
		if (rv == 0)
			check_whole(trust, i, nth);
		else
			ck_assert_msg(failed && tls_last_error()->code == TLSW_ERR_MEMORY,
			    "%s, allocation %zu: %s", loads[i].name, nth,
			    tls_last_error()->message);
		if (rv != 0 && trust != NULL)
			check_nothing(trust);
		tlsw__trust_free(trust);
		if (!failed)
			break;
	}
	ck_assert_uint_gt(nth, 3);
	ck_assert_uint_lt(nth, MANY);
}

START_TEST(a_load_is_whole_or_says_that_memory_is_short)
{
	sweep_loads(_i, false);
	sweep_loads(_i, true);
}
END_TEST

/* ----------------------------------------------------------------- verifying */

/* As lax as a context ever is: a CRL that does not exist is no error. */
static bool
accepts(struct tlsw__trust *trust, struct pki *leaf)
{
	const struct tlsw__chain_policy policy = {
	    .flags = TLSW_VERIFY_CRL_IF_AVAILABLE, .depth = 100, .security_level = 2};
	struct tlsw__snapshot *snap = tlsw__trust_snapshot(trust);
	struct tlsw__chain chain = {0};
	bool ok = snap != NULL;

	tlsw__lookup_begin();
	ok = ok && tlsw__chain_build(
		       tlsw__snapshot_store(snap), pki_x509(leaf), NULL, &policy, &chain) == 0;
	ok = ok && tlsw__trust_lookups_worked() == 0 && chain.ok;
	tlsw__chain_clear(&chain);
	tlsw__snapshot_free(snap);
	ERR_clear_error();
	return ok;
}

static struct tlsw__trust *
trust_file_and_crl(void)
{
	struct tlsw__trust *trust = tlsw__trust_new();

	ck_assert_works(load_two_files(trust) == 0);
	return trust;
}
static struct tlsw__trust *
trust_bundle_with_crl(void)
{
	struct tlsw__trust *trust = tlsw__trust_new();

	ck_assert_works(load_with_crl(trust) == 0);
	return trust;
}
static struct tlsw__trust *
trust_directory(void)
{
	struct tlsw__trust *trust = tlsw__trust_new();

	ck_assert_works(load_dir(trust) == 0);
	return trust;
}
/* One source trusts "Other", another one refuses it in its settings. */
static struct tlsw__trust *
trust_and_refusal(void)
{
	struct tlsw__trust *trust = trust_directory();
	const char *name = scratch_path("refusing");
	char *rejecting = rejecting_pem(other), *text;

	text = malloc(strlen(rejecting) + strlen(pki_pem(root)) + 1);
	ck_assert_ptr_nonnull(text);
	(void)sprintf(text, "%s%s", rejecting, pki_pem(root));
	ck_assert_works(tlsw__trust_load_mem(trust, text, strlen(text)) == 1);
	(void)name;
	free(text);
	free(rejecting);
	return trust;
}

static const struct {
	const char *name;
	struct tlsw__trust *(*make)(void);
	struct pki **bad;
} setups[] = {
    {"file and CRL file", trust_file_and_crl, &revoked},
    {"CRL in a bundle", trust_bundle_with_crl, &revoked},
    {"CRL in a directory", trust_directory, &revoked},
    {"refusal", trust_and_refusal, &stranger},
};

/* wall: E07 */
START_TEST(no_allocation_makes_the_bad_good)
{
	size_t nth;
	int all;

	for (all = 0; all < 2; all++) {
		for (nth = 1; nth < MANY; nth = next_of(nth)) {
			struct tlsw__trust *trust = setups[_i].make();
			bool failed, ok;

			memory_fail(nth, all == 1);
			ok = accepts(trust, *setups[_i].bad);
			failed = memory_failed();
			memory_fail(0, false);
			ck_assert_msg(!ok, "%s, allocation %zu", setups[_i].name, nth);
			ck_assert(!accepts(trust, *setups[_i].bad));
			ck_assert(accepts(trust, good)); /* the context is none the worse for it */
			tlsw__trust_free(trust);
			if (!failed)
				break;
		}
		ck_assert_uint_lt(nth, MANY);
	}
}
END_TEST

/* ------------------------------------------------------------------- refresh */

START_TEST(a_refresh_without_memory_keeps_what_is_in_force)
{
	size_t nth;

	for (nth = 1; nth < MANY; nth = next_of(nth)) {
		struct tlsw__trust *trust = trust_file_and_crl();
		struct tlsw__snapshot *snap = tlsw__trust_snapshot(trust);
		bool failed;

		tlsw__snapshot_free(snap);
		(void)scratch_write("ca.pem", nth % 2 == 0 ? pki_pem(root) : "nothing", SIZE_MAX);
		tlsw__trust_check_soon(trust);
		memory_fail(nth, false);
		snap = tlsw__trust_snapshot(trust);
		failed = memory_failed();
		memory_fail(0, false);
		ck_assert(snap != NULL || failed);
		ck_assert_uint_eq(ERR_peek_error(), 0);
		tlsw__snapshot_free(snap);
		ck_assert(!accepts(trust, revoked) && accepts(trust, good));
		tlsw__trust_free(trust);
		write_files();
		if (!failed)
			break;
	}
	ck_assert_uint_lt(nth, MANY);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("trust without memory");
	TCase *t = tcase_create("sweeps");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(
	    t, a_load_is_whole_or_says_that_memory_is_short, 0, sizeof(loads) / sizeof(loads[0]));
	tcase_add_loop_test(
	    t, no_allocation_makes_the_bad_good, 0, sizeof(setups) / sizeof(setups[0]));
	tcase_add_test(t, a_refresh_without_memory_keeps_what_is_in_force);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	memory_hook();
	return support_run(suite());
}
