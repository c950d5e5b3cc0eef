/* SPDX-License-Identifier: ISC */
#include "cert.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "error.h"

struct tls_certificate {
	atomic_uint refs;
	X509 *x509;
	tls_certificate *issuer; /* a reference of our own; NULL at the end of the chain */
};

static tls_certificate *
new_one(X509 *x509)
{
	tls_certificate *cert = calloc(1, sizeof(*cert));

	if (cert == NULL || X509_up_ref(x509) != 1) {
		free(cert);
		(void)tlsw__error_set_memory();
		return NULL;
	}
	atomic_init(&cert->refs, 1);
	cert->x509 = x509;
	return cert;
}

tls_certificate *
tlsw__cert_new(X509 *leaf, STACK_OF(X509) *chain)
{
	tls_certificate *first = new_one(leaf), *last = first;
	int i;

	for (i = 0; first != NULL && i < sk_X509_num(chain); i++) {
		if (i == 0 && X509_cmp(sk_X509_value(chain, 0), leaf) == 0)
			continue;
		last->issuer = new_one(sk_X509_value(chain, i));
		if (last->issuer == NULL) {
			tls_certificate_free(first);
			return NULL;
		}
		last = last->issuer;
	}
	return first;
}

X509 *
tlsw__cert_x509(const tls_certificate *cert)
{
	return cert->x509;
}

tls_certificate *
tls_certificate_ref(const tls_certificate *cert)
{
	tls_certificate *mine = (tls_certificate *)(uintptr_t)cert;

	if (mine != NULL)
		(void)atomic_fetch_add(&mine->refs, 1);
	return mine;
}

void
tls_certificate_free(tls_certificate *cert)
{
	while (cert != NULL && atomic_fetch_sub(&cert->refs, 1) == 1) {
		tls_certificate *issuer = cert->issuer;

		X509_free(cert->x509);
		free(cert);
		cert = issuer;
	}
}

const tls_certificate *
tls_certificate_issuer(const tls_certificate *cert)
{
	return cert == NULL ? NULL : cert->issuer;
}
