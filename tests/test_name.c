/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "support/support.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "name.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* 10 octets, times n */
#define A10 "aaaaaaaaaa"
#define A60 A10 A10 A10 A10 A10 A10
#define L63 A60 "aaa"
/* 3 * 64 octets: three labels with their dots */
#define L192 L63 "." L63 "." L63 "."

/** An exact-size copy, so that a sanitizer sees every octet read too much. */
static enum tlsw__name_fault
parse(struct tlsw__reference *ref, const char *text, size_t len)
{
	char *copy = malloc(len == 0 ? 1 : len);
	enum tlsw__name_fault fault;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, text, len);
	memset(ref, 0xff, sizeof(*ref));
	fault = tlsw__reference_parse(ref, copy, len);
	free(copy);
	return fault;
}

static void
assert_no_reference(const struct tlsw__reference *ref, const char *label)
{
	static const struct tlsw__reference none;

	ck_assert_msg(
	    memcmp(ref, &none, sizeof(none)) == 0, "%s: something is left in the reference", label);
}

/* ------------------------------------------------------------- what is a host */

static const struct host_case {
	const char *label, *text;
	size_t len; /* 0: strlen */
	const char *dns;
	size_t parent;
} good_hosts[] = {
    {"one label", "localhost", 0, "localhost", 0},
    {"two labels have no parent for a wildcard", "example.org", 0, "example.org", 0},
    {"three labels", "www.example.org", 0, "www.example.org", 4},
    {"four labels", "a.b.example.org", 0, "a.b.example.org", 2},
    {"capitals are folded", "WWW.Example.ORG", 0, "www.example.org", 4},
    {"wall: B12 one trailing dot is taken off", "www.lab.test.", 0, "www.lab.test", 4},
    {"a single label with a dot", "localhost.", 0, "localhost", 0},
    {"underscores", "_imap._tcp.example.org", 0, "_imap._tcp.example.org", 6},
    {"hyphens at the ends of labels", "-a-.-b-", 0, "-a-.-b-", 0},
    {"an A-label", "xn--bcher-kva.example", 0, "xn--bcher-kva.example", 0},
    {"a label of digits that is not the last", "1.2.3.example", 0, "1.2.3.example", 2},
    {"a last label that only begins with digits", "example.1a", 0, "example.1a", 0},
    {"hexadecimal without 0x", "example.ff", 0, "example.ff", 0},
    {"0x and no hexadecimal", "example.0xg", 0, "example.0xg", 0},
    {"a label of 63", L63 ".test", 0, L63 ".test", 0},
    {"wall: B02 253 octets", L192 A60 "a", 0, L192 A60 "a", 64},
    {"253 octets and a trailing dot", L192 A60 "a.", 0, L192 A60 "a", 64},
    {"only the octets given are read", "example.orgXYZ", 11, "example.org", 0},
};

START_TEST(a_host_name_is_folded_and_split_once)
{
	const struct host_case *c = &good_hosts[_i];
	struct tlsw__reference ref;
	size_t len = c->len == 0 ? strlen(c->text) : c->len;

	ck_assert_msg(parse(&ref, c->text, len) == TLSW__NAME_OK, "%s", c->label);
	ck_assert_msg(ref.kind == TLSW__REF_DNS && ref.ip_len == 0, "%s", c->label);
	ck_assert_str_eq(ref.dns, c->dns);
	ck_assert_uint_eq(ref.dns_len, strlen(c->dns));
	ck_assert_msg(ref.parent == c->parent, "%s: parent %zu", c->label, ref.parent);
}
END_TEST

static const struct fault_case {
	const char *label, *text;
	size_t len; /* 0: strlen */
	enum tlsw__name_fault fault;
} bad_hosts[] = {
    {"wall: B11 empty", "", 0, TLSW__NAME_EMPTY},
    {"wall: B11 a dot", ".", 0, TLSW__NAME_LABEL_EMPTY},
    {"wall: B11 two dots", "..", 0, TLSW__NAME_LABEL_EMPTY},
    {"wall: B11 wall: C10 a leading dot", ".lab.test", 0, TLSW__NAME_LABEL_EMPTY},
    {"wall: B11 a double dot", "lab..test", 0, TLSW__NAME_LABEL_EMPTY},
    {"wall: B12 two trailing dots", "www.lab.test..", 0, TLSW__NAME_LABEL_EMPTY},
    {"a label of 64", L63 "a.test", 0, TLSW__NAME_LABEL_TOO_LONG},
    {"a last label of 64", "test." L63 "a", 0, TLSW__NAME_LABEL_TOO_LONG},
    {"wall: B02 254 octets", L192 A60 "aa", 0, TLSW__NAME_TOO_LONG},
    {"254 octets and a trailing dot", L192 A60 "aa.", 0, TLSW__NAME_TOO_LONG},
    {"wall: B10 255 octets of xn--", "xn--" L192 A10 A10 A10 A10 A10 "aaaaaaaaa", 0,
	TLSW__NAME_TOO_LONG},
    {"wall: B10 256 octets of xn--", "xn--" L192 A60, 0, TLSW__NAME_TOO_LONG},
    {"wall: B01 a NUL inside", "www.lab.test\0.evil", 18, TLSW__NAME_BAD_OCTET},
    {"wall: B01 a NUL at the end", "www.lab.test\0", 13, TLSW__NAME_BAD_OCTET},
    {"wall: B01 a NUL alone", "\0", 1, TLSW__NAME_BAD_OCTET},
    {"a NUL in an address", "127.0.0.1\0", 10, TLSW__NAME_BAD_OCTET},
    {"a NUL in an IPv6 address", "::1\0", 4, TLSW__NAME_COLON},
    {"wall: B16 CR LF", "lab.test\r\nMAIL FROM", 0, TLSW__NAME_BAD_OCTET},
    {"wall: B16 a space", "lab.test HTTP/1.1", 0, TLSW__NAME_BAD_OCTET},
    {"wall: B16 a tab", "lab\t.test", 0, TLSW__NAME_BAD_OCTET},
    {"wall: B16 DEL", "lab.test\x7f", 0, TLSW__NAME_BAD_OCTET},
    {"wall: B16 a leading space", " lab.test", 0, TLSW__NAME_BAD_OCTET},
    {"a wildcard is no host", "*.lab.test", 0, TLSW__NAME_BAD_OCTET},
    {"a slash", "lab.test/", 0, TLSW__NAME_BAD_OCTET},
    {"an at sign", "me@lab.test", 0, TLSW__NAME_BAD_OCTET},
    {"a port", "lab.test:443", 0, TLSW__NAME_COLON},
    {"a URL", "https://lab.test/", 0, TLSW__NAME_COLON},
    {"not ASCII, unconverted",
	"b\xc3\xbc"
	"cher.test",
	0, TLSW__NAME_NOT_ASCII},
    {"the first octet that is not ASCII", "lab\x80.test", 0, TLSW__NAME_NOT_ASCII},
    {"wall: B06 a short IPv4 form", "127.1", 0, TLSW__NAME_NUMERIC},
    {"wall: B06 octal", "0177.0.0.1", 0, TLSW__NAME_NUMERIC},
    {"wall: B06 one decimal number", "2130706433", 0, TLSW__NAME_NUMERIC},
    {"wall: B06 hexadecimal first", "0x7f.1", 0, TLSW__NAME_NUMERIC},
    {"wall: B06 hexadecimal last", "127.0.0.0X1", 0, TLSW__NAME_NUMERIC},
    {"wall: B06 0x alone", "127.0.0.0x", 0, TLSW__NAME_NUMERIC},
    {"wall: B06 junk behind", "127.0.0.1 x", 0, TLSW__NAME_BAD_OCTET},
    {"wall: B06 junk behind a semicolon", "1.1.1.1 ; junk", 0, TLSW__NAME_BAD_OCTET},
    {"wall: B06 a line end behind", "127.0.0.1\n", 0, TLSW__NAME_BAD_OCTET},
    {"wall: B06 a zone", "::1%lo", 0, TLSW__NAME_ZONE},
    {"wall: B06 brackets", "[::1]", 0, TLSW__NAME_BRACKETS},
    {"brackets and a port", "[::1]:443", 0, TLSW__NAME_BRACKETS},
    {"brackets around IPv4", "[127.0.0.1]", 0, TLSW__NAME_BRACKETS},
    {"a leading zero", "127.0.0.01", 0, TLSW__NAME_NUMERIC},
    {"a trailing dot behind an address", "127.0.0.1.", 0, TLSW__NAME_NUMERIC},
    {"five numbers", "1.2.3.4.5", 0, TLSW__NAME_NUMERIC},
    {"a number above 255", "1.2.3.256", 0, TLSW__NAME_NUMERIC},
    {"a name that ends in a number", "lab.test.1", 0, TLSW__NAME_NUMERIC},
    {"a prefix length", "10.0.0.0/8", 0, TLSW__NAME_BAD_OCTET},
    {"nine groups", "1:2:3:4:5:6:7:8:9", 0, TLSW__NAME_COLON},
    {"two gaps", "1::2::3", 0, TLSW__NAME_COLON},
    {"a line end behind an IPv6 address", "::1\n", 0, TLSW__NAME_COLON},
    {"an address that is longer than any", "0000:0000:0000:0000:0000:0000:255.255.255.2550", 0,
	TLSW__NAME_COLON},
};

START_TEST(what_is_no_host_is_refused_and_leaves_nothing)
{
	const struct fault_case *c = &bad_hosts[_i];
	struct tlsw__reference ref;
	enum tlsw__name_fault fault;

	fault = parse(&ref, c->text, c->len == 0 ? strlen(c->text) : c->len);
	ck_assert_msg(fault == c->fault, "%s: %s", c->label, tlsw__name_fault_text(fault));
	assert_no_reference(&ref, c->label);
}
END_TEST

/* wall: B11 */
START_TEST(no_text_at_all_is_empty)
{
	struct tlsw__reference ref;

	memset(&ref, 0xff, sizeof(ref));
	ck_assert_int_eq(tlsw__reference_parse(&ref, NULL, 0), TLSW__NAME_EMPTY);
	assert_no_reference(&ref, "NULL");
	memset(&ref, 0xff, sizeof(ref));
	ck_assert_int_eq(tlsw__reference_parse(&ref, NULL, 5), TLSW__NAME_EMPTY);
	assert_no_reference(&ref, "NULL and a length");
	memset(&ref, 0xff, sizeof(ref));
	ck_assert_int_eq(tlsw__reference_from_host(&ref, NULL), TLSW__NAME_EMPTY);
	assert_no_reference(&ref, "NULL host");
	ck_assert_int_eq(tlsw__reference_from_host(&ref, ""), TLSW__NAME_EMPTY);
}
END_TEST

/** A host name's octets in this place: letters, digits, hyphen, underscore; a dot not in front. */
static bool
octet_is_legal(int octet, size_t place)
{
	static const char legal[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

	if (octet == '.')
		return place > 0;
	return octet != '\0' && strchr(legal, octet) != NULL;
}

/* wall: B09 */
START_TEST(each_octet_in_each_place_is_legal_or_refused)
{
	static const size_t places[] = {0, 1, 11};
	size_t place = places[_i];
	struct tlsw__reference ref;
	int octet;

	for (octet = 0; octet < 256; octet++) {
		char text[] = "abc.lab.test";
		enum tlsw__name_fault fault;

		text[place] = (char)octet;
		fault = parse(&ref, text, 12);
		ck_assert_msg((fault == TLSW__NAME_OK) == octet_is_legal(octet, place),
		    "octet %d at %zu: %s", octet, place, tlsw__name_fault_text(fault));
		if (fault != TLSW__NAME_OK)
			assert_no_reference(&ref, "octet");
	}
}
END_TEST

/* ----------------------------------------------------------------- addresses */

static const struct ip_case {
	const char *text;
	enum tlsw__reference_kind kind;
	unsigned char ip[16];
} addresses[] = {
    {"127.0.0.1", TLSW__REF_IPV4, {127, 0, 0, 1}},
    {"0.0.0.0", TLSW__REF_IPV4, {0}},
    {"255.255.255.255", TLSW__REF_IPV4, {255, 255, 255, 255}},
    {"::", TLSW__REF_IPV6, {0}},
    {"::1", TLSW__REF_IPV6, {[15] = 1}},
    {"2001:DB8::a", TLSW__REF_IPV6, {0x20, 0x01, 0x0d, 0xb8, [15] = 0x0a}},
    {"1:2:3:4:5:6:7:8", TLSW__REF_IPV6, {0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8}},
    {"::ffff:127.0.0.1", TLSW__REF_IPV6, {[10] = 0xff, 0xff, 127, 0, 0, 1}},
    {"0000:0000:0000:0000:0000:0000:255.255.255.255", TLSW__REF_IPV6, {[12] = 255, 255, 255, 255}},
};

START_TEST(an_address_literal_is_its_octets)
{
	const struct ip_case *c = &addresses[_i];
	size_t octets = c->kind == TLSW__REF_IPV4 ? 4 : 16;
	struct tlsw__reference ref;

	ck_assert_msg(parse(&ref, c->text, strlen(c->text)) == TLSW__NAME_OK, "%s", c->text);
	ck_assert_msg(ref.kind == c->kind && ref.ip_len == octets, "%s", c->text);
	ck_assert_mem_eq(ref.ip, c->ip, octets);
	ck_assert_uint_eq(ref.dns_len, 0);
}
END_TEST

/* ----------------------------------------------------------------------- IDN */

#ifdef HAVE_LIBIDN2

#include <dlfcn.h>
#include <idn2.h>

/* The library's function with a fault to switch on: libidn2 allocates, we do not. */
static bool memory_is_short;

int
idn2_lookup_u8(const uint8_t *src, uint8_t **lookupname, int flags)
{
	int (*real)(const uint8_t *, uint8_t **, int);

	if (memory_is_short)
		return IDN2_MALLOC;
	*(void **)&real = dlsym(RTLD_NEXT, "idn2_lookup_u8");
	return real(src, lookupname, flags);
}

static const struct idn_case {
	const char *label, *host, *dns;
} idn_hosts[] = {
    {"a U-label",
	"b\xc3\xbc"
	"cher.example",
	"xn--bcher-kva.example"},
    {"its A-label", "xn--bcher-kva.example", "xn--bcher-kva.example"},
    {"an A-label in capitals", "XN--BCHER-KVA.Example", "xn--bcher-kva.example"},
    {"a capital U-label",
	"B\xc3\x9c"
	"CHER.Example",
	"xn--bcher-kva.example"},
    {"decomposed",
	"bu\xcc\x88"
	"cher.example",
	"xn--bcher-kva.example"},
    {"several, and a trailing dot",
	"\xd0\xbf\xd1\x80\xd0\xb8\xd0\xbc\xd0\xb5\xd1\x80.\xd1\x80\xd1\x84.",
	"xn--e1afmkfd.xn--p1ai"},
    {"wall: B10 sharp s is a letter of its own",
	"stra\xc3\x9f"
	"e.test",
	"xn--strae-oqa.test"},
    {"wall: B07 a dotted capital I is not i", "MA\xc4\xb0L.test", "xn--mail-swc.test"},
    {"ASCII labels stay as they are", "_imap.\xc3\xbc.xn--0.test", "_imap.xn--tda.xn--0.test"},
};

START_TEST(a_u_label_and_its_a_label_are_one_reference)
{
	const struct idn_case *c = &idn_hosts[_i];
	struct tlsw__reference ref, same;
	enum tlsw__name_fault fault = tlsw__reference_from_host(&ref, c->host);

	ck_assert_msg(fault == TLSW__NAME_OK, "%s: %s", c->label, tlsw__name_fault_text(fault));
	ck_assert_str_eq(ref.dns, c->dns);
	ck_assert_int_eq(tlsw__reference_from_host(&same, c->dns), TLSW__NAME_OK);
	ck_assert_msg(memcmp(&ref, &same, sizeof(ref)) == 0, "%s", c->label);
}
END_TEST

#define U20                                                                                \
	"\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc" \
	"\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc"
#define U60 U20 U20 U20

static const struct idn_fault_case {
	const char *label, *host;
	enum tlsw__name_fault fault;
} idn_faults[] = {
    {"wall: B10 an ideographic full stop", "curl\xe3\x80\x82test", TLSW__NAME_IDN},
    {"wall: B10 one behind a U-label", "\xc3\xbc\xe3\x80\x82test", TLSW__NAME_IDN},
    {"wall: B10 a fullwidth full stop", "\xc3\xbc\xef\xbc\x8etest", TLSW__NAME_IDN},
    {"wall: B10 a halfwidth one", "\xc3\xbc\xef\xbd\xa1test", TLSW__NAME_IDN},
    {"wall: B10 a one dot leader", "\xc3\xbc\xe2\x80\xa4test", TLSW__NAME_IDN},
    {"wall: B10 an ellipsis", "\xc3\xbc\xe2\x80\xa6test", TLSW__NAME_IDN},
    {"wall: B10 a digit with a dot", "\xe2\x92\x88test", TLSW__NAME_IDN},
    {"wall: B10 account of: a slash", "evil.test\xe2\x84\x80.lab.test", TLSW__NAME_IDN},
    {"wall: B10 a no-break space",
	"\xc3\xbc\xc2\xa0"
	"b.test",
	TLSW__NAME_IDN},
    {"wall: B16 a space beside a U-label", "\xc3\xbc b.test", TLSW__NAME_IDN},
    {"wall: B16 a line end beside a U-label", "\xc3\xbc\r\n.test", TLSW__NAME_IDN},
    {"an underscore in a U-label", "_\xc3\xbc.test", TLSW__NAME_IDN},
    {"a soft hyphen in an ASCII name", "ma\xc2\xadil.test", TLSW__NAME_IDN},
    {"wall: B07 fullwidth letters", "\xef\xbd\x8d\xef\xbd\x81\xef\xbd\x89\xef\xbd\x8c.test",
	TLSW__NAME_IDN},
    {"wall: B07 the Kelvin sign", "\xe2\x84\xaa.test", TLSW__NAME_IDN},
    {"wall: B07 a long s", "mail.te\xc5\xbft", TLSW__NAME_IDN},
    {"fullwidth digits are no address", "127.0.0.\xef\xbc\x91", TLSW__NAME_IDN},
    {"nor in IPv6", "::\xef\xbc\x91", TLSW__NAME_IDN},
    {"a snowman is no letter", "\xe2\x98\x83.test", TLSW__NAME_IDN},
    {"UTF-8 cut short", "\xc3.test", TLSW__NAME_IDN},
    {"Latin-1",
	"b\xfc"
	"cher.test",
	TLSW__NAME_IDN},
    {"a surrogate", "\xed\xa0\x80.test", TLSW__NAME_IDN},
    {"a U-label that begins as an A-label", "xn--\xc3\xbc.test", TLSW__NAME_IDN},
    {"a U-label with a hyphen in front", "-\xc3\xbc.test", TLSW__NAME_IDN},
    {"an empty label beside a U-label", ".\xc3\xbc", TLSW__NAME_LABEL_EMPTY},
    {"two trailing dots behind a U-label", "\xc3\xbc..", TLSW__NAME_LABEL_EMPTY},
    {"a number behind a U-label", "\xc3\xbc.1", TLSW__NAME_NUMERIC},
    {"an ASCII label of 64 beside a U-label", L63 "a.\xc3\xbc", TLSW__NAME_LABEL_TOO_LONG},
    {"a U-label whose A-label has more than 63", U60 ".test", TLSW__NAME_IDN},
    {"more than 253 octets after the conversion", L192 L63 ".\xc3\xbc", TLSW__NAME_TOO_LONG},
    {"a U-label that does not fit", L192 A60 ".\xc3\xbc", TLSW__NAME_TOO_LONG},
    {"254 after the conversion", L192 A10 A10 A10 A10 A10 "aaaa.\xc3\xbc", TLSW__NAME_TOO_LONG},
    {"more than can convert to a host name", U60 U60 U60 U60 U60 U60 U60 U60 U60,
	TLSW__NAME_TOO_LONG},
};

START_TEST(a_name_that_would_become_another_is_refused)
{
	const struct idn_fault_case *c = &idn_faults[_i];
	struct tlsw__reference ref;
	enum tlsw__name_fault fault;

	memset(&ref, 0xff, sizeof(ref));
	fault = tlsw__reference_from_host(&ref, c->host);
	ck_assert_msg(
	    fault == c->fault, "%s: %s (%s)", c->label, tlsw__name_fault_text(fault), ref.dns);
	assert_no_reference(&ref, c->label);
}
END_TEST

START_TEST(a_conversion_without_memory_is_refused)
{
	struct tlsw__reference ref;

	memory_is_short = true;
	ck_assert_int_eq(tlsw__reference_from_host(&ref, "\xc3\xbc.test"), TLSW__NAME_MEMORY);
	assert_no_reference(&ref, "no memory");
	ck_assert_int_eq(tlsw__reference_from_host(&ref, "ascii.test"), TLSW__NAME_OK);
	memory_is_short = false;
	ck_assert_int_eq(tlsw__reference_from_host(&ref, "\xc3\xbc.test"), TLSW__NAME_OK);
}
END_TEST

#else

START_TEST(without_a_converter_only_ascii_is_accepted)
{
	struct tlsw__reference ref;

	ck_assert_int_eq(tlsw__reference_from_host(&ref, "\xc3\xbc.test"), TLSW__NAME_NOT_ASCII);
	assert_no_reference(&ref, "not ASCII");
	ck_assert_int_eq(tlsw__reference_from_host(&ref, "xn--tda.test"), TLSW__NAME_OK);
}
END_TEST

#endif

/* A host that comes as a string is the same reference as its octets. */
START_TEST(a_string_is_parsed_as_its_octets_are)
{
	const struct fault_case *c = &bad_hosts[_i];
	struct tlsw__reference ref;

	if (c->len != 0 || c->fault == TLSW__NAME_NOT_ASCII)
		return; /* a NUL ends the string; U-labels are converted */
	ck_assert_msg(tlsw__reference_from_host(&ref, c->text) == c->fault, "%s", c->label);
	assert_no_reference(&ref, c->label);
}
END_TEST

/* -------------------------------------------------------------------- the rest */

/* wall: B08 */
START_TEST(turkish_does_not_change_what_i_is)
{
	struct tlsw__reference ref;

	if (setlocale(LC_ALL, "tr_TR.UTF-8") == NULL)
		printf("locale tr_TR.UTF-8 is not installed: checked without it\n");
	ck_assert_int_eq(parse(&ref, "MAIL.LAB.TEST", 13), TLSW__NAME_OK);
	ck_assert_str_eq(ref.dns, "mail.lab.test");
	ck_assert_int_eq(parse(&ref, "ma\xc4\xb1l.lab.test", 14), TLSW__NAME_NOT_ASCII);
	ck_assert_int_eq(parse(&ref, "ma\xfdl.lab.test", 13), TLSW__NAME_NOT_ASCII);
}
END_TEST

START_TEST(every_fault_has_a_text_of_its_own)
{
	int i, k;

	for (i = TLSW__NAME_OK; i <= TLSW__NAME_MEMORY; i++)
		for (k = TLSW__NAME_OK; k < i; k++)
			ck_assert_str_ne(tlsw__name_fault_text((enum tlsw__name_fault)i),
			    tlsw__name_fault_text((enum tlsw__name_fault)k));
	ck_assert_str_eq(tlsw__name_fault_text((enum tlsw__name_fault)(i)), "it is unknown why");
	ck_assert_str_eq(tlsw__name_fault_text((enum tlsw__name_fault)(-1)), "it is unknown why");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("name");
	TCase *tc = tcase_create("reference");

	tcase_add_loop_test(tc, a_host_name_is_folded_and_split_once, 0, (int)COUNT(good_hosts));
	tcase_add_loop_test(
	    tc, what_is_no_host_is_refused_and_leaves_nothing, 0, (int)COUNT(bad_hosts));
	tcase_add_test(tc, no_text_at_all_is_empty);
	tcase_add_loop_test(tc, each_octet_in_each_place_is_legal_or_refused, 0, 3);
	tcase_add_loop_test(tc, an_address_literal_is_its_octets, 0, (int)COUNT(addresses));
	tcase_add_loop_test(tc, a_string_is_parsed_as_its_octets_are, 0, (int)COUNT(bad_hosts));
	tcase_add_test(tc, turkish_does_not_change_what_i_is);
	tcase_add_test(tc, every_fault_has_a_text_of_its_own);
	suite_add_tcase(suite, tc);

	tc = tcase_create("IDN");
#ifdef HAVE_LIBIDN2
	tcase_add_loop_test(
	    tc, a_u_label_and_its_a_label_are_one_reference, 0, (int)COUNT(idn_hosts));
	tcase_add_loop_test(
	    tc, a_name_that_would_become_another_is_refused, 0, (int)COUNT(idn_faults));
	tcase_add_test(tc, a_conversion_without_memory_is_refused);
#else
	tcase_add_test(tc, without_a_converter_only_ascii_is_accepted);
#endif
	suite_add_tcase(suite, tc);
	return support_run(suite);
}
