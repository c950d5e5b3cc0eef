/*
 * connect.h - from a host and a service to a connected descriptor.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TLSW_CONNECT_H
#define TLSW_CONNECT_H

#include <netdb.h>
#include <stddef.h>

#include "clock.h"
#include "name.h"

/** A host as it may be asked for: a name to verify, and a text to resolve. */
struct tlsw__host {
	struct tlsw__reference reference; /* without zone id */
	char name[256]; /* for the resolver: A-labels, or a literal, with zone id */
};

/**
 * Take apart what the caller asked for: a host name in either form, an IP
 * literal, an IPv6 literal with a zone id. Returns 0, or -1: TLSW_ERR_HOSTNAME, _MEMORY.
 */
int tlsw__host_parse(struct tlsw__host *host, const char *text);

/**
 * What such a host has to prove to be: text without a zone id, in buf if there is one.
 */
const char *tlsw__host_server_name(
    const struct tlsw__host *host, const char *text, char *buf, size_t size);

/** Room for a port number in decimal. */
#define TLSW__PORT_SIZE 6

/**
 * A service's port: "993", or a name that the system or RFC 6335's registry
 * knows. Returns 0, or -1: TLSW_ERR_USAGE.
 */
int tlsw__connect_port(char *port, const char *service);

/**
 * Resolve and connect until the deadline. Returns a blocking descriptor,
 * close-on-exec, or -1: TLSW_ERR_RESOLVE, _TIMEOUT, _SYSTEM, _MEMORY.
 */
int tlsw__connect_tcp(const struct tlsw__host *host, const char *port, tlsw__deadline deadline);

/**
 * The first half: the addresses of a host, freeaddrinfo() them. Returns 0, or
 * an EAI_* value that, with errno, is for tlsw__connect_unresolved(). Sets no
 * error, so that another thread may wait for it.
 */
int tlsw__connect_resolve(
    const struct tlsw__host *host, const char *port, struct addrinfo **addresses);

/** The error for that: TLSW_ERR_RESOLVE or _MEMORY. Returns -1. */
int tlsw__connect_unresolved(const struct tlsw__host *host, int gai, int os_errno);

/** The second half: connect to whichever of the addresses answers first. */
int tlsw__connect_race(const struct addrinfo *addresses, const struct tlsw__host *host,
    const char *port, tlsw__deadline deadline);

#endif
