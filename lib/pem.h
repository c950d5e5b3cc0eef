/*
 * pem.h - the blocks of a PEM text (RFC 7468), found and decoded in one pass.
 *
 * Lines are cut as OpenSSL's reader cuts them (a line of over 254 octets goes
 * on as another one), so both see the same blocks. The plain form, which is
 * nearly every block there is, is decoded here; a block that is unusual in any
 * way is given to OpenSSL's reader, whose answer counts.
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TLSW_PEM_H
#define TLSW_PEM_H

#include <stdbool.h>
#include <stddef.h>

/** A cursor in a text. */
struct tlsw__pem {
	const char *at, *end;
	unsigned line; /* of at, the first is 1 */
	bool inside;   /* behind the BEGIN of a block that another BEGIN follows */
};

enum tlsw__pem_kind {
	TLSW__PEM_OTHER,       /* a key, say */
	TLSW__PEM_CERTIFICATE, /* "CERTIFICATE", "X509 CERTIFICATE" */
	TLSW__PEM_TRUSTED,     /* "TRUSTED CERTIFICATE": trust settings follow the certificate */
	TLSW__PEM_CRL	       /* "X509 CRL" */
};

struct tlsw__pem_block {
	enum tlsw__pem_kind kind;
	unsigned line;		     /* of its BEGIN */
	const char *begin, *end;     /* from BEGIN to behind END */
	const char *body, *body_end; /* what stands between them */
	const char *fault;	     /* NULL, or why it is no whole block */
	bool nested; /* a BEGIN stands in it; OpenSSL may find something all the same */
};

void tlsw__pem_open(struct tlsw__pem *pem, const char *text, size_t len);

/** The next block; false at the end of the text. */
bool tlsw__pem_next(struct tlsw__pem *pem, struct tlsw__pem_block *block);

/** Room that tlsw__pem_decode() may need. */
size_t tlsw__pem_room(const struct tlsw__pem_block *block);

/**
 * Decode a block into out. Returns 1 with *len; 0 when it is malformed, *why
 * says how (static text); -1 when memory is short.
 */
int tlsw__pem_decode(
    const struct tlsw__pem_block *block, unsigned char *out, size_t *len, const char **why);

#endif
