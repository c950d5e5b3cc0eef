/*
 * What a certificate is refused for in either profile.
 *
 * SPDX-License-Identifier: ISC
 */
#include "support/support.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/chain_support.h"

#define DNS(text) PKI_NAMES(PKI_DNS(text))
#define WWW .cn = "www.lab.test", .san = DNS("www.lab.test")

/* ----------------------------------------------------- both profiles refuse */

static const struct {
	const char *label;
	struct pki_spec root, ca, leaf;
	long error; /* in the default profile; 0: accepted there */
} rows[] = {
    {"an ordinary chain", {0}, {0}, {WWW}, 0},

    {"wall: F10 a leaf for TLS clients", {0}, {0}, {WWW, .eku = PKI_OIDS("1.3.6.1.5.5.7.3.2")},
	X509_V_ERR_INVALID_PURPOSE},
    {"wall: F10 an intermediate for e-mail", {0}, {.eku = PKI_OIDS("1.3.6.1.5.5.7.3.4")}, {WWW},
	X509_V_ERR_INVALID_PURPOSE},
    {"a leaf that may not sign", {0}, {0}, {WWW, .key_usage = KU_CRL_SIGN},
	X509_V_ERR_INVALID_PURPOSE},

    {"wall: F12 unknown critical extension, leaf", {0}, {0},
	{WWW, .extra = PKI_EXTENSIONS(PKI_EXTENSION("1.2.3.4", true, "\x05\x00"))},
	X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION},
    {"wall: F12 unknown critical extension, CA", {0},
	{.extra = PKI_EXTENSIONS(PKI_EXTENSION("1.2.3.4", true, "\x05\x00"))}, {WWW},
	X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION},
    {"unknown extension, not critical", {0}, {0},
	{WWW, .extra = PKI_EXTENSIONS(PKI_EXTENSION("1.2.3.4", false, "\x05\x00"))}, 0},
    {"wall: F11 requireExplicitPolicy: policies are not processed", {0},
	{.extra = PKI_EXTENSIONS(PKI_EXTENSION("2.5.29.36", true, "\x30\x03\x80\x01\x00"))}, {WWW},
	0},

    {"wall: E16 RSA-1024 leaf", {0}, {0}, {WWW, .key_type = "RSA-1024"},
	X509_V_ERR_EE_KEY_TOO_SMALL},
    {"wall: E16 RSA-1024 intermediate", {0}, {.key_type = "RSA-1024"}, {WWW},
	X509_V_ERR_CA_KEY_TOO_SMALL},
    {"wall: E16 RSA-1024 root", {.key_type = "RSA-1024"}, {0}, {WWW}, X509_V_ERR_CA_KEY_TOO_SMALL},
    {"wall: E16 P-192 leaf", {0}, {0}, {WWW, .key_type = "P-192"}, X509_V_ERR_EE_KEY_TOO_SMALL},
    {"wall: E16 SHA-1 under the leaf", {0}, {0}, {WWW, .digest = "SHA1"},
	X509_V_ERR_CA_MD_TOO_WEAK},
    {"wall: E16 SHA-1 under the intermediate", {0}, {.digest = "SHA1"}, {WWW},
	X509_V_ERR_CA_MD_TOO_WEAK},
    {"wall: E16 MD5", {0}, {.key_type = "RSA-2048"}, {WWW, .digest = "MD5"},
	X509_V_ERR_CA_MD_TOO_WEAK},
    {"wall: E16 SHA-1 under the root itself counts for nothing", {.digest = "SHA1"}, {0}, {WWW}, 0},

    {"a bad signature", {0}, {0}, {WWW, .corrupt_signature = true},
	X509_V_ERR_CERT_SIGNATURE_FAILURE},
    {"an extension twice", {0}, {0}, {WWW, .twice = "2.5.29.37"},
	X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY},
};

struct lab {
	struct pki *root, *ca, *leaf;
};

static struct lab
chain_of(const struct pki_spec *root, const struct pki_spec *ca, const struct pki_spec *leaf)
{
	struct pki_spec spec = *root;
	struct lab lab;

	spec.cn = "Root";
	spec.basic = PKI_CA;
	lab.root = chain_keep(pki_new(&spec));
	spec = *ca;
	spec.cn = "CA";
	spec.basic = PKI_CA;
	spec.issuer = lab.root;
	lab.ca = chain_keep(pki_new(&spec));
	spec = *leaf;
	spec.issuer = lab.ca;
	lab.leaf = chain_keep(pki_new(&spec));
	return lab;
}

static struct tlsw__chain
judge_lab(const struct lab *lab, unsigned long flags)
{
	struct tlsw__chain_policy policy = chain_ordinary;

	policy.flags = flags;
	return chain_judge(PKI_LIST(lab->root), PKI_LIST(lab->leaf, lab->ca), &policy);
}

/* wall: E02 */
START_TEST(what_is_refused_by_default_is_refused_when_strict)
{
	struct lab lab = chain_of(&rows[_i].root, &rows[_i].ca, &rows[_i].leaf);
	struct tlsw__chain plain = judge_lab(&lab, 0), strict = judge_lab(&lab, TLSW_VERIFY_STRICT);

	ck_assert_msg(plain.ok == (rows[_i].error == 0), "%s", rows[_i].label);
	ck_assert_msg(plain.ok || chain_found(&plain, rows[_i].error, -1), "%s: %s", rows[_i].label,
	    X509_verify_cert_error_string(plain.problems[0].error));
	ck_assert_msg(plain.ok || !strict.ok, "%s", rows[_i].label);
	tlsw__chain_clear(&plain);
	tlsw__chain_clear(&strict);
}
END_TEST

/* ------------------------------------------------------- only strict refuses */

#define AKI "2.5.29.35"
#define EKU "2.5.29.37"
#define AIA "1.3.6.1.5.5.7.1.1"
#define ONE(oid, critical, literal) PKI_EXTENSIONS(PKI_EXTENSION(oid, critical, literal))

static const struct {
	const char *label;
	struct pki_spec root, ca, leaf;
	const char *why; /* a part of it */
} strict_rows[] = {
    {"version 1", {0}, {0}, {.cn = "www.lab.test", .version = 1}, "version 3"},
    {"serial number 0", {0}, {0}, {WWW, .serial = PKI_OCTETS("\0")}, "serial number"},
    {"negative serial number", {0}, {0}, {WWW, .serial = PKI_OCTETS("\x80\1")}, "serial number"},
    {"serial number of 21 octets", {0}, {0},
	{WWW, .serial = PKI_OCTETS("\1\2\3\4\5\6\7\10\1\2\3\4\5\6\7\10\1\2\3\4\5")},
	"serial number"},
    {"serial number of 21 octets in a CA", {0},
	{.serial = PKI_OCTETS("\1\2\3\4\5\6\7\10\1\2\3\4\5\6\7\10\1\2\3\4\5")}, {WWW},
	"serial number"},

    {"Ed25519", {0}, {0}, {WWW, .key_type = "Ed25519"}, "neither RSA nor"},
    {"another curve", {0}, {.key_type = "brainpoolP256r1"}, {WWW}, "neither RSA nor"},
    {"RSA-2052", {0}, {0}, {WWW, .key_type = "RSA-2052"}, "multiple of 8"},

    {"wall: F13 a CA as leaf", {0}, {0},
	{WWW, .basic = PKI_CA, .eku = PKI_OIDS("1.3.6.1.5.5.7.3.1"),
	    .key_usage = KU_DIGITAL_SIGNATURE | KU_KEY_CERT_SIGN},
	"a CA's"},
    {"no extended key usage", {0}, {0}, {WWW, .eku = PKI_NO_EKU}, "no extended key usage"},
    {"any extended key usage", {0}, {0}, {WWW, .eku = PKI_OIDS("1.3.6.1.5.5.7.3.1", "2.5.29.37.0")},
	"any usage"},
    {"critical extended key usage", {0}, {0},
	{WWW, .eku = PKI_NO_EKU,
	    .extra = ONE(EKU, true, "\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01")},
	"usage is critical"},
    {"a root with extended key usage", {.eku = PKI_OIDS("1.3.6.1.5.5.7.3.1")}, {0}, {WWW},
	"a root and has"},
    {"policy constraints that are not critical", {0},
	{.extra = ONE("2.5.29.36", false, "\x30\x03\x80\x01\x00")}, {WWW}, "policy constraints"},
    {"inhibitAnyPolicy that is not critical", {0},
	{.extra = ONE("2.5.29.54", false, "\x02\x01\x00")}, {WWW}, "policy constraints"},

    {"a root with an empty authority key identifier", {.extra = ONE(AKI, false, "\x30\x00")}, {0},
	{WWW}, "authority key identifier"},
    {"authority information access without any", {0}, {0},
	{WWW, .extra = ONE(AIA, false, "\x30\x00")}, "information access"},
    {"malformed authority information access", {0}, {0},
	{WWW, .extra = ONE(AIA, false, "malformed")}, "information access"},

    {"name constraints in a leaf", {0}, {0}, {WWW, .permitted = DNS("lab.test")},
	"has name constraints"},
    {"a constraint with a leading dot", {0}, {.permitted = DNS(".lab.test")}, {WWW},
	"neither a host name nor"},
    {"a constraint with a wildcard", {0}, {.excluded = DNS("*.a.test")}, {WWW},
	"neither a host name nor"},
    {"a mask with a hole", {0}, {.excluded = PKI_NAMES(PKI_RAW(7, "\12\0\0\0\377\0\377\0"))}, {WWW},
	"neither a host name nor"},
    {"constraints that constrain nothing", {0}, {.constraints_raw = PKI_OCTETS("\x30\x00")}, {WWW},
	"constrain nothing"},

    {"no subjectAltName", {0}, {0}, {.cn = "www.lab.test"}, "no subjectAltName"},
    {"an underscore", {0}, {0}, {.cn = "a_b.lab.test", .san = DNS("a_b.lab.test")},
	"no host name or address"},
    {"an empty label", {0}, {0},
	{.cn = "www.lab.test", .san = PKI_NAMES(PKI_DNS("www.lab.test"), PKI_DNS("a..test"))},
	"no host name or address"},
    {"an address of five octets", {0}, {0},
	{.cn = "www.lab.test", .san = PKI_NAMES(PKI_DNS("www.lab.test"), PKI_RAW(7, "\1\2\3\4\5"))},
	"no host name or address"},
    {"a critical subjectAltName", {0}, {0}, {WWW, .san_critical = true}, "is critical although"},
    {"another common name", {0}, {0}, {.cn = "ftp.lab.test", .san = DNS("www.lab.test")},
	"common name"},
    {"a common name in another case", {0}, {0}, {.cn = "WWW.lab.test", .san = DNS("www.lab.test")},
	"common name"},
    {"two common names", {0}, {0},
	{.subject = PKI_SUBJECT(
	     PKI_ATTRIBUTE("CN", "www.lab.test"), PKI_ATTRIBUTE("CN", "www.lab.test")),
	    .san = DNS("www.lab.test")},
	"common name"},
    {"an address in another spelling", {0}, {0},
	{.cn = "010.1.2.3", .san = PKI_NAMES(PKI_IP("10.1.2.3"))}, "common name"},
};

START_TEST(strict_refuses_what_breaks_a_rule)
{
	struct lab lab =
	    chain_of(&strict_rows[_i].root, &strict_rows[_i].ca, &strict_rows[_i].leaf);
	struct tlsw__chain plain = judge_lab(&lab, 0), strict = judge_lab(&lab, TLSW_VERIFY_STRICT);
	bool told = false;
	size_t i;

	ck_assert_msg(plain.ok, "%s: %s", strict_rows[_i].label,
	    X509_verify_cert_error_string(plain.problems[0].error));
	ck_assert_msg(!strict.ok, "%s", strict_rows[_i].label);
	for (i = 0; i < strict.problem_count; i++)
		told |= strict.problems[i].why != NULL &&
			strstr(strict.problems[i].why, strict_rows[_i].why) != NULL;
	ck_assert_msg(told, "%s: %s, %s", strict_rows[_i].label,
	    X509_verify_cert_error_string(strict.problems[0].error),
	    strict.problems[0].why != NULL ? strict.problems[0].why : "");
	tlsw__chain_clear(&plain);
	tlsw__chain_clear(&strict);
}
END_TEST

static const struct {
	const char *label;
	struct pki_spec root, ca, leaf;
} good_rows[] = {
    {"an ordinary chain", {0}, {0}, {WWW}},
    {"RSA", {.key_type = "RSA-2048"}, {.key_type = "RSA-2048"}, {WWW, .key_type = "RSA-2048"}},
    {"P-384", {.key_type = "P-384"}, {.key_type = "P-384"}, {WWW, .key_type = "P-384"}},
    {"no common name", {0}, {0}, {.san = DNS("www.lab.test")}},
    {"a wildcard and its domain", {0}, {0},
	{.cn = "lab.test", .san = PKI_NAMES(PKI_DNS("*.lab.test"))}},
    {"an address", {0}, {0}, {.cn = "10.1.2.3", .san = PKI_NAMES(PKI_IP("10.1.2.3"))}},
    {"an IPv6 address", {0}, {0}, {.cn = "fd00::1", .san = PKI_NAMES(PKI_IP("fd00::1"))}},
    {"constraints in good form", {0},
	{.permitted = PKI_NAMES(PKI_DNS("lab.test"), PKI_IP("10.0.0.0/8"))}, {WWW}},
    {"where the issuer is", {0}, {0}, {WWW, .ca_issuers = "http://lab.test/ca"}},
    {"a root that refers to itself", {.aki = PKI_ID_ON}, {0}, {WWW}},
};

START_TEST(strict_accepts_what_keeps_the_rules)
{
	struct lab lab = chain_of(&good_rows[_i].root, &good_rows[_i].ca, &good_rows[_i].leaf);
	struct tlsw__chain strict = judge_lab(&lab, TLSW_VERIFY_STRICT);

	ck_assert_msg(strict.ok, "%s: %s, %s", good_rows[_i].label,
	    X509_verify_cert_error_string(strict.problems[0].error),
	    strict.problems[0].why != NULL ? strict.problems[0].why : "");
	ck_assert_uint_eq(strict.verifications, 1);
	tlsw__chain_clear(&strict);
}
END_TEST

START_TEST(all_broken_rules_are_told)
{
	struct pki *root = CA(.cn = "Root");
	struct pki *leaf = chain_keep(pki_make(.cn = "x", .issuer = root, .eku = PKI_NO_EKU,
	    .san = DNS("www.lab.test"), .san_critical = true, .serial = PKI_OCTETS("\0")));
	struct tlsw__chain_policy policy = chain_ordinary;
	struct tlsw__chain chain;

	policy.flags = TLSW_VERIFY_STRICT;
	chain = chain_judge(PKI_LIST(root), PKI_LIST(leaf), &policy);
	ck_assert_uint_eq(chain.problem_count, 4);
	tlsw__chain_clear(&chain);
}
END_TEST

/* -------------------------------------------------------------- odd RSA keys */

/* A public key only: the modulus is a random odd number. */
static EVP_PKEY *
rsa_public(int bits, unsigned long exponent)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	BIGNUM *n = BN_new(), *e = BN_new();
	OSSL_PARAM *params;
	EVP_PKEY *key = NULL;

	ck_assert_int_eq(BN_rand(n, bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD), 1);
	ck_assert_int_eq(BN_set_word(e, exponent), 1);
	ck_assert_int_eq(OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n), 1);
	ck_assert_int_eq(OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e), 1);
	params = OSSL_PARAM_BLD_to_param(build);
	ck_assert_int_eq(EVP_PKEY_fromdata_init(ctx), 1);
	ck_assert_int_eq(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params), 1);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(ctx);
	BN_free(n);
	BN_free(e);
	return key;
}

static const struct {
	const char *label;
	int bits;
	unsigned long exponent;
	bool ok, strict_ok;
} keys[] = {
    {"an even exponent", 2048, 4, true, false},
    {"the exponent 1", 2048, 1, true, false},
    {"the exponent 3", 2048, 3, true, true},
    {"a modulus of 8192 bits", 8192, 65537, true, true},
    {"a modulus of one bit more", 8193, 65537, false, false},
    {"wall: M04 a modulus of 16384 bits", 16384, 65537, false, false},
};

START_TEST(rsa_keys_of_leaves_are_looked_at)
{
	struct pki *root = CA(.cn = "Root");
	EVP_PKEY *key = rsa_public(keys[_i].bits, keys[_i].exponent);
	struct pki *leaf = LEAF(.issuer = root, .key = key);
	struct tlsw__chain_policy policy = chain_ordinary;
	struct tlsw__chain chain;

	if (keys[_i].ok)
		chain_accepted(PKI_LIST(root), PKI_LIST(leaf));
	else
		chain_refused(PKI_LIST(root), PKI_LIST(leaf), X509_V_ERR_APPLICATION_VERIFICATION);
	policy.flags = TLSW_VERIFY_STRICT;
	chain = chain_judge(PKI_LIST(root), PKI_LIST(leaf), &policy);
	ck_assert_msg(chain.ok == keys[_i].strict_ok, "%s", keys[_i].label);
	tlsw__chain_clear(&chain);
	EVP_PKEY_free(key);
}
END_TEST

/* Its name is that of the CA that signed: only its key keeps it out of the path. */
static struct pki *
oversize_ca(const struct pki *issuer)
{
	EVP_PKEY *key = rsa_public(16384, 65537);
	struct pki *ca = CA(.cn = "CA", .issuer = issuer, .key = key);

	EVP_PKEY_free(key);
	return ca;
}

/* wall: M04: "we do not calculate with it" and "the calculation failed" are told apart */
START_TEST(oversize_keys_of_others_are_not_calculated_with)
{
	struct pki *root = CA(.cn = "Root"), *large = oversize_ca(root);
	struct pki *ca = CA(.cn = "CA", .issuer = root, .key_type = "RSA-2048");
	struct pki *leaf = LEAF(.issuer = ca, .aki = PKI_ID_OFF);
	struct tlsw__chain chain =
	    chain_judge(PKI_LIST(root), PKI_LIST(leaf, large), &chain_ordinary);

	ck_assert(!chain.ok);
	ck_assert_uint_eq(chain.problem_count, 1);
	ck_assert_int_eq(chain.problems[0].error, X509_V_ERR_APPLICATION_VERIFICATION);
	ck_assert_int_eq(chain.problems[0].depth, 1);
	ck_assert_str_eq(chain.problems[0].why, "its RSA key has more than 8192 bits");
	tlsw__chain_clear(&chain);
	chain_accepted(PKI_LIST(root), PKI_LIST(leaf, large, ca));
	chain_accepted(PKI_LIST(root), PKI_LIST(leaf, ca, large));
}
END_TEST

/* wall: M04: nine calculations of that size would be all that a search may spend. */
START_TEST(oversize_keys_do_not_wear_a_search_out)
{
	struct pki *root = CA(.cn = "Root");
	struct pki *ca = CA(.cn = "CA", .issuer = root, .key_type = "RSA-2048");
	const struct pki *sent[12] = {LEAF(.issuer = ca, .aki = PKI_ID_OFF)};
	size_t i;

	for (i = 1; i < 10; i++)
		sent[i] = oversize_ca(root);
	sent[i] = ca;
	chain_accepted(PKI_LIST(root), sent);
}
END_TEST

START_TEST(the_keys_of_anchors_are_the_callers_business)
{
	struct pki *root = CA(.cn = "Root"), *large = oversize_ca(root);
	struct pki *leaf = LEAF(.issuer = CA(.cn = "CA", .key_type = "RSA-2048"), .aki = PKI_ID_OFF);

	chain_refused(PKI_LIST(root, large), PKI_LIST(leaf), X509_V_ERR_CERT_SIGNATURE_FAILURE);
}
END_TEST

/* wall: M04 */
START_TEST(explicit_curves_are_refused)
{
	EVP_PKEY *key = pki_new_key("P-256");
	struct pki *root = CA(.cn = "Root"), *leaf;

	ck_assert_int_eq(EVP_PKEY_set_utf8_string_param(
			     key, OSSL_PKEY_PARAM_EC_ENCODING, OSSL_PKEY_EC_ENCODING_EXPLICIT),
	    1);
	leaf = LEAF(.issuer = root, .key = key);
	chain_refused(PKI_LIST(root), PKI_LIST(leaf), X509_V_ERR_EC_KEY_EXPLICIT_PARAMS);
	EVP_PKEY_free(key);
}
END_TEST

/* ------------------------------------------------------------------- BERserk */

/*
 * 00 01 FF.. 00 DigestInfo hash, and then whatever makes it a cube: with e = 3
 * anybody can write such a signature, and it holds where what follows the
 * hash is not looked at.
 */
static void
forge(const unsigned char *message, size_t len, unsigned char *signature, int size)
{
	static const unsigned char info[] = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48,
	    0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
	unsigned char block[512] = {0, 1, 255, 255, 255, 255, 255, 255, 255, 255, 0};
	BIGNUM *wanted, *low = BN_new(), *high = BN_new(), *middle = BN_new(), *cube = BN_new();
	BN_CTX *ctx = BN_CTX_new();
	int i;

	memcpy(block + 11, info, sizeof(info));
	ck_assert_ptr_nonnull(SHA256(message, len, block + 11 + sizeof(info)));
	wanted = BN_bin2bn(block, size, NULL);
	ck_assert_int_eq(BN_set_bit(high, size * 8 / 3 + 1), 1); /* the least root above */
	for (i = 0; i < size * 8 / 3 + 2; i++) {
		ck_assert_int_eq(BN_add(middle, low, high), 1);
		ck_assert_int_eq(BN_rshift1(middle, middle), 1);
		ck_assert_int_eq(BN_sqr(cube, middle, ctx), 1);
		ck_assert_int_eq(BN_mul(cube, cube, middle, ctx), 1);
		ck_assert_ptr_nonnull(BN_copy(BN_cmp(cube, wanted) < 0 ? low : high, middle));
	}
	ck_assert_int_eq(BN_sqr(cube, high, ctx), 1);
	ck_assert_int_eq(BN_mul(cube, cube, high, ctx), 1);
	ck_assert_int_eq(BN_bn2binpad(high, signature, size), size);
	/* it does begin as it should */
	ck_assert_int_eq(BN_bn2binpad(cube, block + 256, 256), 256);
	ck_assert_int_eq(memcmp(block, block + 256, 11 + sizeof(info) + 32), 0);
	BN_free(wanted);
	BN_free(low);
	BN_free(high);
	BN_free(middle);
	BN_free(cube);
	BN_CTX_free(ctx);
}

/* wall: E14 */
START_TEST(a_signature_made_without_the_key_is_refused)
{
	struct pki *root = CA(.cn = "Root", .key_type = "RSA-2048:3");
	X509 *leaf = X509_dup(pki_x509(LEAF(.issuer = root)));
	X509_STORE *store = pki_store(PKI_LIST(root));
	const ASN1_BIT_STRING *signature;
	unsigned char forged[256], *signed_part = NULL;
	struct tlsw__chain chain;
	int len;

	len = i2d_re_X509_tbs(leaf, &signed_part);
	ck_assert_int_gt(len, 0);
	forge(signed_part, (size_t)len, forged, (int)sizeof(forged));
	X509_get0_signature(&signature, NULL, leaf);
	ck_assert_int_eq(ASN1_BIT_STRING_set(
			     (ASN1_BIT_STRING *)(uintptr_t)signature, forged, (int)sizeof(forged)),
	    1);
	ck_assert_int_eq(tlsw__chain_build(store, leaf, NULL, &chain_ordinary, &chain), 0);
	ck_assert(!chain.ok);
	ck_assert_int_eq(chain.problems[0].error, X509_V_ERR_CERT_SIGNATURE_FAILURE);
	tlsw__chain_clear(&chain);
	OPENSSL_free(signed_part);
	X509_free(leaf);
	X509_STORE_free(store);
}
END_TEST

/* ------------------------------------------------------ too many of something */

#define NAME_ROOM 32

static struct pki_name *
many_names(size_t count, char **text)
{
	struct pki_name *names = calloc(count + 1, sizeof(*names));
	size_t i;

	ck_assert_ptr_nonnull(names);
	*text = calloc(count, NAME_ROOM);
	ck_assert_ptr_nonnull(*text);
	for (i = 0; i < count; i++) {
		(void)snprintf(*text + i * NAME_ROOM, NAME_ROOM, "n%zu.test", i);
		names[i] = pki_name(2, *text + i * NAME_ROOM);
	}
	return names;
}

static const struct {
	size_t constraints, names;
	bool hit; /* the last name is the last excluded one */
	bool ok;
} numbers[] = {{1, 1000, false, true}, {1000, 1, false, true}, {1000, 1000, false, true},
    {1000, 1000, true, false}, {2000, 2000, false, false}};

/* wall: M03: OpenSSL counts the comparisons of one path, we those of a search */
START_TEST(many_names_and_many_constraints_are_bounded)
{
	char *text, *more_text;
	struct pki_name *excluded = many_names(numbers[_i].constraints, &text);
	struct pki_name *names = many_names(numbers[_i].names, &more_text);
	struct pki *root = CA(.cn = "Root"), *ca, *leaf, *other;
	struct tlsw__chain chain;
	size_t i;

	for (i = 0; i < numbers[_i].constraints - (numbers[_i].hit ? 1 : 0); i++)
		text[i * NAME_ROOM] = 'x';
	ca = CA(.cn = "CA", .issuer = root, .excluded = excluded);
	other = CA(.cn = "CA", .key = pki_key(ca), .issuer = root, .excluded = excluded);
	leaf = chain_keep(pki_make(.cn = "x", .issuer = ca, .san = names));
	chain = chain_judge(PKI_LIST(root), PKI_LIST(leaf, ca, other), &chain_ordinary);
	ck_assert_msg(chain.ok == numbers[_i].ok, "%zu x %zu: %s", numbers[_i].constraints,
	    numbers[_i].names, X509_verify_cert_error_string(chain.problems[0].error));
	ck_assert_uint_le(chain.verifications, 2); /* the other path is not even tried */
	tlsw__chain_clear(&chain);
	free(excluded);
	free(names);
	free(text);
	free(more_text);
}
END_TEST

/* wall: M02: two policies, each mapped to both, on twenty levels */
START_TEST(policies_are_not_processed)
{
	static const struct pki_extension bomb[] = {PKI_EXTENSION("2.5.29.32", false,
							"\x30\x0e\x30\x05\x06\x03\x2a\x03\x01"
							"\x30\x05\x06\x03\x2a\x03\x02"),
	    PKI_EXTENSION("2.5.29.33", true,
		"\x30\x30"
		"\x30\x0a\x06\x03\x2a\x03\x01\x06\x03\x2a\x03\x01"
		"\x30\x0a\x06\x03\x2a\x03\x01\x06\x03\x2a\x03\x02"
		"\x30\x0a\x06\x03\x2a\x03\x02\x06\x03\x2a\x03\x01"
		"\x30\x0a\x06\x03\x2a\x03\x02\x06\x03\x2a\x03\x02"),
	    {NULL, false, NULL, 0}};
	const struct pki *sent[24] = {NULL};
	struct pki *root = CA(.cn = "Root"), *issuer = root;
	struct tlsw__chain chain;
	char name[24];
	int i;

	for (i = 20; i > 0; i--) {
		(void)snprintf(name, sizeof(name), "CA %d", i);
		sent[i] = issuer = CA(.cn = name, .issuer = issuer, .extra = bomb);
	}
	sent[0] = LEAF(.issuer = issuer);
	chain = chain_judge(PKI_LIST(root), sent, &chain_ordinary);
	ck_assert(chain.ok);
	ck_assert_uint_eq(chain.verifications, 1);
	tlsw__chain_clear(&chain);
}
END_TEST

/* --------------------------------------------------------------- odd octets */

/* wall: F08: an otherName with a SmtpUTF8Mailbox of len octets, below e-mail constraints */
START_TEST(mail_addresses_are_read_within_bounds)
{
	static const unsigned char oid[] = {
	    0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x08, 0x09};
	struct pki *root = CA(.cn = "Root"), *ca, *leaf;
	unsigned char value[700];
	size_t n, len = (size_t)_i;

	memcpy(value, oid, sizeof(oid));
	n = sizeof(oid);
	value[n++] = 0xa0;
	value[n++] = 0x82;
	value[n++] = (unsigned char)((len + 4) >> 8);
	value[n++] = (unsigned char)(len + 4);
	value[n++] = 0x0c;
	value[n++] = 0x82;
	value[n++] = (unsigned char)(len >> 8);
	value[n++] = (unsigned char)len;
	memset(value + n, 'a', len);
	memcpy(value + n, "a@xn--", 6);
	ca = CA(.cn = "CA", .issuer = root, .permitted = PKI_NAMES(PKI_EMAIL("xn--lab.test")));
	leaf = chain_keep(pki_make(.cn = "www.lab.test", .issuer = ca,
	    .san = ((const struct pki_name[]){
		PKI_DNS("www.lab.test"), {0, value, n + len}, {0, NULL, 0}})));
	chain_refused(PKI_LIST(root), PKI_LIST(leaf, ca), X509_V_ERR_PERMITTED_VIOLATION);
}
END_TEST

#define COUNT(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

int
main(void)
{
	Suite *s = suite_create("strict");
	TCase *t = tcase_create("rules");

	tcase_add_checked_fixture(t, NULL, chain_free_all);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, what_is_refused_by_default_is_refused_when_strict, 0, COUNT(rows));
	tcase_add_loop_test(t, strict_refuses_what_breaks_a_rule, 0, COUNT(strict_rows));
	tcase_add_loop_test(t, strict_accepts_what_keeps_the_rules, 0, COUNT(good_rows));
	tcase_add_test(t, all_broken_rules_are_told);
	tcase_add_loop_test(t, rsa_keys_of_leaves_are_looked_at, 0, COUNT(keys));
	tcase_add_test(t, oversize_keys_of_others_are_not_calculated_with);
	tcase_add_test(t, oversize_keys_do_not_wear_a_search_out);
	tcase_add_test(t, the_keys_of_anchors_are_the_callers_business);
	tcase_add_test(t, explicit_curves_are_refused);
	tcase_add_test(t, a_signature_made_without_the_key_is_refused);
	tcase_add_loop_test(t, many_names_and_many_constraints_are_bounded, 0, COUNT(numbers));
	tcase_add_test(t, policies_are_not_processed);
	tcase_add_loop_test(t, mail_addresses_are_read_within_bounds, 64, 65);
	tcase_add_loop_test(t, mail_addresses_are_read_within_bounds, 254, 258);
	tcase_add_loop_test(t, mail_addresses_are_read_within_bounds, 510, 513);
	suite_add_tcase(s, t);
	return support_run(s);
}
