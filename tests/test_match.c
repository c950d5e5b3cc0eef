/* SPDX-License-Identifier: ISC */
#include "support/support.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "match.h"
#include "name.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define A10 "aaaaaaaaaa"
#define A60 A10 A10 A10 A10 A10 A10
#define L63 A60 "aaa"
#define L192 L63 "." L63 "." L63 "."

/** The verdict about one name, from exact-size copies for the sanitizers. */
static enum tlsw_match
match_one(
    enum tlsw_name_type type, const void *value, size_t len, const char *host, size_t host_len)
{
	char *value_copy = malloc(len == 0 ? 1 : len);
	char *host_copy = malloc(host_len == 0 ? 1 : host_len);
	struct tls_name name = {type, value_copy, len};
	enum tlsw_match verdict;

	ck_assert(value_copy != NULL && host_copy != NULL);
	memcpy(value_copy, value, len);
	memcpy(host_copy, host, host_len);
	verdict = tls_match_names(&name, 1, host_copy, host_len);
	free(value_copy);
	free(host_copy);
	return verdict;
}

static enum tlsw_match
match_dns(const char *presented, const char *host)
{
	return match_one(TLSW_NAME_DNS, presented, strlen(presented), host, strlen(host));
}

/* ----------------------------------------------------------------- DNS names */

static const struct pair {
	const char *label, *presented, *host;
} equal_names[] = {
    {"the same", "www.lab.test", "www.lab.test"},
    {"one label", "localhost", "localhost"},
    {"wall: B08 capitals in what is presented", "MAIL.LAB.TEST", "mail.lab.test"},
    {"capitals in the reference", "mail.lab.test", "Mail.Lab.TEST"},
    {"wall: B12 a trailing dot in the reference", "www.lab.test", "www.lab.test."},
    {"an A-label in capitals", "XN--BCHER-KVA.test", "xn--bcher-kva.test"},
    {"underscores", "a_b.lab.test", "A_B.lab.test"},
    {"wall: B02 253 octets", L192 A60 "a", L192 A60 "a"},
    {"a wildcard", "*.lab.test", "www.lab.test"},
    {"a wildcard in capitals", "*.LAB.TEST", "www.lab.test"},
    {"a wildcard and a trailing dot in the reference", "*.lab.test", "www.lab.test."},
    {"a wildcard over an A-label", "*.lab.test", "xn--bcher-kva.lab.test"},
    {"a wildcard over an underscore label", "*.lab.test", "_a.lab.test"},
    {"a wildcard over a label of 63", "*.lab.test", L63 ".lab.test"},
    {"a wildcard over a label of one", "*.lab.test", "a.lab.test"},
    {"a wildcard before four labels", "*.a.b.lab.test", "www.a.b.lab.test"},
    {"wall: C11 a wildcard under a public suffix: there is no list of them", "*.co.uk",
	"lab.co.uk"},
};

START_TEST(a_name_matches_an_equal_name)
{
	const struct pair *c = &equal_names[_i];

	ck_assert_msg(match_dns(c->presented, c->host) == TLSW_MATCH, "%s", c->label);
}
END_TEST

static const struct pair other_names[] = {
    {"wall: B02 32 octets of a longer host", A10 A10 A10 "aa", A10 A10 A10 "aa.evil.test"},
    {"wall: B02 63 octets", L63, L63 ".evil.test"},
    {"wall: B02 64 octets", L63 ".", L63 ".evil.test"},
    {"wall: B02 128 octets", L63 "." L63 ".", L63 "." L63 ".evil.test"},
    {"wall: B02 the host is 32 octets of what is presented", A10 A10 A10 "aa.evil.test",
	A10 A10 A10 "aa"},
    {"wall: B02 63 octets the other way", L63 ".evil.test", L63},
    {"wall: B02 128 octets the other way", L63 "." L63 ".evil.test", L63 "." L63 "."},
    {"wall: B02 253 octets and more", L192 A60 "a.evil.test", L192 A60 "a"},
    {"wall: B04 only a prefix of the host", "www.lab.test", "www.lab.test.evil.com"},
    {"wall: B05 a dot is a dot", "www.lab.test", "wwwxlab.test"},
    {"wall: B05 and no hyphen", "www.lab.test", "www-lab.test"},
    {"wall: B12 a trailing dot in what is presented", "www.lab.test.", "www.lab.test"},
    {"wall: B12 also when the reference has one", "www.lab.test.", "www.lab.test."},
    {"a wildcard with a trailing dot", "*.lab.test.", "www.lab.test"},
    {"a leading dot", ".lab.test", "lab.test"},
    {"a leading dot is no wildcard", ".lab.test", "www.lab.test"},
    {"a port", "www.lab.test:443", "www.lab.test"},
    {"a URL", "https://www.lab.test", "www.lab.test"},
    {"wall: B07 the Kelvin sign", "\xe2\x84\xaa.test", "k.test"},
    {"wall: B07 a long s", "mail.te\xc5\xbft", "mail.test"},
    {"wall: B07 fullwidth letters", "\xef\xbd\x8d\xef\xbd\x81\xef\xbd\x89\xef\xbd\x8c.test",
	"mail.test"},
    {"wall: B07 wall: B08 a dotted capital I", "MA\xc4\xb0L.LAB.TEST", "mail.lab.test"},
    {"a U-label is no A-label",
	"b\xc3\xbc"
	"cher.test",
	"xn--bcher-kva.test"},
    {"a wildcard covers no second label", "*.lab.test", "a.b.lab.test"},
    {"a wildcard covers one label", "*.lab.test", "lab.test"},
    {"another parent", "*.lab.test", "www.lab.tesx"},
    {"another parent of another length", "*.lab.test", "www.lab.tests"},
    {"a parent that only ends so", "*.lab.test", "www.slab.test"},
    {"wall: C01 sixteen stars", "****************", "www.lab.test"},
    {"wall: C01 stars between dots", "*.*.*", "www.lab.test"},
    {"wall: C02 wall: C08 a star at the end of a label", "w*.lab.test", "www.lab.test"},
    {"wall: C02 at its beginning", "*w.lab.test", "www.lab.test"},
    {"wall: C02 inside", "w*w.lab.test", "www.lab.test"},
    {"wall: C02 two wildcards", "*.*.test", "www.lab.test"},
    {"wall: C02 one wildcard more than there are labels", "*.*.lab.test", "www.lab.test"},
    {"wall: C02 in the middle", "www.*.test", "www.lab.test"},
    {"wall: C02 at the end", "www.lab.*", "www.lab.test"},
    {"wall: C02 two stars", "**.lab.test", "www.lab.test"},
    {"wall: C02 wall: C07 a star and a dot", "*.", "www.lab.test"},
    {"wall: C02 wall: C06 wall: C07 a star and one label", "*.test", "lab.test"},
    {"wall: C02 inside a single label", "l*t", "localhost"},
    {"wall: C04 in an A-label", "xn--*.lab.test", "xn--bcher-kva.lab.test"},
    {"wall: C04 at the end of one", "xn--bch*.lab.test", "xn--bcher-kva.lab.test"},
    {"wall: C04 before a U-label",
	"*b\xc3\xbc"
	"cher.lab.test",
	"xn--bcher-kva.lab.test"},
    {"wall: C05 x* and an A-label", "x*.lab.test", "xn--caf-dma.lab.test"},
    {"wall: C06 a suffix", "*.test", "www.lab.test"},
    {"wall: C06 its one label", "*.test", "test"},
    {"wall: C07 a star", "*", "localhost"},
    {"wall: C07 a star and a longer host", "*", "www.lab.test"},
    {"wall: C07 a star and an empty label", "*..test", "www.test"},
    {"wall: C08 b* and a host with a b", "b*.lab.test", "abc.lab.test"},
    {"wall: C08 b* and a host that begins so", "b*.lab.test", "b1.lab.test"},
    {"wall: C09 a wildcard between labels", "aaa.*.aaa", "aaa.bbb.aaa"},
    {"wall: C09 a fragment in an A-label", "xn--aaa*.aaa", "xn--aaaa.aaa"},
    {"wall: C09 three stars", "a*b*c*.aaa.aaa", "abc.aaa.aaa"},
    {"wall: C11 a top-level domain", "*.uk", "lab.uk"},
    {"wall: D07 an address as dNSName", "*.0.0.1", "a.0.0.b"},
};

START_TEST(another_name_does_not_match)
{
	const struct pair *c = &other_names[_i];

	ck_assert_msg(match_dns(c->presented, c->host) == TLSW_MISMATCH, "%s", c->label);
}
END_TEST

/* wall: B01 wall: B11 wall: C02 */
static const struct octets {
	const char *label, *at;
	size_t len;
} broken_names[] = {
    {"wall: B01 a NUL and another domain", "www.lab.test\0.evil", 18},
    {"wall: B01 a NUL at the end", "www.lab.test\0", 13},
    {"wall: B01 a NUL in front", "\0www.lab.test", 13},
    {"wall: B01 a NUL behind the star", "*\0.lab.test", 11},
    {"wall: B01 a NUL behind a wildcard name", "*.lab.test\0", 11},
    {"wall: B01 a NUL behind a dot", "www.lab.test.\0", 14},
    {"wall: B01 UTF-16, as in a BMPString", "\0w\0w\0w\0.\0l\0a\0b\0.\0t\0e\0s\0t", 24},
    {"nothing", "", 0},
    {"one octet less", "www.lab.tes", 11},
    {"a comma and another name", "evil.test,www.lab.test", 22},
    {"a space in front", " www.lab.test", 13},
    {"a line end", "www.lab.test\n", 13},
};

START_TEST(a_broken_name_does_not_match_and_the_others_still_count)
{
	const struct octets *c = &broken_names[_i];
	struct tls_name names[] = {
	    {TLSW_NAME_DNS, c->at, c->len},
	    {TLSW_NAME_DNS, "www.lab.test", 12},
	};
	enum tlsw_match alone = match_one(TLSW_NAME_DNS, c->at, c->len, "www.lab.test", 12);

	ck_assert_msg(alone == TLSW_MISMATCH, "%s", c->label);
	ck_assert_msg(tls_match_names(names, 2, "www.lab.test", 12) == TLSW_MATCH, "%s", c->label);
}
END_TEST

/* wall: B03 */
START_TEST(no_part_of_a_name_is_the_name)
{
	static const char name[] = "www.lab.test";
	size_t len = sizeof(name) - 1, from, n;

	for (from = 0; from < len; from++)
		for (n = 1; from + n <= len; n++) {
			bool whole = n == len;

			ck_assert_msg((match_one(TLSW_NAME_DNS, name + from, n, name, len) ==
					  TLSW_MATCH) == whole,
			    "presented from %zu, %zu octets", from, n);
			ck_assert_msg((match_one(TLSW_NAME_DNS, name, len, name + from, n) ==
					  TLSW_MATCH) == whole,
			    "reference from %zu, %zu octets", from, n);
		}
}
END_TEST

/* wall: B09 */
START_TEST(each_octet_in_each_place_matches_only_itself)
{
	static const char host[] = "abc.lab.test";
	static const size_t places[] = {0, 5, 11};
	char text[] = "abc.lab.test";
	size_t place = places[_i];
	int octet;

	for (octet = 0; octet < 256; octet++) {
		bool same = octet == host[place] || octet == host[place] - 'a' + 'A';

		text[place] = (char)octet;
		ck_assert_msg((match_one(TLSW_NAME_DNS, text, 12, host, 12) == TLSW_MATCH) == same,
		    "octet %d at %zu", octet, place);
	}
}
END_TEST

/* wall: B09 */
START_TEST(only_a_star_is_a_wildcard)
{
	char text[] = "?.lab.test";
	int octet;

	for (octet = 0; octet < 256; octet++) {
		text[0] = (char)octet;
		ck_assert_msg((match_one(TLSW_NAME_DNS, text, 10, "www.lab.test", 12) ==
				  TLSW_MATCH) == (octet == '*'),
		    "octet %d", octet);
	}
}
END_TEST

/* wall: B08 */
START_TEST(turkish_does_not_change_what_matches)
{
	if (setlocale(LC_ALL, "tr_TR.UTF-8") == NULL)
		printf("locale tr_TR.UTF-8 is not installed: checked without it\n");
	ck_assert_int_eq(match_dns("MAIL.LAB.TEST", "mail.lab.test"), TLSW_MATCH);
	ck_assert_int_eq(match_dns("mail.lab.test", "MAIL.LAB.TEST"), TLSW_MATCH);
	ck_assert_int_eq(match_dns("MA\xc4\xb0L.LAB.TEST", "mail.lab.test"), TLSW_MISMATCH);
	ck_assert_int_eq(match_dns("ma\xc4\xb1l.lab.test", "mail.lab.test"), TLSW_MISMATCH);
	ck_assert_int_eq(match_dns("MA\xddL.LAB.TEST", "mail.lab.test"), TLSW_MISMATCH);
}
END_TEST

/* ----------------------------------------------------------------- addresses */

static const struct address_case {
	const char *label;
	enum tlsw_name_type type;
	const char *at;
	size_t len;
	const char *host;
	enum tlsw_match verdict;
} addresses[] = {
    {"IPv4", TLSW_NAME_IP, "\x7f\0\0\x01", 4, "127.0.0.1", TLSW_MATCH},
    {"another IPv4", TLSW_NAME_IP, "\x7f\0\0\x02", 4, "127.0.0.1", TLSW_MISMATCH},
    {"IPv6", TLSW_NAME_IP, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01", 16, "::1", TLSW_MATCH},
    {"another IPv6", TLSW_NAME_IP, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x02", 16, "::1", TLSW_MISMATCH},
    {"wall: D12 a mapped address is not IPv4", TLSW_NAME_IP,
	"\0\0\0\0\0\0\0\0\0\0\xff\xff\x7f\0\0\x01", 16, "127.0.0.1", TLSW_MISMATCH},
    {"wall: D12 nor is IPv4 a mapped one", TLSW_NAME_IP, "\x7f\0\0\x01", 4, "::ffff:127.0.0.1",
	TLSW_MISMATCH},
    {"a mapped address is itself", TLSW_NAME_IP, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x7f\0\0\x01", 16,
	"::ffff:127.0.0.1", TLSW_MATCH},
    {"a network is no address", TLSW_NAME_IP, "\x7f\0\0\0\xff\0\0\0", 8, "127.0.0.1",
	TLSW_MISMATCH},
    {"text in an iPAddress", TLSW_NAME_IP, "127.0.0.1", 9, "127.0.0.1", TLSW_MISMATCH},
    {"a name in an iPAddress", TLSW_NAME_IP, "abcd", 4, "abcd", TLSW_MISMATCH},
    {"wall: D07 an address in a dNSName", TLSW_NAME_DNS, "127.0.0.1", 9, "127.0.0.1",
	TLSW_MISMATCH},
    {"wall: D07 an address in a common name", TLSW_NAME_CN, "127.0.0.1", 9, "127.0.0.1",
	TLSW_MISMATCH},
    {"wall: D07 the octets in a dNSName", TLSW_NAME_DNS, "\x7f\0\0\x01", 4, "127.0.0.1",
	TLSW_MISMATCH},
    {"wall: C03 a wildcard over IPv4", TLSW_NAME_DNS, "*.0.0.1", 7, "127.0.0.1", TLSW_MISMATCH},
    {"wall: C03 over its last number", TLSW_NAME_DNS, "*.1", 3, "127.0.0.1", TLSW_MISMATCH},
    {"wall: C03 a star", TLSW_NAME_DNS, "*", 1, "127.0.0.1", TLSW_MISMATCH},
    {"wall: C03 a star over IPv6", TLSW_NAME_DNS, "*", 1, "::1", TLSW_MISMATCH},
    {"wall: C03 a star in an iPAddress", TLSW_NAME_IP, "*.0.0.1", 7, "127.0.0.1", TLSW_MISMATCH},
    {"wall: B06 a short form", TLSW_NAME_IP, "\x7f\0\0\x01", 4, "127.1", TLSW_REFERENCE_INVALID},
    {"wall: B06 with junk behind", TLSW_NAME_IP, "\x7f\0\0\x01", 4, "127.0.0.1 x",
	TLSW_REFERENCE_INVALID},
    {"wall: B06 with a zone", TLSW_NAME_IP, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01", 16, "::1%lo",
	TLSW_REFERENCE_INVALID},
};

START_TEST(an_address_matches_its_octets_in_an_iPAddress_only)
{
	const struct address_case *c = &addresses[_i];

	ck_assert_msg(match_one(c->type, c->at, c->len, c->host, strlen(c->host)) == c->verdict,
	    "%s", c->label);
}
END_TEST

/* wall: D12 */
START_TEST(an_iPAddress_of_another_length_does_not_match)
{
	static const char zeroes[33];
	size_t len;

	for (len = 0; len <= 33; len++) {
		ck_assert_msg((match_one(TLSW_NAME_IP, zeroes, len, "0.0.0.0", 7) == TLSW_MATCH) ==
				  (len == 4),
		    "%zu octets", len);
		ck_assert_msg(
		    (match_one(TLSW_NAME_IP, zeroes, len, "::", 2) == TLSW_MATCH) == (len == 16),
		    "%zu octets", len);
	}
}
END_TEST

/* wall: D06 */
START_TEST(only_a_dNSName_names_a_host)
{
	static const char *const forms[] = {"www.lab.test", "_imap.www.lab.test",
	    "https://www.lab.test/", "me@www.lab.test", "*.lab.test"};
	static const enum tlsw_name_type types[] = {TLSW_NAME_IP, TLSW_NAME_SRV, TLSW_NAME_URI,
	    TLSW_NAME_EMAIL, TLSW_NAME_CN, (enum tlsw_name_type)99, (enum tlsw_name_type)(-1)};
	size_t i, k;

	for (i = 0; i < COUNT(types); i++)
		for (k = 0; k < COUNT(forms); k++)
			ck_assert_msg(match_one(types[i], forms[k], strlen(forms[k]),
					  "www.lab.test", 12) == TLSW_MISMATCH,
			    "type %d, \"%s\"", (int)types[i], forms[k]);
}
END_TEST

/* ------------------------------------------------------------------- SRV-IDs */

static const struct srv_case {
	const char *label, *service, *presented;
	size_t len; /* 0: strlen */
	const char *host;
	bool match;
} srv_ids[] = {
    {"the same", "imap", "_imap.lab.test", 0, "lab.test", true},
    {"capitals", "Imap", "_iMAP.LAB.test", 0, "lab.test", true},
    {"a hyphen in the service", "xmpp-client", "_xmpp-client.lab.test", 0, "lab.test", true},
    {"another service", "imap", "_smtp.lab.test", 0, "lab.test", false},
    {"a longer service", "imap", "_imaps.lab.test", 0, "lab.test", false},
    {"another host", "imap", "_imap.lab.tesx", 0, "lab.test", false},
    {"a host below", "imap", "_imap.a.lab.test", 0, "lab.test", false},
    {"no underscore", "imap", "ximap.lab.test", 0, "lab.test", false},
    {"no dot", "imap", "_imapxlab.test", 0, "lab.test", false},
    {"a NUL for a dot", "imap", "_imap\0lab.test", 14, "lab.test", false},
    {"the host alone", "imap", "lab.test", 0, "lab.test", false},
    {"nothing", "imap", "", 0, "lab.test", false},
    {"a wildcard", "imap", "_imap.*.lab.test", 0, "www.lab.test", false},
    {"a wildcard of the same length", "imap", "_imap.*.lab.test", 0, "w.lab.test", false},
    {"a wildcard service", "imap", "_*.lab.test", 0, "lab.test", false},
    {"a trailing dot", "imap", "_imap.lab.test.", 0, "lab.test", false},
    {"a service of two labels", "imap.www", "_imap.www.lab.test", 0, "lab.test", false},
    {"a service with a space", "im ap", "_im ap.lab.test", 0, "lab.test", false},
    {"no service", "", "_.lab.test", 0, "lab.test", false},
    {"a NULL service", NULL, "_.lab.test", 0, "lab.test", false},
    {"an address", "imap", "_imap.127.0.0.1", 0, "127.0.0.1", false},
};

START_TEST(an_srv_id_is_service_and_host)
{
	const struct srv_case *c = &srv_ids[_i];
	size_t len = c->len == 0 ? strlen(c->presented) : c->len;
	char *copy = malloc(len == 0 ? 1 : len);
	struct tlsw__reference ref;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, c->presented, len);
	ck_assert_int_eq(tlsw__reference_parse(&ref, c->host, strlen(c->host)), TLSW__NAME_OK);
	ck_assert_msg(tlsw__match_srv(&ref, c->service, copy, len) == c->match, "%s", c->label);
	free(copy);
}
END_TEST

/* -------------------------------------------------------------- the public one */

START_TEST(any_name_of_many_is_enough)
{
	static const struct tls_name names[] = {
	    {TLSW_NAME_CN, "www.lab.test", 12},
	    {TLSW_NAME_DNS, NULL, 12}, /* nothing there: passed over */
	    {TLSW_NAME_DNS, NULL, 0},
	    {TLSW_NAME_IP, "\x0a\0\0\x01", 4},
	    {TLSW_NAME_DNS, "mail.lab.test", 13},
	};

	ck_assert_int_eq(tls_match_names(names, 5, "mail.lab.test", 13), TLSW_MATCH);
	ck_assert_int_eq(tls_match_names(names, 5, "10.0.0.1", 8), TLSW_MATCH);
	ck_assert_int_eq(tls_match_names(names, 5, "www.lab.test", 12), TLSW_MISMATCH);
	ck_assert_int_eq(tls_match_names(names, 4, "mail.lab.test", 13), TLSW_MISMATCH);
}
END_TEST

START_TEST(no_names_match_nothing)
{
	ck_assert_int_eq(tls_match_names(NULL, 0, "lab.test", 8), TLSW_MISMATCH);
	ck_assert_int_eq(tls_match_names(NULL, 3, "lab.test", 8), TLSW_MISMATCH);
}
END_TEST

/* wall: B11 wall: B16 wall: C10 */
START_TEST(a_reference_that_is_no_host_is_invalid_whatever_is_presented)
{
	static const struct octets references[] = {
	    {"wall: B11 empty", "", 0},
	    {"wall: B11 a dot", ".", 1},
	    {"wall: C10 an empty label", ".lab.test", 9},
	    {"wall: B16 a line end", "lab.test\r\n", 10},
	    {"wall: B01 a NUL", "lab.test\0", 9},
	    {"wall: B12 two dots", "lab.test..", 10},
	    {"a wildcard", "*.lab.test", 10},
	    {"wall: B10 a U-label",
		"b\xc3\xbc"
		"cher.test",
		12},
	};
	size_t i;

	for (i = 0; i < COUNT(references); i++) {
		const struct octets *ref = &references[i];
		struct tls_name names[] = {
		    {TLSW_NAME_DNS, ref->at, ref->len}, {TLSW_NAME_DNS, "*.lab.test", 10}};

		ck_assert_msg(
		    tls_match_names(names, 2, ref->at, ref->len) == TLSW_REFERENCE_INVALID, "%s",
		    ref->label);
	}
	ck_assert_int_eq(tls_match_names(NULL, 0, NULL, 0), TLSW_REFERENCE_INVALID);
	ck_assert_int_eq(tls_match_names(NULL, 0, NULL, 8), TLSW_REFERENCE_INVALID);
}
END_TEST

/* wall: A10 in small: what was never filled in is no identity */
START_TEST(a_reference_that_was_refused_matches_nothing)
{
	static const enum tlsw_name_type types[] = {TLSW_NAME_DNS, TLSW_NAME_IP, TLSW_NAME_SRV,
	    TLSW_NAME_URI, TLSW_NAME_EMAIL, TLSW_NAME_CN};
	struct tlsw__reference ref;
	size_t i;

	ck_assert_int_ne(tlsw__reference_parse(&ref, "..", 2), TLSW__NAME_OK);
	for (i = 0; i < COUNT(types); i++)
		ck_assert(!tlsw__match_name(&ref, types[i], "", 0));
	ck_assert(!tlsw__match_srv(&ref, "imap", "_imap.", 6));
	ref.kind = (enum tlsw__reference_kind)99;
	for (i = 0; i < COUNT(types); i++)
		ck_assert(!tlsw__match_name(&ref, types[i], "", 0));
}
END_TEST

/* ---------------------------------------------------------------------- bounds */

static double
cpu_seconds(void)
{
	struct timespec t;

	ck_assert_int_eq(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t), 0);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/** Processor time for count names that differ from the host in their last label only. */
static double
cost_of(const struct tls_name *names, size_t count)
{
	static const char host[] = "www.a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u.v.lab.tesu";
	double best = 1e9, start, cost;
	int i;

	for (i = 0; i < 5; i++) {
		start = cpu_seconds();
		ck_assert_int_eq(
		    tls_match_names(names, count, host, sizeof(host) - 1), TLSW_MISMATCH);
		cost = cpu_seconds() - start;
		best = cost < best ? cost : best;
	}
	return best;
}

/* wall: M01: ten times the names, ten times the work; quadratic would be a hundred */
START_TEST(the_cost_is_linear_in_the_number_of_names)
{
	static const char exact[] = "www.a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u.v.lab.test";
	static const char wild[] = "*.a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u.v.lab.test";
	size_t few = 10000, many = 10 * few, i;
	struct tls_name *names = calloc(many, sizeof(*names));

	ck_assert_ptr_nonnull(names);
	for (i = 0; i < many; i++) {
		names[i].type = TLSW_NAME_DNS;
		names[i].value = i % 2 == 0 ? exact : wild;
		names[i].length = i % 2 == 0 ? sizeof(exact) - 1 : sizeof(wild) - 1;
	}
	ck_assert_double_lt(cost_of(names, many), 40 * cost_of(names, few));
	free(names);
}
END_TEST

/* wall: C01: what a presented name holds costs nothing, however long it is */
START_TEST(stars_cost_nothing)
{
	size_t most = 16000, len;
	char *stars = malloc(most);
	double start = cpu_seconds();

	ck_assert_ptr_nonnull(stars);
	memset(stars, '*', most);
	for (len = 1; len <= most; len++) {
		struct tls_name name = {TLSW_NAME_DNS, stars, len};

		ck_assert_int_eq(tls_match_names(&name, 1, "www.lab.test", 12), TLSW_MISMATCH);
	}
	for (len = 1; len < most; len += 2)
		stars[len] = '.';
	for (len = 1; len <= most; len++) {
		struct tls_name name = {TLSW_NAME_DNS, stars, len};

		ck_assert_int_eq(tls_match_names(&name, 1, "a.a.a.a.a.a.a", 13), TLSW_MISMATCH);
	}
	ck_assert_double_lt(cpu_seconds() - start, 2 * (double)most * 1e-3);
	free(stars);
}
END_TEST

static void
add_tables(TCase *tc)
{
	tcase_add_loop_test(tc, a_name_matches_an_equal_name, 0, (int)COUNT(equal_names));
	tcase_add_loop_test(tc, another_name_does_not_match, 0, (int)COUNT(other_names));
	tcase_add_loop_test(tc, a_broken_name_does_not_match_and_the_others_still_count, 0,
	    (int)COUNT(broken_names));
	tcase_add_loop_test(tc, each_octet_in_each_place_matches_only_itself, 0, 3);
	tcase_add_loop_test(
	    tc, an_address_matches_its_octets_in_an_iPAddress_only, 0, (int)COUNT(addresses));
	tcase_add_loop_test(tc, an_srv_id_is_service_and_host, 0, (int)COUNT(srv_ids));
}

int
main(void)
{
	Suite *suite = suite_create("match");
	TCase *tc = tcase_create("names");

	add_tables(tc);
	tcase_add_test(tc, no_part_of_a_name_is_the_name);
	tcase_add_test(tc, only_a_star_is_a_wildcard);
	tcase_add_test(tc, turkish_does_not_change_what_matches);
	tcase_add_test(tc, an_iPAddress_of_another_length_does_not_match);
	tcase_add_test(tc, only_a_dNSName_names_a_host);
	tcase_add_test(tc, any_name_of_many_is_enough);
	tcase_add_test(tc, no_names_match_nothing);
	tcase_add_test(tc, a_reference_that_is_no_host_is_invalid_whatever_is_presented);
	tcase_add_test(tc, a_reference_that_was_refused_matches_nothing);
	suite_add_tcase(suite, tc);

	tc = tcase_create("bounds");
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, the_cost_is_linear_in_the_number_of_names);
	tcase_add_test(tc, stars_cost_nothing);
	suite_add_tcase(suite, tc);
	return support_run(suite);
}
