/*
 * key.c - the key under which sessions and verified chains are kept.
 *
 * A setting that decides whom to trust or how to speak belongs in here; a test
 * walks all setters.
 *
 * SPDX-License-Identifier: ISC
 */
#include <string.h>

#include <openssl/evp.h>

#include "context.h"

/* The digest in the making. Fields are short: they are collected before OpenSSL is called. */
struct hash {
	EVP_MD_CTX *md;
	unsigned char collected[512];
	size_t len;
};

static bool
flush(struct hash *hash)
{
	size_t len = hash->len;

	hash->len = 0;
	return EVP_DigestUpdate(hash->md, hash->collected, len) == 1;
}

static bool
put_octets(struct hash *hash, const void *data, size_t len)
{
	if (len > sizeof(hash->collected) - hash->len && !flush(hash))
		return false;
	if (len > sizeof(hash->collected))
		return EVP_DigestUpdate(hash->md, data, len) == 1;
	if (len > 0)
		memcpy(hash->collected + hash->len, data, len);
	hash->len += len;
	return true;
}

/* Octets behind their length, so that no two lists of fields look alike. */
static bool
put(struct hash *hash, const void *data, size_t len)
{
	return put_octets(hash, &len, sizeof(len)) && put_octets(hash, data, len);
}

static bool
put_number(struct hash *hash, int64_t number)
{
	return put(hash, &number, sizeof(number));
}

static bool
put_text(struct hash *hash, const char *text)
{
	return put_number(hash, text != NULL) && put(hash, text, text == NULL ? 0 : strlen(text));
}

static bool
put_reference(struct hash *hash, const struct tlsw__reference *r)
{
	return put_number(hash, r->kind) && put(hash, r->dns, r->dns_len) && put(hash, r->ip, r->ip_len);
}

static bool
put_exceptions(struct hash *hash, const struct tlsw__exceptions *exceptions)
{
	bool ok = put_number(hash, (int64_t)exceptions->count);
	size_t i;

	for (i = 0; ok && i < exceptions->count; i++)
		ok = put_reference(hash, &exceptions->list[i].host) &&
		    put(hash, exceptions->list[i].digest, TLSW__DIGEST_SIZE);
	return ok;
}

/* Every setting of the context that can make a difference to who is trusted and how one speaks. */
static bool
put_settings(struct hash *hash, const tls_context *ctx)
{
	const struct tlsw__verify_policy *p = &ctx->policy;

	return put_number(hash, p->require_chain) && put_number(hash, p->check_hostname) &&
	    put_number(hash, p->check_common_name) && put_number(hash, (int64_t)p->chain.flags) &&
	    put_number(hash, p->chain.depth) && put_number(hash, (int64_t)p->chain.when) &&
	    put_number(hash, p->chain.security_level) &&
	    put_number(hash, SSL_CTX_get_min_proto_version(ctx->ssl_ctx)) &&
	    put_number(hash, SSL_CTX_get_max_proto_version(ctx->ssl_ctx)) &&
	    put_text(hash, ctx->tls12_ciphers) && put_text(hash, ctx->tls13_suites) &&
	    put_text(hash, ctx->groups) && put(hash, ctx->alpn, ctx->alpn_len) &&
	    put_number(hash, ctx->alpn_required) &&
	    put(hash, p->pins.digests, p->pins.count * sizeof(*p->pins.digests)) &&
	    put_exceptions(hash, &p->exceptions) && put(hash, &p->hook, sizeof(p->hook)) &&
	    put(hash, &p->hook_arg, sizeof(p->hook_arg)) && put_text(hash, ctx->sigalgs) &&
	    put_number(hash, SSL_CTX_get_security_level(ctx->ssl_ctx)) &&
	    put_number(hash, ctx->profile) && put_number(hash, p->ocsp) &&
	    (ctx->credentials == NULL ||
	        put(hash, tlsw__credentials_digest(ctx->credentials), TLSW__CREDENTIALS_DIGEST_SIZE));
}

static bool
put_references(struct hash *hash, const struct tlsw__verify_request *request)
{
	size_t i;
	bool ok = put_number(hash, (int64_t)request->reference_count) && put_text(hash, request->service);

	for (i = 0; ok && i < request->reference_count; i++)
		ok = put_reference(hash, &request->references[i]);
	return ok;
}

bool
tlsw__context_key(const tls_context *ctx, const struct tlsw__verify_request *request, int port,
    unsigned char key[TLSW__KEY_SIZE])
{
	struct hash hash = {.md = EVP_MD_CTX_new(), .len = 0};
	bool ok = hash.md != NULL && EVP_DigestInit_ex(hash.md, EVP_sha256(), NULL) == 1 &&
	    put_settings(&hash, ctx) && put_references(&hash, request) && put_number(&hash, port) &&
	    put_number(&hash, (int64_t)tlsw__snapshot_version(request->trust)) && flush(&hash) &&
	    EVP_DigestFinal_ex(hash.md, key, NULL) == 1;

	EVP_MD_CTX_free(hash.md);
	return ok;
}
