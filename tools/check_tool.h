/*
 * check_tool.h - tlswrap check: many servers at once, what is wrong with each, and
 * for how long the others will do.
 *
 *     check.c            options, and the order of things
 *     check_targets.c    PROTO://HOST:PORT, one or a file of them
 *     check_resolve.c    names to addresses, by a few threads
 *     check_run.c        the loop
 *     check_result.c     what is kept of a connection, and the verdict
 *     check_progress.c, check_print.c, check_json.c, check_html.c   the reports
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TOOL_CHECK_TOOL_H
#define TOOL_CHECK_TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "connect.h"
#include "error.h"
#include "tlswrap.h"
#include "tool.h"

/** What is said about a server; the worst of all is the exit status, as monitoring expects it. */
enum check_verdict { CHECK_GOOD = 0, CHECK_WARNING = 1, CHECK_CRITICAL = 2, CHECK_VERDICTS = 3 };

/** The exit status when there is no verdict: usage, CA certificates, memory, a file. */
#define CHECK_UNKNOWN 3

/** How a check came out. Starts as critical. */
struct check_result {
	enum check_verdict verdict;
	enum tlsw_error code;
	unsigned long reasons; /* TLSW_REASON_* */
	int os_errno;
	char *message;	  /* NULL: nothing to say, or no memory for it */
	bool dated;	  /* a certificate was seen, and not_after is there */
	time_t not_after; /* of the leaf */
	bool above;	  /* it is a CA certificate above the leaf that expires too soon */
	long days_left;	  /* whole days, below 0 from a day after it has expired */
	char *issuer;	  /* of the leaf, as RFC 4514 writes it; NULL: none was seen */
	char version[16]; /* "TLSv1.3"; "" before there was one */
};

struct check_target {
	char *host; /* as it was asked for */
	char *name; /* for people: in ASCII, with port, "[2001:db8::1]:993" */
	char port[TLSW__PORT_SIZE];
	int protocol; /* an enum tlsw_protocol, or TOOL_DIRECT */
	struct check_result result;
};

struct check_targets {
	struct check_target *list;
	size_t count;
};

struct check {
	tls_context *ctx;
	struct check_targets targets;
	size_t jobs; /* so many at once at most */
	int timeout_ms;
	long warn_days;
	time_t now;
	size_t totals[CHECK_VERDICTS];
	size_t finished;
};

/* ----------------------------------------------------------------- the targets */

/** Take one from the command line. EXIT_GOOD, or another status with the failure printed. */
int check_targets_add(struct check_targets *targets, const char *text);

/** Take those of a file, "-" is standard input: one a line, "#" begins a comment. Likewise. */
int check_targets_load(struct check_targets *targets, const char *path);

void check_targets_clear(struct check_targets *targets);

/* --------------------------------------------------------------------- the loop */

/** Check them all: false when the loop itself cannot run, with the failure printed. */
bool check_run(struct check *check);

/* ------------------------------------------------------------------- the results */

/** A server was accepted. */
void check_accept(struct check *check, struct check_target *target, const tls_socket *s);

/** One was not, or could not be asked: this thread's last error tells why. s may be NULL. */
void check_refuse(struct check *check, struct check_target *target, const tls_socket *s);

/** Why, in a few words: "expired, unknown CA", "Connection refused"; "" when all is good. */
void check_reason(const struct check_result *result, char *out, size_t size);

/** The issuer in a few words: its common name, or the whole if it has none. "" if unknown. */
void check_issuer(const struct check_result *result, char *out, size_t size);

const char *check_verdict_name(enum check_verdict verdict);

/** Room for the texts above. */
#define CHECK_TEXT 1024

/** "2026-11-20T14:10:00Z"; "" when it has no such form. */
void check_time(time_t when, char out[32]);

/** The worst verdict of all. */
enum check_verdict check_worst(const struct check *check);

/** "2 of 9 hosts critical, 1 warning", in out. */
void check_summary(const struct check *check, char *out, size_t size);

/* ------------------------------------------------------------------- the reports */

/** Show how far it is, on a terminal; called often, draws seldom. When it wants to be called next.
 */
tlsw__deadline check_progress(const struct check *check);
void check_progress_end(void);

/** How many columns the terminal has that fd is; 0: it is none, or does not tell. */
size_t check_columns(int fd);

/** All results on standard output. An exit status: CHECK_GOOD, or CHECK_UNKNOWN if that fails. */
int check_print(const struct check *check);
int check_print_json(const struct check *check);

/** All results as one page, in a file. Likewise. */
int check_write_html(const struct check *check, const char *path);

#endif
