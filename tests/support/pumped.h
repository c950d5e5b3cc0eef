/*
 * pumped.h - a TLS server without a process of its own: it sits at the far end
 * of a socketpair and moves on only when pumped_step() is called. So a client
 * in the same thread meets the same octets at the same call in every run.
 *
 * It echoes what it reads, answers close_notify with its own, and may carry a
 * second server inside: then its application data is the other's wire.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef PUMPED_H
#define PUMPED_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <openssl/ssl.h>

#include "support/pki.h"

struct pumped {
	SSL *ssl;
	int near, far;         /* the client's end, the server's; -1, -1 for the inner one */
	struct pumped *inner;  /* borrowed; NULL: an echo */
	unsigned char *data;   /* application data that came in */
	size_t data_len;
	unsigned char *unsent; /* octets that the socketpair had no room for */
	size_t unsent_len;
	bool fin;              /* the client's end is closed */
	bool broken;           /* TLS failed, or was refused by the client */
};

/** The context of such servers; the caller frees it. */
SSL_CTX *pumped_ctx(const struct pki *leaf);

/** A server with that context, connected; wired: false for an inner one. */
void pumped_start(struct pumped *p, SSL_CTX *ctx, bool wired);

/** Take what came, answer it. */
void pumped_step(struct pumped *p);

/** Close both ends and free everything; the near end is then gone as well. */
void pumped_stop(struct pumped *p);

/* --------------------------------------------------- the client's way to it */

enum fault {
	FAULT_NONE,
	FAULT_ERRNO,      /* -1 and the errno */
	FAULT_SHORT,      /* one octet only */
	FAULT_END,        /* 0 */
	FAULT_CLAIM       /* more than was asked for */
};

/** recv(2) and send(2) on the near end, which go wrong as planned. */
struct faulty {
	struct pumped *server;
	enum fault fault;
	int error;       /* of FAULT_ERRNO */
	long at;         /* the call that fails, the first is 1 */
	bool again;      /* FAULT_ERRNO: all later ones fail as well, in both directions */
	size_t piece;    /* 0: as much as goes; else at most so many octets a call */
	bool gaps;       /* in each direction every second call is answered with EAGAIN */
	bool gapped[2];  /* the last one was */
	long calls;
	bool failed;     /* the planned call took place */
	bool in_write;   /* and was a write */
	int closed;
};

ssize_t faulty_read(void *faulty, void *buf, size_t len);
ssize_t faulty_write(void *faulty, const void *buf, size_t len);
int faulty_close(void *faulty);

#endif
