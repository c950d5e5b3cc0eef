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

/* Octets behind their length, so that no two lists of fields look alike. */
static bool
put(EVP_MD_CTX *md, const void *data, size_t len)
{
	return EVP_DigestUpdate(md, &len, sizeof(len)) == 1 &&
	    (len == 0 || EVP_DigestUpdate(md, data, len) == 1);
}

static bool
put_number(EVP_MD_CTX *md, int64_t number)
{
	return put(md, &number, sizeof(number));
}

static bool
put_text(EVP_MD_CTX *md, const char *text)
{
	return put_number(md, text != NULL) && put(md, text, text == NULL ? 0 : strlen(text));
}

static bool
put_reference(EVP_MD_CTX *md, const struct tlsw__reference *r)
{
	return put_number(md, r->kind) && put(md, r->dns, r->dns_len) && put(md, r->ip, r->ip_len);
}

static bool
put_exceptions(EVP_MD_CTX *md, const struct tlsw__exceptions *exceptions)
{
	bool ok = put_number(md, (int64_t)exceptions->count);
	size_t i;

	for (i = 0; ok && i < exceptions->count; i++)
		ok = put_reference(md, &exceptions->list[i].host) &&
		    put(md, exceptions->list[i].digest, TLSW__DIGEST_SIZE);
	return ok;
}

/* Every setting of the context that can make a difference to who is trusted and how one speaks. */
static bool
put_settings(EVP_MD_CTX *md, const tls_context *ctx)
{
	const struct tlsw__verify_policy *p = &ctx->policy;

	return put_number(md, p->require_chain) && put_number(md, p->check_hostname) &&
	    put_number(md, p->check_common_name) && put_number(md, (int64_t)p->chain.flags) &&
	    put_number(md, p->chain.depth) && put_number(md, (int64_t)p->chain.when) &&
	    put_number(md, p->chain.security_level) &&
	    put_number(md, SSL_CTX_get_min_proto_version(ctx->ssl_ctx)) &&
	    put_number(md, SSL_CTX_get_max_proto_version(ctx->ssl_ctx)) &&
	    put_text(md, ctx->tls12_ciphers) && put_text(md, ctx->tls13_suites) &&
	    put_text(md, ctx->groups) && put(md, ctx->alpn, ctx->alpn_len) &&
	    put_number(md, ctx->alpn_required) &&
	    put(md, p->pins.digests, p->pins.count * sizeof(*p->pins.digests)) &&
	    put_exceptions(md, &p->exceptions) && put(md, &p->hook, sizeof(p->hook)) &&
	    put(md, &p->hook_arg, sizeof(p->hook_arg)) && put_text(md, ctx->sigalgs) &&
	    put_number(md, SSL_CTX_get_security_level(ctx->ssl_ctx)) &&
	    put_number(md, ctx->profile) && put_number(md, p->ocsp) &&
	    (ctx->credentials == NULL ||
	        put(md, tlsw__credentials_digest(ctx->credentials), TLSW__CREDENTIALS_DIGEST_SIZE));
}

static bool
put_references(EVP_MD_CTX *md, const struct tlsw__verify_request *request)
{
	size_t i;
	bool ok = put_number(md, (int64_t)request->reference_count) && put_text(md, request->service);

	for (i = 0; ok && i < request->reference_count; i++)
		ok = put_reference(md, &request->references[i]);
	return ok;
}

bool
tlsw__context_key(const tls_context *ctx, const struct tlsw__verify_request *request, int port,
    unsigned char key[TLSW__KEY_SIZE])
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool ok = md != NULL && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 &&
	    put_settings(md, ctx) && put_references(md, request) && put_number(md, port) &&
	    put_number(md, (int64_t)tlsw__snapshot_version(request->trust)) &&
	    EVP_DigestFinal_ex(md, key, NULL) == 1;

	EVP_MD_CTX_free(md);
	return ok;
}
