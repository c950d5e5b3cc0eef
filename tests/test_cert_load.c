/* Certificates from files and from memory. SPDX-License-Identifier: ISC */
#include "support/support.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "support/pki.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* A growing text. */
struct text {
	char *at;
	size_t len;
};

static void
put(struct text *t, const char *s)
{
	const size_t len = strlen(s);

	t->at = realloc(t->at, t->len + len + 1);
	ck_assert_ptr_nonnull(t->at);
	memcpy(t->at + t->len, s, len + 1);
	t->len += len;
}

static struct pki *ca, *leaf;

static void
make_chain(void)
{
	ca = pki_ca("CA");
	leaf = pki_leaf(ca, "www.lab.test");
}

static void
free_chain(void)
{
	pki_free(leaf);
	pki_free(ca);
}

/* The same in an exact-size block of memory, so that a sanitizer sees each octet too far. */
static tls_certificate *
load_exactly(const void *data, size_t len)
{
	char *exact = malloc(len + (len == 0));
	tls_certificate *cert;

	ck_assert_ptr_nonnull(exact);
	memcpy(exact, data, len);
	cert = tls_certificate_load_mem(exact, len);
	free(exact);
	return cert;
}

/* What each %L (leaf), %C (CA) and %K (the leaf's key) in a pattern stands for. */
static struct text
fill_in(const char *pattern)
{
	struct text t = {0};

	put(&t, "");
	for (; *pattern != '\0'; pattern++) {
		const char one[2] = {*pattern, '\0'};

		if (*pattern != '%') {
			put(&t, one);
			continue;
		}
		pattern++;
		put(&t, *pattern == 'L'	  ? pki_pem(leaf)
			: *pattern == 'C' ? pki_pem(ca)
					  : pki_key_pem(leaf));
	}
	return t;
}

/* ---------------------------------------------------------------- what loads */

static const struct {
	const char *label, *pattern;
	int count;
} good[] = {
    {"one", "%L", 1},
    {"a chain", "%L%C", 2},
    {"text around", "Subject: x\n\n%LIssuer: y\n-- \n%C\ntrailing\n", 2},
    {"a key before", "%K%L", 1},
    {"a key between", "%L%K%C", 2},
    {"the same one twice", "%L%L", 2},
    {"no line end", "%L...", 1},
    {"begins like DER", "0\x82 is not DER\n%L", 1},
};

START_TEST(pem_gives_the_leaf_with_its_chain)
{
	struct text t = fill_in(good[_i].pattern);
	tls_certificate *cert = load_exactly(t.at, t.len);
	const tls_certificate *at;
	int count = 0;

	ck_assert_works(cert != NULL);
	for (at = cert; at != NULL; at = tls_certificate_issuer(at))
		count++;
	ck_assert_msg(count == good[_i].count, "%s: %d", good[_i].label, count);
	ck_assert_str_eq(tls_certificate_subject(cert), "CN=www.lab.test");
	tls_certificate_free(cert);
	free(t.at);
}
END_TEST

START_TEST(lines_may_end_in_crlf)
{
	struct text t = {0};
	const char *p;
	tls_certificate *cert;

	for (p = pki_pem(leaf); *p != '\0'; p++) {
		const char one[2] = {*p, '\0'};

		put(&t, *p == '\n' ? "\r\n" : one);
	}
	cert = load_exactly(t.at, t.len);
	ck_assert_works(cert != NULL);
	tls_certificate_free(cert);
	free(t.at);
}
END_TEST

START_TEST(der_gives_one_certificate)
{
	const struct pki_octets der = pki_der(leaf);
	tls_certificate *cert = load_exactly(der.at, der.len);
	size_t len;

	ck_assert_works(cert != NULL);
	ck_assert_ptr_null(tls_certificate_issuer(cert));
	ck_assert_mem_eq(tls_certificate_der(cert, &len), der.at, der.len);
	tls_certificate_free(cert);
}
END_TEST

START_TEST(a_trusted_certificate_loses_its_trust_settings)
{
	X509 *x509 = X509_dup(pki_x509(leaf));
	BIO *bio = BIO_new(BIO_s_mem());
	tls_certificate *cert;
	char *text;
	long len;

	ck_assert_int_eq(X509_add1_reject_object(x509, OBJ_nid2obj(NID_server_auth)), 1);
	ck_assert_int_eq(PEM_write_bio_X509_AUX(bio, x509), 1);
	len = BIO_get_mem_data(bio, &text);
	cert = load_exactly(text, (size_t)len);
	ck_assert_works(cert != NULL);
	ck_assert_str_eq(tls_certificate_subject(cert), "CN=www.lab.test");
	ck_assert_ptr_null(tls_certificate_issuer(cert));
	tls_certificate_free(cert);
	BIO_free(bio);
	X509_free(x509);
}
END_TEST

/* ------------------------------------------------------------ what is refused */

#define BEGIN "-----BEGIN CERTIFICATE-----\n"
#define END "-----END CERTIFICATE-----\n"

/* depth: where the failure says it is. */
/* clang-format off */
static const struct {
	const char *label, *pattern;
	int depth;
} bad[] = {
    {"nothing", "", -1},
    {"text", "hello\n", -1},
    {"a key alone", "%K", -1},
    {"no end", BEGIN "AAAA\n", 0},
    {"nothing behind the begin", BEGIN, 0},
    {"wall: L04 no payload", BEGIN END, 0},
    {"not base64", BEGIN "?!?!\n" END, 0},
    {"no certificate in it", BEGIN "AAAA\n" END, 0},
    {"another end", BEGIN "AAAA\n-----END RSA PRIVATE KEY-----\n", 0},
    {"wall: L04 begin in begin", BEGIN "%L", 0},
    {"encrypted", "-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\n"
		  "DEK-Info: AES-128-CBC,00000000000000000000000000000000\n\nAAAA\n" END, 0},
    {"good, then bad", "%L" BEGIN "AAAA\n" END, 1},
    {"good, good, then cut off", "%L%C" BEGIN "AA", 2},
    {"good, then a bad key", "%L-----BEGIN PRIVATE KEY-----\n?\n-----END PRIVATE KEY-----\n", 1},
};
/* clang-format on */

static void
assert_malformed(const char *label, int depth)
{
	const struct tls_error_info *e = tls_last_error();

	ck_assert_msg(e->reasons == TLSW_REASON_MALFORMED, "%s: %s", label, e->message);
	ck_assert_msg(e->depth == depth, "%s: depth %d", label, e->depth);
	ck_assert_ptr_null(e->certificate);
}

START_TEST(malformed_text_is_refused_as_a_whole)
{
	struct text t = fill_in(bad[_i].pattern);

	ck_assert_refused_null(load_exactly(t.at, t.len), TLSW_ERR_CERTIFICATE);
	assert_malformed(bad[_i].label, bad[_i].depth);
	free(t.at);
}
END_TEST

START_TEST(der_cut_off_anywhere_is_refused)
{
	const struct pki_octets der = pki_der(leaf);
	size_t len;

	for (len = 0; len < der.len; len++) {
		ck_assert_refused_null(load_exactly(der.at, len), TLSW_ERR_CERTIFICATE);
		assert_malformed("cut off", -1);
	}
}
END_TEST

START_TEST(an_octet_behind_the_der_is_refused)
{
	const struct pki_octets der = pki_der(leaf);
	unsigned char *longer = calloc(1, der.len + 1);
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long len;

	memcpy(longer, der.at, der.len);
	ck_assert_refused_null(load_exactly(longer, der.len + 1), TLSW_ERR_CERTIFICATE);
	ck_assert_int_gt(PEM_write_bio(bio, "CERTIFICATE", "", longer, (long)der.len + 1), 0);
	len = BIO_get_mem_data(bio, &text);
	ck_assert_refused_null(load_exactly(text, (size_t)len), TLSW_ERR_CERTIFICATE);
	assert_malformed("inside PEM", 0);
	BIO_free(bio);
	free(longer);
}
END_TEST

/* wall: L04 */
START_TEST(text_made_to_cost_time_costs_none)
{
	static const char *const pieces[] = {BEGIN, "-", "-----BEGIN ", BEGIN "A\n\n" END, "\n"};
	struct text t = {malloc((1 << 20) + 1), 0};
	const size_t piece = strlen(pieces[_i]);

	while (t.len + piece <= 1 << 20) {
		memcpy(t.at + t.len, pieces[_i], piece);
		t.len += piece;
	}
	ck_assert_refused_null(load_exactly(t.at, t.len), TLSW_ERR_CERTIFICATE);
	free(t.at);
}
END_TEST

START_TEST(more_than_a_mebibyte_is_refused)
{
	struct text t = {0};
	char *spaces = malloc((1 << 20) + 1);

	memset(spaces, ' ', 1 << 20);
	spaces[(1 << 20) - strlen(pki_pem(leaf)) - 1] = '\n';
	spaces[(1 << 20) - strlen(pki_pem(leaf))] = '\0';
	put(&t, spaces);
	put(&t, pki_pem(leaf));
	ck_assert_uint_eq(t.len, 1 << 20);
	tls_certificate_free(load_exactly(t.at, t.len));
	put(&t, "\n");
	ck_assert_refused_null(load_exactly(t.at, t.len), TLSW_ERR_CERTIFICATE);
	assert_malformed("too large", -1);
	free(spaces);
	free(t.at);
}
END_TEST

START_TEST(null_is_a_mistake_of_the_caller)
{
	ck_assert_refused_null(tls_certificate_load_mem(NULL, 0), TLSW_ERR_USAGE);
	ck_assert_refused_null(tls_certificate_load_mem(NULL, 5), TLSW_ERR_USAGE);
	ck_assert_refused_null(tls_certificate_load_file(NULL), TLSW_ERR_USAGE);
}
END_TEST

START_TEST(the_error_queue_is_left_as_it_was)
{
	struct text t = fill_in(_i == 0 ? "%L" : BEGIN "AAAA\n" END);

	ERR_raise(ERR_LIB_USER, 42);
	tls_certificate_free(load_exactly(t.at, t.len));
	ck_assert_int_eq(ERR_GET_REASON(ERR_get_error()), 42);
	ck_assert_uint_eq(ERR_get_error(), 0);
	free(t.at);
}
END_TEST

/* --------------------------------------------------------------------- files */

static char dir[64], path[96];

static void
make_dir(void)
{
	make_chain();
	(void)snprintf(dir, sizeof(dir), "/tmp/test_cert_load.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/chain.pem", dir);
}

static void
remove_dir(void)
{
	(void)unlink(path);
	(void)rmdir(dir);
	free_chain();
}

START_TEST(a_file_is_read_to_its_end)
{
	struct text t = fill_in("%L%C");
	tls_certificate *cert;

	pki_write(path, t.at, t.len);
	cert = tls_certificate_load_file(path);
	ck_assert_works(cert != NULL);
	ck_assert_str_eq(tls_certificate_subject(tls_certificate_issuer(cert)), "CN=CA");
	tls_certificate_free(cert);
	pki_write(path, pki_der(leaf).at, pki_der(leaf).len);
	cert = tls_certificate_load_file(path);
	ck_assert_works(cert != NULL);
	tls_certificate_free(cert);
	free(t.at);
}
END_TEST

START_TEST(a_file_that_holds_no_certificate_is_named)
{
	char *big = calloc(1, (1 << 20) + 1);

	pki_write(path, "", 0);
	ck_assert_refused_null(tls_certificate_load_file(path), TLSW_ERR_CERTIFICATE);
	assert_malformed("empty", -1);
	ck_assert_ptr_nonnull(strstr(tls_last_error()->message, path));
	pki_write(path, big, (1 << 20) + 1);
	ck_assert_refused_null(tls_certificate_load_file(path), TLSW_ERR_CERTIFICATE);
	ck_assert_ptr_nonnull(strstr(tls_last_error()->message, "1 MiB"));
	free(big);
}
END_TEST

START_TEST(what_is_no_regular_file_is_refused_at_once)
{
	ck_assert_refused_null(tls_certificate_load_file(path), TLSW_ERR_SYSTEM);
	ck_assert_int_eq(tls_last_error()->os_errno, ENOENT);
	ck_assert_ptr_nonnull(strstr(tls_last_error()->message, path));
	ck_assert_refused_null(tls_certificate_load_file(dir), TLSW_ERR_SYSTEM);
	ck_assert_int_eq(tls_last_error()->os_errno, EISDIR);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_refused_null(tls_certificate_load_file(path), TLSW_ERR_SYSTEM);
	ck_assert_refused_null(tls_certificate_load_file("/dev/zero"), TLSW_ERR_SYSTEM);
	ck_assert_refused_null(tls_certificate_load_file(""), TLSW_ERR_SYSTEM);
	ck_assert_refused_null(tls_certificate_load_file("/nowhere/\x1b[31m\n"), TLSW_ERR_SYSTEM);
	ck_assert_ptr_nonnull(strstr(tls_last_error()->message, "/nowhere/\\x1b[31m\\x0a"));
}
END_TEST

START_TEST(no_descriptor_is_left_open)
{
	const int before = dup(0);

	pki_write(path, pki_pem(leaf), strlen(pki_pem(leaf)));
	tls_certificate_free(tls_certificate_load_file(path));
	ck_assert_ptr_null(tls_certificate_load_file(dir));
	ck_assert_ptr_null(tls_certificate_load_file("/dev/null"));
	(void)close(before);
	ck_assert_int_eq(dup(0), before);
	(void)close(before);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("cert_load");
	TCase *t = tcase_create("memory");

	tcase_add_checked_fixture(t, make_chain, free_chain);
	tcase_set_timeout(t, 30);
	tcase_add_loop_test(t, pem_gives_the_leaf_with_its_chain, 0, COUNT(good));
	tcase_add_test(t, lines_may_end_in_crlf);
	tcase_add_test(t, der_gives_one_certificate);
	tcase_add_test(t, a_trusted_certificate_loses_its_trust_settings);
	tcase_add_loop_test(t, malformed_text_is_refused_as_a_whole, 0, COUNT(bad));
	tcase_add_test(t, der_cut_off_anywhere_is_refused);
	tcase_add_test(t, an_octet_behind_the_der_is_refused);
	tcase_add_loop_test(t, text_made_to_cost_time_costs_none, 0, 5);
	tcase_add_test(t, more_than_a_mebibyte_is_refused);
	tcase_add_test(t, null_is_a_mistake_of_the_caller);
	tcase_add_loop_test(t, the_error_queue_is_left_as_it_was, 0, 2);
	suite_add_tcase(s, t);
	t = tcase_create("files");
	tcase_add_checked_fixture(t, make_dir, remove_dir);
	tcase_add_test(t, a_file_is_read_to_its_end);
	tcase_add_test(t, a_file_that_holds_no_certificate_is_named);
	tcase_add_test(t, what_is_no_regular_file_is_refused_at_once);
	tcase_add_test(t, no_descriptor_is_left_open);
	suite_add_tcase(s, t);
	return support_run(s);
}
