/*
 * test_lab_certs.c - our own client against the lab's 82 certificate servers.
 *
 * Rows of the wall, by server: wall: A23 (C68), wall: B01 (C35, C36),
 * wall: E01 (C23), wall: E04 (C23, C25), wall: E08 (C72), wall: E10 (C66 to
 * C68), wall: E11 (C70, C71), wall: E16 (C18, C76, C78), wall: M08 (C65, C69).
 *
 * SPDX-License-Identifier: ISC
 */
#include "lab_client.h"

START_TEST(certificate_server)
{
	lab_client_try(lab_certs, _i);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("lab_certs");
	TCase *t = tcase_create("certificates");

	tcase_add_unchecked_fixture(t, lab_client_setup, lab_client_teardown);
	tcase_set_timeout(t, 30);
	tcase_add_loop_test(t, certificate_server, 0, lab_client_tries(lab_certs, lab_certs_count));
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return support_run(suite());
}
