/*
 * options.c - options and operands that several subcommands of tlswrap(1) know.
 *
 * SPDX-License-Identifier: ISC
 */
#include "config.h"

#include "tool.h"

#include <stdlib.h>
#include <string.h>

int
tool_options(int argc, char **argv, const char *letters, const struct option *table,
    const char *usage, int (*take)(void *into, int option), void *into)
{
	int option, status;

	while ((option = getopt_long(argc, argv, letters, table, NULL)) != -1) {
		if (option == OPT_HELP) {
			(void)fputs(usage, stdout);
			return -1;
		}
		status = take(into, option);
		if (status != EXIT_GOOD)
			return status;
	}
	return EXIT_GOOD;
}

int
tool_trust_init(struct tool_trust *trust)
{
	memset(trust, 0, sizeof(*trust));
	trust->ctx = tls_context_new();
	return trust->ctx != NULL ? EXIT_GOOD : tool_failed("context", tls_last_error());
}

void
tool_trust_done(struct tool_trust *trust)
{
	tls_context_free(trust->ctx);
	trust->ctx = NULL;
}

int
tool_trust_option(struct tool_trust *trust, int option, const char *value)
{
	int rv = option == OPT_CA_FILE ? tls_context_load_ca_file(trust->ctx, value)
				       : tls_context_load_ca_dir(trust->ctx, value);

	if (rv == -1)
		return tool_failed(value, tls_last_error());
	trust->loaded = true;
	return EXIT_GOOD;
}

int
tool_trust_finish(struct tool_trust *trust)
{
	if (trust->insecure && (tls_context_set_check_hostname(trust->ctx, false) == -1 ||
				   tls_context_set_verify_mode(trust->ctx, TLSW_CERT_NONE) == -1))
		return tool_failed("context", tls_last_error());
	if (trust->loaded || tls_context_load_default_certs(trust->ctx) != -1)
		return EXIT_GOOD;
	/* Without verification the system's CAs only serve to tell what it would have said. */
	return trust->insecure ? EXIT_GOOD : tool_failed("CA certificates", tls_last_error());
}

bool
tool_parse_seconds(const char *text, int *ms)
{
	char *end;
	double seconds;

	if (text[strspn(text, "0123456789.")] != '\0')
		return false;
	seconds = strtod(text, &end);
	if (end == text || *end != '\0' || seconds < 0.001 || seconds > 2000000)
		return false;
	*ms = (int)(seconds * 1000 + 0.5);
	return true;
}

static bool
parse_epoch(const char *text, time_t *when)
{
	char *end;
	long long seconds;

	if (*text == '\0' || text[strspn(text, "0123456789")] != '\0' || strlen(text) > 12)
		return false;
	seconds = strtoll(text, &end, 10);
	*when = (time_t)seconds;
	return *end == '\0' && seconds > 0;
}

bool
tool_parse_time(const char *text, time_t *when)
{
	static const char *const formats[] = {"%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d"};
	const char *end;
	struct tm tm;
	size_t i;

	if (text[0] == '@')
		return parse_epoch(text + 1, when);
	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		memset(&tm, 0, sizeof(tm));
		end = strptime(text, formats[i], &tm);
		if (end == NULL || *end != '\0')
			continue;
		*when = timegm(&tm);
		return *when > 0; /* 0 stands for now in the library */
	}
	return false;
}

static bool
is_port(const char *text)
{
	size_t digits = strspn(text, "0123456789");
	long number;

	if (digits == 0) /* a name from services(5) */
		return text[0] != '\0' && text[0] != '-' && strspn(text,
			   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") ==
		       strlen(text);
	if (text[digits] != '\0' || digits > 5)
		return false;
	number = strtol(text, NULL, 10);
	return number >= 1 && number <= 65535;
}

/* [V6] and [V6]:PORT */
static bool
parse_bracketed(char *text, const char **host, const char **port)
{
	char *close = strchr(text, ']');

	if (close == NULL || close == text + 1 || memchr(text, ':', (size_t)(close - text)) == NULL)
		return false;
	*close = '\0';
	*host = text + 1;
	if (close[1] == '\0')
		return true;
	*port = close + 2;
	return close[1] == ':' && is_port(*port);
}

bool
tool_parse_host(char *text, const char **host, const char **port)
{
	char *colon = strchr(text, ':');

	if (text[0] == '[')
		return parse_bracketed(text, host, port);
	*host = text;
	if (colon == NULL || strchr(colon + 1, ':') != NULL) /* a name, IPv4, or bare IPv6 */
		return text[0] != '\0';
	*colon = '\0';
	*port = colon + 1;
	return text[0] != '\0' && is_port(*port);
}
