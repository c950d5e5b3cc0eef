/*
 * staple.h - the OCSP answer that a server staples to its certificate
 * (RFC 6960, RFC 6066 section 8).
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TLSW_STAPLE_H
#define TLSW_STAPLE_H

#include <stddef.h>
#include <time.h>

#include <openssl/x509.h>

#include "tlswrap.h"

/**
 * Whether what came with the handshake will do. path is the verified path,
 * leaf first; answer NULL is none; when as in the policy, 0 is now. Returns 0,
 * or -1 with the error set (TLSW_ERR_CERTIFICATE with TLSW_REASON_OCSP, and
 * _REVOKED where that is what it says).
 */
int tlsw__staple_check(enum tlsw_ocsp mode, STACK_OF(X509) *path, const void *answer, size_t len,
    time_t when);

#endif
