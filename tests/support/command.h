/*
 * command.h - run a program of this tree, with input, and see what it did.
 *
 * No libcheck in here. SPDX-License-Identifier: ISC
 */
#ifndef COMMAND_H
#define COMMAND_H

#include <stddef.h>

#define COMMAND_KILLED 256 /* added to the number of the signal */

struct command {
	const char *const *argv; /* argv[0] is a path below the build directory */
	const char *const *env;  /* "NAME=value" to add; NULL: nothing */
	const void *input;       /* standard input; NULL: it stays open and silent */
	size_t input_len;
	int limit_s; /* 0: 20 */
};

struct command_result {
	int status; /* the exit status, or COMMAND_KILLED and the signal */
	char *out, *err; /* NUL behind the last byte */
	size_t out_len, err_len;
};

/** Run it to its end. 0; -1 with a line on stderr when it could not be run. */
int command_run(const struct command *command, struct command_result *result);
void command_result_free(struct command_result *result);

#endif
