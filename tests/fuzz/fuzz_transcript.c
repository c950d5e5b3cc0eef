/*
 * fuzz_transcript.c - a server that says anything, from the first octet of its
 * answer to its last, through a transport of callbacks.
 *
 * The input is a list of items: a type, a length of two octets, and so many
 * octets. An item goes onto the wire as it is, or as a record, sealed with the
 * keys that the client has by then; or it stands for a message that is right
 * for this very handshake, so that what follows it is reached. Nothing has to
 * be recorded, and nothing depends on random numbers.
 *
 * A client that accepts was shown the right certificate, signature and
 * Finished; one that refuses says why, and is dead.
 *
 * SPDX-License-Identifier: ISC
 */
#include "fuzz.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include "context.h"
#include "support/pki.h"
#include "support/tampered.h"

#define HOST "www.lab.test"
#define PIECE_MAX 8192

enum {
	RAW = 0,
	/* 20 to 24: a record of that type */
	SERVER_HELLO = 0x80, /* TLS 1.3, with the octets as further extensions */
	SERVER_HELLO_12,     /* TLS 1.2, the same */
	CERTIFICATE,
	VERIFY,	       /* CertificateVerify, or ServerKeyExchange */
	FINISHED,      /* of TLS 1.3 */
	CERTIFICATE_OF /* with these octets as the certificate */
};

static struct pki *ca, *leaf;
static tls_context *ctx;

/* The server of one input. */
static struct server {
	struct fuzz_input in;
	unsigned char hello[1024]; /* of the client, from its type on */
	size_t hello_len;
	bool tls13, sealed, over;
	unsigned right; /* which of CERTIFICATE, VERIFY and FINISHED were sent */
	struct tampered_keys keys, later;
	unsigned char *said, *out; /* all messages; what waits to be read */
	size_t said_len, out_len, out_at;
} server;

static const unsigned char point[32] = {9}; /* the base point of X25519 */

static void
append(unsigned char **to, size_t *len, const void *data, size_t more)
{
	unsigned char *larger = realloc(*to, *len + more + 1);

	fuzz_assert(larger != NULL);
	if (more > 0)
		memcpy(larger + *len, data, more);
	*to = larger;
	*len += more;
}

static void
on_secret(const SSL *ssl, const char *line)
{
	struct tampered_keys *keys = NULL;
	size_t len = 0;

	(void)ssl;
	if (strncmp(line, "SERVER_HANDSHAKE_TRAFFIC_SECRET ", 32) == 0)
		keys = &server.keys;
	else if (strncmp(line, "SERVER_TRAFFIC_SECRET_0 ", 24) == 0)
		keys = &server.later;
	if (keys == NULL)
		return;
	fuzz_assert(OPENSSL_hexstr2buf_ex(
			keys->secret, TAMPER_SECRET, &len, strrchr(line, ' ') + 1, '\0') == 1);
	keys->there = true;
}

/* ------------------------------------------------------------------- what is sent */

static void
send_record(int type, const unsigned char *data, size_t len)
{
	unsigned char record[PIECE_MAX + 64];

	if (len > PIECE_MAX)
		return;
	if (server.later.there)
		server.keys = server.later;
	server.later.there = false;
	if (server.sealed && server.keys.there) {
		append(&server.out, &server.out_len, record,
		    tampered_seal(&server.keys, type, data, len, record));
		return;
	}
	memcpy(record,
	    (unsigned char[]){
		(unsigned char)type, 3, 3, (unsigned char)(len >> 8), (unsigned char)len},
	    5);
	if (len > 0)
		memcpy(record + 5, data, len);
	append(&server.out, &server.out_len, record, 5 + len);
}

static void
send_message(const unsigned char *data, size_t len)
{
	send_record(SSL3_RT_HANDSHAKE, data, len);
	append(&server.said, &server.said_len, data, len);
}

/* Version, random, the client's session, a suite, and extensions. */
static void
send_hello(bool tls13, const unsigned char *more, size_t more_len)
{
	static const unsigned char share[] =
	    "\0\x2b\0\x02\x03\x04\0\x33\0\x24\0\x1d\0\x20"; /* and the point */
	static const unsigned char secure[] = "\xff\x01\0\x01\0";
	unsigned char m[PIECE_MAX + 256] = {SSL3_MT_SERVER_HELLO, 0, 0, 0, 3, 3};
	const size_t session = server.hello_len > 38 ? server.hello[38] : 0;
	size_t len = 4 + 2 + 32, extensions;

	if (more_len > PIECE_MAX - 256 || server.hello_len < 39 + session || session > 32)
		return;
	memcpy(m + len, server.hello + 38, 1 + session);
	len += 1 + session;
	memcpy(m + len, tls13 ? "\x13\x01\0" : "\xc0\x2b\0", 3);
	extensions = len + 3;
	len = extensions + 2;
	memcpy(m + len, tls13 ? share : secure, tls13 ? sizeof(share) - 1 : sizeof(secure) - 1);
	len += tls13 ? sizeof(share) - 1 : sizeof(secure) - 1;
	if (tls13)
		memcpy(m + len, point, sizeof(point));
	len += tls13 ? sizeof(point) : 0;
	if (more_len > 0)
		memcpy(m + len, more, more_len);
	len += more_len;
	m[2] = (unsigned char)((len - 4) >> 8);
	m[3] = (unsigned char)(len - 4);
	m[extensions] = (unsigned char)((len - extensions - 2) >> 8);
	m[extensions + 1] = (unsigned char)(len - extensions - 2);
	send_message(m, len);
	server.tls13 = tls13;
	server.sealed = tls13;
}

/* What is signed: RFC 8446 section 4.4.3; RFC 8422 section 5.4, where the server's random is zero.
 */
static size_t
to_sign(unsigned char *out)
{
	size_t len = 0;

	if (server.tls13) {
		memset(out, ' ', 64);
		memcpy(out + 64, "TLS 1.3, server CertificateVerify", 34);
		(void)SHA256(server.said, server.said_len, out + 98);
		return 98 + SHA256_DIGEST_LENGTH;
	}
	memcpy(out, server.hello + 6, 32);
	memset(out + 32, 0, 32);
	len = 64;
	memcpy(out + len, "\x03\0\x1d\x20", 4);
	memcpy(out + len + 4, point, sizeof(point));
	return len + 4 + sizeof(point);
}

static void
send_verify(void)
{
	unsigned char text[256], signature[128], m[256] = {0};
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	size_t text_len = to_sign(text), signature_len = sizeof(signature), len = 4;

	fuzz_assert(md != NULL &&
		    EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, pki_key(leaf)) == 1 &&
		    EVP_DigestSign(md, signature, &signature_len, text, text_len) == 1);
	EVP_MD_CTX_free(md);
	m[0] = server.tls13 ? SSL3_MT_CERTIFICATE_VERIFY : SSL3_MT_SERVER_KEY_EXCHANGE;
	if (!server.tls13) {
		memcpy(m + len, text + 64, 36);
		len += 36;
	}
	memcpy(m + len, (unsigned char[]){4, 3, 0, (unsigned char)signature_len}, 4);
	memcpy(m + len + 4, signature, signature_len);
	len += 4 + signature_len;
	m[3] = (unsigned char)(len - 4);
	send_message(m, len);
}

static void
send_certificate(X509 *cert)
{
	size_t len;
	unsigned char *m =
	    tampered_certificate(server.tls13 ? TLS1_3_VERSION : TLS1_2_VERSION, cert, &len);

	if (len <= PIECE_MAX)
		send_message(m, len);
	free(m);
}

static void
send_certificate_of(const unsigned char *der, size_t len)
{
	X509 *cert = d2i_X509(NULL, &der, (long)len);

	if (cert != NULL)
		send_certificate(cert);
	X509_free(cert);
	ERR_clear_error();
}

static void
send_finished(void)
{
	unsigned char m[TAMPERED_FINISHED_LEN];

	if (!server.keys.there)
		return;
	tampered_finished(server.keys.secret, server.said, server.said_len, m);
	send_message(m, sizeof(m));
}

static void
send_item(unsigned type, const unsigned char *data, size_t len)
{
	server.right |= type >= CERTIFICATE && type <= FINISHED ? 1U << (type - CERTIFICATE) : 0;
	if (type == RAW)
		append(&server.out, &server.out_len, data, len);
	else if (type == SSL3_RT_HANDSHAKE)
		send_message(data, len);
	else if (type >= SSL3_RT_CHANGE_CIPHER_SPEC && type <= 24)
		send_record((int)type, data, len);
	else if (type == SERVER_HELLO || type == SERVER_HELLO_12)
		send_hello(type == SERVER_HELLO, data, len);
	else if (type == CERTIFICATE)
		send_certificate(pki_x509(leaf));
	else if (type == VERIFY)
		send_verify();
	else if (type == FINISHED)
		send_finished();
	else if (type == CERTIFICATE_OF)
		send_certificate_of(data, len);
}

/* One item; the next one may be sealed with keys that the client has only then. */
static void
say_more(void)
{
	unsigned type = fuzz_octet(&server.in);
	size_t len = (size_t)fuzz_octet(&server.in) << 8;
	unsigned char *data;

	len |= fuzz_octet(&server.in);
	data = (unsigned char *)fuzz_block(&server.in, len, &len);
	send_item(type, data, len);
	free(data);
}

/* ------------------------------------------------------------------ the client's side */

static ssize_t
on_read(void *unused, void *buf, size_t len)
{
	size_t left;

	(void)unused;
	while (server.out_at == server.out_len && server.in.left > 0)
		say_more();
	left = server.out_len - server.out_at;
	if (left == 0)
		return 0;
	len = len < left ? len : left;
	memcpy(buf, server.out + server.out_at, len);
	server.out_at += len;
	return (ssize_t)len;
}

static ssize_t
on_write(void *unused, const void *buf, size_t len)
{
	(void)unused;
	fuzz_assert(!server.over || len < 64); /* an alert at most */
	if (server.hello_len == 0 && len > 5 && len - 5 <= sizeof(server.hello)) {
		server.hello_len = len - 5;
		memcpy(server.hello, (const unsigned char *)buf + 5, len - 5);
		append(&server.said, &server.said_len, server.hello, server.hello_len);
	}
	return (ssize_t)len;
}

static const struct tls_transport calls = {sizeof(struct tls_transport), on_read, on_write, NULL};

static void
set_up(void)
{
	ca = pki_ca("Test CA");
	leaf = pki_leaf(ca, HOST);
	ctx = tls_context_new();
	fuzz_assert(
	    ctx != NULL && tls_context_load_ca_mem(ctx, pki_pem(ca), strlen(pki_pem(ca))) == 1);
	fuzz_assert(tls_context_set_ciphers(ctx, NULL, "TLS_AES_128_GCM_SHA256") == 0);
	fuzz_assert(tls_context_set_groups(ctx, "X25519") == 0);
	SSL_CTX_set_keylog_callback(ctx->ssl_ctx, on_secret);
}

static void
check_refusal(tls_socket *s)
{
	const enum tlsw_error code = tls_last_error()->code;
	const char *p;
	char c;

	fuzz_assert(
	    code != TLSW_OK && code != TLSW_ERR_INTERNAL && tls_last_error()->message[0] != '\0');
	for (p = tls_last_error()->message; *p != '\0'; p++)
		fuzz_assert(*p >= ' ' && *p <= '~');
	fuzz_assert(tls_socket_read(s, &c, 1) == -1 && tls_last_error()->code == code);
	fuzz_assert(tls_socket_write(s, "x", 1) == -1 && tls_last_error()->code == code);
	fuzz_assert(!tls_socket_verified(s) && tls_socket_error(s)->code == code);
}

/* Data as long as there is any; its end is what it is. */
static void
read_on(tls_socket *s)
{
	char buf[512];
	ssize_t n;

	fuzz_assert(server.right == 7 && tls_socket_verified(s));
	fuzz_assert(strcmp(tls_socket_matched_name(s), HOST) == 0);
	while ((n = tls_socket_read(s, buf, sizeof(buf))) > 0)
		;
	fuzz_assert(n == 0 || (n == -1 && tls_last_error()->message[0] != '\0'));
}

/* Whether the client accepts that server. */
static bool
run(const uint8_t *data, size_t size)
{
	tls_socket *s;
	int rv;

	memset(&server, 0, sizeof(server));
	server.in = (struct fuzz_input){data, size};
	s = tls_wrap_transport(ctx, &calls, NULL, HOST);
	fuzz_assert(s != NULL);
	rv = tls_socket_handshake(s);
	server.over = rv == -1;
	fuzz_assert(rv == 0 || rv == -1); /* the transport never has nothing to say */
	if (rv == 0)
		read_on(s);
	else
		check_refusal(s);
	tls_socket_free(s);
	free(server.said);
	free(server.out);
	tls_error_clear();
	return rv == 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t right[] = {SERVER_HELLO, 0, 0, SSL3_RT_HANDSHAKE, 0, 6, 8, 0, 0, 2, 0,
	    0, CERTIFICATE, 0, 0, VERIFY, 0, 0, FINISHED, 0, 0};

	if (ctx == NULL) {
		set_up();
		fuzz_assert(run(right, sizeof(right))); /* else nobody gets far */
	}
	(void)run(data, size);
	return 0;
}
