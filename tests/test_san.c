/* The walk through subjectAltName. SPDX-License-Identifier: ISC */
#include "support/support.h"

#include <stdlib.h>
#include <string.h>

#include "cert.h"
#include "support/der.h"
#include "support/pki.h"
#include "support/san_oracle.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))
#define RAW(literal) (literal), sizeof(literal) - 1

/* What the walk finds, written as "2:a.test 7:...." with the type's number. */
static int
walk(const X509 *x509, char *out, size_t size)
{
	struct tlsw__san san;
	struct tls_name name;
	size_t n = 0;
	int rv = tlsw__san_open(x509, &san);

	out[0] = '\0';
	if (rv != 1)
		return rv;
	while ((rv = tlsw__san_next(&san, &name)) == 1) {
		n += (size_t)snprintf(out + n, size - n, "%s%d:", n > 0 ? " " : "", (int)name.type);
		if (name.length < size - n) {
			memcpy(out + n, name.value, name.length);
			n += name.length;
		}
		out[n] = '\0';
	}
	return rv == 0 ? 1 : rv;
}

#define SRV_OID "\x06\x08\x2b\x06\x01\x05\x05\x07\x08\x07"

/* Values of the extension, octet for octet. */
/* clang-format off */
static const struct {
	const char *label;
	const char *der;
	size_t len;
	int result; /* 1 or -1 */
	const char *names;
} values[] = {
    {"one dNSName", RAW("\x30\x03\x82\x01" "a"), 1, "0:a"},
    {"each of ours", RAW("\x30\x10\x82\x01" "a\x87\x01" "i\x86\x01" "u\x81\x01" "e\x82\x02" "bb"), 1,
	"0:a 1:i 3:u 4:e 0:bb"},
    {"an empty dNSName", RAW("\x30\x02\x82\x00"), 1, "0:"},
    {"SRVName", RAW("\x30\x12\xa0\x10" SRV_OID "\xa0\x04\x16\x02_x"), 1, "2:_x"},
    {"SRVName as UTF8String", RAW("\x30\x12\xa0\x10" SRV_OID "\xa0\x04\x0c\x02_x"), 1, ""},
    {"another otherName", RAW("\x30\x12\xa0\x10\x06\x08\x2b\x06\x01\x05\x05\x07\x08\x08\xa0\x04\x16\x02_x"),
	1, ""},
    {"otherName with a longer OID", RAW("\x30\x13\xa0\x11\x06\x09\x2b\x06\x01\x05\x05\x07\x08\x07\x01"
					 "\xa0\x04\x16\x02_x"), 1, ""},
    {"directoryName, then ours", RAW("\x30\x07\xa4\x02\x30\x00\x82\x01" "a"), 1, "0:a"},
    {"registeredID, then ours", RAW("\x30\x06\x88\x01\x2a\x82\x01" "a"), 1, "0:a"},
    {"no octets", RAW(""), -1, ""},
    {"wall: L01 an empty SEQUENCE", RAW("\x30\x00"), -1, ""},
    {"wall: D02 undecodable", RAW("\x04\x03" "abc"), -1, ""},
    {"a SET", RAW("\x31\x03\x82\x01" "a"), -1, ""},
    {"length past the end", RAW("\x30\x04\x82\x01" "a"), -1, ""},
    {"entry past the end", RAW("\x30\x03\x82\x02" "a"), -1, ""},
    {"entry far past the end", RAW("\x30\x06\x82\x84\xff\xff\xff\xff"), -1, ""},
    {"length of lengths past the end", RAW("\x30\x02\x82\x82"), -1, ""},
    {"a tag alone", RAW("\x30\x01\x82"), -1, ""},
    {"a good one, then a tag alone", RAW("\x30\x04\x82\x01" "a\x82"), -1, "0:a"},
    {"octets behind the SEQUENCE", RAW("\x30\x03\x82\x01" "a\x00"), -1, ""},
    {"indefinite length", RAW("\x30\x80\x82\x01" "a\x00\x00"), -1, ""},
    {"indefinite length inside", RAW("\x30\x05\xa2\x80\x82\x00\x00"), -1, ""},
    {"long form for a short length", RAW("\x30\x81\x03\x82\x01" "a"), -1, ""},
    {"leading zero in the length", RAW("\x30\x82\x00\x03\x82\x01" "a"), -1, ""},
    {"length of 127 octets of length", RAW("\x30\xff\x03\x82\x01" "a"), -1, ""},
    {"universal class", RAW("\x30\x03\x16\x01" "a"), -1, ""},
    {"application class", RAW("\x30\x03\x42\x01" "a"), -1, ""},
    {"private class", RAW("\x30\x03\xc2\x01" "a"), -1, ""},
    {"constructed dNSName", RAW("\x30\x05\xa2\x03\x16\x01" "a"), -1, ""},
    {"primitive otherName", RAW("\x30\x12\x80\x10" SRV_OID "\xa0\x04\x16\x02_x"), -1, ""},
    {"primitive directoryName", RAW("\x30\x04\x84\x02\x30\x00"), -1, ""},
    {"tag 9", RAW("\x30\x03\x89\x01" "a"), -1, ""},
    {"long tag", RAW("\x30\x04\x9f\x02\x01" "a"), -1, ""},
    {"otherName without value", RAW("\x30\x0c\xa0\x0a" SRV_OID), -1, ""},
    {"otherName with an empty value", RAW("\x30\x0e\xa0\x0c" SRV_OID "\xa0\x00"), -1, ""},
    {"otherName with two values", RAW("\x30\x16\xa0\x14" SRV_OID "\xa0\x08\x16\x02_x\x16\x02_y"), -1, ""},
    {"otherName with more behind", RAW("\x30\x14\xa0\x12" SRV_OID "\xa0\x04\x16\x02_x\x05\x00"), -1, ""},
    {"otherName with a wrong tag", RAW("\x30\x12\xa0\x10" SRV_OID "\xa1\x04\x16\x02_x"), -1, ""},
    {"otherName with a string for an OID", RAW("\x30\x0c\xa0\x0a\x0c\x02" "ab\xa0\x04\x16\x02_x"), -1, ""},
    {"otherName with an empty OID", RAW("\x30\x0a\xa0\x08\x06\x00\xa0\x04\x16\x02_x"), -1, ""},
    {"otherName without OID", RAW("\x30\x08\xa0\x06\xa0\x04\x16\x02_x"), -1, ""},
    {"a good one, then a bad one", RAW("\x30\x06\x82\x01" "a\xa2\x01" "b"), -1, "0:a"},
};
/* clang-format on */

START_TEST(a_value_is_read_as_der_or_not_at_all)
{
	const struct pki_octets raw = {values[_i].der, values[_i].len};
	struct pki *leaf = pki_make(.cn = "www.lab.test", .san_raw = raw);
	const char *label = values[_i].label, *different;
	char names[256];

	ck_assert_msg(walk(pki_x509(leaf), names, sizeof(names)) == values[_i].result, "%s", label);
	ck_assert_msg(strcmp(names, values[_i].names) == 0, "%s: \"%s\"", label, names);
	different = san_disagreement(pki_x509(leaf));
	ck_assert_msg(different == NULL, "%s: %s", label, different);
	pki_free(leaf);
}
END_TEST

START_TEST(a_certificate_without_the_extension_has_no_names)
{
	struct pki *leaf = pki_make(.cn = "www.lab.test");
	struct tlsw__san san;

	ck_assert_int_eq(tlsw__san_open(pki_x509(leaf), &san), 0);
	ck_assert_ptr_null(san_disagreement(pki_x509(leaf)));
	pki_free(leaf);
}
END_TEST

/* wall: D02 */
START_TEST(the_extension_there_twice_counts_as_malformed)
{
	struct pki *leaf = pki_make(.cn = "www.lab.test", .san = PKI_NAMES(PKI_DNS("www.lab.test")),
	    .twice = "2.5.29.17");
	struct tlsw__san san;

	ck_assert_int_eq(tlsw__san_open(pki_x509(leaf), &san), -1);
	ck_assert_ptr_null(san_disagreement(pki_x509(leaf)));
	pki_free(leaf);
}
END_TEST

/* The contents for each of the nine kinds, empty, usual, and of 64 KB. */
static const char *const directory_name = "\x30\x0c\x31\x0a\x30\x08\x06\x03\x55\x04\x03\x0c\x01x";

static void
put_kind(struct der *out, int kind, size_t size)
{
	unsigned char *filler = calloc(1, size + 1);
	struct der inner = {0}, value = {0};

	ck_assert_ptr_nonnull(filler);
	memset(filler, 'a', size);
	if (kind == 0) {
		der_oid(&inner, "1.2.3");
		der_tlv(&value, 0x0c, filler, size);
		der_wrap(&inner, 0xa0, &value);
	} else if (kind == 4) {
		der_put(&inner, directory_name, 14);
	} else if (kind == 8) {
		der_put(&inner, filler, size == 0 ? 1 : size);
	} else if (kind == 3 || kind == 5) {
		der_tlv(&inner, 0x81, filler, size);
	} else {
		der_put(&inner, filler, size);
	}
	free(filler);
	der_wrap(out, (unsigned)(0x80 | kind | (kind == 0 || (kind >= 3 && kind <= 5) ? 0x20 : 0)),
	    &inner);
}

/* wall: B13 */
START_TEST(a_kind_that_is_not_ours_never_hides_or_becomes_a_name)
{
	static const size_t sizes[] = {0, 5, 65536};
	static const size_t own[] = {0, 1, 1, 0, 0, 0, 1, 1, 0};
	const int kind = _i / 3;
	struct der entries = {0}, san = {0};
	const struct tls_name *names;
	struct pki *leaf;
	tls_certificate *cert;

	put_kind(&entries, kind, sizes[_i % 3]);
	der_tlv(&entries, 0x82, "www.lab.test", 12);
	der_wrap(&san, 0x30, &entries);
	leaf = pki_make(.cn = "x", .san_raw = {san.at, san.len});
	cert = tlsw__cert_new(pki_x509(leaf), NULL);
	ck_assert_uint_eq(tls_certificate_names(cert, &names), own[kind] + 2);
	ck_assert_int_eq(tls_match_names(names, own[kind] + 2, "www.lab.test", 12), TLSW_MATCH);
	ck_assert_int_eq(tls_match_names(names, own[kind] + 2, "x", 1), TLSW_MISMATCH);
	if (kind != 3 && kind != 5) /* OpenSSL looks inside these */
		ck_assert_ptr_null(san_disagreement(pki_x509(leaf)));
	tls_certificate_free(cert);
	pki_free(leaf);
	der_clear(&san);
}
END_TEST

/* In memory of exactly that size, so that a sanitizer sees a look behind the end. */
static int
walk_exactly(const void *data, size_t len)
{
	unsigned char *exact = malloc(len + (len == 0));
	struct tlsw__san san = {exact, exact + len};
	struct tls_name name;
	int rv;

	ck_assert_ptr_nonnull(exact);
	memcpy(exact, data, len);
	while ((rv = tlsw__san_next(&san, &name)) == 1)
		ck_assert((const unsigned char *)name.value + name.length <= exact + len);
	free(exact);
	return rv;
}

/* wall: B14 */
START_TEST(a_cut_off_list_is_never_read_past_its_end)
{
	struct der whole = {0};
	size_t len;

	der_put(
	    &whole, "\x82\x03www\xa0\x10" SRV_OID "\xa0\x04\x16\x02_x\x87\x04\x7f\x00\x00\x01", 29);
	der_tlv(&whole, 0x86,
	    SRV_OID SRV_OID SRV_OID SRV_OID SRV_OID SRV_OID SRV_OID SRV_OID SRV_OID SRV_OID SRV_OID
		SRV_OID SRV_OID SRV_OID,
	    140);
	ck_assert_uint_eq(whole.len, 29 + 143);
	for (len = 0; len <= whole.len; len++) {
		const bool between =
		    len == 0 || len == 5 || len == 23 || len == 29 || len == whole.len;

		ck_assert_msg(walk_exactly(whole.at, len) == (between ? 0 : -1), "cut to %zu", len);
	}
	ck_assert_int_eq(walk_exactly("\x82\x80", 2), -1);
	ck_assert_int_eq(walk_exactly("\x82\x83\x01\x00", 4), -1);
	der_clear(&whole);
}
END_TEST

START_TEST(a_length_has_one_form_only)
{
	struct der entry = {0};

	der_tlv(&entry, 0x82,
	    SRV_OID SRV_OID SRV_OID SRV_OID SRV_OID SRV_OID SRV_OID SRV_OID SRV_OID SRV_OID SRV_OID
		SRV_OID SRV_OID,
	    130);
	ck_assert_int_eq(walk_exactly(entry.at, entry.len), 0);
	der_clear(&entry);
	der_put(&entry, "\x82\x82\x00\x82", 4);
	der_put(&entry,
	    SRV_OID SRV_OID SRV_OID SRV_OID SRV_OID SRV_OID SRV_OID SRV_OID SRV_OID SRV_OID SRV_OID
		SRV_OID SRV_OID,
	    130);
	ck_assert_int_eq(walk_exactly(entry.at, entry.len), -1);
	der_clear(&entry);
}
END_TEST

START_TEST(ten_thousand_entries_are_all_found)
{
	struct der entries = {0}, san = {0};
	struct tlsw__san cursor;
	struct tls_name name;
	struct pki *leaf;
	int i, rv;

	for (i = 0; i < 10000; i++) {
		char host[32];

		(void)snprintf(host, sizeof(host), "h%d.lab.test", i);
		der_tlv(&entries, 0x82, host, strlen(host));
	}
	der_wrap(&san, 0x30, &entries);
	leaf = pki_make(.san_raw = {san.at, san.len});
	ck_assert_int_eq(tlsw__san_open(pki_x509(leaf), &cursor), 1);
	for (i = 0; (rv = tlsw__san_next(&cursor, &name)) == 1; i++)
		;
	ck_assert_int_eq(rv, 0);
	ck_assert_int_eq(i, 10000);
	ck_assert_ptr_null(san_disagreement(pki_x509(leaf)));
	pki_free(leaf);
	der_clear(&san);
}
END_TEST

/* Every octet of a good value replaced by every other: OpenSSL is asked each time. */
START_TEST(one_changed_octet_never_makes_the_decoders_disagree)
{
	static const char good[] = "\x30\x20\x82\x03www\xa0\x10" SRV_OID
				   "\xa0\x04\x16\x02_x\x86\x01u\x87\x04\x7f\x00\x00\x01";
	unsigned char value[sizeof(good) - 1];
	int c;

	ck_assert_uint_eq(sizeof(value), 2 + 0x20);
	memcpy(value, good, sizeof(value));
	for (c = 0; c < 256; c++) {
		const char *different;

		value[_i] = (unsigned char)c;
		different = san_value_disagreement(value, sizeof(value));
		ck_assert_msg(different == NULL, "octet %d = %02x: %s", _i, (unsigned)c, different);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("san");
	TCase *t = tcase_create("walk");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, a_value_is_read_as_der_or_not_at_all, 0, COUNT(values));
	tcase_add_test(t, a_certificate_without_the_extension_has_no_names);
	tcase_add_test(t, the_extension_there_twice_counts_as_malformed);
	tcase_add_loop_test(t, a_kind_that_is_not_ours_never_hides_or_becomes_a_name, 0, 27);
	tcase_add_test(t, a_cut_off_list_is_never_read_past_its_end);
	tcase_add_test(t, a_length_has_one_form_only);
	tcase_add_test(t, ten_thousand_entries_are_all_found);
	tcase_add_loop_test(t, one_changed_octet_never_makes_the_decoders_disagree, 0, 34);
	suite_add_tcase(s, t);
	return support_run(s);
}
