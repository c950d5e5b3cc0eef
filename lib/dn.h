/*
 * dn.h - a distinguished name as text, for people only: no code of ours ever
 * reads such a text.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TLSW_DN_H
#define TLSW_DN_H

#include <stddef.h>

#include <openssl/x509.h>

/** Room for a name's text and its NUL; what is longer ends in "...". */
#define TLSW__DN_SIZE 1024

/**
 * The name as RFC 4514 writes it, most specific part first, in printable
 * ASCII: all else is escaped as \XX. Known attribute types have their short
 * name, others their number and the value in hexadecimal. size is 8 or more.
 * Returns out, or NULL when memory is short.
 */
char *tlsw__dn_text(char *out, size_t size, const X509_NAME *name);

#endif
