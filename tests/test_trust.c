/* The trust store: sources, snapshots, refusals. SPDX-License-Identifier: ISC */
#include "support/support.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>

#include "support/pki.h"
#include "support/trust_support.h"
#include "trust.h"

static struct pki *root, *server;
static struct tlsw__trust *trust;

static void
set_up(void)
{
	scratch_make();
	root = pki_ca("Test Root");
	server = pki_leaf(root, "www.lab.test");
	trust = tlsw__trust_new();
	ck_assert_ptr_nonnull(trust);
}

static void
tear_down(void)
{
	tlsw__trust_free(trust);
	pki_free(server);
	pki_free(root);
	scratch_remove();
}

/* The verdict about a leaf by what the context trusts now: X509_V_OK or an error. */
static int
verdict(struct pki *leaf)
{
	struct tlsw__snapshot *snap = tlsw__trust_snapshot(trust);
	int error;

	ck_assert_works(snap != NULL);
	error = trust_verify(snap, pki_x509(leaf), NULL);
	tlsw__snapshot_free(snap);
	return error;
}

static size_t
anchors(void)
{
	struct tlsw__snapshot *snap = tlsw__trust_snapshot(trust);
	size_t n;

	ck_assert_works(snap != NULL);
	n = tlsw__snapshot_anchors(snap);
	tlsw__snapshot_free(snap);
	return n;
}

/* --------------------------------------------------------- where CAs come from */

START_TEST(nothing_is_trusted_at_first)
{
	ck_assert_uint_eq(anchors(), 0);
	ck_assert_int_eq(verdict(server), X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
}
END_TEST

static int
load_file(void)
{
	return tlsw__trust_load_file(trust, scratch_write("ca.pem", pki_pem(root), SIZE_MAX));
}

static int
load_der_file(void)
{
	struct pki_octets der = pki_der(root);

	return tlsw__trust_load_file(trust, scratch_write("ca.der", der.at, der.len));
}

static int
load_dir(void)
{
	scratch_rehash("certs", pki_x509(root), 0, pki_pem(root));
	return tlsw__trust_load_dir(trust, scratch_path("certs")) == 0 ? 1 : -1;
}

static int
load_mem(void)
{
	return tlsw__trust_load_mem(trust, pki_pem(root), strlen(pki_pem(root)));
}

static int
load_der_mem(void)
{
	struct pki_octets der = pki_der(root);

	return tlsw__trust_load_mem(trust, der.at, der.len);
}

static int
load_system(void)
{
	struct tlsw__places places = {
	    .openssl_file = scratch_write("ca.pem", pki_pem(root), SIZE_MAX),
	    .openssl_dir = "/nonexistent"};

	return tlsw__trust_load_places(trust, &places, NULL) == 0 ? 1 : -1;
}

/* wall: A18 */
static const struct {
	const char *name;
	int (*load)(void);
} ways[] = {{"file", load_file}, {"DER file", load_der_file}, {"directory", load_dir},
    {"memory", load_mem}, {"DER in memory", load_der_mem}, {"system", load_system}};

START_TEST(every_way_of_loading_trusts_the_same)
{
	struct pki *other = pki_ca("Test Root"), *stranger = pki_leaf(other, "www.lab.test");

	ck_assert_msg(ways[_i].load() == 1, "%s: %s", ways[_i].name, tls_last_error()->message);
	ck_assert_msg(anchors() == 1, "%s", ways[_i].name);
	ck_assert_msg(verdict(server) == X509_V_OK, "%s", ways[_i].name);
	ck_assert_msg(verdict(stranger) != X509_V_OK, "%s", ways[_i].name);
	ck_assert_uint_eq(ERR_peek_error(), 0);
	pki_free(stranger);
	pki_free(other);
}
END_TEST

START_TEST(sources_add_up)
{
	struct pki *second = pki_ca("Second Root"), *theirs = pki_leaf(second, "b.lab.test");

	ck_assert_int_eq(load_file(), 1);
	ck_assert_int_eq(verdict(theirs), X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
	ck_assert_int_eq(tlsw__trust_load_mem(trust, pki_pem(second), strlen(pki_pem(second))), 1);
	ck_assert_int_eq(verdict(theirs), X509_V_OK);
	ck_assert_int_eq(verdict(server), X509_V_OK);
	ck_assert_uint_eq(anchors(), 2);
	pki_free(theirs);
	pki_free(second);
}
END_TEST

/* ----------------------------------------------------------------- refusals */

static void
write_mode_000(const char *name)
{
	ck_assert_int_eq(chmod(scratch_write(name, pki_pem(root), SIZE_MAX), 0), 0);
}
static void
write_nothing(const char *name)
{
	(void)name;
}
static void
write_empty(const char *name)
{
	(void)scratch_write(name, "", 0);
}
static void
write_directory(const char *name)
{
	ck_assert_int_eq(mkdir(scratch_path(name), 0700), 0);
}
static void
write_fifo(const char *name)
{
	ck_assert_int_eq(mkfifo(scratch_path(name), 0600), 0);
}
static void
write_text(const char *name)
{
	(void)scratch_write(name, "root:x:0:0:root:/root:/bin/sh\n", SIZE_MAX);
}
static void
write_key(const char *name)
{
	(void)scratch_write(name, pki_key_pem(root), SIZE_MAX);
}
static void
write_der_noise(const char *name)
{
	(void)scratch_write(name, "\x30\x82\x01\x00 no certificate", SIZE_MAX);
}
static void
write_der_with_more(const char *name)
{
	struct pki_octets der = pki_der(root);
	unsigned char *twice = malloc(der.len * 2);

	ck_assert_ptr_nonnull(twice);
	memcpy(twice, der.at, der.len);
	memcpy(twice + der.len, der.at, der.len);
	(void)scratch_write(name, twice, der.len * 2);
	free(twice);
}
static void
write_broken(const char *name)
{
	(void)scratch_write(
	    name, "-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n", SIZE_MAX);
}
static void
write_empty_block(const char *name)
{
	(void)scratch_write(
	    name, "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", SIZE_MAX);
}

/* wall: A01 */
static const struct {
	void (*write)(const char *name);
	const char *says;
} refusals[] = {
    {write_nothing, "No such file"},
    {write_empty, "is empty"},
    {write_mode_000, "Permission denied"},
    {write_directory, "is a directory"},
    {write_fifo, "no regular file"},
    {write_text, "no certificate in it"},
    {write_key, "no certificate in it"},
    {write_der_noise, "neither a certificate nor a CRL"},
    {write_der_with_more, "behind the certificate"},
    {write_broken, "the block in line 1"},
    {write_empty_block, "the block in line 1"},
};

START_TEST(load_file_refuses)
{
	const char *path = scratch_path("ca.pem");
	const bool was_root = refusals[_i].write == write_mode_000 && geteuid() == 0;

	refusals[_i].write("ca.pem");
	if (was_root) /* to whom no file is unreadable */
		ck_assert_int_eq(seteuid(65534), 0);
	ck_assert_refused(tlsw__trust_load_file(trust, path), TLSW_ERR_TRUST_STORE);
	if (was_root)
		ck_assert_int_eq(seteuid(0), 0);
	ck_assert_msg(strstr(tls_last_error()->message, refusals[_i].says) != NULL &&
			  strstr(tls_last_error()->message, path) != NULL,
	    "%s", tls_last_error()->message);
	ck_assert_uint_eq(anchors(), 0);
	ck_assert_int_ne(verdict(server), X509_V_OK);
}
END_TEST

START_TEST(a_failed_load_changes_nothing)
{
	ck_assert_int_eq(load_file(), 1);
	write_broken("other.pem");
	ck_assert_refused(
	    tlsw__trust_load_file(trust, scratch_path("other.pem")), TLSW_ERR_TRUST_STORE);
	ck_assert_uint_eq(anchors(), 1);
	ck_assert_int_eq(verdict(server), X509_V_OK);
}
END_TEST

/* wall: A01 */
START_TEST(a_truncated_file_is_refused_wherever_it_is_cut)
{
	const char *pem = pki_pem(root), *end = strstr(pem, "-----END CERTIFICATE-----");
	const size_t whole = (size_t)(end - pem) + strlen("-----END CERTIFICATE-----");
	size_t len;

	for (len = 0; len < whole; len++) {
		ck_assert_msg(tlsw__trust_load_mem(trust, pem, len) == -1, "cut at %zu", len);
		ck_assert_int_eq(tls_last_error()->code, TLSW_ERR_TRUST_STORE);
	}
	ck_assert_int_eq(tlsw__trust_load_mem(trust, pem, whole), 1);
}
END_TEST

START_TEST(load_dir_refuses_what_holds_no_hashed_certificate)
{
	ck_assert_refused(tlsw__trust_load_dir(trust, scratch_path("none")), TLSW_ERR_TRUST_STORE);
	ck_assert_int_eq(tls_last_error()->os_errno, ENOENT);
	write_directory("empty");
	ck_assert_refused(tlsw__trust_load_dir(trust, scratch_path("empty")), TLSW_ERR_TRUST_STORE);
	scratch_rehash("broken", pki_x509(root), 0, "no certificate");
	ck_assert_refused(
	    tlsw__trust_load_dir(trust, scratch_path("broken")), TLSW_ERR_TRUST_STORE);
	(void)load_file();
	ck_assert_refused(
	    tlsw__trust_load_dir(trust, scratch_path("ca.pem")), TLSW_ERR_TRUST_STORE);
}
END_TEST

START_TEST(a_crl_file_gives_no_anchor)
{
	ck_assert_refused(
	    tlsw__trust_load_crl_file(trust, scratch_write("ca.pem", pki_pem(root), SIZE_MAX)),
	    TLSW_ERR_TRUST_STORE);
	ck_assert_uint_eq(anchors(), 0);
}
END_TEST

/* ------------------------------------------------------------ trust settings */

/* A certificate as TRUSTED CERTIFICATE with one use to trust and one to reject; NULL: none. */
static char *
trusted_pem(struct pki *ca, const char *trusted, const char *rejected)
{
	X509 *x = X509_dup(pki_x509(ca));
	ASN1_OBJECT *good = trusted == NULL ? NULL : OBJ_txt2obj(trusted, 0);
	ASN1_OBJECT *bad = rejected == NULL ? NULL : OBJ_txt2obj(rejected, 0);
	BIO *bio = BIO_new(BIO_s_mem());
	char *text, *pem;
	long len;

	ck_assert(good == NULL || X509_add1_trust_object(x, good) == 1);
	ck_assert(bad == NULL || X509_add1_reject_object(x, bad) == 1);
	ck_assert_int_eq(PEM_write_bio_X509_AUX(bio, x), 1);
	len = BIO_get_mem_data(bio, &text);
	pem = strndup(text, (size_t)len);
	ck_assert_ptr_nonnull(pem);
	ASN1_OBJECT_free(good);
	ASN1_OBJECT_free(bad);
	BIO_free(bio);
	X509_free(x);
	return pem;
}

static void
load_texts(const char *first, const char *second)
{
	char *both = malloc(strlen(first) + strlen(second) + 1);

	ck_assert_ptr_nonnull(both);
	(void)sprintf(both, "%s%s", first, second);
	ck_assert_int_ge(tlsw__trust_load_mem(trust, both, strlen(both)), 1);
	free(both);
}

/* wall: N05 */
static const struct {
	const char *name, *trusted, *rejected;
	bool good;
} settings[] = {
    {"no settings", NULL, NULL, true},
    {"trusted for servers", "serverAuth", NULL, true},
    {"trusted for anything", "anyExtendedKeyUsage", NULL, true},
    {"trusted for mail only", "emailProtection", NULL, false},
    {"rejected for servers", NULL, "serverAuth", false},
    {"rejected for anything", NULL, "anyExtendedKeyUsage", false},
    {"rejected for mail only", "serverAuth", "emailProtection", true},
    {"both", "serverAuth", "serverAuth", false},
};

START_TEST(trust_settings_are_honoured)
{
	struct pki *other = pki_ca("Other Root");
	char *pem = trusted_pem(root, settings[_i].trusted, settings[_i].rejected);
	const int expected = settings[_i].good ? X509_V_OK : X509_V_ERR_CERT_REJECTED;

	load_texts(pki_pem(other), pem);
	ck_assert_msg(verdict(server) == expected, "%s: %d", settings[_i].name, verdict(server));
	ck_assert_uint_eq(anchors(), settings[_i].good ? 2 : 1);
	free(pem);
	pki_free(other);
}
END_TEST

/* wall: N05 */
START_TEST(a_distrusted_root_alone_is_no_anchor)
{
	char *pem = trusted_pem(root, NULL, "serverAuth");

	ck_assert_refused(tlsw__trust_load_mem(trust, pem, strlen(pem)), TLSW_ERR_TRUST_STORE);
	ck_assert_ptr_nonnull(strstr(tls_last_error()->message, "refuse"));
	free(pem);
}
END_TEST

/* The same root with a refusal and without: the refusal counts, whatever comes first. wall: N05 */
START_TEST(a_refusal_counts_more_than_trust)
{
	struct pki *other = pki_ca("Other Root");
	char *pem = trusted_pem(root, NULL, "serverAuth");
	bool same_file = (_i & 1) != 0, refusal_first = (_i & 2) != 0, in_directory = (_i & 4) != 0;

	if (in_directory) {
		scratch_rehash("certs", pki_x509(root), 0, refusal_first ? pem : pki_pem(root));
		scratch_rehash("certs", pki_x509(root), 1, refusal_first ? pki_pem(root) : pem);
		ck_assert_int_eq(tlsw__trust_load_dir(trust, scratch_path("certs")), 0);
	} else if (same_file) {
		char *two = malloc(strlen(pem) + strlen(pki_pem(root)) + 1);

		ck_assert_ptr_nonnull(two);
		(void)sprintf(two, "%s%s", refusal_first ? pem : pki_pem(root),
		    refusal_first ? pki_pem(root) : pem);
		load_texts(pki_pem(other), two);
		free(two);
	} else {
		load_texts(pki_pem(other), refusal_first ? pem : pki_pem(root));
		load_texts(pki_pem(other), refusal_first ? pki_pem(root) : pem);
	}
	ck_assert_int_eq(verdict(server), X509_V_ERR_CERT_REJECTED);
	free(pem);
	pki_free(other);
}
END_TEST

/* --------------------------------------------------------- revocation lists */

static int
verdict_with_crls(struct pki *leaf, unsigned long flags)
{
	struct tlsw__snapshot *snap = tlsw__trust_snapshot(trust);
	int error;

	ck_assert_works(snap != NULL);
	tlsw__lookup_begin();
	error = store_verify(tlsw__snapshot_store(snap), pki_x509(leaf), NULL, flags);
	if (tlsw__lookup_fault() != NULL)
		error = X509_V_ERR_UNSPECIFIED;
	tlsw__snapshot_free(snap);
	return error;
}

static char *
crl_pem(struct pki *revoked)
{
	X509_CRL *crl = pki_crl(&(const struct pki_crl_spec){
	    .issuer = root, .revoked = revoked == NULL ? NULL : PKI_LIST(revoked)});
	char *pem = pki_crl_pem(crl);

	X509_CRL_free(crl);
	return pem;
}

START_TEST(a_revocation_list_is_used)
{
	struct pki *bad = pki_leaf(root, "bad.lab.test");
	char *pem = crl_pem(bad);

	(void)load_file();
	ck_assert_int_eq(
	    verdict_with_crls(server, X509_V_FLAG_CRL_CHECK), X509_V_ERR_UNABLE_TO_GET_CRL);
	ck_assert_int_eq(
	    tlsw__trust_load_crl_file(trust, scratch_write("ca.crl", pem, SIZE_MAX)), 1);
	ck_assert_int_eq(verdict_with_crls(server, X509_V_FLAG_CRL_CHECK), X509_V_OK);
	ck_assert_int_eq(verdict_with_crls(bad, X509_V_FLAG_CRL_CHECK), X509_V_ERR_CERT_REVOKED);
	free(pem);
	pki_free(bad);
}
END_TEST

START_TEST(a_revocation_list_in_der_is_used)
{
	X509_CRL *crl =
	    pki_crl(&(const struct pki_crl_spec){.issuer = root, .revoked = PKI_LIST(server)});
	unsigned char *der = NULL;
	int len = i2d_X509_CRL(crl, &der);

	ck_assert_int_gt(len, 0);
	(void)load_file();
	ck_assert_int_eq(
	    tlsw__trust_load_crl_file(trust, scratch_write("ca.crl", der, (size_t)len)), 1);
	ck_assert_int_eq(verdict_with_crls(server, X509_V_FLAG_CRL_CHECK), X509_V_ERR_CERT_REVOKED);
	OPENSSL_free(der);
	X509_CRL_free(crl);
}
END_TEST

START_TEST(certificates_in_a_crl_file_are_not_trusted)
{
	char *crl = crl_pem(NULL), *text = malloc(strlen(crl) + strlen(pki_pem(root)) + 1);

	ck_assert_ptr_nonnull(text);
	(void)sprintf(text, "%s%s", pki_pem(root), crl);
	ck_assert_int_eq(
	    tlsw__trust_load_crl_file(trust, scratch_write("ca.crl", text, SIZE_MAX)), 1);
	ck_assert_uint_eq(anchors(), 0);
	ck_assert_int_ne(verdict(server), X509_V_OK);
	free(text);
	free(crl);
}
END_TEST

START_TEST(a_crl_file_with_a_broken_block_is_refused)
{
	char *crl = crl_pem(NULL), *text = malloc(strlen(crl) + 100);

	ck_assert_ptr_nonnull(text);
	(void)sprintf(text, "%s-----BEGIN X509 CRL-----\nMIIB\n-----END X509 CRL-----\n", crl);
	ck_assert_refused(tlsw__trust_load_crl_file(trust, scratch_write("ca.crl", text, SIZE_MAX)),
	    TLSW_ERR_TRUST_STORE);
	free(text);
	free(crl);
}
END_TEST

START_TEST(revocation_lists_of_a_bundle_are_used)
{
	char *crl = crl_pem(server);

	load_texts(pki_pem(root), crl);
	ck_assert_int_eq(verdict_with_crls(server, X509_V_FLAG_CRL_CHECK), X509_V_ERR_CERT_REVOKED);
	free(crl);
}
END_TEST

static void
write_dir_crl(const char *text)
{
	char name[64];

	(void)snprintf(
	    name, sizeof(name), "certs/%08lx.r0", X509_subject_name_hash(pki_x509(root)));
	(void)scratch_write(name, text, SIZE_MAX);
}

START_TEST(revocation_lists_of_a_directory_are_used)
{
	char *crl = crl_pem(server);

	(void)load_dir();
	ck_assert_int_eq(
	    verdict_with_crls(server, X509_V_FLAG_CRL_CHECK), X509_V_ERR_UNABLE_TO_GET_CRL);
	write_dir_crl(crl);
	ck_assert_int_eq(verdict_with_crls(server, X509_V_FLAG_CRL_CHECK), X509_V_ERR_CERT_REVOKED);
	free(crl);
}
END_TEST

/* It must not pass for one that is not there. */
START_TEST(a_broken_revocation_list_of_a_directory_is_a_fault)
{
	(void)load_dir();
	write_dir_crl("-----BEGIN X509 CRL-----\nMIIB\n-----END X509 CRL-----\n");
	ck_assert_int_eq(verdict_with_crls(server, X509_V_FLAG_CRL_CHECK), X509_V_ERR_UNSPECIFIED);
}
END_TEST

/* A context with TLSW_VERIFY_CRL_IF_AVAILABLE refuses when it cannot know. */
START_TEST(a_context_refuses_over_a_broken_revocation_list)
{
	struct pki_octets der = pki_der(server);
	tls_context *ctx = tls_context_new();
	tls_certificate *cert = tls_certificate_load_mem(der.at, der.len);

	(void)load_dir();
	ck_assert_works(tls_context_load_ca_dir(ctx, scratch_path("certs")) == 0);
	ck_assert_works(tls_context_set_verify_flags(ctx, TLSW_VERIFY_CRL_IF_AVAILABLE) == 0);
	ck_assert_works(tls_context_verify(ctx, cert, "www.lab.test") == 0);
	write_dir_crl("-----BEGIN X509 CRL-----\nMIIB\n-----END X509 CRL-----\n");
	ck_assert_refused(tls_context_verify(ctx, cert, "www.lab.test"), TLSW_ERR_TRUST_STORE);
	tls_certificate_free(cert);
	tls_context_free(ctx);
}
END_TEST

/* ------------------------------------------------------------------- texts */

START_TEST(describe_names_sources_and_counts)
{
	struct tlsw__snapshot *snap;
	char text[600], expected[600];

	ck_assert_int_eq(load_file(), 1);
	snap = tlsw__trust_snapshot(trust);
	tlsw__snapshot_describe(snap, text, sizeof(text));
	(void)snprintf(expected, sizeof(expected), "the anchors of %s (there is one)",
	    scratch_path("ca.pem"));
	ck_assert_str_eq(text, expected);
	tlsw__snapshot_describe(snap, text, 10);
	ck_assert_str_eq(text, "the ancho");
	tlsw__snapshot_free(snap);
	(void)load_mem();
	snap = tlsw__trust_snapshot(trust);
	tlsw__snapshot_describe(snap, text, sizeof(text));
	(void)snprintf(expected, sizeof(expected), "the 2 anchors of %s and in memory",
	    scratch_path("ca.pem"));
	ck_assert_str_eq(text, expected);
	tlsw__snapshot_free(snap);
}
END_TEST

START_TEST(describe_reads_well_for_memory_and_for_nothing)
{
	struct tlsw__snapshot *snap = tlsw__trust_snapshot(trust);
	char text[600];

	tlsw__snapshot_describe(snap, text, sizeof(text));
	ck_assert_str_eq(text, "the anchors: none were loaded");
	tlsw__snapshot_free(snap);
	(void)load_mem();
	snap = tlsw__trust_snapshot(trust);
	tlsw__snapshot_describe(snap, text, sizeof(text));
	ck_assert_str_eq(text, "the anchors in memory (there is one)");
	tlsw__snapshot_free(snap);
	(void)load_mem();
	snap = tlsw__trust_snapshot(trust);
	tlsw__snapshot_describe(snap, text, sizeof(text));
	ck_assert_str_eq(text, "the 2 anchors in memory");
	tlsw__snapshot_free(snap);
}
END_TEST

START_TEST(a_ca_that_is_loaded_but_no_root_is_explained)
{
	struct pki *top = pki_ca("Top"), *middle = pki_intermediate(top, "Middle");
	struct pki *end = pki_leaf(middle, "www.lab.test");
	tls_certificate *cert = tls_certificate_load_mem(pki_pem(end), strlen(pki_pem(end)));
	tls_context *roots = tls_context_new(), *any = tls_context_new();

	ck_assert_int_eq(tls_context_load_ca_mem(roots, pki_pem(middle), strlen(pki_pem(middle))), 1);
	ck_assert_int_eq(tls_context_load_ca_mem(any, pki_pem(middle), strlen(pki_pem(middle))), 1);
	ck_assert_works(tls_context_set_verify_flags(any, TLSW_VERIFY_PARTIAL_CHAIN) == 0);
	ck_assert_refused(tls_context_verify(roots, cert, "www.lab.test"), TLSW_ERR_CERTIFICATE);
	ck_assert_str_eq(tls_last_error()->message,
	    "\"CN=Middle\" was loaded but is no root, so no anchor without "
	    "TLSW_VERIFY_PARTIAL_CHAIN; its issuer \"CN=Top\" is not among the anchors in memory "
	    "(there is one)");
	ck_assert_works(tls_context_verify(any, cert, "www.lab.test") == 0);
	tls_context_free(any);
	tls_context_free(roots);
	tls_certificate_free(cert);
	pki_free(end);
	pki_free(middle);
	pki_free(top);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("trust");
	TCase *t = tcase_create("sources");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, nothing_is_trusted_at_first);
	tcase_add_loop_test(
	    t, every_way_of_loading_trusts_the_same, 0, sizeof(ways) / sizeof(ways[0]));
	tcase_add_test(t, sources_add_up);
	suite_add_tcase(s, t);

	t = tcase_create("refusals");
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(t, load_file_refuses, 0, sizeof(refusals) / sizeof(refusals[0]));
	tcase_add_test(t, a_failed_load_changes_nothing);
	tcase_add_test(t, a_truncated_file_is_refused_wherever_it_is_cut);
	tcase_add_test(t, load_dir_refuses_what_holds_no_hashed_certificate);
	tcase_add_test(t, a_crl_file_gives_no_anchor);
	suite_add_tcase(s, t);

	t = tcase_create("settings");
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(
	    t, trust_settings_are_honoured, 0, sizeof(settings) / sizeof(settings[0]));
	tcase_add_test(t, a_distrusted_root_alone_is_no_anchor);
	tcase_add_loop_test(t, a_refusal_counts_more_than_trust, 0, 8);
	suite_add_tcase(s, t);

	t = tcase_create("revocation lists");
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, a_revocation_list_is_used);
	tcase_add_test(t, a_revocation_list_in_der_is_used);
	tcase_add_test(t, certificates_in_a_crl_file_are_not_trusted);
	tcase_add_test(t, a_crl_file_with_a_broken_block_is_refused);
	tcase_add_test(t, revocation_lists_of_a_bundle_are_used);
	tcase_add_test(t, revocation_lists_of_a_directory_are_used);
	tcase_add_test(t, a_broken_revocation_list_of_a_directory_is_a_fault);
	tcase_add_test(t, a_context_refuses_over_a_broken_revocation_list);
	suite_add_tcase(s, t);

	t = tcase_create("texts");
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, describe_names_sources_and_counts);
	tcase_add_test(t, describe_reads_well_for_memory_and_for_nothing);
	tcase_add_test(t, a_ca_that_is_loaded_but_no_root_is_explained);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return support_run(suite());
}
