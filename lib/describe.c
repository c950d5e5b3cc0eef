/*
 * describe.c - the whole policy of a context as a text for people: every
 * setting by its setter's name, and what OpenSSL makes of it.
 *
 * A test walks all setters and misses those that change nothing here.
 *
 * SPDX-License-Identifier: ISC
 */
#include <string.h>

#include "cert.h"
#include "context.h"
#include "page.h"

static const char *
on_off(bool on)
{
	return on ? "on" : "off";
}

/* How many there are: "none" is the word for 0. */
static void
say_count(struct tlsw__page *page, const char *label, size_t count, const char *none)
{
	tlsw__page_label(page, label);
	if (count == 0)
		tlsw__page_say(page, "%s", none);
	else
		tlsw__page_say(page, "%zu", count);
}

/* ---------------------------------------------------------------- verification */

static void
say_flags(struct tlsw__page *page, unsigned long flags)
{
	static const struct {
		unsigned long bit;
		const char *name;
	} table[] = {{TLSW_VERIFY_STRICT, "strict"}, {TLSW_VERIFY_PARTIAL_CHAIN, "partial_chain"},
	    {TLSW_VERIFY_CRL_LEAF, "crl_leaf"}, {TLSW_VERIFY_CRL_CHAIN, "crl_chain"},
	    {TLSW_VERIFY_CRL_IF_AVAILABLE, "crl_if_available"}};
	const char *separator = "";
	size_t i;

	tlsw__page_label(page, "verify_flags");
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if ((flags & table[i].bit) != 0) {
			tlsw__page_say(page, "%s%s", separator, table[i].name);
			separator = ", ";
		}
	tlsw__page_say(page, "%s\n", flags == 0 ? "none" : "");
}

static void
say_checks(struct tlsw__page *page, const struct tlsw__verify_policy *p)
{
	tlsw__page_line(
	    page, "verify_mode", "%s", p->require_chain ? "required" : "none: anybody may answer");
	tlsw__page_line(page, "check_hostname", "%s", on_off(p->check_hostname));
	tlsw__page_line(page, "hostname_checks_common_name", "%s", on_off(p->check_common_name));
	say_flags(page, p->chain.flags);
	tlsw__page_line(page, "verify_depth", "%d", p->chain.depth);
	tlsw__page_label(page, "verify_time");
	if (p->chain.when == 0)
		tlsw__page_say(page, "now");
	else
		tlsw__page_time(page, p->chain.when);
	tlsw__page_say(page, "\n");
}

/* ----------------------------------------------------------------------- trust */

static void
say_source(struct tlsw__page *page, const struct tlsw__trust_source *source)
{
	const struct tlsw__anchors_facts *facts =
	    source->set == NULL ? NULL : tlsw__anchors_facts(source->set);

	tlsw__page_label(page, "");
	tlsw__page_say(page, "%s%s", source->kind, source->path == NULL ? "" : " ");
	if (source->path != NULL)
		tlsw__page_quote(page, source->path, strlen(source->path));
	if (source->anchors > 0)
		tlsw__page_say(page, ": %zu", source->anchors);
	if (facts != NULL && facts->distrusted > 0)
		tlsw__page_say(page, ", %zu distrusted by their own settings", facts->distrusted);
	if (facts != NULL && facts->malformed > 0)
		tlsw__page_say(page, ", %zu malformed", facts->malformed);
	if (facts != NULL && facts->crls > 0)
		tlsw__page_say(
		    page, ", %zu revocation list%s", facts->crls, facts->crls == 1 ? "" : "s");
	tlsw__page_say(page, "\n");
	if (source->problem[0] == '\0')
		return;
	tlsw__page_label(page, "");
	tlsw__page_say(page, "  now unusable, what was loaded is in force: ");
	tlsw__page_quote(page, source->problem, strlen(source->problem));
	tlsw__page_say(page, "\n");
}

static void
say_trust(struct tlsw__page *page, const tls_context *ctx, const struct tlsw__snapshot *trust)
{
	const size_t anchors = tlsw__snapshot_anchors(trust);
	struct tlsw__trust_source source;
	size_t i;

	tlsw__page_line(page, "trust", "%zu anchor%s%s", anchors, anchors == 1 ? "" : "s",
	    tlsw__snapshot_sources(trust) == 0 ? ": nothing was loaded" : "");
	for (i = 0; i < tlsw__snapshot_sources(trust); i++) {
		tlsw__snapshot_source(trust, i, &source);
		say_source(page, &source);
	}
	tlsw__page_line(page, "refresh", "%s", on_off(tlsw__trust_refreshes(ctx->trust)));
}

/* ------------------------------------------------------- what the caller named himself */

static void
say_pins(struct tlsw__page *page, const struct tlsw__pins *pins)
{
	char text[TLSW__PIN_SIZE];
	size_t i;

	say_count(page, "pins", pins->count, "none");
	tlsw__page_say(page, "\n");
	for (i = 0; i < pins->count; i++)
		tlsw__page_line(page, "", "%s", tlsw__pins_text(pins, i, text));
}

static void
say_exceptions(struct tlsw__page *page, const struct tlsw__exceptions *exceptions)
{
	size_t i, octet;

	say_count(page, "exceptions", exceptions->count, "none");
	tlsw__page_say(page, "\n");
	for (i = 0; i < exceptions->count; i++) {
		tlsw__page_label(page, "");
		tlsw__page_reference(page, &exceptions->list[i].host);
		tlsw__page_say(page, " cert-sha256:");
		for (octet = 0; octet < TLSW__DIGEST_SIZE; octet++)
			tlsw__page_say(page, "%02x", exceptions->list[i].digest[octet]);
		tlsw__page_say(page, "\n");
	}
}

static const char *
ocsp_name(enum tlsw_ocsp ocsp)
{
	switch (ocsp) {
	case TLSW_OCSP_OFF:
		return "off";
	case TLSW_OCSP_IF_STAPLED:
		return "if stapled";
	case TLSW_OCSP_REQUIRED:
		return "required";
	}
	return "?";
}

/* The certificate; never a word about its key. */
static void
say_credentials(struct tlsw__page *page, const struct tlsw__credentials *credentials)
{
	tls_certificate *leaf;

	tlsw__page_label(page, "client certificate");
	if (credentials == NULL) {
		tlsw__page_say(page, "none\n");
		return;
	}
	leaf = tlsw__cert_new(tlsw__credentials_leaf(credentials), NULL);
	if (leaf == NULL) {
		tlsw__page_text(page, NULL);
		return;
	}
	tlsw__page_text(page, tls_certificate_subject(leaf));
	tlsw__page_say(page, ", until ");
	tlsw__page_time(page, tls_certificate_not_after(leaf));
	tlsw__page_say(page, "\n");
	tls_certificate_free(leaf);
}

static void
say_callers(struct tlsw__page *page, const tls_context *ctx)
{
	say_pins(page, &ctx->policy.pins);
	say_exceptions(page, &ctx->policy.exceptions);
	tlsw__page_line(page, "verify_hook", "%s", ctx->policy.hook == NULL ? "none" : "set");
	tlsw__page_line(page, "ocsp", "%s", ocsp_name(ctx->policy.ocsp));
	say_credentials(page, ctx->credentials);
}

/* ------------------------------------------------------------------- the protocol */

static const char *
profile_name(enum tlsw_profile profile)
{
	switch (profile) {
	case TLSW_PROFILE_DEFAULT:
		return "default";
	case TLSW_PROFILE_MODERN:
		return "modern";
	case TLSW_PROFILE_LEGACY_SERVER:
		return "legacy server";
	}
	return "?";
}

static void
say_version(struct tlsw__page *page, const char *label, long version, const char *remark)
{
	tlsw__page_label(page, label);
	if (version == TLS1_2_VERSION || version == TLS1_3_VERSION)
		tlsw__page_say(page, "TLS 1.%d", version == TLS1_2_VERSION ? 2 : 3);
	else
		tlsw__page_say(page, "0x%04lx", (unsigned long)version);
	tlsw__page_say(page, "%s\n", remark);
}

/* Of what OpenSSL would offer, those of TLS 1.3 or those of before: versions, level and all. */
static void
say_ciphers(struct tlsw__page *page, const char *label, STACK_OF(SSL_CIPHER) *offered, bool tls13)
{
	const char *separator = "";
	int i;

	tlsw__page_label(page, label);
	for (i = 0; i < sk_SSL_CIPHER_num(offered); i++) {
		const SSL_CIPHER *cipher = sk_SSL_CIPHER_value(offered, i);

		if (((SSL_CIPHER_get_protocol_id(cipher) >> 8) == 0x13) != tls13)
			continue;
		tlsw__page_say(page, "%s%s", separator, SSL_CIPHER_get_name(cipher));
		separator = ":";
	}
	tlsw__page_say(page, "%s\n", separator[0] == '\0' ? "none" : "");
}

static void
say_lists(struct tlsw__page *page, const tls_context *ctx)
{
	SSL *probe = SSL_new(ctx->ssl_ctx); /* says what would be offered */
	STACK_OF(SSL_CIPHER) *offered = probe == NULL ? NULL : SSL_get1_supported_ciphers(probe);

	page->memory = page->memory || probe == NULL;
	if (probe != NULL) {
		say_ciphers(page, "ciphers, TLS 1.2", offered, false);
		say_ciphers(page, "ciphers, TLS 1.3", offered, true);
	}
	sk_SSL_CIPHER_free(offered);
	SSL_free(probe);
	tlsw__page_line(page, "groups", "%s", ctx->groups == NULL ? "OpenSSL's own" : ctx->groups);
	tlsw__page_line(page, "signature_algorithms", "%s",
	    ctx->sigalgs == NULL ? "OpenSSL's own" : ctx->sigalgs);
}

static void
say_alpn(struct tlsw__page *page, const tls_context *ctx)
{
	size_t at;

	tlsw__page_label(page, "alpn");
	for (at = 0; at < ctx->alpn_len; at += 1u + ctx->alpn[at]) {
		tlsw__page_say(page, "%s", at > 0 ? ", " : "");
		tlsw__page_quote(page, ctx->alpn + at + 1, ctx->alpn[at]);
	}
	tlsw__page_say(page, "%s%s\n", ctx->alpn_len == 0 ? "none" : "",
	    ctx->alpn_required ? ", one is required" : "");
}

static void
say_protocol(struct tlsw__page *page, const tls_context *ctx)
{
	const long min = SSL_CTX_get_min_proto_version(ctx->ssl_ctx);
	const int level = SSL_CTX_get_security_level(ctx->ssl_ctx);
	const char *floor = ", openssl.cnf allows no less";

	tlsw__page_line(page, "profile", "%s", profile_name(ctx->profile));
	say_version(page, "min_version", min,
	    min == ctx->min_version_floor && min > TLS1_2_VERSION ? floor : "");
	say_version(page, "max_version", SSL_CTX_get_max_proto_version(ctx->ssl_ctx), "");
	say_lists(page, ctx);
	tlsw__page_line(
	    page, "security_level", "%d%s", level, level == ctx->security_level_floor ? floor : "");
	say_alpn(page, ctx);
}

/* --------------------------------------------------------------- time and memory */

static void
say_idle(struct tlsw__page *page, const char *why)
{
	tlsw__page_say(page, "%s%s\n", why == NULL ? "" : ", not used: ", why == NULL ? "" : why);
}

static void
say_keeping(struct tlsw__page *page, const tls_context *ctx)
{
	const char *idle = tlsw__context_keeps_nothing(ctx);
	size_t max, kept = tlsw__sessions_count(ctx->sessions, &max);

	say_count(page, "session_cache", max, "off");
	if (kept > 0)
		tlsw__page_say(page, ", %zu kept now", kept);
	say_idle(page, idle);
	say_count(page, "chain_memory", tlsw__chains_max(ctx->chains), "off");
	say_idle(page, idle == NULL && ctx->policy.hook != NULL ? "there is a verify hook" : idle);
}

static void
say_rest(struct tlsw__page *page, const tls_context *ctx)
{
	if (ctx->handshake_timeout_ms < 0)
		tlsw__page_line(page, "handshake_timeout", "none");
	else
		tlsw__page_line(page, "handshake_timeout", "%d ms", ctx->handshake_timeout_ms);
	tlsw__page_label(page, "keylog_file");
	if (ctx->keylog_path == NULL)
		tlsw__page_say(page, "none");
	else
		tlsw__page_quote(page, ctx->keylog_path, strlen(ctx->keylog_path));
	tlsw__page_say(
	    page, "%s\n", ctx->keylog_path == NULL ? "" : ": who reads it reads the traffic");
	if (atomic_load(&ctx->native))
		tlsw__page_line(
		    page, "native", "handed out: what was set there may not be told here");
}

static int
describe(const tls_context *ctx, FILE *out)
{
	struct tlsw__snapshot *trust;
	struct tlsw__page page;

	if (tlsw__page_open(&page, out) != 0)
		return -1;
	trust = tlsw__trust_snapshot(ctx->trust);
	if (trust == NULL)
		return -1;
	tlsw__page_say(&page, "policy\n");
	say_checks(&page, &ctx->policy);
	say_trust(&page, ctx, trust);
	say_callers(&page, ctx);
	say_protocol(&page, ctx);
	say_keeping(&page, ctx);
	say_rest(&page, ctx);
	tlsw__snapshot_free(trust);
	return tlsw__page_close(&page);
}

int
tls_context_describe(const tls_context *ctx, FILE *out)
{
	tls_context *shared = NULL;
	struct tlsw__queue queue;
	int rv = -1;

	tlsw__queue_save(&queue);
	if (ctx == NULL)
		ctx = shared = tlsw__context_use(NULL);
	if (ctx != NULL)
		rv = describe(ctx, out);
	tls_context_free(shared);
	tlsw__queue_restore(&queue);
	return rv;
}
