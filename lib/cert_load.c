/* Certificates from PEM and DER, from a file and from memory.
 *
 * SPDX-License-Identifier: ISC
 */
#include "cert.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "error.h"

/* More than any chain that a peer could send; decoding takes time and memory. */
#define SIZE_MAX_LOAD ((size_t)1 << 20)

/* ------------------------------------------------------------------ failures */

static void
refuse(const char *origin, int depth, const char *why)
{
	(void)tlsw__error_set(TLSW_ERR_CERTIFICATE, "%s %s", origin, why);
	tlsw__error_set_verdict(TLSW_REASON_MALFORMED, 0, depth);
}

/* OpenSSL says it anywhere in its queue, which is ours at this point. */
static bool
memory_was_short(void)
{
	unsigned long e;

	while ((e = ERR_get_error()) != 0)
		if (ERR_GET_REASON(e) == ERR_R_MALLOC_FAILURE)
			return true;
	return false;
}

static void
refuse_undecodable(const char *origin, int depth)
{
	char why[80];

	if (memory_was_short()) {
		(void)tlsw__error_set_memory();
		return;
	}
	(void)snprintf(
	    why, sizeof(why), "holds a certificate that cannot be decoded (number %d)", depth + 1);
	refuse(origin, depth, why);
}

/* -------------------------------------------------------------- PEM and DER */

static X509 *
decode(const unsigned char *der, size_t len, bool more_may_follow)
{
	const unsigned char *p = der;
	X509 *x509 = d2i_X509(NULL, &p, (long)len);

	if (x509 != NULL && p != der + len && !more_may_follow) {
		X509_free(x509);
		x509 = NULL;
	}
	return x509;
}

/* 1: *x509 is set, or NULL for a block of another kind; 0: the end; -1: malformed. */
static int
next_block(BIO *bio, X509 **x509)
{
	char *name = NULL, *header = NULL;
	unsigned char *data = NULL;
	bool trusted;
	long len = 0;
	int rv = 1;

	*x509 = NULL;
	ERR_clear_error();
	if (PEM_read_bio_ex(bio, &name, &header, &data, &len, 0) != 1)
		return ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE ? 0 : -1;
	/* a trusted certificate has OpenSSL's own trust settings behind it, which nobody asked for
	 */
	trusted = strcmp(name, PEM_STRING_X509_TRUSTED) == 0;
	if (trusted || strcmp(name, PEM_STRING_X509) == 0 ||
	    strcmp(name, PEM_STRING_X509_OLD) == 0) {
		*x509 = decode(data, (size_t)len, trusted);
		rv = *x509 == NULL ? -1 : 1;
	}
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_clear_free(data, (size_t)len); /* a private key may stand in the same file */
	return rv;
}

/* All certificates of a PEM text onto the stack; -1 with the error set. */
static int
read_pem(STACK_OF(X509) *chain, BIO *bio, const char *origin)
{
	X509 *x509;
	int rv;

	while ((rv = next_block(bio, &x509)) == 1) {
		if (x509 != NULL && sk_X509_push(chain, x509) <= 0) {
			X509_free(x509);
			return tlsw__error_set_memory();
		}
	}
	if (rv == -1)
		refuse_undecodable(origin, sk_X509_num(chain));
	return rv;
}

static int
read_any(STACK_OF(X509) *chain, const void *data, size_t len, const char *origin)
{
	X509 *x509;
	BIO *bio;
	int rv;

	ERR_clear_error();
	x509 = decode(data, len, false);
	if (x509 != NULL && sk_X509_push(chain, x509) > 0)
		return 0;
	X509_free(x509);
	if (x509 != NULL || memory_was_short())
		return tlsw__error_set_memory();
	bio = BIO_new_mem_buf(data, (int)len);
	if (bio == NULL)
		return tlsw__error_set_memory();
	rv = read_pem(chain, bio, origin);
	BIO_free(bio);
	return rv;
}

static tls_certificate *
load(const void *data, size_t len, const char *origin)
{
	STACK_OF(X509) *chain = NULL;
	tls_certificate *cert = NULL;
	struct tlsw__queue queue;

	tlsw__queue_save(&queue);
	chain = sk_X509_new_null();
	if (len > SIZE_MAX_LOAD)
		refuse(origin, -1, "is larger than 1 MiB, too large for a certificate chain");
	else if (chain == NULL)
		(void)tlsw__error_set_memory();
	else if (read_any(chain, data, len, origin) == -1)
		;
	else if (sk_X509_num(chain) == 0)
		refuse(origin, -1, "holds no certificate");
	else
		cert = tlsw__cert_new(sk_X509_value(chain, 0), chain);
	sk_X509_pop_free(chain, X509_free);
	tlsw__queue_restore(&queue);
	return cert;
}

tls_certificate *
tls_certificate_load_mem(const void *data, size_t len)
{
	if (data == NULL) {
		(void)tlsw__error_set(TLSW_ERR_USAGE, "no certificate was given (data is NULL)");
		return NULL;
	}
	return load(data, len, "the memory given");
}

/* --------------------------------------------------------------------- files */

/* Up to one octet more than allowed, so that load() sees what is too much. */
static int
read_all(int fd, unsigned char *buf, size_t size, size_t *len)
{
	ssize_t n;

	*len = 0;
	do {
		n = read(fd, buf + *len, size - *len);
		if (n > 0)
			*len += (size_t)n;
	} while ((n > 0 && *len < size) || (n == -1 && errno == EINTR));
	return n == -1 ? errno : 0;
}

/* An open regular file, or -1 with *why as an errno value. */
static int
open_regular(const char *path, int *why)
{
	const int fd =
	    open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); /* a FIFO would wait */
	struct stat st;

	*why = 0;
	if (fd == -1 || fstat(fd, &st) == -1)
		*why = errno;
	else if (!S_ISREG(st.st_mode))
		*why = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
	if (*why != 0 && fd != -1)
		(void)close(fd);
	return *why == 0 ? fd : -1;
}

static tls_certificate *
load_open(int fd, const char *origin)
{
	const size_t size = SIZE_MAX_LOAD + 1;
	unsigned char *buf = malloc(size);
	tls_certificate *cert = NULL;
	size_t len = 0;
	int why;

	if (buf == NULL) {
		(void)tlsw__error_set_memory();
		return NULL;
	}
	why = read_all(fd, buf, size, &len);
	if (why != 0)
		(void)tlsw__error_set_errno(TLSW_ERR_SYSTEM, why, "cannot read %s", origin);
	else
		cert = load(buf, len, origin);
	OPENSSL_cleanse(buf, len);
	free(buf);
	return cert;
}

tls_certificate *
tls_certificate_load_file(const char *path)
{
	char quoted[TLSW__QUOTE_SIZE], origin[TLSW__QUOTE_SIZE + 2];
	tls_certificate *cert;
	int fd, why;

	if (path == NULL) {
		(void)tlsw__error_set(
		    TLSW_ERR_USAGE, "no certificate file was given (path is NULL)");
		return NULL;
	}
	(void)tlsw__text_escape(quoted, sizeof(quoted), path, strlen(path), TLSW__QUOTE_MAX);
	(void)snprintf(origin, sizeof(origin), "\"%s\"", quoted);
	fd = open_regular(path, &why);
	if (fd == -1) {
		(void)tlsw__error_set_errno(
		    TLSW_ERR_SYSTEM, why, "cannot read certificate file %s", origin);
		return NULL;
	}
	cert = load_open(fd, origin);
	(void)close(fd);
	return cert;
}
