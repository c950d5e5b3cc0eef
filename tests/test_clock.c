/* SPDX-License-Identifier: ISC */
#include "support/support.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include "clock.h"

START_TEST(a_negative_timeout_never_ends)
{
	ck_assert(tlsw__deadline_in(-1) == TLSW__NEVER);
	ck_assert_int_eq(tlsw__deadline_left(TLSW__NEVER), -1);
}
END_TEST

START_TEST(a_passed_deadline_has_nothing_left)
{
	ck_assert_int_eq(tlsw__deadline_left(tlsw__deadline_in(0)), 0);
	ck_assert_int_gt(tlsw__deadline_left(tlsw__deadline_in(INT_MAX)), INT_MAX / 2);
}
END_TEST

START_TEST(the_first_of_two_counts)
{
	tlsw__deadline soon = tlsw__deadline_in(10);

	ck_assert(tlsw__deadline_first(soon, TLSW__NEVER) == soon);
	ck_assert(tlsw__deadline_first(TLSW__NEVER, soon) == soon);
}
END_TEST

static void
tick(int signal_number)
{
	(void)signal_number;
}

/* wall: J14 */
START_TEST(signals_do_not_shorten_a_wait)
{
	struct sigaction sa = {.sa_handler = tick}; /* no SA_RESTART */
	struct itimerval every_ms = {{0, 1000}, {0, 1000}}, off = {{0, 0}, {0, 0}};
	tlsw__deadline end = tlsw__deadline_in(60);
	int fd[2];

	ck_assert_int_eq(pipe(fd), 0);
	ck_assert_int_eq(sigaction(SIGALRM, &sa, NULL), 0);
	ck_assert_int_eq(setitimer(ITIMER_REAL, &every_ms, NULL), 0);
	ck_assert_int_eq(tlsw__wait(fd[0], POLLIN, end), 0);
	ck_assert_int_eq(tlsw__deadline_left(end), 0);
	ck_assert_int_eq(setitimer(ITIMER_REAL, &off, NULL), 0);
	ck_assert_int_eq(write(fd[1], "x", 1), 1);
	ck_assert_int_eq(tlsw__wait(fd[0], POLLIN, TLSW__NEVER), 1);
	(void)close(fd[0]);
	(void)close(fd[1]);
}
END_TEST

START_TEST(a_closed_descriptor_is_an_error)
{
	int fd[2];

	ck_assert_int_eq(pipe(fd), 0);
	(void)close(fd[0]);
	(void)close(fd[1]);
	ck_assert_int_eq(tlsw__wait(fd[0], POLLIN, TLSW__NEVER), -1);
	ck_assert_int_eq(errno, EBADF);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("clock");
	TCase *t = tcase_create("deadlines");

	tcase_add_test(t, a_negative_timeout_never_ends);
	tcase_add_test(t, a_passed_deadline_has_nothing_left);
	tcase_add_test(t, the_first_of_two_counts);
	tcase_add_test(t, signals_do_not_shorten_a_wait);
	tcase_add_test(t, a_closed_descriptor_is_an_error);
	suite_add_tcase(s, t);
	return support_run(s);
}
