/*
 * trust_support.h - a folder for CA files, and verification by a snapshot, for
 * the tests of the trust store.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TRUST_SUPPORT_H
#define TRUST_SUPPORT_H

#include <stddef.h>

#include <openssl/x509_vfy.h>

#include "trust.h"

/** A fresh folder, and its removal with all files and folders of one level in it. */
void scratch_make(void);
void scratch_remove(void);

/** The path of a file in it; lent until the folder is removed. */
const char *scratch_path(const char *name);

/** Write a file in it, over an existing one; len SIZE_MAX is a string. Its path. */
const char *scratch_write(const char *name, const void *data, size_t len);

/** Put a text as HASH.number for the subject of x into a folder in it, made if need be. */
const char *scratch_rehash(const char *folder, X509 *x, unsigned number, const char *text);

/** Verify a server's certificate by what a snapshot trusts: X509_V_OK or the error. */
int trust_verify(struct tlsw__snapshot *snap, X509 *leaf, STACK_OF(X509) * untrusted);

/** The same with flags (X509_V_FLAG_...), and straight by a store. */
int store_verify(X509_STORE *store, X509 *leaf, STACK_OF(X509) * untrusted, unsigned long flags);

#endif
