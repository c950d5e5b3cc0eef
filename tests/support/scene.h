/*
 * scene.h - one server, one descriptor, what the server saw; and this very
 * program run again as a client in a process of its own, for what only a fresh
 * process can show: other environments, other limits, other rights.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef SCENE_H
#define SCENE_H

#include <stdbool.h>
#include <stddef.h>

#include "support/peer.h"
#include "support/pki.h"
#include "support/support.h"

/** A server that runs, the descriptor that leads to it, and its last report. */
struct scene {
	struct peer_options options;
	struct peer peer;
	struct peer_report report;
	int fd;
};

/** A context that trusts one CA, from memory. */
tls_context *scene_trusting(const struct pki *anchor);

/** Start a server; scene_connect() gives another descriptor to one of several connections. */
void scene_serve(struct scene *scene, struct peer_options options);
void scene_connect(struct scene *scene);

/** Close the descriptor and wait for the report of its connection. */
void scene_hang_up(struct scene *scene);

/** The same, and the end of the server. */
void scene_end(struct scene *scene);

/** The options of a server with that certificate. */
struct peer_options scene_server(const struct pki *cert);

/** A failed wrap leaves the descriptor open, and shut down both ways. */
void scene_assert_open_and_shut(const struct scene *scene);

/** Nothing that matters has arrived: no Finished, no certificate, no application data. */
void scene_assert_server_got_nothing(const struct scene *scene);

/* ------------------------------------------------------------- a client apart */

#define SCENE_TEXT 1024

/** How a client came out: its code (TLSW_OK after a byte-exact echo) and its message. */
struct scene_outcome {
	int code;
	char text[SCENE_TEXT];
};

/** What a client apart is asked to do. Fields left out are not changed. */
struct scene_client {
	const char *program;  /* NULL: this one */
	const char *wrapper;  /* a program that runs it, "faketime" with its argument in wrapper_arg */
	const char *wrapper_arg;
	const char *ca_file;  /* NULL: tls_create_default_context() */
	const char *host;
	int port;
	int min_version;      /* set when not 0 */
	const char *ciphers;  /* set when not NULL */
	const char *const *env; /* "NAME=value", or "NAME" to remove it; NULL at its end */
};

/** Run it in a process of its own; libcheck's fork mode is not needed. */
struct scene_outcome scene_run(const struct scene_client *client);

/** main() of a test program calls this first: true when it was such a client and is done. */
bool scene_was_client(int argc, char **argv, int *status);

#endif
