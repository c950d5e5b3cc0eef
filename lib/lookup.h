/*
 * lookup.h - how OpenSSL's chain building asks our sets of anchors: an
 * X509_LOOKUP on an otherwise empty X509_STORE.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TLSW_LOOKUP_H
#define TLSW_LOOKUP_H

#include <openssl/x509_vfy.h>

#include "anchors.h"
#include "cadir.h"

/** One source: a set or a directory. */
struct tlsw__lookup_source {
	struct tlsw__anchors *set;
	struct tlsw__cadir *dir;
	bool crls_only; /* a CRL file: certificates in it are not trusted */
};

/**
 * A store that answers from these sources, in this order, and takes its own
 * references to them. NULL: memory, or OpenSSL failed.
 */
X509_STORE *tlsw__lookup_store(const struct tlsw__lookup_source *sources, size_t count);

/**
 * OpenSSL cannot be told that a look-up failed; to it the certificate or CRL
 * is not there. So it is kept apart, for this thread: begin before a
 * verification, and ask after it. With a fault its outcome does not count: a
 * CRL that could not be read must not pass for one that does not exist. A
 * remark is about a CA file that was there but could not be read, which can
 * only make a verification fail; it belongs into the details of that failure.
 */
void tlsw__lookup_begin(void);
const struct tlsw__fault *tlsw__lookup_fault(void);  /* NULL: all went well */
const struct tlsw__fault *tlsw__lookup_remark(void); /* NULL: nothing to say */

#endif
