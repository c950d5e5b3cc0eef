/*
 * protocol.c - how a context speaks: versions, ciphers, groups, application
 * protocols.
 *
 * SPDX-License-Identifier: ISC
 */
#include "settings.h"

#include <stdlib.h>
#include <string.h>

#include "ciphers.h"

/* ---------------------------------------------------------- versions and ciphers */

static bool
known_version(enum tlsw_version version)
{
	return version == TLSW_TLS_1_2 || version == TLSW_TLS_1_3;
}

int
tls_context_set_min_version(tls_context *ctx, enum tlsw_version version)
{
	if (tlsw__settable(ctx, "min_version") != 0)
		return -1;
	if (!known_version(version))
		return tlsw__error_set(TLSW_ERR_USAGE, "min_version: 0x%04x is no version",
		    (unsigned)version);
	if ((long)version > SSL_CTX_get_max_proto_version(ctx->ssl_ctx))
		return tlsw__error_set(TLSW_ERR_USAGE, "min_version: it is above the maximum");
	if ((long)version < ctx->min_version_floor)
		return 0; /* openssl.cnf asks for more: it may tighten */
	if (SSL_CTX_set_min_proto_version(ctx->ssl_ctx, (int)version) != 1)
		return tlsw__error_set_openssl(TLSW_ERR_INTERNAL, "min_version");
	return 0;
}

int
tls_context_set_max_version(tls_context *ctx, enum tlsw_version version)
{
	if (tlsw__settable(ctx, "max_version") != 0)
		return -1;
	if (!known_version(version))
		return tlsw__error_set(TLSW_ERR_USAGE, "max_version: 0x%04x is no version",
		    (unsigned)version);
	if ((long)version < SSL_CTX_get_min_proto_version(ctx->ssl_ctx))
		return tlsw__error_set(TLSW_ERR_USAGE, "max_version: it is below the minimum");
	if (SSL_CTX_set_max_proto_version(ctx->ssl_ctx, (int)version) != 1)
		return tlsw__error_set_openssl(TLSW_ERR_INTERNAL, "max_version");
	return 0;
}

/* Keep a copy of what was set; NULL keeps what there is. */
static int
keep_text(char **kept, const char *text)
{
	char *copy;

	if (text == NULL)
		return 0;
	copy = strdup(text);
	if (copy == NULL)
		return tlsw__error_set_memory();
	free(*kept);
	*kept = copy;
	return 0;
}

int
tls_context_set_ciphers(tls_context *ctx, const char *tls12_list, const char *tls13_suites)
{
	struct tlsw__queue queue;
	int rv = -1;

	if (tlsw__settable(ctx, "ciphers") != 0)
		return -1;
	tlsw__queue_save(&queue);
	if ((tls12_list == NULL || tlsw__ciphers_check(tls12_list) == 0) &&
	    (tls13_suites == NULL || tlsw__ciphers_check_suites(tls13_suites) == 0) &&
	    keep_text(&ctx->tls12_ciphers, tls12_list) == 0 &&
	    keep_text(&ctx->tls13_suites, tls13_suites) == 0) {
		if ((tls12_list == NULL || SSL_CTX_set_cipher_list(ctx->ssl_ctx, tls12_list) == 1) &&
		    (tls13_suites == NULL || SSL_CTX_set_ciphersuites(ctx->ssl_ctx, tls13_suites) == 1))
			rv = 0;
		else
			(void)tlsw__error_set_openssl(TLSW_ERR_INTERNAL, "ciphers");
		SSL_CTX_set_security_level(ctx->ssl_ctx, ctx->policy.chain.security_level);
	}
	tlsw__queue_restore(&queue);
	return rv;
}

/* OpenSSL did not take a list: is it the list? */
static int
refuse_list(const char *what, const char *list)
{
	if (tlsw__queue_names_memory())
		return tlsw__error_set_memory();
	return tlsw__error_set(TLSW_ERR_USAGE, "%s: \"%.200s\" names an unknown one", what, list);
}

int
tls_context_set_groups(tls_context *ctx, const char *list)
{
	struct tlsw__queue queue;
	int rv = 0;

	if (tlsw__settable_from(ctx, "groups", list) != 0)
		return -1;
	tlsw__queue_save(&queue);
	if (SSL_CTX_set1_groups_list(ctx->ssl_ctx, list) != 1)
		rv = refuse_list("groups", list);
	else
		rv = keep_text(&ctx->groups, list);
	tlsw__queue_restore(&queue);
	return rv;
}

int
tls_context_set_signature_algorithms(tls_context *ctx, const char *list)
{
	struct tlsw__queue queue;
	int rv;

	if (tlsw__settable_from(ctx, "signature_algorithms", list) != 0)
		return -1;
	tlsw__queue_save(&queue);
	if (SSL_CTX_set1_sigalgs_list(ctx->ssl_ctx, list) == 1)
		rv = keep_text(&ctx->sigalgs, list);
	else
		rv = refuse_list("signature_algorithms", list);
	tlsw__queue_restore(&queue);
	return rv;
}

int
tls_context_set_security_level(tls_context *ctx, int level)
{
	if (tlsw__settable(ctx, "security_level") != 0)
		return -1;
	if (level < 0 || level > 5)
		return tlsw__error_set(TLSW_ERR_USAGE, "security_level: %d is not from 0 to 5", level);
	if (level < ctx->security_level_floor)
		level = ctx->security_level_floor; /* openssl.cnf asks for more: it may tighten */
	SSL_CTX_set_security_level(ctx->ssl_ctx, level);
	ctx->policy.chain.security_level = level;
	return 0;
}

/* -------------------------------------------------------------------------- profiles */

#define AEAD_ONLY TLSW__DEFAULT_TLS12_CIPHERS
#define LEGACY_TOO                                                                      \
	AEAD_ONLY ":ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256:"                     \
	          "ECDHE-ECDSA-AES256-SHA384:ECDHE-RSA-AES256-SHA384:"                      \
	          "ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:"                            \
	          "ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES256-SHA:"                            \
	          "DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384:"                    \
	          "AES128-GCM-SHA256:AES256-GCM-SHA384:AES128-SHA256:AES128-SHA:AES256-SHA"

int
tls_context_set_profile(tls_context *ctx, enum tlsw_profile profile)
{
	const char *ciphers = profile == TLSW_PROFILE_LEGACY_SERVER ? LEGACY_TOO : AEAD_ONLY;
	long min = profile == TLSW_PROFILE_MODERN ? TLS1_3_VERSION : TLS1_2_VERSION;

	if (tlsw__settable(ctx, "profile") != 0)
		return -1;
	if (profile != TLSW_PROFILE_DEFAULT && profile != TLSW_PROFILE_MODERN &&
	    profile != TLSW_PROFILE_LEGACY_SERVER)
		return tlsw__error_set(TLSW_ERR_USAGE, "profile: %d is none", (int)profile);
	if (min < ctx->min_version_floor)
		min = ctx->min_version_floor;
	if (min > SSL_CTX_get_max_proto_version(ctx->ssl_ctx))
		return tlsw__error_set(TLSW_ERR_USAGE, "profile: max_version was set below TLS 1.3");
	if (tls_context_set_ciphers(ctx, ciphers, TLSW__DEFAULT_TLS13_SUITES) != 0)
		return -1;
	if (SSL_CTX_set_min_proto_version(ctx->ssl_ctx, (int)min) != 1)
		return tlsw__error_set_openssl(TLSW_ERR_INTERNAL, "profile");
	ctx->profile = profile;
	return 0;
}

/* ------------------------------------------------------------------------- ALPN */

#define ALPN_OCTETS_MAX 65535 /* RFC 7301 section 3.1: a 16-bit length of the list */

/* The list as it goes on the wire: a length octet before each name. NULL: error set. */
static unsigned char *
alpn_wire(const char *const *protocols, size_t count, size_t *len)
{
	unsigned char *wire = NULL;
	size_t i, n, total = 0;

	for (i = 0; i < count; i++) {
		n = protocols[i] == NULL ? 0 : strlen(protocols[i]);
		if (n == 0 || n > 255 || (total += n + 1) > ALPN_OCTETS_MAX) {
			(void)tlsw__error_set(TLSW_ERR_USAGE,
			    "ALPN: name %zu is NULL, empty, longer than 255 octets or too much", i);
			return NULL;
		}
	}
	wire = malloc(total);
	if (wire == NULL) {
		(void)tlsw__error_set_memory();
		return NULL;
	}
	*len = 0;
	for (i = 0; i < count; i++) {
		n = strlen(protocols[i]);
		wire[(*len)++] = (unsigned char)n;
		memcpy(wire + *len, protocols[i], n);
		*len += n;
	}
	return wire;
}

int
tls_context_set_alpn(tls_context *ctx, const char *const *protocols, size_t count, bool required)
{
	unsigned char *wire = NULL;
	size_t len = 0;

	if (tlsw__settable(ctx, "ALPN") != 0)
		return -1;
	if (count == 0 ? required : protocols == NULL)
		return tlsw__error_set(TLSW_ERR_USAGE, "ALPN: no protocols");
	if (count > 0 && (wire = alpn_wire(protocols, count, &len)) == NULL)
		return -1;
	if (SSL_CTX_set_alpn_protos(ctx->ssl_ctx, wire, (unsigned)len) != 0) { /* 0 is success here */
		free(wire);
		return tlsw__error_set_memory();
	}
	free(ctx->alpn);
	ctx->alpn = wire;
	ctx->alpn_len = len;
	ctx->alpn_required = required;
	return 0;
}

bool
tlsw__context_offers_alpn(const tls_context *ctx, const unsigned char *name, size_t len)
{
	size_t at;

	for (at = 0; at < ctx->alpn_len; at += 1u + ctx->alpn[at])
		if (ctx->alpn[at] == len && memcmp(ctx->alpn + at + 1, name, len) == 0)
			return true;
	return false;
}
