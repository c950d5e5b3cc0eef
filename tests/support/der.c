/* SPDX-License-Identifier: ISC */
#include "support/der.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/objects.h>

#include "support/pki_internal.h"

void
der_clear(struct der *d)
{
	free(d->at);
	d->at = NULL;
	d->len = 0;
}

void
der_put(struct der *d, const void *data, size_t len)
{
	unsigned char *at = realloc(d->at, d->len + len + 1);

	MUST(at != NULL);
	if (len > 0)
		memcpy(at + d->len, data, len);
	d->at = at;
	d->len += len;
}

void
der_tlv(struct der *d, unsigned tag, const void *data, size_t len)
{
	unsigned char head[10] = {(unsigned char)tag, (unsigned char)len};
	size_t n = 2, octets = 0, i;

	if (len > 127) {
		while (octets < sizeof(len) && len >> (8 * octets) != 0)
			octets++;
		head[1] = (unsigned char)(0x80 | octets);
		for (i = 0; i < octets; i++)
			head[n++] = (unsigned char)(len >> (8 * (octets - 1 - i)));
	}
	der_put(d, head, n);
	der_put(d, data, len);
}

void
der_oid(struct der *d, const char *oid)
{
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 0);

	MUST(object != NULL);
	der_tlv(d, 0x06, OBJ_get0_data(object), OBJ_length(object));
	ASN1_OBJECT_free(object);
}

void
der_wrap(struct der *d, unsigned tag, struct der *inner)
{
	der_tlv(d, tag, inner->at, inner->len);
	der_clear(inner);
}
