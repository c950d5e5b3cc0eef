/*
 * lab_sealed.c - TLS 1.3 records sealed by hand: what OpenSSL's server would
 * not send even when asked to. The traffic secret comes from its key log.
 *
 * SPDX-License-Identifier: ISC
 */
#include "lab_raw.h"

#include <string.h>
#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#define SECRET_LEN 32 /* of TLS_AES_128_GCM_SHA256 */
#define KEY_LEN 16
#define IV_LEN 12
#define TAG_LEN 16
#define CONTENT_MAX 256

/* Each connection is served by a process of its own. */
static unsigned char server_secret[SECRET_LEN];

static void
on_secret(const SSL *ssl, const char *line)
{
	static const char label[] = "SERVER_TRAFFIC_SECRET_0 ";
	const char *hex = strrchr(line, ' ');
	size_t len;

	(void)ssl;
	if (strncmp(line, label, sizeof(label) - 1) != 0 || hex == NULL)
		return;
	(void)OPENSSL_hexstr2buf_ex(server_secret, sizeof(server_secret), &len, hex + 1, '\0');
}

int
lab_keep_secrets(SSL_CTX *ctx, void *arg)
{
	(void)arg;
	SSL_CTX_set_keylog_callback(ctx, on_secret);
	return 1;
}

/* RFC 8446 7.1, with an empty context. */
static int
expand_label(const char *label, unsigned char *out, size_t len)
{
	unsigned char info[32] = {0, (unsigned char)len, (unsigned char)strlen(label)};
	size_t info_len = 3 + strlen(label) + 1;
	int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	OSSL_PARAM params[5];
	int rv;

	memcpy(info + 3, label, strlen(label));
	params[0] = OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode);
	params[1] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char[]){"SHA256"}, 0);
	params[2] =
	    OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, server_secret, SECRET_LEN);
	params[3] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, info_len);
	params[4] = OSSL_PARAM_construct_end();
	rv = ctx != NULL && EVP_KDF_derive(ctx, out, len, params) == 1 ? 0 : -1;
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return rv;
}

static int
encrypt(const unsigned char *key, const unsigned char *nonce, const unsigned char *header,
    unsigned char *data, int len)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n, rv = -1;

	if (ctx != NULL && EVP_EncryptInit_ex(ctx, EVP_aes_128_gcm(), NULL, key, nonce) == 1 &&
	    EVP_EncryptUpdate(ctx, NULL, &n, header, 5) == 1 &&
	    EVP_EncryptUpdate(ctx, data, &n, data, len) == 1 &&
	    EVP_EncryptFinal_ex(ctx, data + n, &n) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_LEN, data + len) == 1)
		rv = 0;
	EVP_CIPHER_CTX_free(ctx);
	return rv;
}

/* The record of that number (below 256) since the handshake. */
static int
send_sealed(struct peer_connection *c, unsigned char number, int type, const void *data, size_t len)
{
	unsigned char key[KEY_LEN], nonce[IV_LEN];
	unsigned char record[5 + CONTENT_MAX + 1 + TAG_LEN] = {LAB_DATA, 3, 3};
	size_t sealed = len + 1 + TAG_LEN;

	if (len > CONTENT_MAX || expand_label("tls13 key", key, sizeof(key)) != 0 ||
	    expand_label("tls13 iv", nonce, sizeof(nonce)) != 0)
		return peer_fail(c, "the keys cannot be derived");
	nonce[IV_LEN - 1] ^= number;
	record[3] = (unsigned char)(sealed >> 8);
	record[4] = (unsigned char)sealed;
	memcpy(record + 5, data, len);
	record[5 + len] = (unsigned char)type;
	if (encrypt(key, nonce, record, record + 5, (int)len + 1) != 0)
		return peer_fail(c, "the record cannot be sealed");
	return peer_put(c, record, 5 + sealed);
}

/* The request, and then an answer as if it had been met: what a client that
 * takes no notice would go on with. */
int
lab_post_handshake_request(struct peer_connection *c, const struct peer_step *step)
{
	static const unsigned char request[] = {
	    0x0d, 0, 0, 0x0c, 1, 'x', 0, 8, 0, 0x0d, 0, 4, 0, 2, 4, 3};

	static const char answer[] = LAB_HTTP_HEADER LAB_SHORT_BODY;

	(void)step;
	if (send_sealed(c, 0, LAB_HANDSHAKE, request, sizeof(request)) != 0 ||
	    send_sealed(c, 1, LAB_DATA, answer, sizeof(answer) - 1) != 0)
		return -1;
	return send_sealed(c, 2, LAB_ALERT, "\x01\x00", 2);
}
