/*
 * pki_internal.h - between the files of pki: certificates, their extensions,
 * and the lists and answers about them.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef PKI_INTERNAL_H
#define PKI_INTERNAL_H

#include "support/pki.h"

/** What has to hold in code for tests; prints OpenSSL's errors too. */
#define MUST(condition) ((condition) ? (void)0 : pki_abort(#condition, __FILE__, __LINE__))
_Noreturn void pki_abort(const char *what, const char *file, int line);

/** Put all extensions that spec asks for into x. */
void pki_add_extensions(X509 *x, const struct pki_spec *spec);

/** An extension from its parts. */
X509_EXTENSION *pki_extension(const char *oid, bool critical, const void *at, size_t len);

/** base (0: now) plus offset, or plus the default when the offset is 0. */
time_t pki_time(time_t base, long offset, long otherwise);
#define PKI_BEFORE (-86400L)
#define PKI_AFTER (10L * 365 * 86400)

/** An INTEGER from content octets. */
ASN1_INTEGER *pki_integer(struct pki_octets octets);

/** The digest to sign with; NULL for keys that bring their own. */
const EVP_MD *pki_digest(EVP_PKEY *key, const char *name);

/** A name with this one common name; NULL: none at all. */
X509_NAME *pki_common_name(const char *cn);

#endif
