/*
 * lab_client.h - our own client against one row of the lab.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef LAB_CLIENT_H
#define LAB_CLIENT_H

#include "lab.h"
#include "support/support.h"

/** Make and free the hierarchies: an unchecked fixture. */
void lab_client_setup(void);
void lab_client_teardown(void);

/** How many tries the rows have: one for each thing wanted of our client. */
int lab_client_tries(const struct lab_row *rows, size_t count);

/** The try of that number: everything about it is as the row says, or the test fails. */
void lab_client_try(const struct lab_row *rows, int number);

#endif
