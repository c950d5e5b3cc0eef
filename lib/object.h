/*
 * object.h - OpenSSL's objects from DER, whole or not at all.
 *
 * OpenSSL takes down for good, in the object, what it could not work out when
 * memory was short (a public key, the extensions). An object that a whole
 * process shares must not carry such a mark.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TLSW_OBJECT_H
#define TLSW_OBJECT_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/x509.h>

/**
 * Decode a certificate, with its trust settings behind it (openssl-x509(1),
 * "Trust Settings") or without. Returns 1 with *cert and how many octets it
 * takes; 0: it is no certificate; -1: memory. OpenSSL's error queue is emptied.
 */
int tlsw__object_certificate(
    const unsigned char *der, size_t len, bool with_settings, X509 **cert, size_t *used);

/** The same for a revocation list. */
int tlsw__object_crl(const unsigned char *der, size_t len, X509_CRL **crl);

#endif
