/*
 * test_dane.c - servers known by TLSA records (RFC 6698, RFC 7671).
 *
 * SPDX-License-Identifier: ISC
 */
#include "support/support.h"

#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "support/peer.h"
#include "support/pki.h"

enum { PKIX_TA, PKIX_EE, DANE_TA, DANE_EE };
enum server { GOOD, WRONG_NAME, EXPIRED, UNKNOWN_CA };
enum what { LEAF, ROOT, NOBODY, LEAF_OTHERWISE, ROOT_OTHERWISE };

struct row {
	const char *label;
	int usage, selector, mtype;
	enum what what; /* whom the record names */
	enum server server;
	bool trusted; /* the context knows the server's root */
	bool accepted;
};

static const struct row rows[] = {
    {"PKIX-TA names the root", PKIX_TA, 0, 1, ROOT, GOOD, true, true},
    {"PKIX-TA of nobody", PKIX_TA, 0, 1, NOBODY, GOOD, true, false},
    {"PKIX-TA without a trusted root", PKIX_TA, 0, 1, ROOT, GOOD, false, false},
    {"PKIX-EE names the leaf", PKIX_EE, 0, 1, LEAF, GOOD, true, true},
    {"PKIX-EE without a trusted root", PKIX_EE, 0, 1, LEAF, GOOD, false, false},
    {"PKIX-EE and a wrong name", PKIX_EE, 0, 1, LEAF, WRONG_NAME, true, false},
    {"DANE-TA names the root that is sent", DANE_TA, 1, 1, ROOT, UNKNOWN_CA, false, true},
    {"DANE-TA and a wrong name", DANE_TA, 1, 1, ROOT, WRONG_NAME, false, false},
    {"DANE-TA and expired", DANE_TA, 1, 1, ROOT, EXPIRED, false, false},
    {"DANE-TA of nobody", DANE_TA, 1, 1, NOBODY, GOOD, true, false},
    {"DANE-EE by certificate", DANE_EE, 0, 1, LEAF, GOOD, false, true},
    {"DANE-EE by key, SHA-512", DANE_EE, 1, 2, LEAF, GOOD, false, true},
    {"DANE-EE by key, in full", DANE_EE, 1, 0, LEAF, GOOD, false, true},
    {"DANE-EE stands for the name", DANE_EE, 1, 1, LEAF, WRONG_NAME, false, true},
    {"DANE-EE stands for the dates", DANE_EE, 1, 1, LEAF, EXPIRED, false, true},
    {"DANE-EE needs no CA", DANE_EE, 1, 1, LEAF, UNKNOWN_CA, false, true},
    {"DANE-EE of nobody, though the chain is good", DANE_EE, 1, 1, NOBODY, GOOD, true, false},
    {"PKIX-TA names the leaf", PKIX_TA, 0, 1, LEAF, GOOD, true, false},
    {"PKIX-EE names the root", PKIX_EE, 0, 1, ROOT, GOOD, true, false},
    {"DANE-TA names the leaf", DANE_TA, 1, 1, LEAF, GOOD, true, false},
    {"DANE-EE names the root", DANE_EE, 1, 1, ROOT, GOOD, true, false},
    {"the key's digest as the certificate's", DANE_EE, 0, 1, LEAF_OTHERWISE, GOOD, true, false},
    {"the certificate's digest as the key's", DANE_EE, 1, 1, LEAF_OTHERWISE, GOOD, true, false},
    {"the root's digest as its key's", PKIX_TA, 1, 1, ROOT_OTHERWISE, GOOD, true, false},
};
#define ROWS ((int)(sizeof(rows) / sizeof(rows[0])))

static struct pki *root, *leaf, *nobody;

static struct pki *
make_leaf(enum server server)
{
	const struct pki_name right[] = {PKI_DNS("www.lab.test"), {0, NULL, 0}};
	const struct pki_name wrong[] = {PKI_DNS("evil.test"), {0, NULL, 0}};
	struct pki_spec spec = {.issuer = root, .san = server == WRONG_NAME ? wrong : right};

	if (server == EXPIRED) {
		spec.not_before = -100L * 86400;
		spec.not_after = -10L * 86400;
	}
	return pki_new(&spec);
}

/* What a record of that selector and matching type holds. */
static size_t
association(const struct pki *cert, int selector, int mtype, unsigned char *out)
{
	unsigned char *der = NULL;
	int len = selector == 0 ? i2d_X509(pki_x509(cert), &der)
	                        : i2d_X509_PUBKEY(X509_get_X509_PUBKEY(pki_x509(cert)), &der);
	unsigned n = (unsigned)len;

	ck_assert_int_gt(len, 0);
	if (mtype == 0)
		memcpy(out, der, (size_t)len);
	else
		ck_assert_int_eq(EVP_Digest(der, (size_t)len, out, &n, mtype == 1 ? EVP_sha256() : EVP_sha512(), NULL), 1);
	OPENSSL_free(der);
	return n;
}

START_TEST(a_record_decides)
{
	const struct row *r = &rows[_i];
	struct peer_options options = {0};
	struct peer peer;
	struct peer_report report;
	unsigned char data[4096];
	STACK_OF(X509) *chain;
	tls_context *ctx = tls_context_new();
	tls_socket *s;
	size_t len;
	int fd, n;

	root = pki_ca("Root");
	nobody = pki_ca("Nobody");
	leaf = make_leaf(r->server);
	chain = pki_stack(PKI_LIST(root));
	options.cert = pki_x509(leaf);
	options.key = pki_key(leaf);
	options.chain = chain;
	options.client_cert = PEER_REQUEST_CLIENT_CERT;
	if (r->trusted)
		ck_assert_works(tls_context_load_ca_mem(ctx, pki_pem(root), strlen(pki_pem(root))) == 1);
	else if (r->usage <= PKIX_EE)
		ck_assert_works(tls_context_load_ca_mem(ctx, pki_pem(nobody), strlen(pki_pem(nobody))) == 1);
	ck_assert_int_eq(peer_start(&peer, &options), 0);
	fd = peer_connect(&peer);
	s = tls_wrap_start(ctx, fd, "www.lab.test");
	ck_assert_works(s != NULL);
	len = association(r->what == LEAF || r->what == LEAF_OTHERWISE ? leaf
	        : r->what == ROOT || r->what == ROOT_OTHERWISE ? root : nobody,
	    r->what >= LEAF_OTHERWISE ? 1 - r->selector : r->selector, r->mtype, data);
	ck_assert_works(tls_socket_add_tlsa(s, r->usage, r->selector, r->mtype, data, len) == 0);
	n = tls_socket_handshake(s);
	ck_assert_msg((n == 0) == r->accepted, "%s: %s", r->label, n == 0 ? "accepted" : tls_last_error()->message);
	if (n == 0) {
		ck_assert(tls_socket_verified(s));
		ck_assert_uint_eq(tls_socket_reasons(s), 0);
	}
	(void)tls_socket_close(s);
	(void)close(fd);
	ck_assert_int_eq(peer_wait(&peer, &report), 0);
	ck_assert_msg(report.handshake == r->accepted, "%s", r->label);
	peer_stop(&peer);
	tls_context_free(ctx);
	sk_X509_pop_free(chain, X509_free);
	pki_free(leaf);
	pki_free(root);
	pki_free(nobody);
}
END_TEST

START_TEST(one_of_several_is_enough_and_bad_ones_are_told)
{
	struct peer_options options = {0};
	struct peer peer;
	unsigned char data[64] = {0};
	tls_context *ctx = tls_context_new();
	tls_socket *s;
	int fd;

	root = pki_ca("Root");
	nobody = pki_ca("Nobody");
	leaf = make_leaf(GOOD);
	options.cert = pki_x509(leaf);
	options.key = pki_key(leaf);
	ck_assert_int_eq(peer_start(&peer, &options), 0);
	fd = peer_connect(&peer);
	s = tls_wrap_start(ctx, fd, "www.lab.test");
	ck_assert_works(s != NULL);
	(void)association(nobody, 1, 1, data);
	ck_assert_refused(tls_socket_add_tlsa(s, 3, 1, 9, data, 32), TLSW_ERR_USAGE);   /* no such digest */
	ck_assert_refused(tls_socket_add_tlsa(s, 9, 1, 1, data, 32), TLSW_ERR_USAGE);   /* no such usage */
	ck_assert_refused(tls_socket_add_tlsa(s, 3, 1, 1, data, 31), TLSW_ERR_USAGE);   /* too short */
	ck_assert_refused(tls_socket_add_tlsa(s, 3, 1, 1, data, 64), TLSW_ERR_USAGE);   /* that is SHA-512's */
	ck_assert_refused(tls_socket_add_tlsa(s, 3, 1, 2, data, 32), TLSW_ERR_USAGE);   /* that is SHA-256's */
	ck_assert_refused(tls_socket_add_tlsa(s, 3, 2, 1, data, 32), TLSW_ERR_USAGE);   /* no such selector */
	ck_assert_refused(tls_socket_add_tlsa(s, 3, 0, 0, data, 32), TLSW_ERR_USAGE);   /* no certificate */
	ck_assert_refused(tls_socket_add_tlsa(s, 3, 1, 0, data, 32), TLSW_ERR_USAGE);   /* no key */
	ck_assert_refused(tls_socket_add_tlsa(s, -1, 1, 1, data, 32), TLSW_ERR_USAGE);
	ck_assert_refused(tls_socket_add_tlsa(s, 3, 1, 1, NULL, 32), TLSW_ERR_USAGE);
	ck_assert_refused(tls_socket_add_tlsa(s, 3, 1, 1, data, 0), TLSW_ERR_USAGE);
	ck_assert_works(tls_socket_add_tlsa(s, 3, 1, 1, data, 32) == 0);
	(void)association(leaf, 1, 1, data);
	ck_assert_works(tls_socket_add_tlsa(s, 3, 1, 1, data, 32) == 0);
	ck_assert_works(tls_socket_handshake(s) == 0);
	ck_assert_refused(tls_socket_add_tlsa(s, 3, 1, 1, data, 32), TLSW_ERR_USAGE);
	(void)tls_socket_close(s);
	(void)close(fd);
	peer_stop(&peer);
	tls_context_free(ctx);
	pki_free(leaf);
	pki_free(root);
	pki_free(nobody);
}
END_TEST

START_TEST(only_unusable_records_are_as_good_as_none)
{
	static const unsigned char data[32];
	struct peer_options options = {0};
	struct peer peer;
	struct peer_report report;
	tls_context *ctx = tls_context_new();
	tls_socket *s;
	int fd;

	root = pki_ca("Root");
	leaf = make_leaf(GOOD);
	options.cert = pki_x509(leaf);
	options.key = pki_key(leaf);
	ck_assert_int_eq(peer_start(&peer, &options), 0);
	fd = peer_connect(&peer);
	s = tls_wrap_start(ctx, fd, "www.lab.test");
	ck_assert_works(s != NULL);
	ck_assert_refused(tls_socket_add_tlsa(s, 3, 1, 9, data, 32), TLSW_ERR_USAGE);
	ck_assert_refused(tls_socket_handshake(s), TLSW_ERR_TRUST_STORE);
	tls_socket_free(s);
	(void)close(fd);
	ck_assert_int_eq(peer_wait(&peer, &report), 0);
	ck_assert_uint_eq(report.raw_in, 0);
	peer_stop(&peer);
	tls_context_free(ctx);
	pki_free(leaf);
	pki_free(root);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("dane");
	TCase *t = tcase_create("TLSA");

	tcase_add_loop_test(t, a_record_decides, 0, ROWS);
	tcase_add_test(t, one_of_several_is_enough_and_bad_ones_are_told);
	tcase_add_test(t, only_unusable_records_are_as_good_as_none);
	suite_add_tcase(suite, t);
	return support_run(suite);
}
