/*
 * fuzz_cert.c - hostile certificates, against OpenSSL's own decoders.
 *
 * An input that begins with S is the value of a subjectAltName, with N a
 * distinguished name; anything else is a certificate in DER or PEM. The parts
 * alone let a fuzzer get where a whole certificate would not decode any more.
 *
 * SPDX-License-Identifier: ISC
 */
#include "fuzz.h"

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include "cert.h"
#include "dn.h"
#include "support/san_oracle.h"

static void
check_text(const char *text, size_t size)
{
	size_t i;

	fuzz_assert(text != NULL && strlen(text) < size);
	for (i = 0; text[i] != '\0'; i++)
		fuzz_assert(text[i] >= 0x20 && text[i] < 0x7f);
}

/* ------------------------------------------------------- distinguished names */

static int
is_number_sign(const ASN1_STRING *value)
{
	unsigned char *utf8 = NULL;
	const int len = ASN1_STRING_to_UTF8(&utf8, value);
	const int is = len == 1 && utf8[0] == '#';

	OPENSSL_free(utf8);
	return is;
}

/*
 * Whether both printers mean the same: every type has a name, and no value is
 * a single number sign, which ours escapes (RFC 4514 section 2.4). *longest is
 * the length of the longest piece that is put as a whole or not at all: an
 * octet takes up to three, the name of a type may be longer.
 */
static int
is_comparable(const X509_NAME *name, size_t *longest)
{
	int i, nid;

	*longest = 3;
	for (i = 0; i < X509_NAME_entry_count(name); i++) {
		const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);

		nid = OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry));
		if (nid == NID_undef || is_number_sign(X509_NAME_ENTRY_get_data(entry)))
			return 0;
		if (strlen(OBJ_nid2sn(nid)) > *longest)
			*longest = strlen(OBJ_nid2sn(nid));
	}
	return 1;
}

/* The same text as OpenSSL's printer gives, up to where ours is cut. */
static void
check_name(const X509_NAME *name)
{
	char *ours = malloc(TLSW__DN_SIZE), *theirs;
	BIO *bio = BIO_new(BIO_s_mem());
	size_t len, their_len, longest;

	fuzz_assert(bio != NULL && ours != NULL);
	fuzz_assert(tlsw__dn_text(ours, TLSW__DN_SIZE, name) == ours);
	check_text(ours, TLSW__DN_SIZE);
	if (is_comparable(name, &longest) && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) >= 0) {
		their_len = (size_t)BIO_get_mem_data(bio, &theirs);
		len = strlen(ours);
		if (len != their_len) {
			fuzz_assert(len + longest >= TLSW__DN_SIZE);
			fuzz_assert(strcmp(ours + len - 3, "...") == 0);
			len -= 3;
		}
		fuzz_assert(len <= their_len && (len == 0 || memcmp(ours, theirs, len) == 0));
	}
	BIO_free(bio);
	free(ours);
}

static void
try_name(const uint8_t *data, size_t size)
{
	X509_NAME *name = d2i_X509_NAME(NULL, &data, (long)size);

	if (name != NULL)
		check_name(name);
	X509_NAME_free(name);
}

/* ------------------------------------------------------------ subjectAltName */

static void
check_agreement(const char *different)
{
	if (different != NULL)
		fprintf(stderr, "%s\n", different);
	fuzz_assert(different == NULL);
}

/* --------------------------------------------------------- whole certificates */

static void
check_names(const tls_certificate *cert)
{
	const struct tls_name *names;
	const size_t count = tls_certificate_names(cert, &names);
	size_t i;

	fuzz_assert((count == 0) == (names == NULL));
	for (i = 1; i < count; i++)
		fuzz_assert(names[i - 1].type <= names[i].type);
	fuzz_assert(tls_match_names(names, count, "www.lab.test", 12) != TLSW_REFERENCE_INVALID);
}

static void
check_digest(const tls_certificate *cert)
{
	unsigned char digest[SHA256_DIGEST_LENGTH];
	char hex[3];
	size_t len, i;
	const void *der = tls_certificate_der(cert, &len);

	fuzz_assert(der != NULL);
	(void)SHA256(der, len, digest);
	for (i = 0; i < sizeof(digest); i++) {
		(void)snprintf(hex, sizeof(hex), "%02x", digest[i]);
		fuzz_assert(strncmp(tls_certificate_sha256(cert) + 2 * i, hex, 2) == 0);
	}
}

/* A time that verification takes is one for us, and the other way round. */
static void
check_time(const ASN1_TIME *t, time_t ours)
{
	time_t before_1970 = -1;
	const int order = X509_cmp_time(t, &before_1970); /* 0: malformed, -1: not later */

	if (order == 0)
		fuzz_assert(ours == -1);
	else
		fuzz_assert((order == -1) == (ours <= -1));
	fuzz_assert(ours >= -62167219200 && ours <= 253402300799);
}

static void
check_certificate(const tls_certificate *cert)
{
	X509 *x509 = tlsw__cert_x509(cert);

	check_text(tls_certificate_subject(cert), TLSW__DN_SIZE);
	check_text(tls_certificate_issuer_name(cert), TLSW__DN_SIZE);
	check_text(tls_certificate_serial(cert), 1 + 128 + sizeof("..."));
	check_text(tls_certificate_sha256(cert), 65);
	check_text(tls_certificate_pin(cert), 8 + 44 + 1);
	check_digest(cert);
	check_names(cert);
	check_name(X509_get_subject_name(x509));
	check_name(X509_get_issuer_name(x509));
	check_agreement(san_disagreement(x509));
	check_time(X509_get0_notBefore(x509), tls_certificate_not_before(cert));
	check_time(X509_get0_notAfter(x509), tls_certificate_not_after(cert));
}

static void
try_certificate(const uint8_t *data, size_t size)
{
	tls_certificate *cert = tls_certificate_load_mem(data, size);
	const tls_certificate *at;

	fuzz_assert(ERR_peek_error() == 0);
	if (cert == NULL) {
		fuzz_assert(tls_last_error()->code == TLSW_ERR_CERTIFICATE);
		fuzz_assert(tls_last_error()->reasons == TLSW_REASON_MALFORMED);
	}
	for (at = cert; at != NULL; at = tls_certificate_issuer(at))
		check_certificate(at);
	tls_certificate_free(cert);
	tls_error_clear();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 0 && data[0] == 'S')
		check_agreement(san_value_disagreement(data + 1, size - 1));
	else if (size > 0 && data[0] == 'N')
		try_name(data + 1, size - 1);
	else if (data != NULL)
		try_certificate(data, size);
	ERR_clear_error();
	return 0;
}
