/* SPDX-License-Identifier: ISC */
#include "object.h"

#include <limits.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "error.h"

/*
 * Whether key and extensions could be worked out, and a certificate that names
 * itself as its issuer was found to be signed by its own key. Not so may have
 * a reason that does not pass: an algorithm that OpenSSL does not know, say.
 */
static bool
is_worked_out(X509 *x)
{
	const uint32_t self = EXFLAG_SI | EXFLAG_SS;
	EVP_PKEY *key = X509_get0_pubkey(x);

	return X509_check_purpose(x, -1, 0) == 1 &&
	       (X509_get_extension_flags(x) & self) != EXFLAG_SI && key != NULL &&
	       EVP_PKEY_get_bits(key) > 0 && EVP_PKEY_get_security_bits(key) > 0 &&
	       EVP_PKEY_get_size(key) > 0;
}

/* As the function below; 2: something could not be worked out, it is worth another try. */
static int
decode_once(const unsigned char *der, size_t len, bool with_settings, X509 **cert, size_t *used)
{
	const unsigned char *p = der;

	ERR_clear_error();
	*cert = with_settings ? d2i_X509_AUX(NULL, &p, (long)len) : d2i_X509(NULL, &p, (long)len);
	if (*cert == NULL)
		return tlsw__queue_tells_memory() ? -1 : 0;
	*used = (size_t)(p - der);
	if (is_worked_out(*cert))
		return 1;
	if (!tlsw__queue_names_memory())
		return 2;
	X509_free(*cert);
	*cert = NULL;
	return -1;
}

int
tlsw__object_certificate(
    const unsigned char *der, size_t len, bool with_settings, X509 **cert, size_t *used)
{
	int rv;

	*cert = NULL;
	if (len > INT_MAX)
		return 0;
	rv = decode_once(der, len, with_settings, cert, used);
	if (rv == 2) { /* the decoders do not always say that memory was short */
		X509_free(*cert);
		rv = decode_once(der, len, with_settings, cert, used);
	}
	ERR_clear_error();
	return rv == 2 ? 1 : rv;
}

int
tlsw__object_crl(const unsigned char *der, size_t len, X509_CRL **crl)
{
	const unsigned char *p = der;
	int rv = 1;

	*crl = NULL;
	if (len > INT_MAX)
		return 0;
	ERR_clear_error();
	*crl = d2i_X509_CRL(NULL, &p, (long)len);
	if (*crl == NULL) {
		rv = tlsw__queue_tells_memory() ? -1 : 0;
	} else if (tlsw__queue_names_memory()) {
		X509_CRL_free(*crl);
		*crl = NULL;
		rv = -1;
	}
	ERR_clear_error();
	return rv;
}
