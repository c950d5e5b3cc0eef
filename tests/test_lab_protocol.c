/*
 * test_lab_protocol.c - our own client against the lab's 76 protocol servers.
 *
 * Rows of the wall, by server: wall: J01 (P49, P50), wall: J05 (P29),
 * wall: J15 (P51), wall: K01 (P41, P70), wall: K03 (P31), wall: K04 (P32, P33,
 * P39), wall: K05 (P76), wall: K06 (P42, P61, P62), wall: K07 (P38, P64 to
 * P69), wall: K09 (P30), wall: K12 (P27), wall: K14 (P73), wall: K15 (P58,
 * P59), wall: M08 (P17), wall: M11 (P18, P19).
 *
 * SPDX-License-Identifier: ISC
 */
#include "lab_client.h"

START_TEST(protocol_server)
{
	lab_client_try(lab_protocol, _i);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("lab_protocol");
	TCase *t = tcase_create("protocol");

	tcase_add_unchecked_fixture(t, lab_client_setup, lab_client_teardown);
	tcase_set_timeout(t, 30);
	tcase_add_loop_test(
	    t, protocol_server, 0, lab_client_tries(lab_protocol, lab_protocol_count));
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return support_run(suite());
}
