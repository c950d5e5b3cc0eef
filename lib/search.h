/*
 * search.h - other paths, when the one that OpenSSL chose has failed.
 *
 * OpenSSL follows one issuer a certificate. Where there are several (cross
 * signatures, renewed CAs), a dead one that comes first hides a good one. This
 * looks at all of them, depth first, and puts each complete path before
 * OpenSSL.
 *
 * Whoever sends the certificates decides how many paths there are, so the
 * work is counted in steps of roughly 3 microseconds: one for each comparison
 * of an issuer with a certificate, tlsw__attempt_cost() for each signature,
 * and both again for each certificate of a path that is verified.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TLSW_SEARCH_H
#define TLSW_SEARCH_H

#include "attempt.h"

/**
 * Look for a path that passes, when first has failed with *best. Then *best is
 * the good one; else the first that led to an anchor, if there is one. Adds to
 * best->steps and best->verifications. -1: memory is short, the error is set.
 */
int tlsw__search(const struct tlsw__candidate *first, struct tlsw__chain *best);

#endif
