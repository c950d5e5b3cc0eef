/*
 * explain.h - what went wrong, in words that name the things involved.
 *
 * Nothing here decides anything: it turns what was found into texts.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TLSW_EXPLAIN_H
#define TLSW_EXPLAIN_H

#include <stddef.h>
#include <time.h>

#include "chain.h"
#include "error.h"

struct tlsw__verify_request;
struct tlsw__verdict;

/**
 * Fill this thread's error for a refused certificate: code, message, details,
 * reasons, the certificate. chain is NULL when only the name was looked at.
 */
void tlsw__explain_refusal(const struct tlsw__verify_request *request,
    const struct tlsw__chain *chain, const struct tlsw__verdict *verdict);

/**
 * Fill this thread's error with octets that are not TLS: quoted, and the
 * protocol named when the greeting is known. Returns -1.
 */
int tlsw__explain_not_tls(enum tlsw_error code, const void *data, size_t len);

#define TLSW__TIME_SIZE 40

/** "2026-11-20T14:10:00Z", in out or a static text. */
const char *tlsw__explain_time(char out[TLSW__TIME_SIZE], time_t when);

#endif
