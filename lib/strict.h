/*
 * strict.h - what RFC 5280 and the CA/Browser Forum's Baseline Requirements ask
 * of a certificate and OpenSSL does not look at.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TLSW_STRICT_H
#define TLSW_STRICT_H

#include "chain.h"

/**
 * Go over a path that OpenSSL has verified in ctx, and note what our rules have
 * against it. One table says which rules there are, where they come from, what
 * they apply to, and which need TLSW_VERIFY_STRICT in flags.
 */
void tlsw__strict_check(X509_STORE_CTX *ctx, unsigned long flags, struct tlsw__chain *chain);

#endif
