/*
 * cert.h - an X509 as plain data: identifiers, names, dates, serial, pin.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TLSW_CERT_H
#define TLSW_CERT_H

#include <openssl/x509.h>

#include "tlswrap.h"

/**
 * A certificate object over leaf, with chain[0...] above it as its issuers; a
 * chain that begins with leaf itself is fine, chain may be NULL. Takes
 * references of its own. NULL: TLSW_ERR_MEMORY is set.
 */
tls_certificate *tlsw__cert_new(X509 *leaf, STACK_OF(X509) *chain);

/** The X509 below, lent. */
X509 *tlsw__cert_x509(const tls_certificate *cert);

#endif
