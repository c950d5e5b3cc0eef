/*
 * der.h - as much of a certificate's DER as an index of trust anchors needs:
 * that its values nest, and the subject, hashed as OpenSSL compares names.
 *
 * Nothing is decided here. The hash only finds candidates; the X509 that
 * OpenSSL then makes of them is compared with X509_NAME_cmp().
 *
 * SPDX-License-Identifier: ISC
 */
#ifndef TLSW_DER_H
#define TLSW_DER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/x509.h>

struct tlsw__der_certificate {
	size_t len;		      /* of the certificate; there may be more behind it */
	const unsigned char *subject; /* the Name, header included */
	size_t subject_len;
	bool self_issued; /* issuer and subject are the same octets */
	uint64_t subject_hash;
};

/**
 * Look into a certificate. False for anything but plain DER: that may still be
 * one that OpenSSL takes.
 */
bool tlsw__der_certificate(
    const unsigned char *der, size_t len, struct tlsw__der_certificate *cert);

/**
 * The hash of a name: equal for all names that X509_NAME_cmp() finds equal,
 * so whatever the string type, the case and the number of spaces.
 */
uint64_t tlsw__der_name_hash(const X509_NAME *name);

#endif
