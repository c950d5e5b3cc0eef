/*
 * der.h - a small DER writer, for certificates that no toolkit would make.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef DER_H
#define DER_H

#include <stddef.h>

/** A growing run of octets; zero-initialised is empty, der_clear() frees it. */
struct der {
	unsigned char *at;
	size_t len;
};

void der_clear(struct der *d);

/** Append octets, a TLV (definite, minimal length), or an OBJECT IDENTIFIER. */
void der_put(struct der *d, const void *data, size_t len);
void der_tlv(struct der *d, unsigned tag, const void *data, size_t len);
void der_oid(struct der *d, const char *oid);

/** Append a TLV around inner, and clear inner. */
void der_wrap(struct der *d, unsigned tag, struct der *inner);

#endif
