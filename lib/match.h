/*
 * match.h - a presented identifier against a reference identity, RFC 9525 6.3
 * to 6.5. Allocates nothing and knows neither OpenSSL nor any locale.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TLSW_MATCH_H
#define TLSW_MATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "name.h"
#include "tlswrap.h"

/**
 * Whether one presented identifier, len octets at value, is the reference. The
 * cost does not depend on what is presented. value may be NULL when len is 0.
 */
bool tlsw__match_name(
    const struct tlsw__reference *ref, enum tlsw_name_type type, const void *value, size_t len);

/**
 * Whether an SRV-ID (RFC 4985) is "_service.host" for this service and host.
 * No wildcards: the protocols that use SRV-IDs allow them in DNS-IDs only
 * (RFC 6120 13.7.1.2.1, RFC 7817 3). service NULL or empty: false.
 */
bool tlsw__match_srv(
    const struct tlsw__reference *ref, const char *service, const void *value, size_t len);

#endif
