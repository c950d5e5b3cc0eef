/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "policy.h"

#include <string.h>

#include "tool.h"

#define ALPN_MAX 32

struct request {
	const struct tool_policy *policy;
	tls_context *ctx;
	const char *host;
};

/* A value that the library does not see, as it is none. */
#define NO_VALUE 1

static int
set_profile(const struct request *r, const char *value)
{
	static const struct {
		const char *name;
		enum tlsw_profile profile;
	} rows[] = {{"default", TLSW_PROFILE_DEFAULT}, {"modern", TLSW_PROFILE_MODERN},
	    {"legacy-server", TLSW_PROFILE_LEGACY_SERVER}};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(value, rows[i].name) == 0)
			return tls_context_set_profile(r->ctx, rows[i].profile);
	return NO_VALUE;
}

static bool
parse_version(const char *text, enum tlsw_version *version)
{
	*version = strcmp(text, "1.3") == 0 ? TLSW_TLS_1_3 : TLSW_TLS_1_2;
	return strcmp(text, "1.3") == 0 || strcmp(text, "1.2") == 0;
}

static int
set_min_version(const struct request *r, const char *value)
{
	enum tlsw_version version;

	return parse_version(value, &version) ? tls_context_set_min_version(r->ctx, version)
					      : NO_VALUE;
}

static int
set_max_version(const struct request *r, const char *value)
{
	enum tlsw_version version;

	return parse_version(value, &version) ? tls_context_set_max_version(r->ctx, version)
					      : NO_VALUE;
}

/* Nobody is asked for a password: the command is for scripts. */
static int
set_cert(const struct request *r, const char *value)
{
	return tls_context_load_cert_chain(
	    r->ctx, value, r->policy->values[OPT_KEY - OPT_PROFILE], NULL, NULL);
}

static int
set_pin(const struct request *r, const char *value)
{
	return tls_context_set_pins(r->ctx, value);
}

static int
set_exception(const struct request *r, const char *value)
{
	return tls_context_add_exception(r->ctx, r->host, value);
}

/* "h2,http/1.1" */
static int
set_alpn(const struct request *r, const char *value)
{
	char names[ALPN_MAX][256] = {{0}};
	const char *list[ALPN_MAX];
	size_t count = 0, len;

	do {
		len = strcspn(value, ",");
		if (count == ALPN_MAX || len >= sizeof(names[0]))
			return NO_VALUE;
		memcpy(names[count], value, len);
		list[count] = names[count];
		count++;
		value += len;
	} while (*value++ == ',');
	return tls_context_set_alpn(r->ctx, list, count, false);
}

static int
set_crl_file(const struct request *r, const char *value)
{
	return tls_context_load_crl_file(r->ctx, value);
}

static int
set_keylog(const struct request *r, const char *value)
{
	return tls_context_set_keylog_file(r->ctx, value);
}

static const struct {
	const char *name;
	int (*set)(const struct request *r, const char *value);
} rows[] = {
    {"--profile", set_profile},
    {"--min-version", set_min_version},
    {"--max-version", set_max_version},
    {"--cert", set_cert},
    {"--pin", set_pin},
    {"--exception", set_exception},
    {"--alpn", set_alpn},
    {"--crl-file", set_crl_file},
    {"--keylog", set_keylog},
    {"--key", NULL},
};

int
tool_policy_option(struct tool_policy *policy, const char *command, int option, const char *value)
{
	const int i = option - OPT_PROFILE;

	if (policy->values[i] != NULL)
		return tool_usage_error(command, "%s is there twice", rows[i].name);
	policy->values[i] = value;
	return EXIT_GOOD;
}

/* What is wrong with a file is wrong on this side, whatever the library's code. */
static int
failed(const char *name)
{
	const int status = tool_failed(name, tls_last_error());

	return status == EXIT_NETWORK ? EXIT_LOCAL : status;
}

int
tool_policy_apply(
    const struct tool_policy *policy, const char *command, tls_context *ctx, const char *host)
{
	const struct request request = {policy, ctx, host};
	size_t i;
	int rv;

	if (policy->values[OPT_KEY - OPT_PROFILE] != NULL &&
	    policy->values[OPT_CERT - OPT_PROFILE] == NULL)
		return tool_usage_error(command, "--key without --cert");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (policy->values[i] == NULL || rows[i].set == NULL)
			continue;
		rv = rows[i].set(&request, policy->values[i]);
		if (rv == NO_VALUE)
			return tool_usage_error(command, "%s: \"%s\" is no value for it",
			    rows[i].name, policy->values[i]);
		if (rv == -1)
			return failed(rows[i].name);
	}
	return EXIT_GOOD;
}
