/*
 * ciphers.h - whether all of a cipher string means something.
 *
 * OpenSSL passes over what it does not know in a list, takes half a keyword
 * for the whole, and lets the string lower the security level. A policy that
 * is not read to its last octet is none.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TLSW_CIPHERS_H
#define TLSW_CIPHERS_H

/**
 * Check a list for TLS 1.2 in OpenSSL's syntax, element by element. Refused
 * are: a name that OpenSSL does not know, DEFAULT behind the beginning (where it
 * would mean nothing), Suite B (which would ignore the rest), any '@' but
 * @STRENGTH. To exclude a retired algorithm that this OpenSSL no longer has is
 * fine. 0; -1 with TLSW_ERR_USAGE or _MEMORY set. OpenSSL's error queue is the callee's.
 */
int tlsw__ciphers_check(const char *list);

/** The same for cipher suites of TLS 1.3: a list of names, one at least. */
int tlsw__ciphers_check_suites(const char *list);

#endif
