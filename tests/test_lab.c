/*
 * test_lab.c - the lab's tables are complete, and each row can be served.
 *
 * SPDX-License-Identifier: ISC
 */
#include "support/support.h"
#include "lab_talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct lab *lab;

static void
setup(void)
{
	lab = lab_new();
}

static void
teardown(void)
{
	lab_free(lab);
}

static void
check_name(const struct lab_row *row, char letter, size_t number)
{
	char name[8];

	(void)snprintf(name, sizeof(name), "%c%02zu", letter, number);
	ck_assert_str_eq(row->name, name);
}

static void
check_row(const struct lab_row *row)
{
	const char *name = row->name;

	ck_assert_msg(row->title != NULL && row->title[0] != '\0', "%s has no title", name);
	ck_assert_msg(row->does != NULL && strlen(row->does) > 10, "%s does nothing", name);
	ck_assert_msg(row->wants > 0, "%s wants nothing of our client", name);
	for (size_t i = 0; i < row->wants; i++) {
		if (row->must == LAB_REFUSE || row->must == LAB_FAIL)
			ck_assert_msg(row->want[i].code != TLSW_OK, "%s: not refused", name);
		if (row->must == LAB_ACCEPT)
			ck_assert_msg(row->want[i].code == TLSW_OK, "%s: not accepted", name);
	}
}

START_TEST(rows_are_numbered_without_a_gap)
{
	ck_assert_uint_eq(lab_certs_count, 82);
	ck_assert_uint_eq(lab_protocol_count, 76);
	for (size_t i = 0; i < lab_certs_count; i++)
		check_name(&lab_certs[i], 'C', i + 1);
	for (size_t i = 0; i < lab_protocol_count; i++)
		check_name(&lab_protocol[i], 'P', i + 1);
}
END_TEST

START_TEST(every_row_says_what_it_does_and_what_is_wanted)
{
	const struct lab_row *row;

	for (size_t i = 0; (row = lab_row_at(i)) != NULL; i++)
		check_row(row);
}
END_TEST

#define DIALOGUES 36

/* All of the list, each in the protocols that it fits. */
START_TEST(dialogues_are_there_for_every_line_protocol)
{
	bool seen[DIALOGUES + 1] = {false};
	size_t count, each[LAB_LINE_PROTOCOLS] = {0};
	const struct lab_row *rows = lab_dialogues(&count);

	for (size_t i = 0; i < count; i++) {
		int number = atoi(rows[i].name + 1);

		ck_assert_int_ge(number, 1);
		ck_assert_int_le(number, DIALOGUES);
		seen[number] = true;
		for (size_t p = 0; p < LAB_LINE_PROTOCOLS; p++)
			each[p] += strcmp(rows[i].protocol, lab_line_protocols[p].name) == 0;
	}
	for (int i = 1; i <= DIALOGUES; i++)
		ck_assert_msg(seen[i], "S%02d is missing", i);
	for (size_t p = 0; p < LAB_LINE_PROTOCOLS; p++)
		ck_assert_uint_ge(each[p], DIALOGUES);
}
END_TEST

static void
check_servable(const struct lab_row *row)
{
	struct lab_server server;
	SSL_CTX *ctx;

	if (strcmp(row->name, "C02") == 0) /* its key takes seconds; test_lab_certs makes it */
		return;
	lab_server_make(lab, row, &server);
	ctx = peer_ssl_ctx(&server.options);
	ck_assert_msg(ctx != NULL, "%s cannot be served", row->name);
	SSL_CTX_free(ctx);
	lab_server_free(&server);
}

START_TEST(every_server_can_be_made)
{
	const struct lab_row *row;

	for (size_t i = 0; (row = lab_row_at(i)) != NULL; i++)
		check_servable(row);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("lab");
	TCase *t = tcase_create("rows");

	tcase_add_unchecked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 30);
	tcase_add_test(t, rows_are_numbered_without_a_gap);
	tcase_add_test(t, every_row_says_what_it_does_and_what_is_wanted);
	tcase_add_test(t, dialogues_are_there_for_every_line_protocol);
	tcase_add_test(t, every_server_can_be_made);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return support_run(suite());
}
