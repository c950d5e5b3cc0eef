/*
 * settings.c - what a context trusts and how strictly: the setters about
 * verification, trust, time and memory.
 *
 * SPDX-License-Identifier: ISC
 */
#include "settings.h"

#define CACHE_MAX 100000 /* sessions or chains: beyond that it is a mistake */

int
tlsw__settable(const tls_context *ctx, const char *what)
{
	if (ctx == NULL)
		return tlsw__error_set(TLSW_ERR_USAGE, "%s: context is NULL", what);
	if (atomic_load(&ctx->frozen))
		return tlsw__error_set(TLSW_ERR_USAGE,
		    "%s: the context is in use and cannot be changed any more", what);
	return 0;
}

int
tlsw__settable_from(const tls_context *ctx, const char *what, const void *source)
{
	if (tlsw__settable(ctx, what) != 0)
		return -1;
	if (source == NULL)
		return tlsw__error_set(TLSW_ERR_USAGE, "%s is NULL", what);
	return 0;
}

/* ------------------------------------------------------------------- settings */


int
tls_context_set_verify_mode(tls_context *ctx, enum tlsw_verify_mode mode)
{
	if (tlsw__settable(ctx, "verify_mode") != 0)
		return -1;
	if (mode != TLSW_CERT_NONE && mode != TLSW_CERT_REQUIRED)
		return tlsw__error_set(TLSW_ERR_USAGE, "verify_mode: %d is no mode", (int)mode);
	if (mode == TLSW_CERT_NONE && ctx->policy.check_hostname)
		return tlsw__error_set(TLSW_ERR_USAGE,
		    "verify_mode: TLSW_CERT_NONE while check_hostname is on; turn that off first");
	ctx->policy.require_chain = mode == TLSW_CERT_REQUIRED;
	return 0;
}

enum tlsw_verify_mode
tls_context_get_verify_mode(const tls_context *ctx)
{
	return ctx != NULL && ctx->policy.require_chain ? TLSW_CERT_REQUIRED : TLSW_CERT_NONE;
}

int
tls_context_set_check_hostname(tls_context *ctx, bool check)
{
	if (tlsw__settable(ctx, "check_hostname") != 0)
		return -1;
	ctx->policy.check_hostname = check;
	if (check)
		ctx->policy.require_chain = true;
	return 0;
}

bool
tls_context_get_check_hostname(const tls_context *ctx)
{
	return ctx != NULL && ctx->policy.check_hostname;
}

int
tls_context_set_hostname_checks_common_name(tls_context *ctx, bool check)
{
	if (tlsw__settable(ctx, "hostname_checks_common_name") != 0)
		return -1;
	ctx->policy.check_common_name = check;
	return 0;
}

int
tls_context_set_verify_flags(tls_context *ctx, unsigned long flags)
{
	const unsigned long known = TLSW_VERIFY_STRICT | TLSW_VERIFY_PARTIAL_CHAIN |
	    TLSW_VERIFY_CRL_LEAF | TLSW_VERIFY_CRL_CHAIN | TLSW_VERIFY_CRL_IF_AVAILABLE;

	if (tlsw__settable(ctx, "verify_flags") != 0)
		return -1;
	if ((flags & ~known) != 0)
		return tlsw__error_set(TLSW_ERR_USAGE, "verify_flags: unknown bits 0x%lx", flags & ~known);
	ctx->policy.chain.flags = flags;
	return 0;
}

unsigned long
tls_context_get_verify_flags(const tls_context *ctx)
{
	return ctx == NULL ? 0 : ctx->policy.chain.flags;
}

int
tls_context_set_verify_depth(tls_context *ctx, int intermediates)
{
	if (tlsw__settable(ctx, "verify_depth") != 0)
		return -1;
	if (intermediates < 0)
		return tlsw__error_set(TLSW_ERR_USAGE, "verify_depth: %d is negative", intermediates);
	ctx->policy.chain.depth = intermediates;
	return 0;
}

int
tls_context_set_verify_time(tls_context *ctx, time_t when)
{
	if (tlsw__settable(ctx, "verify_time") != 0)
		return -1;
	ctx->policy.chain.when = when;
	return 0;
}

int
tls_context_set_pins(tls_context *ctx, const char *pins)
{
	if (tlsw__settable_from(ctx, "pins", pins) != 0)
		return -1;
	return tlsw__pins_set(&ctx->policy.pins, pins);
}

int
tls_context_add_exception(tls_context *ctx, const char *host, const char *fingerprint)
{
	struct tlsw__reference reference;

	if (tlsw__settable_from(ctx, "exception", fingerprint) != 0 ||
	    tlsw__verify_host(host, &reference) != 0)
		return -1;
	return tlsw__exceptions_add(&ctx->policy.exceptions, &reference, fingerprint);
}

int
tls_context_set_verify_hook(tls_context *ctx, tlsw_verify_hook hook, void *arg)
{
	if (tlsw__settable(ctx, "verify_hook") != 0)
		return -1;
	ctx->policy.hook = hook;
	ctx->policy.hook_arg = arg;
	return 0;
}

int
tls_context_set_ocsp(tls_context *ctx, enum tlsw_ocsp ocsp)
{
	if (tlsw__settable(ctx, "ocsp") != 0)
		return -1;
	if (ocsp != TLSW_OCSP_OFF && ocsp != TLSW_OCSP_IF_STAPLED && ocsp != TLSW_OCSP_REQUIRED)
		return tlsw__error_set(TLSW_ERR_USAGE, "ocsp: %d is no mode", (int)ocsp);
	ctx->policy.ocsp = ocsp;
	return 0;
}

int
tls_context_set_handshake_timeout(tls_context *ctx, int timeout_ms)
{
	if (tlsw__settable(ctx, "handshake_timeout") != 0)
		return -1;
	if (timeout_ms == 0 || timeout_ms < -1)
		return tlsw__error_set(TLSW_ERR_USAGE,
		    "handshake_timeout: %d is neither -1 nor a number of milliseconds", timeout_ms);
	ctx->handshake_timeout_ms = timeout_ms;
	return 0;
}

int
tls_context_set_session_cache(tls_context *ctx, size_t max_sessions)
{
	struct tlsw__sessions *sessions;

	if (tlsw__settable(ctx, "session_cache") != 0)
		return -1;
	if (max_sessions > CACHE_MAX)
		return tlsw__error_set(TLSW_ERR_USAGE, "session_cache: more than %d sessions", CACHE_MAX);
	sessions = tlsw__sessions_new(max_sessions);
	if (sessions == NULL)
		return -1;
	tlsw__sessions_free(ctx->sessions);
	ctx->sessions = sessions;
	return 0;
}

int
tls_context_set_chain_memory(tls_context *ctx, size_t max_chains)
{
	struct tlsw__chains *chains;

	if (tlsw__settable(ctx, "chain_memory") != 0)
		return -1;
	if (max_chains > CACHE_MAX)
		return tlsw__error_set(TLSW_ERR_USAGE, "chain_memory: more than %d chains", CACHE_MAX);
	chains = tlsw__chains_new(max_chains);
	if (chains == NULL)
		return -1;
	tlsw__chains_free(ctx->chains);
	ctx->chains = chains;
	return 0;
}

/* ----------------------------------------------------------------------- trust */


int
tls_context_load_default_certs(tls_context *ctx)
{
	struct tlsw__queue queue;
	int rv;

	if (tlsw__settable(ctx, "default certs") != 0)
		return -1;
	tlsw__queue_save(&queue);
	rv = tlsw__trust_load_system(ctx->trust);
	tlsw__queue_restore(&queue);
	return rv < 0 ? -1 : 0;
}

int
tls_context_load_ca_file(tls_context *ctx, const char *path)
{
	struct tlsw__queue queue;
	int rv;

	if (tlsw__settable_from(ctx, "CA file", path) != 0)
		return -1;
	tlsw__queue_save(&queue);
	rv = tlsw__trust_load_file(ctx->trust, path);
	tlsw__queue_restore(&queue);
	return rv;
}

int
tls_context_load_ca_dir(tls_context *ctx, const char *path)
{
	struct tlsw__queue queue;
	int rv;

	if (tlsw__settable_from(ctx, "CA directory", path) != 0)
		return -1;
	tlsw__queue_save(&queue);
	rv = tlsw__trust_load_dir(ctx->trust, path);
	tlsw__queue_restore(&queue);
	return rv < 0 ? -1 : 0;
}

int
tls_context_load_ca_mem(tls_context *ctx, const void *data, size_t len)
{
	struct tlsw__queue queue;
	int rv;

	if (tlsw__settable_from(ctx, "CA data", data) != 0)
		return -1;
	tlsw__queue_save(&queue);
	rv = tlsw__trust_load_mem(ctx->trust, data, len);
	tlsw__queue_restore(&queue);
	return rv;
}

int
tls_context_load_crl_file(tls_context *ctx, const char *path)
{
	struct tlsw__queue queue;
	int rv;

	if (tlsw__settable_from(ctx, "CRL file", path) != 0)
		return -1;
	tlsw__queue_save(&queue);
	rv = tlsw__trust_load_crl_file(ctx->trust, path);
	tlsw__queue_restore(&queue);
	if (rv < 0)
		return -1;
	ctx->policy.chain.flags |= TLSW_VERIFY_CRL_IF_AVAILABLE;
	return 0;
}

int
tls_context_set_refresh(tls_context *ctx, bool refresh)
{
	if (tlsw__settable(ctx, "refresh") != 0)
		return -1;
	return tlsw__trust_set_refresh(ctx->trust, refresh);
}

/* ----------------------------------------------------------------- the own certificate */

/* In place of earlier ones, which stay when this fails. */
static int
load_credentials(tls_context *ctx, const struct tlsw__source *chain,
    const struct tlsw__source *key, tlsw_password_fn password, void *arg)
{
	struct tlsw__credentials *fresh;
	struct tlsw__queue queue;

	tlsw__queue_save(&queue);
	fresh = tlsw__credentials_load(chain, key, ctx->policy.chain.security_level, password, arg);
	if (fresh != NULL) {
		tlsw__credentials_free(ctx->credentials);
		ctx->credentials = fresh;
	}
	tlsw__queue_restore(&queue);
	return fresh != NULL ? 0 : -1;
}

int
tls_context_load_cert_chain(tls_context *ctx, const char *certfile, const char *keyfile,
    tlsw_password_fn password, void *arg)
{
	const struct tlsw__source chain = {.name = certfile}, key = {.name = keyfile};

	if (tlsw__settable_from(ctx, "certificate file", certfile) != 0)
		return -1;
	return load_credentials(ctx, &chain, keyfile == NULL ? NULL : &key, password, arg);
}

int
tls_context_load_cert_chain_mem(tls_context *ctx, const void *chain, size_t chain_len,
    const void *key, size_t key_len, tlsw_password_fn password, void *arg)
{
	const struct tlsw__source certs = {.data = chain, .len = chain_len};
	const struct tlsw__source secret = {.data = key, .len = key_len};

	if (tlsw__settable_from(ctx, "certificate chain", chain) != 0)
		return -1;
	return load_credentials(ctx, &certs, key == NULL ? NULL : &secret, password, arg);
}
