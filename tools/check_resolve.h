/*
 * check_resolve.h - names to addresses without holding a loop up.
 *
 * getaddrinfo(3) is the one source of addresses that knows everything the
 * system knows (files, DNS, mDNS, LDAP), and it blocks: so a few threads do
 * nothing but call it. glibc's getaddrinfo_a(3) would do that too, but exists
 * nowhere else, has no bound that could be set, and cannot cancel either.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TOOL_CHECK_RESOLVE_H
#define TOOL_CHECK_RESOLVE_H

#include <netdb.h>
#include <stdbool.h>
#include <stddef.h>

#include "connect.h"

struct resolver;
struct lookup;

/** At most so many threads, which are started when they are needed. NULL with errno. */
struct resolver *resolver_new(size_t threads);

/** To be called when no lookup is left. A thread that still waits for an answer is left behind. */
void resolver_free(struct resolver *r);

/** Readable when a lookup is done; resolver_quiet() makes it quiet again. */
int resolver_fd(const struct resolver *r);
void resolver_quiet(const struct resolver *r);

/** Ask for a host's addresses; both texts are copied. NULL: no memory. */
struct lookup *lookup_new(struct resolver *r, const struct tlsw__host *host, const char *port);

/**
 * Whether it is done. Then *gai and *os_errno are for
 * tlsw__connect_unresolved(), and the addresses, to be freed with
 * freeaddrinfo(), are the caller's; the first call that says so has them.
 */
bool lookup_done(struct lookup *l, int *gai, int *os_errno, struct addrinfo **addresses);

/** Give it up, done or not; NULL is fine. */
void lookup_free(struct lookup *l);

#endif
