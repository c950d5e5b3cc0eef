/*
 * support.h - what every test program includes first.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef SUPPORT_H
#define SUPPORT_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>

#include "tlswrap.h"

/** The -1 (or NULL), the code, and that there is a text. */
#define ck_assert_refused(call, expected)                                                      \
	do {                                                                                   \
		tls_error_clear();                                                             \
		ck_assert_msg((call) == -1, #call " succeeded");                               \
		support_assert_error(expected, #call, __FILE__, __LINE__);                     \
	} while (0)
#define ck_assert_refused_null(call, expected)                                                 \
	do {                                                                                   \
		tls_error_clear();                                                             \
		ck_assert_msg((call) == NULL, #call " succeeded");                             \
		support_assert_error(expected, #call, __FILE__, __LINE__);                     \
	} while (0)

/** For calls that must work: the message of the failure is shown. */
#define ck_assert_works(call) ck_assert_msg((call), #call ": %s\n%s",                          \
	    tls_last_error()->message, tls_last_error()->details)

void support_assert_error(enum tlsw_error expected, const char *call, const char *file, int line);

/** Run one suite; the value for main(). Respects CK_FORK, CK_RUN_CASE and the like. */
int support_run(Suite *suite);

/** A whole file of tests/ in memory, NUL added; the caller frees it. Fails the test if it is not there. */
char *support_read_file(const char *name, size_t *len);

#endif
