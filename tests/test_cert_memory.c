/* Certificates when memory is short. SPDX-License-Identifier: ISC */
#include "support/support.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>

#include "cert.h"
#include "support/memory.h"
#include "support/pki.h"

/* Enough for any of the calls below; reaching it means that a failure went unnoticed for ever. */
#define MANY 20000

static struct pki *ca, *leaf;
static char *pem;

static void
make_chain(void)
{
	ca = pki_ca("CA");
	leaf = pki_make(.issuer = ca,
	    .subject = PKI_SUBJECT(PKI_ATTRIBUTE("O", "x"),
		{"CN", "\0a", 2, V_ASN1_BMPSTRING, false}, PKI_ATTRIBUTE("1.2.3.4", "y")),
	    .san = PKI_NAMES(PKI_DNS("www.lab.test"), PKI_IP("127.0.0.1")));
	pem = pki_chain_pem(PKI_LIST(leaf, ca));
	/* what OpenSSL makes once and keeps is made now */
	tls_certificate_free(tls_certificate_load_mem(pem, strlen(pem)));
}

static void
free_chain(void)
{
	free(pem);
	pki_free(leaf);
	pki_free(ca);
}

static const void *
subject(const tls_certificate *cert)
{
	return tls_certificate_subject(cert);
}

static const void *
issuer_name(const tls_certificate *cert)
{
	return tls_certificate_issuer_name(cert);
}

static const void *
serial(const tls_certificate *cert)
{
	return tls_certificate_serial(cert);
}

static const void *
sha256(const tls_certificate *cert)
{
	return tls_certificate_sha256(cert);
}

static const void *
pin(const tls_certificate *cert)
{
	return tls_certificate_pin(cert);
}

static const void *
der(const tls_certificate *cert)
{
	return tls_certificate_der(cert, NULL);
}

static const void *
names(const tls_certificate *cert)
{
	const struct tls_name *lent;

	(void)tls_certificate_names(cert, &lent);
	return lent;
}

static const void *(*const getters[])(const tls_certificate *) = {
    subject, issuer_name, serial, sha256, pin, der, names};
#define GETTERS ((int)(sizeof(getters) / sizeof(getters[0])))

/* Whatever the first call could not make, the next one can; nothing is made up. */
START_TEST(a_getter_without_memory_gives_null_and_may_be_asked_again)
{
	tls_certificate *whole = tlsw__cert_new(pki_x509(leaf), NULL);
	size_t nth;

	ck_assert_ptr_nonnull(getters[_i](whole));
	for (nth = 1; nth < MANY; nth++) {
		tls_certificate *cert = tlsw__cert_new(pki_x509(leaf), NULL);
		const void *first;

		memory_fail(nth, nth % 2 == 0);
		first = getters[_i](cert);
		if (!memory_failed()) {
			tls_certificate_free(cert);
			break;
		}
		memory_fail(0, false);
		ck_assert_msg(first == NULL || _i < 6, "allocation %zu", nth);
		ck_assert_ptr_nonnull(getters[_i](cert));
		if (_i < 5)
			ck_assert_str_eq(getters[_i](cert), getters[_i](whole));
		tls_certificate_free(cert);
	}
	memory_fail(0, false);
	ck_assert_uint_gt(nth, 1);
	ck_assert_uint_lt(nth, MANY);
	tls_certificate_free(whole);
}
END_TEST

/* wall: L07 */
START_TEST(asking_again_costs_no_memory)
{
	tls_certificate *cert = tlsw__cert_new(pki_x509(leaf), NULL);
	const void *first[GETTERS];
	bool same = true;
	size_t count;
	int i, round;

	for (i = 0; i < GETTERS; i++)
		first[i] = getters[i](cert);
	memory_fail(0, false);
	for (round = 0; round < 10000; round++) {
		for (i = 0; i < GETTERS; i++)
			same = same && getters[i](cert) == first[i];
		same = same && tls_certificate_not_before(cert) < tls_certificate_not_after(cert);
	}
	count = memory_count();
	ck_assert(same);
	ck_assert_uint_eq(count, 0);
	tls_certificate_free(cert);
}
END_TEST

START_TEST(a_walk_through_the_names_costs_no_memory)
{
	struct tlsw__san san;
	struct tls_name name;
	int found = 0, rv;
	size_t tried;

	memory_fail(1, true);
	rv = tlsw__san_open(pki_x509(leaf), &san);
	while (rv == 1 && (rv = tlsw__san_next(&san, &name)) == 1)
		found++;
	tried = memory_count();
	memory_fail(0, false);
	ck_assert_uint_eq(tried, 0);
	ck_assert_int_eq(rv, 0);
	ck_assert_int_eq(found, 2);
}
END_TEST

/*
 * Until the nth allocation is one that is not needed any more. A few of those
 * in OpenSSL's decoder fail without a word about memory; the certificate is
 * then refused as one that cannot be decoded.
 */
static void
sweep(tls_certificate *(*load)(void), bool all)
{
	size_t nth, silent = 0;

	for (nth = 1; nth < MANY; nth++) {
		tls_certificate *cert;
		bool refused;

		tls_error_clear();
		memory_fail(nth, all);
		cert = load();
		refused = memory_failed();
		memory_fail(0, false);
		ck_assert_uint_eq(ERR_peek_error(), 0);
		if (cert == NULL) {
			ck_assert_msg(
			    refused, "allocation %zu: %s", nth, tls_last_error()->message);
			if (tls_last_error()->code != TLSW_ERR_MEMORY) {
				ck_assert_int_eq(tls_last_error()->code, TLSW_ERR_CERTIFICATE);
				silent++;
			}
		} else {
			ck_assert_ptr_nonnull(tls_certificate_issuer(cert));
			ck_assert_ptr_null(tls_certificate_issuer(tls_certificate_issuer(cert)));
		}
		tls_certificate_free(cert);
		if (!refused)
			break;
	}
	ck_assert_uint_gt(nth, 1);
	ck_assert_uint_lt(nth, MANY);
	ck_assert_uint_le(silent * 100, nth);
}

static tls_certificate *
load_mem(void)
{
	return tls_certificate_load_mem(pem, strlen(pem));
}

static char path[64];

static tls_certificate *
load_file(void)
{
	return tls_certificate_load_file(path);
}

START_TEST(loading_without_memory_says_so_and_leaks_nothing)
{
	sweep(load_mem, _i == 1);
}
END_TEST

START_TEST(loading_a_file_without_memory_says_so_and_leaks_nothing)
{
	int fd;

	(void)snprintf(path, sizeof(path), "/tmp/test_cert_memory.XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ne(fd, -1);
	(void)close(fd);
	pki_write(path, pem, strlen(pem));
	sweep(load_file, true);
	(void)unlink(path);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("cert_memory");
	TCase *t = tcase_create("short");

	memory_hook();
	tcase_add_checked_fixture(t, make_chain, free_chain);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(
	    t, a_getter_without_memory_gives_null_and_may_be_asked_again, 0, GETTERS);
	tcase_add_test(t, asking_again_costs_no_memory);
	tcase_add_test(t, a_walk_through_the_names_costs_no_memory);
	tcase_add_loop_test(t, loading_without_memory_says_so_and_leaks_nothing, 0, 2);
	tcase_add_test(t, loading_a_file_without_memory_says_so_and_leaks_nothing);
	suite_add_tcase(s, t);
	return support_run(s);
}
