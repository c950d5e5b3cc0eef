/*
 * check.h - what the parts of check_servers share.
 *
 * A case is a function that returns whether all was as it should be, and before
 * it returns false says in complain() what was not.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <tlswrap.h>

#define PATIENCE_MS 10000 /* for a handshake, and for an answer */

#define USER "tlstest"
#define PASSWORD "secret"

/* The addresses of each server; helper.c says what they are for. */
#define GOOD "127.0.0.1"
#define OTHER "127.0.0.2"
#define EXPIRED "127.0.0.3"
#define UNKNOWN "127.0.0.4"
#define DEMANDS "127.0.0.5"

/** The directory that run.sh has made. */
extern const char *directory;

/** The port of that name in DIRECTORY/ports, in digits. Does not return if there is none. */
const char *port_of(const char *name);

/** A path below the directory; lent until the fourth call from now. */
const char *below(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Run a case, if its name is wanted. */
void check(bool (*run)(const void *arg), const void *arg, const char *name, ...)
    __attribute__((format(printf, 3, 4)));

/** Say what is wrong: always false. */
bool complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** The same about the library's last error. */
bool complain_error(const char *what);

/**
 * A context for this PKI that speaks one version; credentials is the name of a
 * client certificate, or NULL.
 */
tls_context *new_context(enum tlsw_version version, const char *credentials);

/** Connect to a port of that name and wrap; NULL with tls_last_error(). */
tls_socket *reach(
    tls_context *ctx, const char *address, const char *port_name, int protocol, const char *host);
#define AT_ONCE (-1) /* protocol: TLS from the first octet on */

/**
 * Send a line, unless it is NULL, and read lines until one begins with the text.
 * It gives up at a line that is a refusal. The last line is kept.
 */
bool talk(tls_socket *s, const char *say, const char *hear);
const char *last_line(void);

void check_handshakes(void);
void check_transfers(void);
void check_examples(void);
void check_scram(void);

#endif
