/* SPDX-License-Identifier: ISC */
#include "explain.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/x509v3.h>

#include "cert.h"
#include "verify.h"

#define DAYS_MAX 10000000 /* from 1970, much more than the year 9999 */
#define NAMES_MAX 5    /* presented names that a text lists */
#define NAME_OCTETS 64 /* of each */

/* ------------------------------------------------------------------- pieces */

struct text {
	char s[TLSW__MESSAGE_SIZE];
	size_t len;
};

static void TLSW__PRINTF(2, 3)
add(struct text *t, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(t->s + t->len, sizeof(t->s) - t->len, format, args);
	va_end(args);
	if (n > 0)
		t->len = (size_t)n < sizeof(t->s) - t->len ? t->len + (size_t)n : sizeof(t->s) - 1;
}

static void
add_name(struct text *t, const struct tls_name *name)
{
	char quote[NAME_OCTETS * 4 + 4] = "";

	if (name->type == TLSW_NAME_IP && (name->length == 4 || name->length == 16)) {
		(void)inet_ntop(name->length == 4 ? AF_INET : AF_INET6, name->value, quote,
		    sizeof(quote));
		add(t, "%s", quote);
		return;
	}
	(void)tlsw__text_escape(quote, sizeof(quote), name->value, name->length, NAME_OCTETS);
	if (name->type == TLSW_NAME_DNS)
		add(t, "\"%s\"", quote);
	else
		add(t, "%s \"%s\"", name->type == TLSW_NAME_SRV ? "SRV" : name->type == TLSW_NAME_URI ? "URI"
		        : name->type == TLSW_NAME_EMAIL ? "e-mail" : "an address", quote);
}

/* `"a", "b" (and 3 more)`: bounded whatever the certificate holds. */
static size_t
list_names(struct text *t, X509 *leaf)
{
	struct tlsw__san san;
	struct tls_name name;
	size_t count = 0;

	if (tlsw__san_open(leaf, &san) != 1)
		return 0;
	while (tlsw__san_next(&san, &name) == 1) {
		if (count < NAMES_MAX) {
			if (count > 0)
				add(t, ", ");
			add_name(t, &name);
		}
		count++;
	}
	if (count > NAMES_MAX)
		add(t, " (and %zu more)", count - NAMES_MAX);
	return count;
}

static void
add_reference(struct text *t, const struct tlsw__reference *reference)
{
	char ip[INET6_ADDRSTRLEN] = "";

	if (reference->kind == TLSW__REF_DNS) {
		add(t, "\"%s\"", reference->dns);
		return;
	}
	(void)inet_ntop(reference->kind == TLSW__REF_IPV4 ? AF_INET : AF_INET6, reference->ip, ip,
	    sizeof(ip));
	add(t, "%s", ip);
}

static void
add_references(struct text *t, const struct tlsw__verify_request *request)
{
	size_t i;

	for (i = 0; i < request->reference_count && i < NAMES_MAX; i++) {
		if (i > 0)
			add(t, " or ");
		add_reference(t, &request->references[i]);
	}
}

/* The name of a certificate, quoted; lives as long as its tls_certificate. */
static const char *
subject_of(const tls_certificate *cert)
{
	const char *subject = cert == NULL ? NULL : tls_certificate_subject(cert);

	return subject == NULL ? "?" : subject[0] == '\0' ? "(no subject)" : subject;
}

static const tls_certificate *
at_depth(const tls_certificate *cert, int depth)
{
	while (depth-- > 0 && cert != NULL)
		cert = tls_certificate_issuer(cert);
	return cert;
}

/* -------------------------------------------------------------------- dates */

const char *
tlsw__explain_time(char out[TLSW__TIME_SIZE], time_t when)
{
	struct tm tm = {.tm_year = 70, .tm_mday = 1};

	/* not by gmtime_r(), which heeds the leap seconds of the time zone */
	if (when != (time_t)-1 && when / 86400 > -DAYS_MAX && when / 86400 < DAYS_MAX &&
	    OPENSSL_gmtime_adj(&tm, (int)(when / 86400), (long)(when % 86400)) == 1 &&
	    strftime(out, TLSW__TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm) > 0)
		return out;
	return "an undecodable date";
}

static void
add_time(struct text *t, time_t when)
{
	char s[TLSW__TIME_SIZE];

	add(t, "%s", tlsw__explain_time(s, when));
}

static time_t
now_for(const struct tlsw__verify_request *request)
{
	return request->policy->chain.when != 0 ? request->policy->chain.when : time(NULL);
}

/* "3 days", "1 hour": the largest unit that says it. */
static void
add_span(struct text *t, time_t seconds)
{
	static const struct {
		long seconds;
		const char *name;
	} units[] = {{86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}};
	size_t i = 0;
	long n;

	if (seconds < 0)
		seconds = 0;
	while (i < 3 && seconds < units[i].seconds)
		i++;
	n = (long)seconds / units[i].seconds;
	add(t, "%ld %s%s", n, units[i].name, n == 1 ? "" : "s");
}

static void
add_expired(struct text *t, const tls_certificate *cert, time_t now)
{
	time_t end = tls_certificate_not_after(cert);

	add(t, "expired ");
	if (end != (time_t)-1) {
		add_span(t, now - end);
		add(t, " ago ");
	}
	add(t, "(notAfter ");
	add_time(t, end);
	add(t, ", now ");
	add_time(t, now);
	add(t, ")");
}

static void
add_not_yet(struct text *t, const tls_certificate *cert, time_t now)
{
	time_t start = tls_certificate_not_before(cert);

	add(t, "is not valid yet");
	if (start != (time_t)-1) {
		add(t, ", for another ");
		add_span(t, start - now);
	}
	add(t, " (notBefore ");
	add_time(t, start);
	add(t, ", now ");
	add_time(t, now);
	add(t, ")");
}

/* ------------------------------------------------------------------- verdict */

/* Below the security level: what the next one would accept. */
static void
add_weak(struct text *t, const struct tlsw__verify_request *request, const char *what)
{
	static const int bits[] = {0, 80, 112, 128, 192, 256};
	const int level = request->policy->chain.security_level;

	add(t, "is refused: %s", what);
	if (level >= 1 && level <= 5)
		add(t, " for security level %d; tls_context_set_security_level(ctx, %d) would accept %s", level,
		    level - 1, level == 1 ? "anything, giving up all protection" : "");
	if (level >= 2 && level <= 5)
		add(t, "%d bits of strength instead of %d%s", bits[level - 1], bits[level],
		    level == 2 ? " (RSA of 1024 bits, SHA-1), giving up protection from forgery by whoever can "
		                 "afford to break them" : "");
}

/* What one problem of the chain is, as a predicate of the certificate at its depth. */
static void
add_problem(struct text *t, const struct tlsw__verify_request *request,
    const struct tlsw__chain_problem *problem, const tls_certificate *path)
{
	const tls_certificate *cert = at_depth(path, problem->depth);
	char sources[256];

	tlsw__snapshot_describe(request->trust, sources, sizeof(sources));
	if (problem->depth <= 0 || cert == NULL)
		add(t, "certificate ");
	else
		add(t, "issuer certificate \"%.200s\" ", subject_of(cert));
	switch (problem->error) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		add_expired(t, cert, now_for(request));
		break;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		add_not_yet(t, cert, now_for(request));
		break;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT: /* the chain got as far as what was loaded */
		t->len = 0;
		add(t, "\"%.160s\" was loaded but is no root, so no anchor without "
		       "TLSW_VERIFY_PARTIAL_CHAIN; its issuer \"%.160s\" is not among %s",
		    subject_of(cert), cert == NULL ? "?" : tls_certificate_issuer_name(cert), sources);
		break;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		t->len = 0;
		add(t, "issuer \"%.200s\" is not among %s",
		    cert == NULL ? "?" : tls_certificate_issuer_name(cert), sources);
		break;
	case X509_V_ERR_CERT_SIGNATURE_FAILURE:
		add(t, "was not signed by \"%.200s\", which it names as its issuer",
		    cert == NULL ? "?" : tls_certificate_issuer_name(cert));
		break;
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		add(t, "is self-signed and not among %s", sources);
		break;
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
		t->len = 0;
		add(t, "the chain ends at the self-signed \"%.200s\", which is not among %s",
		    subject_of(cert), sources);
		break;
	case X509_V_ERR_EE_KEY_TOO_SMALL:
	case X509_V_ERR_CA_KEY_TOO_SMALL:
	case X509_V_ERR_CA_MD_TOO_WEAK:
		add_weak(t, request, problem->why != NULL ? problem->why
		                                          : X509_verify_cert_error_string(problem->error));
		break;
	default:
		add(t, "is refused: %s", problem->why != NULL ? problem->why
		                                     : X509_verify_cert_error_string(problem->error));
	}
}

static void
add_mismatch(struct text *t, const struct tlsw__verify_request *request)
{
	struct text names = {.len = 0};
	size_t count = list_names(&names, request->leaf);

	if (count > 0)
		add(t, "certificate is for %s, not ", names.s);
	else
		add(t, "certificate names no host in a subjectAltName, so it is not for ");
	add_references(t, request);
}

/* Refused by what the caller set himself: a pin, or the hook. */
static void
add_rejected(struct text *t, const struct tlsw__verify_request *request,
    const tls_certificate *leaf, unsigned long reasons)
{
	const char *pin = tls_certificate_pin(leaf);

	if ((reasons & TLSW_REASON_PIN) != 0)
		add(t, "the key of the certificate, %s, is none of the %zu pinned",
		    pin == NULL ? "?" : pin, request->policy->pins.count);
	else
		add(t, "certificate is refused by the verify hook");
}

static void
detail_names(const struct tlsw__verify_request *request)
{
	struct text t = {.len = 0};

	add(&t, "names presented: ");
	if (list_names(&t, request->leaf) == 0)
		add(&t, "none");
	add(&t, "; asked for: ");
	add_references(&t, request);
	tlsw__error_detail("%s", t.s);
}

static void
detail_dates(const struct tlsw__verify_request *request, const tls_certificate *leaf)
{
	struct text t = {.len = 0};

	add(&t, "valid from ");
	add_time(&t, tls_certificate_not_before(leaf));
	add(&t, " to ");
	add_time(&t, tls_certificate_not_after(leaf));
	add(&t, "; now ");
	add_time(&t, now_for(request));
	tlsw__error_detail("%s", t.s);
}

/* Where the last certificate of the path says that its issuer can be had (RFC 5280 4.2.2.1). */
static void
detail_aia(X509 *last)
{
	AUTHORITY_INFO_ACCESS *aia = X509_get_ext_d2i(last, NID_info_access, NULL, NULL);
	char url[TLSW__QUOTE_MAX * 4 + 4];
	int i;

	for (i = 0; i < sk_ACCESS_DESCRIPTION_num(aia); i++) {
		const ACCESS_DESCRIPTION *d = sk_ACCESS_DESCRIPTION_value(aia, i);
		const ASN1_STRING *uri;

		if (OBJ_obj2nid(d->method) != NID_ad_ca_issuers || d->location->type != GEN_URI)
			continue;
		uri = d->location->d.uniformResourceIdentifier;
		tlsw__error_detail("the missing issuer is said to be at %s",
		    tlsw__text_escape(url, sizeof(url), ASN1_STRING_get0_data(uri),
		        (size_t)ASN1_STRING_length(uri), sizeof(url)));
		break;
	}
	AUTHORITY_INFO_ACCESS_free(aia);
}

static bool
is_issuer_missing(long error)
{
	return error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT ||
	    error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
	    error == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE;
}

static void
detail_chain(const struct tlsw__verify_request *request, const struct tlsw__chain *chain,
    const tls_certificate *path)
{
	int last = sk_X509_num(chain->path) - 1;
	bool issuer_missing = false;
	size_t i;

	for (i = 0; i < chain->problem_count; i++) {
		struct text t = {.len = 0};

		add_problem(&t, request, &chain->problems[i], path);
		tlsw__error_detail("%s", t.s);
		issuer_missing = issuer_missing || is_issuer_missing(chain->problems[i].error);
	}
	if (issuer_missing && last >= 0) {
		tlsw__error_detail("issuer missing: \"%.200s\"",
		    tls_certificate_issuer_name(at_depth(path, last)));
		detail_aia(sk_X509_value(chain->path, last));
	}
}

static void
detail_identity(const tls_certificate *leaf)
{
	const char *pin = tls_certificate_pin(leaf), *print = tls_certificate_sha256(leaf);

	tlsw__error_detail("subject \"%.200s\", issuer \"%.200s\"", subject_of(leaf),
	    tls_certificate_issuer_name(leaf));
	if (pin != NULL)
		tlsw__error_detail("pin %s", pin);
	if (print != NULL)
		tlsw__error_detail("fingerprint cert-sha256:%s", print);
}

void
tlsw__explain_refusal(const struct tlsw__verify_request *request, const struct tlsw__chain *chain,
    const struct tlsw__verdict *verdict)
{
	tls_certificate *presented = tlsw__cert_new(request->leaf, request->presented);
	tls_certificate *path =
	    tlsw__cert_new(request->leaf, chain == NULL ? NULL : chain->path);
	bool chain_bad = chain != NULL && chain->problem_count > 0;
	struct text t = {.len = 0};
	enum tlsw_error code = TLSW_ERR_CERTIFICATE;

	if (presented == NULL || path == NULL) {
		(void)tlsw__error_set_memory();
		goto out;
	}
	switch (verdict->blame) {
	case TLSW__BLAME_CHAIN:
		if (chain_bad)
			add_problem(&t, request, &chain->problems[0], path);
		break;
	case TLSW__BLAME_NAME:
		add_mismatch(&t, request);
		code = verdict->chain_reasons == 0 ? TLSW_ERR_HOSTNAME_MISMATCH : TLSW_ERR_CERTIFICATE;
		break;
	case TLSW__BLAME_CALLER:
		add_rejected(&t, request, presented, verdict->reasons);
		break;
	}
	if (t.len == 0)
		add(&t, "certificate is refused");
	(void)tlsw__error_set(code, "%s", t.s);
	tlsw__error_set_verdict(verdict->reasons, verdict->verify_error, verdict->depth);
	if (chain != NULL)
		detail_chain(request, chain, path);
	detail_names(request);
	detail_dates(request, presented);
	detail_identity(presented);
	if (chain_bad)
		tlsw__snapshot_detail(request->trust);
	tlsw__error_set_certificate(presented);
	presented = NULL;
out:
	tls_certificate_free(presented);
	tls_certificate_free(path);
}

/* ----------------------------------------------------- what the peer said */

/* Greetings by which a plaintext protocol is known. */
static const struct {
	const char *prefix;
	const char *hint;
} greetings[] = {
    {"HTTP/", "it speaks plain HTTP here"},
    {"<html", "it speaks plain HTTP here"},
    {"SSH-", "it is an SSH server"},
    {"* OK", "it speaks plain IMAP here, use STARTTLS or the port for IMAP over TLS"},
    {"* PREAUTH", "it speaks plain IMAP here"},
    {"+OK", "it speaks plain POP3 here, use STLS or the port for POP3 over TLS"},
    {"<?xml", "it speaks plain XMPP here, use STARTTLS"},
    {"<stream", "it speaks plain XMPP here, use STARTTLS"},
    {"\"IMPLEMENTATION\"", "it speaks plain ManageSieve here, use STARTTLS"},
    {"200 ", "it speaks plain NNTP here, use STARTTLS"},
    {"201 ", "it speaks plain NNTP here, use STARTTLS"},
    {"RFB ", "it is a VNC server"},
};

static bool
contains(const char *data, size_t len, const char *word)
{
	size_t n = strlen(word), i;

	for (i = 0; i + n <= len; i++)
		if (memcmp(data + i, word, n) == 0)
			return true;
	return false;
}

static const char *
hint_for(const char *data, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof(greetings) / sizeof(greetings[0]); i++)
		if (len >= strlen(greetings[i].prefix) &&
		    memcmp(data, greetings[i].prefix, strlen(greetings[i].prefix)) == 0)
			return greetings[i].hint;
	if (len >= 4 && memcmp(data, "220", 3) == 0)
		return contains(data, len, "SMTP") ? "it speaks plain SMTP here, use STARTTLS"
		    : contains(data, len, "FTP")   ? "it speaks plain FTP here, use AUTH TLS"
		                                   : "it speaks plain SMTP or FTP here, use STARTTLS";
	return "that is not TLS";
}

int
tlsw__explain_not_tls(enum tlsw_error code, const void *data, size_t len)
{
	const char *line = data;
	char quote[TLSW__QUOTE_SIZE];
	size_t shown = 0;

	while (shown < len && line[shown] != '\r' && line[shown] != '\n')
		shown++;
	(void)tlsw__text_escape(quote, sizeof(quote), data, shown == 0 ? len : shown, TLSW__QUOTE_MAX);
	return tlsw__error_set(code, "server answered \"%s\": %s", quote, hint_for(data, len));
}
