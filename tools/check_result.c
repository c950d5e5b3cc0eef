/*
 * check_result.c - what tlswrap check keeps of a connection, and its verdict.
 *
 * SPDX-License-Identifier: ISC
 */
#include "config.h"

#include "check_tool.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/ssl.h>

#define DAY (24L * 60 * 60)

/* ------------------------------------------------------------------- the facts */

/* Towards 0, as messages count: "expired 3 days ago" is -3. */
static long
whole_days(time_t from, time_t to)
{
	return (long)(((long long)to - (long long)from) / DAY);
}

static void
take_certificate(const struct check *check, struct check_result *r, const tls_certificate *leaf)
{
	const char *issuer = leaf != NULL ? tls_certificate_issuer_name(leaf) : NULL;

	if (leaf == NULL)
		return;
	r->issuer = issuer != NULL ? strdup(issuer) : NULL;
	r->not_after = tls_certificate_not_after(leaf);
	r->dated = r->not_after != (time_t)-1;
	if (r->dated)
		r->days_left = whole_days(check->now, r->not_after);
}

static void __attribute__((__format__(__printf__, 2, 3)))
say(struct check_result *r, const char *format, ...)
{
	char text[CHECK_TEXT];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	free(r->message);
	r->message = strdup(text);
}

static void
settle(struct check *check, struct check_result *r, enum check_verdict verdict)
{
	r->verdict = verdict;
	check->totals[verdict]++;
	check->finished++;
}

/* ----------------------------------------------------------------- the verdict */

static const char *
in_days(long days, char *out, size_t size)
{
	(void)snprintf(out, size, days == 1 ? "in %ld day" : "in %ld days", days);
	return days == 0 ? "within a day" : out;
}

/* The first above the leaf that expires sooner than the leaf and too soon; NULL: none. */
static const tls_certificate *
short_lived(const struct check *check, const tls_certificate *leaf)
{
	const time_t limit = tls_certificate_not_after(leaf);
	const tls_certificate *cert = tls_certificate_issuer(leaf);

	for (; cert != NULL; cert = tls_certificate_issuer(cert)) {
		const time_t end = tls_certificate_not_after(cert);

		if (end != (time_t)-1 && end < limit &&
		    whole_days(check->now, end) < check->warn_days)
			return cert;
	}
	return NULL;
}

static enum check_verdict
judge_dates(const struct check *check, struct check_result *r, const tls_certificate *leaf)
{
	const tls_certificate *above = short_lived(check, leaf);
	const char *subject;
	char when[32], days[32];
	time_t end;

	if (!r->dated) {
		say(r, "it cannot be told when the certificate expires");
		return CHECK_WARNING;
	}
	if (r->days_left < check->warn_days) {
		check_time(r->not_after, when);
		say(r, "the certificate expires %s, %s", in_days(r->days_left, days, sizeof(days)),
		    when);
		return CHECK_WARNING;
	}
	if (above == NULL)
		return CHECK_GOOD;
	r->above = true;
	subject = tls_certificate_subject(above);
	end = tls_certificate_not_after(above);
	check_time(end, when);
	say(r, "the CA certificate \"%s\" expires %s, %s", subject != NULL ? subject : "?",
	    in_days(whole_days(check->now, end), days, sizeof(days)), when);
	return CHECK_WARNING;
}

void
check_accept(struct check *check, struct check_target *target, const tls_socket *s)
{
	const tls_certificate *leaf = tls_socket_peer_certificate(s);
	struct check_result *r = &target->result;

	if (leaf == NULL) { /* what nobody has looked at is not good */
		(void)tlsw__error_set_memory();
		check_refuse(check, target, s);
		return;
	}
	r->code = TLSW_OK;
	(void)snprintf(r->version, sizeof(r->version), "%s", tls_socket_version(s));
	take_certificate(check, r, leaf);
	settle(check, r, judge_dates(check, r, leaf));
}

/* Known once there was a certificate, though the socket does not vouch for it. */
static const char *
version_of_refused(const tls_socket *s)
{
	const SSL *ssl = s != NULL ? tls_socket_native((tls_socket *)(size_t)s) : NULL;

	return ssl != NULL ? SSL_get_version(ssl) : "";
}

void
check_refuse(struct check *check, struct check_target *target, const tls_socket *s)
{
	const struct tls_error_info *error = tls_last_error();
	struct check_result *r = &target->result;

	r->code = error->code;
	r->reasons = error->reasons;
	r->os_errno = error->os_errno;
	say(r, "%s", error->message);
	if (error->certificate != NULL)
		(void)snprintf(r->version, sizeof(r->version), "%s", version_of_refused(s));
	take_certificate(check, r, error->certificate);
	settle(check, r, CHECK_CRITICAL);
}

enum check_verdict
check_worst(const struct check *check)
{
	if (check->totals[CHECK_CRITICAL] > 0)
		return CHECK_CRITICAL;
	return check->totals[CHECK_WARNING] > 0 ? CHECK_WARNING : CHECK_GOOD;
}

/* --------------------------------------------------------------------- in words */

const char *
check_verdict_name(enum check_verdict verdict)
{
	static const char *const names[CHECK_VERDICTS] = {"good", "warning", "critical"};

	return names[verdict];
}

void
check_time(time_t when, char out[32])
{
	struct tm tm;

	if (gmtime_r(&when, &tm) == NULL || strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		out[0] = '\0';
}

static const char *
short_code(enum tlsw_error code)
{
	switch (code) {
	case TLSW_OK:
		return "";
	case TLSW_ERR_TIMEOUT:
		return "no answer in time";
	case TLSW_ERR_RESOLVE:
		return "no address";
	case TLSW_ERR_TRUST_STORE:
		return "CA certificates unusable";
	case TLSW_ERR_NOT_TLS:
	case TLSW_ERR_PLAINTEXT:
		return "speaks no TLS here";
	case TLSW_ERR_STARTTLS:
		return "STARTTLS refused";
	case TLSW_ERR_PROTOCOL:
		return "TLS fails";
	case TLSW_ERR_ALERT:
		return "refused with an alert";
	case TLSW_ERR_CERTIFICATE:
		return "certificate refused";
	case TLSW_ERR_HOSTNAME_MISMATCH:
		return "other host";
	case TLSW_ERR_TRUNCATED:
	case TLSW_ERR_CLOSED:
		return "connection closed";
	case TLSW_ERR_MEMORY:
		return "out of memory";
	case TLSW_ERR_USAGE:
	case TLSW_ERR_HOSTNAME:
	case TLSW_ERR_SYSTEM:
	case TLSW_ERR_CREDENTIALS:
	case TLSW_ERR_INTERNAL:
		break;
	}
	return "cannot be checked";
}

static void
join_reasons(unsigned long reasons, char *out, size_t size)
{
	const char *text;
	unsigned long bit;
	size_t i, n = 0;

	for (i = 0; (text = tool_reason(i, &bit)) != NULL; i++)
		if ((reasons & bit) != 0 && n < size)
			n += (size_t)snprintf(out + n, size - n, "%s%s", n > 0 ? ", " : "", text);
}

void
check_reason(const struct check_result *r, char *out, size_t size)
{
	char days[32], text[128];

	out[0] = '\0';
	if (r->reasons != 0)
		join_reasons(r->reasons, out, size);
	else if (r->code == TLSW_ERR_SYSTEM && r->os_errno != 0)
		(void)snprintf(
		    out, size, "%s", tlsw__compat_strerror(r->os_errno, text, sizeof(text)));
	else if (r->code != TLSW_OK)
		(void)snprintf(out, size, "%s", short_code(r->code));
	else if (r->verdict == CHECK_WARNING && !r->dated)
		(void)snprintf(out, size, "no readable date of expiry");
	else if (r->above)
		(void)snprintf(out, size, "a CA above it expires");
	else if (r->verdict == CHECK_WARNING)
		(void)snprintf(out, size, "expires %s", in_days(r->days_left, days, sizeof(days)));
}

/* The value of an attribute: up to the next "," or "+", the simple escapes taken out. */
static void
copy_value(const char *from, char *out, size_t size)
{
	size_t n = 0;

	for (; *from != '\0' && *from != ',' && *from != '+' && n + 2 < size; from++) {
		if (*from == '\\' && from[1] != '\0' && strchr("\"+,;<>\\ #", from[1]) != NULL)
			from++;
		out[n++] = *from;
	}
	out[n] = '\0';
}

/* The issuer is text of RFC 4514, for people; so is what is taken from it. */
void
check_issuer(const struct check_result *r, char *out, size_t size)
{
	const char *p = r->issuer;
	bool begins = true; /* an attribute */

	(void)snprintf(out, size, "%s", p != NULL ? p : "");
	for (; p != NULL && *p != '\0'; p++) {
		if (begins && strncmp(p, "CN=", 3) == 0) {
			copy_value(p + 3, out, size);
			return;
		}
		begins = *p == ',' || *p == '+';
		if (*p == '\\' && p[1] != '\0')
			p++;
	}
}

void
check_summary(const struct check *check, char *out, size_t size)
{
	const size_t count = check->targets.count;

	(void)snprintf(out, size, "%zu host%s: %zu critical, %zu warning%s, %zu good", count,
	    count == 1 ? "" : "s", check->totals[CHECK_CRITICAL], check->totals[CHECK_WARNING],
	    check->totals[CHECK_WARNING] == 1 ? "" : "s", check->totals[CHECK_GOOD]);
}
