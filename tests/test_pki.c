/* The maker of test certificates is itself judged by OpenSSL. SPDX-License-Identifier: ISC */
#include "support/support.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>

#include "support/pki.h"

#define NOON_2030 ((time_t)1893499200)

/* OpenSSL's verdict about leaf under ca, with what else is sent and listed. */
static int
verdict_at(struct pki *ca, struct pki *leaf, const struct pki *sent, X509_CRL *crl, time_t when)
{
	X509_STORE *store = pki_store(PKI_LIST(ca));
	STACK_OF(X509) *chain = sent != NULL ? pki_stack(PKI_LIST(sent)) : NULL;
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	int error;

	ck_assert_int_eq(X509_STORE_CTX_init(ctx, store, pki_x509(leaf), chain), 1);
	ck_assert_int_eq(X509_STORE_CTX_set_default(ctx, "ssl_server"), 1);
	if (when != 0)
		X509_STORE_CTX_set_time(ctx, 0, when);
	if (crl != NULL) {
		X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_CRL_CHECK);
		ck_assert_int_eq(X509_STORE_add_crl(store, crl), 1);
	}
	(void)X509_verify_cert(ctx);
	error = X509_STORE_CTX_get_error(ctx);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	sk_X509_pop_free(chain, X509_free);
	return error;
}

static int
verdict(struct pki *ca, struct pki *leaf)
{
	return verdict_at(ca, leaf, NULL, NULL, 0);
}

static const char *const key_types[] = {
    "P-256", "P-384", "P-192", "RSA-1024", "RSA-2048", "RSA-2047:3", "Ed25519", "Ed448", "DSA"};

START_TEST(every_key_type_signs_and_is_signed)
{
	const char *type = key_types[_i];
	struct pki *ca = pki_make(.cn = "CA", .basic = PKI_CA, .key_type = type);
	struct pki *leaf = pki_make(.cn = "leaf", .issuer = ca, .key_type = type);

	ck_assert_msg(EVP_PKEY_eq(pki_key(ca), pki_key(leaf)) != 1, "%s: one key for both", type);
	ck_assert_msg(X509_verify(pki_x509(leaf), pki_key(ca)) == 1, "%s", type);
	ck_assert_msg(X509_verify(pki_x509(ca), pki_key(ca)) == 1, "%s", type);
	ck_assert_msg(X509_verify(pki_x509(leaf), pki_key(leaf)) != 1, "%s", type);
	pki_free(leaf);
	pki_free(ca);
}
END_TEST

START_TEST(the_usual_chain_verifies)
{
	struct pki *root = pki_ca("Root"), *ca = pki_intermediate(root, "CA");
	struct pki *leaf = pki_leaf(ca, "www.lab.test");

	ck_assert_int_eq(verdict_at(root, leaf, ca, NULL, 0), X509_V_OK);
	ck_assert_int_eq(verdict(root, leaf), X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
	ck_assert_int_eq(X509_check_host(pki_x509(leaf), "www.lab.test", 0, 0, NULL), 1);
	pki_free(leaf);
	pki_free(ca);
	pki_free(root);
}
END_TEST

/* One deviation a row; OpenSSL names it. */
static const struct {
	const char *label;
	struct pki_spec spec;
	int error;
} deviations[] = {
    {"none", {.cn = "x"}, X509_V_OK},
    {"expired", {.cn = "x", .not_before = -9, .not_after = -5}, X509_V_ERR_CERT_HAS_EXPIRED},
    {"not yet", {.cn = "x", .not_before = 500, .not_after = 600}, X509_V_ERR_CERT_NOT_YET_VALID},
    {"bad time", {.cn = "x", .not_after_text = "301301000000Z"},
	X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD},
    {"corrupt", {.cn = "x", .corrupt_signature = true}, X509_V_ERR_CERT_SIGNATURE_FAILURE},
    {"client", {.cn = "x", .eku = (const char *const[]){"1.3.6.1.5.5.7.3.2", NULL}},
	X509_V_ERR_INVALID_PURPOSE},
    {"no EKU", {.cn = "x", .eku = PKI_NO_EKU, .key_usage = PKI_NO_KEY_USAGE}, X509_V_OK},
    {"no digitalSignature", {.cn = "x", .key_usage = KU_CRL_SIGN}, X509_V_ERR_INVALID_PURPOSE},
    {"decipherOnly", {.cn = "x", .key_usage = KU_DECIPHER_ONLY | KU_KEY_AGREEMENT}, X509_V_OK},
    {"other issuer name", {.cn = "x", .issuer_cn = "Other", .aki = PKI_ID_OFF},
	X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY},
    {"other AKI", {.cn = "x", .aki_octets = PKI_OCTETS("abc")},
	X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY},
    {"unknown critical", {.cn = "x", .extra = PKI_EXTENSIONS(PKI_EXTENSION("1.2.3", true, "\5\0"))},
	X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION},
    {"excluded", {.cn = "x", .san = PKI_NAMES(PKI_DNS("bad.test"))}, X509_V_ERR_EXCLUDED_VIOLATION},
    {"permitted", {.cn = "x", .san = PKI_NAMES(PKI_IP("10.1.2.3"))}, X509_V_OK},
    {"not permitted", {.cn = "x", .san = PKI_NAMES(PKI_IP("11.1.2.3"))},
	X509_V_ERR_PERMITTED_VIOLATION},
};

START_TEST(deviations_are_what_openssl_calls_them)
{
	struct pki_spec spec = deviations[_i].spec;
	struct pki *ca =
	    pki_make(.cn = "CA", .basic = PKI_CA, .permitted = PKI_NAMES(PKI_IP("10.0.0.0/8")),
		.excluded = PKI_NAMES(PKI_DNS("bad.test")));
	struct pki *leaf;
	int error;

	spec.issuer = ca;
	leaf = pki_new(&spec);
	error = verdict(ca, leaf);
	ck_assert_msg(error == deviations[_i].error, "%s: %s", deviations[_i].label,
	    X509_verify_cert_error_string(error));
	pki_free(leaf);
	pki_free(ca);
}
END_TEST

START_TEST(a_stranger_s_key_makes_a_bad_signature)
{
	struct pki *ca = pki_ca("CA"), *stranger = pki_ca("CA");
	struct pki *leaf = pki_make(.cn = "x", .issuer = ca, .sign_key = pki_key(stranger));

	ck_assert_int_eq(verdict(ca, leaf), X509_V_ERR_CERT_SIGNATURE_FAILURE);
	pki_free(leaf);
	pki_free(stranger);
	pki_free(ca);
}
END_TEST

START_TEST(a_fixed_base_does_not_depend_on_the_clock)
{
	struct pki *ca = pki_make(.cn = "CA", .basic = PKI_CA, .base = NOON_2030);
	struct pki *leaf = pki_make(.cn = "x", .issuer = ca, .base = NOON_2030, .not_after = 60);

	ck_assert_int_eq(verdict_at(ca, leaf, NULL, NULL, NOON_2030), X509_V_OK);
	ck_assert_int_eq(
	    verdict_at(ca, leaf, NULL, NULL, NOON_2030 + 61), X509_V_ERR_CERT_HAS_EXPIRED);
	pki_free(leaf);
	pki_free(ca);
}
END_TEST

START_TEST(every_kind_of_name_decodes)
{
	struct pki *leaf =
	    pki_make(.san = PKI_NAMES(PKI_DNS("a\0b"), PKI_EMAIL("a@b"), PKI_URI("u:"),
			 PKI_IP("::1"), PKI_SRV("_x.y"), PKI_DN("dn"), PKI_RAW(8, "\x2a\x03")));
	GENERAL_NAMES *names = X509_get_ext_d2i(pki_x509(leaf), NID_subject_alt_name, NULL, NULL);
	static const int types[] = {
	    GEN_DNS, GEN_EMAIL, GEN_URI, GEN_IPADD, GEN_OTHERNAME, GEN_DIRNAME, GEN_RID};
	int i;

	ck_assert_int_eq(sk_GENERAL_NAME_num(names), 7);
	for (i = 0; i < 7; i++)
		ck_assert_int_eq(sk_GENERAL_NAME_value(names, i)->type, types[i]);
	ck_assert_int_eq(ASN1_STRING_length(sk_GENERAL_NAME_value(names, 0)->d.dNSName), 3);
	GENERAL_NAMES_free(names);
	pki_free(leaf);
}
END_TEST

START_TEST(odd_certificates_come_out_as_asked)
{
	struct pki *twice = pki_make(.san = PKI_NAMES(PKI_DNS("a")), .twice = "2.5.29.17");
	struct pki *v1 = pki_make(.cn = "old", .version = 1);
	struct pki *multi =
	    pki_make(.serial = PKI_OCTETS("\xff"), .subject = PKI_SUBJECT(PKI_ATTRIBUTE("O", "x"),
						       {"CN", "\0a", 2, V_ASN1_BMPSTRING, true}));
	const X509_NAME *name = X509_get_subject_name(pki_x509(multi));
	int critical = 0;

	ck_assert_ptr_null(
	    X509_get_ext_d2i(pki_x509(twice), NID_subject_alt_name, &critical, NULL));
	ck_assert_int_eq(critical, -2);
	ck_assert_int_eq(X509_get_version(pki_x509(v1)), 0);
	ck_assert_int_eq(X509_get_ext_count(pki_x509(v1)), 0);
	ck_assert_int_eq(ASN1_INTEGER_get(X509_get0_serialNumber(pki_x509(multi))), -1);
	ck_assert_int_eq(X509_NAME_entry_count(name), 2);
	ck_assert_int_eq(X509_NAME_ENTRY_set(X509_NAME_get_entry(name, 1)), 0);
	pki_free(multi);
	pki_free(v1);
	pki_free(twice);
}
END_TEST

START_TEST(a_crl_revokes_what_it_lists)
{
	struct pki *ca = pki_ca("CA"), *good = pki_leaf(ca, "a.test"),
		   *bad = pki_leaf(ca, "b.test");
	X509_CRL *crl = pki_crl(&(struct pki_crl_spec){.issuer = ca, .revoked = PKI_LIST(bad)});
	X509_CRL *old = pki_crl(&(struct pki_crl_spec){.issuer = ca, .next_update = -5});

	ck_assert_int_eq(verdict_at(ca, good, NULL, crl, 0), X509_V_OK);
	ck_assert_int_eq(verdict_at(ca, bad, NULL, crl, 0), X509_V_ERR_CERT_REVOKED);
	ck_assert_int_eq(verdict_at(ca, good, NULL, old, 0), X509_V_ERR_CRL_HAS_EXPIRED);
	X509_CRL_free(old);
	X509_CRL_free(crl);
	pki_free(bad);
	pki_free(good);
	pki_free(ca);
}
END_TEST

/* OpenSSL's verdict about an OCSP answer: 1 is a good signature by somebody entitled. */
static int
ocsp_verdict(struct pki *ca, const struct pki_ocsp_spec *spec)
{
	X509_STORE *store = pki_store(PKI_LIST(ca));
	STACK_OF(X509) *chain = pki_stack(PKI_LIST(ca));
	size_t len;
	unsigned char *der = pki_ocsp(spec, &len);
	const unsigned char *p = der;
	OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &p, (long)len);
	OCSP_BASICRESP *basic = OCSP_response_get1_basic(response);
	int result = OCSP_basic_verify(basic, chain, store, 0);

	OCSP_BASICRESP_free(basic);
	OCSP_RESPONSE_free(response);
	OPENSSL_free(der);
	sk_X509_pop_free(chain, X509_free);
	X509_STORE_free(store);
	return result;
}

START_TEST(an_ocsp_answer_is_believed_when_its_signer_may)
{
	struct pki *ca = pki_ca("CA"), *leaf = pki_leaf(ca, "a.test"), *stranger = pki_ca("CA");
	struct pki *delegate = pki_make(.cn = "OCSP", .issuer = ca, .eku = PKI_EKU_OCSP);
	struct pki_ocsp_spec spec = {.issuer = ca, .entries = PKI_ENTRIES({.cert = leaf})};
	unsigned char *der;
	size_t len;

	ck_assert_int_eq(ocsp_verdict(ca, &spec), 1);
	spec.signer = delegate;
	ck_assert_int_eq(ocsp_verdict(ca, &spec), 1);
	spec.signer = leaf;
	ck_assert_int_ne(ocsp_verdict(ca, &spec), 1);
	spec.signer = stranger;
	ck_assert_int_ne(ocsp_verdict(ca, &spec), 1);
	spec.signer = NULL;
	spec.corrupt_signature = true;
	ck_assert_int_ne(ocsp_verdict(ca, &spec), 1);
	spec.response_status = OCSP_RESPONSE_STATUS_TRYLATER;
	der = pki_ocsp(&spec, &len);
	ck_assert_uint_eq(len, 5);
	OPENSSL_free(der);
	pki_free(delegate);
	pki_free(stranger);
	pki_free(leaf);
	pki_free(ca);
}
END_TEST

START_TEST(pem_holds_the_chain_in_order)
{
	struct pki *ca = pki_ca("CA"), *leaf = pki_leaf(ca, "a.test");
	char *pem = pki_chain_pem(PKI_LIST(leaf, ca));
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509 *first = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	X509 *second = PEM_read_bio_X509(bio, NULL, NULL, NULL);

	ck_assert_int_eq(X509_cmp(first, pki_x509(leaf)), 0);
	ck_assert_int_eq(X509_cmp(second, pki_x509(ca)), 0);
	ck_assert_ptr_nonnull(strstr(pki_key_pem(leaf), "PRIVATE KEY"));
	X509_free(first);
	X509_free(second);
	BIO_free(bio);
	free(pem);
	pki_free(leaf);
	pki_free(ca);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

int
main(void)
{
	Suite *s = suite_create("pki");
	TCase *t = tcase_create("certificates");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, every_key_type_signs_and_is_signed, 0, COUNT(key_types));
	tcase_add_test(t, the_usual_chain_verifies);
	tcase_add_loop_test(t, deviations_are_what_openssl_calls_them, 0, COUNT(deviations));
	tcase_add_test(t, a_stranger_s_key_makes_a_bad_signature);
	tcase_add_test(t, a_fixed_base_does_not_depend_on_the_clock);
	tcase_add_test(t, every_kind_of_name_decodes);
	tcase_add_test(t, odd_certificates_come_out_as_asked);
	tcase_add_test(t, pem_holds_the_chain_in_order);
	suite_add_tcase(s, t);
	t = tcase_create("status");
	tcase_add_test(t, a_crl_revokes_what_it_lists);
	tcase_add_test(t, an_ocsp_answer_is_believed_when_its_signer_may);
	suite_add_tcase(s, t);
	return support_run(s);
}
