/*
 * The matcher against the naive one, over everything that fits: all hosts of
 * up to six octets against the patterns that have fooled others, and all
 * patterns of up to six octets against a few hosts.
 *
 * SPDX-License-Identifier: ISC
 */
#include "support/support.h"

#include <stdio.h>
#include <string.h>

#include "match.h"
#include "name.h"
#include "support/naive_match.h"

#define LENGTH_MAX 6

static const char alphabet[] = {'a', 'b', '.', '-', '*', '\0', 'x', 'n', '1'};

/* The first tests are by the first octet, one process each; the last is the empty text. */
#define FIRST_OCTETS ((int)sizeof(alphabet) + 1)

struct text {
	const char *at;
	size_t len;
};
#define TEXT(literal)                        \
	{                                    \
		literal, sizeof(literal) - 1 \
	}

/* The templates of HVLearn (2017), made short enough that six octets can match them, and
 * what else was wrong somewhere: wildcards in each place, empty labels, NUL, A-labels. */
/* clang-format off */
static const struct text patterns[] = {
    TEXT("a"), TEXT("1"), TEXT("x1"), TEXT("a.b"), TEXT("a.b.a"), TEXT("A.B.N"), TEXT("b-.-a"),
    TEXT("xn--a"), TEXT("xn--a.b"), TEXT("a.1"), TEXT("1.a"), TEXT("a.b."), TEXT(".a.b"),
    TEXT("a..b"), TEXT("."), TEXT(""), TEXT("*"), TEXT("*."), TEXT("*.."), TEXT("*.a"),
    TEXT("*.a."), TEXT("*..a"), TEXT("*.a.b"), TEXT("*.b.a"), TEXT("*.x.n"), TEXT("*.A.B"),
    TEXT("*.a.b."), TEXT("*.-.a"), TEXT("*.a.1"), TEXT("*.1.a"), TEXT("*.a..b"), TEXT("*.a.b.x"),
    TEXT("a*.a.b"), TEXT("*a.a.b"), TEXT("a*a.a.b"), TEXT("**.a.b"), TEXT("*.*.b"), TEXT("*.*"),
    TEXT("*.*.*"), TEXT("a.*"), TEXT("a.*.b"), TEXT("a.b.*"), TEXT("a.a*"), TEXT("a*"),
    TEXT("*a"), TEXT("*b.a"), TEXT("x*.a.b"), TEXT("xn*.a.b"), TEXT("xn-*.a.b"), TEXT("xn--*.a"),
    TEXT("*.xn--a"), TEXT("xn--*"), TEXT("*xn--a"), TEXT("*-.a.b"), TEXT("\0"), TEXT("a\0"),
    TEXT("\0a"), TEXT("a\0b"), TEXT("a.b\0"), TEXT("a.b\0.a"), TEXT("*\0.a.b"), TEXT("*.a\0.b"),
    TEXT("\0.a.b"), TEXT("*.a.b\0"), TEXT("\x01\x01\x01\x01"), TEXT("1.1.1.1"), TEXT("a.b,x.n"),
    TEXT("a_.b"),
};
/* clang-format on */

/* wall: C10 and its like among what is no host at all */
/* clang-format off */
static const struct text hosts[] = {
    TEXT("a"), TEXT("ab"), TEXT("a.b"), TEXT("a.b."), TEXT("A.B"), TEXT("a.b.x"), TEXT("xn--a"),
    TEXT("b.a.b"), TEXT("1.a.b"), TEXT("-.a.b"), TEXT("xn.a.b"), TEXT("x.n.a.b"), TEXT("a.b.1"),
    TEXT(".a.b"), TEXT("a..b"), TEXT("*.a.b"), TEXT("a.b\0"), TEXT(""), TEXT("1.1.1.1"),
};
/* clang-format on */

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static size_t compared, matched;

static const char *
show(const char *text, size_t len)
{
	static char out[4][64];
	static unsigned turn;
	char *at = out[turn++ % 4], *start = at;
	size_t i;

	for (i = 0; i < len; i++)
		at += text[i] == '\0' ? sprintf(at, "\\0") : sprintf(at, "%c", text[i]);
	*at = '\0';
	return start;
}

static void
compare(const struct tlsw__reference *ref, const struct naive_reference *naive, const char *host,
    size_t host_len, const char *value, size_t len)
{
	bool got = tlsw__match_name(ref, TLSW_NAME_DNS, value, len);
	bool want = naive_match(naive, TLSW_NAME_DNS, value, len);

	if (got != want)
		ck_abort_msg("host \"%s\", presented \"%s\": %d, naively %d", show(host, host_len),
		    show(value, len), got, want);
	compared++;
	matched += got;
}

/** Both must agree that it is a host, and of which kind. */
static bool
parse_both(struct tlsw__reference *ref, struct naive_reference *naive, const char *host, size_t len)
{
	tlsw__reference_parse(ref, host, len);
	naive_parse(naive, host, len);
	if ((int)ref->kind != (int)naive->kind)
		ck_abort_msg("host \"%s\" is of kind %d, naively %d", show(host, len), ref->kind,
		    naive->kind);
	return ref->kind != TLSW__REF_NONE;
}

static void
host_against_patterns(const char *host, size_t len)
{
	struct tlsw__reference ref;
	struct naive_reference naive;
	size_t i;

	if (!parse_both(&ref, &naive, host, len))
		return;
	for (i = 0; i < COUNT(patterns); i++)
		compare(&ref, &naive, host, len, patterns[i].at, patterns[i].len);
}

static void
pattern_against_hosts(const char *value, size_t len)
{
	static struct tlsw__reference ref[COUNT(hosts)];
	static struct naive_reference naive[COUNT(hosts)];
	static bool parsed;
	size_t i;

	for (i = 0; i < COUNT(hosts) && !parsed; i++)
		(void)parse_both(&ref[i], &naive[i], hosts[i].at, hosts[i].len);
	parsed = true;
	for (i = 0; i < COUNT(hosts); i++)
		compare(&ref[i], &naive[i], hosts[i].at, hosts[i].len, value, len);
}

/** Call back for text and for all that continues it. */
static void
walk(char *text, size_t len, void (*each)(const char *, size_t))
{
	size_t i;

	each(text, len);
	for (i = 0; i < sizeof(alphabet) && len < LENGTH_MAX; i++) {
		text[len] = alphabet[i];
		walk(text, len + 1, each);
	}
}

static void
walk_from(int first, void (*each)(const char *, size_t))
{
	char text[LENGTH_MAX] = "";

	if (first == (int)sizeof(alphabet)) {
		each(text, 0);
		return;
	}
	text[0] = alphabet[first];
	walk(text, 1, each);
}

START_TEST(every_short_host_is_matched_as_the_naive_matcher_does)
{
	walk_from(_i, host_against_patterns);
	/* hosts that begin so can match at all */
	if (_i < (int)sizeof(alphabet) && strchr("abxn", alphabet[_i]) != NULL &&
	    alphabet[_i] != '\0')
		ck_assert_uint_gt(matched, 0);
}
END_TEST

START_TEST(every_short_presented_name_is_matched_as_the_naive_matcher_does)
{
	walk_from(_i, pattern_against_hosts);
	ck_assert_uint_gt(compared, 0);
	if (_i < (int)sizeof(alphabet) && (alphabet[_i] == 'a' || alphabet[_i] == '*'))
		ck_assert_uint_gt(matched, 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("match, exhaustive");
	TCase *tc = tcase_create("up to six octets");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(
	    tc, every_short_host_is_matched_as_the_naive_matcher_does, 0, FIRST_OCTETS);
	tcase_add_loop_test(
	    tc, every_short_presented_name_is_matched_as_the_naive_matcher_does, 0, FIRST_OCTETS);
	suite_add_tcase(suite, tc);
	return support_run(suite);
}
