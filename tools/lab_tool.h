/*
 * lab_tool.h - what the parts of "tlswrap lab" share.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef LAB_TOOL_H
#define LAB_TOOL_H

#include "lab.h"
#include "tool.h"

/** The rows that were asked for by name or pattern; none named: all. */
struct lab_choice {
	char **names;
	int count;
};
bool lab_chosen(const struct lab_choice *choice, const struct lab_row *row);

/** EXIT_GOOD, or EXIT_USAGE with a complaint about a name that no row has. */
int lab_check_choice(const struct lab_choice *choice);

/** Write text to a new or old file; EXIT_GOOD, or EXIT_LOCAL with the reason printed. */
int lab_write_file(const char *path, const char *text);

/** Options of "lab serve" and "lab run". */
struct lab_options {
	struct lab_choice choice;
	const char *ca_file, *crl_file;
	bool json, verbose;
	int timeout_ms;
	char **command;
};
int lab_serve(const struct lab_options *options);
int lab_run(const struct lab_options *options);

#endif
