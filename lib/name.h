/*
 * name.h - a reference identity: what the caller asked for, checked and
 * normalised once. Knows neither OpenSSL nor any locale.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TLSW_NAME_H
#define TLSW_NAME_H

#include <stddef.h>

/** RFC 1035 2.3.4: 255 octets on the wire are 253 in text, a label has 63. */
#define TLSW__DNS_MAX 253
#define TLSW__LABEL_MAX 63

enum tlsw__reference_kind {
	TLSW__REF_NONE = 0, /* a zeroed or refused reference: matches nothing */
	TLSW__REF_DNS,
	TLSW__REF_IPV4,
	TLSW__REF_IPV6
};

struct tlsw__reference {
	enum tlsw__reference_kind kind;
	char dns[TLSW__DNS_MAX + 1]; /* lower-case ASCII, no trailing dot, NUL-terminated */
	size_t dns_len;
	size_t parent; /* where the name after its first label begins; 0 when that is
			  a single label or none, which no wildcard may stand before */
	unsigned char ip[16];
	size_t ip_len; /* 4 or 16; 0 for a DNS name */
};

enum tlsw__name_fault {
	TLSW__NAME_OK = 0,
	TLSW__NAME_EMPTY,
	TLSW__NAME_TOO_LONG,
	TLSW__NAME_LABEL_EMPTY,
	TLSW__NAME_LABEL_TOO_LONG,
	TLSW__NAME_BAD_OCTET, /* neither letter, digit, hyphen, underscore nor dot */
	TLSW__NAME_NUMERIC,   /* the last label is a number, yet this is no IPv4 literal */
	TLSW__NAME_COLON,     /* a colon, yet this is no IPv6 literal: a port, a URL */
	TLSW__NAME_BRACKETS,
	TLSW__NAME_ZONE,
	TLSW__NAME_NOT_ASCII, /* and nothing here converts it */
	TLSW__NAME_IDN,	      /* a label that has no A-label */
	TLSW__NAME_MEMORY
};

/**
 * The octets that a host name may hold, each with its lower-case form; 0 for
 * all the others. So a name whose octets all fold to those of a reference is
 * well-formed itself.
 */
extern const unsigned char tlsw__name_fold[256];

/**
 * An IP literal (the forms of inet_pton, nothing around them) or a DNS name of
 * A-labels with at most one trailing dot. Pure: allocates nothing, len octets
 * are read. After a fault the reference is TLSW__REF_NONE.
 */
enum tlsw__name_fault tlsw__reference_parse(
    struct tlsw__reference *ref, const char *text, size_t len);

/**
 * The same from a string as programs get it from people: labels that are not
 * ASCII (UTF-8) are converted to A-labels first, each by itself. A label that
 * turns into something else, another dot or another spelling of an ASCII name
 * among them, is TLSW__NAME_IDN, so that a name never leads to a second host.
 * NULL is TLSW__NAME_EMPTY.
 */
enum tlsw__name_fault tlsw__reference_from_host(struct tlsw__reference *ref, const char *hostname);

/** What is wrong, to stand behind "is no host name: ". Never NULL. */
const char *tlsw__name_fault_text(enum tlsw__name_fault fault);

#endif
