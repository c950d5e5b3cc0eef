/* SPDX-License-Identifier: ISC */
#include "support/tampered.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/param_build.h>
#include <openssl/sha.h>

#define HEADER 5
#define TAG 16
#define RECORD_MAX (HEADER + 16384 + 256)

static void
must(bool fine, const char *what)
{
	if (fine)
		return;
	ERR_print_errors_fp(stderr);
	fprintf(stderr, "tampered: %s\n", what);
	abort();
}

static void
append(struct tampered_octets *o, const void *data, size_t len)
{
	unsigned char *larger = realloc(o->at, o->len + len + 1);

	must(larger != NULL, "realloc");
	if (len > 0)
		memcpy(larger + o->len, data, len);
	o->at = larger;
	o->len += len;
}

static void
take(struct tampered_octets *o, size_t len)
{
	o->len -= len;
	memmove(o->at, o->at + len, o->len);
}

/* ------------------------------------------------------------------ TLS 1.3 by hand */

void
tampered_expand(const unsigned char *secret, const char *label, unsigned char *out, size_t len)
{
	unsigned char info[40] = {0, (unsigned char)len, (unsigned char)(6 + strlen(label))};
	size_t info_len = 3 + 6 + strlen(label) + 1;
	int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	OSSL_PARAM params[5];

	memcpy(info + 3, "tls13 ", 6);
	memcpy(info + 9, label, strlen(label));
	params[0] = OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode);
	params[1] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char[]){"SHA256"}, 0);
	params[2] = OSSL_PARAM_construct_octet_string(
	    OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)secret, TAMPER_SECRET);
	params[3] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, info_len);
	params[4] = OSSL_PARAM_construct_end();
	must(ctx != NULL && EVP_KDF_derive(ctx, out, len, params) == 1, "HKDF");
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
}

/* AES-128-GCM with the next record's nonce; false when the tag is wrong. */
static bool
crypt(struct tampered_keys *keys, bool sealing, const unsigned char *header, unsigned char *data,
    size_t len, unsigned char *tag)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	unsigned char key[16], nonce[12];
	int i, n = 0;
	bool fine;

	tampered_expand(keys->secret, "key", key, sizeof(key));
	tampered_expand(keys->secret, "iv", nonce, sizeof(nonce));
	for (i = 0; i < 8; i++)
		nonce[11 - i] ^= (unsigned char)(keys->number >> (8 * i));
	keys->number++;
	must(ctx != NULL &&
		 EVP_CipherInit_ex(ctx, EVP_aes_128_gcm(), NULL, key, nonce, sealing) == 1 &&
		 EVP_CipherUpdate(ctx, NULL, &n, header, HEADER) == 1 &&
		 EVP_CipherUpdate(ctx, data, &n, data, (int)len) == 1,
	    "AES-GCM");
	if (!sealing)
		must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG, tag) == 1, "tag");
	fine = EVP_CipherFinal_ex(ctx, data + n, &n) == 1;
	if (sealing)
		must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG, tag) == 1, "tag");
	EVP_CIPHER_CTX_free(ctx);
	return fine;
}

static void
put_header(unsigned char *out, int type, size_t len)
{
	out[0] = (unsigned char)type;
	out[1] = out[2] = 3;
	out[3] = (unsigned char)(len >> 8);
	out[4] = (unsigned char)len;
}

size_t
tampered_seal(
    struct tampered_keys *keys, int type, const void *data, size_t len, unsigned char *out)
{
	put_header(out, SSL3_RT_APPLICATION_DATA, len + 1 + TAG);
	if (len > 0)
		memcpy(out + HEADER, data, len);
	out[HEADER + len] = (unsigned char)type;
	(void)crypt(keys, true, out, out + HEADER, len + 1, out + HEADER + len + 1);
	return HEADER + len + 1 + TAG;
}

ssize_t
tampered_open(struct tampered_keys *keys, unsigned char *record, size_t len, int *type)
{
	size_t n;

	if (len < HEADER + 1 + TAG || !keys->there)
		return -1;
	n = len - HEADER - TAG;
	if (!crypt(keys, false, record, record + HEADER, n, record + HEADER + n))
		return -1;
	while (n > 0 && record[HEADER + n - 1] == 0)
		n--;
	if (n == 0)
		return -1;
	*type = record[HEADER + n - 1];
	memmove(record, record + HEADER, n - 1);
	return (ssize_t)n - 1;
}

void
tampered_finished(const unsigned char *secret, const void *said, size_t len, unsigned char *out)
{
	unsigned char key[TAMPER_SECRET], hash[SHA256_DIGEST_LENGTH];
	unsigned n = 0;

	tampered_expand(secret, "finished", key, sizeof(key));
	(void)SHA256(said, len, hash);
	memcpy(out, "\024\0\0\040", 4);
	must(HMAC(EVP_sha256(), key, sizeof(key), hash, sizeof(hash), out + 4, &n) != NULL &&
		 n == 32,
	    "HMAC");
}

unsigned char *
tampered_certificate(int version, X509 *cert, size_t *len)
{
	unsigned char *der = NULL, *message, *at;
	const int der_len = i2d_X509(cert, &der);
	const bool tls13 = version == TLS1_3_VERSION;
	size_t lengths[3], i;

	must(der_len > 0, "i2d_X509");
	lengths[2] = (size_t)der_len;
	lengths[1] = lengths[2] + 3 + (tls13 ? 2 : 0); /* extensions, none */
	lengths[0] = lengths[1] + 3 + (tls13 ? 1 : 0); /* context, empty */
	*len = 4 + lengths[0];
	at = message = calloc(1, *len);
	must(message != NULL, "calloc");
	*at++ = SSL3_MT_CERTIFICATE;
	for (i = 0; i < 3; i++) {
		*at++ = (unsigned char)(lengths[i] >> 16);
		*at++ = (unsigned char)(lengths[i] >> 8);
		*at++ = (unsigned char)lengths[i];
		at += i == 0 && tls13 ? 1 : 0;
	}
	memcpy(at, der, (size_t)der_len);
	OPENSSL_free(der);
	return message;
}

EVP_PKEY *
tampered_key(EVP_PKEY *shown)
{
	EVP_PKEY *other = EVP_EC_gen("P-256"), *both = NULL;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	unsigned char point[256];
	size_t len = 0;
	BIGNUM *secret = NULL;

	must(
	    other != NULL && ctx != NULL && build != NULL &&
		EVP_PKEY_get_octet_string_param(
		    shown, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point), &len) == 1 &&
		EVP_PKEY_get_bn_param(other, OSSL_PKEY_PARAM_PRIV_KEY, &secret) == 1 &&
		OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) ==
		    1 &&
		OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, len) == 1 &&
		OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, secret) == 1 &&
		(params = OSSL_PARAM_BLD_to_param(build)) != NULL &&
		EVP_PKEY_fromdata_init(ctx) == 1 &&
		EVP_PKEY_fromdata(ctx, &both, EVP_PKEY_KEYPAIR, params) == 1,
	    "a key that does not fit");
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(ctx);
	BN_clear_free(secret);
	EVP_PKEY_free(other);
	return both;
}

/* ---------------------------------------------------------------------- the server */

static void
on_secret(const SSL *ssl, const char *line)
{
	static const char label[] = "SERVER_HANDSHAKE_TRAFFIC_SECRET ";
	struct tampered *t = SSL_get_app_data(ssl);
	const char *hex = strrchr(line, ' ');
	size_t len = 0;

	if (t == NULL || strncmp(line, label, sizeof(label) - 1) != 0)
		return;
	must(OPENSSL_hexstr2buf_ex(t->opening.secret, TAMPER_SECRET, &len, hex + 1, '\0') == 1 &&
		 len == TAMPER_SECRET,
	    "a secret of 32 octets");
	t->opening.there = true;
	t->sealing = t->opening;
}

SSL_CTX *
tampered_ctx(const struct pki *leaf, EVP_PKEY *key)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	must(ctx != NULL, "SSL_CTX");
	SSL_CTX_set_security_level(ctx, 0);
	must(SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256") == 1 &&
		 SSL_CTX_use_certificate(ctx, pki_x509(leaf)) == 1 &&
		 SSL_CTX_use_PrivateKey(ctx, key != NULL ? key : pki_key(leaf)) == 1,
	    "certificate and key");
	SSL_CTX_set_keylog_callback(ctx, on_secret);
	return ctx;
}

void
tampered_start(struct tampered *t, SSL_CTX *ctx, const struct tamper *plan)
{
	memset(t, 0, sizeof(*t));
	t->plan = plan;
	t->server = SSL_new(ctx);
	must(t->server != NULL && SSL_set_min_proto_version(t->server, plan->version) == 1 &&
		 SSL_set_max_proto_version(t->server, plan->version) == 1,
	    "SSL_new");
	(void)SSL_set_app_data(t->server, t);
	SSL_set_bio(t->server, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	BIO_set_mem_eof_return(SSL_get_rbio(t->server), -1);
	SSL_set_accept_state(t->server);
}

void
tampered_stop(struct tampered *t)
{
	SSL_free(t->server);
	free(t->wire.at);
	free(t->messages.at);
	free(t->out.at);
	free(t->said.at);
	memset(t, 0, sizeof(*t));
}

/* -------------------------------------------------------------- what is sent on */

static void
send_record(struct tampered *t, int type, const void *data, size_t len)
{
	unsigned char record[RECORD_MAX];

	if (t->silent)
		return;
	must(len <= 16384, "a record of more than 16 KiB");
	if (t->sealed) {
		append(&t->out, record, tampered_seal(&t->sealing, type, data, len, record));
		return;
	}
	put_header(record, type, len);
	append(&t->out, record, HEADER);
	append(&t->out, data, len);
}

static void
send_message(struct tampered *t, const void *data, size_t len)
{
	send_record(t, SSL3_RT_HANDSHAKE, data, len);
	append(&t->said, data, len);
}

static void
send_finished(struct tampered *t)
{
	unsigned char finished[TAMPERED_FINISHED_LEN];

	must(t->sealing.there, "no secret");
	tampered_finished(t->sealing.secret, t->said.at, t->said.len, finished);
	send_message(t, finished, sizeof(finished));
	t->through = true;
}

static bool
is_planned(const struct tampered *t, int type)
{
	size_t i;

	for (i = 0; i < 3; i++)
		if (t->plan->at[i] != 0 && t->plan->at[i] == type)
			return t->plan->what != TAMPER_NOTHING;
	return false;
}

/* One whole message of the server: as it is, or as planned. */
static void
pass_on(struct tampered *t, unsigned char *message, size_t len)
{
	const struct tamper *plan = t->plan;
	const int type = message[0];
	const bool planned = is_planned(t, type);
	bool drop = false;

	t->done += planned;
	if (planned && plan->what == TAMPER_BEFORE)
		send_record(t, plan->type, plan->data, plan->len);
	if (planned && plan->what == TAMPER_REPLACE)
		send_message(t, plan->data, plan->len);
	if (planned && plan->what == TAMPER_FINISH) {
		send_finished(t);
		t->silent = true;
	}
	drop = planned && (plan->what == TAMPER_DROP || plan->what == TAMPER_REPLACE);
	if (planned && plan->what == TAMPER_SPOIL)
		message[len - 1] ^= 1;
	if (type == SSL3_MT_FINISHED && plan->version == TLS1_3_VERSION && !drop && !t->silent &&
	    !(planned && plan->what == TAMPER_SPOIL))
		send_finished(t);
	else if (!drop)
		send_message(t, message, len);
	if (type == SSL3_MT_FINISHED)
		t->through = true;
	if (type == SSL3_MT_SERVER_HELLO && plan->version == TLS1_3_VERSION)
		t->sealed = true;
}

static void
pass_messages(struct tampered *t)
{
	size_t len;

	while (t->messages.len >= 4) {
		len = 4 + ((size_t)t->messages.at[1] << 16 | (size_t)t->messages.at[2] << 8 |
			      t->messages.at[3]);
		if (len > t->messages.len)
			return;
		pass_on(t, t->messages.at, len);
		take(&t->messages, len);
	}
}

/* A record of the server. What is not of the handshake goes on as it is. */
static void
pass_record(struct tampered *t, unsigned char *record, size_t len)
{
	int type = record[0];
	ssize_t n = (ssize_t)len - HEADER;

	if (type == SSL3_RT_CHANGE_CIPHER_SPEC && t->plan->version == TLS1_2_VERSION)
		t->through = true;
	if (t->through || type == SSL3_RT_CHANGE_CIPHER_SPEC || type == SSL3_RT_ALERT) {
		if (!t->silent)
			append(&t->out, record, len);
		return;
	}
	if (type == SSL3_RT_APPLICATION_DATA)
		n = tampered_open(&t->opening, record, len, &type);
	else
		memmove(record, record + HEADER, len - HEADER);
	must(n >= 0, "a record that cannot be opened");
	if (type != SSL3_RT_HANDSHAKE) {
		send_record(t, type, record, (size_t)n);
		return;
	}
	append(&t->messages, record, (size_t)n);
	pass_messages(t);
}

static void
pass_wire(struct tampered *t)
{
	unsigned char record[RECORD_MAX];
	size_t len;

	while (t->wire.len >= HEADER) {
		len = HEADER + ((size_t)t->wire.at[3] << 8 | t->wire.at[4]);
		if (len > t->wire.len)
			return;
		memcpy(record, t->wire.at, len);
		take(&t->wire, len);
		pass_record(t, record, len);
	}
}

/* ------------------------------------------------------------------ the client's side */

/* Only here: OpenSSL forgets this thread's errors, also those that a client has just met. */
void
tampered_step(struct tampered *t)
{
	unsigned char buf[4096];
	int n;

	ERR_clear_error();
	while ((n = SSL_read(t->server, buf, sizeof(buf))) > 0)
		(void)SSL_write(t->server, buf, n);
	ERR_clear_error();
	while ((n = BIO_read(SSL_get_wbio(t->server), buf, sizeof(buf))) > 0)
		append(&t->wire, buf, (size_t)n);
	pass_wire(t);
}

static ssize_t
on_read(void *arg, void *buf, size_t len)
{
	struct tampered *t = arg;
	size_t n;

	if (t->out.len == 0)
		tampered_step(t);
	n = len < t->out.len ? len : t->out.len;
	if (n == 0) {
		errno = EAGAIN;
		return -1;
	}
	memcpy(buf, t->out.at, n);
	take(&t->out, n);
	return (ssize_t)n;
}

static ssize_t
on_write(void *arg, const void *buf, size_t len)
{
	struct tampered *t = arg;

	if (t->said.len == 0 && len > HEADER) /* the ClientHello, in one record */
		append(&t->said, (const unsigned char *)buf + HEADER, len - HEADER);
	(void)BIO_write(SSL_get_rbio(t->server), buf, (int)len);
	return (ssize_t)len;
}

static int
on_close(void *arg)
{
	((struct tampered *)arg)->closed++;
	return 0;
}

const struct tls_transport tampered_calls = {
    sizeof(struct tls_transport), on_read, on_write, on_close};
