/*
 * test_lab_dialogues.c - our own client against the lab's STARTTLS servers, for
 * SMTP, IMAP, POP3, FTP and NNTP.
 *
 * Rows of the wall, by server: wall: I01 (S13 to S15, S34), wall: I03 (S09),
 * wall: I04 (S04 to S07, S33), wall: I05 (S08), wall: I06 (S10 to S12), wall: I07
 * (S03), wall: I09 (S20, S21), wall: I10 (S11, S19), wall: I13 (S29).
 *
 * SPDX-License-Identifier: ISC
 */
#include "lab_client.h"
#include "lab_talk.h"

START_TEST(dialogue)
{
	size_t count;

	lab_client_try(lab_dialogues(&count), _i);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("lab_dialogues");
	TCase *t = tcase_create("dialogues");
	size_t count;
	const struct lab_row *rows = lab_dialogues(&count);

	tcase_add_unchecked_fixture(t, lab_client_setup, lab_client_teardown);
	tcase_set_timeout(t, 30);
	tcase_add_loop_test(t, dialogue, 0, lab_client_tries(rows, count));
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return support_run(suite());
}
