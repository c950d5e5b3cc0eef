/*
 * report.c - what tlswrap(1) tells people: failures, facts, exit statuses.
 *
 * SPDX-License-Identifier: ISC
 */
#include "tool.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <string.h>

int
tool_exit_code(enum tlsw_error code)
{
	switch (code) {
	case TLSW_OK:
		return EXIT_GOOD;
	case TLSW_ERR_USAGE:
	case TLSW_ERR_HOSTNAME:
		return EXIT_USAGE;
	case TLSW_ERR_MEMORY:
	case TLSW_ERR_CREDENTIALS:
	case TLSW_ERR_INTERNAL:
		return EXIT_LOCAL;
	case TLSW_ERR_SYSTEM:
	case TLSW_ERR_TIMEOUT:
	case TLSW_ERR_RESOLVE:
		return EXIT_NETWORK;
	case TLSW_ERR_NOT_TLS:
	case TLSW_ERR_PLAINTEXT:
	case TLSW_ERR_STARTTLS:
	case TLSW_ERR_PROTOCOL:
	case TLSW_ERR_ALERT:
	case TLSW_ERR_CLOSED:
		return EXIT_TLS;
	case TLSW_ERR_CERTIFICATE:
		return EXIT_CERTIFICATE;
	case TLSW_ERR_HOSTNAME_MISMATCH:
		return EXIT_NAME;
	case TLSW_ERR_TRUNCATED:
		return EXIT_TRUNCATED;
	case TLSW_ERR_TRUST_STORE:
		return EXIT_TRUST;
	}
	return EXIT_LOCAL;
}

static void
print_indented(FILE *out, const char *lines)
{
	size_t len;

	for (; *lines != '\0'; lines += len) {
		len = strcspn(lines, "\n");
		fprintf(out, "    %.*s\n", (int)len, lines);
		if (lines[len] == '\n')
			len++;
	}
}

int
tool_failed(const char *subject, const struct tls_error_info *error)
{
	(void)fflush(stdout);
	fputs("tlswrap: ", stderr);
	tool_print_escaped(stderr, subject, strlen(subject));
	fprintf(stderr, ": %s\n", error->message);
	print_indented(stderr, error->details);
	return tool_exit_code(error->code);
}

int
tool_usage_error(const char *command, const char *format, ...)
{
	va_list args;

	fprintf(
	    stderr, "tlswrap: %s%s", command != NULL ? command : "", command != NULL ? ": " : "");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\nTry \"tlswrap %s%s--help\".\n", command != NULL ? command : "",
	    command != NULL ? " " : "");
	return EXIT_USAGE;
}

void
tool_print_escaped(FILE *out, const void *data, size_t len)
{
	const unsigned char *p = data;
	size_t i;

	for (i = 0; i < len; i++)
		if (p[i] == '\\' || p[i] == '"')
			fprintf(out, "\\%c", p[i]);
		else if (p[i] >= 0x20 && p[i] < 0x7f)
			putc(p[i], out);
		else
			fprintf(out, "\\x%02x", p[i]);
}

static const char *
kind(enum tlsw_name_type type)
{
	switch (type) {
	case TLSW_NAME_DNS:
		return "DNS";
	case TLSW_NAME_IP:
		return "IP";
	case TLSW_NAME_SRV:
		return "SRV";
	case TLSW_NAME_URI:
		return "URI";
	case TLSW_NAME_EMAIL:
		return "email";
	case TLSW_NAME_CN:
		return "common name";
	}
	return "?";
}

void
tool_print_name(FILE *out, const struct tls_name *name)
{
	char text[INET6_ADDRSTRLEN];
	int family = name->length == 4 ? AF_INET : AF_INET6;

	fprintf(out, "%s ", kind(name->type));
	if (name->type == TLSW_NAME_IP && (name->length == 4 || name->length == 16) &&
	    inet_ntop(family, name->value, text, sizeof(text)) != NULL) {
		fputs(text, out);
		return;
	}
	putc('"', out);
	tool_print_escaped(out, name->value, name->length);
	putc('"', out);
}

void
tool_print_names(FILE *out, const char *indent, const tls_certificate *cert)
{
	const struct tls_name *names;
	size_t i, count = tls_certificate_names(cert, &names);

	for (i = 0; i < count; i++) {
		fputs(indent, out);
		tool_print_name(out, &names[i]);
		putc('\n', out);
	}
	if (count == 0)
		fprintf(out, "%snone\n", indent);
}

void
tool_print_presented(FILE *out, const tls_certificate *cert)
{
	fputs("    presented names:\n", out);
	tool_print_names(out, "      ", cert);
}

void
tool_print_matched(FILE *out, const tls_certificate *cert, const char *host)
{
	const struct tls_name *names;
	size_t i, count = tls_certificate_names(cert, &names);

	for (i = 0; i < count; i++)
		if (tls_match_names(&names[i], 1, host, strlen(host)) == TLSW_MATCH)
			break;
	putc('"', out);
	tool_print_escaped(out, host, strlen(host));
	fputs("\" is matched by ", out);
	if (i < count)
		tool_print_name(out, &names[i]);
	else /* a host name that is not ASCII: the library compares it converted */
		fputs("a name in its ASCII form", out);
	putc('\n', out);
}

tls_certificate *
tool_load_certificate(const char *file, int *status)
{
	tls_certificate *cert = tls_certificate_load_file(file);

	if (cert != NULL)
		return cert;
	*status = tool_failed(file, tls_last_error());
	if (*status == EXIT_NETWORK) /* a file that cannot be read is no network failure */
		*status = EXIT_LOCAL;
	return NULL;
}

void
tool_print_time(FILE *out, time_t when)
{
	char text[32];
	struct tm tm;

	if (when != (time_t)-1 && gmtime_r(&when, &tm) != NULL &&
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) > 0)
		fputs(text, out);
	else
		putc('?', out);
}

static const char *
or_unknown(const char *text)
{
	return text != NULL ? text : "?";
}

static void
print_certificate(FILE *out, const char *indent, int position, const tls_certificate *cert)
{
	fprintf(out, "%s%d  subject  %s\n", indent, position,
	    or_unknown(tls_certificate_subject(cert)));
	fprintf(out, "%s   issuer   %s\n", indent, or_unknown(tls_certificate_issuer_name(cert)));
	fprintf(out, "%s   valid    ", indent);
	tool_print_time(out, tls_certificate_not_before(cert));
	fputs(" to ", out);
	tool_print_time(out, tls_certificate_not_after(cert));
	fprintf(out, "\n%s   serial   %s\n", indent, or_unknown(tls_certificate_serial(cert)));
	fprintf(out, "%s   sha256   %s\n", indent, or_unknown(tls_certificate_sha256(cert)));
	fprintf(out, "%s   pin      %s\n", indent, or_unknown(tls_certificate_pin(cert)));
}

void
tool_print_chain(FILE *out, const char *indent, const tls_certificate *leaf)
{
	const tls_certificate *cert;
	int position = 0;

	for (cert = leaf; cert != NULL; cert = tls_certificate_issuer(cert))
		print_certificate(out, indent, position++, cert);
}

const char *
tool_reason(size_t position, unsigned long *bit)
{
	static const struct {
		unsigned long bit;
		const char *text;
	} table[] = {
	    {TLSW_REASON_EXPIRED, "expired"},
	    {TLSW_REASON_NOT_YET_VALID, "not yet valid"},
	    {TLSW_REASON_UNKNOWN_CA, "unknown CA"},
	    {TLSW_REASON_SELF_SIGNED, "self-signed"},
	    {TLSW_REASON_HOSTNAME, "other host"},
	    {TLSW_REASON_PURPOSE, "wrong purpose"},
	    {TLSW_REASON_CONSTRAINT, "constraint violated"},
	    {TLSW_REASON_WEAK, "weak key or signature"},
	    {TLSW_REASON_REVOKED, "revoked"},
	    {TLSW_REASON_CRL, "CRL missing or unusable"},
	    {TLSW_REASON_OCSP, "OCSP answer missing or bad"},
	    {TLSW_REASON_PIN, "no pin matches"},
	    {TLSW_REASON_MALFORMED, "malformed"},
	    {TLSW_REASON_OTHER, "other"},
	};

	if (position >= sizeof(table) / sizeof(table[0]))
		return NULL;
	*bit = table[position].bit;
	return table[position].text;
}

void
tool_print_reasons(FILE *out, unsigned long reasons)
{
	const char *separator = "", *text;
	unsigned long bit;
	size_t i;

	for (i = 0; (text = tool_reason(i, &bit)) != NULL; i++)
		if ((reasons & bit) != 0) {
			fprintf(out, "%s%s", separator, text);
			separator = ", ";
		}
}

int
tool_flush(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return EXIT_GOOD;
	fputs("tlswrap: cannot write to standard output\n", stderr);
	return EXIT_LOCAL;
}
