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

/**
 * What hangs above a certificate, as a stack of lent X509: sk_X509_free() it.
 * 0; -1 with TLSW_ERR_MEMORY set.
 */
int tlsw__cert_rest(const tls_certificate *cert, STACK_OF(X509) **rest);

/** The X509 below, lent. */
X509 *tlsw__cert_x509(const tls_certificate *cert);

/** A date of a certificate in seconds since the epoch; -1 when it cannot be decoded. */
time_t tlsw__cert_seconds(const ASN1_TIME *t);

/**
 * A cursor in the subjectAltName of a certificate. It reads DER only (definite
 * lengths in their shortest form), stays inside, and allocates nothing; the
 * names lie in the certificate itself.
 */
struct tlsw__san {
	const unsigned char *at, *end;
};

/**
 * Begin. 1: the extension is there; 0: it is not; -1: it is malformed (also
 * when empty), or there twice, and nothing in it may count.
 */
int tlsw__san_open(const X509 *x509, struct tlsw__san *san);

/** The same for a certificate object, which has begun once and knows. */
int tlsw__cert_san(const tls_certificate *cert, struct tlsw__san *san);

/**
 * The next entry of one of the kinds of enum tlsw_name_type, for SRV the
 * IA5String inside the otherName. Other kinds are passed over. 1: *name is
 * set; 0: the end; -1: malformed, and what came before may not count either.
 */
int tlsw__san_next(struct tlsw__san *san, struct tls_name *name);

#endif
