/*
 * lab_command.h - the client under test: a command, run once for each row.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef LAB_COMMAND_H
#define LAB_COMMAND_H

#include <stdbool.h>

/** What stands for %h, %p and the like. */
struct lab_command_words {
	const char *host, *address, *url_address, *ca_file, *crl_file, *protocol, *name;
	char port[8], url[300];
};

enum lab_command_how {
	COMMAND_ACCEPTED, /* exit status 0 */
	COMMAND_REFUSED,  /* any other */
	COMMAND_HUNG,
	COMMAND_CRASHED,  /* ended by a signal of its own */
	COMMAND_FAILED    /* it could not be run at all */
};

struct lab_command_end {
	enum lab_command_how how;
	int status;            /* exit status or signal */
	int ms;
	char last_words[200];  /* the last line that it wrote */
};

/** Whether an argument holds %letter. */
bool lab_command_mentions(char *const *command, char letter);

/** Run it and wait, at most so long; 0, or -1 with a line on stderr when it cannot be run. */
int lab_command_run(char *const *command, const struct lab_command_words *words, int timeout_ms,
    struct lab_command_end *end);

#endif
