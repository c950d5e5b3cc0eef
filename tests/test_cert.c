/* Certificates as plain data. SPDX-License-Identifier: ISC */
#include "support/support.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/sha.h>

#include "cert.h"
#include "dn.h"
#include "support/der.h"
#include "support/pki.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* The certificate that spec describes, as ours; free it with tls_certificate_free(). */
static tls_certificate *
make(const struct pki_spec *spec)
{
	struct pki *pki = pki_new(spec);
	tls_certificate *cert = tlsw__cert_new(pki_x509(pki), NULL);

	ck_assert_ptr_nonnull(cert);
	pki_free(pki);
	return cert;
}
#define make_cert(...) make(&(const struct pki_spec){__VA_ARGS__})

/* Ask for everything twice. What is lent has to be there and to stay where it is. */
static void
ask_all(const tls_certificate *cert)
{
	static const char *(*const texts[])(const tls_certificate *) = {tls_certificate_subject,
	    tls_certificate_issuer_name, tls_certificate_serial, tls_certificate_sha256,
	    tls_certificate_pin};
	const struct tls_name *names, *again;
	const void *der;
	const char *p;
	size_t i, len;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const char *text = texts[i](cert);

		ck_assert_ptr_nonnull(text);
		ck_assert_ptr_eq(text, texts[i](cert));
		ck_assert_uint_lt(strlen(text), TLSW__DN_SIZE);
		for (p = text; *p != '\0'; p++)
			ck_assert_msg(*p >= 0x20 && *p < 0x7f, "octet %02x", (unsigned char)*p);
	}
	der = tls_certificate_der(cert, &len);
	ck_assert_ptr_nonnull(der);
	ck_assert_ptr_eq(der, tls_certificate_der(cert, NULL));
	ck_assert_uint_eq(tls_certificate_names(cert, &names), tls_certificate_names(cert, &again));
	ck_assert_ptr_eq(names, again);
	(void)tls_certificate_not_before(cert);
	(void)tls_certificate_not_after(cert);
}

/* ------------------------------------------------------------------ subject */

/* clang-format off */
static const struct {
	const char *label;
	struct pki_spec spec;
	const char *text;
} subjects[] = {
    {"empty", {.cn = NULL}, ""},
    {"most specific part first", {.subject = PKI_SUBJECT(PKI_ATTRIBUTE("C", "DE"),
	PKI_ATTRIBUTE("O", "Lab"), PKI_ATTRIBUTE("CN", "www.lab.test"))}, "CN=www.lab.test,O=Lab,C=DE"},
    {"wall: D03 a CN inside O", {.subject = PKI_SUBJECT(PKI_ATTRIBUTE("O", "x, CN=www.lab.test"))},
	"O=x\\, CN=www.lab.test"},
    {"wall: D03 an escaped comma", {.subject = PKI_SUBJECT(PKI_ATTRIBUTE("O", "x\\,CN=www.lab.test"))},
	"O=x\\\\\\,CN=www.lab.test"},
    {"wall: D04 several in one RDN", {.subject = PKI_SUBJECT(PKI_ATTRIBUTE("O", "x"),
	{"CN", "www.lab.test", 12, 0, true}, PKI_ATTRIBUTE("OU", "z"))}, "OU=z,CN=www.lab.test+O=x"},
    {"wall: D04 a plus sign", {.cn = "a+CN=b"}, "CN=a\\+CN=b"},
    {"every special", {.cn = "\"+,;<>\\="}, "CN=\\\"\\+\\,\\;\\<\\>\\\\="},
    {"spaces at the ends", {.cn = "  a b  "}, "CN=\\  a b \\ "},
    {"one space", {.cn = " "}, "CN=\\ "},
    {"number sign first", {.cn = "#a#"}, "CN=\\#a#"},
    {"empty value", {.subject = PKI_SUBJECT(PKI_ATTRIBUTE("O", ""), PKI_ATTRIBUTE("CN", "a"))},
	"CN=a,O="},
    {"NUL", {.subject = PKI_SUBJECT(PKI_ATTRIBUTE("CN", "a\0b"))}, "CN=a\\00b"},
    {"wall: L08 formats and ESC", {.cn = "%n%s\x1b[31m\r\n\x7f"}, "CN=%n%s\\1B[31m\\0D\\0A\\7F"},
    {"UTF-8", {.cn = "caf\xc3\xa9"}, "CN=caf\\C3\\A9"},
    {"right-to-left override", {.cn = "a\xe2\x80\xae" "b"}, "CN=a\\E2\\80\\AEb"},
    {"BMPString", {.subject = PKI_SUBJECT({"CN", "\0a\0\xe9", 4, V_ASN1_BMPSTRING, false})},
	"CN=a\\C3\\A9"},
    {"UniversalString", {.subject = PKI_SUBJECT({"CN", "\0\0\0a", 4, V_ASN1_UNIVERSALSTRING, false})},
	"CN=a"},
    {"IA5String with another octet", {.subject = PKI_SUBJECT({"CN", "a\xe9", 2, V_ASN1_IA5STRING, false})},
	"CN=a\\C3\\A9"},
    {"PrintableString", {.subject = PKI_SUBJECT({"C", "DE", 2, V_ASN1_PRINTABLESTRING, false})}, "C=DE"},
    {"T61String", {.subject = PKI_SUBJECT({"CN", "\xe9", 1, V_ASN1_T61STRING, false})}, "CN=\\C3\\A9"},
    {"no string", {.subject = PKI_SUBJECT({"CN", "ab", 2, V_ASN1_BIT_STRING, false})}, "CN=#0303016162"},
    {"unknown type", {.subject = PKI_SUBJECT(PKI_ATTRIBUTE("1.2.3.4", "ab"))}, "1.2.3.4=#0C026162"},
};
/* clang-format on */

START_TEST(a_subject_is_written_as_in_rfc_4514)
{
	tls_certificate *cert = make(&subjects[_i].spec);
	const char *text = tls_certificate_subject(cert);

	ck_assert_msg(strcmp(text, subjects[_i].text) == 0, "%s: %s", subjects[_i].label, text);
	ck_assert_str_eq(tls_certificate_issuer_name(cert), text);
	ask_all(cert);
	tls_certificate_free(cert);
}
END_TEST

START_TEST(a_number_sign_alone_is_escaped)
{
	const struct pki_spec spec = {.cn = "#"};
	tls_certificate *cert = make(&spec);

	ck_assert_str_eq(tls_certificate_subject(cert), "CN=\\#");
	tls_certificate_free(cert);
}
END_TEST

/* OpenSSL's own printer, where it means the same. */
START_TEST(a_subject_is_written_as_openssl_does)
{
	struct pki *pki = pki_new(&subjects[_i].spec);
	tls_certificate *cert = tlsw__cert_new(pki_x509(pki), NULL);
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long len;

	ck_assert_int_ge(
	    X509_NAME_print_ex(bio, X509_get_subject_name(pki_x509(pki)), 0, XN_FLAG_RFC2253), 0);
	len = BIO_get_mem_data(bio, &text);
	ck_assert_msg((size_t)len == strlen(tls_certificate_subject(cert)) &&
			  (len == 0 || memcmp(text, tls_certificate_subject(cert), (size_t)len) == 0),
	    "%s: %.*s", subjects[_i].label, (int)len, text);
	BIO_free(bio);
	tls_certificate_free(cert);
	pki_free(pki);
}
END_TEST

START_TEST(a_huge_name_gives_a_short_text)
{
	char *huge = malloc(65536 + 1);
	struct pki_attribute many[201] = {{NULL, NULL, 0, 0, false}};
	tls_certificate *cert;
	const char *text;
	int i;

	memset(huge, _i == 0 ? 'a' : '\x01', 65536);
	huge[65536] = '\0';
	for (i = 0; i < 200; i++)
		many[i] = (struct pki_attribute)PKI_ATTRIBUTE("OU", "part of a long name");
	cert = _i < 2 ? make_cert(.cn = huge) : make_cert(.subject = many);
	text = tls_certificate_subject(cert);
	ck_assert_uint_gt(strlen(text), TLSW__DN_SIZE - 32);
	ck_assert_str_eq(text + strlen(text) - 3, "...");
	ask_all(cert);
	tls_certificate_free(cert);
	free(huge);
}
END_TEST

/* wall: L05 */
START_TEST(a_name_fits_whatever_room_there_is)
{
	struct pki *pki = pki_make(.cn = "a,b\x01 caf\xc3\xa9 and so on");
	const char *whole = "CN=a\\,b\\01 caf\\C3\\A9 and so on";
	size_t size;

	for (size = 8; size < strlen(whole) + 10; size++) {
		char *exact = malloc(size);

		ck_assert_ptr_nonnull(exact);
		ck_assert_ptr_eq(
		    tlsw__dn_text(exact, size, X509_get_subject_name(pki_x509(pki))), exact);
		ck_assert_uint_lt(strlen(exact), size);
		if (strcmp(exact, whole) != 0) {
			ck_assert_uint_lt(size, strlen(whole) + 4);
			ck_assert_str_eq(exact + strlen(exact) - 3, "...");
			ck_assert_int_eq(strncmp(exact, whole, strlen(exact) - 3), 0);
		}
		free(exact);
	}
	pki_free(pki);
}
END_TEST

/* wall: M05 */
START_TEST(giant_object_identifiers_cost_nothing)
{
	struct der arcs = {0}, oid = {0}, eku = {0}, type = {0};
	unsigned char *body = malloc(10240);
	char dotted[4096] = "1.2";
	struct pki_extension extra[2] = {{"2.5.29.37", false, NULL, 0}, {NULL, false, NULL, 0}};
	struct pki_attribute subject[2] = {PKI_ATTRIBUTE(NULL, "x"), {NULL, NULL, 0, 0, false}};
	tls_certificate *cert;

	memset(body, 0xff, 10240); /* one arc of 71680 bits */
	body[0] = 0x2a;
	body[10239] = 0x7f;
	der_tlv(&oid, 0x06, body, 10240);
	der_put(&eku, oid.at, oid.len);
	der_wrap(&type, 0x30, &eku);
	extra[0].at = type.at;
	extra[0].len = type.len;
	while (strlen(dotted) < 2000)
		strcat(dotted, ".123456");
	subject[0].oid = dotted;
	cert = make_cert(.subject = subject, .eku = PKI_NO_EKU, .extra = extra);
	ck_assert_str_eq(tls_certificate_subject(cert), "?=#0C0178");
	ask_all(cert);
	tls_certificate_free(cert);
	der_clear(&type);
	der_clear(&oid);
	der_clear(&arcs);
	free(body);
}
END_TEST

/* ------------------------------------------------- serial, dates and digests */

/* clang-format off */
static const struct {
	struct pki_octets octets;
	const char *text;
} serials[] = {
    {PKI_OCTETS("\x01"), "01"},
    {PKI_OCTETS("\x00\xff"), "ff"},
    {PKI_OCTETS("\xff"), "-01"},
    {PKI_OCTETS("\x80"), "-80"},
    {PKI_OCTETS("\x12\x00\xab"), "1200ab"},
    {PKI_OCTETS("\x00"), "00"},
    {PKI_OCTETS("\x7f\1\2\3\4\5\6\7\1\2\3\4\5\6\7\1\2\3\4\5"), "7f01020304050607010203040506070102030405"},
    {PKI_OCTETS("\x11" "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0"),
	"11303132333435363738396162636465663031323334353637383961626364656630313233343536373839616263"
	"646566303132333435363738396162636465..."},
};
/* clang-format on */

START_TEST(a_serial_is_written_in_hexadecimal)
{
	tls_certificate *cert = make_cert(.cn = "x", .serial = serials[_i].octets);

	ck_assert_str_eq(tls_certificate_serial(cert), serials[_i].text);
	tls_certificate_free(cert);
}
END_TEST

/* wall: L02 */
static const struct {
	const char *text;
	long long seconds;
} times[] = {
    {"700101000000Z", 0},
    {"690101000000Z", -31536000},
    {"491231235959Z", 2524607999},
    {"500101000000Z", -631152000},
    {"19700101000000Z", 0},
    {"20380119031408Z", 2147483648},
    {"20000229120000Z", 951825600},
    {"99991231235959Z", 253402300799},
    {"00000101000000Z", -62167219200},
    {"0000101000000Z", -1}, /* 14 octets */
    {"20000230000000Z", -1},
    {"19000229000000Z", -1},
    {"20000101000060Z", -1},
    {"20000101006000Z", -1},
    {"20000101240000Z", -1},
    {"20001301000000Z", -1},
    {"20000001000000Z", -1},
    {"20000100000000Z", -1},
    {"20000101000000", -1},
    {"20000101000000.5Z", -1},
    {"20000101000000.Z", -1},
    {"200001010000.5Z", -1},
    {"20000101000000+0100", -1},
    {"200001010000Z", -1},
    {"000101000060Z", -1},
    {"000101000000", -1},
    {"0001010000Z", -1},
    {"0001010000+0100", -1},
    {"00010100000+Z", -1},
    {"-00101000000Z", -1},
    {"0001010000 0Z", -1},
    {"2000010100000\xd9Z", -1},
    {"20000101000000z", -1},
    {"Z", -1},
};

START_TEST(a_time_is_read_as_rfc_5280_writes_it)
{
	tls_certificate *cert = make_cert(.cn = "x", .not_before_text = times[_i].text,
	    .not_after_text = times[_i].text);

	ck_assert_msg(tls_certificate_not_before(cert) == times[_i].seconds, "%s: %lld",
	    times[_i].text, (long long)tls_certificate_not_before(cert));
	ck_assert_int_eq(tls_certificate_not_after(cert), times[_i].seconds);
	tls_certificate_free(cert);
}
END_TEST

/* wall: L02: what is no time for a verification is none for us, and the other way round */
START_TEST(a_time_is_malformed_when_verification_says_so)
{
	static const char *const good[] = {"000229235959Z", "20000229235959Z"};
	static const char octets[] = "0123456789Z+-. ";
	EVP_PKEY *key = pki_new_key("P-256");
	time_t now = 0;
	char text[16];
	size_t i, j;

	for (i = 0; i < strlen(good[_i]); i++) {
		for (j = 0; j < sizeof(octets); j++) { /* the NUL cuts */
			struct pki *pki;
			tls_certificate *cert;

			(void)snprintf(text, sizeof(text), "%s", good[_i]);
			text[i] = octets[j];
			pki = pki_make(.cn = "x", .not_after_text = text, .key = key);
			cert = tlsw__cert_new(pki_x509(pki), NULL);
			ck_assert_msg(
			    (tls_certificate_not_after(cert) == -1) ==
				(X509_cmp_time(X509_get0_notAfter(pki_x509(pki)), &now) == 0),
			    "%s", text);
			tls_certificate_free(cert);
			pki_free(pki);
		}
	}
	EVP_PKEY_free(key);
}
END_TEST

START_TEST(the_two_dates_are_not_mixed_up)
{
	tls_certificate *cert =
	    make_cert(.cn = "x", .base = 1000000000, .not_before = -5, .not_after = 7);

	ck_assert_int_eq(tls_certificate_not_before(cert), 999999995);
	ck_assert_int_eq(tls_certificate_not_after(cert), 1000000007);
	tls_certificate_free(cert);
}
END_TEST

START_TEST(the_der_and_its_digest_are_those_of_the_certificate)
{
	struct pki *pki = pki_ca("CA");
	tls_certificate *cert = tlsw__cert_new(pki_x509(pki), NULL);
	const struct pki_octets original = pki_der(pki);
	unsigned char digest[SHA256_DIGEST_LENGTH];
	char hex[2 * SHA256_DIGEST_LENGTH + 1];
	size_t len, i;
	const void *der = tls_certificate_der(cert, &len);

	ck_assert_uint_eq(len, original.len);
	ck_assert_mem_eq(der, original.at, len);
	(void)SHA256(original.at, original.len, digest);
	for (i = 0; i < sizeof(digest); i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	ck_assert_str_eq(tls_certificate_sha256(cert), hex);
	tls_certificate_free(cert);
	pki_free(pki);
}
END_TEST

START_TEST(the_pin_is_that_of_the_public_key)
{
	static const char *const types[] = {"P-256", "RSA-2048", "Ed25519"};
	struct pki *pki = pki_make(.cn = "x", .key_type = types[_i]);
	tls_certificate *cert = tlsw__cert_new(pki_x509(pki), NULL);
	unsigned char digest[SHA256_DIGEST_LENGTH], base64[64], *spki = NULL;
	const int len = i2d_PUBKEY(pki_key(pki), &spki);

	ck_assert_int_gt(len, 0);
	(void)SHA256(spki, (size_t)len, digest);
	ck_assert_int_eq(EVP_EncodeBlock(base64, digest, sizeof(digest)), 44);
	ck_assert_int_eq(strncmp(tls_certificate_pin(cert), "sha256//", 8), 0);
	ck_assert_str_eq(tls_certificate_pin(cert) + 8, (const char *)base64);
	OPENSSL_free(spki);
	tls_certificate_free(cert);
	pki_free(pki);
}
END_TEST

/* -------------------------------------------------------------------- names */

START_TEST(names_come_by_type_and_then_as_they_stand)
{
	tls_certificate *cert =
	    make_cert(.subject = PKI_SUBJECT(PKI_ATTRIBUTE("CN", "one"), PKI_ATTRIBUTE("O", "x"),
			  {"CN", "\0t", 2, V_ASN1_BMPSTRING, true}),
		.san = PKI_NAMES(PKI_EMAIL("e@x"), PKI_URI("u:"), PKI_DNS("b.test"),
		    PKI_SRV("_s.x"), PKI_IP("127.0.0.1"), PKI_DN("not.me"), PKI_DNS("a.test")));
	static const struct tls_name expected[] = {{TLSW_NAME_DNS, "b.test", 6},
	    {TLSW_NAME_DNS, "a.test", 6}, {TLSW_NAME_IP, "\x7f\0\0\1", 4},
	    {TLSW_NAME_SRV, "_s.x", 4}, {TLSW_NAME_URI, "u:", 2}, {TLSW_NAME_EMAIL, "e@x", 3},
	    {TLSW_NAME_CN, "one", 3}, {TLSW_NAME_CN, "\0t", 2}};
	const struct tls_name *names;
	size_t i;

	ck_assert_uint_eq(tls_certificate_names(cert, &names), 8);
	for (i = 0; i < 8; i++) {
		ck_assert_int_eq(names[i].type, expected[i].type);
		ck_assert_uint_eq(names[i].length, expected[i].length);
		ck_assert_mem_eq(names[i].value, expected[i].value, expected[i].length);
	}
	tls_certificate_free(cert);
}
END_TEST

/* Certificates that only seem to name www.lab.test; named is how many names there are. */
/* clang-format off */
static const struct {
	const char *label;
	struct pki_spec spec;
	size_t named;
} not_named[] = {
    {"no names", {.cn = NULL}, 0},
    {"wall: D02 undecodable", {.cn = "www.lab.test", .san_raw = PKI_OCTETS("\x30\x0e\x82\x0dwww.lab.test")}, 0},
    {"wall: D02 garbage", {.cn = "www.lab.test", .san_raw = PKI_OCTETS("www.lab.test")}, 0},
    {"wall: D02 duplicated", {.cn = "www.lab.test", .twice = "2.5.29.17",
	.san = PKI_NAMES(PKI_DNS("www.lab.test"))}, 0},
    {"wall: D02 good, then bad entry", {.cn = "www.lab.test",
	.san_raw = PKI_OCTETS("\x30\x10\x82\x0cwww.lab.test\x82\x01")}, 0},
    {"wall: D03 a CN inside O", {.subject = PKI_SUBJECT(PKI_ATTRIBUTE("O", "x, CN=www.lab.test"))}, 0},
    {"wall: D03 a multi-valued RDN", {.subject = PKI_SUBJECT(PKI_ATTRIBUTE("O", "x"),
	{"CN", "www.lab.test", 12, 0, true})}, 1},
    {"wall: D03 an escaped comma", {.subject = PKI_SUBJECT(PKI_ATTRIBUTE("O", "x\\,CN=www.lab.test"))}, 0},
    {"wall: D04 a forged CN in an RDN", {.subject = PKI_SUBJECT(PKI_ATTRIBUTE("O", "x+CN=www.lab.test"),
	{"OU", "y\nCN=www.lab.test", 18, 0, true})}, 0},
    {"wall: D05 names joined in one", {.cn = "x", .san = PKI_NAMES(PKI_DNS("x.test, DNS:www.lab.test"))}, 2},
    {"wall: D05 names joined by a line end", {.cn = "x", .san = PKI_NAMES(PKI_DNS("x.test\nwww.lab.test"))}, 2},
    {"wall: D05 a URI", {.cn = "x", .san = PKI_NAMES(PKI_URI("http://a, DNS:www.lab.test"))}, 2},
    {"wall: D05 an e-mail address", {.cn = "x", .san = PKI_NAMES(PKI_EMAIL("a@b,DNS:www.lab.test"))}, 2},
    {"NUL behind the name", {.cn = "x", .san = PKI_NAMES(PKI_DNS("www.lab.test\0.evil.test"))}, 2},
    {"wall: L08 formats", {.cn = "%n%s", .san = PKI_NAMES(PKI_DNS("%n%s\x1b[31m"))}, 2},
};
/* clang-format on */

START_TEST(what_only_looks_like_a_name_is_none)
{
	tls_certificate *cert = make(&not_named[_i].spec);
	const struct tls_name *names = (const struct tls_name *)(uintptr_t)1;
	const size_t count = tls_certificate_names(cert, &names);

	ck_assert_msg(count == not_named[_i].named, "%s: %zu names", not_named[_i].label, count);
	ck_assert_msg((names == NULL) == (count == 0), "%s", not_named[_i].label);
	ck_assert_msg(tls_match_names(names, count, "www.lab.test", 12) == TLSW_MISMATCH, "%s",
	    not_named[_i].label);
	ck_assert_msg(tls_match_hostname(cert, "www.lab.test") == -1, "%s", not_named[_i].label);
	ask_all(cert);
	tls_certificate_free(cert);
}
END_TEST

/* wall: D02 */
START_TEST(an_entry_of_64_kb_is_an_entry)
{
	char *huge = malloc(65536);
	struct pki_name san[] = {{2, huge, 65536}, PKI_DNS("www.lab.test"), {0, NULL, 0}};
	const struct tls_name *names;
	tls_certificate *cert;

	memset(huge, 'a', 65536);
	cert = make_cert(.cn = "www.lab.test", .san = san);
	ck_assert_uint_eq(tls_certificate_names(cert, &names), 3);
	ck_assert_uint_eq(names[0].length, 65536);
	ck_assert_int_eq(tls_match_names(names, 3, "www.lab.test", 12), TLSW_MATCH);
	ck_assert_int_eq(tls_match_names(names, 1, "www.lab.test", 12), TLSW_MISMATCH);
	tls_certificate_free(cert);
	free(huge);
}
END_TEST

/* ------------------------------------------------------ odd things, no crash */

/* clang-format off */
#define EXTRA(oid, literal) {.cn = "x", .eku = PKI_NO_EKU, \
	.extra = PKI_EXTENSIONS(PKI_EXTENSION(oid, false, literal))}

static const struct {
	const char *label;
	struct pki_spec spec;
} odd[] = {
    {"wall: L01 empty CRL distribution points", EXTRA("2.5.29.31", "\x30\x00")},
    {"wall: L01 a distribution point without a name", EXTRA("2.5.29.31", "\x30\x02\x30\x00")},
    {"wall: L01 a distribution point with no full name", EXTRA("2.5.29.31", "\x30\x06\x30\x04\xa0\x02\xa0\x00")},
    {"wall: L01 empty authority information access", EXTRA("1.3.6.1.5.5.7.1.1", "\x30\x00")},
    {"wall: L01 empty policies", EXTRA("2.5.29.32", "\x30\x00")},
    {"wall: L01 empty subjectAltName", EXTRA("2.5.29.17", "\x30\x00")},
    {"wall: L01 empty extended key usage", EXTRA("2.5.29.37", "\x30\x00")},
    {"wall: L01 empty name constraints", EXTRA("2.5.29.30", "\x30\x00")},
    {"wall: L01 extension without octets", EXTRA("2.5.29.31", "")},
    {"wall: L06 broken list of SCTs", EXTRA("1.3.6.1.4.1.11129.2.4.2", "\x04\x04\xff\xff\x00\x01")},
    {"wall: L06 SCTs in no OCTET STRING", EXTRA("1.3.6.1.4.1.11129.2.4.2", "\xff\xff\xff")},
    {"version 1", {.cn = "x", .version = 1}},
    {"malformed times", {.cn = "x", .not_before_text = "", .not_after_text = "never"}},
    {"nothing at all", {.cn = NULL, .eku = PKI_NO_EKU, .basic = PKI_NO_BASIC,
	.key_usage = PKI_NO_KEY_USAGE, .ski = PKI_ID_OFF}},
};
/* clang-format on */

START_TEST(an_odd_certificate_can_still_be_looked_at)
{
	tls_certificate *cert = make(&odd[_i].spec);

	ck_assert_ptr_nonnull(odd[_i].label);
	ask_all(cert);
	tls_certificate_free(cert);
}
END_TEST

START_TEST(null_is_answered_with_nothing)
{
	const struct tls_name *names = (const struct tls_name *)(uintptr_t)1;
	size_t len = 1;

	ck_assert_ptr_null(tls_certificate_subject(NULL));
	ck_assert_ptr_null(tls_certificate_issuer_name(NULL));
	ck_assert_ptr_null(tls_certificate_serial(NULL));
	ck_assert_ptr_null(tls_certificate_sha256(NULL));
	ck_assert_ptr_null(tls_certificate_pin(NULL));
	ck_assert_ptr_null(tls_certificate_issuer(NULL));
	ck_assert_ptr_null(tls_certificate_ref(NULL));
	ck_assert_ptr_null(tls_certificate_der(NULL, &len));
	ck_assert_uint_eq(len, 0);
	ck_assert_ptr_null(tls_certificate_der(NULL, NULL));
	ck_assert_uint_eq(tls_certificate_names(NULL, &names), 0);
	ck_assert_ptr_null(names);
	ck_assert_uint_eq(tls_certificate_names(NULL, NULL), 0);
	ck_assert_int_eq(tls_certificate_not_before(NULL), -1);
	ck_assert_int_eq(tls_certificate_not_after(NULL), -1);
	tls_certificate_free(NULL);
}
END_TEST

START_TEST(a_getter_leaves_the_error_queue_and_the_last_failure_alone)
{
	tls_certificate *cert =
	    make_cert(.cn = "x", .san_raw = PKI_OCTETS("?"), .not_after_text = "?");

	tls_error_clear();
	ERR_raise(ERR_LIB_USER, 42);
	ask_all(cert);
	ck_assert_int_eq(ERR_GET_REASON(ERR_get_error()), 42);
	ck_assert_uint_eq(ERR_get_error(), 0);
	ck_assert_int_eq(tls_last_error()->code, TLSW_OK);
	tls_certificate_free(cert);
}
END_TEST

/* ----------------------------------------------------------- chain, threads */

START_TEST(the_chain_hangs_above_the_leaf)
{
	struct pki *root = pki_ca("Root"), *ca = pki_intermediate(root, "CA"),
		   *leaf = pki_leaf(ca, "a.test");
	STACK_OF(X509) *with = pki_stack(PKI_LIST(leaf, ca, root)),
		       *without = pki_stack(PKI_LIST(ca, root));
	tls_certificate *a = tlsw__cert_new(pki_x509(leaf), with),
			*b = tlsw__cert_new(pki_x509(leaf), without);
	const tls_certificate *c = tls_certificate_issuer(a), *d = tls_certificate_issuer(b);
	tls_certificate *kept;

	ck_assert_ptr_eq(tlsw__cert_x509(a), pki_x509(leaf));
	ck_assert_ptr_eq(tlsw__cert_x509(c), pki_x509(ca));
	ck_assert_ptr_eq(tlsw__cert_x509(d), pki_x509(ca));
	ck_assert_str_eq(tls_certificate_subject(c), "CN=CA");
	ck_assert_str_eq(tls_certificate_issuer_name(c), "CN=Root");
	ck_assert_ptr_null(tls_certificate_issuer(tls_certificate_issuer(c)));
	kept = tls_certificate_ref(c);
	ck_assert_ptr_eq(kept, c);
	tls_certificate_free(a);
	tls_certificate_free(b);
	ck_assert_str_eq(tls_certificate_subject(tls_certificate_issuer(kept)), "CN=Root");
	tls_certificate_free(kept);
	sk_X509_pop_free(with, X509_free);
	sk_X509_pop_free(without, X509_free);
	pki_free(leaf);
	pki_free(ca);
	pki_free(root);
}
END_TEST

/* wall: M10 */
START_TEST(a_long_chain_that_goes_in_circles_has_an_end)
{
	struct pki *a = pki_make(.cn = "A", .issuer_cn = "B"),
		   *b = pki_make(.cn = "B", .issuer_cn = "A");
	STACK_OF(X509) *chain = sk_X509_new_null();
	const tls_certificate *at;
	tls_certificate *cert;
	int i;

	for (i = 0; i < 100000; i++)
		ck_assert_int_gt(sk_X509_push(chain, pki_x509(i % 2 == 0 ? a : b)), 0);
	cert = tlsw__cert_new(pki_x509(a), chain);
	for (i = 0, at = cert; at != NULL; i++)
		at = tls_certificate_issuer(at);
	ck_assert_int_eq(i, 100000);
	ask_all(tls_certificate_issuer(cert));
	tls_certificate_free(cert); /* in a loop: no stack is deep enough otherwise */
	sk_X509_free(chain);
	pki_free(a);
	pki_free(b);
}
END_TEST

#define THREADS 8

struct seen {
	const tls_certificate *cert;
	pthread_barrier_t *start;
	const void *parts[7];
};

static void *
look(void *arg)
{
	struct seen *seen = arg;
	const tls_certificate *cert = seen->cert;
	const struct tls_name *names;

	(void)pthread_barrier_wait(seen->start);
	seen->parts[0] = tls_certificate_subject(cert);
	seen->parts[1] = tls_certificate_issuer_name(cert);
	seen->parts[2] = tls_certificate_serial(cert);
	seen->parts[3] = tls_certificate_sha256(cert);
	seen->parts[4] = tls_certificate_pin(cert);
	seen->parts[5] = tls_certificate_der(cert, NULL);
	(void)tls_certificate_names(cert, &names);
	seen->parts[6] = names;
	tls_certificate_free(tls_certificate_ref(cert));
	return NULL;
}

START_TEST(all_threads_see_the_same_parts)
{
	struct pki *pki = pki_leaf(NULL, "a.test");
	struct seen seen[THREADS];
	pthread_t threads[THREADS];
	pthread_barrier_t start;
	int round, i;

	ck_assert_int_eq(pthread_barrier_init(&start, NULL, THREADS), 0);
	for (round = 0; round < 100; round++) {
		tls_certificate *cert = tlsw__cert_new(pki_x509(pki), NULL);

		for (i = 0; i < THREADS; i++) {
			seen[i] = (struct seen){.cert = cert, .start = &start};
			ck_assert_int_eq(pthread_create(&threads[i], NULL, look, &seen[i]), 0);
		}
		for (i = 0; i < THREADS; i++)
			ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
		for (i = 1; i < THREADS; i++)
			ck_assert_mem_eq(seen[i].parts, seen[0].parts, sizeof(seen[0].parts));
		tls_certificate_free(cert);
	}
	(void)pthread_barrier_destroy(&start);
	pki_free(pki);
}
END_TEST

/* wall: B15: whether two names are the same is OpenSSL's to say, never their texts' */
/* clang-format off */
static const struct {
	const char *label;
	struct pki_attribute issuer[2];
	bool same;
} issuers[] = {
    {"the same", {PKI_ATTRIBUTE("CN", "CA 1")}, true},
    {"last octet", {PKI_ATTRIBUTE("CN", "CA 2")}, false},
    {"longer", {PKI_ATTRIBUTE("CN", "CA 11")}, false},
    {"shorter", {PKI_ATTRIBUTE("CN", "CA ")}, false},
    {"longer by a NUL", {PKI_ATTRIBUTE("CN", "CA 1\0")}, false},
    {"attribute type", {PKI_ATTRIBUTE("O", "CA 1")}, false},
    {"string type", {{"CN", "CA 1", 4, V_ASN1_BIT_STRING, false}}, false},
    {"text of a name", {PKI_ATTRIBUTE("O", "CN=CA 1")}, false},
};
/* clang-format on */

START_TEST(an_issuer_is_found_by_its_whole_name)
{
	struct pki *ca = pki_make(.cn = "CA 1", .basic = PKI_CA);
	struct pki *twin =
	    pki_make(.subject = issuers[_i].issuer, .basic = PKI_CA, .key = pki_key(ca));
	struct pki *leaf = pki_make(.cn = "x", .issuer = twin, .aki = PKI_ID_OFF);
	const bool issued = X509_check_issued(pki_x509(ca), pki_x509(leaf)) == X509_V_OK;

	ck_assert_msg(issued == issuers[_i].same, "%s", issuers[_i].label);
	ck_assert_msg((X509_NAME_cmp(X509_get_subject_name(pki_x509(ca)),
			   X509_get_issuer_name(pki_x509(leaf))) == 0) == issuers[_i].same,
	    "%s", issuers[_i].label);
	pki_free(leaf);
	pki_free(twin);
	pki_free(ca);
}
END_TEST

/* ----------------------------------------------------------- changed by one bit */

/* Whether it is a certificate, and one that the context takes for the host. */
static bool
is_taken(tls_context *ctx, const unsigned char *der, size_t len)
{
	tls_certificate *cert = tls_certificate_load_mem(der, len);
	bool taken;

	if (cert == NULL)
		return false;
	ask_all(cert);
	taken = tls_context_verify(ctx, cert, "www.lab.test") == 0;
	ck_assert(taken || tls_last_error()->code != TLSW_OK);
	tls_certificate_free(cert);
	return taken;
}

/* wall: L03: the verifier is given what is almost right; the corpora are replayed by replay_verdict */
START_TEST(no_changed_bit_of_what_was_signed_is_accepted)
{
	struct pki *ca = pki_ca("Test CA");
	struct pki *leaf =
	    pki_make(.cn = "leaf", .issuer = ca, .san = PKI_NAMES(PKI_DNS("www.lab.test")));
	struct pki_octets der = pki_der(leaf);
	unsigned char *copy = malloc(der.len);
	tls_context *ctx = tls_context_new();
	size_t i, tbs_end;

	ck_assert_works(ctx != NULL && copy != NULL);
	ck_assert_works(tls_context_load_ca_mem(ctx, pki_der(ca).at, pki_der(ca).len) == 1);
	memcpy(copy, der.at, der.len);
	ck_assert(is_taken(ctx, copy, der.len));
	tbs_end = 8 + ((size_t)copy[6] << 8 | copy[7]); /* 30 82 xx xx 30 82 xx xx */
	ck_assert(copy[1] == 0x82 && copy[5] == 0x82 && tbs_end < der.len);
	for (i = 0; i < 2 * der.len; i++) { /* the lowest bit of each octet, and another one */
		const unsigned bit = i % 2 == 0 ? 1U : 2U << i / 2 % 7;

		copy[i / 2] ^= (unsigned char)bit;
		ck_assert_msg(!is_taken(ctx, copy, der.len) || i / 2 >= tbs_end,
		    "bits 0x%x of octet %zu", bit, i / 2);
		copy[i / 2] ^= (unsigned char)bit;
	}
	for (i = 0; i < der.len; i++)
		ck_assert_msg(!is_taken(ctx, copy, i), "cut behind %zu octets", i);
	tls_context_free(ctx);
	free(copy);
	pki_free(leaf);
	pki_free(ca);
}
END_TEST

static TCase *
case_texts(void)
{
	TCase *t = tcase_create("texts");

	tcase_add_loop_test(t, a_subject_is_written_as_in_rfc_4514, 0, COUNT(subjects));
	tcase_add_test(t, a_number_sign_alone_is_escaped);
	tcase_add_loop_test(t, a_subject_is_written_as_openssl_does, 0, COUNT(subjects));
	tcase_add_loop_test(t, a_huge_name_gives_a_short_text, 0, 3);
	tcase_add_test(t, a_name_fits_whatever_room_there_is);
	tcase_add_test(t, giant_object_identifiers_cost_nothing);
	tcase_add_loop_test(t, a_serial_is_written_in_hexadecimal, 0, COUNT(serials));
	tcase_add_loop_test(t, a_time_is_read_as_rfc_5280_writes_it, 0, COUNT(times));
	tcase_add_loop_test(t, a_time_is_malformed_when_verification_says_so, 0, 2);
	tcase_add_test(t, the_two_dates_are_not_mixed_up);
	tcase_add_test(t, the_der_and_its_digest_are_those_of_the_certificate);
	tcase_add_loop_test(t, the_pin_is_that_of_the_public_key, 0, 3);
	return t;
}

static TCase *
case_names(void)
{
	TCase *t = tcase_create("names");

	tcase_add_test(t, names_come_by_type_and_then_as_they_stand);
	tcase_add_loop_test(t, what_only_looks_like_a_name_is_none, 0, COUNT(not_named));
	tcase_add_test(t, an_entry_of_64_kb_is_an_entry);
	tcase_add_loop_test(t, an_issuer_is_found_by_its_whole_name, 0, COUNT(issuers));
	return t;
}

static TCase *
case_objects(void)
{
	TCase *t = tcase_create("objects");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, an_odd_certificate_can_still_be_looked_at, 0, COUNT(odd));
	tcase_add_test(t, null_is_answered_with_nothing);
	tcase_add_test(t, a_getter_leaves_the_error_queue_and_the_last_failure_alone);
	tcase_add_test(t, the_chain_hangs_above_the_leaf);
	tcase_add_test(t, a_long_chain_that_goes_in_circles_has_an_end);
	tcase_add_test(t, all_threads_see_the_same_parts);
	tcase_add_test(t, no_changed_bit_of_what_was_signed_is_accepted);
	return t;
}

int
main(void)
{
	Suite *s = suite_create("cert");

	suite_add_tcase(s, case_texts());
	suite_add_tcase(s, case_names());
	suite_add_tcase(s, case_objects());
	return support_run(s);
}
