/* The bundle index: whatever OpenSSL reads in a file of CAs is found in it.
 * SPDX-License-Identifier: ISC */
#include "support/support.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "anchors.h"
#include "der.h"
#include "pem.h"
#include "support/pki.h"

static struct pki *a, *b;

static void
set_up(void)
{
	a = pki_ca("Anchor A");
	b = pki_ca("Anchor B");
}

static void
tear_down(void)
{
	pki_free(a);
	pki_free(b);
}

/* --------------------------------------------------------------------- texts */

/* Text that grows. */
struct text {
	char *at;
	size_t len, room;
};

static void
put(struct text *t, const void *data, size_t len)
{
	if (t->len + len + 1 > t->room) {
		t->room = (t->len + len + 1) * 2;
		t->at = realloc(t->at, t->room);
		ck_assert_ptr_nonnull(t->at);
	}
	memcpy(t->at + t->len, data, len);
	t->len += len;
	t->at[t->len] = '\0';
}

static void
puts_text(struct text *t, const char *s)
{
	put(t, s, strlen(s));
}

/* A PEM text with each occurrence of one string replaced by another. */
static void
put_replaced(struct text *t, const char *pem, const char *what, const char *by)
{
	const char *hit;

	while ((hit = strstr(pem, what)) != NULL) {
		put(t, pem, (size_t)(hit - pem));
		puts_text(t, by);
		pem = hit + strlen(what);
	}
	puts_text(t, pem);
}

static struct tlsw__anchors *
load(const struct text *t)
{
	struct tlsw__fault fault;
	struct tlsw__anchors *set = tlsw__anchors_load_mem(t->at, t->len, &fault);

	ck_assert_msg(set != NULL, "%s", fault.text);
	ck_assert_uint_eq(ERR_peek_error(), 0);
	return set;
}

static bool
finds(struct tlsw__anchors *set, X509 *x)
{
	STACK_OF(X509) *found = sk_X509_new_null();
	bool there = false;
	int i;

	ck_assert_int_eq(tlsw__anchors_find(set, X509_get_subject_name(x), found), 0);
	for (i = 0; i < sk_X509_num(found); i++)
		there |= X509_cmp(sk_X509_value(found, i), x) == 0;
	sk_X509_pop_free(found, X509_free);
	return there;
}

/* ------------------------------------------------------------ shapes of a file */

static void
plain(struct text *t)
{
	puts_text(t, pki_pem(a));
	puts_text(t, pki_pem(b));
}
static void
crlf(struct text *t)
{
	put_replaced(t, pki_pem(a), "\n", "\r\n");
	put_replaced(t, pki_pem(b), "\n", "\r\n");
}
static void
text_between(struct text *t)
{
	puts_text(t, "\xef\xbb\xbf# My CAs\n\nAnchor A\n========\nsubject=CN = A -----BEGIN\n");
	puts_text(t, pki_pem(a));
	puts_text(t, "----\n\n-----\nAnchor B\n");
	puts_text(t, pki_pem(b));
	puts_text(t, "the end");
}
static void
old_label(struct text *t)
{
	put_replaced(t, pki_pem(a), " CERTIFICATE", " X509 CERTIFICATE");
	puts_text(t, pki_pem(b));
}
static void
trusted_label(struct text *t)
{
	put_replaced(t, pki_pem(a), " CERTIFICATE", " TRUSTED CERTIFICATE");
	puts_text(t, pki_pem(b));
}
static void
no_last_line_end(struct text *t)
{
	plain(t);
	t->len--;
}
static void
spaces_behind(struct text *t)
{
	put_replaced(t, pki_pem(a), "\n", "  \t\n");
	puts_text(t, pki_pem(b));
}
static void
one_long_line(struct text *t)
{
	const char *pem = pki_pem(a), *body = strchr(pem, '\n') + 1,
		   *end = strstr(body, "-----END");
	const char *p;

	puts_text(t, pki_pem(b));
	put(t, pem, (size_t)(body - pem));
	for (p = body; p < end; p++)
		if (*p != '\n')
			put(t, p, 1);
	puts_text(t, "\n");
	puts_text(t, end);
}
static void
short_lines(struct text *t)
{
	const char *pem = pki_pem(a), *body = strchr(pem, '\n') + 1,
		   *end = strstr(body, "-----END");
	const char *p;
	size_t n = 0;

	put(t, pem, (size_t)(body - pem));
	for (p = body; p < end; p++) {
		if (*p == '\n')
			continue;
		put(t, p, 1);
		if (++n % 7 == 0)
			puts_text(t, "\n");
	}
	if (n % 7 != 0)
		puts_text(t, "\n");
	puts_text(t, end);
	puts_text(t, pki_pem(b));
}
static void
blank_line_first(struct text *t)
{
	put_replaced(t, pki_pem(a), "CERTIFICATE-----\nMII", "CERTIFICATE-----\n\nMII");
	puts_text(t, pki_pem(b));
}
static void
with_keys(struct text *t)
{
	puts_text(t, pki_key_pem(a));
	puts_text(t, pki_pem(a));
	puts_text(t, pki_key_pem(b));
	puts_text(t, pki_pem(b));
}
static void
duplicates(struct text *t)
{
	plain(t);
	plain(t);
	crlf(t);
}

static const struct {
	const char *name;
	void (*write)(struct text *);
	size_t duplicates;
} shapes[] = {
    {"plain", plain, 0},
    {"CRLF", crlf, 0},
    {"text between the blocks", text_between, 0},
    {"X509 CERTIFICATE", old_label, 0},
    {"TRUSTED CERTIFICATE without settings", trusted_label, 0},
    {"no line end at the end", no_last_line_end, 0},
    {"white space at the ends of lines", spaces_behind, 0},
    {"all base64 in one line", one_long_line, 0},
    {"lines of seven digits", short_lines, 0},
    {"a blank line behind BEGIN", blank_line_first, 0},
    {"private keys as well", with_keys, 0},
    {"duplicates", duplicates, 4},
};

static int
no_password(char *buf, int size, int writing, void *arg)
{
	(void)buf, (void)size, (void)writing, (void)arg;
	return -1;
}

static int
openssl_count(const struct text *t)
{
	BIO *bio = BIO_new_mem_buf(t->at, (int)t->len);
	STACK_OF(X509_INFO) *list = PEM_X509_INFO_read_bio(bio, NULL, no_password, NULL);
	int i, n = 0;

	for (i = 0; list != NULL && i < sk_X509_INFO_num(list); i++)
		n += sk_X509_INFO_value(list, i)->x509 != NULL;
	sk_X509_INFO_pop_free(list, X509_INFO_free);
	BIO_free(bio);
	ERR_clear_error();
	return n;
}

START_TEST(every_shape_is_read)
{
	struct text t = {NULL, 0, 0};
	struct tlsw__anchors *set;
	const struct tlsw__anchors_facts *facts;

	shapes[_i].write(&t);
	set = load(&t);
	facts = tlsw__anchors_facts(set);
	ck_assert_msg(facts->certificates == 2 && facts->malformed == 0 &&
			  finds(set, pki_x509(a)) && finds(set, pki_x509(b)),
	    "%s: %zu certificates, %zu malformed: %s", shapes[_i].name, facts->certificates,
	    facts->malformed, facts->malformed > 0 ? facts->problems[0].why : "");
	ck_assert_uint_eq(facts->duplicates, shapes[_i].duplicates);
	ck_assert_int_eq(openssl_count(&t), 2 + (int)shapes[_i].duplicates);
	tlsw__anchors_unref(set);
	free(t.at);
}
END_TEST

/* ---------------------------------------------------------- malformed blocks */

static const struct {
	const char *name, *block;
	const char *why;
} malformed[] = {
    {"no base64", "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n", "base64"},
    {"half a quad", "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n", "base64"},
    {"empty", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", "base64"},
    {"base64 of nothing", "-----BEGIN CERTIFICATE-----\n====\n-----END CERTIFICATE-----\n", ""},
    {"no certificate inside", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
	"no certificate"},
    {"truncated certificate", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
	"no certificate"},
    {"no END", "-----BEGIN CERTIFICATE-----\nMIIB\n", "before its END"},
    {"another BEGIN in the line of END",
	"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE----------BEGIN CERTIFICATE-----\n",
	"its END line goes on"},
    {"wrong END", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END X509 CRL-----\n", "another kind"},
    {"encrypted",
	"-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\n"
	"DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\nMIIB\n"
	"-----END CERTIFICATE-----\n",
	"encrypted"},
    {"with a header",
	"-----BEGIN CERTIFICATE-----\nProc-Type: 4,MIC-CLEAR\n\nMIIB\n"
	"-----END CERTIFICATE-----\n",
	"headers"},
    {"broken CRL", "-----BEGIN X509 CRL-----\nMIIB\n-----END X509 CRL-----\n", "no CRL"},
    {"BEGIN in BEGIN", "-----BEGIN CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\n",
	"before its END"},
};

START_TEST(a_malformed_block_is_counted_and_named)
{
	struct text t = {NULL, 0, 0};
	const struct tlsw__anchors_facts *facts;
	struct tlsw__anchors *set;
	unsigned lines = 1;
	const char *p;

	for (p = pki_pem(a); *p != '\0'; p++)
		lines += *p == '\n';
	puts_text(&t, pki_pem(a));
	puts_text(&t, malformed[_i].block);
	puts_text(&t, pki_pem(b));
	set = load(&t);
	facts = tlsw__anchors_facts(set);
	ck_assert_msg(facts->certificates == 2, "%s: %zu", malformed[_i].name, facts->certificates);
	ck_assert_msg(facts->malformed >= 1, "%s", malformed[_i].name);
	ck_assert_msg(strstr(facts->problems[0].why, malformed[_i].why) != NULL, "%s: %s",
	    malformed[_i].name, facts->problems[0].why);
	ck_assert_uint_eq(facts->problems[0].line, lines);
	ck_assert(finds(set, pki_x509(a)) && finds(set, pki_x509(b)));
	ck_assert_int_eq(openssl_count(&t), 0); /* to which the whole file is unusable */
	tlsw__anchors_unref(set);
	free(t.at);
}
END_TEST

/* Octets of a certificate spoilt one by one: what comes out was decoded by OpenSSL, or nothing
 * does. */
START_TEST(a_spoilt_certificate_is_never_found_as_another)
{
	struct pki_octets der = pki_der(a);
	unsigned char *spoilt = malloc(der.len);
	struct tlsw__fault fault;
	size_t i;

	ck_assert_ptr_nonnull(spoilt);
	for (i = 0; i < der.len; i++) {
		struct tlsw__anchors *set;

		memcpy(spoilt, der.at, der.len);
		spoilt[i] ^= 0x41;
		set = tlsw__anchors_load_mem(spoilt, der.len, &fault);
		ck_assert(set == NULL || !finds(set, pki_x509(a)));
		tlsw__anchors_unref(set);
	}
	free(spoilt);
}
END_TEST

/* ------------------------------------------------------ many and large (wall: L04) */

/* wall: L04 */
static void
empty_payloads(struct text *t)
{
	int i;

	for (i = 0; i < 20000; i++)
		puts_text(t, "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n");
}
static void
begins(struct text *t)
{
	int i;

	for (i = 0; i < 50000; i++)
		puts_text(t, "-----BEGIN CERTIFICATE-----\n");
}
static void
put_many(struct text *t, int octet, size_t count)
{
	char *block = malloc(count);

	ck_assert_ptr_nonnull(block);
	memset(block, octet, count);
	put(t, block, count);
	free(block);
}
static void
dashes(struct text *t)
{
	put_many(t, '-', 10 * 1024 * 1024);
	puts_text(t, "\n");
}
static void
line_ends(struct text *t)
{
	put_many(t, '\n', 10 * 1024 * 1024);
}
static void
nested_headers(struct text *t)
{
	int i;

	puts_text(t, "-----BEGIN CERTIFICATE-----\n");
	for (i = 0; i < 20000; i++)
		puts_text(t, "Proc-Type: 4,ENCRYPTED\n\n");
	puts_text(t, "-----END CERTIFICATE-----\n");
}
static void
deep_der(struct text *t)
{
	unsigned char *der = malloc(60000);
	char *base64 = malloc(100000);
	int i;

	ck_assert(der != NULL && base64 != NULL);
	for (i = 0; i < 15000; i++) { /* each SEQUENCE holds the rest */
		unsigned left = 60000 - 4 * (unsigned)(i + 1);

		memcpy(der + 4 * i, (unsigned char[]){0x30, 0x82, left >> 8 & 255, left & 255}, 4);
	}
	ck_assert_int_gt(EVP_EncodeBlock((unsigned char *)base64, der, 60000), 0);
	puts_text(t, "-----BEGIN CERTIFICATE-----\n");
	puts_text(t, base64);
	puts_text(t, "\n-----END CERTIFICATE-----\n");
	free(der);
	free(base64);
}
static const struct {
	const char *name;
	void (*write)(struct text *);
	size_t malformed;
} large[] = {
    {"20 000 empty payloads", empty_payloads, 20000},
    {"50 000 BEGIN lines", begins, 50000},
    {"10 MiB of dashes", dashes, 0},
    {"10 MiB of line ends", line_ends, 0},
    {"nested headers", nested_headers, 1},
    {"15 000 values in each other", deep_der, 1},
};

START_TEST(hostile_bundles_cost_little)
{
	struct text t = {NULL, 0, 0};
	struct tlsw__anchors *set;
	clock_t start;

	large[_i].write(&t);
	puts_text(&t, pki_pem(a));
	start = clock();
	set = load(&t);
	ck_assert_msg(clock() - start < 5 * CLOCKS_PER_SEC, "%s takes long", large[_i].name);
	ck_assert_uint_eq(tlsw__anchors_facts(set)->certificates, 1);
	ck_assert_uint_eq(tlsw__anchors_facts(set)->malformed, large[_i].malformed);
	ck_assert(finds(set, pki_x509(a)));
	tlsw__anchors_unref(set);
	free(t.at);
}
END_TEST

/* ---------------------------------------------------------------------- names */

#define TEXT(oid, literal, type)                                     \
	{                                                            \
		(oid), (literal), sizeof(literal) - 1, (type), false \
	}
#define WITH(oid, literal, type)                                    \
	{                                                           \
		(oid), (literal), sizeof(literal) - 1, (type), true \
	}

/* Two spellings of a name that X509_NAME_cmp() finds equal, or not. */
static const struct {
	const char *what;
	struct pki_attribute one[4], other[4];
	bool equal;
} spellings[] = {
    {"case", {TEXT("CN", "Ein Name", V_ASN1_UTF8STRING)},
	{TEXT("CN", "eIN nAME", V_ASN1_UTF8STRING)}, true},
    {"case outside ASCII", {TEXT("CN", "\xc3\x84", V_ASN1_UTF8STRING)},
	{TEXT("CN", "\xc3\xa4", V_ASN1_UTF8STRING)}, false},
    {"spaces", {TEXT("CN", "  Ein \t\n Name ", V_ASN1_UTF8STRING)},
	{TEXT("CN", "Ein Name", V_ASN1_PRINTABLESTRING)}, true},
    {"nothing but spaces", {TEXT("CN", "   ", V_ASN1_UTF8STRING)},
	{TEXT("CN", "", V_ASN1_UTF8STRING)}, true},
    {"PrintableString", {TEXT("CN", "Name", V_ASN1_UTF8STRING)},
	{TEXT("CN", "Name", V_ASN1_PRINTABLESTRING)}, true},
    {"IA5String", {TEXT("CN", "Name@x", V_ASN1_UTF8STRING)},
	{TEXT("CN", "name@X", V_ASN1_IA5STRING)}, true},
    {"T61String is read as Latin-1", {TEXT("CN", "N\xc3\xa4me", V_ASN1_UTF8STRING)},
	{TEXT("CN", "N\xe4me", V_ASN1_T61STRING)}, true},
    {"BMPString", {TEXT("CN", "N\xe2\x82\xacme", V_ASN1_UTF8STRING)},
	{TEXT("CN", "\0N\x20\xac\0M\0E", V_ASN1_BMPSTRING)}, true},
    {"UniversalString", {TEXT("CN", "\xf0\x90\x8d\x88 a", V_ASN1_UTF8STRING)},
	{TEXT("CN", "\0\1\3\x48\0\0\0 \0\0\0A", V_ASN1_UNIVERSALSTRING)}, true},
    {"BMPString with spaces", {TEXT("CN", "a b", V_ASN1_UTF8STRING)},
	{TEXT("CN", "\0 \0A\0 \0\t\0B\0\n", V_ASN1_BMPSTRING)}, true},
    {"NumericString is no text", {TEXT("CN", "12", V_ASN1_UTF8STRING)},
	{TEXT("CN", "12", V_ASN1_NUMERICSTRING)}, false},
    {"another attribute", {TEXT("CN", "Name", V_ASN1_UTF8STRING)},
	{TEXT("O", "Name", V_ASN1_UTF8STRING)}, false},
    {"order of RDNs", {TEXT("O", "o", V_ASN1_UTF8STRING), TEXT("CN", "c", V_ASN1_UTF8STRING)},
	{TEXT("CN", "c", V_ASN1_UTF8STRING), TEXT("O", "o", V_ASN1_UTF8STRING)}, false},
    {"order inside an RDN",
	{TEXT("O", "Zz", V_ASN1_UTF8STRING), WITH("CN", "a", V_ASN1_UTF8STRING)},
	{TEXT("CN", "  A  ", V_ASN1_PRINTABLESTRING), WITH("O", "zZ", V_ASN1_UTF8STRING)}, true},
    {"one RDN or two", {TEXT("O", "o", V_ASN1_UTF8STRING), WITH("CN", "c", V_ASN1_UTF8STRING)},
	{TEXT("O", "o", V_ASN1_UTF8STRING), TEXT("CN", "c", V_ASN1_UTF8STRING)}, false},
};

/* A root named in one spelling vouches for a server whose issuer field has the other. */
START_TEST(names_are_equal_as_openssl_has_it)
{
	struct pki *anchor = pki_make(.subject = spellings[_i].one, .basic = PKI_CA);
	struct pki *copy =
	    pki_make(.subject = spellings[_i].other, .basic = PKI_CA, .key = pki_key(anchor));
	X509_NAME *one = X509_get_subject_name(pki_x509(anchor));
	X509_NAME *other = X509_get_subject_name(pki_x509(copy));
	struct text t = {NULL, 0, 0};
	struct tlsw__anchors *set;
	STACK_OF(X509) *found = sk_X509_new_null();

	ck_assert_msg((X509_NAME_cmp(one, other) == 0) == spellings[_i].equal, "%s: the table",
	    spellings[_i].what);
	if (spellings[_i].equal)
		ck_assert_msg(tlsw__der_name_hash(one) == tlsw__der_name_hash(other), "%s",
		    spellings[_i].what);
	puts_text(&t, pki_pem(a));
	puts_text(&t, pki_pem(anchor));
	set = load(&t);
	ck_assert_int_eq(tlsw__anchors_find(set, other, found), 0);
	ck_assert_msg(sk_X509_num(found) == spellings[_i].equal, "%s", spellings[_i].what);
	ck_assert(finds(set, pki_x509(anchor)));
	sk_X509_pop_free(found, X509_free);
	tlsw__anchors_unref(set);
	free(t.at);
	pki_free(copy);
	pki_free(anchor);
}
END_TEST

/* The walk through the octets and the walk through the object agree. */
START_TEST(both_hashes_of_a_name_are_the_same)
{
	struct pki *ca = pki_make(.subject = spellings[_i].other, .basic = PKI_CA);
	struct pki_octets der = pki_der(ca);
	struct tlsw__der_certificate c;

	ck_assert(tlsw__der_certificate(der.at, der.len, &c));
	ck_assert(c.self_issued);
	ck_assert_uint_eq(c.len, der.len);
	ck_assert_msg(c.subject_hash == tlsw__der_name_hash(X509_get_subject_name(pki_x509(ca))),
	    "%s", spellings[_i].what);
	pki_free(ca);
}
END_TEST

START_TEST(several_anchors_may_share_a_subject)
{
	struct pki *twin = pki_ca("Anchor A");
	struct text t = {NULL, 0, 0};
	struct tlsw__anchors *set;

	plain(&t);
	puts_text(&t, pki_pem(twin));
	set = load(&t);
	ck_assert_uint_eq(tlsw__anchors_facts(set)->certificates, 3);
	ck_assert(finds(set, pki_x509(a)) && finds(set, pki_x509(twin)));
	tlsw__anchors_unref(set);
	free(t.at);
	pki_free(twin);
}
END_TEST

/* --------------------------------------------------------- the system's bundle */

static const char *const bundles[] = {"/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem"};

/* The first one that OpenSSL reads; NULL: none here, and the test says so. */
static STACK_OF(X509_INFO) *
system_bundle(const char **path)
{
	STACK_OF(X509_INFO) *list = NULL;
	size_t i;

	for (i = 0; list == NULL && i < sizeof(bundles) / sizeof(bundles[0]); i++) {
		BIO *bio = BIO_new_file(*path = bundles[i], "r");

		if (bio != NULL)
			list = PEM_X509_INFO_read_bio(bio, NULL, NULL, NULL);
		BIO_free(bio);
	}
	ERR_clear_error();
	if (list == NULL)
		fprintf(stderr,
		    "skipped: this system has no bundle of CAs (package ca-certificates)\n");
	return list;
}

START_TEST(every_anchor_of_the_system_is_found)
{
	const char *path;
	STACK_OF(X509_INFO) *list = system_bundle(&path);
	struct tlsw__fault fault;
	struct tlsw__anchors *set;
	int i;

	if (list == NULL)
		return;
	set = tlsw__anchors_load_file(path, &fault);
	ck_assert_msg(set != NULL, "%s", fault.text);
	for (i = 0; i < sk_X509_INFO_num(list); i++)
		if (sk_X509_INFO_value(list, i)->x509 != NULL)
			ck_assert_msg(
			    finds(set, sk_X509_INFO_value(list, i)->x509), "number %d", i);
	ck_assert_uint_eq(tlsw__anchors_undecodable(set), 0);
	tlsw__anchors_unref(set);
	sk_X509_INFO_pop_free(list, X509_INFO_free);
}
END_TEST

/* The name of an anchor as the attributes of a new certificate, its letters turned round. */
static struct pki_attribute *
other_case(const X509_NAME *name, struct pki_attribute list[32], char text[32][512])
{
	int i, n = X509_NAME_entry_count(name), set = -1;

	ck_assert_int_lt(n, 32);
	memset(list, 0, 32 * sizeof(list[0]));
	for (i = 0; i < n; i++) {
		X509_NAME_ENTRY *e = X509_NAME_get_entry(name, i);
		ASN1_STRING *s = X509_NAME_ENTRY_get_data(e);
		static char oids[32][80];
		int k;

		ck_assert_int_lt(ASN1_STRING_length(s), 512);
		(void)OBJ_obj2txt(oids[i], sizeof(oids[i]), X509_NAME_ENTRY_get_object(e), 1);
		memcpy(text[i], ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
		for (k = 0; ASN1_STRING_type(s) == V_ASN1_UTF8STRING && k < ASN1_STRING_length(s);
		     k++)
			if ((text[i][k] & 0xdf) >= 'A' && (text[i][k] & 0xdf) <= 'Z')
				text[i][k] ^= 0x20;
		list[i] = (struct pki_attribute){oids[i], text[i], (size_t)ASN1_STRING_length(s),
		    ASN1_STRING_type(s), X509_NAME_ENTRY_set(e) == set};
		set = X509_NAME_ENTRY_set(e);
	}
	return list;
}

/* Copies of the system's anchors under keys of ours: a leaf below each is found a home. */
START_TEST(names_like_the_systems_anchors_are_found)
{
	static char text[32][512];
	struct pki_attribute attributes[32];
	const char *path;
	STACK_OF(X509_INFO) *list = system_bundle(&path);
	struct text t = {NULL, 0, 0};
	struct tlsw__anchors *set;
	struct pki *copies[512];
	int i, n = 0;

	if (list == NULL)
		return;
	for (i = 0; i < sk_X509_INFO_num(list) && n < 512; i++) {
		X509 *x = sk_X509_INFO_value(list, i)->x509;

		if (x == NULL)
			continue;
		copies[n] = pki_make(.basic = PKI_CA,
		    .subject = other_case(X509_get_subject_name(x), attributes, text));
		ck_assert_int_eq(X509_NAME_cmp(X509_get_subject_name(pki_x509(copies[n])),
				     X509_get_subject_name(x)),
		    0);
		puts_text(&t, pki_pem(copies[n]));
		n++;
	}
	set = load(&t);
	for (i = 0; i < n; i++) {
		ck_assert(finds(set, pki_x509(copies[i])));
		pki_free(copies[i]);
	}
	tlsw__anchors_unref(set);
	free(t.at);
	sk_X509_INFO_pop_free(list, X509_INFO_free);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("bundle");
	TCase *t = tcase_create("shapes");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(t, every_shape_is_read, 0, sizeof(shapes) / sizeof(shapes[0]));
	tcase_add_loop_test(
	    t, a_malformed_block_is_counted_and_named, 0, sizeof(malformed) / sizeof(malformed[0]));
	tcase_add_test(t, a_spoilt_certificate_is_never_found_as_another);
	suite_add_tcase(s, t);

	t = tcase_create("large");
	tcase_set_timeout(t, 30);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(t, hostile_bundles_cost_little, 0, sizeof(large) / sizeof(large[0]));
	suite_add_tcase(s, t);

	t = tcase_create("names");
	tcase_set_timeout(t, 30);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(
	    t, names_are_equal_as_openssl_has_it, 0, sizeof(spellings) / sizeof(spellings[0]));
	tcase_add_loop_test(
	    t, both_hashes_of_a_name_are_the_same, 0, sizeof(spellings) / sizeof(spellings[0]));
	tcase_add_test(t, several_anchors_may_share_a_subject);
	tcase_add_test(t, every_anchor_of_the_system_is_found);
	tcase_add_test(t, names_like_the_systems_anchors_are_found);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return support_run(suite());
}
