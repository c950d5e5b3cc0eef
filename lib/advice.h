/*
 * advice.h - why two ends did not come together, which setting stands between
 * them, and what changing it would give up.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TLSW_ADVICE_H
#define TLSW_ADVICE_H

#include "context.h"

/** What is known about a handshake that failed. */
struct tlsw__attempt_facts {
	const tls_context *context;
	bool certificate_asked; /* for a client certificate */
};

/** Fill this thread's error for an alert that the peer sent. Returns -1. */
int tlsw__advise_alert(const struct tlsw__attempt_facts *facts, int alert);

/**
 * Fill this thread's error for a refusal of OpenSSL's own, which its error queue
 * tells; what is what to call it. Returns -1.
 */
int tlsw__advise_openssl(const struct tlsw__attempt_facts *facts, enum tlsw_error code,
    const char *what);

#endif
