/*
 * tool.h - what the subcommands of tlswrap(1) share.
 *
 * A subcommand is one file with one function run_<name>, and one row in the
 * table of main.c. It gets its own name as argv[0] and returns an exit status.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TOOL_H
#define TOOL_H

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "tlswrap.h"

/** The exit statuses, as tlswrap(1) lists them. Scripts rely on them: add at the end only. */
enum tool_exit {
	EXIT_GOOD = 0,
	EXIT_LOCAL = 1,       /**< something on this side: a file, standard output, memory */
	EXIT_USAGE = 2,       /**< options, operands, or a host name that is none */
	EXIT_NETWORK = 3,     /**< no address, no connection, no answer in time, a reset */
	EXIT_TLS = 4,         /**< not TLS, or TLS that fails before or beside the certificate */
	EXIT_CERTIFICATE = 5, /**< the certificate is refused */
	EXIT_NAME = 6,        /**< the certificate is good, but for another host */
	EXIT_TRUNCATED = 7,   /**< the connection ended without close_notify */
	EXIT_TRUST = 8,       /**< the CA certificates cannot be used */
	EXIT_LAB = 9          /**< the client under test did something wrong */
};

int run_bundle(int argc, char **argv);
int run_check(int argc, char **argv);
int run_connect(int argc, char **argv);
int run_lab(int argc, char **argv);
int run_match(int argc, char **argv);
int run_trust(int argc, char **argv);
int run_verify(int argc, char **argv);

/* ------------------------------------------------------------------ report.c */

/** The exit status for a code of the library. */
int tool_exit_code(enum tlsw_error code);

/**
 * Print a failure of the library as "tlswrap: SUBJECT: message", with its
 * details indented below. Returns the exit status for it.
 */
int tool_failed(const char *subject, const struct tls_error_info *error);

/** Print "tlswrap: COMMAND: message" and where help is. Returns EXIT_USAGE. */
int tool_usage_error(const char *command, const char *format, ...)
    __attribute__((__format__(__printf__, 2, 3)));

/** Print octets of others: what is not printable ASCII leaves as \xNN. */
void tool_print_escaped(FILE *out, const void *data, size_t len);

/** Print an identifier with its kind: DNS "*.example.org", IP 192.0.2.1. */
void tool_print_name(FILE *out, const struct tls_name *name);

/** Print every identifier of a certificate, one a line behind the indent. */
void tool_print_names(FILE *out, const char *indent, const tls_certificate *cert);

/** Print the heading "presented names" and each of them, indented. */
void tool_print_presented(FILE *out, const tls_certificate *cert);

/** Print which of a certificate's identifiers is the one for host. */
void tool_print_matched(FILE *out, const tls_certificate *cert, const char *host);

/** Read a certificate and its chain; NULL: the failure is printed, *status set. */
tls_certificate *tool_load_certificate(const char *file, int *status);

/** Print a chain for people, leaf first; each line starts with indent. */
void tool_print_chain(FILE *out, const char *indent, const tls_certificate *leaf);

/** The name of a TLSW_REASON_* bit, one position after the other; NULL behind the last. */
const char *tool_reason(size_t position, unsigned long *bit);

/** Print the names of TLSW_REASON_* bits: "expired, other host". */
void tool_print_reasons(FILE *out, unsigned long reasons);

/** Print a moment as 2026-11-20T14:10:00Z, or "?" when there is none. */
void tool_print_time(FILE *out, time_t when);

/** Whether standard output took everything; says so if not. EXIT_GOOD or EXIT_LOCAL. */
int tool_flush(void);

/* -------------------------------------------------------------------- pipe.c */

/**
 * Join standard input and output to a socket over a non-blocking descriptor,
 * until the peer ends. name is what failures, which are printed, begin with.
 * EXIT_GOOD after the peer's close_notify, or another status.
 */
int tool_pipe(tls_socket *s, const char *name);

/* --------------------------------------------------------------- protocols.c */

/** In place of an enum tlsw_protocol: TLS from the first octet. */
#define TOOL_DIRECT (-1)

struct tool_protocol {
	const char *name; /* "imap" */
	int protocol;	  /* an enum tlsw_protocol, or TOOL_DIRECT */
	const char *port; /* where it is at home */
};

/** The protocol of that name, in any case; NULL: there is none. */
const struct tool_protocol *tool_protocol(const char *name, size_t len);

/** What begins in plaintext on a port that is its home; TOOL_DIRECT for other ports. */
int tool_protocol_of_port(const char *port);

/* ----------------------------------------------------------------- replace.c */

/**
 * Make a file of these octets, mode 0644: whole or not at all, and in place of
 * one that is there. What is there and is no file, as /dev/null, is written to.
 * Returns whether it worked; errno tells why not.
 */
bool tool_replace_file(const char *path, const char *text, size_t len);

/* ----------------------------------------------------------------- options.c */

/** The options about trust that several subcommands know, as they are met. */
struct tool_trust {
	tls_context *ctx; /* owned */
	bool loaded;      /* a CA was named: the system's do not count */
	bool insecure;
};

enum {
	OPT_HELP = 256,
	OPT_CA_FILE,
	OPT_CA_DIR,
	OPT_INSECURE,
	OPT_SERVER_NAME,
	OPT_SHOW,
	OPT_STARTTLS,
	OPT_RECONNECT,
	OPT_TIMEOUT,
	OPT_AT,
	OPT_STRICT
};

/* Rows for the table of getopt_long(3). */
#define TOOL_TRUST_OPTIONS                                                                     \
	{"ca-file", required_argument, NULL, OPT_CA_FILE},                                     \
	{                                                                                      \
		"ca-dir", required_argument, NULL, OPT_CA_DIR                                  \
	}
#define TOOL_HELP_OPTION                                                                       \
	{                                                                                      \
		"help", no_argument, NULL, OPT_HELP                                            \
	}
#define TOOL_END_OF_OPTIONS                                                                    \
	{                                                                                      \
		NULL, 0, NULL, 0                                                               \
	}

/**
 * Hand each option to take, until one is not EXIT_GOOD: that is the result then.
 * -1 when help was asked for, and given; else EXIT_GOOD, operands from optind on.
 */
int tool_options(int argc, char **argv, const char *letters, const struct option *table,
    const char *usage, int (*take)(void *into, int option), void *into);

/** Make the context. EXIT_GOOD, or another status when that fails. */
int tool_trust_init(struct tool_trust *trust);
void tool_trust_done(struct tool_trust *trust);

/** Take OPT_CA_FILE or OPT_CA_DIR. EXIT_GOOD, or another status with the failure printed. */
int tool_trust_option(struct tool_trust *trust, int option, const char *value);

/** After the last option: the system's CAs, if none was named. Likewise. */
int tool_trust_finish(struct tool_trust *trust);

/** Seconds with fractions as milliseconds; false unless 0.001 to 2000000. */
bool tool_parse_seconds(const char *text, int *ms);

/** "2026-11-20", "2026-11-20T14:10:00Z" or "@SECONDS" since the epoch. */
bool tool_parse_time(const char *text, time_t *when);

/**
 * Split HOST, HOST:PORT, [V6], [V6]:PORT or a bare V6; text is cut up in
 * place, port stays as it is when there is none. false: malformed.
 */
bool tool_parse_host(char *text, const char **host, const char **port);

#endif
