/* SPDX-License-Identifier: ISC */
#include "advice.h"

#include <string.h>

#include <openssl/err.h>

#define ASKED_AND_NONE \
	": it wants a client certificate and got none (tls_context_load_cert_chain)"

/* ----------------------------------------------------------------- versions and ciphers */

static bool
only_1_3(const tls_context *ctx)
{
	return SSL_CTX_get_min_proto_version(ctx->ssl_ctx) >= TLS1_3_VERSION;
}

static bool
only_1_2(const tls_context *ctx)
{
	return SSL_CTX_get_max_proto_version(ctx->ssl_ctx) == TLS1_2_VERSION;
}

/* The two ends have no version in common. */
static const char *
advise_version(const tls_context *ctx)
{
	if (only_1_3(ctx) && ctx->min_version_floor >= TLS1_3_VERSION)
		return ": it speaks no TLS 1.3, and openssl.cnf allows nothing below";
	if (only_1_3(ctx))
		return ": it speaks no TLS 1.3; TLSW_PROFILE_DEFAULT or tls_context_set_min_version(ctx, "
		       "TLSW_TLS_1_2) would also allow TLS 1.2, giving up that certificates are encrypted";
	if (only_1_2(ctx))
		return ": it speaks no TLS 1.2; tls_context_set_max_version(ctx, TLSW_TLS_1_3) would also "
		       "allow TLS 1.3, giving up nothing";
	return ": it speaks neither TLS 1.2 nor 1.3; nothing older can be allowed here, for it is broken "
	       "(RFC 8996)";
}

static bool
differs(const char *set, const char *by_default)
{
	return set != NULL && strcmp(set, by_default) != 0;
}

/* They have a version, but not all that goes with it. */
static const char *
advise_parameters(const tls_context *ctx)
{
	if (ctx->groups != NULL || ctx->sigalgs != NULL)
		return ": it shares no cipher, group or signature algorithm with this context; "
		       "tls_context_set_groups or tls_context_set_signature_algorithms has narrowed them";
	if (ctx->profile != TLSW_PROFILE_LEGACY_SERVER &&
	    (differs(ctx->tls12_ciphers, TLSW__DEFAULT_TLS12_CIPHERS) ||
	        differs(ctx->tls13_suites, TLSW__DEFAULT_TLS13_SUITES)))
		return ": it shares no cipher, group or signature algorithm with this context; "
		       "tls_context_set_ciphers has changed them";
	if (only_1_3(ctx))
		return ": it shares no version, cipher or group with this context; TLSW_PROFILE_DEFAULT or "
		       "tls_context_set_min_version(ctx, TLSW_TLS_1_2) would also allow TLS 1.2, giving up "
		       "that certificates are encrypted";
	if (ctx->profile == TLSW_PROFILE_LEGACY_SERVER)
		return ": it shares no version, cipher or group with this context, which offers the oldest "
		       "that are not broken (no RC4, 3DES, export or anonymous ciphers)";
	return ": it shares no version, cipher or group with this context; TLSW_PROFILE_LEGACY_SERVER "
	       "would also offer CBC, finite-field DH and static RSA, giving up forward secrecy and "
	       "authenticated encryption with servers that have neither";
}

/* --------------------------------------------------------------------------- alerts */

static const char *
advise_handshake_failure(const struct tlsw__attempt_facts *facts)
{
	if (facts->certificate_asked && facts->context->credentials == NULL)
		return ASKED_AND_NONE;
	if (facts->certificate_asked)
		return ": maybe it does not like the client certificate";
	return advise_parameters(facts->context);
}

static const char *
advise_certificate(const struct tlsw__attempt_facts *facts, const char *otherwise)
{
	if (!facts->certificate_asked)
		return ""; /* whatever it means: it cannot be about ours */
	return facts->context->credentials == NULL ? ASKED_AND_NONE : otherwise;
}

static const char *
advise(const struct tlsw__attempt_facts *facts, int alert)
{
	switch (alert) {
	case SSL_AD_HANDSHAKE_FAILURE:
		return advise_handshake_failure(facts);
	case SSL_AD_BAD_CERTIFICATE:
	case SSL_AD_UNSUPPORTED_CERTIFICATE:
	case SSL_AD_CERTIFICATE_UNKNOWN:
	case SSL_AD_ACCESS_DENIED:
		return advise_certificate(facts, ": it does not like the client certificate");
	case SSL_AD_CERTIFICATE_REVOKED:
		return advise_certificate(facts, ": it says the client certificate is revoked");
	case SSL_AD_CERTIFICATE_EXPIRED:
		return advise_certificate(facts, ": it says the client certificate has expired");
	case SSL_AD_UNKNOWN_CA:
		return advise_certificate(facts, ": it does not know the CA of the client certificate "
		    "(does the chain go along with it?)");
	case SSL_AD_PROTOCOL_VERSION:
		return advise_version(facts->context);
	case SSL_AD_INSUFFICIENT_SECURITY:
		return ": it wants stronger ciphers than this context offers";
	case SSL_AD_INTERNAL_ERROR:
		return ": something is wrong at the server";
	case SSL_AD_UNRECOGNIZED_NAME:
		return ": it does not know the host name asked for";
	case SSL_AD_CERTIFICATE_REQUIRED:
		return facts->context->credentials == NULL
		    ? ASKED_AND_NONE
		    : ": it wants a client certificate, and the one there is does not suit it";
	case SSL_AD_NO_APPLICATION_PROTOCOL:
		return ": it speaks none of the ALPN protocols offered (tls_context_set_alpn)";
	default:
		return "";
	}
}

/* RFC 8446 section 6 and the registry of alerts. */
static const struct {
	int alert;
	const char *name;
} alerts[] = {
    {10, "unexpected_message"},
    {20, "bad_record_mac"},
    {22, "record_overflow"},
    {40, "handshake_failure"},
    {42, "bad_certificate"},
    {43, "unsupported_certificate"},
    {44, "certificate_revoked"},
    {45, "certificate_expired"},
    {46, "certificate_unknown"},
    {47, "illegal_parameter"},
    {48, "unknown_ca"},
    {49, "access_denied"},
    {50, "decode_error"},
    {51, "decrypt_error"},
    {70, "protocol_version"},
    {71, "insufficient_security"},
    {80, "internal_error"},
    {86, "inappropriate_fallback"},
    {90, "user_canceled"},
    {109, "missing_extension"},
    {110, "unsupported_extension"},
    {112, "unrecognized_name"},
    {113, "bad_certificate_status_response"},
    {115, "unknown_psk_identity"},
    {116, "certificate_required"},
    {120, "no_application_protocol"},
};

int
tlsw__advise_alert(const struct tlsw__attempt_facts *facts, int alert)
{
	size_t i = 0;

	while (i < sizeof(alerts) / sizeof(alerts[0]) && alerts[i].alert != alert)
		i++;
	if (i == sizeof(alerts) / sizeof(alerts[0]))
		(void)tlsw__error_set(TLSW_ERR_ALERT, "server refused the connection with alert %d", alert);
	else
		(void)tlsw__error_set(TLSW_ERR_ALERT, "server refused the connection with alert %d (%s)%s",
		    alert, alerts[i].name, advise(facts, alert));
	tlsw__error_set_alert(alert);
	return -1;
}

/* ---------------------------------------------------------------- OpenSSL's own refusals */

static const char *
advise_reason(const tls_context *ctx, int reason)
{
	switch (reason) {
	case SSL_R_UNSUPPORTED_PROTOCOL:
	case SSL_R_WRONG_SSL_VERSION:
		return advise_version(ctx);
	case SSL_R_DH_KEY_TOO_SMALL:
		return "; TLSW_PROFILE_DEFAULT offers no finite-field DH at all; tls_context_set_security_level"
		       "(ctx, 1) would accept 1024 bits, giving up secrecy before whoever can break such a "
		       "group once for all";
	case SSL_R_UNSAFE_LEGACY_RENEGOTIATION_DISABLED:
		return ": the server lacks RFC 5746; no setting here accepts that. SSL_OP_LEGACY_SERVER_CONNECT "
		       "in tls_context_native() would, giving up protection from data spliced in front";
	case SSL_R_INAPPROPRIATE_FALLBACK:
		return ": somebody in between pressed the connection down to an older version (RFC 8446 "
		       "section 4.1.3)";
	case SSL_R_WRONG_SIGNATURE_TYPE:
		return ctx->sigalgs == NULL
		    ? "; tls_context_set_signature_algorithms could allow it, giving up what the default rules "
		      "out, such as SHA-1"
		    : "; tls_context_set_signature_algorithms has narrowed them";
	case SSL_R_WRONG_CURVE:
		return ctx->groups == NULL ? "" : "; tls_context_set_groups has narrowed them";
	case SSL_R_NO_PROTOCOLS_AVAILABLE:
	case SSL_R_NO_CIPHERS_AVAILABLE:
	case SSL_R_NO_SUITABLE_KEY_SHARE:
	case SSL_R_NO_SUITABLE_GROUPS:
		return ": versions, ciphers, groups and security level of this context leave nothing to offer";
	default:
		return "";
	}
}

int
tlsw__advise_openssl(const struct tlsw__attempt_facts *facts, enum tlsw_error code,
    const char *what)
{
	const unsigned long e = ERR_peek_last_error();
	const char *advice =
	    ERR_GET_LIB(e) == ERR_LIB_SSL ? advise_reason(facts->context, ERR_GET_REASON(e)) : "";
	const char *reason = ERR_reason_error_string(e);

	if (advice[0] == '\0' || reason == NULL)
		return tlsw__error_set_openssl(code, "%s", what);
	return tlsw__error_set(code, "%s: %s%s", what, reason, advice);
}
