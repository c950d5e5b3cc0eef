/*
 * password.h - the password of an encrypted key, asked of the caller's
 * function and of nobody else: OpenSSL is never left to ask on the terminal.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TLSW_PASSWORD_H
#define TLSW_PASSWORD_H

#include <openssl/ui.h>

#include "tlswrap.h"

#define TLSW__PASSWORD_SIZE 1024

/** How asking went; what a failure is explained with. */
enum tlsw__asked {
	TLSW__NOT_ASKED,   /* nothing was encrypted */
	TLSW__NO_FUNCTION, /* there is nobody to ask */
	TLSW__NO_PASSWORD, /* the function gave none */
	TLSW__PASSWORD	   /* it gave one, kept here for a second look */
};

/** One question; begins as {.fn = fn, .arg = arg}. */
struct tlsw__ask {
	tlsw_password_fn fn; /* NULL: every question fails */
	void *arg;
	enum tlsw__asked state;
	int len;
	char password[TLSW__PASSWORD_SIZE + 1]; /* a NUL behind it */
};

/** Ask, once: later calls repeat the answer. Returns 0 with password and len, or -1. */
int tlsw__ask(struct tlsw__ask *ask);

/** A pem_password_cb over struct tlsw__ask *. */
int tlsw__ask_pem(char *buf, int size, int rwflag, void *ask);

/** The same for what asks through an UI; NULL when memory is short. UI_destroy_method() it. */
UI_METHOD *tlsw__ask_ui(void);

/** Wipe it. It may be asked again then. */
void tlsw__ask_clear(struct tlsw__ask *ask);

#endif
