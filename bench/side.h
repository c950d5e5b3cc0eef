/*
 * side.h - one side of a comparison: a program for each TLS library.
 *
 * raw.c, ours.c, gnutls.c, wolfssl.c, mbedtls.c and libtls.c each say how their
 * library does what is named peer_* here. work.c measures the same work
 * through these names for every side, side.c obeys the driver (tlsw-bench.c),
 * count.c counts reads. A library of its own process: nobody pays for another
 * one's start-up, symbols or memory.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef BENCH_SIDE_H
#define BENCH_SIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define BENCH_HOST "www.example.org" /* what the server's certificate names */
#define BENCH_LINE 80		     /* octets of a line, LF included */
#define BENCH_RECORD 16384	     /* octets of a full TLS record */

/* --- what each library says about itself ---------------------------------- */

/** Its name with its version. */
const char *peer_name(void);

/** Turn a variation on ("resume", "read-ahead"); false if it is not to be had here. */
bool peer_option(const char *option);

/**
 * What a program makes once: a client context that verifies chain and host
 * name. Trusts the system's bundle, which bundle repeats for libraries that
 * take a path and SSL_CERT_FILE says for the others. NULL: not to be had.
 */
void *peer_default_context(const char *bundle);

/** The same trusting the certificates in one file only. */
void *peer_context(const char *ca_file);
void peer_context_free(void *context);

/** Handshake on a connected descriptor, verified for host; NULL when refused. */
void *peer_connect(void *context, int fd, const char *host);
ssize_t peer_read(void *connection, void *buf, size_t len);
bool peer_write(void *connection, const void *buf, size_t len);
bool peer_resumed(void *connection);
/** Send close_notify, free the connection; fd stays open. */
void peer_close(void *connection);

/* The rest is optional: who has nothing of the kind leaves it out. */
#pragma weak peer_certificate
#pragma weak peer_match
#pragma weak peer_lines

/** A parsed certificate (DER), and whether it names host. */
void *peer_certificate(const void *der, size_t len);
bool peer_match(void *certificate, const char *host);

/** Lines by what the library has for them; NULL where it has nothing. */
struct peer_lines {
	void (*read)(void *connection, unsigned long lines);
	void (*write)(void *connection, const char *line, unsigned long lines);
};
const struct peer_lines *peer_lines(const char *way);

/* --- what side.c and count.c offer ---------------------------------------- */

/** The arguments of this run, "name=value"; the last one of a name counts. */
const char *side_text(const char *name, const char *fallback);
unsigned long side_number(const char *name, unsigned long fallback);

/** End this side: "absent" tells the driver that there is nothing to measure. */
_Noreturn void side_absent(const char *why);
_Noreturn void side_die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Processor time of this process in seconds. */
double side_cpu(void);

/** A new TCP connection to the server. */
int side_dial(void);

/** A whole file; the caller frees it. */
void *side_load(const char *path, size_t *len);

/** How often this process has called read(), recv() and their like. */
unsigned long count_reads(void);

/* --- what work.c offers --------------------------------------------------- */

struct work {
	const char *name;
	void (*prepare)(void); /* NULL: nothing to do */
	double (*run)(void);   /* one sample: seconds, octets or calls for one piece of work */
};
const struct work *work_find(const char *name);

#endif
