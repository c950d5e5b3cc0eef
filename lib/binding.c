/*
 * binding.c - channel bindings: values that tie an authentication inside the
 * connection (SCRAM-PLUS) to exactly this connection.
 *
 * SPDX-License-Identifier: ISC
 */
#include <string.h>

#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509.h>

#include "socket.h"

#define EXPORTER_LABEL "EXPORTER-Channel-Binding" /* RFC 9266 section 2 */
#define EXPORTER_SIZE 32

/* Whether the secrets are unique to this handshake (RFC 7627; always in TLS 1.3). */
static bool
is_unique(tls_socket *s)
{
	return SSL_version(s->ssl) >= TLS1_3_VERSION || SSL_get_extms_support(s->ssl) == 1;
}

static int
refuse(const char *type, const char *why)
{
	return tlsw__error_set(TLSW_ERR_USAGE, "channel binding %s: %s", type, why);
}

/* The context is empty, which TLS 1.2 tells from none at all (RFC 9266 section 2, RFC 5705 section 4). */
static ssize_t
exporter(tls_socket *s, unsigned char *out, size_t size)
{
	if (!is_unique(s))
		return refuse("tls-exporter", "not in TLS 1.2 without extended master secret (RFC 9266 section 4.2)");
	if (size < EXPORTER_SIZE)
		return refuse("tls-exporter", "the buffer is too small for 32 octets");
	if (SSL_export_keying_material(s->ssl, out, EXPORTER_SIZE, EXPORTER_LABEL,
	        sizeof(EXPORTER_LABEL) - 1, (const unsigned char *)"", 0, 1) != 1)
		return tlsw__error_set_openssl(TLSW_ERR_INTERNAL, "channel binding tls-exporter");
	return EXPORTER_SIZE;
}

/* RFC 5929 section 4.1: the hash of the signature, but SHA-256 for MD5 and SHA-1. */
static ssize_t
server_end_point(tls_socket *s, unsigned char *out, size_t size)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	const EVP_MD *md;
	unsigned len = 0;
	int hash = NID_undef;

	if (X509_get_signature_info(s->verdict.leaf, &hash, NULL, NULL, NULL) != 1 || hash == NID_undef)
		return refuse("tls-server-end-point", "the certificate's signature has no single hash");
	if (hash == NID_md5 || hash == NID_sha1)
		hash = NID_sha256;
	md = EVP_get_digestbynid(hash);
	if (md == NULL || X509_digest(s->verdict.leaf, md, digest, &len) != 1)
		return tlsw__error_set_openssl(TLSW_ERR_INTERNAL, "channel binding tls-server-end-point");
	if (size < len)
		return refuse("tls-server-end-point", "the buffer is too small; 64 octets always suffice");
	memcpy(out, digest, len);
	return (ssize_t)len;
}

/* RFC 5929 section 3.1: the first Finished; the server's on a resumed connection. */
static ssize_t
unique(tls_socket *s, unsigned char *out, size_t size)
{
	unsigned char finished[EVP_MAX_MD_SIZE];
	size_t len;

	if (SSL_version(s->ssl) >= TLS1_3_VERSION)
		return refuse("tls-unique", "not defined for TLS 1.3 (RFC 8446 appendix C.5)");
	if (!is_unique(s))
		return refuse("tls-unique", "not without extended master secret (RFC 7627 section 1)");
	len = SSL_session_reused(s->ssl) == 1 ? SSL_get_peer_finished(s->ssl, finished, sizeof(finished))
	                                      : SSL_get_finished(s->ssl, finished, sizeof(finished));
	if (len == 0 || len > sizeof(finished))
		return tlsw__error_set(TLSW_ERR_INTERNAL, "channel binding tls-unique: no Finished");
	if (size < len)
		return refuse("tls-unique", "the buffer is too small; 64 octets always suffice");
	memcpy(out, finished, len);
	return (ssize_t)len;
}

static ssize_t
binding(tls_socket *s, const char *type, unsigned char *out, size_t size)
{
	if (strcmp(type, "tls-exporter") == 0)
		return exporter(s, out, size);
	if (strcmp(type, "tls-server-end-point") == 0)
		return server_end_point(s, out, size);
	if (strcmp(type, "tls-unique") == 0)
		return unique(s, out, size);
	return tlsw__error_set(TLSW_ERR_USAGE, "channel binding \"%.60s\" is unknown", type);
}

ssize_t
tls_socket_channel_binding(tls_socket *s, const char *type, void *buf, size_t size)
{
	struct tlsw__queue queue;
	ssize_t n;

	if (s == NULL || type == NULL || buf == NULL)
		return tlsw__error_set(TLSW_ERR_USAGE, "channel binding: socket, type or buffer is NULL");
	if (atomic_load(&s->state) != TLSW__OPEN)
		return tlsw__error_set(TLSW_ERR_USAGE, "channel binding: the handshake is not over");
	tlsw__queue_save(&queue);
	(void)pthread_mutex_lock(&s->lock);
	n = binding(s, type, buf, size);
	(void)pthread_mutex_unlock(&s->lock);
	tlsw__queue_restore(&queue);
	return n;
}
