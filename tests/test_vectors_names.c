/*
 * Every row of the collected matching cases of other projects, and of the
 * address literals: vectors/README says where they come from.
 *
 * SPDX-License-Identifier: ISC
 */
#include "support/support.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "match.h"
#include "name.h"
#include "support/naive_match.h"

#define NAMES_MAX 64
#define MATCH_ROWS 727 /* as committed: a file cut short does not pass unnoticed */
#define ADDRESS_ROWS 336

/** The names of one row, and the octets of those that the row gives in another form. */
struct row {
	const char *id, *expect, *reference;
	size_t reference_len;
	struct tls_name names[NAMES_MAX];
	unsigned char octets[NAMES_MAX][64];
	size_t count;
};

static json_t *
load(const char *file)
{
	json_error_t why;
	char *text;
	size_t len;
	json_t *rows;

	text = support_read_file(file, &len);
	rows = json_loadb(text, len, JSON_ALLOW_NUL, &why);
	ck_assert_msg(json_is_array(rows), "%s: %s", file, why.text);
	free(text);
	return rows;
}

static const char *
string_of(const json_t *row, const char *key)
{
	const char *text = json_string_value(json_object_get(row, key));

	ck_assert_msg(text != NULL, "a row has no %s", key);
	return text;
}

static size_t
octets_from_hex(const char *hex, unsigned char *out, size_t room)
{
	size_t n = strlen(hex) / 2, i;

	ck_assert_uint_le(n, room);
	for (i = 0; i < n; i++)
		out[i] = (unsigned char)(naive_hex(hex[2 * i]) << 4 | naive_hex(hex[2 * i + 1]));
	return n;
}

/** "hex:..." or an address in text. */
static size_t
octets_of_ip(const char *text, unsigned char out[64])
{
	if (strncmp(text, "hex:", 4) == 0)
		return octets_from_hex(text + 4, out, 64);
	if (inet_pton(AF_INET, text, out) == 1)
		return 4;
	ck_assert_msg(inet_pton(AF_INET6, text, out) == 1, "bad address %s", text);
	return 16;
}

static void
add_names(struct row *row, const json_t *json, const char *key, enum tlsw_name_type type)
{
	const json_t *list = json_object_get(json, key), *value;
	size_t i;

	ck_assert_msg(json_is_array(list), "%s: no list %s", row->id, key);
	json_array_foreach(list, i, value)
	{
		struct tls_name *name = &row->names[row->count];

		ck_assert_msg(json_is_string(value), "%s: %s", row->id, key);
		ck_assert_uint_lt(row->count, NAMES_MAX);
		name->type = type;
		name->value = json_string_value(value);
		name->length = json_string_length(value);
		if (type == TLSW_NAME_IP) {
			name->length = octets_of_ip(name->value, row->octets[row->count]);
			name->value = row->octets[row->count];
		}
		row->count++;
	}
}

static void
read_row(struct row *row, const json_t *json)
{
	const json_t *reference = json_object_get(json, "reference");

	row->count = 0;
	row->id = string_of(json, "id");
	row->expect = string_of(json, "expect");
	row->reference = json_string_value(reference);
	row->reference_len = json_string_length(reference);
	add_names(row, json, "dns", TLSW_NAME_DNS);
	add_names(row, json, "ip", TLSW_NAME_IP);
	add_names(row, json, "srv", TLSW_NAME_SRV);
	add_names(row, json, "uri", TLSW_NAME_URI);
	add_names(row, json, "email", TLSW_NAME_EMAIL);
	add_names(row, json, "cn", TLSW_NAME_CN);
}

static const char *
verdict_text(enum tlsw_match verdict)
{
	static const char *const texts[] = {"match", "mismatch", "invalid"};

	return texts[verdict];
}

static enum tlsw_match
naive_verdict(const struct row *row)
{
	struct naive_reference ref;
	size_t i;

	naive_parse(&ref, row->reference, row->reference_len);
	if (ref.kind == NAIVE_INVALID)
		return TLSW_REFERENCE_INVALID;
	for (i = 0; i < row->count; i++)
		if (naive_match(
			&ref, row->names[i].type, row->names[i].value, row->names[i].length))
			return TLSW_MATCH;
	return TLSW_MISMATCH;
}

START_TEST(every_collected_match_case_has_the_expected_verdict)
{
	json_t *rows = load("vectors/match_public.json");
	size_t i, wrong = 0;
	const json_t *json;
	struct row row;

	json_array_foreach(rows, i, json)
	{
		const char *got, *naive;

		read_row(&row, json);
		got = verdict_text(
		    tls_match_names(row.names, row.count, row.reference, row.reference_len));
		naive = verdict_text(naive_verdict(&row));
		if (strcmp(got, row.expect) == 0 && strcmp(naive, row.expect) == 0)
			continue;
		wrong++;
		printf("%s: %s, naively %s, instead of %s: %s\n", row.id, got, naive, row.expect,
		    string_of(json, "why"));
	}
	printf("match_public.json: %zu rows run, %zu wrong\n", json_array_size(rows), wrong);
	ck_assert_uint_eq(json_array_size(rows), MATCH_ROWS);
	ck_assert_uint_eq(wrong, 0);
	json_decref(rows);
}
END_TEST

static const char *
kind_text(enum tlsw__reference_kind kind)
{
	static const char *const texts[] = {"invalid", "not-ip", "ipv4", "ipv6"};

	return texts[kind];
}

/** Whether text is what the row says, octets included. */
static bool
address_is(const json_t *json, const char *text, size_t len)
{
	struct tlsw__reference ref;
	struct naive_reference naive;
	unsigned char want[16];
	size_t n = octets_from_hex(string_of(json, "octets_hex"), want, sizeof(want));

	tlsw__reference_parse(&ref, text, len);
	naive_parse(&naive, text, len);
	return strcmp(kind_text(ref.kind), string_of(json, "kind")) == 0 && n == ref.ip_len &&
	       memcmp(ref.ip, want, n) == 0 && memcmp(naive.ip, want, n) == 0 &&
	       (int)naive.kind == (int)ref.kind;
}

START_TEST(every_collected_literal_is_what_it_should_be)
{
	json_t *rows = load("vectors/ip_parse.json");
	size_t i, wrong = 0;
	const json_t *json;

	json_array_foreach(rows, i, json)
	{
		const json_t *text = json_object_get(json, "text");

		if (address_is(json, json_string_value(text), json_string_length(text)))
			continue;
		wrong++;
		printf("\"%s\" is not %s: %s\n", json_string_value(text), string_of(json, "kind"),
		    string_of(json, "why"));
	}
	printf("ip_parse.json: %zu rows run, %zu wrong\n", json_array_size(rows), wrong);
	ck_assert_uint_eq(json_array_size(rows), ADDRESS_ROWS);
	ck_assert_uint_eq(wrong, 0);
	json_decref(rows);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("vectors of names");
	TCase *tc = tcase_create("collected");

	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, every_collected_match_case_has_the_expected_verdict);
	tcase_add_test(tc, every_collected_literal_is_what_it_should_be);
	suite_add_tcase(suite, tc);
	return support_run(suite);
}
