/*
 * certdata_join.c - which opinion is about which certificate.
 *
 * SPDX-License-Identifier: ISC
 */
#include "certdata.h"

#include <stdint.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

static bool
same(const struct certdata_octets *a, const unsigned char *at, size_t len)
{
	return a->at != NULL && a->len == len && memcmp(a->at, at, len) == 0;
}

/* What the certificate itself says must be what the object says of it. */
static int
check_certificate(struct certdata_error *error, const struct certdata_object *o)
{
	const unsigned char *p = o->value.at, *name = NULL;
	X509 *x = o->value.len > INT32_MAX ? NULL : d2i_X509(NULL, &p, (long)o->value.len);
	unsigned char *serial = NULL;
	size_t name_len = 0;
	int serial_len, rv = -1;

	if (x == NULL || p != o->value.at + o->value.len) {
		(void)certdata_fail(
		    error, o->line, "the CKA_VALUE of this object is no certificate");
		goto out;
	}
	serial_len = i2d_ASN1_INTEGER(X509_get0_serialNumber(x), &serial);
	if (serial_len <= 0 || X509_NAME_get0_der(X509_get_issuer_name(x), &name, &name_len) != 1)
		(void)certdata_fail(error, 0, "out of memory");
	else if (!same(&o->issuer, name, name_len) || !same(&o->serial, serial, (size_t)serial_len))
		(void)certdata_fail(error, o->line,
		    "issuer or serial number of this object are not its certificate's");
	else
		rv = 0;
out:
	OPENSSL_free(serial);
	X509_free(x);
	return rv;
}

/* A purpose that one trust object speaks of must be in all of them: else the file is cut. */
static bool
says_all(const struct certdata *d, const struct certdata_object *trust)
{
	bool said = false;
	int purpose;
	size_t i;

	for (purpose = 0; purpose < CERTDATA_PURPOSES; purpose++) {
		said |= trust->level[purpose] != CERTDATA_UNSAID;
		for (i = 0; trust->level[purpose] == CERTDATA_UNSAID && i < d->count; i++)
			if (d->list[i].level[purpose] != CERTDATA_UNSAID)
				return false;
	}
	return said;
}

static int
check_object(
    struct certdata_error *error, const struct certdata *d, const struct certdata_object *o)
{
	const char *missing = NULL;

	if (o->issuer.at == NULL)
		missing = "CKA_ISSUER";
	else if (o->serial.at == NULL)
		missing = "CKA_SERIAL_NUMBER";
	else if (!o->is_trust && o->value.at == NULL)
		missing = "CKA_VALUE";
	else if (o->is_trust && !says_all(d, o))
		missing = "CKA_TRUST_... that others have";
	if (missing != NULL)
		return certdata_fail(error, o->line, "this object has no %s", missing);
	return o->is_trust ? 0 : check_certificate(error, o);
}

/* Whether a trust object speaks of a certificate: 1, 0, or -1: it names it, with another hash. */
static int
speaks_of(const struct certdata_object *trust, const struct certdata_object *cert,
    const unsigned char *sha1)
{
	if (!same(&trust->issuer, cert->issuer.at, cert->issuer.len) ||
	    !same(&trust->serial, cert->serial.at, cert->serial.len))
		return 0;
	return trust->sha1.at == NULL || same(&trust->sha1, sha1, 20) ? 1 : -1;
}

/* The worse of two opinions about one certificate. */
static void
join_levels(struct certdata_object *kept, const struct certdata_object *other)
{
	int purpose;

	for (purpose = 0; purpose < CERTDATA_PURPOSES; purpose++)
		if (other->level[purpose] == CERTDATA_DISTRUSTED ||
		    kept->level[purpose] == CERTDATA_TRUSTED)
			kept->level[purpose] = other->level[purpose];
}

static int
join(struct certdata_error *error, struct certdata *d, struct certdata_object *cert)
{
	unsigned char sha1[EVP_MAX_MD_SIZE];
	const struct certdata_object *other = NULL;
	size_t len = 0, i;
	int rv;

	if (EVP_Q_digest(NULL, "SHA1", NULL, cert->value.at, cert->value.len, sha1, &len) != 1)
		return certdata_fail(error, 0, "out of memory");
	for (i = 0; i < d->count; i++) {
		struct certdata_object *trust = &d->list[i];

		rv = trust->is_trust ? speaks_of(trust, cert, sha1) : 0;
		if (rv < 0)
			other = trust;
		if (rv <= 0)
			continue;
		trust->joined = true;
		if (cert->trust == NULL)
			cert->trust = trust;
		else
			join_levels(cert->trust, trust);
	}
	if (cert->trust != NULL)
		return 0;
	if (other != NULL)
		return certdata_fail(error, other->line,
		    "the hash here is not that of the certificate in line %u", cert->line);
	return certdata_fail(error, cert->line, "no trust object speaks of this certificate");
}

int
certdata_join(struct certdata *d, struct certdata_error *error)
{
	size_t i;

	for (i = 0; i < d->count; i++)
		if (check_object(error, d, &d->list[i]) != 0)
			return -1;
	for (i = 0; i < d->count; i++)
		if (!d->list[i].is_trust && join(error, d, &d->list[i]) != 0)
			return -1;
	return 0;
}
