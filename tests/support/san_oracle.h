/*
 * san_oracle.h - our walk through a subjectAltName against OpenSSL's decoder.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef SAN_ORACLE_H
#define SAN_ORACLE_H

#include <stddef.h>

#include <openssl/x509.h>

/**
 * NULL when both see the same, or a text about the difference. Ours may refuse
 * what is no DER, and may accept what OpenSSL refuses only because of an entry
 * of a kind that ours passes over.
 */
const char *san_disagreement(X509 *x509);

/** The same for the octets of an extension's value, without a certificate around them. */
const char *san_value_disagreement(const void *value, size_t len);

#endif
